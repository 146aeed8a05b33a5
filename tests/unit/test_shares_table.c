/* SPDX-License-Identifier: GPL-2.0-or-later */
/* shares_table and shares_hash: vectors of SipHash, shares, and what a change moves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/shares/shares_table.h"

#define NODES_MAX 190

static const char *names[NODES_MAX];

static int make_names(void **state)
{
	static char text[NODES_MAX][16];

	(void)state;
	for (size_t i = 0; i < NODES_MAX; i++) {
		snprintf(text[i], sizeof(text[i]), "node%zu", i);
		names[i] = text[i];
	}
	return 0;
}

/* `openssl mac -macopt hexkey:000102…0f -macopt size:8 -in FILE SIPHASH`, FILE 00 01 02 … */
static void vectors_of_siphash(void **state)
{
	static const uint64_t expected[] = { 0x93f5f5799a932462u, 0x3f2acc7f57c29bdbu,
					     0xb8ad50c6f649af94u };
	const struct shares_key key = { { 0x0706050403020100u, 0x0f0e0d0c0b0a0908u } };
	uint8_t bytes[24];
	__u64 words[3];

	(void)state;
	for (uint8_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = i;
	for (unsigned i = 0; i < 3; i++)
		words[i] = shares_word(bytes + 8 * i);
	for (unsigned i = 0; i < 3; i++)
		assert_true(shares_siphash(&key, words, i + 1) == expected[i]);
}

/* By OpenSSL likewise: the address, the port and the family as bytes in this order. */
static void bucket_of_a_client(void **state)
{
	const struct shares_key key = { { 0x0706050403020100u, 0x0f0e0d0c0b0a0908u } };
	const struct shares_client client = { .ipv4 = { .address = { 192, 0, 2, 1 },
							.port = { 0x30, 0x39 } } };

	(void)state;
	assert_int_equal(shares_bucket(&key, &client), 1693);
}

struct cluster {
	struct shares_table *table;
	uint8_t weights[NODES_MAX];
	size_t count;
};

static struct cluster make(size_t count, uint8_t weight)
{
	struct cluster c = { .count = count };

	memset(c.weights, weight, count);
	c.table = shares_table_create(names, c.weights, count);
	assert_non_null(c.table);
	return c;
}

static void fill(const struct cluster *c, uint16_t owners[SHARES_BUCKETS])
{
	assert_true(shares_table_fill(c->table, c->weights, owners));
}

static void count_buckets(const uint16_t owners[SHARES_BUCKETS], int counts[NODES_MAX])
{
	memset(counts, 0, NODES_MAX * sizeof(*counts));
	for (size_t b = 0; b < SHARES_BUCKETS; b++)
		counts[owners[b]]++;
}

/* Each node has its share within one bucket. */
static void check_shares(const struct cluster *c, const uint16_t owners[SHARES_BUCKETS])
{
	int counts[NODES_MAX];
	double all = 0, share;

	count_buckets(owners, counts);
	for (size_t i = 0; i < c->count; i++)
		all += c->weights[i];
	for (size_t i = 0; i < c->count; i++) {
		share = SHARES_BUCKETS * c->weights[i] / all;
		assert_true(counts[i] > share - 1 && counts[i] < share + 1);
	}
}

/* How many buckets move between two tables beside those that must, by the nodes' numbers. */
static int moved_beside(const uint16_t before[SHARES_BUCKETS], const uint16_t after[SHARES_BUCKETS])
{
	int was[NODES_MAX], is[NODES_MAX], moved = 0, must = 0;

	count_buckets(before, was);
	count_buckets(after, is);
	for (size_t i = 0; i < NODES_MAX; i++)
		must += was[i] > is[i] ? was[i] - is[i] : 0;
	for (size_t b = 0; b < SHARES_BUCKETS; b++)
		moved += before[b] != after[b];
	return moved - must;
}

/* Change the weight of a node, and back. Returns what moved beside what must. */
static int change(struct cluster *c, size_t node, uint8_t weight)
{
	uint16_t before[SHARES_BUCKETS], after[SHARES_BUCKETS];
	uint8_t was = c->weights[node];

	fill(c, before);
	c->weights[node] = weight;
	fill(c, after);
	check_shares(c, after);
	c->weights[node] = was;
	return moved_beside(before, after);
}

static void a_change_moves_little_else(void **state)
{
	static const size_t sizes[] = { 2, 3, 4, 8, 16, 32 };
	uint16_t owners[SHARES_BUCKETS];

	(void)state;
	for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		struct cluster c = make(sizes[s], 1);
		int leave = 0, weight = 0;

		fill(&c, owners);
		check_shares(&c, owners);
		for (size_t i = 0; i < c.count; i++) {
			int moved = change(&c, i, 0), doubled = change(&c, i, 2);

			leave = moved > leave ? moved : leave;
			weight = doubled > weight ? doubled : weight;
		}
		print_message(
			"%zu nodes: beside what must, %d buckets move when one leaves, %d when "
			"a weight doubles\n",
			c.count, leave, weight);
		assert_in_range(leave, 0, SHARES_BUCKETS / 100);
		assert_in_range(weight, 0, SHARES_BUCKETS / 100);
		shares_table_destroy(c.table);
	}
}

