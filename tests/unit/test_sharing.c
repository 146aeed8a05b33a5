/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sharing: alpha of alpha, beta and gamma, with a real event loop and real files: what is
 * published, saved, told and refused. Each test has a folder of its own; "restart" is another
 * sharing there.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cluster.h"
#include "core/flow.h"
#include "core/shares/shares.h"
#include "report/event_feed.h"
#include "report/report_shares.h"
#include "shares/sharing.h"

#define STATE       "control.sock.eth0.shares"
#define FINGERPRINT 0xc6403ed2e5eca828
#define CLIENT_LO   "127.0.0.1"

enum { ALPHA, BETA, GAMMA };
#define LEFT SHARING_LEFT
#define DEAD SHARING_DEAD

struct world {
	char folder[32];
	struct cluster cluster;
	struct loop *loop;
	struct event_feed *feed;
	struct event_feed_reader *reader;
	struct problems *problems;
	struct sharing *sharing;
	struct shares_path path; /* published last */
	unsigned published;
};

/* In place of the cluster address: one that this host has, and no other process uses. */
static const char *cluster_address(void)
{
	static char text[IP_STRLEN];
	unsigned pid = (unsigned)getpid();

	snprintf(text, sizeof(text), "127.%u.%u.%u", 64 + (pid >> 16) % 64, pid >> 8 & 0xff,
		 pid & 0xff);
	return text;
}

/* Connections that this machine forwards are none of the test's. */
static void on_keep(const struct flow_tuple *connection, void *arg)
{
	(void)connection;
	(void)arg;
}

static void on_publish(const struct shares_path *path, void *arg)
{
	struct world *w = arg;

	w->path = *path;
	w->published++;
}

static void on_wake(void *arg)
{
	(void)arg;
}

static void stop(void *arg)
{
	loop_stop(arg);
}

static void run_for(struct world *w, unsigned ms)
{
	struct loop_timer *timer = loop_timer_add(w->loop, stop, w->loop);

	loop_timer_set(timer, ms);
	assert_int_equal(loop_run(w->loop), 0);
	loop_timer_free(timer);
}

/* --- life --- */

/* As cluster_make(), with nodes of these weights, and an address that this host has. */
static struct cluster make_cluster(const char *keys, const char *nodes)
{
	struct cluster c = cluster_from(CLUSTER_HEAD, keys, nodes, "alpha");

	assert_true(ip_parse(cluster_address(), &c.config->address.list[0].addr));
	peers_destroy(c.peers);
	c.peers = peers_create(c.config, config_find_node(c.config, "alpha"));
	assert_non_null(c.peers);
	return c;
}

static void start(struct world *w)
{
	const struct sharing_needs needs = { .loop = w->loop,
					     .peers = w->cluster.peers,
					     .feed = w->feed,
					     .problems = w->problems,
					     .socket = "control.sock",
					     .publish = on_publish,
					     .keep = on_keep,
					     .arg = w };

	w->published = 0;
	w->sharing = sharing_create(&needs);
	assert_non_null(w->sharing);
	assert_int_equal(w->published, 0);
	sharing_start(w->sharing);
	assert_int_equal(w->published, 1);
}

static void open_world(struct world *w, const char *keys)
{
	*w = (struct world){ .folder = "/tmp/test_sharing.XXXXXX",
			     .cluster = make_cluster(keys, CLUSTER_NODES),
			     .loop = loop_create(),
			     .feed = event_feed_create(),
			     .problems = problems_create() };
	assert_non_null(mkdtemp(w->folder));
	assert_int_equal(chdir(w->folder), 0);
	w->reader = event_feed_reader_create(w->feed, on_wake, NULL);
	start(w);
}

static void restart(struct world *w)
{
	sharing_destroy(w->sharing, false);
	memset(&w->path, 0xff, sizeof(w->path));
	start(w);
}

/* An orderly stop leaves nothing behind. */
static void close_world(struct world *w)
{
	sharing_destroy(w->sharing, true);
	event_feed_reader_destroy(w->reader);
	event_feed_destroy(w->feed);
	problems_destroy(w->problems);
	loop_destroy(w->loop);
	cluster_free(&w->cluster);
	assert_int_equal(rmdir(w->folder), 0);
}

static void reload(struct world *w, const char *keys, const char *nodes)
{
	struct cluster other = make_cluster(keys, nodes);

	peers_exchange(w->cluster.peers, other.peers);
	assert_int_equal(sharing_reload(w->sharing), 0);
	cluster_free(&other);
}

/* --- what is told --- */

static size_t count(const struct world *w, unsigned mask, unsigned value)
{
	size_t n = 0;

	for (size_t b = 0; b < SHARES_BUCKETS; b++)
		n += (w->path.decisions[b] & mask) == value;
	return n;
}

