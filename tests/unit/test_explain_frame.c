/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests of explain_frame and explain_text: figure 6 as the man page tells it, each rule with its
 * sentence, where a frame was captured, frames that were cut, and shares.
 */
#include "cluster.h"

#include "core/nd.h"
#include "explain/explain_text.h"
#include "explain/explain_words.h"

#define REQUEST FRAME_ARP_REQUEST
#define REPLY   FRAME_ARP_REPLY
#define GROUPS  "dedicated_mac = multicast\nsource_mac = cluster\n"
#define UNKNOWN EXPLAIN_SIDE_UNKNOWN
#define TAP     EXPLAIN_SIDE_TAP
#define WIRE    EXPLAIN_SIDE_WIRE

/* A cluster, the explanation of the last frame, and its text. */
struct lab {
	struct cluster c;
	struct explain_cluster *cluster;
	struct explain_frame frame;
	struct explain_totals totals;
	struct explain_origin origin;
	char *text;
	size_t size;
};

static void setup(struct lab *lab, const char *keys, const char *self)
{
	*lab = (struct lab){ .c = cluster_make_dual(keys, self) };
	lab->cluster = explain_cluster_create(lab->c.config, config_find_node(lab->c.config, self));
	assert_non_null(lab->cluster);
}

static void teardown(struct lab *lab)
{
	explain_frame_free(&lab->frame);
	explain_cluster_destroy(lab->cluster);
	cluster_free(&lab->c);
	free(lab->text);
}

static void explain_cut(struct lab *lab, enum explain_side side, const uint8_t *data,
			size_t captured, size_t len)
{
	const struct explain_packet packet = { data, captured, len, 0, lab->origin };
	FILE *out;

	free(lab->text);
	out = open_memstream(&lab->text, &lab->size);
	assert_true(explain_frame(lab->cluster, side, &packet, 0, &lab->frame));
	explain_text(out, lab->cluster, &packet, &lab->frame, &lab->totals);
	fclose(out);
}

static void explain_it(struct lab *lab, enum explain_side side, const struct test_frame *f)
{
	explain_cut(lab, side, f->data, f->len, f->len);
}

static void explain_row(struct lab *lab, enum explain_side side, const struct row *row)
{
	struct test_frame f = arp_frame(row);

	f.len = 42;
	explain_it(lab, side, &f);
}

/* The text of the last frame is this, behind its first two lines. */
static void says(struct lab *lab, const char *expected)
{
	const char *rest = strchr(lab->text, '\n') + 1;

	rest = strchr(rest, '\n') + 1;
	assert_string_equal(rest, expected);
}

static void contains(struct lab *lab, const char *part)
{
	if (!strstr(lab->text, part))
		fail_msg("no '%s' in:\n%s", part, lab->text);
}

/* --- figure 6 --- */

/* SPEC section 2: 600 to 640. */
static const struct row figure6[] = {
	{ CLUSTER_MAC, BROADCAST, REQUEST, ALPHA_IP, CLUSTER_MAC, BETA_IP, NO_MAC },
	{ CLUSTER_MAC, BROADCAST, REQUEST, ALPHA_IP, ALPHA_GROUP, BETA_IP, NO_MAC },
	{ CLUSTER_MAC, ALPHA_GROUP, REPLY, BETA_IP, CLUSTER_MAC, ALPHA_IP, ALPHA_GROUP },
	{ CLUSTER_MAC, ALPHA_GROUP, REPLY, BETA_IP, BETA_GROUP, ALPHA_IP, CLUSTER_MAC },
	{ CLUSTER_MAC, CLUSTER_MAC, REPLY, BETA_IP, BETA_GROUP, ALPHA_IP, CLUSTER_MAC },
};

#define E1 "  E1   every frame: the Ethernet source becomes the wire source MAC\n"

