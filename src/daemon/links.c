/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * links: the NIC and the TAP; see links.h.
 *
 * If the NIC does not exist, is removed, or cannot be taken over now, the daemon waits for it
 * (take_nic()). `interface` may be an altname: the kernel sends no notification when a link that is
 * down gets one, so while there is no NIC, it is looked up once a second. The TAP has carrier while
 * the NIC exists and runs, so that programs that watch the TAP see what they would see on the NIC.
 * A TAP that is deleted is made again.
 *
 * A netlink event can be older than the last look-up or change of the link. So an event is only a
 * reason to look the link up; its contents are not relied on.
 */
#include "daemon/links.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "daemon/link_checks.h"
#include "daemon/link_watch.h"
#include "datapath/traffic.h"
#include "io/notify.h"
#include "nic/adopt.h"
#include "nic/adopt_later.h"
#include "nic/announce.h"
#include "nic/recovery.h"
#include "nic/takeover.h"
#include "persist/fd_store.h"
#include "tap/tap_link.h"

#define RETRY_MS     1000
#define RETRY_MAX_MS 60000
#define LOOK_MS      1000 /* between look-ups of a NIC that does not exist */
/* A NIC that the daemon has set up finds its carrier within this time. Later it is the cable. */
#define OWN_CARRIER_MS 10000
/* A program that configures the NIC is done when this time has gone by since its last step. */
#define YIELD_MS     5000
#define FINISH_MS    100 /* for sending queued frames at a restart */
#define COMPLAINT_MS 60000
#define TAP_TRIES    5 /* somebody may delete it again while it is made */

struct links {
	struct links_needs needs;
	const struct config *config;
	struct netlink *netlink;
	struct link_watch *watch;
	struct neighbours *neighbours;
	struct adopt *adopt;
	struct adopt_later *later;
	struct announce *announce;
	struct traffic *traffic;
	struct tap_link *tap;
	struct takeover *nic;
	struct link_checks *checks;
	struct loop_timer *retry; /* of take_nic() */
	struct loop_timer *yield; /* ends what begin_to_yield() has begun */
	unsigned retry_ms;
	uint64_t own_carrier; /* ms: until then, the first carrier is of the daemon's own doing */
	bool has_yielded;     /* nothing has moved to the TAP since begin_to_yield() */
	bool is_failing;      /* needs.failed() was called */
	uint64_t next_complaint; /* ms: about what cannot be read or looked up */
};

static bool is_up(const struct netlink_link *link)
{
	return link->flags & IFF_UP;
}

static bool is_running(const struct netlink_link *link)
{
	return link->flags & IFF_RUNNING;
}

const struct netlink_link *links_nic(const struct links *l)
{
	return l->nic ? takeover_link(l->nic) : NULL;
}

static unsigned nic_mtu(const struct links *l)
{
	return links_nic(l) ? links_nic(l)->mtu : 0;
}

/* Announce the node's addresses, if the NIC can send. */
static void announce(struct links *l)
{
	struct netlink_link tap;
	bool is_router = !netlink_link_by_index(l->netlink, tap_link_ifindex(l->tap), &tap) &&
			 tap.forwards_ipv6;

	if (!links_nic(l) || !is_running(links_nic(l)))
		return;
	link_checks_own_addresses(l->checks); /* only what the TAP has is announced */
	announce_start(l->announce, is_router);
}

/* --- the NIC --- */

/* The TAP has carrier while the NIC runs. When it loses carrier the kernel removes its neighbour
 * entries, so they are installed again when it gets carrier. */
static void follow_carrier(struct links *l)
{
	const struct netlink_link *nic = links_nic(l);

	if (tap_link_set_carrier(l->tap, nic && is_running(nic)))
		neighbours_seed(l->neighbours);
}

/* What has moved belongs on the TAP, which has lost some of it: all if it `is_empty`. */
static void apply_adopted(struct links *l, bool is_empty)
{
	adopt_apply(l->adopt, tap_link_ifindex(l->tap), is_empty);
	link_checks_tap_changed(l->checks);
}