#define ALL_BITS (SHARES_TAKES | SHARES_ASKS | SHARES_CAUTIOUS)

static size_t owned(struct world *w, size_t node)
{
	return sharing_report(w->sharing)->nodes[node].owned;
}

static bool has_problem(const struct world *w, const char *id)
{
	bool has = false;

	for (size_t i = 0; i < problems_count(w->problems); i++)
		has |= !strcmp(problems_get(w->problems, i)->id, id);
	return has;
}

/* The next event is this one. */
static void expect_event(struct world *w, const char *change, uint64_t epoch)
{
	char *line = event_feed_reader_next(w->reader), wanted[64];

	assert_non_null(line);
	snprintf(wanted, sizeof(wanted), "\"change\":\"%s\",\"epoch\":%u,", change,
		 (unsigned)epoch);
	if (!strstr(line, wanted))
		fail_msg("no %s in %s", wanted, line);
	assert_non_null(strstr(line, "\"event\":\"shares\""));
	free(line);
}

static void expect_no_event(struct world *w)
{
	char *line = event_feed_reader_next(w->reader);

	if (line)
		fail_msg("%s", line);
}

static int set(struct world *w, uint64_t epoch, double ttl, int alpha, int beta, int gamma)
{
	const int weights[] = { alpha, beta, gamma };
	const struct sharing_order order = { epoch, ttl, weights, 0 };
	const char *why = "";
	int rc = sharing_set(w->sharing, &order, &why);

	assert_int_equal(rc != 0, why != NULL);
	return rc;
}

static int release(struct world *w, const char *node, uint64_t epoch)
{
	const struct sharing_release r = { node, epoch, false };
	const char *why;

	return sharing_released(w->sharing, &r, &why);
}

static int wish(struct world *w, int weight)
{
	const char *why;

	return sharing_wish(w->sharing, weight, &why);
}

/* --- connections --- */

struct connection {
	int client, server;
	uint16_t port;
};

static struct connection connect_to_cluster(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t len = sizeof(address);
	struct connection c;
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	inet_pton(AF_INET, cluster_address(), &address.sin_addr);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, len), 0);
	assert_int_equal(listen(listener, 5), 0);
	getsockname(listener, (struct sockaddr *)&address, &len);
	c.client = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(c.client, (struct sockaddr *)&address, len), 0);
	c.server = accept(listener, NULL, NULL);
	assert_true(c.server >= 0);
	getsockname(c.client, (struct sockaddr *)&address, &len);
	c.port = ntohs(address.sin_port);
	close(listener);
	return c;
}

