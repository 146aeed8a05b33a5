/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nd: Neighbour Discovery messages; see nd.h. */
#include "core/nd.h"

#include <linux/if_ether.h>
#include <netinet/in.h>
#include <string.h>

#include "base/bytes.h"

#define IPV6_HEADER      40
#define IPV6_NEXT_HEADER 6
#define IPV6_HOP_LIMIT   7
#define IPV6_SOURCE      8
#define IPV6_DESTINATION 24
#define HOP_LIMIT        255 /* RFC 4861: no router has forwarded it */
#define CHECKSUM         2   /* offset in the message */
#define TARGET           8
#define EXTENSION_UNIT   8
#define EXTENSIONS_MAX   8
#define OPTION_UNIT      8
#define OPTION_SOURCE    1
#define OPTION_TARGET    2
#define FLAG_ROUTER      0x80
#define FLAG_OVERRIDE    0x20

/* The length of a message without its options; 0: not Neighbour Discovery. */
static size_t fixed_len(unsigned type)
{
	switch (type) {
	case ND_ROUTER_SOLICITATION:
		return 8;
	case ND_ROUTER_ADVERTISEMENT:
		return 16;
	case ND_NEIGHBOR_SOLICITATION:
	case ND_NEIGHBOR_ADVERTISEMENT:
		return 24;
	case ND_REDIRECT:
		return 40;
	default:
		return 0;
	}
}

static size_t option_len(const uint8_t *option)
{
	return (size_t)option[1] * OPTION_UNIT;
}

/* Every option has a length, and ends within the message. */
static bool has_whole_options(const struct nd *nd)
{
	size_t at = fixed_len(nd->type);

	while (at < nd->len) {
		size_t len = nd->len - at < 2 ? 0 : option_len(nd->message + at);

		if (!len || len > nd->len - at)
			return false;
		at += len;
	}
	return true;
}

static bool is_extension(uint8_t header)
{
	return header == IPPROTO_HOPOPTS || header == IPPROTO_ROUTING || header == IPPROTO_DSTOPTS;
}

/* Skip the extension headers of a packet with `len` bytes of payload. Returns where the ICMPv6
 * message begins in the payload; SIZE_MAX: there is none. */
static size_t find_message(const uint8_t *ip, size_t len)
{
	uint8_t header = ip[IPV6_NEXT_HEADER];
	size_t at = 0;

	for (int i = 0; i < EXTENSIONS_MAX && is_extension(header); i++) {
		const uint8_t *extension = ip + IPV6_HEADER + at;

		if (len - at < EXTENSION_UNIT)
			return SIZE_MAX;
		header = extension[0];
		at += ((size_t)extension[1] + 1) * EXTENSION_UNIT;
		if (at > len)
			return SIZE_MAX;
	}
	return header == IPPROTO_ICMPV6 && at < len ? at : SIZE_MAX;
}

bool nd_view(struct nd *nd, const struct frame *f, bool has_partial_checksum)
{
	size_t room = f->len - f->body, len, at;
	uint8_t *ip = f->data + f->body;

	if (f->tagged || f->ethertype != ETH_P_IPV6 || room <= IPV6_HEADER || ip[0] >> 4 != 6 ||
	    ip[IPV6_HOP_LIMIT] != HOP_LIMIT)
		return false;
	len = bytes_get16(ip + 4);
	at = len <= room - IPV6_HEADER ? find_message(ip, len) : SIZE_MAX;
	if (at == SIZE_MAX)
		return false;
	*nd = (struct nd){ .ip = ip,
			   .message = ip + IPV6_HEADER + at,
			   .len = len - at,
			   .type = ip[IPV6_HEADER + at],
			   .is_hidden = at,
			   .has_partial_checksum = has_partial_checksum };
	return fixed_len(nd->type) && nd->len >= fixed_len(nd->type) && nd->message[1] == 0 &&
	       has_whole_options(nd);
}

static bool tells_of_target(const struct nd *nd)
{
	return nd->type == ND_NEIGHBOR_ADVERTISEMENT || nd->type == ND_REDIRECT;
}

static uint8_t *sender_at(const struct nd *nd)
{
	return tells_of_target(nd) ? nd->message + TARGET : nd->ip + IPV6_SOURCE;
}

struct ip_addr nd_sender(const struct nd *nd)
{
	return ip_from_ipv6_bytes(sender_at(nd));
}

struct ip_addr nd_target(const struct nd *nd)
{
	return ip_from_ipv6_bytes(nd->type == ND_NEIGHBOR_SOLICITATION ? nd->message + TARGET
								       : nd->ip + IPV6_DESTINATION);
}

uint8_t *nd_next_lladdr(const struct nd *nd, size_t *position)
{
	uint8_t wanted = tells_of_target(nd) ? OPTION_TARGET : OPTION_SOURCE;
	uint8_t *option;

	if (!*position)
		*position = fixed_len(nd->type);
	while (*position < nd->len) {
		option = nd->message + *position;
		*position += option_len(option);
		if (option[0] == wanted && option_len(option) == OPTION_UNIT)
			return option + 2;
	}
	return NULL;
}

/* RFC 1624: subtract `from`, add `to`. */
static uint16_t replace_in_sum(uint16_t sum, uint16_t from, uint16_t to)
{
	uint32_t wide = (uint32_t)sum + (uint16_t)~from + to;

	wide = (wide & 0xffff) + (wide >> 16);
	return (uint16_t)((wide & 0xffff) + (wide >> 16));
}

