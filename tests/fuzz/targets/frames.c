/* SPDX-License-Identifier: GPL-2.0-or-later */
/* frames: clusters, and what must hold of a frame; see frames.h. */
#include "frames.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "config/config_read.h"
#include "core/nd.h"
#include "core/rule_text.h"
#include "target.h"

/* --- clusters --- */

#define HEAD      "[cluster]\ninterface = eth0\nmac = 02:bf:aa:bb:cc:dd\n"
#define IPV4      "address = 12.12.4.100/24\n"
#define IPV6      "address = 2001:db8::100/64\n"
#define ALPHA     "[node alpha]\nid = 1\n"
#define BETA      "[node beta]\nid = 2\n"
#define GAMMA     "[node gamma]\nid = 3\nweight = 3\n"
#define ALPHA_MAC "mac = 06:bf:0c:0c:04:65\n"
#define BETA_MAC  "mac = 06:bf:0c:0c:04:66\n"
#define GAMMA_MAC "mac = 06:bf:0c:0c:04:67\n"
#define NODES_IPV4                                                               \
	ALPHA "address = 12.12.4.101/24\n"                                       \
	      "address = 12.13.0.1/16\n" BETA "address = 12.12.4.102/24\n" GAMMA \
	      "address = 12.12.4.103/24\n"
#define NODES_BOTH                                                 \
	ALPHA "address = 12.12.4.101/24, 2001:db8::101/64\n" BETA  \
	      "address = 12.12.4.102/24, 2001:db8::102/64\n" GAMMA \
	      "address = 12.12.4.103/24, 2001:db8::103/64\n"
#define NODES_IPV6                                                     \
	ALPHA ALPHA_MAC "address = 2001:db8::101/64\n" BETA BETA_MAC   \
			"address = 2001:db8::102/64\n" GAMMA GAMMA_MAC \
			"address = 2001:db8::103/64\n"
/* This node has no IPv6 address to send from but its link-local one (E2b). */
#define NODES_MIXED                                                \
	ALPHA "address = 12.12.4.101/24\n" BETA                    \
	      "address = 12.12.4.102/24, 2001:db8::102/64\n" GAMMA \
	      "address = 12.12.4.103/24, 2001:db8::103/64\n"

static const char *const texts[] = {
	HEAD IPV4 NODES_IPV4,
	HEAD IPV4 IPV6 NODES_BOTH,
	HEAD IPV6 NODES_IPV6,
	HEAD IPV4 IPV6 "strict = yes\narp = directed\nneigh = pin\n" NODES_BOTH,
	HEAD IPV4 IPV6 "advertise = all\nforward = yes\n" NODES_BOTH,
	HEAD IPV4 IPV6 "dedicated_mac = multicast\nsource_mac = masked\n" NODES_BOTH,
	HEAD IPV4 IPV6 "source_mac = cluster\n" NODES_BOTH,
	HEAD IPV4 IPV6 NODES_MIXED,
	HEAD IPV4 IPV6 "shares = static\nforward = yes\n" NODES_BOTH,
	HEAD IPV4 IPV6 "shares = driven\naffinity = client\n" NODES_BOTH,
	HEAD IPV4 IPV6 "shares = static\naffinity = network\nsource_mac = cluster\n" NODES_BOTH,
};
#define CLUSTERS (sizeof(texts) / sizeof(texts[0]))

/* Addresses that this node has beside the file. */
static const struct peers_own own[] = {
	{ .prefix = { .addr = { AF_INET, { 12, 99, 0, 1 } }, .len = 24 } },
	{ .prefix = { .addr = { AF_INET6, { 0x20, 0x01, 0x0d, 0xb8, 0, 0x99, [15] = 1 } },
		      .len = 64 } },
	{ .prefix = { .addr = { AF_INET6, { 0x20, 0x01, 0x0d, 0xb8, 0, 0x99, [15] = 2 } },
		      .len = 64 },
	  .is_tentative = true },
};

#define LEASE 1000000
#define LATE  60000

static struct peers *clusters[CLUSTERS];
static struct shares_path shares;

static struct config *read_text(const char *text)
{
	struct config_report report = { 0 };
	FILE *f = target_must(fmemopen((char *)text, strlen(text), "r"));
	struct config *config = config_read(f, &report);

	for (size_t i = 0; i < report.count; i++)
		target_check(!report.list[i].is_error, "a cluster of the table: %s",
			     report.list[i].text);
	target_must(config);
	config_report_clear(&report);
	fclose(f);
	return config;
}

