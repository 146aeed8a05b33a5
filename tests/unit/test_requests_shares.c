/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * requests_shares: requests become orders, releases and wishes, or are refused; an answer waits for
 * its scan, and its client may be gone before. The control socket and the engine are stand-ins.
 */
#include "cluster.h"

#include <errno.h>
#include <math.h>

#include "clients/requests_shares.h"
#include "core/shares/shares.h"
#include "report/report_line.h"
#include "report/report_shares.h"

#define NODES  3
#define ROUNDS 60000

/* --- what was asked of the engine --- */

struct sharing {
	struct sharing_order order;
	int weights[NODES];
	unsigned orders, wishes;
	int wish;
	char released[64]; /* "NODE EPOCH " of each call, or "NODE EPOCH asking " */
	int rc;            /* what the next calls return */
	struct sharing_of of;
	unsigned port;
	void (*done)(void *arg); /* a scan that goes on */
	void *arg;
	bool is_immediate; /* a scan ends at once */
};

int sharing_set(struct sharing *s, const struct sharing_order *order, const char **why)
{
	s->orders++;
	s->order = *order;
	memcpy(s->weights, order->weights, sizeof(s->weights));
	*why = "not this order";
	return s->rc;
}

int sharing_released(struct sharing *s, const struct sharing_release *r, const char **why)
{
	size_t used = strlen(s->released);

	snprintf(s->released + used, sizeof(s->released) - used, "%s %llu%s ", r->node,
		 (unsigned long long)r->epoch, r->is_asking ? " asking" : "");
	*why = "no such epoch";
	return s->rc;
}

int sharing_wish(struct sharing *s, int weight, const char **why)
{
	s->wishes++;
	s->wish = weight;
	*why = "no wish";
	return s->rc;
}

int sharing_of(struct sharing *s, const struct ip_addr *client, unsigned port,
	       struct sharing_of *out)
{
	(void)client;
	s->port = port;
	*out = s->of;
	return s->rc;
}

void sharing_scan(struct sharing *s, void (*done)(void *arg), void *arg)
{
	assert_null(s->done);
	if (s->is_immediate) {
		done(arg);
		return;
	}
	s->done = done;
	s->arg = arg;
}

void sharing_scan_cancel(struct sharing *s, void *arg)
{
	assert_ptr_equal(s->arg, arg);
	s->done = NULL;
}

const struct report_shares *sharing_report(struct sharing *s)
{
	static const struct report_share nodes[NODES];
	static const struct report_shares report = {
		.mode = CONFIG_SHARES_DRIVEN, .epoch = 5, .nodes = nodes, .count = NODES
	};

	(void)s;
	return &report;
}

/* --- what the client gets --- */

struct control_client {
	json_t *answer;
	struct control_source source;
	unsigned wakes;
};

void control_answer(struct control_client *client, char *line)
{
	assert_null(client->answer);
	client->answer = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(client->answer);
	free(line);
}

void control_stream(struct control_client *client, const struct control_source *source)
{
	client->source = *source;
}

void control_wake(struct control_client *client)
{
	client->wakes++;
}

/* --- a request --- */

struct test {
	struct cluster cluster;
	struct sharing sharing;
	struct control_client client;
};

static struct test make(void)
{
	return (struct test){ .cluster = cluster_make("shares = driven\n", "alpha") };
}

static bool ask(struct test *t, json_t *request)
{
	const struct requests_shares r = { &t->sharing, t->cluster.peers };
	const char *name = json_string_value(json_object_get(request, "command"));

	json_decref(t->client.answer);
	t->client = (struct control_client){ NULL };
	return requests_shares_answer(&r, &t->client, name, request);
}

static void send(struct test *t, const char *text)
{
	json_t *request = json_loads(text, 0, NULL);

	assert_non_null(request);
	assert_true(ask(t, request));
	json_decref(request);
}

static const char *refusal(const struct test *t)
{
	return json_string_value(
		json_object_get(json_object_get(t->client.answer, "error"), "message"));
}

static void end(struct test *t)
{
	json_decref(t->client.answer);
	cluster_free(&t->cluster);
}

