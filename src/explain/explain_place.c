/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * explain_place: where a frame was captured, and which way it went; see explain_place.h.
 *
 * The file may name the interface, or the user the side; which way the frame went, and without
 * these two the side, follows from who sends with which MAC:
 *
 *  - The stack sends with the cluster MAC alone, which the NIC never sends with (E1). So a frame
 *    with it comes from the stack, unless it has a peer's address, or is for the cluster MAC.
 *  - What has this node's own wire source MAC has left it. (Or it has come back: then I1 drops it.
 *    Only a file that says which way a frame went tells the difference.)
 *  - What is left arrives.
 *
 * With source_mac = cluster all of them have the cluster MAC. Then the address of the sender tells
 * whether this node has sent the frame, and in ARP the sender MAC whether E2 has been there.
 */
#include "explain/explain_place.h"

#include <string.h>

static const char *const names[] = { "tap_out", "wire_out", "wire_in", "tap_in" };
static const char *const texts[] = { "at the TAP, from the stack", "on the wire, from this node",
				     "on the wire, to this node", "at the TAP, to the stack" };

const char *explain_place_name(enum explain_way way)
{
	return names[way];
}

const char *explain_place_text(enum explain_way way)
{
	return texts[way];
}

static bool is_shared_source(const struct rule_keys *k)
{
	return k->policy & POLICY_SOURCE_CLUSTER;
}

/* With source_mac = cluster: has this node sent it? A cluster address is every node's: but what
 * another one sends from it to an outsider's MAC hardly gets here. */
static bool is_from_own_address(const struct rule_keys *k)
{
	__u8 ip = rule_source_ip(k);

	if (ip & IP_SELF)
		return true;
	return (ip & IP_CLUSTER) && k->kind == FRAME_IP && !(k->eth_dst & MAC_GROUP) &&
	       !(k->eth_dst & (MAC_CLUSTER | MAC_SELF_DEDICATED | MAC_PEER_DEDICATED));
}

/* At the TAP: does the stack send it? */
static bool is_from_stack(const struct rule_keys *k)
{
	if (!(k->eth_src & MAC_CLUSTER) || (k->eth_dst & MAC_CLUSTER))
		return false;
	if (!is_shared_source(k))
		return true;
	return rule_source_ip(k) & (IP_SELF | IP_CLUSTER) ||
	       (k->kind != FRAME_OTHER && rule_source_ip(k) & IP_UNSPECIFIED);
}

/* On the wire: has this node sent it? */
static bool is_from_node(const struct rule_keys *k)
{
	return is_shared_source(k) ? is_from_own_address(k) : (k->eth_src & MAC_SELF_SOURCE) != 0;
}

static enum explain_way at_tap(const struct rule_keys *k, enum explain_direction direction)
{
	if (direction != EXPLAIN_NO_DIRECTION)
		return direction == EXPLAIN_IN ? EXPLAIN_TAP_OUT : EXPLAIN_TAP_IN;
	return is_from_stack(k) ? EXPLAIN_TAP_OUT : EXPLAIN_TAP_IN;
}

static enum explain_way on_wire(const struct rule_keys *k, enum explain_direction direction)
{
	if (direction != EXPLAIN_NO_DIRECTION)
		return direction == EXPLAIN_IN ? EXPLAIN_WIRE_IN : EXPLAIN_WIRE_OUT;
	return is_from_node(k) ? EXPLAIN_WIRE_OUT : EXPLAIN_WIRE_IN;
}

static enum explain_way by_macs(const struct rule_keys *k)
{
	if (is_shared_source(k) && !is_from_own_address(k))
		return EXPLAIN_WIRE_IN;
	if (is_shared_source(k))
		return rule_is_resolution(k) && !(k->sender_mac & MAC_CLUSTER) ? EXPLAIN_WIRE_OUT
									       : EXPLAIN_TAP_OUT;
	if (is_from_node(k))
		return EXPLAIN_WIRE_OUT;
	return is_from_stack(k) && !(rule_source_ip(k) & IP_PEER) ? EXPLAIN_TAP_OUT
								  : EXPLAIN_WIRE_IN;
}

/* The side that the name of the interface tells. */
static enum explain_side side_of(const struct config *config, const struct explain_origin *origin)
{
	if (!*origin->interface)
		return EXPLAIN_SIDE_UNKNOWN;
	if (!strcmp(origin->interface, config->tap))
		return EXPLAIN_SIDE_TAP;
	/* The NIC may have another name than in the file, where that is an altname. */
	if (!strcmp(origin->interface, config->interface) || origin->is_beside_tap)
		return EXPLAIN_SIDE_WIRE;
	return EXPLAIN_SIDE_UNKNOWN;
}

struct explain_place explain_place(const struct peers *peers, const struct rewrite_result *result,
				   const struct explain_origin *origin, enum explain_side side)
{
	const struct rule_keys *k = &result->keys;
	struct explain_place p = { EXPLAIN_TAP_OUT, EXPLAIN_BY_OPTION };

	if (side == EXPLAIN_SIDE_UNKNOWN) {
		side = side_of(peers_config(peers), origin);
		p.basis = EXPLAIN_BY_INTERFACE;
	}
	switch (side) {
	case EXPLAIN_SIDE_TAP:
		p.way = at_tap(k, origin->direction);
		return p;
	case EXPLAIN_SIDE_WIRE:
		p.way = on_wire(k, origin->direction);
		return p;
	default:
		return (struct explain_place){ by_macs(k), EXPLAIN_BY_MACS };
	}
}
