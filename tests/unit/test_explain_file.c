/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests of explain_file and explain_blocks: captures of every kind that libpcap reads, the origins
 * of their frames, and files that are damaged.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../fuzz/captures.h"
#include "explain/explain_file.h"
#include "report/capture.h"

static const uint8_t frame[60] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 1, 2, 3, 4, 5, 8, 0 };

static char error[EXPLAIN_ERROR_SIZE];

static struct explain_file *open_it(const struct captures *c)
{
	struct explain_file *f = explain_file_open(captures_open(c), "cluster0", error);

	if (!f)
		fail_msg("%s", error);
	return f;
}

static void next_is(struct explain_file *f, int64_t ns, size_t captured, size_t len,
		    const char *interface, enum explain_direction direction)
{
	struct explain_packet p;

	if (explain_file_next(f, &p, error) != 1)
		fail_msg("no frame: %s", error);
	assert_int_equal(p.ns, ns);
	assert_int_equal(p.captured, captured);
	assert_int_equal(p.len, len);
	assert_memory_equal(p.data, frame, captured);
	assert_string_equal(p.origin.interface, interface);
	assert_int_equal(p.origin.direction, direction);
}

static void has_ns(struct explain_file *f, bool expected)
{
	struct explain_packet p;

	assert_int_equal(explain_file_next(f, &p, error), 1);
	assert_int_equal(p.origin.has_ns, expected);
}

static void ends(struct explain_file *f)
{
	struct explain_packet p;

	assert_int_equal(explain_file_next(f, &p, error), 0);
	explain_file_close(f);
}

/* Some frames, and then `reason`. */
static void fails(const struct captures *c, const char *reason)
{
	struct explain_file *f = explain_file_open(captures_open(c), "cluster0", error);
	struct explain_packet p;
	int rc = -1;

	while (f && (rc = explain_file_next(f, &p, error)) > 0)
		;
	explain_file_close(f);
	assert_int_equal(rc, -1);
	if (!strstr(error, reason))
		fail_msg("no '%s' in: %s", reason, error);
}

static void pcap(void **state)
{
	struct captures *c = captures_create();
	struct explain_file *f;

	(void)state;
	for (unsigned variant = 0; variant < 4; variant++) {
		bool is_ns = variant & 1;

		captures_clear(c, variant & 2);
		captures_pcap(c, is_ns, CAPTURES_ETHERNET, 65535);
		captures_pcap_packet(c, 1700000000, 123456, frame, 60, 60);
		captures_pcap_packet(c, 1700000001, 1, frame, 20, 1500);
		captures_pcap_packet(c, 1, 0, frame, 0, 60);
		captures_pcap_packet(c, 2, 0, frame, 60, 10); /* captured more than there was */
		f = open_it(c);
		next_is(f, 1700000000000000000 + 123456 * (is_ns ? 1 : 1000), 60, 60, "", 0);
		next_is(f, 1700000001000000000 + (is_ns ? 1 : 1000), 20, 1500, "", 0);
		next_is(f, 1000000000, 0, 60, "", 0);
		next_is(f, 2000000000, 60, 60, "", 0);
		ends(f);
	}
	captures_destroy(c);
}

static void put_pcapng(struct captures *c, uint8_t resolution)
{
	captures_section(c);
	captures_interface(c, CAPTURES_ETHERNET, "cluster0", resolution);
	captures_interface(c, CAPTURES_ETHERNET, "eth0", resolution);
}

static void pcapng(void **state)
{
	struct captures *c = captures_create();
	struct explain_file *f;

	(void)state;
	for (unsigned swapped = 0; swapped < 2; swapped++) {
		captures_clear(c, swapped);
		put_pcapng(c, 9);
		captures_packet(c, CAPTURES_ENHANCED, 1, 1700000000123456789, frame, 60, 60, 1);
		captures_packet(c, CAPTURES_ENHANCED, 0, 1700000000123456790, frame, 59, 1500, 2);
		captures_packet(c, CAPTURES_OLD, 1, 7, frame, 33, 60, 2);
		captures_packet(c, CAPTURES_SIMPLE, 0, 0, frame, 60, 60, 0);
		captures_packet(c, CAPTURES_ENHANCED, 1, 5, frame, 60, 60, 0);
		captures_section(c); /* another section has interfaces of its own */
		captures_interface(c, CAPTURES_ETHERNET, NULL, 0);
		captures_packet(c, CAPTURES_ENHANCED, 0, 6, frame, 60, 60, 1);
		f = open_it(c);
		next_is(f, 1700000000123456789, 60, 60, "eth0", EXPLAIN_IN);
		next_is(f, 1700000000123456790, 59, 1500, "cluster0", EXPLAIN_OUT);
		next_is(f, 7, 33, 60, "eth0", EXPLAIN_OUT);
		next_is(f, 0, 60, 60, "cluster0", 0);
		next_is(f, 5, 60, 60, "eth0", 0);
		next_is(f, 6000, 60, 60, "", EXPLAIN_IN);
		ends(f);
	}
	captures_destroy(c);
}

