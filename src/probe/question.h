/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * question: an ARP request or a neighbour solicitation, which the stack of the host that has the
 * target answers (SPEC 12).
 */
#ifndef CLUSTERARPD_PROBE_QUESTION_H
#define CLUSTERARPD_PROBE_QUESTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/frame.h"
#include "core/nd.h"
#include "core/peers.h"

#define QUESTION_MAX (FRAME_REQUEST_LEN + ND_SOLICITATION_LEN)

struct question {
	const struct mac *destination; /* of the frame; NULL: to all */
	const struct mac *source;      /* of the frame */
	const struct mac *lladdr;      /* the sender's, as the message tells it */
	const struct ip_addr *sender, *target;
	bool is_direct; /* IPv6: see nd_write_solicitation() */
};

/* The address of the peer to ask for: its first IPv4 address, else the first one of a family for
 * which this host has an address to ask from, one that is not tentative. NULL: there is none. */
const struct ip_addr *question_target(const struct peers *peers, const struct peer *peer);

/* Has this host an address to ask for `target` from? */
bool question_may_ask(const struct peers *peers, const struct ip_addr *target);

/* Write a question into buf, which holds QUESTION_MAX bytes. Returns the length. */
size_t question_write(uint8_t *buf, const struct question *question);

/* The same, as the stack would send it: from the cluster MAC and an own address, for the relay to
 * rewrite. */
size_t question_write_plain(uint8_t *buf, const struct peers *peers, const struct mac *destination,
			    const struct ip_addr *target);

#endif
