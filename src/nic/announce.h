/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * announce: announces each of the node's own addresses to other hosts: three gratuitous ARP or
 * unsolicited neighbour advertisements per address, one second apart (SPEC 5; RFC 5227 2.3 sends
 * two, two seconds apart; RFC 4861 7.2.6).
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

/* Start, or start again: the first round is sent at once. While an IPv6 address is tentative, it is
 * not announced; its rounds follow, if that is within ten seconds. `is_router`: this host
 * forwards IPv6 packets, which an advertisement tells. */
void announce_start(struct announce *announce, bool is_router);
/* Stop: the NIC is gone. */
void announce_stop(struct announce *announce);

/* Announce the addresses that were given back to the NIC, with the NIC's own MAC. `first`: the
 * first round, at once; else the other rounds, each of which blocks for a second. The event loop is
 * not used. */
void announce_from_nic(struct announce *announce, const struct netlink_link *nic, bool first);

#endif