/* With RST: nothing is left of it. */
static void cut(struct connection *c)
{
	const struct linger now = { .l_onoff = 1 };

	setsockopt(c->client, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	setsockopt(c->server, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(c->client);
	close(c->server);
}

static struct sharing_of of(struct world *w, const char *address, unsigned port)
{
	struct sharing_of out;
	struct ip_addr ip;

	assert_true(ip_parse(address, &ip));
	assert_int_equal(sharing_of(w->sharing, &ip, port, &out), 0);
	return out;
}

/* A connection whose bucket is beta's. The port is the kernel's choice. */
static struct connection connect_in_beta(struct world *w)
{
	struct connection c;

	for (;;) {
		const char *owner;

		c = connect_to_cluster();
		owner = of(w, CLIENT_LO, c.port).owner;
		if (owner && !strcmp(owner, "beta"))
			return c;
		cut(&c);
	}
}

static void on_counted(void *arg)
{
	loop_stop(arg);
}

static long connections(struct world *w)
{
	sharing_scan(w->sharing, on_counted, w->loop);
	assert_int_equal(loop_run(w->loop), 0);
	return sharing_report(w->sharing)->nodes[ALPHA].connections;
}

/* --- static --- */

static void static_shares_are_those_of_the_file(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, "shares = static\naffinity = client\n");
	assert_int_equal(count(&w, ALL_BITS, SHARES_TAKES), owned(&w, ALPHA));
	assert_in_range(owned(&w, ALPHA), SHARES_BUCKETS / 3, SHARES_BUCKETS / 3 + 1);
	/* a connection from before may be in any bucket of another node */
	assert_int_equal(count(&w, ALL_BITS, SHARES_ASKS), SHARES_BUCKETS - owned(&w, ALPHA));
	assert_true(w.path.lease == SHARES_FOREVER);
	assert_true(w.path.asks);
	assert_int_equal(w.path.affinity, AFFINITY_CLIENT);
	assert_int_equal(problems_count(w.problems), 0);
	assert_string_equal(sharing_report(w.sharing)->source, "file");
	assert_int_equal(sharing_report(w.sharing)->lease_ms, REPORT_SHARES_FOREVER);
	assert_int_equal(sharing_report(w.sharing)->nodes[BETA].state, SHARE_ACTIVE);
	assert_int_equal(set(&w, 9, 3, 1, 1, 1), -EOPNOTSUPP);
	assert_int_equal(release(&w, "beta", 9), -EOPNOTSUPP);
	assert_int_equal(wish(&w, 0), -EOPNOTSUPP);
	close_world(&w);
}

/* The first scan finds the connection that is there, and the buckets that have none. */
static void the_first_scan_ends_the_asking(void **state)
{
	struct connection c;
	struct world w;

	(void)state;
	open_world(&w, "shares = static\n");
	run_for(&w, 100); /* it looks at once, for connections that it forwards */
	c = connect_in_beta(&w);
	assert_int_equal(connections(&w), 1); /* too early to believe that there are no others */
	assert_int_equal(sharing_report(w.sharing)->asking, SHARES_BUCKETS - owned(&w, ALPHA));
	run_for(&w, 4000);
	assert_int_equal(sharing_report(w.sharing)->asking, 1);
	assert_int_equal(count(&w, ALL_BITS, SHARES_ASKS), 1);
	assert_int_equal(w.path.decisions[of(&w, CLIENT_LO, c.port).bucket], SHARES_ASKS);
	assert_true(w.path.asks);
	expect_no_event(&w);
	cut(&c);
	assert_int_equal(connections(&w), 0);
	assert_int_equal(sharing_report(w.sharing)->asking, 0);
	assert_false(w.path.asks);
	expect_event(&w, "asked", 1);
	close_world(&w);
}

static void new_weights_of_the_file_move_buckets(void **state)
{
	static const char nodes[] = "[node gamma]\naddress = 12.12.4.103/24\n"
				    "[node alpha]\naddress = 12.12.4.101/24\nweight = 2\n"
				    "[node delta]\naddress = 12.12.4.104/24\n";
	struct world w;
	size_t before;

	(void)state;
	open_world(&w, "shares = static\n");
	before = owned(&w, ALPHA);
	reload(&w, "shares = static\n", CLUSTER_NODES); /* nothing new */
	assert_int_equal(sharing_report(w.sharing)->epoch, 1);
	expect_no_event(&w);
	reload(&w, "shares = static\n", nodes);
	assert_int_equal(sharing_report(w.sharing)->epoch, 2);
	expect_event(&w, "order", 2);
	assert_int_equal(owned(&w, 1), SHARES_BUCKETS / 2);
	assert_int_equal(count(&w, SHARES_TAKES, SHARES_TAKES), SHARES_BUCKETS / 2);
	/* gamma lives, and may have connections in what was its own; beta is gone */
	assert_in_range(count(&w, SHARES_CAUTIOUS, SHARES_CAUTIOUS), 1,
			SHARES_BUCKETS / 2 - before);
	restart(&w);
	assert_int_equal(sharing_report(w.sharing)->epoch, 2);
	assert_in_range(count(&w, SHARES_CAUTIOUS, SHARES_CAUTIOUS), 1,
			SHARES_BUCKETS / 2 - before);
	/* other buckets: the past is of no use */
	reload(&w, "shares = static\naffinity = network\n", nodes);
	assert_int_equal(w.path.affinity, AFFINITY_NETWORK);
	assert_int_equal(count(&w, SHARES_TAKES, SHARES_TAKES), SHARES_BUCKETS / 2);
	assert_int_equal(count(&w, SHARES_CAUTIOUS, SHARES_CAUTIOUS), SHARES_BUCKETS / 2);
	close_world(&w);
}

/* --- driven --- */

static void nothing_is_taken_before_an_order(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, "shares = driven\n");
	assert_int_equal(count(&w, ALL_BITS, SHARES_TAKES | SHARES_ASKS), SHARES_BUCKETS);
	assert_int_equal(w.path.lease, 0);
	assert_true(w.path.asks);
	assert_true(has_problem(&w, "no_order"));
	assert_null(sharing_report(w.sharing)->source);
	assert_int_equal(sharing_report(w.sharing)->nodes[ALPHA].state, SHARE_NO_LEASE);
	assert_int_equal(sharing_report(w.sharing)->nodes[BETA].state, SHARE_GONE);
	assert_null(of(&w, "192.0.2.7", 4711).owner);
	expect_no_event(&w);
	close_world(&w);
}

