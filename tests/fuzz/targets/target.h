/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * target: what the libFuzzer targets share.
 *
 * A target is a program with LLVMFuzzerTestOneInput(): libFuzzer calls it with one input after the
 * other, and looks for those that reach new code. Whatever a target hands on is in a buffer of
 * exactly its size, so that AddressSanitizer sees one byte too many. Each input starts from the
 * same state: an input that fails once fails again. An input can say nothing that the product does
 * not take from the wire, the kernel, a file or a client.
 */
#ifndef TESTS_FUZZ_TARGETS_TARGET_H
#define TESTS_FUZZ_TARGETS_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* libFuzzer's; a target need not have the first. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the program with this message unless `holds`: a finding, for which libFuzzer keeps the
 * input. */
void target_check(bool holds, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same of what the target itself needs. Returns `memory`. */
void *target_must(void *memory);

/* A copy in a buffer of exactly this size, to be freed. */
uint8_t *target_copy(const uint8_t *data, size_t size);

/* The rest of an input. */
struct target_input {
	const uint8_t *data;
	size_t size;
};
/* The next byte; 0: there is none. */
uint8_t target_byte(struct target_input *in);
/* The bytes before the next `end`, which is skipped, or all that are left. Borrowed. */
struct target_input target_until(struct target_input *in, uint8_t end);
/* The bytes of a part that has its length, 2 bytes (big-endian), before it; all that are left if
 * there are not so many. Borrowed. */
struct target_input target_part(struct target_input *in);

/* The text, or what is printed, must be safe for a terminal: lines of printable ASCII. */
void target_check_text(const char *text, size_t size);

/* What is written to stdout and stderr meanwhile is kept. */
struct target_output {
	void *stdout_before, *stderr_before; /* FILE */
	char *out, *err;                     /* after target_output_end() */
	size_t out_size, err_size;
};
void target_output_begin(struct target_output *o);
/* Checks it by target_check_text(). */
void target_output_end(struct target_output *o);
void target_output_free(struct target_output *o);

/* Work in a directory of this process's own, in $TMPDIR; `run` removes it. */
void target_enter_folder(void);
/* Make the file in it, with these bytes. */
void target_write(const char *file, const uint8_t *data, size_t size);

#endif
