/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rewrite and rules: figure 6 row by row, then each rule of SPEC section 4 by its number,
 * then malformed frames. The node is alpha unless a test says otherwise.
 */
#include "cluster.h"

#define REQUEST FRAME_ARP_REQUEST
#define REPLY   FRAME_ARP_REPLY
#define GROUPS  "dedicated_mac = multicast\nsource_mac = cluster\n"

/* SPEC section 2. */
static const struct row figure6[] = {
	{ CLUSTER_MAC, BROADCAST, REQUEST, ALPHA_IP, CLUSTER_MAC, BETA_IP, NO_MAC },
	{ CLUSTER_MAC, BROADCAST, REQUEST, ALPHA_IP, ALPHA_GROUP, BETA_IP, NO_MAC },
	{ CLUSTER_MAC, ALPHA_GROUP, REPLY, BETA_IP, CLUSTER_MAC, ALPHA_IP, ALPHA_GROUP },
	{ CLUSTER_MAC, ALPHA_GROUP, REPLY, BETA_IP, BETA_GROUP, ALPHA_IP, CLUSTER_MAC },
	{ CLUSTER_MAC, CLUSTER_MAC, REPLY, BETA_IP, BETA_GROUP, ALPHA_IP, CLUSTER_MAC },
};

static void figure6_to_the_letter(void **state)
{
	struct cluster alpha = cluster_make(GROUPS, "alpha"), beta = cluster_make(GROUPS, "beta");

	(void)state;
	row_passes_as(&alpha, REWRITE_EGRESS, &figure6[0], &figure6[1]);
	row_passes_as(&beta, REWRITE_INGRESS, &figure6[1], &figure6[1]);
	row_passes_as(&beta, REWRITE_EGRESS, &figure6[2], &figure6[3]);
	row_passes_as(&alpha, REWRITE_INGRESS, &figure6[3], &figure6[4]);
	cluster_free(&alpha);
	cluster_free(&beta);
}

/* 700 to 706: data to the dedicated MAC, the cluster MAC substituted on arrival. */
static void figure7_data(void **state)
{
	struct cluster alpha = cluster_make(GROUPS, "alpha"), beta = cluster_make(GROUPS, "beta");
	struct test_frame sent = ipv4_frame(CLUSTER_MAC, BETA_GROUP, ALPHA_IP, BETA_IP);
	struct test_frame arrived = ipv4_frame(CLUSTER_MAC, CLUSTER_MAC, ALPHA_IP, BETA_IP);

	(void)state;
	passes_as(&alpha, REWRITE_EGRESS, sent, &sent);
	passes_as(&beta, REWRITE_INGRESS, sent, &arrived);
	cluster_free(&alpha);
	cluster_free(&beta);
}

static void E1_wire_source_on_every_frame(void **state)
{
	static const struct {
		const char *keys, *source;
	} cases[] = {
		{ "", ALPHA_MAC },
		{ "source_mac = masked\n", ALPHA_MASKED },
		{ "dedicated_mac = multicast\n", ALPHA_MASKED },
		{ "source_mac = cluster\n", CLUSTER_MAC },
	};
	struct test_frame ip, other, vlan, expected;
	struct cluster c;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		c = cluster_make(cases[i].keys, "alpha");
		ip = ipv4_frame(cases[i].source, OUT_MAC, ALPHA_IP, OUT_IP);
		passes_as(&c, REWRITE_EGRESS, ipv4_frame(CLUSTER_MAC, OUT_MAC, ALPHA_IP, OUT_IP),
			  &ip);
		other = ethernet(cases[i].source, OUT_MAC, 0x88b5);
		passes_as(&c, REWRITE_EGRESS, ethernet(CLUSTER_MAC, OUT_MAC, 0x88b5), &other);
		expected = tagged(other, 0x8100, 7);
		vlan = tagged(ethernet(CLUSTER_MAC, OUT_MAC, 0x88b5), 0x8100, 7);
		passes_as(&c, REWRITE_EGRESS, vlan, &expected);
		cluster_free(&c);
	}
}

static void E2_peers_learn_the_dedicated_mac(void **state)
{
	static const struct row request = { CLUSTER_MAC, BROADCAST, REQUEST, ALPHA_IP,
					    CLUSTER_MAC, BETA_IP,   NO_MAC };
	static const struct row request_wire = { ALPHA_MAC, BROADCAST, REQUEST, ALPHA_IP,
						 ALPHA_MAC, BETA_IP,   NO_MAC };
	/* RFC 1122 2.3.2.1: a unicast poll is a request, so its target MAC stays */
	static const struct row poll = { CLUSTER_MAC, BETA_MAC, REQUEST, ALPHA_IP,
					 CLUSTER_MAC, BETA_IP,  NO_MAC };
	static const struct row poll_wire = { ALPHA_MAC, BETA_MAC, REQUEST, ALPHA_IP,
					      ALPHA_MAC, BETA_IP,  NO_MAC };
	static const struct row reply = { CLUSTER_MAC, BETA_MAC, REPLY,   ALPHA_IP,
					  CLUSTER_MAC, BETA_IP,  BETA_MAC };
	static const struct row reply_wire = { ALPHA_MAC, BETA_MAC, REPLY,      ALPHA_IP,
					       ALPHA_MAC, BETA_IP,  CLUSTER_MAC };
	struct cluster c = cluster_make("", "alpha");

	(void)state;
	row_passes_as(&c, REWRITE_EGRESS, &request, &request_wire);
	row_passes_as(&c, REWRITE_EGRESS, &poll, &poll_wire);
	row_passes_as(&c, REWRITE_EGRESS, &reply, &reply_wire);
	cluster_free(&c);
}

