/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rewrite and rules, for Neighbour Discovery: the frames of nd_vectors.h, which Scapy built from
 * the specification. A vector's name begins with its rule, or with what its group is about.
 */
#include "cluster.h"
#include "core/nd.h"

struct nd_vector {
	const char *name;
	const char *keys, *node;
	const char
		*own; /* an address that the host has beside the file, with its prefix; or NULL */
	bool is_tentative;
	enum rewrite_direction way;
	unsigned drop;
	const char *frame, *out; /* in hexadecimal */
};

#include "nd_vectors.h"

#define FRAME_MAX 4096
#define COUNT(a)  (sizeof(a) / sizeof((a)[0]))

/* The only call here. */
static void rewrite_nd(const struct cluster *c, enum rewrite_direction way, uint8_t *data,
		       size_t len, bool has_partial_checksum, struct rewrite_result *result)
{
	rewrite_frame(&(struct rewrite){ .peers = c->peers }, way, data, len, has_partial_checksum,
		      result);
}

static size_t from_hex(const char *text, uint8_t *out)
{
	size_t len = strlen(text) / 2;
	unsigned byte;

	assert_true(len <= FRAME_MAX);
	for (size_t i = 0; i < len; i++) {
		assert_int_equal(sscanf(text + 2 * i, "%2x", &byte), 1);
		out[i] = (uint8_t)byte;
	}
	return len;
}

static struct cluster cluster_of(const struct nd_vector *v)
{
	struct cluster c = cluster_make_dual(v->keys, v->node);
	struct peers_own own = { .is_tentative = v->is_tentative };

	if (!v->own)
		return c;
	assert_true(prefix_parse(v->own, &own.prefix));
	assert_int_equal(peers_set_own(c.peers, &own, 1), 1);
	return c;
}

static void print_hex(const char *what, const uint8_t *data, size_t len)
{
	fprintf(stderr, "  %s ", what);
	for (size_t i = 0; i < len; i++)
		fprintf(stderr, "%02x", data[i]);
	fputc('\n', stderr);
}

/* Rewrites a copy of `len` bytes in memory of exactly that size, `skew` bytes after an aligned
 * address, and copies what results to `seen`. */
static unsigned rewritten(const struct cluster *c, const struct nd_vector *v, bool is_partial,
			  const uint8_t *frame, size_t len, size_t skew, uint8_t *seen)
{
	uint8_t *block = malloc(skew + len), *data = block + skew;
	struct rewrite_result result;

	memcpy(data, frame, len);
	rewrite_nd(c, v->way, data, len, is_partial, &result);
	memcpy(seen, data, len);
	free(block);
	return result.verdict.drop;
}

static bool is_as_expected(const struct cluster *c, const struct nd_vector *v, bool is_partial,
			   size_t skew)
{
	uint8_t frame[FRAME_MAX], out[FRAME_MAX], seen[FRAME_MAX];
	size_t len = from_hex(v->frame, frame);
	unsigned drop;

	memcpy(out, frame, len); /* what is dropped is not modified */
	if (v->drop == DROP_NONE)
		assert_int_equal(from_hex(v->out, out), len);
	drop = rewritten(c, v, is_partial, frame, len, skew, seen);
	if (drop == v->drop && !memcmp(seen, out, len))
		return true;
	fprintf(stderr, "vector '%s': expected %s, saw %s\n", v->name,
		counters_drop_name(v->drop) ?: "passed", counters_drop_name(drop) ?: "passed");
	print_hex("frame:   ", frame, len);
	print_hex("expected:", out, len);
	print_hex("seen:    ", seen, len);
	return false;
}

static void run(const struct nd_vector *vectors, size_t count, bool is_partial)
{
	size_t failed = 0;

	for (size_t i = 0; i < count; i++) {
		struct cluster c = cluster_of(&vectors[i]);

		/* at an odd address, too */
		if (!is_as_expected(&c, &vectors[i], is_partial, 1) ||
		    !is_as_expected(&c, &vectors[i], is_partial, 0))
			failed++;
		cluster_free(&c);
	}
	if (failed)
		fail_msg("%zu of %zu vectors", failed, count);
}

static void vectors_with_complete_checksums(void **state)
{
	(void)state;
	run(nd_vectors, COUNT(nd_vectors), false);
}

