/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ctl_shares: the command `shares`; see ctl_shares.h. */
#include "ctl/ctl_shares.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/addr.h"
#include "base/words.h"
#include "ctl/common/ctl_options.h"
#include "ctl/common/ctl_table.h"

#define POLL_MS    500 /* each answer takes a look at all connections */
#define WEIGHT_MAX 100

struct shares {
	const struct ctl_options *options;
	char **words; /* the arguments after `shares` */
	int count;
	json_t *request;
};

/* --- the arguments --- */

__attribute__((format(printf, 1, 2))) static bool wrong(const char *format, ...)
{
	va_list args;

	fputs("clusterarpctl: shares: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	putc('\n', stderr);
	return false;
}

/* A decimal number from `min` to `max`. */
static bool parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *out)
{
	uint64_t number = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		unsigned digit = (unsigned char)*text - '0';

		if (digit > 9 || number > (max - digit) / 10)
			return false;
		number = number * 10 + digit;
	}
	*out = number;
	return number >= min;
}

/* What JSON cannot carry (not UTF-8) is not the name of a node. */
static bool check_node(const char *name)
{
	json_t *string = json_string(name);

	json_decref(string);
	if (*name && string)
		return true;
	return wrong("'%s' is not the name of a node", name);
}

static void put(struct shares *s, const char *key, json_t *value)
{
	json_object_set_new(s->request, key, ctl_must(value));
}

/* ADDRESS, ADDRESS:PORT, [ADDRESS] or [ADDRESS]:PORT. An IPv6 address without brackets has no port:
 * it could not be told from the address. */
static bool check_client(struct shares *s)
{
	const char *text = s->words[1], *port = NULL;
	char address[IP_STRLEN];
	struct ip_addr ip;
	uint64_t number;
	size_t length;

	if (*text == '[') {
		length = strcspn(++text, "]");
		port = text[length] ? text + length + 1 : "?";
		port = *port ? port : NULL;
	} else {
		length = strlen(text);
		if (strchr(text, ':') && strchr(text, ':') == strrchr(text, ':')) {
			length = strcspn(text, ":");
			port = text + length;
		}
	}
	snprintf(address, sizeof(address), "%.*s", (int)(length < IP_STRLEN ? length : 0), text);
	if (!ip_parse(address, &ip) || (port && *port != ':'))
		return wrong("'%s' is not ADDRESS[:PORT]: an IPv6 address with a port is written"
			     " in brackets, as in [2001:db8::1]:443",
			     s->words[1]);
	if (port && !parse_number(port + 1, 1, UINT16_MAX, &number))
		return wrong("'%s': a port is a number from 1 to 65535", s->words[1]);
	put(s, "address", json_string(address));
	if (port)
		put(s, "port", json_integer((json_int_t)number));
	return true;
}

static bool check_weight(struct shares *s)
{
	uint64_t weight;

	if (!parse_number(s->words[1], 0, WEIGHT_MAX, &weight))
		return wrong("a weight is a number from 0 to %d, not '%s'", WEIGHT_MAX,
			     s->words[1]);
	put(s, "weight", json_integer((json_int_t)weight));
	return true;
}

static bool check_epoch(struct shares *s)
{
	const char *text = ctl_option(s->options, CTL_EPOCH);
	uint64_t epoch;

	if (!text)
		return wrong("%s needs --epoch", s->words[0]);
	if (!parse_number(text, 1, INT64_MAX, &epoch))
		return wrong("--epoch needs a number from 1, not '%s'", text);
	put(s, "epoch", json_integer((json_int_t)epoch));
	return true;
}

static bool check_ttl(struct shares *s)
{
	const char *text = ctl_option(s->options, CTL_TTL);
	double seconds;

	if (!text)
		return wrong("set needs --ttl: for how long this node may take new connections");
	if (!strcmp(text, "forever")) {
		put(s, "ttl", json_string(text));
		return true;
	}
	if (!ctl_parse_seconds(text, &seconds))
		return wrong("--ttl needs a number of seconds, or forever, not '%s'", text);
	put(s, "ttl", json_real(seconds));
	put(s, "sent", json_integer((json_int_t)(ctl_now() * 1000)));
	return true;
}

