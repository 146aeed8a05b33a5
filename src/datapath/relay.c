/* SPDX-License-Identifier: GPL-2.0-or-later */
/* relay: receives frames, applies the rules and sends them; see relay.h. */
#include "datapath/relay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "core/rule_text.h"

/* Until the shares are set this node has none. */
static const struct shares_path nothing;

/* The comment on an answer to a question of the daemon's own, which goes no further. */
#define OWN_ANSWER "answers the daemon"

#define MEMORY ((size_t)PACKET_BATCH * PACKET_MEMORY)

/* One direction. The kernel maps the packets' memory as it is used: one page per packet, more for
 * those that have held a longer frame. Huge pages would map all of it. */
struct way {
	struct relay_side *from, *to;
	struct packet packets[PACKET_BATCH];
	uint8_t *memory;
	/* The packets to send, from `next` on, and the peer of each. */
	struct packet *waiting[PACKET_BATCH];
	struct peer *peers[PACKET_BATCH];
	unsigned next, count;
	bool is_shown; /* the observer was set when they were received: there is one at most */
	char rules[RULE_TEXT]; /* of the one that is shown */
};

struct relay {
	struct rewrite rules;
	uint64_t (*clock)(void);
	relay_event *event;
	void *arg;
	struct relay_side tap, nic;
	struct way ways[2]; /* by enum rewrite_direction */
	struct packet own;  /* of relay_inject(): was received on no side */
	relay_listener *listener;
	void *listener_arg;
	relay_observer *observer;
	void *observer_arg;
	uint8_t head[REWRITE_REACH_MAX]; /* of rewrite_observed() */
	struct counters counters;
};

static bool way_init(struct way *way, struct relay_side *from, struct relay_side *to)
{
	way->from = from;
	way->to = to;
	way->memory =
		mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (way->memory == MAP_FAILED) {
		way->memory = NULL;
		return false;
	}
	madvise(way->memory, MEMORY, MADV_NOHUGEPAGE);
	for (size_t i = 0; i < PACKET_BATCH; i++)
		way->packets[i].memory = way->memory + i * PACKET_MEMORY;
	return true;
}

static void way_clear(struct way *way)
{
	if (way->memory)
		munmap(way->memory, MEMORY);
}

struct relay *relay_create(const struct peers *peers, relay_event *event, void *arg)
{
	struct relay *relay = calloc(1, sizeof(*relay));

	if (!relay)
		return NULL;
	relay->rules.peers = peers;
	relay->rules.shares = &nothing;
	relay->rules.fragments = fragments_create();
	relay->event = event;
	relay->arg = arg;
	relay->own.memory = malloc(PACKET_MEMORY);
	if (relay->own.memory && relay->rules.fragments &&
	    way_init(&relay->ways[REWRITE_EGRESS], &relay->tap, &relay->nic) &&
	    way_init(&relay->ways[REWRITE_INGRESS], &relay->nic, &relay->tap))
		return relay;
	relay_destroy(relay);
	return NULL;
}

