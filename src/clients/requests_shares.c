/* SPDX-License-Identifier: GPL-2.0-or-later */
/* requests_shares: the requests about shares; see requests_shares.h. */
#include "clients/requests_shares.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "config/config_words.h"
#include "core/shares/shares.h"
#include "report/report_line.h"
#include "report/report_shares.h"

/* A request while it is answered. */
struct call {
	const struct requests_shares *r;
	struct control_client *client;
	const json_t *request;
	const struct config *config;
};

static void answer_line(const struct call *call, char *line)
{
	if (line)
		control_answer(call->client, line);
}

/* Answer that the request is refused. Returns false. */
__attribute__((format(printf, 2, 3))) static bool refuse(const struct call *call,
							 const char *format, ...)
{
	char text[2 * CONFIG_QUOTE_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	answer_line(call, report_line_refusal(text));
	return false;
}

static char *report(const struct requests_shares *r)
{
	return report_shares_answer(sharing_report(r->sharing), peers_config(r->peers),
				    peers_self(r->peers));
}

/* What a change has led to, or that it was refused (`rc` negative), and why. */
static void answer_change(const struct call *call, int rc, const char *why)
{
	if (rc < 0)
		refuse(call, "%s", why ? why : strerror(-rc));
	else
		answer_line(call, report(call->r));
}

/* --- shares: after a scan, so that the connections are those of now --- */

struct answer {
	struct requests_shares r;
	struct control_client *client;
	bool is_scanned, is_sent;
};

static enum control_next next_piece(struct control_piece *piece, void *arg)
{
	struct answer *a = arg;
	char *line;

	if (!a->is_scanned)
		return CONTROL_WAIT;
	line = a->is_sent ? NULL : report(&a->r);
	a->is_sent = true;
	if (!line)
		return CONTROL_END;
	*piece = (struct control_piece){ line, strlen(line) + 1 };
	line[piece->len - 1] = '\n'; /* in place of the NUL */
	return CONTROL_PIECE;
}

/* The client may be gone before the scan has ended. */
static void close_answer(void *arg)
{
	struct answer *a = arg;

	if (!a->is_scanned)
		sharing_scan_cancel(a->r.sharing, a);
	free(a);
}

static void on_scanned(void *arg)
{
	struct answer *a = arg;

	a->is_scanned = true;
	control_wake(a->client);
}

static void answer_shares(const struct call *call)
{
	struct answer *a = calloc(1, sizeof(*a));

	if (!a)
		return;
	*a = (struct answer){ .r = *call->r, .client = call->client };
	control_stream(call->client, &(struct control_source){
					     .next = next_piece, .close = close_answer, .arg = a });
	sharing_scan(a->r.sharing, on_scanned, a);
}

/* --- shares_of --- */

static const char *doing_name(const struct sharing_of *of)
{
	if (of->decision & SHARES_TAKES)
		return of->decision & SHARES_ASKS ? "no_lease" : "takes";
	if (of->is_waiting)
		return "waits";
	return of->decision & SHARES_ASKS ? "asks" : "drops";
}

/* What this node does with the client, and why, in words. */
static void explain(const struct sharing_of *of, char *text, size_t size)
{
	static const char known[] = "serves the connections that it has, and drops the rest";
	const char *doing = doing_name(of),
		   *drops = of->decision & SHARES_ASKS ? known : "drops it";

	if (!strcmp(doing, "no_lease"))
		snprintf(text, size, "has no lease: %s", known);
	else if (!strcmp(doing, "waits"))
		snprintf(text, size, "owns it, but another node may still take it: %s", drops);
	else if (strcmp(doing, "takes") != 0)
		snprintf(text, size, "%s, which %s%s", drops,
			 of->owner ? "belongs to " : "no node owns", of->owner ? of->owner : "");
	else if (of->decision & SHARES_CAUTIOUS)
		snprintf(text, size,
			 "takes it, but drops segments of connections that it does not know:"
			 " another node may have them");
	else
		snprintf(text, size, "takes it");
}

static json_t *of_json(const struct ip_addr *ip, unsigned port, const struct sharing_of *of)
{
	char address[IP_STRLEN], why[2 * CONFIG_NAME_MAX + 128];

	explain(of, why, sizeof(why));
	return json_pack(
		"{s:{s:s, s:o, s:i, s:o, s:s, s:b, s:s}}", "of", "address", ip_format(ip, address),
		"port", port ? json_integer(port) : json_null(), "bucket", (int)of->bucket, "owner",
		of->owner ? json_pack("{s:s}", "name", of->owner) : json_null(), "this_node",
		doing_name(of), "cautious", !!(of->decision & SHARES_CAUTIOUS), "why", why);
}

static void answer_of(const struct call *call)
{
	const char *text = json_string_value(json_object_get(call->request, "address"));
	const json_t *port = json_object_get(call->request, "port");
	json_int_t number = json_integer_value(port);
	struct sharing_of of = { 0 };
	struct ip_addr ip;

	if (!text || !ip_parse(text, &ip))
		refuse(call, "\"address\" must be an IPv4 or IPv6 address");
	else if (port && !json_is_null(port) && (number < 1 || number > UINT16_MAX))
		refuse(call, "\"port\" must be a number from 1 to %d", UINT16_MAX);
	else if (sharing_of(call->r->sharing, &ip, (unsigned)number, &of))
		refuse(call, "shares = none: all nodes answer");
	else
		answer_line(call, report_line(of_json(&ip, (unsigned)number, &of)));
}

/* --- a driver's requests --- */

/* False after a refusal, here and below. */
static bool read_epoch(const struct call *call, uint64_t *out)
{
	const json_t *epoch = json_object_get(call->request, "epoch");
	json_int_t number = json_integer_value(epoch); /* 0 of any other type */

	*out = (uint64_t)number;
	return number > 0 || refuse(call, "\"epoch\" must be a number from 1");
}

static bool read_ttl(const struct call *call, double *out)
{
	const json_t *ttl = json_object_get(call->request, "ttl");
	const char *text = json_string_value(ttl);

	*out = json_number_value(ttl);
	if (text && !strcmp(text, "forever"))
		*out = INFINITY;
	else if (!json_is_number(ttl))
		return refuse(call, "\"ttl\" must be a number of seconds, or \"forever\"");
	return true;
}

static bool read_sent(const struct call *call, uint64_t *out)
{
	const json_t *sent = json_object_get(call->request, "sent");
	json_int_t number = json_integer_value(sent);

	*out = (uint64_t)number;
	return !sent || number > 0 || refuse(call, "\"sent\" must be a number of milliseconds");
}

static bool read_asking(const struct call *call, bool *out)
{
	const json_t *asking = json_object_get(call->request, "asking");

	*out = json_is_true(asking);
	return !asking || json_is_boolean(asking) ||
	       refuse(call, "\"asking\" must be true or false");
}

static bool find_node(const struct call *call, const char *name, size_t *index)
{
	const struct config_node *node = name ? config_find_node(call->config, name) : NULL;

	if (!name)
		return refuse(call, "the name of a node must be a string");
	if (!node)
		return refuse(call, "the configuration has no node %s", QUOTE(name));
	*index = (size_t)(node - call->config->nodes);
	return true;
}

/* An array of names: check its type; absent is well. */
static bool check_names(const struct call *call, const char *key, const json_t *names)
{
	return !names || json_is_array(names) || refuse(call, "\"%s\" must be an array", key);
}

static bool read_present(const struct call *call, int *weights)
{
	json_t *nodes = json_object_get(call->request, "nodes"), *weight;
	const char *name;
	size_t i;

	if (!json_is_object(nodes))
		return refuse(call,
			      "\"nodes\" must be an object: the weight of each node, or null");
	json_object_foreach (nodes, name, weight) {
		json_int_t number = json_integer_value(weight);

		if (!find_node(call, name, &i))
			return false;
		if (json_is_null(weight))
			number = call->config->nodes[i].weight;
		else if (!json_is_integer(weight) || number < 0 || number > CONFIG_WEIGHT_MAX)
			return refuse(call, "node '%s': a weight is a number from 0 to %d", name,
				      CONFIG_WEIGHT_MAX);
		weights[i] = (int)number;
	}
	return true;
}

static bool read_dead(const struct call *call, int *weights)
{
	const json_t *dead = json_object_get(call->request, "dead"), *name;
	size_t i, n;

	if (!check_names(call, "dead", dead))
		return false;
	json_array_foreach (dead, i, name) {
		if (!find_node(call, json_string_value(name), &n))
			return false;
		if (weights[n] != SHARING_LEFT)
			return refuse(call, "node '%s' is named twice",
				      call->config->nodes[n].name);
		weights[n] = SHARING_DEAD;
	}
	return true;
}

static void answer_set(const struct call *call)
{
	int *weights = malloc(call->config->node_count * sizeof(*weights)), rc;
	struct sharing_order order = { .weights = weights };
	const char *why = NULL;

	if (!weights) {
		refuse(call, "out of memory");
		return;
	}
	for (size_t i = 0; i < call->config->node_count; i++)
		weights[i] = SHARING_LEFT;
	if (read_epoch(call, &order.epoch) && read_ttl(call, &order.ttl) &&
	    read_sent(call, &order.sent) && read_present(call, weights) &&
	    read_dead(call, weights)) {
		rc = sharing_set(call->r->sharing, &order, &why);
		answer_change(call, rc, why);
	}
	free(weights);
}

/* All names are checked before the first release is told. */
static void answer_released(const struct call *call)
{
	const json_t *nodes = json_object_get(call->request, "nodes"), *name;
	struct sharing_release release = { 0 };
	const char *why = NULL;
	size_t i, n;
	int rc = 0;

	if (!read_epoch(call, &release.epoch) || !check_names(call, "nodes", nodes) ||
	    !read_asking(call, &release.is_asking))
		return;
	if (!json_array_size(nodes)) {
		refuse(call, "\"nodes\" must name the nodes that have released the epoch");
		return;
	}
	json_array_foreach (nodes, i, name)
		if (!find_node(call, json_string_value(name), &n))
			return;
	json_array_foreach (nodes, i, name) {
		release.node = json_string_value(name);
		if (rc >= 0)
			rc = sharing_released(call->r->sharing, &release, &why);
	}
	answer_change(call, rc, why);
}

/* --- wishes of this node --- */

static void answer_wish(const struct call *call, int weight)
{
	const char *why = NULL;
	int rc = sharing_wish(call->r->sharing, weight, &why);

	answer_change(call, rc, why);
}

static void answer_drain(const struct call *call)
{
	answer_wish(call, 0);
}

static void answer_resume(const struct call *call)
{
	answer_wish(call, SHARING_NO_WISH);
}

static void answer_weight(const struct call *call)
{
	const json_t *weight = json_object_get(call->request, "weight");
	json_int_t number = json_integer_value(weight);

	if (!json_is_integer(weight) || number < 0 || number > CONFIG_WEIGHT_MAX)
		refuse(call, "\"weight\" must be a number from 0 to %d", CONFIG_WEIGHT_MAX);
	else
		answer_wish(call, (int)number);
}

static const struct {
	const char *name;
	void (*answer)(const struct call *call);
} commands[] = {
	{ "shares", answer_shares },        { "shares_of", answer_of },
	{ "shares_set", answer_set },       { "shares_released", answer_released },
	{ "shares_drain", answer_drain },   { "shares_resume", answer_resume },
	{ "shares_weight", answer_weight },
};

bool requests_shares_answer(const struct requests_shares *r, struct control_client *client,
			    const char *name, const json_t *request)
{
	const struct call call = { r, client, request, peers_config(r->peers) };

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(name, commands[i].name) != 0)
			continue;
		commands[i].answer(&call);
		return true;
	}
	return false;
}
