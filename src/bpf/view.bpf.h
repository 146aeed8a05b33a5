/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * view: parsing and look-ups for the eBPF programs, as core/frame.c and core/rewrite.c do them
 * for the daemon.
 *
 * Frames are read with bpf_skb_load_bytes(), which checks bounds and works with GSO, paged and
 * cloned buffers. Only the Ethernet header, which is needed of every frame, is accessed directly
 * where the kernel allows it (in tc programs). Offset 0 is the Ethernet header in all programs.
 * The kernel strips the outermost VLAN tag before a packet socket or tc ingress sees the frame;
 * the daemon reinserts it, so it counts as one of the TAGS_MAX tags here, too.
 */
#ifndef CLUSTERARPD_BPF_VIEW_BPF_H
#define CLUSTERARPD_BPF_VIEW_BPF_H

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/types.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "bpf/layout.h"

#define VLAN_ID_MASK          0x0fff
#define VLAN_LEN              4
#define TAGS_MAX              2 /* as many as core/frame.c parses */
#define ARP_REQUEST           1
#define ARP_REPLY             2
#define ICMPV6                58
#define ND_FIRST              133 /* Router Solicitation, RFC 4861 */
#define ND_LAST               137 /* Redirect */
#define EXTENSION_HOP_BY_HOP  0
#define EXTENSION_ROUTING     43
#define EXTENSION_DESTINATION 60

/* The roles of each MAC and address for this node. The group, broadcast and link-local roles are
 * not stored: they follow from the MAC itself. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 64);
	__type(key, struct bpf_mac_key);
	__type(value, struct bpf_entry);
} macs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 64);
	__type(key, struct bpf_ip_key);
	__type(value, struct bpf_entry);
} addresses SEC(".maps");

struct bpf_path path;

/* RFC 826 for Ethernet and IPv4. */
struct arp {
	__be16 htype, ptype;
	__u8 hlen, plen;
	__be16 op;
	__u8 sender_mac[6], sender_ip[4], target_mac[6], target_ip[4];
};

struct vlan_tag {
	__be16 tci, ethertype;
};

struct view {
	struct ethhdr eth;
	__be16 ethertype;   /* after tags of VID 0 */
	__u32 body;         /* offset of the payload of that type */
	__u8 is_resolution; /* ARP, even malformed, or Neighbour Discovery */
	__u8 is_too_deep;   /* as in core/frame.h */
};

#define VIEW static __always_inline __attribute__((unused))

VIEW int is_link_local(const __u8 *mac)
{
	return mac[0] == 0x01 && mac[1] == 0x80 && mac[2] == 0xc2 && mac[3] == 0x00 &&
	       mac[4] == 0x00 && mac[5] <= 0x0f;
}

VIEW int is_broadcast(const __u8 *mac)
{
	return (mac[0] & mac[1] & mac[2] & mac[3] & mac[4] & mac[5]) == 0xff;
}

/* The roles that follow from the MAC itself. */
VIEW __u16 intrinsic_roles(const __u8 *mac)
{
	if (!(mac[0] & 1))
		return 0;
	return MAC_GROUP | (is_broadcast(mac) ? MAC_BROADCAST : 0) |
	       (is_link_local(mac) ? MAC_LINK_LOCAL : 0);
}

VIEW struct bpf_mac_key mac_key(const __u8 *mac)
{
	struct bpf_mac_key key = {};

	__builtin_memcpy(key.b, mac, sizeof(key.b));
	return key;
}

/* Keys are 8 bytes long and aligned: compare them as numbers. */
VIEW int is_same(const struct bpf_mac_key *a, const struct bpf_mac_key *b)
{
	return *(const __u64 *)a == *(const __u64 *)b;
}

VIEW struct bpf_entry look_up(const struct bpf_mac_key *key)
{
	struct bpf_entry *known = bpf_map_lookup_elem(&macs, key), none = {};

	return known ? *known : none;
}

VIEW struct bpf_entry find_mac(const __u8 *mac)
{
	struct bpf_mac_key key = mac_key(mac);
	struct bpf_entry entry;
	int i;

#pragma unroll
	for (i = 0; i < BPF_NEAR_MAX; i++) {
		if (!is_same(&key, &path.near[i].mac))
			continue;
		entry = path.near[i].entry;
		barrier();
		if (!is_same(&key, &path.near[i].mac))
			break; /* the daemon is replacing this slot */
		entry.roles |= intrinsic_roles(mac);
		return entry;
	}
	entry = look_up(&key);
	entry.roles |= intrinsic_roles(mac);
	return entry;
}

