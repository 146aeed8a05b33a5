/* SPDX-License-Identifier: GPL-2.0-or-later */
/* relay: batches, a side that is full, errors, counters, and what an observer sees. Both sides are
 * fakes. */
#include "cluster.h"

#include <errno.h>

#include "datapath/relay.h"

/* A side that delivers the same frame `waiting` times, then returns `error`. It accepts frames
 * until `room` is used up, then returns `refusal`. `lost`: the error of each delivered frame. */
struct fake {
	struct test_frame frame, last;
	unsigned waiting, room, sent;
	int error, refusal, lost;
};

struct lab {
	struct cluster cluster;
	struct relay *relay;
	struct fake tap, nic;
	unsigned events, drop; /* drop: of the last event */
};

static int fake_receive(void *arg, struct packet *packets, unsigned most, bool *more)
{
	struct fake *f = arg;
	unsigned count = f->waiting < most ? f->waiting : most, i;

	for (i = 0; i < count; i++) {
		packet_reset(&packets[i]);
		memcpy(packets[i].frame, f->frame.data, f->frame.len);
		packets[i].len = f->frame.len;
		packets[i].error = f->lost;
	}
	f->waiting -= count;
	*more = count == most;
	return count ? (int)count : f->error;
}

static int fake_send(void *arg, struct packet *const *packets, unsigned count)
{
	struct fake *f = arg;
	unsigned i;

	for (i = 0; i < count && f->room; i++) {
		f->room--;
		f->sent++;
		f->last.len = packets[i]->len;
		memcpy(f->last.data, packets[i]->frame, packets[i]->len);
	}
	return i ? (int)i : f->refusal;
}

/* Runs until nothing is left, as the event loop does. */
static int run(const struct lab *lab, enum rewrite_direction direction)
{
	int rc = RELAY_MORE;

	while (rc == RELAY_MORE)
		rc = relay_run(lab->relay, direction, PACKET_BATCH);
	return rc == RELAY_IDLE ? RELAY_DRAINED : rc;
}

static void on_event(const struct rewrite_result *result, void *arg)
{
	struct lab *lab = arg;

	lab->events++;
	lab->drop = result->verdict.drop;
}

static struct lab *lab_make(const char *keys, const char *self)
{
	struct lab *lab = calloc(1, sizeof(*lab));

	lab->cluster = cluster_make(keys, self);
	lab->relay = relay_create(lab->cluster.peers, on_event, lab);
	lab->tap.frame = ipv4_frame(CLUSTER_MAC, BETA_MAC, ALPHA_IP, BETA_IP);
	lab->nic.frame = ipv4_frame(BETA_MAC, ALPHA_MAC, BETA_IP, ALPHA_IP);
	lab->tap.room = lab->nic.room = 1000000;
	lab->tap.refusal = lab->nic.refusal = -EAGAIN;
	relay_set_tap(lab->relay, (struct relay_side){ fake_receive, fake_send, &lab->tap });
	relay_set_nic(lab->relay, (struct relay_side){ fake_receive, fake_send, &lab->nic });
	return lab;
}

static void lab_free(struct lab *lab)
{
	relay_destroy(lab->relay);
	cluster_free(&lab->cluster);
	free(lab);
}

static int setup(void **state)
{
	*state = lab_make("", "alpha");
	return 0;
}

static int teardown(void **state)
{
	lab_free(*state);
	return 0;
}

static void frames_cross_both_ways_and_are_counted(void **state)
{
	struct lab *lab = *state;
	const struct counters *c = relay_counters(lab->relay);
	const struct peer_counters *beta = &peers_get(lab->cluster.peers, 0)->counters;

	lab->tap.waiting = 3;
	lab->nic.waiting = 2;
	assert_int_equal(run(lab, REWRITE_EGRESS), RELAY_DRAINED);
	assert_int_equal(run(lab, REWRITE_INGRESS), RELAY_DRAINED);
	assert_int_equal(lab->nic.sent, 3);
	assert_int_equal(lab->tap.sent, 2);
	assert_int_equal(c->tap_frames_in, 3);
	assert_int_equal(c->tap_bytes_in, 180);
	assert_int_equal(c->nic_frames_out, 3);
	assert_int_equal(c->nic_bytes_out, 180);
	assert_int_equal(c->nic_frames_in, 2);
	assert_int_equal(c->tap_frames_out, 2);
	assert_int_equal(c->tap_bytes_out, 120);
	assert_int_equal(beta->frames_out, 3);
	assert_int_equal(beta->bytes_out, 180);
	assert_int_equal(beta->frames_in, 2);
	assert_int_equal(beta->bytes_in, 120);
}

