/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of core/flow.c and of rule I10: which packets of a client this node takes. */
#include "cluster.h"

#include <netinet/in.h>

#define OUT_IPV6     "2001:db8::200"
#define CLUSTER_IPV6 "2001:db8::100"
#define SYN          0x02
#define ACK          0x10
#define MF           0x2000

/* A cluster of both families with shares, in which alpha has the buckets that decide() gives it. */
struct lab {
	struct cluster c;
	struct shares_path shares;
};

static void setup(struct lab *lab, const char *keys, enum config_affinity affinity)
{
	char text[128];

	snprintf(text, sizeof(text), "shares = static\n%s", keys);
	*lab = (struct lab){ .c = cluster_make_dual(text, "alpha") };
	lab->shares.key = (struct shares_key){ { 0x0706050403020100ull, 0x0f0e0d0c0b0a0908ull } };
	lab->shares.affinity = affinity;
	lab->shares.lease = UINT64_MAX;
	lab->c.shares = &lab->shares;
	lab->c.fragments = fragments_create();
	lab->c.now = 1000;
}

static void teardown(struct lab *lab)
{
	fragments_destroy(lab->c.fragments);
	cluster_free(&lab->c);
}

/* A packet from a client to the cluster address, as text of it. */
struct packet {
	const char *source, *destination;
	uint8_t protocol;
	uint16_t port;         /* of the client */
	uint8_t flags;         /* TCP */
	uint16_t fragment, id; /* IPv4: as in the header; IPv6: offset and M bit, if has_fragment */
	bool has_fragment;
	uint8_t extension; /* IPv6: this header comes first; 0: none */
};

static void put_transport(uint8_t *at, const struct packet *p)
{
	memset(at, 0, 20);
	at[0] = (uint8_t)(p->port >> 8);
	at[1] = (uint8_t)p->port;
	at[3] = 80;
	at[13] = p->flags;
}

static uint8_t *put_ipv4_header(uint8_t *at, const struct packet *p)
{
	memset(at, 0, 24);
	at[0] = 0x46; /* with an option of 4 bytes */
	at[4] = (uint8_t)(p->id >> 8);
	at[5] = (uint8_t)p->id;
	at[6] = (uint8_t)(p->fragment >> 8);
	at[7] = (uint8_t)p->fragment;
	at[9] = p->protocol;
	put_ip(at + 12, p->source);
	put_ip(at + 16, p->destination);
	return at + 24;
}

static uint8_t *put_ipv6_header(uint8_t *at, const struct packet *p)
{
	uint8_t *next = at + 6;

	memset(at, 0, 64);
	at[0] = 0x60;
	put_ip(at + 8, p->source);
	put_ip(at + 24, p->destination);
	at += 40;
	if (p->extension) {
		*next = p->extension;
		next = at;
		at += 8;
	}
	if (p->has_fragment) {
		*next = IPPROTO_FRAGMENT;
		next = at;
		at[2] = (uint8_t)(p->fragment >> 8);
		at[3] = (uint8_t)p->fragment;
		at[7] = (uint8_t)p->id;
		at += 8;
	}
	*next = p->protocol;
	return at;
}

static struct test_frame frame_of(const struct packet *p)
{
	bool is_ipv6 = strchr(p->source, ':');
	struct test_frame f = ethernet(OUT_MAC, CLUSTER_MAC, is_ipv6 ? 0x86dd : 0x0800);
	uint8_t *ip = f.data + FRAME_HEADER_LEN;
	uint8_t *end = is_ipv6 ? put_ipv6_header(ip, p) : put_ipv4_header(ip, p);

	put_transport(end, p);
	f.len = (size_t)(end - f.data) + 20;
	return f;
}

static enum drop_reason fate(struct lab *lab, const struct packet *p)
{
	struct test_frame f = frame_of(p);

	return (enum drop_reason)rewrite(&lab->c, REWRITE_INGRESS, &f).verdict.drop;
}

/* What alpha does with all buckets but the client's, and with the client's. */
static void decide(struct lab *lab, const struct packet *p, bool with_port, uint8_t own,
		   uint8_t others)
{
	struct shares_client client;
	struct ip_addr ip;

	assert_true(ip_parse(p->source, &ip));
	flow_client(&client, lab->shares.affinity, &ip, with_port ? p->port : 0);
	memset(lab->shares.decisions, others, sizeof(lab->shares.decisions));
	lab->shares.decisions[shares_bucket(&lab->shares.key, &client)] = own;
}

