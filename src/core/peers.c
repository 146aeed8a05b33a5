/* SPDX-License-Identifier: GPL-2.0-or-later */
/* peers: the table of nodes, hashed by MAC and by IP address; see peers.h. */
#include "core/peers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
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
	struct ip_slot *by_ip; /* of the file, and the interface identifiers of peers */
	struct ip_slot *
		by_own; /* from peers_set_own(); an address that is also in by_ip is ignored here */
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

static bool add_ip(struct ip_slot **table, const struct ip_addr *ip, uint16_t role,
		   struct peer *peer)
{
	struct ip_slot *slot = calloc(1, sizeof(*slot));

	if (!slot)
		return false;
	slot->ip = *ip;
	slot->entry = (struct peers_entry){ .roles = role, .peer = peer };
	HASH_ADD(hh, *table, ip, sizeof(slot->ip), slot);
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
		if (!add_ip(&p->by_ip, &a->list[i].addr, role, peer))
			return false;
	return true;
}

static bool add_self(struct peers *p)
{
	return add_mac(p, &p->self->dedicated, MAC_SELF_DEDICATED, NULL) &&
	       add_mac(p, &p->self->source, MAC_SELF_SOURCE, NULL) &&
	       add_addresses(p, &p->self->address, IP_SELF, NULL) &&
	       add_ip(&p->by_ip, &p->self->link_local, IP_SELF, NULL);
}

