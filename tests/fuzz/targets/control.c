/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * control: what clients send to the daemon's control socket, from the socket to the answer. The
 * modules behind it are the daemon's own, but for the event loop, which does not wait
 * (fast_loop.h).
 *
 * An input: up to CLIENTS_MAX clients, one after the other, each ended by a NUL. A digit at the
 * beginning says how the client behaves (enum behaviour); what follows is what it sends. One of
 * the calls for memory, or for a file, may fail meanwhile (scarce.h): whatever the daemon answers
 * then, it goes on, and a last client gets its answer.
 */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <linux/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "clients/requests.h"
#include "config/config_read.h"
#include "fast_loop.h"
#include "io/netlink/netlink_conntrack.h"
#include "io/netlink/netlink_sockets.h"
#include "report/report_line.h"
#include "scarce.h"
#include "target.h"

#define CLIENTS_MAX 20 /* more than the daemon serves at a time */
#define SOCKET      "control.sock"
#define LOOPBACK    1 /* its index */
#define SOON_MS     1
#define LONG_MS     10000 /* longer than any client may take */
#define SCARCE_MAX \
	600 /* of these calls one fails, if there are so many: one client makes some 10 to 300 */

enum behaviour {
	IS_DEAF = 1 << 0,    /* does not read its answer, and keeps its side open */
	IS_ASKING = 1 << 1,  /* reads it, and keeps its side open */
	IS_FOLLOWED = 1 << 2 /* by nothing, for LONG_MS */
};

/* --- the daemon --- */

static const char text[] =
	"[cluster]\ninterface = eth0\naddress = 12.12.4.100/24, 2001:db8::100/64\n"
	"shares = driven\n[node alpha]\n"
	"address = 12.12.4.101/24, 2001:db8::101/64\n[node beta]\n"
	"address = 12.12.4.102/24, 2001:db8::102/64\nweight = 2\n";

struct daemon {
	struct config *config;
	struct peers *peers;
	struct loop *loop;
	struct event_feed *feed;
	struct problems *problems;
	struct events *events;
	struct relay *relay;
	struct captures *captures;
	struct netlink *netlink;
	struct neighbours *neighbours;
	struct sharing *sharing;
	struct doctor *doctor;
	struct requests *requests;
	unsigned frames; /* that have not been received yet */
};

static const struct netlink_link nic = { .ifindex = LOOPBACK,
					 .name = "eth0",
					 .mtu = 1500,
					 .flags = IFF_UP | IFF_RUNNING,
					 .carrier = true };

static void on_shares(const struct shares_path *path, void *arg)
{
	(void)path;
	(void)arg;
}

static void on_forwarded(const struct flow_tuple *connection, void *arg)
{
	(void)connection;
	(void)arg;
}

static const struct netlink_link *find_nic(void *arg)
{
	(void)arg;
	return &nic;
}

static const struct mirror *find_mirror(void *arg)
{
	struct daemon *d = arg;

	return neighbours_mirror(d->neighbours);
}

static void collect(struct counters *counters, void *arg)
{
	struct daemon *d = arg;

	*counters = *relay_counters(d->relay);
}

static void count_peer(struct peer *peer, void *arg)
{
	(void)peer;
	(void)arg;
}

static void fill_state(struct report_state *state, void *arg)
{
	struct daemon *d = arg;

	*state = (struct report_state){ .peers = d->peers,
					.mirror = find_mirror(d),
					.problems = d->problems,
					.shares = sharing_report(d->sharing),
					.datapath = "user",
					.now = loop_now(),
					.config_generation = 1,
					.dev = nic.name,
					.mtu = nic.mtu };
	collect(&state->counters, d);
}

static char *reload(bool is_dry_run, void *arg)
{
	(void)arg;
	return report_line(json_pack("{s:b}", "dry_run", (int)is_dry_run));
}

/* --- frames: a gratuitous ARP request of a stranger with a peer's address, on either side --- */