static void pcap_precision(void **state)
{
	struct captures *c = captures_create();
	struct explain_file *f;

	(void)state;
	for (unsigned variant = 0; variant < 4; variant++) {
		captures_clear(c, variant & 2);
		captures_pcap(c, variant & 1, CAPTURES_ETHERNET, 65535);
		captures_pcap_packet(c, 1, 0, frame, 60, 60);
		f = open_it(c);
		has_ns(f, variant & 1);
		ends(f);
	}
	captures_destroy(c);
}

static void precision(void **state)
{
	static const struct {
		uint8_t resolution;
		bool has_ns;
	} cases[] = { { 0, false }, { 3, false },         { 6, false },       { 7, true },
		      { 9, true },  { 0x80 | 19, false }, { 0x80 | 20, true } };
	struct captures *c = captures_create();
	struct explain_file *f;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		captures_clear(c, false);
		put_pcapng(c, cases[i].resolution);
		captures_packet(c, CAPTURES_ENHANCED, 1, 5, frame, 60, 60, 0);
		f = open_it(c);
		has_ns(f, cases[i].has_ns);
		ends(f);
	}
	captures_destroy(c);
}

/* Many frames: libpcap reads far behind the stream, and never gets the origin of another one. */
static void many_frames(void **state)
{
	static const char *const names[] = { "cluster0", "eth0" };
	struct captures *c = captures_create();
	struct explain_file *f;

	(void)state;
	put_pcapng(c, 9);
	for (uint32_t i = 0; i < 20000; i++)
		captures_packet(c, i % 3 ? CAPTURES_ENHANCED : CAPTURES_OLD, i % 2, i, frame,
				i * 7 % 61, 60, 1 + i / 2 % 2);
	f = open_it(c);
	for (uint32_t i = 0; i < 20000; i++)
		next_is(f, i, i * 7 % 61, 60, names[i % 2], 1 + i / 2 % 2);
	ends(f);
	captures_destroy(c);
}

/* What `clusterarpctl capture` writes. */
static void own_capture(void **state)
{
	const struct capture_about about = {
		.tap = "cluster0", .nic = "ens3", .comment = "a comment", .snaplen = 256
	};
	const struct capture_record in = { .interface = CAPTURE_TAP,
					   .direction = CAPTURE_IN,
					   .frame = frame,
					   .kept = 60,
					   .len = 60 };
	struct capture_record out = in;
	struct capture *capture = capture_create(&about);
	struct captures *c = captures_create();
	struct explain_file *f;
	struct explain_packet p;

	(void)state;
	capture_frame(capture, &in);
	out.interface = CAPTURE_NIC;
	out.direction = CAPTURE_OUT;
	out.comment = "E1, E2";
	capture_frame(capture, &out);
	capture_end(capture);
	c->len = capture_take(capture, c->bytes, CAPTURES_MAX);
	capture_destroy(capture);
	f = open_it(c);
	assert_int_equal(explain_file_next(f, &p, error), 1);
	assert_string_equal(p.origin.interface, "cluster0");
	assert_int_equal(p.origin.direction, EXPLAIN_IN);
	assert_false(p.origin.is_beside_tap);
	assert_true(p.origin.has_ns);
	assert_int_equal(explain_file_next(f, &p, error), 1);
	assert_string_equal(p.origin.interface, "ens3");
	assert_int_equal(p.origin.direction, EXPLAIN_OUT);
	assert_true(p.origin.is_beside_tap);
	ends(f);
	captures_destroy(c);
}

/* A name is from the file, and goes to a terminal. */
static void names_are_clean(void **state)
{
	struct captures *c = captures_create();
	struct explain_file *f;

	(void)state;
	captures_section(c);
	captures_interface(c, CAPTURES_ETHERNET, "\033[31m\n\x9b", 0);
	captures_interface(c, CAPTURES_ETHERNET, "a-name-that-is-longer-than-any-interface-has", 0);
	captures_packet(c, CAPTURES_ENHANCED, 0, 0, frame, 60, 60, 0);
	captures_packet(c, CAPTURES_ENHANCED, 1, 0, frame, 60, 60, 0);
	f = open_it(c);
	next_is(f, 0, 60, 60, "?[31m??", 0);
	next_is(f, 0, 60, 60, "a-name-that-is-longer-than-any-", 0);
	ends(f);
	captures_destroy(c);
}

