/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capture: frames before and after rewriting, as a pcapng file in a bounded buffer
 * (draft-ietf-opsawg-pcapng). If the buffer is not read in time, frames are lost and counted in the
 * file; nothing here blocks.
 */
#ifndef CLUSTERARPD_REPORT_CAPTURE_H
#define CLUSTERARPD_REPORT_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct capture;

enum capture_interface { CAPTURE_TAP, CAPTURE_NIC };
enum capture_direction { CAPTURE_IN, CAPTURE_OUT }; /* read by the daemon; written by it */

/* Begins the file: the buffer then holds the section header, with `comment` (at most 256 bytes;
 * NULL: none), and both interfaces. NULL: out of memory. */
struct capture *capture_create(const char *tap, const char *nic, const char *comment);
void capture_destroy(struct capture *capture);

/* Add an Ethernet frame of `len` bytes. `comment`: why it was dropped, or NULL. */
void capture_frame(struct capture *capture, enum capture_interface interface,
		   enum capture_direction direction, const uint8_t *frame, size_t len,
		   const char *comment);

/* Take up to `size` bytes out of the buffer, in order. Returns how many. */
size_t capture_take(struct capture *capture, void *out, size_t size);
bool capture_is_empty(const struct capture *capture);
/* Frames for which there was no room. */
uint64_t capture_lost(const struct capture *capture);

#endif
