/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * peers: the table of nodes: which node a MAC or an IP address belongs to.
 *
 * It is built from a configuration, as seen by one of its nodes (self). It holds every address that
 * has a role (rules.h); any other address belongs to an outsider.
 */
#ifndef CLUSTERARPD_CORE_PEERS_H
#define CLUSTERARPD_CORE_PEERS_H

#include "base/addr.h"
#include "config/config.h"
#include "core/counters.h"

/* Whether the stack can reach a peer: see peer_neigh.h. */
enum peer_state {
	PEER_NONE,     /* not resolved yet, or resolution in progress */
	PEER_RESOLVED, /* its dedicated MAC is known, and confirmed or pinned */
	PEER_STALE,    /* known, but not confirmed recently */
	PEER_SILENT,   /* it does not answer the questions of liveness */
	PEER_FAILED,   /* it does not answer the kernel */
	PEER_FOREIGN,  /* another host claims its address (I7) */
	PEER_STATES
};

/* Whether a peer answers: see liveness.h. Times are monotonic. */
enum peer_life {
	PEER_UNASKED, /* not known yet, or liveness is off */
	PEER_ALIVE,
	PEER_MUTE, /* it has left LIVENESS_PATIENCE questions in a row unanswered */
};
struct peer_liveness {
	enum peer_life life;
	bool is_waiting;      /* the last question is neither answered nor given up */
	unsigned missed;      /* unanswered in a row */
	uint64_t asked;       /* time of the last question, ms */
	uint64_t asked_us;    /* the same, us */
	bool has_traffic;     /* frames of its own have come since */
	uint64_t resolutions; /* ARP and ND that its counter frames_in holds */
	uint64_t traffic;     /* frames_in without those, as last looked at */
	uint64_t heard;       /* when it was last heard, ms; 0: never */
	uint64_t alive_since; /* ms; if PEER_ALIVE */
	unsigned latency_us;  /* of the last answer; 0: none yet */
	uint64_t stack_asked; /* when the stack asked last and got no answer yet, ms; 0: it did not
			       */
};

/* A peer: another node. Valid as long as its table. */
struct peer {
	const struct config_node *node;
	struct peer_counters counters;
	enum peer_state state;
	enum peer_state told; /* the state last logged: PEER_RESOLVED or PEER_FAILED */
	uint64_t changed;     /* time of the last state change, monotonic ms; 0: none */
	uint64_t changes;     /* number of changes of state */
	uint64_t mended;      /* time of the last attempt to write an entry, monotonic ms */
	bool is_to_seed;      /* missing entries have to be installed */
	struct peer_liveness liveness;
	uint64_t failed;              /* when the kernel failed to resolve it last, ms; 0: never */
	bool is_claimed;              /* last ARP with its address came from another host (I7) */
	uint32_t slot;                /* index of its counters in the kernel programs; 0: none */
	struct peer_counters carried; /* kernel counts that `counters` already includes */
};

/* The roles of a MAC or IP address for this node. */
struct peers_entry {
	uint16_t roles;    /* enum mac_role or enum ip_role */
	struct peer *peer; /* the owner; NULL unless exactly one peer owns it */
};

/* At most this many own addresses that are not in the file are known. */
#define PEERS_OWN_MAX 4096

struct peers;

/* `config` and `self`, a node of it, are borrowed and must outlive the table. NULL: out of
 * memory. */
struct peers *peers_create(struct config *config, const struct config_node *self);
void peers_destroy(struct peers *p);
/* Change to another configuration: swap the contents of `p` and `other`, and of the two
 * configurations that they were built from. Pointers to `p` and to its configuration remain valid.
 * Peers of the same name keep their counters and state. */
void peers_exchange(struct peers *p, struct peers *other);

/* An address that this host has, with its prefix. */
struct peers_own {
	struct ip_prefix prefix;
	bool is_tentative; /* IP_TENTATIVE */
};

/* The addresses that this host has, whatever their interface and whoever added them. Those that are
 * not in the file are own addresses too (IP_SELF), and the IPv4 broadcast and IPv6 subnet-router
 * anycast addresses of all of them are group addresses (IP_GROUP). The list replaces the one
 * before, and stays over peers_exchange(). Those after the first PEERS_OWN_MAX are left out. 1:
 * something changed; 0: nothing; -ENOMEM: some are left out. */
int peers_set_own(struct peers *p, const struct peers_own *list, size_t count);

/* Look up an address. An outsider's address gives an entry without roles and peer. Group, broadcast
 * and link-local roles follow from the address itself. An IPv6 address with the interface
 * identifier of a peer's dedicated MAC is that peer's (IP_PEER): its link-local address, and what
 * SLAAC makes (I9). */
struct peers_entry peers_by_mac(const struct peers *p, const struct mac *m);
struct peers_entry peers_by_ip(const struct peers *p, const struct ip_addr *ip);
/* The roles that peers_set_own() gave an address: IP_SELF, and IP_TENTATIVE; 0: this host does not
 * have it. */
unsigned peers_on_host(const struct peers *p, const struct ip_addr *ip);
/* The same as peers_by_ip() by the file alone: without peers_set_own(). */
struct peers_entry peers_by_file(const struct peers *p, const struct ip_addr *ip);

const struct config *peers_config(const struct peers *p);
const struct config_node *peers_self(const struct peers *p);
/* enum rule_policy, from the configuration. */
unsigned peers_policy(const struct peers *p);
/* The own dedicated address to use as sender instead of a cluster address, towards `target` (E2b):
 * one whose prefix contains the target, else the first of its family; for a link-local target, and
 * if the node has no other IPv6 address, its link-local address. NULL: none of its family. */
const struct ip_addr *peers_own_address_for(const struct peers *p, const struct ip_addr *target);

/* All peers, in file order. */
size_t peers_count(const struct peers *p);
struct peer *peers_get(const struct peers *p, size_t i);

/* The addresses that a peer always has: its dedicated ones, then its IPv6 link-local address. */
size_t peers_address_count(const struct peer *peer);
const struct ip_addr *peers_address(const struct peer *peer, size_t i);

/* Calls each() once for every MAC, or every IP address, in the table. An interface identifier that
 * is a peer's is an address of its own: see ip_interface_id(). */
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
