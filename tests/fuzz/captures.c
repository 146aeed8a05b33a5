/* SPDX-License-Identifier: GPL-2.0-or-later */
/* captures: pcap and pcapng files in memory; see captures.h. */
#include "captures.h"

#include <byteswap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void die(const char *why)
{
	fprintf(stderr, "captures: %s\n", why);
	exit(2);
}

struct captures *captures_create(void)
{
	struct captures *c = calloc(1, sizeof(*c));

	if (!c || !(c->bytes = malloc(CAPTURES_MAX)))
		die("out of memory");
	return c;
}

void captures_destroy(struct captures *c)
{
	free(c->bytes);
	free(c);
}

void captures_clear(struct captures *c, bool is_swapped)
{
	c->len = 0;
	c->is_swapped = is_swapped;
}

void captures_put(struct captures *c, const void *data, size_t len)
{
	if (len > CAPTURES_MAX - c->len)
		len = CAPTURES_MAX - c->len;
	if (len)
		memcpy(c->bytes + c->len, data, len);
	c->len += len;
}

void captures_u16(struct captures *c, uint16_t value)
{
	value = c->is_swapped ? bswap_16(value) : value;
	captures_put(c, &value, sizeof(value));
}

void captures_u32(struct captures *c, uint32_t value)
{
	value = c->is_swapped ? bswap_32(value) : value;
	captures_put(c, &value, sizeof(value));
}

static void pad(struct captures *c)
{
	static const uint8_t zeros[4];

	captures_put(c, zeros, -c->len & 3);
}

/* --- pcap --- */

void captures_pcap(struct captures *c, bool is_ns, uint32_t linktype, uint32_t snaplen)
{
	captures_u32(c, is_ns ? 0xa1b23c4d : 0xa1b2c3d4);
	captures_u16(c, 2);
	captures_u16(c, 4);
	captures_u32(c, 0);
	captures_u32(c, 0);
	captures_u32(c, snaplen);
	captures_u32(c, linktype);
}

void captures_pcap_packet(struct captures *c, uint32_t seconds, uint32_t part, const void *data,
			  uint32_t captured, uint32_t len)
{
	captures_u32(c, seconds);
	captures_u32(c, part);
	captures_u32(c, captured);
	captures_u32(c, len);
	captures_put(c, data, captured);
}

/* --- pcapng --- */

void captures_block(struct captures *c, uint32_t type, const struct captures *body)
{
	uint32_t total = (uint32_t)(12 + ((body->len + 3) & ~(size_t)3));

	captures_u32(c, type);
	captures_u32(c, total);
	captures_put(c, body->bytes, body->len);
	pad(c);
	captures_u32(c, total);
}

void captures_option(struct captures *c, uint16_t code, const void *data, uint16_t len)
{
	captures_u16(c, code);
	captures_u16(c, len);
	captures_put(c, data, len);
	pad(c);
}

/* The body of the block that is being made. */
static struct captures *body_of(const struct captures *c)
{
	static uint8_t bytes[CAPTURES_MAX];
	static struct captures body = { .bytes = bytes };

	captures_clear(&body, c->is_swapped);
	return &body;
}

void captures_section(struct captures *c)
{
	static const uint8_t unknown[8] = { 255, 255, 255, 255, 255, 255, 255, 255 };
	struct captures *body = body_of(c);

	captures_u32(body, 0x1a2b3c4d);
	captures_u16(body, 1);
	captures_u16(body, 0);
	captures_put(body, unknown, sizeof(unknown));
	captures_block(c, 0x0a0d0d0a, body);
}

void captures_interface(struct captures *c, uint16_t linktype, const char *name, uint8_t resolution)
{
	struct captures *body = body_of(c);

	captures_u16(body, linktype);
	captures_u16(body, 0);
	captures_u32(body, 262144);
	if (name)
		captures_option(body, 2, name, (uint16_t)strlen(name));
	if (resolution)
		captures_option(body, 9, &resolution, 1);
	captures_option(body, 0, NULL, 0);
	captures_block(c, 1, body);
}

static void packet_head(struct captures *body, enum captures_kind kind, uint32_t interface,
			uint64_t time, uint32_t captured, uint32_t len)
{
	if (kind == CAPTURES_OLD) {
		captures_u16(body, (uint16_t)interface);
		captures_u16(body, 0); /* drops */
	} else if (kind == CAPTURES_ENHANCED) {
		captures_u32(body, interface);
	}
	if (kind != CAPTURES_SIMPLE) {
		captures_u32(body, (uint32_t)(time >> 32));
		captures_u32(body, (uint32_t)time);
		captures_u32(body, captured);
	}
	captures_u32(body, len);
}

void captures_packet(struct captures *c, enum captures_kind kind, uint32_t interface, uint64_t time,
		     const void *data, uint32_t captured, uint32_t len, uint32_t flags)
{
	static const uint32_t types[] = { 6, 2, 3 };
	struct captures *body = body_of(c);
	uint32_t value = c->is_swapped ? bswap_32(flags) : flags;

	packet_head(body, kind, interface, time, captured, len);
	captures_put(body, data, captured);
	pad(body);
	if (flags && kind != CAPTURES_SIMPLE) {
		captures_option(body, 1, "a comment", 9);
		captures_option(body, 2, &value, sizeof(value));
		captures_option(body, 0, NULL, 0);
	}
	captures_block(c, types[kind], body);
}

int captures_open(const struct captures *c)
{
	int fd = memfd_create("capture", MFD_CLOEXEC);

	if (fd < 0 || write(fd, c->bytes, c->len) != (ssize_t)c->len || lseek(fd, 0, SEEK_SET))
		die("no file in memory");
	return fd;
}
