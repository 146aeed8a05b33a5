/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rewrite: parse a frame, look up its addresses, get the verdict, edit the frame.
 *
 * rules.h makes the decision; this file builds the keys of a frame and carries out the edits.
 */
#include "core/rewrite.h"

#include <string.h>

#include "core/frame.h"
#include "core/nd.h"

/* A frame, its keys for the rules, and what the edits need. */
struct context {
	const struct peers *peers;
	struct frame frame;
	struct frame_arp *arp; /* NULL: no ARP body that the rules examine */
	struct nd nd;          /* if keys.kind is FRAME_ND */
	struct rule_keys keys;
	struct peers_entry destination, source; /* by MAC */
	struct peers_entry sender, target; /* by IP: of ARP and ND, or IP source and destination */
	const struct ip_addr *target_ip;
	unsigned impossible; /* edits that the frame has no place for */
};

static struct mac mac_from(const uint8_t b[MAC_LEN])
{
	struct mac m;

	memcpy(m.b, b, MAC_LEN);
	return m;
}

/* Fill the keys of a resolution: the roles of sender and target, by IP and by MAC. */
static void view_resolution(struct context *c, struct rewrite_result *result, enum frame_kind kind)
{
	result->is_resolution = true;
	c->target_ip = &result->target_ip;
	c->sender = peers_by_ip(c->peers, &result->sender_ip);
	c->target = peers_by_ip(c->peers, c->target_ip);
	c->keys.kind = (uint8_t)kind;
	c->keys.sender_ip = (uint8_t)c->sender.roles;
	c->keys.target_ip = (uint8_t)c->target.roles;
}

/* The roles of `m` as the sender's link-layer address. */
static uint16_t sender_mac_roles(const struct context *c, const struct mac *m)
{
	uint16_t roles = peers_by_mac(c->peers, m).roles;

	if (c->sender.peer && mac_equal(&c->sender.peer->node->dedicated, m))
		roles |= MAC_OF_SENDER;
	return roles;
}

static void view_arp(struct context *c, struct rewrite_result *result)
{
	struct mac target_mac = mac_from(c->arp->target_mac);

	result->sender_mac = mac_from(c->arp->sender_mac);
	result->sender_ip = ip_from_ipv4_bytes(c->arp->sender_ip);
	result->target_ip = ip_from_ipv4_bytes(c->arp->target_ip);
	view_resolution(c, result, FRAME_ARP);
	c->keys.is_reply = frame_arp_op(c->arp) == FRAME_ARP_REPLY;
	c->keys.sender_mac = sender_mac_roles(c, &result->sender_mac);
	c->keys.target_mac = peers_by_mac(c->peers, &target_mac).roles;
}

/* The more suspicious of two senders' link-layer addresses in one message has the lower rank. */
static int rank(uint16_t roles)
{
	return roles & MAC_CLUSTER ? 1 : roles & MAC_OF_SENDER ? 2 : 0;
}

/* A message without the option is as if it had one with the MAC that the sender's stack knows of
 * itself: in a node's frame the cluster MAC, else the Ethernet source. A redirect is not about its
 * sender, and without the option tells no MAC: as if it had the cluster MAC. */
static void view_without_lladdr(struct context *c, struct rewrite_result *result)
{
	result->sender_mac = frame_source(&c->frame);
	c->impossible |= EDIT_SENDER_MAC_SELF | EDIT_SENDER_MAC_PEER;
	if (c->keys.is_redirect || (c->keys.eth_src & (MAC_PEER_DEDICATED | MAC_PEER_SOURCE)))
		c->keys.sender_mac = MAC_CLUSTER;
	else
		c->keys.sender_mac = c->keys.eth_src;
}

/* Of several options with the sender's link-layer address the most suspicious one counts: which of
 * them a receiver takes is not defined. */
static void view_lladdrs(struct context *c, struct rewrite_result *result)
{
	const uint8_t *lladdr;
	size_t position = 0;
	bool is_first = true;

	while ((lladdr = nd_next_lladdr(&c->nd, &position))) {
		struct mac m = mac_from(lladdr);
		uint16_t roles = sender_mac_roles(c, &m);

		if (!is_first && rank(roles) >= rank(c->keys.sender_mac))
			continue;
		is_first = false;
		result->sender_mac = m;
		c->keys.sender_mac = roles;
	}
	if (is_first)
		view_without_lladdr(c, result);
}

