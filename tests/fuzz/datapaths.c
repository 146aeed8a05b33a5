/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * datapaths: checks that both data paths do the same with every frame (SPEC 9).
 *
 *   datapaths [SEED]
 *
 * Each frame goes through the C core and, by BPF_PROG_TEST_RUN, through the eBPF programs.
 * Verdicts, drop reasons and bytes are compared, and at the end of each cluster the counters. For
 * each cluster frames by rule come first, then frames at random. The frames by rule must take
 * every branch of the rules at least HITS times; a table of the branches is printed.
 *
 * Frames that the kernel leaves to the daemon go through the C core there. So the test checks only
 * that these are ARP, Neighbour Discovery or an echo, nothing else, and that they are complete.
 * Two programs see a frame from the wire: the filter of the daemon's packet socket and the program
 * at tc ingress. Exactly one of them handles it: the program at ingress, or the filter while no
 * program is attached there. The other one must ignore the frame.
 *
 * In every other cluster somebody captures: the programs that show frames run then, and have to do
 * the same, and to show each frame that does not go to the daemon, before and after.
 *
 * Needs CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON. Exit status 0: no difference.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "generate.h"
#include "oracle.h"
#include "datapath/kernel_path.h"

#include "bpf/clusterarpd.skel.h" /* uses types of programs.h */

#define BY_RULE     2200000
#define AT_RANDOM   600000
#define HITS        500
#define COMPLAINTS  10
#define SHARES_LAST 10000 /* frames */
#define PATH_INDEX  1     /* an interface index; a test run sends nothing there */

struct bench {
	struct cluster cluster;
	struct kernel_path *datapath;
	struct clusterarpd_bpf *skel;
	struct bpf_counts counts;
	struct oracle_counts expected;
	struct packet *packets;
	struct observe *observe; /* NULL: nobody captures in this cluster */
	bool has_program;        /* is the ingress program attached while there is no TAP? */
};

static unsigned differences;

/* --- the branches --- */

static bool is_pass(const struct oracle_sample *s)
{
	return s->core.fate == PASSED;
}

static bool is_drop(const struct oracle_sample *s, unsigned reason)
{
	return s->core.fate == DROPPED && s->core.reason == reason;
}

static bool is_shared(const struct oracle_sample *s)
{
	return s->policy & POLICY_SHARES && s->is_ip && s->eth_dst & MAC_CLUSTER &&
	       s->ip_dst.roles & IP_CLUSTER;
}

static bool has_tag(const struct oracle_sample *s)
{
	return s->view.body > FRAME_HEADER_LEN;
}

#define EGRESS(name, text, test)                                 \
	static bool name(const struct oracle_sample *s)          \
	{                                                        \
		return s->direction == REWRITE_EGRESS && (test); \
	}
#define INGRESS(name, text, test)                                 \
	static bool name(const struct oracle_sample *s)           \
	{                                                         \
		return s->direction == REWRITE_INGRESS && (test); \
	}
