/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain_words: the sentences about rules and verdicts; see explain_words.h. */
#include "explain/explain_words.h"

#include <stdio.h>
#include <string.h>

#include "core/counters.h"

/* --- why a rule applies --- */

static const char *why_E3(const struct rule_keys *k, const struct explain_hit *hit)
{
	(void)k;
	return hit->edits ? "advertise = all: from an own dedicated address, to an outsider"
			  : "to an outsider, gratuitous, or a probe: the sender MAC stays as it is";
}

static const char *why_I1(const struct rule_keys *k, const struct explain_hit *hit)
{
	(void)hit;
	return k->policy & POLICY_SOURCE_CLUSTER
		       ? "from one of this node's own addresses: an echo, a loop, or a second host "
			 "that runs as this node"
		       : "from this node's own wire source MAC: an echo, a loop, or a second host "
			 "that runs as this node";
}

static const char *why_I2(const struct rule_keys *k, const struct explain_hit *hit)
{
	if (hit->drop)
		return "strict = yes: for the own dedicated MAC, and neither ARP sender, IP source "
		       "nor Ethernet source is a peer's";
	return k->eth_dst & MAC_SELF_DEDICATED ? "for the own dedicated MAC"
					       : "for the own wire source MAC";
}

static const char *why_I3(const struct rule_keys *k, const struct explain_hit *hit)
{
	(void)hit;
	return k->eth_dst & MAC_PEER_DEDICATED
		       ? "for the dedicated MAC of another node"
		       : "for an individual MAC that is none of this node's, nor the cluster MAC";
}

static const char *why_I4(const struct rule_keys *k, const struct explain_hit *hit)
{
	(void)k;
	return hit->drop == DROP_PEER_ADDRESS
		       ? "to the cluster MAC, for a peer's dedicated address: each node gets a copy"
		       : "to the cluster MAC, for an address that is neither this node's nor the "
			 "cluster's (unless the host has it beside the file)";
}

static const char *why_I6(const struct rule_keys *k, const struct explain_hit *hit)
{
	if (!(hit->edits & EDIT_SENDER_MAC_PEER))
		return "the target MAC is the own dedicated MAC";
	return k->sender_ip & IP_PEER
		       ? "a peer's dedicated address with the cluster MAC"
		       : "from a peer, an address that no file lists with the cluster MAC";
}

static const char *why_I8(const struct rule_keys *k, const struct explain_hit *hit)
{
	if (hit->drop == DROP_CONFLICT)
		return k->sender_ip & IP_CLUSTER
			       ? "a cluster address with another host's MAC: an address conflict"
			       : "one of this node's own addresses as sender: an address conflict";
	return k->sender_ip & IP_CLUSTER
		       ? "a peer's announcement of an address that the nodes share"
		       : "a peer's probe for an address that the nodes share";
}

/* A function, or a text. */
static const struct {
	const char *(*why)(const struct rule_keys *keys, const struct explain_hit *hit);
	const char *text;
} reasons[EXPLAIN_RULES] = {
	[EXPLAIN_LINK_LOCAL] = { NULL, "a link-local frame (LLDP, 802.1X, LACP): for the NIC's own "
				       "stack alone" },
	[EXPLAIN_E1] = { NULL, "every frame" },
	[EXPLAIN_E2] = { NULL, "from an own dedicated address to a peer's" },
	[EXPLAIN_E2B] = { NULL, "from a cluster address to a peer's dedicated address" },
	[EXPLAIN_E3] = { why_E3, NULL },
	[EXPLAIN_E4] = { NULL, "arp = directed" },
	[EXPLAIN_E5] = { NULL, "a redirect to a peer" },
	[EXPLAIN_I1] = { why_I1, NULL },
	[EXPLAIN_I2] = { why_I2, NULL },
	[EXPLAIN_I3] = { why_I3, NULL },
	[EXPLAIN_I4] = { why_I4, NULL },
	[EXPLAIN_I5] = { NULL, "broadcast and multicast pass" },
	[EXPLAIN_I6] = { why_I6, NULL },
	[EXPLAIN_I7] = { NULL, "a peer's dedicated address with another host's MAC: a spoofer, or "
			       "the peer without its daemon" },
	[EXPLAIN_I8] = { why_I8, NULL },
	[EXPLAIN_TOO_DEEP] = { NULL, "more VLAN tags of VID 0 than are looked behind" },
};

/* I10: whose the bucket is. */
static void put_share(FILE *out, const struct explain_cluster *c, const struct explain_frame *f)
{
	const struct config_node *owner = explain_cluster_owner(c, f->result.bucket);

	if (f->result.keys.flow == FLOW_ALL)
		fputs("an ICMP error, or a fragment whose first one is not in the capture: for all "
		      "nodes",
		      out);
	else if (c->config->shares == CONFIG_SHARES_DRIVEN)
		fprintf(out, "bucket %u: the daemon decides, as its driver says", f->result.bucket);
	else if (!owner)
		fprintf(out, "bucket %u: no node has a weight", f->result.bucket);
	else
		fprintf(out, "bucket %u: the share of %s%s", f->result.bucket, owner->name,
			owner == peers_self(c->peers) ? ", this node" : "");
}