static void figure6_on_A(void **state)
{
	struct lab lab;

	(void)state;
	setup(&lab, GROUPS, "alpha");
	explain_row(&lab, UNKNOWN, &figure6[0]);
	assert_string_equal(
		lab.text,
		"frame 1  0.000000  ARP who-has 12.12.4.102 tell 12.12.4.101, 42 bytes\n"
		"  02:bf:aa:bb:cc:dd (cluster) > ff:ff:ff:ff:ff:ff (broadcast)\n"
		"  at the TAP, from the stack (by its MACs)\n" E1
		"  E2   from an own dedicated address to a peer's: the sender MAC becomes the own\n"
		"       dedicated MAC\n"
		"  passes to the wire, changed:\n"
		"    22  sender MAC  02:bf:aa:bb:cc:dd -> 03:bf:0c:0c:04:65\n\n");
	explain_row(&lab, UNKNOWN, &figure6[1]);
	says(&lab, "  on the wire, from this node (by its MACs)\n" E1
		   "  E2   from an own dedicated address to a peer's: the sender MAC becomes the "
		   "own\n"
		   "       dedicated MAC\n"
		   "  is as these rules make it\n\n");
	explain_row(&lab, UNKNOWN, &figure6[3]);
	says(&lab, "  on the wire, to this node (by its MACs)\n"
		   "  I2   for the own dedicated MAC: the destination becomes the cluster MAC\n"
		   "  passes to the stack, changed:\n"
		   "     0  Ethernet destination  03:bf:0c:0c:04:65 -> 02:bf:aa:bb:cc:dd\n\n");
	explain_row(&lab, TAP, &figure6[4]);
	says(&lab, "  at the TAP, to the stack (--side)\n"
		   "  is what the rules have let through\n\n");
	teardown(&lab);
}

static void figure6_on_B(void **state)
{
	struct lab lab;

	(void)state;
	setup(&lab, GROUPS, "beta");
	explain_row(&lab, UNKNOWN, &figure6[1]);
	says(&lab, "  on the wire, to this node (by its MACs)\n"
		   "  I5   broadcast and multicast pass\n"
		   "  passes to the stack, unchanged\n\n");
	explain_row(&lab, TAP, &figure6[1]);
	assert_int_equal(lab.frame.fate, EXPLAIN_GOT);
	explain_row(&lab, UNKNOWN, &figure6[2]);
	says(&lab, "  at the TAP, from the stack (by its MACs)\n" E1
		   "  E2   from an own dedicated address to a peer's: the sender MAC becomes the "
		   "own\n"
		   "       dedicated MAC, the target MAC becomes the cluster MAC\n"
		   "  passes to the wire, changed:\n"
		   "    22  sender MAC  02:bf:aa:bb:cc:dd -> 03:bf:0c:0c:04:66\n"
		   "    32  target MAC  03:bf:0c:0c:04:65 -> 02:bf:aa:bb:cc:dd\n\n");
	explain_row(&lab, UNKNOWN, &figure6[3]);
	assert_int_equal(lab.frame.fate, EXPLAIN_SENT);
	teardown(&lab);
}

/* Neighbour Discovery: the option, and the checksum. */
static void figure6_nd(void **state)
{
	struct lab lab;
	struct test_frame f = { .len = ND_ANNOUNCEMENT_LEN };
	struct ip_addr ip;
	struct mac mac;

	(void)state;
	setup(&lab, "advertise = all\n", "alpha");
	assert_true(ip_parse("2001:db8::101", &ip) && mac_parse(CLUSTER_MAC, &mac));
	nd_write_announcement(f.data, &mac, &ip, false);
	explain_it(&lab, UNKNOWN, &f);
	contains(&lab, "NA 2001:db8::101 is-at 02:bf:aa:bb:cc:dd, 86 bytes\n");
	contains(&lab, "  E3   (E5) advertise = all: from an own dedicated address, to an "
		       "outsider: the\n");
	contains(&lab, "     6  Ethernet source  02:bf:aa:bb:cc:dd -> 06:bf:0c:0c:04:65\n"
		       "    56  ICMPv6 checksum  0x");
	contains(&lab, "    80  target link-layer address  02:bf:aa:bb:cc:dd -> "
		       "06:bf:0c:0c:04:65\n\n");
	teardown(&lab);
}

/* A byte in no field is a change, too: nothing is left out. */
static void other_bytes(void **state)
{
	struct test_frame before = arp_frame(&figure6[0]), after = before;
	struct explain_changes changes = { 0 };
	char value[EXPLAIN_VALUE_SIZE];

	(void)state;
	after.data[15] ^= 1; /* the hardware type */
	after.data[59] ^= 1; /* padding */
	assert_true(explain_changes(&changes, before.data, after.data, before.len));
	assert_int_equal(changes.count, 2);
	assert_string_equal(changes.list[0].field, "byte");
	assert_int_equal(changes.list[0].offset, 15);
	assert_string_equal(explain_changes_value(&changes.list[0], changes.list[0].after, value),
			    "0x00");
	assert_int_equal(changes.list[1].offset, 59);
	explain_changes_free(&changes);
}