#define TO_OWN (MAC_SELF_DEDICATED | MAC_SELF_SOURCE)
#define BRANCHES(EGRESS, INGRESS)                                                                 \
	EGRESS(e_link_local, "link-local", is_drop(s, DROP_NOT_OURS))                             \
	EGRESS(e_ipv4, "E1: IPv4", is_pass(s) && s->is_ip && s->view.ethertype == ETH_P_IP)       \
	EGRESS(e_ipv6, "E1: IPv6", is_pass(s) && s->is_ip && s->view.ethertype == ETH_P_IPV6)     \
	EGRESS(e_other, "E1: neither IP nor ARP", is_pass(s) && !s->is_ip && !s->view.tagged)     \
	EGRESS(e_vid0, "E1: priority tag", is_pass(s) && has_tag(s) && !s->view.tagged)           \
	EGRESS(e_vlan, "E1: VLAN", is_pass(s) && s->view.tagged)                                  \
	EGRESS(e_peer, "E1: to a peer", is_pass(s) && s->result.peer)                             \
	EGRESS(e_gso, "E1: GSO, longer than the MTU",                                             \
	       is_pass(s) && s->frame.gso_size && s->frame.len > MTU + ETH_HLEN)                  \
	EGRESS(e_full, "E1: as long as the MTU",                                                  \
	       is_pass(s) && !s->frame.gso_size && s->frame.len == MTU + ETH_HLEN)                \
	EGRESS(e_long, "longer than the MTU", is_drop(s, DROP_TOO_LONG))                          \
	EGRESS(e_arp, "ARP to the daemon", s->core.fate == TO_DAEMON && s->is_arp)                \
	EGRESS(e_broken, "malformed ARP", s->is_arp && !s->result.is_resolution)                  \
	EGRESS(e_nd, "ND to the daemon", s->core.fate == TO_DAEMON && s->is_nd)                   \
	EGRESS(e_whole_nd, "well-formed ND", s->is_nd && s->result.is_resolution)                 \
	EGRESS(e_broken_nd, "malformed ND", s->is_nd && !s->result.is_resolution)                 \
	INGRESS(i_link_local, "link-local", s->core.fate == TO_NIC_STACK)                         \
	INGRESS(i1_mac, "I1: by MAC",                                                             \
		s->result.verdict.drop == DROP_ECHO && !(s->policy & POLICY_SOURCE_CLUSTER))      \
	INGRESS(i1_ip, "I1: by IP source",                                                        \
		s->result.verdict.drop == DROP_ECHO && (s->policy & POLICY_SOURCE_CLUSTER) &&     \
			s->is_ip)                                                                 \
	INGRESS(i1_arp, "I1: by ARP sender",                                                      \
		s->result.verdict.drop == DROP_ECHO && (s->policy & POLICY_SOURCE_CLUSTER) &&     \
			s->is_arp)                                                                \
	INGRESS(i3_peer, "I3: a peer's individual MAC",                                           \
		is_drop(s, DROP_NOT_OURS) && s->eth_dst & MAC_PEER_DEDICATED &&                   \
			!(s->eth_dst & MAC_GROUP) && !oracle_is_resolution(s))                    \
	INGRESS(i3_group, "I3: a peer's group MAC",                                               \
		is_drop(s, DROP_NOT_OURS) && s->eth_dst & MAC_GROUP && !oracle_is_resolution(s))  \
	INGRESS(i3_source, "I3: a peer's wire source MAC",                                        \
		is_drop(s, DROP_NOT_OURS) && !oracle_is_resolution(s) &&                          \
			(s->eth_dst & (MAC_PEER_DEDICATED | MAC_PEER_SOURCE)) == MAC_PEER_SOURCE) \
	INGRESS(i3_other, "I3: any other MAC",                                                    \
		is_drop(s, DROP_NOT_OURS) && !s->eth_dst && !oracle_is_resolution(s))             \
	INGRESS(i3_vlan, "I3: VLAN", is_drop(s, DROP_NOT_OURS) && s->view.tagged)                 \
	INGRESS(i3_arp, "I3: ARP", is_drop(s, DROP_NOT_OURS) && s->is_arp)                        \
	INGRESS(i3_nd, "I3: ND", is_drop(s, DROP_NOT_OURS) && s->is_nd)                           \
	INGRESS(i4_ipv4, "I4: IPv4",                                                              \
		is_drop(s, DROP_PEER_ADDRESS) && s->view.ethertype == ETH_P_IP)                   \
	INGRESS(i4_ipv6, "I4: IPv6",                                                              \
		is_drop(s, DROP_PEER_ADDRESS) && s->view.ethertype == ETH_P_IPV6)                 \
	INGRESS(i4_elsewhere, "I4: IPv4 elsewhere",                                               \
		is_drop(s, DROP_ELSEWHERE) && s->view.ethertype == ETH_P_IP)                      \
	INGRESS(i4_elsewhere_ipv6, "I4: IPv6 elsewhere",                                          \
		is_drop(s, DROP_ELSEWHERE) && s->view.ethertype == ETH_P_IPV6)                    \
	INGRESS(i4_forward, "I4: forward = yes",                                                  \
		is_pass(s) && s->is_ip && s->eth_dst & MAC_CLUSTER &&                             \
			s->policy & POLICY_FORWARD &&                                             \
			!(s->ip_dst.roles & (IP_SELF | IP_CLUSTER | IP_PEER | IP_GROUP)))         \
	INGRESS(i10_other, "I10: another node's share, IPv4",                                     \
		is_drop(s, DROP_OTHER_SHARE) && s->view.ethertype == ETH_P_IP)                    \
	INGRESS(i10_other_ipv6, "I10: another node's share, IPv6",                                \
		is_drop(s, DROP_OTHER_SHARE) && s->view.ethertype == ETH_P_IPV6)                  \
	INGRESS(i10_lease, "I10: no lease", is_drop(s, DROP_NO_LEASE))                            \
	INGRESS(i10_own, "I10: own share",                                                        \
		is_pass(s) && is_shared(s) && s->flow.kind != FLOW_ALL && !s->is_asked)           \
	INGRESS(i10_all, "I10: for all nodes",                                                    \
		is_pass(s) && is_shared(s) && s->flow.kind == FLOW_ALL)                           \
	INGRESS(i10_asked, "I10: the host is asked", is_pass(s) && s->is_asked)                   \
	INGRESS(i10_forward, "I10: forwarded, another node's share",                              \
		is_drop(s, DROP_OTHER_SHARE) && !(s->ip_dst.roles & IP_CLUSTER))                  \
	INGRESS(i10_fragment, "I10: a later fragment follows the first",                          \
		is_drop(s, DROP_OTHER_SHARE) && s->is_later && !s->by_address)                    \
	INGRESS(i4_group, "I4: a group or broadcast address",                                     \
		is_pass(s) && s->is_ip && s->eth_dst & MAC_CLUSTER && s->ip_dst.roles & IP_GROUP) \
	INGRESS(i4_not, "I4: an own or cluster address",                                          \
		is_pass(s) && s->is_ip && s->eth_dst & MAC_CLUSTER &&                             \
			s->ip_dst.roles & (IP_SELF | IP_CLUSTER))                                 \
	INGRESS(i2_dedicated, "I2: own dedicated MAC",                                            \
		is_pass(s) && (s->eth_dst & TO_OWN) == MAC_SELF_DEDICATED)                        \
	INGRESS(i2_source, "I2: own wire source MAC",                                             \
		is_pass(s) && (s->eth_dst & TO_OWN) == MAC_SELF_SOURCE)                           \
	INGRESS(i2_both, "I2: both in one", is_pass(s) && (s->eth_dst & TO_OWN) == TO_OWN)        \
	INGRESS(i2_strict, "I2: strict, an outsider's", is_drop(s, DROP_STRICT))                  \
	INGRESS(i2_by_ip, "I2: strict, a peer's IP source",                                       \
		is_pass(s) && s->policy & POLICY_STRICT && s->eth_dst & MAC_SELF_DEDICATED &&     \
			s->ip_src.roles & IP_PEER &&                                              \
			!(s->eth_src & (MAC_PEER_DEDICATED | MAC_PEER_SOURCE)))                   \
	INGRESS(i2_by_mac, "I2: strict, a peer's Ethernet source",                                \
		is_pass(s) && s->policy & POLICY_STRICT && s->eth_dst & MAC_SELF_DEDICATED &&     \
			!(s->ip_src.roles & IP_PEER))                                             \
	INGRESS(i2_vlan, "I2: VLAN", is_pass(s) && s->view.tagged && s->eth_dst & TO_OWN)         \
	INGRESS(i5_broadcast, "I5: broadcast", is_pass(s) && s->eth_dst & MAC_BROADCAST)          \
	INGRESS(i5_multicast, "I5: multicast",                                                    \
		is_pass(s) && (s->eth_dst & ~MAC_PEER_SOURCE) == MAC_GROUP)                       \
	INGRESS(i_vid0, "priority tag", is_pass(s) && has_tag(s) && !s->view.tagged)              \
	INGRESS(i_peer, "from a peer, by MAC",                                                    \
		is_pass(s) && s->result.peer && !(s->policy & POLICY_SOURCE_CLUSTER))             \
	INGRESS(i_peer_ip, "from a peer, by IP source",                                           \
		is_pass(s) && s->result.peer && s->policy & POLICY_SOURCE_CLUSTER &&              \
			s->result.peer == s->ip_src.peer)                                         \
	INGRESS(i_arp, "ARP to the daemon", s->core.fate == TO_DAEMON && s->is_arp)               \
	INGRESS(i_broken, "malformed ARP",                                                        \
		s->core.fate == TO_DAEMON && s->is_arp && !s->result.is_resolution)               \
	INGRESS(i_nd, "ND to the daemon", s->core.fate == TO_DAEMON && s->is_nd)                  \
	INGRESS(i_broken_nd, "malformed ND",                                                      \
		s->core.fate == TO_DAEMON && s->is_nd && !s->result.is_resolution)                \
	INGRESS(i7_nd, "I7: ND", s->is_nd && s->result.verdict.drop == DROP_SPOOFED)              \
	INGRESS(i8_nd, "I8: ND", s->is_nd && s->result.verdict.drop == DROP_CONFLICT)