static int receive(void *arg, struct packet *packets, unsigned most, bool *more)
{
	struct daemon *d = arg;

	if (!d->frames || !most)
		return 0;
	packet_reset(packets);
	memset(packet_start(packets), 0, PACKET_VNET_LEN);
	frame_write_announcement(packets->frame, &(struct mac){ { 2, 0, 0, 0, 0, 1 } },
				 &peers_get(d->peers, 0)->node->address.list[0].addr);
	packets->len = FRAME_ANNOUNCEMENT_LEN;
	*more = --d->frames;
	return 1;
}

static int send_nowhere(void *arg, struct packet *const *packets, unsigned count)
{
	(void)arg;
	(void)packets;
	return (int)count;
}

static void on_frame(const struct rewrite_result *result, void *arg)
{
	struct daemon *d = arg;

	if (result->verdict.drop != DROP_NONE)
		events_dropped(d->events, result);
}

static void carry_frames(struct daemon *d)
{
	d->frames = 1;
	relay_run(d->relay, REWRITE_EGRESS, 1);
	d->frames = 1;
	relay_run(d->relay, REWRITE_INGRESS, 1);
}

/* --- its life --- */

/* What this host has: the addresses of the file. */
static void set_own(struct peers *peers)
{
	const struct config_addresses *a = &peers_self(peers)->address;
	struct peers_own own[2];

	for (size_t i = 0; i < 2; i++)
		own[i] = (struct peers_own){ .prefix = a->list[i] };
	target_check(peers_set_own(peers, own, 2) >= 0, "own addresses");
}

static void open_network(struct daemon *d)
{
	const struct relay_side side = { receive, send_nowhere, d };

	d->relay = target_must(relay_create(d->peers, on_frame, d));
	relay_set_tap(d->relay, side);
	relay_set_nic(d->relay, side);
	target_check(!netlink_open(&d->netlink), "a socket");
	d->neighbours = target_must(neighbours_create(d->loop, d->peers, d->netlink, d->events));
	target_check(!neighbours_open(d->neighbours, LOOPBACK), "the neighbour table");
}

static void open_probes(struct daemon *d)
{
	const struct doctor_needs doctor = { .loop = d->loop,
					     .peers = d->peers,
					     .relay = d->relay,
					     .nic = find_nic,
					     .mirror = find_mirror,
					     .collect = collect,
					     .count = count_peer,
					     .arg = d };
	const struct sharing_needs sharing = { .loop = d->loop,
					       .peers = d->peers,
					       .feed = d->feed,
					       .problems = d->problems,
					       .socket = SOCKET,
					       .publish = on_shares,
					       .keep = on_forwarded,
					       .arg = d };

	d->captures = target_must(captures_create(d->loop, d->relay, d->feed));
	d->doctor = target_must(doctor_create(&doctor));
	d->sharing = target_must(sharing_create(&sharing));
	sharing_start(d->sharing);
}

static void open_requests(struct daemon *d)
{
	const struct requests_ops ops = { fill_state, reload, d };
	const struct requests_needs needs = { .peers = d->peers,
					      .neighbours = d->neighbours,
					      .feed = d->feed,
					      .captures = d->captures,
					      .sharing = d->sharing,
					      .doctor = d->doctor };

	d->requests = target_must(requests_create(d->loop, SOCKET, &ops, &needs));
}

static void open_daemon(struct daemon *d)
{
	struct config_report report = { 0 };
	FILE *f = target_must(fmemopen((char *)text, strlen(text), "r"));

	*d = (struct daemon){ .config = target_must(config_read(f, &report)) };
	fclose(f);
	config_report_clear(&report);
	d->peers = target_must(peers_create(d->config, config_find_node(d->config, "alpha")));
	set_own(d->peers);
	d->loop = target_must(loop_create());
	d->feed = target_must(event_feed_create());
	d->problems = target_must(problems_create());
	d->events = target_must(events_create(d->loop, d->feed, d->problems));
	log_set_level("info");
	open_network(d);
	open_probes(d);
	open_requests(d);
}

