/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report_shares: the shares as JSON and for Prometheus; see report_shares.h. */
#include "report/report_shares.h"

#include <inttypes.h>
#include <stdbool.h>

#include "core/shares/shares_table.h"
#include "report/report_line.h"

const char *report_share_state_name(enum share_state state)
{
	static const char *const names[] = {
		[SHARE_ACTIVE] = "active",     [SHARE_DRAINING] = "draining",
		[SHARE_DRAINED] = "drained",   [SHARE_GONE] = "gone",
		[SHARE_NO_LEASE] = "no_lease",
	};

	return names[state];
}

static size_t index_of(const struct config *c, const struct config_node *node)
{
	return (size_t)(node - c->nodes);
}

static json_t *or_null(bool is_known, json_int_t value)
{
	return is_known ? json_integer(value) : json_null();
}

static json_t *node_json(const struct config_node *node, const struct report_share *share,
			 bool is_self)
{
	return json_pack(
		"{s:s, s:b, s:s, s:i, s:i, s:o}", "name", node->name, "self", is_self, "state",
		report_share_state_name(share->state), "weight", (int)share->weight, "owned",
		(int)share->owned, "connections",
		or_null(share->connections != REPORT_SHARES_NOT_COUNTED, share->connections));
}

char *report_shares_answer(const struct report_shares *shares, const struct config *c,
			   const struct config_node *self)
{
	static const struct report_shares none = { .lease_ms = REPORT_SHARES_FOREVER,
						   .wish = REPORT_SHARES_NO_WISH };
	const struct report_shares *s = shares ? shares : &none;
	json_t *nodes = json_array();
	char fingerprint[17];

	snprintf(fingerprint, sizeof(fingerprint), "%016" PRIx64, s->fingerprint);
	for (size_t i = 0; i < s->count; i++)
		json_array_append_new(
			nodes, node_json(&c->nodes[i], &s->nodes[i], i == index_of(c, self)));
	return report_line(json_pack(
		"{s:{s:s, s:s, s:s?, s:I, s:s?, s:o, s:i, s:i, s:i, s:o, s:o}}", "shares", "mode",
		config_shares_name(s->mode), "affinity", config_affinity_name(s->affinity),
		"fingerprint", shares ? fingerprint : NULL, "epoch", (json_int_t)s->epoch, "source",
		s->source, "lease_ms", or_null(s->lease_ms != REPORT_SHARES_FOREVER, s->lease_ms),
		"buckets", SHARES_BUCKETS, "unowned", (int)s->unowned, "asking", (int)s->asking,
		"wish", or_null(s->wish != REPORT_SHARES_NO_WISH, s->wish), "nodes", nodes));
}

json_t *report_share_json(const struct report_shares *shares, const struct config *c,
			  const struct config_node *node)
{
	const struct report_share *share = shares ? &shares->nodes[index_of(c, node)] : NULL;

	if (!share)
		return NULL;
	return json_pack("{s:s, s:i, s:i}", "state", report_share_state_name(share->state),
			 "weight", (int)share->weight, "owned", (int)share->owned);
}

static void write_head(FILE *out, const char *name, const char *help)
{
	fprintf(out,
		"# HELP clusterarpd_shares_%s %s\n"
		"# TYPE clusterarpd_shares_%s gauge\n",
		name, help, name);
}

static void write_buckets(FILE *out, const struct report_shares *s, const struct report_share *self)
{
	unsigned taken = self->state == SHARE_NO_LEASE ? 0 : self->owned - s->unowned;
	const struct {
		const char *state;
		unsigned count;
	} rows[] = {
		{ "owned", self->owned },
		{ "taken", taken },
		{ "waiting", s->unowned },
		{ "asking", s->asking },
	};

	write_head(out, "buckets",
		   "Buckets of this node: owned; taken, with new connections; owned, but still"
		   " waited for; of others, with connections of its own.");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		fprintf(out, "clusterarpd_shares_buckets{state=\"%s\"} %u\n", rows[i].state,
			rows[i].count);
}

void report_shares_metrics(FILE *out, const struct report_shares *shares, const struct config *c,
			   const struct config_node *self)
{
	if (!shares)
		return;
	write_head(out, "epoch", "Number of the order of shares that is in effect.");
	fprintf(out, "clusterarpd_shares_epoch %" PRIu64 "\n", shares->epoch);
	write_buckets(out, shares, &shares->nodes[index_of(c, self)]);
	if (shares->mode != CONFIG_SHARES_DRIVEN)
		return;
	write_head(out, "lease_seconds", "What is left of the lease for new connections.");
	if (shares->lease_ms == REPORT_SHARES_FOREVER)
		fputs("clusterarpd_shares_lease_seconds +Inf\n", out);
	else
		fprintf(out, "clusterarpd_shares_lease_seconds %" PRId64 ".%03" PRId64 "\n",
			shares->lease_ms / 1000, shares->lease_ms % 1000);
}
