/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config_words: quote text of the file in messages.
 */
#ifndef CLUSTERARPD_CONFIG_CONFIG_WORDS_H
#define CLUSTERARPD_CONFIG_CONFIG_WORDS_H

/* Quote text of the file for a message: in single quotes, with everything that is not printable
 * ASCII as \xNN, and truncated if it is long. Returns buf. */
#define CONFIG_QUOTE_SIZE 128
char *config_quote(const char *text, char *buf);
#define QUOTE(text) config_quote((text), (char[CONFIG_QUOTE_SIZE]){ 0 })

#endif