/* With an MTU below 1280 bytes the kernel disables IPv6 on the TAP and removes the IPv6 addresses,
 * adopted ones too. So those are added again. */
static void follow_mtu(struct links *l, unsigned mtu)
{
	tap_link_follow_mtu(l->tap, mtu);
	apply_adopted(l, false);
}

/* After takeover_attach(): let frames flow. 0; -ENODEV: the NIC was removed; else a negative errno,
 * logged. */
static int open_nic(struct links *l)
{
	int rc;

	adopt_set_name(l->adopt, links_nic(l)->name);
	if (!adopt_take(l->adopt, links_nic(l)->ifindex, tap_link_ifindex(l->tap)))
		takeover_warn_addresses(l->nic);
	link_checks_tap_changed(l->checks);
	tap_link_warn_of_gateways(l->tap);
	adopt_later_start(l->later, links_nic(l)->ifindex);
	rc = takeover_open(l->nic);
	if (!rc)
		rc = traffic_set_nic(l->traffic, takeover_wire(l->nic), takeover_ring(l->nic));
	if (!rc)
		follow_carrier(l);
	l->own_carrier = takeover_has_set_up(l->nic) ? loop_now() + OWN_CARRIER_MS : 0;
	if (!rc)
		announce(l);
	return rc;
}

/* A program configures the NIC, and may add routes that the TAP has. */
static void begin_to_yield(struct links *l)
{
	if (!l->config->adopt)
		return;
	if (!l->has_yielded)
		tap_link_yield(l->tap, true);
	l->has_yielded = true;
	loop_timer_set(l->yield, YIELD_MS);
}

static void end_yielding(struct links *l)
{
	l->has_yielded = false;
	loop_timer_cancel(l->yield);
	tap_link_yield(l->tap, false);
}

static void on_yielded(void *arg)
{
	struct links *l = arg;

	if (l->is_failing)
		return;
	if (links_nic(l) && (!is_up(links_nic(l)) || adopt_later_is_due(l->later)))
		loop_timer_set(l->yield, YIELD_MS);
	else
		end_yielding(l);
}

static void close_nic(struct links *l)
{
	announce_stop(l->announce);
	adopt_later_stop(l->later);
	end_yielding(l);
	traffic_set_nic(l->traffic, NULL, NULL);
	link_checks_nic_gone(l->checks);
}

/* The cause of the failure may disappear. Each failed try writes a log line, so the interval grows
 * up to RETRY_MAX_MS. */
static void try_later(struct links *l)
{
	l->retry_ms = l->retry_ms ? 2 * l->retry_ms : RETRY_MS;
	if (l->retry_ms > RETRY_MAX_MS)
		l->retry_ms = RETRY_MAX_MS;
	loop_timer_set(l->retry, l->retry_ms);
}

/* The NIC did not exist, or could not be taken over: try now. */
static void take_nic(struct links *l)
{
	int rc = takeover_attach(l->nic);

	if (!rc) {
		tap_link_follow_mtu(l->tap, links_nic(l)->mtu);
		rc = open_nic(l);
	}
	if (!rc) {
		l->retry_ms = 0;
		loop_timer_cancel(l->retry);
		events_link(l->needs.events, links_nic(l)->name, links_nic(l));
		l->needs.state_changed(l->needs.arg);
		return;
	}
	close_nic(l);
	takeover_restore(l->nic);
	if (rc != -ENODEV)
		try_later(l);
	else
		loop_timer_set(l->retry, LOOK_MS);
}

static void lose_nic(struct links *l)
{
	if (!links_nic(l))
		return;
	log_warning("%s is gone", links_nic(l)->name);
	events_link(l->needs.events, links_nic(l)->name, NULL);
	close_nic(l);
	takeover_lose(l->nic);
	follow_carrier(l);
	l->needs.state_changed(l->needs.arg);
	take_nic(l); /* another link may have this name already */
}

