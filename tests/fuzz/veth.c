/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * veth: tests on real interfaces what BPF_PROG_TEST_RUN cannot: VLAN tags (which the kernel
 * strips before the programs see a frame, and inserts again after them), frames truncated within
 * the IP header, and where a frame ends up.
 *
 *   veth SEED WIRE NIC FEED TAP STACK IN
 *
 *       WIRE ==== NIC            the wire and the NIC, with the shield
 *       IN                       receives the frames from the NIC, instead of the TAP
 *       FEED ==== bridge = TAP   frames sent at FEED leave through TAP as the stack's frames do,
 *                                with the tag outside the frame data
 *       STACK ==== TAP           the TAP's other end: where the daemon would read
 *
 * tests/fuzz/run creates them. Frames by rule, most of them tagged, are sent at WIRE and at FEED;
 * what arrives at each end is compared with the C core's result. Exit status 0: no difference.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/if_ether.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "generate.h"
#include "oracle.h"
#include "bpf/bpf_error.h"
#include "datapath/kernel_path.h"
#include "io/packet_socket.h"

#define FRAMES     24000 /* for each cluster */
#define WINDOW     32    /* frames in flight at a time */
#define TIMEOUT_MS 2000
#define COMPLAINTS 10

/* A packet socket. The NIC's only sends; frames received there are in the programs' ring. */
struct end {
	const char *name;
	int ifindex;
	struct packet_socket *nic;
	struct ring *ring;
};

/* Frames that must arrive at an end, in this order. */
struct queue {
	struct end *end;
	struct {
		uint8_t bytes[FRAME_MAX];
		size_t len;
	} frames[WINDOW + 1];
	unsigned count, seen;
};

struct bench {
	struct cluster cluster;
	struct hooks *hooks;
	struct kernel_path *datapath;
	struct oracle_counts expected;
	struct end wire, nic, feed, tap, stack, in;
};

static unsigned differences;
static unsigned long arrived[3]; /* tagged frames, by enum oracle_fate */
static struct packet packets[PACKET_BATCH];

static void die(const char *what, int rc)
{
	fprintf(stderr, "veth: %s: %s\n", what, strerror(rc < 0 ? -rc : rc));
	exit(2);
}

static void open_end(struct end *end, const char *name, struct programs *owner)
{
	int rc;

	end->name = name;
	end->ring = owner ? programs_ring(owner) : NULL;
	end->ifindex = (int)if_nametoindex(name);
	if (!end->ifindex)
		die(name, errno);
	rc = packet_socket_open(&end->nic);
	if (!rc && owner)
		rc = programs_own_socket(owner, packet_socket_fd(end->nic));
	if (!rc)
		rc = packet_socket_bind(end->nic, end->ifindex, !owner);
	if (rc)
		die(name, rc);
}

static void send_frame(struct end *end, const uint8_t *bytes, size_t len)
{
	static uint8_t memory[PACKET_MEMORY];
	struct packet packet = { .memory = memory }, *list[] = { &packet };
	int rc;

	packet_reset(&packet);
	memset(packet_start(&packet), 0, PACKET_VNET_LEN);
	memcpy(packet.frame, bytes, len);
	packet.len = len;
	rc = packet_socket_send(end->nic, list, 1);
	if (rc < 0)
		die(end->name, rc);
}

static void expect(struct queue *queue, const uint8_t *bytes, size_t len)
{
	memcpy(queue->frames[queue->count].bytes, bytes, len);
	queue->frames[queue->count++].len = len;
}

static void print_frame(const char *what, const uint8_t *bytes, size_t len)
{
	printf("  %s (%zu bytes): ", what, len);
	for (size_t i = 0; i < len && i < 64; i++)
		printf("%02x", bytes[i]);
	printf("\n");
}

