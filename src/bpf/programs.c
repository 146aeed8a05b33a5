/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * programs: loading the eBPF programs, their maps and the socket filters; see programs.h. What the
 * programs do is in src/bpf/clusterarpd.bpf.c.
 */
#include "bpf/programs.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "bpf/bpf_error.h"
#include "bpf/clusterarpd.skel.h"
#include "core/shares/shares.h"

#define NS_PER_MS 1000000ull

struct programs {
	struct clusterarpd_bpf *skel;
	int cpus;
	struct hook_programs hooks;
	struct ring *ring;       /* NULL: user data path */
	struct observe *observe; /* NULL: nobody captures */
};

/* A reload may double the cluster, or add ROOM_NODES nodes to it, each with two MACs and several
 * addresses. The maps hold the old and the new entries together while it is applied. An entry takes
 * memory when it is added, except a peer's counters: 32 bytes for each CPU. */
#define ROOM_FACTOR    4
#define ROOM_NODES     1024
#define ROOM_MACS      2
#define ROOM_ADDRESSES 8

static int set_room(struct bpf_map *map, size_t count, size_t per_node)
{
	size_t room = count * ROOM_FACTOR + ROOM_NODES * per_node;

	return bpf_map__set_max_entries(map, (uint32_t)room);
}

/* Reuse the ring of an earlier run, if there is one and it is usable. */
static int prepare_ring(struct bpf_map *map, int ring)
{
	if (ring_is_usable(ring) && !bpf_map__reuse_fd(map, ring))
		return 0;
	return bpf_map__set_max_entries(map, RING_BYTES);
}

static int prepare(struct clusterarpd_bpf *skel, const struct programs_room *room, bool forwards,
		   int ring)
{
	int err = set_room(skel->maps.macs, room->macs, ROOM_MACS);

	if (!err)
		err = set_room(skel->maps.addresses, room->ips, ROOM_ADDRESSES);
	if (!err && forwards)
		err = set_room(skel->maps.peers, room->peers + PROGRAMS_PEER_FIRST, 1);
	if (!err && forwards)
		err = prepare_ring(skel->maps.from_wire, ring);
	if (!err)
		err = bpf_program__set_autoload(skel->progs.clusterarpd_tap, forwards);
	skel->rodata->forwards = forwards;
	return err;
}

static int set_hooks(struct programs *k, bool forwards)
{
	int err = hooks_set_program(&k->hooks, HOOK_INGRESS,
				    bpf_program__fd(k->skel->progs.clusterarpd_in));

	if (!err)
		err = hooks_set_program(&k->hooks, HOOK_EGRESS,
					bpf_program__fd(k->skel->progs.clusterarpd_out));
	if (!err && forwards)
		err = hooks_set_program(&k->hooks, HOOK_TAP_EGRESS,
					bpf_program__fd(k->skel->progs.clusterarpd_tap));
	if (!err)
		err = hooks_set_program(&k->hooks, HOOK_TAP_INGRESS,
					bpf_program__fd(k->skel->progs.clusterarpd_ask));
	return err;
}

static int load(struct programs *k, const struct programs_room *room, bool forwards, int ring)
{
	int err;

	k->cpus = libbpf_num_possible_cpus();
	if (k->cpus < 0)
		return k->cpus;
	k->skel = clusterarpd_bpf__open();
	if (!k->skel)
		return -errno;
	err = prepare(k->skel, room, forwards, ring);
	if (!err)
		err = clusterarpd_bpf__load(k->skel);
	if (!err)
		err = set_hooks(k, forwards);
	if (!err && forwards)
		err = ring_create(bpf_map__fd(k->skel->maps.from_wire), &k->ring);
	return err;
}

int programs_load(const struct programs_room *room, bool forwards, int ring, struct programs **out)
{
	struct programs *k = calloc(1, sizeof(*k));
	int err;

	if (!k)
		return -ENOMEM;
	bpf_error_init();
	err = bpf_error_from(load(k, room, forwards, ring));
	if (err == -EPERM)
		bpf_error_set_permission();
	if (err) {
		programs_unload(k);
		return err;
	}
	*out = k;
	return 0;
}

