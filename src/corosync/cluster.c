/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cluster: membership, messages and quorum of corosync; see cluster.h. */
#include "corosync/cluster.h"

#include <corosync/cmap.h>
#include <corosync/corotypes.h>
#include <corosync/cpg.h>
#include <corosync/quorum.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define RETRY_MS    200
#define MESSAGE_MAX (512 * 1024) /* larger ones libcpg sends in parts, and waits between them */
/* How many own messages may be under way. cpg_mcast_joined() of libqb 2.0 spins while the socket is
 * full over which it wakes corosync: after some 280 messages if corosync does not run. */
#define UNDER_WAY_MAX 64
#define NODES_MAX     CPG_MEMBERS_MAX
#define WHY_SIZE      256

/* What CPG or quorum knows as the present membership. */
struct view {
	bool is_known;
	uint32_t representative; /* with `sequence`: the ring's id */
	uint64_t sequence;
	uint32_t nodes[NODES_MAX];
	size_t count;
};

/* A connection of one of the libraries. */
struct wire {
	int fd; /* of the library; -1: not connected */
	struct loop_io *io;
};

struct cluster {
	struct loop *loop;
	struct cpg_name group;
	struct cluster_handlers handlers;
	struct loop_timer *timer; /* to connect; or to give up a connection that has failed */
	unsigned depth;           /* > 0: called from the event loop, handlers may be running */
	bool is_doomed;           /* destroyed meanwhile: no handler is called any more */
	char told[WHY_SIZE];      /* what lost() has said last; "": nothing since joined() */

	bool is_connected, is_joined, has_failed;
	cpg_handle_t cpg;
	quorum_handle_t quorum;
	cmap_handle_t cmap;
	struct wire cpg_wire, quorum_wire, cmap_wire;
	struct cluster_member self;
	unsigned under_way; /* own messages that have not come back */
	struct view by_cpg, by_quorum;
	bool is_quorate, is_ring_told, was_quorate;
	uint32_t token, consensus;
	struct cluster_node
		listed[NODES_MAX]; /* nodelist.node.N of cmap; nodeid 0: there is none */
};

static void close_wire(struct wire *w)
{
	loop_io_free(w->io);
	/* A library that says goodbye waits for corosync's answer, also if corosync hangs. Without
	 * a connection it does not: corosync then sees that this process is gone. */
	if (w->fd >= 0)
		shutdown(w->fd, SHUT_RDWR);
	*w = (struct wire){ .fd = -1 };
}

static void disconnect(struct cluster *c)
{
	close_wire(&c->cpg_wire);
	close_wire(&c->quorum_wire);
	close_wire(&c->cmap_wire);
	if (c->cpg)
		cpg_finalize(c->cpg);
	if (c->quorum)
		quorum_finalize(c->quorum);
	if (c->cmap)
		cmap_finalize(c->cmap);
	c->cpg = c->quorum = c->cmap = 0;
	c->is_connected = c->is_joined = c->has_failed = false;
	c->is_ring_told = c->by_cpg.is_known = c->by_quorum.is_known = false;
	c->under_way = 0;
}

static void release(struct cluster *c)
{
	disconnect(c);
	loop_timer_free(c->timer);
	free(c);
}

/* A call of the event loop begins: until leave(), *c stays allocated. */
static void enter(struct cluster *c)
{
	c->depth++;
}

static void leave(struct cluster *c)
{
	if (!--c->depth && c->is_doomed)
		release(c);
}

/* No member any more; try again. */
static void lose(struct cluster *c, const char *why)
{
	disconnect(c);
	loop_timer_set(c->timer, RETRY_MS);
	if (!strcmp(why, c->told))
		return;
	snprintf(c->told, sizeof(c->told), "%s", why);
	c->handlers.lost(c->told, c->handlers.arg);
}

/* lose(), but from the event loop. */
static void fail(struct cluster *c)
{
	c->has_failed = true;
	loop_timer_set(c->timer, 0);
}

