/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * announce: gratuitous ARP and neighbour advertisements for the node's own addresses; see
 * announce.h.
 *
 * The frames are those that the stack would send, with the cluster MAC as sender; the relay
 * rewrites them by E1 and E3.
 */
#include "nic/announce.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "core/frame.h"
#include "core/nd.h"
#include "io/packet_socket.h"

#define ROUNDS      3
#define ROUNDS_MAX  12 /* while an address is tentative, and after it */
#define INTERVAL_MS 1000
#define FRAME_MAX   (FRAME_ANNOUNCEMENT_LEN + ND_ANNOUNCEMENT_LEN)

struct announce {
	const struct peers *peers;
	struct relay *relay;
	const struct adopt *adopt;
	struct loop_timer *timer;
	bool is_router;
	unsigned rounds;    /* that were sent */
	unsigned left;      /* to send, if no address is tentative */
	bool has_tentative; /* the present round had to leave an address out */
};

/* Returns the length. */
static size_t write_frame(uint8_t frame[FRAME_MAX], const struct mac *mac,
			  const struct ip_addr *address, bool is_router)
{
	if (address->family == AF_INET) {
		frame_write_announcement(frame, mac, address);
		return FRAME_ANNOUNCEMENT_LEN;
	}
	nd_write_announcement(frame, mac, address, is_router);
	return ND_ANNOUNCEMENT_LEN;
}

/* May an IPv6 address be announced? Not before duplicate address detection is over, and not if the
 * TAP does not have it because IPv6 is off. */
static bool may_announce(struct announce *a, const struct ip_addr *address)
{
	unsigned roles = peers_on_host(a->peers, address);

	a->has_tentative |= (roles & IP_TENTATIVE) != 0;
	return roles && !(roles & IP_TENTATIVE);
}

static void announce_address(const struct ip_addr *address, void *arg)
{
	struct announce *a = arg;
	uint8_t frame[FRAME_MAX];
	size_t len;

	/* The rounds after the first ones are for IPv6 addresses that were tentative. */
	if (address->family == AF_INET ? a->rounds >= ROUNDS : !may_announce(a, address))
		return;
	len = write_frame(frame, &peers_config(a->peers)->mac, address, a->is_router);
	relay_inject(a->relay, frame, len);
}

static void announce_addresses(struct announce *a, const struct config_addresses *addresses)
{
	size_t i;

	for (i = 0; i < addresses->count; i++)
		announce_address(&addresses->list[i].addr, a);
}

/* Addresses in the configuration are announced by on_timer() itself. */
static void announce_adopted(const struct ip_addr *address, void *arg)
{
	struct announce *a = arg;

	if (!peers_by_file(a->peers, address).roles)
		announce_address(address, a);
}

static void on_timer(void *arg)
{
	struct announce *a = arg;

	a->has_tentative = false;
	announce_addresses(a, &peers_self(a->peers)->address);
	announce_address(&peers_self(a->peers)->link_local, a);
	announce_addresses(a, &peers_config(a->peers)->address);
	adopt_each_address(a->adopt, announce_adopted, a);
	a->left = a->has_tentative ? ROUNDS : a->left - 1;
	if (++a->rounds < ROUNDS_MAX && a->left)
		loop_timer_set(a->timer, INTERVAL_MS);
}

struct announce *announce_create(struct loop *loop, const struct peers *peers, struct relay *relay,
				 const struct adopt *adopt)
{
	struct announce *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->peers = peers;
	a->relay = relay;
	a->adopt = adopt;
	a->timer = loop_timer_add(loop, on_timer, a);
	if (a->timer)
		return a;
	free(a);
	return NULL;
}

void announce_destroy(struct announce *a)
{
	if (!a)
		return;
	loop_timer_free(a->timer);
	free(a);
}

void announce_start(struct announce *a, bool is_router)
{
	a->is_router = is_router;
	a->rounds = 0;
	a->left = ROUNDS;
	on_timer(a);
}

void announce_stop(struct announce *a)
{
	loop_timer_cancel(a->timer);
}

/* Sending through a packet socket only: relay, TAP and shield do not exist any more. */
struct plain {
	const struct peers *peers; /* NULL: not known */
	struct packet_socket *nic;
	const struct netlink_link *link;
	struct packet packet;
	int sent;
};

static void send_plainly(const struct ip_addr *address, void *arg)
{
	struct plain *p = arg;

	/* Cluster addresses stay with the nodes that go on running. */
	if (p->peers && (peers_by_ip(p->peers, address).roles & IP_CLUSTER))
		return;
	packet_reset(&p->packet);
	memset(packet_start(&p->packet), 0, PACKET_VNET_LEN);
	p->packet.len =
		write_frame(p->packet.frame, &p->link->mac, address, p->link->forwards_ipv6);
	p->sent += packet_socket_send(p->nic, &(struct packet *){ &p->packet }, 1) == 1;
}

/* One round per second, until a round cannot be sent. */
static void send_rounds(const struct adopt *adopt, struct plain *p, bool first)
{
	const struct timespec interval = { .tv_sec = INTERVAL_MS / 1000 };
	unsigned left = first ? 1 : ROUNDS - 1;

	do {
		if (!first && nanosleep(&interval, NULL))
			return;
		p->sent = 0;
		adopt_each_address(adopt, send_plainly, p);
	} while (p->sent && --left);
}

void announce_from_nic(struct announce *a, const struct netlink_link *nic, bool first)
{
	struct plain p = { .peers = a->peers, .link = nic };
	int rc = packet_socket_open(&p.nic);

	p.packet.memory = malloc(PACKET_MEMORY);
	if (!rc && p.packet.memory && !packet_socket_bind(p.nic, nic->ifindex, false))
		send_rounds(a->adopt, &p, first);
	if (!rc)
		packet_socket_close(p.nic);
	free(p.packet.memory);
}