/* However much waits on one side, the other side gets its turn. */
static void batches_are_bounded(void **state)
{
	struct lab *lab = *state;
	unsigned most;

	lab->tap.waiting = 1000;
	for (most = 1; most <= PACKET_BATCH; most++) {
		lab->nic.sent = 0;
		assert_int_equal(relay_run(lab->relay, REWRITE_EGRESS, most), RELAY_MORE);
		assert_int_equal(lab->nic.sent, most);
	}
	lab->tap.waiting = 31;
	assert_int_equal(relay_run(lab->relay, REWRITE_EGRESS, PACKET_BATCH), RELAY_DRAINED);
	assert_int_equal(relay_run(lab->relay, REWRITE_EGRESS, PACKET_BATCH), RELAY_IDLE);
}

/* Frames that are not accepted are kept in their order, and no more are read until they are. */
static void a_full_side_loses_nothing(void **state)
{
	struct lab *lab = *state;
	unsigned room;

	lab->tap.waiting = 50;
	lab->nic.room = 4;
	assert_int_equal(run(lab, REWRITE_EGRESS), RELAY_BLOCKED);
	assert_int_equal(lab->tap.waiting, 50 - PACKET_BATCH);
	for (room = 0; room < 3; room++) {
		lab->nic.room = room;
		assert_int_equal(run(lab, REWRITE_EGRESS), RELAY_BLOCKED);
		assert_int_equal(relay_flush(lab->relay, REWRITE_EGRESS), RELAY_BLOCKED);
		assert_int_equal(lab->nic.room, 0);
	}
	assert_int_equal(lab->tap.waiting, 50 - PACKET_BATCH);
	assert_int_equal(lab->nic.sent, 4 + 0 + 1 + 2);
	assert_int_equal(relay_counters(lab->relay)->nic_frames_out, lab->nic.sent);
	lab->nic.room = 100;
	assert_int_equal(relay_flush(lab->relay, REWRITE_EGRESS), RELAY_DRAINED);
	assert_int_equal(lab->nic.sent, PACKET_BATCH);
	assert_int_equal(run(lab, REWRITE_EGRESS), RELAY_DRAINED);
	assert_int_equal(lab->nic.sent, 50);
	assert_int_equal(relay_counters(lab->relay)->drops[DROP_NIC_BUSY], 0);
}

/* A frame that cannot be sent, among others that can. */
static void a_refused_frame_costs_itself_alone(void **state)
{
	struct lab *lab = *state;

	lab->tap.waiting = 10;
	lab->nic.room = 4;
	lab->nic.refusal = -EMSGSIZE;
	assert_int_equal(run(lab, REWRITE_EGRESS), RELAY_DRAINED);
	assert_int_equal(lab->nic.sent, 4);
	assert_int_equal(relay_counters(lab->relay)->drops[DROP_TOO_LONG], 6);
	assert_int_equal(relay_counters(lab->relay)->nic_frames_out, 4);
}

static void what_cannot_be_sent_is_counted_by_reason(void **state)
{
	static const struct {
		int error;
		unsigned egress, ingress;
	} cases[] = {
		{ -EMSGSIZE, DROP_TOO_LONG, DROP_TOO_LONG },
		{ -EINVAL, DROP_MALFORMED, DROP_MALFORMED },
		{ -ENOBUFS, DROP_NIC_BUSY, DROP_TAP_BUSY },
		{ -ENETDOWN, DROP_NIC_BUSY, DROP_TAP_BUSY },
		{ -EIO, DROP_NIC_BUSY, DROP_TAP_BUSY },
	};
	struct lab *lab = *state;
	const uint64_t *drops = relay_counters(lab->relay)->drops;
	uint64_t before;
	size_t i;

	lab->nic.room = lab->tap.room = 0;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		lab->nic.refusal = lab->tap.refusal = cases[i].error;
		lab->tap.waiting = lab->nic.waiting = 1;
		before = drops[cases[i].egress];
		assert_int_equal(run(lab, REWRITE_EGRESS), RELAY_DRAINED);
		assert_int_equal(drops[cases[i].egress], before + 1);
		before = drops[cases[i].ingress];
		assert_int_equal(run(lab, REWRITE_INGRESS), RELAY_DRAINED);
		assert_int_equal(drops[cases[i].ingress], before + 1);
	}
}

