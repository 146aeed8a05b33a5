/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shares_hash: the bucket of a client (SPEC 11). The daemon and the eBPF programs compile this same
 * file: no libc, only <linux/types.h>. The result does not depend on the byte order of the host.
 */
#ifndef CLUSTERARPD_CORE_SHARES_HASH_H
#define CLUSTERARPD_CORE_SHARES_HASH_H

#include <linux/types.h>

#ifndef SHARES_BUCKETS /* the model of the shares makes do with fewer */
#define SHARES_BUCKETS 4096
#endif

#define SHARES_INLINE static inline __attribute__((always_inline, unused))

/* The key of SipHash: the bytes 0 to 7 and 8 to 15 of its specification, little-endian. */
struct shares_key {
	__u64 k[2];
};

/* What a bucket is made of: the client's address and, as far as affinity and protocol ask for it,
 * its port in network byte order. All other bytes must be zero. Of an IPv4 client the first 8 bytes
 * are hashed, of an IPv6 client all. */
struct shares_client {
	union {
		__u8 bytes[24];
		struct {
			__u8 address[4];
			__u8 port[2];
		} ipv4;
		struct {
			__u8 address[16];
			__u8 port[2];
		} ipv6;
	};
	__u8 is_ipv6;
};

SHARES_INLINE __u64 shares_rotate(__u64 x, int bits)
{
	return x << bits | x >> (64 - bits);
}

SHARES_INLINE void shares_sip_round(__u64 v[4])
{
	v[0] += v[1];
	v[1] = shares_rotate(v[1], 13) ^ v[0];
	v[0] = shares_rotate(v[0], 32);
	v[2] += v[3];
	v[3] = shares_rotate(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = shares_rotate(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = shares_rotate(v[1], 17) ^ v[2];
	v[2] = shares_rotate(v[2], 32);
}

SHARES_INLINE void shares_sip_word(__u64 v[4], __u64 word)
{
	v[3] ^= word;
	shares_sip_round(v);
	shares_sip_round(v);
	v[0] ^= word;
}

/* SipHash-2-4 (Aumasson and Bernstein, 2012) of `count` words of 8 bytes: each word is its bytes in
 * little-endian order. */
SHARES_INLINE __u64 shares_siphash(const struct shares_key *key, const __u64 *words, unsigned count)
{
	__u64 v[4] = { key->k[0] ^ 0x736f6d6570736575ull, key->k[1] ^ 0x646f72616e646f6dull,
		       key->k[0] ^ 0x6c7967656e657261ull, key->k[1] ^ 0x7465646279746573ull };
	unsigned i;

	for (i = 0; i < count; i++)
		shares_sip_word(v, words[i]);
	shares_sip_word(v, (__u64)(count * 8) << 56);
	v[2] ^= 0xff;
	for (i = 0; i < 4; i++)
		shares_sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

SHARES_INLINE __u64 shares_word(const __u8 *b)
{
	return (__u64)b[0] | (__u64)b[1] << 8 | (__u64)b[2] << 16 | (__u64)b[3] << 24 |
	       (__u64)b[4] << 32 | (__u64)b[5] << 40 | (__u64)b[6] << 48 | (__u64)b[7] << 56;
}

/* From 0 to SHARES_BUCKETS - 1. */
SHARES_INLINE unsigned shares_bucket(const struct shares_key *key, const struct shares_client *c)
{
	__u64 words[3] = { shares_word(c->bytes) };

	if (!c->is_ipv6)
		return (unsigned)(shares_siphash(key, words, 1) % SHARES_BUCKETS);
	words[1] = shares_word(c->bytes + 8);
	words[2] = shares_word(c->bytes + 16);
	return (unsigned)(shares_siphash(key, words, 3) % SHARES_BUCKETS);
}

#endif
