/* SPDX-License-Identifier: GPL-2.0-or-later */
/* clusterarpd-corosync: for now, joins a group and logs what corosync says. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "corosync/cluster.h"
#include "corosync/options.h"
#include "io/loop.h"
#include "io/notify.h"

static struct cluster *cluster;
static struct loop *loop;
static struct loop_timer *tick;
static unsigned sent;

static void on_joined(const struct cluster_member *self, void *arg)
{
	char name[CLUSTER_NAME_SIZE] = "?";

	(void)arg;
	cluster_node_name(cluster, self->nodeid, name);
	log_notice("%" PRIu64 " joined: %u/%u %s, token %u", loop_now(), self->nodeid, self->pid,
		   name, cluster_token_ms(cluster));
}

static void on_members(const struct cluster_member *members, size_t count, void *arg)
{
	char text[512] = "";

	(void)arg;
	for (size_t i = 0; i < count && strlen(text) < 400; i++)
		sprintf(text + strlen(text), " %u/%u", members[i].nodeid, members[i].pid);
	log_notice("%" PRIu64 " members:%s", loop_now(), text);
}

static void on_message(const struct cluster_member *from, const void *data, size_t len, void *arg)
{
	(void)arg;
	log_info("%" PRIu64 " message of %u/%u: %.*s", loop_now(), from->nodeid, from->pid,
		 (int)len, (const char *)data);
	if (getenv("DESTROY") && len > 3) {
		cluster_destroy(cluster);
		cluster = NULL;
		log_notice("destroyed");
	}
}

static void on_ring(const struct cluster_ring *ring, void *arg)
{
	char text[512] = "";

	(void)arg;
	for (size_t i = 0; ring && i < ring->count && strlen(text) < 400; i++)
		sprintf(text + strlen(text), " %u", ring->nodes[i]);
	log_notice("%" PRIu64 " ring:%s%s", loop_now(), text,
		   !ring              ? " none"
		   : ring->is_quorate ? ", quorate"
				      : ", no quorum");
}

static void on_lost(const char *why, void *arg)
{
	(void)arg;
	log_warning("%" PRIu64 " lost: %s", loop_now(), why);
}

static void on_tick(void *arg)
{
	char text[32];
	uint64_t now = loop_now();
	bool is_sent;

	(void)arg;
	snprintf(text, sizeof(text), "%u", ++sent);
	is_sent = cluster && cluster_send(cluster, text, strlen(text));
	log_info("%" PRIu64 " sent %u: %s, took %" PRIu64, now, sent, is_sent ? "yes" : "no",
		 loop_now() - now);
	loop_timer_set(tick, getenv("TICK") ? (unsigned)atoi(getenv("TICK")) : 1000);
}

static void on_term(void *arg)
{
	(void)arg;
	loop_stop(loop);
}

int main(int argc, char **argv)
{
	static const struct cluster_handlers handlers = { on_joined, on_members, on_message,
							  on_ring,   on_lost,    NULL };
	struct loop_signal *term;
	struct options options;
	int rc = options_parse(argc, argv, &options);

	if (rc >= 0)
		return rc;
	log_init(LOG_LEVEL_NOTICE + (options.verbose > 2 ? 2 : options.verbose),
		 notify_stderr_is_journal() ? LOG_STYLE_JOURNAL : LOG_STYLE_NAME);
	if (options.test) {
		struct cluster_facts f;
		const char *why = "";
		bool is_known = cluster_ask_facts(&f, &why);

		printf("%d %s token %u nodes %u self %u two %d qdevice %d\n", is_known, why,
		       f.token_ms, f.nodes, f.nodeid, f.is_two_node, f.has_qdevice);
		return 0;
	}
	loop = loop_create();
	term = loop_signal_add(loop, SIGTERM, on_term, NULL);
	tick = loop_timer_add(loop, on_tick, NULL);
	loop_timer_set(tick, 1000);
	cluster = cluster_create(loop, "clusterarpd", &handlers);
	rc = loop && !loop_run(loop) ? EXIT_WELL : EXIT_RUNTIME;
	cluster_destroy(cluster);
	loop_signal_free(term);
	loop_timer_free(tick);
	loop_destroy(loop);
	log_notice("%" PRIu64 " end", loop_now());
	return rc;
}
