/* SPDX-License-Identifier: GPL-2.0-or-later */
/* link_checks: checks of what other programs may change; see link_checks.h. */
#include "daemon/link_checks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "daemon/ipv6_problems.h"
#include "io/check_timer.h"
#include "tap/own_addresses.h"
#include "tap/tap_connected.h"
#include "tap/tap_uppers.h"

#define FIGHT_REPAIRS 20

struct link_checks {
	struct link_checks_needs needs;
	const struct config *config;
	struct takeover *nic;              /* NULL: not yet */
	struct check_timer *shield;        /* qdiscs and filters of NIC and TAP */
	struct check_timer *own;           /* the host's addresses */
	struct check_timer *guard;         /* the TAP's settings */
	struct check_timer *connected;     /* the TAP's connected routes */
	struct check_timer *uppers;        /* links on top of the TAP */
	struct own_addresses found;        /* by `own` */
	bool own_is_new;                   /* the programs do not know the addresses yet */
	bool has_upper;                    /* `uppers` found one */
	bool was_off;                      /* IPv6 of the TAP, as of the last check by `guard` */
	uint64_t repaired;                 /* how often `guard` found something */
	uint64_t last_repair, fight_since; /* ms */
	unsigned fight_repairs, failures;  /* of `guard`: since then; in a row */
};

/* At most ten a second, however many filters change. */
static const struct check_timer_times shield_times = { .interval_ms = 100, .retry_ms = 1000 };
/* At once, for a frame to a new address may come at once; a burst of changes gives two checks. */
static const struct check_timer_times own_times = { .interval_ms = 50, .retry_ms = 1000 };

/* A moment later, because a program that flushes addresses goes on until there is none left. */
static const struct check_timer_times guard_times = { .delay_ms = 30,
						      .interval_ms = 50,
						      .retry_ms = 1000 };

static const struct check_timer_times connected_times = { .interval_ms = 50, .retry_ms = 1000 };

/* At most one check a second, even if thousands of containers start. */
static const struct check_timer_times uppers_times = { .interval_ms = 1000, .retry_ms = 1000 };

static const struct netlink_link *nic_link(const struct link_checks *c)
{
	return c->nic ? takeover_link(c->nic) : NULL;
}

static unsigned nic_mtu(const struct link_checks *c)
{
	return nic_link(c) ? nic_link(c)->mtu : 0;
}

static void note_ask(struct link_checks *c)
{
	if (!takeover_ask_fails(c->nic))
		problems_clear(c->needs.problems, "shares_not_asked");
	else
		problems_set(c->needs.problems, "shares_not_asked", PROBLEM_CRITICAL,
			     "another filter is in the place of the program that asks for "
			     "connections, priority 1 of the ingress of %s: connections that other "
			     "nodes have may be cut; move that filter (tc filter show dev %s "
			     "ingress)",
			     c->config->tap, c->config->tap);
}

static bool check_shield(void *arg)
{
	struct link_checks *c = arg;
	bool is_well;

	if (!nic_link(c))
		return true;
	is_well = takeover_check_shield(c->nic, loop_now());
	note_ask(c);
	return is_well;
}

static void note_left_out(struct link_checks *c, size_t left_out)
{
	if (!left_out)
		problems_clear(c->needs.problems, "too_many_addresses");
	else if (problems_set(
			 c->needs.problems, "too_many_addresses", PROBLEM_WARNING,
			 "this host has more than %d addresses: frames to the others are dropped "
			 "(elsewhere); remove what it does not need (ip addr)",
			 PEERS_OWN_MAX))
		log_warning(
			"this host has more than %d addresses: frames to the others are dropped "
			"(elsewhere)",
			PEERS_OWN_MAX);
}

/* The programs may lack what the table has: when they could not be told before. */
static bool check_own_addresses(void *arg)
{
	struct link_checks *c = arg;
	int rc = own_addresses_read(c->needs.netlink, c->needs.peers,
				    tap_link_ifindex(c->needs.tap), &c->found);

	c->own_is_new |= rc > 0;
	if (rc >= 0)
		note_left_out(c, c->found.left_out);
	if (rc >= 0 && c->own_is_new && c->nic) {
		rc = takeover_reload(c->nic);
		c->own_is_new = rc != 0;
	}
	if (rc == -EINTR) /* they have changed meanwhile */
		log_debug_errno(-rc, "the host's addresses are read again");
	else if (rc < 0)
		log_warning_errno(-rc, "cannot follow the host's addresses");
	return rc >= 0;
}