/* The first time for all inputs. */
static void make_clusters(void)
{
	for (size_t i = 0; i < CLUSTERS; i++) {
		struct config *config = read_text(texts[i]);

		clusters[i] = target_must(peers_create(config, config_find_node(config, "alpha")));
		target_check(peers_set_own(clusters[i], own, sizeof(own) / sizeof(own[0])) == 1,
			     "own addresses");
		shares.key = flow_key(&config->mac);
	}
	for (size_t b = 0; b < SHARES_BUCKETS; b++)
		shares.decisions[b] = (uint8_t)(b % 8);
	shares.asks = true;
}

/* --- what may change --- */

/* A frame before and after. */
struct pair {
	const uint8_t *before;
	uint8_t *after;
	size_t len;
	bool is_partial;
	struct frame frame;    /* of `after`: its addresses may have changed, not its form */
	struct frame_arp *arp; /* or NULL */
	struct nd nd;          /* if is_nd */
	bool is_nd;
};

/* These bytes have not changed. */
static void check_same(const struct pair *p, const void *at, size_t len, const char *what)
{
	size_t offset = (size_t)((const uint8_t *)at - p->after);

	target_check(!memcmp(p->before + offset, at, len), "%s has changed", what);
}

/* Put the bytes back that an edit may have changed. */
static void put_back(const struct pair *p, void *at, size_t len)
{
	memcpy(at, p->before + ((const uint8_t *)at - p->after), len);
}

