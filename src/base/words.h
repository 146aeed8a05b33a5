/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * words: which word was meant by a misspelt one: "did you mean ...?"
 */
#ifndef CLUSTERARPD_BASE_WORDS_H
#define CLUSTERARPD_BASE_WORDS_H

/* The entry of `list` (NULL-terminated) that `word` was probably meant to be, or NULL. */
const char *words_suggest(const char *word, const char *const *list);

#endif
