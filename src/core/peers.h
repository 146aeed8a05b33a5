/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * peers: the table of nodes: who is behind a MAC or an IP address.
 *
 * Made from a configuration, as seen by one of its nodes (self). Whatever has a
 * role (rules.h) stands in it; all else is an outsider's.
 */
#ifndef CLUSTERARPD_CORE_PEERS_H
#define CLUSTERARPD_CORE_PEERS_H

#include "base/addr.h"
#include "config/config.h"
#include "core/counters.h"

/* What the stack can reach a peer by: see peer_neigh.h. */
enum peer_state {
	PEER_NONE,     /* never asked for, or the answer is awaited */
	PEER_RESOLVED, /* its dedicated MAC is known and confirmed (or pinned) */
	PEER_STALE,    /* known, not confirmed lately */
	PEER_FAILED,   /* it does not answer */
	PEER_FOREIGN,  /* somebody else claims its address: I7 */
};

/* A peer: another node. Lives as long as its table. */
struct peer {
	const struct config_node *node;
	struct peer_counters counters;
	enum peer_state state;
	enum peer_state told;         /* what the log was told last: PEER_RESOLVED or PEER_FAILED */
	uint64_t changed;             /* when the state did: monotonic ms; 0: not yet */
	uint64_t changes;             /* of the state */
	uint64_t mended;              /* when an entry was written, last: monotonic ms */
	bool is_to_seed;              /* entries that are missing are to be made */
	bool is_claimed;              /* the last ARP heard with its address was not its own (I7) */
	uint32_t slot;                /* of its counters in the kernel; 0: it has none there */
	struct peer_counters carried; /* what of `counters` comes from there */
};

/* What a MAC or an IP is to this node. */
struct peers_entry {
	uint16_t roles;    /* enum mac_role or enum ip_role */
	struct peer *peer; /* whose it is; NULL unless it is one peer's alone */
};

struct peers;

/* `config` and `self`, a node of it, are borrowed and must outlive the table. NULL:
 * out of memory. */
struct peers *peers_create(struct config *config, const struct config_node *self);
void peers_destroy(struct peers *p);
/* Another configuration: `p` becomes what `other` is and the other way round, and so do
 * the two configurations that they were made of; who holds a pointer to `p` or to its
 * configuration need not know. Peers of the same name keep their counters and state. */
void peers_exchange(struct peers *p, struct peers *other);

/* Never NULL: an outsider's gives an entry without roles or peer. Group, broadcast
 * and link-local roles come from the address itself. */
struct peers_entry peers_by_mac(const struct peers *p, const struct mac *m);
struct peers_entry peers_by_ip(const struct peers *p, const struct ip_addr *ip);

const struct config *peers_config(const struct peers *p);
const struct config_node *peers_self(const struct peers *p);
/* enum rule_policy, from the configuration. */
unsigned peers_policy(const struct peers *p);
/* Own dedicated address to stand for a cluster address before `target` (E2b): the
 * one whose network holds it, else the first of its family. NULL: none of it. */
const struct ip_addr *peers_own_address_for(const struct peers *p, const struct ip_addr *target);

/* All peers, in file order. */
size_t peers_count(const struct peers *p);
struct peer *peers_get(const struct peers *p, size_t i);

/* Calls each() for every MAC, and every IP address, in the table; each once. */
void peers_each_mac(const struct peers *p,
		    void (*each)(const struct mac *m, const struct peers_entry *entry, void *arg),
		    void *arg);
size_t peers_mac_count(const struct peers *p);
void peers_each_ip(const struct peers *p,
		   void (*each)(const struct ip_addr *ip, const struct peers_entry *entry,
				void *arg),
		   void *arg);
size_t peers_ip_count(const struct peers *p);

#endif