BRANCHES(EGRESS, INGRESS)

#define ROW_EGRESS(name, text, test)  { "egress   " text, name },
#define ROW_INGRESS(name, text, test) { "ingress  " text, name },

static const struct {
	const char *name;
	bool (*is_taken)(const struct oracle_sample *s);
} branches[] = { BRANCHES(ROW_EGRESS, ROW_INGRESS) };
#define BRANCH_COUNT (sizeof(branches) / sizeof(branches[0]))

static unsigned long hits[BRANCH_COUNT];

static void count_branches(const struct oracle_sample *s)
{
	for (size_t i = 0; i < BRANCH_COUNT; i++)
		hits[i] += branches[i].is_taken(s);
}

static void print_branches(void)
{
	printf("branches of the rules, and the number of frames by rule that took each:\n");
	for (size_t i = 0; i < BRANCH_COUNT; i++) {
		printf("%9lu  %s%s\n", hits[i], branches[i].name,
		       hits[i] < HITS ? "  TOO FEW" : "");
		differences += hits[i] < HITS;
	}
}

/* --- the kernel --- */

static void die(const char *what, int error)
{
	fprintf(stderr, "datapaths: %s: %s\n", what, strerror(error));
	exit(2);
}

static int run_program(int program, const struct made *frame, const uint8_t *data, size_t len,
		       struct oracle_outcome *o)
{
	struct __sk_buff skb = { .gso_size = frame->gso_size, .gso_segs = frame->gso_size != 0 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = data, .data_size_in = (__u32)len,
		    .repeat = 1);