static void is_answered(const struct test *t)
{
	const json_t *shares = json_object_get(t->client.answer, "shares");

	if (refusal(t))
		fail_msg("refused: %s", refusal(t));
	assert_int_equal(json_integer_value(json_object_get(shares, "epoch")), 5);
}

static void orders(void **state)
{
	struct test t = make();

	(void)state;
	t.cluster.config->nodes[1].weight = 7;
	send(&t, "{\"command\": \"shares_set\", \"epoch\": 9223372036854775807, \"ttl\": 2.5,"
		 " \"nodes\": {\"beta\": null, \"alpha\": 0}, \"dead\": [\"gamma\"]}");
	is_answered(&t);
	assert_true(t.sharing.order.epoch == INT64_MAX);
	assert_true(t.sharing.order.ttl == 2.5);
	assert_int_equal(t.sharing.weights[0], 0);
	assert_int_equal(t.sharing.weights[1], 7);
	assert_int_equal(t.sharing.weights[2], SHARING_DEAD);
	assert_true(t.sharing.order.sent == 0);
	send(&t, "{\"command\": \"shares_set\", \"epoch\": 1, \"ttl\": 2.5, \"sent\": 4711,"
		 " \"nodes\": {\"beta\": null}}");
	is_answered(&t);
	assert_true(t.sharing.order.sent == 4711);
	send(&t, "{\"command\": \"shares_set\", \"epoch\": 1, \"ttl\": \"forever\","
		 " \"nodes\": {\"gamma\": 100}}");
	is_answered(&t);
	assert_true(isinf(t.sharing.order.ttl));
	assert_int_equal(t.sharing.weights[0], SHARING_LEFT);
	assert_int_equal(t.sharing.weights[2], 100);
	t.sharing.rc = -ESTALE;
	send(&t, "{\"command\": \"shares_set\", \"epoch\": 1, \"ttl\": 3, \"nodes\": {}}");
	assert_string_equal(refusal(&t), "not this order");
	assert_int_equal(t.sharing.orders, 4);
	end(&t);
}

static void releases(void **state)
{
	struct test t = make();

	(void)state;
	send(&t, "{\"command\": \"shares_released\", \"epoch\": 4, \"nodes\": [\"beta\","
		 " \"gamma\"]}");
	is_answered(&t);
	assert_string_equal(t.sharing.released, "beta 4 gamma 4 ");
	t.sharing.released[0] = '\0';
	send(&t, "{\"command\": \"shares_released\", \"epoch\": 5, \"nodes\": [\"beta\","
		 " \"gamma\"], \"asking\": true}");
	is_answered(&t);
	assert_string_equal(t.sharing.released, "beta 5 asking gamma 5 asking ");
	t.sharing.released[0] = '\0';
	send(&t, "{\"command\": \"shares_released\", \"epoch\": 5, \"nodes\": [\"beta\"],"
		 " \"asking\": false}");
	assert_string_equal(t.sharing.released, "beta 5 ");
	t.sharing.rc = -EINVAL;
	t.sharing.released[0] = '\0';
	send(&t, "{\"command\": \"shares_released\", \"epoch\": 4, \"nodes\": [\"beta\","
		 " \"gamma\"]}");
	assert_string_equal(refusal(&t), "no such epoch");
	assert_string_equal(t.sharing.released, "beta 4 ");
	end(&t);
}

static void wishes(void **state)
{
	struct test t = make();

	(void)state;
	send(&t, "{\"command\": \"shares_weight\", \"weight\": 100}");
	is_answered(&t);
	assert_int_equal(t.sharing.wish, 100);
	send(&t, "{\"command\": \"shares_drain\"}");
	assert_int_equal(t.sharing.wish, 0);
	send(&t, "{\"command\": \"shares_resume\"}");
	assert_int_equal(t.sharing.wish, SHARING_NO_WISH);
	t.sharing.rc = -EOPNOTSUPP;
	send(&t, "{\"command\": \"shares_drain\"}");
	assert_string_equal(refusal(&t), "no wish");
	end(&t);
}