/* Compares the frames that have arrived at the end with those expected next. */
static void take(const struct bench *b, struct queue *queue)
{
	bool more = true;
	int i, n;

	while (more) {
		n = queue->end->ring
			    ? ring_receive(queue->end->ring, packets, PACKET_BATCH, &more)
			    : packet_socket_receive(queue->end->nic, packets, PACKET_BATCH, &more);
		if (n < 0)
			die(queue->end->name, n);
		for (i = 0; i < n; i++, queue->seen++) {
			const struct packet *p = &packets[i];

			if (queue->seen < queue->count &&
			    p->len == queue->frames[queue->seen].len &&
			    !memcmp(p->frame, queue->frames[queue->seen].bytes, p->len))
				continue;
			if (differences++ >= COMPLAINTS)
				continue;
			printf("DIFFERS: cluster '%s', at %s:\n", b->cluster.name,
			       queue->end->name);
			print_frame("arrived", p->frame, p->len);
			if (queue->seen < queue->count)
				print_frame("expected", queue->frames[queue->seen].bytes,
					    queue->frames[queue->seen].len);
		}
	}
}

/* The last frame of a window always passes: once it has arrived, all have. */
static void wait_for_last(const struct bench *b, struct queue *queue)
{
	const struct end *end = queue->end;
	struct pollfd pfd = { .fd = end->ring ? ring_fd(end->ring) : packet_socket_fd(end->nic),
			      .events = POLLIN };

	while (queue->seen < queue->count && poll(&pfd, 1, TIMEOUT_MS) > 0)
		take(b, queue);
	if (queue->seen >= queue->count)
		return;
	differences++;
	printf("DIFFERS: cluster '%s', at %s: %u of %u frames arrived\n", b->cluster.name,
	       queue->end->name, queue->seen, queue->count);
}

/* The kernel drops a frame that is truncated within its outermost tag, and a bridge does not
 * forward frames with some addresses. */
static bool can_be_sent(const struct made *f, enum rewrite_direction direction)
{
	static const uint8_t link_local[MAC_LEN - 1] = { 0x01, 0x80, 0xc2 }, none[MAC_LEN];
	unsigned ethertype = f->bytes[12] << 8 | f->bytes[13];

	if ((ethertype == ETH_P_8021Q || ethertype == ETH_P_8021AD) && f->len < ETH_HLEN + 6)
		return false;
	return direction == REWRITE_INGRESS ||
	       (!(f->bytes[6] & 1) && memcmp(f->bytes + 6, none, MAC_LEN) != 0 &&
		memcmp(f->bytes, link_local, sizeof(link_local)) != 0);
}

static void make(const struct bench *b, struct oracle_sample *s)
{
	do {
		generate_by_rule(&b->cluster, &s->frame);
		if (generate_number(4))
			generate_tags(&s->frame, 1 + generate_number(2));
	} while (!can_be_sent(&s->frame, s->direction));
	s->frame.gso_size = 0;
}

/* A broadcast from an unrelated MAC, with IEEE 802's local experimental EtherType. */
static void make_last(struct oracle_sample *s)
{
	static const uint8_t head[ETH_HLEN] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x52,
						0x54, 0,    0,    0,    9,    0x88, 0xb5 };

	memset(s->frame.bytes, 0, 60);
	memcpy(s->frame.bytes, head, sizeof(head));
	s->frame.len = 60;
	s->frame.gso_size = 0;
}

static void send_sample(struct bench *b, struct oracle_sample *s, struct queue *passed,
			struct queue *to_daemon)
{
	oracle_ask(&b->cluster, s, &b->expected);
	if (s->core.fate == PASSED)
		expect(passed, s->core.bytes, s->core.len);
	else if (s->core.fate == TO_DAEMON)
		expect(to_daemon, s->frame.bytes, s->frame.len);
	if (s->core.fate != TO_NIC_STACK && s->view.body > FRAME_HEADER_LEN)
		arrived[s->core.fate]++;
	send_frame(s->direction == REWRITE_EGRESS ? &b->feed : &b->wire, s->frame.bytes,
		   s->frame.len);
}

static void run_window(struct bench *b, enum rewrite_direction direction)
{
	static struct queue passed, to_daemon;
	struct oracle_sample s = { .direction = direction };
	bool egress = direction == REWRITE_EGRESS;
	unsigned i;

	passed.end = egress ? &b->wire : &b->in;
	to_daemon.end = egress ? &b->stack : &b->nic;
	passed.count = passed.seen = to_daemon.count = to_daemon.seen = 0;
	for (i = 0; i < WINDOW; i++) {
		make(b, &s);
		send_sample(b, &s, &passed, &to_daemon);
	}
	make_last(&s);
	send_sample(b, &s, &passed, &to_daemon);
	wait_for_last(b, &passed);
	wait_for_last(b, &to_daemon);
	take(b, &passed);
	take(b, &to_daemon);
}

