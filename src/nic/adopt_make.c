/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * adopt_make: a list of addresses and routes made on a link; see adopt_make.h.
 *
 * Addresses come before the routes that use them as source, and routes to a gateway after the
 * one that the gateway is reached by, for which the list is gone through until nothing more can
 * be made.
 *
 * Among equals the place matters: which IPv4 address of a network, which IPv6 address of a
 * scope, which IPv4 route of a key is the first. The kernel puts IPv4 addresses behind, IPv6
 * addresses before those that are there; routes go where they were.
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

/* In this order, the second and the third from the last to the first. */
enum turn { IPV4_ADDRESSES, IPV6_ADDRESSES, ROUTES, ROUTES_BEHIND, TURNS };

static enum turn turn_of(const struct netlink_saved *item)
{
	struct ip_prefix prefix = { .len = 0 };

	netlink_saved_prefix(item, &prefix);
	if (item->is_route)
		return item->is_behind || prefix.addr.family == AF_INET6 ? ROUTES_BEHIND : ROUTES;
	return prefix.addr.family == AF_INET6 ? IPV6_ADDRESSES : IPV4_ADDRESSES;
}

static bool try_item(struct netlink_saved *item, enum turn turn, const struct adopt_making *m)
{
	if (!adopt_is_open(item) || turn_of(item) != turn)
		return false;
	item->result = netlink_saved_add(m->netlink, item, m->ifindex, m->is_home, m->place);
	if (item->result == -ENETDOWN && netlink_saved_is_kernels(item))
		item->result = 0; /* which makes it when the link is set up */
	return !adopt_is_open(item);
}

/* What is still open is tried; is there something less? */
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

/* Refused is an IPv6 route by a source address of which the kernel does not know yet that
 * nobody else has it. (In an orderly stop the TAP has that address meanwhile.) */
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

static void tell_what_failed(const struct netlink_saved *item, const struct adopt_making *m)
{
	char text[ADOPT_DESCRIPTION];

	if (item->result == -ETIME)
		log_warning("%s: the lifetime of the %s is over", m->name,
			    adopt_describe(item, text));
	else if (!adopt_is_made(item))
		adopt_complain("add", item, m->name, item->result);
}

void adopt_make(struct netlink_saved_list *list, const struct adopt_making *m)
{
	while (make_some(list, m))
		;
	if (m->is_home)
		make_the_rest(list, m);
	for (size_t i = 0; i < list->count; i++)
		tell_what_failed(&list->list[i], m);
}

void adopt_make_again(struct netlink_saved_list *list, const struct adopt_making *m)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->list[i].is_route && list->list[i].result == -EEXIST)
			list->list[i].result = -EAGAIN;
	while (make_some(list, m))
		;
}
