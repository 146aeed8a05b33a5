/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * links: what becomes of NIC and TAP while the daemon runs.
 *
 * A NIC that is not there, or goes away, or cannot be had for now is waited for (take_nic).
 * The TAP has carrier while the NIC is there and runs, so that whoever looks at the TAP
 * sees what he would see of the NIC. A TAP that somebody deletes is made anew.
 */
#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "daemon/daemon_private.h"
#include "io/notify.h"
#include "base/log.h"

/* Somebody who changes filters by the thousand gets one look at them in so many ms. */
#define SHIELD_MS    100
#define RETRY_MS     1000
#define RETRY_MAX_MS 60000

static bool is_up(const struct netlink_link *link)
{
	return link->flags & IFF_UP;
}

static bool is_running(const struct netlink_link *link)
{
	return link->flags & IFF_RUNNING;
}

/* The TAP has carrier while the NIC runs. Without it the kernel forgets the TAP's
 * neighbours. */
static void follow_carrier(struct daemon *d)
{
	const struct netlink_link *nic = takeover_link(d->wire);

	if (tap_link_set_carrier(d->host, nic && is_running(nic)))
		neighbours_seed(d->neighbours);
}

/* Below 1280 bytes the kernel takes IPv6 away, with what was adopted of it. */
static void follow_mtu(struct daemon *d, unsigned mtu)
{
	tap_link_follow_mtu(d->host, mtu);
	adopt_apply(d->adopt, tap_link_ifindex(d->host), false);
}

/* Attached: let frames flow. 0; -ENODEV: it went away; else a negative errno, logged. */
static int open_nic(struct daemon *d)
{
	int rc;

	if (!adopt_take(d->adopt, takeover_link(d->wire)->ifindex, tap_link_ifindex(d->host)))
		takeover_warn_addresses(d->wire);
	rc = takeover_open(d->wire);
	if (!rc)
		rc = traffic_set_nic(d->traffic, takeover_socket(d->wire), takeover_ring(d->wire));
	if (!rc)
		follow_carrier(d);
	if (!rc && is_running(takeover_link(d->wire)))
		announce_start(d->announce);
	return rc;
}

static void close_nic(struct daemon *d)
{
	announce_stop(d->announce);
	traffic_set_nic(d->traffic, NULL, NULL);
	loop_timer_cancel(d->shield);
	d->shield_due = false;
}

/* Whoever is in the way may go; each try that fails is a line in the log. */
static void try_later(struct daemon *d)
{
	d->retry_ms = d->retry_ms ? 2 * d->retry_ms : RETRY_MS;
	if (d->retry_ms > RETRY_MAX_MS)
		d->retry_ms = RETRY_MAX_MS;
	loop_timer_set(d->retry, d->retry_ms);
}

/* It was not there, or could not be had: try. */
static void take_nic(struct daemon *d)
{
	int rc = takeover_attach(d->wire);

	if (!rc) {
		tap_link_follow_mtu(d->host, takeover_link(d->wire)->mtu);
		rc = open_nic(d);
	}
	if (!rc) {
		d->retry_ms = 0;
		events_link(d->events, takeover_link(d->wire)->name, takeover_link(d->wire));
		daemon_say_state(d, notify_status);
		return;
	}
	close_nic(d);
	takeover_restore(d->wire);
	if (rc != -ENODEV)
		try_later(d);
}

void daemon_on_retry(void *arg)
{
	struct daemon *d = arg;

	if (!takeover_link(d->wire) && !d->is_failing)
		take_nic(d);
}

static void lose_nic(struct daemon *d)
{
	if (!takeover_link(d->wire))
		return;
	log_warning("%s is gone", takeover_link(d->wire)->name);
	events_link(d->events, takeover_link(d->wire)->name, NULL);
	close_nic(d);
	takeover_lose(d->wire);
	follow_carrier(d);
	daemon_say_state(d, notify_status);
	take_nic(d); /* another link may have the name already */
}

static unsigned nic_mtu(const struct daemon *d)
{
	return takeover_link(d->wire) ? takeover_link(d->wire)->mtu : 0;
}

/* The TAP, configured, begins to carry frames. */
static bool open_tap(struct daemon *d)
{
	if (neighbours_open(d->neighbours, tap_link_ifindex(d->host)))
		return false;
	if (!traffic_set_tap(d->traffic, tap_link_device(d->host)))
		return true;
	log_error("out of memory");
	return false;
}

/* Somebody changed qdiscs or filters: look soon, but not for each change. */
static void look_at_shield(struct daemon *d, unsigned at_least_ms)
{
	uint64_t now = loop_now(), next = d->shield_last + SHIELD_MS;
	unsigned wait = now < next ? (unsigned)(next - now) : 0;

	if (d->shield_due)
		return;
	d->shield_due = true;
	loop_timer_set(d->shield, wait > at_least_ms ? wait : at_least_ms);
}

/* What the data path's programs have to know of the TAP, whose index is 0 while there is none. */
static void follow_tap(struct daemon *d, int ifindex)
{
	if (!takeover_set_tap(d->wire, ifindex, ifindex && tap_link_is_up(d->host)))
		look_at_shield(d, RETRY_MS);
}

/* A TAP that is down yet gets the data path's program: a qdisc that comes later costs what
 * waits to be sent. */
static bool renew_tap(struct daemon *d)
{
	if (tap_link_renew(d->host))
		return false;
	follow_tap(d, tap_link_ifindex(d->host));
	if (tap_link_configure(d->host, nic_mtu(d)) || !open_tap(d))
		return false;
	follow_tap(d, tap_link_ifindex(d->host));
	return true;
}