static void close_daemon(struct daemon *d)
{
	requests_destroy(d->requests);
	sharing_destroy(d->sharing, true);
	doctor_destroy(d->doctor);
	captures_destroy(d->captures);
	neighbours_destroy(d->neighbours);
	netlink_close(d->netlink);
	relay_destroy(d->relay);
	events_destroy(d->events);
	problems_destroy(d->problems);
	event_feed_destroy(d->feed);
	loop_destroy(d->loop);
	peers_destroy(d->peers);
	config_free(d->config);
}

/* --- connections of this host: the kernel takes 5 ms to walk through its empty tables --- */

static void *make(size_t size)
{
	bool was_scarce = scarce_pause();
	void *made = target_must(calloc(1, size));

	scarce_resume(was_scarce);
	return made;
}

struct netlink_sockets {
	struct netlink_sockets_handlers handlers;
	int fd; /* readable while there is something to dispatch */
};

struct netlink_conntrack {
	struct netlink_conntrack_handlers handlers;
	int fd;
};

int netlink_sockets_open(const struct netlink_sockets_handlers *handlers,
			 struct netlink_sockets **out)
{
	*out = make(sizeof(**out));
	**out = (struct netlink_sockets){ *handlers, eventfd(0, EFD_CLOEXEC) };
	return 0;
}

void netlink_sockets_close(struct netlink_sockets *s)
{
	if (s)
		close(s->fd);
	free(s);
}

int netlink_sockets_start(struct netlink_sockets *s)
{
	return eventfd_write(s->fd, 1);
}

int netlink_sockets_fd(const struct netlink_sockets *s)
{
	return s->fd;
}

void netlink_sockets_dispatch(struct netlink_sockets *s)
{
	struct netlink_connection c = { .remote_port = 4000, .is_established = true };
	eventfd_t count;

	eventfd_read(s->fd, &count);
	ip_parse("12.12.4.100", &c.local);
	ip_parse("192.0.2.1", &c.remote);
	s->handlers.each(&c, s->handlers.arg);
	s->handlers.done(0, s->handlers.arg);
}

int netlink_conntrack_open(const struct netlink_conntrack_handlers *handlers,
			   struct netlink_conntrack **out)
{
	*out = make(sizeof(**out));
	**out = (struct netlink_conntrack){ *handlers, eventfd(0, EFD_CLOEXEC) };
	return 0;
}

void netlink_conntrack_close(struct netlink_conntrack *c)
{
	if (c)
		close(c->fd);
	free(c);
}

int netlink_conntrack_start(struct netlink_conntrack *c)
{
	return eventfd_write(c->fd, 1);
}

int netlink_conntrack_fd(const struct netlink_conntrack *c)
{
	return c->fd;
}

void netlink_conntrack_dispatch(struct netlink_conntrack *c)
{
	eventfd_t count;

	eventfd_read(c->fd, &count);
	c->handlers.done(-EPROTONOSUPPORT, c->handlers.arg);
}

/* --- clients --- */

/* So that answers do not fit into the socket at once. */
int accept4(int fd, struct sockaddr *address, socklen_t *len, int flags)
{
	int client = (int)syscall(SYS_accept4, fd, address, len, flags), least = 1;

	if (client >= 0)
		setsockopt(client, SOL_SOCKET, SO_SNDBUF, &least, sizeof(least));
	return client;
}

struct client {
	int fd;
	struct loop_io *io;
	char *answer;
	size_t len;
};

/* All but a capture is lines of JSON. */
static void check_answer(const struct client *c)
{
	const char *at = c->answer, *end;
	json_t *json;

	if (c->len && *at != '{')
		target_check(c->len >= 4 && !memcmp(at, "\n\r\r\n", 4), "neither JSON nor pcapng");
	while (c->len && *c->answer == '{' &&
	       (end = memchr(at, '\n', c->len - (size_t)(at - c->answer)))) {
		json = json_loadb(at, (size_t)(end - at), JSON_REJECT_DUPLICATES, NULL);
		target_check(json_is_object(json), "an answer that is not JSON: %s", at);
		json_decref(json);
		at = end + 1;
	}
}

