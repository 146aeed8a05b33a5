/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report: the daemon's state as JSON, in the shape of SPEC section 7.
 */
#ifndef CLUSTERARPD_REPORT_H
#define CLUSTERARPD_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/counters.h"
#include "core/peers.h"

/* What a report is made of; borrowed for the call. */
struct report_state {
	const struct peers *peers;
	const struct counters *counters; /* drops: all of them, the kernel's included */
	const char *datapath;
	uint64_t uptime_seconds;
	unsigned config_generation;
	const char *dev; /* the NIC's name */
	bool carrier;
	unsigned mtu; /* of the NIC; 0 while it is not there */
};

/* The answer to a request line of control.h: one line from malloc(); NULL: no memory. */
char *report_answer(const char *request, const struct report_state *state);

#endif