VIEW struct bpf_entry find_ipv4(const __u8 *bytes)
{
	struct bpf_entry entry = {}, *known;
	struct bpf_ip_key key = { .family = BPF_FAMILY_IPV4 };

	__builtin_memcpy(key.b, bytes, 4);
	known = bpf_map_lookup_elem(&addresses, &key);
	if (known)
		entry = *known;
	return entry;
}

/* An address with the interface identifier of a peer's dedicated MAC, which modified EUI-64 marks
 * with ff:fe, is that peer's, as in peers_by_ip(). */
VIEW struct bpf_entry find_ipv6(const __u8 *bytes)
{
	struct bpf_ip_key key = { .family = BPF_FAMILY_IPV6 };
	struct bpf_entry entry = {}, *known;

	__builtin_memcpy(key.b, bytes, sizeof(key.b));
	known = bpf_map_lookup_elem(&addresses, &key);
	if (!known && bytes[11] == 0xff && bytes[12] == 0xfe && bytes[0] != 0xff) {
		__builtin_memset(key.b, 0, 8);
		known = bpf_map_lookup_elem(&addresses, &key);
	}
	if (known)
		entry = *known;
	return entry;
}

/* Is there a VLAN tag of VID 0 at the body? Then sets *tag. */
VIEW int is_tag_of_vid_0(struct __sk_buff *skb, const struct view *v, struct vlan_tag *tag)
{
	if (v->ethertype != bpf_htons(ETH_P_8021Q) && v->ethertype != bpf_htons(ETH_P_8021AD))
		return 0;
	return !bpf_skb_load_bytes(skb, v->body, tag, sizeof(*tag)) &&
	       !(tag->tci & bpf_htons(VLAN_ID_MASK));
}

/* Skip one VLAN tag in the frame. 0: there is none, it is truncated, or its VID is not 0; the
 * EtherType then remains that of the tag, into which the rules do not look. */
VIEW int skip_tag(struct __sk_buff *skb, struct view *v)
{
	struct vlan_tag tag;

	if (!is_tag_of_vid_0(skb, v, &tag))
		return 0;
	v->ethertype = tag.ethertype;
	v->body += sizeof(tag);
	return 1;
}

VIEW int is_nd_type(struct __sk_buff *skb, __u32 at)
{
	__u8 type;

	return !bpf_skb_load_bytes(skb, at, &type, sizeof(type)) && type >= ND_FIRST &&
	       type <= ND_LAST;
}

VIEW int is_extension(__u8 header)
{
	return header == EXTENSION_HOP_BY_HOP || header == EXTENSION_ROUTING ||
	       header == EXTENSION_DESTINATION;
}

/* Also behind an extension header, as core/nd.c looks for it. Behind several it may be one: the
 * daemon finds out. */
VIEW int is_neighbour_discovery(struct __sk_buff *skb, const struct view *v)
{
	__u8 ip[2], extension[2]; /* next header, hop limit; next header, length */

	if (bpf_skb_load_bytes(skb, v->body + 6, ip, sizeof(ip)))
		return 0;
	if (ip[0] == ICMPV6)
		return is_nd_type(skb, v->body + 40);
	if (!is_extension(ip[0]) || ip[1] != 255 ||
	    bpf_skb_load_bytes(skb, v->body + 40, extension, sizeof(extension)))
		return 0;
	if (extension[0] == ICMPV6)
		return is_nd_type(skb, v->body + 48 + 8 * extension[1]);
	return is_extension(extension[0]);
}

/* Direct access to the Ethernet header, for tc programs; NULL: it is not in the linear data. */
VIEW struct ethhdr *header_of(struct __sk_buff *skb)
{
	struct ethhdr *eth = (void *)(long)skb->data;

	return (void *)(eth + 1) <= (void *)(long)skb->data_end ? eth : (void *)0;
}

/* Fill in all fields but `eth`, which must have been set. */
VIEW void view_rest(struct __sk_buff *skb, struct view *v)
{
	struct vlan_tag next;

	v->ethertype = v->eth.h_proto;
	v->body = ETH_HLEN;
	v->is_resolution = v->is_too_deep = 0;
	if (skb->vlan_present && (skb->vlan_tci & VLAN_ID_MASK)) {
		v->ethertype = 0;
		return;
	}
	_Static_assert(TAGS_MAX == 2, "one skip_tag() for each tag");
	if (skip_tag(skb, v) && (skb->vlan_present || skip_tag(skb, v)))
		v->is_too_deep = is_tag_of_vid_0(skb, v, &next);
	if (v->ethertype == bpf_htons(ETH_P_ARP))
		v->is_resolution = 1;
	else if (v->ethertype == bpf_htons(ETH_P_IPV6))
		v->is_resolution = is_neighbour_discovery(skb, v);
}