/* The packet is in the bucket of its client's address, and of its port if `with_port`: it passes if
 * alpha has that bucket alone, and is dropped if alpha has all others. */
static void is_in_bucket(struct lab *lab, const struct packet *p, bool with_port)
{
	decide(lab, p, with_port, SHARES_TAKES, 0);
	assert_int_equal(fate(lab, p), DROP_NONE);
	decide(lab, p, with_port, 0, SHARES_TAKES);
	assert_int_equal(fate(lab, p), DROP_OTHER_SHARE);
}

static void is_for_all(struct lab *lab, const struct packet *p)
{
	memset(lab->shares.decisions, 0, sizeof(lab->shares.decisions));
	assert_int_equal(fate(lab, p), DROP_NONE);
}

static const struct packet syn = { OUT_IP, CLUSTER_IP, IPPROTO_TCP, 40000, SYN, 0, 0, false, 0 };
static const struct packet syn6 = {
	OUT_IPV6, CLUSTER_IPV6, IPPROTO_TCP, 40000, SYN, 0, 0, false, 0
};

static struct packet with_protocol(struct packet p, uint8_t protocol)
{
	p.protocol = protocol;
	return p;
}

/* The bytes of the key are the specification's; the number was computed by another
 * implementation. */
static void a_bucket_is_the_same_everywhere(void **state)
{
	struct shares_key key = { { 0x0706050403020100ull, 0x0f0e0d0c0b0a0908ull } };
	struct shares_client client;
	struct ip_addr ip;

	(void)state;
	assert_true(ip_parse("192.0.2.7", &ip));
	flow_client(&client, AFFINITY_CONNECTION, &ip, 0x1234);
	assert_memory_equal(client.bytes, "\xc0\x00\x02\x07\x12\x34\0\0", 8);
	assert_int_equal(client.is_ipv6, 0);
	assert_int_equal(shares_bucket(&key, &client), 2100);
	assert_true(ip_parse("2001:db8::7", &ip));
	flow_client(&client, AFFINITY_CONNECTION, &ip, 0x1234);
	assert_int_equal(shares_bucket(&key, &client), 2157);
}

static void I10_ports_make_the_bucket(void **state)
{
	static const uint8_t protocols[] = { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE,
					     IPPROTO_SCTP, IPPROTO_DCCP };
	struct lab lab;
	struct packet p;

	(void)state;
	setup(&lab, "", AFFINITY_CONNECTION);
	for (size_t i = 0; i < sizeof(protocols); i++) {
		p = with_protocol(syn, protocols[i]);
		is_in_bucket(&lab, &p, true);
		p = with_protocol(syn6, protocols[i]);
		is_in_bucket(&lab, &p, true);
		p.extension = IPPROTO_DSTOPTS;
		is_in_bucket(&lab, &p, true);
	}
	p = with_protocol(syn, IPPROTO_ESP);
	is_in_bucket(&lab, &p, false);
	p = with_protocol(syn6, IPPROTO_GRE);
	is_in_bucket(&lab, &p, false);
	teardown(&lab);
}

static void I10_affinity(void **state)
{
	struct packet neighbour = syn, neighbour6 = syn6;
	struct lab lab;

	(void)state;
	setup(&lab, "affinity = client\n", AFFINITY_CLIENT);
	is_in_bucket(&lab, &syn, false);
	is_in_bucket(&lab, &syn6, false);
	teardown(&lab);
	setup(&lab, "affinity = network\n", AFFINITY_NETWORK);
	neighbour.source = "12.12.4.7";
	neighbour6.source = "2001:db8::7:0:0:1";
	decide(&lab, &syn, false, SHARES_TAKES, 0);
	assert_int_equal(fate(&lab, &neighbour), DROP_NONE);
	neighbour.source = "12.12.5.7";
	assert_int_equal(fate(&lab, &neighbour), DROP_OTHER_SHARE);
	decide(&lab, &syn6, false, SHARES_TAKES, 0);
	assert_int_equal(fate(&lab, &neighbour6), DROP_NONE);
	neighbour6.source = "2001:db8:0:1::7";
	assert_int_equal(fate(&lab, &neighbour6), DROP_OTHER_SHARE);
	teardown(&lab);
}

