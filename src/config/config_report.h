/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config_report: messages about a configuration file, in the order of its lines.
 */
#ifndef CLUSTERARPD_CONFIG_CONFIG_REPORT_H
#define CLUSTERARPD_CONFIG_CONFIG_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* What is wrong with a file. */
struct config_message {
	bool is_error; /* else a warning */
	unsigned line; /* 0: of the file as a whole */
	char *text;
};

struct config_report {
	struct config_message *list; /* sorted by line */
	size_t count;
	size_t errors;
};

/* Add a message; printf-like. Later checks outside this module (the node that a
 * host is, what this version supports) report through it too. */
void config_report_add(struct config_report *r, bool is_error, unsigned line, const char *format,
		       ...) __attribute__((format(printf, 4, 5)));
void config_report_clear(struct config_report *r);
/* One line a message: "FILE:LINE: error: …", or "FILE: error: …" for line 0. */
void config_report_print(const struct config_report *r, const char *file, FILE *out);
/* The message for a failed allocation. */
void config_report_out_of_memory(struct config_report *r);

#endif