static void E2b_cluster_address_as_sender(void **state)
{
	static const struct row request = { CLUSTER_MAC, BROADCAST, REQUEST, CLUSTER_IP,
					    CLUSTER_MAC, BETA_IP,   NO_MAC };
	static const struct row request_wire = { ALPHA_MAC, BROADCAST, REQUEST, ALPHA_IP,
						 ALPHA_MAC, BETA_IP,   NO_MAC };
	static const struct row reply = { CLUSTER_MAC, BETA_MAC, REPLY,   CLUSTER_IP,
					  CLUSTER_MAC, BETA_IP,  BETA_MAC };
	static const struct row reply_wire = { ALPHA_MAC, BETA_MAC, REPLY,      ALPHA_IP,
					       ALPHA_MAC, BETA_IP,  CLUSTER_MAC };
	struct cluster c = cluster_make("", "alpha");

	(void)state;
	row_passes_as(&c, REWRITE_EGRESS, &request, &request_wire);
	row_passes_as(&c, REWRITE_EGRESS, &reply, &reply_wire);
	cluster_free(&c);
}

/* ARP to outsiders, gratuitous ARP and probes keep the cluster MAC. */
static void E3_outsiders_learn_the_cluster_mac(void **state)
{
	static const struct row rows[] = {
		{ CLUSTER_MAC, BROADCAST, REQUEST, ALPHA_IP, CLUSTER_MAC, OUT_IP, NO_MAC },
		{ CLUSTER_MAC, OUT_MAC, REPLY, ALPHA_IP, CLUSTER_MAC, OUT_IP, OUT_MAC },
		{ CLUSTER_MAC, OUT_MAC, REPLY, CLUSTER_IP, CLUSTER_MAC, OUT_IP, OUT_MAC },
		{ CLUSTER_MAC, BROADCAST, REQUEST, ALPHA_IP, CLUSTER_MAC, ALPHA_IP, NO_MAC },
		{ CLUSTER_MAC, BROADCAST, REPLY, ALPHA_IP, CLUSTER_MAC, ALPHA_IP, BROADCAST },
		{ CLUSTER_MAC, BROADCAST, REQUEST, CLUSTER_IP, CLUSTER_MAC, CLUSTER_IP, NO_MAC },
		{ CLUSTER_MAC, BROADCAST, REQUEST, "0.0.0.0", CLUSTER_MAC, ALPHA_IP, NO_MAC },
		{ CLUSTER_MAC, BROADCAST, REQUEST, "0.0.0.0", CLUSTER_MAC, BETA_IP, NO_MAC },
	};
	struct cluster c = cluster_make("", "alpha");
	struct row wire;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		wire = rows[i];
		wire.eth_src = ALPHA_MAC; /* E1 */
		row_passes_as(&c, REWRITE_EGRESS, &rows[i], &wire);
	}
	cluster_free(&c);
}

static void E3_advertise_all(void **state)
{
	struct row own[] = {
		{ CLUSTER_MAC, BROADCAST, REQUEST, ALPHA_IP, CLUSTER_MAC, OUT_IP, NO_MAC },
		{ CLUSTER_MAC, OUT_MAC, REPLY, ALPHA_IP, CLUSTER_MAC, OUT_IP, OUT_MAC },
		{ CLUSTER_MAC, BROADCAST, REQUEST, ALPHA_IP, CLUSTER_MAC, ALPHA_IP, NO_MAC },
	};
	struct row shared[] = {
		{ CLUSTER_MAC, OUT_MAC, REPLY, CLUSTER_IP, CLUSTER_MAC, OUT_IP, OUT_MAC },
		{ CLUSTER_MAC, BROADCAST, REQUEST, "0.0.0.0", CLUSTER_MAC, ALPHA_IP, NO_MAC },
	};
	struct cluster c = cluster_make("advertise = all\n", "alpha");
	struct row wire;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		wire = own[i];
		wire.eth_src = wire.sender_mac = ALPHA_MAC;
		row_passes_as(&c, REWRITE_EGRESS, &own[i], &wire);
	}
	for (i = 0; i < sizeof(shared) / sizeof(shared[0]); i++) {
		wire = shared[i];
		wire.eth_src = ALPHA_MAC;
		row_passes_as(&c, REWRITE_EGRESS, &shared[i], &wire);
	}
	cluster_free(&c);
}

static void E4_directed_requests(void **state)
{
	static const struct row request = { CLUSTER_MAC, BROADCAST, REQUEST, ALPHA_IP,
					    CLUSTER_MAC, BETA_IP,   NO_MAC };
	static const struct row request_wire = { ALPHA_MAC, BETA_MAC, REQUEST, ALPHA_IP,
						 ALPHA_MAC, BETA_IP,  NO_MAC };
	static const struct row from_cluster = { CLUSTER_MAC, BROADCAST, REQUEST, CLUSTER_IP,
						 CLUSTER_MAC, BETA_IP,   NO_MAC };
	static const struct row to_outsider = { CLUSTER_MAC, BROADCAST, REQUEST, ALPHA_IP,
						CLUSTER_MAC, OUT_IP,    NO_MAC };
	static const struct row to_outsider_wire = { ALPHA_MAC,   BROADCAST, REQUEST, ALPHA_IP,
						     CLUSTER_MAC, OUT_IP,    NO_MAC };
	static const struct row poll = { CLUSTER_MAC, OUT_MAC, REQUEST, ALPHA_IP,
					 CLUSTER_MAC, BETA_IP, NO_MAC };
	static const struct row poll_wire = { ALPHA_MAC, OUT_MAC, REQUEST, ALPHA_IP,
					      ALPHA_MAC, BETA_IP, NO_MAC };
	static const struct row reply = { CLUSTER_MAC, BROADCAST, REPLY,   ALPHA_IP,
					  CLUSTER_MAC, BETA_IP,   BETA_MAC };
	static const struct row reply_wire = { ALPHA_MAC, BROADCAST, REPLY,      ALPHA_IP,
					       ALPHA_MAC, BETA_IP,   CLUSTER_MAC };
	struct cluster c = cluster_make("arp = directed\n", "alpha");

	(void)state;
	row_passes_as(&c, REWRITE_EGRESS, &request, &request_wire);
	row_passes_as(&c, REWRITE_EGRESS, &from_cluster, &request_wire);
	row_passes_as(&c, REWRITE_EGRESS, &to_outsider, &to_outsider_wire);
	row_passes_as(&c, REWRITE_EGRESS, &poll, &poll_wire); /* not a broadcast */
	row_passes_as(&c, REWRITE_EGRESS, &reply, &reply_wire);
	cluster_free(&c);
}

