/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * frame: a bounds-checked view of an Ethernet frame: header, VLAN tags, ARP, IPv4 and IPv6
 * addresses.
 *
 * The view borrows the bytes. Nothing here allocates, and nothing is read or written outside of
 * [data, data + len).
 */
#ifndef CLUSTERARPD_CORE_FRAME_H
#define CLUSTERARPD_CORE_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

#define FRAME_HEADER_LEN 14
#define FRAME_VLAN_LEN   4

struct frame {
	uint8_t *data;
	size_t len;
	uint16_t ethertype; /* after any VLAN tags, in host byte order */
	bool tagged;        /* carries a VLAN ID other than 0 */
	/* After as many tags of VID 0 as are looked behind comes another one. Linux looks behind
	 * any number of them. */
	bool is_too_deep;
	size_t body; /* offset of the payload */
};

/* ARP for Ethernet and IPv4 (RFC 826), in wire format. */
struct frame_arp {
	uint8_t htype[2], ptype[2], hlen, plen, op[2];
	uint8_t sender_mac[6], sender_ip[4], target_mac[6], target_ip[4];
};
#define FRAME_ARP_REQUEST 1
#define FRAME_ARP_REPLY   2

/* View `len` bytes at `data`. False: too short for an Ethernet header. A truncated VLAN tag is not
 * an error: ethertype is then that of the tag. */
bool frame_view(struct frame *f, uint8_t *data, size_t len);

struct mac frame_destination(const struct frame *f);
struct mac frame_source(const struct frame *f);
void frame_set_destination(struct frame *f, const struct mac *m);
void frame_set_source(struct frame *f, const struct mac *m);

/* The ARP body, or NULL: not ARP, truncated, not for Ethernet and IPv4, or neither request nor
 * reply. */
struct frame_arp *frame_arp(const struct frame *f);
/* FRAME_ARP_REQUEST or FRAME_ARP_REPLY. */
unsigned frame_arp_op(const struct frame_arp *arp);

/* Source and destination of a complete IPv4 or IPv6 header; false if there is none. */
bool frame_ip(const struct frame *f, struct ip_addr *source, struct ip_addr *destination);

/* Write an ARP request from `mac` and `sender` to the Ethernet destination `destination`, for the
 * IPv4 address `target`, into buf, which holds FRAME_REQUEST_LEN bytes. */
#define FRAME_REQUEST_LEN (FRAME_HEADER_LEN + sizeof(struct frame_arp))
void frame_write_request(uint8_t *buf, const struct mac *destination, const struct mac *mac,
			 const struct ip_addr *sender, const struct ip_addr *target);

/* Write a broadcast gratuitous ARP request (RFC 5227 2.3, "announcement") for the IPv4 address `ip`
 * with the MAC `mac` into buf, which holds FRAME_ANNOUNCEMENT_LEN bytes. */
#define FRAME_ANNOUNCEMENT_LEN FRAME_REQUEST_LEN
void frame_write_announcement(uint8_t *buf, const struct mac *mac, const struct ip_addr *ip);

#endif