/* --- the rules --- */

static void egress_rules(void **state)
{
	static const struct {
		const char *keys;
		struct row row;
		const char *text;
	} cases[] = {
		{ "",
		  { CLUSTER_MAC, BROADCAST, REQUEST, CLUSTER_IP, CLUSTER_MAC, BETA_IP, NO_MAC },
		  "    28  sender IP  12.12.4.100 -> 12.12.4.101\n" },
		{ "",
		  { CLUSTER_MAC, BROADCAST, REQUEST, CLUSTER_IP, CLUSTER_MAC, BETA_IP, NO_MAC },
		  "  E2b  from a cluster address to a peer's dedicated address: the sender IP\n" },
		{ "",
		  { CLUSTER_MAC, BROADCAST, REQUEST, ALPHA_IP, CLUSTER_MAC, OUT_IP, NO_MAC },
		  "  E3   to an outsider, gratuitous, or a probe: the sender MAC stays as it "
		  "is\n" },
		{ "arp = directed\n",
		  { CLUSTER_MAC, BROADCAST, REQUEST, ALPHA_IP, CLUSTER_MAC, BETA_IP, NO_MAC },
		  "  E4   arp = directed: the destination becomes the peer's dedicated MAC\n" },
		{ "",
		  { CLUSTER_MAC, "01:80:c2:00:00:0e", REQUEST, ALPHA_IP, CLUSTER_MAC, OUT_IP,
		    NO_MAC },
		  "  dropped as not_ours\n" },
	};
	struct lab lab;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		setup(&lab, cases[i].keys, "alpha");
		explain_row(&lab, UNKNOWN, &cases[i].row);
		contains(&lab, "at the TAP, from the stack (by its MACs)\n");
		contains(&lab, cases[i].text);
		teardown(&lab);
	}
}

#define DROP(reason) "\n  dropped as " reason "\n"

/* ARP that arrives. */
static void ingress_rules(void **state)
{
	static const struct {
		const char *keys;
		struct row row;
		const char *text, *fate;
	} cases[] = {
		{ GROUPS,
		  { CLUSTER_MAC, BROADCAST, REQUEST, ALPHA_IP, OUT_MAC, OUT_IP, NO_MAC },
		  "  I1   from one of this node's own addresses: an echo, a loop,",
		  DROP("echo") },
		{ "",
		  { OUT_MAC, BETA_MAC, REQUEST, OUT_IP, OUT_MAC, BETA_IP, NO_MAC },
		  "  I3   for the dedicated MAC of another node\n",
		  DROP("not_ours") },
		{ "",
		  { BETA_MAC, OUT_MAC, REPLY, BETA_IP, CLUSTER_MAC, OUT_IP, OUT_MAC },
		  "  I3   for an individual MAC that is none of this node's, nor the cluster MAC\n",
		  DROP("not_ours") },
		{ "",
		  { OUT_MAC, BROADCAST, REQUEST, BETA_IP, OUT_MAC, OUT_IP, NO_MAC },
		  "  I7   a peer's dedicated address with another host's MAC: a spoofer, or the\n"
		  "       peer without its daemon\n",
		  DROP("spoofed") },
		{ "",
		  { OUT_MAC, BROADCAST, REQUEST, ALPHA_IP, OUT_MAC, OUT_IP, NO_MAC },
		  "  I8   one of this node's own addresses as sender: an address conflict\n",
		  DROP("conflict") },
		{ "",
		  { OUT_MAC, BROADCAST, REQUEST, CLUSTER_IP, OUT_MAC, OUT_IP, NO_MAC },
		  "  I8   a cluster address with another host's MAC: an address conflict\n",
		  DROP("conflict") },
		{ "",
		  { BETA_MAC, BROADCAST, REQUEST, CLUSTER_IP, CLUSTER_MAC, CLUSTER_IP, NO_MAC },
		  "  I8   a peer's announcement of an address that the nodes share\n",
		  DROP("peer_address") },
		{ "",
		  { BETA_MAC, BROADCAST, REQUEST, "0.0.0.0", CLUSTER_MAC, CLUSTER_IP, NO_MAC },
		  "  I8   a peer's probe for an address that the nodes share\n",
		  DROP("peer_address") },
		{ "strict = yes\narp = directed\n",
		  { OUT_MAC, ALPHA_MAC, REQUEST, OUT_IP, OUT_MAC, ALPHA_IP, NO_MAC },
		  "  I2   strict = yes: for the own dedicated MAC, and neither",
		  DROP("strict") },
		{ "source_mac = masked\n",
		  { OUT_MAC, ALPHA_MASKED, REPLY, OUT_IP, OUT_MAC, CLUSTER_IP, CLUSTER_MAC },
		  "  I2   for the own wire source MAC: the destination becomes the cluster MAC\n",
		  "\n  passes to the stack, changed:\n" },
		{ "",
		  { BETA_MAC, BROADCAST, REQUEST, BETA_IP, CLUSTER_MAC, OUT_IP, NO_MAC },
		  "  I6   a peer's dedicated address with the cluster MAC: the sender MAC becomes\n"
		  "       that peer's dedicated MAC\n",
		  "    22  sender MAC  02:bf:aa:bb:cc:dd -> 06:bf:0c:0c:04:66\n" },
		{ "",
		  { BETA_MAC, BROADCAST, REQUEST, "12.12.4.222", CLUSTER_MAC, OUT_IP, NO_MAC },
		  "  I6   from a peer, an address that no file lists with the cluster MAC: the\n",
		  "    22  sender MAC  02:bf:aa:bb:cc:dd -> 06:bf:0c:0c:04:66\n" },
		{ "",
		  { OUT_MAC, CLUSTER_MAC, REPLY, OUT_IP, OUT_MAC, ALPHA_IP, CLUSTER_MAC },
		  "  -    for the cluster MAC: no rule drops or changes it\n",
		  "\n  passes to the stack, unchanged\n" },
	};
	struct lab lab;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		setup(&lab, cases[i].keys, "alpha");
		explain_row(&lab, WIRE, &cases[i].row);
		if (i) /* the first one would be this node's own */
			contains(&lab, "on the wire, to this node (--side)\n");
		else
			assert_int_equal(lab.frame.place.way, EXPLAIN_WIRE_OUT);
		if (!i) {
			lab.origin.direction = EXPLAIN_IN;
			explain_row(&lab, WIRE, &cases[i].row);
		}
		contains(&lab, cases[i].text);
		contains(&lab, cases[i].fate);
		teardown(&lab);
	}
}