/* An echo request is its client's, an error is for the node that has the connection. */
static void I10_icmp(void **state)
{
	static const uint8_t errors[] = { 3, 4, 5, 11, 12 }, errors6[] = { 1, 2, 3, 4, 127 };
	struct packet p = with_protocol(syn, IPPROTO_ICMP);
	struct packet p6 = with_protocol(syn6, IPPROTO_ICMPV6);
	struct lab lab;

	(void)state;
	setup(&lab, "", AFFINITY_CONNECTION);
	for (size_t i = 0; i < sizeof(errors); i++) {
		p.port = (uint16_t)(errors[i] << 8);
		is_for_all(&lab, &p);
		p6.port = (uint16_t)(errors6[i] << 8);
		is_for_all(&lab, &p6);
	}
	p.port = 8 << 8;
	is_in_bucket(&lab, &p, false);
	p6.port = 128 << 8;
	is_in_bucket(&lab, &p6, false);
	p.protocol = IPPROTO_ICMPV6; /* as such no error */
	p.port = 1 << 8;
	is_in_bucket(&lab, &p, false);
	teardown(&lab);
}

/* What an own address or a group gets, or comes by the dedicated MAC, is no share. */
static void I10_is_for_shared_addresses_alone(void **state)
{
	struct packet own = syn, group = syn;
	struct lab lab;
	struct test_frame f = frame_of(&syn);

	(void)state;
	setup(&lab, "", AFFINITY_CONNECTION);
	own.destination = ALPHA_IP;
	is_for_all(&lab, &own);
	group.destination = "224.0.0.1";
	is_for_all(&lab, &group);
	put_mac(f.data, ALPHA_MAC);
	assert_int_equal(rewrite(&lab.c, REWRITE_INGRESS, &f).verdict.drop, DROP_NONE);
	teardown(&lab);
}

/* I4 comes first. What is routed on belongs to the share of its client's address, and there are no
 * connections of this host to ask for. */
static void I10_forward(void **state)
{
	struct packet routed = syn, segment = syn;
	struct lab lab;

	(void)state;
	routed.destination = segment.destination = "198.51.100.1";
	segment.flags = ACK;
	setup(&lab, "", AFFINITY_CONNECTION);
	decide(&lab, &routed, false, SHARES_TAKES, 0);
	assert_int_equal(fate(&lab, &routed), DROP_ELSEWHERE);
	teardown(&lab);
	setup(&lab, "forward = yes\n", AFFINITY_CONNECTION);
	is_in_bucket(&lab, &routed, false);
	is_in_bucket(&lab, &segment, false);
	decide(&lab, &segment, false, SHARES_ASKS, 0);
	assert_int_equal(fate(&lab, &segment), DROP_OTHER_SHARE);
	teardown(&lab);
}

/* A bucket that has moved: the former owner takes segments of connections, and nothing new. */
static void I10_what_begins_and_what_goes_on(void **state)
{
	static const struct {
		uint8_t flags, protocol;
		bool goes_on;
	} cases[] = {
		{ SYN, IPPROTO_TCP, false }, { SYN | ACK, IPPROTO_TCP, true },
		{ ACK, IPPROTO_TCP, true },  { 0x04, IPPROTO_TCP, true },
		{ 0, IPPROTO_TCP, true },    { SYN | 0xc0, IPPROTO_TCP, false },
		{ ACK, IPPROTO_UDP, false },
	};
	struct packet p = syn;
	struct lab lab;

	(void)state;
	setup(&lab, "", AFFINITY_CONNECTION);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		p.flags = cases[i].flags;
		p.protocol = cases[i].protocol;
		decide(&lab, &p, true, SHARES_ASKS, 0);
		assert_int_equal(fate(&lab, &p), cases[i].goes_on ? DROP_NONE : DROP_OTHER_SHARE);
	}
	teardown(&lab);
}