/* A message behind extension headers is judged, but left as it is. With the cluster MAC it would
 * need I6 to be harmless: then its Ethernet source counts, which is a foreign MAC. */
static void view_hidden(struct context *c, struct rewrite_result *result)
{
	c->impossible |= EDIT_RESOLUTION | EDIT_ETH_DST_PEER;
	if (!(c->keys.sender_ip & IP_PEER) || !(c->keys.sender_mac & MAC_CLUSTER))
		return;
	c->keys.sender_mac &= (uint16_t)~MAC_CLUSTER;
	result->sender_mac = frame_source(&c->frame);
}

/* Add what FRAME_ND has beside FRAME_IP. */
static void view_nd(struct context *c, struct rewrite_result *result)
{
	result->is_nd = true;
	result->sender_ip = nd_sender(&c->nd);
	result->target_ip = nd_target(&c->nd);
	view_resolution(c, result, FRAME_ND);
	c->keys.is_reply =
		c->nd.type != ND_NEIGHBOR_SOLICITATION && c->nd.type != ND_ROUTER_SOLICITATION;
	c->keys.is_redirect = c->nd.type == ND_REDIRECT;
	c->impossible |= EDIT_TARGET_MAC_CLUSTER;
	view_lladdrs(c, result);
	if (c->nd.is_hidden)
		view_hidden(c, result);
}

static void view_ip(struct context *c)
{
	struct ip_addr source, destination;

	if (!frame_ip(&c->frame, &source, &destination))
		return;
	c->sender = peers_by_ip(c->peers, &source);
	c->target = peers_by_ip(c->peers, &destination);
	c->keys.kind = FRAME_IP;
	c->keys.ip_src = (uint8_t)c->sender.roles;
	c->keys.ip_dst = (uint8_t)c->target.roles;
}

/* Fill the keys. For tagged frames only the MACs count (SPEC 4, "both ways"). */
static void view(struct context *c, bool has_partial_checksum, struct rewrite_result *result)
{
	struct mac destination = frame_destination(&c->frame);
	struct mac source = frame_source(&c->frame);

	c->destination = peers_by_mac(c->peers, &destination);
	c->source = peers_by_mac(c->peers, &source);
	c->keys.eth_dst = c->destination.roles;
	c->keys.eth_src = c->source.roles;
	c->keys.policy = (uint8_t)peers_policy(c->peers);
	c->keys.kind = FRAME_OTHER;
	c->keys.is_too_deep = c->frame.is_too_deep;
	if (c->frame.tagged)
		return;
	c->arp = frame_arp(&c->frame);
	if (c->arp)
		view_arp(c, result);
	else
		view_ip(c);
	if (nd_view(&c->nd, &c->frame, has_partial_checksum))
		view_nd(c, result);
}

/* Fill the keys of I10. */
static void view_flow(struct context *c, const struct rewrite *r, struct rewrite_result *result)
{
	bool is_forwarded = !(c->keys.ip_dst & IP_CLUSTER);
	struct flow flow = flow_view(&c->frame, r->shares, is_forwarded, r->fragments, r->now);

	c->keys.flow = (uint8_t)flow.kind;
	c->keys.share = r->shares->decisions[flow.bucket];
	c->keys.has_lease = r->now < r->shares->lease;
	result->bucket = flow.bucket;
}

static void set_sender_mac(struct context *c, const struct mac *m)
{
	if (c->keys.kind == FRAME_ND)
		nd_set_lladdrs(&c->nd, m);
	else
		memcpy(c->arp->sender_mac, m->b, MAC_LEN);
}

static void set_sender_ip(struct context *c, const struct ip_addr *ip)
{
	if (c->keys.kind == FRAME_ND)
		nd_set_sender(&c->nd, ip);
	else
		memcpy(c->arp->sender_ip, ip->b, sizeof(c->arp->sender_ip));
}