	if (o) {
		opts.data_out = o->bytes;
		opts.data_size_out = sizeof(o->bytes);
		opts.ctx_in = &skb;
		opts.ctx_size_in = sizeof(skb);
	}
	if (bpf_prog_test_run_opts(program, &opts))
		die("BPF_PROG_TEST_RUN", errno);
	if (o)
		o->len = opts.data_size_out;
	return (int)opts.retval;
}

/* The program that would be attached there. */
static int program_at(const struct bench *b, enum hook hook)
{
	return programs_hooks(kernel_path_programs(b->datapath))->at[hook].fd;
}

static void clear_map(const struct bpf_map *map)
{
	uint8_t key[sizeof(struct bpf_fragment_key)]; /* the largest of the keys */

	while (!bpf_map_get_next_key(bpf_map__fd(map), NULL, key))
		bpf_map_delete_elem(bpf_map__fd(map), key);
}

/* The reason under which one frame was dropped since the last call. DROP_NONE: none was dropped;
 * DROP_REASONS: more than one reason, or more than one frame. */
static unsigned take_reason(struct bench *b)
{
	struct bpf_counts now;
	unsigned i, reason = DROP_NONE;

	if (programs_counts(kernel_path_programs(b->datapath), &now))
		die("counters", errno);
	for (i = 0; i < DROP_REASONS; i++) {
		if (now.drops[i] == b->counts.drops[i])
			continue;
		reason = reason || now.drops[i] != b->counts.drops[i] + 1 ? DROP_REASONS : i;
	}
	b->counts = now;
	return reason;
}

