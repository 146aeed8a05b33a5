/* SPDX-License-Identifier: GPL-2.0-or-later */
/* traffic: the relay under the event loop; see traffic.h. */
#include "traffic.h"

#include <errno.h>
#include <stdlib.h>

struct traffic {
	struct loop *loop;
	struct relay *relay;
	traffic_broken *broken;
	void *arg;
	struct loop_io *tap, *nic;
};

static int receive_tap(void *arg, struct packet *packet)
{
	return tap_read(arg, packet);
}

static int send_tap(void *arg, const struct packet *packet)
{
	return tap_write(arg, packet);
}

static int receive_nic(void *arg, struct packet *packet)
{
	return nic_receive(arg, packet);
}

static int send_nic(void *arg, const struct packet *packet)
{
	return nic_send(arg, packet);
}

static struct loop_io *input(struct traffic *t, enum rewrite_direction direction)
{
	return direction == REWRITE_EGRESS ? t->tap : t->nic;
}

static struct loop_io *output(struct traffic *t, enum rewrite_direction direction)
{
	return direction == REWRITE_EGRESS ? t->nic : t->tap;
}

static void block(struct traffic *t, enum rewrite_direction direction)
{
	loop_io_change(input(t, direction), LOOP_READ, 0);
	loop_io_change(output(t, direction), 0, LOOP_WRITE);
}

static void unblock(struct traffic *t, enum rewrite_direction direction)
{
	loop_io_change(input(t, direction), 0, LOOP_READ);
	loop_io_change(output(t, direction), LOOP_WRITE, 0);
}

static void flush(struct traffic *t, enum rewrite_direction direction)
{
	if (relay_flush(t->relay, direction) != RELAY_BLOCKED)
		unblock(t, direction);
}

static void run(struct traffic *t, enum rewrite_direction direction)
{
	int rc = relay_run(t->relay, direction);

	if (rc == RELAY_BLOCKED)
		block(t, direction);
	else if (rc < 0)
		t->broken(direction, rc, t->arg);
}

static void on_tap(unsigned ready, void *arg)
{
	if (ready & LOOP_WRITE)
		flush(arg, REWRITE_INGRESS);
	if (ready & LOOP_READ)
		run(arg, REWRITE_EGRESS);
}

static void on_nic(unsigned ready, void *arg)
{
	if (ready & LOOP_WRITE)
		flush(arg, REWRITE_EGRESS);
	if (ready & LOOP_READ)
		run(arg, REWRITE_INGRESS);
}

struct traffic *traffic_create(struct loop *loop, struct relay *relay, traffic_broken *broken,
			       void *arg)
{
	struct traffic *t = calloc(1, sizeof(*t));

	if (t)
		*t = (struct traffic){ .loop = loop, .relay = relay, .broken = broken, .arg = arg };
	return t;
}

void traffic_destroy(struct traffic *t)
{
	if (!t)
		return;
	loop_io_free(t->tap);
	loop_io_free(t->nic);
	free(t);
}

/* The old watch goes; what waited for the old side waits no more. */
static int renew(struct traffic *t, struct loop_io **io, int fd, loop_io_callback *cb,
		 enum rewrite_direction towards)
{
	loop_io_free(*io);
	*io = NULL;
	unblock(t, towards);
	if (fd < 0)
		return 0;
	*io = loop_io_add(t->loop, fd, LOOP_READ, cb, t);
	return *io ? 0 : -ENOMEM;
}

int traffic_set_tap(struct traffic *t, struct tap *tap)
{
	relay_set_tap(t->relay, (struct relay_side){ receive_tap, send_tap, tap });
	return renew(t, &t->tap, tap ? tap_fd(tap) : -1, on_tap, REWRITE_INGRESS);
}

int traffic_set_nic(struct traffic *t, struct nic *nic)
{
	relay_set_nic(t->relay, (struct relay_side){ receive_nic, send_nic, nic });
	return renew(t, &t->nic, nic ? nic_fd(nic) : -1, on_nic, REWRITE_EGRESS);
}

void traffic_serve(struct traffic *t)
{
	run(t, REWRITE_EGRESS);
	run(t, REWRITE_INGRESS);
}
