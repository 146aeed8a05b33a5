/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netlink_parse: messages about links, crafted as the kernel writes them, and malformed ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/ipv6.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <sys/socket.h>

#include "io/netlink/netlink_parse.h"

/* An RTM_NEWLINK for eth0 with index 7, in memory of exactly its size. */
struct message {
	struct nl_msg *nl;
	struct nlmsghdr *copy;
};

static struct message begin(void)
{
	struct ifinfomsg info = { .ifi_index = 7,
				  .ifi_type = 1,
				  .ifi_flags = IFF_UP | IFF_LOWER_UP };
	struct message m = { .nl = nlmsg_alloc_simple(RTM_NEWLINK, 0) };

	assert_non_null(m.nl);
	assert_int_equal(nlmsg_append(m.nl, &info, sizeof(info), NLMSG_ALIGNTO), 0);
	assert_int_equal(nla_put_string(m.nl, IFLA_IFNAME, "eth0"), 0);
	assert_int_equal(nla_put_u32(m.nl, IFLA_MTU, 1500), 0);
	return m;
}

static struct nlmsghdr *finish(struct message *m, size_t cut)
{
	size_t len = nlmsg_hdr(m->nl)->nlmsg_len - cut;

	m->copy = malloc(len);
	assert_non_null(m->copy);
	memcpy(m->copy, nlmsg_hdr(m->nl), len);
	m->copy->nlmsg_len = (uint32_t)len;
	return m->copy;
}

static void end(struct message *m)
{
	nlmsg_free(m->nl);
	free(m->copy);
}

static bool asks(uint32_t event)
{
	struct message m = begin();
	bool is;

	assert_int_equal(nla_put_u32(m.nl, IFLA_EVENT, event), 0);
	is = netlink_parse_link_asks(finish(&m, 0));
	end(&m);
	return is;
}

/* The numbers are those of the kernel's interface, which never change. */
static void only_two_events_ask(void **state)
{
	struct message m = begin();

	(void)state;
	for (uint32_t event = 0; event < 300; event++)
		assert_int_equal(asks(event), event == 3 || event == 4);
	assert_false(asks(UINT32_MAX));
	assert_false(netlink_parse_link_asks(finish(&m, 0))); /* none */
	end(&m);
}

/* A message with an event is the description of a link as without one. */
static void a_link_with_an_event(void **state)
{
	struct message m = begin();
	struct netlink_link link;

	(void)state;
	assert_int_equal(nla_put_u32(m.nl, IFLA_EVENT, IFLA_EVENT_NOTIFY_PEERS), 0);
	assert_true(netlink_parse_link(finish(&m, 0), &link));
	assert_int_equal(link.ifindex, 7);
	assert_int_equal(link.mtu, 1500);
	assert_true(link.carrier);
	assert_string_equal(link.name, "eth0");
	end(&m);
}

/* An attribute of the wrong length does not count, and does not take the link away. */
static void a_short_event(void **state)
{
	struct message m = begin();
	struct netlink_link link;
	struct nlmsghdr *header;

	(void)state;
	assert_int_equal(nla_put_u16(m.nl, IFLA_EVENT, IFLA_EVENT_NOTIFY_PEERS), 0);
	header = finish(&m, 0);
	assert_false(netlink_parse_link_asks(header));
	assert_true(netlink_parse_link(header, &link));
	end(&m);
}

/* Cut off at each byte: never read beyond the end, never an event that is not whole. */
static void cut_off(void **state)
{
	struct netlink_link link;

	(void)state;
	for (size_t cut = 1;; cut++) {
		struct message m = begin();
		struct nlmsghdr *header;

		assert_int_equal(nla_put_u32(m.nl, IFLA_EVENT, IFLA_EVENT_NOTIFY_PEERS), 0);
		if (nlmsg_hdr(m.nl)->nlmsg_len - cut < sizeof(struct nlmsghdr)) {
			end(&m);
			return;
		}
		header = finish(&m, cut);
		assert_false(netlink_parse_link_asks(header));
		netlink_parse_link(header, &link);
		end(&m);
	}
}

