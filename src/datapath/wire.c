/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wire: the daemon's packet sockets on the NIC; see wire.h. */
#include "datapath/wire.h"

#include <errno.h>
#include <stdlib.h>

#include "persist/fd_store.h"

/* How a socket is bound: see packet_socket_bind(). */
enum state { UNBOUND, RECEIVES, SENDS_ONLY };

struct wire {
	const struct peers *peers;
	int ifindex;
	struct {
		struct packet_socket *socket;
		enum state state;
	} ends[WIRE_SOCKETS];
};

static struct fd_store_item item(const struct wire *wire, enum wire_socket which)
{
	return (struct fd_store_item){ which == WIRE_PEERS ? FD_STORE_NIC_PEERS : FD_STORE_NIC,
				       wire->peers, wire->ifindex };
}

/* Have the NIC receive what it must, in addition to its own MAC. All groups are included: the stack
 * at the TAP joins and leaves groups at any time, and filters for itself. */
static int join(const struct wire *wire, struct packet_socket *socket)
{
	const struct config_node *self = peers_self(wire->peers);
	int rc = packet_socket_join(socket, wire->ifindex, &peers_config(wire->peers)->mac);

	if (!rc)
		rc = packet_socket_join(socket, wire->ifindex, &self->dedicated);
	if (!rc)
		rc = packet_socket_join(socket, wire->ifindex, &self->source);
	if (!rc)
		rc = packet_socket_join_all_groups(socket, wire->ifindex);
	return rc;
}

/* Use the socket of an earlier run, with the frames that are in its queue. */
static bool adopt(struct wire *wire, enum wire_socket which)
{
	const struct fd_store_item stored = item(wire, which);
	int fd = fd_store_take(&stored);
	bool receives;

	if (fd < 0 || packet_socket_adopt(fd, wire->ifindex, &wire->ends[which].socket, &receives))
		return false;
	wire->ends[which].state = receives ? RECEIVES : SENDS_ONLY;
	return true;
}

static int open_end(struct wire *wire, enum wire_socket which)
{
	int rc;

	if (adopt(wire, which))
		return 0;
	rc = packet_socket_open(&wire->ends[which].socket);
	return rc || which == WIRE_PEERS ? rc : join(wire, wire->ends[which].socket);
}

int wire_open(const struct peers *peers, int ifindex, struct wire **out)
{
	struct wire *wire = calloc(1, sizeof(*wire));
	int rc = 0;

	if (!wire)
		return -ENOMEM;
	*wire = (struct wire){ .peers = peers, .ifindex = ifindex };
	for (unsigned i = 0; i < WIRE_SOCKETS && !rc; i++)
		rc = open_end(wire, (enum wire_socket)i);
	if (!rc) {
		*out = wire;
		return 0;
	}
	wire_forget(wire); /* one may have been there already */
	wire_close(wire);
	return rc;
}

void wire_close(struct wire *wire)
{
	if (!wire)
		return;
	for (unsigned i = 0; i < WIRE_SOCKETS; i++)
		packet_socket_close(wire->ends[i].socket);
	free(wire);
}

static bool both_receive(const struct wire *wire)
{
	return wire->ends[WIRE_PEERS].state == RECEIVES &&
	       wire->ends[WIRE_OTHERS].state == RECEIVES;
}

/* The sockets of an earlier run have its filters, which split the frames already: the new programs
 * do so before they take the place of the old ones, one after the other. */
int wire_set_up(struct wire *wire, struct programs *programs)
{
	int rc;

	programs_split(programs, both_receive(wire));
	rc = programs_add_socket(programs, wire_fd(wire, WIRE_PEERS));
	return rc ? rc : programs_own_socket(programs, wire_fd(wire, WIRE_OTHERS));
}

static int bind_end(struct wire *wire, enum wire_socket which, bool receives)
{
	enum state wanted = receives ? RECEIVES : SENDS_ONLY;
	int rc;

	if (wire->ends[which].state == wanted)
		return 0;
	rc = packet_socket_bind(wire->ends[which].socket, wire->ifindex, receives);
	if (!rc)
		wire->ends[which].state = wanted;
	return rc;
}

/* Each takes the kernel some milliseconds. The one for peers is first, which receives nothing until
 * the frames are split: meanwhile an earlier run's programs may still forward them. */
int wire_bind(struct wire *wire, struct programs *programs, bool receives)
{
	int rc = bind_end(wire, WIRE_PEERS, receives);

	if (!rc)
		rc = bind_end(wire, WIRE_OTHERS, receives);
	if (!rc)
		programs_split(programs, receives);
	return rc;
}

bool wire_only_sends(const struct wire *wire)
{
	return wire->ends[WIRE_OTHERS].state == SENDS_ONLY;
}

void wire_keep(const struct wire *wire)
{
	for (unsigned i = 0; i < WIRE_SOCKETS; i++) {
		const struct fd_store_item stored = item(wire, (enum wire_socket)i);

		fd_store_keep(&stored, packet_socket_fd(wire->ends[i].socket));
	}
}

void wire_forget(const struct wire *wire)
{
	for (unsigned i = 0; i < WIRE_SOCKETS; i++) {
		const struct fd_store_item stored = item(wire, (enum wire_socket)i);

		fd_store_forget(&stored);
	}
}

int wire_fd(const struct wire *wire, enum wire_socket which)
{
	return packet_socket_fd(wire->ends[which].socket);
}

int wire_receive(struct wire *wire, enum wire_socket which, struct packet *packets, unsigned most,
		 bool *more)
{
	return packet_socket_receive(wire->ends[which].socket, packets, most, more);
}

int wire_send(struct wire *wire, struct packet *const *packets, unsigned count)
{
	return packet_socket_send(wire->ends[WIRE_OTHERS].socket, packets, count);
}

uint64_t wire_lost(struct wire *wire)
{
	uint64_t lost = 0;

	for (unsigned i = 0; i < WIRE_SOCKETS; i++)
		lost += packet_socket_lost(wire->ends[i].socket);
	return lost;
}
