/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report_shares: the shares as JSON and for Prometheus (SPEC 11). */
#include "cluster.h"

#include "report/report_shares.h"

/* Three nodes, as beta sees them. */
static const struct report_share shares_of_nodes[] = {
	{ SHARE_ACTIVE, 1, 1365, REPORT_SHARES_NOT_COUNTED },
	{ SHARE_ACTIVE, 2, 2731, 17 },
	{ SHARE_GONE, 0, 0, REPORT_SHARES_NOT_COUNTED },
};
static const struct report_shares ordered = {
	.mode = CONFIG_SHARES_DRIVEN,
	.affinity = AFFINITY_CLIENT,
	.fingerprint = 0xfedcba987654321,
	.source = "order",
	.epoch = 1700000000,
	.lease_ms = 2050,
	.unowned = 31,
	.asking = 12,
	.wish = REPORT_SHARES_NO_WISH,
	.nodes = shares_of_nodes,
	.count = 3,
};

static struct cluster make(void)
{
	return cluster_make("", "beta");
}

static void answer_is(const struct report_shares *shares, const char *expected)
{
	struct cluster c = make();
	char *line = report_shares_answer(shares, c.config, peers_self(c.peers));
	json_t *got, *want = json_loads(expected, 0, NULL);

	assert_non_null(want);
	assert_non_null(line);
	got = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
	if (!json_equal(got, want))
		fail_msg("%s\nshould be\n%s", line, expected);
	json_decref(got);
	json_decref(want);
	free(line);
	cluster_free(&c);
}

static void an_order(void **state)
{
	(void)state;
	answer_is(&ordered, "{\"schema_version\": 1, \"shares\": {\"mode\": \"driven\","
			    " \"affinity\": \"client\", \"fingerprint\": \"0fedcba987654321\","
			    " \"epoch\": 1700000000,"
			    " \"source\": \"order\", \"lease_ms\": 2050, \"buckets\": 4096,"
			    " \"unowned\": 31, \"asking\": 12, \"wish\": null, \"nodes\": ["
			    "{\"name\": \"alpha\", \"self\": false, \"state\": \"active\","
			    " \"weight\": 1, \"owned\": 1365, \"connections\": null},"
			    "{\"name\": \"beta\", \"self\": true, \"state\": \"active\","
			    " \"weight\": 2, \"owned\": 2731, \"connections\": 17},"
			    "{\"name\": \"gamma\", \"self\": false, \"state\": \"gone\","
			    " \"weight\": 0, \"owned\": 0, \"connections\": null}]}}");
}

/* A lease that has run out is not one without end; a wish of 0 is one; no connection is not the
 * same as an unknown number. */
static void zero_and_null(void **state)
{
	const struct report_share nodes[] = {
		{ SHARE_DRAINING, 0, 0, REPORT_SHARES_NOT_COUNTED },
		{ SHARE_NO_LEASE, 1, 4096, 0 },
		{ SHARE_DRAINED, 0, 0, REPORT_SHARES_NOT_COUNTED },
	};
	struct report_shares s = ordered;

	(void)state;
	s.nodes = nodes;
	s.lease_ms = 0;
	s.wish = 0;
	s.source = NULL;
	s.epoch = 0;
	answer_is(&s, "{\"schema_version\": 1, \"shares\": {\"mode\": \"driven\","
		      " \"affinity\": \"client\", \"fingerprint\": \"0fedcba987654321\","
		      " \"epoch\": 0, \"source\": null,"
		      " \"lease_ms\": 0, \"buckets\": 4096, \"unowned\": 31, \"asking\": 12,"
		      " \"wish\": 0, \"nodes\": ["
		      "{\"name\": \"alpha\", \"self\": false, \"state\": \"draining\","
		      " \"weight\": 0, \"owned\": 0, \"connections\": null},"
		      "{\"name\": \"beta\", \"self\": true, \"state\": \"no_lease\","
		      " \"weight\": 1, \"owned\": 4096, \"connections\": 0},"
		      "{\"name\": \"gamma\", \"self\": false, \"state\": \"drained\","
		      " \"weight\": 0, \"owned\": 0, \"connections\": null}]}}");
}

