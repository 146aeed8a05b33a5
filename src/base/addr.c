/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * addr: MAC and IP addresses as values: parse, format, compare.
 *
 * Parsing is strict: the whole string must match, with one kind of separator, no white space and no
 * missing digits. IP addresses are formatted as inet_ntop() does (RFC 5952).
 */
#include "base/addr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define IPV4_BYTES    4
#define IPV6_BYTES    16
#define BITS_PER_BYTE 8

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool mac_parse(const char *s, struct mac *out)
{
	struct mac mac;
	char separator = 0;

	for (size_t i = 0; i < MAC_LEN; i++) {
		int high, low;

		if (i == 1)
			separator = *s;
		if (i > 0 && (*s != separator || (*s != ':' && *s != '-')))
			return false;
		if (i > 0)
			s++;
		high = hex_digit(s[0]);
		low = high < 0 ? -1 : hex_digit(s[1]);
		if (low < 0)
			return false;
		mac.b[i] = (uint8_t)(high << 4 | low);
		s += 2;
	}
	if (*s)
		return false;
	*out = mac;
	return true;
}

char *mac_format(const struct mac *m, char *buf)
{
	snprintf(buf, MAC_STRLEN, "%02x:%02x:%02x:%02x:%02x:%02x", m->b[0], m->b[1], m->b[2],
		 m->b[3], m->b[4], m->b[5]);
	return buf;
}

bool mac_equal(const struct mac *a, const struct mac *b)
{
	return memcmp(a->b, b->b, MAC_LEN) == 0;
}

bool mac_is_zero(const struct mac *m)
{
	static const struct mac zero;

	return mac_equal(m, &zero);
}

const struct mac mac_broadcast = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };

bool mac_is_group(const struct mac *m)
{
	return m->b[0] & 1;
}

bool mac_is_broadcast(const struct mac *m)
{
	return mac_equal(m, &mac_broadcast);
}

bool mac_is_link_local(const struct mac *m)
{
	static const uint8_t prefix[] = { 0x01, 0x80, 0xc2, 0x00, 0x00 };

	return !memcmp(m->b, prefix, sizeof(prefix)) && m->b[5] < 0x10;
}

struct mac mac_from_ipv4(uint8_t b0, uint8_t b1, const struct ip_addr *ip)
{
	struct mac mac = { { b0, b1, ip->b[0], ip->b[1], ip->b[2], ip->b[3] } };

	return mac;
}

bool ip_parse(const char *s, struct ip_addr *out)
{
	struct ip_addr ip = { 0 };

	if (inet_pton(AF_INET, s, ip.b) == 1) {
		ip.family = AF_INET;
	} else if (inet_pton(AF_INET6, s, ip.b) == 1) {
		ip.family = AF_INET6;
	} else {
		return false;
	}
	*out = ip;
	return true;
}

char *ip_format(const struct ip_addr *ip, char *buf)
{
	if (ip->family == AF_UNSPEC || !inet_ntop(ip->family, ip->b, buf, IP_STRLEN))
		memcpy(buf, "-", sizeof("-"));
	return buf;
}

struct ip_addr ip_from_ipv4_bytes(const uint8_t b[4])
{
	struct ip_addr ip = { .family = AF_INET };

	memcpy(ip.b, b, IPV4_BYTES);
	return ip;
}

struct ip_addr ip_from_ipv6_bytes(const uint8_t b[16])
{
	struct ip_addr ip = { .family = AF_INET6 };

	memcpy(ip.b, b, IPV6_BYTES);
	return ip;
}