/* Refused before the engine is asked. */
static void wrong_requests(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{ "\"set\", \"ttl\": 3, \"nodes\": {}", "\"epoch\" must" },
		{ "\"set\", \"epoch\": 0, \"ttl\": 3, \"nodes\": {}", "\"epoch\" must" },
		{ "\"set\", \"epoch\": -1, \"ttl\": 3, \"nodes\": {}", "\"epoch\" must" },
		{ "\"set\", \"epoch\": 1.0, \"ttl\": 3, \"nodes\": {}", "\"epoch\" must" },
		{ "\"set\", \"epoch\": \"1\", \"ttl\": 3, \"nodes\": {}", "\"epoch\" must" },
		{ "\"set\", \"epoch\": 1, \"nodes\": {}", "\"ttl\" must" },
		{ "\"set\", \"epoch\": 1, \"ttl\": \"3\", \"nodes\": {}", "\"ttl\" must" },
		{ "\"set\", \"epoch\": 1, \"ttl\": null, \"nodes\": {}", "\"ttl\" must" },
		{ "\"set\", \"epoch\": 1, \"ttl\": 3", "\"nodes\" must be an object" },
		{ "\"set\", \"epoch\": 1, \"ttl\": 3, \"nodes\": [\"alpha\"]",
		  "must be an object" },
		{ "\"set\", \"epoch\": 1, \"ttl\": 3, \"nodes\": {\"delta\": 1}",
		  "the configuration has no node 'delta'" },
		{ "\"set\", \"epoch\": 1, \"ttl\": 3, \"nodes\": {\"\\u001b\": 1}",
		  "has no node '\\x1b'" },
		{ "\"set\", \"epoch\": 1, \"ttl\": 3, \"nodes\": {\"alpha\": 101}",
		  "node 'alpha': a weight" },
		{ "\"set\", \"epoch\": 1, \"ttl\": 3, \"nodes\": {\"alpha\": -1}", "a weight" },
		{ "\"set\", \"epoch\": 1, \"ttl\": 3, \"nodes\": {\"alpha\": 1.5}", "a weight" },
		{ "\"set\", \"epoch\": 1, \"ttl\": 3, \"nodes\": {\"alpha\": true}", "a weight" },
		{ "\"set\", \"epoch\": 1, \"ttl\": 3, \"nodes\": {}, \"dead\": {}",
		  "\"dead\" must be an array" },
		{ "\"set\", \"epoch\": 1, \"ttl\": 3, \"nodes\": {}, \"dead\": [1]",
		  "must be a string" },
		{ "\"set\", \"epoch\": 1, \"ttl\": 3, \"nodes\": {}, \"dead\": [\"delta\"]",
		  "no node 'delta'" },
		{ "\"set\", \"epoch\": 1, \"ttl\": 3, \"nodes\": {\"beta\": 0},"
		  " \"dead\": [\"beta\"]",
		  "node 'beta' is named twice" },
		{ "\"set\", \"epoch\": 1, \"ttl\": 3, \"nodes\": {}, \"dead\": [\"beta\","
		  " \"beta\"]",
		  "node 'beta' is named twice" },
		{ "\"released\", \"nodes\": [\"beta\"]", "\"epoch\" must" },
		{ "\"released\", \"epoch\": 1", "\"nodes\" must name" },
		{ "\"released\", \"epoch\": 1, \"nodes\": []", "\"nodes\" must name" },
		{ "\"released\", \"epoch\": 1, \"nodes\": {\"beta\": 1}", "must be an array" },
		{ "\"released\", \"epoch\": 1, \"nodes\": [\"beta\", \"delta\"]",
		  "no node 'delta'" },
		{ "\"released\", \"epoch\": 1, \"nodes\": [[]]", "must be a string" },
		{ "\"released\", \"epoch\": 1, \"nodes\": [\"beta\"], \"asking\": 1",
		  "\"asking\" must" },
		{ "\"released\", \"epoch\": 1, \"nodes\": [\"beta\"], \"asking\": null",
		  "\"asking\" must" },
		{ "\"weight\"", "\"weight\" must" },
		{ "\"weight\", \"weight\": -1", "\"weight\" must" },
		{ "\"weight\", \"weight\": 101", "\"weight\" must" },
		{ "\"weight\", \"weight\": \"1\"", "\"weight\" must" },
		{ "\"of\"", "\"address\" must" },
		{ "\"of\", \"address\": 1", "\"address\" must" },
		{ "\"of\", \"address\": \"192.0.2\"", "\"address\" must" },
		{ "\"of\", \"address\": \"192.0.2.7\", \"port\": 0", "\"port\" must" },
		{ "\"of\", \"address\": \"192.0.2.7\", \"port\": 65536", "\"port\" must" },
		{ "\"of\", \"address\": \"192.0.2.7\", \"port\": \"80\"", "\"port\" must" },
	};
	struct test t = make();
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(text, sizeof(text), "{\"command\": \"shares_%s}", rows[i].text + 1);
		send(&t, text);
		if (!refusal(&t) || !strstr(refusal(&t), rows[i].why))
			fail_msg("%s: %s", text, refusal(&t) ? refusal(&t) : "not refused");
	}
	assert_int_equal(t.sharing.orders + t.sharing.wishes + strlen(t.sharing.released), 0);
	assert_int_equal(t.sharing.port, 0);
	end(&t);
}

