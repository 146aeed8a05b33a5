/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tap_link: the TAP device as a configured network interface; see tap_link.h. */
#include "tap/tap_link.h"

#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/log.h"
#include "io/netlink/netlink_config.h"
#include "persist/fd_store.h"
#include "tap/tap_addresses.h"
#include "tap/tap_yield.h"

struct tap_link {
	const struct peers *peers;
	const struct config *config;
	struct netlink *netlink;
	struct tap_device *device;
	struct tap_yield *yield;
	struct fd_store_item handed; /* the TAP in the descriptor store */
	int ifindex;
	bool up;
	bool adopted;  /* from an earlier run */
	bool claimed;  /* its IPv6 addresses have undergone duplicate address detection */
	bool has_ipv6; /* as of the last look */
	struct tap_ipv6_state ipv6;
	enum { CARRIER_UNKNOWN, CARRIER_OFF, CARRIER_ON } carrier;
};

/* Adopt the TAP of an earlier run with the same configuration, if the service manager kept it. */
static bool adopt_tap(struct tap_link *tap)
{
	int fd = fd_store_take(&tap->handed);

	if (fd < 0)
		return false;
	tap->adopted = !tap_device_adopt(fd, tap->config->tap, &tap->device);
	if (!tap->adopted)
		fd_store_forget(&tap->handed);
	return tap->adopted;
}

static int make_tap(struct tap_link *tap)
{
	const char *name = tap->config->tap;
	int rc;

	fd_store_discard_rest(tap->peers);
	rc = tap_device_open(name, &tap->device);
	if (rc == -EBUSY || rc == -EINVAL)
		log_error("%s exists already: another clusterarpd is running, or another program "
			  "created it",
			  name);
	else if (rc)
		log_error_errno(-rc, "%s: cannot create the TAP device (/dev/net/tun)", name);
	return rc;
}

static int open_tap(struct tap_link *tap)
{
	const char *name = tap->config->tap;
	struct netlink_link link;
	int rc = adopt_tap(tap) ? 0 : make_tap(tap);

	if (rc)
		return rc;
	rc = netlink_link_by_name(tap->netlink, name, &link);
	if (rc)
		log_error_errno(-rc, "%s: cannot look up the interface", name);
	else
		tap->ifindex = link.ifindex;
	tap->up = !rc && (link.flags & IFF_UP);
	return rc;
}

/* Success if the kernel has no IPv6: then there is no address generation to disable. */
static int set_no_addrgen(struct tap_link *tap)
{
	int rc = netlink_link_set_no_addrgen(tap->netlink, tap->ifindex);

	return rc == -EAFNOSUPPORT || rc == -EOPNOTSUPP ? 0 : rc;
}

/* While the MTU is below 1280 the kernel drops all IPv6 state of a link. When the MTU rises again
 * it starts with default settings: so disable address generation again. */
static int set_mtu(struct tap_link *tap, unsigned mtu)
{
	int rc;

	if (mtu > CONFIG_MTU_MAX)
		mtu = CONFIG_MTU_MAX;
	rc = netlink_link_set_mtu(tap->netlink, tap->ifindex, mtu);
	if (!rc)
		rc = set_no_addrgen(tap);
	if (rc)
		log_warning_errno(-rc, "%s: cannot set its MTU to %u", tap->config->tap, mtu);
	return rc;
}

static void compare_mtu(const struct tap_link *tap, unsigned nic_mtu)
{
	if (nic_mtu && tap->config->mtu > nic_mtu)
		log_warning(
			"%s has MTU %u, but %s has MTU %u: longer frames are dropped (too_long)",
			tap->config->tap, tap->config->mtu, tap->config->interface, nic_mtu);
}

static int set_link(struct tap_link *tap, unsigned nic_mtu)
{
	unsigned mtu = tap->config->mtu ? tap->config->mtu : nic_mtu;
	int rc = netlink_link_set_mac(tap->netlink, tap->ifindex, &tap->config->mac);

	compare_mtu(tap, nic_mtu);
	if (!rc)
		rc = mtu ? set_mtu(tap, mtu) : set_no_addrgen(tap);
	if (!rc)
		rc = netlink_link_set_up(tap->netlink, tap->ifindex, true);
	if (rc)
		log_error_errno(-rc, "%s: cannot configure the interface", tap->config->tap);
	return rc;
}