/* --- the membership, as soon as CPG and quorum agree about it --- */

static bool is_same_ring(const struct view *a, const struct view *b)
{
	return a->is_known && b->is_known && a->representative == b->representative &&
	       a->sequence == b->sequence;
}

static void tell_ring(struct cluster *c)
{
	const struct cluster_ring ring = { c->is_quorate, c->by_cpg.nodes, c->by_cpg.count };
	bool is_known = is_same_ring(&c->by_cpg, &c->by_quorum);

	if (!c->is_joined || c->is_doomed)
		return;
	if (!is_known && !c->is_ring_told)
		return;
	if (is_known && c->is_ring_told && c->was_quorate == c->is_quorate)
		return;
	c->is_ring_told = is_known;
	c->was_quorate = c->is_quorate;
	c->handlers.ring(is_known ? &ring : NULL, c->handlers.arg);
}

/* A hash of the ring id, which is 96 bits. */
static void tell_view(struct cluster *c)
{
	if (c->is_joined && !c->is_doomed && c->by_cpg.is_known)
		c->handlers.view(c->by_cpg.sequence * 0x9e3779b97f4a7c15u +
					 c->by_cpg.representative,
				 c->handlers.arg);
}

static void set_view(struct cluster *c, struct view *view, uint32_t representative,
		     uint64_t sequence, const uint32_t *nodes, size_t count)
{
	*view = (struct view){ true, representative, sequence, { 0 }, count };
	if (view->count > NODES_MAX)
		view->count = NODES_MAX;
	memcpy(view->nodes, nodes, view->count * sizeof(*nodes));
	tell_ring(c);
}

/* --- what the libraries call --- */

static void on_totem_change(cpg_handle_t handle, struct cpg_ring_id ring, uint32_t count,
			    const uint32_t *nodes)
{
	struct cluster *c;
	void *context = NULL;

	if (cpg_context_get(handle, &context) != CS_OK || !context)
		return;
	c = context;
	if (c->is_doomed)
		return;
	set_view(c, &c->by_cpg, ring.nodeid, ring.seq, nodes, count);
	tell_view(c);
}

static void on_quorum(quorum_handle_t handle, uint32_t quorate, struct quorum_ring_id ring,
		      uint32_t count, const uint32_t *nodes)
{
	struct cluster *c;
	const void *context = NULL;

	if (quorum_context_get(handle, &context) != CS_OK || !context)
		return;
	c = (struct cluster *)context;
	c->is_quorate = quorate;
	set_view(c, &c->by_quorum, ring.nodeid, ring.seq, nodes, count);
}

static void on_nodes(quorum_handle_t handle, struct quorum_ring_id ring, uint32_t count,
		     const uint32_t *nodes, uint32_t joined_count, const uint32_t *joined,
		     uint32_t left_count, const uint32_t *left)
{
	(void)handle, (void)ring, (void)count, (void)nodes;
	(void)joined_count, (void)joined, (void)left_count, (void)left;
}

static bool is_self(const struct cluster *c, uint32_t nodeid, uint32_t pid)
{
	return nodeid == c->self.nodeid && pid == c->self.pid;
}

static void on_group_change(cpg_handle_t handle, const struct cpg_name *group,
			    const struct cpg_address *members, size_t count,
			    const struct cpg_address *left, size_t left_count,
			    const struct cpg_address *joined, size_t joined_count)
{
	struct cluster_member list[CPG_MEMBERS_MAX];
	bool has_self = false, is_merged = false;
	struct cluster *c;
	void *context = NULL;

	(void)group, (void)left, (void)left_count;
	if (cpg_context_get(handle, &context) != CS_OK || !context)
		return;
	c = context;
	for (size_t i = 0; i < count; i++) {
		list[i] = (struct cluster_member){ members[i].nodeid, members[i].pid };
		has_self |= is_self(c, list[i].nodeid, list[i].pid);
	}
	for (size_t i = 0; i < joined_count; i++)
		is_merged |= joined[i].reason == CPG_REASON_NODEUP;
	if (c->is_doomed || c->has_failed)
		return;
	if (!has_self) {
		if (c->is_joined)
			fail(c);
		return;
	}
	if (!c->is_joined) {
		c->is_joined = true;
		c->told[0] = '\0';
		c->handlers.joined(&c->self, c->handlers.arg);
		tell_view(c);
	}
	if (!c->is_doomed)
		c->handlers.members(list, count, is_merged, c->handlers.arg);
	tell_ring(c);
}

