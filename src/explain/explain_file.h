/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * explain_file: reads a capture of Ethernet frames, by libpcap: pcap and pcapng, in both byte
 * orders, with times of any precision.
 */
#ifndef CLUSTERARPD_EXPLAIN_EXPLAIN_FILE_H
#define CLUSTERARPD_EXPLAIN_EXPLAIN_FILE_H

#include "explain/explain_frame.h"

#define EXPLAIN_ERROR_SIZE 512

struct explain_file;

/* Read a capture from `fd`, which it takes over, from where it is, as it comes: it may be a pipe.
 * `tap`: the TAP's name, borrowed. NULL: it is no capture of Ethernet frames; then `error` has the
 * reason. */
struct explain_file *explain_file_open(int fd, const char *tap, char error[EXPLAIN_ERROR_SIZE]);
void explain_file_close(struct explain_file *file);

/* The next frame, valid until the next call. 1: there is one; 0: the file ends; -1: it is damaged
 * here; then `error` has the reason. */
int explain_file_next(struct explain_file *file, struct explain_packet *packet,
		      char error[EXPLAIN_ERROR_SIZE]);

#endif
