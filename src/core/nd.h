/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nd: a bounds-checked view of a Neighbour Discovery message (RFC 4861) in a frame, and its edits;
 * and a frame that announces an address.
 *
 * The view borrows the bytes of the frame. Only messages that a receiver accepts are viewed, except
 * that the checksum is not verified: hop limit 255, code 0, a whole message, not fragmented (RFC
 * 6980), and well-formed options. Edits keep the checksum as right, or as wrong, as it was.
 */
#ifndef CLUSTERARPD_CORE_ND_H
#define CLUSTERARPD_CORE_ND_H

#include "core/frame.h"

/* ICMPv6 types. */
enum nd_type {
	ND_ROUTER_SOLICITATION = 133,
	ND_ROUTER_ADVERTISEMENT = 134,
	ND_NEIGHBOR_SOLICITATION = 135,
	ND_NEIGHBOR_ADVERTISEMENT = 136,
	ND_REDIRECT = 137,
};

struct nd {
	enum nd_type type;
	uint8_t *ip;      /* the IPv6 header */
	uint8_t *message; /* the ICMPv6 header */
	size_t len;       /* of the message, with its options */
	/* It is behind extension headers: hop-by-hop options, routing, destination options. No host
	 * sends such a message in good faith, but Linux accepts it. */
	bool is_hidden;
	/* The checksum field does not cover the message yet, as the NIC completes it (virtio's
	 * NEEDS_CSUM): it holds the sum of the pseudo-header. */
	bool has_partial_checksum;
};

/* False: the frame is not such a message. */
bool nd_view(struct nd *nd, const struct frame *f, bool has_partial_checksum);

/* In terms of ARP. The sender is the host whose link-layer address the message tells: the IPv6
 * source, but of an advertisement and a redirect the target address. */
struct ip_addr nd_sender(const struct nd *nd);
/* The target of a solicitation; else the IPv6 destination. */
struct ip_addr nd_target(const struct nd *nd);

/* The options that tell the sender's link-layer address: source link-layer address (type 1), but of
 * an advertisement and a redirect target link-layer address (type 2). Each call returns the next
 * one's MAC, 6 bytes; NULL: there are no more. *position must be 0 at the first call. Options of
 * another length than Ethernet's are left out: receivers do not accept them. */
uint8_t *nd_next_lladdr(const struct nd *nd, size_t *position);

/* Set all of these options to `mac`. */
void nd_set_lladdrs(const struct nd *nd, const struct mac *mac);
/* Set the address that nd_sender() gives: `ip` is an IPv6 address. */
void nd_set_sender(const struct nd *nd, const struct ip_addr *ip);

/* Write an unsolicited neighbour advertisement (RFC 4861 7.2.6) of the IPv6 address `ip` with the
 * MAC `mac` to all nodes into buf, which holds ND_ANNOUNCEMENT_LEN bytes: with the override flag,
 * and from the address itself, as Linux sends it. `is_router`: this host forwards IPv6 packets. */
#define ND_ANNOUNCEMENT_LEN (FRAME_HEADER_LEN + 72)
void nd_write_announcement(uint8_t *buf, const struct mac *mac, const struct ip_addr *ip,
			   bool is_router);

/* Write a neighbour solicitation (RFC 4861 4.3) from `mac` and `sender` for the IPv6 address
 * `target` into buf, which holds ND_SOLICITATION_LEN bytes: to the target's solicited-node
 * multicast group, or with `is_direct` to the target itself; with the Ethernet address of that
 * group, or with `destination` if it is not NULL. (A host that does not have the target, or not
 * yet, and forwards packets would forward a direct one.) */
#define ND_SOLICITATION_LEN ND_ANNOUNCEMENT_LEN
void nd_write_solicitation(uint8_t *buf, const struct mac *destination, const struct mac *mac,
			   const struct ip_addr *sender, const struct ip_addr *target,
			   bool is_direct);

#endif
