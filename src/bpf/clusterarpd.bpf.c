// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * clusterarpd.bpf: the eBPF programs of clusterarpd. There are six:
 *
 * clusterarpd_nic  the socket filter of the daemon's packet socket on the NIC: rule I3, so
 *                  that a frame for another node does not wake the daemon.
 * clusterarpd_peer the same of its second packet socket, which gets the frames that come from
 *                  peers. A queue of their own: what others flood this node with does not take
 *                  their room.
 * clusterarpd_in   at the NIC's tc ingress, the shield's ingress half: the NIC's own stack
 *                  receives nothing but link-local frames (below). Packet sockets see a frame
 *                  before tc ingress does.
 * clusterarpd_out  at the NIC's tc egress, the shield's egress half: passes what the daemon's
 *                  packet socket sends, what clusterarpd_tap redirects, link-local frames, and
 *                  nothing else.
 * clusterarpd_tap  at the TAP's tc egress, only on the kernel data path.
 * clusterarpd_ask  at the TAP's tc ingress, on both data paths, only while a bucket of the shares
 *                  needs it: drops segments of connections that another node may have (I10).
 *
 * The kernel data path (when `forwards` is 1) handles frames by their kind. Resolution frames (ARP,
 * Neighbour Discovery) and echoes (I1), which must be logged, go to the daemon: those from the NIC
 * through a ring buffer, `from_wire`, those from the TAP through the TAP's queue. All other
 * frames do not pass through the daemon: clusterarpd_in and clusterarpd_tap apply the rules and
 * redirect them. Where that is not possible, because there is no TAP or the NIC is not running,
 * these frames go to the daemon, too. While clusterarpd_in handles the frames
 * (is_in_charge()) the socket filters pass nothing. Even a filter that drops everything costs time
 * for each frame, so both packet sockets are then bound for sending only
 * (packet_socket_bind()).
 *
 * Link-local group addresses (01:80:c2:00:00:0x: LLDP, 802.1X, LACP) belong to the
 * NIC's own stack: the shield passes them, and the daemon does not receive them.
 *
 * A second set of these programs shows each frame to a capture as well: observe.bpf.h.
 *
 * The rules are in core/rules.h, shared with the daemon; frames are parsed in view.bpf.h.
 * The programs must load on Linux 6.1: no newer helpers.
 */
#include "bpf/ask.bpf.h"
#include "bpf/flow.bpf.h"
#include "bpf/observe.bpf.h"

#include <linux/pkt_cls.h>

/* Room for the frame in a record. Most frames are ARP. */
#define FRAME_SHORT    128
#define FRAME_ETHERNET 2048
#define FRAME_GSO      (66 * 1024)
#define FRAME_BIG_TCP  (512 * 1024 + 64)

/* Return values of a socket filter: how much of the frame the socket receives. */
#define FILTER_DROP 0
#define FILTER_PASS -1 /* all of it, even if longer than 64 KiB */

/* Mark of frames that clusterarpd_tap redirects, in tc_index, which only tc can set. */
#define FORWARDED 0xc1a5

char LICENSE[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bpf_counts);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bpf_peer_counts);
} peers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096); /* programs.c sets the real size */
} from_wire SEC(".maps");

const volatile __u8 forwards; /* 1 on the kernel data path */
__u64 owner_cookie;           /* socket cookie of the daemon's packet socket; 0: none yet */

static __always_inline struct bpf_counts *find_counts(void)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&counts, &key);
}

static __always_inline void count_drop(struct bpf_counts *c, __u32 reason)
{
	if (c && reason < DROP_REASONS)
		c->drops[reason]++;
}

static __always_inline void count_frame(struct bpf_flow *flow, __u32 len)
{
	flow->frames++;
	flow->bytes += len;
}

/* The length on the wire; that of a GSO frame before segmentation. */
static __always_inline __u32 frame_len(const struct __sk_buff *skb)
{
	return skb->len + (skb->vlan_present ? VLAN_LEN : 0);
}

/* --- frames for the daemon --- */

/* Does clusterarpd_in handle frames from the wire? Otherwise the packet sockets receive them. */
static __always_inline int is_in_charge(void)
{
	return forwards && path.is_in;
}

