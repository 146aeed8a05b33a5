/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_nic_kind: what arrives through a macvlan or an ipvlan, by its mode and the MACs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>

#include "nic/nic_kind.h"

static const struct mac cluster = { { 0x02, 0xbf, 12, 12, 4, 100 } },
			individual = { { 0x06, 0xbf, 12, 12, 4, 101 } },
			group = { { 0x03, 0xbf, 12, 12, 4, 101 } },
			another = { { 0x52, 0x54, 0, 0, 0, 1 } };

static char text[NIC_KIND_TEXT];

static enum nic_kind of(const char *kind, unsigned mode, const struct mac *own,
			const struct mac *dedicated, unsigned sources)
{
	struct netlink_link link = {
		.name = "eth0", .mac = *own, .kind_mode = mode, .sources = sources
	};

	link.kind = kind[0] == 'm'   ? NETLINK_KIND_MACVLAN
		    : kind[0] == 'i' ? NETLINK_KIND_IPVLAN
				     : NETLINK_KIND_OTHER;
	snprintf(link.kind_name, sizeof(link.kind_name), "%s", kind);
	return nic_kind_of(&link, &cluster, dedicated, text);
}

static void all(void **state)
{
	(void)state;
	assert_int_equal(of("veth", 0, &another, &individual, 0), NIC_KIND_ALL);
	assert_string_equal(text, "");
	assert_int_equal(of("macvlan", MACVLAN_MODE_PASSTHRU, &another, &individual, 0),
			 NIC_KIND_ALL);
	assert_int_equal(of("macvlan", MACVLAN_MODE_BRIDGE, &cluster, &group, 0), NIC_KIND_ALL);
	assert_int_equal(of("macvlan", 1 << 10, &another, &individual, 0), NIC_KIND_ALL);
	assert_string_equal(text, "");
}

static void nothing(void **state)
{
	static const unsigned modes[] = { MACVLAN_MODE_PRIVATE, MACVLAN_MODE_VEPA,
					  MACVLAN_MODE_BRIDGE, MACVLAN_MODE_SOURCE };

	(void)state;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		assert_int_equal(of("macvtap", modes[i], &another, &individual, 0),
				 NIC_KIND_NOTHING);
	assert_int_equal(of("macvlan", MACVLAN_MODE_BRIDGE, &another, &individual, 0),
			 NIC_KIND_NOTHING);
	assert_string_equal(text, "eth0 is a macvlan in mode bridge, which receives unicast frames "
				  "for its own MAC alone: nothing arrives that is sent to the "
				  "cluster MAC (02:bf:0c:0c:04:64) or to this node "
				  "(06:bf:0c:0c:04:65); use mode passthru, or the link below it");
	assert_int_equal(of("ipvlan", IPVLAN_MODE_L2, &another, &individual, 0), NIC_KIND_NOTHING);
	assert_non_null(strstr(text, "an ipvlan in mode l2"));
	assert_non_null(strstr(text, "use a macvlan in mode passthru"));
	/* Its MAC is that of the link below, and decides nothing. */
	assert_int_equal(of("ipvtap", IPVLAN_MODE_L3, &cluster, &group, 0), NIC_KIND_NOTHING);
	assert_int_equal(of("ipvlan", IPVLAN_MODE_L3S, &cluster, &group, 0), NIC_KIND_NOTHING);
	assert_non_null(strstr(text, "mode l3s"));
}

static void part(void **state)
{
	(void)state;
	assert_int_equal(of("macvlan", MACVLAN_MODE_BRIDGE, &another, &group, 0), NIC_KIND_PART);
	assert_non_null(strstr(text, "only other nodes reach this one"));
	assert_int_equal(of("macvlan", MACVLAN_MODE_VEPA, &individual, &individual, 0),
			 NIC_KIND_PART);
	assert_int_equal(of("macvlan", MACVLAN_MODE_PRIVATE, &cluster, &individual, 0),
			 NIC_KIND_PART);
	assert_non_null(strstr(text, "or dedicated_mac = multicast"));
	assert_int_equal(of("macvlan", MACVLAN_MODE_SOURCE, &another, &individual, 2),
			 NIC_KIND_PART);
	assert_non_null(strstr(text, "from other hosts"));
	assert_int_equal(of("ipvlan", IPVLAN_MODE_L2, &another, &group, 0), NIC_KIND_PART);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all),
		cmocka_unit_test(nothing),
		cmocka_unit_test(part),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