static void I10_without_a_lease_nothing_begins(void **state)
{
	struct rule_keys k = { .policy = POLICY_SHARES,
			       .kind = FRAME_IP,
			       .eth_dst = MAC_CLUSTER,
			       .ip_dst = IP_CLUSTER,
			       .flow = FLOW_TCP,
			       .share = SHARES_TAKES };
	struct packet segment = syn;
	struct lab lab;

	(void)state;
	segment.flags = ACK;
	setup(&lab, "", AFFINITY_CONNECTION);
	decide(&lab, &syn, true, SHARES_TAKES, 0);
	lab.shares.lease = lab.c.now + 1;
	assert_int_equal(fate(&lab, &syn), DROP_NONE);
	lab.shares.lease = lab.c.now;
	assert_int_equal(fate(&lab, &syn), DROP_NO_LEASE);
	/* Until the program at the TAP asks, a segment could be another node's by now. */
	assert_int_equal(fate(&lab, &segment), DROP_NO_LEASE);
	assert_int_equal(rule_I10(&k), DROP_NO_LEASE);
	k.connection = CONNECTION_OWN; /* the kernel data path asks itself */
	assert_int_equal(rule_I10(&k), DROP_NONE);
	k.flow = FLOW_NEW;
	assert_int_equal(rule_I10(&k), DROP_NO_LEASE);
	decide(&lab, &syn, true, SHARES_TAKES | SHARES_ASKS, 0);
	assert_int_equal(fate(&lab, &syn), DROP_NO_LEASE);
	assert_int_equal(fate(&lab, &segment), DROP_NONE);
	teardown(&lab);
}

/* Which segments are asked about at the TAP, and what is done without a connection. */
static void I10_asked(void **state)
{
	struct rule_keys k = { .policy = POLICY_SHARES,
			       .kind = FRAME_IP,
			       .eth_dst = MAC_CLUSTER,
			       .ip_dst = IP_CLUSTER,
			       .flow = FLOW_TCP };

	(void)state;
	/* It was let through before the bucket became another node's. */
	assert_int_equal(rule_I10_asked(&k, CONNECTION_NONE), DROP_OTHER_SHARE);
	assert_int_equal(rule_I10_asked(&k, CONNECTION_OWN), DROP_NONE);
	k.share = SHARES_TAKES;
	assert_int_equal(rule_I10_asked(&k, CONNECTION_NONE), DROP_NONE);
	k.share = SHARES_TAKES | SHARES_CAUTIOUS;
	assert_int_equal(rule_I10_asked(&k, CONNECTION_NONE), DROP_OTHER_SHARE);
	assert_int_equal(rule_I10_asked(&k, CONNECTION_OWN), DROP_NONE);
	k.share = SHARES_ASKS;
	assert_int_equal(rule_I10_asked(&k, CONNECTION_NONE), DROP_OTHER_SHARE);
	assert_int_equal(rule_I10_asked(&k, CONNECTION_OWN), DROP_NONE);
	k.has_lease = 1;
	assert_int_equal(rule_I10_asked(&k, CONNECTION_COOKIE), DROP_OTHER_SHARE);
	k.share = SHARES_TAKES | SHARES_CAUTIOUS;
	assert_int_equal(rule_I10_asked(&k, CONNECTION_COOKIE), DROP_NONE);
	k.has_lease = 0;
	assert_int_equal(rule_I10_asked(&k, CONNECTION_COOKIE), DROP_OTHER_SHARE);
	k.flow = FLOW_NEW;
	assert_int_equal(rule_I10_asked(&k, CONNECTION_NONE), DROP_NONE);
	k.flow = FLOW_TCP;
	k.ip_dst = IP_SELF;
	assert_int_equal(rule_I10_asked(&k, CONNECTION_NONE), DROP_NONE);
}

static struct packet fragment_of(struct packet whole, uint16_t fragment, uint16_t id)
{
	whole.fragment = fragment;
	whole.id = id;
	whole.has_fragment = true;
	return whole;
}

/* The fragments of `whole`: those after the first have other bytes in the place of the ports.
 * `more`: the bit in the header; `offset`: of a later one. */
static void fragments_stay_together(struct lab *lab, const struct packet *whole, uint16_t more,
				    uint16_t offset)
{
	struct packet first = fragment_of(*whole, more, 7);
	struct packet middle = fragment_of(*whole, offset | more, 7);
	struct packet last = fragment_of(*whole, offset, 7);
	struct packet other = fragment_of(*whole, offset | more, 8);

	last.port = middle.port = other.port = (uint16_t)(whole->port + 1);
	is_for_all(lab, &middle); /* the first one was not seen */
	is_for_all(lab, &last);
	is_in_bucket(lab, &first, true);
	decide(lab, &first, true, SHARES_TAKES, 0);
	assert_int_equal(fate(lab, &middle), DROP_NONE);
	decide(lab, &first, true, 0, SHARES_TAKES);
	assert_int_equal(fate(lab, &middle), DROP_OTHER_SHARE);
	is_for_all(lab, &other);
	lab->c.now += FRAGMENTS_MS + 1;
	is_for_all(lab, &middle);
	is_in_bucket(lab, &first, true);
	assert_int_equal(fate(lab, &last), DROP_OTHER_SHARE);
	is_for_all(lab, &last); /* its id may be another packet's now */
}

