// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * clusterarpd.bpf: what clusterarpd does inside the kernel. Three programs:
 *
 * clusterarpd_nic  the filter of the daemon's packet socket on the NIC: rule I3, so
 *                  that a frame for another node does not wake the daemon.
 * clusterarpd_in   the shield's half at tc ingress: the NIC's own stack receives
 *                  nothing. Packet sockets see a frame before tc ingress does.
 * clusterarpd_out  the other half, at tc egress: what the daemon's packet socket sends
 *                  leaves, and nothing else does.
 *
 * Link-local group addresses (01:80:c2:00:00:0x: LLDP, 802.1X, LACP) belong to the
 * NIC's stack: the shield lets them by, the filter keeps them from the daemon.
 *
 * The rules are core/rules.h's, shared with the daemon; only parsing and look-ups are
 * here. Frames are read by bpf_skb_load_bytes() alone, which checks bounds and does
 * not mind GSO, paged or cloned buffers. Offset 0 is the Ethernet header in all three
 * (SOCK_RAW). Runs on Linux 6.1: no newer helpers.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/types.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "bpf/clusterarpd_bpf.h"
#include "core/rules.h"

/* Verdicts of a socket filter: how much of the frame the socket gets. */
#define FILTER_DROP 0
#define FILTER_PASS -1 /* whole, be it longer than 64 KiB */

#define VLAN_ID_MASK 0x0fff
#define TAGS_MAX     2 /* as many as core/frame.c looks behind */
#define ARP_REQUEST  1
#define ARP_REPLY    2

char LICENSE[] SEC("license") = "GPL";

/* What each MAC is to this node; group and broadcast are read off the address. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 64);
	__type(key, struct bpf_mac_key);
	__type(value, __u32);
} macs SEC(".maps");

/* The own dedicated addresses, for I1 with source_mac = cluster. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, BPF_ADDRESSES_MAX);
	__type(key, struct bpf_ip_key);
	__type(value, __u32);
} addresses SEC(".maps");

/* Frames that the filter dropped, by enum drop_reason. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, DROP_REASONS);
	__type(key, __u32);
	__type(value, __u64);
} drops SEC(".maps");

__u32 policy;       /* enum rule_policy */
__u64 owner_cookie; /* of the daemon's packet socket; 0 before there is one */

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

static __always_inline int is_link_local(const __u8 *mac)
{
	return mac[0] == 0x01 && mac[1] == 0x80 && mac[2] == 0xc2 && mac[3] == 0x00 &&
	       mac[4] == 0x00 && mac[5] <= 0x0f;
}

static __always_inline int is_broadcast(const __u8 *mac)
{
	return (mac[0] & mac[1] & mac[2] & mac[3] & mac[4] & mac[5]) == 0xff;
}

/* The roles that are read off the address. */
static __always_inline __u16 intrinsic_roles(const __u8 *mac)
{
	__u16 roles = 0;

	if (mac[0] & 1)
		roles |= MAC_GROUP;
	if (is_broadcast(mac))
		roles |= MAC_BROADCAST;
	if (is_link_local(mac))
		roles |= MAC_LINK_LOCAL;
	return roles;
}

static __always_inline __u16 mac_roles(const __u8 *mac)
{
	struct bpf_mac_key key = {};
	__u32 *known;

	__builtin_memcpy(key.b, mac, sizeof(key.b));
	known = bpf_map_lookup_elem(&macs, &key);
	return intrinsic_roles(mac) | (known ? *known : 0);
}

static __always_inline __u8 ip_roles(const struct bpf_ip_key *key)
{
	__u32 *known = bpf_map_lookup_elem(&addresses, key);

	return known ? *known : 0;
}

static __always_inline void view_arp(struct __sk_buff *skb, __u32 body, struct rule_keys *keys)
{
	struct bpf_ip_key sender = {};
	struct arp arp;

	if (bpf_skb_load_bytes(skb, body, &arp, sizeof(arp)))
		return;
	if (arp.htype != bpf_htons(1) || arp.ptype != bpf_htons(ETH_P_IP) || arp.hlen != 6 ||
	    arp.plen != 4)
		return;
	if (arp.op != bpf_htons(ARP_REQUEST) && arp.op != bpf_htons(ARP_REPLY))
		return;
	keys->kind = FRAME_RESOLUTION;
	sender.family = BPF_FAMILY_IPV4;
	__builtin_memcpy(sender.b, arp.sender_ip, sizeof(arp.sender_ip));
	keys->sender_ip = ip_roles(&sender);
}

static __always_inline void view_ipv4(struct __sk_buff *skb, __u32 body, struct rule_keys *keys)
{
	struct bpf_ip_key source = {};
	__u8 header[20];

	if (bpf_skb_load_bytes(skb, body, header, sizeof(header)) || header[0] >> 4 != 4)
		return;
	keys->kind = FRAME_IP;
	source.family = BPF_FAMILY_IPV4;
	__builtin_memcpy(source.b, header + 12, 4);
	keys->ip_src = ip_roles(&source);
}