/* Of a VLAN or a macvlan; not where the index is one of another network namespace. */
static void the_link_below(void **state)
{
	struct netlink_link link;
	struct message m = begin();

	(void)state;
	assert_int_equal(nla_put_u32(m.nl, IFLA_LINK, 5), 0);
	assert_true(netlink_parse_link(finish(&m, 0), &link));
	assert_int_equal(link.lower, 5);
	end(&m);
	m = begin();
	assert_int_equal(nla_put_u32(m.nl, IFLA_LINK, 5), 0);
	assert_int_equal(nla_put_u32(m.nl, IFLA_LINK_NETNSID, 0), 0);
	assert_true(netlink_parse_link(finish(&m, 0), &link));
	assert_int_equal(link.lower, 0);
	end(&m);
}

/* A link of a kind, with its mode as `len` bytes. */
static struct netlink_link of_kind(const char *kind, int type, uint32_t mode, size_t len)
{
	struct message m = begin();
	struct netlink_link link;
	struct nlattr *info = nla_nest_start(m.nl, IFLA_LINKINFO), *data;
	uint16_t narrow = (uint16_t)mode;

	assert_non_null(info);
	assert_int_equal(nla_put_string(m.nl, IFLA_INFO_KIND, kind), 0);
	data = nla_nest_start(m.nl, IFLA_INFO_DATA);
	assert_non_null(data);
	assert_int_equal(nla_put(m.nl, type, (int)len, len == 2 ? (void *)&narrow : (void *)&mode),
			 0);
	assert_int_equal(nla_put_u32(m.nl, IFLA_MACVLAN_MACADDR_COUNT, 3), 0);
	nla_nest_end(m.nl, data);
	nla_nest_end(m.nl, info);
	assert_true(netlink_parse_link(finish(&m, 0), &link));
	end(&m);
	return link;
}

static void kinds(void **state)
{
	struct netlink_link link = of_kind("macvtap", IFLA_MACVLAN_MODE, MACVLAN_MODE_SOURCE, 4);

	(void)state;
	assert_int_equal(link.kind, NETLINK_KIND_MACVLAN);
	assert_int_equal(link.kind_mode, MACVLAN_MODE_SOURCE);
	assert_int_equal(link.sources, 3);
	assert_string_equal(link.kind_name, "macvtap");
	link = of_kind("ipvlan", IFLA_IPVLAN_MODE, IPVLAN_MODE_L3S, 2);
	assert_int_equal(link.kind, NETLINK_KIND_IPVLAN);
	assert_int_equal(link.kind_mode, IPVLAN_MODE_L3S);
	link = of_kind("macvlan", IFLA_MACVLAN_MODE, MACVLAN_MODE_BRIDGE, 2); /* too short */
	assert_int_equal(link.kind_mode, 0);
	link = of_kind("a_kind_with_a_long_name", IFLA_MACVLAN_MODE, 1, 4);
	assert_int_equal(link.kind, NETLINK_KIND_OTHER);
}

/* Begin a link with IPv6 settings: a token, a mode of address generation, and the values of the
 * first `count` sysctls, disable_ipv6 being 1. */
static struct message begin_ipv6(size_t count, uint8_t mode)
{
	static const uint8_t token[16] = { [8] = 4, [15] = 9 };
	int32_t sysctls[DEVCONF_DISABLE_IPV6 + 8] = { [DEVCONF_DISABLE_IPV6] = 1 };
	struct message m = begin();
	struct nlattr *families = nla_nest_start(m.nl, IFLA_AF_SPEC), *ipv6;

	assert_non_null(families);
	ipv6 = nla_nest_start(m.nl, AF_INET6);
	assert_non_null(ipv6);
	assert_int_equal(nla_put(m.nl, IFLA_INET6_CONF, (int)(count * sizeof(sysctls[0])), sysctls),
			 0);
	assert_int_equal(nla_put(m.nl, IFLA_INET6_TOKEN, sizeof(token), token), 0);
	assert_int_equal(nla_put_u8(m.nl, IFLA_INET6_ADDR_GEN_MODE, mode), 0);
	nla_nest_end(m.nl, ipv6);
	nla_nest_end(m.nl, families);
	return m;
}

