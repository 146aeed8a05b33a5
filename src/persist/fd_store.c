/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fd_store: keeps descriptors from one run to the next; see fd_store.h. */
#include "persist/fd_store.h"

#include <inttypes.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "bpf/layout.h"
#include "io/notify.h"

#define NAME_MAX_BYTES 32
#define WAIT_STEPS     100
#define WAIT_STEP_NS   10000000 /* 10 ms */

/* FNV-1a: the names must differ, but need not resist an attacker. */
#define FNV_START 0xcbf29ce484222325u
#define FNV_PRIME 0x100000001b3u

static uint64_t digest(uint64_t h, const void *data, size_t len)
{
	const uint8_t *p = data;

	while (len--)
		h = (h ^ *p++) * FNV_PRIME;
	return h;
}

static uint64_t digest_addresses(uint64_t h, const struct config_addresses *a)
{
	size_t i;

	h = digest(h, &a->count, sizeof(a->count));
	for (i = 0; i < a->count; i++) {
		h = digest(h, &a->list[i].addr, sizeof(a->list[i].addr));
		h = digest(h, &a->list[i].len, sizeof(a->list[i].len));
	}
	return h;
}

/* The peers' entries that were installed in the neighbour table, some of them permanent. */
static uint64_t digest_neighbours(uint64_t h, const struct peers *peers)
{
	const struct config *c = peers_config(peers);
	size_t i;

	h = digest(h, &c->neigh, sizeof(c->neigh));
	for (i = 0; i < peers_count(peers) && c->neigh != NEIGH_LEARN; i++) {
		const struct config_node *node = peers_get(peers, i)->node;

		h = digest(h, &node->dedicated, sizeof(node->dedicated));
		h = digest_addresses(h, &node->address);
	}
	return h;
}

/* All that was configured on the TAP. */
static uint64_t digest_tap(const struct peers *peers)
{
	const struct config *c = peers_config(peers);
	uint64_t h = digest(FNV_START, c->tap, strlen(c->tap) + 1);

	h = digest(h, c->interface, strlen(c->interface) + 1); /* its addresses may be on the TAP */
	h = digest(h, &c->mac, sizeof(c->mac));
	h = digest(h, &c->gateway, sizeof(c->gateway));
	h = digest(h, &c->mtu, sizeof(c->mtu));
	h = digest(h, &c->adopt, sizeof(c->adopt));
	h = digest_addresses(h, &c->address);
	h = digest_addresses(h, &peers_self(peers)->address);
	h = digest(h, &peers_self(peers)->link_local, sizeof(struct ip_addr));
	return digest_neighbours(h, peers);
}

/* The interface, and the MACs that the packet sockets receive. */
static uint64_t digest_nic(const struct peers *peers, int ifindex)
{
	const struct config_node *self = peers_self(peers);
	uint64_t h = digest(FNV_START, &ifindex, sizeof(ifindex));

	h = digest(h, &peers_config(peers)->mac, sizeof(struct mac));
	h = digest(h, &self->dedicated, sizeof(self->dedicated));
	return digest(h, &self->source, sizeof(self->source));
}

/* The interface whose frames are in the ring, and the layout of its records. */
static uint64_t digest_ring(const struct peers *peers)
{
	const char *interface = peers_config(peers)->interface;
	const unsigned layout = BPF_FRAME_LAYOUT;
	uint64_t h = digest(FNV_START, interface, strlen(interface) + 1);

	return digest(h, &layout, sizeof(layout));
}

/* The name under which `thing` is stored. */
static const char *name_of(const struct fd_store_item *thing, char name[NAME_MAX_BYTES])
{
	static const char *const kinds[] = { "tap", "nic", "nic_peers", "ring" };
	uint64_t h;

	if (thing->kind == FD_STORE_TAP)
		h = digest_tap(thing->peers);
	else if (thing->kind == FD_STORE_NIC || thing->kind == FD_STORE_NIC_PEERS)
		h = digest_nic(thing->peers, thing->ifindex);
	else
		h = digest_ring(thing->peers);
	snprintf(name, NAME_MAX_BYTES, "%s-%016" PRIx64, kinds[thing->kind], h);
	return name;
}

#define NAME(thing) name_of((thing), (char[NAME_MAX_BYTES]){ 0 })

void fd_store_keep(const struct fd_store_item *thing, int fd)
{
	notify_store(fd, NAME(thing));
}

int fd_store_take(const struct fd_store_item *thing)
{
	return notify_take(NAME(thing));
}

void fd_store_forget(const struct fd_store_item *thing)
{
	notify_forget(NAME(thing));
}

void fd_store_discard_rest(const struct peers *peers)
{
	const struct timespec step = { .tv_nsec = WAIT_STEP_NS };
	int i;

	if (!notify_discard_rest())
		return;
	for (i = 0; i < WAIT_STEPS && if_nametoindex(peers_config(peers)->tap); i++)
		nanosleep(&step, NULL);
}