static struct tap_addresses where_of(const struct tap_link *tap)
{
	return (struct tap_addresses){ .peers = tap->peers,
				       .netlink = tap->netlink,
				       .ifindex = tap->ifindex,
				       .has_ipv6 = tap->up && tap->has_ipv6,
				       .yields = tap_yield_is_on(tap->yield),
				       .dad = !tap->claimed };
}

/* 0, or the first error of both. */
static int first_error(int a, int b)
{
	return a ? a : b;
}

/* --- what belongs on it --- */

/* Look it up, and learn whether it can have IPv6 addresses: while it is down, it has none. */
static int look(struct tap_link *tap, struct netlink_link *now)
{
	int rc = netlink_link_by_index(tap->netlink, tap->ifindex, now);

	if (rc)
		return rc;
	tap->ipv6.off = tap_ipv6_is_off(now);
	tap->ipv6.mtu = now->mtu;
	tap->has_ipv6 = (now->flags & IFF_UP) && !tap->ipv6.off;
	return 0;
}

/* Put back what is missing or wrong of the addresses, and of what IPv6 addresses are made from. */
static int repair_addresses(struct tap_link *tap, const struct netlink_link *now,
			    struct tap_repairs *done)
{
	const struct tap_addresses where = where_of(tap);
	int rc = where.has_ipv6 ? tap_ipv6_repair(&where, now, &done->ipv6) : 0;

	rc = first_error(rc, tap_addresses_repair(&where, &done->addresses, &done->order));
	tap->claimed |= where.has_ipv6 && !rc;
	return first_error(rc, tap_ipv6_read_dad(&where, &tap->ipv6.dad));
}

/* Bring back what the kernel removed when it was set down, or while IPv6 was off: all its IPv6
 * addresses, and the routes. What fails is tried again, and told, by tap_link_repair(). */
static void restore(struct tap_link *tap)
{
	struct tap_repairs done = { 0 };
	struct tap_addresses where;
	struct netlink_link now;

	if (look(tap, &now))
		return;
	repair_addresses(tap, &now, &done);
	where = where_of(tap);
	tap_addresses_add_routes(&where, true);
}

/* --- life --- */

struct tap_link *tap_link_create(const struct peers *peers, struct netlink *netlink)
{
	struct tap_link *tap = calloc(1, sizeof(*tap));

	if (!tap)
		return NULL;
	tap->peers = peers;
	tap->handed = (struct fd_store_item){ FD_STORE_TAP, peers, 0 };
	tap->config = peers_config(peers);
	tap->netlink = netlink;
	tap->yield = tap_yield_create(peers, netlink);
	if (!tap->yield)
		log_error("out of memory");
	else if (!open_tap(tap))
		return tap;
	tap_link_destroy(tap);
	return NULL;
}

void tap_link_destroy(struct tap_link *tap)
{
	if (!tap)
		return;
	tap_device_close(tap->device);
	tap_yield_destroy(tap->yield);
	free(tap);
}

struct removal {
	struct tap_link *tap;
	bool (*keeps)(const struct ip_addr *address, const void *arg);
	const void *arg;
};

static void remove_address(const struct ip_prefix *address, void *arg)
{
	const struct removal *r = arg;

	if (!r->keeps || !r->keeps(&address->addr, r->arg))
		netlink_address_remove(r->tap->netlink, r->tap->ifindex, address);
}

void tap_link_remove_addresses(struct tap_link *tap,
			       bool (*keeps)(const struct ip_addr *address, const void *arg),
			       const void *arg)
{
	struct removal r = { tap, keeps, arg };

	if (tap)
		netlink_address_list(tap->netlink, tap->ifindex, remove_address, &r);
}

