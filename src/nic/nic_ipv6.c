/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nic_ipv6: the NIC's IPv6 link-local addresses; see nic_ipv6.h.
 *
 * A NIC that is down, or has no carrier yet, has no link-local address; it would get one while the
 * daemon runs, when its carrier comes. So the record gets the address that the kernel would make
 * (only for addr_gen_mode eui64, where it is known), which goes through duplicate address detection
 * at the stop, if the NIC is up then.
 */
#include "nic/nic_ipv6.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/if_link.h>

#include "base/log.h"
#include "io/netlink/netlink_config.h"
#include "io/netlink/netlink_save.h"
#include "nic/adopt_make.h"

/* --- the record --- */

static int add_default(const struct netlink_link *link, struct nic_record *record)
{
	const struct ip_addr address = ip_link_local_of(&link->mac);

	return netlink_saved_append_link_local(&record->link_local, &address);
}

static int add_new(const struct netlink_saved_list *found, struct nic_record *record)
{
	int rc = 0;

	for (size_t i = 0; i < found->count && !rc; i++)
		if (!netlink_saved_find_equal(&record->link_local, &found->list[i]))
			rc = netlink_saved_append(&record->link_local, &found->list[i]);
	return rc;
}

/* Will the kernel make the default address when the link runs? */
static bool waits_for_default(const struct netlink_link *link)
{
	return (link->flags & (IFF_UP | IFF_RUNNING)) != (IFF_UP | IFF_RUNNING) &&
	       link->addrgen == IN6_ADDR_GEN_MODE_EUI64 && !link->ipv6_disabled && !link->master;
}

int nic_ipv6_note(struct netlink *netlink, const struct netlink_link *link,
		  struct nic_record *record)
{
	struct netlink_saved_list found = { 0 };
	int rc;

	if (!link->has_ipv6)
		return 0;
	if (!record->has_ipv6 || link->addrgen != IN6_ADDR_GEN_MODE_NONE)
		record->addrgen = link->addrgen;
	record->has_ipv6 = true;
	rc = netlink_save_link_local(netlink, link->ifindex, &found);
	if (!rc)
		rc = add_new(&found, record);
	if (!rc && !record->link_local.count && waits_for_default(link))
		rc = add_default(link, record);
	netlink_saved_clear(&found);
	return rc;
}

void nic_ipv6_guess(const struct netlink_link *link, struct nic_record *record)
{
	if (!link->has_ipv6 || link->addrgen != IN6_ADDR_GEN_MODE_NONE)
		return;
	record->has_ipv6 = true;
	record->addrgen = IN6_ADDR_GEN_MODE_EUI64;
	if (!record->link_local.count && !link->ipv6_disabled)
		add_default(link, record);
}

/* --- the NIC --- */

void nic_ipv6_remove(struct netlink *netlink, const struct netlink_link *link,
		     const struct nic_record *record)
{
	const struct netlink_saved *item;
	int rc;

	if (!record->has_ipv6)
		return;
	rc = link->addrgen == IN6_ADDR_GEN_MODE_NONE
		     ? 0
		     : netlink_link_set_addrgen(netlink, link->ifindex, IN6_ADDR_GEN_MODE_NONE);
	if (rc)
		log_warning_errno(-rc, "%s: cannot set addr_gen_mode to none", link->name);
	for (size_t i = 0; i < record->link_local.count; i++) {
		item = &record->link_local.list[i];
		rc = netlink_saved_remove(netlink, item, link->ifindex);
		if (rc && rc != -EADDRNOTAVAIL)
			adopt_complain("remove", item, link->name, rc);
	}
}

static void add_back(struct netlink *netlink, const struct netlink_saved *item,
		     const struct netlink_link *link)
{
	int rc;

	if (item->needs_dad && !(link->flags & IFF_RUNNING))
		return; /* the kernel makes it when the carrier comes */
	rc = netlink_saved_add(netlink, item, link->ifindex, true, NETLINK_PLACE_OWN);
	if (rc && rc != -EEXIST && rc != -ETIME)
		adopt_complain("add", item, link->name, rc);
}

void nic_ipv6_put_back(struct netlink *netlink, int ifindex, const struct nic_record *record)
{
	struct netlink_link link;
	int rc;

	if (!record->has_ipv6 || netlink_link_by_index(netlink, ifindex, &link) || !link.has_ipv6)
		return;
	rc = link.addrgen == record->addrgen
		     ? 0
		     : netlink_link_set_addrgen(netlink, ifindex, record->addrgen);
	if (rc)
		log_warning_errno(-rc, "%s: cannot restore addr_gen_mode", link.name);
	if (!(link.flags & IFF_UP))
		return;
	for (size_t i = record->link_local.count; i-- > 0;) /* the kernel puts the newest first */
		add_back(netlink, &record->link_local.list[i], &link);
}

bool nic_ipv6_may_remove(struct adopt_rounds *rounds, const struct netlink_link *link, uint64_t now)
{
	static const char what[] = "link-local address"; /* whichever it is */
	enum adopt_rounds_answer answer;

	adopt_rounds_written(rounds, what, now);
	answer = adopt_rounds_ask(rounds, what, now);
	if (answer == ADOPT_ROUNDS_GIVE_UP)
		log_warning("%s: another program adds an IPv6 link-local address to it again and "
			    "again: it is left there, and does no harm; have that program leave %s "
			    "alone",
			    link->name, link->name);
	return answer == ADOPT_ROUNDS_MOVE;
}