static void link_local_groups_stay_the_nics(void **state)
{
	struct cluster c = cluster_make("", "alpha");
	struct test_frame beyond = ethernet(ALPHA_MAC, "01:80:c2:00:00:10", 0x88b5);

	(void)state;
	is_dropped(&c, REWRITE_EGRESS, ethernet(CLUSTER_MAC, "01:80:c2:00:00:0e", 0x88cc),
		   DROP_NOT_OURS);
	is_dropped(&c, REWRITE_INGRESS, ethernet(OUT_MAC, "01:80:c2:00:00:00", 0x88b5),
		   DROP_NOT_OURS);
	passes_as(&c, REWRITE_EGRESS, ethernet(CLUSTER_MAC, "01:80:c2:00:00:10", 0x88b5), &beyond);
	cluster_free(&c);
}

static void I1_echo_by_wire_source(void **state)
{
	static const struct row own = { ALPHA_MAC,   BROADCAST, REQUEST, ALPHA_IP,
					CLUSTER_MAC, OUT_IP,    NO_MAC };
	struct cluster c = cluster_make("", "alpha"),
		       masked = cluster_make("source_mac = masked\n", "alpha");

	(void)state;
	row_is_dropped(&c, &own, DROP_ECHO);
	is_dropped(&c, REWRITE_INGRESS, ethernet(ALPHA_MAC, BROADCAST, 0x88b5), DROP_ECHO);
	/* before I3, so whatever the destination */
	is_dropped(&c, REWRITE_INGRESS, ethernet(ALPHA_MAC, BETA_MAC, 0x88b5), DROP_ECHO);
	is_dropped(&c, REWRITE_INGRESS, tagged(ethernet(ALPHA_MAC, BROADCAST, 0x88b5), 0x8100, 7),
		   DROP_ECHO);
	is_dropped(&masked, REWRITE_INGRESS, ethernet(ALPHA_MASKED, BROADCAST, 0x88b5), DROP_ECHO);
	/* a peer's source is no echo */
	is_dropped(&masked, REWRITE_INGRESS, ethernet(BETA_MASKED, BETA_MAC, 0x88b5),
		   DROP_NOT_OURS);
	cluster_free(&c);
	cluster_free(&masked);
}

/* All sources are the cluster MAC: an echo is known by the node's own address as sender. */
static void I1_echo_by_own_address(void **state)
{
	static const struct row own = { CLUSTER_MAC, BROADCAST, REQUEST, ALPHA_IP,
					ALPHA_GROUP, BETA_IP,   NO_MAC };
	static const struct row peers = { CLUSTER_MAC, BROADCAST, REQUEST, BETA_IP,
					  BETA_GROUP,  ALPHA_IP,  NO_MAC };
	struct cluster c = cluster_make(GROUPS, "alpha");

	(void)state;
	row_is_dropped(&c, &own, DROP_ECHO);
	is_dropped(&c, REWRITE_INGRESS, ipv4_frame(CLUSTER_MAC, BROADCAST, ALPHA_IP, OUT_IP),
		   DROP_ECHO);
	is_dropped(&c, REWRITE_INGRESS, ipv4_frame(CLUSTER_MAC, BETA_GROUP, ALPHA_IP, BETA_IP),
		   DROP_ECHO);
	row_passes_as(&c, REWRITE_INGRESS, &peers, &peers);
	cluster_free(&c);
}

static void I2_cluster_mac_comes_back(void **state)
{
	struct cluster c = cluster_make("", "alpha"),
		       masked = cluster_make("source_mac = masked\n", "alpha");
	struct test_frame arrived = ipv4_frame(OUT_MAC, CLUSTER_MAC, OUT_IP, ALPHA_IP);
	struct test_frame other = ethernet(OUT_MAC, CLUSTER_MAC, 0x88b5);
	struct test_frame vlan = tagged(other, 0x88a8, 5);

	(void)state;
	passes_as(&c, REWRITE_INGRESS, ipv4_frame(OUT_MAC, ALPHA_MAC, OUT_IP, ALPHA_IP), &arrived);
	passes_as(&c, REWRITE_INGRESS, ethernet(OUT_MAC, ALPHA_MAC, 0x88b5), &other);
	passes_as(&c, REWRITE_INGRESS, tagged(ethernet(OUT_MAC, ALPHA_MAC, 0x88b5), 0x88a8, 5),
		  &vlan);
	/* some hosts reply to the Ethernet source */
	passes_as(&masked, REWRITE_INGRESS, ethernet(OUT_MAC, ALPHA_MASKED, 0x88b5), &other);
	passes_as(&masked, REWRITE_INGRESS, ethernet(OUT_MAC, ALPHA_MAC, 0x88b5), &other);
	cluster_free(&c);
	cluster_free(&masked);
}

