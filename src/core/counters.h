/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * counters: the counters, defined once, with the names that every output uses (SPEC 7). 'in' counts
 * what the daemon read from that side, 'out' what it wrote. `own_sent`: frames of the daemon's own,
 * announcements and questions, which the TAP has not sent; `own_answers`: frames that answered its
 * questions, which the TAP has not got.
 */
#ifndef CLUSTERARPD_CORE_COUNTERS_H
#define CLUSTERARPD_CORE_COUNTERS_H

#include <stdint.h>

#include "core/rules.h"

#define COUNTERS(X)       \
	X(tap_frames_in)  \
	X(tap_frames_out) \
	X(tap_bytes_in)   \
	X(tap_bytes_out)  \
	X(nic_frames_in)  \
	X(nic_frames_out) \
	X(nic_bytes_in)   \
	X(nic_bytes_out)  \
	X(arp_rewritten)  \
	X(nd_rewritten)   \
	X(own_sent)       \
	X(own_answers)    \
	X(neigh_resyncs)  \
	X(tap_repaired)

#define PEER_COUNTERS(X) \
	X(frames_in)     \
	X(frames_out)    \
	X(bytes_in)      \
	X(bytes_out)     \
	X(arp_in)        \
	X(arp_out)       \
	X(repaired)      \
	X(spoofed)

#define COUNTER_FIELD(name) uint64_t name;

struct counters {
	COUNTERS(COUNTER_FIELD)
	uint64_t drops[DROP_REASONS]; /* by enum drop_reason; [DROP_NONE] unused */
};

struct peer_counters {
	PEER_COUNTERS(COUNTER_FIELD)
};

/* The name of a reason as in SPEC 7; NULL for DROP_NONE and unknown values. */
const char *counters_drop_name(unsigned reason);

#endif
