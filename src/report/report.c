/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report: the daemon's state as JSON; see report.h. */
#include "report/report.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "core/liveness.h"
#include "core/peer_neigh.h"
#include "report/metrics.h"
#include "report/report_line.h"
#include "report/report_shares.h"

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

static json_t *problems_json(const struct problems *problems)
{
	json_t *list = json_array();
	const struct problem *p;
	size_t i;

	for (i = 0; i < problems_count(problems); i++) {
		p = problems_get(problems, i);
		json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "id", p->id, "severity",
						      problems_severity_name(p->severity), "text",
						      p->text));
	}
	return list;
}

static json_t *last_reload_json(const struct report_state *s)
{
	return json_pack("{s:b, s:s?}", "ok", (int)s->reload_ok, "message", s->reload_message);
}

static json_t *drops_json(const struct counters *from)
{
	json_t *drops = json_object();
	unsigned reason;

	for (reason = DROP_NONE + 1; reason < DROP_REASONS; reason++)
		json_object_set_new(drops, counters_drop_name(reason),
				    json_integer((json_int_t)from->drops[reason]));
	return drops;
}

/* How many peers are in each state. */
static json_t *states_json(const struct peers *peers)
{
	unsigned counts[PEER_STATES] = { 0 };
	json_t *object = json_object();
	unsigned state;
	size_t i;

	for (i = 0; i < peers_count(peers); i++)
		counts[peers_get(peers, i)->state]++;
	for (state = 0; state < PEER_STATES; state++)
		json_object_set_new(object, peer_neigh_state_name((enum peer_state)state),
				    json_integer(counts[state]));
	return object;
}

static json_int_t since(const struct peer *peer, const struct report_state *s)
{
	return seconds(s->now - (peer->changed ? peer->changed : s->started));
}

/* What the overview as text says of each, but for the rates. */
static json_t *overview_json(const struct report_state *s)
{
	json_t *list = json_array();
	const struct peer *peer;
	size_t i;

	for (i = 0; i < peers_count(s->peers); i++) {
		peer = peers_get(s->peers, i);
		json_array_append_new(list,
				      json_pack("{s:s, s:o, s:s, s:I}", "name", peer->node->name,
						"address", addresses_json(&peer->node->address),
						"state", peer_neigh_state_name(peer->state),
						"last_change_seconds", since(peer, s)));
	}
	return list;
}

static json_t *status_json(const struct report_state *s)
{
	const struct config *c = peers_config(s->peers);
	const struct config_node *self = peers_self(s->peers);

	return json_pack("{s:s, s:s, s:s, s:i, s:I, s:{s:o, s:o, s:s, s:o}, s:{s:o, s:o}, s:o, "
			 "s:{s:b, s:i}, s:o, s:o, s:o, s:o, s:o}",
			 "version", PACKAGE_VERSION, "node", self->name, "datapath", s->datapath,
			 "config_generation", (int)s->config_generation, "uptime_seconds",
			 seconds(s->now - s->started), "cluster", "address",
			 addresses_json(&c->address), "lladdr", report_line_mac(&c->mac), "tap",
			 c->tap, "dev", report_line_name(s->dev), "dedicated", "address",
			 addresses_json(&self->address), "lladdr",
			 report_line_mac(&self->dedicated), "source_lladdr",
			 report_line_mac(&self->source), "link", "carrier", (int)s->carrier, "mtu",
			 (int)s->mtu, "last_reload", last_reload_json(s), "problems",
			 problems_json(s->problems), "peers", states_json(s->peers), "peer_list",
			 overview_json(s), "drops", drops_json(&s->counters));
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
				  entry->has_lladdr ? report_line_mac(&entry->lladdr) : json_null(),
				  "state", mirror_state_name(entry->state)));
	}
	return list;
}

/* null: never, or not asked for */
static json_t *heard_json(struct peer *peer, uint64_t now)
{
	uint64_t heard = liveness_heard(peer, now);

	return heard ? json_integer((json_int_t)(now > heard ? now - heard : 0)) : json_null();
}

static json_t *latency_json(const struct peer *peer)
{
	unsigned us = peer->liveness.latency_us;

	return us ? json_integer(us) : json_null();
}