/* The carrier is there because the daemon has set the NIC up: not worth a line. */
static bool is_own_carrier(struct links *l, const struct netlink_link *link)
{
	bool is_own = link->carrier && loop_now() < l->own_carrier;

	l->own_carrier = 0;
	return is_own;
}

/* The NIC changed. When it runs again, addresses are announced, because it may be connected to
 * another switch. (IFF_RUNNING is set shortly after the carrier, when the queues can send.) */
static void on_nic_link(struct links *l, const struct netlink_link *link)
{
	const struct netlink_link before = *links_nic(l);

	takeover_changed(l->nic, link);
	if (link->mtu != before.mtu)
		follow_mtu(l, link->mtu);
	if (strcmp(link->name, before.name) != 0) {
		log_notice("%s was renamed to %s", before.name, link->name);
		adopt_set_name(l->adopt, link->name);
	}
	if (link->mtu != before.mtu || link->carrier != before.carrier)
		events_link(l->needs.events, link->name, link);
	if (is_up(link) != is_up(&before)) {
		/* A program that sets it down will configure it anew, as ifdown and ifup do. */
		log_notice("%s was set %s", link->name, is_up(link) ? "up" : "down");
		begin_to_yield(l);
	} else if (link->carrier != before.carrier && !is_own_carrier(l, link))
		log_notice("%s: carrier %s", link->name, link->carrier ? "is back" : "lost");
	follow_carrier(l);
	if (is_running(link) && !is_running(&before))
		announce(l);
}

/* Nothing on the NIC has changed for a while: move what is new there. */
static void on_nic_settled(void *arg)
{
	struct links *l = arg;

	if (!links_nic(l) || l->is_failing)
		return;
	l->has_yielded = false;
	if (adopt_later_run(l->later, tap_link_ifindex(l->tap)))
		announce(l);
	link_checks_tap_changed(l->checks);
}

/* --- the TAP --- */

/* Update the data path's programs for the TAP. `ifindex` is 0 while there is none. */
static void follow_tap(struct links *l, int ifindex)
{
	if (!takeover_set_tap(l->nic, ifindex, ifindex && tap_link_is_up(l->tap)))
		link_checks_retry_shield(l->checks);
}

/* Let frames flow through the configured TAP. */
static bool open_tap(struct links *l)
{
	if (neighbours_open(l->neighbours, tap_link_ifindex(l->tap)))
		return false;
	if (!traffic_set_tap(l->traffic, tap_link_device(l->tap)))
		return true;
	log_error("out of memory");
	return false;
}

/* The data path's program is attached while the TAP is still down: if its qdisc were added later,
 * queued frames would be dropped. */
static int renew_tap(struct links *l)
{
	int rc = tap_link_renew(l->tap);

	if (rc)
		return rc;
	follow_tap(l, tap_link_ifindex(l->tap));
	rc = tap_link_configure(l->tap, nic_mtu(l));
	if (!rc && !open_tap(l))
		rc = -ENOMEM;
	if (!rc)
		follow_tap(l, tap_link_ifindex(l->tap));
	return rc;
}

static bool is_tap_there(struct links *l)
{
	struct netlink_link now;

	return netlink_link_by_index(l->netlink, tap_link_ifindex(l->tap), &now) != -ENODEV;
}

/* Make a new TAP, and if that is deleted meanwhile, another one. */
static bool make_tap_anew(struct links *l)
{
	bool is_gone = true;
	unsigned tries;
	int rc = -ENODEV;

	for (tries = 0; tries < TAP_TRIES && rc && is_gone; tries++) {
		log_warning("%s is gone: creating it again", l->config->tap);
		traffic_set_tap(l->traffic, NULL);
		follow_tap(l, 0);
		rc = renew_tap(l);
		is_gone = rc == -ENODEV || rc == -EBADFD ||
			  (tap_link_device(l->tap) && !is_tap_there(l));
	}
	return !rc;
}