void tap_link_take_down(struct tap_link *tap)
{
	if (!tap)
		return;
	netlink_link_set_up(tap->netlink, tap->ifindex, false);
	tap_link_remove_addresses(tap, NULL, NULL);
	fd_store_forget(&tap->handed);
}

/* IPv6 may be off, now or at any time: then the rest comes when it is on. */
static int configure(struct tap_link *tap, unsigned mtu)
{
	struct tap_repairs done = { 0 };
	struct tap_addresses where;
	struct netlink_link now;
	int rc = set_link(tap, mtu);

	tap->up = !rc;
	where = where_of(tap);
	if (!rc)
		rc = tap_addresses_add_ipv4(&where);
	if (!rc)
		rc = look(tap, &now);
	if (rc)
		return rc;
	repair_addresses(tap, &now, &done);
	where = where_of(tap);
	return tap_addresses_add_routes(&where, false);
}

int tap_link_configure(struct tap_link *tap, unsigned mtu)
{
	int rc = 0;

	if (tap->adopted) {
		tap->claimed = true;
		log_notice("%s: adopted as an earlier run left it", tap->config->tap);
		tap_yield_clean(tap->yield, tap->ifindex);
		if (mtu)
			tap_link_follow_mtu(tap, mtu);
	} else {
		rc = configure(tap, mtu);
	}
	tap->up = true;
	if (!rc)
		fd_store_keep(&tap->handed, tap_device_fd(tap->device));
	tap_link_changed(tap, false);
	return rc;
}

int tap_link_renew(struct tap_link *tap)
{
	fd_store_forget(&tap->handed);
	tap_device_close(tap->device);
	tap_yield_forget(tap->yield);
	tap->device = NULL;
	tap->adopted = false;
	tap->up = false;
	tap->carrier = CARRIER_UNKNOWN;
	return open_tap(tap);
}

void tap_link_warn_of_gateways(const struct tap_link *tap)
{
	const struct tap_addresses where = where_of(tap);

	if (tap->config->adopt && tap->up) /* without adopt it was warned of at the first try */
		tap_addresses_warn_of_gateways(&where);
}

void tap_link_yield(struct tap_link *tap, bool yields)
{
	if (yields)
		tap_yield_begin(tap->yield, tap->ifindex);
	else
		tap_yield_end(tap->yield, tap->ifindex);
}

struct tap_device *tap_link_device(struct tap_link *tap)
{
	return tap->device;
}

int tap_link_ifindex(const struct tap_link *tap)
{
	return tap->ifindex;
}

bool tap_link_is_up(const struct tap_link *tap)
{
	return tap->up;
}

static void change_mtu(struct tap_link *tap, unsigned mtu)
{
	if (!set_mtu(tap, mtu) && tap->up)
		restore(tap);
}

void tap_link_reload(struct tap_link *tap, unsigned nic_mtu)
{
	struct netlink_link now;
	unsigned mtu = tap->config->mtu ? tap->config->mtu : nic_mtu;

	if (!mtu || netlink_link_by_index(tap->netlink, tap->ifindex, &now) || now.mtu == mtu)
		return;
	compare_mtu(tap, nic_mtu);
	change_mtu(tap, mtu);
}

void tap_link_follow_mtu(struct tap_link *tap, unsigned mtu)
{
	compare_mtu(tap, mtu);
	if (!tap->config->mtu)
		change_mtu(tap, mtu);
}

/* --- the guard --- */

static int repair_link(struct tap_link *tap, const struct netlink_link *now, unsigned nic_mtu,
		       struct tap_repairs *done)
{
	unsigned mtu = tap->config->mtu ? tap->config->mtu : nic_mtu;
	int rc = 0;

	if (mtu > CONFIG_MTU_MAX)
		mtu = CONFIG_MTU_MAX;
	done->mac = !mac_equal(&now->mac, &tap->config->mac);
	done->mtu = mtu && now->mtu != mtu;
	done->addrgen = now->addrgen != IN6_ADDR_GEN_MODE_NONE;
	if (done->mac)
		rc = netlink_link_set_mac(tap->netlink, tap->ifindex, &tap->config->mac);
	if (!rc && done->mtu)
		return set_mtu(tap, mtu);
	if (rc || !done->addrgen)
		return rc;
	return set_no_addrgen(tap);
}