/* NODE or NODE=WEIGHT. Without one, the node has the weight of the file. */
static bool add_present(json_t *nodes, const char *word)
{
	const char *equals = strchr(word, '=');
	char *name = ctl_must(strndup(word, strcspn(word, "=")));
	uint64_t weight = 0;
	bool good;

	if (equals && !parse_number(equals + 1, 0, WEIGHT_MAX, &weight))
		good = wrong("'%s': a weight is a number from 0 to %d", word, WEIGHT_MAX);
	else if (json_object_get(nodes, name))
		good = wrong("node '%s' is named twice", name);
	else
		good = check_node(name);
	if (good)
		json_object_set_new(
			nodes, name,
			ctl_must(equals ? json_integer((json_int_t)weight) : json_null()));
	free(name);
	return good;
}

/* All values of --dead. */
static bool check_dead(struct shares *s)
{
	const struct ctl_options *o = s->options;
	json_t *dead = ctl_must(json_array());

	for (size_t i = 0; i < o->given_count; i++) {
		if (o->given[i].option != CTL_DEAD)
			continue;
		if (!check_node(o->given[i].value)) {
			json_decref(dead);
			return false;
		}
		json_array_append_new(dead, ctl_must(json_string(o->given[i].value)));
	}
	if (json_array_size(dead))
		put(s, "dead", dead);
	else
		json_decref(dead);
	return true;
}

static bool check_set(struct shares *s)
{
	json_t *nodes = ctl_must(json_object());
	bool good = check_epoch(s) && check_ttl(s) && check_dead(s);

	for (int i = 1; i < s->count && good; i++)
		good = add_present(nodes, s->words[i]);
	put(s, "nodes", nodes);
	return good;
}

static bool check_released(struct shares *s)
{
	json_t *nodes = ctl_must(json_array());
	bool good = check_epoch(s);

	for (int i = 1; i < s->count && good; i++) {
		good = check_node(s->words[i]);
		if (good)
			json_array_append_new(nodes, ctl_must(json_string(s->words[i])));
	}
	put(s, "nodes", nodes);
	if (ctl_option(s->options, CTL_ASKING))
		put(s, "asking", json_true());
	return good;
}

/* --- the answers --- */

static const json_t *find_self(const json_t *shares)
{
	const json_t *node;
	size_t i;

	json_array_foreach (json_object_get(shares, "nodes"), i, node)
		if (json_is_true(json_object_get(node, "self")))
			return node;
	return NULL;
}

static void write_lease(FILE *out, const json_t *shares)
{
	json_int_t ms = ctl_integer(shares, "lease_ms");

	if (json_is_null(json_object_get(shares, "lease_ms")))
		fputs(", lease forever", out);
	else if (ms)
		fprintf(out, ", lease %.1f s", (double)ms / 1000);
	else
		fputs(", lease none (no new connections)", out);
}

static void write_whole(FILE *out, const json_t *shares)
{
	const json_t *wish = json_object_get(shares, "wish");

	fprintf(out, "mode %s, affinity %s", ctl_string(shares, "mode"),
		ctl_string(shares, "affinity"));
	if (json_is_null(json_object_get(shares, "source")))
		fputs(", epoch none (a driver has to give an order)", out);
	else
		fprintf(out, ", epoch %" JSON_INTEGER_FORMAT, ctl_integer(shares, "epoch"));
	write_lease(out, shares);
	fprintf(out, ", waiting %" JSON_INTEGER_FORMAT ", asking %" JSON_INTEGER_FORMAT,
		ctl_integer(shares, "unowned"), ctl_integer(shares, "asking"));
	if (json_is_integer(wish) && !json_integer_value(wish))
		fputs(", wish drain", out);
	else if (json_is_integer(wish))
		fprintf(out, ", wish weight %" JSON_INTEGER_FORMAT, json_integer_value(wish));
}

/* The line below the table: what holds for this node as a whole. */
static void print_whole(const json_t *shares)
{
	char *text = NULL;
	size_t size;
	FILE *out = ctl_must(open_memstream(&text, &size));

	write_whole(out, shares);
	fclose(out);
	putchar('\n');
	ctl_print_wrapped(ctl_must(text), 0, 2);
	free(text);
}

static void add_node(struct ctl_table *t, const json_t *node, json_int_t buckets)
{
	const json_t *connections = json_object_get(node, "connections");
	const char *state = ctl_string(node, "state");
	double owned = (double)ctl_integer(node, "owned");

	ctl_cell(t, CTL_PLAIN, "%s", ctl_string(node, "name"));
	ctl_cell(t, ctl_state_colour(state), "%s", state);
	ctl_number_cell(t, node, "weight", CTL_PLAIN);
	ctl_cell(t, CTL_PLAIN, "%.1f %%", buckets > 0 ? 100 * owned / (double)buckets : 0);
	if (json_is_integer(connections))
		ctl_number_cell(t, node, "connections", CTL_PLAIN);
	else
		ctl_cell(t, CTL_PLAIN, "-");
}

