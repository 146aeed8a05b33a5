/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rewrite: applies the rules of SPEC section 4 to one frame.
 *
 * It parses the frame, looks up its addresses, gets the verdict from rules.h and carries out the
 * edits in place. Its only other effect is that first fragments are remembered: sending, counting
 * and logging is left to the caller.
 */
#ifndef CLUSTERARPD_CORE_REWRITE_H
#define CLUSTERARPD_CORE_REWRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/flow.h"
#include "core/peers.h"
#include "core/rules.h"

enum rewrite_direction {
	REWRITE_EGRESS,  /* TAP to NIC */
	REWRITE_INGRESS, /* NIC to TAP */
};

/* What the rules are applied with; all of it is borrowed. */
struct rewrite {
	const struct peers *peers;
	const struct shares_path *shares; /* not NULL with shares = static or driven */
	struct fragments *fragments;      /* likewise */
	uint64_t now;                     /* monotonic ms */
};

struct rewrite_result {
	struct rule_verdict verdict;
	/* The peer that the frame goes to (egress) or comes from (ingress); for a spoofed frame,
	 * the peer whose address it claims. NULL: none. */
	struct peer *peer;
	bool is_resolution; /* a well-formed ARP request or reply, or Neighbour Discovery */
	bool is_nd;         /* the latter */
	/* If is_resolution: as it arrived */
	struct mac sender_mac;
	struct ip_addr sender_ip, target_ip;
	struct rule_keys keys; /* what the rules have judged */
	unsigned bucket;       /* if rule_is_shared(&keys), unless keys.flow is FLOW_ALL */
};

/* `data`: `len` bytes of an Ethernet frame, with VLAN tags inline. Changed in place if the verdict
 * is to pass, unchanged if it is to drop. `has_partial_checksum`: the NIC is to complete the
 * checksum of the frame (virtio's NEEDS_CSUM). */
void rewrite_frame(const struct rewrite *rewrite, enum rewrite_direction direction, uint8_t *data,
		   size_t len, bool has_partial_checksum, struct rewrite_result *result);

/* rewrite_frame() may change only so many bytes at the start of this frame; at most
 * REWRITE_REACH_MAX. */
#define REWRITE_REACH_MAX (66 * 1024)
size_t rewrite_reach(uint8_t *data, size_t len);

#endif
