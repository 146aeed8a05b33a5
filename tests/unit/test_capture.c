/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capture: parses what comes out of the ring as pcapng, by the text of draft-ietf-opsawg-pcapng and
 * independently of capture.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "report/capture.h"

#define RING  (4u * 1024 * 1024)
#define SNAP  (256u * 1024)
#define TAP   "cluster0"
#define NIC   "eth0"
#define END   256 /* bytes of the ring that are kept for the statistics */
#define BLOCK 12  /* bytes of a block's type and its two lengths */
#define EPB   32  /* BLOCK, and the fixed fields of an Enhanced Packet Block */

/* Data taken from the capture and not parsed yet. */
struct file {
	uint8_t *data;
	size_t len, at, room;
};

/* A frame's block. `data` points into the file. */
struct seen_frame {
	uint32_t interface, captured, original, flags;
	uint64_t time, drops; /* drops: 0 without the option */
	const uint8_t *data;
	bool has_comment;
	char comment[300];
	size_t total; /* length of the block */
};

static uint16_t u16(const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static uint32_t u32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static uint64_t u64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static size_t padded(size_t len)
{
	return (len + 3) / 4 * 4;
}

static void is_zero(const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		assert_int_equal(p[i], 0);
}

/* Take up to `size` bytes, once. */
static size_t take_once(struct file *f, struct capture *c, size_t size)
{
	size_t n;

	if (f->len + size > f->room) {
		f->room = 2 * (f->len + size);
		f->data = realloc(f->data, f->room);
		assert_non_null(f->data);
	}
	n = capture_take(c, f->data + f->len, size);
	assert_true(n <= size);
	f->len += n;
	return n;
}

/* Take all there is, at most `step` bytes at a time. Data already parsed are discarded. */
static void take(struct file *f, struct capture *c, size_t step)
{
	if (f->at == f->len)
		f->at = f->len = 0;
	while (take_once(f, c, step) == step)
		;
	assert_true(capture_is_empty(c));
}

/* The next block's body; NULL at the end of the file, which must not be within a block. */
static const uint8_t *next_block(struct file *f, uint32_t *type, size_t *len)
{
	const uint8_t *p = f->data + f->at;
	uint32_t total;

	if (f->at == f->len)
		return NULL;
	assert_true(f->len - f->at >= BLOCK);
	*type = u32(p);
	total = u32(p + 4);
	assert_true(total >= BLOCK && total <= f->len - f->at);
	assert_int_equal(total % 4, 0);
	assert_int_equal(u32(p + total - 4), total);
	f->at += total;
	*len = total - BLOCK;
	return p + 8;
}

/* Reads the option at *at and moves *at after it. False: it was opt_endofopt, which ends there. */
static bool next_option(const uint8_t **at, const uint8_t *end, unsigned *code, size_t *len,
			const uint8_t **value)
{
	assert_true(end - *at >= 4);
	*code = u16(*at);
	*len = u16(*at + 2);
	*value = *at + 4;
	*at += 4 + padded(*len);
	assert_true(*at <= end);
	is_zero(*value + *len, padded(*len) - *len);
	if (*code)
		return true;
	assert_int_equal(*len, 0);
	assert_ptr_equal(*at, end);
	return false;
}

static void section_follows(struct file *f)
{
	uint32_t type;
	size_t len;
	const uint8_t *p = next_block(f, &type, &len);

	assert_non_null(p);
	assert_int_equal(type, 0x0a0d0d0a);
	assert_int_equal(len, 16);
	assert_int_equal(u32(p), 0x1a2b3c4d);
	assert_int_equal(u16(p + 4), 1);
	assert_int_equal(u16(p + 6), 0);
	assert_true(u64(p + 8) == UINT64_MAX); /* section length: not specified */
}

static void interface_follows(struct file *f, const char *name)
{
	uint32_t type;
	size_t len, size;
	const uint8_t *p = next_block(f, &type, &len), *end, *value;
	unsigned code, names = 0, resolutions = 0;

	assert_non_null(p);
	end = p + len;
	assert_int_equal(type, 1);
	assert_int_equal(u16(p), 1); /* LINKTYPE_ETHERNET */
	assert_int_equal(u16(p + 2), 0);
	assert_int_equal(u32(p + 4), SNAP);
	for (p += 8; next_option(&p, end, &code, &size, &value);) {
		if (code == 2) { /* if_name */
			assert_int_equal(size, strlen(name));
			assert_memory_equal(value, name, size);
			names++;
		} else {
			assert_int_equal(code, 9); /* if_tsresol: 10^-9 s */
			assert_int_equal(size, 1);
			assert_int_equal(*value, 9);
			resolutions++;
		}
	}
	assert_int_equal(names, 1);
	assert_int_equal(resolutions, 1);
}

static void beginning_follows(struct file *f)
{
	section_follows(f);
	interface_follows(f, TAP);
	interface_follows(f, NIC);
}

static void see_option(struct seen_frame *s, unsigned code, size_t len, const uint8_t *value)
{
	switch (code) {
	case 1: /* opt_comment */
		assert_false(s->has_comment);
		s->has_comment = true;
		assert_true(len < sizeof(s->comment));
		memcpy(s->comment, value, len);
		break;
	case 2: /* epb_flags */
		assert_int_equal(len, 4);
		assert_int_equal(s->flags, 0);
		s->flags = u32(value);
		break;
	case 4: /* epb_dropcount */
		assert_int_equal(len, 8);
		assert_true(s->drops == 0 && u64(value) > 0);
		s->drops = u64(value);
		break;
	default:
		fail_msg("option %u", code);
	}
}

/* False: there is no more. */
static bool next_frame(struct file *f, struct seen_frame *s)
{
	uint32_t type;
	size_t len, size;
	const uint8_t *p = next_block(f, &type, &len), *end, *value;
	unsigned code;

	memset(s, 0, sizeof(*s));
	if (!p)
		return false;
	end = p + len;
	assert_int_equal(type, 6);
	assert_true(len >= EPB - BLOCK);
	s->total = len + BLOCK;
	s->interface = u32(p);
	s->time = (uint64_t)u32(p + 4) << 32 | u32(p + 8);
	s->captured = u32(p + 12);
	s->original = u32(p + 16);
	s->data = p + 20;
	assert_true(s->captured <= len - 20);
	p += 20 + padded(s->captured);
	is_zero(s->data + s->captured, padded(s->captured) - s->captured);
	while (next_option(&p, end, &code, &size, &value))
		see_option(s, code, size, value);
	return true;
}

static void frame_follows(struct file *f, struct seen_frame *s)
{
	assert_true(next_frame(f, s));
}

static void end_follows(struct file *f)
{
	struct seen_frame s;

	assert_false(next_frame(f, &s));
}

static struct capture *create(const char *tap, const char *nic, size_t snaplen)
{
	return capture_create(
		&(struct capture_about){ .tap = tap, .nic = nic, .snaplen = snaplen });
}

static void put(struct capture *c, enum capture_interface interface,
		enum capture_direction direction, const uint8_t *frame, size_t len,
		const char *comment)
{
	capture_frame(c, &(struct capture_record){ .interface = interface,
						   .direction = direction,
						   .frame = frame,
						   .kept = len,
						   .len = len,
						   .comment = comment });
}

static uint64_t lost(const struct capture *c)
{
	struct capture_counts counts = capture_counts(c);

	return counts.lost[0] + counts.lost[1];
}

/* Creates a capture and reads its first blocks. */
static struct capture *begin(struct file *f)
{
	struct capture *c = create(TAP, NIC, SNAP);

	assert_non_null(c);
	take(f, c, 1000);
	beginning_follows(f);
	end_follows(f);
	return c;
}

static void end(struct capture *c, struct file *f)
{
	capture_destroy(c);
	free(f->data);
}

static void begins_with_section_and_interfaces(void **state)
{
	const char name[] = "abcdefghijklmno";

	(void)state;
	for (size_t i = 1; i < sizeof(name); i++) {
		const char *nic = name + sizeof(name) - 1 - i;
		struct file f = { 0 };
		char tap[16];
		struct capture *c;

		snprintf(tap, sizeof(tap), "%.*s", (int)i, name);
		c = create(tap, nic, SNAP);
		assert_false(capture_is_empty(c));
		take(&f, c, i); /* by 1 to 15 bytes */
		section_follows(&f);
		interface_follows(&f, tap);
		interface_follows(&f, nic);
		end_follows(&f);
		assert_int_equal(lost(c), 0);
		end(c, &f);
	}
}

static uint64_t nanoseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void a_frame_and_what_is_known_of_it(void **state)
{
	static const struct {
		enum capture_interface interface;
		enum capture_direction direction;
		uint32_t flags;
		const char *comment;
	} cases[] = {
		{ CAPTURE_TAP, CAPTURE_IN, 1, NULL },
		{ CAPTURE_NIC, CAPTURE_OUT, 2, NULL },
		{ CAPTURE_NIC, CAPTURE_IN, 1, "dropped: spoofed" },
		{ CAPTURE_TAP, CAPTURE_OUT, 2, "dropped: tap_busy" },
		{ CAPTURE_TAP, CAPTURE_OUT, 2, "" },
	};
	struct file f = { 0 };
	struct capture *c = begin(&f);
	uint8_t frame[100];
	struct seen_frame s;
	uint64_t before, after;

	(void)state;
	for (size_t i = 0; i < sizeof(frame); i++)
		frame[i] = (uint8_t)(0x80 + i);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		before = nanoseconds();
		put(c, cases[i].interface, cases[i].direction, frame, 60 + i, cases[i].comment);
		after = nanoseconds();
		take(&f, c, 7);
		frame_follows(&f, &s);
		assert_int_equal(s.interface, i == 0 || i >= 3 ? 0 : 1); /* file order */
		assert_int_equal(s.flags, cases[i].flags);
		assert_int_equal(s.captured, 60 + i);
		assert_int_equal(s.original, 60 + i);
		assert_memory_equal(s.data, frame, 60 + i);
		assert_true(s.time >= before && s.time <= after);
		assert_true(s.has_comment == (cases[i].comment != NULL));
		assert_string_equal(s.comment, cases[i].comment ?: "");
		assert_int_equal(s.drops, 0);
		end_follows(&f);
	}
	end(c, &f);
}

