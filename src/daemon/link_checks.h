/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * link_checks: checks of what other programs may change on NIC, TAP and host, a moment after each
 * change and at a limited rate: the shield, the host's addresses, the TAP's settings (SPEC 5), and
 * links on top of the TAP. A check repairs what it can, and sets a problem where it cannot.
 */
#ifndef CLUSTERARPD_DAEMON_LINK_CHECKS_H
#define CLUSTERARPD_DAEMON_LINK_CHECKS_H

#include <stdint.h>

#include "core/peers.h"
#include "io/loop.h"
#include "io/netlink/netlink.h"
#include "io/netlink/netlink_events.h"
#include "nic/adopt.h"
#include "nic/takeover.h"
#include "report/events.h"
#include "report/problems.h"
#include "tap/neighbours.h"
#include "tap/tap_link.h"

struct link_checks;

/* What it works with; borrowed. */
struct link_checks_needs {
	struct loop *loop;
	struct peers *peers;
	struct events *events;
	struct problems *problems;
	struct netlink *netlink;
	struct neighbours *neighbours;
	struct adopt *adopt;
	struct tap_link *tap;
	/* IPv6 is on again on the TAP: what it lost has to come back. */
	void (*ipv6_is_back)(void *arg);
	void *arg;
};

/* NULL: out of memory. */
struct link_checks *link_checks_create(const struct link_checks_needs *needs);
/* `nic` (borrowed), as soon as it exists; before that, only link_checks_own_addresses() is used. */
void link_checks_set_nic(struct link_checks *checks, struct takeover *nic);
/* NULL is fine. */
void link_checks_destroy(struct link_checks *checks);

/* Check now, at the start: the host's addresses; the TAP, its settings and links on top of it. */
void link_checks_own_addresses(struct link_checks *checks);
void link_checks_tap(struct link_checks *checks);

/* A notification arrived: check soon what it may concern. */
void link_checks_heard(struct link_checks *checks, const struct netlink_event *event);
/* Addresses or routes have moved to the TAP, or a route through it was deleted or made by the
 * kernel: check them soon. */
void link_checks_tap_changed(struct link_checks *checks);
/* The data path's program could not be attached: check again in a second. */
void link_checks_retry_shield(struct link_checks *checks);
/* There is no shield to check. */
void link_checks_nic_gone(struct link_checks *checks);

/* Addresses of the TAP that are not in the file; the first one, if there is one. */
size_t link_checks_unlisted(const struct link_checks *checks, struct ip_addr *first);
/* How often the TAP's settings had to be corrected. */
uint64_t link_checks_repaired(const struct link_checks *checks);

#endif