static void print_shares(const json_t *answer)
{
	const json_t *shares = json_object_get(answer, "shares"), *node;
	struct ctl_table *t;
	size_t i;

	if (!strcmp(ctl_string(shares, "mode"), "none")) {
		puts("shares = none: all nodes answer");
		return;
	}
	t = ctl_table_create("llrrr");
	ctl_cells(t, "NODE", "STATE", "WEIGHT", "SHARE", "CONNECTIONS", NULL);
	json_array_foreach (json_object_get(shares, "nodes"), i, node)
		add_node(t, node, ctl_integer(shares, "buckets"));
	ctl_table_print(t, "");
	print_whole(shares);
}

static void print_of(const json_t *answer)
{
	const json_t *of = json_object_get(answer, "of"), *owner = json_object_get(of, "owner");
	json_int_t port = ctl_integer(of, "port");

	ctl_put_clean(stdout, ctl_string(of, "address"), false);
	if (port)
		printf(" port %" JSON_INTEGER_FORMAT, port);
	printf(": bucket %" JSON_INTEGER_FORMAT ", ", ctl_integer(of, "bucket"));
	fputs(json_is_object(owner) ? "of node " : "of no node", stdout);
	if (json_is_object(owner))
		ctl_put_clean(stdout, ctl_string(owner, "name"), false);
	fputs("\nthis node: ", stdout);
	ctl_print_wrapped(ctl_string(of, "why"), sizeof("this node: ") - 1, 2);
}

/* No bucket is this node's any more, and it has no connection in those of others. Before the first
 * order it serves the connections that it has, in all buckets. */
static bool is_drained(const json_t *answer)
{
	const json_t *shares = json_object_get(answer, "shares"), *self = find_self(shares);
	bool is_counted = json_is_integer(json_object_get(self, "connections"));

	if (json_is_null(json_object_get(shares, "source")))
		return is_counted && !ctl_integer(self, "connections");
	return !ctl_integer(self, "owned") && !ctl_integer(shares, "asking");
}

/* What a drained node waits for. */
static void put_awaited(FILE *out, const json_t *answer)
{
	const json_t *shares = json_object_get(answer, "shares"), *self = find_self(shares);
	json_int_t connections = ctl_integer(self, "connections"); /* 0 also: not counted yet */

	if (ctl_integer(self, "owned"))
		fputs("waits for a driver to give this node's share to others", out);
	else if (connections)
		fprintf(out, "waits for %" JSON_INTEGER_FORMAT " connection%s to end", connections,
			connections == 1 ? "" : "s");
	else
		fputs("waits until its last connections are closed", out);
	putc('\n', out);
}

static void print_drain(const json_t *answer)
{
	fputs(is_drained(answer) ? "drained\n" : "draining: ", stdout);
	if (!is_drained(answer))
		put_awaited(stdout, answer);
}

static void print_wish(const json_t *answer)
{
	const json_t *wish = json_object_get(json_object_get(answer, "shares"), "wish");

	if (json_is_integer(wish))
		printf("the driver is asked for weight %" JSON_INTEGER_FORMAT "\n",
		       json_integer_value(wish));
	else
		puts("the driver is asked for the weight of the file");
}

static void print_set(const json_t *answer)
{
	printf("released epoch %" JSON_INTEGER_FORMAT "\n",
	       ctl_integer(json_object_get(answer, "shares"), "epoch"));
}

static void print_released(const json_t *answer)
{
	json_int_t waiting = ctl_integer(json_object_get(answer, "shares"), "unowned");

	if (waiting)
		printf("waits for others in %" JSON_INTEGER_FORMAT " buckets\n", waiting);
	else
		puts("waits for no other node");
}

/* --- the subcommands --- */

