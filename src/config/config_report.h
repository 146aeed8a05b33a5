/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config_report: messages about a configuration file, in the order of its lines.
 */
#ifndef CLUSTERARPD_CONFIG_CONFIG_REPORT_H
#define CLUSTERARPD_CONFIG_CONFIG_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* One message about a file. */
struct config_message {
	bool is_error; /* else a warning */
	unsigned line; /* 0: about the whole file */
	char *text;    /* NULL: out of memory */
};

struct config_report {
	struct config_message *list; /* sorted by line */
	size_t count;
	size_t errors;
};

/* Add a message, printf-like. Checks outside this module (which node this host is) use it
 * too. */
void config_report_add(struct config_report *r, bool is_error, unsigned line, const char *format,
		       ...) __attribute__((format(printf, 4, 5)));
void config_report_clear(struct config_report *r);
/* Print one line per message: "FILE:LINE: error: …", or "FILE: error: …" for line 0. */
void config_report_print(const struct config_report *r, const char *file, FILE *out);
/* Add the message for a failed allocation. */
void config_report_out_of_memory(struct config_report *r);

#endif