static void ip_rules(void **state)
{
	struct test_frame to_beta = ipv4_frame(OUT_MAC, CLUSTER_MAC, OUT_IP, BETA_IP);
	struct test_frame elsewhere = ipv4_frame(OUT_MAC, CLUSTER_MAC, OUT_IP, "12.12.4.222");
	struct test_frame all = ipv4_frame(OUT_MAC, CLUSTER_MAC, OUT_IP, "12.12.4.255");
	struct test_frame data = ipv4_frame(BETA_MAC, ALPHA_MAC, BETA_IP, ALPHA_IP);
	struct lab lab;

	(void)state;
	setup(&lab, "", "alpha");
	explain_it(&lab, UNKNOWN, &to_beta);
	contains(&lab,
		 "  I4   to the cluster MAC, for a peer's dedicated address: each node gets a "
		 "copy\n  dropped as peer_address\n");
	explain_it(&lab, UNKNOWN, &elsewhere);
	contains(&lab, "(unless the host has it beside the file)\n  dropped as elsewhere\n");
	explain_it(&lab, UNKNOWN, &all);
	assert_int_equal(lab.frame.fate, EXPLAIN_PASSES);
	explain_it(&lab, UNKNOWN, &data);
	contains(&lab, "  06:bf:0c:0c:04:66 (beta) > 06:bf:0c:0c:04:65 (self)\n");
	contains(&lab, "  passes to the stack, changed:\n     0  Ethernet destination  "
		       "06:bf:0c:0c:04:65 -> 02:bf:aa:bb:cc:dd\n");
	teardown(&lab);
}

/* --- where it was captured --- */

static void place_is(struct lab *lab, enum explain_side side, const char *interface, bool is_beside,
		     enum explain_direction direction, const struct test_frame *f,
		     enum explain_way way)
{
	lab->origin = (struct explain_origin){ .direction = direction, .is_beside_tap = is_beside };
	strcpy(lab->origin.interface, interface);
	explain_it(lab, side, f);
	assert_string_equal(explain_place_name(lab->frame.place.way), explain_place_name(way));
}

