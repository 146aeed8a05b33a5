/* SPDX-License-Identifier: GPL-2.0-or-later */
/* relay: a frame's way: in, verdict, out; see relay.h. */
#include "relay.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Frames a wake-up: enough that the event loop costs little, few enough that the other
 * direction and the control socket get their turn within a millisecond or two. */
#define BATCH 64
#define HEAD  256 /* bytes of a frame within which the rules change anything */

struct way {
	struct relay_side *from, *to;
	struct packet packet;
	struct peer *peer; /* of the kept frame */
	bool kept;
	bool is_own;   /* a frame of ours, which came in on no side */
	bool is_shown; /* to the observer, as it came in, if it did */
};

struct relay {
	const struct peers *peers;
	relay_event *event;
	void *arg;
	struct relay_side tap, nic;
	struct way ways[2]; /* by enum rewrite_direction */
	relay_observer *observer;
	void *observer_arg;
	struct counters counters;
};

static bool way_init(struct way *way, struct relay_side *from, struct relay_side *to)
{
	way->from = from;
	way->to = to;
	way->packet.memory = malloc(PACKET_MEMORY);
	return way->packet.memory != NULL;
}

struct relay *relay_create(const struct peers *peers, relay_event *event, void *arg)
{
	struct relay *relay = calloc(1, sizeof(*relay));

	if (!relay)
		return NULL;
	relay->peers = peers;
	relay->event = event;
	relay->arg = arg;
	if (way_init(&relay->ways[REWRITE_EGRESS], &relay->tap, &relay->nic) &&
	    way_init(&relay->ways[REWRITE_INGRESS], &relay->nic, &relay->tap))
		return relay;
	relay_destroy(relay);
	return NULL;
}

void relay_destroy(struct relay *relay)
{
	if (!relay)
		return;
	free(relay->ways[REWRITE_EGRESS].packet.memory);
	free(relay->ways[REWRITE_INGRESS].packet.memory);
	free(relay);
}

static void count_drop(struct relay *relay, enum drop_reason reason)
{
	relay->counters.drops[reason]++;
}

static enum drop_reason busy_reason(enum rewrite_direction direction)
{
	return direction == REWRITE_EGRESS ? DROP_NIC_BUSY : DROP_TAP_BUSY;
}

static void count_in(struct counters *c, enum rewrite_direction direction, size_t len)
{
	if (direction == REWRITE_EGRESS) {
		c->tap_frames_in++;
		c->tap_bytes_in += len;
	} else {
		c->nic_frames_in++;
		c->nic_bytes_in += len;
	}
}

static void count_out(struct relay *relay, enum rewrite_direction direction)
{
	struct way *way = &relay->ways[direction];
	struct counters *c = &relay->counters;

	if (direction == REWRITE_EGRESS) {
		c->nic_frames_out++;
		c->nic_bytes_out += way->packet.len;
	} else {
		c->tap_frames_out++;
		c->tap_bytes_out += way->packet.len;
	}
	if (!way->peer)
		return;
	if (direction == REWRITE_EGRESS) {
		way->peer->counters.frames_out++;
		way->peer->counters.bytes_out += way->packet.len;
	} else {
		way->peer->counters.frames_in++;
		way->peer->counters.bytes_in += way->packet.len;
	}
}

/* Why a frame could not be sent. What the other side is, is known by the direction. */
static enum drop_reason send_failure(enum rewrite_direction direction, int error)
{
	switch (error) {
	case -EMSGSIZE:
		return DROP_TOO_LONG;
	case -EINVAL:
		return DROP_MALFORMED;
	default:
		return busy_reason(direction);
	}
}

static void observe(struct relay *relay, enum rewrite_direction direction, bool is_out,
		    enum drop_reason reason)
{
	char comment[64];

	snprintf(comment, sizeof(comment), "dropped: %s", reason ? counters_drop_name(reason) : "");
	relay->observer(direction, is_out, &relay->ways[direction].packet, reason ? comment : NULL,
			relay->observer_arg);
}

static void drop_kept(struct relay *relay, enum rewrite_direction direction)
{
	if (!relay->ways[direction].kept)
		return;
	count_drop(relay, busy_reason(direction));
	if (relay->observer && relay->ways[direction].is_shown)
		observe(relay, direction, true, busy_reason(direction));
	relay->ways[direction].kept = false;
}

void relay_set_tap(struct relay *relay, struct relay_side side)
{
	drop_kept(relay, REWRITE_INGRESS);
	relay->tap = side;
}

void relay_set_nic(struct relay *relay, struct relay_side side)
{
	drop_kept(relay, REWRITE_EGRESS);
	relay->nic = side;
}

/* Send the way's frame; RELAY_BLOCKED when it has to wait. */
static int send_frame(struct relay *relay, enum rewrite_direction direction)
{
	struct way *way = &relay->ways[direction];
	int rc = way->to->arg ? way->to->send(way->to->arg, &way->packet) : -ENXIO;

	way->kept = rc == -EAGAIN;
	if (way->kept)
		return RELAY_BLOCKED;
	if (relay->observer && way->is_shown)
		observe(relay, direction, true, rc ? send_failure(direction, rc) : DROP_NONE);
	if (rc)
		count_drop(relay, send_failure(direction, rc));
	else
		count_out(relay, direction);
	return RELAY_DRAINED;
}