/* If its MTU was below 1280, it has IPv6 again only now. */
static int repair_all(struct tap_link *tap, unsigned nic_mtu, struct tap_repairs *done)
{
	bool was_off = tap->ipv6.off;
	struct tap_addresses where;
	struct netlink_link now;
	int rc = look(tap, &now);

	if (rc)
		return rc;
	rc = repair_link(tap, &now, nic_mtu, done);
	if (done->mtu)
		rc = first_error(rc, look(tap, &now));
	if (was_off && tap->has_ipv6 && tap->up) {
		restore(tap);
		rc = first_error(rc, look(tap, &now));
	}
	rc = first_error(rc, repair_addresses(tap, &now, done));
	where = where_of(tap);
	/* The kernel takes no routes while it is down; of a port, others decide. */
	if ((now.flags & IFF_UP) && !now.master)
		rc = first_error(rc, tap_addresses_repair_routes(&where, &done->routes));
	return rc;
}

/* An error does not count if IPv6 was switched off, or the TAP deleted, meanwhile. */
int tap_link_repair(struct tap_link *tap, unsigned nic_mtu, struct tap_repairs *done)
{
	struct netlink_link now;
	bool was_off;
	int rc;

	*done = (struct tap_repairs){ 0 };
	rc = repair_all(tap, nic_mtu, done);
	was_off = tap->ipv6.off;
	if (rc && look(tap, &now) == -ENODEV)
		return 0;
	return rc && tap->ipv6.off && !was_off ? 0 : rc;
}

const struct tap_ipv6_state *tap_link_ipv6(const struct tap_link *tap)
{
	return &tap->ipv6;
}

bool tap_link_describe_repairs(const struct tap_repairs *done, char text[TAP_REPAIRS_TEXT])
{
	const struct {
		unsigned count;
		const char *one, *many;
	} parts[] = {
		{ done->mac, "MAC", NULL },
		{ done->mtu, "MTU", NULL },
		{ done->addrgen, "addr_gen_mode", NULL },
		{ done->ipv6.token, "token", NULL },
		{ done->ipv6.mistakes, "1 address made from the cluster MAC",
		  "addresses made from the cluster MAC" },
		{ done->ipv6.link_local, "link-local address", NULL },
		{ done->addresses, "1 address", "addresses" },
		{ done->order, "order of addresses", NULL },
		{ done->routes, "1 route", "routes" },
	};
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const char *comma = used ? ", " : "";

		if (parts[i].count == 1)
			used += (size_t)snprintf(text + used, TAP_REPAIRS_TEXT - used, "%s%s",
						 comma, parts[i].one);
		else if (parts[i].count)
			used += (size_t)snprintf(text + used, TAP_REPAIRS_TEXT - used, "%s%u %s",
						 comma, parts[i].count, parts[i].many);
	}
	return used > 0;
}

bool tap_link_changed(struct tap_link *tap, bool was_down)
{
	struct netlink_link now; /* the event may be older than tap_link_configure() */
	bool up, comes_back;

	if (netlink_link_by_index(tap->netlink, tap->ifindex, &now))
		return false;
	up = now.flags & IFF_UP;
	comes_back = up && (was_down || !tap->up);
	if (up != tap->up)
		log_notice("%s was set %s", tap->config->tap, up ? "up" : "down");
	tap->up = up;
	if (comes_back)
		restore(tap);
	return comes_back;
}

bool tap_link_set_carrier(struct tap_link *tap, bool carrier)
{
	int rc;

	if (!tap->device || tap->carrier == (carrier ? CARRIER_ON : CARRIER_OFF))
		return false;
	rc = tap_device_set_carrier(tap->device, carrier);
	if (rc)
		log_warning_errno(-rc, "%s: cannot set its carrier %s", tap->config->tap,
				  carrier ? "on" : "off");
	tap->carrier = carrier ? CARRIER_ON : CARRIER_OFF;
	return carrier;
}
