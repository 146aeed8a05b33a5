/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report_state: the daemon's state, of which reports are made.
 */
#ifndef CLUSTERARPD_REPORT_REPORT_STATE_H
#define CLUSTERARPD_REPORT_REPORT_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/counters.h"
#include "core/mirror.h"
#include "core/peers.h"

/* What a report is made of; borrowed for the call. */
struct report_state {
	const struct peers *peers;
	const struct mirror *mirror;
	struct counters counters; /* all of them, those that others count included */
	const char *datapath;
	uint64_t now, started; /* monotonic ms */
	unsigned config_generation;
	uint64_t reloads;
	bool reload_ok;  /* the last */
	const char *dev; /* the NIC's name */
	bool carrier;
	unsigned mtu; /* of the NIC; 0 while it is not there */
};

#endif
