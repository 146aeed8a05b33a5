/* SPDX-License-Identifier: GPL-2.0-or-later */
/* generate_flow: packets of clients, and the shares; see generate_flow.h. */
#include "generate_flow.h"

#include <netinet/in.h>
#include <string.h>

#define CLIENTS 4
#define IDS     2

static bool one_in(unsigned n)
{
	return generate_number(n) == 0;
}

static void put_random(uint8_t *at, size_t len)
{
	while (len--)
		*at++ = (uint8_t)generate_number(256);
}

/* Of two networks. */
static void put_client(uint8_t *at, bool is_ipv6)
{
	static const uint8_t ipv4[4] = { 192, 0, 2, 1 }, ipv6[16] = { 0x20, 1, 0xd, 0xb8, 0, 7 };

	memcpy(at, is_ipv6 ? ipv6 : ipv4, is_ipv6 ? sizeof(ipv6) : sizeof(ipv4));
	at[is_ipv6 ? 15 : 3] = (uint8_t)generate_number(CLIENTS);
	at[is_ipv6 ? 7 : 2] ^= (uint8_t)generate_number(2);
}

/* Mostly the cluster's address; now and then a peer's, an own one, or any. */
static void put_server(const struct cluster *c, uint8_t *at, bool is_ipv6)
{
	const struct config_addresses *a = &c->config->address;
	size_t len = is_ipv6 ? 16 : 4;

	if (one_in(8)) {
		put_random(at, len);
		return;
	}
	if (one_in(8))
		a = &c->config->nodes[generate_number((unsigned)c->config->node_count)].address;
	for (size_t i = 0; i < a->count; i++)
		if (ip_bytes(&a->list[i].addr) == len)
			memcpy(at, a->list[i].addr.b, len);
}

static uint8_t some_protocol(void)
{
	static const uint8_t list[] = {
		IPPROTO_TCP,     IPPROTO_TCP,  IPPROTO_TCP,    IPPROTO_UDP,
		IPPROTO_UDP,     IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_SCTP,
		IPPROTO_UDPLITE, IPPROTO_DCCP, IPPROTO_ESP,    IPPROTO_GRE
	};

	if (one_in(32))
		return (uint8_t)generate_number(256);
	return list[generate_number(sizeof(list))];
}

/* Ports of few clients, TCP flags, types of ICMP. */
static size_t put_transport(uint8_t *at, uint8_t protocol)
{
	static const uint8_t flags[] = { 0x02, 0x12, 0x10, 0x18, 0x04, 0x11, 0x00, 0xc2 };

	put_random(at, 20);
	at[0] = 0x80;
	at[1] = (uint8_t)generate_number(8);
	if (protocol == IPPROTO_TCP)
		at[13] = flags[generate_number(sizeof(flags))];
	if (protocol == IPPROTO_ICMP)
		at[0] = (uint8_t)generate_number(16);
	if (protocol == IPPROTO_ICMPV6) /* 133 to 137 are Neighbour Discovery */
		at[0] = one_in(2) ? (uint8_t)generate_number(8)
				  : (uint8_t)(126 + generate_number(7));
	return one_in(8) ? generate_number(20) : 20;
}

/* Offset, in the units of the header, and "more fragments". */
static unsigned some_fragment(unsigned unit, unsigned more)
{
	unsigned fragment = one_in(2) ? 0 : unit * (1 + generate_number(100));

	return one_in(3) ? fragment : fragment | more;
}

static size_t put_ipv4(const struct cluster *c, uint8_t *at)
{
	unsigned fragment = one_in(2) ? some_fragment(1, 0x2000) : 0;
	size_t len = one_in(6) ? 20 + 4 * (size_t)generate_number(11) : 20;

	memset(at, 0, 60);
	at[0] = (uint8_t)(0x40 | len / 4);
	if (one_in(32))
		at[0] = (uint8_t)(0x40 | generate_number(16));
	at[5] = (uint8_t)generate_number(IDS);
	at[6] = (uint8_t)(fragment >> 8);
	at[7] = (uint8_t)fragment;
	at[9] = fragment ? IPPROTO_UDP : some_protocol();
	if (fragment && one_in(2))
		at[9] = some_protocol();
	put_client(at + 12, false);
	put_server(c, at + 16, false);
	return len + put_transport(at + len, at[9]);
}

static size_t put_extension(uint8_t *at, uint8_t **next)
{
	static const uint8_t kinds[] = { 0, 43, 44, 44, 44, 60 };
	unsigned fragment = some_fragment(8, 1);

	**next = kinds[generate_number(sizeof(kinds))];
	memset(at, 0, 16);
	if (**next == 44) {
		at[2] = (uint8_t)(fragment >> 8);
		at[3] = (uint8_t)fragment;
		at[7] = (uint8_t)generate_number(IDS);
		*next = at;
		return 8;
	}
	at[1] = one_in(32) ? (uint8_t)generate_number(256) : (uint8_t)one_in(4);
	*next = at;
	return at[1] == 1 ? 16 : 8;
}

static size_t put_ipv6(const struct cluster *c, uint8_t *at)
{
	unsigned extensions = one_in(2) ? generate_number(6) : 0;
	uint8_t *next = at + 6;
	size_t len = 40;

	memset(at, 0, len);
	at[0] = 0x60;
	put_client(at + 8, true);
	put_server(c, at + 24, true);
	while (extensions--)
		len += put_extension(at + len, &next);
	*next = some_protocol();
	return len + put_transport(at + len, *next);
}

size_t generate_flow(const struct cluster *cluster, uint8_t *packet, bool *is_ipv6)
{
	size_t len;

	*is_ipv6 = one_in(2);
	len = *is_ipv6 ? put_ipv6(cluster, packet) : put_ipv4(cluster, packet);
	return one_in(32) ? generate_number((unsigned)len) : len;
}

void generate_shares(const struct cluster *cluster, struct shares_path *shares, uint64_t now)
{
	static const uint8_t decisions[] = { 0, SHARES_ASKS, SHARES_TAKES,
					     SHARES_TAKES | SHARES_CAUTIOUS,
					     SHARES_TAKES | SHARES_ASKS };

	memset(shares, 0, sizeof(*shares));
	shares->affinity = cluster->config->affinity;
	put_random((uint8_t *)&shares->key, sizeof(shares->key));
	shares->lease = one_in(3) ? UINT64_MAX : one_in(2) ? now : now + 3600000;
	for (size_t i = 0; i < SHARES_BUCKETS; i++)
		shares->decisions[i] = decisions[generate_number(sizeof(decisions))];
}