static bool add_peer(struct peers *p, const struct config_node *node)
{
	struct peer *peer = &p->list[p->count++];
	struct ip_addr id = ip_interface_id(&node->link_local);

	peer->node = node;
	return add_mac(p, &node->dedicated, MAC_PEER_DEDICATED, peer) &&
	       add_mac(p, &node->source, MAC_PEER_SOURCE, peer) &&
	       add_addresses(p, &node->address, IP_PEER, peer) &&
	       add_ip(&p->by_ip, &id, IP_PEER, peer);
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
	       (c->source_mac == SOURCE_MAC_CLUSTER ? POLICY_SOURCE_CLUSTER : 0) |
	       (c->forward ? POLICY_FORWARD : 0) |
	       (c->shares != CONFIG_SHARES_NONE ? POLICY_SHARES : 0);
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

static void clear_ips(struct ip_slot **table)
{
	struct ip_slot *slot, *next;

	HASH_ITER (hh, *table, slot, next) {
		HASH_DEL(*table, slot);
		free(slot);
	}
}

void peers_destroy(struct peers *p)
{
	struct mac_slot *m, *next_m;

	if (!p)
		return;
	HASH_ITER (hh, p->by_mac, m, next_m) {
		HASH_DEL(p->by_mac, m);
		free(m);
	}
	clear_ips(&p->by_ip);
	clear_ips(&p->by_own);
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
	struct ip_slot *own = p->by_own;
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
	other->by_own = p->by_own;
	p->by_own = own;
}

static struct ip_slot *find_ip(struct ip_slot *table, const struct ip_addr *ip)
{
	struct ip_slot *slot;

	HASH_FIND(hh, table, ip, sizeof(*ip), slot);
	return slot;
}

/* False: no memory. */
static bool add_own(struct ip_slot **table, const struct ip_addr *ip, uint16_t roles)
{
	struct ip_slot *slot = find_ip(*table, ip);

	if (!slot)
		return add_ip(table, ip, roles, NULL);
	if (roles & IP_SELF) /* also if it is the broadcast address of another prefix */
		slot->entry.roles = roles;
	return true;
}

static bool add_own_prefix(struct ip_slot **table, const struct peers_own *own)
{
	uint16_t roles = IP_SELF | (own->is_tentative ? IP_TENTATIVE : 0);
	struct ip_addr all;

	if (!add_own(table, &own->prefix.addr, roles))
		return false;
	return !(prefix_broadcast(&own->prefix, &all) || prefix_anycast(&own->prefix, &all)) ||
	       add_own(table, &all, IP_GROUP);
}

static int fill_own(struct ip_slot **table, const struct peers_own *list, size_t count)
{
	size_t known = count < PEERS_OWN_MAX ? count : PEERS_OWN_MAX;

	for (size_t i = 0; i < known; i++)
		if (!add_own_prefix(table, &list[i]))
			return -ENOMEM;
	return 0;
}

/* Does `table` have each address of `of`, with the same role? */
static bool has_all(struct ip_slot *table, struct ip_slot *of)
{
	struct ip_slot *slot, *next, *found;

	HASH_ITER (hh, of, slot, next) {
		found = find_ip(table, &slot->ip);
		if (!found || found->entry.roles != slot->entry.roles)
			return false;
	}
	return true;
}

int peers_set_own(struct peers *p, const struct peers_own *list, size_t count)
{
	struct ip_slot *now = NULL;
	int rc = fill_own(&now, list, count);
	bool is_same = HASH_COUNT(now) == HASH_COUNT(p->by_own) && has_all(p->by_own, now);

	clear_ips(&p->by_own);
	p->by_own = now;
	return rc ? rc : !is_same;
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

static struct peers_entry entry_of(const struct ip_slot *slot, const struct ip_addr *ip)
{
	struct peers_entry entry = { 0, NULL };

	if (slot)
		entry = slot->entry;
	if (ip_is_unspecified(ip))
		entry.roles |= IP_UNSPECIFIED;
	if (ip_is_group(ip))
		entry.roles |= IP_GROUP;
	return entry;
}

/* The slot of a peer whose interface identifier the address has; NULL: it is nobody's. Of most
 * addresses it is not made from a MAC, which costs no look-up. */
static const struct ip_slot *find_by_id(const struct peers *p, const struct ip_addr *ip)
{
	struct ip_addr id;

	if (!ip_is_made_from_mac(ip) || ip_is_group(ip))
		return NULL;
	id = ip_interface_id(ip);
	return find_ip(p->by_ip, &id);
}

struct peers_entry peers_by_file(const struct peers *p, const struct ip_addr *ip)
{
	const struct ip_slot *slot = find_ip(p->by_ip, ip);

	return entry_of(slot ? slot : find_by_id(p, ip), ip);
}

struct peers_entry peers_by_ip(const struct peers *p, const struct ip_addr *ip)
{
	const struct ip_slot *slot = find_ip(p->by_ip, ip), *own = NULL;
	struct peers_entry entry;

	if (!slot || (slot->entry.roles & IP_SELF))
		own = find_ip(p->by_own, ip);
	if (!slot)
		slot = own ? own : find_by_id(p, ip);
	entry = entry_of(slot, ip);
	if (own && (entry.roles & IP_SELF))
		entry.roles |= own->entry.roles & IP_TENTATIVE;
	return entry;
}

unsigned peers_on_host(const struct peers *p, const struct ip_addr *ip)
{
	const struct ip_slot *own = find_ip(p->by_own, ip);

	return own ? own->entry.roles & (IP_SELF | IP_TENTATIVE) : 0;
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

	if (ip_is_link_local(target))
		return &p->self->link_local;
	for (i = 0; i < own->count; i++) {
		if (prefix_contains(&own->list[i], target))
			return &own->list[i].addr;
		if (!first && own->list[i].addr.family == target->family)
			first = &own->list[i].addr;
	}
	return first || target->family != AF_INET6 ? first : &p->self->link_local;
}

size_t peers_address_count(const struct peer *peer)
{
	return peer->node->address.count + 1;
}

const struct ip_addr *peers_address(const struct peer *peer, size_t i)
{
	const struct config_addresses *a = &peer->node->address;

	return i < a->count ? &a->list[i].addr : &peer->node->link_local;
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
	HASH_ITER (hh, p->by_own, slot, next)
		if (!find_ip(p->by_ip, &slot->ip))
			each(&slot->ip, &slot->entry, arg);
}

size_t peers_ip_count(const struct peers *p)
{
	struct ip_slot *slot, *next;
	size_t count = HASH_COUNT(p->by_ip);

	HASH_ITER (hh, p->by_own, slot, next)
		count += !find_ip(p->by_ip, &slot->ip);
	return count;
}
