/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * announce: tells outsiders where each own address is now: three gratuitous ARP each,
 * one second apart (SPEC 5; RFC 5227 2.3 sends two, two seconds apart).
 */
#ifndef CLUSTERARPD_NIC_ANNOUNCE_H
#define CLUSTERARPD_NIC_ANNOUNCE_H

#include "core/peers.h"
#include "datapath/relay.h"
#include "io/loop.h"
#include "io/netlink/netlink.h"
#include "nic/adopt.h"

struct announce;

/* All are borrowed. NULL: out of memory. */
struct announce *announce_create(struct loop *loop, const struct peers *peers, struct relay *relay,
				 const struct adopt *adopt);
void announce_destroy(struct announce *announce);

/* Begin, or begin anew: the first round goes out at once. */
void announce_start(struct announce *announce);
/* No more: the NIC is gone. */
void announce_stop(struct announce *announce);

/* Addresses that went back to the NIC are at its own MAC now. `first`: the first round, at
 * once; else the others, which takes as long as it takes, outside of the loop. */
void announce_from_nic(struct announce *announce, const struct netlink_link *nic, bool first);

#endif
