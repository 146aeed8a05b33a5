/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report: the daemon's state as JSON; see report.h. */
#include "report/report.h"

#include <jansson.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "core/peer_neigh.h"
#include "report/metrics.h"

#define NEIGH_PIECE 256 /* entries: some 25 KiB, made in well under a millisecond */

static json_t *mac_json(const struct mac *m)
{
	char text[MAC_STRLEN];

	return json_string(mac_format(m, text));
}

json_t *report_name(const char *name)
{
	char text[IFNAMSIZ];
	size_t i;

	for (i = 0; name[i] && i < sizeof(text) - 1; i++)
		text[i] = name[i] > ' ' && name[i] <= '~' ? name[i] : '?';
	text[i] = '\0';
	return json_string(text);
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

static json_int_t seconds(uint64_t ms)
{
	return (json_int_t)(ms / 1000);
}

static json_t *status_json(const struct report_state *s)
{
	const struct config *c = peers_config(s->peers);
	const struct config_node *self = peers_self(s->peers);

	return json_pack("{s:s, s:s, s:s, s:i, s:I, s:{s:o, s:o, s:s, s:o}, s:{s:o, s:o}, s:o, "
			 "s:{s:b, s:i}}",
			 "version", PACKAGE_VERSION, "node", self->name, "datapath", s->datapath,
			 "config_generation", (int)s->config_generation, "uptime_seconds",
			 seconds(s->now - s->started), "cluster", "address",
			 addresses_json(&c->address), "lladdr", mac_json(&c->mac), "tap", c->tap,
			 "dev", report_name(s->dev), "dedicated", "address",
			 addresses_json(&self->address), "lladdr", mac_json(&self->dedicated),
			 "source_lladdr", mac_json(&self->source), "link", "carrier",
			 (int)s->carrier, "mtu", (int)s->mtu);
}

#define SET_COUNTER(name) json_object_set_new(object, #name, json_integer((json_int_t)from->name));

static json_t *peer_counters_json(const struct peer_counters *from)
{
	json_t *object = json_object();

	PEER_COUNTERS(SET_COUNTER)
	return object;
}

static json_t *peer_neigh_json(const struct peer *peer, const struct mirror *mirror)
{
	const struct config_addresses *a = &peer->node->address;
	const struct mirror_entry *entry;
	json_t *list = json_array();
	char text[IP_STRLEN];
	size_t i;

	for (i = 0; i < a->count; i++) {
		entry = mirror_find(mirror, &a->list[i].addr);
		if (!entry || !mirror_is_shown(entry))
			continue;
		json_array_append_new(
			list,
			json_pack("{s:s, s:o, s:s}", "dst", ip_format(&entry->dst, text), "lladdr",
				  entry->has_lladdr ? mac_json(&entry->lladdr) : json_null(),
				  "state", mirror_state_name(entry->state)));
	}
	return list;
}

static json_t *peer_json(const struct peer *peer, const struct report_state *s)
{
	uint64_t since = peer->changed ? peer->changed : s->started;

	return json_pack("{s:s, s:o, s:o, s:s, s:o, s:I, s:I, s:o}", "name", peer->node->name,
			 "address", addresses_json(&peer->node->address), "lladdr",
			 mac_json(&peer->node->dedicated), "state",
			 peer_neigh_state_name(peer->state), "neigh",
			 peer_neigh_json(peer, s->mirror), "last_change_seconds",
			 seconds(s->now - since), "changes", (json_int_t)peer->changes, "counters",
			 peer_counters_json(&peer->counters));
}

static json_t *peers_json(const struct report_state *s)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < peers_count(s->peers); i++)
		json_array_append_new(list, peer_json(peers_get(s->peers, i), s));
	return json_pack("{s:o}", "peers", list);
}

static json_t *counters_json(const struct report_state *s)
{
	const struct counters *from = &s->counters;
	json_t *object = json_object(), *drops = json_object();
	unsigned reason;

	COUNTERS(SET_COUNTER)
	for (reason = DROP_NONE + 1; reason < DROP_REASONS; reason++)
		json_object_set_new(drops, counters_drop_name(reason),
				    json_integer((json_int_t)from->drops[reason]));
	json_object_set_new(object, "drops", drops);
	return json_pack("{s:o}", "counters", object);
}

static json_t *cluster_json(const struct config *c)
{
	char gateway[IP_STRLEN];

	return json_pack("{s:s, s:s, s:o, s:o, s:s, s:s, s:s, s:s, s:b, s:s, s:s, s:b, s:o, s:o}",
			 "interface", c->interface, "tap", c->tap, "address",
			 addresses_json(&c->address), "mac", mac_json(&c->mac), "dedicated_mac",
			 config_dedicated_mac_name(c->dedicated_mac), "source_mac",
			 config_source_mac_name(c->source_mac), "arp", config_arp_name(c->arp),
			 "advertise", config_advertise_name(c->advertise), "strict", c->strict,
			 "datapath", config_datapath_name(c->datapath), "neigh",
			 config_neigh_name(c->neigh), "adopt", c->adopt, "gateway",
			 c->gateway.family ? json_string(ip_format(&c->gateway, gateway))
					   : json_null(),
			 "mtu", c->mtu ? json_integer(c->mtu) : json_string("auto"));
}

