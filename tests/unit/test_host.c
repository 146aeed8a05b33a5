/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host: against a daemon in the test itself, which answers status, config, shares, shares_set and
 * shares_released as clusterarpd does. HOST_PROBATION_MS and HOST_CUT_MS are short here.
 */
#include "fake_daemon.h"

#include "base/log.h"
#include "corosync/host.h"

#define MS       5000 /* for what has to happen */
#define PATIENCE 200

struct world {
	struct loop *loop;
	struct fake_daemon daemon;
	struct host *host;
	unsigned changes, aways, warnings;
	bool destroys;

	/* The daemon. */
	int generation, carrier, epoch, asking;
	const char *mode, *print, *beta; /* beta: its state */
	int wish;
	const char *problems, *refusal;
	bool is_mute, is_deaf_to_status;
	unsigned statuses, configs, shares, sets, releases;
	json_t *last; /* the last order or release */
};

static struct world *logging;

static bool on_log(int priority, const char *text)
{
	(void)priority;
	(void)text;
	logging->warnings++;
	return true;
}

static char *status(struct world *w)
{
	char *text = NULL;

	w->statuses++;
	if (w->is_deaf_to_status)
		return NULL;
	assert_true(asprintf(&text,
			     "{\"node\":\"alpha\",\"config_generation\":%d,\"link\":{\"carrier\":%s"
			     ",\"mtu\":1500},\"problems\":[%s]}\n",
			     w->generation, w->carrier ? "true" : "false", w->problems) > 0);
	return text;
}

static char *config(struct world *w)
{
	char *text = NULL;

	w->configs++;
	assert_true(asprintf(&text,
			     "{\"config\":{\"cluster\":{},\"nodes\":["
			     "{\"name\":\"beta\",\"weight\":%d,\"corosync_id\":null},"
			     "{\"name\":\"alpha\",\"weight\":100,\"corosync_id\":17}]}}\n",
			     w->generation) > 0);
	return text;
}

static char *shares(struct world *w)
{
	char wish[16] = "null", *text = NULL;

	if (w->wish >= 0)
		snprintf(wish, sizeof(wish), "%d", w->wish);
	assert_true(asprintf(&text,
			     "{\"shares\":{\"mode\":\"%s\",\"epoch\":%d,\"asking\":%d,\"wish\":%s,"
			     "\"fingerprint\":\"%s\",\"nodes\":["
			     "{\"name\":\"beta\",\"state\":\"%s\",\"weight\":60},"
			     "{\"name\":\"alpha\",\"state\":\"no_lease\",\"weight\":100}]}}\n",
			     w->mode, w->epoch, w->asking, wish, w->print, w->beta) > 0);
	return text;
}

static char *carry_out(struct world *w, const json_t *request, unsigned *count)
{
	char *text = NULL;

	++*count;
	json_decref(w->last);
	w->last = json_deep_copy(request);
	if (!w->refusal) {
		if (count == &w->sets)
			w->epoch = (int)json_integer_value(json_object_get(request, "epoch"));
		return shares(w);
	}
	assert_true(asprintf(&text, "{\"error\":{\"message\":\"%s\"}}\n", w->refusal) > 0);
	return text;
}

static char *answer(const char *command, const json_t *request, void *arg)
{
	struct world *w = arg;

	if (w->is_mute)
		return NULL;
	if (!strcmp(command, "status"))
		return status(w);
	if (!strcmp(command, "config"))
		return config(w);
	if (!strcmp(command, "shares_set"))
		return carry_out(w, request, &w->sets);
	if (!strcmp(command, "shares_released"))
		return carry_out(w, request, &w->releases);
	assert_string_equal(command, "shares");
	w->shares++;
	return shares(w);
}

static void on_changed(void *arg)
{
	struct world *w = arg;

	w->changes++;
	w->aways += host_state(w->host)->health == GROUP_AWAY;
	if (!w->destroys)
		return;
	host_destroy(w->host);
	w->host = NULL;
}

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	const struct host_handlers handlers = { on_changed, w };

	*w = (struct world){ .generation = 1,
			     .carrier = 1,
			     .epoch = 7,
			     .wish = -1,
			     .mode = "driven",
			     .print = "0123456789abcdef",
			     .beta = "active",
			     .problems = "" };
	w->loop = loop_create();
	fake_create(&w->daemon, w->loop);
	w->daemon.answer = answer;
	w->daemon.arg = w;
	w->host = host_create(w->loop, w->daemon.path, &handlers);
	host_set_patience(w->host, PATIENCE);
	logging = w;
	log_set_sink(on_log, false);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	host_destroy(w->host);
	fake_stop(&w->daemon);
	loop_destroy(w->loop);
	json_decref(w->last);
	free(w);
	return 0;
}

