/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config_words: words of the file in messages: quoted, and what a misspelt one was meant to be.
 */
#ifndef CLUSTERARPD_CONFIG_CONFIG_WORDS_H
#define CLUSTERARPD_CONFIG_CONFIG_WORDS_H

/* Text from the file for a message: in single quotes, everything that is not
 * printable ASCII as \xNN, cut where it gets long. Returns buf. */
#define CONFIG_QUOTE_SIZE 128
char *config_quote(const char *text, char *buf);
#define QUOTE(text) config_quote((text), (char[CONFIG_QUOTE_SIZE]){ 0 })

/* The entry of `list` (ended by NULL) that `word` was probably meant to be, or
 * NULL. */
const char *config_suggest(const char *word, const char *const *list);

#endif