static void on_message(cpg_handle_t handle, const struct cpg_name *group, uint32_t nodeid,
		       uint32_t pid, void *data, size_t len)
{
	const struct cluster_member from = { nodeid, pid };
	struct cluster *c;
	void *context = NULL;

	(void)group;
	if (cpg_context_get(handle, &context) != CS_OK || !context)
		return;
	c = context;
	if (!c->is_joined || c->is_doomed || c->has_failed)
		return;
	if (is_self(c, nodeid, pid) && c->under_way)
		c->under_way--;
	c->handlers.message(&from, data, len, c->handlers.arg);
}

/* --- cmap --- */

static void copy_text(char *out, size_t size, const void *data, size_t len)
{
	if (len >= size)
		len = size - 1;
	memcpy(out, data, len);
	out[len] = '\0';
}

static const char token_key[] = "runtime.config.totem.token";
static const char consensus_key[] = "runtime.config.totem.consensus";
static const char nodes_key[] = "nodelist.node.";

/* A value of cmap; `value` NULL: the key is gone. */
static void take_value(struct cluster *c, const char *key, const struct cmap_notify_value *value)
{
	uint32_t number = 0;
	struct cluster_node *node;
	unsigned position;
	char what[16];

	if (value && value->type == CMAP_VALUETYPE_UINT32 && value->len == sizeof(number))
		memcpy(&number, value->data, sizeof(number));
	if (!strcmp(key, token_key))
		c->token = number;
	if (!strcmp(key, consensus_key))
		c->consensus = number;
	if (sscanf(key, "nodelist.node.%u.%15s", &position, what) != 2 || position >= NODES_MAX)
		return;
	node = &c->listed[position];
	if (!strcmp(what, "nodeid"))
		node->nodeid = number;
	else if (!strcmp(what, "name"))
		copy_text(node->name, sizeof(node->name), value ? value->data : "",
			  value && value->type == CMAP_VALUETYPE_STRING ? value->len : 0);
}

static void on_value(cmap_handle_t handle, cmap_track_handle_t track, int32_t event,
		     const char *key, struct cmap_notify_value now, struct cmap_notify_value before,
		     void *arg)
{
	(void)handle, (void)track, (void)before;
	take_value(arg, key, event == CMAP_TRACK_DELETE ? NULL : &now);
}

static cs_error_t read_value(struct cluster *c, const char *key)
{
	char data[CLUSTER_NAME_SIZE];
	struct cmap_notify_value value = { .len = sizeof(data), .data = data };
	cs_error_t rc = cmap_get(c->cmap, key, data, &value.len, &value.type);

	if (rc == CS_OK)
		take_value(c, key, &value);
	return rc;
}

static void read_nodes(struct cluster *c)
{
	char key[CMAP_KEYNAME_MAXLEN + 1];
	cmap_iter_handle_t iterator;
	cmap_value_types_t type;
	size_t len;

	memset(c->listed, 0, sizeof(c->listed));
	if (cmap_iter_init(c->cmap, nodes_key, &iterator) != CS_OK)
		return;
	while (cmap_iter_next(c->cmap, iterator, key, &len, &type) == CS_OK)
		read_value(c, key);
	cmap_iter_finalize(c->cmap, iterator);
}

/* --- from the event loop --- */

