/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctl_text: output of clusterarpctl: text from the socket without terminal control characters,
 * numbers with their units, colours, and JSON.
 *
 * Functions with a parameter `text` of CTL_NUMBER_SIZE write to that buffer, and return it.
 */
#ifndef CLUSTERARPD_CTL_COMMON_CTL_TEXT_H
#define CLUSTERARPD_CTL_COMMON_CTL_TEXT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

enum ctl_colour { CTL_PLAIN, CTL_GREEN, CTL_RED, CTL_YELLOW };

#define CTL_NUMBER_SIZE 32

/* Use colours if stdout is a terminal, unless NO_COLOR or TERM=dumb is set. */
void ctl_colour_init(void);
/* The escape sequences that begin and end a colour; "" without colours. */
const char *ctl_colour_begin(enum ctl_colour colour);
const char *ctl_colour_end(enum ctl_colour colour);
/* The colour of a peer's state, or of a share's. */
enum ctl_colour ctl_state_colour(const char *state);
/* 0: a peer in this state does not answer; 1: not known; 2: resolved. */
unsigned ctl_state_rank(const char *state);

/* Replaces, in place, each character that is not printable ASCII with '?'. */
void ctl_clean(char *text);
/* Writes `text` to `out`, cleaned likewise; with `lines`, newlines and tabs are kept. */
void ctl_put_clean(FILE *out, const char *text, bool lines);

/* Prints a text with a newline in lines of at most CTL_COLUMNS characters, cleaned; `used`: what is
 * in the first line already; the others begin with `indent` spaces. Returns the number of lines. */
#define CTL_COLUMNS 80
size_t ctl_print_wrapped(const char *text, size_t used, size_t indent);

/* The member `key` of an object; "?" or 0 if there is none of that type. */
const char *ctl_string(const json_t *object, const char *key);
json_int_t ctl_integer(const json_t *object, const char *key);
/* Prints one line to stdout, in ASCII only. */
void ctl_print_json(const json_t *json);

/* "7 s", "12 min", "3 h", "5 d". */
const char *ctl_age(json_int_t seconds, char text[CTL_NUMBER_SIZE]);
/* "7 s", "12 min 5 s", "3 h 12 min", "5 d 3 h". */
const char *ctl_duration(json_int_t seconds, char text[CTL_NUMBER_SIZE]);
/* With three digits and a decimal prefix, as in "12.3k"; with `unit`: "12.3 kB". */
const char *ctl_scaled(double value, const char *unit, char text[CTL_NUMBER_SIZE]);
const char *ctl_bytes(json_int_t bytes, char text[CTL_NUMBER_SIZE]);

/* Returns `memory`; if it is NULL (out of memory), ends the program with exit status 1. */
void *ctl_must(void *memory);

#endif
