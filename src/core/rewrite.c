/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rewrite: parse a frame, look up its addresses, get the verdict, edit the frame.
 *
 * rules.h makes the decision; this file builds the keys of a frame and carries out the edits.
 */
#include "core/rewrite.h"

#include <string.h>

#include "core/frame.h"

/* A frame, its keys for the rules, and what the edits need. */
struct context {
	const struct peers *peers;
	struct frame frame;
	struct frame_arp *arp; /* NULL: no ARP body that the rules examine */
	struct rule_keys keys;
	struct peers_entry destination, source; /* by MAC */
	struct peers_entry sender, target;      /* by IP: of ARP, or IP source and destination */
	struct ip_addr target_ip;
};

static struct mac mac_from(const uint8_t b[MAC_LEN])
{
	struct mac m;

	memcpy(m.b, b, MAC_LEN);
	return m;
}

/* Fill the keys of ARP: the roles of sender and target, by IP and by MAC. */
static void view_arp(struct context *c, struct rewrite_result *result)
{
	struct peers_entry sender_mac;
	struct mac target_mac = mac_from(c->arp->target_mac);

	result->is_resolution = true;
	result->sender_mac = mac_from(c->arp->sender_mac);
	result->sender_ip = ip_from_ipv4_bytes(c->arp->sender_ip);
	c->target_ip = ip_from_ipv4_bytes(c->arp->target_ip);
	c->sender = peers_by_ip(c->peers, &result->sender_ip);
	c->target = peers_by_ip(c->peers, &c->target_ip);
	sender_mac = peers_by_mac(c->peers, &result->sender_mac);

	c->keys.kind = FRAME_RESOLUTION;
	c->keys.is_reply = frame_arp_op(c->arp) == FRAME_ARP_REPLY;
	c->keys.sender_ip = (uint8_t)c->sender.roles;
	c->keys.target_ip = (uint8_t)c->target.roles;
	c->keys.sender_mac = sender_mac.roles;
	if (c->sender.peer && mac_equal(&c->sender.peer->node->dedicated, &result->sender_mac))
		c->keys.sender_mac |= MAC_OF_SENDER;
	c->keys.target_mac = peers_by_mac(c->peers, &target_mac).roles;
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
static void view(struct context *c, struct rewrite_result *result)
{
	struct mac destination = frame_destination(&c->frame);
	struct mac source = frame_source(&c->frame);

	c->destination = peers_by_mac(c->peers, &destination);
	c->source = peers_by_mac(c->peers, &source);
	c->keys.eth_dst = c->destination.roles;
	c->keys.eth_src = c->source.roles;
	c->keys.policy = (uint8_t)peers_policy(c->peers);
	c->keys.kind = FRAME_OTHER;
	if (c->frame.tagged)
		return;
	c->arp = frame_arp(&c->frame);
	if (c->arp)
		view_arp(c, result);
	else
		view_ip(c);
}

static void set_sender(struct context *c, const struct mac *m)
{
	memcpy(c->arp->sender_mac, m->b, MAC_LEN);
}

static void edit_resolution(struct context *c, unsigned edits)
{
	const struct ip_addr *own = peers_own_address_for(c->peers, &c->target_ip);

	if ((edits & EDIT_SENDER_IP_SELF) && !own)
		return; /* no dedicated address of this family to send from */
	if (edits & EDIT_SENDER_IP_SELF)
		memcpy(c->arp->sender_ip, own->b, sizeof(c->arp->sender_ip));
	if (edits & EDIT_SENDER_MAC_SELF)
		set_sender(c, &peers_self(c->peers)->dedicated);
	if (edits & EDIT_SENDER_MAC_PEER)
		set_sender(c, &(c->sender.peer ? c->sender.peer : c->source.peer)->node->dedicated);
	if (edits & EDIT_TARGET_MAC_CLUSTER)
		memcpy(c->arp->target_mac, peers_config(c->peers)->mac.b, MAC_LEN);
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

/* The peer that a frame is sent to, or NULL: the owner of the destination MAC. For ARP, which may
 * be broadcast, else the owner of the target IP. */
static struct peer *receiver(const struct context *c)
{
	if (c->destination.peer || c->keys.kind != FRAME_RESOLUTION)
		return c->destination.peer;
	return c->target.peer;
}

/* The peer that a frame comes from, or NULL. ARP: the owner of the sender IP, else of the source
 * MAC. Other frames: the owner of the source MAC; if all nodes have the same one, of the source
 * IP. */
static struct peer *sender(const struct context *c)
{
	bool is_resolution = c->keys.kind == FRAME_RESOLUTION;

	if (is_resolution && c->sender.peer)
		return c->sender.peer;
	if (c->source.peer || is_resolution || !(c->keys.policy & POLICY_SOURCE_CLUSTER))
		return c->source.peer;
	return c->sender.peer;
}

void rewrite_frame(const struct peers *peers, enum rewrite_direction direction, uint8_t *data,
		   size_t len, struct rewrite_result *result)
{
	struct context c = { .peers = peers };

	memset(result, 0, sizeof(*result));
	if (!frame_view(&c.frame, data, len)) {
		result->verdict.drop = DROP_MALFORMED;
		return;
	}
	view(&c, result);
	if (direction == REWRITE_EGRESS) {
		result->verdict = rules_egress(&c.keys);
		result->peer = receiver(&c);
	} else {
		result->verdict = rules_ingress(&c.keys);
		result->peer = sender(&c);
	}
	if (result->verdict.drop == DROP_NONE)
		edit(&c, result->verdict.edits);
}