static void is_of(struct test *t, unsigned decision, bool is_waiting, const char *doing,
		  const char *why)
{
	json_t *of;

	t->sharing.of = (struct sharing_of){ 123, "beta", decision, is_waiting };
	send(t, "{\"command\": \"shares_of\", \"address\": \"2001:db8:0::7\", \"port\": 4711}");
	of = json_object_get(t->client.answer, "of");
	assert_int_equal(t->sharing.port, 4711);
	assert_string_equal(json_string_value(json_object_get(of, "address")), "2001:db8::7");
	assert_int_equal(json_integer_value(json_object_get(of, "port")), 4711);
	assert_int_equal(json_integer_value(json_object_get(of, "bucket")), 123);
	assert_string_equal(
		json_string_value(json_object_get(json_object_get(of, "owner"), "name")), "beta");
	assert_string_equal(json_string_value(json_object_get(of, "this_node")), doing);
	assert_string_equal(json_string_value(json_object_get(of, "why")), why);
	assert_int_equal(json_is_true(json_object_get(of, "cautious")),
			 !!(decision & SHARES_CAUTIOUS));
}

static void whose(void **state)
{
	static const char known[] = "serves the connections that it has, and drops the rest";
	struct test t = make();
	char text[128];

	(void)state;
	is_of(&t, 0, false, "drops", "drops it, which belongs to beta");
	is_of(&t, SHARES_TAKES, false, "takes", "takes it");
	is_of(&t, SHARES_TAKES | SHARES_CAUTIOUS, false, "takes",
	      "takes it, but drops segments of connections that it does not know: another node may"
	      " have them");
	snprintf(text, sizeof(text), "%s, which belongs to beta", known);
	is_of(&t, SHARES_ASKS, false, "asks", text);
	snprintf(text, sizeof(text), "has no lease: %s", known);
	is_of(&t, SHARES_TAKES | SHARES_ASKS, false, "no_lease", text);
	is_of(&t, 0, true, "waits", "owns it, but another node may still take it: drops it");
	snprintf(text, sizeof(text), "owns it, but another node may still take it: %s", known);
	is_of(&t, SHARES_ASKS, true, "waits", text);
	end(&t);
}

static void whose_without_owner_and_port(void **state)
{
	struct test t = make();
	json_t *of;

	(void)state;
	send(&t, "{\"command\": \"shares_of\", \"address\": \"192.0.2.7\", \"port\": null}");
	of = json_object_get(t.client.answer, "of");
	assert_true(json_is_null(json_object_get(of, "owner")));
	assert_true(json_is_null(json_object_get(of, "port")));
	assert_string_equal(json_string_value(json_object_get(of, "why")),
			    "drops it, which no node owns");
	t.sharing.rc = -EOPNOTSUPP;
	send(&t, "{\"command\": \"shares_of\", \"address\": \"192.0.2.7\"}");
	assert_string_equal(refusal(&t), "shares = none: all nodes answer");
	end(&t);
}