/* 0; or -1: the frame is shorter than an Ethernet header. */
VIEW int view_frame(struct __sk_buff *skb, struct view *v)
{
	if (bpf_skb_load_bytes(skb, 0, &v->eth, sizeof(v->eth)))
		return -1;
	view_rest(skb, v);
	return 0;
}

VIEW int view_frame_in_place(struct __sk_buff *skb, struct view *v)
{
	const struct ethhdr *eth = header_of(skb);

	if (!eth)
		return view_frame(skb, v);
	v->eth = *eth;
	view_rest(skb, v);
	return 0;
}

/* 0; any other value: no memory. */
VIEW int set_destination(struct __sk_buff *skb, const __u8 *mac)
{
	struct ethhdr *eth = header_of(skb);

	if (!eth)
		return bpf_skb_store_bytes(skb, 0, mac, ETH_ALEN, 0);
	__builtin_memcpy(eth->h_dest, mac, ETH_ALEN);
	return 0;
}

VIEW int set_source(struct __sk_buff *skb, const __u8 *mac)
{
	struct ethhdr *eth = header_of(skb);

	if (!eth)
		return bpf_skb_store_bytes(skb, ETH_ALEN, mac, ETH_ALEN, 0);
	__builtin_memcpy(eth->h_source, mac, ETH_ALEN);
	return 0;
}

/* The verifier must see a test of each bound of `len`, on the whole register: barrier_var() keeps
 * the compiler from merging the two tests. */
VIEW int copy_frame(struct __sk_buff *skb, __u8 *to, __u64 len, __u64 size)
{
	barrier_var(len);
	if (len < ETH_HLEN)
		return -1;
	barrier_var(len);
	if (len > size)
		return -1;
	return bpf_skb_load_bytes(skb, 0, to, (__u32)len) ? -1 : 0;
}

VIEW void view_arp(struct __sk_buff *skb, const struct view *v, struct rule_keys *keys)
{
	struct arp arp;

	if (bpf_skb_load_bytes(skb, v->body, &arp, sizeof(arp)))
		return;
	if (arp.htype != bpf_htons(1) || arp.ptype != bpf_htons(ETH_P_IP) || arp.hlen != 6 ||
	    arp.plen != 4)
		return;
	if (arp.op != bpf_htons(ARP_REQUEST) && arp.op != bpf_htons(ARP_REPLY))
		return;
	keys->kind = FRAME_ARP;
	keys->sender_ip = find_ipv4(arp.sender_ip).roles;
}

/* Which addresses of a packet to look up. */
enum { WANT_SOURCE = 1, WANT_DESTINATION = 2 };

/* Multicast, or 255.255.255.255. */
VIEW int is_ipv4_group(const __u8 *ip)
{
	return (ip[0] & 0xf0) == 0xe0 || (ip[0] & ip[1] & ip[2] & ip[3]) == 0xff;
}

VIEW __u32 view_ipv4(struct __sk_buff *skb, const struct view *v, __u32 want,
		     struct rule_keys *keys)
{
	struct bpf_entry source = {};
	__u8 header[20];

	if (bpf_skb_load_bytes(skb, v->body, header, sizeof(header)) || header[0] >> 4 != 4)
		return 0;
	keys->kind = FRAME_IP;
	if (want & WANT_SOURCE)
		source = find_ipv4(header + 12);
	keys->ip_src = source.roles;
	if (want & WANT_DESTINATION)
		keys->ip_dst =
			find_ipv4(header + 16).roles | (is_ipv4_group(header + 16) ? IP_GROUP : 0);
	return source.peer;
}

VIEW __u32 view_ipv6(struct __sk_buff *skb, const struct view *v, __u32 want,
		     struct rule_keys *keys)
{
	struct bpf_entry source = {};
	__u8 header[40];

	if (bpf_skb_load_bytes(skb, v->body, header, sizeof(header)) || header[0] >> 4 != 6)
		return 0;
	keys->kind = FRAME_IP;
	if (want & WANT_SOURCE)
		source = find_ipv6(header + 8);
	keys->ip_src = source.roles;
	if (want & WANT_DESTINATION)
		keys->ip_dst = find_ipv6(header + 24).roles | (header[24] == 0xff ? IP_GROUP : 0);
	return source.peer;
}

/* Look up those addresses of an IP packet that `want` names. Returns the source's peer, or 0. */
VIEW __u32 view_ip(struct __sk_buff *skb, const struct view *v, __u32 want, struct rule_keys *keys)
{
	if (v->ethertype == bpf_htons(ETH_P_IP))
		return view_ipv4(skb, v, want, keys);
	if (v->ethertype == bpf_htons(ETH_P_IPV6))
		return view_ipv6(skb, v, want, keys);
	return 0;
}

#endif