static void what_cannot_be_read(void **state)
{
	struct lab *lab = *state;

	lab->nic.error = -ENETDOWN;
	assert_int_equal(run(lab, REWRITE_INGRESS), -ENETDOWN);
	lab->tap.error = -EBADFD;
	assert_int_equal(run(lab, REWRITE_EGRESS), -EBADFD);
	/* only single frames are lost */
	lab->nic.error = 0;
	lab->nic.waiting = 5;
	lab->nic.lost = -EMSGSIZE;
	assert_int_equal(run(lab, REWRITE_INGRESS), RELAY_DRAINED);
	assert_int_equal(relay_counters(lab->relay)->drops[DROP_TOO_LONG], 5);
	lab->nic.waiting = 3;
	lab->nic.lost = -EINVAL;
	assert_int_equal(run(lab, REWRITE_INGRESS), RELAY_DRAINED);
	assert_int_equal(relay_counters(lab->relay)->drops[DROP_MALFORMED], 3);
	assert_int_equal(relay_counters(lab->relay)->nic_frames_in, 0);
	assert_int_equal(lab->tap.sent, 0);
}

static void a_missing_nic(void **state)
{
	struct lab *lab = *state;

	lab->tap.waiting = 40;
	lab->nic.room = 1;
	assert_int_equal(run(lab, REWRITE_EGRESS), RELAY_BLOCKED);
	relay_set_nic(lab->relay, (struct relay_side){ 0 });
	assert_int_equal(relay_counters(lab->relay)->drops[DROP_NIC_BUSY], PACKET_BATCH - 1);
	assert_int_equal(run(lab, REWRITE_EGRESS), RELAY_DRAINED);
	assert_int_equal(relay_counters(lab->relay)->drops[DROP_NIC_BUSY], 39);
	assert_int_equal(run(lab, REWRITE_INGRESS), RELAY_DRAINED);
}

static void drops_are_told(void **state)
{
	static const struct row spoof = { OUT_MAC, BROADCAST, FRAME_ARP_REQUEST, BETA_IP, OUT_MAC,
					  OUT_IP,  NO_MAC };
	struct lab *lab = *state;
	const struct counters *c = relay_counters(lab->relay);

	lab->nic.frame = arp_frame(&spoof);
	lab->nic.waiting = 2;
	assert_int_equal(run(lab, REWRITE_INGRESS), RELAY_DRAINED);
	assert_int_equal(c->drops[DROP_SPOOFED], 2);
	assert_int_equal(peers_get(lab->cluster.peers, 0)->counters.spoofed, 2);
	assert_int_equal(lab->events, 2);
	lab->nic.frame = ethernet(OUT_MAC, GAMMA_MAC, 0x88b5); /* too common to report */
	lab->nic.waiting = 1;
	assert_int_equal(run(lab, REWRITE_INGRESS), RELAY_DRAINED);
	assert_int_equal(c->drops[DROP_NOT_OURS], 1);
	assert_int_equal(lab->events, 2);
	assert_int_equal(lab->tap.sent, 0);
}

/* So that the daemon learns when the claim on the peer's address is over. */
static void arp_of_a_peer_is_told_while_its_address_is_claimed(void **state)
{
	static const struct row wire = { BETA_MAC, ALPHA_MAC, FRAME_ARP_REPLY, BETA_IP,
					 BETA_MAC, ALPHA_IP,  ALPHA_MAC };
	static const struct row own = { CLUSTER_MAC, BROADCAST,   FRAME_ARP_REQUEST,
					ALPHA_IP,    CLUSTER_MAC, BETA_IP,
					NO_MAC };
	struct lab *lab = *state;
	struct peer *beta = peers_get(lab->cluster.peers, 0);

	lab->drop = DROP_SPOOFED;
	lab->tap.frame = arp_frame(&own);
	lab->nic.waiting = 1; /* IPv4 */
	beta->is_claimed = true;
	assert_int_equal(run(lab, REWRITE_INGRESS), RELAY_DRAINED);
	lab->nic.frame = arp_frame(&wire);
	lab->nic.waiting = lab->tap.waiting = 1;
	assert_int_equal(run(lab, REWRITE_EGRESS), RELAY_DRAINED);
	assert_int_equal(lab->events, 0);
	assert_int_equal(run(lab, REWRITE_INGRESS), RELAY_DRAINED);
	assert_int_equal(lab->events, 1);
	assert_int_equal(lab->drop, DROP_NONE);
	beta->is_claimed = false;
	lab->nic.waiting = 1;
	assert_int_equal(run(lab, REWRITE_INGRESS), RELAY_DRAINED);
	assert_int_equal(lab->events, 1);
	assert_int_equal(lab->tap.sent, 3);
}