static const struct subcommand {
	const char *name, *request, *arguments; /* those in the usage */
	int min, max;                           /* number of words after the name */
	unsigned options;                       /* those of shares that apply: CTL_BIT() */
	bool (*check)(struct shares *s);
	void (*print)(const json_t *answer);
} subcommands[] = {
	{ "of", "shares_of", "ADDRESS[:PORT]", 1, 1, 0, check_client, print_of },
	{ "drain", "shares_drain", "[--wait SEC]", 0, 0, CTL_BIT(CTL_WAIT), NULL, print_drain },
	{ "resume", "shares_resume", "", 0, 0, 0, NULL, print_wish },
	{ "weight", "shares_weight", "N", 1, 1, 0, check_weight, print_wish },
	{ "set", "shares_set", "--epoch E --ttl SEC NODE[=WEIGHT]... [--dead NODE]...", 1,
	  INT32_MAX, CTL_BIT(CTL_EPOCH) | CTL_BIT(CTL_TTL) | CTL_BIT(CTL_DEAD), check_set,
	  print_set },
	{ "released", "shares_released", "--epoch E [--asking] NODE...", 1, INT32_MAX,
	  CTL_BIT(CTL_EPOCH) | CTL_BIT(CTL_ASKING), check_released, print_released },
};
static const struct subcommand show = { "", "shares", "", 0, 0, 0, NULL, print_shares };

/* NULL: there is none of this name. */
static const struct subcommand *find(const struct shares *s)
{
	if (!s->count)
		return &show;
	for (size_t i = 0; i < sizeof(subcommands) / sizeof(subcommands[0]); i++) {
		if (!strcmp(s->words[0], subcommands[i].name))
			return &subcommands[i];
	}
	return NULL;
}

static bool find_wrong(const struct shares *s)
{
	const char *names[sizeof(subcommands) / sizeof(subcommands[0]) + 1] = { NULL }, *meant;

	for (size_t i = 0; i < sizeof(subcommands) / sizeof(subcommands[0]); i++)
		names[i] = subcommands[i].name;
	meant = words_suggest(s->words[0], names);
	if (meant)
		return wrong("unknown subcommand '%s': did you mean '%s'?", s->words[0], meant);
	return wrong("unknown subcommand '%s'", s->words[0]);
}

static bool check(struct shares *s)
{
	const struct ctl_options *o = s->options;
	const struct subcommand *c = find(s);
	int words = s->count ? s->count - 1 : 0;

	if (!c)
		return find_wrong(s);
	if (words < c->min || words > c->max)
		return wrong("the usage is: shares %s%s%s", c->name, *c->arguments ? " " : "",
			     c->arguments);
	for (size_t i = 0; i < o->given_count; i++) {
		enum ctl_option option = o->given[i].option;

		if (option > CTL_JSON && !(c->options & CTL_BIT(option)))
			return wrong("--%s does not apply to shares%s%s", ctl_option_name(option),
				     *c->name ? " " : "", c->name);
	}
	s->request = ctl_must(json_pack("{s:s}", "command", c->request));
	return !c->check || c->check(s);
}

/* --- asking --- */

/* Replace the answer by later ones, until the node is drained or the time is over. NULL: the
 * daemon is gone. */
static json_t *wait_drained(const struct shares *s, json_t *answer)
{
	const struct timespec pause = { .tv_nsec = POLL_MS * 1000000 };
	json_t *request = ctl_must(json_pack("{s:s}", "command", show.request));
	double end = ctl_now() + ctl_option_seconds(s->options, CTL_WAIT, 0);

	while (answer && !json_object_get(answer, "error") && !is_drained(answer) &&
	       ctl_now() < end) {
		nanosleep(&pause, NULL);
		json_decref(answer);
		answer = ctl_ask(s->options->socket, request);
	}
	json_decref(request);
	return answer;
}

static int finish(const struct shares *s, const json_t *answer)
{
	const char *wait = ctl_option(s->options, CTL_WAIT);
	bool json = ctl_option(s->options, CTL_JSON);

	if (json)
		ctl_print_json(answer);
	if (ctl_is_refused(answer))
		return EXIT_REFUSED;
	if (wait && !is_drained(answer)) {
		fprintf(stderr, "clusterarpctl: not drained after %s s: ", wait);
		put_awaited(stderr, answer);
		return EXIT_REFUSED;
	}
	if (!json)
		find(s)->print(answer);
	return EXIT_ANSWERED;
}

static int ask(const struct shares *s)
{
	json_t *answer = ctl_ask(s->options->socket, s->request);
	int rc;

	if (ctl_option(s->options, CTL_WAIT))
		answer = wait_drained(s, answer);
	if (!answer)
		return ctl_no_daemon(s->options->socket);
	rc = finish(s, answer);
	json_decref(answer);
	return rc;
}

int ctl_shares_run(const struct ctl_options *o)
{
	struct shares s = { .options = o, .words = o->words, .count = o->count };
	int rc = check(&s) ? ask(&s) : ctl_usage_error(o->command, NULL);

	json_decref(s.request);
	return rc;
}