void programs_unload(struct programs *k)
{
	if (!k)
		return;
	ring_destroy(k->ring);
	observe_unload(k->observe);
	clusterarpd_bpf__destroy(k->skel);
	free(k);
}

/* The wanted contents of a map: `count` items, each a key and its value, sorted by key. */
struct item {
	union {
		struct bpf_mac_key mac;
		struct bpf_ip_key ip;
	} key;
	struct bpf_entry entry;
};

struct contents {
	struct item *items;
	size_t count;
};

static int compare_items(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(((struct item *)0)->key));
}

/* Keys are compared at the size of the largest type of key; the rest is zero. */
static bool contents_have(const struct contents *c, const void *key, size_t size)
{
	struct item wanted = { 0 };

	memcpy(&wanted.key, key, size);
	return bsearch(&wanted, c->items, c->count, sizeof(wanted), compare_items);
}

static int forget_others(const struct bpf_map *map, const struct contents *c)
{
	size_t size = bpf_map__key_size(map);
	int fd = bpf_map__fd(map), err;
	struct item here, next;
	bool more;

	err = bpf_map_get_next_key(fd, NULL, &next.key);
	while (!err) {
		/* Get the next key before deleting `here`: for a missing key it is the first. */
		here = next;
		more = !bpf_map_get_next_key(fd, &here.key, &next.key);
		if (!contents_have(c, &here.key, size)) {
			err = bpf_map_delete_elem(fd, &here.key);
			if (err && err != -ENOENT)
				return err;
			err = 0;
		}
		if (!more)
			return 0;
	}
	return err == -ENOENT ? 0 : err;
}

static int add_all(const struct bpf_map *map, const struct contents *c)
{
	size_t i;
	int err = 0;

	for (i = 0; i < c->count && !err; i++)
		err = bpf_map_update_elem(bpf_map__fd(map), &c->items[i].key, &c->items[i].entry,
					  BPF_ANY);
	return err;
}

/* Add the new entries first, then remove the others: an entry that is in both the old and the new
 * contents is never missing, and no old entry goes before all new ones are there. Only if the map
 * has no room for both is it the other way round. */
static int map_assign(const struct bpf_map *map, struct contents *c)
{
	int err;

	if (c->count > bpf_map__max_entries(map))
		return -E2BIG;
	qsort(c->items, c->count, sizeof(*c->items), compare_items);
	err = add_all(map, c);
	if (!err)
		return forget_others(map, c);
	if (err == -E2BIG)
		err = forget_others(map, c);
	return err ? err : add_all(map, c);
}

static int assign_macs(struct programs *k, const struct programs_mac *macs, size_t count)
{
	struct contents c = { calloc(count + 1, sizeof(struct item)), count };
	size_t i;
	int err = c.items ? 0 : -ENOMEM;

	for (i = 0; !err && i < count; i++) {
		memcpy(c.items[i].key.mac.b, macs[i].mac.b, MAC_LEN);
		c.items[i].entry = (struct bpf_entry){ macs[i].roles, macs[i].peer };
	}
	if (!err)
		err = map_assign(k->skel->maps.macs, &c);
	free(c.items);
	return err;
}

static int assign_ips(struct programs *k, const struct programs_ip *ips, size_t count)
{
	struct contents c = { calloc(count + 1, sizeof(struct item)), count };
	size_t i;
	int err = c.items ? 0 : -ENOMEM;

	_Static_assert(AF_INET == BPF_FAMILY_IPV4 && AF_INET6 == BPF_FAMILY_IPV6, "AF_*");
	for (i = 0; !err && i < count; i++) {
		c.items[i].key.ip.family = ips[i].ip.family;
		memcpy(c.items[i].key.ip.b, ips[i].ip.b, sizeof(ips[i].ip.b));
		c.items[i].entry = (struct bpf_entry){ ips[i].roles, ips[i].peer };
	}
	if (!err)
		err = map_assign(k->skel->maps.addresses, &c);
	free(c.items);
	return err;
}

/* A program may read the slot at the same time. It compares the MAC before and after it reads the
 * entry, so it gets the old entry, the new one, or none. */