/* The second failure in a row is a problem, with one line; it stays until a check succeeds. Of
 * addresses that change while they are read (EINTR) nothing is known yet. */
static void note_drift(struct link_checks *c, int rc)
{
	if (rc == -EINTR)
		return;
	c->failures = rc ? c->failures + 1 : 0;
	if (!rc)
		problems_clear(c->needs.problems, "tap_drift");
	else if (c->failures > 1 &&
		 problems_set(
			 c->needs.problems, "tap_drift", PROBLEM_CRITICAL,
			 "%s was changed by another program, and cannot be corrected (%s): look "
			 "for that program (clusterarpctl monitor tells what it changes, ip "
			 "monitor when), and keep it off %s",
			 c->config->tap, strerror(-rc), c->config->tap))
		log_warning_errno(-rc, "%s: cannot correct its settings", c->config->tap);
}

/* Another program may change it again and again: after FIGHT_REPAIRS within ten seconds, once a
 * second is enough. */
static bool is_in_a_fight(struct link_checks *c, uint64_t now)
{
	if (now - c->fight_since > 10000) {
		c->fight_since = now;
		c->fight_repairs = 0;
	}
	return c->fight_repairs > FIGHT_REPAIRS && now - c->last_repair < 1000;
}

static void note_repair(struct link_checks *c, const char *what)
{
	c->repaired++;
	c->fight_repairs++;
	c->last_repair = loop_now();
	events_tap_repaired(c->needs.events, c->config->tap, what);
}

/* If the TAP's MAC was changed, or IPv6 was off for a moment, which takes the link-local address,
 * its neighbour entries are lost; if an address was removed, adopted ones may have been removed
 * with it. Add both again. */
static void follow_repair(struct link_checks *c, const struct tap_repairs *done)
{
	char text[TAP_REPAIRS_TEXT];

	if (!tap_link_describe_repairs(done, text))
		return;
	note_repair(c, text);
	if ((done->addresses || done->order || done->mtu) && tap_link_is_up(c->needs.tap)) {
		adopt_apply(c->needs.adopt, tap_link_ifindex(c->needs.tap),
			    done->addresses || done->order);
		check_timer_changed(c->connected);
	}
	if (done->mac || done->mtu || done->ipv6.link_local)
		neighbours_seed(c->needs.neighbours);
}

/* IPv6 is on again, after disable_ipv6 or an MTU below 1280. */
static void follow_ipv6(struct link_checks *c, bool is_off)
{
	if (c->was_off && !is_off)
		c->needs.ipv6_is_back(c->needs.arg);
	c->was_off = is_off;
}

/* The kernel does not tell when disable_ipv6 changes: look again in a second. */
static bool check_tap_settings(void *arg)
{
	struct link_checks *c = arg;
	const struct tap_ipv6_state *ipv6 = tap_link_ipv6(c->needs.tap);
	struct tap_repairs done;
	int rc;

	if (is_in_a_fight(c, loop_now()))
		return false;
	rc = tap_link_repair(c->needs.tap, nic_mtu(c), &done);
	note_drift(c, rc);
	ipv6_problems_note(c->needs.problems, c->needs.peers, ipv6);
	follow_repair(c, &done);
	follow_ipv6(c, ipv6->off);
	return !rc && ipv6->off != TAP_IPV6_OFF_SYSCTL;
}

static bool check_connected(void *arg)
{
	struct link_checks *c = arg;
	int rc = tap_connected_mark(c->needs.netlink, tap_link_ifindex(c->needs.tap));

	if (rc)
		log_debug_errno(-rc, "%s: cannot replace its connected routes", c->config->tap);
	return !rc;
}

/* Links on top of the TAP with a MAC of their own receive nothing: warn, for nothing else shows it.
 */
