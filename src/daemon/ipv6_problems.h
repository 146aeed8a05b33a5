/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ipv6_problems: tells when the TAP's IPv6 addresses do not work: IPv6 is off, or another host has
 * one of them.
 */
#ifndef CLUSTERARPD_DAEMON_IPV6_PROBLEMS_H
#define CLUSTERARPD_DAEMON_IPV6_PROBLEMS_H

#include "core/peers.h"
#include "report/problems.h"
#include "tap/tap_link.h"

/* Set or clear the problems `ipv6_off` and `dad_failed`, with a line when they change. */
void ipv6_problems_note(struct problems *problems, const struct peers *peers,
			const struct tap_ipv6_state *now);

#endif
