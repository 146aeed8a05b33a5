/* SPDX-License-Identifier: GPL-2.0-or-later */
/* frame: views of frames, as far as the rules in test_rewrite.c do not cover them. */
#include "cluster.h"

#include <sys/socket.h>

static void view_finds_the_ethertype(void **state)
{
	struct test_frame plain = ethernet(OUT_MAC, BROADCAST, 0x88b5), f;
	struct frame view;

	(void)state;
	assert_true(frame_view(&view, plain.data, plain.len));
	assert_int_equal(view.ethertype, 0x88b5);
	assert_int_equal(view.body, 14);
	assert_false(view.tagged);
	f = tagged(plain, 0x8100, 0xe000);
	assert_true(frame_view(&view, f.data, f.len));
	assert_int_equal(view.ethertype, 0x88b5);
	assert_int_equal(view.body, 18);
	assert_false(view.tagged);
	f = tagged(f, 0x88a8, 1);
	assert_true(frame_view(&view, f.data, f.len));
	assert_int_equal(view.body, 22);
	assert_true(view.tagged);
	/* a third tag is not skipped */
	f = tagged(f, 0x8100, 0);
	assert_true(frame_view(&view, f.data, f.len));
	assert_int_equal(view.ethertype, 0x8100);
}

static void view_of_what_is_cut_off(void **state)
{
	struct test_frame f = tagged(ethernet(OUT_MAC, BROADCAST, 0x0806), 0x8100, 1);
	struct frame view;
	size_t len;

	(void)state;
	for (len = 0; len < 14; len++)
		assert_false(frame_view(&view, f.data, len));
	for (; len < 18; len++) {
		assert_true(frame_view(&view, f.data, len));
		assert_int_equal(view.ethertype, 0x8100);
		assert_null(frame_arp(&view));
	}
}

static void ipv6_addresses(void **state)
{
	struct test_frame f = ethernet(OUT_MAC, CLUSTER_MAC, 0x86dd);
	struct ip_addr source, destination;
	char text[IP_STRLEN];
	struct frame view;

	(void)state;
	f.data[14] = 0x60;
	put_ip(f.data + 14 + 8, "2001:db8::1");
	put_ip(f.data + 14 + 24, "2001:db8::2");
	assert_true(frame_view(&view, f.data, f.len));
	assert_true(frame_ip(&view, &source, &destination));
	assert_string_equal(ip_format(&source, text), "2001:db8::1");
	assert_string_equal(ip_format(&destination, text), "2001:db8::2");
	assert_true(frame_view(&view, f.data, 14 + 39));
	assert_false(frame_ip(&view, &source, &destination));
	f.data[14] = 0x40;
	assert_true(frame_view(&view, f.data, f.len));
	assert_false(frame_ip(&view, &source, &destination));
}

static void announcement_is_an_arp_for_all(void **state)
{
	static const struct row expected = { CLUSTER_MAC, BROADCAST,   FRAME_ARP_REQUEST,
					     ALPHA_IP,    CLUSTER_MAC, ALPHA_IP,
					     NO_MAC };
	struct test_frame wanted = arp_frame(&expected);
	uint8_t data[FRAME_ANNOUNCEMENT_LEN];
	struct ip_addr ip;
	struct mac mac;

	(void)state;
	assert_true(mac_parse(CLUSTER_MAC, &mac));
	assert_true(ip_parse(ALPHA_IP, &ip));
	frame_write_announcement(data, &mac, &ip);
	assert_int_equal(sizeof(data), 42);
	assert_memory_equal(data, wanted.data, sizeof(data));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(view_finds_the_ethertype),
		cmocka_unit_test(view_of_what_is_cut_off),
		cmocka_unit_test(ipv6_addresses),
		cmocka_unit_test(announcement_is_an_arp_for_all),
	};

	return cmocka_run_group_tests_name("frame", tests, NULL, NULL);
}