static void buckets_are_taken_when_they_are_released(void **state)
{
	struct world w;
	struct sharing_of o;
	unsigned port = 1;

	(void)state;
	open_world(&w, "shares = driven\n");
	assert_int_equal(set(&w, 5, 60, 1, 1, LEFT), 0);
	assert_false(has_problem(&w, "no_order"));
	expect_event(&w, "order", 5);
	assert_int_equal(count(&w, SHARES_TAKES, SHARES_TAKES), 0);
	assert_int_equal(sharing_report(w.sharing)->unowned, SHARES_BUCKETS / 2);
	do
		o = of(&w, "192.0.2.7", port++);
	while (strcmp(o.owner, "alpha") != 0);
	assert_true(o.is_waiting);
	assert_int_equal(release(&w, "beta", 4), 0);
	assert_int_equal(count(&w, SHARES_TAKES, SHARES_TAKES), 0);
	expect_no_event(&w);
	assert_int_equal(release(&w, "beta", 5), 0);
	assert_int_equal(count(&w, SHARES_TAKES, SHARES_TAKES), SHARES_BUCKETS / 2);
	assert_in_range(w.path.lease, loop_now() + 59000, loop_now() + 60000);
	expect_event(&w, "taken", 5);
	o = of(&w, "192.0.2.7", port - 1);
	assert_false(o.is_waiting);
	assert_true(o.decision & SHARES_TAKES);
	assert_string_equal(sharing_report(w.sharing)->source, "order");
	assert_in_range(sharing_report(w.sharing)->lease_ms, 59000, 60000);
	close_world(&w);
}

/* An order that has waited for the daemon does not last longer for that. */
static void a_lease_counts_from_when_it_was_sent(void **state)
{
	const int weights[] = { 1, 1, LEFT };
	struct sharing_order order = { 5, 60, weights, 0 };
	const char *why;
	struct world w;

	(void)state;
	open_world(&w, "shares = driven\n");
	order.sent = loop_now() - 50000;
	assert_int_equal(sharing_set(w.sharing, &order, &why), 0);
	assert_in_range(w.path.lease, loop_now() + 9000, loop_now() + 10000);
	order.sent = loop_now() - 61000;
	assert_int_equal(sharing_set(w.sharing, &order, &why), 0);
	assert_true(w.path.lease < loop_now());
	assert_true(has_problem(&w, "no_lease"));
	order.sent = loop_now() + 60000; /* nobody knows that yet */
	assert_int_equal(sharing_set(w.sharing, &order, &why), 0);
	assert_in_range(w.path.lease, loop_now() + 59000, loop_now() + 60000);
	close_world(&w);
}

static void a_lease_runs_out_and_comes_back(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, "shares = driven\n");
	assert_int_equal(set(&w, 1, 0.2, 1, DEAD, DEAD), 0);
	expect_event(&w, "order", 1);
	assert_int_equal(count(&w, ALL_BITS, SHARES_TAKES), SHARES_BUCKETS);
	run_for(&w, 100);
	assert_false(has_problem(&w, "no_lease"));
	run_for(&w, 200);
	assert_true(has_problem(&w, "no_lease"));
	expect_event(&w, "no_lease", 1);
	expect_no_event(&w);
	assert_int_equal(count(&w, ALL_BITS, SHARES_TAKES | SHARES_ASKS), SHARES_BUCKETS);
	assert_true(w.path.asks);
	assert_int_equal(sharing_report(w.sharing)->lease_ms, 0);
	assert_int_equal(sharing_report(w.sharing)->nodes[ALPHA].state, SHARE_NO_LEASE);
	assert_int_equal(set(&w, 1, INFINITY, 1, DEAD, DEAD), 0);
	assert_false(has_problem(&w, "no_lease"));
	expect_event(&w, "lease", 1);
	expect_no_event(&w); /* a renewal is no order */
	assert_int_equal(count(&w, ALL_BITS, SHARES_TAKES), SHARES_BUCKETS);
	assert_true(w.path.lease == SHARES_FOREVER);
	close_world(&w);
}

static void a_restart_goes_on_from_there(void **state)
{
	struct world w;
	struct shares_path before;

	(void)state;
	open_world(&w, "shares = driven\n");
	assert_int_equal(set(&w, 5, 60, 1, 1, 1), 0);
	assert_int_equal(release(&w, "beta", 5), 0);
	assert_int_equal(release(&w, "gamma", 5), 0);
	assert_int_equal(set(&w, 6, 60, 2, 1, 0), 0);
	assert_int_equal(release(&w, "gamma", 6), 0);
	assert_int_equal(set(&w, 6, 90, 2, 1, 0), 0);
	assert_int_equal(wish(&w, 7), 0);
	assert_true(count(&w, SHARES_CAUTIOUS, SHARES_CAUTIOUS) > 0);
	assert_true(sharing_report(w.sharing)->unowned > 0);
	before = w.path;
	restart(&w);
	assert_int_equal(sharing_report(w.sharing)->epoch, 6);
	assert_int_equal(sharing_report(w.sharing)->wish, 7);
	assert_memory_equal(&w.path, &before, sizeof(before));
	assert_int_equal(problems_count(w.problems), 0);
	assert_int_equal(sharing_report(w.sharing)->nodes[GAMMA].state, SHARE_DRAINING);
	/* what was told before is not asked again, and what is told now counts */
	assert_int_equal(release(&w, "beta", 6), 0);
	assert_int_equal(sharing_report(w.sharing)->unowned, 0);
	close_world(&w);
}