static void arp_is_counted(void **state)
{
	static const struct row request = { CLUSTER_MAC, BROADCAST,   FRAME_ARP_REQUEST,
					    ALPHA_IP,    CLUSTER_MAC, BETA_IP,
					    NO_MAC };
	static const struct row outsider = { CLUSTER_MAC, BROADCAST,   FRAME_ARP_REQUEST,
					     ALPHA_IP,    CLUSTER_MAC, OUT_IP,
					     NO_MAC };
	struct lab *lab = *state;
	const struct peer_counters *beta = &peers_get(lab->cluster.peers, 0)->counters;

	lab->tap.frame = arp_frame(&request);
	lab->tap.waiting = 2;
	run(lab, REWRITE_EGRESS);
	assert_int_equal(relay_counters(lab->relay)->arp_rewritten, 2);
	assert_int_equal(beta->arp_out, 2);
	lab->tap.frame = arp_frame(&outsider);
	lab->tap.waiting = 1;
	run(lab, REWRITE_EGRESS);
	assert_int_equal(relay_counters(lab->relay)->arp_rewritten, 2);
	assert_int_equal(beta->arp_out, 2);
	assert_int_equal(beta->arp_in, 0);
}

static void injected_frames_take_the_stacks_way(void **state)
{
	static const struct row announcement = { CLUSTER_MAC, BROADCAST,   FRAME_ARP_REQUEST,
						 ALPHA_IP,    CLUSTER_MAC, ALPHA_IP,
						 NO_MAC };
	static const struct row wire = { ALPHA_MAC, BROADCAST,   FRAME_ARP_REQUEST,
					 ALPHA_IP,  CLUSTER_MAC, ALPHA_IP,
					 NO_MAC };
	struct lab *lab = *state;
	struct test_frame in = arp_frame(&announcement), out = arp_frame(&wire);

	relay_inject(lab->relay, in.data, in.len);
	assert_int_equal(lab->nic.sent, 1);
	assert_memory_equal(lab->nic.last.data, out.data, out.len);
	assert_int_equal(relay_counters(lab->relay)->tap_frames_in, 0);
	assert_int_equal(relay_counters(lab->relay)->nic_frames_out, 1);
	/* a full side: dropped, and nothing is blocked afterwards */
	lab->nic.room = 0;
	relay_inject(lab->relay, in.data, in.len);
	assert_int_equal(relay_counters(lab->relay)->drops[DROP_NIC_BUSY], 1);
	assert_int_equal(run(lab, REWRITE_EGRESS), RELAY_DRAINED);
}

/* --- the observer --- */

#define GROUPS   "dedicated_mac = multicast\nsource_mac = cluster\n"
#define LONGEST  4096
#define SEEN_MAX 16

/* What the observer was shown, frame by frame. */
struct seen {
	enum rewrite_direction direction;
	bool is_out;
	uint8_t data[LONGEST];
	size_t len;
	char comment[64]; /* "": none */
};

static struct seen seen[SEEN_MAX];
static size_t seen_count, seen_checked;

static void on_frame(enum rewrite_direction direction, bool is_out, const struct packet *packet,
		     const char *comment, void *arg)
{
	struct seen *s = &seen[seen_count++];

	assert_ptr_equal(arg, seen);
	assert_true(seen_count <= SEEN_MAX && packet->len <= LONGEST);
	assert_true(!comment || *comment);
	*s = (struct seen){ .direction = direction, .is_out = is_out, .len = packet->len };
	memcpy(s->data, packet->frame, packet->len);
	snprintf(s->comment, sizeof(s->comment), "%s", comment ? comment : "");
}

static void watch(const struct lab *lab)
{
	seen_count = seen_checked = 0;
	relay_observe(lab->relay, on_frame, seen);
}

/* The observer has seen next: `len` bytes of `data`. */
static void bytes_seen(enum rewrite_direction direction, bool is_out, const uint8_t *data,
		       size_t len, const char *comment)
{
	const struct seen *s = &seen[seen_checked++];

	assert_true(seen_checked <= seen_count);
	assert_int_equal(s->direction, direction);
	assert_int_equal(s->is_out, is_out);
	assert_string_equal(s->comment, comment);
	assert_int_equal(s->len, len);
	assert_memory_equal(s->data, data, len);
}

static void frame_seen(enum rewrite_direction direction, bool is_out, struct test_frame frame,
		       const char *comment)
{
	bytes_seen(direction, is_out, frame.data, frame.len, comment);
}

static void no_more_seen(void)
{
	assert_int_equal(seen_count, seen_checked);
}

/* A frame `in` from the stack or the wire is sent on as `out`, and the observer sees both. */
static void row_is_seen(struct lab *lab, enum rewrite_direction direction, const struct row *in,
			const struct row *out, const char *rules)
{
	struct fake *from = direction == REWRITE_EGRESS ? &lab->tap : &lab->nic;
	struct fake *to = direction == REWRITE_EGRESS ? &lab->nic : &lab->tap;
	struct test_frame expected = arp_frame(out);

	watch(lab);
	from->frame = arp_frame(in);
	from->waiting = 1;
	assert_int_equal(run(lab, direction), RELAY_DRAINED);
	frame_seen(direction, false, arp_frame(in), "");
	frame_seen(direction, true, arp_frame(out), rules);
	no_more_seen();
	assert_int_equal(to->last.len, expected.len); /* observing changes nothing */
	assert_memory_equal(to->last.data, expected.data, expected.len);
}

