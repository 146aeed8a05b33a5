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
#define TCP_RST            0x04
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
	struct bpf_fragment_key key; /* also where its addresses are */
	__u32 at;                    /* behind the IP header and its extensions */
	__u8 protocol;               /* what follows there */
	__u8 is_fragment;            /* not whole */
	__u8 is_later;               /* not the first fragment */
	__u8 is_last;                /* the last one, and not the first */
	__u8 port[2];                /* the client's */
};

/* On each CPU one packet is looked into at a time. The stack has no room for it: all functions that
 * call each other share 512 bytes, rounded up for each. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct packet);
} packets SEC(".maps");

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
	p->protocol = p->key.protocol = ip[9];
	p->is_later = (fragment & IPV4_OFFSET) != 0;
	p->is_last = p->is_later && !(fragment & IPV4_MORE);
	p->is_fragment = (fragment & (IPV4_OFFSET | IPV4_MORE)) != 0;
	__builtin_memcpy(p->key.source, ip + 12, 4);
	__builtin_memcpy(p->key.destination, ip + 16, 4);
	__builtin_memcpy(p->key.id, ip + 4, 2);
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
		p->is_last = p->is_later && !(fragment & IPV6_MORE);
		p->is_fragment = (fragment & (IPV6_OFFSET | IPV6_MORE)) != 0;
		p->key.protocol = header[0];
		__builtin_memcpy(p->key.id, header + 4, sizeof(p->key.id));
		p->at += 8;
	} else {
		p->at += 8 * (header[1] + 1);
	}
	p->protocol = header[0];
	return 1;
}

VIEW int take_ipv6(struct __sk_buff *skb, struct packet *p)
{
	__u8 start[8];
	int i;

	_Static_assert(sizeof(p->key.source) + sizeof(p->key.destination) == 32 &&
			       __builtin_offsetof(struct bpf_fragment_key, source) == 0,
		       "both addresses, as in the header");
	if (bpf_skb_load_bytes(skb, p->at, start, sizeof(start)) ||
	    bpf_skb_load_bytes(skb, p->at + sizeof(start), &p->key, 32))
		return -1;
	p->key.is_ipv6 = 1;
	p->protocol = start[6];
	p->at += 40;
#pragma unroll
	for (i = 0; i < EXTENSIONS_MAX; i++)
		if (!take_extension(skb, p))
			break;
	return 0;
}

/* -1: it has no whole IP header. */
VIEW int take_packet(struct __sk_buff *skb, __u32 body, int is_ipv6, struct packet *p)
{
	__builtin_memset(p, 0, sizeof(*p));
	p->at = body;
	return is_ipv6 ? take_ipv6(skb, p) : take_ipv4(skb, p);
}

