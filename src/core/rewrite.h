/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rewrite: one frame through the rules of SPEC section 4.
 *
 * Parses the frame, looks its addresses up, asks rules.h for the verdict and
 * carries out the edits in place. No side effect but those edits: who sends, counts
 * or logs does so from the verdict.
 */
#ifndef CLUSTERARPD_CORE_REWRITE_H
#define CLUSTERARPD_CORE_REWRITE_H

#include <stddef.h>
#include <stdint.h>

#include "core/peers.h"
#include "core/rules.h"

enum rewrite_direction {
	REWRITE_EGRESS,  /* TAP to NIC */
	REWRITE_INGRESS, /* NIC to TAP */
};

struct rewrite_result {
	struct rule_verdict verdict;
	/* The peer that the frame goes to (egress) or comes from (ingress); of a
	 * spoofed frame, the one it pretends to be. NULL: none. */
	struct peer *peer;
	bool is_resolution;    /* a well-formed ARP request or reply */
	struct mac sender_mac; /* is_resolution: as it arrived */
	struct ip_addr sender_ip;
};

/* `data`: `len` bytes of an Ethernet frame, tags inline. Changed in place when the
 * verdict is to pass, untouched when it is to drop. */
void rewrite_frame(const struct peers *peers, enum rewrite_direction direction, uint8_t *data,
		   size_t len, struct rewrite_result *result);

#endif