/* virtio NEEDS_CSUM: only a change of the pseudo-header changes the field. */
static void vectors_with_partial_checksums(void **state)
{
	(void)state;
	run(nd_partial_vectors, COUNT(nd_partial_vectors), true);
}

/* Every vector, cut at every length: nothing beyond is read or written, nothing but the Ethernet
 * addresses changes once the message is not whole, and it is no longer spoofed or a conflict. */
static void a_cut_frame_is_not_neighbour_discovery(void **state)
{
	uint8_t frame[FRAME_MAX], seen[FRAME_MAX];
	size_t failed = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(nd_vectors); i++) {
		const struct nd_vector *v = &nd_vectors[i];
		struct cluster c = cluster_of(v);
		size_t whole = from_hex(v->frame, frame);
		bool is_padded = strstr(v->name, "padding") || !strncmp(v->name, "not ND", 6);

		for (size_t len = FRAME_HEADER_LEN; !is_padded && len < whole; len++) {
			unsigned drop = rewritten(&c, v, false, frame, len, 0, seen);

			if (drop != DROP_SPOOFED && drop != DROP_CONFLICT &&
			    !memcmp(seen + 2 * MAC_LEN, frame + 2 * MAC_LEN, len - 2 * MAC_LEN))
				continue;
			fprintf(stderr, "vector '%s' cut at %zu\n", v->name, len);
			failed++;
		}
		cluster_free(&c);
	}
	assert_int_equal(failed, 0);
}

/* What the log line about a spoofer says: whose address, and by which MAC it is claimed. */
static void spoofed_frames_tell_the_peer_and_the_mac(void **state)
{
	size_t spoofed = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(nd_vectors); i++) {
		struct cluster c = cluster_of(&nd_vectors[i]);
		struct rewrite_result result;
		uint8_t frame[FRAME_MAX];
		size_t len = from_hex(nd_vectors[i].frame, frame);

		rewrite_nd(&c, nd_vectors[i].way, frame, len, false, &result);
		if (nd_vectors[i].drop == DROP_SPOOFED) {
			spoofed++;
			assert_true(result.is_resolution);
			assert_non_null(result.peer);
			assert_string_equal(result.peer->node->name, "beta");
			assert_false(mac_equal(&result.sender_mac, &result.peer->node->dedicated));
			assert_false(mac_equal(&result.sender_mac, &c.config->mac));
			/* in an option, or the Ethernet source */
			assert_non_null(memmem(frame + MAC_LEN, len - MAC_LEN, result.sender_mac.b,
					       MAC_LEN));
		}
		cluster_free(&c);
	}
	assert_true(spoofed > 30);
}

/* Scapy: Ether(src="02:bf:aa:bb:cc:dd", dst="33:33:00:00:00:01") / IPv6(src="2001:db8::101",
 * dst="ff02::1", hlim=255) / ICMPv6ND_NA(tgt="2001:db8::101", R=1, S=0, O=1) /
 * ICMPv6NDOptDstLLAddr(lladdr="02:bf:aa:bb:cc:dd") */
static void announcement_is_an_advertisement_to_all(void **state)
{
	static const char expected[] =
		"33330000000102bfaabbccdd86dd6000000000203aff20010db800000000"
		"0000000000000101ff0200000000000000000000000000018800fed2a000"
		"000020010db8000000000000000000000101020102bfaabbccdd";
	uint8_t wanted[FRAME_MAX], data[ND_ANNOUNCEMENT_LEN];
	struct ip_addr ip;
	struct mac mac;

	(void)state;
	assert_true(mac_parse(CLUSTER_MAC, &mac));
	assert_true(ip_parse("2001:db8::101", &ip));
	nd_write_announcement(data, &mac, &ip, true);
	assert_int_equal(from_hex(expected, wanted), sizeof(data));
	assert_memory_equal(data, wanted, sizeof(data));
	nd_write_announcement(data, &mac, &ip, false);
	assert_int_equal(data[58], 0x20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(announcement_is_an_advertisement_to_all),
		cmocka_unit_test(vectors_with_complete_checksums),
		cmocka_unit_test(vectors_with_partial_checksums),
		cmocka_unit_test(a_cut_frame_is_not_neighbour_discovery),
		cmocka_unit_test(spoofed_frames_tell_the_peer_and_the_mac),
	};

	return cmocka_run_group_tests_name("nd", tests, NULL, NULL);
}