static void I2_strict(void **state)
{
	static const struct row from_peer = { OUT_MAC,  ALPHA_MAC, REQUEST, BETA_IP,
					      BETA_MAC, ALPHA_IP,  NO_MAC };
	static const struct row from_peer_in = { OUT_MAC,  CLUSTER_MAC, REQUEST, BETA_IP,
						 BETA_MAC, ALPHA_IP,    NO_MAC };
	static const struct row outsider = { OUT_MAC, ALPHA_MAC, REQUEST, OUT_IP,
					     OUT_MAC, ALPHA_IP,  NO_MAC };
	struct cluster c = cluster_make("strict = yes\narp = directed\n", "alpha");
	struct cluster masked =
		cluster_make("strict = yes\narp = directed\nsource_mac = masked\n", "alpha");
	struct test_frame by_ip = ipv4_frame(OUT_MAC, CLUSTER_MAC, BETA_IP, ALPHA_IP);
	struct test_frame by_source = ethernet(BETA_MAC, CLUSTER_MAC, 0x88b5);
	struct test_frame by_masked = ethernet(BETA_MASKED, CLUSTER_MAC, 0x88b5);
	struct test_frame to_source = ethernet(OUT_MAC, CLUSTER_MAC, 0x88b5);
	struct test_frame to_cluster = ipv4_frame(OUT_MAC, CLUSTER_MAC, OUT_IP, ALPHA_IP);

	(void)state;
	is_dropped(&c, REWRITE_INGRESS, ipv4_frame(OUT_MAC, ALPHA_MAC, OUT_IP, ALPHA_IP),
		   DROP_STRICT);
	is_dropped(&c, REWRITE_INGRESS, ethernet(OUT_MAC, ALPHA_MAC, 0x88b5), DROP_STRICT);
	row_is_dropped(&c, &outsider, DROP_STRICT);
	/* the IP header of a tagged frame is not examined */
	is_dropped(&c, REWRITE_INGRESS,
		   tagged(ipv4_frame(OUT_MAC, ALPHA_MAC, BETA_IP, ALPHA_IP), 0x8100, 7),
		   DROP_STRICT);
	passes_as(&c, REWRITE_INGRESS, ipv4_frame(OUT_MAC, ALPHA_MAC, BETA_IP, ALPHA_IP), &by_ip);
	passes_as(&c, REWRITE_INGRESS, ethernet(BETA_MAC, ALPHA_MAC, 0x88b5), &by_source);
	row_passes_as(&c, REWRITE_INGRESS, &from_peer, &from_peer_in);
	passes_as(&c, REWRITE_INGRESS, to_cluster, &to_cluster);
	passes_as(&masked, REWRITE_INGRESS, ethernet(BETA_MASKED, ALPHA_MAC, 0x88b5), &by_masked);
	/* strict does not apply to the wire source MAC, which is not the dedicated MAC */
	passes_as(&masked, REWRITE_INGRESS, ethernet(OUT_MAC, ALPHA_MASKED, 0x88b5), &to_source);
	cluster_free(&c);
	cluster_free(&masked);
}

static void I3_what_is_not_for_this_node(void **state)
{
	struct cluster c = cluster_make("", "alpha"), group = cluster_make(GROUPS, "alpha");

	(void)state;
	is_dropped(&c, REWRITE_INGRESS, ipv4_frame(OUT_MAC, BETA_MAC, OUT_IP, BETA_IP),
		   DROP_NOT_OURS);
	is_dropped(&c, REWRITE_INGRESS, ethernet(OUT_MAC, "00:16:3e:00:00:77", 0x88b5),
		   DROP_NOT_OURS);
	is_dropped(&c, REWRITE_INGRESS,
		   tagged(ethernet(OUT_MAC, "00:16:3e:00:00:77", 0x88b5), 0x8100, 7),
		   DROP_NOT_OURS);
	/* a peer's group MAC: I3 outranks I5 */
	is_dropped(&group, REWRITE_INGRESS,
		   ipv4_frame(CLUSTER_MAC, BETA_GROUP, "12.12.4.103", BETA_IP), DROP_NOT_OURS);
	cluster_free(&c);
	cluster_free(&group);
}

static void I4_a_peers_address_at_the_cluster_mac(void **state)
{
	struct cluster c = cluster_make("", "alpha");
	struct test_frame own = ipv4_frame(OUT_MAC, CLUSTER_MAC, OUT_IP, ALPHA_IP);
	struct test_frame shared = ipv4_frame(OUT_MAC, CLUSTER_MAC, OUT_IP, CLUSTER_IP);
	struct test_frame theirs = ipv4_frame(OUT_MAC, CLUSTER_MAC, OUT_IP, BETA_IP);
	struct test_frame group = ipv4_frame(OUT_MAC, BROADCAST, OUT_IP, BETA_IP);
	struct test_frame vlan = tagged(theirs, 0x8100, 7);

	(void)state;
	is_dropped(&c, REWRITE_INGRESS, theirs, DROP_PEER_ADDRESS);
	is_dropped(&c, REWRITE_INGRESS, tagged(theirs, 0x8100, 0xe000), DROP_PEER_ADDRESS);
	passes_as(&c, REWRITE_INGRESS, own, &own);
	passes_as(&c, REWRITE_INGRESS, shared, &shared);
	passes_as(&c, REWRITE_INGRESS, group, &group);
	passes_as(&c, REWRITE_INGRESS, vlan, &vlan);
	cluster_free(&c);
}

/* An own address that is not in the file: a VIP, with the broadcast address of its network. */
#define VIP           "12.99.0.1"
#define VIP_BROADCAST "12.99.0.255"

static void add_vip(struct cluster *c)
{
	struct peers_own vip = { .is_tentative = false };

	assert_true(prefix_parse(VIP "/24", &vip.prefix));
	assert_int_equal(peers_set_own(c->peers, &vip, 1), 1);
}

static struct test_frame to_cluster_mac(const char *destination)
{
	return ipv4_frame(OUT_MAC, CLUSTER_MAC, OUT_IP, destination);
}

static void I4_what_no_node_has_is_elsewhere(void **state)
{
	static const char *const individual[] = { "198.51.100.1", VIP, VIP_BROADCAST, "240.0.0.1" };
	static const char *const groups[] = { "224.0.0.251", "239.255.255.255", "255.255.255.255" };
	struct cluster c = cluster_make("", "alpha"),
		       router = cluster_make("forward = yes\n", "alpha");
	struct test_frame f, out;

	(void)state;
	for (size_t i = 0; i < sizeof(individual) / sizeof(individual[0]); i++) {
		f = to_cluster_mac(individual[i]);
		is_dropped(&c, REWRITE_INGRESS, f, DROP_ELSEWHERE);
		passes_as(&router, REWRITE_INGRESS, f, &f);
		/* by the dedicated MAC it is for this node alone */
		f = ipv4_frame(OUT_MAC, ALPHA_MAC, OUT_IP, individual[i]);
		out = to_cluster_mac(individual[i]);
		passes_as(&c, REWRITE_INGRESS, f, &out);
	}
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		f = to_cluster_mac(groups[i]);
		passes_as(&c, REWRITE_INGRESS, f, &f);
	}
	is_dropped(&router, REWRITE_INGRESS, to_cluster_mac(BETA_IP), DROP_PEER_ADDRESS);
	cluster_free(&c);
	cluster_free(&router);
}

