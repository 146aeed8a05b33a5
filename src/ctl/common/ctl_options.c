/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ctl_options: the command line; see ctl_options.h. */
#include "ctl/common/ctl_options.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/words.h"
#include "ctl/common/ctl_text.h"

#define VALUES    256 /* getopt_long() returns this and the option's number for long ones */
#define WORDS_MAX 64  /* more than there are options, or commands */

enum kind { FLAG, TEXT, COUNT, SECONDS };

static const struct row {
	const char *name;
	char letter; /* 0: it has none */
	enum kind kind;
	const char *value, *help;
} rows[CTL_OPTIONS] = {
	[CTL_SOCKET] = { "socket", 's', TEXT, "PATH",
			 "control socket (default: " DEFAULT_SOCKET ")" },
	[CTL_INSTANCE] = { "instance", 'i', TEXT, "NAME", "control socket of clusterarpd@NAME" },
	[CTL_VERSION] = { "version", 'V', FLAG, "", "print the version and exit" },
	[CTL_HELP] = { "help", 'h', FLAG, "", "print this, or the help of a command, and exit" },
	[CTL_JSON] = { "json", 'j', FLAG, "", "print JSON" },
	[CTL_DRY_RUN] = { "dry-run", 0, FLAG, "", "only show what would change" },
	[CTL_WRITE] = { "write", 'w', TEXT, "FILE", "write to this file, not to standard output" },
	[CTL_COUNT] = { "count", 0, COUNT, "N", "stop after N frames" },
	[CTL_SNAPLEN] = { "snaplen", 0, COUNT, "N", "keep N bytes of each frame (default: 256)" },
	[CTL_CONFIG] = { "config", 'c', TEXT, "FILE", "configuration file, not the default one" },
	[CTL_NODE] = { "node", 'n', TEXT, "NODE", "as this node (default: the host name)" },
	[CTL_SIDE] = { "side", 0, TEXT, "SIDE", "all frames were captured there: wire or tap" },
	[CTL_WAIT] = { "wait", 0, SECONDS, "SEC", "wait at most SEC seconds until it is so" },
	[CTL_EPOCH] = { "epoch", 0, TEXT, "E", "number of the order" },
	[CTL_TTL] = { "ttl", 0, TEXT, "SEC", "for how long this node may take new clients" },
	[CTL_DEAD] = { "dead", 0, TEXT, "NODE", "this node has stopped" },
	[CTL_ASKING] = { "asking", 0, FLAG, "", "they still serve clients they had before" },
};

/* --- messages --- */

int ctl_usage_error(const struct ctl_command *command, const char *format, ...)
{
	va_list args;

	if (format) {
		fputs("clusterarpctl: ", stderr);
		va_start(args, format);
		vfprintf(stderr, format, args);
		va_end(args);
		putc('\n', stderr);
	}
	if (command)
		fprintf(stderr, "Try 'clusterarpctl help %s'.\n", command->name);
	else
		fputs("Try 'clusterarpctl --help'.\n", stderr);
	return command && command->trouble ? command->trouble : EXIT_USAGE;
}

static bool applies(enum ctl_option option, const struct ctl_command *command)
{
	return option <= CTL_HELP || command->options & CTL_BIT(option);
}

const char *ctl_option_name(enum ctl_option option)
{
	return rows[option].name;
}

void ctl_option_print(enum ctl_option option, const char *prefix)
{
	const struct row *row = &rows[option];
	char text[CTL_NUMBER_SIZE];

	snprintf(text, sizeof(text), "--%s%s%s", row->name, *row->value ? " " : "", row->value);
	if (row->letter)
		printf("  -%c, ", row->letter);
	else
		fputs("      ", stdout);
	printf("%-15s  %s%s\n", text, prefix, row->help);
}

/* " did you mean 'NAME'?" or nothing; for an option only one that applies to the command. */
static void print_meant(const char *prefix, const char *word, const char *const *list)
{
	const char *meant = words_suggest(word, list);

	if (meant)
		fprintf(stderr, ": did you mean '%s%s'?", prefix, meant);
	putc('\n', stderr);
}

