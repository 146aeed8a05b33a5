/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * adopt: moves addresses and routes to the TAP and back; see adopt.h.
 *
 * Order: everything is added to the new link first, and then removed from the old one, so that
 * there is always an address to send from and a route to send through. When giving back, this file
 * only adds to the NIC; the caller removes the TAP's addresses, or the TAP.
 *
 * When an address is given back to the NIC, the kernel also makes a route to its network. That
 * route is removed if the NIC did not have it before. The record has a flag (was_returning) while
 * such a route may still have to be removed, so that a run after a crash does it.
 */
#include "nic/adopt.h"

#include <errno.h>
#include <limits.h>
#include <linux/if_addr.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/log.h"
#include "io/netlink/netlink_save.h"
#include "nic/adopt_make.h"
#include "persist/nic_record.h"

#define ITEMS_MAX 5000 /* addresses and routes; if there are more, none is moved */
#define LINES_MAX 20   /* log lines about what is moved */

struct adopt {
	const struct peers *peers; /* NULL, as `config`, after adopt_create_for() */
	const struct config *config;
	const char *interface;
	char name[16];
	struct netlink *netlink;
	char *path;
	struct netlink_saved_list moved;
	bool has_left_ipv6; /* on the NIC, as IPv6 is off on the TAP */
	bool has_told_ipv6; /* that IPv6 is off */
	bool is_back;       /* given back to the NIC */
	bool was_returning; /* an earlier run ended while it gave back */
};

/* Keep a record that cannot be read under another name: it may still help an operator. */
static void put_aside(const struct adopt *a, int rc)
{
	char bad[PATH_MAX];

	snprintf(bad, sizeof(bad), "%s.bad", a->path);
	rename(a->path, bad);
	log_error_errno(-rc,
			"cannot read %s, renamed to %s: what an earlier run moved from %s is not "
			"given back",
			a->path, bad, a->interface);
}

struct adopt *adopt_create_for(const char *interface, struct netlink *netlink, const char *socket)
{
	struct adopt *a = calloc(1, sizeof(*a));
	int rc;

	if (!a)
		return NULL;
	a->interface = interface;
	a->netlink = netlink;
	a->path = nic_record_adopted_path(socket, interface);
	if (!a->path) {
		adopt_destroy(a);
		return NULL;
	}
	rc = nic_record_read_adopted(a->path, &a->moved, &a->was_returning);
	a->was_returning &= a->moved.count > 0;
	if (rc == -ENOENT || (!rc && !a->moved.count))
		nic_record_remove(a->path); /* empty, or of another network namespace */
	else if (rc)
		put_aside(a, rc);
	return a;
}

struct adopt *adopt_create(const struct peers *peers, struct netlink *netlink, const char *socket)
{
	const struct config *config = peers_config(peers);
	struct adopt *a = adopt_create_for(config->interface, netlink, socket);

	if (!a)
		return NULL;
	a->peers = peers;
	a->config = config;
	return a;
}

void adopt_set_name(struct adopt *a, const char *name)
{
	snprintf(a->name, sizeof(a->name), "%s", name);
	a->interface = a->name;
}

void adopt_destroy(struct adopt *a)
{
	if (!a)
		return;
	netlink_saved_clear(&a->moved);
	free(a->path);
	free(a);
}

/* Items to skip when adding to the TAP: an address that tap_addresses adds from the file; and a
 * route that the kernel made with a cluster address, because a cluster address must not
 * become the preferred source of any route. */
static bool is_configured(const struct adopt *a, const struct netlink_saved *item)
{
	struct ip_prefix prefix;
	struct ip_addr source;

	if (item->is_route)
		return netlink_saved_is_kernels(item) && netlink_saved_source(item, &source) &&
		       (peers_by_file(a->peers, &source).roles & IP_CLUSTER);
	return netlink_saved_prefix(item, &prefix) &&
	       (peers_by_file(a->peers, &prefix.addr).roles & (IP_SELF | IP_CLUSTER));
}

/* --- to the TAP --- */

static bool has(const struct netlink_saved_list *list, const struct netlink_saved *item)
{
	return netlink_saved_find_equal(list, item);
}

/* Did the kernel make this route with an address that was given back? Judged by `now`, the present
 * state of the NIC: at least one address there makes this route, and all such addresses were
 * moved. */
static bool is_made_with_moved(const struct adopt *a, const struct netlink_saved *route,
			       const struct netlink_saved_list *now)
{
	bool is_made_with = false;

	for (size_t i = 0; i < now->count; i++) {
		if (!netlink_saved_makes(&now->list[i], route))
			continue;
		if (!has(&a->moved, &now->list[i]))
			return false;
		is_made_with = true;
	}
	return is_made_with;
}