/* The saved state: from malloc(). */
static char *read_state(void)
{
	FILE *f = fopen(STATE, "re");
	char *text = NULL;
	size_t size = 0;

	assert_non_null(f);
	assert_true(getdelim(&text, &size, 0, f) > 0);
	fclose(f);
	return text;
}

/* In the saved state, all nodes have lost all buckets at `lost`. */
static void edit_lost(uint64_t lost)
{
	char *text = read_state(), *rest = text, *line;
	FILE *f = fopen(STATE, "we");

	while ((line = strsep(&rest, "\n")) && rest) {
		if (!strncmp(line, "lost ", 5))
			fprintf(f, "lost %llux%d\n", (unsigned long long)lost + 1, SHARES_BUCKETS);
		else
			fprintf(f, "%s\n", line);
	}
	assert_int_equal(fclose(f), 0);
	free(text);
}

/* How many buckets the node has lost at `lost`, by the saved state. */
static size_t count_lost(const char *node, uint64_t lost)
{
	char *text = read_state(), wanted[64], *line, *end, *at;
	unsigned long n = 0;

	snprintf(wanted, sizeof(wanted), "\nnode %s\n", node);
	line = strstr(strstr(text, wanted), "\nlost ") + 1;
	end = strchr(line, '\n');
	*end = '\0';
	snprintf(wanted, sizeof(wanted), " %llux", (unsigned long long)lost + 1);
	for (at = line; (at = strstr(at, wanted)); at++)
		n += strtoul(at + strlen(wanted), NULL, 10);
	free(text);
	return n;
}

static void an_asking_node_is_minded_for_another_hour(void **state)
{
	const struct sharing_release asks = { "beta", 5, true };
	const uint64_t before = loop_now() - 61000; /* more than a 60th of an hour */
	const char *why;
	struct world w;
	char *text, *again;

	(void)state;
	open_world(&w, "shares = driven\n");
	assert_int_equal(set(&w, 5, 60, 1, 1, 1), 0);
	assert_int_equal(release(&w, "beta", 5), 0);
	edit_lost(before);
	restart(&w);
	assert_int_equal(count_lost("beta", before), SHARES_BUCKETS);
	assert_int_equal(sharing_released(w.sharing, &asks, &why), 0);
	assert_int_equal(count_lost("beta", before), owned(&w, BETA));
	assert_int_equal(count_lost("gamma", before), SHARES_BUCKETS);
	/* not again so soon: a driver may say it ten times a second */
	text = read_state();
	run_for(&w, 50);
	assert_int_equal(sharing_released(w.sharing, &asks, &why), 0);
	again = read_state();
	assert_string_equal(again, text);
	free(again);
	free(text);
	close_world(&w);
}

/* All that decides who owns what, and nothing else. */
static void fingerprints(void **state)
{
	static const struct {
		const char *keys, *nodes;
		bool is_same;
	} rows[] = {
		{ "shares = driven\n", CLUSTER_NODES, true },
		{ "shares = driven\narp = directed\n[corosync]\n", CLUSTER_NODES, true },
		{ "shares = driven\n",
		  "[node gamma]\naddress = 12.12.4.9/24\n[node alpha]\naddress = 12.12.4.8/24\n"
		  "weight = 1\n[node beta]\naddress = 12.12.4.7/24\n",
		  true },
		{ "shares = static\n", CLUSTER_NODES, false },
		{ "shares = driven\naffinity = client\n", CLUSTER_NODES, false },
		{ "shares = driven\n", CLUSTER_NODES "weight = 2\n", false },
		{ "shares = driven\n", CLUSTER_NODES "[node delta]\naddress = 12.12.4.104/24\n",
		  false },
		{ "shares = driven\n",
		  "[node alpha]\naddress = 12.12.4.8/24\n[node beta]\naddress = 12.12.4.9/24\n"
		  "[node gamma2]\naddress = 12.12.4.10/24\n",
		  false },
	};
	struct world w;
	uint64_t first;

	(void)state;
	open_world(&w, "shares = driven\n");
	first = sharing_report(w.sharing)->fingerprint;
	/* of this file, for ever: nodes with different versions compare it */
	assert_int_equal(first, FINGERPRINT);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		reload(&w, rows[i].keys, rows[i].nodes);
		if ((sharing_report(w.sharing)->fingerprint == first) != rows[i].is_same)
			fail_msg("row %zu", i);
	}
	close_world(&w);
}

