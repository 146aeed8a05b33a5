/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_addr: parsing, formatting and comparing MAC and IP addresses. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <sys/socket.h>

#include "base/addr.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void test_mac_parse(void **state)
{
	static const struct mac want = { { 0x02, 0xbf, 0x0c, 0x0c, 0x04, 0x64 } };
	static const char *const good[] = { "02:bf:0c:0c:04:64", "02-BF-0C-0c-04-64" };
	struct mac mac;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		memset(&mac, 0xee, sizeof(mac));
		assert_true(mac_parse(good[i], &mac));
		assert_memory_equal(&mac, &want, sizeof(mac));
	}
}

static void test_mac_parse_refuses(void **state)
{
	static const char *const bad[] = {
		"",
		"0",
		"02",
		"02:bf:0c:0c:04",
		"02:bf:0c:0c:04:",
		"02:bf:0c:0c:04:6",
		"02:bf:0c:0c:04:64:",
		"02:bf:0c:0c:04:640",
		"02:bf:0c:0c:04:64 ",
		" 02:bf:0c:0c:04:64",
		"02:bf-0c:0c:04:64",
		"02-bf:0c-0c:04-64",
		"02bf0c0c0464",
		"02.bf.0c.0c.04.64",
		"2:bf:c:c:4:64",
		"02:bg:0c:0c:04:64",
		"02:bf:0c:0c:04:\xff\xff",
	};
	static const struct mac before = { { 1, 2, 3, 4, 5, 6 } };

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct mac mac = before;

		if (mac_parse(bad[i], &mac))
			fail_msg("'%s' accepted as a MAC", bad[i]);
		assert_memory_equal(&mac, &before, sizeof(mac));
	}
}

static void test_mac_format(void **state)
{
	static const struct mac mac = { { 0x02, 0xbf, 0x00, 0x0c, 0x04, 0xff } };
	char text[MAC_STRLEN];

	(void)state;
	assert_ptr_equal(mac_format(&mac, text), text);
	assert_string_equal(text, "02:bf:00:0c:04:ff");
}

static void test_mac_kinds(void **state)
{
	struct mac zero, one, group, broadcast;

	(void)state;
	assert_true(mac_parse("00:00:00:00:00:00", &zero));
	assert_true(mac_parse("02:00:00:00:00:01", &one));
	assert_true(mac_parse("03:00:00:00:00:01", &group));
	assert_true(mac_parse("ff:ff:ff:ff:ff:ff", &broadcast));
	assert_true(mac_is_zero(&zero));
	assert_false(mac_is_zero(&one));
	assert_false(mac_is_group(&one));
	assert_true(mac_is_group(&group));
	assert_true(mac_is_group(&broadcast));
	assert_false(mac_is_broadcast(&group));
	assert_true(mac_is_broadcast(&broadcast));
	assert_true(mac_equal(&one, &one));
	assert_false(mac_equal(&one, &group));
}

static void test_mac_from_ipv4(void **state)
{
	struct ip_addr ip;
	struct mac mac;
	char text[MAC_STRLEN];

	(void)state;
	assert_true(ip_parse("12.12.4.101", &ip));
	mac = mac_from_ipv4(0x03, 0xbf, &ip);
	assert_string_equal(mac_format(&mac, text), "03:bf:0c:0c:04:65");
}

/* Unused bytes of an address are set to zero. */
static void test_ip_parse(void **state)
{
	static const struct ip_addr v4 = { AF_INET, { 192, 0, 2, 1 } };
	static const struct ip_addr v6 = { AF_INET6, { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } };
	struct ip_addr ip;

	(void)state;
	memset(&ip, 0xee, sizeof(ip));
	assert_true(ip_parse("192.0.2.1", &ip));
	assert_memory_equal(&ip, &v4, sizeof(ip));
	assert_int_equal(ip_bytes(&ip), 4);
	assert_true(ip_parse("2001:DB8::1", &ip));
	assert_memory_equal(&ip, &v6, sizeof(ip));
	assert_int_equal(ip_bytes(&ip), 16);
}

