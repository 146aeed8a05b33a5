/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nd: Neighbour Discovery messages; see nd.h. */
#include "core/nd.h"

#include <linux/if_ether.h>
#include <netinet/in.h>
#include <string.h>

#define IPV6_HEADER      40
#define IPV6_SOURCE      8
#define IPV6_DESTINATION 24
#define HOP_LIMIT        255 /* RFC 4861: no router has forwarded it */
#define CHECKSUM         2   /* offset in the message */
#define TARGET           8
#define OPTION_UNIT      8
#define OPTION_SOURCE    1
#define OPTION_TARGET    2

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static void put16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

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

bool nd_view(struct nd *nd, const struct frame *f, bool has_partial_checksum)
{
	size_t room = f->len - f->body;
	uint8_t *ip = f->data + f->body;

	if (f->tagged || f->ethertype != ETH_P_IPV6 || room <= IPV6_HEADER || ip[0] >> 4 != 6 ||
	    ip[6] != IPPROTO_ICMPV6 || ip[7] != HOP_LIMIT)
		return false;
	*nd = (struct nd){ .ip = ip,
			   .message = ip + IPV6_HEADER,
			   .len = get16(ip + 4),
			   .type = ip[IPV6_HEADER],
			   .has_partial_checksum = has_partial_checksum };
	return fixed_len(nd->type) && nd->len >= fixed_len(nd->type) &&
	       nd->len <= room - IPV6_HEADER && nd->message[1] == 0 && has_whole_options(nd);
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
	uint16_t sum = nd->has_partial_checksum ? get16(field) : (uint16_t)~get16(field);

	for (size_t i = 0; i < len; i += 2)
		sum = replace_in_sum(sum, get16(at + i), get16(bytes + i));
	put16(field, nd->has_partial_checksum ? sum : (uint16_t)~sum);
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
