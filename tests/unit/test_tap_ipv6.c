/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tap_ipv6: which addresses the kernel made from the cluster MAC; when IPv6 is off. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <linux/if_addr.h>

#include "tap/tap_ipv6.h"

static bool is_mistake(const char *text, unsigned flags)
{
	static const struct mac cluster = { { 0x02, 0xbf, 12, 12, 4, 100 } };
	struct netlink_address address = { .flags = flags };

	assert_true(prefix_parse(text, &address.prefix));
	return tap_ipv6_is_mistake(&address, &cluster);
}

static void what_the_kernel_made_from_the_cluster_mac(void **state)
{
	(void)state;
	assert_true(is_mistake("fe80::bf:cff:fe0c:464/64", IFA_F_PERMANENT));
	assert_true(is_mistake("2001:db8::bf:cff:fe0c:464/64", 0));
	assert_true(is_mistake("2001:db8::bf:cff:fe0c:464/64", IFA_F_TENTATIVE));
	/* added by an operator, or to the file */
	assert_false(is_mistake("2001:db8::bf:cff:fe0c:464/64", IFA_F_PERMANENT));
	/* from other MACs */
	assert_false(is_mistake("fe80::4bf:cff:fe0c:465/64", IFA_F_PERMANENT));
	assert_false(is_mistake("fe80::1/64", IFA_F_PERMANENT));
	assert_false(is_mistake("2001:db8::4bf:cff:fe0c:465/64", 0));
	assert_false(is_mistake("12.12.4.100/32", 0));
	assert_false(is_mistake("0.191.12.255/8", 0));
}

static void why_ipv6_is_off(void **state)
{
	struct netlink_link tap = { .mtu = 1500, .has_ipv6 = true };

	(void)state;
	assert_int_equal(tap_ipv6_is_off(&tap), TAP_IPV6_ON);
	tap.ipv6_disabled = true;
	assert_int_equal(tap_ipv6_is_off(&tap), TAP_IPV6_OFF_SYSCTL);
	tap.has_ipv6 = false;
	assert_int_equal(tap_ipv6_is_off(&tap), TAP_IPV6_OFF_KERNEL);
	tap.mtu = 1280;
	assert_int_equal(tap_ipv6_is_off(&tap), TAP_IPV6_OFF_KERNEL);
	tap.mtu = 1279;
	assert_int_equal(tap_ipv6_is_off(&tap), TAP_IPV6_OFF_MTU);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_kernel_made_from_the_cluster_mac),
		cmocka_unit_test(why_ipv6_is_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
