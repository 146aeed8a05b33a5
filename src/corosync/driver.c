/* SPDX-License-Identifier: GPL-2.0-or-later */
/* driver: clusterarpd-corosync, assembled; see driver.h. */
#include "corosync/driver.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "corosync/cluster.h"
#include "corosync/group.h"
#include "corosync/host.h"
#include "io/loop.h"
#include "io/notify.h"

/* How long a stop waits until the others have taken over, ms. */
#define STOP_MS 3000
/* How often the daemon is asked for its state, ms; what changes it tells at once. */
#define REFRESH_MS 200

struct driver {
	struct loop *loop;
	struct cluster *cluster;
	struct host *host;
	struct group *group;
	struct loop_timer *deadline, *refresh, *watchdog;
	struct loop_signal *term, *interrupt;
	uint64_t stop_at; /* ms; 0: not stopping */
	struct cluster_member self;
	bool has_members;   /* since it became a member */
	uint32_t other_pid; /* of a driver on this node that was here first; 0: there is none */
	char status[512];   /* as the service manager was told last */
	char lost[256];     /* why it waits for corosync; "": not known */
};

/* --- after every event --- */

static void tell_status(struct driver *d, uint64_t now)
{
	char text[sizeof(d->status)];

	if (d->lost[0])
		snprintf(text, sizeof(text), "waits for corosync: %s", d->lost);
	else
		group_describe(d->group, now, text, sizeof(text));
	if (!strcmp(text, d->status))
		return;
	strcpy(d->status, text);
	notify_status(text);
}

/* Wait for what the group waits for. */
static void settle(struct driver *d)
{
	uint64_t now = loop_now(), at = group_deadline(d->group);

	tell_status(d, now);
	if (d->stop_at && (group_has_left(d->group) || now >= d->stop_at)) {
		loop_stop(d->loop);
		return;
	}
	if (d->stop_at && d->stop_at < at)
		at = d->stop_at;
	if (at == UINT64_MAX)
		loop_timer_cancel(d->deadline);
	else
		loop_timer_set(d->deadline, at > now ? (unsigned)(at - now) : 0);
}

static void on_deadline(void *arg)
{
	struct driver *d = arg;

	group_timer(d->group, loop_now());
	settle(d);
}

/* --- this node's daemon --- */

/* Is the node that corosync knows the one that the daemon is? If not, why. */
static bool is_misnamed(struct driver *d, const struct group_host *host, char *why, size_t size)
{
	unsigned id = host_corosync_id(d->host);
	char name[CLUSTER_NAME_SIZE];

	if (!d->self.nodeid || !host->name[0])
		return false;
	if (id && id != d->self.nodeid) {
		snprintf(why, size,
			 "corosync_id of %s is %u, but corosync is node %" PRIu32 " here",
			 host->name, id, d->self.nodeid);
		return true;
	}
	if (id || !cluster_node_name(d->cluster, d->self.nodeid, name) ||
	    cluster_is_name(name, host->name))
		return false;
	name[strcspn(name, ".")] = '\0';
	snprintf(why, size,
		 "corosync.conf calls this node %.30s, clusterarpd.conf %.30s: use one name, or "
		 "corosync_id = %" PRIu32,
		 name, host->name, d->self.nodeid);
	return true;
}

static void on_host_changed(void *arg)
{
	struct driver *d = arg;
	struct group_host host = *host_state(d->host);

	if (d->other_pid) {
		host.health = GROUP_AWAY;
		snprintf(host.reason, sizeof(host.reason),
			 "another clusterarpd-corosync runs on this node (process %" PRIu32 ")",
			 d->other_pid);
	} else if (is_misnamed(d, &host, host.reason, sizeof(host.reason))) {
		host.health = GROUP_AWAY;
	}
	group_host(d->group, &host, loop_now());
	settle(d);
}

static void on_refresh(void *arg)
{
	struct driver *d = arg;

	host_refresh(d->host);
	loop_timer_set(d->refresh, REFRESH_MS);
}

/* --- corosync --- */

static void set_timing(struct driver *d)
{
	unsigned token = cluster_token_ms(d->cluster), consensus = cluster_consensus_ms(d->cluster);

	if (!token || !consensus)
		return;
	group_set_timing(d->group, token, consensus);
	host_set_patience(d->host, token / 2);
}

static void on_joined(const struct cluster_member *self, void *arg)
{
	struct driver *d = arg;

	d->self = *self;
	d->lost[0] = '\0';
	d->has_members = false;
	d->other_pid = 0;
	set_timing(d);
	log_notice("member of corosync's group as node %" PRIu32 ", token %u ms", self->nodeid,
		   cluster_token_ms(d->cluster));
	group_joined(d->group, self->nodeid, loop_now());
	on_host_changed(d);
}

/* Of two drivers on a node, the one that came first goes on. Another one that was here when this
 * one came, until it is gone: its process id; 0: there is none. */
static uint32_t find_other(const struct driver *d, const struct cluster_member *members,
			   size_t count)
{
	uint32_t other = 0;

	for (size_t i = 0; i < count; i++) {
		bool is_other =
			members[i].nodeid == d->self.nodeid && members[i].pid != d->self.pid;

		if (is_other && (!d->has_members || members[i].pid == d->other_pid))
			other = members[i].pid;
	}
	return other;
}

