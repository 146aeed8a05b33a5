/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctl_options: reads the command line of clusterarpctl, with the table of options.
 */
#ifndef CLUSTERARPD_CTL_COMMON_CTL_OPTIONS_H
#define CLUSTERARPD_CTL_COMMON_CTL_OPTIONS_H

#include "ctl/common/ctl_command.h"

/* Reads the command line; the first command of the table is the default. The table ends with a row
 * without a name. `options` borrows from `argv`. Returns -1, or the exit status after lines on
 * stderr. */
int ctl_options_read(struct ctl_options *options, int argc, char **argv,
		     const struct ctl_command *commands);
void ctl_options_free(struct ctl_options *options);

/* The value of an option, "" if it has none; the last one; NULL: it was not given. */
const char *ctl_option(const struct ctl_options *options, enum ctl_option option);
/* Values that are checked already: of an option that is a number, or a number of seconds;
 * `otherwise` if it was not given. */
json_int_t ctl_option_count(const struct ctl_options *options, enum ctl_option option,
			    json_int_t otherwise);
double ctl_option_seconds(const struct ctl_options *options, enum ctl_option option,
			  double otherwise);

/* Seconds, as in 2 or 2.5. False: it is no such number. */
bool ctl_parse_seconds(const char *text, double *out);

/* The row of a command; NULL: there is none, and a line on stderr says so. */
const struct ctl_command *ctl_find_command(const struct ctl_command *commands, const char *name);
/* Prints "clusterarpctl: " and the message, which may be NULL, and where help is, to stderr.
 * Returns the exit status. `command`: NULL if it is not known. */
int ctl_usage_error(const struct ctl_command *command, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* --name */
const char *ctl_option_name(enum ctl_option option);
/* A line of the help; its length does not exceed 79. `prefix`: before its meaning. */
void ctl_option_print(enum ctl_option option, const char *prefix);

#endif