static int remove_item(struct adopt *a, int nic, const struct netlink_saved *item)
{
	int rc = netlink_saved_remove(a->netlink, item, nic);

	if (!rc || rc == -ESRCH || rc == -ENOENT || rc == -EADDRNOTAVAIL)
		return 0;
	adopt_complain("remove", item, a->interface, rc);
	return rc;
}

/* Remove from the NIC the routes that the kernel made with addresses that were given back, unless
 * the NIC had them before. `before`: what the NIC had; NULL: not known. */
static int remove_extra(struct adopt *a, int nic, const struct netlink_saved_list *before)
{
	struct netlink_saved_list now = { 0 };
	int rc = netlink_save(a->netlink, nic, &now);

	for (size_t i = 0; i < now.count && !rc; i++) {
		const struct netlink_saved *route = &now.list[i];

		if (!netlink_saved_is_kernels(route) || has(&a->moved, route))
			continue;
		if (before ? !has(before, route) : is_made_with_moved(a, route, &now))
			rc = remove_item(a, nic, route);
	}
	netlink_saved_clear(&now);
	return rc;
}

/* Appended to the log line of a moved item. */
static const char *caution(const struct netlink_saved *item)
{
	return netlink_saved_has_lifetime(item)
		       ? "; it has a lifetime, which nothing on the NIC can renew any more"
		       : "";
}

/* Log the items from index `first` on, at most LINES_MAX of them, except routes that the kernel
 * makes along with an address, and routes that cannot be moved. */
static void log_moved(const struct adopt *a, const struct netlink_saved_list *items, size_t first)
{
	char text[ADOPT_DESCRIPTION];
	size_t count = 0;

	for (size_t i = first; i < items->count; i++)
		if (!netlink_saved_is_kernels(&items->list[i]) && !items->list[i].is_refused &&
		    count++ < LINES_MAX)
			log_notice("%s: its %s moves to %s%s", a->interface,
				   adopt_describe(&items->list[i], text), a->config->tap,
				   caution(&items->list[i]));
	if (count > LINES_MAX)
		log_notice("%s: and %zu more", a->interface, count - LINES_MAX);
}

/* Into *out, an empty list: what was moved before, and what of `found` can be moved. `renews`:
 * of an address that is in both, take the copy in `found`, which has the present lifetime. -E2BIG,
 * -ENOMEM. */
static int join(const struct adopt *a, const struct netlink_saved_list *found, bool renews,
		struct netlink_saved_list *out)
{
	const struct netlink_saved *item, *newer;
	char text[ADOPT_DESCRIPTION];
	int rc = 0;

	for (size_t i = 0; i < a->moved.count && !rc; i++) {
		item = &a->moved.list[i];
		newer = renews && !item->is_route ? netlink_saved_find_equal(found, item) : NULL;
		rc = netlink_saved_append(out, newer ? newer : item);
	}
	for (size_t i = 0; i < found->count && !rc; i++) {
		item = &found->list[i];
		if (item->is_refused)
			log_warning("%s: its %s uses a nexthop object and cannot be moved: it does "
				    "not work while clusterarpd runs",
				    a->interface, adopt_describe(item, text));
		else if (!has(&a->moved, item))
			rc = netlink_saved_append(out, item);
	}
	return rc ? rc : (out->count > ITEMS_MAX ? -E2BIG : 0);
}

/* Add `found` to the record, before anything changes, and to a->moved. `renews`: as for join(). */
static int note(struct adopt *a, const struct netlink_saved_list *found, bool renews)
{
	struct netlink_saved_list all = { 0 };
	size_t before = a->moved.count;
	int rc = join(a, found, renews, &all);

	if (!rc)
		rc = nic_record_write_adopted(a->path, &all, false);
	if (rc) {
		netlink_saved_clear(&all);
		return rc;
	}
	netlink_saved_clear(&a->moved);
	a->moved = all;
	log_moved(a, renews ? found : &a->moved, renews ? 0 : before);
	return 0;
}

/* Is it on the TAP now? */
static bool has_moved(const struct adopt *a, const struct netlink_saved *item)
{
	const struct netlink_saved *moved = netlink_saved_find_equal(&a->moved, item);

	return moved && adopt_is_made(moved);
}

/* Remove from the NIC what is on the TAP now, from the last item to the first: netlink_save() lists
 * addresses before routes, and the kernel removes some routes along with an address. (Routes that
 * could not be added to the TAP are lost when the NIC's last IPv4 address is removed.) */
static void remove_moved(struct adopt *a, const struct netlink_saved_list *found, int nic)
{
	for (size_t i = found->count; i-- > 0;)
		if (has_moved(a, &found->list[i]))
			remove_item(a, nic, &found->list[i]);
}