bool ip_equal(const struct ip_addr *a, const struct ip_addr *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

bool ip_is_unspecified(const struct ip_addr *ip)
{
	static const uint8_t zero[IPV6_BYTES];

	return ip->family != AF_UNSPEC && memcmp(ip->b, zero, sizeof(zero)) == 0;
}

bool ip_is_link_local(const struct ip_addr *ip)
{
	return ip->family == AF_INET6 && ip->b[0] == 0xfe && (ip->b[1] & 0xc0) == 0x80;
}

struct ip_addr ip_link_local_of(const struct mac *m)
{
	struct ip_addr ip = { .family = AF_INET6,
			      .b = { 0xfe, 0x80, [8] = m->b[0] ^ 0x02, m->b[1], m->b[2], 0xff, 0xfe,
				     m->b[3], m->b[4], m->b[5] } };

	return ip;
}

bool ip_is_made_from_mac(const struct ip_addr *ip)
{
	return ip->family == AF_INET6 && ip->b[11] == 0xff && ip->b[12] == 0xfe;
}

struct ip_addr ip_interface_id(const struct ip_addr *ip)
{
	struct ip_addr id = *ip;

	memset(id.b, 0, 8);
	return id;
}

size_t ip_bytes(const struct ip_addr *ip)
{
	return ip->family == AF_INET6 ? IPV6_BYTES : IPV4_BYTES;
}

/* Parse a prefix length: decimal digits only, no leading zero. */
static bool parse_length(const char *s, size_t max, uint8_t *out)
{
	size_t length = 0;

	if (!*s || (s[0] == '0' && s[1]))
		return false;
	for (; *s; s++) {
		if (*s < '0' || *s > '9')
			return false;
		length = length * 10 + (size_t)(*s - '0');
		if (length > max)
			return false;
	}
	*out = (uint8_t)length;
	return true;
}

bool prefix_parse(const char *s, struct ip_prefix *out)
{
	const char *slash = strchr(s, '/');
	struct ip_prefix prefix;
	char address[IP_STRLEN];

	if (!slash || (size_t)(slash - s) >= sizeof(address))
		return false;
	memcpy(address, s, (size_t)(slash - s));
	address[slash - s] = '\0';
	if (!ip_parse(address, &prefix.addr))
		return false;
	if (!parse_length(slash + 1, ip_bytes(&prefix.addr) * BITS_PER_BYTE, &prefix.len))
		return false;
	*out = prefix;
	return true;
}

char *prefix_format(const struct ip_prefix *p, char *buf)
{
	size_t used;

	ip_format(&p->addr, buf);
	used = strlen(buf);
	snprintf(buf + used, PREFIX_STRLEN - used, "/%u", p->len);
	return buf;
}

bool prefix_contains(const struct ip_prefix *p, const struct ip_addr *ip)
{
	size_t bytes = p->len / BITS_PER_BYTE, bits = p->len % BITS_PER_BYTE;

	if (p->addr.family == AF_UNSPEC || p->addr.family != ip->family)
		return false;
	if (bytes >= ip_bytes(ip))
		return ip_equal(&p->addr, ip);
	if (memcmp(p->addr.b, ip->b, bytes) != 0)
		return false;
	return ((p->addr.b[bytes] ^ ip->b[bytes]) >> (BITS_PER_BYTE - bits)) == 0;
}

bool prefix_broadcast(const struct ip_prefix *p, struct ip_addr *out)
{
	if (p->addr.family != AF_INET || p->len > 30)
		return false;
	*out = p->addr;
	for (unsigned bit = p->len; bit < 32; bit++)
		out->b[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	return true;
}

bool prefix_anycast(const struct ip_prefix *p, struct ip_addr *out)
{
	if (p->addr.family != AF_INET6 || p->len > 126)
		return false;
	*out = p->addr;
	for (unsigned bit = p->len; bit < 128; bit++)
		out->b[bit / 8] &= 0xff - (0x80 >> bit % 8);
	return true;
}

bool ip_is_group(const struct ip_addr *ip)
{
	static const uint8_t all[] = { 0xff, 0xff, 0xff, 0xff };

	if (ip->family == AF_INET6)
		return ip->b[0] == 0xff;
	return ip->family == AF_INET &&
	       ((ip->b[0] & 0xf0) == 0xe0 || !memcmp(ip->b, all, sizeof(all)));
}