static void a_lease_that_is_over_stays_so(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, "shares = driven\n");
	assert_int_equal(set(&w, 1, 60, 1, DEAD, DEAD), 0);
	assert_int_equal(set(&w, 1, 0.001, 1, DEAD, DEAD), 0); /* the lease alone is written */
	run_for(&w, 50);
	restart(&w);
	assert_true(has_problem(&w, "no_lease"));
	assert_int_equal(count(&w, ALL_BITS, SHARES_TAKES | SHARES_ASKS), SHARES_BUCKETS);
	close_world(&w);
}

static void a_state_of_another_kind_is_not_used(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, "shares = driven\n");
	assert_int_equal(set(&w, 5, 60, 1, DEAD, DEAD), 0);
	assert_int_equal(wish(&w, 0), 0);
	sharing_destroy(w.sharing, false);
	cluster_free(&w.cluster);
	w.cluster = make_cluster("shares = driven\naffinity = client\n", CLUSTER_NODES);
	start(&w);
	assert_int_equal(sharing_report(w.sharing)->epoch, 0);
	assert_int_equal(sharing_report(w.sharing)->wish, 0);
	assert_int_equal(count(&w, ALL_BITS, SHARES_TAKES | SHARES_ASKS), SHARES_BUCKETS);

	sharing_destroy(w.sharing, false);
	cluster_free(&w.cluster);
	w.cluster = make_cluster("shares = static\n", CLUSTER_NODES);
	start(&w);
	assert_int_equal(sharing_report(w.sharing)->wish, REPORT_SHARES_NO_WISH);
	assert_int_equal(count(&w, ALL_BITS, SHARES_TAKES | SHARES_CAUTIOUS), owned(&w, ALPHA));
	close_world(&w);
}

static void a_damaged_driven_state_is_as_none(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, "shares = driven\n");
	assert_int_equal(set(&w, 5, 60, 1, DEAD, DEAD), 0);
	assert_int_equal(wish(&w, 0), 0);
	assert_int_equal(truncate(STATE, 300), 0);
	restart(&w);
	assert_int_equal(sharing_report(w.sharing)->epoch, 0);
	assert_int_equal(sharing_report(w.sharing)->wish, REPORT_SHARES_NO_WISH);
	assert_true(has_problem(&w, "no_order"));
	close_world(&w);
}

/* Nobody has had anything before, only if there is no state. */
static void a_damaged_static_state_makes_it_cautious(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, "shares = static\n");
	assert_int_equal(truncate(STATE, 300), 0);
	restart(&w);
	assert_int_equal(count(&w, ALL_BITS, SHARES_TAKES | SHARES_CAUTIOUS), owned(&w, ALPHA));
	close_world(&w);
}

static void wishes_are_kept_and_told(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, "shares = driven\n");
	assert_int_equal(sharing_report(w.sharing)->wish, REPORT_SHARES_NO_WISH);
	assert_int_equal(wish(&w, 0), 0);
	expect_event(&w, "wish", 0);
	assert_int_equal(wish(&w, 0), 0);
	expect_no_event(&w);
	restart(&w);
	assert_int_equal(sharing_report(w.sharing)->wish, 0);
	assert_int_equal(wish(&w, 101), -EINVAL);
	assert_int_equal(wish(&w, -2), -EINVAL);
	assert_int_equal(wish(&w, 100), 0);
	assert_int_equal(sharing_report(w.sharing)->wish, 100);
	assert_int_equal(wish(&w, SHARING_NO_WISH), 0);
	restart(&w);
	assert_int_equal(sharing_report(w.sharing)->wish, REPORT_SHARES_NO_WISH);
	close_world(&w);
}

static void a_drained_node_goes_on_with_its_connections(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, "shares = driven\n");
	assert_int_equal(set(&w, 1, 60, 1, DEAD, DEAD), 0);
	assert_int_equal(set(&w, 2, 60, 0, 1, LEFT), 0);
	assert_int_equal(count(&w, ALL_BITS, SHARES_ASKS), SHARES_BUCKETS);
	assert_int_equal(sharing_report(w.sharing)->nodes[ALPHA].state, SHARE_DRAINING);
	run_for(&w, 4000);
	assert_int_equal(sharing_report(w.sharing)->nodes[ALPHA].state, SHARE_DRAINED);
	assert_int_equal(count(&w, ALL_BITS, 0), SHARES_BUCKETS);
	close_world(&w);
}

