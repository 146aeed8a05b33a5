/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctl_command: what a command of clusterarpctl is, and what it is given by the command line.
 *
 * A new command is a row of the table in ctl_commands.c and a function that runs it. A new option
 * is a value of enum ctl_option, a row of the table in ctl_options.c, and a bit in the rows of the
 * commands to which it applies.
 */
#ifndef CLUSTERARPD_CTL_COMMON_CTL_COMMAND_H
#define CLUSTERARPD_CTL_COMMON_CTL_COMMAND_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "ctl/common/ctl_ask.h"

/* In the order in which the help lists them. */
enum ctl_option {
	CTL_SOCKET, /* those up to CTL_HELP apply to all commands */
	CTL_INSTANCE,
	CTL_VERSION,
	CTL_HELP,
	CTL_JSON,
	CTL_DRY_RUN,
	CTL_WRITE,
	CTL_COUNT,
	CTL_SNAPLEN,
	CTL_CONFIG,
	CTL_NODE,
	CTL_SIDE,
	CTL_WAIT,
	CTL_EPOCH,
	CTL_TTL,
	CTL_DEAD, /* may be repeated */
	CTL_ASKING,
	CTL_OPTIONS
};

/* Bits of ctl_command.options. */
#define CTL_BIT(option) (1u << (option))

struct ctl_command;

struct ctl_given_option {
	enum ctl_option option;
	const char *value; /* "" if the option has none */
};

/* The command line. */
struct ctl_options {
	char socket[CTL_PATH_SIZE];
	const struct ctl_command *command; /* the default one, if there is none in the line */
	bool has_command;
	char **words; /* the arguments after the command */
	int count;
	struct ctl_given_option *given; /* in their order; checked as far as their kind tells */
	size_t given_count;
};

struct ctl_command {
	const char *name;
	const char *arguments; /* the synopsis after the name */
	const char *summary;   /* a line of the overview, at most 57 characters */
	const char *help;      /* of this command alone: paragraphs, an example */
	unsigned options;      /* those that apply beside the general ones: CTL_BIT() */
	int least, most;       /* number of words */
	/* Returns the exit status. */
	int (*run)(const struct ctl_options *options);
	/* Prints the answer as text, for ctl_commands.c's way to run simple commands. */
	void (*print)(const json_t *answer);
	bool is_stream; /* checks its output itself */
	int trouble;    /* exit status in place of EXIT_USAGE; 0: it has none of its own */
};

#endif