static void report_drop(struct relay *relay, const struct rewrite_result *result)
{
	enum drop_reason reason = result->verdict.drop;

	count_drop(relay, reason);
	if (reason == DROP_SPOOFED && result->peer)
		result->peer->counters.spoofed++;
	if (reason == DROP_ECHO || reason == DROP_SPOOFED || reason == DROP_CONFLICT)
		relay->event(result, relay->arg);
}

static void count_resolution(struct relay *relay, enum rewrite_direction direction,
			     const struct rewrite_result *result)
{
	if (result->verdict.edits & (EDIT_RESOLUTION | EDIT_ETH_DST_PEER))
		relay->counters.arp_rewritten++;
	if (!result->peer)
		return;
	if (direction == REWRITE_EGRESS)
		result->peer->counters.arp_out++;
	else
		result->peer->counters.arp_in++;
	if (direction == REWRITE_INGRESS && result->peer->is_claimed)
		relay->event(result, relay->arg);
}

/* Let the observer see it as it came in, with what has become of it. The rules change no
 * more of a frame than its head. */
static void rewrite_observed(struct relay *relay, enum rewrite_direction direction,
			     struct rewrite_result *result)
{
	struct packet *packet = &relay->ways[direction].packet;
	size_t len = packet->len < HEAD ? packet->len : HEAD;
	uint8_t before[HEAD], after[HEAD];

	memcpy(before, packet->frame, len);
	rewrite_frame(relay->peers, direction, packet->frame, packet->len, result);
	memcpy(after, packet->frame, len);
	memcpy(packet->frame, before, len);
	if (!relay->ways[direction].is_own)
		observe(relay, direction, false, result->verdict.drop);
	memcpy(packet->frame, after, len);
}

/* One frame, which is in the way's packet, on through the rules. */
static int carry(struct relay *relay, enum rewrite_direction direction)
{
	struct way *way = &relay->ways[direction];
	struct rewrite_result result;

	way->is_shown = relay->observer;
	if (way->is_shown)
		rewrite_observed(relay, direction, &result);
	else
		rewrite_frame(relay->peers, direction, way->packet.frame, way->packet.len, &result);
	if (result.verdict.drop != DROP_NONE) {
		report_drop(relay, &result);
		return RELAY_DRAINED;
	}
	if (result.is_resolution)
		count_resolution(relay, direction, &result);
	way->peer = result.peer;
	return send_frame(relay, direction);
}

/* A frame that was read and lost: 0 to go on, or the error itself. */
static int lost_frame(struct relay *relay, int error)
{
	if (error == -EMSGSIZE)
		count_drop(relay, DROP_TOO_LONG);
	else if (error == -EINVAL)
		count_drop(relay, DROP_MALFORMED);
	else
		return error;
	return 0;
}

int relay_run(struct relay *relay, enum rewrite_direction direction)
{
	struct way *way = &relay->ways[direction];
	unsigned i;
	int rc;

	if (way->kept)
		return RELAY_BLOCKED;
	for (i = 0; i < BATCH && way->from->arg; i++) {
		rc = way->from->receive(way->from->arg, &way->packet);
		if (rc == 0)
			return RELAY_DRAINED;
		if (rc < 0) {
			rc = lost_frame(relay, rc);
			if (rc)
				return rc;
			continue;
		}
		count_in(&relay->counters, direction, way->packet.len);
		if (carry(relay, direction) == RELAY_BLOCKED)
			return RELAY_BLOCKED;
	}
	return RELAY_MORE;
}

int relay_flush(struct relay *relay, enum rewrite_direction direction)
{
	return relay->ways[direction].kept ? send_frame(relay, direction) : RELAY_DRAINED;
}

void relay_inject(struct relay *relay, const uint8_t *frame, size_t len)
{
	struct way *way = &relay->ways[REWRITE_EGRESS];

	if (way->kept && relay_flush(relay, REWRITE_EGRESS) == RELAY_BLOCKED) {
		count_drop(relay, DROP_NIC_BUSY);
		return;
	}
	packet_reset(&way->packet);
	memset(packet_start(&way->packet), 0, PACKET_VNET_LEN);
	memcpy(way->packet.frame, frame, len);
	way->packet.len = len;
	way->is_own = true;
	carry(relay, REWRITE_EGRESS);
	way->is_own = false;
	drop_kept(relay, REWRITE_EGRESS);
}

void relay_observe(struct relay *relay, relay_observer *observer, void *arg)
{
	relay->ways[REWRITE_EGRESS].is_shown = relay->ways[REWRITE_INGRESS].is_shown = false;
	relay->observer = observer;
	relay->observer_arg = arg;
}

void relay_forget_peers(struct relay *relay)
{
	relay->ways[REWRITE_EGRESS].peer = NULL;
	relay->ways[REWRITE_INGRESS].peer = NULL;
}

const struct counters *relay_counters(const struct relay *relay)
{
	return &relay->counters;
}