static void I4_own_addresses_beside_the_file_pass(void **state)
{
	struct cluster c = cluster_make("", "alpha");
	struct test_frame vip = to_cluster_mac(VIP), broadcast = to_cluster_mac(VIP_BROADCAST);

	(void)state;
	add_vip(&c);
	passes_as(&c, REWRITE_INGRESS, vip, &vip);
	passes_as(&c, REWRITE_INGRESS, broadcast, &broadcast);
	is_dropped(&c, REWRITE_INGRESS, to_cluster_mac("12.99.0.2"), DROP_ELSEWHERE);
	assert_int_equal(peers_set_own(c.peers, NULL, 0), 1);
	is_dropped(&c, REWRITE_INGRESS, vip, DROP_ELSEWHERE);
	cluster_free(&c);
}

/* E2, E3 and I8 for an own address that is not in the file. */
static void own_addresses_beside_the_file_are_own(void **state)
{
	static const struct row request = { CLUSTER_MAC, BROADCAST, REQUEST, VIP,
					    CLUSTER_MAC, BETA_IP,   NO_MAC };
	static const struct row request_wire = { ALPHA_MAC, BROADCAST, REQUEST, VIP,
						 ALPHA_MAC, BETA_IP,   NO_MAC };
	static const struct row announcement = { CLUSTER_MAC, BROADCAST, REQUEST, VIP,
						 CLUSTER_MAC, VIP,       NO_MAC };
	static const struct row announcement_wire = { ALPHA_MAC,   BROADCAST, REQUEST, VIP,
						      CLUSTER_MAC, VIP,       NO_MAC };
	static const struct row claim = { OUT_MAC, BROADCAST, REQUEST, VIP, OUT_MAC, VIP, NO_MAC };
	struct cluster c = cluster_make("", "alpha");

	(void)state;
	add_vip(&c);
	row_passes_as(&c, REWRITE_EGRESS, &request, &request_wire);
	row_passes_as(&c, REWRITE_EGRESS, &announcement, &announcement_wire);
	row_is_dropped(&c, &claim, DROP_CONFLICT);
	cluster_free(&c);
}

static void I5_groups_pass(void **state)
{
	struct cluster c = cluster_make("", "alpha"), group = cluster_make(GROUPS, "alpha");
	struct test_frame broadcast = ethernet(OUT_MAC, BROADCAST, 0x88b5);
	struct test_frame multicast =
		ipv4_frame(OUT_MAC, "01:00:5e:00:00:fb", OUT_IP, "224.0.0.251");

	(void)state;
	passes_as(&c, REWRITE_INGRESS, broadcast, &broadcast);
	passes_as(&c, REWRITE_INGRESS, multicast, &multicast);
	passes_as(&group, REWRITE_INGRESS, multicast, &multicast);
	cluster_free(&c);
	cluster_free(&group);
}

static void I6_a_peer_keeps_its_dedicated_mac(void **state)
{
	/* a peer's request to an outsider, its announcements in both forms */
	static const struct row in[] = {
		{ BETA_MAC, BROADCAST, REQUEST, BETA_IP, CLUSTER_MAC, OUT_IP, NO_MAC },
		{ BETA_MAC, BROADCAST, REQUEST, BETA_IP, CLUSTER_MAC, BETA_IP, NO_MAC },
		{ BETA_MAC, BROADCAST, REPLY, BETA_IP, CLUSTER_MAC, BETA_IP, CLUSTER_MAC },
		{ BETA_MAC, BROADCAST, REQUEST, BETA_IP, CLUSTER_MAC, ALPHA_IP, NO_MAC },
	};
	/* an outsider's reply to the dedicated MAC: the stack knows the cluster MAC */
	static const struct row reply = { OUT_MAC, ALPHA_MAC, REPLY,    OUT_IP,
					  OUT_MAC, ALPHA_IP,  ALPHA_MAC };
	static const struct row reply_in = { OUT_MAC, CLUSTER_MAC, REPLY,      OUT_IP,
					     OUT_MAC, ALPHA_IP,    CLUSTER_MAC };
	struct cluster c = cluster_make("", "alpha");
	struct row out;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(in) / sizeof(in[0]); i++) {
		out = in[i];
		out.sender_mac = BETA_MAC;
		row_passes_as(&c, REWRITE_INGRESS, &in[i], &out);
	}
	row_passes_as(&c, REWRITE_INGRESS, &reply, &reply_in);
	cluster_free(&c);
}

/* A VIP that beta holds: known by beta's dedicated MAC, which the Ethernet source tells. */
static void I6_an_address_that_no_file_lists(void **state)
{
	static const struct {
		const char *keys;
		struct row in;
		const char *sender_mac;
	} cases[] = {
		{ "", { BETA_MAC, BROADCAST, REQUEST, VIP, CLUSTER_MAC, VIP, NO_MAC }, BETA_MAC },
		{ "",
		  { BETA_MAC, ALPHA_MAC, REPLY, VIP, CLUSTER_MAC, ALPHA_IP, CLUSTER_MAC },
		  BETA_MAC },
		{ "source_mac = masked\n",
		  { BETA_MASKED, BROADCAST, REQUEST, VIP, CLUSTER_MAC, VIP, NO_MAC },
		  BETA_MAC },
		/* an outsider's, a MAC of its own, and where all nodes have one Ethernet source */
		{ "", { OUT_MAC, BROADCAST, REQUEST, VIP, CLUSTER_MAC, VIP, NO_MAC }, CLUSTER_MAC },
		{ "", { BETA_MAC, BROADCAST, REQUEST, VIP, OUT_MAC, VIP, NO_MAC }, OUT_MAC },
		{ "source_mac = cluster\n",
		  { CLUSTER_MAC, BROADCAST, REQUEST, VIP, CLUSTER_MAC, VIP, NO_MAC },
		  CLUSTER_MAC },
		{ "",
		  { BETA_MAC, BROADCAST, REQUEST, "0.0.0.0", CLUSTER_MAC, VIP, NO_MAC },
		  CLUSTER_MAC },
	};
	struct test_frame out;
	struct cluster c;
	struct row row;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		c = cluster_make(cases[i].keys, "alpha");
		row = cases[i].in;
		row.sender_mac = cases[i].sender_mac;
		out = arp_frame(&row);
		if (!strcmp(row.eth_dst, ALPHA_MAC))
			put_mac(out.data, CLUSTER_MAC);
		passes_as(&c, REWRITE_INGRESS, arp_frame(&cases[i].in), &out);
		cluster_free(&c);
	}
}