void relay_destroy(struct relay *relay)
{
	if (!relay)
		return;
	way_clear(&relay->ways[REWRITE_EGRESS]);
	way_clear(&relay->ways[REWRITE_INGRESS]);
	free(relay->own.memory);
	fragments_destroy(relay->rules.fragments);
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

static void count_out(struct counters *c, enum rewrite_direction direction, size_t len,
		      struct peer *peer)
{
	if (direction == REWRITE_EGRESS) {
		c->nic_frames_out++;
		c->nic_bytes_out += len;
	} else {
		c->tap_frames_out++;
		c->tap_bytes_out += len;
	}
	if (!peer)
		return;
	if (direction == REWRITE_EGRESS) {
		peer->counters.frames_out++;
		peer->counters.bytes_out += len;
	} else {
		peer->counters.frames_in++;
		peer->counters.bytes_in += len;
	}
}

/* The drop reason for a frame that could not be read or sent in this direction. */
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

/* `text`: "" is none. */
static void observe(struct relay *relay, enum rewrite_direction direction, bool is_out,
		    const struct packet *packet, const char *text)
{
	relay->observer(direction, is_out, packet, *text ? text : NULL, relay->observer_arg);
}

static void observe_sent(struct relay *relay, enum rewrite_direction direction,
			 const struct packet *packet, enum drop_reason reason)
{
	const struct rewrite_result dropped = { .verdict.drop = (uint8_t)reason };
	char *text = relay->ways[direction].rules;

	if (reason)
		rule_text(&dropped, direction, text);
	observe(relay, direction, true, packet, text);
}

/* The next waiting packet was sent, or is dropped for `reason`. */
static void conclude(struct relay *relay, enum rewrite_direction direction, enum drop_reason reason)
{
	struct way *way = &relay->ways[direction];
	const struct packet *packet = way->waiting[way->next];

	if (reason)
		count_drop(relay, reason);
	else
		count_out(&relay->counters, direction, packet->len, way->peers[way->next]);
	way->next++;
	if (relay->observer && way->is_shown)
		observe_sent(relay, direction, packet, reason);
}

static void drop_kept(struct relay *relay, enum rewrite_direction direction)
{
	struct way *way = &relay->ways[direction];

	while (way->next < way->count)
		conclude(relay, direction, busy_reason(direction));
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

int relay_flush(struct relay *relay, enum rewrite_direction direction)
{
	struct way *way = &relay->ways[direction];
	int n;

	while (way->next < way->count) {
		n = -ENXIO;
		if (way->to->arg)
			n = way->to->send(way->to->arg, way->waiting + way->next,
					  way->count - way->next);
		if (n == -EAGAIN)
			return RELAY_BLOCKED;
		if (n < 0)
			conclude(relay, direction, send_failure(direction, n));
		while (n-- > 0)
			conclude(relay, direction, DROP_NONE);
	}
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
		*(result->is_nd ? &relay->counters.nd_rewritten : &relay->counters.arp_rewritten) +=
			1;
	if (!result->peer)
		return;
	if (!result->is_nd && direction == REWRITE_EGRESS)
		result->peer->counters.arp_out++;
	else if (!result->is_nd)
		result->peer->counters.arp_in++;
	if (direction == REWRITE_INGRESS && result->peer->is_claimed)
		relay->event(result, relay->arg);
}

static void rewrite(struct relay *relay, enum rewrite_direction direction, struct packet *packet,
		    struct rewrite_result *result)
{
	const struct virtio_net_hdr *header = (const void *)packet_start(packet);
	bool has_partial_checksum = header->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM;

	rewrite_frame(&relay->rules, direction, packet->frame, packet->len, has_partial_checksum,
		      result);
}

/* Is it an answer to a question of the daemon's own? */
static bool is_own_answer(struct relay *relay, enum rewrite_direction direction,
			  const struct packet *packet, const struct rewrite_result *result)
{
	return result->is_resolution && relay->listener && packet != &relay->own &&
	       relay->listener(direction, result, relay->listener_arg) &&
	       direction == REWRITE_INGRESS;
}

static void add_waiting(struct way *way, struct packet *packet, struct peer *peer)
{
	way->waiting[way->count] = packet;
	way->peers[way->count++] = peer;
}

/* Keep what the rules may change. Returns how much that is. */
static size_t keep_head(struct relay *relay, const struct packet *packet)
{
	size_t reach = rewrite_reach(packet->frame, packet->len);

	memcpy(relay->head, packet->frame, reach);
	return reach;
}

/* Show the frame as it was received, when its head was kept, with the verdict on it. */
static void observe_received(struct relay *relay, enum rewrite_direction direction,
			     struct packet *packet, const char *comment, size_t reach)
{
	for (size_t i = 0; i < reach; i++) {
		uint8_t after = packet->frame[i];

		packet->frame[i] = relay->head[i];
		relay->head[i] = after;
	}
	observe(relay, direction, false, packet, comment);
	memcpy(packet->frame, relay->head, reach);
}

/* Apply the rules, and show the observer what comes of it. */
static bool rewrite_observed(struct relay *relay, enum rewrite_direction direction,
			     struct packet *packet, struct rewrite_result *result)
{
	char *rules = relay->ways[direction].rules;
	size_t reach = keep_head(relay, packet);
	bool is_answer;

	rewrite(relay, direction, packet, result);
	is_answer = is_own_answer(relay, direction, packet, result);
	rule_text(result, direction, rules);
	if (packet == &relay->own)
		return is_answer;
	if (result->verdict.drop != DROP_NONE)
		observe_received(relay, direction, packet, rules, reach);
	else
		observe_received(relay, direction, packet, is_answer ? OWN_ANSWER : "", reach);
	return is_answer;
}

/* Apply the rules to a packet. If it passes, add it to the packets to send. */
static void carry(struct relay *relay, enum rewrite_direction direction, struct packet *packet)
{
	struct way *way = &relay->ways[direction];
	struct rewrite_result result;
	bool is_answer;

	if (way->is_shown) {
		is_answer = rewrite_observed(relay, direction, packet, &result);
	} else {
		rewrite(relay, direction, packet, &result);
		is_answer = is_own_answer(relay, direction, packet, &result);
	}
	if (result.verdict.drop != DROP_NONE) {
		report_drop(relay, &result);
		return;
	}
	if (result.is_resolution)
		count_resolution(relay, direction, &result);
	if (is_answer) {
		relay->counters.own_answers++;
		return;
	}
	add_waiting(way, packet, result.peer);
}

static void begin(struct relay *relay, struct way *way)
{
	way->next = way->count = 0;
	way->is_shown = relay->observer;
	way->rules[0] = '\0';
}

int relay_run(struct relay *relay, enum rewrite_direction direction, unsigned most)
{
	struct way *way = &relay->ways[direction];
	bool more = false;
	int n, i;

	if (way->next < way->count)
		return RELAY_BLOCKED;
	if (!way->from->arg)
		return RELAY_IDLE;
	if (relay->observer)
		most = 1;
	n = way->from->receive(way->from->arg, way->packets, most, &more);
	if (n <= 0)
		return n ? n : RELAY_IDLE;
	begin(relay, way);
	relay->rules.now = relay->clock ? relay->clock() : 0;
	for (i = 0; i < n; i++) {
		struct packet *packet = &way->packets[i];

		if (packet->error) {
			count_drop(relay, send_failure(direction, packet->error));
			continue;
		}
		count_in(&relay->counters, direction, packet->len);
		carry(relay, direction, packet);
	}
	if (relay_flush(relay, direction) == RELAY_BLOCKED)
		return RELAY_BLOCKED;
	return more ? RELAY_MORE : RELAY_DRAINED;
}

/* NULL: the NIC is busy. */
static struct packet *prepare_own(struct relay *relay, const uint8_t *frame, size_t len)
{
	struct packet *own = &relay->own;

	if (relay_flush(relay, REWRITE_EGRESS) == RELAY_BLOCKED) {
		count_drop(relay, DROP_NIC_BUSY);
		return NULL;
	}
	packet_reset(own);
	memset(packet_start(own), 0, PACKET_VNET_LEN);
	memcpy(own->frame, frame, len);
	own->len = len;
	relay->counters.own_sent++;
	begin(relay, &relay->ways[REWRITE_EGRESS]);
	return own;
}

static void send_own(struct relay *relay)
{
	relay_flush(relay, REWRITE_EGRESS);
	drop_kept(relay, REWRITE_EGRESS);
}

void relay_inject(struct relay *relay, const uint8_t *frame, size_t len)
{
	struct packet *own = prepare_own(relay, frame, len);

	if (!own)
		return;
	carry(relay, REWRITE_EGRESS, own);
	send_own(relay);
}

void relay_send(struct relay *relay, const uint8_t *frame, size_t len)
{
	struct packet *own = prepare_own(relay, frame, len);

	if (!own)
		return;
	add_waiting(&relay->ways[REWRITE_EGRESS], own, NULL);
	send_own(relay);
}

void relay_listen(struct relay *relay, relay_listener *listener, void *arg)
{
	relay->listener = listener;
	relay->listener_arg = arg;
}

void relay_set_shares(struct relay *relay, const struct shares_path *shares,
		      uint64_t (*clock)(void))
{
	relay->clock = clock;
	relay->rules.shares = shares;
}

void relay_observe(struct relay *relay, relay_observer *observer, void *arg)
{
	relay->ways[REWRITE_EGRESS].is_shown = relay->ways[REWRITE_INGRESS].is_shown = false;
	relay->observer = observer;
	relay->observer_arg = arg;
}

void relay_forget_peers(struct relay *relay)
{
	memset(relay->ways[REWRITE_EGRESS].peers, 0, sizeof(relay->ways[0].peers));
	memset(relay->ways[REWRITE_INGRESS].peers, 0, sizeof(relay->ways[0].peers));
}

const struct counters *relay_counters(const struct relay *relay)
{
	return &relay->counters;
}