const struct ctl_command *ctl_find_command(const struct ctl_command *commands, const char *name)
{
	const char *names[WORDS_MAX + 1] = { NULL };
	size_t i;

	for (i = 0; commands[i].name && i < WORDS_MAX; i++) {
		if (!strcmp(name, commands[i].name))
			return &commands[i];
		names[i] = commands[i].name;
	}
	fprintf(stderr, "clusterarpctl: unknown command '%s'", name);
	print_meant("", name, names);
	return NULL;
}

/* --- values --- */

bool ctl_parse_seconds(const char *text, double *out)
{
	size_t whole = strspn(text, "0123456789");
	size_t part = text[whole] == '.' ? 1 + strspn(text + whole + 1, "0123456789") : 0;

	if (!whole || part == 1 || text[whole + part] || whole > 9)
		return false;
	*out = strtod(text, NULL);
	return true;
}

static bool is_count(const char *text)
{
	return *text && strspn(text, "0123456789") == strlen(text) && strlen(text) <= 18;
}

static bool is_value(enum kind kind, const char *text)
{
	double seconds;

	return (kind != COUNT || is_count(text)) &&
	       (kind != SECONDS || ctl_parse_seconds(text, &seconds));
}

const char *ctl_option(const struct ctl_options *o, enum ctl_option option)
{
	size_t i = o->given_count;

	while (i--) {
		if (o->given[i].option == option)
			return o->given[i].value;
	}
	return NULL;
}

json_int_t ctl_option_count(const struct ctl_options *o, enum ctl_option option,
			    json_int_t otherwise)
{
	const char *value = ctl_option(o, option);

	return value ? strtoll(value, NULL, 10) : otherwise;
}

double ctl_option_seconds(const struct ctl_options *o, enum ctl_option option, double otherwise)
{
	const char *value = ctl_option(o, option);

	return value ? strtod(value, NULL) : otherwise;
}

/* --- the command line --- */

/* What getopt_long() needs: the letters, and a row for each long option. */
struct forms {
	char letters[2 * CTL_OPTIONS + 2];
	struct option names[CTL_OPTIONS + 1];
};

static void make_forms(struct forms *forms)
{
	char *letters = forms->letters;
	size_t i;

	*letters++ = ':'; /* it prints nothing itself */
	for (i = 0; i < CTL_OPTIONS; i++) {
		bool has_value = rows[i].kind != FLAG;

		forms->names[i] =
			(struct option){ rows[i].name, has_value ? required_argument : no_argument,
					 NULL, VALUES + (int)i };
		if (!rows[i].letter)
			continue;
		*letters++ = rows[i].letter;
		if (has_value)
			*letters++ = ':';
	}
	*letters = '\0';
	forms->names[i] = (struct option){ 0 };
}

static enum ctl_option find_option(int value)
{
	int i;

	if (value >= VALUES)
		return (enum ctl_option)(value - VALUES);
	for (i = 0; i < CTL_OPTIONS && rows[i].letter != value; i++)
		;
	return (enum ctl_option)i;
}

/* `word` as it stands in the command line. */
static void print_unknown(const char *word)
{
	const char *names[CTL_OPTIONS + 1] = { NULL };
	char *name;
	size_t i;

	for (i = 0; i < CTL_OPTIONS; i++)
		names[i] = rows[i].name;
	fprintf(stderr, "clusterarpctl: unknown option '%s'", word);
	name = ctl_must(strndup(word, strcspn(word, "=")));
	print_meant("--", name + strspn(name, "-"), names);
	free(name);
}