static void complain_of_count(const char *what, uint64_t seen, uint64_t expected, void *arg)
{
	const struct bench *b = arg;

	differences++;
	printf("DIFFERS: cluster '%s': %s: %" PRIu64 ", expected %" PRIu64 "\n", b->cluster.name,
	       what, seen, expected);
}

static void put_programs_in(const struct bench *b)
{
	struct programs *kernel = kernel_path_programs(b->datapath);
	bool changed;
	int rc = hooks_attach_shield(b->hooks, programs_hooks(kernel), b->nic.ifindex, &changed);

	if (!rc)
		rc = hooks_attach_tap(b->hooks, programs_hooks(kernel), b->tap.ifindex, false,
				      &changed);
	if (rc)
		die(bpf_error_text(), rc);
	programs_set_path(kernel, &(struct programs_path){ .nic = (unsigned)b->nic.ifindex,
							   .tap = (unsigned)b->in.ifindex,
							   .mtu = MTU,
							   .is_in = true });
}

static void open_ends(struct bench *b, char **names)
{
	open_end(&b->wire, names[0], NULL);
	open_end(&b->nic, names[1], kernel_path_programs(b->datapath));
	open_end(&b->feed, names[2], NULL);
	open_end(&b->tap, names[3], NULL);
	open_end(&b->stack, names[4], NULL);
	open_end(&b->in, names[5], NULL);
}

static void close_ends(struct bench *b)
{
	packet_socket_close(b->wire.nic);
	packet_socket_close(b->nic.nic);
	packet_socket_close(b->feed.nic);
	packet_socket_close(b->tap.nic);
	packet_socket_close(b->stack.nic);
	packet_socket_close(b->in.nic);
}

static void run_cluster(unsigned index, char **names)
{
	struct counters seen = { 0 };
	struct bench b = { .hooks = hooks_create() };
	unsigned i;

	generate_cluster(index, &b.cluster);
	b.datapath = kernel_path_create(b.cluster.peers, NULL, b.hooks, -1);
	if (!b.hooks || !b.datapath || !kernel_path_is_used(b.datapath))
		exit(2);
	kernel_path_set_shares(b.datapath, &b.cluster.shares);
	open_ends(&b, names);
	put_programs_in(&b);
	for (i = 0; i < FRAMES / WINDOW; i++)
		run_window(&b, i % 2 ? REWRITE_EGRESS : REWRITE_INGRESS);
	kernel_path_collect(b.datapath, &seen);
	oracle_compare_counts(&b.cluster, &b.expected, &seen, complain_of_count, &b);
	close_ends(&b);
	kernel_path_destroy(b.datapath);
	hooks_destroy(b.hooks);
	generate_cluster_clear(&b.cluster);
}

/* On one CPU frames keep their order from end to end. */
static void stay_on_one_cpu(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)sched_getcpu(), &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("sched_setaffinity", errno);
}

int main(int argc, char **argv)
{
	unsigned long seed;
	unsigned i;

	if (argc != 8) {
		fprintf(stderr, "usage: veth SEED WIRE NIC FEED TAP STACK IN\n");
		return 2;
	}
	seed = strtoul(argv[1], NULL, 0);
	printf("tagged frames through the kernel data path; seed %lu\n", seed);
	generate_seed(seed);
	stay_on_one_cpu();
	for (i = 0; i < PACKET_BATCH; i++)
		packets[i].memory = malloc(PACKET_MEMORY);
	for (i = 0; i < CLUSTERS; i++)
		run_cluster(i, argv + 2);
	for (i = 0; i < PACKET_BATCH; i++)
		free(packets[i].memory);
	printf("with tags: %lu passed, %lu dropped, %lu to the daemon: %u differences\n",
	       arrived[PASSED], arrived[DROPPED], arrived[TO_DAEMON], differences);
	return differences || arrived[PASSED] < 1000 || arrived[DROPPED] < 1000 ||
	       arrived[TO_DAEMON] < 1000;
}
