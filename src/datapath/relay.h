/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * relay: a frame's way: in on one side, verdict, out on the other; and the counting.
 *
 * The two sides are given as functions, so that the relay knows neither TAP nor
 * packet socket and tests can stand in for both. Up to PACKET_BATCH frames are in flight in
 * each direction. Those that the other side cannot take (-EAGAIN) are kept, and nothing
 * more is read from this side until relay_flush(): the queue is then the sender's own.
 */
#ifndef CLUSTERARPD_DATAPATH_RELAY_H
#define CLUSTERARPD_DATAPATH_RELAY_H

#include <stdbool.h>

#include "core/counters.h"
#include "core/peers.h"
#include "core/rewrite.h"
#include "io/packet.h"

struct relay;

struct relay_side {
	/* As packet_socket_receive() and packet_socket_send(). */
	int (*receive)(void *arg, struct packet *packets, unsigned most, bool *more);
	int (*send)(void *arg, struct packet *const *packets, unsigned count);
	void *arg;
};

/* Called for each dropped frame that an operator may want to hear of (echo, spoofed,
 * conflict), and for each ARP frame of a peer whose address somebody else has claimed
 * before. */
typedef void relay_event(const struct rewrite_result *result, void *arg);

enum relay_state {
	RELAY_IDLE,    /* nothing waited */
	RELAY_DRAINED, /* something did, and no more */
	RELAY_MORE,    /* more may wait */
	RELAY_BLOCKED, /* the other side is full: call relay_flush() when it is writable */
};

/* Sees each frame as it comes in and as it goes out, in one order; `comment`: why it goes no
 * further, or NULL. Of one that came in before it began to look it does not see the rest; the
 * daemon's own come in nowhere. */
typedef void relay_observer(enum rewrite_direction direction, bool is_out,
			    const struct packet *packet, const char *comment, void *arg);

/* `peers` is borrowed. NULL: out of memory. */
struct relay *relay_create(const struct peers *peers, relay_event *event, void *arg);
void relay_destroy(struct relay *relay);

/* The sides may change while it lives (a NIC that comes back): what was kept for the
 * old one is dropped. A side that is not there has arg NULL: what should go out by it
 * is dropped as nic_busy or tap_busy. */
void relay_set_tap(struct relay *relay, struct relay_side side);
void relay_set_nic(struct relay *relay, struct relay_side side);

/* Carry up to `most` frames, one at a time while somebody observes. A state, or the negative
 * errno value with which the side that is read from is broken (-ENETDOWN, -ENXIO, -EBADFD,
 * …). */
int relay_run(struct relay *relay, enum rewrite_direction direction, unsigned most);
/* Send what relay_run() kept. RELAY_DRAINED or RELAY_BLOCKED. */
int relay_flush(struct relay *relay, enum rewrite_direction direction);
/* Send a frame of our own (`len` bytes, at most 1500) as if the stack had sent it. */
void relay_inject(struct relay *relay, const uint8_t *frame, size_t len);

/* NULL: nobody looks any more. */
void relay_observe(struct relay *relay, relay_observer *observer, void *arg);
/* The peers are others now (peers_exchange()). */
void relay_forget_peers(struct relay *relay);

const struct counters *relay_counters(const struct relay *relay);

#endif