static void I7_spoofed_peers(void **state)
{
	static const struct row rows[] = {
		{ OUT_MAC, BROADCAST, REQUEST, BETA_IP, OUT_MAC, OUT_IP, NO_MAC },
		{ OUT_MAC, BROADCAST, REQUEST, BETA_IP, OUT_MAC, BETA_IP, NO_MAC },
		{ OUT_MAC, CLUSTER_MAC, REPLY, BETA_IP, OUT_MAC, ALPHA_IP, CLUSTER_MAC },
		{ OUT_MAC, ALPHA_MAC, REPLY, BETA_IP, OUT_MAC, ALPHA_IP, CLUSTER_MAC },
		/* one peer's address under another's dedicated MAC */
		{ GAMMA_MAC, ALPHA_MAC, REPLY, BETA_IP, GAMMA_MAC, ALPHA_IP, CLUSTER_MAC },
		{ OUT_MAC, BROADCAST, REQUEST, BETA_IP, ALPHA_MAC, OUT_IP, NO_MAC },
	};
	static const struct row fine = { BETA_MAC, BROADCAST, REQUEST, BETA_IP,
					 BETA_MAC, ALPHA_IP,  NO_MAC };
	struct cluster c = cluster_make("", "alpha");
	struct rewrite_result result;
	struct test_frame f;
	struct mac spoofer;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		row_is_dropped(&c, &rows[i], DROP_SPOOFED);
		f = arp_frame(&rows[i]);
		result = rewrite(&c, REWRITE_INGRESS, &f);
		assert_true(mac_parse(rows[i].sender_mac, &spoofer));
		assert_string_equal(result.peer->node->name, "beta");
		assert_true(mac_equal(&result.sender_mac, &spoofer));
	}
	row_passes_as(&c, REWRITE_INGRESS, &fine, &fine);
	cluster_free(&c);
}

/* Linux looks behind any number of tags of VID 0, the rules behind two. */
static void I7_behind_three_tags_is_dropped(void **state)
{
	static const struct row spoofed = { OUT_MAC, BROADCAST, REQUEST, BETA_IP,
					    OUT_MAC, ALPHA_IP,  NO_MAC };
	struct cluster c = cluster_make("", "alpha");
	struct test_frame f = arp_frame(&spoofed), sent;

	(void)state;
	f = tagged(tagged(f, 0x8100, 0), 0x88a8, 0);
	is_dropped(&c, REWRITE_INGRESS, f, DROP_SPOOFED);
	f = tagged(f, 0x8100, 0);
	is_dropped(&c, REWRITE_INGRESS, f, DROP_MALFORMED);
	sent = f;
	put_mac(sent.data + MAC_LEN, ALPHA_MAC);
	passes_as(&c, REWRITE_EGRESS, f, &sent);
	cluster_free(&c);
}

static void I8_own_addresses_from_the_wire(void **state)
{
	static const struct {
		struct row row;
		unsigned reason;
	} cases[] = {
		/* a peer announces the cluster address, or sends a request from it */
		{ { BETA_MAC, BROADCAST, REQUEST, CLUSTER_IP, CLUSTER_MAC, CLUSTER_IP, NO_MAC },
		  DROP_PEER_ADDRESS },
		{ { BETA_MAC, BROADCAST, REPLY, CLUSTER_IP, CLUSTER_MAC, CLUSTER_IP, CLUSTER_MAC },
		  DROP_PEER_ADDRESS },
		{ { BETA_MAC, BROADCAST, REQUEST, CLUSTER_IP, CLUSTER_MAC, OUT_IP, NO_MAC },
		  DROP_PEER_ADDRESS },
		/* a peer probes it */
		{ { BETA_MAC, BROADCAST, REQUEST, "0.0.0.0", CLUSTER_MAC, CLUSTER_IP, NO_MAC },
		  DROP_PEER_ADDRESS },
		/* conflicts */
		{ { OUT_MAC, BROADCAST, REQUEST, CLUSTER_IP, OUT_MAC, OUT_IP, NO_MAC },
		  DROP_CONFLICT },
		{ { OUT_MAC, BROADCAST, REQUEST, ALPHA_IP, OUT_MAC, ALPHA_IP, NO_MAC },
		  DROP_CONFLICT },
		{ { OUT_MAC, CLUSTER_MAC, REPLY, ALPHA_IP, OUT_MAC, ALPHA_IP, CLUSTER_MAC },
		  DROP_CONFLICT },
		{ { BETA_MAC, BROADCAST, REQUEST, ALPHA_IP, CLUSTER_MAC, OUT_IP, NO_MAC },
		  DROP_CONFLICT },
	};
	static const struct row outsiders_probe = { OUT_MAC, BROADCAST,  REQUEST, "0.0.0.0",
						    OUT_MAC, CLUSTER_IP, NO_MAC };
	static const struct row own_probed = { OUT_MAC, BROADCAST, REQUEST, "0.0.0.0",
					       OUT_MAC, ALPHA_IP,  NO_MAC };
	struct cluster c = cluster_make("", "alpha");
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		row_is_dropped(&c, &cases[i].row, cases[i].reason);
	row_passes_as(&c, REWRITE_INGRESS, &outsiders_probe, &outsiders_probe);
	row_passes_as(&c, REWRITE_INGRESS, &own_probed, &own_probed);
	cluster_free(&c);
}