/* All nodes are drained: nobody owns anything, until one of them is to. */
static void nobody_owns_anything(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, "shares = driven\n");
	assert_int_equal(set(&w, 1, 60, 1, DEAD, DEAD), 0);
	assert_int_equal(set(&w, 2, 60, 0, 0, LEFT), 0);
	assert_int_equal(count(&w, ALL_BITS, SHARES_ASKS), SHARES_BUCKETS);
	assert_int_equal(set(&w, 3, 60, 1, 0, LEFT), 0);
	assert_int_equal(sharing_report(w.sharing)->nodes[ALPHA].owned, SHARES_BUCKETS);
	close_world(&w);
}

/* --- refusals --- */

static void wrong_orders_are_refused(void **state)
{
	const int weights[] = { 0, 101, 0 };
	const struct sharing_order heavy = { 4, 3, weights, 0 };
	const struct sharing_release delta = { "delta", 3, false }, alpha = { "alpha", 3, false };
	const char *why;
	struct world w;

	(void)state;
	open_world(&w, "shares = driven\n");
	assert_int_equal(set(&w, 3, 60, 1, 1, LEFT), 0);
	assert_int_equal(set(&w, 0, 60, 1, 1, LEFT), -EINVAL);
	assert_int_equal(set(&w, 2, 60, 1, 1, LEFT), -ESTALE);
	assert_int_equal(set(&w, 3, 60, 1, 2, LEFT), -EEXIST);
	assert_int_equal(set(&w, 4, 60, LEFT, DEAD, LEFT), -EINVAL);
	assert_int_equal(set(&w, 4, 60, -3, 1, LEFT), -EINVAL);
	assert_int_equal(set(&w, 4, 0, 1, 1, LEFT), -EINVAL);
	assert_int_equal(set(&w, 4, -1, 1, 1, LEFT), -EINVAL);
	assert_int_equal(set(&w, 4, 86401, 1, 1, LEFT), -EINVAL);
	assert_int_equal(set(&w, 4, NAN, 1, 1, LEFT), -EINVAL);
	assert_int_equal(set(&w, 4, -INFINITY, 1, 1, LEFT), -EINVAL);
	assert_int_equal(sharing_set(w.sharing, &heavy, &why), -EINVAL);
	assert_string_equal(why, "node 'beta': a weight is from 0 to 100");
	assert_int_equal(sharing_released(w.sharing, &delta, &why), -ENOENT);
	assert_string_equal(why, "the configuration has no node 'delta'");
	assert_int_equal(sharing_released(w.sharing, &alpha, &why), -EINVAL);
	assert_int_equal(sharing_report(w.sharing)->epoch, 3);
	close_world(&w);
}

static void without_shares_everything_is_refused(void **state)
{
	struct ip_addr ip = { 0 };
	struct sharing_of o;
	struct world w;

	(void)state;
	open_world(&w, "");
	assert_int_not_equal(access(STATE, F_OK), 0);
	assert_false(w.path.asks);
	assert_int_equal(set(&w, 1, 60, 1, 1, LEFT), -EOPNOTSUPP);
	assert_int_equal(release(&w, "beta", 1), -EOPNOTSUPP);
	assert_int_equal(wish(&w, 0), -EOPNOTSUPP);
	assert_int_equal(sharing_of(w.sharing, &ip, 0, &o), -EOPNOTSUPP);
	assert_null(sharing_report(w.sharing));
	sharing_scan(w.sharing, stop, w.loop); /* done at once */
	close_world(&w);
}

/* --- reloads --- */

static void the_mode_may_change(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, "");
	reload(&w, "shares = driven\n", CLUSTER_NODES);
	assert_true(has_problem(&w, "no_order"));
	assert_int_equal(count(&w, ALL_BITS, SHARES_TAKES | SHARES_ASKS), SHARES_BUCKETS);
	assert_int_equal(set(&w, 9, 60, 1, 1, LEFT), 0);
	assert_int_equal(wish(&w, 3), 0);
	sharing_scan(w.sharing, on_counted, w.loop); /* answered by the change */
	reload(&w, "", CLUSTER_NODES);
	assert_int_equal(problems_count(w.problems), 0);
	assert_int_not_equal(access(STATE, F_OK), 0);
	assert_false(w.path.asks);
	assert_int_equal(count(&w, ALL_BITS, SHARES_TAKES), SHARES_BUCKETS);
	/* connections of all nodes are anywhere */
	reload(&w, "shares = static\n", CLUSTER_NODES);
	assert_int_equal(count(&w, ALL_BITS, SHARES_TAKES | SHARES_CAUTIOUS), owned(&w, ALPHA));
	assert_int_equal(sharing_report(w.sharing)->wish, REPORT_SHARES_NO_WISH);
	/* epochs of a driver have nothing to do with those of the file, but connections do */
	reload(&w, "shares = driven\n", CLUSTER_NODES);
	assert_int_equal(set(&w, 1, 60, 1, 1, LEFT), 0);
	assert_int_equal(release(&w, "beta", 1), 0);
	assert_int_equal(count(&w, ALL_BITS, SHARES_TAKES | SHARES_CAUTIOUS), owned(&w, ALPHA));
	reload(&w, "shares = driven\naffinity = client\n", CLUSTER_NODES);
	assert_int_equal(set(&w, 1, 60, 1, 1, LEFT), 0);
	assert_int_equal(release(&w, "beta", 1), 0);
	assert_int_equal(count(&w, ALL_BITS, SHARES_TAKES | SHARES_CAUTIOUS), owned(&w, ALPHA));
	close_world(&w);
}