static void places(void **state)
{
	/* the same bytes mean different things */
	struct test_frame own = ipv4_frame(ALPHA_MAC, OUT_MAC, ALPHA_IP, OUT_IP);
	struct test_frame stack = ipv4_frame(CLUSTER_MAC, OUT_MAC, CLUSTER_IP, OUT_IP);
	struct test_frame client = ipv4_frame(OUT_MAC, CLUSTER_MAC, OUT_IP, CLUSTER_IP);
	struct test_frame odd = ipv4_frame(CLUSTER_MAC, OUT_MAC, BETA_IP, OUT_IP);
	struct lab lab;

	(void)state;
	setup(&lab, "", "alpha");
	place_is(&lab, UNKNOWN, "", false, 0, &own, EXPLAIN_WIRE_OUT);
	place_is(&lab, UNKNOWN, "", false, 0, &stack, EXPLAIN_TAP_OUT);
	place_is(&lab, UNKNOWN, "", false, 0, &client, EXPLAIN_WIRE_IN);
	place_is(&lab, UNKNOWN, "", false, 0, &odd, EXPLAIN_WIRE_IN); /* beta without its daemon */
	place_is(&lab, TAP, "", false, 0, &client, EXPLAIN_TAP_IN);
	place_is(&lab, TAP, "eth0", false, 0, &client, EXPLAIN_TAP_IN);
	place_is(&lab, WIRE, "", false, 0, &stack, EXPLAIN_WIRE_IN);
	place_is(&lab, UNKNOWN, "cluster0", false, 0, &client, EXPLAIN_TAP_IN);
	place_is(&lab, UNKNOWN, "cluster0", false, 0, &stack, EXPLAIN_TAP_OUT);
	contains(&lab, "at the TAP, from the stack (interface cluster0)\n");
	place_is(&lab, UNKNOWN, "eth0", false, 0, &stack, EXPLAIN_WIRE_IN);
	place_is(&lab, UNKNOWN, "eth0", false, 0, &own, EXPLAIN_WIRE_OUT);
	place_is(&lab, UNKNOWN, "other", true, 0, &stack, EXPLAIN_WIRE_IN);
	place_is(&lab, UNKNOWN, "other", false, 0, &stack, EXPLAIN_TAP_OUT); /* by its MACs */
	/* the daemon's own captures say which way: it reads from the TAP what the stack sends */
	place_is(&lab, UNKNOWN, "cluster0", false, EXPLAIN_IN, &client, EXPLAIN_TAP_OUT);
	place_is(&lab, UNKNOWN, "cluster0", false, EXPLAIN_OUT, &stack, EXPLAIN_TAP_IN);
	place_is(&lab, UNKNOWN, "eth0", false, EXPLAIN_OUT, &client, EXPLAIN_WIRE_OUT);
	place_is(&lab, UNKNOWN, "eth0", false, EXPLAIN_IN, &own, EXPLAIN_WIRE_IN);
	contains(&lab, "  I1   from this node's own wire source MAC: an echo,");
	contains(&lab, "  dropped as echo\n");
	teardown(&lab);
}

/* With source_mac = cluster. */
static void places_by_address(void **state)
{
	struct test_frame own = ipv4_frame(CLUSTER_MAC, BETA_MAC, ALPHA_IP, BETA_IP);
	struct test_frame answer = ipv4_frame(CLUSTER_MAC, OUT_MAC, CLUSTER_IP, OUT_IP);
	struct test_frame peer = ipv4_frame(CLUSTER_MAC, ALPHA_MAC, BETA_IP, ALPHA_IP);
	struct test_frame at_tap = ipv4_frame(CLUSTER_MAC, CLUSTER_MAC, BETA_IP, ALPHA_IP);
	struct lab lab;

	(void)state;
	setup(&lab, "source_mac = cluster\n", "alpha");
	place_is(&lab, UNKNOWN, "", false, 0, &own, EXPLAIN_TAP_OUT);
	place_is(&lab, UNKNOWN, "", false, 0, &answer, EXPLAIN_TAP_OUT);
	place_is(&lab, UNKNOWN, "", false, 0, &peer, EXPLAIN_WIRE_IN);
	place_is(&lab, TAP, "", false, 0, &own, EXPLAIN_TAP_OUT);
	place_is(&lab, TAP, "", false, 0, &answer, EXPLAIN_TAP_OUT);
	place_is(&lab, TAP, "", false, 0, &at_tap, EXPLAIN_TAP_IN);
	place_is(&lab, WIRE, "", false, 0, &own, EXPLAIN_WIRE_OUT);
	place_is(&lab, WIRE, "", false, 0, &peer, EXPLAIN_WIRE_IN);
	teardown(&lab);
}