static void figure6_is_seen_before_and_after(void **state)
{
	static const struct row rows[] = {
		{ CLUSTER_MAC, BROADCAST, FRAME_ARP_REQUEST, ALPHA_IP, CLUSTER_MAC, BETA_IP,
		  NO_MAC },
		{ CLUSTER_MAC, BROADCAST, FRAME_ARP_REQUEST, ALPHA_IP, ALPHA_GROUP, BETA_IP,
		  NO_MAC },
		{ CLUSTER_MAC, ALPHA_GROUP, FRAME_ARP_REPLY, BETA_IP, CLUSTER_MAC, ALPHA_IP,
		  ALPHA_GROUP },
		{ CLUSTER_MAC, ALPHA_GROUP, FRAME_ARP_REPLY, BETA_IP, BETA_GROUP, ALPHA_IP,
		  CLUSTER_MAC },
		{ CLUSTER_MAC, CLUSTER_MAC, FRAME_ARP_REPLY, BETA_IP, BETA_GROUP, ALPHA_IP,
		  CLUSTER_MAC },
	};
	struct lab *alpha = lab_make(GROUPS, "alpha"), *beta = lab_make(GROUPS, "beta");

	(void)state;
	row_is_seen(alpha, REWRITE_EGRESS, &rows[0], &rows[1], "E1, E2");
	row_is_seen(beta, REWRITE_INGRESS, &rows[1], &rows[1], "");
	row_is_seen(beta, REWRITE_EGRESS, &rows[2], &rows[3], "E1, E2");
	row_is_seen(alpha, REWRITE_INGRESS, &rows[3], &rows[4], "I2");
	lab_free(alpha);
	lab_free(beta);
}

static void both_ways_are_seen_in_order(void **state)
{
	struct lab *lab = *state;

	watch(lab);
	lab->tap.waiting = 2;
	lab->nic.waiting = 1;
	run(lab, REWRITE_EGRESS);
	run(lab, REWRITE_INGRESS);
	for (unsigned i = 0; i < 2; i++) {
		frame_seen(REWRITE_EGRESS, false, lab->tap.frame, "");
		frame_seen(REWRITE_EGRESS, true, ipv4_frame(ALPHA_MAC, BETA_MAC, ALPHA_IP, BETA_IP),
			   "E1");
	}
	frame_seen(REWRITE_INGRESS, false, lab->nic.frame, "");
	frame_seen(REWRITE_INGRESS, true, ipv4_frame(BETA_MAC, CLUSTER_MAC, BETA_IP, ALPHA_IP),
		   "I2");
	no_more_seen();
	relay_observe(lab->relay, NULL, NULL);
	lab->tap.waiting = lab->nic.waiting = 5;
	run(lab, REWRITE_EGRESS);
	run(lab, REWRITE_INGRESS);
	relay_inject(lab->relay, lab->tap.frame.data, lab->tap.frame.len);
	no_more_seen();
	assert_int_equal(lab->nic.sent, 8);
	assert_int_equal(lab->tap.sent, 6);
}

static void on_frame_once(enum rewrite_direction direction, bool is_out,
			  const struct packet *packet, const char *comment, void *arg)
{
	struct lab *lab = arg;

	on_frame(direction, is_out, packet, comment, seen);
	relay_observe(lab->relay, NULL, NULL);
}

/* Also between the incoming and the outgoing side of a frame. */
static void an_observer_may_leave_as_it_looks(void **state)
{
	struct lab *lab = *state;
	struct test_frame wire = ipv4_frame(ALPHA_MAC, BETA_MAC, ALPHA_IP, BETA_IP);

	watch(lab);
	relay_observe(lab->relay, on_frame_once, lab);
	lab->tap.waiting = 2;
	assert_int_equal(run(lab, REWRITE_EGRESS), RELAY_DRAINED);
	frame_seen(REWRITE_EGRESS, false, lab->tap.frame, "");
	no_more_seen();
	assert_int_equal(lab->nic.sent, 2);
	assert_memory_equal(lab->nic.last.data, wire.data, wire.len);
}

