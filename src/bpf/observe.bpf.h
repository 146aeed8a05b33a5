/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * observe: shows each frame that the programs handle, and what they do with it, to a capture.
 *
 * The programs are compiled twice. With OBSERVED they do this as well, and are attached only while
 * somebody captures (src/bpf/observe.c). Without it, there is nothing of this in them.
 */
#ifndef CLUSTERARPD_BPF_OBSERVE_BPF_H
#define CLUSTERARPD_BPF_OBSERVE_BPF_H

#include "bpf/view.bpf.h"

#ifdef OBSERVED

/* Room for the frame in a record: the program has to name constants. */
#define SEEN_SMALL    128
#define SEEN_DEFAULT  256
#define SEEN_ETHERNET 2048
#define SEEN_JUMBO    (16 * 1024)
#define SEEN_GSO      (66 * 1024)

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, BPF_SEEN_BYTES);
} seen SEC(".maps");

/* What there was no room for. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bpf_seen_lost);
} seen_lost SEC(".maps");

const volatile __u32 snaplen; /* how much of a frame is shown: at most BPF_SNAPLEN_MAX bytes */

VIEW void lose(__u32 how)
{
	__u32 key = 0, egress = !(how & SEEN_INGRESS);
	struct bpf_seen_lost *lost = bpf_map_lookup_elem(&seen_lost, &key);

	if (!lost)
		return;
	if (how & SEEN_CAME)
		*(egress ? &lost->tap_in : &lost->nic_in) += 1;
	if (how & SEEN_LEFT)
		*(egress ? &lost->nic_out : &lost->tap_out) += 1;
}

/* Submit the frame in a record with room for `size` bytes. The daemon looks for records by itself:
 * to wake it for each would cost more than the record. */
VIEW int put_seen(struct __sk_buff *skb, __u32 how, __u64 mac, __u32 kept, __u32 size)
{
	struct bpf_seen *s = bpf_ringbuf_reserve(&seen, sizeof(*s) + size, 0);

	if (!s)
		return -1;
	s->time = bpf_ktime_get_ns();
	s->mac = mac;
	s->how = how;
	s->len = skb->len;
	s->kept = kept;
	s->vlan_tpid = skb->vlan_present ? bpf_ntohs(skb->vlan_proto) : 0;
	s->vlan_tci = skb->vlan_tci;
	if (copy_frame(skb, s->data, kept, size)) {
		bpf_ringbuf_discard(s, BPF_RB_NO_WAKEUP);
		return -1;
	}
	bpf_ringbuf_submit(s, BPF_RB_NO_WAKEUP);
	return 0;
}

/* A global function, as share_of(). `how`, `mac`: as in struct bpf_seen. */
__noinline int show(struct __sk_buff *skb, __u32 how, __u64 mac)
{
	__u32 kept = skb->len < snaplen ? skb->len : snaplen;
	int err;

	if (kept <= SEEN_SMALL)
		err = put_seen(skb, how, mac, kept, SEEN_SMALL);
	else if (kept <= SEEN_DEFAULT)
		err = put_seen(skb, how, mac, kept, SEEN_DEFAULT);
	else if (kept <= SEEN_ETHERNET)
		err = put_seen(skb, how, mac, kept, SEEN_ETHERNET);
	else if (kept <= SEEN_JUMBO)
		err = put_seen(skb, how, mac, kept, SEEN_JUMBO);
	else if (kept <= SEEN_GSO)
		err = put_seen(skb, how, mac, kept, SEEN_GSO);
	else
		err = put_seen(skb, how, mac, kept, BPF_SNAPLEN_MAX);
	if (err)
		lose(how);
	return 0;
}

VIEW void observe(struct __sk_buff *skb, const struct view *v, __u32 sides, __u32 drop, __u16 edits)
{
	struct bpf_mac_key mac = mac_key(sides & SEEN_INGRESS ? v->eth.h_dest : v->eth.h_source);

	show(skb, sides | drop << SEEN_DROP | (__u32)edits << SEEN_EDITS, *(__u64 *)&mac);
}

#else

VIEW void observe(struct __sk_buff *skb, const struct view *v, __u32 sides, __u32 drop, __u16 edits)
{
}

#endif

#endif