/* Outsiders' ARP, among themselves and for this node, passes unmodified. */
static void outsiders_arp_passes(void **state)
{
	static const struct row rows[] = {
		{ OUT_MAC, BROADCAST, REQUEST, OUT_IP, OUT_MAC, ALPHA_IP, NO_MAC },
		{ OUT_MAC, BROADCAST, REQUEST, OUT_IP, OUT_MAC, CLUSTER_IP, NO_MAC },
		{ OUT_MAC, CLUSTER_MAC, REPLY, OUT_IP, OUT_MAC, ALPHA_IP, CLUSTER_MAC },
		{ OUT_MAC, BROADCAST, REQUEST, OUT_IP, OUT_MAC, "12.12.4.250", NO_MAC },
	};
	struct cluster c = cluster_make("", "alpha");
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		row_passes_as(&c, REWRITE_INGRESS, &rows[i], &rows[i]);
	cluster_free(&c);
}

/* ARP after a priority tag (VID 0) is examined, ARP in a VLAN is not. */
static void tags_on_arp(void **state)
{
	static const struct row request = { CLUSTER_MAC, BROADCAST, REQUEST, ALPHA_IP,
					    CLUSTER_MAC, BETA_IP,   NO_MAC };
	static const struct row rewritten = { ALPHA_MAC, BROADCAST, REQUEST, ALPHA_IP,
					      ALPHA_MAC, BETA_IP,   NO_MAC };
	static const struct row source_only = { ALPHA_MAC,   BROADCAST, REQUEST, ALPHA_IP,
						CLUSTER_MAC, BETA_IP,   NO_MAC };
	struct cluster c = cluster_make("", "alpha");
	struct test_frame vid0 = tagged(arp_frame(&rewritten), 0x8100, 0xa000);
	struct test_frame vlan = tagged(arp_frame(&source_only), 0x8100, 0xa007);
	struct test_frame qinq = tagged(tagged(arp_frame(&source_only), 0x8100, 0), 0x88a8, 9);

	(void)state;
	passes_as(&c, REWRITE_EGRESS, tagged(arp_frame(&request), 0x8100, 0xa000), &vid0);
	passes_as(&c, REWRITE_EGRESS, tagged(arp_frame(&request), 0x8100, 0xa007), &vlan);
	passes_as(&c, REWRITE_EGRESS, tagged(tagged(arp_frame(&request), 0x8100, 0), 0x88a8, 9),
		  &qinq);
	cluster_free(&c);
}

/* `in`, truncated to `len`, in memory of exactly that size, so that a sanitizer detects an access
 * beyond it. Passed on unmodified except for the Ethernet source, or dropped as malformed. */
static void cut_short(const struct cluster *c, enum rewrite_direction way,
		      const struct test_frame *in, size_t len)
{
	uint8_t *data = malloc(len ? len : 1);
	struct rewrite_result result;
	size_t from = way == REWRITE_EGRESS ? 2 * MAC_LEN : 0;

	memcpy(data, in->data, len);
	rewrite_frame(&(struct rewrite){ .peers = c->peers }, way, data, len, false, &result);
	if (len < FRAME_HEADER_LEN) {
		assert_int_equal(result.verdict.drop, DROP_MALFORMED);
	} else if (len < FRAME_HEADER_LEN + sizeof(struct frame_arp)) {
		assert_int_equal(result.verdict.drop, DROP_NONE);
		assert_false(result.is_resolution);
		assert_memory_equal(data + from, in->data + from, len - from);
	} else {
		assert_true(result.is_resolution);
	}
	free(data);
}

static void truncated_arp_at_every_length(void **state)
{
	static const struct row egress = { CLUSTER_MAC, BROADCAST, REQUEST, ALPHA_IP,
					   CLUSTER_MAC, BETA_IP,   NO_MAC };
	static const struct row ingress = { OUT_MAC, BROADCAST, REQUEST, BETA_IP,
					    OUT_MAC, ALPHA_IP,  NO_MAC };
	struct cluster c = cluster_make("", "alpha");
	struct test_frame out = arp_frame(&egress), in = arp_frame(&ingress);
	size_t len;

	(void)state;
	for (len = 0; len <= out.len; len++) {
		cut_short(&c, REWRITE_EGRESS, &out, len);
		cut_short(&c, REWRITE_INGRESS, &in, len);
	}
	cluster_free(&c);
}

static void truncated_ip_and_tags_at_every_length(void **state)
{
	struct cluster c = cluster_make("", "alpha");
	struct test_frame f = tagged(
		tagged(ipv4_frame(OUT_MAC, CLUSTER_MAC, OUT_IP, BETA_IP), 0x8100, 0), 0x88a8, 0);
	struct rewrite_result result;
	uint8_t *data;
	size_t len;

	(void)state;
	for (len = FRAME_HEADER_LEN; len <= f.len; len++) {
		data = malloc(len);
		memcpy(data, f.data, len);
		rewrite_frame(&(struct rewrite){ .peers = c.peers }, REWRITE_INGRESS, data, len,
			      false, &result);
		assert_int_equal(result.verdict.drop,
				 len < FRAME_HEADER_LEN + 8 + 20 ? DROP_NONE : DROP_PEER_ADDRESS);
		assert_memory_equal(data, f.data, len);
		free(data);
	}
	cluster_free(&c);
}

/* Each field that makes it "Ethernet, IPv4, request or reply" is made wrong, one at a time. */
static void foreign_arp_is_untouched(void **state)
{
	static const struct row row = { CLUSTER_MAC, BROADCAST, REQUEST, ALPHA_IP,
					CLUSTER_MAC, BETA_IP,   NO_MAC };
	static const struct {
		size_t offset;
		uint8_t value;
	} spoil[] = {
		{ 0, 1 }, { 1, 6 },   { 2, 0x86 }, { 3, 0xdd }, { 4, 0 },
		{ 4, 8 }, { 4, 255 }, { 5, 0 },    { 5, 16 },   { 5, 255 },
		{ 6, 1 }, { 7, 0 },   { 7, 3 },    { 7, 8 },    { 7, 255 },
	};
	struct cluster c = cluster_make("", "alpha");
	struct test_frame in, out;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(spoil) / sizeof(spoil[0]); i++) {
		in = arp_frame(&row);
		in.data[FRAME_HEADER_LEN + spoil[i].offset] = spoil[i].value;
		out = in;
		put_mac(out.data + MAC_LEN, ALPHA_MAC);
		passes_as(&c, REWRITE_EGRESS, in, &out);
	}
	cluster_free(&c);
}

