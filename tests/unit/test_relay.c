/* SPDX-License-Identifier: GPL-2.0-or-later */
/* relay: batches, a side that is full, errors, and what is counted; both sides are fake. */
#include "cluster.h"

#include <errno.h>

#include "relay.h"

/* A side that gives out the same frame `waiting` times, then `error`, and takes frames
 * until `room` is used up, then answers `refusal`. */
struct fake {
	struct test_frame frame, last;
	unsigned waiting, room, sent;
	int error, refusal;
};

struct lab {
	struct cluster cluster;
	struct relay *relay;
	struct fake tap, nic;
	unsigned events, drop; /* the last event's */
};

static int fake_receive(void *arg, struct packet *packet)
{
	struct fake *f = arg;

	if (!f->waiting)
		return f->error;
	f->waiting--;
	packet_reset(packet);
	memcpy(packet->frame, f->frame.data, f->frame.len);
	packet->len = f->frame.len;
	return 1;
}

static int fake_send(void *arg, const struct packet *packet)
{
	struct fake *f = arg;

	if (!f->room)
		return f->refusal;
	f->room--;
	f->sent++;
	f->last.len = packet->len;
	memcpy(f->last.data, packet->frame, packet->len);
	return 0;
}

static void on_event(const struct rewrite_result *result, void *arg)
{
	struct lab *lab = arg;

	lab->events++;
	lab->drop = result->verdict.drop;
}

static int setup(void **state)
{
	struct lab *lab = calloc(1, sizeof(*lab));

	lab->cluster = cluster_make("", "alpha");
	lab->relay = relay_create(lab->cluster.peers, on_event, lab);
	lab->tap.frame = ipv4_frame(CLUSTER_MAC, BETA_MAC, ALPHA_IP, BETA_IP);
	lab->nic.frame = ipv4_frame(BETA_MAC, ALPHA_MAC, BETA_IP, ALPHA_IP);
	lab->tap.room = lab->nic.room = 1000000;
	lab->tap.refusal = lab->nic.refusal = -EAGAIN;
	relay_set_tap(lab->relay, (struct relay_side){ fake_receive, fake_send, &lab->tap });
	relay_set_nic(lab->relay, (struct relay_side){ fake_receive, fake_send, &lab->nic });
	*state = lab;
	return 0;
}

static int teardown(void **state)
{
	struct lab *lab = *state;

	relay_destroy(lab->relay);
	cluster_free(&lab->cluster);
	free(lab);
	return 0;
}

static void frames_cross_both_ways_and_are_counted(void **state)
{
	struct lab *lab = *state;
	const struct counters *c = relay_counters(lab->relay);
	const struct peer_counters *beta = &peers_get(lab->cluster.peers, 0)->counters;

	lab->tap.waiting = 3;
	lab->nic.waiting = 2;
	assert_int_equal(relay_run(lab->relay, REWRITE_EGRESS), RELAY_DRAINED);
	assert_int_equal(relay_run(lab->relay, REWRITE_INGRESS), RELAY_DRAINED);
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

/* However much waits on one side, the other gets its turn. */
static void batches_are_bounded(void **state)
{
	struct lab *lab = *state;
	unsigned runs = 0;

	lab->tap.waiting = 1000;
	while (relay_run(lab->relay, REWRITE_EGRESS) == RELAY_MORE) {
		assert_true(lab->nic.sent - runs * 64 <= 64);
		runs++;
	}
	assert_int_equal(runs, 15);
	assert_int_equal(lab->nic.sent, 1000);
}

static void a_full_side_loses_nothing(void **state)
{
	struct lab *lab = *state;

	lab->tap.waiting = 10;
	lab->nic.room = 4;
	assert_int_equal(relay_run(lab->relay, REWRITE_EGRESS), RELAY_BLOCKED);
	assert_int_equal(lab->tap.waiting, 5); /* one is kept, the rest was not read */
	assert_int_equal(relay_run(lab->relay, REWRITE_EGRESS), RELAY_BLOCKED);
	assert_int_equal(relay_flush(lab->relay, REWRITE_EGRESS), RELAY_BLOCKED);
	assert_int_equal(lab->tap.waiting, 5);
	lab->nic.room = 100;
	assert_int_equal(relay_flush(lab->relay, REWRITE_EGRESS), RELAY_DRAINED);
	assert_int_equal(relay_run(lab->relay, REWRITE_EGRESS), RELAY_DRAINED);
	assert_int_equal(lab->nic.sent, 10);
	assert_int_equal(relay_counters(lab->relay)->drops[DROP_NIC_BUSY], 0);
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
		assert_int_equal(relay_run(lab->relay, REWRITE_EGRESS), RELAY_DRAINED);
		assert_int_equal(drops[cases[i].egress], before + 1);
		before = drops[cases[i].ingress];
		assert_int_equal(relay_run(lab->relay, REWRITE_INGRESS), RELAY_DRAINED);
		assert_int_equal(drops[cases[i].ingress], before + 1);
	}
}

