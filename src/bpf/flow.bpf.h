/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flow: the shares for the eBPF programs, as core/flow.c views packets for the daemon: client,
 * bucket, and whether the packet may begin a connection.
 */
#ifndef CLUSTERARPD_BPF_FLOW_BPF_H
#define CLUSTERARPD_BPF_FLOW_BPF_H

#include "bpf/view.bpf.h"

#define EXTENSIONS_MAX     4
#define EXTENSION_FRAGMENT 44
#define IPV4_OFFSET        0x1fff
#define IPV4_MORE          0x2000
#define IPV6_OFFSET        0xfff8
#define IPV6_MORE          1
#define ICMPV4             1
#define ICMPV6_INFORMATION 128
#define PROTOCOL_TCP       6
#define PROTOCOL_UDP       17
#define PROTOCOL_DCCP      33
#define PROTOCOL_SCTP      132
#define PROTOCOL_UDPLITE   136
#define TCP_FLAGS          13
#define TCP_SYN            0x02
#define TCP_ACK            0x10

struct bpf_all_shares shares;

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, BPF_FRAGMENTS_MAX);
	__type(key, struct bpf_fragment_key);
	__type(value, struct bpf_fragment);
} fragments SEC(".maps");

/* A packet, taken apart. */
struct packet {
	__u32 at;      /* behind the IP header and its extensions */
	__u8 protocol; /* what follows there */
	__u8 is_ipv6;
	__u8 is_fragment; /* not whole */
	__u8 is_later;    /* not the first fragment */
	__u8 source[16], destination[16];
	__u8 id[4];
	__u8 fragment_protocol; /* struct bpf_fragment_key */
	__u16 port;             /* the client's; network byte order */
};

struct flow {
	__u8 kind; /* enum flow_kind */
	__u32 bucket;
};

VIEW const struct bpf_shares *active_shares(void)
{
	return &shares.slots[shares.active & 1];
}

VIEW int take_ipv4(struct __sk_buff *skb, struct packet *p)
{
	__u8 ip[20];
	__u16 fragment;

	if (bpf_skb_load_bytes(skb, p->at, ip, sizeof(ip)))
		return -1;
	fragment = (__u16)(ip[6] << 8 | ip[7]);
	p->protocol = p->fragment_protocol = ip[9];
	p->is_later = (fragment & IPV4_OFFSET) != 0;
	p->is_fragment = (fragment & (IPV4_OFFSET | IPV4_MORE)) != 0;
	__builtin_memcpy(p->source, ip + 12, 4);
	__builtin_memcpy(p->destination, ip + 16, 4);
	__builtin_memcpy(p->id, ip + 4, 2);
	p->at += 4 * (ip[0] & 0x0f);
	return 0;
}

/* One extension header. 0: there is none, or no whole one. */
VIEW int take_extension(struct __sk_buff *skb, struct packet *p)
{
	__u8 header[8];
	__u16 fragment;

	if (p->is_later || (p->protocol != EXTENSION_FRAGMENT && !is_extension(p->protocol)))
		return 0;
	if (p->protocol == EXTENSION_FRAGMENT && p->is_fragment)
		return 0;
	if (bpf_skb_load_bytes(skb, p->at, header, sizeof(header)))
		return 0;
	if (p->protocol == EXTENSION_FRAGMENT) {
		fragment = (__u16)(header[2] << 8 | header[3]);
		p->is_later = (fragment & IPV6_OFFSET) != 0;
		p->is_fragment = (fragment & (IPV6_OFFSET | IPV6_MORE)) != 0;
		p->fragment_protocol = header[0];
		__builtin_memcpy(p->id, header + 4, sizeof(p->id));
		p->at += 8;
	} else {
		p->at += 8 * (header[1] + 1);
	}
	p->protocol = header[0];
	return 1;
}

VIEW int take_ipv6(struct __sk_buff *skb, struct packet *p)
{
	__u8 ip[40];
	int i;

	if (bpf_skb_load_bytes(skb, p->at, ip, sizeof(ip)))
		return -1;
	p->is_ipv6 = 1;
	p->protocol = ip[6];
	__builtin_memcpy(p->source, ip + 8, 16);
	__builtin_memcpy(p->destination, ip + 24, 16);
	p->at += sizeof(ip);
#pragma unroll
	for (i = 0; i < EXTENSIONS_MAX; i++)
		if (!take_extension(skb, p))
			break;
	return 0;
}

/* -1: it has no whole IP header. */
VIEW int take_packet(struct __sk_buff *skb, const struct view *v, struct packet *p)
{
	__builtin_memset(p, 0, sizeof(*p));
	p->at = v->body;
	return v->ethertype == bpf_htons(ETH_P_IP) ? take_ipv4(skb, p) : take_ipv6(skb, p);
}