/* --- what it does --- */

static const struct {
	uint16_t edit;
	const char *text;
} edits[] = {
	{ EDIT_ETH_SRC_WIRE, "the Ethernet source becomes the wire source MAC" },
	{ EDIT_ETH_DST_CLUSTER, "the destination becomes the cluster MAC" },
	{ EDIT_ETH_DST_PEER, "the destination becomes the peer's dedicated MAC" },
	{ EDIT_SENDER_IP_SELF, "the sender IP becomes the own dedicated address" },
	{ EDIT_SENDER_MAC_SELF, "the sender MAC becomes the own dedicated MAC" },
	{ EDIT_SENDER_MAC_PEER, "the sender MAC becomes that peer's dedicated MAC" },
	{ EDIT_TARGET_MAC_CLUSTER, "the target MAC becomes the cluster MAC" },
};

static void put_edits(FILE *out, uint16_t wanted, uint16_t possible)
{
	const char *before = ": ";

	for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
		if (!(wanted & possible & edits[i].edit))
			continue;
		fprintf(out, "%s%s", before, edits[i].text);
		before = ", ";
	}
	if (wanted && !(wanted & possible))
		fputs(": but it has no field for that, or this node no address", out);
}

/* E5 and I9 are the other rules, for Neighbour Discovery. */
static const char *prefix(const struct explain_frame *f, enum explain_rule rule)
{
	switch (f->result.keys.kind == FRAME_ND ? rule : EXPLAIN_RULES) {
	case EXPLAIN_E2:
	case EXPLAIN_E2B:
	case EXPLAIN_E3:
	case EXPLAIN_E4:
		return "(E5) ";
	case EXPLAIN_I6:
	case EXPLAIN_I7:
	case EXPLAIN_I8:
		return "(I9) ";
	default:
		return "";
	}
}

/* A text of at most EXPLAIN_WORDS_SIZE - 1 bytes, printed into buf. */
static FILE *begin(char *buf)
{
	*buf = 0;
	return fmemopen(buf, EXPLAIN_WORDS_SIZE, "w");
}

char *explain_words_rule(const struct explain_cluster *cluster, const struct explain_frame *frame,
			 const struct explain_hit *hit, char buf[EXPLAIN_WORDS_SIZE])
{
	const struct rule_keys *keys = &frame->result.keys;
	FILE *out = begin(buf);

	if (!out)
		return buf;
	fputs(prefix(frame, hit->rule), out);
	if (hit->rule == EXPLAIN_I10)
		put_share(out, cluster, frame);
	else
		fputs(reasons[hit->rule].why ? reasons[hit->rule].why(keys, hit)
					     : reasons[hit->rule].text,
		      out);
	put_edits(out, hit->edits, frame->result.verdict.edits);
	fclose(out);
	return buf;
}

/* --- verdicts --- */

static const char *const verdicts[] = {
	[EXPLAIN_PASSES] = "passes", [EXPLAIN_DROPPED] = "dropped", [EXPLAIN_DEPENDS] = "depends",
	[EXPLAIN_CUT] = "cut",       [EXPLAIN_SENT] = "sent",       [EXPLAIN_ODD] = "odd",
	[EXPLAIN_GOT] = "got",
};

const char *explain_words_verdict(enum explain_fate fate)
{
	return verdicts[fate];
}

const char *explain_words_basis(enum explain_basis basis)
{
	static const char *const words[] = { "--side", "interface", "by its MACs" };

	return words[basis];
}

static const char *reason(const struct explain_frame *f)
{
	return counters_drop_name(f->result.verdict.drop) ?: "?";
}

static void put_fate(FILE *out, const struct explain_packet *p, const struct explain_frame *f)
{
	bool is_out = f->place.way == EXPLAIN_TAP_OUT;
	const char *how = f->changes.count ? ", changed:" : ", unchanged";

	switch (f->fate) {
	case EXPLAIN_PASSES:
		fprintf(out, "passes to the %s%s", is_out ? "wire" : "stack", how);
		break;
	case EXPLAIN_DROPPED:
		fprintf(out, "dropped as %s", reason(f));
		break;
	case EXPLAIN_DEPENDS:
		fprintf(out, "passes if this node has the bucket%s", f->changes.count ? ":" : "");
		break;
	case EXPLAIN_CUT:
		fprintf(out, "not known: %zu of %zu bytes were captured", p->captured, p->len);
		break;
	case EXPLAIN_SENT:
		fputs("is as these rules make it", out);
		break;
	case EXPLAIN_ODD:
		if (f->result.verdict.drop)
			fprintf(out, "NOT by these rules: they drop it as %s", reason(f));
		else
			fputs("NOT by these rules (no daemon, or another file?): they would "
			      "change:",
			      out);
		break;
	default:
		fputs("is what the rules have let through", out);
	}
}

char *explain_words_fate(const struct explain_packet *packet, const struct explain_frame *frame,
			 char buf[EXPLAIN_WORDS_SIZE])
{
	FILE *out = begin(buf);

	if (!out)
		return buf;
	put_fate(out, packet, frame);
	fclose(out);
	return buf;
}