/* The TAP was deleted, or moved to another network namespace. */
static void lose_tap(struct links *l)
{
	if (!make_tap_anew(l)) {
		l->is_failing = true;
		l->needs.failed(l->needs.arg);
		return;
	}
	apply_adopted(l, true);
	follow_carrier(l);
}

/* When the TAP was down, the kernel has removed its routes and its neighbour entries. */
static void check_tap(struct links *l, bool was_down)
{
	bool came_back = tap_link_changed(l->tap, was_down);

	follow_tap(l, tap_link_ifindex(l->tap));
	if (!came_back)
		return;
	apply_adopted(l, true);
	neighbours_seed(l->neighbours);
}

/* --- events --- */

/* Once a minute is enough, as it goes on being tried. */
static void complain(struct links *l, const char *name, const char *what, int error)
{
	if (loop_now() < l->next_complaint)
		return;
	l->next_complaint = loop_now() + COMPLAINT_MS;
	log_warning_errno(-error, "%s: %s: trying again", name, what);
}

/* The NIC as it is now. -ENODEV: it is gone. Another error does not mean that: the kernel may be
 * out of memory for a while; it is checked later. */
static int look_up_nic(struct links *l, struct netlink_link *now)
{
	const struct netlink_link *nic = links_nic(l);
	int rc = netlink_link_by_index(l->netlink, nic->ifindex, now);

	if (rc && rc != -ENODEV) {
		complain(l, nic->name, "cannot look up the interface", rc);
		loop_timer_set(l->retry, RETRY_MS);
	}
	return rc;
}

/* Receiving failed on the TAP (REWRITE_EGRESS) or on the NIC. */
static void on_broken(enum rewrite_direction direction, int error, void *arg)
{
	struct links *l = arg;

	if (l->is_failing)
		return;
	if (direction == REWRITE_EGRESS && (error == -EBADFD || !is_tap_there(l)))
		lose_tap(l);
	else if (direction == REWRITE_INGRESS && (error == -ENXIO || error == -ENODEV))
		lose_nic(l);
	else if (error != -ENETDOWN) /* logged when its link event arrives */
		complain(l, direction == REWRITE_EGRESS ? l->config->tap : links_nic(l)->name,
			 "cannot receive", error);
}

/* Is it the configured interface, by its name or an altname? */
static bool is_wanted(const struct links *l, const struct netlink_link *news)
{
	struct netlink_link now;

	return !netlink_link_by_name(l->netlink, l->config->interface, &now) &&
	       now.ifindex == news->ifindex;
}

static void on_link(struct links *l, const struct netlink_event *event)
{
	const struct netlink_link *news = &event->link;
	const struct netlink_link *nic = links_nic(l);
	struct netlink_link now;

	if (news->ifindex == tap_link_ifindex(l->tap))
		check_tap(l, !is_up(news));
	if (nic && news->ifindex == nic->ifindex) {
		takeover_heard_link(l->nic, news);
		if (!look_up_nic(l, &now))
			on_nic_link(l, &now);
		if (event->asks_to_announce)
			announce(l);
	} else if (!nic && is_wanted(l, news)) {
		take_nic(l);
	}
}

/* Everything about the NIC may have changed. */
static void follow_nic(struct links *l, const struct netlink_link *now)
{
	takeover_heard_link(l->nic, now);
	on_nic_link(l, now);
	if (!l->config->adopt)
		takeover_warn_addresses(l->nic);
	takeover_check_link_local(l->nic);
	adopt_later_changed(l->later, NULL);
}

static void check_nic(struct links *l)
{
	struct netlink_link now;
	int rc;

	if (!links_nic(l)) {
		take_nic(l);
		return;
	}
	rc = look_up_nic(l, &now);
	if (!rc)
		follow_nic(l, &now);
	else if (rc == -ENODEV)
		lose_nic(l);
}

