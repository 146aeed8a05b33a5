/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ctl_help: overview and help; see ctl_help.h. */
#include "ctl/common/ctl_help.h"

#include <stdio.h>
#include <string.h>

#include "ctl/common/ctl_options.h"

#define SYNOPSIS_WIDTH 18 /* longer ones are only in the help of their command */
#define PREFIX_SIZE    80

static void print_summary(const struct ctl_command *c)
{
	bool is_short = strlen(c->name) + 1 + strlen(c->arguments) <= SYNOPSIS_WIDTH;
	const char *arguments = is_short ? c->arguments : "...";

	printf("  %s %-*s  %s\n", c->name, (int)(SYNOPSIS_WIDTH - 1 - strlen(c->name)), arguments,
	       c->summary);
}

/* The commands to which an option applies: "reload, shares: ". */
static void name_commands(const struct ctl_command *commands, enum ctl_option option,
			  char text[PREFIX_SIZE])
{
	size_t used = 0;

	text[0] = '\0';
	for (; commands->name && used < PREFIX_SIZE; commands++) {
		if (commands->options & CTL_BIT(option))
			used += (size_t)snprintf(text + used, PREFIX_SIZE - used, "%s%s",
						 used ? ", " : "", commands->name);
	}
	if (used < PREFIX_SIZE)
		snprintf(text + used, PREFIX_SIZE - used, ": ");
}

void ctl_help(const struct ctl_command *commands)
{
	const struct ctl_command *c;
	char prefix[PREFIX_SIZE];
	int option;

	puts("Usage: clusterarpctl [OPTION]... [COMMAND]\n"
	     "Query and control a running clusterarpd.\n");
	for (c = commands; c->name; c++)
		print_summary(c);
	putchar('\n');
	for (option = 0; option < CTL_OPTIONS; option++) {
		name_commands(commands, (enum ctl_option)option, prefix);
		ctl_option_print((enum ctl_option)option, option <= CTL_JSON ? "" : prefix);
	}
	puts("\n'clusterarpctl help COMMAND' tells more of a command.\n"
	     "Exit status: 0 success, 1 refused, 2 usage, 3 no daemon.");
}

void ctl_help_command(const struct ctl_command *c)
{
	int option;

	printf("Usage: clusterarpctl [OPTION]... %s%s%s\n%c%s.\n\n%s\n", c->name,
	       *c->arguments ? " " : "", c->arguments, c->summary[0] - 'a' + 'A', c->summary + 1,
	       c->help);
	for (option = 0; option < CTL_OPTIONS; option++) {
		if (option != CTL_VERSION && (option <= CTL_HELP || c->options & CTL_BIT(option)))
			ctl_option_print((enum ctl_option)option, "");
	}
}