static bool is_hung_up(const struct wire *w)
{
	struct pollfd poll_fd = { .fd = w->fd };

	return w->fd >= 0 && poll(&poll_fd, 1, 0) == 1;
}

/* The end of a call of the event loop that has dispatched. */
static void dispatched(struct cluster *c, const struct wire *wire, cs_error_t rc)
{
	if (!c->is_doomed && (rc != CS_OK || is_hung_up(wire)))
		lose(c, "the connection to corosync has ended");
	leave(c);
}

static void on_cpg_ready(unsigned ready, void *arg)
{
	struct cluster *c = arg;

	(void)ready;
	enter(c);
	dispatched(c, &c->cpg_wire, cpg_dispatch(c->cpg, CS_DISPATCH_ALL));
}

static void on_quorum_ready(unsigned ready, void *arg)
{
	struct cluster *c = arg;

	(void)ready;
	enter(c);
	dispatched(c, &c->quorum_wire, quorum_dispatch(c->quorum, CS_DISPATCH_ALL));
}

static void on_cmap_ready(unsigned ready, void *arg)
{
	struct cluster *c = arg;

	(void)ready;
	enter(c);
	dispatched(c, &c->cmap_wire, cmap_dispatch(c->cmap, CS_DISPATCH_ALL));
}

/* --- connecting --- */

static cs_error_t watch(struct cluster *c, struct wire *wire, cs_error_t rc, int fd,
			loop_io_callback *cb)
{
	if (rc != CS_OK)
		return rc;
	wire->fd = fd;
	wire->io = loop_io_add(c->loop, fd, LOOP_READ, cb, c);
	return wire->io ? CS_OK : CS_ERR_NO_MEMORY;
}

static cs_error_t open_cmap(struct cluster *c)
{
	cmap_track_handle_t track;
	int fd = -1;
	cs_error_t rc = cmap_initialize(&c->cmap);

	if (rc != CS_OK) {
		c->cmap = 0;
		return rc;
	}
	rc = cmap_fd_get(c->cmap, &fd);
	rc = watch(c, &c->cmap_wire, rc, fd, on_cmap_ready);
	if (rc == CS_OK)
		rc = cmap_track_add(c->cmap, token_key, CMAP_TRACK_ADD | CMAP_TRACK_MODIFY,
				    on_value, c, &track);
	if (rc == CS_OK)
		rc = cmap_track_add(c->cmap, consensus_key, CMAP_TRACK_ADD | CMAP_TRACK_MODIFY,
				    on_value, c, &track);
	if (rc == CS_OK)
		rc = cmap_track_add(c->cmap, nodes_key,
				    CMAP_TRACK_ADD | CMAP_TRACK_DELETE | CMAP_TRACK_MODIFY |
					    CMAP_TRACK_PREFIX,
				    on_value, c, &track);
	if (rc == CS_OK)
		rc = read_value(c, token_key);
	if (rc == CS_OK)
		rc = read_value(c, consensus_key);
	if (rc == CS_OK)
		read_nodes(c);
	return rc;
}

static cs_error_t open_quorum(struct cluster *c)
{
	quorum_model_v1_data_t model = { .model = QUORUM_MODEL_V1,
					 .quorum_notify_fn = on_quorum,
					 .nodelist_notify_fn = on_nodes };
	uint32_t type;
	int fd = -1;
	cs_error_t rc = quorum_model_initialize(&c->quorum, QUORUM_MODEL_V1,
						(quorum_model_data_t *)&model, &type, c);

	if (rc != CS_OK) {
		c->quorum = 0;
		return rc;
	}
	rc = quorum_fd_get(c->quorum, &fd);
	rc = watch(c, &c->quorum_wire, rc, fd, on_quorum_ready);
	if (rc == CS_OK)
		rc = quorum_trackstart(c->quorum, CS_TRACK_CURRENT | CS_TRACK_CHANGES);
	return rc;
}