/* All lengths modulo 4: next_frame() checks the padding. */
static void lengths_of_frames_and_comments(void **state)
{
	char comment[400];
	uint8_t frame[64];
	struct file f = { 0 };
	struct capture *c = begin(&f);
	struct seen_frame s;

	(void)state;
	memset(frame, 0xff, sizeof(frame));
	memset(comment, 'c', sizeof(comment));
	for (size_t len = 0; len < 24; len++) {
		comment[len] = '\0';
		put(c, CAPTURE_NIC, CAPTURE_IN, len ? frame : NULL, len, comment);
		take(&f, c, 4096);
		frame_follows(&f, &s);
		assert_int_equal(s.captured, len);
		assert_memory_equal(s.data, frame, len);
		assert_int_equal(strlen(s.comment), len);
		comment[len] = 'c';
	}
	comment[sizeof(comment) - 1] = '\0';
	put(c, CAPTURE_NIC, CAPTURE_IN, frame, sizeof(frame), comment);
	take(&f, c, 4096);
	frame_follows(&f, &s);
	assert_int_equal(strlen(s.comment), 256); /* the maximum */
	end_follows(&f);
	end(c, &f);
}

static void long_frames_are_cut(void **state)
{
	static const size_t lengths[] = { SNAP - 1, SNAP, SNAP + 1, SNAP + 5, 512 * 1024 + 64 };
	uint8_t *frame = malloc(512 * 1024 + 64);
	struct file f = { 0 };
	struct capture *c = begin(&f);
	struct seen_frame s;

	(void)state;
	assert_non_null(frame);
	for (size_t i = 0; i < 512 * 1024 + 64; i++)
		frame[i] = (uint8_t)(i * 31 >> 3);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		put(c, CAPTURE_TAP, CAPTURE_IN, frame, lengths[i], "x");
		take(&f, c, 65536);
		frame_follows(&f, &s);
		assert_int_equal(s.original, lengths[i]);
		assert_int_equal(s.captured, lengths[i] < SNAP ? lengths[i] : SNAP);
		assert_memory_equal(s.data, frame, s.captured);
		end_follows(&f);
	}
	free(frame);
	end(c, &f);
}

