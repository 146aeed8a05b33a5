/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config_words: quote text; see config_words.h. */
#include "config/config_words.h"

#include <stdio.h>
#include <string.h>

char *config_quote(const char *text, char *buf)
{
	char *out = buf;
	/* Room for one more escape, "...", the quote and the NUL. */
	const char *end = buf + CONFIG_QUOTE_SIZE - sizeof("\\xff...'");

	*out++ = '\'';
	for (; *text && out < end; text++) {
		unsigned char c = (unsigned char)*text;

		if (c >= ' ' && c <= '~' && c != '\\')
			*out++ = (char)c;
		else
			out += sprintf(out, c == '\\' ? "\\\\" : "\\x%02x", c);
	}
	strcpy(out, *text ? "...'" : "'");
	return buf;
}