static void ipv6_settings(void **state)
{
	struct message m = begin_ipv6(DEVCONF_DISABLE_IPV6 + 8, IN6_ADDR_GEN_MODE_EUI64);
	struct netlink_link link;
	struct ip_addr token;

	(void)state;
	assert_true(ip_parse("::400:0:0:9", &token));
	assert_true(netlink_parse_link(finish(&m, 0), &link));
	assert_true(link.has_ipv6);
	assert_true(link.ipv6_disabled);
	assert_int_not_equal(link.addrgen, IN6_ADDR_GEN_MODE_NONE);
	assert_true(ip_equal(&link.token, &token));
	end(&m);
	/* An older kernel has fewer sysctls. */
	m = begin_ipv6(DEVCONF_DISABLE_IPV6, IN6_ADDR_GEN_MODE_NONE);
	assert_true(netlink_parse_link(finish(&m, 0), &link));
	assert_true(link.has_ipv6);
	assert_false(link.ipv6_disabled);
	assert_int_equal(link.addrgen, IN6_ADDR_GEN_MODE_NONE);
	end(&m);
}

/* With an MTU below 1280, or in a kernel without IPv6. */
static void no_ipv6_settings(void **state)
{
	struct message m = begin();
	struct netlink_link link;

	(void)state;
	assert_true(netlink_parse_link(finish(&m, 0), &link));
	assert_false(link.has_ipv6);
	assert_false(link.ipv6_disabled);
	assert_int_equal(link.addrgen, IN6_ADDR_GEN_MODE_NONE);
	assert_int_equal(link.token.family, AF_UNSPEC);
	end(&m);
}

static void ipv6_settings_cut_off(void **state)
{
	struct netlink_link link;

	(void)state;
	for (size_t cut = 1; cut < 150; cut++) {
		struct message m = begin_ipv6(DEVCONF_DISABLE_IPV6 + 1, IN6_ADDR_GEN_MODE_NONE);

		netlink_parse_link(finish(&m, cut), &link);
		end(&m);
	}
}

/* An address with a prefix of `len` bits. */
static bool parses_prefix(uint8_t family, uint8_t len)
{
	const uint8_t bytes[16] = { 0x20, 1, 0x0d, 0xb8 };
	struct ifaddrmsg info = { .ifa_family = family, .ifa_prefixlen = len, .ifa_index = 7 };
	struct message m = { .nl = nlmsg_alloc_simple(RTM_NEWADDR, 0) };
	struct netlink_address address;
	bool is;

	assert_non_null(m.nl);
	assert_int_equal(nlmsg_append(m.nl, &info, sizeof(info), NLMSG_ALIGNTO), 0);
	assert_int_equal(nla_put(m.nl, IFA_ADDRESS, family == AF_INET ? 4 : 16, bytes), 0);
	is = netlink_parse_address(finish(&m, 0), &address);
	if (is)
		assert_int_equal(address.prefix.len, len);
	end(&m);
	return is;
}

static void prefixes(void **state)
{
	(void)state;
	for (unsigned len = 0; len <= 255; len++) {
		assert_int_equal(parses_prefix(AF_INET, (uint8_t)len), len <= 32);
		assert_int_equal(parses_prefix(AF_INET6, (uint8_t)len), len <= 128);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_two_events_ask),   cmocka_unit_test(a_link_with_an_event),
		cmocka_unit_test(a_short_event),         cmocka_unit_test(cut_off),
		cmocka_unit_test(the_link_below),        cmocka_unit_test(kinds),
		cmocka_unit_test(ipv6_settings),         cmocka_unit_test(no_ipv6_settings),
		cmocka_unit_test(ipv6_settings_cut_off), cmocka_unit_test(prefixes),
	};

	return cmocka_run_group_tests_name("netlink_parse", tests, NULL, NULL);
}
