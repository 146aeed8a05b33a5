/* SPDX-License-Identifier: GPL-2.0-or-later */
/* frame: a bounds-checked view of an Ethernet frame; see frame.h. */
#include "core/frame.h"

#include <linux/if_ether.h>
#include <string.h>

#include "base/bytes.h"

#define TAGS_MAX        2 /* QinQ; the payload after more tags is not examined */
#define VLAN_ID_MASK    0x0fff
#define IPV4_HEADER_MIN 20
#define IPV6_HEADER     40

/* The only accessor: `len` bytes at `offset`, or NULL if the frame is shorter. */
static uint8_t *bytes_at(const struct frame *f, size_t offset, size_t len)
{
	if (offset > f->len || len > f->len - offset)
		return NULL;
	return f->data + offset;
}

static bool is_vlan(uint16_t ethertype)
{
	return ethertype == ETH_P_8021Q || ethertype == ETH_P_8021AD;
}

static bool has_vid(const uint8_t *tag)
{
	return bytes_get16(tag) & VLAN_ID_MASK;
}

bool frame_view(struct frame *f, uint8_t *data, size_t len)
{
	const uint8_t *tag;
	unsigned i;

	*f = (struct frame){ .data = data, .len = len, .body = FRAME_HEADER_LEN };
	if (len < FRAME_HEADER_LEN)
		return false;
	f->ethertype = bytes_get16(data + 2 * MAC_LEN);
	for (i = 0; i < TAGS_MAX && is_vlan(f->ethertype); i++) {
		tag = bytes_at(f, f->body, FRAME_VLAN_LEN);
		if (!tag)
			break;
		if (has_vid(tag))
			f->tagged = true;
		f->ethertype = bytes_get16(tag + 2);
		f->body += FRAME_VLAN_LEN;
	}
	tag = is_vlan(f->ethertype) ? bytes_at(f, f->body, FRAME_VLAN_LEN) : NULL;
	f->is_too_deep = tag && !f->tagged && !has_vid(tag);
	return true;
}

static struct mac mac_at(const struct frame *f, size_t offset)
{
	struct mac m;

	memcpy(m.b, f->data + offset, MAC_LEN);
	return m;
}

struct mac frame_destination(const struct frame *f)
{
	return mac_at(f, 0);
}

struct mac frame_source(const struct frame *f)
{
	return mac_at(f, MAC_LEN);
}

void frame_set_destination(struct frame *f, const struct mac *m)
{
	memcpy(f->data, m->b, MAC_LEN);
}

void frame_set_source(struct frame *f, const struct mac *m)
{
	memcpy(f->data + MAC_LEN, m->b, MAC_LEN);
}

struct frame_arp *frame_arp(const struct frame *f)
{
	struct frame_arp *arp;

	_Static_assert(sizeof(*arp) == 28, "struct frame_arp must have no padding");
	if (f->ethertype != ETH_P_ARP)
		return NULL;
	arp = (struct frame_arp *)bytes_at(f, f->body, sizeof(*arp));
	if (!arp || bytes_get16(arp->htype) != 1 || bytes_get16(arp->ptype) != ETH_P_IP ||
	    arp->hlen != 6 || arp->plen != 4)
		return NULL;
	if (frame_arp_op(arp) != FRAME_ARP_REQUEST && frame_arp_op(arp) != FRAME_ARP_REPLY)
		return NULL;
	return arp;
}

unsigned frame_arp_op(const struct frame_arp *arp)
{
	return bytes_get16(arp->op);
}

bool frame_ip(const struct frame *f, struct ip_addr *source, struct ip_addr *destination)
{
	const uint8_t *ip;

	if (f->ethertype == ETH_P_IP && (ip = bytes_at(f, f->body, IPV4_HEADER_MIN)) &&
	    ip[0] >> 4 == 4) {
		*source = ip_from_ipv4_bytes(ip + 12);
		*destination = ip_from_ipv4_bytes(ip + 16);
		return true;
	}
	if (f->ethertype == ETH_P_IPV6 && (ip = bytes_at(f, f->body, IPV6_HEADER)) &&
	    ip[0] >> 4 == 6) {
		*source = ip_from_ipv6_bytes(ip + 8);
		*destination = ip_from_ipv6_bytes(ip + 24);
		return true;
	}
	return false;
}

void frame_write_request(uint8_t *buf, const struct mac *destination, const struct mac *mac,
			 const struct ip_addr *sender, const struct ip_addr *target)
{
	struct frame_arp *arp = (struct frame_arp *)(buf + FRAME_HEADER_LEN);

	memset(buf, 0, FRAME_REQUEST_LEN);
	memcpy(buf, destination->b, MAC_LEN);
	memcpy(buf + MAC_LEN, mac->b, MAC_LEN);
	bytes_put16(buf + 2 * MAC_LEN, ETH_P_ARP);
	bytes_put16(arp->htype, 1);
	bytes_put16(arp->ptype, ETH_P_IP);
	arp->hlen = 6;
	arp->plen = 4;
	bytes_put16(arp->op, FRAME_ARP_REQUEST);
	memcpy(arp->sender_mac, mac->b, MAC_LEN);
	memcpy(arp->sender_ip, sender->b, sizeof(arp->sender_ip));
	memcpy(arp->target_ip, target->b, sizeof(arp->target_ip));
}

void frame_write_announcement(uint8_t *buf, const struct mac *mac, const struct ip_addr *ip)
{
	frame_write_request(buf, &mac_broadcast, mac, ip, ip);
}