/* The state that frames from the wire meet: is the ingress program attached, is there a TAP? */
static void set_path(const struct bench *b, bool has_program, bool has_tap)
{
	const struct programs_path path = {
		.nic = PATH_INDEX, .tap = has_tap ? PATH_INDEX : 0, .mtu = MTU, .is_in = has_program
	};

	programs_set_path(kernel_path_programs(b->datapath), &path);
}

/* The filter of a packet socket sees the same bytes as the tc programs. In a test run the kernel
 * removes an Ethernet header from the input first, so another one is put before the frame. */
static bool run_one_filter(const struct bpf_program *filter, const struct made *frame)
{
	uint8_t data[ETH_HLEN + FRAME_MAX] = { 0 };

	memcpy(data + ETH_HLEN, frame->bytes, frame->len);
	return run_program(bpf_program__fd(filter), frame, data, ETH_HLEN + frame->len, NULL) != 0;
}

/* Does the frame come from a peer, by its Ethernet source? */
static bool is_from_peer(const struct bench *b, const struct made *frame)
{
	const struct peers *peers = b->cluster.peers;
	unsigned roles;
	struct mac source;

	if (frame->len < ETH_HLEN)
		return false;
	memcpy(source.b, frame->bytes + MAC_LEN, MAC_LEN);
	roles = peers_by_mac(peers, &source).roles;
	return roles & (MAC_PEER_DEDICATED | MAC_PEER_SOURCE) ||
	       (peers_policy(peers) & POLICY_SOURCE_CLUSTER && roles & MAC_SELF_SOURCE);
}

/* Does the frame reach the daemon's packet sockets? *is_right: exactly one, the one that it is for,
 * if the frames of peers have one of their own (`is_split`), else the first. */
static bool run_filters(const struct bench *b, const struct made *frame, bool is_split,
			bool *is_right)
{
	bool others, of_peers;

	programs_split(kernel_path_programs(b->datapath), is_split);
	others = run_one_filter(b->skel->progs.clusterarpd_nic, frame);
	of_peers = run_one_filter(b->skel->progs.clusterarpd_peer, frame);
	*is_right = !(is_split && is_from_peer(b, frame) ? others : of_peers);
	return others || of_peers;
}

/* Is a frame in the ring, which leads to the daemon? *is_whole: the ring has this frame, complete,
 * and no other one, or it is empty. */
static bool is_in_ring(const struct bench *b, const struct made *frame, bool *is_whole)
{
	bool more;
	int n = ring_receive(programs_ring(kernel_path_programs(b->datapath)), b->packets,
			     PACKET_BATCH, &more);

	*is_whole = n == 0 || (n == 1 && !b->packets[0].error && b->packets[0].len == frame->len &&
			       !memcmp(b->packets[0].frame, frame->bytes, frame->len));
	return n != 0;
}

/* While there is no TAP to redirect to, the daemon gets every frame that is not another node's:
 * through the filter while no ingress program is attached, otherwise through the ring. */
