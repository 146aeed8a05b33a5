/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scarce: memory that is short, and files that cannot be opened or written: of the calls that ask
 * for either between scarce_begin() and scarce_end(), one fails. Linked with FUZZ_SCARCE
 * (Makefile.am), which leads these calls here; those that libraries make are not seen.
 */
#ifndef TESTS_FUZZ_TARGETS_SCARCE_H
#define TESTS_FUZZ_TARGETS_SCARCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of the calls from here on, the one with this number fails: the first one is 1; 0: none. */
void scarce_begin(unsigned number);
/* From here on none fails. Returns how many calls there were. */
unsigned scarce_end(void);
/* What is called meanwhile, by the target itself, does not count. scarce_resume() takes what
 * scarce_pause() has returned. */
bool scarce_pause(void);
void scarce_resume(bool was_scarce);

/* One of 1 to `count`, which depends on the input alone; 0 if `count` is. */
unsigned scarce_choose(const uint8_t *data, size_t size, unsigned count);

#endif
