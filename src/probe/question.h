/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * question: an ARP request or a neighbour solicitation to a peer, which its stack answers (SPEC
 * 12).
 *
 * It is as the stack would send it, from the cluster MAC and an own address: the relay rewrites it
 * by E1 and E2.
 */
#ifndef CLUSTERARPD_PROBE_QUESTION_H
#define CLUSTERARPD_PROBE_QUESTION_H

#include <stddef.h>
#include <stdint.h>

#include "core/frame.h"
#include "core/nd.h"
#include "core/peers.h"

#define QUESTION_MAX (FRAME_REQUEST_LEN + ND_SOLICITATION_LEN)

/* The address of the peer to ask for: its first IPv4 address, else the first one of a family for
 * which this host has an address to ask from, one that is not tentative. NULL: there is none. */
const struct ip_addr *question_target(const struct peers *peers, const struct peer *peer);

/* Write a question for `target`, as of question_target(), into buf, which holds QUESTION_MAX bytes.
 * `destination`: of the frame; NULL: to all. Returns the length. */
size_t question_write(uint8_t *buf, const struct peers *peers, const struct mac *destination,
		      const struct ip_addr *target);

#endif
