/* SPDX-License-Identifier: GPL-2.0-or-later */
/* scan: which buckets have connections; see scan.h. */
#include "shares/scan.h"

#include <errno.h>
#include <stdlib.h>

#include "core/flow.h"
#include "core/rules.h"
#include "io/netlink/netlink_sockets.h"

struct scan {
	struct loop *loop;
	const struct peers *peers;
	void (*done)(const struct scan_result *result, void *arg);
	void *arg;
	struct netlink_sockets *sockets; /* while a scan goes on; else NULL */
	struct loop_io *io;
	struct shares_key key;
	enum config_affinity affinity;
	struct scan_result result;
	bool has_ended;
};

struct scan *scan_create(struct loop *loop, const struct peers *peers,
			 void (*done)(const struct scan_result *result, void *arg), void *arg)
{
	struct scan *scan = calloc(1, sizeof(*scan));

	if (scan)
		*scan = (struct scan){ .loop = loop, .peers = peers, .done = done, .arg = arg };
	return scan;
}

void scan_stop(struct scan *scan)
{
	loop_io_free(scan->io);
	netlink_sockets_close(scan->sockets);
	scan->io = NULL;
	scan->sockets = NULL;
}

void scan_destroy(struct scan *scan)
{
	if (!scan)
		return;
	scan_stop(scan);
	free(scan);
}

bool scan_is_running(const struct scan *scan)
{
	return scan->sockets;
}

static void on_connection(const struct netlink_connection *connection, void *arg)
{
	struct scan *scan = arg;
	struct shares_client client;
	unsigned bucket;

	if (!(peers_by_ip(scan->peers, &connection->local).roles & IP_CLUSTER))
		return;
	flow_client(&client, scan->affinity, &connection->remote, connection->remote_port);
	bucket = shares_bucket(&scan->key, &client);
	scan->result.has[bucket / 8] |= (uint8_t)(1 << bucket % 8);
	scan->result.established += connection->is_established;
}

static void on_end(int error, void *arg)
{
	struct scan *scan = arg;

	scan->result.error = error;
	scan->has_ended = true;
}

static void on_readable(unsigned ready, void *arg)
{
	struct scan *scan = arg;

	(void)ready;
	netlink_sockets_dispatch(scan->sockets);
	if (!scan->has_ended)
		return;
	scan_stop(scan);
	scan->result.ended = loop_now();
	scan->done(&scan->result, scan->arg); /* which may start the next, or free this one */
}

/* A socket for each scan: what a failed one has left unread does not come up in the next. */
static int open_sockets(struct scan *scan)
{
	const struct netlink_sockets_handlers handlers = { on_connection, on_end, scan };
	int rc = netlink_sockets_open(&handlers, &scan->sockets);

	if (rc)
		return rc;
	scan->io = loop_io_add(scan->loop, netlink_sockets_fd(scan->sockets), LOOP_READ,
			       on_readable, scan);
	return scan->io ? netlink_sockets_start(scan->sockets) : -ENOMEM;
}

bool scan_start(struct scan *scan, const struct shares_key *key, enum config_affinity affinity)
{
	int rc;

	scan_stop(scan);
	scan->key = *key;
	scan->affinity = affinity;
	scan->has_ended = false;
	scan->result = (struct scan_result){ .started = loop_now() };
	rc = open_sockets(scan);
	if (!rc)
		return true;
	scan_stop(scan);
	scan->result.error = rc;
	scan->result.ended = loop_now();
	scan->done(&scan->result, scan->arg);
	return false;
}