static void on_retry(void *arg)
{
	struct links *l = arg;

	if (!l->is_failing)
		check_nic(l);
}

/* Notifications were lost: check everything that may have changed. */
static void check_all(struct links *l)
{
	if (!is_tap_there(l))
		lose_tap(l);
	if (l->is_failing)
		return;
	check_tap(l, true);
	check_nic(l);
}

/* An address of the NIC was added or changed, or removed. */
static void on_nic_address(struct links *l, const struct netlink_event *event)
{
	bool is_added = event->change == NETLINK_ADDRESS;

	if (is_added && takeover_heard_address(l->nic, &event->address))
		begin_to_yield(l);
	adopt_later_changed(l->later, is_added ? &event->address : NULL);
}

static void on_change(const struct netlink_event *event, void *arg)
{
	struct links *l = arg;
	const struct netlink_link *nic = links_nic(l);
	bool is_nic = nic && event->ifindex == nic->ifindex;
	bool is_tap = event->ifindex == tap_link_ifindex(l->tap);

	if (l->is_failing)
		return;
	link_checks_heard(l->checks, event);
	if (event->change == NETLINK_LOST)
		check_all(l);
	else if (event->change == NETLINK_LINK)
		on_link(l, event);
	else if (event->change == NETLINK_LINK_GONE && is_tap)
		lose_tap(l);
	else if (event->change == NETLINK_LINK_GONE && is_nic)
		lose_nic(l);
	else if ((event->change == NETLINK_ADDRESS || event->change == NETLINK_ADDRESS_GONE) &&
		 is_nic)
		on_nic_address(l, event);
}

static void on_route(int ifindex, void *arg)
{
	struct links *l = arg;

	if (!l->is_failing && (!ifindex || ifindex == tap_link_ifindex(l->tap)))
		link_checks_tap_changed(l->checks);
}

/* --- start and stop --- */

static bool open_netlink(struct links *l)
{
	const struct link_watch_needs needs = {
		.loop = l->needs.loop, .changed = on_change, .route = on_route, .arg = l
	};
	int rc = netlink_open(&l->netlink);

	if (rc) {
		log_error_errno(-rc, "cannot open netlink");
		return false;
	}
	l->watch = link_watch_create(&needs);
	return l->watch;
}

static struct adopt_later *create_later(struct links *l)
{
	const struct adopt_later_needs needs = { .loop = l->needs.loop,
						 .peers = l->needs.peers,
						 .netlink = l->netlink,
						 .adopt = l->adopt,
						 .problems = l->needs.problems,
						 .settled = on_nic_settled,
						 .arg = l };

	return adopt_later_create(&needs);
}

static bool create_parts(struct links *l)
{
	const struct links_needs *n = &l->needs;

	l->retry = loop_timer_add(n->loop, on_retry, l);
	l->yield = loop_timer_add(n->loop, on_yielded, l);
	l->neighbours = neighbours_create(n->loop, n->peers, l->netlink, n->events);
	l->adopt = adopt_create(n->peers, l->netlink, n->socket);
	l->traffic = traffic_create(n->loop, n->relay, on_broken, l);
	l->later = l->adopt ? create_later(l) : NULL;
	if (l->adopt)
		l->announce = announce_create(n->loop, n->peers, n->relay, l->adopt);
	if (l->retry && l->yield && l->neighbours && l->traffic && l->later && l->announce)
		return true;
	log_error("out of memory");
	return false;
}

/* What had moved to the TAP is added again, what had to stay on the NIC may move now, and the
 * peers' entries are installed. */
static void on_ipv6_is_back(void *arg)
{
	struct links *l = arg;

	if (tap_link_is_up(l->tap))
		apply_adopted(l, false);
	adopt_later_changed(l->later, NULL);
	neighbours_seed(l->neighbours);
}

