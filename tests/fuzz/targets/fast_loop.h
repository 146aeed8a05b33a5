/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fast_loop: io/loop.h without waiting. Its clock stands still while there is something to do, and
 * then jumps to the next timer: what takes the daemon a minute takes a target no time.
 *
 * loop_run() ends when there is nothing left to do, or after loop_stop().
 */
#ifndef TESTS_FUZZ_TARGETS_FAST_LOOP_H
#define TESTS_FUZZ_TARGETS_FAST_LOOP_H

#include "io/loop.h"

/* The same, and the clock goes no further than this. */
int fast_loop_run_until(struct loop *loop, uint64_t ms);

#endif