static bool is_left_to_daemon(struct bench *b, const struct oracle_sample *s, bool has_program)
{
	bool is_others = s->core.fate == DROPPED && s->core.reason == DROP_NOT_OURS;
	bool passes, is_whole, is_told, is_right;
	unsigned reason;
	int act;

	set_path(b, has_program, false);
	passes = run_filters(b, &s->frame, s->frame.len & 1, &is_right);
	act = run_program(program_at(b, HOOK_INGRESS), &s->frame, s->frame.bytes, s->frame.len,
			  NULL);
	reason = take_reason(b);
	is_told = is_in_ring(b, &s->frame, &is_whole);
	set_path(b, true, true);
	b->expected.all.drops[DROP_NOT_OURS] += is_others;
	return is_right && act == (s->core.fate == TO_NIC_STACK ? TC_ACT_UNSPEC : TC_ACT_SHOT) &&
	       is_whole && reason == (is_others ? DROP_NOT_OURS : DROP_NONE) &&
	       (has_program ? is_told : passes) == (!is_others && s->core.fate != TO_NIC_STACK) &&
	       !(has_program ? passes : is_told);
}

static bool is_filter_right(struct bench *b, const struct oracle_sample *s)
{
	bool is_right;

	b->has_program = generate_number(2);
	return is_left_to_daemon(b, s, b->has_program) &&
	       !run_filters(b, &s->frame, true, &is_right);
}

static void run_kernel(struct bench *b, const struct oracle_sample *s, struct oracle_outcome *o)
{
	bool egress = s->direction == REWRITE_EGRESS;
	bool is_right = egress || is_filter_right(b, s);
	int act = run_program(program_at(b, egress ? HOOK_TAP_EGRESS : HOOK_INGRESS), &s->frame,
			      s->frame.bytes, s->frame.len, o);
	bool is_whole, to_daemon = is_in_ring(b, &s->frame, &is_whole);

	o->reason = DROP_NONE;
	if (act == TC_ACT_SHOT)
		o->reason = take_reason(b);
	if (!is_right || !is_whole)
		*o = (struct oracle_outcome){ .fate = DROPPED, .reason = DROP_REASONS };
	else if (act == TC_ACT_REDIRECT && !to_daemon)
		o->fate = PASSED;
	else if (act == TC_ACT_UNSPEC && !to_daemon)
		o->fate = egress ? TO_DAEMON : TO_NIC_STACK;
	else if (act == TC_ACT_SHOT && to_daemon && !o->reason)
		o->fate = TO_DAEMON;
	else if (act == TC_ACT_SHOT && !to_daemon && o->reason)
		o->fate = DROPPED;
	else
		*o = (struct oracle_outcome){ .fate = DROPPED, .reason = DROP_REASONS };
}

/* The program at the TAP's ingress: the host has no connection, so what it is asked about is
 * dropped. */
static bool is_asked_rightly(struct bench *b, const struct oracle_sample *s)
{
	unsigned reason;
	int act;

	if (s->is_asked) /* by an earlier frame a connection may have begun */
		clear_map(b->skel->maps.begun);
	act = run_program(program_at(b, HOOK_TAP_INGRESS), &s->frame, s->core.bytes, s->core.len,
			  NULL);
	reason = take_reason(b);
	b->expected.all.drops[DROP_OTHER_SHARE] += s->is_asked;
	if (s->is_asked)
		return act == TC_ACT_SHOT && reason == DROP_OTHER_SHARE;
	return act == TC_ACT_UNSPEC && reason == DROP_NONE;
}

/* --- what a capture sees --- */

struct sides {
	const struct oracle_sample *sample;
	unsigned in, out;
	bool differs;
};

static bool has_bytes(const struct observed *side, const uint8_t *bytes, size_t len)
{
	return side->len == len && side->kept == len && !memcmp(side->frame, bytes, len);
}

/* What cannot be sent was rewritten in the core, and is too long to be rewritten by the programs.
 */
