/* SPDX-License-Identifier: GPL-2.0-or-later */
/* peers: the table of nodes, hashed by MAC and by IP address; see peers.h. */
#include "core/peers.h"

#include <stdlib.h>
#include <string.h>
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

struct mac_slot {
	struct mac mac;
	struct peers_entry entry;
	UT_hash_handle hh;
};

struct ip_slot {
	struct ip_addr ip;
	struct peers_entry entry;
	UT_hash_handle hh;
};

struct peers {
	struct config *config;
	const struct config_node *self;
	unsigned policy;
	struct mac_slot *by_mac;
	struct ip_slot *by_ip;
	struct peer *list;
	size_t count;
};

/* The same MAC may be added several times, for example as cluster MAC and as source MAC of every
 * node. Its roles accumulate; a MAC with more than one owner has no peer. */
static bool add_mac(struct peers *p, const struct mac *m, uint16_t role, struct peer *peer)
{
	struct mac_slot *slot;

	HASH_FIND(hh, p->by_mac, m, sizeof(*m), slot);
	if (slot) {
		slot->entry.roles |= role;
		if (slot->entry.peer != peer)
			slot->entry.peer = NULL;
		return true;
	}
	slot = calloc(1, sizeof(*slot));
	if (!slot)
		return false;
	slot->mac = *m;
	slot->entry = (struct peers_entry){ .roles = role, .peer = peer };
	HASH_ADD(hh, p->by_mac, mac, sizeof(slot->mac), slot);
	if (slot->hh.tbl)
		return true;
	free(slot); /* no memory for the hash table */
	return false;
}

static bool add_ip(struct peers *p, const struct ip_addr *ip, uint16_t role, struct peer *peer)
{
	struct ip_slot *slot = calloc(1, sizeof(*slot));

	if (!slot)
		return false;
	slot->ip = *ip;
	slot->entry = (struct peers_entry){ .roles = role, .peer = peer };
	HASH_ADD(hh, p->by_ip, ip, sizeof(slot->ip), slot);
	if (slot->hh.tbl)
		return true;
	free(slot); /* no memory for the hash table */
	return false;
}

static bool add_addresses(struct peers *p, const struct config_addresses *a, uint16_t role,
			  struct peer *peer)
{
	size_t i;

	for (i = 0; i < a->count; i++)
		if (!add_ip(p, &a->list[i].addr, role, peer))
			return false;
	return true;
}

static bool add_self(struct peers *p)
{
	return add_mac(p, &p->self->dedicated, MAC_SELF_DEDICATED, NULL) &&
	       add_mac(p, &p->self->source, MAC_SELF_SOURCE, NULL) &&
	       add_addresses(p, &p->self->address, IP_SELF, NULL);
}

static bool add_peer(struct peers *p, const struct config_node *node)
{
	struct peer *peer = &p->list[p->count++];

	peer->node = node;
	return add_mac(p, &node->dedicated, MAC_PEER_DEDICATED, peer) &&
	       add_mac(p, &node->source, MAC_PEER_SOURCE, peer) &&
	       add_addresses(p, &node->address, IP_PEER, peer);
}

static bool add_all(struct peers *p)
{
	size_t i;

	if (!add_mac(p, &p->config->mac, MAC_CLUSTER, NULL) ||
	    !add_addresses(p, &p->config->address, IP_CLUSTER, NULL) || !add_self(p))
		return false;
	for (i = 0; i < p->config->node_count; i++)
		if (&p->config->nodes[i] != p->self && !add_peer(p, &p->config->nodes[i]))
			return false;
	return true;
}

static unsigned policy_of(const struct config *c)
{
	return (c->strict ? POLICY_STRICT : 0) | (c->arp == ARP_DIRECTED ? POLICY_DIRECTED : 0) |
	       (c->advertise == ADVERTISE_ALL ? POLICY_ADVERTISE_ALL : 0) |
	       (c->source_mac == SOURCE_MAC_CLUSTER ? POLICY_SOURCE_CLUSTER : 0);
}

struct peers *peers_create(struct config *config, const struct config_node *self)
{
	struct peers *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->config = config;
	p->self = self;
	p->policy = policy_of(config);
	p->list = calloc(config->node_count, sizeof(*p->list));
	if (!p->list || !add_all(p)) {
		peers_destroy(p);
		return NULL;
	}
	return p;
}

