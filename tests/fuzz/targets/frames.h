/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * frames: what the targets for frames share: clusters of all kinds, and what must hold of a frame
 * that core/rewrite.h has seen.
 *
 * An input: the index of the cluster in a table (see frames.c), a byte of conditions (enum
 * frames_condition), then frames, one after the other, each with its length before it (target.h's
 * target_part()).
 */
#ifndef TESTS_FUZZ_TARGETS_FRAMES_H
#define TESTS_FUZZ_TARGETS_FRAMES_H

#include "core/rewrite.h"

enum frames_condition {
	FRAMES_PARTIAL = 1 << 0,  /* the NIC is to complete checksums */
	FRAMES_NO_LEASE = 1 << 1, /* the lease of the shares has run out */
	FRAMES_LATE = 1 << 2,     /* each frame comes a minute after the one before */
};

int frames_try(enum rewrite_direction direction, const uint8_t *data, size_t size);

#endif
