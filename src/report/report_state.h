/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report_state: the daemon's state, from which reports are made.
 */
#ifndef CLUSTERARPD_REPORT_REPORT_STATE_H
#define CLUSTERARPD_REPORT_REPORT_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/counters.h"
#include "core/mirror.h"
#include "core/peers.h"
#include "report/problems.h"
#include "report/report_shares.h"

/* The state to report; borrowed for the call. */
struct report_state {
	const struct peers *peers;
	const struct mirror *mirror;
	const struct problems *problems;
	struct counters counters; /* complete: also those that the kernel and other modules count */
	const char *datapath;
	uint64_t now, started; /* monotonic ms */
	unsigned config_generation;
	uint64_t reloads;
	bool reload_ok;             /* the last reload was applied */
	const char *reload_message; /* what came of it; NULL: there was none */
	const char *dev;            /* the NIC's name */
	bool carrier;
	unsigned mtu;                       /* of the NIC; 0 while it does not exist */
	const struct report_shares *shares; /* NULL: shares = none */
};

#endif
