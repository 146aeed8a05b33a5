/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * adopt_rounds: decides what may move from the NIC to the TAP while the daemon runs, and when. No
 * kernel, no clock: times are monotonic milliseconds, and what moves is known by its description
 * (adopt_describe()).
 *
 * A program that adds an address again each time that it moves must not keep the daemon busy: after
 * ADOPT_ROUNDS moves within ADOPT_ROUNDS_WINDOW_MS the address is left on the NIC. When nobody has
 * written it for ADOPT_ROUNDS_QUIET_MS it may move once more. If it is back within the window after
 * that, it is left at once, and the next try comes later: twice the time, up to 16 times.
 */
#ifndef CLUSTERARPD_NIC_ADOPT_ROUNDS_H
#define CLUSTERARPD_NIC_ADOPT_ROUNDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ADOPT_ROUNDS           3
#define ADOPT_ROUNDS_WINDOW_MS 60000
#define ADOPT_ROUNDS_QUIET_MS  300000

struct adopt_rounds;

/* NULL: out of memory. */
struct adopt_rounds *adopt_rounds_create(void);
void adopt_rounds_destroy(struct adopt_rounds *rounds);

/* ADOPT_ROUNDS_LEAVE: leave it on the NIC. ADOPT_ROUNDS_GIVE_UP: the same, decided just now. */
enum adopt_rounds_answer { ADOPT_ROUNDS_MOVE, ADOPT_ROUNDS_LEAVE, ADOPT_ROUNDS_GIVE_UP };

/* `what` is on the NIC. ADOPT_ROUNDS_MOVE counts as one move of it, however often it is asked at
 * the same `now`. */
enum adopt_rounds_answer adopt_rounds_ask(struct adopt_rounds *rounds, const char *what,
					  uint64_t now);
/* All that is on the NIC was asked for at `now`: forget what was left there and is gone. */
void adopt_rounds_asked(struct adopt_rounds *rounds, uint64_t now);
/* A program has written `what` to the NIC. */
void adopt_rounds_written(struct adopt_rounds *rounds, const char *what, uint64_t now);

bool adopt_rounds_is_left(const struct adopt_rounds *rounds, const char *what);
/* How many are left on the NIC, and into *first one of them (NULL: none). */
size_t adopt_rounds_left(const struct adopt_rounds *rounds, const char **first);
/* In how many milliseconds one of them may be tried again; 0: none is left. */
unsigned adopt_rounds_wait(const struct adopt_rounds *rounds, uint64_t now);

#endif