VIEW int is_icmp_error(struct __sk_buff *skb, const struct packet *p)
{
	__u8 type;

	if (p->is_later || p->protocol != (p->is_ipv6 ? ICMPV6 : ICMPV4) ||
	    bpf_skb_load_bytes(skb, p->at, &type, sizeof(type)))
		return 0;
	if (p->is_ipv6)
		return type < ICMPV6_INFORMATION;
	return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

/* Does the protocol begin with the ports? */
VIEW int has_ports(__u8 protocol)
{
	return protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP || protocol == PROTOCOL_SCTP ||
	       protocol == PROTOCOL_UDPLITE || protocol == PROTOCOL_DCCP;
}

VIEW __u8 kind_of(struct __sk_buff *skb, const struct packet *p)
{
	__u8 flags;

	if (p->protocol != PROTOCOL_TCP)
		return FLOW_NEW;
	if (p->is_later)
		return FLOW_TCP_PART;
	if (bpf_skb_load_bytes(skb, p->at + TCP_FLAGS, &flags, sizeof(flags)) ||
	    (flags & (TCP_SYN | TCP_ACK)) == TCP_SYN)
		return FLOW_NEW;
	return FLOW_TCP;
}

VIEW __u32 bucket_of(const struct packet *p, const struct bpf_shares *s)
{
	struct shares_client c = { .is_ipv6 = p->is_ipv6 };

	__builtin_memcpy(c.address, p->source, sizeof(c.address));
	if (s->affinity == BPF_AFFINITY_NETWORK && p->is_ipv6)
		__builtin_memset(c.address + 8, 0, 8);
	else if (s->affinity == BPF_AFFINITY_NETWORK)
		c.address[3] = 0;
	else if (s->affinity == BPF_AFFINITY_CONNECTION)
		__builtin_memcpy(c.port, &p->port, sizeof(c.port));
	return shares_bucket(&s->key, &c);
}

VIEW struct bpf_fragment_key fragment_key(const struct packet *p)
{
	struct bpf_fragment_key key = { .protocol = p->fragment_protocol, .is_ipv6 = p->is_ipv6 };

	__builtin_memcpy(key.source, p->source, sizeof(key.source));
	__builtin_memcpy(key.destination, p->destination, sizeof(key.destination));
	__builtin_memcpy(key.id, p->id, sizeof(key.id));
	return key;
}

/* A fragment whose ports are in the first one. */
VIEW void view_later_fragment(struct __sk_buff *skb, const struct packet *p, struct flow *f)
{
	struct bpf_fragment_key key = fragment_key(p);
	const struct bpf_fragment *first = bpf_map_lookup_elem(&fragments, &key);

	f->kind = FLOW_ALL;
	if (!first || bpf_ktime_get_coarse_ns() - first->begun > BPF_FRAGMENTS_NS)
		return;
	f->kind = kind_of(skb, p);
	f->bucket = first->bucket;
}

/* As flow_view() in core/flow.c, but that the first fragment of a packet is not remembered yet:
 * remember_first(). */
VIEW void view_flow(struct __sk_buff *skb, struct packet *p, const struct bpf_shares *s,
		    int is_forwarded, struct flow *f)
{
	int by_port = s->affinity == BPF_AFFINITY_CONNECTION && !is_forwarded;

	f->kind = FLOW_ALL;
	f->bucket = 0;
	if (!is_forwarded && is_icmp_error(skb, p))
		return;
	if (by_port && p->is_later && (has_ports(p->protocol) || is_extension(p->protocol))) {
		view_later_fragment(skb, p, f);
		return;
	}
	p->port = 0;
	if (by_port && !p->is_later && has_ports(p->protocol))
		bpf_skb_load_bytes(skb, p->at, &p->port, sizeof(p->port));
	f->kind = is_forwarded ? FLOW_NEW : kind_of(skb, p);
	f->bucket = bucket_of(p, s);
}

/* If it is the first fragment of a packet, those that follow will need its bucket. */
VIEW void remember_first(const struct packet *p, const struct flow *f, const struct bpf_shares *s,
			 int is_forwarded)
{
	struct bpf_fragment first = { .bucket = f->bucket };
	struct bpf_fragment_key key;

	if (!p->is_fragment || p->is_later || f->kind == FLOW_ALL || is_forwarded ||
	    s->affinity != BPF_AFFINITY_CONNECTION)
		return;
	key = fragment_key(p);
	first.begun = bpf_ktime_get_coarse_ns();
	bpf_map_update_elem(&fragments, &key, &first, BPF_ANY);
}

/* Fill the keys of I10 from the flow. */
VIEW void set_share(struct rule_keys *keys, const struct flow *f, const struct bpf_shares *s)
{
	keys->flow = f->kind;
	keys->share = s->decisions[f->bucket & (SHARES_BUCKETS - 1)];
	keys->has_lease = s->lease == BPF_FOREVER || bpf_ktime_get_coarse_ns() < s->lease;
}

#endif