/* getopt_long() returned ':' (a value is missing) or '?' (anything else). */
static void print_bad(int result, char *const *argv)
{
	enum ctl_option option = optopt ? find_option(optopt) : CTL_OPTIONS;

	if (option < CTL_OPTIONS && result == ':')
		fprintf(stderr, "clusterarpctl: --%s needs a value: %s\n", rows[option].name,
			rows[option].value);
	else if (option < CTL_OPTIONS)
		fprintf(stderr, "clusterarpctl: --%s has no value\n", rows[option].name);
	else if (optopt)
		fprintf(stderr, "clusterarpctl: unknown option '-%c'\n", optopt);
	else
		print_unknown(argv[optind - 1]);
}

static bool take_socket(struct ctl_options *o, enum ctl_option option, const char *value)
{
	int n = -1;

	if (option == CTL_SOCKET)
		n = snprintf(o->socket, sizeof(o->socket), "%s", value);
	else
		n = snprintf(o->socket, sizeof(o->socket), RUNTIME_DIR "/%s/control.sock", value);
	if (n >= 0 && (size_t)n < sizeof(o->socket))
		return true;
	fprintf(stderr, "clusterarpctl: path too long: '%s'\n", value);
	return false;
}

static void note(struct ctl_options *o, enum ctl_option option, const char *value)
{
	o->given = ctl_must(reallocarray(o->given, o->given_count + 1, sizeof(*o->given)));
	o->given[o->given_count++] = (struct ctl_given_option){ option, value };
}

static bool take(struct ctl_options *o, enum ctl_option option, const char *value)
{
	const struct row *row = &rows[option];

	if (!is_value(row->kind, value)) {
		fprintf(stderr, "clusterarpctl: --%s needs a number%s, not '%s'\n", row->name,
			row->kind == SECONDS ? " of seconds" : "", value);
		return false;
	}
	note(o, option, value);
	return (option != CTL_SOCKET && option != CTL_INSTANCE) || take_socket(o, option, value);
}

/* All options, also after a mistake, so that the command is found: it decides on the exit status.
 * False after a line on stderr. */
static bool take_all(struct ctl_options *o, int argc, char **argv)
{
	bool is_right = true;
	struct forms forms;
	int result;

	make_forms(&forms);
	while ((result = getopt_long(argc, argv, forms.letters, forms.names, NULL)) != -1) {
		if (!is_right)
			continue;
		if (result == '?' || result == ':')
			print_bad(result, argv);
		is_right = result != '?' && result != ':' &&
			   take(o, find_option(result), optarg ? optarg : "");
	}
	return is_right;
}

static int check_options(const struct ctl_options *o)
{
	size_t i;

	for (i = 0; i < o->given_count; i++) {
		if (!applies(o->given[i].option, o->command))
			return ctl_usage_error(o->command, "--%s does not apply to '%s'",
					       rows[o->given[i].option].name, o->command->name);
	}
	return -1;
}

static int check_words(const struct ctl_options *o)
{
	const struct ctl_command *c = o->command;

	if (o->count > c->most)
		return ctl_usage_error(c, "unexpected argument '%s'", o->words[c->most]);
	if (o->count < c->least)
		return ctl_usage_error(c, "the usage is: %s %s", c->name, c->arguments);
	return -1;
}

int ctl_options_read(struct ctl_options *o, int argc, char **argv,
		     const struct ctl_command *commands)
{
	const struct ctl_command *named;
	bool is_right;
	int rc;

	*o = (struct ctl_options){ .socket = DEFAULT_SOCKET, .command = commands };
	is_right = take_all(o, argc, argv);
	if (optind < argc) {
		named = ctl_find_command(commands, argv[optind++]);
		if (!named)
			return ctl_usage_error(NULL, NULL);
		o->command = named;
		o->has_command = true;
	}
	o->words = argv + optind;
	o->count = argc - optind;
	if (!is_right)
		return ctl_usage_error(o->has_command ? o->command : NULL, NULL);
	if (ctl_option(o, CTL_HELP) || ctl_option(o, CTL_VERSION))
		return -1;
	rc = check_options(o);
	return rc < 0 ? check_words(o) : rc;
}

void ctl_options_free(struct ctl_options *o)
{
	free(o->given);
}
