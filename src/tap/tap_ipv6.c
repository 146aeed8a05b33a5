/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tap_ipv6: the TAP's token and link-local address; see tap_ipv6.h. */
#include "tap/tap_ipv6.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/ipv6.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "io/netlink/netlink_config.h"
#include "tap/tap_order.h"

enum tap_ipv6_off tap_ipv6_is_off(const struct netlink_link *tap)
{
	if (!tap->has_ipv6)
		return tap->mtu < IPV6_MIN_MTU ? TAP_IPV6_OFF_MTU : TAP_IPV6_OFF_KERNEL;
	return tap->ipv6_disabled ? TAP_IPV6_OFF_SYSCTL : TAP_IPV6_ON;
}

/* An operator may add a permanent one, but has no reason to have this link-local one: the kernel
 * makes it when address generation is switched on. */
bool tap_ipv6_is_mistake(const struct netlink_address *address, const struct mac *cluster)
{
	const struct ip_addr *ip = &address->prefix.addr;
	struct ip_addr local = ip_link_local_of(cluster);
	struct ip_addr made = ip_interface_id(&local), id = ip_interface_id(ip);

	return ip->family == AF_INET6 && ip_equal(&id, &made) &&
	       (ip_is_link_local(ip) || !(address->flags & IFA_F_PERMANENT));
}

static struct ip_prefix link_local_of(const struct tap_addresses *t)
{
	return (struct ip_prefix){ peers_self(t->peers)->link_local, 64 };
}

static int repair_token(const struct tap_addresses *t, const struct netlink_link *now,
			struct tap_ipv6_repairs *done)
{
	struct ip_addr token = ip_interface_id(&peers_self(t->peers)->link_local);
	int rc = 0;

	if (ip_equal(&now->token, &token))
		return 0;
	rc = netlink_link_set_token(t->netlink, t->ifindex, &token);
	done->token |= !rc;
	return rc == -EINVAL ? 0 : rc;
}

/* -EADDRNOTAVAIL: it is gone already. */
static int remove_mistakes(const struct tap_addresses *t, const struct tap_present *present,
			   struct tap_ipv6_repairs *done)
{
	const struct mac *cluster = &peers_config(t->peers)->mac;
	int rc, first = 0;

	for (size_t i = 0; i < present->count; i++) {
		if (!tap_ipv6_is_mistake(&present->list[i], cluster))
			continue;
		rc = netlink_address_remove(t->netlink, t->ifindex, &present->list[i].prefix);
		if (!rc)
			done->mistakes++;
		else if (rc != -EADDRNOTAVAIL && !first)
			first = rc;
	}
	return first;
}

static int add_link_local(const struct tap_addresses *t, const struct tap_present *present,
			  struct tap_ipv6_repairs *done)
{
	struct ip_prefix address = link_local_of(t);
	int rc;

	if (tap_order_find(present, &address) < present->count)
		return 0;
	rc = netlink_address_add(t->netlink, t->ifindex, &address,
				 t->dad ? NETLINK_DEDICATED_DAD : NETLINK_DEDICATED);
	done->link_local |= !rc;
	return rc == -EEXIST ? 0 : rc;
}

/* The token is first: with the link-local address the kernel asks for router advertisements. */
int tap_ipv6_repair(const struct tap_addresses *t, const struct netlink_link *now,
		    struct tap_ipv6_repairs *done)
{
	struct tap_present present;
	int first = repair_token(t, now, done);
	int rc = netlink_addresses(t->netlink, t->ifindex, &present.list, &present.count);

	if (!rc) {
		rc = remove_mistakes(t, &present, done);
		first = first ? first : rc;
		rc = add_link_local(t, &present, done);
	}
	free(present.list);
	return first ? first : rc;
}

/* --- duplicate address detection --- */

static void note_dad(struct tap_ipv6_dad *dad, const struct tap_present *present,
		     const struct ip_prefix *address, bool is_of_file)
{
	size_t place = tap_order_find(present, address);
	unsigned flags = place < present->count ? present->list[place].flags : 0;

	if (address->addr.family != AF_INET6)
		return;
	if (!(flags & IFA_F_DADFAILED))
		dad->tentative += is_of_file && (flags & IFA_F_TENTATIVE);
	else if (dad->failed_count < TAP_IPV6_FAILED_MAX)
		dad->failed[dad->failed_count++] = address->addr;
}

int tap_ipv6_read_dad(const struct tap_addresses *t, struct tap_ipv6_dad *out)
{
	const struct config_addresses *own = &peers_self(t->peers)->address;
	struct ip_prefix link_local = link_local_of(t);
	struct tap_present present;
	int rc;

	*out = (struct tap_ipv6_dad){ 0 };
	if (!t->has_ipv6)
		return 0;
	rc = netlink_addresses(t->netlink, t->ifindex, &present.list, &present.count);
	for (size_t i = 0; !rc && i < own->count; i++)
		note_dad(out, &present, &own->list[i], true);
	if (!rc)
		note_dad(out, &present, &link_local, false);
	free(present.list);
	return rc;
}
