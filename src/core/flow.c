/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flow: what the shares have to know of an IP packet; see flow.h. */
#include "core/flow.h"

#include <linux/if_ether.h>
#include <netinet/in.h>
#include <string.h>

#include "base/bytes.h"

#define IPV6_HEADER        40
#define EXTENSIONS_MAX     4 /* as many as bpf/flow.bpf.h looks behind */
#define IPV4_OFFSET        0x1fff
#define IPV4_MORE          0x2000
#define IPV6_OFFSET        0xfff8
#define IPV6_MORE          1
#define ICMPV6_INFORMATION 128 /* types below are errors (RFC 4443) */
#define TCP_FLAGS          13
#define TCP_SYN            0x02
#define TCP_ACK            0x10
#define NETWORK_IPV4_BYTES 3
#define NETWORK_IPV6_BYTES 8

/* A packet, taken apart. */
struct packet {
	struct ip_addr source;
	uint8_t protocol;         /* what follows at `at` */
	bool is_fragment;         /* not whole */
	bool is_later;            /* not the first fragment */
	bool is_last;             /* the last one, and not the first */
	const uint8_t *at;        /* behind the IP header and its extensions */
	size_t len;               /* so many bytes are there */
	struct fragments_key key; /* if is_fragment */
};

/* Two hashes of the MAC. */
struct shares_key flow_key(const struct mac *cluster)
{
	static const struct shares_key one = { { 1, 0 } }, two = { { 2, 0 } };
	uint8_t bytes[8] = { 0 };
	__u64 word;

	memcpy(bytes, cluster->b, MAC_LEN);
	word = shares_word(bytes);
	return (struct shares_key){ { shares_siphash(&one, &word, 1),
				      shares_siphash(&two, &word, 1) } };
}

void flow_client(struct shares_client *c, enum config_affinity affinity, const struct ip_addr *ip,
		 uint16_t port)
{
	bool is_ipv6 = ip->family == AF_INET6;
	size_t len = is_ipv6 ? 16 : 4;

	if (affinity == AFFINITY_NETWORK)
		len = is_ipv6 ? NETWORK_IPV6_BYTES : NETWORK_IPV4_BYTES;
	*c = (struct shares_client){ .is_ipv6 = is_ipv6 };
	memcpy(c->bytes, ip->b, len);
	if (affinity == AFFINITY_CONNECTION)
		bytes_put16(is_ipv6 ? c->ipv6.port : c->ipv4.port, port);
}

static void skip(struct packet *p, size_t len)
{
	len = len < p->len ? len : p->len;
	p->at += len;
	p->len -= len;
}

static void take_ipv4(struct packet *p)
{
	const uint8_t *ip = p->at;
	unsigned fragment = bytes_get16(ip + 6);

	p->source = ip_from_ipv4_bytes(ip + 12);
	p->protocol = ip[9];
	p->is_later = fragment & IPV4_OFFSET;
	p->is_last = p->is_later && !(fragment & IPV4_MORE);
	p->is_fragment = fragment & (IPV4_OFFSET | IPV4_MORE);
	p->key = (struct fragments_key){ .protocol = p->protocol };
	memcpy(p->key.source, ip + 12, 4);
	memcpy(p->key.destination, ip + 16, 4);
	memcpy(p->key.id, ip + 4, 2);
	skip(p, 4 * (size_t)(ip[0] & 0x0f));
}

static void take_fragment_header(struct packet *p)
{
	unsigned fragment = bytes_get16(p->at + 2);

	p->protocol = p->at[0];
	p->is_later = fragment & IPV6_OFFSET;
	p->is_last = p->is_later && !(fragment & IPV6_MORE);
	p->is_fragment = fragment & (IPV6_OFFSET | IPV6_MORE);
	p->key.protocol = p->protocol;
	memcpy(p->key.id, p->at + 4, sizeof(p->key.id));
	skip(p, 8);
}

/* One extension header. False: there is none, or no whole one. */
static bool take_extension(struct packet *p)
{
	if (p->is_later || p->len < 8)
		return false;
	if (p->protocol == IPPROTO_FRAGMENT && !p->is_fragment) {
		take_fragment_header(p);
		return true;
	}
	if (p->protocol != IPPROTO_HOPOPTS && p->protocol != IPPROTO_ROUTING &&
	    p->protocol != IPPROTO_DSTOPTS)
		return false;
	p->protocol = p->at[0];
	skip(p, 8 * ((size_t)p->at[1] + 1));
	return true;
}

