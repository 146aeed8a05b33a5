/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * clusterarpctl: asks the daemon over its control socket and prints the answer.
 *
 * One request line, one answer line, both JSON (see io/control.h). With -j the answer is
 * printed as it came; else one "name: value" a line, or for `neigh` an entry a line.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "config.h"

enum { EXIT_ANSWERED = 0, EXIT_REFUSED = 1, EXIT_USAGE = 2, EXIT_NO_DAEMON = 3 };

#define TIMEOUT_SECONDS 10

struct request {
	char socket[sizeof(((struct sockaddr_un *)0)->sun_path)];
	const char *command;
	bool json;
};

static const char usage[] = "Usage: clusterarpctl [OPTION]... [COMMAND]\n"
			    "Ask a running clusterarpd.\n"
			    "\n"
			    "  status     what it runs as: node, cluster, link (the default)\n"
			    "  peers      the other nodes, and what went to and came from each\n"
			    "  neigh      the TAP's neighbour table, as the daemon knows it\n"
			    "  counters   frames and bytes, and what was dropped why\n"
			    "  version    the daemon's version\n"
			    "\n"
			    "  -s, --socket PATH    control socket (" DEFAULT_SOCKET ")\n"
			    "  -i, --instance NAME  the one of clusterarpd@NAME\n"
			    "  -j, --json           print JSON\n"
			    "  -V, --version        print the version and exit\n"
			    "  -h, --help           print this and exit\n"
			    "\n"
			    "Exit status: 0 answered, 1 refused, 2 usage, 3 no daemon.\n";

static const struct option long_options[] = {
	{ "socket", required_argument, NULL, 's' }, { "instance", required_argument, NULL, 'i' },
	{ "json", no_argument, NULL, 'j' },         { "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },         { NULL, 0, NULL, 0 },
};

static const char *const commands[] = { "status", "peers", "neigh", "counters", "version" };

static int usage_error(const char *what, const char *value)
{
	if (what)
		fprintf(stderr, "clusterarpctl: %s '%s'\n", what, value);
	fputs("Try 'clusterarpctl --help'.\n", stderr);
	return EXIT_USAGE;
}

static int set_socket(struct request *r, const char *format, const char *value)
{
	int n = snprintf(r->socket, sizeof(r->socket), format, value);

	if (n < 0 || (size_t)n >= sizeof(r->socket))
		return usage_error("path too long:", value);
	return -1;
}

/* One option; -1: go on. */
static int take(int option, struct request *r)
{
	switch (option) {
	case 's':
		return set_socket(r, "%s", optarg);
	case 'i':
		return set_socket(r, RUNTIME_DIR "/%s/control.sock", optarg);
	case 'j':
		r->json = true;
		return -1;
	case 'V':
		puts("clusterarpctl " PACKAGE_VERSION);
		return EXIT_ANSWERED;
	case 'h':
		fputs(usage, stdout);
		return EXIT_ANSWERED;
	default:
		return usage_error(NULL, NULL);
	}
}

static int take_command(int argc, char **argv, struct request *r)
{
	size_t i;

	r->command = optind < argc ? argv[optind++] : commands[0];
	if (optind < argc)
		return usage_error("unexpected argument", argv[optind]);
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(r->command, commands[i]))
			return -1;
	return usage_error("unknown command", r->command);
}

static int parse(int argc, char **argv, struct request *r)
{
	int option, rc = set_socket(r, "%s", DEFAULT_SOCKET);

	while (rc < 0 && (option = getopt_long(argc, argv, "s:i:jVh", long_options, NULL)) != -1)
		rc = take(option, r);
	return rc < 0 ? take_command(argc, argv, r) : rc;
}

/* A connected socket, or -1 with errno. */
static int connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct timeval timeout = { .tv_sec = TIMEOUT_SECONDS };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	strcpy(address.sun_path, path); /* set_socket() saw to the length */
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
	if (!connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return fd;
	close(fd);
	return -1;
}

/* The answer as JSON, or NULL with errno. */
static json_t *ask(const struct request *r)
{
	json_error_t error;
	json_t *answer;
	FILE *stream;
	int fd = connect_to(r->socket);

	if (fd < 0)
		return NULL;
	stream = fdopen(fd, "r+");
	if (!stream) {
		close(fd);
		return NULL;
	}
	fprintf(stream, "{\"command\": \"%s\"}\n", r->command);
	fflush(stream);
	errno = 0;
	answer = json_loadf(stream, JSON_DISABLE_EOF_CHECK, &error);
	if (!answer && !errno)
		errno = EPROTO;
	fclose(stream);
	return answer;
}

static void print_plain(const json_t *value, const char *name);