static void none(void **state)
{
	(void)state;
	answer_is(NULL, "{\"schema_version\": 1, \"shares\": {\"mode\": \"none\","
			" \"affinity\": \"connection\", \"fingerprint\": null, \"epoch\": 0,"
			" \"source\": null,"
			" \"lease_ms\": null, \"buckets\": 4096, \"unowned\": 0, \"asking\": 0,"
			" \"wish\": null, \"nodes\": []}}");
}

static void share_of_a_peer(void **state)
{
	struct cluster c = make();
	json_t *got = report_share_json(&ordered, c.config, config_find_node(c.config, "beta"));
	json_t *want = json_pack("{s:s, s:i, s:i}", "state", "active", "weight", 2, "owned", 2731);

	(void)state;
	assert_true(json_equal(got, want));
	assert_null(report_share_json(NULL, c.config, &c.config->nodes[0]));
	json_decref(got);
	json_decref(want);
	cluster_free(&c);
}

static void metrics_are(const struct report_shares *shares, const char *want)
{
	struct cluster c = make();
	char *text = NULL, *start = NULL, *line;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	char got[1024] = "";

	report_shares_metrics(out, shares, c.config, peers_self(c.peers));
	fclose(out);
	start = text;
	while ((line = strsep(&start, "\n"))) {
		if (*line && *line != '#')
			snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s\n", line);
	}
	assert_string_equal(got, want);
	free(text);
	cluster_free(&c);
}

static void metrics(void **state)
{
	struct report_share nodes[3];
	struct report_shares s = ordered;

	(void)state;
	memcpy(nodes, shares_of_nodes, sizeof(nodes));
	s.nodes = nodes;
	metrics_are(NULL, "");
	metrics_are(&s, "clusterarpd_shares_epoch 1700000000\n"
			"clusterarpd_shares_buckets{state=\"owned\"} 2731\n"
			"clusterarpd_shares_buckets{state=\"taken\"} 2700\n"
			"clusterarpd_shares_buckets{state=\"waiting\"} 31\n"
			"clusterarpd_shares_buckets{state=\"asking\"} 12\n"
			"clusterarpd_shares_lease_seconds 2.050\n");
	s.lease_ms = 0;
	nodes[1].state = SHARE_NO_LEASE;
	metrics_are(&s, "clusterarpd_shares_epoch 1700000000\n"
			"clusterarpd_shares_buckets{state=\"owned\"} 2731\n"
			"clusterarpd_shares_buckets{state=\"taken\"} 0\n"
			"clusterarpd_shares_buckets{state=\"waiting\"} 31\n"
			"clusterarpd_shares_buckets{state=\"asking\"} 12\n"
			"clusterarpd_shares_lease_seconds 0.000\n");
	s.lease_ms = REPORT_SHARES_FOREVER;
	nodes[1].state = SHARE_ACTIVE;
	s.unowned = s.asking = 0;
	metrics_are(&s, "clusterarpd_shares_epoch 1700000000\n"
			"clusterarpd_shares_buckets{state=\"owned\"} 2731\n"
			"clusterarpd_shares_buckets{state=\"taken\"} 2731\n"
			"clusterarpd_shares_buckets{state=\"waiting\"} 0\n"
			"clusterarpd_shares_buckets{state=\"asking\"} 0\n"
			"clusterarpd_shares_lease_seconds +Inf\n");
	s.mode = CONFIG_SHARES_STATIC;
	metrics_are(&s, "clusterarpd_shares_epoch 1700000000\n"
			"clusterarpd_shares_buckets{state=\"owned\"} 2731\n"
			"clusterarpd_shares_buckets{state=\"taken\"} 2731\n"
			"clusterarpd_shares_buckets{state=\"waiting\"} 0\n"
			"clusterarpd_shares_buckets{state=\"asking\"} 0\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_order), cmocka_unit_test(zero_and_null),
		cmocka_unit_test(none),     cmocka_unit_test(share_of_a_peer),
		cmocka_unit_test(metrics),
	};

	return cmocka_run_group_tests_name("report_shares", tests, NULL, NULL);
}