static json_t *peer_json(struct peer *peer, const struct report_state *s)
{
	/* o*: without shares, no key `share` */
	return json_pack("{s:s, s:o, s:o, s:s, s:o, s:I, s:I, s:o, s:o, s:o, s:o*}", "name",
			 peer->node->name, "address", addresses_json(&peer->node->address),
			 "lladdr", report_line_mac(&peer->node->dedicated), "state",
			 peer_neigh_state_name(peer->state), "neigh",
			 peer_neigh_json(peer, s->mirror), "last_change_seconds", since(peer, s),
			 "changes", (json_int_t)peer->changes, "last_heard_ms",
			 heard_json(peer, s->now), "latency_us", latency_json(peer), "counters",
			 peer_counters_json(&peer->counters), "share",
			 report_share_json(s->shares, peers_config(s->peers), peer->node));
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
	json_t *object = json_object();

	COUNTERS(SET_COUNTER)
	json_object_set_new(object, "drops", drops_json(from));
	return json_pack("{s:o}", "counters", object);
}

static json_t *gateways_json(const struct config *c)
{
	json_t *list = json_array();
	char text[IP_STRLEN];
	size_t i;

	for (i = 0; i < CONFIG_FAMILIES; i++)
		if (c->gateway[i].family)
			json_array_append_new(list, json_string(ip_format(&c->gateway[i], text)));
	return list;
}

static json_t *cluster_json(const struct config *c)
{
	char interval[CONFIG_INTERVAL_SIZE];

	return json_pack("{s:s, s:s, s:o, s:o, s:s, s:s, s:s, s:s, s:b, s:s, s:s, s:b, s:b, s:s, "
			 "s:s, s:s, s:o, s:o}",
			 "interface", c->interface, "tap", c->tap, "address",
			 addresses_json(&c->address), "mac", report_line_mac(&c->mac),
			 "dedicated_mac", config_dedicated_mac_name(c->dedicated_mac), "source_mac",
			 config_source_mac_name(c->source_mac), "arp", config_arp_name(c->arp),
			 "advertise", config_advertise_name(c->advertise), "strict", c->strict,
			 "datapath", config_datapath_name(c->datapath), "neigh",
			 config_neigh_name(c->neigh), "adopt", c->adopt, "forward", c->forward,
			 "shares", config_shares_name(c->shares), "affinity",
			 config_affinity_name(c->affinity), "liveness",
			 config_interval_text(c->liveness, interval), "gateway", gateways_json(c),
			 "mtu", c->mtu ? json_integer(c->mtu) : json_string("auto"));
}

static json_t *corosync_json(const struct config_corosync *corosync)
{
	if (!corosync->is_set)
		return json_null();
	return json_pack("{s:s, s:s}", "group", corosync->group, "no_quorum",
			 config_no_quorum_name(corosync->no_quorum));
}

static json_t *id_json(uint32_t id)
{
	return id ? json_integer(id) : json_null();
}

static json_t *node_json(const struct config_node *node)
{
	char text[IP_STRLEN];

	return json_pack("{s:s, s:o, s:o, s:o, s:s, s:o, s:i, s:o}", "name", node->name, "address",
			 addresses_json(&node->address), "mac", report_line_mac(&node->dedicated),
			 "source_mac", report_line_mac(&node->source), "link_local",
			 ip_format(&node->link_local, text), "id", id_json(node->id), "weight",
			 (int)node->weight, "corosync_id", id_json(node->corosync_id));
}

static json_t *config_json(const struct report_state *s)
{
	const struct config *c = peers_config(s->peers);
	json_t *nodes = json_array();
	size_t i;

	for (i = 0; i < c->node_count; i++)
		json_array_append_new(nodes, node_json(&c->nodes[i]));
	return json_pack("{s:{s:o, s:o, s:o}}", "config", "cluster", cluster_json(c), "corosync",
			 corosync_json(&c->corosync), "nodes", nodes);
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

char *report_answer(const char *command, const struct report_state *state)
{
	size_t i;

	for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		if (!strcmp(command, answers[i].command))
			return report_line(answers[i].make(state));
	return report_line_refusal("unknown command");
}