static void test_ip_parse_refuses(void **state)
{
	static const char *const bad[] = {
		"",          "192.0.2",  "192.0.2.1.1", "192.0.2.256", "192.0.2.1 ", " 192.0.2.1",
		"0x1.2.3.4", "1.2.3.04", "2001:db8:::", "::1%lo",      "fe80::1/64", "-",
	};
	static const struct ip_addr before = { AF_INET, { 1, 2, 3, 4 } };

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct ip_addr ip = before;

		if (ip_parse(bad[i], &ip))
			fail_msg("'%s' accepted as an address", bad[i]);
		assert_memory_equal(&ip, &before, sizeof(ip));
	}
}

static void test_ip_format(void **state)
{
	static const uint8_t v4[4] = { 10, 0, 0, 255 };
	static const uint8_t v6[16] = { 0xfe, 0x80, [15] = 0xab };
	struct ip_addr ip = ip_from_ipv4_bytes(v4), none = { 0 };
	char text[IP_STRLEN];

	(void)state;
	assert_string_equal(ip_format(&ip, text), "10.0.0.255");
	ip = ip_from_ipv6_bytes(v6);
	assert_string_equal(ip_format(&ip, text), "fe80::ab");
	memset(&ip.b, 0xff, sizeof(ip.b));
	assert_string_equal(ip_format(&ip, text), "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
	assert_string_equal(ip_format(&none, text), "-");
}

static void test_ip_compare(void **state)
{
	struct ip_addr v4, v6, other, none = { 0 };

	(void)state;
	assert_true(ip_parse("0.0.0.0", &v4));
	assert_true(ip_parse("::", &v6));
	assert_true(ip_parse("0.0.0.1", &other));
	assert_false(ip_equal(&v4, &v6));
	assert_false(ip_equal(&v4, &other));
	assert_true(ip_equal(&v4, &v4));
	assert_true(ip_is_unspecified(&v4));
	assert_true(ip_is_unspecified(&v6));
	assert_false(ip_is_unspecified(&other));
	assert_false(ip_is_unspecified(&none));
}

static void test_prefix_parse(void **state)
{
	static const char *const good[] = { "192.0.2.1/0", "192.0.2.1/24", "192.0.2.1/32",
					    "2001:db8::1/128" };
	static const char *const bad[] = {
		"",
		"192.0.2.1",
		"192.0.2.1/",
		"192.0.2.1/33",
		"192.0.2.1/-1",
		"192.0.2.1/+1",
		"192.0.2.1/ 1",
		"192.0.2.1/1 ",
		"192.0.2.1/024",
		"192.0.2.1/1x",
		"/24",
		"192.0.2/24",
		"::1/129",
		"192.0.2.1/24/24",
		"::1/4294967297",
		"0000:0000:0000:0000:0000:0000:0000:0000:0000:0000/64",
	};
	struct ip_prefix prefix;
	char text[PREFIX_STRLEN];

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		assert_true(prefix_parse(good[i], &prefix));
		assert_string_equal(prefix_format(&prefix, text), good[i]);
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct ip_prefix untouched = prefix;

		if (prefix_parse(bad[i], &prefix))
			fail_msg("'%s' accepted as a prefix", bad[i]);
		assert_memory_equal(&prefix, &untouched, sizeof(prefix));
	}
}