static __always_inline int is_own_source(const __u8 *mac)
{
	struct bpf_mac_key key = mac_key(mac);

	return is_same(&key, &path.source);
}

/* Set the keys of I1. Needs a map look-up only with source_mac = cluster. */
static __always_inline void view_echo(struct __sk_buff *skb, const struct view *v,
				      struct rule_keys *keys)
{
	keys->policy = path.policy;
	keys->eth_src = is_own_source(v->eth.h_source) ? MAC_SELF_SOURCE : 0;
	if (!(keys->policy & POLICY_SOURCE_CLUSTER))
		return;
	if (v->ethertype == bpf_htons(ETH_P_ARP))
		view_arp(skb, v, keys);
	else
		view_ip(skb, v, WANT_SOURCE, keys);
}

/* Is the frame not for the daemon: link-local, or dropped by I3? Counts what I3 drops. Frames that
 * I1 drops are not filtered: I1 precedes I3, and the daemon must see them to log them. */
static __always_inline int is_filtered(struct __sk_buff *skb, const struct view *v)
{
	struct rule_keys keys = {};
	__u8 reason;

	view_echo(skb, v, &keys);
	keys.eth_dst = find_mac(v->eth.h_dest).roles;
	if (rule_link_local(&keys) != DROP_NONE)
		return 1; /* not counted: the NIC's own stack receives it */
	reason = rule_I3(&keys);
	if (reason == DROP_NONE || rule_I1(&keys) != DROP_NONE)
		return 0;
	count_drop(find_counts(), reason);
	return 1;
}

/* Does the frame come from a peer? By its Ethernet source, which others can forge; with source_mac
 * = cluster peers have that of all nodes. */
static __always_inline int is_from_peer(const struct view *v)
{
	__u32 roles = find_mac(v->eth.h_source).roles;

	return roles & (MAC_PEER_DEDICATED | MAC_PEER_SOURCE) ||
	       (path.policy & POLICY_SOURCE_CLUSTER && roles & MAC_SELF_SOURCE);
}

/* The filter of the socket for frames of peers, or of that for all others. Until both are bound the
 * latter gets all. */
static __always_inline int filter(struct __sk_buff *skb, int of_peers)
{
	struct view v;

	if (is_in_charge())
		return FILTER_DROP;
	if (view_frame(skb, &v))
		return of_peers ? FILTER_DROP : FILTER_PASS;
	if ((path.is_split && is_from_peer(&v)) != of_peers)
		return FILTER_DROP;
	return is_filtered(skb, &v) ? FILTER_DROP : FILTER_PASS;
}

SEC("socket")
int clusterarpd_nic(struct __sk_buff *skb)
{
	return filter(skb, 0);
}

SEC("socket")
int clusterarpd_peer(struct __sk_buff *skb)
{
	return filter(skb, 1);
}

/* Submit the frame in a record with room for `size` bytes, which must be a constant. 0, or -1. */
static __always_inline int put_frame(struct __sk_buff *skb, __u32 len, __u32 size)
{
	struct bpf_frame *f = bpf_ringbuf_reserve(&from_wire, sizeof(*f) + size, 0);

	if (!f)
		return -1;
	f->len = len;
	f->vlan_tpid = skb->vlan_present ? bpf_ntohs(skb->vlan_proto) : 0;
	f->vlan_tci = skb->vlan_tci;
	if (copy_frame(skb, f->data, len, size)) {
		bpf_ringbuf_discard(f, 0);
		return -1;
	}
	bpf_ringbuf_submit(f, 0);
	return 0;
}

/* How much of the ring each kind of frames may fill, in quarters. Other frames than resolution can
 * be many, and whoever floods with ARP or Neighbour Discovery is seldom a peer: so the nodes still
 * resolve each other. */
enum ring_part { RING_OTHERS = 2, RING_RESOLUTION = 3, RING_RESOLUTION_OF_PEERS = 4 };

static __always_inline enum ring_part ring_part_of(const struct view *v)
{
	if (!v->is_resolution)
		return RING_OTHERS;
	return is_from_peer(v) ? RING_RESOLUTION_OF_PEERS : RING_RESOLUTION;
}