/* The sum of 16-bit words, as the Internet checksum adds them. */
static uint32_t sum_of(const uint8_t *at, size_t len, uint32_t sum)
{
	for (size_t i = 0; i < len; i++)
		sum += i % 2 ? at[i] : (uint32_t)at[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* What the checksum is of: the addresses, and the message with the checksum itself; while the NIC
 * is to complete it, the complement of the addresses. In both cases 0 and 0xffff are the same. */
static uint32_t checksum_of(const struct nd *nd, bool is_partial)
{
	uint32_t addresses = sum_of(nd->ip + 8, 32, 0);

	if (is_partial)
		return sum_of(nd->message + 2, 2, 0xffff - addresses) % 0xffff;
	return sum_of(nd->message, nd->len, addresses) % 0xffff;
}

static void check_nd(struct pair *p)
{
	uint8_t *copy = target_copy(p->before, p->len);
	struct frame frame;
	struct nd was;

	frame_view(&frame, copy, p->len);
	target_check(nd_view(&was, &frame, p->is_partial), "a message is one only afterwards");
	target_check(checksum_of(&was, p->is_partial) == checksum_of(&p->nd, p->is_partial),
		     "the checksum is not as right as it was");
	free(copy);
}

static void put_back_nd(struct pair *p, unsigned edits)
{
	size_t position = 0;
	uint8_t *lladdr;

	if (edits & EDIT_SENDER_IP_SELF)
		put_back(p,
			 p->nd.type == ND_NEIGHBOR_ADVERTISEMENT || p->nd.type == ND_REDIRECT
				 ? p->nd.message + 8
				 : p->nd.ip + 8,
			 16);
	while ((edits & (EDIT_SENDER_MAC_SELF | EDIT_SENDER_MAC_PEER)) &&
	       (lladdr = nd_next_lladdr(&p->nd, &position)))
		put_back(p, lladdr, MAC_LEN);
	put_back(p, p->nd.message + 2, 2);
}

static void put_back_arp(struct pair *p, unsigned edits)
{
	if (edits & (EDIT_SENDER_MAC_SELF | EDIT_SENDER_MAC_PEER))
		put_back(p, p->arp->sender_mac, MAC_LEN);
	if (edits & EDIT_SENDER_IP_SELF)
		put_back(p, p->arp->sender_ip, sizeof(p->arp->sender_ip));
	if (edits & EDIT_TARGET_MAC_CLUSTER)
		put_back(p, p->arp->target_mac, MAC_LEN);
}

/* Nothing has changed but what the edits claim. */
static void check_edits(struct pair *p, unsigned edits)
{
	if (p->is_nd)
		check_nd(p);
	if (edits & (EDIT_ETH_DST_CLUSTER | EDIT_ETH_DST_PEER))
		put_back(p, p->after, MAC_LEN);
	if (edits & EDIT_ETH_SRC_WIRE)
		put_back(p, p->after + MAC_LEN, MAC_LEN);
	if (p->arp)
		put_back_arp(p, edits);
	else if (p->is_nd && (edits & EDIT_RESOLUTION))
		put_back_nd(p, edits);
	check_same(p, p->after, p->len, "a byte that no edit is about");
}

/* --- what the rules promise --- */

/* I6, I7, I9: whoever reads this frame learns of a peer's address no other MAC than that peer's
 * dedicated one. Of a message behind extension headers nothing is changed. */
static void check_learns(const struct peers *peers, const struct pair *p)
{
	struct ip_addr ip = p->is_nd ? nd_sender(&p->nd) : ip_from_ipv4_bytes(p->arp->sender_ip);
	struct peers_entry sender = peers_by_ip(peers, &ip);
	size_t position = 0;
	const uint8_t *mac;

	if (!(sender.roles & IP_PEER) || !sender.peer)
		return;
	if (p->arp)
		target_check(!memcmp(p->arp->sender_mac, sender.peer->node->dedicated.b, MAC_LEN),
			     "ARP tells another MAC for a peer's address");
	while (p->is_nd && (mac = nd_next_lladdr(&p->nd, &position)))
		target_check(!memcmp(mac, sender.peer->node->dedicated.b, MAC_LEN),
			     "Neighbour Discovery tells another MAC for a peer's address");
}

static void check_passed(const struct peers *peers, enum rewrite_direction direction,
			 struct pair *p, const struct rewrite_result *result)
{
	struct mac source = frame_source(&p->frame);

	if (direction == REWRITE_EGRESS)
		target_check(mac_equal(&source, &peers_self(peers)->source),
			     "E1: not the wire source MAC");
	else if (p->arp || p->is_nd)
		check_learns(peers, p);
	check_edits(p, result->verdict.edits);
}

/* --- one frame --- */

static struct pair make_pair(const struct target_input *frame, uint8_t *after, bool is_partial)
{
	struct pair p = {
		.before = frame->data, .after = after, .len = frame->size, .is_partial = is_partial
	};

	if (!frame_view(&p.frame, after, frame->size) || p.frame.tagged)
		return p;
	p.arp = frame_arp(&p.frame);
	p.is_nd = nd_view(&p.nd, &p.frame, is_partial);
	return p;
}

static void check_text(const struct rewrite_result *result, enum rewrite_direction direction)
{
	char *text = target_must(malloc(RULE_TEXT));
	const char *said = rule_text(result, direction, text);

	target_check(!said || strlen(said) < RULE_TEXT, "the rules' text");
	free(text);
}

/* The same frame, from the same state, gives the same. */
static void check_again(const struct rewrite *rules, enum rewrite_direction direction,
			const struct target_input *frame, const uint8_t *after, bool is_partial,
			const struct rewrite_result *result)
{
	uint8_t *again = target_copy(frame->data, frame->size);
	struct rewrite_result second;

	rewrite_frame(rules, direction, again, frame->size, is_partial, &second);
	target_check(second.verdict.drop == result->verdict.drop &&
			     second.verdict.edits == result->verdict.edits &&
			     second.peer == result->peer,
		     "another verdict the second time");
	target_check(!frame->size || !memcmp(again, after, frame->size),
		     "other bytes the second time");
	free(again);
}

static void try_frame(const struct rewrite *rules, const struct rewrite *twin,
		      enum rewrite_direction direction, const struct target_input *frame,
		      bool is_partial)
{
	uint8_t *after = target_copy(frame->data, frame->size);
	size_t reach = rewrite_reach(after, frame->size);
	struct rewrite_result result;
	struct pair p;

	target_check(reach <= frame->size, "what can change is longer than the frame");
	rewrite_frame(rules, direction, after, frame->size, is_partial, &result);
	target_check(!frame->size ||
			     !memcmp(after + reach, frame->data + reach, frame->size - reach),
		     "a byte has changed behind rewrite_reach()");
	check_text(&result, direction);
	check_again(twin, direction, frame, after, is_partial, &result);
	p = make_pair(frame, after, is_partial);
	if (result.verdict.drop == DROP_NONE)
		check_passed(rules->peers, direction, &p, &result);
	else if (frame->size)
		check_same(&p, after, frame->size, "a frame that is dropped");
	free(after);
}

int frames_try(enum rewrite_direction direction, const uint8_t *data, size_t size)
{
	struct target_input in = { data, size };
	struct rewrite rules = { .shares = &shares, .now = 1 }, twin;
	uint8_t conditions;

	if (!clusters[0])
		make_clusters();
	rules.peers = clusters[target_byte(&in) % CLUSTERS];
	rules.fragments = target_must(fragments_create());
	twin = rules;
	twin.fragments = target_must(fragments_create());
	conditions = target_byte(&in);
	shares.lease = conditions & FRAMES_NO_LEASE ? 0 : LEASE;
	shares.affinity = peers_config(rules.peers)->affinity;
	do {
		struct target_input frame = target_part(&in);

		try_frame(&rules, &twin, direction, &frame, conditions & FRAMES_PARTIAL);
		rules.now += conditions & FRAMES_LATE ? LATE : 1;
		twin.now = rules.now;
	} while (in.size);
	fragments_destroy(rules.fragments);
	fragments_destroy(twin.fragments);
	return 0;
}