static const struct group_host *seen(struct world *w)
{
	return host_state(w->host);
}

static bool is_usable(void *arg)
{
	return seen(arg)->health == GROUP_USABLE;
}

static bool is_out(void *arg)
{
	return seen(arg)->health == GROUP_OUT;
}

static bool is_away(void *arg)
{
	return seen(arg)->health == GROUP_AWAY;
}

static bool is_cut(void *arg)
{
	return seen(arg)->is_cut;
}

static bool run(struct world *w, bool (*is_true)(void *arg))
{
	return fake_run(w->loop, MS, is_true, w);
}

static void pass(struct world *w, unsigned ms)
{
	fake_run(w->loop, ms, NULL, NULL);
}

static void start(struct world *w)
{
	fake_start(&w->daemon);
	assert_true(run(w, is_usable));
}

static void emit(struct world *w, const char *event)
{
	assert_non_null(w->daemon.stream);
	fake_send(w->daemon.stream, event);
}

/* alpha and beta of the file, and gamma, which it does not have. */
static struct group_order order_of(uint64_t epoch)
{
	struct group_order order = { .epoch = epoch, .print = "0123456789abcdef", .count = 3 };

	order.shares[0] = (struct group_share){ .name = "alpha", .nodeid = 1, .weight = 100 };
	order.shares[1] = (struct group_share){ .name = "beta", .nodeid = 2, .weight = GROUP_DEAD };
	order.shares[2] =
		(struct group_share){ .name = "gamma", .nodeid = 3, .weight = GROUP_LEFT };
	return order;
}

/* --- what is known of the daemon --- */

static void test_state(void **state)
{
	struct world *w = *state;
	const struct group_host *h = seen(w);

	assert_int_equal(h->health, GROUP_AWAY);
	assert_string_equal(h->name, "");
	w->wish = 40;
	w->asking = 3;
	start(w);
	assert_string_equal(h->reason, "");
	assert_string_equal(h->name, "alpha");
	assert_string_equal(h->print, "0123456789abcdef");
	assert_int_equal(h->count, 2);
	assert_string_equal(h->nodes[0].name, "beta");
	assert_int_equal(h->nodes[0].weight, 1);
	assert_int_equal(host_corosync_id(w->host), 17);
	assert_int_equal(h->wish, 40);
	assert_true(h->is_asking);
	assert_false(h->is_cut);
	assert_int_equal(h->order.epoch, 7);
	assert_string_equal(h->order.print, h->print);
	assert_int_equal(h->order.count, 2);
	assert_string_equal(h->order.shares[0].name, "alpha");
	assert_int_equal(h->order.shares[0].weight, 100);
	assert_int_equal(h->order.shares[1].weight, 60);
	assert_int_equal(w->statuses, 1);
	assert_int_equal(w->shares, 1);
}

/* The daemon says what became of beta. */
static void test_order_states(void **state)
{
	static const struct {
		const char *state;
		int weight;
	} rows[] = {
		{ "active", 60 }, { "gone", GROUP_LEFT }, { "drained", 0 }, { "draining", 0 }
	};
	struct world *w = *state;

	start(w);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		w->beta = rows[i].state;
		w->epoch++;
		emit(w, "{\"event\":\"shares\",\"change\":\"order\",\"epoch\":99}\n");
		pass(w, 15);
		assert_int_equal(seen(w)->order.epoch, w->epoch);
		assert_int_equal(seen(w)->order.shares[1].weight, rows[i].weight);
	}
	w->epoch = 0; /* of an older state: none */
	emit(w, "{\"event\":\"shares\",\"change\":\"order\",\"epoch\":99}\n");
	pass(w, 15);
	assert_int_equal(seen(w)->order.epoch, 0);
	assert_int_equal(seen(w)->order.count, 0);
}