/* Frame number n: its length, bytes and attributes are functions of n. */
static size_t numbered_length(uint64_t n)
{
	return 9 + (size_t)(n * 7919 % 3001);
}

static void fill_numbered(uint8_t *frame, uint64_t n)
{
	memcpy(frame, &n, sizeof(n));
	for (size_t i = sizeof(n); i < numbered_length(n); i++)
		frame[i] = (uint8_t)(n + i * 13);
}

static void put_numbered(struct capture *c, uint64_t n)
{
	uint8_t frame[4096];

	fill_numbered(frame, n);
	put(c, n % 2 ? CAPTURE_NIC : CAPTURE_TAP, n % 4 < 2 ? CAPTURE_IN : CAPTURE_OUT, frame,
	    numbered_length(n), n % 3 ? NULL : "dropped: echo");
}

static void is_numbered(const struct seen_frame *s, uint64_t n)
{
	uint8_t frame[4096];

	fill_numbered(frame, n);
	assert_int_equal(u64(s->data), n);
	assert_int_equal(s->captured, numbered_length(n));
	assert_int_equal(s->original, numbered_length(n));
	assert_memory_equal(s->data, frame, s->captured);
	assert_int_equal(s->interface, n % 2);
	assert_int_equal(s->flags, n % 4 < 2 ? 1 : 2);
	assert_string_equal(s->comment, n % 3 ? "" : "dropped: echo");
}