static __always_inline int is_too_full(__u32 len, enum ring_part part)
{
	return part != RING_RESOLUTION_OF_PEERS &&
	       bpf_ringbuf_query(&from_wire, BPF_RB_AVAIL_DATA) + len >
		       bpf_ringbuf_query(&from_wire, BPF_RB_RING_SIZE) / 4 * part;
}

/* The rules drop the frame. `direction`: SEEN_INGRESS or 0. */
static __always_inline void drop(struct __sk_buff *skb, const struct view *v, __u32 direction,
				 struct bpf_counts *c, __u32 reason)
{
	count_drop(c, reason);
	observe(skb, v, direction | SEEN_CAME, reason, 0);
}

/* Pass the frame to the daemon. The kernel's checksum and segmentation metadata is not passed on.
 * Resolution frames have none; other frames that need it are discarded by the host's stack, as if
 * they had been lost on the wire. */
static __always_inline int send_to_daemon(struct __sk_buff *skb, const struct view *v,
					  enum ring_part part)
{
	__u32 len = skb->len;
	int err;

	if (is_too_full(len, part))
		err = -1;
	else if (len <= FRAME_SHORT)
		err = put_frame(skb, len, FRAME_SHORT);
	else if (len <= FRAME_ETHERNET)
		err = put_frame(skb, len, FRAME_ETHERNET);
	else if (len <= FRAME_GSO)
		err = put_frame(skb, len, FRAME_GSO);
	else
		err = put_frame(skb, len, FRAME_BIG_TCP);
	if (err)
		drop(skb, v, SEEN_INGRESS, find_counts(), DROP_KERNEL_RING);
	return TC_ACT_SHOT;
}

/* --- ingress --- */

/* Which IP addresses the rules may need: the others are not looked up. */
static __always_inline __u32 wanted(const struct rule_keys *keys)
{
	__u32 want = 0;

	if (keys->eth_dst & MAC_CLUSTER) /* I4 */
		want |= WANT_DESTINATION;
	if (keys->policy & (POLICY_SOURCE_CLUSTER | POLICY_STRICT)) /* I1; I2 */
		want |= WANT_SOURCE;
	return want;
}

static __always_inline int redirect_to_tap(struct __sk_buff *skb, const struct view *v,
					   const struct rule_verdict *verdict, struct bpf_counts *c,
					   __u32 peer, __u32 tap)
{
	struct bpf_peer_counts *p = peer ? bpf_map_lookup_elem(&peers, &peer) : 0;
	__u32 len = frame_len(skb);

	if (verdict->edits & EDIT_ETH_DST_CLUSTER && set_destination(skb, path.cluster.b)) {
		count_drop(c, DROP_TAP_BUSY); /* no memory */
		observe(skb, v, SEEN_INGRESS | SEEN_CAME | SEEN_LEFT, DROP_TAP_BUSY, 0);
		return TC_ACT_SHOT;
	}
	count_frame(&c->tap_out, len);
	if (p)
		count_frame(&p->in, len);
	observe(skb, v, SEEN_INGRESS | SEEN_CAME | SEEN_LEFT, DROP_NONE, verdict->edits);
	return bpf_redirect(tap, BPF_F_INGRESS);
}

/* Returns the source's peer; 0: none, or its address was not looked up. */
static __always_inline __u32 look_into_ip(struct __sk_buff *skb, const struct view *v,
					  struct rule_keys *keys)
{
	__u32 want = wanted(keys);

	return want ? view_ip(skb, v, want, keys) : 0;
}

/* Fill the keys of I10. */
static __always_inline void look_into_flow(struct __sk_buff *skb, const struct view *v,
					   struct rule_keys *keys)
{
	__u32 forwarded = keys->ip_dst & IP_CLUSTER ? 0 : IS_FORWARDED;

	view_share(skb, v, forwarded | MAY_BE_FIRST, keys);
	if (rule_lease_is_news(keys))
		keys->connection = find_connection(skb, v->body, is_ipv6(v));
}

