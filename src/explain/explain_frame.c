/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain_frame: what the rules say about one frame; see explain_frame.h. */
#include "explain/explain_frame.h"

#include <linux/if_ether.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "core/frame.h"
#include "core/nd.h"

#define TAGS_MAX         3 /* as many as frame_view() looks at */
#define IPV4_HEADER_MIN  20
#define IPV6_HEADER      40
#define IPV6_NEXT_HEADER 6
#define FLOW_BYTES       14 /* of a TCP header, what the shares look at */

/* --- frames that were not captured whole --- */

/* Could what follows the IPv6 header be Neighbour Discovery? That is judged as a whole. */
static bool may_be_nd(const uint8_t *ip, size_t len)
{
	switch (ip[IPV6_NEXT_HEADER]) {
	case IPPROTO_ICMPV6:
		return len <= IPV6_HEADER || (ip[IPV6_HEADER] >= ND_ROUTER_SOLICITATION &&
					      ip[IPV6_HEADER] <= ND_REDIRECT);
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_DSTOPTS:
		return true;
	default:
		return false;
	}
}

/* How many bytes of an IP packet, of which `len` are there, the rules look at. */
static size_t ip_bytes_wanted(const struct frame *f, size_t len, bool is_shared)
{
	const uint8_t *ip = f->data + f->body;
	size_t flow = is_shared ? FLOW_BYTES : 0;

	if (f->ethertype == ETH_P_IP)
		return len ? (size_t)(ip[0] & 15) * 4 + flow : IPV4_HEADER_MIN;
	if (len < IPV6_HEADER)
		return IPV6_HEADER;
	return may_be_nd(ip, len) ? SIZE_MAX : IPV6_HEADER + flow;
}

/* Does the capture lack bytes of the frame that the rules look at? */
static bool lacks_bytes(uint8_t *data, size_t len, bool is_shared)
{
	struct frame f;

	if (len < FRAME_HEADER_LEN + TAGS_MAX * FRAME_VLAN_LEN || !frame_view(&f, data, len))
		return true;
	if (f.tagged)
		return false;
	len -= f.body;
	if (f.ethertype == ETH_P_ARP)
		return len < sizeof(struct frame_arp);
	if (f.ethertype == ETH_P_IP || f.ethertype == ETH_P_IPV6)
		return len < ip_bytes_wanted(&f, len, is_shared);
	return false;
}

/* These rules look at the MACs alone; I4 at the IP addresses, which are there if it drops. */
static bool is_settled(const struct explain_frame *e)
{
	const struct explain_hit *last = e->hits.list + e->hits.count;

	if (!e->hits.count || !(--last)->drop)
		return false;
	return last->rule == EXPLAIN_LINK_LOCAL || last->rule == EXPLAIN_I1 ||
	       last->rule == EXPLAIN_I3 || last->rule == EXPLAIN_I4;
}

/* --- one frame --- */

static bool make_room(struct explain_frame *e, size_t size)
{
	uint8_t *before, *after;

	if (size <= e->size)
		return true;
	before = realloc(e->before, size);
	if (before)
		e->before = before;
	after = realloc(e->after, size);
	if (after)
		e->after = after;
	if (!before || !after)
		return false;
	e->size = size;
	return true;
}

static bool depends_on_share(const struct explain_cluster *c, const struct explain_frame *e)
{
	return c->config->shares == CONFIG_SHARES_DRIVEN && rule_is_shared(&e->result.keys) &&
	       e->result.keys.flow != FLOW_ALL;
}

static enum explain_fate fate_before_rules(const struct explain_cluster *c,
					   const struct explain_packet *p,
					   const struct explain_frame *e)
{
	bool is_shared = e->place.way == EXPLAIN_WIRE_IN && rule_is_shared(&e->result.keys);

	if (p->captured < p->len && !is_settled(e) &&
	    lacks_bytes(e->before, p->captured, is_shared))
		return EXPLAIN_CUT;
	if (e->result.verdict.drop)
		return EXPLAIN_DROPPED;
	return e->place.way == EXPLAIN_WIRE_IN && depends_on_share(c, e) ? EXPLAIN_DEPENDS
									 : EXPLAIN_PASSES;
}

static enum explain_fate fate(const struct explain_cluster *c, const struct explain_packet *p,
			      const struct explain_frame *e)
{
	enum explain_fate first = fate_before_rules(c, p, e);

	if (e->place.way != EXPLAIN_WIRE_OUT || first == EXPLAIN_CUT)
		return first;
	return first == EXPLAIN_PASSES && !e->changes.count ? EXPLAIN_SENT : EXPLAIN_ODD;
}

/* Let the rules change e->after, in one direction. */
static void apply(const struct explain_cluster *c, const struct explain_packet *p, uint64_t ms,
		  enum rewrite_direction direction, struct explain_frame *e)
{
	struct rewrite rewrite = explain_cluster_rewrite(c, ms);

	memcpy(e->after, e->before, p->captured);
	rewrite_frame(&rewrite, direction, e->after, p->captured, false, &e->result);
}

/* By the keys of the egress rules, which leave no trace. */
static void find_place(const struct explain_cluster *c, enum explain_side side,
		       const struct explain_packet *p, uint64_t ms, struct explain_frame *e)
{
	apply(c, p, ms, REWRITE_EGRESS, e);
	e->place = explain_place(c->peers, &e->result, &p->origin, side);
}

bool explain_frame(const struct explain_cluster *cluster, enum explain_side side,
		   const struct explain_packet *packet, uint64_t ms, struct explain_frame *out)
{
	enum rewrite_direction direction;

	if (!make_room(out, packet->captured + 1))
		return false;
	out->hits.count = out->changes.count = 0;
	if (packet->captured)
		memcpy(out->before, packet->data, packet->captured);
	find_place(cluster, side, packet, ms, out);
	out->fate = EXPLAIN_GOT;
	if (out->place.way == EXPLAIN_TAP_IN)
		return true;
	direction = out->place.way == EXPLAIN_WIRE_IN ? REWRITE_INGRESS : REWRITE_EGRESS;
	apply(cluster, packet, ms, direction, out);
	if (packet->captured >= FRAME_HEADER_LEN)
		explain_rules(&out->result.keys, direction, &out->hits);
	if (!explain_changes(&out->changes, out->before, out->after, packet->captured))
		return false;
	out->fate = fate(cluster, packet, out);
	return true;
}

void explain_frame_free(struct explain_frame *out)
{
	free(out->before);
	free(out->after);
	explain_changes_free(&out->changes);
}