/* Seen once, as received, with the reason; reported and counted as without an observer. */
static void what_the_rules_drop_is_seen(void **state)
{
	static const struct row spoof = { OUT_MAC, BROADCAST, FRAME_ARP_REQUEST, BETA_IP, OUT_MAC,
					  OUT_IP,  NO_MAC };
	const struct {
		struct test_frame frame;
		const char *comment;
		unsigned reason;
	} cases[] = {
		{ arp_frame(&spoof), "dropped: spoofed", DROP_SPOOFED },
		{ ethernet(OUT_MAC, GAMMA_MAC, 0x88b5), "dropped: not_ours", DROP_NOT_OURS },
		{ ipv4_frame(ALPHA_MAC, BROADCAST, ALPHA_IP, OUT_IP), "dropped: echo", DROP_ECHO },
	};
	struct lab *lab = *state;

	watch(lab);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		lab->nic.frame = cases[i].frame;
		lab->nic.waiting = 1;
		assert_int_equal(run(lab, REWRITE_INGRESS), RELAY_DRAINED);
		frame_seen(REWRITE_INGRESS, false, cases[i].frame, cases[i].comment);
		no_more_seen();
		assert_int_equal(relay_counters(lab->relay)->drops[cases[i].reason], 1);
	}
	assert_int_equal(lab->events, 2); /* spoofed, echo */
	assert_int_equal(lab->tap.sent, 0);
}

static void what_cannot_be_sent_is_seen(void **state)
{
	static const struct {
		int error;
		const char *egress, *ingress;
	} cases[] = {
		{ -EMSGSIZE, "dropped: too_long", "dropped: too_long" },
		{ -EINVAL, "dropped: malformed", "dropped: malformed" },
		{ -ENOBUFS, "dropped: nic_busy", "dropped: tap_busy" },
	};
	struct lab *lab = *state;
	struct test_frame wire = ipv4_frame(ALPHA_MAC, BETA_MAC, ALPHA_IP, BETA_IP);
	struct test_frame stack = ipv4_frame(BETA_MAC, CLUSTER_MAC, BETA_IP, ALPHA_IP);

	watch(lab);
	lab->nic.room = lab->tap.room = 0;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		lab->nic.refusal = lab->tap.refusal = cases[i].error;
		lab->tap.waiting = lab->nic.waiting = 1;
		run(lab, REWRITE_EGRESS);
		run(lab, REWRITE_INGRESS);
		frame_seen(REWRITE_EGRESS, false, lab->tap.frame, "");
		frame_seen(REWRITE_EGRESS, true, wire, cases[i].egress);
		frame_seen(REWRITE_INGRESS, false, lab->nic.frame, "");
		frame_seen(REWRITE_INGRESS, true, stack, cases[i].ingress);
	}
	no_more_seen();
	relay_set_nic(lab->relay, (struct relay_side){ 0 });
	lab->tap.waiting = 1;
	run(lab, REWRITE_EGRESS);
	frame_seen(REWRITE_EGRESS, false, lab->tap.frame, "");
	frame_seen(REWRITE_EGRESS, true, wire, "dropped: nic_busy");
	no_more_seen();
}

static void a_kept_frame_is_seen_when_it_leaves(void **state)
{
	struct lab *lab = *state;

	watch(lab);
	lab->tap.waiting = 2;
	lab->nic.room = 0;
	assert_int_equal(run(lab, REWRITE_EGRESS), RELAY_BLOCKED);
	assert_int_equal(relay_flush(lab->relay, REWRITE_EGRESS), RELAY_BLOCKED);
	assert_int_equal(run(lab, REWRITE_EGRESS), RELAY_BLOCKED);
	frame_seen(REWRITE_EGRESS, false, lab->tap.frame, "");
	no_more_seen();
	lab->nic.room = 1;
	assert_int_equal(relay_flush(lab->relay, REWRITE_EGRESS), RELAY_DRAINED);
	frame_seen(REWRITE_EGRESS, true, ipv4_frame(ALPHA_MAC, BETA_MAC, ALPHA_IP, BETA_IP), "E1");
	assert_int_equal(relay_flush(lab->relay, REWRITE_EGRESS), RELAY_DRAINED);
	no_more_seen();
}

/* A frame that came in before the observer began is not shown: only its outgoing side is left. */
static void what_waits_when_it_begins_is_not_seen(void **state)
{
	struct lab *lab = *state;

	lab->tap.waiting = 1;
	lab->nic.room = 0;
	assert_int_equal(run(lab, REWRITE_EGRESS), RELAY_BLOCKED);
	watch(lab);
	lab->nic.room = 2;
	assert_int_equal(relay_flush(lab->relay, REWRITE_EGRESS), RELAY_DRAINED);
	no_more_seen();
	lab->tap.waiting = 1;
	run(lab, REWRITE_EGRESS);
	frame_seen(REWRITE_EGRESS, false, lab->tap.frame, "");
	frame_seen(REWRITE_EGRESS, true, ipv4_frame(ALPHA_MAC, BETA_MAC, ALPHA_IP, BETA_IP), "E1");
	no_more_seen();
}