static void test_prefix_contains(void **state)
{
	static const struct {
		const char *prefix, *ip;
		bool want;
	} rows[] = {
		{ "192.0.2.1/24", "192.0.2.255", true },
		{ "192.0.2.1/24", "192.0.3.1", false },
		{ "192.0.2.1/25", "192.0.2.127", true },
		{ "192.0.2.1/25", "192.0.2.128", false },
		{ "192.0.2.1/31", "192.0.2.0", true },
		{ "192.0.2.1/31", "192.0.2.2", false },
		{ "192.0.2.1/32", "192.0.2.1", true },
		{ "192.0.2.1/32", "192.0.2.0", false },
		{ "192.0.2.1/0", "8.8.8.8", true },
		{ "192.0.2.1/0", "::1", false },
		{ "2001:db8::1/64", "2001:db8::ffff", true },
		{ "2001:db8::1/64", "2001:db8:0:1::1", false },
		{ "2001:db8::1/65", "2001:db8::8000:0:0:0", false },
		{ "2001:db8::1/128", "2001:db8::1", true },
		{ "2001:db8::1/128", "2001:db8::2", false },
		{ "::/0", "1.2.3.4", false },
	};
	struct ip_prefix prefix, none = { 0 };
	struct ip_addr ip, no_ip = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_true(prefix_parse(rows[i].prefix, &prefix));
		assert_true(ip_parse(rows[i].ip, &ip));
		if (prefix_contains(&prefix, &ip) != rows[i].want)
			fail_msg("%s in %s", rows[i].ip, rows[i].prefix);
	}
	assert_false(prefix_contains(&none, &no_ip));
}

static void broadcast_addresses_and_groups(void **state)
{
	static const struct {
		const char *prefix, *broadcast;
	} cases[] = {
		{ "12.12.4.101/24", "12.12.4.255" },
		{ "10.1.2.3/8", "10.255.255.255" },
		{ "10.0.0.1/30", "10.0.0.3" },
		{ "10.0.0.1/31", NULL },
		{ "10.0.0.1/32", NULL },
		{ "2001:db8::1/64", NULL },
	};
	static const char *const groups[] = { "224.0.0.0", "239.255.255.255", "255.255.255.255",
					      "ff02::1" };
	static const char *const others[] = { "223.255.255.255", "240.0.0.1", "0.0.0.0",
					      "fe80::1" };
	struct ip_addr ip, expected;
	struct ip_prefix p;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(prefix_parse(cases[i].prefix, &p));
		assert_int_equal(prefix_broadcast(&p, &ip), cases[i].broadcast != NULL);
		if (!cases[i].broadcast)
			continue;
		assert_true(ip_parse(cases[i].broadcast, &expected));
		assert_true(ip_equal(&ip, &expected));
	}
	for (size_t i = 0; i < 4; i++) {
		assert_true(ip_parse(groups[i], &ip));
		assert_true(ip_is_group(&ip));
		assert_true(ip_parse(others[i], &ip));
		assert_false(ip_is_group(&ip));
	}
}

static void test_ip_is_made_from_mac(void **state)
{
	static const struct mac m = { { 0x03, 0xff, 0xfe, 0, 0, 1 } };
	struct ip_addr ip = ip_link_local_of(&m);

	(void)state;
	assert_true(ip_is_made_from_mac(&ip));
	assert_true(ip_parse("2001:db8::4bf:cff:fe0c:464", &ip));
	assert_true(ip_is_made_from_mac(&ip));
	assert_true(ip_parse("2001:db8::ff:fe00:0:1", &ip)); /* ff:fe elsewhere */
	assert_false(ip_is_made_from_mac(&ip));
	assert_true(ip_parse("12.12.4.101", &ip));
	assert_false(ip_is_made_from_mac(&ip));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mac_parse),
		cmocka_unit_test(test_mac_parse_refuses),
		cmocka_unit_test(test_mac_format),
		cmocka_unit_test(test_mac_kinds),
		cmocka_unit_test(test_ip_is_made_from_mac),
		cmocka_unit_test(test_mac_from_ipv4),
		cmocka_unit_test(test_ip_parse),
		cmocka_unit_test(test_ip_parse_refuses),
		cmocka_unit_test(test_ip_format),
		cmocka_unit_test(test_ip_compare),
		cmocka_unit_test(test_prefix_parse),
		cmocka_unit_test(test_prefix_contains),
		cmocka_unit_test(broadcast_addresses_and_groups),
	};

	return cmocka_run_group_tests_name("addr", tests, NULL, NULL);
}
