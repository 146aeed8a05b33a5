/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * packet: the buffer in which a frame crosses from one side to the other.
 *
 *   memory          frame - 10           frame                     frame + len
 *   | headroom ...  | virtio_net_hdr     | Ethernet frame          |
 *
 * TAP (IFF_VNET_HDR) and packet socket (PACKET_VNET_HDR) have the same 10-byte
 * header in host byte order, so that checksum offload and segmentation cross with
 * the frame and nothing is recomputed. The headroom takes a VLAN tag that the packet
 * socket hands over beside the frame.
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
#define PACKET_BATCH     32   /* frames that are read, or written, at once */
#define PACKET_LONG      4096 /* a frame longer than that is not waited for others with */

struct packet {
	uint8_t *memory; /* PACKET_MEMORY bytes */
	uint8_t *frame;  /* PACKET_VNET_LEN bytes of header stand before it */
	size_t len;      /* of the frame, without that header */
	int error;       /* of a frame that was read, and lost: negative errno */
};

/* The whole of it, header first, as both descriptors read and write it. */
static inline uint8_t *packet_start(const struct packet *p)
{
	return p->frame - PACKET_VNET_LEN;
}

static inline size_t packet_size(const struct packet *p)
{
	return PACKET_VNET_LEN + p->len;
}

/* Make ready for a read of up to PACKET_FRAME_MAX bytes of frame. */
static inline void packet_reset(struct packet *p)
{
	p->frame = p->memory + PACKET_HEADROOM;
	p->len = 0;
	p->error = 0;
}

/* Put a VLAN tag that came beside the frame back behind its MAC addresses, and move what the
 * header says of offsets accordingly. `tpid`, `tci`: in host byte order. What is too short to
 * have a tag is left alone. */
void packet_insert_tag(struct packet *p, uint16_t tpid, uint16_t tci);

#endif