/* Correct the checksum for `len` bytes at `at`, an even number at an even offset, that become
 * `bytes`. */
static void correct_checksum(const struct nd *nd, const uint8_t *at, const uint8_t *bytes,
			     size_t len)
{
	uint8_t *field = nd->message + CHECKSUM;
	uint16_t sum =
		nd->has_partial_checksum ? bytes_get16(field) : (uint16_t)~bytes_get16(field);

	for (size_t i = 0; i < len; i += 2)
		sum = replace_in_sum(sum, bytes_get16(at + i), bytes_get16(bytes + i));
	bytes_put16(field, nd->has_partial_checksum ? sum : (uint16_t)~sum);
}

static void replace(const struct nd *nd, uint8_t *at, const uint8_t *bytes, size_t len)
{
	bool is_in_message = at >= nd->message;

	if (!nd->has_partial_checksum || !is_in_message)
		correct_checksum(nd, at, bytes, len);
	memcpy(at, bytes, len);
}

void nd_set_lladdrs(const struct nd *nd, const struct mac *mac)
{
	size_t position = 0;
	uint8_t *lladdr;

	while ((lladdr = nd_next_lladdr(nd, &position)))
		replace(nd, lladdr, mac->b, MAC_LEN);
}

void nd_set_sender(const struct nd *nd, const struct ip_addr *ip)
{
	replace(nd, sender_at(nd), ip->b, sizeof(ip->b));
}

/* --- announcements --- */

/* RFC 4443 2.3: of the pseudo-header, and of the message with 0 in the checksum's place. */
static uint16_t checksum(const struct nd *nd)
{
	const uint8_t *address = nd->ip + IPV6_SOURCE;
	uint32_t sum = IPPROTO_ICMPV6 + (uint32_t)nd->len;

	for (size_t i = 0; i < 32; i += 2)
		sum += bytes_get16(address + i);
	for (size_t i = 0; i < nd->len; i += 2)
		sum += bytes_get16(nd->message + i);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* The frame of a message with one option that tells `mac`; all other fields are zero. */
struct written {
	enum nd_type type;
	uint8_t flags, option;
	struct mac destination;
	const struct mac *mac;
	const uint8_t *to;
	const struct ip_addr *from, *target;
};

static void write_message(uint8_t *buf, const struct written *w)
{
	const struct nd nd = { .type = w->type,
			       .ip = buf + FRAME_HEADER_LEN,
			       .message = buf + FRAME_HEADER_LEN + IPV6_HEADER,
			       .len = 24 + OPTION_UNIT };
	uint8_t *option = nd.message + 24;

	memset(buf, 0, ND_ANNOUNCEMENT_LEN);
	memcpy(buf, w->destination.b, MAC_LEN);
	memcpy(buf + MAC_LEN, w->mac->b, MAC_LEN);
	bytes_put16(buf + 2 * MAC_LEN, ETH_P_IPV6);
	nd.ip[0] = 6 << 4;
	bytes_put16(nd.ip + 4, (uint16_t)nd.len);
	nd.ip[IPV6_NEXT_HEADER] = IPPROTO_ICMPV6;
	nd.ip[IPV6_HOP_LIMIT] = HOP_LIMIT;
	memcpy(nd.ip + IPV6_SOURCE, w->from->b, sizeof(w->from->b));
	memcpy(nd.ip + IPV6_DESTINATION, w->to, sizeof(w->from->b));
	nd.message[0] = nd.type;
	nd.message[4] = w->flags;
	memcpy(nd.message + TARGET, w->target->b, sizeof(w->target->b));
	option[0] = w->option;
	option[1] = 1;
	memcpy(option + 2, w->mac->b, MAC_LEN);
	bytes_put16(nd.message + CHECKSUM, checksum(&nd));
}

void nd_write_solicitation(uint8_t *buf, const struct mac *destination, const struct mac *mac,
			   const struct ip_addr *sender, const struct ip_addr *target,
			   bool is_direct)
{
	const uint8_t *t = target->b;
	uint8_t group[16] = { 0xff, 0x02, [11] = 1, 0xff, t[13], t[14], t[15] };
	const struct mac group_mac = { { 0x33, 0x33, 0xff, t[13], t[14], t[15] } };
	const struct written w = { .type = ND_NEIGHBOR_SOLICITATION,
				   .option = OPTION_SOURCE,
				   .destination = destination ? *destination : group_mac,
				   .mac = mac,
				   .to = is_direct ? t : group,
				   .from = sender,
				   .target = target };

	write_message(buf, &w);
}

void nd_write_announcement(uint8_t *buf, const struct mac *mac, const struct ip_addr *ip,
			   bool is_router)
{
	static const uint8_t all_nodes[16] = { 0xff, 0x02, [15] = 1 };
	const struct written w = { .type = ND_NEIGHBOR_ADVERTISEMENT,
				   .flags = FLAG_OVERRIDE | (is_router ? FLAG_ROUTER : 0),
				   .option = OPTION_TARGET,
				   .destination = { { 0x33, 0x33, [5] = 1 } },
				   .mac = mac,
				   .to = all_nodes,
				   .from = ip,
				   .target = ip };

	write_message(buf, &w);
}