static void take_ipv6(struct packet *p)
{
	const uint8_t *ip = p->at;

	p->source = ip_from_ipv6_bytes(ip + 8);
	p->protocol = ip[6];
	p->key = (struct fragments_key){ .is_ipv6 = true };
	memcpy(p->key.source, ip + 8, 16);
	memcpy(p->key.destination, ip + 24, 16);
	skip(p, IPV6_HEADER);
	for (int i = 0; i < EXTENSIONS_MAX && take_extension(p);)
		i++;
}

static bool is_error(const struct packet *p)
{
	if (p->is_later || !p->len)
		return false;
	if (p->source.family == AF_INET6)
		return p->protocol == IPPROTO_ICMPV6 && p->at[0] < ICMPV6_INFORMATION;
	return p->protocol == IPPROTO_ICMP && (p->at[0] == 3 || p->at[0] == 4 || p->at[0] == 5 ||
					       p->at[0] == 11 || p->at[0] == 12);
}

/* Does the protocol begin with the ports? */
static bool has_ports(uint8_t protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_SCTP ||
	       protocol == IPPROTO_UDPLITE || protocol == IPPROTO_DCCP;
}

static bool may_have_ports(uint8_t protocol)
{
	return has_ports(protocol) || protocol == IPPROTO_HOPOPTS || protocol == IPPROTO_ROUTING ||
	       protocol == IPPROTO_DSTOPTS;
}

static enum flow_kind kind_of(const struct packet *p)
{
	if (p->protocol != IPPROTO_TCP)
		return FLOW_NEW;
	if (p->is_later)
		return FLOW_TCP_PART;
	if (p->len <= TCP_FLAGS || (p->at[TCP_FLAGS] & (TCP_SYN | TCP_ACK)) == TCP_SYN)
		return FLOW_NEW;
	return FLOW_TCP;
}

static unsigned bucket_of(const struct shares_path *shares, const struct packet *p, uint16_t port)
{
	struct shares_client client;

	flow_client(&client, shares->affinity, &p->source, port);
	return shares_bucket(&shares->key, &client);
}

/* A fragment whose ports are in the first one. With the last one the packet is forgotten: the
 * sender may use its id again. */
static struct flow later_fragment(const struct packet *p, struct fragments *fragments, uint64_t now)
{
	int bucket = fragments_get(fragments, &p->key, now);

	if (bucket < 0)
		return (struct flow){ .kind = FLOW_ALL };
	if (p->is_last)
		fragments_forget(fragments, &p->key);
	return (struct flow){ kind_of(p), (unsigned)bucket };
}

/* By the client's address alone. */
static struct flow by_address(const struct packet *p, const struct shares_path *shares,
			      enum flow_kind kind)
{
	return (struct flow){ kind, bucket_of(shares, p, 0) };
}

static struct flow by_port(const struct packet *p, const struct shares_path *shares,
			   struct fragments *fragments, uint64_t now)
{
	uint16_t port = has_ports(p->protocol) && p->len >= 2 ? bytes_get16(p->at) : 0;
	struct flow flow = { kind_of(p), bucket_of(shares, p, port) };

	if (p->is_fragment)
		fragments_put(fragments, &p->key, flow.bucket, now);
	return flow;
}

struct flow flow_view(const struct frame *frame, const struct shares_path *shares,
		      bool is_forwarded, struct fragments *fragments, uint64_t now)
{
	struct packet p = { .at = frame->data + frame->body, .len = frame->len - frame->body };

	if (frame->ethertype == ETH_P_IP)
		take_ipv4(&p);
	else
		take_ipv6(&p);
	if (is_forwarded)
		return by_address(&p, shares, FLOW_NEW);
	if (is_error(&p))
		return (struct flow){ .kind = FLOW_ALL };
	if (shares->affinity != AFFINITY_CONNECTION)
		return by_address(&p, shares, kind_of(&p));
	if (!p.is_later)
		return by_port(&p, shares, fragments, now);
	if (may_have_ports(p.protocol))
		return later_fragment(&p, fragments, now);
	return by_address(&p, shares, kind_of(&p));
}