VIEW int is_icmp_error(struct __sk_buff *skb, const struct packet *p)
{
	__u8 type;

	if (p->is_later || p->protocol != (p->key.is_ipv6 ? ICMPV6 : ICMPV4) ||
	    bpf_skb_load_bytes(skb, p->at, &type, sizeof(type)))
		return 0;
	if (p->key.is_ipv6)
		return type < ICMPV6_INFORMATION;
	return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

/* Does the protocol begin with the ports? */
VIEW int has_ports(__u8 protocol)
{
	return protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP || protocol == PROTOCOL_SCTP ||
	       protocol == PROTOCOL_UDPLITE || protocol == PROTOCOL_DCCP;
}

VIEW __u8 kind_by_flags(__u8 flags)
{
	return (flags & (TCP_SYN | TCP_ACK)) == TCP_SYN ? FLOW_NEW : FLOW_TCP;
}

VIEW __u8 kind_of(struct __sk_buff *skb, const struct packet *p)
{
	__u8 flags;

	if (p->protocol != PROTOCOL_TCP)
		return FLOW_NEW;
	if (p->is_later)
		return FLOW_TCP_PART;
	if (bpf_skb_load_bytes(skb, p->at + TCP_FLAGS, &flags, sizeof(flags)))
		return FLOW_NEW;
	return kind_by_flags(flags);
}

VIEW __u32 bucket_of_ipv4(const __u8 *address, const __u8 *port, const struct bpf_shares *s)
{
	struct shares_client c = {};

	__builtin_memcpy(c.ipv4.address, address, sizeof(c.ipv4.address));
	if (s->affinity == BPF_AFFINITY_NETWORK)
		c.ipv4.address[3] = 0;
	else if (s->affinity == BPF_AFFINITY_CONNECTION)
		__builtin_memcpy(c.ipv4.port, port, sizeof(c.ipv4.port));
	return shares_bucket(&s->key, &c);
}

VIEW __u32 bucket_of_ipv6(const __u8 *address, const __u8 *port, const struct bpf_shares *s)
{
	struct shares_client c = { .is_ipv6 = 1 };

	__builtin_memcpy(c.ipv6.address, address, sizeof(c.ipv6.address));
	if (s->affinity == BPF_AFFINITY_NETWORK)
		__builtin_memset(c.ipv6.address + 8, 0, 8);
	else if (s->affinity == BPF_AFFINITY_CONNECTION)
		__builtin_memcpy(c.ipv6.port, port, sizeof(c.ipv6.port));
	return shares_bucket(&s->key, &c);
}

VIEW __u32 bucket_of(const struct packet *p, const struct bpf_shares *s)
{
	if (p->key.is_ipv6)
		return bucket_of_ipv6(p->key.source, p->port, s);
	return bucket_of_ipv4(p->key.source, p->port, s);
}

/* A fragment whose ports are in the first one. With the last one the packet is forgotten: the
 * sender may use its id again. */
VIEW void view_later_fragment(struct __sk_buff *skb, const struct packet *p, struct flow *f)
{
	const struct bpf_fragment *first = bpf_map_lookup_elem(&fragments, &p->key);

	f->kind = FLOW_ALL;
	if (!first || bpf_ktime_get_coarse_ns() - first->begun > BPF_FRAGMENTS_NS)
		return;
	f->kind = kind_of(skb, p);
	f->bucket = first->bucket;
	if (p->is_last)
		bpf_map_delete_elem(&fragments, &p->key);
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
	__builtin_memset(p->port, 0, sizeof(p->port));
	if (by_port && !p->is_later && has_ports(p->protocol))
		bpf_skb_load_bytes(skb, p->at, p->port, sizeof(p->port));
	f->kind = is_forwarded ? FLOW_NEW : kind_of(skb, p);
	f->bucket = bucket_of(p, s);
}

/* If it is the first fragment of a packet, those that follow will need its bucket. */
VIEW void remember_first(const struct packet *p, const struct flow *f, const struct bpf_shares *s,
			 int is_forwarded)
{
	struct bpf_fragment first = { .bucket = f->bucket };

	if (!p->is_fragment || p->is_later || f->kind == FLOW_ALL || is_forwarded ||
	    s->affinity != BPF_AFFINITY_CONNECTION)
		return;
	first.begun = bpf_ktime_get_coarse_ns();
	bpf_map_update_elem(&fragments, &p->key, &first, BPF_ANY);
}

/* `len` bytes of the frame, where they are; NULL: not in the linear data. `at`: from where on. */
VIEW const __u8 *bytes_in_place(struct __sk_buff *skb, __u32 at, __u32 len)
{
	const __u8 *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;

	if (at > ETH_HLEN + TAGS_MAX * VLAN_LEN) /* the verifier wants a bound */
		return (void *)0;
	data += at;
	return data + len <= end ? data : (void *)0;
}

/* Most packets are like this, and are not copied: TCP or UDP directly behind an IP header without
 * options, no fragment. 0: it is another one. */
VIEW int view_plain_ipv4(struct __sk_buff *skb, __u32 body, const struct bpf_shares *s,
			 struct flow *f)
{
	const __u8 *b = bytes_in_place(skb, body, 20 + TCP_FLAGS + 1);

	if (!b || b[0] != 0x45 || (b[6] & (IPV4_OFFSET | IPV4_MORE) >> 8) || b[7] ||
	    (b[9] != PROTOCOL_UDP && b[9] != PROTOCOL_TCP))
		return 0;
	f->kind = b[9] == PROTOCOL_TCP ? kind_by_flags(b[20 + TCP_FLAGS]) : FLOW_NEW;
	f->bucket = bucket_of_ipv4(b + 12, b + 20, s);
	return 1;
}

VIEW int view_plain_ipv6(struct __sk_buff *skb, __u32 body, const struct bpf_shares *s,
			 struct flow *f)
{
	const __u8 *b = bytes_in_place(skb, body, 40 + TCP_FLAGS + 1);

	if (!b || (b[6] != PROTOCOL_UDP && b[6] != PROTOCOL_TCP))
		return 0;
	f->kind = b[6] == PROTOCOL_TCP ? kind_by_flags(b[40 + TCP_FLAGS]) : FLOW_NEW;
	f->bucket = bucket_of_ipv6(b + 8, b + 40, s);
	return 1;
}

/* How to look at a packet. */
enum {
	IS_IPV6 = 1,
	IS_FORWARDED = 2,
	MAY_BE_FIRST = 4, /* of several fragments: to remember */
	IS_NEW = 8,       /* ask.bpf.h */
};

VIEW void view_any(struct __sk_buff *skb, __u32 body, __u32 how, const struct bpf_shares *s,
		   struct flow *f)
{
	__u32 key = 0;
	struct packet *p = bpf_map_lookup_elem(&packets, &key);

	f->kind = FLOW_ALL;
	f->bucket = 0;
	if (!p || take_packet(skb, body, how & IS_IPV6, p))
		return;
	view_flow(skb, p, s, how & IS_FORWARDED, f);
	if (how & MAY_BE_FIRST)
		remember_first(p, f, s, how & IS_FORWARDED);
}

/* The keys of I10 for the IP packet at `body`. A global function: the verifier checks it alone,
 * once, whatever its callers have found out before. Returns flow, share and has_lease, a byte each.
 */
__noinline int share_of(struct __sk_buff *skb, __u32 body, __u32 how)
{
	const struct bpf_shares *s = active_shares();
	struct flow f;
	__u32 share, has_lease;
	int is_plain;

	if (how & IS_FORWARDED)
		is_plain = 0;
	else if (how & IS_IPV6)
		is_plain = view_plain_ipv6(skb, body, s, &f);
	else
		is_plain = view_plain_ipv4(skb, body, s, &f);
	if (!is_plain)
		view_any(skb, body, how, s, &f);
	share = s->decisions[f.bucket & (SHARES_BUCKETS - 1)];
	has_lease = s->lease == BPF_FOREVER || bpf_ktime_get_coarse_ns() < s->lease;
	return (int)(f.kind | share << 8 | has_lease << 16);
}

VIEW __u32 is_ipv6(const struct view *v)
{
	return v->ethertype == bpf_htons(ETH_P_IPV6) ? IS_IPV6 : 0;
}

/* Fill the keys of I10. */
VIEW void view_share(struct __sk_buff *skb, const struct view *v, __u32 how, struct rule_keys *keys)
{
	int found = share_of(skb, v->body, how | is_ipv6(v));

	keys->flow = found & 0xff;
	keys->share = found >> 8 & 0xff;
	keys->has_lease = found >> 16 & 1;
}

#endif
