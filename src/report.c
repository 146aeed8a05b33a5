/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report: the daemon's state as JSON; see report.h. */
#include "report.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"

#define SCHEMA_VERSION 1

static json_t *mac_json(const struct mac *m)
{
	char text[MAC_STRLEN];

	return json_string(mac_format(m, text));
}

static json_t *addresses_json(const struct config_addresses *addresses)
{
	json_t *array = json_array();
	char text[PREFIX_STRLEN];
	size_t i;

	for (i = 0; i < addresses->count; i++)
		json_array_append_new(array, json_string(prefix_format(&addresses->list[i], text)));
	return array;
}

static json_t *version_json(const struct report_state *s)
{
	(void)s;
	return json_pack("{s:s}", "version", PACKAGE_VERSION);
}

static json_t *status_json(const struct report_state *s)
{
	const struct config *c = peers_config(s->peers);
	const struct config_node *self = peers_self(s->peers);

	return json_pack("{s:s, s:s, s:s, s:i, s:I, s:{s:o, s:o, s:s, s:s}, s:{s:o, s:o}, s:o, "
			 "s:{s:b, s:i}}",
			 "version", PACKAGE_VERSION, "node", self->name, "datapath", s->datapath,
			 "config_generation", (int)s->config_generation, "uptime_seconds",
			 (json_int_t)s->uptime_seconds, "cluster", "address",
			 addresses_json(&c->address), "lladdr", mac_json(&c->mac), "tap", c->tap,
			 "dev", s->dev, "dedicated", "address", addresses_json(&self->address),
			 "lladdr", mac_json(&self->dedicated), "source_lladdr",
			 mac_json(&self->source), "link", "carrier", (int)s->carrier, "mtu",
			 (int)s->mtu);
}

#define SET_COUNTER(name) json_object_set_new(object, #name, json_integer((json_int_t)from->name));

static json_t *peer_counters_json(const struct peer_counters *from)
{
	json_t *object = json_object();

	PEER_COUNTERS(SET_COUNTER)
	return object;
}

static json_t *peers_json(const struct report_state *s)
{
	json_t *list = json_array();
	const struct peer *peer;
	size_t i;

	for (i = 0; i < peers_count(s->peers); i++) {
		peer = peers_get(s->peers, i);
		json_array_append_new(list,
				      json_pack("{s:s, s:o, s:o, s:o}", "name", peer->node->name,
						"address", addresses_json(&peer->node->address),
						"lladdr", mac_json(&peer->node->dedicated),
						"counters", peer_counters_json(&peer->counters)));
	}
	return json_pack("{s:o}", "peers", list);
}

static json_t *counters_json(const struct report_state *s)
{
	const struct counters *from = s->counters;
	json_t *object = json_object(), *drops = json_object();
	unsigned reason;

	COUNTERS(SET_COUNTER)
	for (reason = DROP_NONE + 1; reason < DROP_REASONS; reason++)
		json_object_set_new(drops, counters_drop_name(reason),
				    json_integer((json_int_t)from->drops[reason]));
	json_object_set_new(object, "drops", drops);
	return json_pack("{s:o}", "counters", object);
}

static const struct {
	const char *command;
	json_t *(*make)(const struct report_state *state);
} answers[] = {
	{ "status", status_json },
	{ "peers", peers_json },
	{ "counters", counters_json },
	{ "version", version_json },
};

static json_t *refusal(const char *message)
{
	return json_pack("{s:{s:s}}", "error", "message", message);
}

static json_t *answer(const char *request, const struct report_state *state)
{
	json_t *root = request ? json_loads(request, 0, NULL) : NULL;
	const char *command = json_string_value(json_object_get(root, "command"));
	json_t *made = NULL;
	size_t i;

	if (!request)
		made = refusal("the request is too long");
	else if (!command)
		made = refusal("not a request: a JSON object with a \"command\" is expected");
	for (i = 0; !made && i < sizeof(answers) / sizeof(answers[0]); i++)
		if (!strcmp(command, answers[i].command))
			made = answers[i].make(state);
	if (!made)
		made = refusal("unknown command");
	json_decref(root);
	return made;
}

char *report_answer(const char *request, const struct report_state *state)
{
	json_t *root = answer(request, state);
	char *text;

	json_object_set_new(root, "schema_version", json_integer(SCHEMA_VERSION));
	text = json_dumps(root, JSON_COMPACT);
	json_decref(root);
	return text;
}