static bool is_out_right(const struct observed *side, const struct oracle_sample *s)
{
	if (s->core.fate == DROPPED)
		return s->core.reason == DROP_TOO_LONG && side->verdict.drop == DROP_TOO_LONG;
	if (side->verdict.drop != DROP_NONE) /* at the TAP */
		return s->is_asked && side->verdict.drop == DROP_OTHER_SHARE;
	return s->core.fate == PASSED && has_bytes(side, s->core.bytes, s->core.len) &&
	       side->verdict.edits == s->result.verdict.edits;
}

static bool is_in_right(const struct observed *side, const struct oracle_sample *s)
{
	bool is_sent = s->core.fate == PASSED || s->core.reason == DROP_TOO_LONG;

	return has_bytes(side, s->frame.bytes, s->frame.len) && !side->verdict.edits &&
	       side->verdict.drop == (is_sent ? DROP_NONE : s->core.reason);
}

static void on_side(const struct observed *side, void *arg)
{
	struct sides *sides = arg;
	const struct oracle_sample *s = sides->sample;

	*(side->is_out ? &sides->out : &sides->in) += 1;
	if (side->direction != s->direction ||
	    !(side->is_out ? is_out_right(side, s) : is_in_right(side, s)))
		sides->differs = true;
}

/* is_left_to_daemon() has run the program at ingress once more, which shows what is another node's
 * if it is attached. */
static bool is_shown_rightly(const struct bench *b, const struct oracle_sample *s)
{
	struct sides sides = { .sample = s };
	bool is_sent = s->core.fate == PASSED || s->core.reason == DROP_TOO_LONG;
	bool is_dropped = s->core.fate == DROPPED;
	unsigned in = s->core.fate == PASSED || is_dropped;
	unsigned out = is_sent + (s->core.fate == PASSED && s->is_asked);

	if (!b->observe)
		return true;
	if (is_dropped && s->core.reason == DROP_NOT_OURS && s->direction == REWRITE_INGRESS)
		in += b->has_program;
	observe_read(b->observe, 16, on_side, &sides);
	return !sides.differs && sides.in == in && sides.out == out;
}

/* --- comparing --- */

static const char *reason_name(unsigned reason)
{
	const char *name = counters_drop_name(reason);

	return name ? name : "handled by no program, by both, twice, truncated, or shown wrongly";
}

static void complain(const struct bench *b, const struct oracle_sample *s,
		     const struct oracle_outcome *o)
{
	size_t i;

	if (differences++ >= COMPLAINTS)
		return;
	printf("DIFFERS: cluster '%s', %s: in the core it %s (%s), in the kernel it %s (%s)\n  ",
	       b->cluster.name, s->direction == REWRITE_EGRESS ? "egress" : "ingress",
	       oracle_fate_name(s->core.fate), s->core.reason ? reason_name(s->core.reason) : "-",
	       oracle_fate_name(o->fate), o->reason ? reason_name(o->reason) : "-");
	for (i = 0; i < s->frame.len && i < 64; i++)
		printf("%02x", s->frame.bytes[i]);
	printf(" (%zu bytes, gso_size %u)\n", s->frame.len, s->frame.gso_size);
	for (i = 0; o->fate == PASSED && i < o->len; i++)
		if (o->len != s->core.len || o->bytes[i] != s->core.bytes[i]) {
			printf("  from byte %zu\n", i);
			return;
		}
}

static void compare(struct bench *b, struct oracle_sample *s)
{
	struct oracle_outcome o;

	s->direction = generate_number(2) ? REWRITE_EGRESS : REWRITE_INGRESS;
	oracle_ask(&b->cluster, s, &b->expected);
	run_kernel(b, s, &o);
	if (s->direction == REWRITE_INGRESS && o.fate == PASSED && !is_asked_rightly(b, s))
		o = (struct oracle_outcome){ .fate = DROPPED, .reason = DROP_REASONS };
	if (!is_shown_rightly(b, s))
		o = (struct oracle_outcome){ .fate = DROPPED, .reason = DROP_REASONS };
	if (o.fate != s->core.fate || (o.fate == DROPPED && o.reason != s->core.reason) ||
	    (o.fate == PASSED &&
	     (o.len != s->core.len || memcmp(o.bytes, s->core.bytes, o.len) != 0)))
		complain(b, s, &o);
}

