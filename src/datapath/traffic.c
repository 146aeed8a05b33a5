/* SPDX-License-Identifier: GPL-2.0-or-later */
/* traffic: runs the relay from the event loop; see traffic.h. */
#include "datapath/traffic.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

/* How often both sides are read per event: often enough that the event loop costs little, and not
 * so often that the control socket and the timers wait longer than some milliseconds (for 512
 * frames at most). */
#define TURNS    8
#define CATCH_UP 4096 /* batches: more than the queues of the sockets hold */
#define BROKEN   (-1)
/* Without reading, after a third error in a row (both packet sockets report that the NIC is down):
 * a cause that lasts is no reason to spin. */
#define ERRORS   3
#define PAUSE_MS 100

/* Frames from the NIC come from the packet sockets and, on the kernel data path, from the programs'
 * ring. They are read in turn, a batch each, so that none waits for another to be empty. */
enum { FROM_PEERS, FROM_OTHERS, FROM_RING, SOURCES };

struct source {
	struct loop_io *io;
	bool is_ready; /* may have frames */
};

struct traffic {
	struct loop *loop;
	struct relay *relay;
	traffic_broken *broken;
	void *arg;
	struct wire *wire;
	struct ring *ring;
	struct loop_io *tap;
	struct source sources[SOURCES];
	unsigned next; /* source to read from */
	struct loop_timer *pause;
	struct {
		unsigned failures; /* in a row */
		bool is_paused;
	} reading[2];     /* by enum rewrite_direction */
	bool is_tap_busy; /* the last read did not empty its queue */
};

static int receive_tap(void *arg, struct packet *packets, unsigned most, bool *more)
{
	return tap_device_receive(arg, packets, most, more);
}

static int send_tap(void *arg, struct packet *const *packets, unsigned count)
{
	return tap_device_send(arg, packets, count);
}

static int receive_from(struct traffic *t, unsigned source, struct packet *packets, unsigned most)
{
	bool *more = &t->sources[source].is_ready;

	if (source == FROM_RING)
		return ring_receive(t->ring, packets, most, more);
	return wire_receive(t->wire, source == FROM_PEERS ? WIRE_PEERS : WIRE_OTHERS, packets, most,
			    more);
}

static bool any_is_ready(const struct traffic *t)
{
	return t->sources[FROM_PEERS].is_ready || t->sources[FROM_OTHERS].is_ready ||
	       t->sources[FROM_RING].is_ready;
}

static int receive_nic(void *arg, struct packet *packets, unsigned most, bool *more)
{
	struct traffic *t = arg;
	int n = 0;

	for (unsigned tries = 0; tries < SOURCES && !n; tries++) {
		if (t->sources[t->next].is_ready)
			n = receive_from(t, t->next, packets, most);
		t->next = (t->next + 1) % SOURCES;
	}
	*more = any_is_ready(t);
	return n;
}

static int send_nic(void *arg, struct packet *const *packets, unsigned count)
{
	const struct traffic *t = arg;

	return wire_send(t->wire, packets, count);
}

/* Change which events are awaited on the side that a direction reads from. */
static void change_input(struct traffic *t, enum rewrite_direction direction, unsigned remove,
			 unsigned add)
{
	if (direction == REWRITE_EGRESS)
		loop_io_change(t->tap, remove, add);
	for (unsigned i = 0; i < SOURCES && direction == REWRITE_INGRESS; i++)
		loop_io_change(t->sources[i].io, remove, add);
}

static struct loop_io *output(struct traffic *t, enum rewrite_direction direction)
{
	return direction == REWRITE_EGRESS ? t->sources[FROM_OTHERS].io : t->tap;
}

static void block(struct traffic *t, enum rewrite_direction direction)
{
	change_input(t, direction, LOOP_READ, 0);
	loop_io_change(output(t, direction), 0, LOOP_WRITE);
}

static void unblock(struct traffic *t, enum rewrite_direction direction)
{
	if (!t->reading[direction].is_paused)
		change_input(t, direction, 0, LOOP_READ);
	loop_io_change(output(t, direction), LOOP_WRITE, 0);
}

static void flush(struct traffic *t, enum rewrite_direction direction)
{
	if (relay_flush(t->relay, direction) != RELAY_BLOCKED)
		unblock(t, direction);
}

static void after_error(struct traffic *t, enum rewrite_direction direction)
{
	if (++t->reading[direction].failures < ERRORS)
		return;
	t->reading[direction].is_paused = true;
	change_input(t, direction, LOOP_READ, 0);
	loop_timer_set(t->pause, PAUSE_MS);
}

/* If a direction is blocked, relay_run() says so again. */
static void on_pause_over(void *arg)
{
	struct traffic *t = arg;

	for (unsigned direction = 0; direction < 2; direction++) {
		if (t->reading[direction].is_paused)
			change_input(t, (enum rewrite_direction)direction, 0, LOOP_READ);
		t->reading[direction].is_paused = false;
	}
}

/* Returns a state as relay_run() does, or BROKEN, after the callback `broken` was called. */
static int run(struct traffic *t, enum rewrite_direction direction, unsigned most)
{
	int rc;

	if (t->reading[direction].is_paused)
		return RELAY_IDLE;
	rc = relay_run(t->relay, direction, most);
	if (rc == RELAY_BLOCKED)
		block(t, direction);
	if (rc < 0) {
		after_error(t, direction);
		t->broken(direction, rc, t->arg);
		return BROKEN;
	}
	t->reading[direction].failures = 0;
	return rc;
}

