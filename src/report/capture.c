/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capture: pcapng in a ring; see capture.h.
 *
 * A block is put into the ring as a whole or not at all. Frames for which there was no room are
 * counted in the next block of the same interface (option epb_dropcount).
 */
#include "report/capture.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define RING_BYTES (4u * 1024 * 1024)
#define END_BYTES  256u /* kept free for capture_end() */
#define ROOM_MORE  1024 /* of a packet block beside the frame, at most */

#define BLOCK_SECTION    0x0a0d0d0au
#define BLOCK_INTERFACE  0x00000001u
#define BLOCK_STATISTICS 0x00000005u
#define BLOCK_PACKET     0x00000006u

#define OPTION_COMMENT    1
#define COMMENT_MAX       256
#define OPTION_IF_NAME    2
#define OPTION_EPB_FLAGS  2
#define OPTION_EPB_DROPS  4
#define OPTION_IF_TSRESOL 9
#define OPTION_ISB_IFRECV 4
#define OPTION_ISB_IFDROP 5

#define LINKTYPE_ETHERNET 1
#define NANOSECONDS       9

struct capture {
	uint8_t *ring; /* from mmap(2), so that the memory is returned after the capture */
	size_t start, used, limit;
	size_t snaplen;
	struct capture_counts counts;
	uint64_t lost_now[2]; /* by interface, since its last block in the ring */
};

/* A part of a block under construction: what comes before or after a frame's bytes. */
struct block {
	uint8_t bytes[512];
	size_t len;
};

static void put(struct block *b, const void *data, size_t len)
{
	static const uint8_t zeros[4];
	size_t padding = -len & 3;

	if (len)
		memcpy(b->bytes + b->len, data, len);
	memcpy(b->bytes + b->len + len, zeros, padding);
	b->len += len + padding;
}

static void put_u32(struct block *b, uint32_t value)
{
	put(b, &value, sizeof(value));
}

static void put_option(struct block *b, uint16_t code, const void *data, size_t len)
{
	const uint16_t head[2] = { code, (uint16_t)len };

	put(b, head, sizeof(head));
	put(b, data, len);
}

static void ring_put(struct capture *c, const void *data, size_t len)
{
	size_t end = (c->start + c->used) % RING_BYTES;
	size_t first = len < RING_BYTES - end ? len : RING_BYTES - end;

	if (!len)
		return;
	memcpy(c->ring + end, data, first);
	memcpy(c->ring, (const uint8_t *)data + first, len - first);
	c->used += len;
}

/* The block `head` with `len` bytes of data and then `tail` in it. False: no room. */
static bool put_block(struct capture *c, uint32_t type, const struct block *head,
		      const uint8_t *data, size_t len, const struct block *tail)
{
	const uint8_t zeros[4] = { 0 };
	size_t padding = -len & 3;
	uint32_t total = (uint32_t)(12 + head->len + len + padding + tail->len);
	const uint32_t begin[2] = { type, total };

	if (total > c->limit - c->used)
		return false;
	ring_put(c, begin, sizeof(begin));
	ring_put(c, head->bytes, head->len);
	ring_put(c, data, len);
	ring_put(c, zeros, padding);
	ring_put(c, tail->bytes, tail->len);
	ring_put(c, &total, sizeof(total));
	return true;
}

static void put_section(struct capture *c, const char *comment)
{
	const uint16_t version[2] = { 1, 0 };
	const int64_t unknown = -1;
	struct block head = { .len = 0 }, none = { .len = 0 };

	put_u32(&head, 0x1a2b3c4d); /* byte-order magic */
	put(&head, version, sizeof(version));
	put(&head, &unknown, sizeof(unknown));
	if (comment) {
		put_option(&head, OPTION_COMMENT, comment, strnlen(comment, COMMENT_MAX));
		put_option(&head, 0, NULL, 0);
	}
	put_block(c, BLOCK_SECTION, &head, NULL, 0, &none);
}