static void edit_resolution(struct context *c, unsigned edits)
{
	if (edits & EDIT_SENDER_IP_SELF)
		set_sender_ip(c, peers_own_address_for(c->peers, c->target_ip));
	if (edits & EDIT_SENDER_MAC_SELF)
		set_sender_mac(c, &peers_self(c->peers)->dedicated);
	if (edits & EDIT_SENDER_MAC_PEER)
		set_sender_mac(
			c, &(c->sender.peer ? c->sender.peer : c->source.peer)->node->dedicated);
	if (edits & EDIT_TARGET_MAC_CLUSTER)
		memcpy(c->arp->target_mac, peers_config(c->peers)->mac.b, MAC_LEN);
}

/* The edits that the frame has a place for. Without a dedicated address of the family there is
 * none to send from: the frame stays as it is (E2b). */
static uint16_t possible(const struct context *c, uint16_t edits)
{
	if ((edits & EDIT_SENDER_IP_SELF) && !peers_own_address_for(c->peers, c->target_ip))
		edits &= (uint16_t)~EDIT_RESOLUTION;
	return edits & (uint16_t)~c->impossible;
}

static void edit(struct context *c, unsigned edits)
{
	if (edits & EDIT_ETH_SRC_WIRE)
		frame_set_source(&c->frame, &peers_self(c->peers)->source);
	if (edits & EDIT_ETH_DST_CLUSTER)
		frame_set_destination(&c->frame, &peers_config(c->peers)->mac);
	if (edits & EDIT_ETH_DST_PEER)
		frame_set_destination(&c->frame, &c->target.peer->node->dedicated);
	if (edits & EDIT_RESOLUTION)
		edit_resolution(c, edits);
}

/* The peer that a frame is sent to, or NULL: the owner of the destination MAC. For ARP and ND,
 * which may be sent to all, else the owner of the target IP. */
static struct peer *receiver(const struct context *c)
{
	if (c->destination.peer || !rule_is_resolution(&c->keys))
		return c->destination.peer;
	return c->target.peer;
}

/* The peer that a frame comes from, or NULL. ARP and ND: the owner of the sender IP, else of the
 * source MAC. Other frames: the owner of the source MAC; if all nodes have the same one, of the
 * source IP. */
static struct peer *sender(const struct context *c)
{
	bool is_resolution = rule_is_resolution(&c->keys);

	if (is_resolution && c->sender.peer)
		return c->sender.peer;
	if (c->source.peer || is_resolution || !(c->keys.policy & POLICY_SOURCE_CLUSTER))
		return c->source.peer;
	return c->sender.peer;
}

void rewrite_frame(const struct rewrite *rewrite, enum rewrite_direction direction, uint8_t *data,
		   size_t len, bool has_partial_checksum, struct rewrite_result *result)
{
	struct context c = { .peers = rewrite->peers };

	memset(result, 0, sizeof(*result));
	if (!frame_view(&c.frame, data, len)) {
		result->verdict.drop = DROP_MALFORMED;
		return;
	}
	view(&c, has_partial_checksum, result);
	if (direction == REWRITE_EGRESS) {
		result->verdict = rules_egress(&c.keys);
		result->peer = receiver(&c);
	} else {
		if (rule_is_shared(&c.keys) && !rule_I1(&c.keys))
			view_flow(&c, rewrite, result);
		result->verdict = rules_ingress(&c.keys);
		result->peer = sender(&c);
	}
	result->keys = c.keys;
	result->verdict.edits = possible(&c, result->verdict.edits);
	if (result->verdict.drop == DROP_NONE)
		edit(&c, result->verdict.edits);
}

size_t rewrite_reach(uint8_t *data, size_t len)
{
	struct frame frame;
	struct nd nd;
	size_t reach;

	_Static_assert(REWRITE_REACH_MAX > 22 + 40 + UINT16_MAX, "a message with two VLAN tags");
	if (!frame_view(&frame, data, len))
		return len;
	if (nd_view(&nd, &frame, false))
		return (size_t)(nd.message - data) + nd.len;
	reach = frame.body + sizeof(struct frame_arp);
	return reach < len ? reach : len;
}