static void complain_of_count(const char *what, uint64_t seen, uint64_t expected, void *arg)
{
	const struct bench *b = arg;

	differences++;
	printf("DIFFERS: cluster '%s': %s: %" PRIu64 ", expected %" PRIu64 "\n", b->cluster.name,
	       what, seen, expected);
}

/* Now and then the shares change. */
static void change_shares(struct bench *b, unsigned frame)
{
	if (frame % SHARES_LAST)
		return;
	generate_other_shares(&b->cluster);
	clear_map(b->skel->maps.fragments);
	kernel_path_set_shares(b->datapath, &b->cluster.shares);
}

static void compare_counters(struct bench *b)
{
	struct counters seen = { 0 };

	kernel_path_collect(b->datapath, &seen);
	oracle_compare_counts(&b->cluster, &b->expected, &seen, complain_of_count, b);
}

static void compare_lost(struct bench *b)
{
	struct bpf_seen_lost lost;

	if (observe_lost(b->observe, &lost))
		die("lost", errno);
	if (lost.tap_in + lost.tap_out + lost.nic_in + lost.nic_out)
		complain_of_count("frames that were not shown", lost.tap_in + lost.nic_in, 0, b);
}

/* BPF_PROG_TEST_RUN refuses an IP packet with an incomplete header. (veth.c sends those.) */
static bool can_be_run(const struct made *f)
{
	unsigned ethertype = f->bytes[12] << 8 | f->bytes[13];

	return (ethertype != ETH_P_IP || f->len >= ETH_HLEN + 20) &&
	       (ethertype != ETH_P_IPV6 || f->len >= ETH_HLEN + 40);
}

static void run_cluster(unsigned index, struct packet *packets)
{
	struct bench b = { .packets = packets };
	struct oracle_sample s;
	unsigned i;

	generate_cluster(index, &b.cluster);
	b.datapath = kernel_path_create(b.cluster.peers, NULL, NULL, -1);
	if (!b.datapath || !kernel_path_is_used(b.datapath))
		exit(2);
	b.skel = programs_skeleton(kernel_path_programs(b.datapath));
	if (index % 2 && kernel_path_observe(b.datapath, BPF_SNAPLEN_MAX))
		exit(2);
	b.observe = kernel_path_observed(b.datapath);
	set_path(&b, true, true);
	for (i = 0; i < BY_RULE / CLUSTERS; i++) {
		do
			generate_by_rule(&b.cluster, &s.frame);
		while (!can_be_run(&s.frame));
		change_shares(&b, i);
		compare(&b, &s);
		count_branches(&s);
	}
	for (i = 0; i < AT_RANDOM / CLUSTERS + 1; i++) {
		do
			generate_at_random(&b.cluster, &s.frame);
		while (!can_be_run(&s.frame));
		change_shares(&b, i);
		compare(&b, &s);
	}
	compare_counters(&b);
	if (b.observe)
		compare_lost(&b);
	kernel_path_destroy(b.datapath);
	generate_cluster_clear(&b.cluster);
}

int main(int argc, char **argv)
{
	unsigned long seed = argc > 1 ? strtoul(argv[1], NULL, 0) : (unsigned long)time(NULL);
	static struct packet packets[PACKET_BATCH];
	unsigned i;

	printf("both data paths, frame by frame; seed %lu\n", seed);
	generate_seed(seed);
	for (i = 0; i < PACKET_BATCH; i++)
		packets[i].memory = malloc(PACKET_MEMORY);
	for (i = 0; i < CLUSTERS; i++)
		run_cluster(i, packets);
	for (i = 0; i < PACKET_BATCH; i++)
		free(packets[i].memory);
	print_branches();
	printf("%d frames by rule and %d at random: %u differences\n", BY_RULE, AT_RANDOM,
	       differences);
	return differences ? 1 : 0;
}