static bool check_uppers(void *arg)
{
	struct link_checks *c = arg;
	const struct netlink_link *upper = NULL;
	struct netlink_link *list;
	size_t count;

	if (!netlink_links(c->needs.netlink, &list, &count))
		upper = tap_uppers_find(list, count, tap_link_ifindex(c->needs.tap),
					&c->config->mac);
	c->has_upper = upper;
	if (!upper)
		problems_clear(c->needs.problems, "mac_on_tap");
	else if (problems_set(
			 c->needs.problems, "mac_on_tap", PROBLEM_WARNING,
			 "%s is on top of %s with a MAC of its own, or has ports that have one: "
			 "frames for that MAC do not reach this node; use a routed or NAT network",
			 upper->name, c->config->tap))
		log_warning("%s is on top of %s: frames for a MAC of its own, or of its ports, do "
			    "not reach this node",
			    upper->name, c->config->tap);
	free(list);
	return true;
}

/* --- when --- */

/* A link that is gone may have been one, and no longer tells what it was on top of. */
static bool is_about_uppers(const struct link_checks *c, const struct netlink_event *event)
{
	int tap = tap_link_ifindex(c->needs.tap);

	if (event->change == NETLINK_LINK)
		return event->ifindex == tap || event->link.lower == tap;
	return event->change == NETLINK_LOST ||
	       (event->change == NETLINK_LINK_GONE && c->has_upper);
}

/* Of the NIC or the TAP, while there is a NIC. */
static bool is_about_shield(const struct link_checks *c, const struct netlink_event *event)
{
	const struct netlink_link *nic = nic_link(c);

	return nic && (event->change == NETLINK_LOST ||
		       (event->change == NETLINK_TC &&
			(event->ifindex == nic->ifindex ||
			 event->ifindex == tap_link_ifindex(c->needs.tap))));
}

void link_checks_heard(struct link_checks *c, const struct netlink_event *event)
{
	bool is_lost = event->change == NETLINK_LOST;
	bool is_tap = event->ifindex == tap_link_ifindex(c->needs.tap);

	if (is_lost || event->change == NETLINK_ADDRESS || event->change == NETLINK_ADDRESS_GONE)
		check_timer_changed(c->own);
	if (is_lost ||
	    (is_tap && event->change != NETLINK_TC && event->change != NETLINK_LINK_GONE))
		link_checks_tap_changed(c);
	if (is_about_uppers(c, event))
		check_timer_changed(c->uppers);
	if (is_about_shield(c, event))
		check_timer_changed(c->shield);
}

void link_checks_tap_changed(struct link_checks *c)
{
	check_timer_changed(c->guard);
	check_timer_changed(c->connected);
}

void link_checks_retry_shield(struct link_checks *c)
{
	check_timer_retry(c->shield);
}

void link_checks_nic_gone(struct link_checks *c)
{
	check_timer_cancel(c->shield);
}

void link_checks_own_addresses(struct link_checks *c)
{
	if (!check_own_addresses(c))
		check_timer_retry(c->own);
}

void link_checks_tap(struct link_checks *c)
{
	if (!check_tap_settings(c))
		check_timer_retry(c->guard);
	if (!check_connected(c))
		check_timer_retry(c->connected);
	check_uppers(c);
}

size_t link_checks_unlisted(const struct link_checks *c, struct ip_addr *first)
{
	*first = c->found.first_unlisted;
	return c->found.unlisted;
}

uint64_t link_checks_repaired(const struct link_checks *c)
{
	return c->repaired;
}

/* --- life --- */

struct link_checks *link_checks_create(const struct link_checks_needs *needs)
{
	struct link_checks *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->needs = *needs;
	c->config = peers_config(needs->peers);
	c->shield = check_timer_create(needs->loop, &shield_times, check_shield, c);
	c->own = check_timer_create(needs->loop, &own_times, check_own_addresses, c);
	c->guard = check_timer_create(needs->loop, &guard_times, check_tap_settings, c);
	c->connected = check_timer_create(needs->loop, &connected_times, check_connected, c);
	c->uppers = check_timer_create(needs->loop, &uppers_times, check_uppers, c);
	if (c->shield && c->own && c->guard && c->connected && c->uppers)
		return c;
	link_checks_destroy(c);
	return NULL;
}

void link_checks_set_nic(struct link_checks *c, struct takeover *nic)
{
	c->nic = nic;
}

void link_checks_destroy(struct link_checks *c)
{
	if (!c)
		return;
	check_timer_destroy(c->shield);
	check_timer_destroy(c->own);
	check_timer_destroy(c->guard);
	check_timer_destroy(c->connected);
	check_timer_destroy(c->uppers);
	free(c);
}
