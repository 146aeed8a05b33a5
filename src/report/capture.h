/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capture: frames as they pass, before and after, as a pcapng file in a bounded buffer
 * (draft-ietf-opsawg-pcapng). Who does not read it in time loses frames, which are counted in
 * the file; nothing here waits.
 */
#ifndef CLUSTERARPD_REPORT_CAPTURE_H
#define CLUSTERARPD_REPORT_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct capture;

enum capture_interface { CAPTURE_TAP, CAPTURE_NIC };
enum capture_direction { CAPTURE_IN, CAPTURE_OUT }; /* as the daemon sees it: read, written */

/* The file's beginning is in the buffer then: its section, with a comment (at most 256 bytes;
 * NULL: none), and both interfaces. NULL: out of memory. */
struct capture *capture_create(const char *tap, const char *nic, const char *comment);
void capture_destroy(struct capture *capture);

/* `len` bytes of an Ethernet frame. `comment`: why it goes no further, or NULL. */
void capture_frame(struct capture *capture, enum capture_interface interface,
		   enum capture_direction direction, const uint8_t *frame, size_t len,
		   const char *comment);

/* Take up to `size` bytes out of the buffer, in order. The number of bytes. */
size_t capture_take(struct capture *capture, void *out, size_t size);
bool capture_is_empty(const struct capture *capture);
/* Frames that found no room. */
uint64_t capture_lost(const struct capture *capture);

#endif
