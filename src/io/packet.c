/* SPDX-License-Identifier: GPL-2.0-or-later */
/* packet: the buffer for one frame; see packet.h. */
#include "io/packet.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/addr.h"

#define VLAN_LEN 4

void packet_insert_tag(struct packet *p, uint16_t tpid, uint16_t tci)
{
	struct virtio_net_hdr header;
	uint16_t tag[2] = { htons(tpid), htons(tci) };

	if (p->len < 2 * MAC_LEN)
		return;
	memcpy(&header, packet_start(p), sizeof(header));
	if (header.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM)
		header.csum_start += VLAN_LEN;
	if (header.hdr_len)
		header.hdr_len += VLAN_LEN;
	memmove(p->frame - VLAN_LEN, p->frame, 2 * MAC_LEN);
	p->frame -= VLAN_LEN;
	p->len += VLAN_LEN;
	memcpy(p->frame + 2 * MAC_LEN, tag, sizeof(tag));
	memcpy(packet_start(p), &header, sizeof(header));
}