static const struct row announcement = { CLUSTER_MAC, BROADCAST,   FRAME_ARP_REQUEST,
					 ALPHA_IP,    CLUSTER_MAC, ALPHA_IP,
					 NO_MAC };
static const struct row announcement_wire = { ALPHA_MAC, BROADCAST,   FRAME_ARP_REQUEST,
					      ALPHA_IP,  CLUSTER_MAC, ALPHA_IP,
					      NO_MAC };

static bool on_answer(enum rewrite_direction direction, const struct rewrite_result *result,
		      void *arg)
{
	(void)direction;
	(void)result;
	(void)arg;
	return true;
}

/* It goes no further, so the observer must not wait for its outgoing side. If it is dropped, that
 * is said. A frame of the stack is sent in any case. */
static void an_answer_to_the_daemon_is_seen_once(void **state)
{
	static const struct row spoof = { OUT_MAC, BROADCAST, FRAME_ARP_REQUEST, BETA_IP, OUT_MAC,
					  OUT_IP,  NO_MAC };
	static const struct row answer = { BETA_MAC,    ALPHA_MAC, FRAME_ARP_REPLY, BETA_IP,
					   CLUSTER_MAC, ALPHA_IP,  ALPHA_MAC };
	struct lab *lab = *state;

	watch(lab);
	relay_listen(lab->relay, on_answer, NULL);
	lab->nic.frame = arp_frame(&answer);
	lab->nic.waiting = 1;
	assert_int_equal(run(lab, REWRITE_INGRESS), RELAY_DRAINED);
	frame_seen(REWRITE_INGRESS, false, arp_frame(&answer), "answers the daemon");
	no_more_seen();
	assert_int_equal(lab->tap.sent, 0);
	lab->nic.frame = arp_frame(&spoof);
	lab->nic.waiting = 1;
	run(lab, REWRITE_INGRESS);
	frame_seen(REWRITE_INGRESS, false, arp_frame(&spoof), "dropped: spoofed");
	no_more_seen();
	lab->tap.frame = arp_frame(&announcement);
	lab->tap.waiting = 1;
	run(lab, REWRITE_EGRESS);
	frame_seen(REWRITE_EGRESS, false, lab->tap.frame, "");
	frame_seen(REWRITE_EGRESS, true, arp_frame(&announcement_wire), "E1");
	relay_send(lab->relay, lab->tap.frame.data, lab->tap.frame.len); /* without the rules */
	frame_seen(REWRITE_EGRESS, true, lab->tap.frame, "");
	no_more_seen();
}

/* They have no incoming side. */
static void own_frames_are_seen_going_out_only(void **state)
{
	struct lab *lab = *state;
	struct test_frame own = arp_frame(&announcement), wire = arp_frame(&announcement_wire);

	watch(lab);
	relay_inject(lab->relay, own.data, own.len);
	frame_seen(REWRITE_EGRESS, true, wire, "E1");
	no_more_seen();
	/* after a frame that is kept */
	lab->tap.waiting = 1;
	lab->nic.room = 0;
	assert_int_equal(run(lab, REWRITE_EGRESS), RELAY_BLOCKED);
	lab->nic.room = 3;
	relay_inject(lab->relay, own.data, own.len);
	frame_seen(REWRITE_EGRESS, false, lab->tap.frame, "");
	frame_seen(REWRITE_EGRESS, true, ipv4_frame(ALPHA_MAC, BETA_MAC, ALPHA_IP, BETA_IP), "E1");
	frame_seen(REWRITE_EGRESS, true, wire, "E1");
	/* the next frame is from the stack again */
	lab->tap.waiting = 1;
	run(lab, REWRITE_EGRESS);
	frame_seen(REWRITE_EGRESS, false, lab->tap.frame, "");
	frame_seen(REWRITE_EGRESS, true, ipv4_frame(ALPHA_MAC, BETA_MAC, ALPHA_IP, BETA_IP), "E1");
	no_more_seen();
	lab->nic.refusal = -ENOBUFS;
	relay_inject(lab->relay, own.data, own.len);
	frame_seen(REWRITE_EGRESS, true, wire, "dropped: nic_busy");
	no_more_seen();
}

/* A side with one frame of any length. */
struct long_side {
	uint8_t frame[LONGEST], last[LONGEST];
	size_t len, last_len;
	bool is_waiting;
};

static int long_receive(void *arg, struct packet *packet, unsigned most, bool *more)
{
	struct long_side *s = arg;

	assert_int_equal(most, 1); /* one at a time with an observer */
	*more = false;
	if (!s->is_waiting)
		return 0;
	s->is_waiting = false;
	packet_reset(packet);
	memcpy(packet->frame, s->frame, s->len);
	packet->len = s->len;
	return 1;
}