/* --- a TAP without IPv6 --- */

/* Is IPv6 off on the TAP? If so, `count` addresses and routes cannot be added there. */
static bool is_ipv6_off(struct adopt *a, int tap, size_t count)
{
	const char *name = a->config->tap;
	struct netlink_link link;
	bool is_off = !netlink_link_by_index(a->netlink, tap, &link) &&
		      (!link.has_ipv6 || link.ipv6_disabled);

	if (is_off && count && !a->has_told_ipv6)
		log_warning("%s: its %zu IPv6 addresses and routes are not moved to %s, and do not "
			    "work while clusterarpd runs: IPv6 is off there (%s%s%s)",
			    a->interface, count, name,
			    link.has_ipv6 ? "net.ipv6.conf." : "MTU below 1280",
			    link.has_ipv6 ? name : "", link.has_ipv6 ? ".disable_ipv6 is 1" : "");
	a->has_told_ipv6 = is_off && (a->has_told_ipv6 || count);
	return is_off;
}

static size_t count_ipv6(const struct netlink_saved_list *list)
{
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++)
		count += netlink_saved_family(&list->list[i]) == AF_INET6 &&
			 !netlink_saved_is_kernels(&list->list[i]);
	return count;
}

void adopt_leave_ipv6(struct adopt *a, struct netlink_saved_list *found, int tap)
{
	size_t count = count_ipv6(found);

	a->has_left_ipv6 = is_ipv6_off(a, tap, count) && count;
	if (a->has_left_ipv6)
		netlink_saved_drop_family(found, AF_INET6);
}

bool adopt_has_left_ipv6(const struct adopt *a)
{
	return a->has_left_ipv6;
}

/* --- to the TAP, and what is there --- */

static void make_on_tap(struct adopt *a, int tap, enum netlink_place place)
{
	const struct adopt_making m = { .netlink = a->netlink,
					.ifindex = tap,
					.name = a->config->tap,
					.place = place,
					.leaves_ipv6 = is_ipv6_off(a, tap, count_ipv6(&a->moved)) };

	for (size_t i = 0; i < a->moved.count; i++)
		a->moved.list[i].result = is_configured(a, &a->moved.list[i]) ? 0 : -EAGAIN;
	adopt_make(&a->moved, &m);
}

static void complain_of_record(const struct adopt *a, int rc)
{
	if (rc == -E2BIG)
		log_error("%s has more than %d addresses and routes: they are not moved, and do "
			  "not work while clusterarpd runs",
			  a->interface, ITEMS_MAX);
	else if (rc)
		log_error_errno(-rc,
				"%s: its addresses and routes cannot be read, or recorded in %s: "
				"they are not moved, and do not work while clusterarpd runs",
				a->interface, a->path);
}

bool adopt_take(struct adopt *a, int nic, int tap)
{
	struct netlink_saved_list found = { 0 };
	int rc;

	if (!a->config->adopt) {
		adopt_give_back(a, nic, true);
		netlink_saved_clear(&a->moved);
		return true;
	}
	rc = a->was_returning ? remove_extra(a, nic, NULL) : 0;
	if (!rc)
		rc = netlink_save(a->netlink, nic, &found);
	if (!rc)
		adopt_leave_ipv6(a, &found, tap);
	if (!rc && (found.count || a->was_returning))
		rc = note(a, &found, false);
	complain_of_record(a, rc);
	make_on_tap(a, tap, NETLINK_PLACE_FRONT);
	if (!rc) {
		remove_moved(a, &found, nic);
		a->was_returning = false;
	}
	netlink_saved_clear(&found);
	return !rc;
}

bool adopt_take_found(struct adopt *a, const struct netlink_saved_list *found, int nic, int tap)
{
	const struct adopt_making m = { .netlink = a->netlink,
					.ifindex = tap,
					.name = a->config->tap,
					.place = NETLINK_PLACE_FRONT,
					.leaves_ipv6 = is_ipv6_off(a, tap, 0),
					.renews = true };
	int rc = note(a, found, true);

	complain_of_record(a, rc);
	if (rc)
		return false;
	for (size_t i = 0; i < a->moved.count; i++)
		if (has(found, &a->moved.list[i]))
			a->moved.list[i].result = is_configured(a, &a->moved.list[i]) ? 0 : -EAGAIN;
	adopt_make(&a->moved, &m);
	remove_moved(a, found, nic);
	return true;
}

void adopt_apply(struct adopt *a, int tap, bool is_empty)
{
	if (a->config->adopt)
		make_on_tap(a, tap, is_empty ? NETLINK_PLACE_FRONT : NETLINK_PLACE_OWN);
}

