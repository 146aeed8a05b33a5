/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tap_order: when the TAP's addresses are out of order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "tap/tap_order.h"

#define MOST 8

struct world {
	struct ip_prefix own[MOST], shared[MOST];
	struct config_addresses dedicated, cluster;
	struct netlink_address list[MOST];
	struct tap_present now;
};

static void add(struct config_addresses *addresses, struct ip_prefix *room, const char *text)
{
	addresses->list = room;
	assert_true(prefix_parse(text, &room[addresses->count++]));
}

/* 101 and 111 are dedicated addresses in this order, 100 and 110 cluster addresses, all of both
 * families. */
static void begin(struct world *w)
{
	memset(w, 0, sizeof(*w));
	add(&w->dedicated, w->own, "12.12.4.101/24");
	add(&w->dedicated, w->own, "2001:db8::101/64");
	add(&w->dedicated, w->own, "12.12.4.111/24");
	add(&w->dedicated, w->own, "2001:db8::111/64");
	add(&w->cluster, w->shared, "12.12.4.100/24");
	add(&w->cluster, w->shared, "2001:db8::100/64");
	add(&w->cluster, w->shared, "2001:db8::110/64");
	w->now.list = w->list;
}

static void put(struct world *w, const char *text, unsigned flags)
{
	struct netlink_address *address = &w->list[w->now.count++];

	assert_true(w->now.count <= MOST);
	assert_true(prefix_parse(text, &address->prefix));
	address->flags = flags;
	address->scope = RT_SCOPE_UNIVERSE;
}

/* The IPv6 addresses with these last groups are on the TAP in this order; a cluster address has no
 * network there. */
static bool is_wrong(const char *order)
{
	char copy[64], text[64];
	struct world w;

	begin(&w);
	strcpy(copy, order);
	for (char *save, *word = strtok_r(copy, " ", &save); word;
	     word = strtok_r(NULL, " ", &save)) {
		unsigned flags = word[0] == '!' ? IFA_F_TENTATIVE : 0;
		const char *name = word + (flags != 0);

		strcpy(text, "2001:db8::");
		strcat(text, name);
		strcat(text, !strcmp(name, "100") || !strcmp(name, "110") ? "/128" : "/64");
		put(&w, text, flags);
	}
	assert_false(tap_order_is_wrong_ipv4(&w.now, &w.dedicated, &w.cluster));
	return tap_order_is_wrong_ipv6(&w.now, &w.dedicated, &w.cluster);
}

static void ipv6_dedicated_first_in_the_files_order(void **state)
{
	(void)state;
	assert_false(is_wrong(""));
	assert_false(is_wrong("101 111 100 110"));
	assert_false(is_wrong("101 111 110 100"));
	assert_false(is_wrong("100 110"));
	assert_false(is_wrong("111 100"));
	assert_false(is_wrong("77 101 88 111 99 100"));
	assert_true(is_wrong("111 101"));
	assert_true(is_wrong("100 101"));
	assert_true(is_wrong("101 100 111"));
	assert_true(is_wrong("110 101 111 100"));
}

/* It would be used at once if it was added again. */
static void ipv6_tentative_ones_do_not_count(void **state)
{
	(void)state;
	assert_false(is_wrong("100 !101"));
	assert_false(is_wrong("!111 101 100"));
	assert_false(is_wrong("101 100 !111"));
	assert_true(is_wrong("!111 100 101"));
	assert_true(tap_order_is_tentative(&(struct netlink_address){ .flags = IFA_F_DADFAILED }));
	assert_false(tap_order_is_tentative(
		&(struct netlink_address){ .flags = IFA_F_PERMANENT | IFA_F_NODAD }));
}

/* The kernel has the wider scope first, whatever was added first. */
static void ipv6_scopes_are_apart(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	put(&w, "2001:db8::100/128", 0);
	put(&w, "2001:db8::101/64", 0);
	w.list[1].scope = RT_SCOPE_SITE;
	assert_false(tap_order_is_wrong_ipv6(&w.now, &w.dedicated, &w.cluster));
}

static void another_prefix_length_is_another_address(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	put(&w, "2001:db8::100/64", 0);
	put(&w, "2001:db8::101/64", 0);
	assert_false(tap_order_is_wrong_ipv6(&w.now, &w.dedicated, &w.cluster));
	assert_int_equal(tap_order_find(&w.now, &w.shared[1]), 0);
	w.shared[1] = tap_order_on_tap(&w.shared[1], true);
	assert_int_equal(w.shared[1].len, 128);
	assert_int_equal(tap_order_find(&w.now, &w.shared[1]), 2);
}

/* A secondary address is always behind the primary ones. */
static void ipv4_primary_ones_count(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	put(&w, "12.12.4.100/32", 0);
	put(&w, "12.12.4.101/24", IFA_F_SECONDARY);
	assert_false(tap_order_is_wrong_ipv4(&w.now, &w.dedicated, &w.cluster));
	w.list[1].flags = 0;
	assert_true(tap_order_is_wrong_ipv4(&w.now, &w.dedicated, &w.cluster));
	assert_false(tap_order_is_wrong_ipv6(&w.now, &w.dedicated, &w.cluster));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ipv6_dedicated_first_in_the_files_order),
		cmocka_unit_test(ipv6_tentative_ones_do_not_count),
		cmocka_unit_test(ipv6_scopes_are_apart),
		cmocka_unit_test(another_prefix_length_is_another_address),
		cmocka_unit_test(ipv4_primary_ones_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