/* Random frames, with the EtherTypes that the rules examine: nothing is read or written beyond
 * them, and a frame that passes differs only in the fields that the rules name. */
static void noise_does_no_harm(void **state)
{
	static const uint16_t types[] = { 0x0806, 0x0800, 0x86dd, 0x8100, 0x88a8, 0x88b5 };
	static const char *const macs[] = { CLUSTER_MAC, ALPHA_MAC, BETA_MAC, OUT_MAC, BROADCAST };
	struct cluster c = cluster_make("", "alpha");
	struct rewrite_result result;
	uint8_t *data, before[128];
	unsigned i;
	size_t len, j;

	(void)state;
	srandom(1);
	for (i = 0; i < 200000; i++) {
		len = (size_t)random() % sizeof(before);
		for (j = 0; j < len; j++)
			before[j] = (uint8_t)random();
		if (len >= FRAME_HEADER_LEN) {
			put_mac(before, macs[random() % 5]);
			put_mac(before + MAC_LEN, macs[random() % 5]);
			before[12] = (uint8_t)(types[i % 6] >> 8);
			before[13] = (uint8_t)types[i % 6];
		}
		data = malloc(len ? len : 1);
		memcpy(data, before, len);
		rewrite_frame(&(struct rewrite){ .peers = c.peers },
			      i & 1 ? REWRITE_EGRESS : REWRITE_INGRESS, data, len, false, &result);
		if (result.verdict.drop != DROP_NONE)
			assert_memory_equal(data, before, len);
		else if (!result.is_resolution)
			assert_memory_equal(data + 12, before + 12, len - 12);
		free(data);
	}
	cluster_free(&c);
}

static void who_is_counted_as_peer(void **state)
{
	struct cluster c = cluster_make("", "alpha");
	struct test_frame to = ipv4_frame(CLUSTER_MAC, BETA_MAC, ALPHA_IP, BETA_IP);
	struct test_frame from = ethernet(GAMMA_MAC, ALPHA_MAC, 0x88b5);
	struct test_frame outsider = ipv4_frame(OUT_MAC, CLUSTER_MAC, OUT_IP, ALPHA_IP);

	(void)state;
	assert_string_equal(rewrite(&c, REWRITE_EGRESS, &to).peer->node->name, "beta");
	assert_string_equal(rewrite(&c, REWRITE_INGRESS, &from).peer->node->name, "gamma");
	assert_null(rewrite(&c, REWRITE_INGRESS, &outsider).peer);
	cluster_free(&c);
}

/* A peer is known by its MAC; by its IP only where all nodes have the same source MAC. */
static void what_an_ip_tells_of_a_peer(void **state)
{
	struct cluster c = cluster_make("", "alpha");
	struct cluster one_mac = cluster_make("source_mac = cluster\n", "alpha");
	struct test_frame routed = ipv4_frame(OUT_MAC, ALPHA_MAC, BETA_IP, ALPHA_IP);
	struct test_frame to = ipv4_frame(CLUSTER_MAC, OUT_MAC, ALPHA_IP, BETA_IP);

	(void)state;
	assert_null(rewrite(&c, REWRITE_INGRESS, &routed).peer);
	assert_null(rewrite(&c, REWRITE_EGRESS, &to).peer);
	assert_string_equal(rewrite(&one_mac, REWRITE_INGRESS, &routed).peer->node->name, "beta");
	cluster_free(&c);
	cluster_free(&one_mac);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(figure6_to_the_letter),
		cmocka_unit_test(figure7_data),
		cmocka_unit_test(E1_wire_source_on_every_frame),
		cmocka_unit_test(E2_peers_learn_the_dedicated_mac),
		cmocka_unit_test(E2b_cluster_address_as_sender),
		cmocka_unit_test(E3_outsiders_learn_the_cluster_mac),
		cmocka_unit_test(E3_advertise_all),
		cmocka_unit_test(E4_directed_requests),
		cmocka_unit_test(link_local_groups_stay_the_nics),
		cmocka_unit_test(I1_echo_by_wire_source),
		cmocka_unit_test(I1_echo_by_own_address),
		cmocka_unit_test(I2_cluster_mac_comes_back),
		cmocka_unit_test(I2_strict),
		cmocka_unit_test(I3_what_is_not_for_this_node),
		cmocka_unit_test(I4_a_peers_address_at_the_cluster_mac),
		cmocka_unit_test(I4_what_no_node_has_is_elsewhere),
		cmocka_unit_test(I4_own_addresses_beside_the_file_pass),
		cmocka_unit_test(own_addresses_beside_the_file_are_own),
		cmocka_unit_test(I5_groups_pass),
		cmocka_unit_test(I6_a_peer_keeps_its_dedicated_mac),
		cmocka_unit_test(I6_an_address_that_no_file_lists),
		cmocka_unit_test(I7_spoofed_peers),
		cmocka_unit_test(I7_behind_three_tags_is_dropped),
		cmocka_unit_test(I8_own_addresses_from_the_wire),
		cmocka_unit_test(outsiders_arp_passes),
		cmocka_unit_test(tags_on_arp),
		cmocka_unit_test(truncated_arp_at_every_length),
		cmocka_unit_test(truncated_ip_and_tags_at_every_length),
		cmocka_unit_test(foreign_arp_is_untouched),
		cmocka_unit_test(noise_does_no_harm),
		cmocka_unit_test(who_is_counted_as_peer),
		cmocka_unit_test(what_an_ip_tells_of_a_peer),
	};

	return cmocka_run_group_tests_name("rewrite", tests, NULL, NULL);
}