/* Somebody has deleted it, or taken it elsewhere: the host needs another one. */
static void lose_tap(struct daemon *d)
{
	log_warning("%s is gone: making it anew", d->config->tap);
	traffic_set_tap(d->traffic, NULL);
	follow_tap(d, 0);
	if (!renew_tap(d)) {
		daemon_fail(d);
		return;
	}
	adopt_apply(d->adopt, tap_link_ifindex(d->host), true);
	follow_carrier(d);
}

void daemon_on_broken(enum rewrite_direction direction, int error, void *arg)
{
	struct daemon *d = arg;

	if (d->is_failing)
		return;
	if (direction == REWRITE_EGRESS) {
		lose_tap(d);
	} else if (error == -ENXIO || error == -ENODEV) {
		lose_nic(d);
	} else if (error != -ENETDOWN) { /* its link event says that */
		log_warning_errno(-error, "%s: cannot receive", takeover_link(d->wire)->name);
	}
}

/* The NIC changed. When it runs again, the switch may be another one. (IFF_RUNNING comes
 * a moment after the carrier: when the queues are there to send by.) */
static void on_nic_link(struct daemon *d, const struct netlink_link *link)
{
	const struct netlink_link before = *takeover_link(d->wire);

	takeover_changed(d->wire, link);
	if (link->mtu != before.mtu)
		follow_mtu(d, link->mtu);
	if (strcmp(link->name, before.name) != 0)
		log_notice("%s is called %s now", before.name, link->name);
	if (link->mtu != before.mtu || link->carrier != before.carrier)
		events_link(d->events, link->name, link);
	if (is_up(link) != is_up(&before))
		log_notice("%s was set %s", link->name, is_up(link) ? "up" : "down");
	else if (link->carrier != before.carrier)
		log_notice("%s: carrier %s", link->name, link->carrier ? "is back" : "lost");
	follow_carrier(d);
	if (is_running(link) && !is_running(&before))
		announce_start(d->announce);
}

/* With the TAP's routes the kernel has removed its neighbours. */
static void look_at_tap(struct daemon *d, bool was_down)
{
	bool came_back = tap_link_changed(d->host, was_down);

	follow_tap(d, tap_link_ifindex(d->host));
	if (!came_back)
		return;
	adopt_apply(d->adopt, tap_link_ifindex(d->host), true);
	neighbours_seed(d->neighbours);
}

/* News can be older than what we looked up or did since: so look again. */
static void on_link(struct daemon *d, const struct netlink_link *news)
{
	const struct netlink_link *nic = takeover_link(d->wire);
	struct netlink_link now;

	if (news->ifindex == tap_link_ifindex(d->host))
		look_at_tap(d, !is_up(news));
	if (nic && news->ifindex == nic->ifindex) {
		if (!netlink_link_by_index(d->netlink, nic->ifindex, &now))
			on_nic_link(d, &now);
	} else if (!nic && !strcmp(news->name, d->config->interface)) {
		take_nic(d);
	}
}

void daemon_on_shield(void *arg)
{
	struct daemon *d = arg;

	d->shield_due = false;
	d->shield_last = loop_now();
	if (takeover_link(d->wire) && !takeover_check_shield(d->wire, d->shield_last))
		look_at_shield(d, RETRY_MS);
}

/* Notifications were lost: whatever may have happened is looked at anew. */
static void look_again(struct daemon *d)
{
	const struct netlink_link *nic = takeover_link(d->wire);
	struct netlink_link now;

	if (netlink_link_by_index(d->netlink, tap_link_ifindex(d->host), &now) == -ENODEV)
		lose_tap(d);
	if (d->is_failing)
		return;
	look_at_tap(d, true);
	if (!nic) {
		take_nic(d);
	} else if (!netlink_link_by_index(d->netlink, nic->ifindex, &now)) {
		on_nic_link(d, &now);
		takeover_warn_addresses(d->wire);
		look_at_shield(d, 0);
	} else {
		lose_nic(d);
	}
}

void daemon_on_netlink(const struct netlink_event *event, void *arg)
{
	struct daemon *d = arg;
	const struct netlink_link *nic = takeover_link(d->wire);
	bool is_nic = nic && event->ifindex == nic->ifindex;

	if (d->is_failing)
		return;
	if (event->change == NETLINK_LOST)
		look_again(d);
	else if (event->change == NETLINK_LINK)
		on_link(d, &event->link);
	else if (event->change == NETLINK_LINK_GONE && event->ifindex == tap_link_ifindex(d->host))
		lose_tap(d);
	else if (is_nic && event->change == NETLINK_LINK_GONE)
		lose_nic(d);
	else if (is_nic && event->change == NETLINK_ADDRESS)
		takeover_heard_address(d->wire, &event->address);
	else if (event->change == NETLINK_TC &&
		 (is_nic || (nic && event->ifindex == tap_link_ifindex(d->host))))
		look_at_shield(d, 0);
}

bool daemon_open_sides(struct daemon *d)
{
	int rc;

	if (tap_link_configure(d->host, nic_mtu(d)) || !open_tap(d))
		return false;
	follow_tap(d, tap_link_ifindex(d->host));
	notify_discard_rest(); /* what no side has taken */
	if (!takeover_link(d->wire))
		adopt_apply(d->adopt, tap_link_ifindex(d->host), true);
	rc = takeover_link(d->wire) ? open_nic(d) : 0;
	if (rc == -ENODEV)
		lose_nic(d);
	follow_carrier(d);
	return !rc || rc == -ENODEV;
}