static __always_inline void view_ipv6(struct __sk_buff *skb, __u32 body, struct rule_keys *keys)
{
	struct bpf_ip_key source = {};
	__u8 header[40];

	if (bpf_skb_load_bytes(skb, body, header, sizeof(header)) || header[0] >> 4 != 6)
		return;
	keys->kind = FRAME_IP;
	source.family = BPF_FAMILY_IPV6;
	__builtin_memcpy(source.b, header + 8, sizeof(source.b));
	keys->ip_src = ip_roles(&source);
}

/* Look behind one tag that lies in the frame. 0: there is none, it is cut off, or it
 * names a VLAN; then its EtherType is no speaker's. */
static __always_inline int skip_tag(struct __sk_buff *skb, __be16 *ethertype, __u32 *body)
{
	struct vlan_tag tag;

	if (*ethertype != bpf_htons(ETH_P_8021Q) && *ethertype != bpf_htons(ETH_P_8021AD))
		return 0;
	if (bpf_skb_load_bytes(skb, *body, &tag, sizeof(tag)))
		return 0;
	if (tag.tci & bpf_htons(VLAN_ID_MASK))
		return 0;
	*ethertype = tag.ethertype;
	*body += sizeof(tag);
	return 1;
}

/* Who speaks, in a frame without a VLAN: behind tags of VID 0, if any. The kernel has
 * taken the outermost tag off before a packet socket sees the frame; the daemon puts it
 * back, so that it counts as one. */
static __always_inline void view_speaker(struct __sk_buff *skb, __be16 ethertype,
					 struct rule_keys *keys)
{
	__u32 body = ETH_HLEN;

	if (skb->vlan_present && (skb->vlan_tci & VLAN_ID_MASK))
		return;
	_Static_assert(TAGS_MAX == 2, "one look for each tag");
	if (skip_tag(skb, &ethertype, &body) && !skb->vlan_present)
		skip_tag(skb, &ethertype, &body);
	if (ethertype == bpf_htons(ETH_P_ARP))
		view_arp(skb, body, keys);
	else if (ethertype == bpf_htons(ETH_P_IP))
		view_ipv4(skb, body, keys);
	else if (ethertype == bpf_htons(ETH_P_IPV6))
		view_ipv6(skb, body, keys);
}

static __always_inline void count_drop(__u32 reason)
{
	__u64 *count = bpf_map_lookup_elem(&drops, &reason);

	if (count)
		(*count)++;
}

/* I1 comes before I3, and the daemon wants to see what I1 takes. But whatever I3 lets
 * pass goes up anyhow, so ask I3 first: then the usual frame costs one look-up. */
SEC("socket")
int clusterarpd_nic(struct __sk_buff *skb)
{
	struct rule_keys keys = {};
	struct ethhdr eth;
	__u8 reason;

	if (bpf_skb_load_bytes(skb, 0, &eth, sizeof(eth)))
		return FILTER_PASS;
	keys.eth_dst = mac_roles(eth.h_dest);
	if (rule_link_local(&keys) != DROP_NONE)
		return FILTER_DROP; /* not counted: it does reach its receiver */
	reason = rule_I3(&keys);
	if (reason == DROP_NONE)
		return FILTER_PASS;

	keys.policy = policy;
	keys.eth_src = mac_roles(eth.h_source);
	if (keys.policy & POLICY_SOURCE_CLUSTER)
		view_speaker(skb, eth.h_proto, &keys);
	if (rule_I1(&keys) != DROP_NONE)
		return FILTER_PASS;
	count_drop(reason);
	return FILTER_DROP;
}

/* Is the frame the NIC's own stack's, which the shield lets by? */
static __always_inline int is_the_stacks(struct __sk_buff *skb)
{
	struct rule_keys keys = {};
	__u8 destination[ETH_ALEN];

	if (bpf_skb_load_bytes(skb, 0, destination, sizeof(destination)))
		return 0;
	keys.eth_dst = intrinsic_roles(destination);
	return rule_link_local(&keys) != DROP_NONE;
}

/* TC_ACT_UNSPEC, not OK: the operator's own filters come next. */
SEC("tc")
int clusterarpd_in(struct __sk_buff *skb)
{
	return is_the_stacks(skb) ? TC_ACT_UNSPEC : TC_ACT_SHOT;
}

SEC("tc")
int clusterarpd_out(struct __sk_buff *skb)
{
	__u64 cookie = bpf_get_socket_cookie(skb);

	if (cookie && cookie == owner_cookie)
		return TC_ACT_UNSPEC;
	return is_the_stacks(skb) ? TC_ACT_UNSPEC : TC_ACT_SHOT;
}