/* The ring wraps many times, is read in odd sizes and with varying fill: no byte is lost. */
static void round_the_ring(void **state)
{
	struct file f = { 0 };
	struct capture *c = begin(&f);
	uint64_t in = 0, out = 0, bytes = 0;
	struct seen_frame s;
	size_t piece, n;

	(void)state;
	for (unsigned round = 0; bytes < 5ull * RING; round++) {
		for (unsigned i = 0; i < round % 97; i++)
			put_numbered(c, in++);
		piece = 1 + round * 104729 % 150001;
		n = take_once(&f, c, piece);
		bytes += n;
		assert_int_equal(capture_is_empty(c), n < piece);
	}
	take(&f, c, 4099);
	while (next_frame(&f, &s))
		is_numbered(&s, out++);
	assert_int_equal(out, in);
	assert_int_equal(lost(c), 0);
	end(c, &f);
}

static void taking_nothing(void **state)
{
	struct file f = { 0 };
	struct capture *c = begin(&f);
	struct seen_frame s;
	uint8_t byte = 0x55;

	(void)state;
	assert_int_equal(capture_take(c, &byte, 1), 0);
	put_numbered(c, 5);
	assert_int_equal(capture_take(c, &byte, 0), 0);
	assert_int_equal(byte, 0x55);
	assert_false(capture_is_empty(c));
	take(&f, c, 1);
	frame_follows(&f, &s);
	is_numbered(&s, 5);
	end_follows(&f);
	end(c, &f);
}

/* Nothing is read: the content of the ring stays, further frames are counted as lost. On each
 * interface the next frame that finds room has the drop count of those before it, and the one after
 * it has none. */