static int long_send(void *arg, struct packet *const *packets, unsigned count)
{
	struct long_side *s = arg;

	assert_int_equal(count, 1);
	s->last_len = packets[0]->len;
	memcpy(s->last, packets[0]->frame, packets[0]->len);
	return 1;
}

static void frames_of_all_lengths_are_seen_whole(void **state)
{
	static const size_t lengths[] = { 0,   1,   13,  14,  34,  42,   60,
					  255, 256, 257, 300, 511, 1514, LONGEST };
	static struct long_side tap, nic;
	struct lab *lab = *state;
	struct test_frame in = arp_frame(&announcement), out = arp_frame(&announcement_wire);
	uint8_t wire[LONGEST];

	relay_set_tap(lab->relay, (struct relay_side){ long_receive, long_send, &tap });
	relay_set_nic(lab->relay, (struct relay_side){ long_receive, long_send, &nic });
	for (size_t i = 0; i < LONGEST; i++)
		tap.frame[i] = wire[i] = (uint8_t)(i * 7 + (i >> 8));
	memcpy(tap.frame, in.data, in.len);
	memcpy(wire, out.data, out.len);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		watch(lab);
		tap.len = lengths[i];
		tap.is_waiting = true;
		nic.last_len = 0;
		assert_int_equal(run(lab, REWRITE_EGRESS), RELAY_DRAINED);
		bytes_seen(REWRITE_EGRESS, false, tap.frame, tap.len,
			   tap.len < FRAME_HEADER_LEN ? "dropped: malformed" : "");
		if (tap.len >= FRAME_HEADER_LEN) {
			bytes_seen(REWRITE_EGRESS, true, wire, tap.len, "E1");
			assert_int_equal(nic.last_len, tap.len);
			assert_memory_equal(nic.last, wire, tap.len);
		}
		no_more_seen();
	}
}

/* A kept frame refers to its peer; after an exchange of the tables it must not. */
static void a_kept_frame_outlives_its_peer(void **state)
{
	struct lab *lab = *state;
	struct cluster other = cluster_make("arp = directed\n", "alpha");

	lab->tap.waiting = lab->nic.waiting = 1;
	lab->tap.room = lab->nic.room = 0;
	assert_int_equal(run(lab, REWRITE_EGRESS), RELAY_BLOCKED);
	assert_int_equal(run(lab, REWRITE_INGRESS), RELAY_BLOCKED);
	peers_exchange(lab->cluster.peers, other.peers);
	relay_forget_peers(lab->relay);
	cluster_free(&other);
	lab->tap.room = lab->nic.room = 10;
	assert_int_equal(relay_flush(lab->relay, REWRITE_EGRESS), RELAY_DRAINED);
	assert_int_equal(relay_flush(lab->relay, REWRITE_INGRESS), RELAY_DRAINED);
	assert_int_equal(relay_counters(lab->relay)->nic_frames_out, 1);
	assert_int_equal(relay_counters(lab->relay)->tap_frames_out, 1);
	assert_int_equal(peers_get(lab->cluster.peers, 0)->counters.frames_out, 0);
	lab->tap.waiting = 1; /* the next frame counts for the new peer */
	run(lab, REWRITE_EGRESS);
	assert_int_equal(peers_get(lab->cluster.peers, 0)->counters.frames_out, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define WITH_LAB(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
		WITH_LAB(frames_cross_both_ways_and_are_counted),
		WITH_LAB(batches_are_bounded),
		WITH_LAB(a_full_side_loses_nothing),
		WITH_LAB(a_refused_frame_costs_itself_alone),
		WITH_LAB(what_cannot_be_sent_is_counted_by_reason),
		WITH_LAB(what_cannot_be_read),
		WITH_LAB(a_missing_nic),
		WITH_LAB(drops_are_told),
		WITH_LAB(arp_of_a_peer_is_told_while_its_address_is_claimed),
		WITH_LAB(arp_is_counted),
		WITH_LAB(injected_frames_take_the_stacks_way),
		cmocka_unit_test(figure6_is_seen_before_and_after),
		WITH_LAB(both_ways_are_seen_in_order),
		WITH_LAB(an_observer_may_leave_as_it_looks),
		WITH_LAB(what_the_rules_drop_is_seen),
		WITH_LAB(an_answer_to_the_daemon_is_seen_once),
		WITH_LAB(what_cannot_be_sent_is_seen),
		WITH_LAB(a_kept_frame_is_seen_when_it_leaves),
		WITH_LAB(what_waits_when_it_begins_is_not_seen),
		WITH_LAB(own_frames_are_seen_going_out_only),
		WITH_LAB(frames_of_all_lengths_are_seen_whole),
		WITH_LAB(a_kept_frame_outlives_its_peer),
	};

	return cmocka_run_group_tests_name("relay", tests, NULL, NULL);
}
