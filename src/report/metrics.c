/* SPDX-License-Identifier: GPL-2.0-or-later */
/* metrics: the daemon's state for Prometheus; see metrics.h. */
#include "report/metrics.h"

#include <inttypes.h>
#include <stdio.h>

#include "config.h"
#include "core/liveness.h"
#include "core/peer_neigh.h"
#include "report/report_shares.h"

static void head(FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# HELP clusterarpd_%s %s\n# TYPE clusterarpd_%s %s\n", name, help, name,
		type);
}

static void single(FILE *out, const char *name, const char *type, const char *help, uint64_t value)
{
	head(out, name, type, help);
	fprintf(out, "clusterarpd_%s %" PRIu64 "\n", name, value);
}

static void label(FILE *out, const char *name, const char *value)
{
	fprintf(out, "%s=\"", name);
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			putc('\\', out);
		putc(*value, out);
	}
	putc('"', out);
}

static void write_build(FILE *out, const struct report_state *s)
{
	head(out, "build_info", "gauge", "Version, node and data path, as labels.");
	fputs("clusterarpd_build_info{", out);
	label(out, "version", PACKAGE_VERSION);
	putc(',', out);
	label(out, "node", peers_self(s->peers)->name);
	putc(',', out);
	label(out, "datapath", s->datapath);
	fputs("} 1\n", out);
	single(out, "uptime_seconds", "gauge", "Time since the daemon started.",
	       (s->now - s->started) / 1000);
	single(out, "link_carrier", "gauge", "1 while the NIC exists and has carrier.", s->carrier);
	single(out, "link_mtu_bytes", "gauge", "MTU of the NIC, 0 while it does not exist.",
	       s->mtu);
}

static void write_config(FILE *out, const struct report_state *s)
{
	single(out, "config_generation", "gauge", "Number of the configuration that is in effect.",
	       s->config_generation);
	single(out, "config_last_reload_successful", "gauge",
	       "1 unless the last reload was refused.", s->reload_ok);
	single(out, "config_reloads_total", "counter", "Reloads that were attempted.", s->reloads);
}

static void sides(FILE *out, const char *what, uint64_t tap_in, uint64_t tap_out, uint64_t nic_in,
		  uint64_t nic_out)
{
	fprintf(out, "clusterarpd_%s{side=\"tap\",direction=\"in\"} %" PRIu64 "\n", what, tap_in);
	fprintf(out, "clusterarpd_%s{side=\"tap\",direction=\"out\"} %" PRIu64 "\n", what, tap_out);
	fprintf(out, "clusterarpd_%s{side=\"nic\",direction=\"in\"} %" PRIu64 "\n", what, nic_in);
	fprintf(out, "clusterarpd_%s{side=\"nic\",direction=\"out\"} %" PRIu64 "\n", what, nic_out);
}

/* Only the problems that there are: the expression `clusterarpd_problem == 1` finds them all. */
static void write_problems(FILE *out, const struct problems *problems)
{
	head(out, "problem", "gauge", "1 for each problem that there is now.");
	for (size_t i = 0; i < problems_count(problems); i++) {
		const struct problem *p = problems_get(problems, i);

		fprintf(out, "clusterarpd_problem{id=\"%s\",severity=\"%s\"} 1\n", p->id,
			problems_severity_name(p->severity));
	}
	single(out, "problems", "gauge", "Number of problems.", problems_count(problems));
}

static void write_counters(FILE *out, const struct counters *c)
{
	head(out, "frames_total", "counter",
	     "Frames read from (in) and written to (out) TAP and NIC.");
	sides(out, "frames_total", c->tap_frames_in, c->tap_frames_out, c->nic_frames_in,
	      c->nic_frames_out);
	head(out, "bytes_total", "counter", "Bytes of those frames.");
	sides(out, "bytes_total", c->tap_bytes_in, c->tap_bytes_out, c->nic_bytes_in,
	      c->nic_bytes_out);
	single(out, "arp_rewritten_total", "counter", "ARP frames rewritten.", c->arp_rewritten);
	single(out, "nd_rewritten_total", "counter", "Neighbour Discovery messages rewritten.",
	       c->nd_rewritten);
	head(out, "drops_total", "counter", "Frames dropped, by reason.");
	for (unsigned reason = DROP_NONE + 1; reason < DROP_REASONS; reason++)
		fprintf(out, "clusterarpd_drops_total{reason=\"%s\"} %" PRIu64 "\n",
			counters_drop_name(reason), c->drops[reason]);
	single(out, "neighbour_resyncs_total", "counter",
	       "Dumps of the neighbour table after lost notifications.", c->neigh_resyncs);
	single(out, "tap_repaired_total", "counter",
	       "Corrections of the TAP after changes by other programs.", c->tap_repaired);
}