void peers_destroy(struct peers *p)
{
	struct mac_slot *m, *next_m;
	struct ip_slot *i, *next_i;

	if (!p)
		return;
	HASH_ITER (hh, p->by_mac, m, next_m) {
		HASH_DEL(p->by_mac, m);
		free(m);
	}
	HASH_ITER (hh, p->by_ip, i, next_i) {
		HASH_DEL(p->by_ip, i);
		free(i);
	}
	free(p->list);
	free(p);
}

static struct peer *find_peer(const struct peers *p, const char *name)
{
	for (size_t i = 0; i < p->count; i++)
		if (!strcmp(p->list[i].node->name, name))
			return &p->list[i];
	return NULL;
}

/* Copy everything except the link to the configuration. */
static void inherit(struct peer *peer, const struct peer *from)
{
	const struct config_node *node = peer->node;

	*peer = *from;
	peer->node = node;
}

void peers_exchange(struct peers *p, struct peers *other)
{
	struct config *mine = p->config, *others = other->config;
	struct config config = *mine;
	struct peers peers;
	const struct peer *from;

	for (size_t i = 0; i < other->count; i++) {
		from = find_peer(p, other->list[i].node->name);
		if (from)
			inherit(&other->list[i], from);
	}
	peers = *p;
	*p = *other;
	*other = peers;
	*mine = *others;
	*others = config;
	p->config = mine;
	other->config = others;
}

/* Roles that follow from the address itself. */
static uint16_t intrinsic_roles(const struct mac *m)
{
	if (!mac_is_group(m))
		return 0;
	return MAC_GROUP | (mac_is_broadcast(m) ? MAC_BROADCAST : 0) |
	       (mac_is_link_local(m) ? MAC_LINK_LOCAL : 0);
}

struct peers_entry peers_by_mac(const struct peers *p, const struct mac *m)
{
	struct peers_entry entry = { 0, NULL };
	struct mac_slot *slot;

	HASH_FIND(hh, p->by_mac, m, sizeof(*m), slot);
	if (slot)
		entry = slot->entry;
	entry.roles |= intrinsic_roles(m);
	return entry;
}

struct peers_entry peers_by_ip(const struct peers *p, const struct ip_addr *ip)
{
	struct peers_entry entry = { 0, NULL };
	struct ip_slot *slot;

	HASH_FIND(hh, p->by_ip, ip, sizeof(*ip), slot);
	if (slot)
		entry = slot->entry;
	if (ip_is_unspecified(ip))
		entry.roles |= IP_UNSPECIFIED;
	return entry;
}

const struct config *peers_config(const struct peers *p)
{
	return p->config;
}

const struct config_node *peers_self(const struct peers *p)
{
	return p->self;
}

unsigned peers_policy(const struct peers *p)
{
	return p->policy;
}

const struct ip_addr *peers_own_address_for(const struct peers *p, const struct ip_addr *target)
{
	const struct config_addresses *own = &p->self->address;
	const struct ip_addr *first = NULL;
	size_t i;

	for (i = 0; i < own->count; i++) {
		if (prefix_contains(&own->list[i], target))
			return &own->list[i].addr;
		if (!first && own->list[i].addr.family == target->family)
			first = &own->list[i].addr;
	}
	return first;
}

size_t peers_count(const struct peers *p)
{
	return p->count;
}

struct peer *peers_get(const struct peers *p, size_t i)
{
	return &p->list[i];
}

void peers_each_mac(const struct peers *p,
		    void (*each)(const struct mac *m, const struct peers_entry *entry, void *arg),
		    void *arg)
{
	struct mac_slot *slot, *next;

	HASH_ITER (hh, p->by_mac, slot, next)
		each(&slot->mac, &slot->entry, arg);
}

size_t peers_mac_count(const struct peers *p)
{
	return HASH_COUNT(p->by_mac);
}

void peers_each_ip(const struct peers *p,
		   void (*each)(const struct ip_addr *ip, const struct peers_entry *entry,
				void *arg),
		   void *arg)
{
	struct ip_slot *slot, *next;

	HASH_ITER (hh, p->by_ip, slot, next)
		each(&slot->ip, &slot->entry, arg);
}

size_t peers_ip_count(const struct peers *p)
{
	return HASH_COUNT(p->by_ip);
}