static void put_interface(struct capture *c, const char *name)
{
	const uint16_t type[2] = { LINKTYPE_ETHERNET, 0 };
	const uint8_t resolution = NANOSECONDS;
	struct block head = { .len = 0 }, none = { .len = 0 };

	put(&head, type, sizeof(type));
	put_u32(&head, (uint32_t)c->snaplen);
	put_option(&head, OPTION_IF_NAME, name, strlen(name));
	put_option(&head, OPTION_IF_TSRESOL, &resolution, sizeof(resolution));
	put_option(&head, 0, NULL, 0);
	put_block(c, BLOCK_INTERFACE, &head, NULL, 0, &none);
}

struct capture *capture_create(const struct capture_about *about)
{
	struct capture *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->ring =
		mmap(NULL, RING_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (c->ring == MAP_FAILED) {
		free(c);
		return NULL;
	}
	c->snaplen = about->snaplen;
	c->limit = RING_BYTES - END_BYTES;
	put_section(c, about->comment);
	put_interface(c, about->tap);
	put_interface(c, about->nic);
	return c;
}

void capture_destroy(struct capture *c)
{
	if (!c)
		return;
	munmap(c->ring, RING_BYTES);
	free(c);
}

static uint64_t now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void put_time(struct block *b, uint64_t ns)
{
	put_u32(b, (uint32_t)(ns >> 32));
	put_u32(b, (uint32_t)ns);
}

static void put_options(struct block *b, enum capture_direction direction, uint64_t lost,
			const char *comment)
{
	const uint32_t flags = direction == CAPTURE_IN ? 1 : 2;

	put_option(b, OPTION_EPB_FLAGS, &flags, sizeof(flags));
	if (lost)
		put_option(b, OPTION_EPB_DROPS, &lost, sizeof(lost));
	if (comment)
		put_option(b, OPTION_COMMENT, comment, strnlen(comment, COMMENT_MAX));
	put_option(b, 0, NULL, 0);
}

void capture_lose(struct capture *c, enum capture_interface interface,
		  enum capture_direction direction, uint64_t frames)
{
	c->counts.lost[interface] += frames;
	c->lost_now[interface] += frames;
	if (direction == CAPTURE_OUT)
		return;
	c->counts.received[interface] += frames;
	c->counts.missed += frames;
}

void capture_frame(struct capture *c, const struct capture_record *r)
{
	size_t kept = r->kept < c->snaplen ? r->kept : c->snaplen;
	struct block head = { .len = 0 }, tail = { .len = 0 };

	put_u32(&head, r->interface);
	put_time(&head, r->time ? r->time : now());
	put_u32(&head, (uint32_t)kept);
	put_u32(&head, (uint32_t)r->len);
	put_options(&tail, r->direction, c->lost_now[r->interface], r->comment);
	if (!put_block(c, BLOCK_PACKET, &head, r->frame, kept, &tail)) {
		capture_lose(c, r->interface, r->direction, 1);
		return;
	}
	c->lost_now[r->interface] = 0;
	c->counts.received[r->interface] += r->direction == CAPTURE_IN;
}

bool capture_has_room(const struct capture *c)
{
	return c->limit - c->used >= 2 * (c->snaplen + ROOM_MORE);
}

static void put_statistics(struct capture *c, enum capture_interface interface)
{
	struct block head = { .len = 0 }, none = { .len = 0 };

	put_u32(&head, interface);
	put_time(&head, now());
	put_option(&head, OPTION_ISB_IFRECV, &c->counts.received[interface], sizeof(uint64_t));
	put_option(&head, OPTION_ISB_IFDROP, &c->counts.lost[interface], sizeof(uint64_t));
	put_option(&head, 0, NULL, 0);
	put_block(c, BLOCK_STATISTICS, &head, NULL, 0, &none);
}

void capture_end(struct capture *c)
{
	c->limit = RING_BYTES;
	put_statistics(c, CAPTURE_TAP);
	put_statistics(c, CAPTURE_NIC);
}

size_t capture_take(struct capture *c, void *out, size_t size)
{
	size_t len = size < c->used ? size : c->used;
	size_t first = len < RING_BYTES - c->start ? len : RING_BYTES - c->start;

	memcpy(out, c->ring + c->start, first);
	memcpy((uint8_t *)out + first, c->ring, len - first);
	c->start = (c->start + len) % RING_BYTES;
	c->used -= len;
	return len;
}

bool capture_is_empty(const struct capture *c)
{
	return c->used == 0;
}

struct capture_counts capture_counts(const struct capture *c)
{
	return c->counts;
}