static void a_full_ring_loses_and_tells(void **state)
{
	struct file f = { 0 };
	struct capture *c = begin(&f);
	struct seen_frame s;
	uint64_t in = 0, out = 0;

	(void)state;
	while (!lost(c))
		put_numbered(c, in++);
	in--;
	for (unsigned i = 0; i < 9; i++) /* longer than the lost one: they do not fit either */
		put(c, CAPTURE_NIC, CAPTURE_IN, (uint8_t[4096]){ 0 }, 4096, NULL);
	assert_int_equal(lost(c), 10);
	take(&f, c, 10007);
	while (next_frame(&f, &s)) {
		is_numbered(&s, out++);
		assert_int_equal(s.drops, 0);
	}
	assert_int_equal(out, in);
	for (unsigned i = 0; i < 4; i++)
		put_numbered(c, 70 + i);
	take(&f, c, 10007);
	for (unsigned i = 0; i < 4; i++) {
		frame_follows(&f, &s);
		is_numbered(&s, 70 + i);
		assert_int_equal(s.drops, i > 1 ? 0 : i == in % 2 ? 1 + 9 * i : 9 * i);
	}
	end_follows(&f);
	assert_int_equal(lost(c), 10); /* in total */
	end(c, &f);
}

/* A small frame may fit where a large one does not. */
static void the_small_pass_where_the_large_do_not(void **state)
{
	uint8_t *frame = calloc(1, SNAP);
	struct file f = { 0 };
	struct capture *c = begin(&f);
	struct seen_frame s;
	unsigned in = 0;

	(void)state;
	assert_non_null(frame);
	for (; !lost(c); in++)
		put(c, CAPTURE_TAP, CAPTURE_IN, frame, SNAP, NULL);
	put(c, CAPTURE_TAP, CAPTURE_IN, frame, SNAP, NULL);
	put_numbered(c, 1);
	put(c, CAPTURE_TAP, CAPTURE_IN, frame, SNAP, NULL);
	put_numbered(c, 2);
	put_numbered(c, 3);
	assert_int_equal(lost(c), 3);
	take(&f, c, 99991);
	while (--in)
		frame_follows(&f, &s);
	frame_follows(&f, &s);
	is_numbered(&s, 1); /* on the other interface */
	assert_int_equal(s.drops, 0);
	frame_follows(&f, &s);
	is_numbered(&s, 2);
	assert_int_equal(s.drops, 3);
	frame_follows(&f, &s);
	is_numbered(&s, 3);
	assert_int_equal(s.drops, 0);
	end_follows(&f);
	free(frame);
	end(c, &f);
}

/* The ring is filled to the last byte, from any position, and then takes no further frame. */
static void exactly_full(void **state)
{
	static uint8_t frame[SNAP];
	const size_t overhead = EPB + 8 + 4; /* epb_flags, opt_endofopt */
	struct file f = { 0 };
	struct capture *c = begin(&f);
	uint64_t now_lost = 0;
	struct seen_frame s;
	size_t room;

	(void)state;
	for (unsigned round = 0; round < 20; round++) {
		for (room = RING - END; room > SNAP + overhead; room -= 200000 + overhead)
			put(c, CAPTURE_TAP, CAPTURE_IN, frame, 200000, NULL);
		if (round % 2) { /* too long by one byte, and its padding */
			put(c, CAPTURE_TAP, CAPTURE_IN, frame, room - overhead + 1, NULL);
			assert_int_equal(lost(c), ++now_lost);
			room -= 12; /* for epb_dropcount, with its option header */
		}
		put(c, CAPTURE_TAP, CAPTURE_IN, frame, room - overhead, NULL);
		assert_int_equal(lost(c), now_lost);
		put(c, CAPTURE_TAP, CAPTURE_IN, frame, 0, NULL);
		assert_int_equal(lost(c), ++now_lost);
		take(&f, c, round % 3 ? 65537 : RING);
		while (f.at < f.len)
			frame_follows(&f, &s);
		assert_int_equal(s.captured, room - overhead);
		/* Get the loss reported, and move the position in the ring. */
		put(c, CAPTURE_TAP, CAPTURE_IN, frame, 131 * round + 1, NULL);
		take(&f, c, 65537);
		frame_follows(&f, &s);
		assert_int_equal(s.drops, 1);
		end_follows(&f);
	}
	end(c, &f);
}