static bool create_checks(struct links *l)
{
	const struct link_checks_needs needs = { .loop = l->needs.loop,
						 .peers = l->needs.peers,
						 .events = l->needs.events,
						 .problems = l->needs.problems,
						 .netlink = l->netlink,
						 .neighbours = l->neighbours,
						 .adopt = l->adopt,
						 .tap = l->tap,
						 .ipv6_is_back = on_ipv6_is_back,
						 .arg = l };

	l->checks = link_checks_create(&needs);
	if (!l->checks)
		log_error("out of memory");
	return l->checks;
}

struct links *links_create(const struct links_needs *needs)
{
	struct links *l = calloc(1, sizeof(*l));

	if (!l) {
		log_error("out of memory");
		return NULL;
	}
	l->needs = *needs;
	l->config = peers_config(needs->peers);
	relay_set_shares(needs->relay, needs->shares, loop_now);
	if (open_netlink(l) && create_parts(l))
		l->tap = tap_link_create(needs->peers, l->netlink);
	if (l->tap && create_checks(l))
		return l;
	links_destroy(l);
	return NULL;
}

static bool attach_nic(struct links *l)
{
	int rc;

	link_checks_own_addresses(l->checks);
	l->nic = takeover_create(l->needs.peers, l->netlink, l->needs.socket);
	if (!l->nic)
		return false;
	link_checks_set_nic(l->checks, l->nic);
	takeover_set_shares(l->nic, l->needs.shares);
	takeover_set_tap(l->nic, tap_link_ifindex(l->tap), tap_link_is_up(l->tap));
	rc = takeover_attach(l->nic);
	return !rc || rc == -ENODEV;
}

static bool open_sides(struct links *l)
{
	int rc;

	if (tap_link_configure(l->tap, nic_mtu(l)) || !open_tap(l))
		return false;
	link_checks_tap(l->checks); /* which an earlier run may have left */
	follow_tap(l, tap_link_ifindex(l->tap));
	notify_discard_rest(); /* descriptors that neither side has taken */
	if (!links_nic(l))
		apply_adopted(l, true);
	rc = links_nic(l) ? open_nic(l) : 0;
	if (rc == -ENODEV)
		lose_nic(l);
	if (!links_nic(l))
		loop_timer_set(l->retry, LOOK_MS);
	follow_carrier(l);
	return !rc || rc == -ENODEV;
}

bool links_open(struct links *l)
{
	recovery_run(l->needs.socket, l->config->interface);
	return attach_nic(l) && open_sides(l);
}

void links_hand_over(struct links *l)
{
	end_yielding(l);
	traffic_finish(l->traffic, FINISH_MS);
	traffic_destroy(l->traffic);
	l->traffic = NULL;
}

/* Find the NIC, whether or not it is taken over now. False: it is not available. */
static bool find_nic(struct links *l, bool is_clean, struct netlink_link *nic)
{
	int rc = 0;

	if (links_nic(l))
		*nic = *links_nic(l);
	else
		rc = netlink_link_by_name(l->netlink, l->config->interface, nic);
	if (!rc)
		adopt_set_name(l->adopt, nic->name);
	if (rc == -ENODEV && is_clean) /* otherwise the next run may find a NIC */
		adopt_drop(l->adopt);
	return !rc;
}

/* The TAP's own addresses are removed first; otherwise the NIC's stack would answer for them. The
 * NIC receives and sends again before the adopted addresses are given back to it: an ARP request
 * that the shield drops is repeated only a second later.
 *
 * Addresses that are given back are announced at once, because removing the TAP takes time. */
void links_give_back(struct links *l, bool is_clean)
{
	struct netlink_link nic;
	bool is_there, is_given = false;

	traffic_destroy(l->traffic);
	l->traffic = NULL;
	if (!l->nic)
		return;
	is_there = find_nic(l, is_clean, &nic);
	tap_link_remove_addresses(l->tap, adopt_has_address, l->adopt);
	if (is_there && takeover_let_through(l->nic))
		is_given = adopt_give_back(l->adopt, nic.ifindex, false);
	takeover_restore(l->nic);
	if (is_there)
		is_given |= adopt_give_back(l->adopt, nic.ifindex, false);
	tap_link_take_down(l->tap);
	if (is_given)
		announce_from_nic(l->announce, &nic, true);
	tap_link_destroy(l->tap);
	l->tap = NULL;
	if (is_given)
		announce_from_nic(l->announce, &nic, false);
}

