/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain_blocks: interfaces and directions of a pcapng file; see explain_blocks.h. */
#include "explain/explain_blocks.h"

#include <byteswap.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SECTION   0x0a0d0d0au /* the same in both byte orders */
#define BLOCK_INTERFACE 1
#define BLOCK_OLD       2 /* Packet Block, obsolete */
#define BLOCK_SIMPLE    3
#define BLOCK_ENHANCED  6
#define BYTE_ORDER_HERE 0x1a2b3c4du
#define PCAP_NS         0xa1b23c4du

#define OPTION_IF_NAME    2
#define OPTION_IF_TSRESOL 9
#define OPTION_FLAGS      2 /* of a packet: epb_flags, pack_flags */
#define MICROSECONDS      6
#define TSRESOL_BINARY    0x80
#define BINARY_US         20 /* 2^-20 s is a bit less than 1 us */

#define BLOCK_HEAD     8 /* type and total length */
#define BLOCK_TAIL     4 /* total length again */
#define BLOCK_MIN      (BLOCK_HEAD + BLOCK_TAIL)
#define KEPT_MAX       (1024 * 1024) /* a longer block is passed over */
#define INTERFACES_MAX 1024
/* The shortest packet block has 16 bytes. */
#define ORIGINS (EXPLAIN_AHEAD / 16 + 2)

struct interface {
	char name[EXPLAIN_INTERFACE_SIZE];
	bool has_ns;
};

struct explain_blocks {
	const char *tap;
	enum { AT_START, IN_BLOCKS, NOT_BLOCKS } state;
	bool is_swapped;  /* the section has the other byte order */
	bool is_ns;       /* a pcap file with nanoseconds */
	bool has_tap;     /* an interface of the section is the TAP */
	bool is_lost;     /* there were too many packets ahead */
	uint8_t *kept;    /* the block so far */
	size_t len, size; /* of `kept` */
	size_t skip;      /* bytes of a block that is passed over */
	struct interface *interfaces;
	size_t interface_count; /* of the section; those after INTERFACES_MAX are not known */
	struct explain_origin origins[ORIGINS]; /* a ring */
	size_t first, count;
};

struct explain_blocks *explain_blocks_create(const char *tap)
{
	struct explain_blocks *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	b->tap = tap;
	b->interfaces = calloc(INTERFACES_MAX, sizeof(*b->interfaces));
	if (b->interfaces)
		return b;
	free(b);
	return NULL;
}

void explain_blocks_destroy(struct explain_blocks *b)
{
	if (!b)
		return;
	free(b->kept);
	free(b->interfaces);
	free(b);
}

/* --- one block, complete in `kept` --- */

static uint32_t get32(const struct explain_blocks *b, const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return b->is_swapped ? bswap_32(v) : v;
}

static uint16_t get16(const struct explain_blocks *b, const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return b->is_swapped ? bswap_16(v) : v;
}

/* The value of an option between `at` and the end of the block, and its length; NULL: there is
 * none. */
static const uint8_t *option(const struct explain_blocks *b, size_t at, unsigned code, size_t *len)
{
	size_t end = b->len - BLOCK_TAIL;

	while (at <= end && end - at >= 4) {
		unsigned this = get16(b, b->kept + at);

		*len = get16(b, b->kept + at + 2);
		at += 4;
		if (!this || *len > end - at)
			return NULL;
		if (this == code)
			return b->kept + at;
		at += (*len + 3) & ~(size_t)3;
	}
	return NULL;
}

static void copy_name(char *to, const uint8_t *from, size_t len)
{
	size_t i;

	for (i = 0; i < len && i < EXPLAIN_INTERFACE_SIZE - 1 && from[i]; i++)
		to[i] = from[i] > ' ' && from[i] < 0x7f ? (char)from[i] : '?';
	to[i] = 0;
}

static bool is_finer_than_us(uint8_t resolution)
{
	if (resolution & TSRESOL_BINARY)
		return (resolution & ~TSRESOL_BINARY) >= BINARY_US;
	return resolution > MICROSECONDS;
}

static void take_interface(struct explain_blocks *b)
{
	const size_t options = BLOCK_HEAD + 8;
	struct interface *i = &b->interfaces[b->interface_count];
	const uint8_t *value;
	size_t len;

	if (b->interface_count == INTERFACES_MAX)
		return;
	b->interface_count++;
	*i = (struct interface){ "", false };
	if ((value = option(b, options, OPTION_IF_NAME, &len)))
		copy_name(i->name, value, len);
	if ((value = option(b, options, OPTION_IF_TSRESOL, &len)) && len)
		i->has_ns = is_finer_than_us(*value);
	b->has_tap = b->has_tap || !strcmp(i->name, b->tap);
}

static void put_origin(struct explain_blocks *b, const struct explain_origin *origin)
{
	if (b->count == ORIGINS) {
		b->is_lost = true;
		return;
	}
	b->origins[(b->first + b->count) % ORIGINS] = *origin;
	b->count++;
}

static void set_interface(const struct explain_blocks *b, struct explain_origin *origin, size_t n)
{
	if (n >= b->interface_count)
		return;
	memcpy(origin->interface, b->interfaces[n].name, sizeof(origin->interface));
	origin->has_ns = b->interfaces[n].has_ns;
	origin->is_beside_tap = b->has_tap && strcmp(origin->interface, b->tap) != 0;
}

static enum explain_direction direction_of(const struct explain_blocks *b, size_t options)
{
	size_t len;
	const uint8_t *flags = option(b, options, OPTION_FLAGS, &len);
	uint32_t bits = flags && len == 4 ? get32(b, flags) & 3 : 0;

