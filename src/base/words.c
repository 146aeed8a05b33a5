/* SPDX-License-Identifier: GPL-2.0-or-later */
/* words: which word was meant; see words.h. */
#include "base/words.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define WORD_MAX         24 /* longer than any suggested word */
#define SUGGEST_DISTANCE 2  /* maximum edit distance between a word and its suggestion */
#define NO_MATCH         (WORD_MAX + 1)

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* True if the letters before a[i] and before b[j] are the same two in swapped order. */
static bool is_swapped(const char *a, const char *b, size_t i, size_t j)
{
	return i > 1 && j > 1 &&
	       tolower((unsigned char)a[i - 1]) == tolower((unsigned char)b[j - 2]) &&
	       tolower((unsigned char)a[i - 2]) == tolower((unsigned char)b[j - 1]);
}

/* Number of edits that turn a into b, ignoring case: inserted, deleted or replaced letters, and
 * swaps of two neighbouring ones (optimal string alignment). */
static unsigned edit_distance(const char *a, const char *b)
{
	unsigned cost[WORD_MAX + 1][WORD_MAX + 1];
	size_t a_length = strlen(a), b_length = strlen(b);

	if (a_length > WORD_MAX || b_length > WORD_MAX)
		return NO_MATCH;
	for (size_t i = 0; i <= a_length; i++) {
		for (size_t j = 0; j <= b_length; j++) {
			unsigned change;

			if (i == 0 || j == 0) {
				cost[i][j] = (unsigned)(i + j);
				continue;
			}
			change = tolower((unsigned char)a[i - 1]) !=
				 tolower((unsigned char)b[j - 1]);
			cost[i][j] = least(cost[i - 1][j - 1] + change,
					   least(cost[i - 1][j], cost[i][j - 1]) + 1);
			if (is_swapped(a, b, i, j))
				cost[i][j] = least(cost[i][j], cost[i - 2][j - 2] + 1);
		}
	}
	return cost[a_length][b_length];
}

const char *words_suggest(const char *word, const char *const *list)
{
	unsigned best = NO_MATCH;
	const char *found = NULL;

	for (; *list; list++) {
		unsigned distance = edit_distance(word, *list);

		/* With more than half of its letters changed, a short word is a different word. */
		if (distance > SUGGEST_DISTANCE || distance > strlen(*list) / 2)
			continue;
		if (distance < best) {
			best = distance;
			found = *list;
		}
	}
	return found;
}