static void I10_fragments_follow_the_first(void **state)
{
	struct packet udp = with_protocol(syn, IPPROTO_UDP);
	struct packet udp6 = with_protocol(syn6, IPPROTO_UDP);
	struct packet esp = fragment_of(with_protocol(syn, IPPROTO_ESP), 185, 7);
	struct packet atomic = fragment_of(syn6, 0, 0);
	struct lab lab;

	(void)state;
	setup(&lab, "", AFFINITY_CONNECTION);
	fragments_stay_together(&lab, &udp, MF, 185);
	fragments_stay_together(&lab, &udp6, 1, 185 << 3);
	is_in_bucket(&lab, &esp, false);   /* has no ports: needs no first one */
	is_in_bucket(&lab, &atomic, true); /* RFC 6946: whole */
	teardown(&lab);
	setup(&lab, "affinity = client\n", AFFINITY_CLIENT);
	udp = fragment_of(udp, 185, 7);
	is_in_bucket(&lab, &udp, false);
	teardown(&lab);
}

static void the_oldest_packet_is_forgotten(void **state)
{
	struct fragments *f = fragments_create();
	struct fragments_key key = { .protocol = IPPROTO_UDP };

	(void)state;
	for (unsigned i = 0; i < FRAGMENTS_MAX; i++) {
		memcpy(key.id, &i, sizeof(i));
		fragments_put(f, &key, i, 5);
	}
	memcpy(key.id, &(unsigned){ 0 }, sizeof(unsigned));
	fragments_put(f, &key, 99, 6); /* seen again: it is the newest now */
	memcpy(key.id, &(unsigned){ FRAGMENTS_MAX }, sizeof(unsigned));
	fragments_put(f, &key, 100, 7);
	assert_int_equal(fragments_get(f, &key, 7), 100);
	memcpy(key.id, &(unsigned){ 0 }, sizeof(unsigned));
	assert_int_equal(fragments_get(f, &key, 7), 99);
	memcpy(key.id, &(unsigned){ 1 }, sizeof(unsigned));
	assert_int_equal(fragments_get(f, &key, 7), -1);
	memcpy(key.id, &(unsigned){ 2 }, sizeof(unsigned));
	assert_int_equal(fragments_get(f, &key, 7), 2);
	fragments_destroy(f);
}

/* Cut at every length, in memory of exactly that size: nothing is read beyond it. */
static void truncated_at_every_length(void **state)
{
	const struct packet packets[] = { syn, syn6, fragment_of(syn6, 1, 3) };
	struct lab lab;

	(void)state;
	setup(&lab, "", AFFINITY_CONNECTION);
	for (size_t i = 0; i < sizeof(packets) / sizeof(packets[0]); i++) {
		struct packet p = packets[i];
		struct test_frame f;

		p.extension = strchr(p.source, ':') ? IPPROTO_HOPOPTS : 0;
		f = frame_of(&p);
		for (size_t len = FRAME_HEADER_LEN; len <= f.len; len++) {
			const struct rewrite rules = cluster_rewrite(&lab.c);
			struct rewrite_result result;
			uint8_t *data = malloc(len);

			memcpy(data, f.data, len);
			rewrite_frame(&rules, REWRITE_INGRESS, data, len, false, &result);
			assert_memory_equal(data, f.data, len);
			free(data);
		}
	}
	teardown(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bucket_is_the_same_everywhere),
		cmocka_unit_test(I10_ports_make_the_bucket),
		cmocka_unit_test(I10_affinity),
		cmocka_unit_test(I10_icmp),
		cmocka_unit_test(I10_is_for_shared_addresses_alone),
		cmocka_unit_test(I10_forward),
		cmocka_unit_test(I10_what_begins_and_what_goes_on),
		cmocka_unit_test(I10_without_a_lease_nothing_begins),
		cmocka_unit_test(I10_asked),
		cmocka_unit_test(I10_fragments_follow_the_first),
		cmocka_unit_test(the_oldest_packet_is_forgotten),
		cmocka_unit_test(truncated_at_every_length),
	};

	return cmocka_run_group_tests_name("flow", tests, NULL, NULL);
}