void links_destroy(struct links *l)
{
	if (!l)
		return;
	traffic_destroy(l->traffic);
	link_checks_destroy(l->checks);
	link_watch_destroy(l->watch);
	tap_link_destroy(l->tap);
	takeover_destroy(l->nic);
	announce_destroy(l->announce);
	adopt_later_destroy(l->later);
	adopt_destroy(l->adopt);
	loop_timer_free(l->retry);
	loop_timer_free(l->yield);
	neighbours_destroy(l->neighbours);
	netlink_close(l->netlink);
	free(l);
}

/* --- called by the daemon --- */

bool links_have_room(const struct links *l, const struct peers *peers)
{
	return takeover_has_room(l->nic, peers);
}

/* The table of peers and its configuration change their contents, not their addresses in memory. So
 * only what was derived from them is updated: the eBPF programs' maps, the relay, the neighbour
 * table, the TAP's MTU, and the name under which the service manager keeps the TAP. */
int links_reload(struct links *l, struct peers *peers)
{
	const struct fd_store_item tap = { FD_STORE_TAP, l->needs.peers, 0 };
	int rc;

	fd_store_forget(&tap);
	peers_exchange(l->needs.peers, peers);
	rc = takeover_reload(l->nic);
	if (rc) {
		peers_exchange(l->needs.peers, peers);
		takeover_reload(l->nic);
	} else {
		relay_forget_peers(l->needs.relay);
		neighbours_reload(l->neighbours, peers);
		link_checks_own_addresses(l->checks); /* which of them the file has */
		tap_link_reload(l->tap, nic_mtu(l));
	}
	fd_store_keep(&tap, tap_device_fd(tap_link_device(l->tap)));
	return rc;
}

void links_share(struct links *l)
{
	if (l->nic && !takeover_set_shares(l->nic, l->needs.shares))
		link_checks_retry_shield(l->checks);
}

void links_keep(struct links *l, const struct flow_tuple *connection)
{
	if (l->nic)
		takeover_keep(l->nic, connection);
}

bool links_is_settled(const struct links *l)
{
	const struct netlink_link *nic = links_nic(l);

	return !nic || !is_running(nic) || !tap_link_ipv6(l->tap)->dad.tentative;
}

bool links_has_kernel_path(const struct links *l)
{
	return takeover_has_kernel_path(l->nic);
}

struct kernel_path *links_kernel_path(const struct links *l)
{
	return takeover_kernel_path(l->nic);
}

void links_survey(const struct links *l, struct links_survey *survey)
{
	survey->is_tap_up = tap_link_is_up(l->tap);
	survey->is_shielded = takeover_is_shielded(l->nic);
	survey->has_kernel_path = takeover_has_kernel_path(l->nic);
	survey->has_tap_program = takeover_has_tap_program(l->nic);
	survey->unlisted = link_checks_unlisted(l->checks, &survey->first_unlisted);
}

void links_collect(struct links *l, struct counters *counters)
{
	takeover_collect(l->nic, counters);
	counters->neigh_resyncs = neighbours_resyncs(l->neighbours);
	counters->tap_repaired = link_checks_repaired(l->checks);
}

void links_collect_peer(struct links *l, struct peer *peer)
{
	takeover_collect_peer(l->nic, peer);
}

struct neighbours *links_neighbours(const struct links *l)
{
	return l->neighbours;
}

void links_catch_up(struct links *l)
{
	traffic_catch_up(l->traffic);
}

void links_serve(struct links *l)
{
	traffic_serve(l->traffic);
}