/* What a node has sent without its daemon, or with another file, is not as the rules make it. */
static void sent_by_another(void **state)
{
	static const struct row row = { ALPHA_MAC, BROADCAST, REQUEST, ALPHA_IP,
					OUT_MAC,   BETA_IP,   NO_MAC };
	struct lab lab;

	(void)state;
	setup(&lab, "", "alpha");
	explain_row(&lab, UNKNOWN, &row);
	contains(&lab, "  NOT by these rules (no daemon, or another file?): they would change:\n"
		       "    22  sender MAC  00:16:3e:00:00:09 -> 06:bf:0c:0c:04:65\n");
	teardown(&lab);
}

/* --- frames of other kinds --- */

static void tagged_frames(void **state)
{
	struct test_frame f = tagged(ipv4_frame(CLUSTER_MAC, OUT_MAC, ALPHA_IP, OUT_IP), 0x8100, 7);
	struct test_frame arp = tagged(arp_frame(&figure6[0]), 0x88a8, 0);
	struct lab lab;

	(void)state;
	setup(&lab, "", "alpha");
	explain_it(&lab, UNKNOWN, &f);
	contains(&lab, "VLAN 7, IPv4 protocol ");
	contains(&lab, "     6  Ethernet source  02:bf:aa:bb:cc:dd -> 06:bf:0c:0c:04:65\n");
	explain_it(&lab, UNKNOWN, &arp); /* VID 0: judged; its fields are 4 bytes further on */
	contains(&lab, "    26  sender MAC  02:bf:aa:bb:cc:dd -> 06:bf:0c:0c:04:65\n");
	teardown(&lab);
}

static void long_frames(void **state)
{
	struct test_frame head = ipv4_frame(BETA_MAC, ALPHA_MAC, BETA_IP, ALPHA_IP);
	uint8_t *data = calloc(1, 65549);
	struct lab lab;

	(void)state;
	memcpy(data, head.data, head.len);
	data[23] = 6;
	setup(&lab, "", "alpha");
	explain_cut(&lab, UNKNOWN, data, 65549, 65549);
	contains(&lab, "IPv4 TCP ");
	contains(&lab, "65549 bytes\n");
	contains(&lab, "  passes to the stack, changed:\n     0  Ethernet destination");
	explain_cut(&lab, UNKNOWN, data, 96, 65549);
	contains(&lab, "65549 bytes (96 captured)\n");
	contains(&lab, "  passes to the stack, changed:\n     0  Ethernet destination");
	free(data);
	teardown(&lab);
}

static void fate_cut_to(struct lab *lab, const uint8_t *data, size_t captured, size_t len,
			enum explain_fate fate)
{
	explain_cut(lab, UNKNOWN, data, captured, len);
	assert_string_equal(explain_words_verdict(lab->frame.fate), explain_words_verdict(fate));
}

/* What is not there may be what decides. */
static void cut_frames(void **state)
{
	struct test_frame arp = arp_frame(&figure6[0]);
	struct test_frame ip = ipv4_frame(OUT_MAC, CLUSTER_MAC, OUT_IP, CLUSTER_IP);
	struct test_frame other = ipv4_frame(OUT_MAC, ALPHA_MAC, OUT_IP, CLUSTER_IP);
	struct test_frame nd = { .len = ND_ANNOUNCEMENT_LEN };
	struct lab lab;
	struct ip_addr a;
	struct mac mac;

	(void)state;
	setup(&lab, "", "beta");
	fate_cut_to(&lab, arp.data, 0, 60, EXPLAIN_CUT);
	fate_cut_to(&lab, arp.data, 13, 60, EXPLAIN_CUT);
	contains(&lab, "  not known: 13 of 60 bytes were captured\n");
	fate_cut_to(&lab, arp.data, 41, 60, EXPLAIN_CUT);
	fate_cut_to(&lab, arp.data, 42, 60, EXPLAIN_PASSES);
	fate_cut_to(&lab, arp.data, 13, 13, EXPLAIN_DROPPED);
	fate_cut_to(&lab, ip.data, 33, 60, EXPLAIN_CUT);
	fate_cut_to(&lab, ip.data, 34, 60, EXPLAIN_PASSES);
	fate_cut_to(&lab, other.data, 20, 60, EXPLAIN_DROPPED); /* I3 needs no more */
	assert_true(ip_parse("2001:db8::200", &a) && mac_parse(OUT_MAC, &mac));
	nd_write_announcement(nd.data, &mac, &a, false);
	fate_cut_to(&lab, nd.data, 85, 86, EXPLAIN_CUT);
	fate_cut_to(&lab, nd.data, 86, 86, EXPLAIN_PASSES);
	nd.data[54] = 128; /* an echo request */
	fate_cut_to(&lab, nd.data, 55, 86, EXPLAIN_PASSES);
	nd.data[20] = 0; /* hop-by-hop options */
	fate_cut_to(&lab, nd.data, 85, 86, EXPLAIN_CUT);
	teardown(&lab);
}