static cs_error_t open_cpg(struct cluster *c)
{
	cpg_model_v1_data_t model = { .model = CPG_MODEL_V1,
				      .cpg_deliver_fn = on_message,
				      .cpg_confchg_fn = on_group_change,
				      .cpg_totem_confchg_fn = on_totem_change,
				      .flags = CPG_MODEL_V1_DELIVER_INITIAL_TOTEM_CONF };
	int fd = -1;
	cs_error_t rc = cpg_model_initialize(&c->cpg, CPG_MODEL_V1, (cpg_model_data_t *)&model, c);

	if (rc != CS_OK) {
		c->cpg = 0;
		return rc;
	}
	rc = cpg_fd_get(c->cpg, &fd);
	rc = watch(c, &c->cpg_wire, rc, fd, on_cpg_ready);
	if (rc == CS_OK)
		rc = cpg_local_get(c->cpg, &c->self.nodeid);
	c->self.pid = (uint32_t)getpid(); /* this is what libcpg says */
	if (rc == CS_OK)
		rc = cpg_join(c->cpg, &c->group);
	return rc;
}

static void explain(cs_error_t rc, char why[WHY_SIZE])
{
	if (rc == CS_ERR_ACCESS)
		snprintf(
			why, WHY_SIZE,
			"corosync does not admit uid %u, gid %u: no file in /etc/corosync/uidgid.d "
			"names them, or corosync has not been restarted since",
			(unsigned)geteuid(), (unsigned)getegid());
	else if (rc == CS_ERR_LIBRARY || rc == CS_ERR_TRY_AGAIN)
		snprintf(why, WHY_SIZE, "corosync does not run, or is not ready");
	else if (rc == CS_ERR_NOT_EXIST)
		snprintf(why, WHY_SIZE, "corosync knows no quorum: see provider in votequorum(5)");
	else
		snprintf(why, WHY_SIZE, "corosync: %s", cs_strerror(rc));
}

static void open_all(struct cluster *c)
{
	char why[WHY_SIZE];
	cs_error_t rc = open_cmap(c);

	if (rc == CS_OK)
		rc = open_quorum(c);
	if (rc == CS_OK)
		rc = open_cpg(c);
	c->is_connected = rc == CS_OK;
	if (c->is_connected)
		return;
	explain(rc, why);
	lose(c, why);
}

static void on_timer(void *arg)
{
	struct cluster *c = arg;

	enter(c);
	if (c->is_connected)
		lose(c, "the connection to corosync has failed");
	else
		open_all(c);
	leave(c);
}

/* --- see cluster.h --- */

struct cluster *cluster_create(struct loop *loop, const char *group,
			       const struct cluster_handlers *handlers)
{
	struct cluster *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->loop = loop;
	c->handlers = *handlers;
	c->cpg_wire.fd = c->quorum_wire.fd = c->cmap_wire.fd = -1;
	copy_text(c->group.value, sizeof(c->group.value), group, strlen(group));
	c->group.length = (uint32_t)strlen(c->group.value);
	c->timer = loop_timer_add(loop, on_timer, c);
	if (!c->timer) {
		free(c);
		return NULL;
	}
	loop_timer_set(c->timer, 0);
	return c;
}

void cluster_destroy(struct cluster *c)
{
	if (!c)
		return;
	c->is_doomed = true;
	if (!c->depth)
		release(c);
}

bool cluster_send(struct cluster *c, const void *data, size_t len)
{
	const struct iovec part = { (void *)data, len };
	cs_error_t rc;

	if (!c->is_joined || c->has_failed || c->under_way >= UNDER_WAY_MAX || len > MESSAGE_MAX)
		return false;
	rc = cpg_mcast_joined(c->cpg, CPG_TYPE_AGREED, &part, 1);
	if (rc == CS_OK)
		c->under_way++;
	else if (rc != CS_ERR_TRY_AGAIN)
		fail(c);
	return rc == CS_OK;
}

