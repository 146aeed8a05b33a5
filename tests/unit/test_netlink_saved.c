/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netlink_saved: what is an address or a route at all, of bodies as a file may have them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <sys/socket.h>

#include "io/netlink/netlink_saved.h"

/* A body in memory of exactly its size. */
static struct netlink_saved finish(struct nl_msg *message, bool is_route)
{
	struct netlink_saved item = { .is_route = is_route,
				      .len = (uint32_t)nlmsg_datalen(nlmsg_hdr(message)) };

	item.body = malloc(item.len);
	assert_non_null(item.body);
	memcpy(item.body, nlmsg_data(nlmsg_hdr(message)), item.len);
	nlmsg_free(message);
	return item;
}

/* 10.1.0.0/16, with another attribute of `len` bytes. */
static struct netlink_saved route_with(int type, int len)
{
	struct rtmsg head = { .rtm_family = AF_INET, .rtm_dst_len = 16 };
	struct nl_msg *m = nlmsg_alloc_simple(RTM_NEWROUTE, 0);

	assert_non_null(m);
	assert_int_equal(nlmsg_append(m, &head, sizeof(head), NLMSG_ALIGNTO), 0);
	assert_int_equal(nla_put(m, RTA_DST, 4, (uint8_t[]){ 10, 1, 0, 0 }), 0);
	assert_int_equal(nla_put(m, type, len, (uint8_t[8]){ 1 }), 0);
	return finish(m, true);
}

/* 192.0.2.1/24 likewise. */
static struct netlink_saved address_with(int type, int len)
{
	struct ifaddrmsg head = { .ifa_family = AF_INET, .ifa_prefixlen = 24 };
	struct nl_msg *m = nlmsg_alloc_simple(RTM_NEWADDR, 0);

	assert_non_null(m);
	assert_int_equal(nlmsg_append(m, &head, sizeof(head), NLMSG_ALIGNTO), 0);
	assert_int_equal(nla_put(m, IFA_LOCAL, 4, (uint8_t[]){ 192, 0, 2, 1 }), 0);
	assert_int_equal(nla_put(m, type, len, (uint8_t[8]){ 1 }), 0);
	return finish(m, false);
}

/* Numbers are read without looking at their length again. */
static void numbers_of_another_length(void **state)
{
	static const int of_routes[] = { RTA_TABLE, RTA_PRIORITY, RTA_OIF, RTA_EXPIRES },
			 of_addresses[] = { IFA_FLAGS, IFA_RT_PRIORITY };

	(void)state;
	for (int len = 0; len <= 8; len++) {
		for (size_t i = 0; i < sizeof(of_addresses) / sizeof(of_addresses[0]); i++) {
			struct netlink_saved address = address_with(of_addresses[i], len);

			assert_int_equal(netlink_saved_is_valid(&address), len == 4);
			free(address.body);
		}
		for (size_t i = 0; i < sizeof(of_routes) / sizeof(of_routes[0]); i++) {
			struct netlink_saved route = route_with(of_routes[i], len);

			assert_int_equal(netlink_saved_is_valid(&route), len == 4);
			free(route.body);
		}
	}
}

static void prefixes_that_are_too_long(void **state)
{
	struct netlink_saved route = route_with(RTA_TABLE, 4);

	(void)state;
	for (unsigned len = 0; len <= 255; len++) {
		route.body[1] = (unsigned char)len;
		assert_int_equal(netlink_saved_is_valid(&route), len <= 32);
	}
	free(route.body);
}

/* Cut off at each byte: valid only between two attributes. */
static void cut_off(void **state)
{
	struct netlink_saved whole = route_with(RTA_PRIORITY, 4);
	const uint32_t head = sizeof(struct rtmsg), attribute = NLA_HDRLEN + 4;

	(void)state;
	assert_int_equal(whole.len, head + 2 * attribute);
	for (uint32_t len = 0; len <= whole.len; len++) {
		struct netlink_saved cut = { .is_route = true, .len = len, .body = malloc(len) };

		assert_non_null(cut.body);
		memcpy(cut.body, whole.body, len);
		assert_int_equal(netlink_saved_is_valid(&cut),
				 len == head || len == head + attribute || len == whole.len);
		free(cut.body);
	}
	free(whole.body);
}

