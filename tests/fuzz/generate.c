/* SPDX-License-Identifier: GPL-2.0-or-later */
/* generate: frames by rule and at random; see generate.h. */
#include "generate.h"
#include "generate_flow.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "config/config_read.h"
#include "core/frame.h"

static uint64_t state;

void generate_seed(uint64_t seed)
{
	state = seed * 2 + 1;
}

/* splitmix64 */
static uint64_t next(void)
{
	uint64_t z = state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

unsigned generate_number(unsigned n)
{
	return (unsigned)(next() % n);
}

static bool one_in(unsigned n)
{
	return generate_number(n) == 0;
}

static void fill(uint8_t *p, size_t len)
{
	while (len--)
		*p++ = (uint8_t)next();
}

/* --- clusters --- */

#define NODES                                                                                \
	"[node alpha]\naddress = 12.12.4.101/24, 2001:db8::101/64\naddress = 12.13.0.1/16\n" \
	"id = 1\n"                                                                           \
	"[node beta]\naddress = 12.12.4.102/24, 2001:db8::102/64\nid = 2\n"                  \
	"[node gamma]\naddress = 12.12.4.103/24, 2001:db8::103/64\nid = 3\n"                 \
	"[node delta]\naddress = 12.12.4.104/24, 2001:db8::104/64\nid = 4\n"                 \
	"[node epsilon]\naddress = 12.12.4.105/24, 2001:db8::105/64\nid = 5\n"               \
	"[node zeta]\naddress = 12.12.4.106/24, 2001:db8::106/64\nid = 6\n"                  \
	"[node eta]\naddress = 12.12.4.107/24, 2001:db8::107/64\nid = 7\n"

static const struct {
	const char *name, *keys;
} clusters[CLUSTERS] = {
	{ "default", "" },
	{ "strict, directed", "strict = yes\narp = directed\n" },
	{ "advertise all", "advertise = all\n" },
	{ "multicast, masked", "dedicated_mac = multicast\nsource_mac = masked\n" },
	{ "multicast, cluster", "dedicated_mac = multicast\nsource_mac = cluster\n" },
	{ "unicast, cluster", "source_mac = cluster\n" },
	{ "forward", "forward = yes\n" },
	{ "shares", "shares = static\nforward = yes\n" },
	{ "shares, by client", "shares = driven\naffinity = client\n" },
	{ "shares, by network", "shares = static\naffinity = network\nsource_mac = cluster\n" },
};

static void die(const char *why)
{
	fprintf(stderr, "generate: %s\n", why);
	exit(2);
}

/* Addresses that this node has beside the file: 12.99.0.1/24, 2001:db8:99::1/64. */
#define OWN 2
static const struct peers_own own[OWN] = {
	{ .prefix = { .addr = { AF_INET, { 12, 99, 0, 1 } }, .len = 24 } },
	{ .prefix = { .addr = { AF_INET6, { 0x20, 0x01, 0x0d, 0xb8, 0, 0x99, [15] = 1 } },
		      .len = 64 } },
};

void generate_cluster(unsigned index, struct cluster *cluster)
{
	struct config_report report = { 0 };
	char text[2048];
	FILE *f;

	snprintf(text, sizeof(text),
		 "[cluster]\ninterface = eth0\ndatapath = kernel\n"
		 "address = 12.12.4.100/24, 2001:db8::100/64\n%s" NODES,
		 clusters[index].keys);
	f = fmemopen(text, strlen(text), "r");
	cluster->name = clusters[index].name;
	cluster->config = f ? config_read(f, &report) : NULL;
	if (!cluster->config)
		die(report.count ? report.list[0].text : "out of memory");
	cluster->peers = peers_create(cluster->config, config_find_node(cluster->config, "alpha"));
	if (!cluster->peers || peers_set_own(cluster->peers, own, OWN) != 1)
		die("out of memory");
	config_report_clear(&report);
	fclose(f);
	cluster->fragments = NULL;
	generate_other_shares(cluster);
}

static uint64_t monotonic_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

void generate_other_shares(struct cluster *cluster)
{
	cluster->now = monotonic_ms();
	generate_shares(cluster, &cluster->shares, cluster->now);
	fragments_destroy(cluster->fragments);
	cluster->fragments = fragments_create();
	if (!cluster->fragments)
		die("out of memory");
}

void generate_cluster_clear(struct cluster *cluster)
{
	fragments_destroy(cluster->fragments);
	peers_destroy(cluster->peers);
	config_free(cluster->config);
}

/* --- addresses --- */

static const struct config_node *some_peer(const struct cluster *c)
{
	return peers_get(c->peers, generate_number((unsigned)peers_count(c->peers)))->node;
}

/* A MAC of any role, or of none. */
static void put_mac(const struct cluster *c, uint8_t *out)
{
	static const uint8_t link_local[MAC_LEN] = { 0x01, 0x80, 0xc2 };
	const struct config_node *self = peers_self(c->peers);

	switch (generate_number(10)) {
	case 0:
		memcpy(out, c->config->mac.b, MAC_LEN);
		break;
	case 1:
		memcpy(out, self->dedicated.b, MAC_LEN);
		break;
	case 2:
		memcpy(out, self->source.b, MAC_LEN);
		break;
	case 3:
		memcpy(out, some_peer(c)->dedicated.b, MAC_LEN);
		break;
	case 4:
		memcpy(out, some_peer(c)->source.b, MAC_LEN);
		break;
	case 5:
		memset(out, 0xff, MAC_LEN);
		break;
	case 6:
		fill(out, MAC_LEN);
		out[0] |= 1;
		break;
	case 7:
		memcpy(out, link_local, MAC_LEN);
		out[5] = (uint8_t)generate_number(18); /* 0x10 and 0x11 are not link-local */
		break;
	default:
		fill(out, MAC_LEN);
		out[0] &= 0xfe;
	}
}

static const struct ip_addr *some_address(const struct config_addresses *a, uint8_t family)
{
	size_t i = generate_number((unsigned)a->count);

	while (a->list[i].addr.family != family) /* every node has both families */
		i = (i + 1) % a->count;
	return &a->list[i].addr;
}

/* What follows from a node's dedicated MAC: its link-local address, or its interface identifier in
 * another prefix. Some have an identifier that differs in one bit. */
static void put_by_identifier(const struct cluster *c, uint8_t *out)
{
	const struct config_node *node = one_in(3) ? peers_self(c->peers) : some_peer(c);

	memcpy(out, node->link_local.b, 16);
	if (one_in(2))
		memcpy(out, own[1].prefix.addr.b, 8);
	if (one_in(4))
		out[8 + generate_number(8)] ^= (uint8_t)(1 << generate_number(8));
}

/* An address of any role, or of none, as `len` bytes. */
static void put_ip(const struct cluster *c, uint8_t family, uint8_t *out, size_t len)
{
	const struct ip_addr *from = NULL;

	if (family == AF_INET6 && one_in(4)) {
		put_by_identifier(c, out);
		return;
	}
	switch (generate_number(9)) {
	case 6:
		from = &own[family == AF_INET ? 0 : 1].prefix.addr;
		break;
	case 7: /* the network of that address: its broadcast address is one of them */
		memcpy(out, own[family == AF_INET ? 0 : 1].prefix.addr.b, len);
		out[len - 1] = one_in(2) ? 0xff : (uint8_t)next();
		return;
	case 8: /* groups, and what is next to them */
		fill(out, len);
		out[0] = family == AF_INET ? 0xe0 | (uint8_t)next() : 0xff;
		if (one_in(2))
			memset(out, 0xff, len);
		return;
	case 0:
		from = some_address(&peers_self(c->peers)->address, family);
		break;
	case 1:
		from = some_address(&c->config->address, family);
		break;
	case 2:
	case 3:
		from = some_address(&some_peer(c)->address, family);
		break;
	case 4:
		memset(out, 0, len);
		return;
	}
	fill(out, len);
	if (from)
		memcpy(out, from->b, len);
}

/* --- frames --- */

static void append(struct made *frame, const void *data, size_t len)
{
	memcpy(frame->bytes + frame->len, data, len);
	frame->len += len;
}

static void append_u16(struct made *frame, unsigned value)
{
	uint16_t be = htons((uint16_t)value);

	append(frame, &be, sizeof(be));
}

static void append_random(struct made *frame, size_t len)
{
	if (len > FRAME_MAX - frame->len)
		len = FRAME_MAX - frame->len;
	fill(frame->bytes + frame->len, len);
	frame->len += len;
}

/* Some are malformed: one wrong field, or truncated. */
static void append_arp(const struct cluster *c, struct made *frame)
{
	struct frame_arp arp = { .htype = { 0, 1 }, .ptype = { 8, 0 }, .hlen = 6, .plen = 4 };
	size_t len = sizeof(arp);

	arp.op[1] = (uint8_t)(1 + generate_number(2));
	put_mac(c, arp.sender_mac);
	put_mac(c, arp.target_mac);
	put_ip(c, AF_INET, arp.sender_ip, sizeof(arp.sender_ip));
	put_ip(c, AF_INET, arp.target_ip, sizeof(arp.target_ip));
	if (one_in(8))
		((uint8_t *)&arp)[generate_number(8)] ^= (uint8_t)(1 + generate_number(255));
	if (one_in(8))
		len = generate_number(sizeof(arp));
	append_u16(frame, ETH_P_ARP);
	append(frame, &arp, len);
}

static void append_ipv4(const struct cluster *c, struct made *frame)
{
	uint8_t header[20];

	fill(header, sizeof(header));
	header[0] = one_in(16) ? (uint8_t)next() : 0x45;
	put_ip(c, AF_INET, header + 12, 4);
	put_ip(c, AF_INET, header + 16, 4);
	append_u16(frame, ETH_P_IP);
	append(frame, header, one_in(16) ? generate_number(sizeof(header)) : sizeof(header));
}

static void append_ipv6(const struct cluster *c, struct made *frame)
{
	static const uint8_t types[] = { 128, 132, 133, 134, 135, 136, 137, 138 };
	uint8_t packet[41];

	fill(packet, sizeof(packet));
	packet[0] = one_in(16) ? (uint8_t)next() : 0x60;
	if (!one_in(3))
		packet[6] = 58; /* ICMPv6 */
	put_ip(c, AF_INET6, packet + 8, 16);
	put_ip(c, AF_INET6, packet + 24, 16);
	packet[40] = types[generate_number(sizeof(types))];
	append_u16(frame, ETH_P_IPV6);
	append(frame, packet, one_in(16) ? generate_number(sizeof(packet)) : sizeof(packet));
}

/* Room for a Neighbour Discovery message (RFC 4861) with its options. */
#define ND_MAX 512

/* One option; the length it says is mostly the one it has. Returns the number of its bytes. */
static size_t put_option(const struct cluster *c, uint8_t *option)
{
	static const uint8_t kinds[] = { 1, 1, 1, 2, 2, 2, 3, 4, 5, 14, 25, 200 };
	unsigned units = one_in(4) ? 1 + generate_number(4) : 1;

	fill(option, (size_t)units * 8);
	option[0] = kinds[generate_number(sizeof(kinds))];
	option[1] = (uint8_t)units;
	if (option[0] <= 2)
		put_mac(c, option + 2);
	if (one_in(16))
		option[1] = one_in(2) ? 0 : (uint8_t)next();
	return (size_t)units * 8;
}

static size_t put_message(const struct cluster *c, uint8_t *message)
{
	static const uint8_t fixed[] = { 8, 16, 24, 24, 40 }; /* of types 133 to 137 */
	unsigned type = generate_number(sizeof(fixed)), options = generate_number(4);
	size_t len = fixed[type];

	fill(message, len);
	message[0] = (uint8_t)(133 + type);
	message[1] = one_in(16) ? (uint8_t)next() : 0;
	if (len >= 24) /* the Target Address */
		put_ip(c, AF_INET6, message + 8, 16);
	while (options--)
		len += put_option(c, message + len);
	return len;
}

/* The sum of RFC 1071 over `len` bytes, added to `sum`. */
static uint32_t sum16(uint32_t sum, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		sum += i & 1 ? p[i] : (uint32_t)p[i] << 8;
	return sum;
}

static void put_checksum(const uint8_t *ip, uint8_t *message, size_t len)
{
	uint32_t sum = (uint32_t)len + 58;

	message[2] = message[3] = 0;
	sum = sum16(sum16(sum, ip + 8, 32), message, len);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~((sum & 0xffff) + (sum >> 16));
	message[2] = (uint8_t)(sum >> 8);
	message[3] = (uint8_t)sum;
}

/* Some break one of the rules by which a receiver knows it as valid: hop limit, code, lengths of
 * options, payload length, an extension header, truncation. */
static void append_nd(const struct cluster *c, struct made *frame)
{
	static const uint8_t extensions[] = { 0, 43, 44, 60 };
	uint8_t ip[40] = { 0x60 }, extension[8] = { 58 }, message[ND_MAX];
	bool is_extended = one_in(12);
	size_t len = put_message(c, message), extra = is_extended ? sizeof(extension) : 0;
	size_t said = len + extra;

	put_ip(c, AF_INET6, ip + 8, 16);
	put_ip(c, AF_INET6, ip + 24, 16);
	ip[6] = is_extended ? extensions[generate_number(sizeof(extensions))] : 58;
	ip[7] = one_in(12) ? (uint8_t)next() : 255;
	if (one_in(12))
		said = generate_number(2 * ND_MAX);
	ip[4] = (uint8_t)(said >> 8);
	ip[5] = (uint8_t)said;
	put_checksum(ip, message, len);
	if (one_in(12))
		len = generate_number((unsigned)len);
	append_u16(frame, ETH_P_IPV6);
	append(frame, ip, sizeof(ip));
	append(frame, extension, extra);
	append(frame, message, len);
}

static void append_flow(const struct cluster *c, struct made *frame)
{
	uint8_t packet[FLOW_MAX];
	bool is_ipv6;
	size_t len = generate_flow(c, packet, &is_ipv6);

	append_u16(frame, is_ipv6 ? ETH_P_IPV6 : ETH_P_IP);
	append(frame, packet, len);
}

static void append_body(const struct cluster *c, struct made *frame)
{
	switch (generate_number(10)) {
	case 0:
	case 1:
		append_arp(c, frame);
		break;
	case 2:
	case 3:
		append_nd(c, frame);
		break;
	case 4:
	case 5:
	case 6:
		append_ipv4(c, frame);
		break;
	case 7:
	case 8:
		append_ipv6(c, frame);
		break;
	default:
		append_u16(frame, one_in(2) ? generate_number(1501) : generate_number(65536));
	}
}

/* Most are short; some are about as long as the MTU allows, or slightly longer. */
static void append_padding(struct made *frame)
{
	size_t longest = MTU + ETH_HLEN;

	if (one_in(4) && frame->len < longest - 8)
		append_random(frame, longest - 8 - frame->len + generate_number(17));
	else
		append_random(frame, generate_number(40));
	if (frame->len < FRAME_MIN)
		append_random(frame, FRAME_MIN - frame->len);
	if (one_in(8))
		frame->gso_size = 1 + generate_number(1400);
}

static void append_tag(struct made *frame)
{
	append_u16(frame, one_in(2) ? ETH_P_8021Q : ETH_P_8021AD);
	append_u16(frame, generate_number(8) << 13 | (one_in(2) ? 0 : generate_number(4096)));
}

static void start(const struct cluster *c, struct made *frame)
{
	frame->len = 2 * MAC_LEN;
	frame->gso_size = 0;
	put_mac(c, frame->bytes);
	put_mac(c, frame->bytes + MAC_LEN);
}

void generate_by_rule(const struct cluster *cluster, struct made *frame)
{
	unsigned tags = one_in(4) ? 1 + generate_number(3) : 0;
	bool is_flow = peers_policy(cluster->peers) & POLICY_SHARES ? !one_in(3) : one_in(20);

	start(cluster, frame);
	if (is_flow)
		memcpy(frame->bytes, cluster->config->mac.b, MAC_LEN);
	while (tags--)
		append_tag(frame);
	if (is_flow)
		append_flow(cluster, frame);
	else
		append_body(cluster, frame);
	append_padding(frame);
}

void generate_tags(struct made *frame, unsigned count)
{
	struct made tagged = { .len = 0 };

	append(&tagged, frame->bytes, 2 * MAC_LEN);
	while (count--)
		append_tag(&tagged);
	if (frame->len > FRAME_MAX - tagged.len)
		frame->len = FRAME_MAX - tagged.len;
	append(&tagged, frame->bytes + 2 * MAC_LEN, frame->len - 2 * MAC_LEN);
	*frame = tagged;
}

void generate_at_random(const struct cluster *cluster, struct made *frame)
{
	unsigned changes = 1 + generate_number(8);

	if (one_in(2)) {
		generate_by_rule(cluster, frame);
		while (changes--)
			frame->bytes[generate_number((unsigned)frame->len)] = (uint8_t)next();
		return;
	}
	start(cluster, frame);
	if (one_in(2))
		frame->len = 0;
	append_random(frame, FRAME_MIN + generate_number(200));
}
