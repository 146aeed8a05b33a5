/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * relay: forwards frames: receives them on one side, applies the rules, sends them on the other
 * side, and counts them.
 *
 * The two sides are given as functions, so that the relay does not depend on the TAP or the
 * packet socket and tests can replace both. Up to PACKET_BATCH frames are in flight in each
 * direction. Frames that the other side cannot take (-EAGAIN) are kept, and nothing more is read
 * from this side until relay_flush() has sent them: until then further frames wait in the queue
 * of this side.
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

/* Called for each dropped frame that is worth reporting to the operator (echo, spoofed,
 * conflict), and for each ARP or ND frame of a peer whose address another host claimed before
 * (`is_claimed`). */
typedef void relay_event(const struct rewrite_result *result, void *arg);

/* Called for each ARP and ND frame of the stack or from the NIC, with the verdict, also if it is
 * dropped. True, of one from the NIC: it answers a question of the daemon's own; if it passes, it
 * is counted, but not sent to the TAP. */
typedef bool relay_listener(enum rewrite_direction direction, const struct rewrite_result *result,
			    void *arg);

enum relay_state {
	RELAY_IDLE,    /* nothing to read */
	RELAY_DRAINED, /* frames were read, and no more wait */
	RELAY_MORE,    /* more may wait */
	RELAY_BLOCKED, /* the other side is full: call relay_flush() when it is writable */
};

/* Called for each frame as it is received and as it is sent, in that order in time. `comment`: why
 * the frame is dropped, or goes no further; as it is sent, also the rules that have rewritten it
 * (core/rule_text.h); or NULL. Not called for the sending of a frame that was received before
 * the observer was set. Frames of the daemon's own (relay_inject()) are seen as sent only. */
typedef void relay_observer(enum rewrite_direction direction, bool is_out,
			    const struct packet *packet, const char *comment, void *arg);

/* `peers` is borrowed. NULL: out of memory. */
struct relay *relay_create(const struct peers *peers, relay_event *event, void *arg);
void relay_destroy(struct relay *relay);

/* Set or replace a side (the NIC may come back, for example): frames that were kept for the old
 * one are dropped. `arg` NULL: there is no such side, and frames for it are dropped as nic_busy or
 * tap_busy. */
void relay_set_tap(struct relay *relay, struct relay_side side);
void relay_set_nic(struct relay *relay, struct relay_side side);

/* Forward up to `most` frames, or one if an observer is set. Returns a state, or the negative errno
 * value of the side that is read from if that has failed (-ENETDOWN, -ENXIO, -EBADFD, …). */
int relay_run(struct relay *relay, enum rewrite_direction direction, unsigned most);
/* Send what relay_run() kept. RELAY_DRAINED or RELAY_BLOCKED. */
int relay_flush(struct relay *relay, enum rewrite_direction direction);
/* Send a frame of the daemon's own (`len` bytes, at most PACKET_FRAME_MAX) as if the stack had sent
 * it. */
void relay_inject(struct relay *relay, const uint8_t *frame, size_t len);
/* The same without the rules: as it is. */
void relay_send(struct relay *relay, const uint8_t *frame, size_t len);

/* Set who listens for answers to the daemon's own questions; NULL: nobody. */
void relay_listen(struct relay *relay, relay_listener *listener, void *arg);

/* Set the shares, which are borrowed; before that this node has none. `clock`: as loop_now(). */
void relay_set_shares(struct relay *relay, const struct shares_path *shares,
		      uint64_t (*clock)(void));

/* Set the observer; NULL: none. */
void relay_observe(struct relay *relay, relay_observer *observer, void *arg);
/* The peers were replaced (peers_exchange()): forget pointers to the old ones. */
void relay_forget_peers(struct relay *relay);

const struct counters *relay_counters(const struct relay *relay);

#endif