	return bits == 1 ? EXPLAIN_IN : bits == 2 ? EXPLAIN_OUT : EXPLAIN_NO_DIRECTION;
}

/* Enhanced and old packet blocks differ in the size of the interface's number. */
static void take_packet(struct explain_blocks *b, uint32_t type)
{
	const size_t data = BLOCK_HEAD + 20;
	struct explain_origin origin = { .captured = 0 };
	size_t padded, n;

	if (b->len >= data + BLOCK_TAIL) {
		origin.captured = get32(b, b->kept + BLOCK_HEAD + 12);
		padded = ((size_t)origin.captured + 3) & ~(size_t)3;
		n = type == BLOCK_OLD ? get16(b, b->kept + BLOCK_HEAD)
				      : get32(b, b->kept + BLOCK_HEAD);
		set_interface(b, &origin, n);
		origin.direction = direction_of(b, data + padded);
	}
	put_origin(b, &origin);
}

/* A simple packet is of the first interface. How much of it was captured follows from that one's
 * snapshot length, which libpcap knows. */
static void take_simple_packet(struct explain_blocks *b)
{
	struct explain_origin origin = { .captured = UINT32_MAX };

	set_interface(b, &origin, 0);
	put_origin(b, &origin);
}

static void take_block(struct explain_blocks *b)
{
	uint32_t type = get32(b, b->kept);

	if (type == BLOCK_SECTION) {
		b->interface_count = 0;
		b->has_tap = false;
	} else if (type == BLOCK_INTERFACE && b->len >= BLOCK_MIN + 8) {
		take_interface(b);
	} else if (type == BLOCK_ENHANCED || type == BLOCK_OLD) {
		take_packet(b, type);
	} else if (type == BLOCK_SIMPLE) {
		take_simple_packet(b);
	}
}

/* --- the bytes of the file, as they come --- */

static bool make_room(struct explain_blocks *b, size_t size)
{
	uint8_t *kept;

	if (size <= b->size)
		return true;
	kept = realloc(b->kept, size);
	if (!kept)
		return false;
	b->kept = kept;
	b->size = size;
	return true;
}

/* How many bytes of a block have to be in `kept` before the next step. */
static size_t wanted(const struct explain_blocks *b)
{
	bool is_section = b->len >= 4 && get32(b, b->kept) == BLOCK_SECTION;
	size_t head = is_section ? BLOCK_HEAD + 4 : BLOCK_HEAD;
	size_t total;

	if (b->len < BLOCK_HEAD || b->len < head)
		return b->len < BLOCK_HEAD ? BLOCK_HEAD : head;
	total = get32(b, b->kept + 4);
	return total < BLOCK_MIN ? head : (total + 3) & ~(size_t)3;
}

static void give_up(struct explain_blocks *b)
{
	b->state = NOT_BLOCKS;
	b->len = 0;
}

/* What the first bytes of the file say, or of a section its byte order. */
static void look_at_head(struct explain_blocks *b)
{
	uint32_t first = 0, magic = 0;

	memcpy(&first, b->kept, sizeof(first));
	if (b->state == AT_START) {
		b->is_ns = first == PCAP_NS || bswap_32(first) == PCAP_NS;
		b->state = IN_BLOCKS;
		if (first != BLOCK_SECTION) {
			give_up(b);
			return;
		}
	}
	if (first != BLOCK_SECTION || b->len != BLOCK_HEAD + 4)
		return;
	memcpy(&magic, b->kept + BLOCK_HEAD, sizeof(magic));
	b->is_swapped = magic == bswap_32(BYTE_ORDER_HERE);
}

/* A packet in a block that is too long is still a packet. */
static void pass_over(struct explain_blocks *b, size_t total)
{
	const struct explain_origin unknown = { .captured = UINT32_MAX };
	uint32_t type = get32(b, b->kept);

	if (type == BLOCK_ENHANCED || type == BLOCK_OLD || type == BLOCK_SIMPLE)
		put_origin(b, &unknown);
	b->skip = total - b->len;
	b->len = 0;
}

/* Everything that is wanted is there. */
static void step(struct explain_blocks *b)
{
	size_t total;

	look_at_head(b);
	if (b->state == NOT_BLOCKS)
		return;
	total = wanted(b);
	if (total > KEPT_MAX)
		pass_over(b, total);
	else if (total == b->len && get32(b, b->kept + 4) < BLOCK_MIN)
		give_up(b);
	else if (total == b->len) {
		take_block(b);
		b->len = 0;
	}
}

void explain_blocks_feed(struct explain_blocks *b, const uint8_t *data, size_t len)
{
	while (len && b->state != NOT_BLOCKS) {
		size_t missing = b->skip ? b->skip : wanted(b) - b->len;
		size_t part = missing < len ? missing : len;

		if (b->skip) {
			b->skip -= part;
		} else if (make_room(b, b->len + missing)) {
			memcpy(b->kept + b->len, data, part);
			b->len += part;
		} else {
			give_up(b);
			return;
		}
		data += part;
		len -= part;
		if (!b->skip && part == missing && b->len)
			step(b);
	}
}

void explain_blocks_next(struct explain_blocks *b, uint32_t captured, struct explain_origin *origin)
{
	*origin = (struct explain_origin){ .has_ns = b->is_ns };
	if (!b->count || b->is_lost)
		return;
	if (b->origins[b->first].captured == captured ||
	    b->origins[b->first].captured == UINT32_MAX)
		*origin = b->origins[b->first];
	origin->captured = captured;
	b->first = (b->first + 1) % ORIGINS;
	b->count--;
}