static void what_cannot_be_read(void **state)
{
	struct lab *lab = *state;

	lab->nic.error = -ENETDOWN;
	assert_int_equal(relay_run(lab->relay, REWRITE_INGRESS), -ENETDOWN);
	lab->tap.error = -EBADFD;
	assert_int_equal(relay_run(lab->relay, REWRITE_EGRESS), -EBADFD);
	/* one frame lost, no more: a batch of them, here */
	lab->nic.error = -EMSGSIZE;
	assert_int_equal(relay_run(lab->relay, REWRITE_INGRESS), RELAY_MORE);
	assert_int_equal(relay_counters(lab->relay)->drops[DROP_TOO_LONG], 64);
}

static void a_missing_nic(void **state)
{
	struct lab *lab = *state;

	lab->tap.waiting = 11;
	lab->nic.room = 1;
	assert_int_equal(relay_run(lab->relay, REWRITE_EGRESS), RELAY_BLOCKED);
	relay_set_nic(lab->relay, (struct relay_side){ 0 });
	assert_int_equal(relay_counters(lab->relay)->drops[DROP_NIC_BUSY], 1);
	assert_int_equal(relay_run(lab->relay, REWRITE_EGRESS), RELAY_DRAINED);
	assert_int_equal(relay_counters(lab->relay)->drops[DROP_NIC_BUSY], 10);
}

static void drops_are_told(void **state)
{
	static const struct row spoof = { OUT_MAC, BROADCAST, FRAME_ARP_REQUEST, BETA_IP, OUT_MAC,
					  OUT_IP,  NO_MAC };
	struct lab *lab = *state;
	const struct counters *c = relay_counters(lab->relay);

	lab->nic.frame = arp_frame(&spoof);
	lab->nic.waiting = 2;
	assert_int_equal(relay_run(lab->relay, REWRITE_INGRESS), RELAY_DRAINED);
	assert_int_equal(c->drops[DROP_SPOOFED], 2);
	assert_int_equal(peers_get(lab->cluster.peers, 0)->counters.spoofed, 2);
	assert_int_equal(lab->events, 2);
	lab->nic.frame = ethernet(OUT_MAC, GAMMA_MAC, 0x88b5); /* too common to tell */
	lab->nic.waiting = 1;
	assert_int_equal(relay_run(lab->relay, REWRITE_INGRESS), RELAY_DRAINED);
	assert_int_equal(c->drops[DROP_NOT_OURS], 1);
	assert_int_equal(lab->events, 2);
	assert_int_equal(lab->tap.sent, 0);
}

/* So that it is known when the claim on its address is over. */
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
	assert_int_equal(relay_run(lab->relay, REWRITE_INGRESS), RELAY_DRAINED);
	lab->nic.frame = arp_frame(&wire);
	lab->nic.waiting = lab->tap.waiting = 1;
	assert_int_equal(relay_run(lab->relay, REWRITE_EGRESS), RELAY_DRAINED);
	assert_int_equal(lab->events, 0);
	assert_int_equal(relay_run(lab->relay, REWRITE_INGRESS), RELAY_DRAINED);
	assert_int_equal(lab->events, 1);
	assert_int_equal(lab->drop, DROP_NONE);
	beta->is_claimed = false;
	lab->nic.waiting = 1;
	assert_int_equal(relay_run(lab->relay, REWRITE_INGRESS), RELAY_DRAINED);
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
	relay_run(lab->relay, REWRITE_EGRESS);
	assert_int_equal(relay_counters(lab->relay)->arp_rewritten, 2);
	assert_int_equal(beta->arp_out, 2);
	lab->tap.frame = arp_frame(&outsider);
	lab->tap.waiting = 1;
	relay_run(lab->relay, REWRITE_EGRESS);
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
	/* a full side: dropped, and nothing blocks after */
	lab->nic.room = 0;
	relay_inject(lab->relay, in.data, in.len);
	assert_int_equal(relay_counters(lab->relay)->drops[DROP_NIC_BUSY], 1);
	assert_int_equal(relay_run(lab->relay, REWRITE_EGRESS), RELAY_DRAINED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define WITH_LAB(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
		WITH_LAB(frames_cross_both_ways_and_are_counted),
		WITH_LAB(batches_are_bounded),
		WITH_LAB(a_full_side_loses_nothing),
		WITH_LAB(what_cannot_be_sent_is_counted_by_reason),
		WITH_LAB(what_cannot_be_read),
		WITH_LAB(a_missing_nic),
		WITH_LAB(drops_are_told),
		WITH_LAB(arp_of_a_peer_is_told_while_its_address_is_claimed),
		WITH_LAB(arp_is_counted),
		WITH_LAB(injected_frames_take_the_stacks_way),
	};

	return cmocka_run_group_tests_name("relay", tests, NULL, NULL);
}