/* Only `status` is asked at each tick; the rest after a reload. */
static void test_reload(void **state)
{
	struct world *w = *state;

	start(w);
	for (int i = 0; i < 5; i++) {
		host_refresh(w->host);
		pass(w, 10);
	}
	assert_int_equal(w->statuses, 6);
	assert_int_equal(w->shares, 1);
	w->generation = 2;
	w->print = "fedcba9876543210";
	host_refresh(w->host);
	pass(w, 15);
	assert_string_equal(seen(w)->print, "fedcba9876543210");
	assert_string_equal(seen(w)->order.print, "0123456789abcdef"); /* what it was made for */
	assert_int_equal(seen(w)->nodes[0].weight, 2);
	w->mode = "static";
	emit(w, "{\"event\":\"reload\",\"applied\":true}\n");
	assert_true(run(w, is_away));
	assert_string_equal(seen(w)->reason, "shares = static in the file of clusterarpd");
	w->mode = "driven";
	emit(w, "{\"event\":\"reload\",\"applied\":true}\n");
	pass(w, 15);
	assert_int_equal(seen(w)->health, GROUP_USABLE);
}

/* No more than one is asked and one waits. */
static void test_refreshes(void **state)
{
	struct world *w = *state;

	start(w);
	for (int i = 0; i < 50; i++)
		host_refresh(w->host);
	pass(w, 15);
	assert_int_equal(w->statuses, 3);
	for (int i = 0; i < 50; i++)
		emit(w, "{\"event\":\"link\"}\n");
	pass(w, 15);
	assert_int_equal(w->statuses, 5);
}

/* The event has the wish: `shares`, which counts connections, is not asked for it. */
static void test_wish(void **state)
{
	struct world *w = *state;

	start(w);
	emit(w, "{\"event\":\"shares\",\"change\":\"wish\",\"epoch\":7,\"asking\":1,\"wish\":0}\n");
	pass(w, 15);
	assert_int_equal(seen(w)->wish, 0);
	assert_true(seen(w)->is_asking);
	emit(w,
	     "{\"event\":\"shares\",\"change\":\"wish\",\"epoch\":7,\"asking\":0,\"wish\":null}\n");
	pass(w, 15);
	assert_int_equal(seen(w)->wish, -1);
	assert_false(seen(w)->is_asking);
	assert_int_equal(w->shares, 1);
}

/* An error in place of an answer: not at once again, but at the next tick. */
static void test_malformed(void **state)
{
	struct world *w = *state;

	w->mode = "x\",\"mode\":1,\"y\":\"";
	fake_start(&w->daemon);
	pass(w, 25);
	assert_int_equal(seen(w)->health, GROUP_AWAY);
	assert_string_equal(seen(w)->reason, "clusterarpd has not answered yet");
	assert_int_equal(w->shares, 1);
	w->mode = "driven";
	host_refresh(w->host);
	assert_true(run(w, is_usable));
}

/* --- health --- */

/* One that was away for a moment, as after a crash, is not on probation. */
static void test_no_daemon(void **state)
{
	struct world *w = *state;

	pass(w, 25);
	assert_int_equal(seen(w)->health, GROUP_AWAY);
	assert_non_null(strstr(seen(w)->reason, "does not run: No such file"));
	fake_start(&w->daemon);
	pass(w, 25);
	assert_int_equal(seen(w)->health, GROUP_USABLE);
	fake_stop(&w->daemon);
	assert_true(run(w, is_away));
}

static void test_frozen(void **state)
{
	struct world *w = *state;
	uint64_t begin;

	start(w);
	fake_freeze(&w->daemon, true);
	begin = loop_now();
	for (int i = 0; i < 20; i++)
		host_refresh(w->host);
	assert_true(run(w, is_away));
	assert_in_range(loop_now() - begin, PATIENCE - 10, MS);
	assert_string_equal(seen(w)->reason, "clusterarpd does not answer");
	pass(w, PATIENCE);
	fake_freeze(&w->daemon, false);
	assert_int_equal(seen(w)->health, GROUP_AWAY);
	host_refresh(w->host);
	assert_true(run(w, is_usable));
	assert_int_equal(w->shares, 1); /* the stream has stayed */
}

static void test_carrier(void **state)
{
	struct world *w = *state;
	uint64_t begin;

	start(w);
	w->carrier = 0;
	emit(w, "{\"event\":\"link\",\"carrier\":false}\n");
	assert_true(run(w, is_out));
	assert_string_equal(seen(w)->reason, "the NIC has no carrier");
	pass(w, 20);
	assert_false(seen(w)->is_cut);
	w->changes = 0;
	assert_true(run(w, is_cut));
	assert_int_equal(w->changes, 1);
	w->carrier = 1;
	emit(w, "{\"event\":\"link\",\"carrier\":true}\n");
	begin = loop_now();
	pass(w, 20);
	assert_false(seen(w)->is_cut);
	assert_int_equal(seen(w)->health, GROUP_OUT);
	assert_true(run(w, is_usable));
	assert_in_range(loop_now() - begin, HOST_PROBATION_MS - 10, MS);
}