static void no_frames(void **state)
{
	struct captures *c = captures_create();

	(void)state;
	captures_pcap(c, false, CAPTURES_ETHERNET, 65535);
	ends(open_it(c));
	captures_clear(c, false);
	put_pcapng(c, 9);
	ends(open_it(c));
	captures_destroy(c);
}

static void not_captures(void **state)
{
	static const uint32_t cooked[] = { CAPTURES_SLL, CAPTURES_SLL2 };
	struct captures *c = captures_create();
	int fd;

	(void)state;
	fails(c, "the file is empty");
	captures_put(c, "GET / HTTP/1.1\r\nHost: example\r\n\r\n", 34);
	fails(c, "not a capture that libpcap reads: ");
	for (size_t i = 0; i < 2; i++) {
		captures_clear(c, false);
		captures_pcap(c, false, cooked[i], 65535);
		fails(c, "a Linux cooked capture (tcpdump -i any) has no Ethernet headers");
	}
	captures_clear(c, false);
	captures_pcap(c, false, 105, 65535);
	fails(c, "its frames are not Ethernet, but of link type 105 (IEEE802_11)");
	captures_destroy(c);
	fd = open("/", O_RDONLY | O_CLOEXEC);
	assert_null(explain_file_open(fd, "cluster0", error));
	assert_string_equal(error, "Is a directory");
}

/* Cut at each byte: as many frames as are whole, and then an error, or the end between two. */
static void truncated(void **state)
{
	struct captures *c = captures_create();
	size_t whole;

	(void)state;
	for (unsigned is_ng = 0; is_ng < 2; is_ng++) {
		unsigned seen = 0;

		captures_clear(c, false);
		if (is_ng)
			put_pcapng(c, 9);
		else
			captures_pcap(c, false, CAPTURES_ETHERNET, 65535);
		for (unsigned i = 0; i < 3 && is_ng; i++)
			captures_packet(c, CAPTURES_ENHANCED, i % 2, i, frame, 60, 60, 1);
		for (unsigned i = 0; i < 3 && !is_ng; i++)
			captures_pcap_packet(c, i, 0, frame, 60, 60);
		whole = c->len;
		for (c->len = 0; c->len <= whole; c->len++) {
			struct explain_file *f =
				explain_file_open(captures_open(c), "cluster0", error);
			struct explain_packet p;
			unsigned frames = 0;
			int rc = -1;

			while (f && (rc = explain_file_next(f, &p, error)) > 0)
				frames++;
			assert_true(rc == 0 || strlen(error));
			assert_true(frames == seen || frames == seen + 1);
			seen = frames;
			explain_file_close(f);
		}
		assert_int_equal(seen, 3);
	}
	captures_destroy(c);
}

static void damaged(void **state)
{
	struct captures *c = captures_create();

	(void)state;
	captures_pcap(c, false, CAPTURES_ETHERNET, 0x7fffffff);
	captures_pcap_packet(c, 0, 0, frame, 60, 60);
	captures_u32(c, 0);
	captures_u32(c, 0);
	captures_u32(c, 0xfffffff0); /* so many bytes were captured */
	captures_u32(c, 60);
	captures_put(c, frame, 60);
	fails(c, "");
	for (uint32_t total = 0; total < 40; total++) { /* a block with a bad length */
		captures_clear(c, false);
		put_pcapng(c, 9);
		captures_packet(c, CAPTURES_ENHANCED, 1, 5, frame, 60, 60, 0);
		captures_u32(c, 6);
		captures_u32(c, total);
		captures_put(c, frame, 60);
		fails(c, "");
	}
	captures_clear(c, false);
	put_pcapng(c, 9);
	captures_packet(c, CAPTURES_ENHANCED, 7, 5, frame, 60, 60, 0); /* there is no interface 7 */
	fails(c, "");
	captures_destroy(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pcap_precision),  cmocka_unit_test(pcap),
		cmocka_unit_test(pcapng),          cmocka_unit_test(precision),
		cmocka_unit_test(many_frames),     cmocka_unit_test(own_capture),
		cmocka_unit_test(names_are_clean), cmocka_unit_test(no_frames),
		cmocka_unit_test(not_captures),    cmocka_unit_test(truncated),
		cmocka_unit_test(damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