/* Only an IPv4 route that the kernel made. */
static void connected_routes(void **state)
{
	struct netlink_saved route = route_with(RTA_PRIORITY, 4), address = address_with(99, 8);
	struct rtmsg *head = (void *)route.body;

	(void)state;
	for (unsigned protocol = 0; protocol <= 255; protocol++) {
		head->rtm_protocol = (unsigned char)protocol;
		assert_int_equal(netlink_saved_connect(&route), protocol == RTPROT_KERNEL);
		assert_int_equal(netlink_saved_is_connected(&route),
				 protocol == RTPROT_KERNEL ||
					 protocol == NETLINK_PROTOCOL_CONNECTED);
	}
	head->rtm_protocol = RTPROT_KERNEL;
	head->rtm_family = AF_INET6;
	assert_false(netlink_saved_connect(&route));
	assert_true(netlink_saved_is_kernels(&route));
	assert_false(netlink_saved_connect(&address));
	free(address.body);
	free(route.body);
}

/* 2001:db8::/64 with the metric, and with a lifetime. */
static struct netlink_saved ipv6_route_with(uint32_t metric)
{
	struct rtmsg head = { .rtm_family = AF_INET6,
			      .rtm_dst_len = 64,
			      .rtm_protocol = RTPROT_KERNEL };
	struct nl_msg *m = nlmsg_alloc_simple(RTM_NEWROUTE, 0);

	assert_non_null(m);
	assert_int_equal(nlmsg_append(m, &head, sizeof(head), NLMSG_ALIGNTO), 0);
	assert_int_equal(nla_put(m, RTA_DST, 16, (uint8_t[16]){ 0x20, 1, 0x0d, 0xb8 }), 0);
	assert_int_equal(nla_put_u32(m, RTA_PRIORITY, metric), 0);
	assert_int_equal(nla_put_u32(m, RTA_EXPIRES, 60), 0);
	return finish(m, true);
}

/* Of those of IPv6, only one with the kernel's metric. */
static void connected_ipv6_routes(void **state)
{
	(void)state;
	for (uint32_t metric = 0; metric <= 1024; metric++) {
		struct netlink_saved route = ipv6_route_with(metric);
		bool is_kernels = metric == NETLINK_KERNEL_METRIC;

		assert_int_equal(netlink_saved_connect(&route), is_kernels);
		assert_int_equal(netlink_saved_key(&route).priority, is_kernels ? 255 : metric);
		assert_true(netlink_saved_has_lifetime(&route));
		assert_true(netlink_saved_is_valid(&route));
		assert_true(netlink_saved_is_kernels(&route));
		free(route.body);
	}
}

/* Not of an IPv4 one, where the number is an ordinary metric. */
static void lower_metrics(void **state)
{
	struct netlink_saved address = address_with(IFA_RT_PRIORITY, 4),
			     none = address_with(IFA_FLAGS, 4);
	struct nlattr *metric = netlink_saved_find(&address, IFA_RT_PRIORITY);
	struct ifaddrmsg *head = (void *)address.body;
	uint32_t value = NETLINK_KERNEL_METRIC;

	(void)state;
	memcpy(nla_data(metric), &value, sizeof(value));
	assert_false(netlink_saved_lower_metric(&address));
	head->ifa_family = AF_INET6;
	assert_true(netlink_saved_lower_metric(&address));
	assert_int_equal(nla_get_u32(metric), 255);
	assert_false(netlink_saved_lower_metric(&address));
	none.body[0] = AF_INET6;
	assert_false(netlink_saved_lower_metric(&none));
	free(none.body);
	free(address.body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_of_another_length),
		cmocka_unit_test(prefixes_that_are_too_long),
		cmocka_unit_test(cut_off),
		cmocka_unit_test(connected_routes),
		cmocka_unit_test(connected_ipv6_routes),
		cmocka_unit_test(lower_metrics),
	};

	return cmocka_run_group_tests_name("netlink_saved", tests, NULL, NULL);
}
