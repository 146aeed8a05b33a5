/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tap_uppers: which links on top of the TAP have a MAC of their own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tap/tap_uppers.h"

#define TAP 5

static const struct mac cluster = { { 2, 0xbf, 12, 12, 4, 100 } }, other = { { 2, 0, 0, 0, 0, 1 } };

static struct netlink_link make(int ifindex, const struct mac *mac, int lower, int master)
{
	return (struct netlink_link){
		.ifindex = ifindex, .mac = *mac, .lower = lower, .master = master
	};
}

static int found(const struct netlink_link *list, size_t count)
{
	const struct netlink_link *link = tap_uppers_find(list, count, TAP, &cluster);

	return link ? link->ifindex : 0;
}

static void macvlans_and_bridges(void **state)
{
	const struct netlink_link eth0 = make(2, &other, 0, 0), tap = make(TAP, &cluster, 0, 0);
	const struct netlink_link vlan = make(6, &cluster, TAP, 0),
				  macvlan = make(7, &other, TAP, 0);
	const struct netlink_link elsewhere = make(8, &other, 2, 0), bridge = make(9, &other, 0, 0);
	const struct netlink_link port = make(TAP, &cluster, 0, 9),
				  lost = make(TAP, &cluster, 0, 99);

	(void)state;
	assert_int_equal(found((struct netlink_link[]){ eth0, tap, vlan, elsewhere, bridge }, 5),
			 0);
	assert_int_equal(found((struct netlink_link[]){ eth0, tap, vlan, macvlan }, 4), 7);
	assert_int_equal(found((struct netlink_link[]){ eth0, port, bridge }, 3), 9);
	assert_int_equal(found((struct netlink_link[]){ eth0, lost, bridge }, 3), 0);
	assert_int_equal(found((struct netlink_link[]){ eth0 }, 1), 0);
	assert_int_equal(found(NULL, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(macvlans_and_bridges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