/* A reader that is always too slow: the reported drop counts add up to the loss. */
static void a_slow_reader(void **state)
{
	struct file f = { 0 };
	struct capture *c = begin(&f);
	uint64_t in = 0, next[2] = { 0, 1 }, told = 0;
	struct seen_frame s;

	(void)state;
	for (unsigned round = 0; round < 400; round++) {
		for (unsigned i = 0; i < 40; i++)
			put_numbered(c, in++);
		take_once(&f, c, 1 + round * 7907 % 40009);
	}
	take(&f, c, 50021);
	assert_true(lost(c) > 1000);
	put_numbered(c, in++);
	put_numbered(c, in++);
	take(&f, c, 50021);
	while (next_frame(&f, &s)) {
		told += s.drops;
		next[s.interface] += 2 * s.drops; /* lost directly before it */
		is_numbered(&s, next[s.interface]);
		next[s.interface] += 2;
	}
	assert_int_equal(next[0], in);
	assert_int_equal(next[1], in + 1);
	assert_int_equal(told, lost(c));
	end(c, &f);
}

/* Cut at the snaplen, whether or not more of the frame is there; its length is told. */
static void the_snaplen(void **state)
{
	static const struct {
		size_t kept, len, captured;
	} cases[] = {
		{ 63, 63, 63 },   { 64, 64, 64 }, { 65, 65, 64 },         { 300, 300, 64 },
		{ 64, 9000, 64 }, { 60, 60, 60 }, { 68, 512 * 1024, 64 },
	};
	struct capture *c = create(TAP, NIC, 64);
	struct file f = { 0 };
	struct seen_frame s;
	uint8_t frame[300];

	(void)state;
	for (size_t i = 0; i < sizeof(frame); i++)
		frame[i] = (uint8_t)i;
	take(&f, c, 1000);
	section_follows(&f);
	f.at += 8 + 4; /* the length that interface_follows() expects is another */
	assert_int_equal(u32(f.data + f.at), 64);
	end(c, &f);
	f = (struct file){ 0 };
	c = create(TAP, NIC, 64);
	take(&f, c, 1000);
	f.at = f.len;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		capture_frame(c, &(struct capture_record){ .time = 1700000000123456789ull + i,
							   .frame = frame,
							   .kept = cases[i].kept,
							   .len = cases[i].len });
		take(&f, c, 1000);
		frame_follows(&f, &s);
		assert_int_equal(s.captured, cases[i].captured);
		assert_int_equal(s.original, cases[i].len);
		assert_memory_equal(s.data, frame, s.captured);
		assert_true(s.time == 1700000000123456789ull + i);
	}
	end(c, &f);
}

/* The statistics block of an interface: frames that came in there, and what was lost. */
static void statistics_follow(struct file *f, uint32_t interface, uint64_t came,
			      uint64_t lost_there)
{
	uint32_t type;
	size_t len, size;
	const uint8_t *p = next_block(f, &type, &len), *end, *value;
	unsigned code, options = 0;

	assert_non_null(p);
	end = p + len;
	assert_int_equal(type, 5);
	assert_int_equal(u32(p), interface);
	assert_true((uint64_t)u32(p + 4) << 32 | u32(p + 8));
	for (p += 12; next_option(&p, end, &code, &size, &value); options++) {
		assert_int_equal(size, 8);
		assert_true(code == 4 || code == 5); /* isb_ifrecv, isb_ifdrop */
		assert_true(u64(value) == (code == 4 ? came : lost_there));
	}
	assert_int_equal(options, 2);
}