/* Driven: new weights of the file wait for the next order; the present one goes on. */
static void a_reload_keeps_a_drivers_order(void **state)
{
	static const char nodes[] = "[node delta]\naddress = 12.12.4.104/24\nid = 4\n"
				    "[node alpha]\naddress = 12.12.4.101/24\nid = 1\nweight = 9\n"
				    "[node beta]\naddress = 12.12.4.102/24\nid = 2\n";
	const int next[] = { 1, 1, 2 };
	const char *why;
	struct world w;
	uint8_t before[SHARES_BUCKETS];

	(void)state;
	open_world(&w, "shares = driven\n");
	assert_int_equal(set(&w, 5, 60, 1, 1, LEFT), 0);
	assert_int_equal(release(&w, "beta", 5), 0);
	memcpy(before, w.path.decisions, sizeof(before));
	expect_event(&w, "order", 5);
	expect_event(&w, "taken", 5);
	reload(&w, "shares = driven\n", nodes);
	assert_memory_equal(w.path.decisions, before, sizeof(before));
	assert_int_equal(sharing_report(w.sharing)->epoch, 5);
	assert_int_equal(owned(&w, 1), SHARES_BUCKETS / 2);
	expect_no_event(&w);
	assert_int_equal(sharing_set(w.sharing, &(struct sharing_order){ 6, 60, next, 0 }, &why),
			 0);
	assert_int_equal(owned(&w, 0), SHARES_BUCKETS / 4);
	assert_int_equal(owned(&w, 2), SHARES_BUCKETS / 2);
	close_world(&w);
}

/* --- a disk without room --- */

static void limit_file_size(rlim_t bytes)
{
	struct rlimit limit;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* It goes on, and an old state does not come back. */
static void a_full_disk_is_a_problem_but_no_end(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, "shares = driven\n");
	assert_int_equal(set(&w, 1, 60, 1, DEAD, DEAD), 0);
	limit_file_size(100);
	assert_int_equal(set(&w, 2, 60, 1, 1, LEFT), 0);
	limit_file_size(RLIM_INFINITY);
	assert_true(has_problem(&w, "shares_not_saved"));
	assert_int_equal(sharing_report(w.sharing)->epoch, 2);
	assert_int_not_equal(access(STATE, F_OK), 0);
	assert_int_equal(set(&w, 2, 60, 1, 1, LEFT), 0); /* a renewal writes it whole again */
	assert_false(has_problem(&w, "shares_not_saved"));
	restart(&w);
	assert_int_equal(sharing_report(w.sharing)->epoch, 2);
	close_world(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(static_shares_are_those_of_the_file),
		cmocka_unit_test(the_first_scan_ends_the_asking),
		cmocka_unit_test(new_weights_of_the_file_move_buckets),
		cmocka_unit_test(nothing_is_taken_before_an_order),
		cmocka_unit_test(buckets_are_taken_when_they_are_released),
		cmocka_unit_test(a_lease_counts_from_when_it_was_sent),
		cmocka_unit_test(a_lease_runs_out_and_comes_back),
		cmocka_unit_test(a_restart_goes_on_from_there),
		cmocka_unit_test(an_asking_node_is_minded_for_another_hour),
		cmocka_unit_test(fingerprints),
		cmocka_unit_test(a_lease_that_is_over_stays_so),
		cmocka_unit_test(a_state_of_another_kind_is_not_used),
		cmocka_unit_test(a_damaged_driven_state_is_as_none),
		cmocka_unit_test(a_damaged_static_state_makes_it_cautious),
		cmocka_unit_test(wishes_are_kept_and_told),
		cmocka_unit_test(a_drained_node_goes_on_with_its_connections),
		cmocka_unit_test(nobody_owns_anything),
		cmocka_unit_test(wrong_orders_are_refused),
		cmocka_unit_test(without_shares_everything_is_refused),
		cmocka_unit_test(the_mode_may_change),
		cmocka_unit_test(a_reload_keeps_a_drivers_order),
		cmocka_unit_test(a_full_disk_is_a_problem_but_no_end),
	};

	return cmocka_run_group_tests_name("sharing", tests, NULL, NULL);
}
