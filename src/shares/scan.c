/* SPDX-License-Identifier: GPL-2.0-or-later */
/* scan: which buckets have connections; see scan.h. */
#include "shares/scan.h"

#include <errno.h>
#include <stdlib.h>

#include "core/flow.h"
#include "core/rules.h"
#include "io/netlink/netlink_conntrack.h"
#include "io/netlink/netlink_sockets.h"

struct scan {
	struct loop *loop;
	const struct peers *peers;
	struct scan_handlers handlers;
	/* While a scan goes on, one after the other; else NULL. */
	struct netlink_sockets *sockets;
	struct netlink_conntrack *conntrack;
	struct loop_io *io;
	struct shares_key key;
	enum config_affinity affinity;
	struct scan_result result;
	bool has_ended;
};

struct scan *scan_create(struct loop *loop, const struct peers *peers,
			 const struct scan_handlers *handlers)
{
	struct scan *scan = calloc(1, sizeof(*scan));

	if (scan)
		*scan = (struct scan){ .loop = loop, .peers = peers, .handlers = *handlers };
	return scan;
}

void scan_stop(struct scan *scan)
{
	loop_io_free(scan->io);
	netlink_sockets_close(scan->sockets);
	netlink_conntrack_close(scan->conntrack);
	scan->io = NULL;
	scan->sockets = NULL;
	scan->conntrack = NULL;
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
	return scan->sockets || scan->conntrack;
}

static unsigned note_bucket(struct scan *scan, const struct ip_addr *client, uint16_t port)
{
	struct shares_client c;
	unsigned bucket;

	flow_client(&c, scan->affinity, client, port);
	bucket = shares_bucket(&scan->key, &c);
	scan->result.has[bucket / 8] |= (uint8_t)(1 << bucket % 8);
	return bucket;
}

static void on_connection(const struct netlink_connection *connection, void *arg)
{
	struct scan *scan = arg;

	if (!(peers_by_ip(scan->peers, &connection->local).roles & IP_CLUSTER))
		return;
	note_bucket(scan, &connection->remote, connection->remote_port);
	scan->result.established += connection->is_established;
}

static void on_forwarded(const struct flow_tuple *connection, void *arg)
{
	struct scan *scan = arg;
	unsigned bucket;

	if (!(peers_by_ip(scan->peers, &connection->server).roles & IP_CLUSTER))
		return;
	bucket = note_bucket(scan, &connection->client, connection->client_port);
	scan->handlers.forwarded(connection, bucket, scan->handlers.arg);
}

static void end(struct scan *scan, int error)
{
	scan_stop(scan);
	scan->result.error = error;
	scan->result.ended = loop_now();
	/* which may start the next, or free this one */
	scan->handlers.done(&scan->result, scan->handlers.arg);
}

static void on_part_end(int error, void *arg)
{
	struct scan *scan = arg;

	scan->result.error = error;
	scan->has_ended = true;
}

/* Without ctnetlink nothing is forwarded. */
static void on_conntrack_readable(unsigned ready, void *arg)
{
	struct scan *scan = arg;

	(void)ready;
	netlink_conntrack_dispatch(scan->conntrack);
	if (scan->has_ended)
		end(scan, 0);
}

static int open_conntrack(struct scan *scan)
{
	const struct netlink_conntrack_handlers handlers = { on_forwarded, on_part_end, scan };
	int rc = netlink_conntrack_open(&handlers, &scan->conntrack);

	if (rc)
		return rc;
	scan->io = loop_io_add(scan->loop, netlink_conntrack_fd(scan->conntrack), LOOP_READ,
			       on_conntrack_readable, scan);
	return scan->io ? netlink_conntrack_start(scan->conntrack) : -ENOMEM;
}

static void on_readable(unsigned ready, void *arg)
{
	struct scan *scan = arg;
	int error;

	(void)ready;
	netlink_sockets_dispatch(scan->sockets);
	if (!scan->has_ended)
		return;
	error = scan->result.error;
	scan_stop(scan);
	scan->has_ended = false;
	if (error || open_conntrack(scan))
		end(scan, error);
}

/* A socket for each scan: what a failed one has left unread does not come up in the next. */
static int open_sockets(struct scan *scan)
{
	const struct netlink_sockets_handlers handlers = { on_connection, on_part_end, scan };
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
	end(scan, rc);
	return false;
}
