/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * captures: writes pcap and pcapng files into memory, in both byte orders, and well-formed as long
 * as the arguments are; and opens them as a file.
 */
#ifndef TESTS_FUZZ_CAPTURES_H
#define TESTS_FUZZ_CAPTURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CAPTURES_MAX (4 * 1024 * 1024)

#define CAPTURES_ETHERNET 1
#define CAPTURES_SLL      113 /* Linux cooked capture, version 1 */
#define CAPTURES_SLL2     276

/* The file so far. What does not fit is left out. */
struct captures {
	uint8_t *bytes; /* CAPTURES_MAX of them */
	size_t len;
	bool is_swapped; /* not in this host's byte order */
};

/* Ends the program when memory runs out. */
struct captures *captures_create(void);
void captures_destroy(struct captures *c);
void captures_clear(struct captures *c, bool is_swapped);

void captures_put(struct captures *c, const void *data, size_t len);
void captures_u16(struct captures *c, uint16_t value);
void captures_u32(struct captures *c, uint32_t value);

/* pcap: the header of the file, and a packet; `part`: microseconds or nanoseconds. */
void captures_pcap(struct captures *c, bool is_ns, uint32_t linktype, uint32_t snaplen);
void captures_pcap_packet(struct captures *c, uint32_t seconds, uint32_t part, const void *data,
			  uint32_t captured, uint32_t len);

/* pcapng. A block of this type with this body; an option of it. */
void captures_block(struct captures *c, uint32_t type, const struct captures *body);
void captures_option(struct captures *c, uint16_t code, const void *data, uint16_t len);
void captures_section(struct captures *c);
/* `resolution`: if_tsresol; 0: none. `name`: may be NULL. */
void captures_interface(struct captures *c, uint16_t linktype, const char *name,
			uint8_t resolution);

enum captures_kind { CAPTURES_ENHANCED, CAPTURES_OLD, CAPTURES_SIMPLE };
/* `flags`: 1 inbound, 2 outbound, 0: no option. */
void captures_packet(struct captures *c, enum captures_kind kind, uint32_t interface, uint64_t time,
		     const void *data, uint32_t captured, uint32_t len, uint32_t flags);

/* The file, to be read from its start; the caller closes it. */
int captures_open(const struct captures *c);

#endif
