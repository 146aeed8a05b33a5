/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests of explain_rules and of what is built on it, with the frames of the fuzz generator: the
 * rules that are named are those that decide, and the changes that are listed are all there are.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../fuzz/generate.h"
#include "explain/explain_json.h"
#include "explain/explain_text.h"

#define FRAMES 20000 /* of each cluster, by rule; half as many at random */
#define KEYS   1000000
#define HITS   20

static void same_verdict(const struct rule_keys *k, enum rewrite_direction direction,
			 struct explain_hits *hits)
{
	struct rule_verdict said, is;

	explain_rules(k, direction, hits);
	said = explain_rules_verdict(hits);
	is = direction == REWRITE_EGRESS ? rules_egress(k) : rules_ingress(k);
	assert_int_equal(said.drop, is.drop);
	assert_int_equal(said.edits, is.edits);
}

static __u8 some(unsigned bits)
{
	return (__u8)(generate_number(2) ? 0 : generate_number(1u << bits));
}

/* Keys that no frame may have, too. */
static struct rule_keys some_keys(void)
{
	return (struct rule_keys){
		.eth_dst = (__u16)generate_number(512),
		.eth_src = (__u16)generate_number(512),
		.kind = (__u8)generate_number(4),
		.is_too_deep = generate_number(8) == 0,
		.policy = (__u8)generate_number(64),
		.ip_src = some(6),
		.ip_dst = some(6),
		.is_reply = (__u8)generate_number(2),
		.is_redirect = (__u8)generate_number(2),
		.sender_ip = some(6),
		.target_ip = some(6),
		.sender_mac = (__u16)generate_number(512),
		.target_mac = (__u16)generate_number(512),
		.flow = (__u8)generate_number(4),
		.share = (__u8)generate_number(8),
		.has_lease = (__u8)generate_number(2),
		.connection = (__u8)generate_number(3),
	};
}

static void all_keys(void **state)
{
	struct explain_hits hits;

	(void)state;
	generate_seed(1);
	for (unsigned i = 0; i < KEYS; i++) {
		struct rule_keys k = some_keys();

		same_verdict(&k, REWRITE_EGRESS, &hits);
		same_verdict(&k, REWRITE_INGRESS, &hits);
	}
}

static unsigned hit[EXPLAIN_RULES];

static void check_frame(const struct cluster *c, const struct made *frame,
			enum rewrite_direction direction)
{
	const struct rewrite rewrite = { c->peers, &c->shares, c->fragments, c->now };
	struct rewrite_result result;
	struct made copy = *frame;
	struct explain_hits hits;
	struct rule_verdict said;

	rewrite_frame(&rewrite, direction, copy.bytes, copy.len, false, &result);
	same_verdict(&result.keys, direction, &hits);
	said = explain_rules_verdict(&hits);
	assert_int_equal(said.drop, result.verdict.drop);
	/* what the frame has no field for is left out */
	assert_int_equal(result.verdict.edits & ~said.edits, 0);
	for (size_t i = 0; i < hits.count; i++)
		hit[hits.list[i].rule]++;
}

static void each_frame(void (*check)(const struct cluster *c, const struct made *frame))
{
	for (unsigned index = 0; index < CLUSTERS; index++) {
		struct cluster c;
		struct made frame;

		generate_seed(index);
		generate_cluster(index, &c);
		for (unsigned i = 0; i < FRAMES + FRAMES / 2; i++) {
			if (i % 1000 == 0)
				generate_other_shares(&c);
			if (i < FRAMES)
				generate_by_rule(&c, &frame);
			else
				generate_at_random(&c, &frame);
			check(&c, &frame);
		}
		generate_cluster_clear(&c);
	}
}

static void check_both_ways(const struct cluster *c, const struct made *frame)
{
	check_frame(c, frame, REWRITE_EGRESS);
	check_frame(c, frame, REWRITE_INGRESS);
}

static void all_frames(void **state)
{
	(void)state;
	memset(hit, 0, sizeof(hit));
	each_frame(check_both_ways);
	for (unsigned rule = 0; rule < EXPLAIN_RULES; rule++)
		if (hit[rule] < HITS)
			fail_msg("%s: only %u frames", explain_rules_name(rule), hit[rule]);
}

/* --- all of an explanation --- */

static struct explain_cluster *explained;
static const char *explained_name;
static struct explain_frame explanation;
static struct explain_totals totals;
static char *text, *json;
static size_t text_len, json_len;

/* The changes that are listed, made in the frame before, give the frame after. */
static void changes_are_whole(const struct made *frame)
{
	uint8_t bytes[FRAME_MAX];

	memcpy(bytes, frame->bytes, frame->len);
	for (size_t i = 0; i < explanation.changes.count; i++) {
		const struct explain_change *c = &explanation.changes.list[i];

		assert_string_not_equal(c->field, "byte");
		assert_true(c->len && c->offset + c->len <= frame->len);
		assert_memory_equal(bytes + c->offset, c->before, c->len);
		assert_memory_not_equal(c->before, c->after, c->len);
		memcpy(bytes + c->offset, c->after, c->len);
	}
	assert_memory_equal(bytes, explanation.after, frame->len);
	if (explanation.result.verdict.drop)
		assert_int_equal(explanation.changes.count, 0);
}

static void lines_fit(void)
{
	for (const char *line = text; *line;) {
		size_t len = strcspn(line, "\n");

		if (len > 80)
			fail_msg("%zu columns: %.*s", len, (int)len, line);
		for (size_t i = 0; i < len; i++)
			assert_in_range((unsigned char)line[i], ' ', '~');
		line += len + (line[len] != 0);
	}
}

static void print(const struct explain_packet *packet)
{
	FILE *out = open_memstream(&text, &text_len), *as_json = open_memstream(&json, &json_len);

	explain_text(out, explained, packet, &explanation, &totals);
	assert_true(explain_json(as_json, explained, packet, &explanation, totals.frames));
	fclose(out);
	fclose(as_json);
	lines_fit();
	free(text);
	free(json);
}

static void check_explanation(const struct cluster *c, const struct made *frame)
{
	struct explain_packet packet = {
		frame->bytes, frame->len, frame->len, 0, { .captured = 0 }
	};
	enum explain_side side = generate_number(3);

	if (explained_name != c->name) {
		explain_cluster_destroy(explained);
		explained = explain_cluster_create(c->config, peers_self(c->peers));
		explained_name = c->name;
		assert_non_null(explained);
	}
	if (generate_number(4) == 0) {
		packet.origin.direction = 1 + generate_number(2);
		strcpy(packet.origin.interface, generate_number(2) ? "cluster0" : "eth0");
	}
	assert_true(explain_frame(explained, side, &packet, 0, &explanation));
	if (explanation.fate != EXPLAIN_GOT)
		changes_are_whole(frame);
	if (generate_number(8) == 0)
		print(&packet);
	/* the same, cut */
	packet.captured = generate_number((unsigned)frame->len + 1);
	assert_true(explain_frame(explained, side, &packet, 0, &explanation));
	if (generate_number(8) == 0)
		print(&packet);
}

static void all_explanations(void **state)
{
	(void)state;
	each_frame(check_explanation);
	explain_cluster_destroy(explained);
	explain_frame_free(&explanation);
	assert_true(totals.frames > CLUSTERS * (FRAMES / 8));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_keys),
		cmocka_unit_test(all_frames),
		cmocka_unit_test(all_explanations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
