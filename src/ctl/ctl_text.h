/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctl_text: what clusterarpctl makes readable: text from the socket without what a terminal
 * would obey, numbers with their unit, colour; and JSON as it is printed.
 *
 * A function that returns text for one value fills the caller's buffer, and returns it.
 */
#ifndef CLUSTERARPD_CTL_CTL_TEXT_H
#define CLUSTERARPD_CTL_CTL_TEXT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

enum ctl_colour { CTL_PLAIN, CTL_GREEN, CTL_RED, CTL_YELLOW };

#define CTL_NUMBER_SIZE 32

/* Colours are for a terminal, unless NO_COLOR or TERM=dumb says otherwise. */
void ctl_colour_init(void);
/* What begins and ends the colour: "" without colours. */
const char *ctl_colour_begin(enum ctl_colour colour);
const char *ctl_colour_end(enum ctl_colour colour);
/* The colour of a peer's state. */
enum ctl_colour ctl_state_colour(const char *state);

/* Replaces in place what is not printable ASCII by '?', one for each character. */
void ctl_clean(char *text);
/* The same on the way to `out`; with `lines`, line ends and tabs pass. */
void ctl_put_clean(FILE *out, const char *text, bool lines);

/* The member `key` of an object; "?" or 0 where there is none of that type. */
const char *ctl_string(const json_t *object, const char *key);
json_int_t ctl_integer(const json_t *object, const char *key);
/* One line on stdout, ASCII alone. */
void ctl_print_json(const json_t *json);

/* "7 s", "12 min", "3 h", "5 d". */
const char *ctl_age(json_int_t seconds, char text[CTL_NUMBER_SIZE]);
/* "7 s", "12 min 5 s", "3 h 12 min", "5 d 3 h". */
const char *ctl_duration(json_int_t seconds, char text[CTL_NUMBER_SIZE]);
/* With three digits and a decimal prefix, as in "12.3k"; with `unit`: "12.3 kB". */
const char *ctl_scaled(double value, const char *unit, char text[CTL_NUMBER_SIZE]);
const char *ctl_bytes(json_int_t bytes, char text[CTL_NUMBER_SIZE]);

/* Memory that was asked for; ends the program if there is none. */
void *ctl_must(void *memory);

#endif