/* The second is one without a reason, from the last one on. */
static void test_probation(void **state)
{
	struct world *w = *state;

	start(w);
	for (int i = 0; i < 12; i++) {
		w->carrier = i % 2;
		host_refresh(w->host);
		pass(w, 20);
		assert_int_equal(seen(w)->health, GROUP_OUT);
	}
	assert_true(run(w, is_usable));
}

static void test_problems(void **state)
{
	struct world *w = *state;

	start(w);
	w->problems = "{\"id\":\"no_order\",\"severity\":\"critical\",\"text\":\"a\"},"
		      "{\"id\":\"no_lease\",\"severity\":\"critical\",\"text\":\"b\"},"
		      "{\"id\":\"shares_not_asked\",\"severity\":\"critical\",\"text\":\"c\"},"
		      "{\"id\":\"drift\",\"severity\":\"warning\",\"text\":\"d\"}";
	host_refresh(w->host);
	pass(w, 15);
	assert_int_equal(seen(w)->health, GROUP_USABLE);
	w->problems = "{\"id\":\"no_lease\",\"severity\":\"critical\",\"text\":\"b\"},"
		      "{\"id\":\"nic_gone\",\"severity\":\"critical\",\"text\":\"eth0 is gone\"}";
	host_refresh(w->host);
	assert_true(run(w, is_out));
	assert_string_equal(seen(w)->reason, "nic_gone: eth0 is gone");
	w->problems = "";
	host_refresh(w->host);
	assert_true(run(w, is_usable));
}

/* --- orders --- */

static bool has_set(void *arg)
{
	return ((struct world *)arg)->changes;
}

static void test_set(void **state)
{
	struct world *w = *state;
	struct group_order order = order_of(8);
	json_t *expected =
		json_pack("{s:s, s:i, s:f, s:i, s:{s:i}, s:[s]}", "command", "shares_set", "epoch",
			  8, "ttl", 2.5, "sent", 123456, "nodes", "alpha", 100, "dead", "beta");

	start(w);
	w->beta = "gone";
	w->changes = 0;
	host_set(w->host, &order, 123456, 2500);
	assert_int_equal(w->changes, 0);
	assert_true(run(w, has_set));
	assert_true(json_equal(w->last, expected));
	json_decref(expected);
	/* The order as it was given: the daemon does not tell that beta is dead. */
	assert_memory_equal(&seen(w)->order, &order, sizeof(order));
	assert_int_equal(w->shares, 1);
	w->changes = 0;
	host_set(w->host, &order, 123457, 2500); /* a lease */
	assert_true(run(w, has_set));
	assert_int_equal(w->sets, 2);
}

static void test_pile(void **state)
{
	struct world *w = *state;
	struct group_order order = order_of(8);

	start(w);
	for (int i = 0; i < 30; i++) {
		order.epoch = 8 + (uint64_t)i;
		host_set(w->host, &order, 1000, 2500);
		host_released(w->host, "beta", order.epoch, i % 2);
		host_released(w->host, "gamma", order.epoch, false);
	}
	pass(w, 25);
	assert_int_equal(w->sets, 2); /* the first and the last */
	assert_int_equal(w->epoch, 37);
	/* beta's first; then the last of beta and gamma. */
	assert_int_equal(w->releases, 3);
	assert_int_equal(json_integer_value(json_object_get(w->last, "epoch")), 37);
}

static void test_refused(void **state)
{
	struct world *w = *state;
	struct group_order order = order_of(8);

	start(w);
	w->refusal = "the epoch is older";
	for (int i = 0; i < 3; i++) {
		host_set(w->host, &order, 1000, 2500);
		pass(w, 10);
	}
	assert_int_equal(seen(w)->health, GROUP_AWAY);
	assert_string_equal(seen(w)->reason, "clusterarpd refuses orders: the epoch is older");
	assert_int_equal(seen(w)->order.epoch, 7);
	assert_int_equal(w->warnings, 1);
	w->refusal = NULL;
	host_refresh(w->host); /* this alone does not help */
	pass(w, HOST_PROBATION_MS);
	assert_int_equal(seen(w)->health, GROUP_AWAY);
	host_set(w->host, &order, 1000, 2500);
	assert_true(run(w, is_usable));
	assert_int_equal(seen(w)->order.epoch, 8);
	w->refusal = "the epoch is older";
	host_set(w->host, &order, 1000, 2500);
	assert_true(run(w, is_away));
	assert_int_equal(w->warnings, 2); /* it is news again */
}

