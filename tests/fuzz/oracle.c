/* SPDX-License-Identifier: GPL-2.0-or-later */
/* oracle: what must happen to a frame, according to the C core; see oracle.h. */
#include "oracle.h"

#include <linux/if_ether.h>
#include <string.h>

const char *oracle_fate_name(enum oracle_fate fate)
{
	static const char *const names[] = { "passes", "is dropped", "goes to the daemon",
					     "goes to the NIC's stack" };

	return names[fate];
}

bool oracle_is_resolution(const struct oracle_sample *s)
{
	return s->is_arp || s->is_nd;
}

static bool is_nd_at(const struct made *f, size_t at)
{
	return f->len > at && f->bytes[at] >= 133 && f->bytes[at] <= 137;
}

static bool is_extension(uint8_t header)
{
	return header == 0 || header == 43 || header == 60;
}

/* RFC 4861, by the bytes at these offsets alone: the IPv6 header may be invalid. Behind extension
 * headers (RFC 8200) with the hop limit that Neighbour Discovery has. */
static bool looks_like_nd(const struct made *f, size_t body)
{
	const uint8_t *ip = f->bytes + body;

	if (f->len < body + 8)
		return false;
	if (ip[6] == 58)
		return is_nd_at(f, body + 40);
	if (!is_extension(ip[6]) || ip[7] != 255 || f->len < body + 42)
		return false;
	return ip[40] == 58 ? is_nd_at(f, body + 48 + 8 * (size_t)ip[41]) : is_extension(ip[40]);
}

/* What I10 saw of a packet for a cluster address. */
static void look_into_flow(const struct cluster *c, struct oracle_sample *s)
{
	const uint8_t *ip = s->frame.bytes + s->view.body;
	unsigned drop = s->result.verdict.drop;

	s->flow = (struct flow){ .kind = FLOW_ALL };
	s->is_later = s->by_address = false;
	if (s->direction == REWRITE_EGRESS || !s->is_ip || !(s->eth_dst & MAC_CLUSTER) ||
	    !(s->ip_dst.roles & IP_CLUSTER) ||
	    (drop != DROP_NONE && drop != DROP_OTHER_SHARE && drop != DROP_NO_LEASE))
		return;

	s->flow = flow_view(&s->view, &c->shares, false, c->fragments, c->now);
	s->is_later = s->view.ethertype == ETH_P_IP && ((ip[6] & 0x1f) || ip[7]);
	s->by_address = c->config->affinity != AFFINITY_CONNECTION || (ip[9] != 6 && ip[9] != 17);
}

static void look(const struct cluster *c, struct oracle_sample *s)
{
	const struct made *f = &s->frame;
	struct mac destination, source;
	struct ip_addr from, to;

	frame_view(&s->view, (uint8_t *)f->bytes, f->len);
	destination = frame_destination(&s->view);
	source = frame_source(&s->view);
	s->eth_dst = peers_by_mac(c->peers, &destination).roles;
	s->eth_src = peers_by_mac(c->peers, &source).roles;
	s->policy = peers_policy(c->peers);
	s->is_arp = !s->view.tagged && s->view.ethertype == ETH_P_ARP;
	s->is_ip = !s->view.tagged && frame_ip(&s->view, &from, &to);
	s->ip_src = s->ip_dst = (struct peers_entry){ 0 };
	if (s->is_ip) {
		s->ip_src = peers_by_ip(c->peers, &from);
		s->ip_dst = peers_by_ip(c->peers, &to);
	}
	s->is_nd = !s->view.tagged && s->view.ethertype == ETH_P_IPV6 &&
		   looks_like_nd(f, s->view.body);
}

/* The limit above which a packet socket, see packet(7), refuses a frame with EMSGSIZE. */
static bool is_too_long(const struct oracle_sample *s)
{
	const uint8_t *b = s->frame.bytes;
	size_t room = MTU + ETH_HLEN;

	if (b[12] == 0x81 && b[13] == 0x00)
		room += 4;
	return !s->frame.gso_size && s->frame.len > room;
}

