/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fragments: the buckets of packets that arrive in fragments: only the first fragment of a packet
 * has the ports (SPEC 11, I10). Remembers the FRAGMENTS_MAX packets that began last, each for
 * FRAGMENTS_MS: after that Linux gives up the reassembly.
 */
#ifndef CLUSTERARPD_CORE_FRAGMENTS_H
#define CLUSTERARPD_CORE_FRAGMENTS_H

#include <stdint.h>

#define FRAGMENTS_MAX 4096
#define FRAGMENTS_MS  30000 /* net.ipv4.ipfrag_time */

/* The packet of a fragment (RFC 791, RFC 8200). Keys are compared as bytes. */
struct fragments_key {
	uint8_t source[16], destination[16]; /* IPv4: the first 4 bytes of each */
	uint8_t id[4];                       /* IPv4: the first 2 bytes */
	uint8_t protocol;                    /* IPv6: the next header of the fragment header */
	uint8_t is_ipv6;
	uint8_t unused[2];
};

struct fragments;

/* NULL: out of memory. */
struct fragments *fragments_create(void);
void fragments_destroy(struct fragments *fragments);

/* The first fragment was seen. `now` in ms. Without memory the packet is not remembered. */
void fragments_put(struct fragments *fragments, const struct fragments_key *key, unsigned bucket,
		   uint64_t now);
void fragments_forget(struct fragments *fragments, const struct fragments_key *key);
/* The bucket, or -1: the first fragment was not seen. */
int fragments_get(const struct fragments *fragments, const struct fragments_key *key, uint64_t now);

#endif