static void peer_label(FILE *out, const char *metric, const struct peer *peer)
{
	fprintf(out, "clusterarpd_%s{", metric);
	label(out, "peer", peer->node->name);
}

/* Of peers that were heard, if liveness is on. */
static void write_heard(FILE *out, const struct report_state *s)
{
	head(out, "peer_last_heard_seconds", "gauge", "Time since a peer was heard last.");
	for (size_t i = 0; i < peers_count(s->peers); i++) {
		struct peer *peer = peers_get(s->peers, i);
		uint64_t heard = liveness_heard(peer, s->now);

		if (!heard)
			continue;
		peer_label(out, "peer_last_heard_seconds", peer);
		fprintf(out, "} %.3f\n", s->now > heard ? (double)(s->now - heard) / 1000 : 0.0);
	}
	head(out, "peer_latency_seconds", "gauge", "How long the last answer of a peer took.");
	for (size_t i = 0; i < peers_count(s->peers); i++) {
		const struct peer *peer = peers_get(s->peers, i);

		if (!peer->liveness.latency_us)
			continue;
		peer_label(out, "peer_latency_seconds", peer);
		fprintf(out, "} %.6f\n", peer->liveness.latency_us / 1e6);
	}
}

static void write_states(FILE *out, const struct report_state *s)
{
	head(out, "peer_state", "gauge", "1 for the state that a peer is in.");
	for (size_t i = 0; i < peers_count(s->peers); i++) {
		const struct peer *peer = peers_get(s->peers, i);

		for (enum peer_state state = 0; state < PEER_STATES; state++) {
			peer_label(out, "peer_state", peer);
			fprintf(out, ",state=\"%s\"} %d\n", peer_neigh_state_name(state),
				peer->state == state);
		}
	}
	write_heard(out, s);
	head(out, "peer_state_changes_total", "counter", "Changes of a peer's state.");
	for (size_t i = 0; i < peers_count(s->peers); i++) {
		peer_label(out, "peer_state_changes_total", peers_get(s->peers, i));
		fprintf(out, "} %" PRIu64 "\n", peers_get(s->peers, i)->changes);
	}
}

/* The counters of each peer, with a direction, or without one (`out` is 0). */
static const struct peer_metric {
	const char *name, *help;
	size_t in, out;
} peer_metrics[] = {
	{ "peer_frames_total", "Frames from (in) and to (out) a peer.",
	  offsetof(struct peer_counters, frames_in), offsetof(struct peer_counters, frames_out) },
	{ "peer_bytes_total", "Bytes of those frames.", offsetof(struct peer_counters, bytes_in),
	  offsetof(struct peer_counters, bytes_out) },
	{ "peer_arp_total", "ARP frames from (in) and to (out) a peer.",
	  offsetof(struct peer_counters, arp_in), offsetof(struct peer_counters, arp_out) },
	{ "peer_repaired_total",
	  "Neighbour entries of a peer that held another MAC and were corrected.",
	  offsetof(struct peer_counters, repaired), 0 },
	{ "peer_spoofed_total", "ARP and ND dropped that claimed an address of a peer.",
	  offsetof(struct peer_counters, spoofed), 0 },
};

static uint64_t counter_at(const struct peer *peer, size_t offset)
{
	return *(const uint64_t *)(const void *)((const char *)&peer->counters + offset);
}

static void write_peer_metric(FILE *out, const struct peer_metric *m, const struct peers *peers)
{
	head(out, m->name, "counter", m->help);
	for (size_t i = 0; i < peers_count(peers); i++) {
		const struct peer *peer = peers_get(peers, i);

		peer_label(out, m->name, peer);
		fprintf(out, m->out ? ",direction=\"in\"} %" PRIu64 "\n" : "} %" PRIu64 "\n",
			counter_at(peer, m->in));
		if (!m->out)
			continue;
		peer_label(out, m->name, peer);
		fprintf(out, ",direction=\"out\"} %" PRIu64 "\n", counter_at(peer, m->out));
	}
}

char *metrics_text(const struct report_state *s)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	write_build(out, s);
	write_config(out, s);
	write_problems(out, s->problems);
	write_counters(out, &s->counters);
	single(out, "neighbours", "gauge", "Entries in the mirror of the neighbour table.",
	       mirror_count(s->mirror));
	write_states(out, s);
	for (size_t i = 0; i < sizeof(peer_metrics) / sizeof(peer_metrics[0]); i++)
		write_peer_metric(out, &peer_metrics[i], s->peers);
	report_shares_metrics(out, s->shares, peers_config(s->peers), peers_self(s->peers));
	fclose(out);
	return text;
}