static void on_members(const struct cluster_member *members, size_t count, bool is_merged,
		       void *arg)
{
	uint32_t nodes[GROUP_NODES_MAX], other;
	struct driver *d = arg;
	size_t n = 0;

	for (size_t i = 0; i < count && n < GROUP_NODES_MAX; i++)
		nodes[n++] = members[i].nodeid;
	other = find_other(d, members, count);
	d->has_members = true;
	if (other != d->other_pid) {
		d->other_pid = other;
		on_host_changed(d);
	}
	group_members(d->group, nodes, n, is_merged, loop_now());
	settle(d);
}

static void on_view(uint64_t id, void *arg)
{
	struct driver *d = arg;

	group_view(d->group, id);
}

static void on_message(const struct cluster_member *from, const void *data, size_t len, void *arg)
{
	struct driver *d = arg;

	/* Another process of this node speaks for itself. */
	if (from->nodeid == d->self.nodeid && from->pid != d->self.pid)
		return;
	group_message(d->group, from->nodeid, data, len, loop_now());
	settle(d);
}

static void on_ring(const struct cluster_ring *ring, void *arg)
{
	struct driver *d = arg;

	set_timing(d);
	if (ring)
		group_ring(d->group, ring->is_quorate, ring->nodes, ring->count, loop_now());
	else
		group_ring(d->group, false, NULL, 0, loop_now());
	settle(d);
}

static void on_lost(const char *why, void *arg)
{
	struct driver *d = arg;

	log_warning("%s; until then this node takes no new connections", why);
	snprintf(d->lost, sizeof(d->lost), "%s", why);
	group_lost(d->group);
	settle(d);
}

/* --- what the group decides --- */

static bool on_send(const char *text, size_t len, void *arg)
{
	struct driver *d = arg;

	/* The others know this node by its id alone: one driver speaks for it. */
	return d->other_pid || cluster_send(d->cluster, text, len);
}

static void on_set(const struct group_order *order, uint64_t sent, unsigned ttl, void *arg)
{
	struct driver *d = arg;

	if (!d->other_pid)
		host_set(d->host, order, sent, ttl);
}

static void on_released(const char *node, uint64_t epoch, bool is_asking, void *arg)
{
	struct driver *d = arg;

	if (!d->other_pid)
		host_released(d->host, node, epoch, is_asking);
}

static void on_note(bool is_warning, const char *text, void *arg)
{
	(void)arg;
	if (is_warning)
		log_warning("%s", text);
	else
		log_notice("%s", text);
}

/* --- life --- */

static void on_stop(void *arg)
{
	struct driver *d = arg;
	uint64_t now = loop_now();

	if (d->stop_at) {
		loop_stop(d->loop); /* asked again */
		return;
	}
	notify_stopping();
	d->stop_at = now + STOP_MS;
	group_stop(d->group, now);
	settle(d);
}

static void on_watchdog(void *arg)
{
	struct driver *d = arg;

	notify_watchdog();
	loop_timer_set(d->watchdog, notify_watchdog_ms() / 3);
}

static bool make_parts(struct driver *d, const struct driver_options *options)
{
	const struct group_handlers group = { on_send, on_set, on_released, on_note, d };
	const struct host_handlers host = { on_host_changed, d };
	const struct cluster_handlers cluster = { on_joined, on_members, on_view, on_message,
						  on_ring,   on_lost,    d };

	d->loop = loop_create();
	d->group = group_create(&group, options->serves_without_quorum);
	if (!d->loop || !d->group)
		return false;
	d->deadline = loop_timer_add(d->loop, on_deadline, d);
	d->refresh = loop_timer_add(d->loop, on_refresh, d);
	d->watchdog = loop_timer_add(d->loop, on_watchdog, d);
	d->term = loop_signal_add(d->loop, SIGTERM, on_stop, d);
	d->interrupt = loop_signal_add(d->loop, SIGINT, on_stop, d);
	d->host = host_create(d->loop, options->socket, &host);
	d->cluster = cluster_create(d->loop, options->group, &cluster);
	return d->deadline && d->refresh && d->watchdog && d->term && d->interrupt && d->host &&
	       d->cluster;
}

static void destroy_parts(struct driver *d)
{
	cluster_destroy(d->cluster);
	host_destroy(d->host);
	loop_signal_free(d->interrupt);
	loop_signal_free(d->term);
	loop_timer_free(d->watchdog);
	loop_timer_free(d->refresh);
	loop_timer_free(d->deadline);
	group_destroy(d->group);
	if (d->loop)
		loop_destroy(d->loop);
}

bool driver_run(const struct driver_options *options)
{
	struct driver d = { 0 };
	bool is_well = make_parts(&d, options);
	int rc;

	if (!is_well) {
		log_error("out of memory");
	} else {
		notify_ready("waits for corosync");
		on_refresh(&d);
		if (notify_watchdog_ms())
			on_watchdog(&d);
		rc = loop_run(d.loop);
		is_well = !rc;
		if (rc)
			log_error_errno(-rc, "event loop");
	}
	destroy_parts(&d);
	return is_well;
}