/* Also when the ring is full: there is room left for them. What the kernel lost is told with the
 * next frame, and at the end. */
static void the_end_tells_what_is_lost(void **state)
{
	static uint8_t frame[100000];
	struct file f = { 0 };
	struct capture *c = begin(&f);
	struct capture_counts counts;
	uint64_t frames = 0;
	struct seen_frame s;

	(void)state;
	capture_lose(c, CAPTURE_TAP, CAPTURE_IN, 7);
	capture_lose(c, CAPTURE_NIC, CAPTURE_OUT, 5);
	capture_lose(c, CAPTURE_NIC, CAPTURE_IN, 0);
	put(c, CAPTURE_NIC, CAPTURE_OUT, frame, 60, "E1");
	put(c, CAPTURE_TAP, CAPTURE_IN, frame, 60, NULL);
	assert_true(capture_has_room(c));
	while (lost(c) == 12)
		put(c, CAPTURE_NIC, CAPTURE_IN, frame, sizeof(frame), NULL);
	for (unsigned i = 0; i < 5000; i++) /* until the last byte */
		put(c, CAPTURE_NIC, CAPTURE_IN, frame, 0, NULL);
	assert_false(capture_has_room(c));
	capture_end(c);
	take(&f, c, 65537);
	frame_follows(&f, &s);
	assert_true(s.interface == CAPTURE_NIC && s.drops == 5);
	frame_follows(&f, &s);
	assert_true(s.interface == CAPTURE_TAP && s.drops == 7);
	counts = capture_counts(c);
	assert_int_equal(counts.lost[CAPTURE_TAP], 7);
	assert_true(counts.lost[CAPTURE_NIC] > 6);
	assert_int_equal(counts.missed, 7 + counts.lost[CAPTURE_NIC] - 5);
	for (frames = 0; u32(f.data + f.at) == 6; frames++)
		frame_follows(&f, &s);
	statistics_follow(&f, CAPTURE_TAP, 8, 7);
	statistics_follow(&f, CAPTURE_NIC, frames + counts.lost[CAPTURE_NIC] - 5,
			  counts.lost[CAPTURE_NIC]);
	assert_int_equal(f.at, f.len);
	end(c, &f);
}

/* Both sides of any frame fit while there is room. */
static void room_is_for_both_sides(void **state)
{
	static uint8_t frame[SNAP];
	char comment[300];
	struct file f = { 0 };
	struct capture *c = begin(&f);
	unsigned frames = 0;

	(void)state;
	memset(comment, 'c', sizeof(comment) - 1);
	comment[sizeof(comment) - 1] = '\0';
	for (; capture_has_room(c); frames++) {
		put(c, CAPTURE_TAP, CAPTURE_IN, frame, SNAP, comment);
		put(c, CAPTURE_NIC, CAPTURE_OUT, frame, SNAP, comment);
		assert_int_equal(lost(c), 0);
	}
	assert_int_equal(frames, 7);
	end(c, &f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(begins_with_section_and_interfaces),
		cmocka_unit_test(a_frame_and_what_is_known_of_it),
		cmocka_unit_test(lengths_of_frames_and_comments),
		cmocka_unit_test(long_frames_are_cut),
		cmocka_unit_test(round_the_ring),
		cmocka_unit_test(taking_nothing),
		cmocka_unit_test(a_full_ring_loses_and_tells),
		cmocka_unit_test(the_small_pass_where_the_large_do_not),
		cmocka_unit_test(exactly_full),
		cmocka_unit_test(a_slow_reader),
		cmocka_unit_test(the_snaplen),
		cmocka_unit_test(the_end_tells_what_is_lost),
		cmocka_unit_test(room_is_for_both_sides),
	};

	capture_destroy(NULL);
	return cmocka_run_group_tests_name("capture", tests, NULL, NULL);
}