static json_t *node_json(const struct config_node *node)
{
	return json_pack("{s:s, s:o, s:o, s:o, s:o}", "name", node->name, "address",
			 addresses_json(&node->address), "mac", mac_json(&node->dedicated),
			 "source_mac", mac_json(&node->source), "id",
			 node->id ? json_integer(node->id) : json_null());
}

static json_t *config_json(const struct report_state *s)
{
	const struct config *c = peers_config(s->peers);
	json_t *nodes = json_array();
	size_t i;

	for (i = 0; i < c->node_count; i++)
		json_array_append_new(nodes, node_json(&c->nodes[i]));
	return json_pack("{s:{s:o, s:o}}", "config", "cluster", cluster_json(c), "nodes", nodes);
}

static json_t *metrics_json(const struct report_state *s)
{
	char *text = metrics_text(s);
	json_t *json = text ? json_pack("{s:s}", "metrics", text) : NULL;

	free(text);
	return json;
}

static const struct {
	const char *command;
	json_t *(*make)(const struct report_state *state);
} answers[] = {
	{ "status", status_json }, { "peers", peers_json },     { "counters", counters_json },
	{ "config", config_json }, { "metrics", metrics_json }, { "version", version_json },
};

char *report_line(json_t *root)
{
	char *line;

	json_object_set_new(root, "schema_version", json_integer(REPORT_SCHEMA_VERSION));
	line = json_dumps(root, JSON_COMPACT);
	json_decref(root);
	return line;
}

char *report_refusal(const char *message)
{
	return report_line(json_pack("{s:{s:s}}", "error", "message", message));
}

char *report_answer(const char *command, const struct report_state *state)
{
	size_t i;

	for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		if (!strcmp(command, answers[i].command))
			return report_line(answers[i].make(state));
	return report_refusal("unknown command");
}

struct report_neigh {
	struct mirror_entry *list;
	size_t count, next;
	bool is_begun, is_ended; /* with an entry; with the last */
};

struct report_neigh *report_neigh_create(const struct mirror *mirror)
{
	struct report_neigh *neigh = calloc(1, sizeof(*neigh));

	if (!neigh)
		return NULL;
	neigh->count = mirror_count(mirror);
	neigh->list = mirror_copy(mirror);
	if (neigh->list || !neigh->count)
		return neigh;
	free(neigh);
	return NULL;
}

void report_neigh_destroy(struct report_neigh *neigh)
{
	if (!neigh)
		return;
	free(neigh->list);
	free(neigh);
}

/* As ip -j neigh has it, which leaves out an address that is not known. */
static json_t *neighbour_json(const struct mirror_entry *entry, const struct peers *peers)
{
	const struct peer *peer = peers_by_ip(peers, &entry->dst).peer;
	char text[IP_STRLEN];
	json_t *object = json_pack("{s:s, s:s}", "dst", ip_format(&entry->dst, text), "dev",
				   peers_config(peers)->tap);

	if (entry->has_lladdr)
		json_object_set_new(object, "lladdr", mac_json(&entry->lladdr));
	json_object_set_new(object, "state",
			    entry->state ? json_pack("[s]", mirror_state_name(entry->state))
					 : json_array());
	json_object_set_new(object, "peer", peer ? json_string(peer->node->name) : json_null());
	return object;
}

static void write_neighbours(FILE *out, struct report_neigh *neigh, const struct peers *peers)
{
	unsigned written = 0;
	json_t *object;

	for (; neigh->next < neigh->count && written < NEIGH_PIECE; neigh->next++) {
		if (!mirror_is_shown(&neigh->list[neigh->next]))
			continue;
		if (neigh->is_begun)
			putc(',', out);
		object = neighbour_json(&neigh->list[neigh->next], peers);
		json_dumpf(object, out, JSON_COMPACT);
		json_decref(object);
		neigh->is_begun = true;
		written++;
	}
}

char *report_neigh_next(struct report_neigh *neigh, const struct peers *peers)
{
	char *piece = NULL;
	size_t size;
	FILE *out = neigh->is_ended ? NULL : open_memstream(&piece, &size);

	if (!out)
		return NULL;
	if (neigh->next == 0)
		fputs("{\"neighbours\":[", out);
	write_neighbours(out, neigh, peers);
	neigh->is_ended = neigh->next == neigh->count;
	if (neigh->is_ended)
		fprintf(out, "],\"schema_version\":%d}\n", REPORT_SCHEMA_VERSION);
	fclose(out);
	return piece;
}