/* The table does not depend on how the nodes are numbered. */
static void order_of_the_file_does_not_matter(void **state)
{
	const char *const one[] = { "alpha", "beta", "gamma" };
	const char *const other[] = { "gamma", "alpha", "beta" };
	const uint8_t weights[] = { 3, 2, 1 }, weights_other[] = { 1, 3, 2 };
	struct shares_table *a = shares_table_create(one, weights, 3);
	struct shares_table *b = shares_table_create(other, weights_other, 3);
	uint16_t first[SHARES_BUCKETS], second[SHARES_BUCKETS];

	(void)state;
	assert_true(a && b);
	assert_true(shares_table_fill(a, weights, first));
	assert_true(shares_table_fill(b, weights_other, second));
	for (size_t i = 0; i < SHARES_BUCKETS; i++)
		assert_string_equal(one[first[i]], other[second[i]]);
	shares_table_destroy(a);
	shares_table_destroy(b);
}

static void nobody_takes_part(void **state)
{
	struct cluster c = make(3, 0);
	uint16_t owners[SHARES_BUCKETS];

	(void)state;
	fill(&c, owners);
	for (size_t b = 0; b < SHARES_BUCKETS; b++)
		assert_int_equal(owners[b], SHARES_NOBODY);
	c.weights[1] = 7;
	fill(&c, owners);
	for (size_t b = 0; b < SHARES_BUCKETS; b++)
		assert_int_equal(owners[b], 1);
	shares_table_destroy(c.table);
}

/* Any weights, any subset: the shares hold. */
static void any_weights(void **state)
{
	uint16_t owners[SHARES_BUCKETS];
	unsigned seed = 1;

	(void)state;
	for (int round = 0; round < 60; round++) {
		struct cluster c = make(3 + (size_t)rand_r(&seed) % 40, 1);

		for (size_t i = 0; i < c.count; i++)
			c.weights[i] = (uint8_t)(rand_r(&seed) % (SHARES_WEIGHT_MAX + 1));
		c.weights[0] = 1;
		fill(&c, owners);
		check_shares(&c, owners);
		shares_table_destroy(c.table);
	}
}

/* The table of three nodes, as a number: it must never change, for nodes of different versions and
 * machines serve one cluster. */
static void table_is_the_same_everywhere(void **state)
{
	struct cluster c = make(3, 1);
	uint16_t owners[SHARES_BUCKETS];
	uint64_t digest = 0;

	(void)state;
	fill(&c, owners);
	for (size_t b = 0; b < SHARES_BUCKETS; b++)
		digest = digest * 1099511628211u + owners[b];
	assert_true(digest == 0x42636e93ee20d38du);
	shares_table_destroy(c.table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors_of_siphash),
		cmocka_unit_test(bucket_of_a_client),
		cmocka_unit_test(a_change_moves_little_else),
		cmocka_unit_test(order_of_the_file_does_not_matter),
		cmocka_unit_test(nobody_takes_part),
		cmocka_unit_test(any_weights),
		cmocka_unit_test(table_is_the_same_everywhere),
	};

	return cmocka_run_group_tests_name("shares_table", tests, make_names, NULL);
}