/* --- shares --- */

static struct test_frame syn(uint16_t port)
{
	struct test_frame f = ipv4_frame(OUT_MAC, CLUSTER_MAC, OUT_IP, CLUSTER_IP);

	f.data[23] = 6;
	f.data[20] = f.data[21] = 0;
	f.data[34] = (uint8_t)(port >> 8);
	f.data[35] = (uint8_t)port;
	f.data[47] = 2;
	return f;
}

/* The owner that is named, and nobody else, takes it: on every node. */
static void static_shares(void **state)
{
	static const char *const nodes[] = { "alpha", "beta", "gamma" };
	struct lab labs[3];
	unsigned owned[3] = { 0 };

	(void)state;
	for (size_t n = 0; n < 3; n++)
		setup(&labs[n], "shares = static\n", nodes[n]);
	for (uint16_t port = 1000; port < 1300; port++) {
		struct test_frame f = syn(port);
		char text[64];
		size_t owner = 3;

		for (size_t n = 0; n < 3; n++) {
			explain_it(&labs[n], UNKNOWN, &f);
			if (labs[n].frame.fate == EXPLAIN_PASSES)
				owner = owner == 3 ? n : 4;
		}
		assert_in_range(owner, 0, 2);
		owned[owner]++;
		for (size_t n = 0; n < 3; n++) {
			snprintf(text, sizeof(text), ": the share of %s%s\n", nodes[owner],
				 n == owner ? ", this node" : "");
			contains(&labs[n], "  I10  bucket ");
			contains(&labs[n], text);
			contains(&labs[n], n == owner ? "  passes to the stack, unchanged\n"
						      : "  dropped as other_share\n");
		}
	}
	for (size_t n = 0; n < 3; n++) {
		assert_in_range(owned[n], 50, 150);
		teardown(&labs[n]);
	}
}

static void driven_shares(void **state)
{
	struct test_frame f = syn(4711);
	struct lab lab;

	(void)state;
	setup(&lab, "shares = driven\n", "alpha");
	explain_it(&lab, UNKNOWN, &f);
	contains(&lab, ": the daemon decides, as its driver says\n"
		       "  passes if this node has the bucket\n");
	fate_cut_to(&lab, f.data, 40, 60, EXPLAIN_CUT); /* without the ports */
	teardown(&lab);
}

static void totals(void **state)
{
	struct lab lab;
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	setup(&lab, GROUPS, "alpha");
	explain_text_totals(out, &lab.totals);
	for (size_t i = 0; i < 4; i++)
		explain_row(&lab, UNKNOWN, &figure6[i]);
	explain_cut(&lab, WIRE, (const uint8_t *)"x", 1, 1);
	explain_text_totals(out, &lab.totals);
	fclose(out);
	assert_string_equal(text, "0 frames\n"
				  "5 frames: 3 changed, 1 dropped, 1 sent\n"
				  "      1  malformed\n");
	free(text);
	teardown(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(figure6_on_A),      cmocka_unit_test(figure6_on_B),
		cmocka_unit_test(figure6_nd),        cmocka_unit_test(other_bytes),
		cmocka_unit_test(egress_rules),      cmocka_unit_test(ingress_rules),
		cmocka_unit_test(ip_rules),          cmocka_unit_test(places),
		cmocka_unit_test(places_by_address), cmocka_unit_test(sent_by_another),
		cmocka_unit_test(tagged_frames),     cmocka_unit_test(long_frames),
		cmocka_unit_test(cut_frames),        cmocka_unit_test(static_shares),
		cmocka_unit_test(driven_shares),     cmocka_unit_test(totals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