static void take_piece(struct test *t)
{
	struct control_piece piece;
	const struct control_source *source = &t->client.source;

	assert_int_equal(source->next(&piece, source->arg), CONTROL_PIECE);
	assert_int_equal(piece.data[piece.len - 1], '\n');
	t->client.answer = json_loadb(piece.data, piece.len, 0, NULL);
	is_answered(t);
	free(piece.data);
	assert_int_equal(source->next(&piece, source->arg), CONTROL_END);
	source->close(source->arg);
}

static void a_scan_comes_first(void **state)
{
	struct test t = make();
	struct control_piece piece;

	(void)state;
	send(&t, "{\"command\": \"shares\"}");
	assert_false(t.client.source.is_endless);
	assert_int_equal(t.client.source.next(&piece, t.client.source.arg), CONTROL_WAIT);
	assert_int_equal(t.client.wakes, 0);
	t.sharing.done(t.sharing.arg);
	assert_int_equal(t.client.wakes, 1);
	take_piece(&t);
	t.sharing.done = NULL;
	t.sharing.is_immediate = true;
	send(&t, "{\"command\": \"shares\"}");
	take_piece(&t);
	end(&t);
}

static void the_client_is_gone_before(void **state)
{
	struct test t = make();

	(void)state;
	send(&t, "{\"command\": \"shares\"}");
	t.client.source.close(t.client.source.arg);
	assert_null(t.sharing.done); /* cancelled */
	end(&t);
}

static void other_commands_are_not_ours(void **state)
{
	struct test t = make();
	json_t *request = json_pack("{s:s}", "command", "status");

	(void)state;
	assert_false(ask(&t, request));
	assert_null(t.client.answer);
	json_decref(request);
	end(&t);
}

static json_t *any_value(unsigned depth)
{
	static const char *const words[] = { "alpha", "beta", "", "forever", "::1", "1.2.3.4" };
	json_t *value;

	switch (rand() % (depth ? 9 : 7)) {
	case 0:
		return json_null();
	case 1:
		return json_boolean(rand() % 2);
	case 2:
		return json_real((rand() - RAND_MAX / 2) * 1e-3);
	case 3:
		return json_integer(rand() % 120 - 10);
	case 4:
		return json_integer(rand() % 2 ? INT64_MAX : INT64_MIN);
	case 5:
	case 6:
		return json_string(words[rand() % 6]);
	case 7:
		value = json_array();
		for (int i = rand() % 4; i > 0; i--)
			json_array_append_new(value, any_value(depth - 1));
		return value;
	default:
		value = json_object();
		for (int i = rand() % 4; i > 0; i--)
			json_object_set_new(value, words[rand() % 6], any_value(depth - 1));
		return value;
	}
}

/* Whatever a request holds, it gets an answer. */
static void any_request_is_answered(void **state)
{
	static const char *const commands[] = {
		"of", "set", "released", "drain", "resume", "weight"
	};
	static const char *const keys[] = { "address", "port", "epoch",  "ttl",
					    "nodes",   "dead", "weight", "asking" };
	struct test t = make();

	(void)state;
	srand(1);
	for (int i = 0; i < ROUNDS; i++) {
		json_t *request = json_pack("{s:s+}", "command", "shares_", commands[rand() % 6]);

		for (int k = 0; k < 8; k++)
			if (rand() % 4)
				json_object_set_new(request, keys[k], any_value(2));
		t.sharing.released[0] = '\0';
		assert_true(ask(&t, request));
		assert_non_null(t.client.answer);
		json_decref(request);
	}
	assert_true(t.sharing.orders > 0);
	end(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(orders),
		cmocka_unit_test(releases),
		cmocka_unit_test(wishes),
		cmocka_unit_test(wrong_requests),
		cmocka_unit_test(whose),
		cmocka_unit_test(whose_without_owner_and_port),
		cmocka_unit_test(a_scan_comes_first),
		cmocka_unit_test(the_client_is_gone_before),
		cmocka_unit_test(other_commands_are_not_ours),
		cmocka_unit_test(any_request_is_answered),
	};

	return cmocka_run_group_tests_name("requests_shares", tests, NULL, NULL);
}