static bool run_nic(struct traffic *t, bool *moved)
{
	int rc = run(t, REWRITE_INGRESS, PACKET_BATCH);

	*moved |= rc == RELAY_MORE || rc == RELAY_DRAINED;
	return rc == RELAY_MORE;
}

/* Read a single frame first, so that it does not wait for others; those after it in batches. */
static bool run_tap(struct traffic *t)
{
	t->is_tap_busy = run(t, REWRITE_EGRESS, t->is_tap_busy ? PACKET_BATCH : 1) == RELAY_MORE;
	return t->is_tap_busy;
}

/* Read from both sides until neither has more, or TURNS times. The host's stack often processes a
 * frame, and answers it, while the daemon writes the frame to the TAP: so after frames from the NIC
 * the TAP is read at once, without going through the event loop. */
static void serve(struct traffic *t, bool nic, bool tap)
{
	unsigned turns;

	for (turns = 0; turns < TURNS && (nic || tap); turns++) {
		if (nic)
			nic = run_nic(t, &tap);
		if (tap)
			tap = run_tap(t);
	}
}

static void on_tap(unsigned ready, void *arg)
{
	if (ready & LOOP_WRITE)
		flush(arg, REWRITE_INGRESS);
	if (ready & LOOP_READ)
		serve(arg, false, true);
}

static void on_source(struct traffic *t, unsigned source, unsigned ready)
{
	if (ready & LOOP_WRITE)
		flush(t, REWRITE_EGRESS);
	if (!(ready & LOOP_READ))
		return;
	t->sources[source].is_ready = true;
	serve(t, true, false);
}

static void on_peers(unsigned ready, void *arg)
{
	on_source(arg, FROM_PEERS, ready);
}

static void on_others(unsigned ready, void *arg)
{
	on_source(arg, FROM_OTHERS, ready);
}

static void on_ring(unsigned ready, void *arg)
{
	on_source(arg, FROM_RING, ready);
}

struct traffic *traffic_create(struct loop *loop, struct relay *relay, traffic_broken *broken,
			       void *arg)
{
	struct traffic *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	*t = (struct traffic){ .loop = loop, .relay = relay, .broken = broken, .arg = arg };
	t->pause = loop_timer_add(loop, on_pause_over, t);
	if (t->pause)
		return t;
	free(t);
	return NULL;
}

void traffic_destroy(struct traffic *t)
{
	if (!t)
		return;
	loop_io_free(t->tap);
	for (unsigned i = 0; i < SOURCES; i++)
		loop_io_free(t->sources[i].io);
	loop_timer_free(t->pause);
	free(t);
}

/* Replace the watch of a side. The relay keeps no frame for the old side any more: stop waiting
 * until it is writable. */
static int replace_watch(struct traffic *t, struct loop_io **io, int fd, loop_io_callback *cb,
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

static void forget_errors(struct traffic *t, enum rewrite_direction direction)
{
	t->reading[direction].failures = 0;
	t->reading[direction].is_paused = false;
}

int traffic_set_tap(struct traffic *t, struct tap_device *tap)
{
	forget_errors(t, REWRITE_EGRESS);
	relay_set_tap(t->relay, (struct relay_side){ receive_tap, send_tap, tap });
	return replace_watch(t, &t->tap, tap ? tap_device_fd(tap) : -1, on_tap, REWRITE_INGRESS);
}

/* -1: there is none. */
static int source_fd(const struct traffic *t, unsigned source)
{
	if (source == FROM_RING)
		return ring_fd(t->ring);
	return t->wire ? wire_fd(t->wire, source == FROM_PEERS ? WIRE_PEERS : WIRE_OTHERS) : -1;
}

int traffic_set_nic(struct traffic *t, struct wire *wire, struct ring *ring)
{
	static loop_io_callback *const callbacks[SOURCES] = { on_peers, on_others, on_ring };
	int rc = 0;

	forget_errors(t, REWRITE_INGRESS);
	t->wire = wire;
	t->ring = ring;
	relay_set_nic(t->relay, (struct relay_side){ receive_nic, send_nic, wire ? t : NULL });
	for (unsigned i = 0; i < SOURCES && !rc; i++) {
		t->sources[i].is_ready = false;
		rc = replace_watch(t, &t->sources[i].io, source_fd(t, i), callbacks[i],
				   REWRITE_EGRESS);
	}
	return rc;
}

void traffic_finish(struct traffic *t, unsigned ms)
{
	const struct timespec step = { .tv_nsec = 1000000 };
	bool waits = true;

	while (waits && ms--) {
		waits = relay_flush(t->relay, REWRITE_EGRESS) == RELAY_BLOCKED;
		waits |= relay_flush(t->relay, REWRITE_INGRESS) == RELAY_BLOCKED;
		if (waits)
			nanosleep(&step, NULL);
	}
}

/* Read from all, whether the event loop has reported them or not. */
static void expect_frames(struct traffic *t)
{
	for (unsigned i = 0; i < SOURCES; i++)
		t->sources[i].is_ready = source_fd(t, i) >= 0;
}

void traffic_catch_up(struct traffic *t)
{
	unsigned batches = CATCH_UP;
	bool moved = false;

	expect_frames(t);
	while (batches-- && run_nic(t, &moved))
		;
}

void traffic_serve(struct traffic *t)
{
	expect_frames(t);
	serve(t, true, true);
}