static void set_near_slot(struct bpf_near *slot, const struct bpf_near *now)
{
	uint64_t mac;

	memcpy(&mac, &now->mac, sizeof(mac));
	if (!memcmp(slot, now, sizeof(*slot)))
		return;
	__atomic_store_n((uint64_t *)(void *)&slot->mac, BPF_NO_MAC, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	slot->entry = now->entry;
	__atomic_store_n((uint64_t *)(void *)&slot->mac, mac, __ATOMIC_RELEASE);
}

/* Append the MACs that are this node's (`own`), or those that are not, as far as there is room. */
static size_t add_near(struct bpf_near *near, size_t count, const struct programs_cluster *cluster,
		       bool own)
{
	const uint16_t roles = MAC_CLUSTER | MAC_SELF_DEDICATED | MAC_SELF_SOURCE;

	for (size_t i = 0; i < cluster->mac_count && count < BPF_NEAR_MAX; i++) {
		const struct programs_mac *m = &cluster->macs[i];

		if (!(m->roles & roles) == own)
			continue;
		near[count] = (struct bpf_near){ .entry = { m->roles, m->peer } };
		memcpy(near[count++].mac.b, m->mac.b, MAC_LEN);
	}
	return count;
}

/* This node's own MACs first, then as many of the peers' as there is room for. */
static void set_near(struct bpf_path *path, const struct programs_cluster *cluster)
{
	struct bpf_near near[BPF_NEAR_MAX];
	size_t i, count;

	memset(near, 0xff, sizeof(near));
	count = add_near(near, 0, cluster, true);
	add_near(near, count, cluster, false);
	for (i = 0; i < BPF_NEAR_MAX; i++)
		set_near_slot(&path->near[i], &near[i]);
}

bool programs_have_room(const struct programs *k, const struct programs_room *wanted)
{
	return wanted->macs <= bpf_map__max_entries(k->skel->maps.macs) &&
	       wanted->ips <= bpf_map__max_entries(k->skel->maps.addresses) &&
	       (!k->ring || wanted->peers <= programs_peers(k));
}

int programs_configure(struct programs *k, const struct programs_cluster *cluster)
{
	struct bpf_path *path = &k->skel->bss->path;
	int err = assign_macs(k, cluster->macs, cluster->mac_count);

	if (!err)
		err = assign_ips(k, cluster->ips, cluster->ip_count);
	if (err)
		return err;
	memcpy(path->cluster.b, cluster->cluster->b, MAC_LEN);
	memcpy(path->source.b, cluster->source->b, MAC_LEN);
	set_near(path, cluster);
	__atomic_store_n(&path->policy, cluster->policy, __ATOMIC_RELAXED);
	return 0;
}

void programs_set_path(struct programs *k, const struct programs_path *to)
{
	struct bpf_path *path = &k->skel->bss->path;

	__atomic_store_n(&path->mtu, to->mtu, __ATOMIC_RELAXED);
	__atomic_store_n(&path->tap, to->tap, __ATOMIC_RELAXED);
	__atomic_store_n(&path->nic, to->nic, __ATOMIC_RELEASE);
	__atomic_store_n(&path->is_in, to->is_in, __ATOMIC_RELEASE);
}

void programs_set_ajar(struct programs *k, bool is_ajar)
{
	__atomic_store_n(&k->skel->bss->path.is_ajar, is_ajar, __ATOMIC_RELEASE);
}

static void fill_shares(struct bpf_shares *to, const struct shares_path *from)
{
	_Static_assert((int)AFFINITY_CONNECTION == BPF_AFFINITY_CONNECTION &&
			       (int)AFFINITY_CLIENT == BPF_AFFINITY_CLIENT &&
			       (int)AFFINITY_NETWORK == BPF_AFFINITY_NETWORK,
		       "enum config_affinity");
	to->key = from->key;
	to->affinity = from->affinity;
	to->lease = from->lease == SHARES_FOREVER ? BPF_FOREVER : from->lease * NS_PER_MS;
	memcpy(to->decisions, from->decisions, sizeof(to->decisions));
}

void programs_set_shares(struct programs *k, const struct shares_path *shares)
{
	struct bpf_all_shares *all = &k->skel->bss->shares;
	uint32_t next = !all->active;

	fill_shares(&all->slots[next], shares);
	__atomic_store_n(&all->active, next, __ATOMIC_RELEASE);
}

void programs_keep(struct programs *k, const struct flow_tuple *connection)
{
	struct bpf_begun_key key = { .is_ipv6 = connection->client.family == AF_INET6,
				     .client_port = htons(connection->client_port),
				     .server_port = htons(connection->server_port) };
	uint8_t value = 1;

	memcpy(key.client, connection->client.b, ip_bytes(&connection->client));
	memcpy(key.server, connection->server.b, ip_bytes(&connection->server));
	bpf_map_update_elem(bpf_map__fd(k->skel->maps.begun), &key, &value, BPF_ANY);
}

int programs_observe(struct programs *k, unsigned snaplen)
{
	int err = observe_load(k->skel, snaplen, &k->observe);

	if (err)
		return err;
	err = observe_set_hooks(k->observe, &k->hooks);
	if (err) {
		set_hooks(k, true);
		programs_unload_observing(k);
	}
	return err;
}

int programs_end_observing(struct programs *k)
{
	return set_hooks(k, true);
}

void programs_unload_observing(struct programs *k)
{
	observe_unload(k->observe);
	k->observe = NULL;
}

struct observe *programs_observed(const struct programs *k)
{
	return k->observe;
}

const struct hook_programs *programs_hooks(const struct programs *k)
{
	return &k->hooks;
}

struct ring *programs_ring(const struct programs *k)
{
	return k->ring;
}

struct clusterarpd_bpf *programs_skeleton(const struct programs *k)
{
	return k->skel;
}

uint32_t programs_peers(const struct programs *k)
{
	return bpf_map__max_entries(k->skel->maps.peers) - PROGRAMS_PEER_FIRST;
}

static int attach_filter(int packet_fd, const struct bpf_program *program)
{
	int fd = bpf_program__fd(program);

	return setsockopt(packet_fd, SOL_SOCKET, SO_ATTACH_BPF, &fd, sizeof(fd)) ? -errno : 0;
}

int programs_own_socket(struct programs *k, int packet_fd)
{
	uint64_t cookie;
	socklen_t len = sizeof(cookie);
	int err;

	if (getsockopt(packet_fd, SOL_SOCKET, SO_COOKIE, &cookie, &len))
		return -errno;
	err = attach_filter(packet_fd, k->skel->progs.clusterarpd_nic);
	if (!err)
		__atomic_store_n(&k->skel->bss->owner_cookie, cookie, __ATOMIC_RELAXED);
	return err;
}

int programs_add_socket(struct programs *k, int packet_fd)
{
	return attach_filter(packet_fd, k->skel->progs.clusterarpd_peer);
}

void programs_split(struct programs *k, bool is_split)
{
	__atomic_store_n(&k->skel->bss->path.is_split, is_split, __ATOMIC_RELEASE);
}

/* The value at `key` of a per-CPU map, `count` 64-bit numbers, summed over the CPUs. */
static int sum(const struct programs *k, const struct bpf_map *map, uint32_t key, uint64_t *numbers,
	       size_t count)
{
	uint64_t *by_cpu = calloc((size_t)k->cpus * count, sizeof(*by_cpu));
	size_t i;
	int err;

	if (!by_cpu)
		return -ENOMEM;
	memset(numbers, 0, count * sizeof(*numbers));
	err = bpf_map_lookup_elem(bpf_map__fd(map), &key, by_cpu);
	for (i = 0; !err && i < (size_t)k->cpus * count; i++)
		numbers[i % count] += by_cpu[i];
	free(by_cpu);
	return err;
}

int programs_counts(const struct programs *k, struct bpf_counts *counts)
{
	_Static_assert(sizeof(*counts) % sizeof(uint64_t) == 0, "64-bit numbers only");
	return sum(k, k->skel->maps.counts, 0, (uint64_t *)counts,
		   sizeof(*counts) / sizeof(uint64_t));
}

int programs_peer_counts(const struct programs *k, uint32_t peer, struct bpf_peer_counts *counts)
{
	_Static_assert(sizeof(*counts) % sizeof(uint64_t) == 0, "64-bit numbers only");
	return sum(k, k->skel->maps.peers, peer, (uint64_t *)counts,
		   sizeof(*counts) / sizeof(uint64_t));
}