/* A refused order is no reason any more when the daemon has another configuration than the order
 * was made for, or has carried out another one meanwhile. */
static void test_refused_for_a_while(void **state)
{
	struct world *w = *state;
	struct group_order order = order_of(8);

	start(w);
	w->aways = 0;
	w->refusal = "the configuration has no node 'gamma'";
	w->print = "fedcba9876543210"; /* reloaded, and the driver does not know yet */
	host_set(w->host, &order, 1000, 2500);
	pass(w, 15);
	assert_string_equal(seen(w)->print, "fedcba9876543210");
	host_set(w->host, &order, 1000, 2500); /* one that comes late */
	pass(w, 15);
	memcpy(order.print, w->print, sizeof(order.print));
	w->refusal = "the epoch is older";
	w->epoch = 1000; /* by hand */
	host_set(w->host, &order, 1000, 2500);
	pass(w, 15);
	assert_int_equal(seen(w)->order.epoch, 1000);
	assert_int_equal(w->warnings, 2);
	assert_int_equal(w->sets, 3);
	assert_int_equal(w->aways, 0);
}

static void test_set_unanswered(void **state)
{
	struct world *w = *state;
	struct group_order order = order_of(8);

	start(w);
	w->is_mute = true;
	w->changes = 0;
	host_set(w->host, &order, 1000, 2500);
	assert_true(run(w, is_away));
	assert_int_equal(w->changes, 1);
	assert_int_equal(seen(w)->order.epoch, 7);
	w->is_mute = false;
	host_set(w->host, &order, 1000, 2500);
	assert_true(run(w, is_usable));
	assert_int_equal(seen(w)->order.epoch, 8);
}

static void test_released(void **state)
{
	struct world *w = *state;
	json_t *expected = json_pack("{s:s, s:i, s:[s], s:b}", "command", "shares_released",
				     "epoch", 7, "nodes", "beta", "asking", 1);

	host_released(w->host, "beta", 6, true); /* without a daemon: forgotten */
	start(w);
	w->asking = 1;
	w->changes = 0;
	host_released(w->host, "beta", 7, true);
	assert_true(run(w, has_set));
	assert_true(json_equal(w->last, expected));
	assert_true(seen(w)->is_asking);
	assert_int_equal(w->releases, 1);
	w->refusal = "no such node"; /* of a release: no reason to go */
	host_released(w->host, "delta", 7, false);
	pass(w, 15);
	assert_int_equal(seen(w)->health, GROUP_USABLE);
	assert_int_equal(w->warnings, 1);
	json_decref(expected);
}

/* A new run of the daemon: nothing of what was known or under way counts. */
static void test_restart(void **state)
{
	struct world *w = *state;
	struct group_order order = order_of(8);

	start(w);
	w->is_mute = true;
	host_refresh(w->host);
	host_set(w->host, &order, 1000, 2500);
	host_set(w->host, &order, 1000, 2500);
	pass(w, 20);
	fake_stop(&w->daemon);
	pass(w, 25);
	assert_int_equal(seen(w)->health, GROUP_AWAY);
	w->is_mute = false;
	w->epoch = 0;
	fake_start(&w->daemon);
	assert_true(run(w, is_usable));
	assert_int_equal(w->sets, 0);
	assert_int_equal(seen(w)->order.epoch, 0);
}

static bool is_destroyed(void *arg)
{
	return !((struct world *)arg)->host;
}

static void test_destroyed(void **state)
{
	struct world *w = *state;
	struct group_order order = order_of(8);

	start(w);
	host_set(w->host, &order, 1000, 2500);
	host_set(w->host, &order, 1000, 2500);
	w->destroys = true;
	assert_true(run(w, is_destroyed));
	pass(w, 15);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_state),          TEST(test_order_states), TEST(test_reload),
		TEST(test_refreshes),      TEST(test_wish),         TEST(test_malformed),
		TEST(test_no_daemon),      TEST(test_frozen),       TEST(test_carrier),
		TEST(test_probation),      TEST(test_problems),     TEST(test_set),
		TEST(test_pile),           TEST(test_refused),      TEST(test_refused_for_a_while),
		TEST(test_set_unanswered), TEST(test_released),     TEST(test_restart),
		TEST(test_destroyed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