/* --- back to the NIC --- */

/* Record that the items are being given back, before anything changes. If that fails the items are
 * given back all the same. */
static void note_returning(const struct adopt *a)
{
	int rc = nic_record_write_adopted(a->path, &a->moved, true);

	if (rc)
		log_warning_errno(-rc, "cannot write %s", a->path);
}

/* Keep in the record what could not be given back. */
static void close_record(struct adopt *a)
{
	struct netlink_saved_list left = { 0 };
	int rc = 0;

	for (size_t i = 0; i < a->moved.count && !rc; i++)
		if (adopt_is_open(&a->moved.list[i]))
			rc = netlink_saved_append(&left, &a->moved.list[i]);
	if (!rc && left.count)
		rc = nic_record_write_adopted(a->path, &left, false);
	else if (!rc)
		nic_record_remove(a->path);
	if (rc) /* which does no harm */
		log_warning_errno(-rc, "cannot update %s: it still lists all of them", a->path);
	else if (left.count)
		log_warning("%s: what could not be given back to it is recorded in %s, for the "
			    "next start",
			    a->interface, a->path);
	netlink_saved_clear(&left);
}

/* Is the address on a link other than the NIC, after duplicate address detection? */
static bool is_proven(const struct netlink_address *list, size_t count, const struct ip_addr *ip,
		      int nic)
{
	for (size_t i = 0; i < count; i++)
		if (list[i].ifindex != nic && ip_equal(&list[i].prefix.addr, ip))
			return !(list[i].flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED));
	return false;
}

/* IPv6 addresses that the TAP uses need no duplicate address detection on the NIC. Others do: they
 * may have been out of use for a long time, or duplicates. */
static void note_proven(struct adopt *a, int nic)
{
	struct netlink_address *list;
	struct ip_prefix prefix;
	size_t count;
	int rc = netlink_addresses(a->netlink, 0, &list, &count);

	for (size_t i = 0; i < a->moved.count; i++)
		a->moved.list[i].needs_dad = !a->moved.list[i].is_route &&
					     netlink_saved_prefix(&a->moved.list[i], &prefix) &&
					     prefix.addr.family == AF_INET6 &&
					     !is_proven(list, rc ? 0 : count, &prefix.addr, nic);
	free(list);
}

bool adopt_give_back(struct adopt *a, int nic, bool goes_on)
{
	const struct adopt_making m = { .netlink = a->netlink,
					.ifindex = nic,
					.name = a->interface,
					.is_home = true,
					.place =
						goes_on ? NETLINK_PLACE_OWN : NETLINK_PLACE_FRONT };
	struct netlink_saved_list before = { 0 };
	bool is_known;

	if (!a->moved.count || a->is_back)
		return false;
	log_notice("%s: giving its addresses and routes back", a->interface);
	is_known = !a->was_returning && !netlink_save(a->netlink, nic, &before);
	note_returning(a);
	note_proven(a, nic);
	for (size_t i = 0; i < a->moved.count; i++)
		a->moved.list[i].result = -EAGAIN;
	adopt_make(&a->moved, &m);
	remove_extra(a, nic, is_known ? &before : NULL);
	adopt_make_again(&a->moved, &m);
	close_record(a);
	a->is_back = true;
	netlink_saved_clear(&before);
	return true;
}

void adopt_drop(struct adopt *a)
{
	char text[ADOPT_DESCRIPTION];

	for (size_t i = 0; i < a->moved.count; i++)
		if (!netlink_saved_is_kernels(&a->moved.list[i]))
			log_warning("%s does not exist: its %s is not given back", a->interface,
				    adopt_describe(&a->moved.list[i], text));
	netlink_saved_clear(&a->moved);
	nic_record_remove(a->path);
}

void adopt_each_address(const struct adopt *a,
			void (*each)(const struct ip_addr *address, void *arg), void *arg)
{
	struct ip_prefix prefix;

	for (size_t i = 0; i < a->moved.count; i++)
		if (!a->moved.list[i].is_route && adopt_is_made(&a->moved.list[i]) &&
		    !(a->is_back && a->moved.list[i].needs_dad) &&
		    netlink_saved_prefix(&a->moved.list[i], &prefix))
			each(&prefix.addr, arg);
}

bool adopt_has_address(const struct ip_addr *address, const void *adopt)
{
	const struct adopt *a = adopt;
	struct ip_prefix prefix;

	for (size_t i = 0; i < a->moved.count; i++)
		if (!a->moved.list[i].is_route && adopt_is_made(&a->moved.list[i]) &&
		    netlink_saved_prefix(&a->moved.list[i], &prefix) &&
		    ip_equal(&prefix.addr, address))
			return true;
	return false;
}
