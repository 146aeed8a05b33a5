/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * adopt_make: adds a list of addresses and routes to a link; see adopt_make.h.
 *
 * Addresses come before the routes that use them as source, and a route to a gateway comes after
 * the route through which the gateway is reached. So the list is tried again and again, until a
 * pass adds nothing more.
 *
 * Order among equals matters: which is the first IPv4 address of a network, the first IPv6 address
 * of a scope, the first IPv4 route of a key. The kernel puts a new IPv4 address after those that
 * are there, and a new IPv6 address before them; routes get the place that they had.
 */
#include "nic/adopt_make.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>

#include "base/log.h"

#define SOURCE_STEPS   30
#define SOURCE_STEP_NS 100000000 /* 100 ms; duplicate address detection takes up to 2 s */

const char *adopt_describe(const struct netlink_saved *item, char text[ADOPT_DESCRIPTION])
{
	struct ip_prefix prefix;
	char number[PREFIX_STRLEN] = "?";
	bool known = netlink_saved_prefix(item, &prefix);

	if (known)
		prefix_format(&prefix, number);
	if (item->is_route && known && prefix.len == 0)
		snprintf(text, ADOPT_DESCRIPTION, "%sdefault route",
			 prefix.addr.family == AF_INET6 ? "IPv6 " : "");
	else
		snprintf(text, ADOPT_DESCRIPTION, "%s %s", item->is_route ? "route to" : "address",
			 number);
	return text;
}

void adopt_complain(const char *what, const struct netlink_saved *item, const char *link, int rc)
{
	char text[ADOPT_DESCRIPTION];

	log_warning_errno(-rc, "%s: cannot %s the %s", link, what, adopt_describe(item, text));
}

bool adopt_is_made(const struct netlink_saved *item)
{
	return !item->result || item->result == -EEXIST;
}

bool adopt_is_open(const struct netlink_saved *item)
{
	return !adopt_is_made(item) && item->result != -ETIME;
}

/* The order of a pass. IPV6_ADDRESSES and ROUTES are added from the last to the first. */
enum turn { IPV4_ADDRESSES, IPV6_ADDRESSES, ROUTES, ROUTES_BEHIND, TURNS };

static enum turn turn_of(const struct netlink_saved *item)
{
	struct ip_prefix prefix = { .len = 0 };

	netlink_saved_prefix(item, &prefix);
	if (item->is_route)
		return item->is_behind || prefix.addr.family == AF_INET6 ? ROUTES_BEHIND : ROUTES;
	return prefix.addr.family == AF_INET6 ? IPV6_ADDRESSES : IPV4_ADDRESSES;
}

static bool is_left(const struct netlink_saved *item, const struct adopt_making *m)
{
	return m->leaves_ipv6 && netlink_saved_family(item) == AF_INET6;
}

static bool try_item(struct netlink_saved *item, enum turn turn, const struct adopt_making *m)
{
	if (!adopt_is_open(item) || turn_of(item) != turn || is_left(item, m))
		return false;
	item->result = netlink_saved_add(m->netlink, item, m->ifindex, m->is_home, m->place);
	if (item->result == -EEXIST && m->renews && !item->is_route)
		item->result = netlink_saved_renew(m->netlink, item, m->ifindex);
	if (item->result == -ENETDOWN && netlink_saved_is_kernels(item))
		item->result = 0; /* the kernel makes it when the link is set up */
	return !adopt_is_open(item);
}

/* Try every open item once. True: at least one of them is done. */
static bool make_some(struct netlink_saved_list *list, const struct adopt_making *m)
{
	bool progress = false;

	for (enum turn turn = 0; turn < TURNS; turn++) {
		bool backwards = turn == IPV6_ADDRESSES || turn == ROUTES;

		for (size_t i = 0; i < list->count; i++)
			progress |=
				try_item(&list->list[backwards ? list->count - 1 - i : i], turn, m);
	}
	return progress;
}

/* The kernel refuses an IPv6 route with -EINVAL while duplicate address detection of its source
 * address is not complete. (At a clean stop the TAP still has that address then.) */
static bool waits_for_source(const struct netlink_saved_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->list[i].is_route && list->list[i].result == -EINVAL)
			return true;
	return false;
}

static void make_the_rest(struct netlink_saved_list *list, const struct adopt_making *m)
{
	const struct timespec step = { .tv_nsec = SOURCE_STEP_NS };

	for (int i = 0; i < SOURCE_STEPS && waits_for_source(list); i++) {
		nanosleep(&step, NULL);
		while (make_some(list, m))
			;
	}
}

static void log_failure(const struct netlink_saved *item, const struct adopt_making *m)
{
	char text[ADOPT_DESCRIPTION];

	if (item->result == -ETIME)
		log_warning("%s: the lifetime of the %s has expired", m->name,
			    adopt_describe(item, text));
	else if (!adopt_is_made(item) && !is_left(item, m))
		adopt_complain("add", item, m->name, item->result);
}

void adopt_make(struct netlink_saved_list *list, const struct adopt_making *m)
{
	while (make_some(list, m))
		;
	if (m->is_home)
		make_the_rest(list, m);
	for (size_t i = 0; i < list->count; i++)
		log_failure(&list->list[i], m);
}

void adopt_make_again(struct netlink_saved_list *list, const struct adopt_making *m)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->list[i].is_route && list->list[i].result == -EEXIST)
			list->list[i].result = -EAGAIN;
	while (make_some(list, m))
		;
}