/* Has the host to be asked, by the frame as it comes to the TAP? */
static bool is_asked(const struct cluster *c, const struct oracle_outcome *o)
{
	struct mac destination;
	struct ip_addr from, to;
	struct rule_keys keys = { .policy = (uint8_t)peers_policy(c->peers), .kind = FRAME_IP };
	struct fragments *none;
	struct frame f;
	struct flow flow;

	if (!frame_view(&f, (uint8_t *)o->bytes, o->len) || f.tagged || !frame_ip(&f, &from, &to))
		return false;
	destination = frame_destination(&f);
	keys.eth_dst = peers_by_mac(c->peers, &destination).roles;
	keys.ip_dst = (uint8_t)peers_by_ip(c->peers, &to).roles;
	if (!(keys.ip_dst & IP_CLUSTER))
		return false;
	none = fragments_create();
	flow = flow_view(&f, &c->shares, false, none, c->now);
	fragments_destroy(none);
	keys.flow = (uint8_t)flow.kind;
	keys.share = c->shares.decisions[flow.bucket];
	return rule_must_ask(&keys);
}

static void run_core(const struct cluster *c, struct oracle_sample *s)
{
	const struct rewrite rules = { c->peers, &c->shares, c->fragments, c->now };
	struct oracle_outcome *o = &s->core;

	o->len = s->frame.len;
	memcpy(o->bytes, s->frame.bytes, o->len);
	rewrite_frame(&rules, s->direction, o->bytes, o->len, false, &s->result);
	look_into_flow(c, s);
	s->is_asked = s->direction == REWRITE_INGRESS && !s->result.verdict.drop && is_asked(c, o);
	o->reason = s->result.verdict.drop;
	o->fate = o->reason ? DROPPED : PASSED;
	if (s->direction == REWRITE_EGRESS) {
		if (oracle_is_resolution(s))
			o->fate = TO_DAEMON;
		else if (o->fate == PASSED && is_too_long(s))
			*o = (struct oracle_outcome){ .fate = DROPPED, .reason = DROP_TOO_LONG };
	} else if (s->eth_dst & MAC_LINK_LOCAL) {
		o->fate = TO_NIC_STACK;
	} else if (o->reason == DROP_ECHO ||
		   (oracle_is_resolution(s) && o->reason != DROP_NOT_OURS)) {
		o->fate = TO_DAEMON;
	}
}

static void count(const struct cluster *cluster, const struct oracle_sample *s,
		  struct oracle_counts *counts)
{
	bool egress = s->direction == REWRITE_EGRESS;
	struct counters *c = &counts->all;
	size_t peer, len = s->frame.len;

	if (s->core.fate == DROPPED)
		c->drops[s->core.reason]++;
	if (egress && (s->core.fate == PASSED || s->core.fate == DROPPED)) {
		c->tap_frames_in++;
		c->tap_bytes_in += len;
	} else if (s->core.fate == PASSED ||
		   (s->core.fate == DROPPED && s->core.reason != DROP_NOT_OURS)) {
		c->nic_frames_in++;
		c->nic_bytes_in += len;
	}
	if (s->core.fate != PASSED)
		return;
	*(egress ? &c->nic_frames_out : &c->tap_frames_out) += 1;
	*(egress ? &c->nic_bytes_out : &c->tap_bytes_out) += len;
	if (!s->result.peer)
		return;
	peer = (size_t)(s->result.peer - peers_get(cluster->peers, 0));
	*(egress ? &counts->peers[peer].frames_out : &counts->peers[peer].frames_in) += 1;
	*(egress ? &counts->peers[peer].bytes_out : &counts->peers[peer].bytes_in) += len;
}

void oracle_ask(const struct cluster *cluster, struct oracle_sample *sample,
		struct oracle_counts *counts)
{
	look(cluster, sample);
	run_core(cluster, sample);
	count(cluster, sample, counts);
}

void oracle_compare_counts(const struct cluster *cluster, const struct oracle_counts *expected,
			   const struct counters *seen,
			   void (*differs)(const char *what, uint64_t seen, uint64_t expected,
					   void *arg),
			   void *arg)
{
	size_t i;

#define COMPARE(name)                         \
	if (seen->name != expected->all.name) \
		differs(#name, seen->name, expected->all.name, arg);
	COUNTERS(COMPARE)
	for (i = 0; i < DROP_REASONS; i++)
		if (seen->drops[i] != expected->all.drops[i])
			differs(i ? counters_drop_name((unsigned)i) : "no reason", seen->drops[i],
				expected->all.drops[i], arg);
#define COMPARE_PEER(name)      \
	if (p->name != e->name) \
		differs("a peer's " #name, p->name, e->name, arg);
	for (i = 0; i < peers_count(cluster->peers); i++) {
		const struct peer_counters *p = &peers_get(cluster->peers, i)->counters;
		const struct peer_counters *e = &expected->peers[i];

		PEER_COUNTERS(COMPARE_PEER)
	}
}