/* Forward a frame from the NIC to the TAP: any but those of resolution and of the NIC's stack. */
static __always_inline int forward_in(struct __sk_buff *skb, const struct view *v, __u32 tap)
{
	struct rule_keys keys = { .policy = path.policy, .is_too_deep = v->is_too_deep };
	struct bpf_counts *c = find_counts();
	struct rule_verdict verdict;
	struct bpf_entry source;
	__u32 peer;

	if (!c)
		return TC_ACT_SHOT;
	source = find_mac(v->eth.h_source);
	keys.eth_src = source.roles;
	keys.eth_dst = find_mac(v->eth.h_dest).roles;
	peer = look_into_ip(skb, v, &keys);
	if (rule_I1(&keys) != DROP_NONE)
		return send_to_daemon(skb, v, RING_OTHERS);
	if (rule_is_shared(&keys))
		look_into_flow(skb, v, &keys);
	verdict = rules_ingress(&keys);
	if (verdict.drop != DROP_NOT_OURS) /* not counted on the user data path, either */
		count_frame(&c->nic_in, frame_len(skb));
	if (verdict.drop != DROP_NONE) {
		drop(skb, v, SEEN_INGRESS, c, verdict.drop);
		return TC_ACT_SHOT;
	}
	if (source.peer || !(keys.policy & POLICY_SOURCE_CLUSTER))
		peer = source.peer;
	return redirect_to_tap(skb, v, &verdict, c, peer, tap);
}

/* Does the frame belong to the NIC's own stack, so that the shield passes it? */
static __always_inline int belongs_to_nic_stack(const struct view *v)
{
	struct rule_keys keys = { .eth_dst = intrinsic_roles(v->eth.h_dest) };

	return rule_link_local(&keys) != DROP_NONE;
}

/* Frames pass with TC_ACT_UNSPEC, not TC_ACT_OK, so that the operator's own filters run next. */
SEC("tc")
int clusterarpd_in(struct __sk_buff *skb)
{
	__u32 tap = path.tap;
	struct view v;

	if (path.is_ajar)
		return TC_ACT_UNSPEC;
	if (view_frame_in_place(skb, &v))
		return TC_ACT_SHOT;
	if (belongs_to_nic_stack(&v))
		return TC_ACT_UNSPEC;
	if (!is_in_charge())
		return TC_ACT_SHOT;
	if (tap && !v.is_resolution)
		return forward_in(skb, &v, tap);
	if (!is_filtered(skb, &v))
		return send_to_daemon(skb, &v, ring_part_of(&v));
	observe(skb, &v, SEEN_INGRESS | SEEN_CAME, DROP_NOT_OURS, 0);
	return TC_ACT_SHOT;
}

/* --- egress --- */

/* Is it ARP, without a tag or with one of 802.1Q, whatever its VID is? */
static __always_inline int is_arp(struct __sk_buff *skb, const struct view *v)
{
	__be16 inner = v->eth.h_proto;

	if (inner == bpf_htons(ETH_P_8021Q) &&
	    bpf_skb_load_bytes(skb, ETH_HLEN + sizeof(__be16), &inner, sizeof(inner)))
		return 0;
	return inner == bpf_htons(ETH_P_ARP);
}

/* Drop the frame, and let its sender know nothing of it: skb_do_redirect() frees what goes to no
 * interface, and a redirected frame counts as sent. (TC_ACT_STOLEN is no return code of tcx.) */
static __always_inline int swallow(void)
{
	return bpf_redirect(0, 0);
}

/* ARP is swallowed: a network manager that looks for conflicts before it sets an address (RFC 5227)
 * tries for ever to send a probe that it was told is lost. Of anything else the sender is told. */
SEC("tc")
int clusterarpd_out(struct __sk_buff *skb)
{
	struct view v;
	__u64 cookie;

	if (forwards && skb->tc_index == FORWARDED) {
		skb->tc_index = 0;
		return TC_ACT_UNSPEC;
	}
	if (path.is_ajar)
		return TC_ACT_UNSPEC;
	cookie = bpf_get_socket_cookie(skb);
	if (cookie && cookie == owner_cookie)
		return TC_ACT_UNSPEC;
	if (view_frame_in_place(skb, &v))
		return TC_ACT_SHOT;
	if (belongs_to_nic_stack(&v))
		return TC_ACT_UNSPEC;
	return is_arp(skb, &v) ? swallow() : TC_ACT_SHOT;
}

