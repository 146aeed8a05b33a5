/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * addr: MAC and IP addresses as values: parse, format, compare.
 *
 * All three types may be copied by assignment, and compared or hashed as raw bytes: bytes that a
 * shorter address does not use are always zero.
 */
#ifndef CLUSTERARPD_BASE_ADDR_H
#define CLUSTERARPD_BASE_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAC_LEN       6
#define MAC_STRLEN    18 /* "aa:bb:cc:dd:ee:ff" and its NUL */
#define IP_STRLEN     46 /* INET6_ADDRSTRLEN */
#define PREFIX_STRLEN 50 /* IP_STRLEN and "/128" */

struct mac {
	uint8_t b[MAC_LEN];
};

/* An IPv4 or IPv6 address in network byte order. family: AF_INET (the first 4 bytes of b are used),
 * AF_INET6 (all 16), or AF_UNSPEC for "no address". */
struct ip_addr {
	uint8_t family;
	uint8_t b[16];
};

/* An address with its prefix length, as in 192.0.2.1/24. addr keeps its host bits. */
struct ip_prefix {
	struct ip_addr addr;
	uint8_t len;
};

/* Parse "aa:bb:cc:dd:ee:ff" (or with '-'); the whole string must match. False: not a MAC; *out is
 * unchanged. */
bool mac_parse(const char *s, struct mac *out);
/* Format into buf (MAC_STRLEN bytes); returns buf. */
char *mac_format(const struct mac *m, char *buf);
bool mac_equal(const struct mac *a, const struct mac *b);
bool mac_is_zero(const struct mac *m);
/* True if the group bit is set (IEEE 802): multicast and broadcast. */
bool mac_is_group(const struct mac *m);
/* ff:ff:ff:ff:ff:ff */
extern const struct mac mac_broadcast;
bool mac_is_broadcast(const struct mac *m);
/* 01:80:c2:00:00:00 to :0f, which no bridge forwards (IEEE 802.1Q table 8-1). */
bool mac_is_link_local(const struct mac *m);
/* b0:b1 followed by the four bytes of the IPv4 address `ip` (SPEC 3). */
struct mac mac_from_ipv4(uint8_t b0, uint8_t b1, const struct ip_addr *ip);

/* Parse an IPv4 or IPv6 address; the whole string must match. False: neither; *out is unchanged. */
bool ip_parse(const char *s, struct ip_addr *out);
/* Format into buf (IP_STRLEN bytes); returns buf. AF_UNSPEC gives "-". */
char *ip_format(const struct ip_addr *ip, char *buf);
struct ip_addr ip_from_ipv4_bytes(const uint8_t b[4]);
struct ip_addr ip_from_ipv6_bytes(const uint8_t b[16]);
bool ip_equal(const struct ip_addr *a, const struct ip_addr *b);
/* True for 0.0.0.0 and ::. */
bool ip_is_unspecified(const struct ip_addr *ip);
/* Multicast, or 255.255.255.255. */
bool ip_is_group(const struct ip_addr *ip);
/* fe80::/10. */
bool ip_is_link_local(const struct ip_addr *ip);
/* The IPv6 address in fe80::/64 with the interface identifier of `m` (RFC 4291 appendix A: modified
 * EUI-64). */
struct ip_addr ip_link_local_of(const struct mac *m);
/* May the interface identifier of an address be modified EUI-64 of a MAC? False for most others. */
bool ip_is_made_from_mac(const struct ip_addr *ip);
/* The address with its first 64 bits set to zero: of an IPv6 address the interface identifier. */
struct ip_addr ip_interface_id(const struct ip_addr *ip);
/* Length of the address in bytes: 4 or 16. */
size_t ip_bytes(const struct ip_addr *ip);

/* Parse "ADDRESS/LEN"; the whole string must match, and the length is mandatory. False: not a
 * prefix; *out is unchanged. */
bool prefix_parse(const char *s, struct ip_prefix *out);
/* Format into buf (PREFIX_STRLEN bytes); returns buf. */
char *prefix_format(const struct ip_prefix *p, char *buf);
/* True if ip is in the network of p. False if the families differ. */
bool prefix_contains(const struct ip_prefix *p, const struct ip_addr *ip);
/* The IPv4 broadcast address of the network of p. False: it has none (IPv6, or a prefix longer than
 * /30); *out is unchanged. */
bool prefix_broadcast(const struct ip_prefix *p, struct ip_addr *out);
/* The subnet-router anycast address of the IPv6 network of p (RFC 4291 2.6.1). False: it has none
 * (IPv4, or a prefix longer than /126); *out is unchanged. */
bool prefix_anycast(const struct ip_prefix *p, struct ip_addr *out);

#endif