static void print_member(const json_t *value, const char *name, const char *key)
{
	char path[256];

	snprintf(path, sizeof(path), "%s%s%s", name, *name ? "." : "", key);
	print_plain(value, path);
}

/* An element of a list is known by its own name or address, if it has one. */
static void print_list(const json_t *list, const char *name)
{
	const char *key;
	size_t i;
	json_t *element;

	json_array_foreach (list, i, element) {
		key = json_string_value(json_object_get(element, "name"));
		if (!key)
			key = json_string_value(json_object_get(element, "dst"));
		if (key)
			print_member(element, name, key);
		else
			print_plain(element, name);
	}
}

static void print_plain(const json_t *value, const char *name)
{
	const char *key;
	json_t *member;

	if (json_is_array(value))
		print_list(value, name);
	else if (json_is_object(value))
		json_object_foreach ((json_t *)value, key, member)
			print_member(member, name, key);
	else if (json_is_string(value))
		printf("%s: %s\n", name, json_string_value(value));
	else if (json_is_integer(value))
		printf("%s: %" JSON_INTEGER_FORMAT "\n", name, json_integer_value(value));
	else if (json_is_null(value))
		printf("%s: -\n", name);
	else
		printf("%s: %s\n", name, json_is_true(value) ? "yes" : "no");
}

struct neighbour {
	int family;
	uint8_t address[16];
	const json_t *entry;
};

static void read_neighbour(struct neighbour *n, const json_t *entry)
{
	const char *dst = json_string_value(json_object_get(entry, "dst"));

	*n = (struct neighbour){ .family = AF_INET, .entry = entry };
	if (!dst || inet_pton(AF_INET, dst, n->address) == 1)
		return;
	n->family = AF_INET6;
	inet_pton(AF_INET6, dst, n->address);
}

static int compare_neighbours(const void *a, const void *b)
{
	const struct neighbour *m = a, *n = b;

	if (m->family != n->family)
		return m->family == AF_INET ? -1 : 1;
	return memcmp(m->address, n->address, sizeof(m->address));
}

/* " name value", if there is one. */
static void print_word(const json_t *entry, const char *name)
{
	const char *value = json_string_value(json_object_get(entry, name));

	if (value)
		printf(" %s %s", name, value);
}

/* As ip-neighbour(8) has it. */
static void print_neighbour(const json_t *entry)
{
	const char *dst = json_string_value(json_object_get(entry, "dst"));
	json_t *state;
	size_t i;

	fputs(dst ? dst : "?", stdout);
	print_word(entry, "dev");
	print_word(entry, "lladdr");
	json_array_foreach (json_object_get(entry, "state"), i, state)
		printf(" %s", json_is_string(state) ? json_string_value(state) : "?");
	print_word(entry, "peer");
	putchar('\n');
}

static void print_neighbours(const json_t *list)
{
	size_t count = json_array_size(list), i;
	struct neighbour *sorted = calloc(count + 1, sizeof(*sorted));

	for (i = 0; sorted && i < count; i++)
		read_neighbour(&sorted[i], json_array_get(list, i));
	if (sorted)
		qsort(sorted, count, sizeof(*sorted), compare_neighbours);
	for (i = 0; i < count; i++)
		print_neighbour(sorted ? sorted[i].entry : json_array_get(list, i));
	free(sorted);
}

static int print_answer(const struct request *r, json_t *answer)
{
	const char *message =
		json_string_value(json_object_get(json_object_get(answer, "error"), "message"));

	if (r->json) {
		json_dumpf(answer, stdout, JSON_COMPACT);
		putchar('\n');
	} else if (!message) {
		json_object_del(answer, "schema_version");
		if (!strcmp(r->command, "neigh"))
			print_neighbours(json_object_get(answer, "neighbours"));
		else
			print_plain(answer, "");
	}
	if (message)
		fprintf(stderr, "clusterarpctl: refused: %s\n", message);
	return message ? EXIT_REFUSED : EXIT_ANSWERED;
}

int main(int argc, char **argv)
{
	struct request r = { 0 };
	json_t *answer;
	int rc = parse(argc, argv, &r);

	if (rc >= 0)
		return rc;
	answer = ask(&r);
	if (!answer) {
		fprintf(stderr, "clusterarpctl: no daemon answers at %s: %s\n", r.socket,
			strerror(errno));
		return EXIT_NO_DAEMON;
	}
	rc = print_answer(&r, answer);
	json_decref(answer);
	if (!fflush(stdout) && !ferror(stdout))
		return rc;
	fprintf(stderr, "clusterarpctl: cannot write: %s\n", strerror(errno));
	return EXIT_REFUSED;
}
