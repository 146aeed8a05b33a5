/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capture: frames before and after rewriting, as a pcapng file in a bounded buffer
 * (draft-ietf-opsawg-pcapng). If the buffer is not read in time, frames are lost and counted in the
 * file; nothing here blocks. In the statistics at the end of the file isb_ifrecv are the frames
 * that came in at an interface, isb_ifdrop those that are not in the file, on either way.
 */
#ifndef CLUSTERARPD_REPORT_CAPTURE_H
#define CLUSTERARPD_REPORT_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct capture;

enum capture_interface { CAPTURE_TAP, CAPTURE_NIC };
enum capture_direction { CAPTURE_IN, CAPTURE_OUT }; /* read by the daemon; written by it */

/* What the file says of itself. Borrowed. */
struct capture_about {
	const char *tap, *nic; /* names of the interfaces */
	const char *comment;   /* on the whole file, at most 256 bytes; NULL: none */
	size_t snaplen;        /* how much of a frame is kept: CAPTURE_SNAPLEN_MIN to _MAX bytes */
};
#define CAPTURE_SNAPLEN_MIN     64u
#define CAPTURE_SNAPLEN_DEFAULT 256u
#define CAPTURE_SNAPLEN_MAX     (256u * 1024)

/* Begins the file: the buffer then holds the section header and both interfaces. NULL: out of
 * memory. */
struct capture *capture_create(const struct capture_about *about);
void capture_destroy(struct capture *capture);

/* An Ethernet frame, on one side. */
struct capture_record {
	enum capture_interface interface;
	enum capture_direction direction;
	uint64_t time; /* CLOCK_REALTIME, ns; 0: now */
	const uint8_t *frame;
	size_t kept, len;    /* bytes in `frame`; of the whole frame */
	const char *comment; /* the rules that have rewritten it, or why it was dropped; or NULL */
};
void capture_frame(struct capture *capture, const struct capture_record *record);
/* So many frames were lost before they came here. */
void capture_lose(struct capture *capture, enum capture_interface interface,
		  enum capture_direction direction, uint64_t frames);
/* Is there room for both sides of any frame? */
bool capture_has_room(const struct capture *capture);
/* Ends the file: the statistics of both interfaces, for which there always is room. */
void capture_end(struct capture *capture);

/* Take up to `size` bytes out of the buffer, in order. Returns how many. */
size_t capture_take(struct capture *capture, void *out, size_t size);
bool capture_is_empty(const struct capture *capture);

/* Counts of sides: a frame that is forwarded has two. */
struct capture_counts {
	uint64_t received[2]; /* by interface: frames that came in there, also if they were lost */
	uint64_t lost[2];     /* by interface: there was no room */
	uint64_t missed;      /* of those that came in, on both interfaces */
};
struct capture_counts capture_counts(const struct capture *capture);

#endif
