/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * explain_blocks: what libpcap does not tell of the packets of a pcapng file: the name of the
 * interface, and the direction.
 *
 * It is given the same bytes as libpcap, and tells the origins of the packets in their order, one
 * for each packet block (draft-ietf-opsawg-pcapng). It judges nothing: whether the file is valid is
 * for libpcap to say. Of a file that is not pcapng it only knows the precision of the times.
 */
#ifndef CLUSTERARPD_EXPLAIN_EXPLAIN_BLOCKS_H
#define CLUSTERARPD_EXPLAIN_EXPLAIN_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* As in the file: in clusterarpd's own captures that of the daemon, for which a frame that it reads
 * from the TAP is inbound. */
enum explain_direction { EXPLAIN_NO_DIRECTION, EXPLAIN_IN, EXPLAIN_OUT };

#define EXPLAIN_INTERFACE_SIZE 32

struct explain_origin {
	/* Printable, perhaps cut; "": not known */
	char interface[EXPLAIN_INTERFACE_SIZE];
	bool is_beside_tap; /* another interface of the file is the TAP */
	enum explain_direction direction;
	bool has_ns;       /* its time is more precise than microseconds */
	uint32_t captured; /* bytes of the packet that the file has */
};

struct explain_blocks;

/* `tap`: the TAP's name, borrowed. NULL: out of memory. */
struct explain_blocks *explain_blocks_create(const char *tap);
void explain_blocks_destroy(struct explain_blocks *b);

/* At most so many bytes may be given ahead of the packet that explain_blocks_next() is asked for.
 */
#define EXPLAIN_AHEAD 4096
void explain_blocks_feed(struct explain_blocks *b, const uint8_t *data, size_t len);
/* The origin of the next packet, which has `captured` bytes. If it is not known, *origin is zeroed,
 * but for has_ns. */
void explain_blocks_next(struct explain_blocks *b, uint32_t captured,
			 struct explain_origin *origin);

#endif