unsigned cluster_token_ms(const struct cluster *c)
{
	return c->token;
}

unsigned cluster_consensus_ms(const struct cluster *c)
{
	return c->consensus;
}

bool cluster_node_name(const struct cluster *c, uint32_t nodeid, char name[CLUSTER_NAME_SIZE])
{
	for (size_t i = 0; i < NODES_MAX; i++) {
		if (c->listed[i].nodeid != nodeid || !c->listed[i].name[0])
			continue;
		memcpy(name, c->listed[i].name, CLUSTER_NAME_SIZE);
		return true;
	}
	return false;
}

bool cluster_is_name(const char *listed, const char *name)
{
	size_t len = strlen(name);

	return !strncmp(listed, name, len) && (!listed[len] || listed[len] == '.');
}

/* --- what -t asks --- */

_Static_assert(NODES_MAX == CLUSTER_NODES_MAX, "the nodelist fits");

static bool has_key(cmap_handle_t cmap, const char *key)
{
	size_t len;
	cmap_value_types_t type;

	return cmap_get(cmap, key, NULL, &len, &type) == CS_OK;
}

static bool is_present(cmap_handle_t cmap, uint32_t nodeid)
{
	char key[CMAP_KEYNAME_MAXLEN + 1], *status = NULL;
	bool is_joined;

	snprintf(key, sizeof(key), "runtime.members.%" PRIu32 ".status", nodeid);
	if (cmap_get_string(cmap, key, &status) != CS_OK)
		return false;
	is_joined = !strcmp(status, "joined");
	free(status);
	return is_joined;
}

/* `c` has nothing but `cmap`. */
static void ask_nodes(struct cluster *c, struct cluster_facts *facts)
{
	uint32_t position = NODES_MAX;

	read_nodes(c);
	for (size_t i = 0; i < NODES_MAX; i++) {
		if (!c->listed[i].nodeid)
			continue;
		facts->nodes[facts->count++] = c->listed[i];
		facts->present += is_present(c->cmap, c->listed[i].nodeid);
	}
	if (cmap_get_uint32(c->cmap, "nodelist.local_node_pos", &position) == CS_OK &&
	    position < NODES_MAX)
		facts->self = c->listed[position];
}

bool cluster_ask_facts(struct cluster_facts *facts, const char **why)
{
	static char text[WHY_SIZE];
	struct cluster c = { 0 };
	uint8_t two_node = 0;
	cs_error_t rc = cmap_initialize(&c.cmap);

	*facts = (struct cluster_facts){ 0 };
	if (rc != CS_OK) {
		explain(rc, text);
		*why = text;
		return false;
	}
	read_value(&c, token_key);
	read_value(&c, consensus_key);
	facts->token_ms = c.token;
	facts->consensus_ms = c.consensus;
	cmap_get_uint8(c.cmap, "quorum.two_node", &two_node);
	facts->is_two_node = two_node;
	facts->has_qdevice = has_key(c.cmap, "quorum.device.model");
	ask_nodes(&c, facts);
	cmap_finalize(c.cmap);
	return true;
}

bool cluster_admits(uint32_t uid, uint32_t gid)
{
	/* As a file says, and as corosync-cmapctl does. */
	static const char *const formats[] = { "uidgid.config.%s.%" PRIu32, "uidgid.%s.%" PRIu32 };
	char key[CMAP_KEYNAME_MAXLEN + 1];
	bool is_admitted = !uid;
	cmap_handle_t cmap;

	if (cmap_initialize(&cmap) != CS_OK)
		return true; /* not known */
	for (size_t i = 0; i < 2 && !is_admitted; i++) {
		snprintf(key, sizeof(key), formats[i], "uid", uid);
		is_admitted = has_key(cmap, key);
		snprintf(key, sizeof(key), formats[i], "gid", gid);
		is_admitted = is_admitted || has_key(cmap, key);
	}
	cmap_finalize(cmap);
	return is_admitted;
}