static void close_client(struct client *c)
{
	loop_io_free(c->io);
	if (c->fd >= 0)
		close(c->fd);
	c->io = NULL;
	c->fd = -1;
}

static void on_answer(unsigned ready, void *arg)
{
	struct client *c = arg;
	char piece[65536];
	ssize_t n = recv(c->fd, piece, sizeof(piece), MSG_DONTWAIT);
	bool was_scarce;

	(void)ready;
	if (n > 0) {
		was_scarce = scarce_pause();
		c->answer = target_must(realloc(c->answer, c->len + (size_t)n + 1));
		scarce_resume(was_scarce);
		memcpy(c->answer + c->len, piece, (size_t)n);
		c->len += (size_t)n;
		c->answer[c->len] = '\0';
	} else if (n == 0 || errno != EAGAIN) {
		close_client(c);
	}
}

static int connect_client(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = SOCKET };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	target_check(fd >= 0, "a socket");
	if (!connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return fd;
	close(fd); /* the daemon's queue is full */
	return -1;
}

static void serve_client(struct daemon *d, uint64_t ms)
{
	scarce_resume(true);
	fast_loop_run_until(d->loop, loop_now());
	carry_frames(d);
	fast_loop_run_until(d->loop, loop_now() + ms);
	scarce_pause();
}

static void run_client(struct daemon *d, struct client *c, struct target_input in)
{
	unsigned behaviour = 0;

	if (in.size && in.data[0] >= '0' && in.data[0] <= '7')
		behaviour = target_byte(&in) & 7u;
	c->fd = connect_client();
	if (c->fd < 0)
		return;
	if (send(c->fd, in.data, in.size, MSG_NOSIGNAL) < 0)
		target_check(errno == EAGAIN, "cannot send");
	if (!(behaviour & IS_DEAF))
		c->io = loop_io_add(d->loop, c->fd, LOOP_READ, on_answer, c);
	if (!(behaviour & (IS_DEAF | IS_ASKING)))
		shutdown(c->fd, SHUT_WR);
	serve_client(d, behaviour & IS_FOLLOWED ? LONG_MS : SOON_MS);
}

/* The last client is alone. */
static void ask_for_status(struct daemon *d)
{
	static const char request[] = "{\"command\": \"status\"}\n";
	struct client c = { .fd = -1 };

	run_client(d, &c, (struct target_input){ (const uint8_t *)request, sizeof(request) - 1 });
	fast_loop_run_until(d->loop, loop_now() + LONG_MS);
	target_check(c.len && c.answer[c.len - 1] == '\n', "no answer to the last client");
	check_answer(&c);
	close_client(&c);
	free(c.answer);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	signal(SIGPIPE, SIG_IGN);
	target_enter_folder();
	unshare(CLONE_NEWNET); /* with the right to: the machine's connections are none of the
				  target's */
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct target_input in = { data, size };
	struct client clients[CLIENTS_MAX];
	struct daemon d;
	size_t count = 0;

	open_daemon(&d);
	scarce_begin(scarce_choose(data, size, SCARCE_MAX));
	scarce_pause();
	do {
		clients[count] = (struct client){ .fd = -1 };
		run_client(&d, &clients[count++], target_until(&in, '\0'));
	} while (in.size && count < CLIENTS_MAX);
	for (size_t i = 0; i < count; i++)
		close_client(&clients[i]);
	fast_loop_run_until(d.loop, loop_now() + LONG_MS);
	scarce_end();
	ask_for_status(&d);
	close_daemon(&d);
	for (size_t i = 0; i < count; i++) {
		check_answer(&clients[i]);
		free(clients[i].answer);
	}
	return 0;
}
