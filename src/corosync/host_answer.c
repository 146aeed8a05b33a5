/* SPDX-License-Identifier: GPL-2.0-or-later */
/* host_answer: the daemon's answers; see host_answer.h. */
#include "corosync/host_answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* False: `object` has no string `key`. */
static bool copy_string(const json_t *object, const char *key, char *out, size_t size)
{
	const char *text = json_string_value(json_object_get(object, key));

	if (text)
		snprintf(out, size, "%s", text);
	return text;
}

static json_int_t number_of(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

/* --- status --- */

static bool is_for_want_of_orders(const char *id)
{
	return !strcmp(id, "no_order") || !strcmp(id, "no_lease") ||
	       !strcmp(id, "shares_not_asked");
}

static void read_problem(const json_t *problems, char *out, size_t size)
{
	const json_t *problem;
	size_t i;

	*out = '\0';
	json_array_foreach (problems, i, problem) {
		const char *id = json_string_value(json_object_get(problem, "id"));
		const char *text = json_string_value(json_object_get(problem, "text"));
		const char *severity = json_string_value(json_object_get(problem, "severity"));

		if (!id || !text || !severity || strcmp(severity, "critical") != 0 ||
		    is_for_want_of_orders(id))
			continue;
		snprintf(out, size, "%s: %s", id, text);
		return;
	}
}

bool host_answer_status(const json_t *answer, struct group_host *host, struct host_status *out)
{
	const json_t *link = json_object_get(answer, "link");

	if (!json_is_object(link) || !copy_string(answer, "node", host->name, sizeof(host->name)))
		return false;
	out->generation = number_of(answer, "config_generation");
	out->has_carrier = json_is_true(json_object_get(link, "carrier"));
	read_problem(json_object_get(answer, "problems"), out->problem, sizeof(out->problem));
	return true;
}

/* --- config --- */

bool host_answer_config(const json_t *answer, struct group_host *host, unsigned *corosync_id)
{
	const json_t *nodes = json_object_get(json_object_get(answer, "config"), "nodes"), *node;
	size_t i;

	if (!json_is_array(nodes))
		return false;
	memset(host->nodes, 0, sizeof(host->nodes));
	host->count = 0;
	*corosync_id = 0;
	json_array_foreach (nodes, i, node) {
		struct group_node *n = &host->nodes[host->count];

		if (host->count == GROUP_NODES_MAX ||
		    !copy_string(node, "name", n->name, sizeof(n->name)))
			continue;
		n->weight = (int)number_of(node, "weight");
		if (!strcmp(n->name, host->name))
			*corosync_id = (unsigned)number_of(node, "corosync_id");
		host->count++;
	}
	return true;
}

/* --- shares --- */

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const struct group_share *)a)->name, ((const struct group_share *)b)->name);
}

/* As far as the daemon tells it: it does not tell a dead node from one that has left. */
static void read_order(const json_t *shares, uint64_t epoch, const char *print,
		       struct group_order *order)
{
	const json_t *node;
	size_t i;

	memset(order, 0, sizeof(*order));
	order->epoch = epoch;
	if (!epoch)
		return;
	snprintf(order->print, sizeof(order->print), "%s", print);
	json_array_foreach (json_object_get(shares, "nodes"), i, node) {
		struct group_share *s = &order->shares[order->count];
		const char *state = json_string_value(json_object_get(node, "state"));

		if (order->count == GROUP_NODES_MAX || !state ||
		    !copy_string(node, "name", s->name, sizeof(s->name)))
			continue;
		s->weight = (int)number_of(node, "weight");
		if (!strcmp(state, "gone"))
			s->weight = GROUP_LEFT;
		else if (!strcmp(state, "drained") || !strcmp(state, "draining"))
			s->weight = 0;
		order->count++;
	}
	qsort(order->shares, order->count, sizeof(order->shares[0]), compare_names);
}

static void read_wish(const json_t *from, struct group_host *host)
{
	const json_t *wish = json_object_get(from, "wish");

	host->wish = json_is_integer(wish) ? (int)json_integer_value(wish) : -1;
	host->is_asking = number_of(from, "asking") > 0;
}

bool host_answer_shares(const json_t *answer, struct group_host *host, char mode[HOST_MODE_SIZE])
{
	const json_t *shares = json_object_get(answer, "shares");
	uint64_t epoch = (uint64_t)number_of(shares, "epoch");

	if (!copy_string(shares, "mode", mode, HOST_MODE_SIZE))
		return false;
	memset(host->print, 0, sizeof(host->print));
	copy_string(shares, "fingerprint", host->print, sizeof(host->print));
	read_wish(shares, host);
	if (epoch != host->order.epoch)
		read_order(shares, epoch, host->print, &host->order);
	return true;
}

bool host_answer_event(const json_t *event, struct group_host *host)
{
	if ((uint64_t)number_of(event, "epoch") != host->order.epoch)
		return false;
	read_wish(event, host);
	return true;
}

const char *host_answer_refusal(const json_t *answer)
{
	const json_t *error = json_object_get(answer, "error");
	const char *text = json_string_value(json_object_get(error, "message"));

	if (!error)
		return NULL;
	return text ? text : "no reason given";
}

/* --- requests --- */

json_t *host_answer_set(const struct group_order *order, uint64_t sent, unsigned ttl)
{
	json_t *nodes = json_object(), *dead = json_array();

	for (size_t i = 0; i < order->count; i++) {
		const struct group_share *s = &order->shares[i];

		if (s->weight == GROUP_DEAD)
			json_array_append_new(dead, json_string(s->name));
		else if (s->weight != GROUP_LEFT)
			json_object_set_new(nodes, s->name, json_integer(s->weight));
	}
	return json_pack("{s:s, s:I, s:f, s:I, s:o, s:o}", "command", "shares_set", "epoch",
			 (json_int_t)order->epoch, "ttl", (ttl ? ttl : 1) / 1000.0, "sent",
			 (json_int_t)sent, "nodes", nodes, "dead", dead);
}

json_t *host_answer_released(const char *node, uint64_t epoch, bool is_asking)
{
	return json_pack("{s:s, s:I, s:[s], s:b}", "command", "shares_released", "epoch",
			 (json_int_t)epoch, "nodes", node, "asking", is_asking);
}