/* The same test as the kernel's for a packet socket: an 802.1Q tag is allowed on top of the MTU, an
 * 802.1ad tag is not, and GSO frames are not tested. */
static __always_inline int is_too_long(const struct __sk_buff *skb, const struct view *v)
{
	__u32 room = path.mtu + ETH_HLEN;

	if (skb->gso_size || frame_len(skb) <= room)
		return 0;
	if ((skb->vlan_present ? (__be16)skb->vlan_proto : v->eth.h_proto) ==
	    bpf_htons(ETH_P_8021Q))
		room += VLAN_LEN;
	return frame_len(skb) > room;
}

static __always_inline __u8 send_out(struct __sk_buff *skb, const struct view *v,
				     const struct rule_verdict *verdict)
{
	if (verdict->drop != DROP_NONE)
		return verdict->drop;
	if (is_too_long(skb, v))
		return DROP_TOO_LONG;
	if (verdict->edits & EDIT_ETH_SRC_WIRE && set_source(skb, path.source.b))
		return DROP_NIC_BUSY; /* no memory */
	return DROP_NONE;
}

SEC("tc")
int clusterarpd_tap(struct __sk_buff *skb)
{
	struct bpf_counts *c = find_counts();
	struct bpf_peer_counts *p = 0;
	__u32 nic = path.nic, len = frame_len(skb);
	struct rule_keys keys = {};
	struct rule_verdict verdict;
	struct bpf_entry destination;
	struct view v;
	__u8 reason;

	if (!c || !nic || view_frame_in_place(skb, &v) || v.is_resolution)
		return TC_ACT_UNSPEC; /* through the TAP's queue to the daemon */
	destination = find_mac(v.eth.h_dest);
	keys.eth_dst = destination.roles;
	keys.policy = path.policy;
	verdict = rules_egress(&keys);
	count_frame(&c->tap_in, len);
	reason = send_out(skb, &v, &verdict);
	if (reason != DROP_NONE) {
		count_drop(c, reason);
		observe(skb, &v, verdict.drop ? SEEN_CAME : SEEN_CAME | SEEN_LEFT, reason,
			verdict.edits);
		return TC_ACT_SHOT;
	}
	count_frame(&c->nic_out, len);
	if (destination.peer)
		p = bpf_map_lookup_elem(&peers, &destination.peer);
	if (p)
		count_frame(&p->out, len);
	observe(skb, &v, SEEN_CAME | SEEN_LEFT, DROP_NONE, verdict.edits);
	skb->tc_index = FORWARDED;
	return bpf_redirect(nic, 0);
}

/* --- the host's connections --- */

/* Frames pass with TC_ACT_UNSPEC: the operator's own filters run next. */
SEC("tc")
int clusterarpd_ask(struct __sk_buff *skb)
{
	struct rule_keys keys = { .policy = path.policy };
	struct view v;
	__u8 reason;

	if (view_frame_in_place(skb, &v) || v.is_resolution)
		return TC_ACT_UNSPEC;
	keys.eth_dst = find_mac(v.eth.h_dest).roles;
	view_ip(skb, &v, WANT_DESTINATION, &keys);
	if (!rule_is_shared(&keys) || !(keys.ip_dst & IP_CLUSTER))
		return TC_ACT_UNSPEC;
	view_share(skb, &v, 0, &keys);
	if (rule_begins(&keys))
		find_connection(skb, v.body, is_ipv6(&v) | IS_NEW);
	if (!rule_must_ask(&keys))
		return TC_ACT_UNSPEC;
	reason = rule_I10_asked(&keys, find_connection(skb, v.body, is_ipv6(&v)));
	if (reason == DROP_NONE)
		return TC_ACT_UNSPEC;
	count_drop(find_counts(), reason);
	observe(skb, &v, SEEN_INGRESS | SEEN_LEFT, reason, 0);
	return TC_ACT_SHOT;
}
