/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * packet: the buffer for one frame on its way from one side to the other.
 *
 *   memory          frame - 10           frame                     frame + len
 *   | headroom ...  | virtio_net_hdr     | Ethernet frame          |
 *
 * TAP (IFF_VNET_HDR) and packet socket (PACKET_VNET_HDR) use the same 10-byte header in host byte
 * order, so that checksum offload and segmentation are passed on with the frame and nothing is
 * recomputed. The headroom is for a VLAN tag, which the packet socket delivers separately from the
 * frame.
 */
#ifndef CLUSTERARPD_IO_PACKET_H
#define CLUSTERARPD_IO_PACKET_H

#include <linux/virtio_net.h>
#include <stddef.h>
#include <stdint.h>

#define PACKET_VNET_LEN  sizeof(struct virtio_net_hdr)
#define PACKET_HEADROOM  64
#define PACKET_FRAME_MAX (512 * 1024 + 64) /* BIG TCP's 512 KiB and its headers */
#define PACKET_MEMORY    (PACKET_HEADROOM + PACKET_FRAME_MAX)
#define PACKET_BATCH     32   /* maximum number of frames read or written at once */
#define PACKET_LONG      4096 /* a frame longer than this ends a batch */

struct packet {
	uint8_t *memory; /* PACKET_MEMORY bytes */
	uint8_t *frame;  /* PACKET_VNET_LEN bytes of header precede it */
	size_t len;      /* of the frame, without that header */
	int error;       /* negative errno: a frame was read but is lost; 0: none */
};

/* Header and frame together, as both descriptors read and write them. */
static inline uint8_t *packet_start(const struct packet *p)
{
	return p->frame - PACKET_VNET_LEN;
}

static inline size_t packet_size(const struct packet *p)
{
	return PACKET_VNET_LEN + p->len;
}

/* Prepare for a read of up to PACKET_FRAME_MAX bytes of frame. */
static inline void packet_reset(struct packet *p)
{
	p->frame = p->memory + PACKET_HEADROOM;
	p->len = 0;
	p->error = 0;
}

/* Insert a VLAN tag, which was delivered separately, after the MAC addresses of the frame, and
 * adjust the offsets in the header. `tpid`, `tci`: in host byte order. A frame too short for a tag
 * is left unchanged. */
void packet_insert_tag(struct packet *p, uint16_t tpid, uint16_t tci);

#endif
