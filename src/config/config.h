/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config: a configuration (SPEC 6), checked and fully resolved.
 *
 * All defaults are applied and every MAC is resolved (SPEC 3). `auto` remains only where the value
 * depends on the host (mtu, datapath).
 */
#ifndef CLUSTERARPD_CONFIG_CONFIG_H
#define CLUSTERARPD_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/addr.h"

#define CONFIG_IFNAME_MAX  15    /* IFNAMSIZ less the NUL */
#define CONFIG_ALTNAME_MAX 127   /* ALTIFNAMSIZ less the NUL */
#define CONFIG_MTU_MAX     65521 /* maximum MTU of a TAP device */
#define CONFIG_NAME_MAX    44    /* inih cuts "node NAME" after 49 characters */
#define CONFIG_WEIGHT_MAX  100
#define CONFIG_GROUP_MAX   127 /* CPG_MAX_NAME_LENGTH less a NUL */

/* The values of the keys that take a word. */
enum config_dedicated_mac { DEDICATED_MAC_UNICAST, DEDICATED_MAC_MULTICAST };
enum config_source_mac { SOURCE_MAC_DEDICATED, SOURCE_MAC_MASKED, SOURCE_MAC_CLUSTER };
enum config_arp { ARP_BROADCAST, ARP_DIRECTED };
enum config_advertise { ADVERTISE_PEERS, ADVERTISE_ALL };
enum config_datapath { DATAPATH_AUTO, DATAPATH_KERNEL, DATAPATH_USER };
enum config_neigh { NEIGH_LEARN, NEIGH_SEED, NEIGH_PIN };
enum config_shares { CONFIG_SHARES_NONE, CONFIG_SHARES_STATIC, CONFIG_SHARES_DRIVEN };
enum config_affinity { AFFINITY_CONNECTION, AFFINITY_CLIENT, AFFINITY_NETWORK };
enum config_no_quorum { NO_QUORUM_STOP, NO_QUORUM_SERVE };

/* The index of an address family in a list that has one value for each. */
enum config_family { CONFIG_IPV4, CONFIG_IPV6, CONFIG_FAMILIES };

struct config_addresses {
	struct ip_prefix *list; /* in file order */
	size_t count;
};

struct config_node {
	char name[CONFIG_NAME_MAX + 1];
	struct config_addresses address; /* dedicated addresses */
	struct mac dedicated;            /* resolved dedicated MAC */
	struct ip_addr link_local;       /* IPv6, made from `dedicated` (I9) */
	struct mac source;               /* resolved wire source MAC */
	unsigned id;                     /* 1..190; 0: not set */
	unsigned weight;                 /* 0..CONFIG_WEIGHT_MAX: of its share (SPEC 11) */
	uint32_t corosync_id;            /* node id in corosync; 0: not set */
	unsigned line;                   /* of its section header */
};

/* Section [corosync]: for clusterarpd-corosync, which drives the shares. The daemon itself has no
 * use for it. */
struct config_corosync {
	bool is_set;                      /* the file has the section */
	char group[CONFIG_GROUP_MAX + 1]; /* of the drivers, in CPG */
	enum config_no_quorum no_quorum;
};

struct config {
	char interface[CONFIG_ALTNAME_MAX + 1]; /* the NIC's name or one of its altnames */
	char tap[CONFIG_IFNAME_MAX + 1];
	struct config_addresses address; /* cluster addresses */
	struct mac mac;                  /* resolved cluster MAC */
	enum config_dedicated_mac dedicated_mac;
	enum config_source_mac source_mac; /* resolved; never DEDICATED with group MACs */
	enum config_arp arp;
	enum config_advertise advertise;
	bool strict;
	enum config_datapath datapath;
	enum config_neigh neigh;
	bool adopt;
	bool forward;
	enum config_shares shares;
	enum config_affinity affinity;
	unsigned liveness;                       /* ms between questions to a peer; 0: off */
	struct ip_addr gateway[CONFIG_FAMILIES]; /* AF_UNSPEC: none; see config_gateway() */
	unsigned mtu;                            /* 0 = auto */
	struct config_corosync corosync;
	struct config_node *nodes; /* in file order */
	size_t node_count;
};

/* `c` may be NULL. */
void config_free(struct config *c);

/* The index of AF_INET or AF_INET6, and its name in messages. */
enum config_family config_family_index(uint8_t family);
const char *config_family_name(enum config_family index);
/* True if the list has an address of AF_INET or AF_INET6. */
bool config_has_family(const struct config_addresses *a, uint8_t family);
/* The gateway of AF_INET or AF_INET6, or NULL. */
const struct ip_addr *config_gateway(const struct config *c, uint8_t family);

/* The node named `name`, or NULL. */
const struct config_node *config_find_node(const struct config *c, const char *name);
/* The node that this host runs as. `option` (--node) names it; if that is NULL, the host name does,
 * first whole, then up to its first dot. NULL: the file has no such node. */
const struct config_node *config_self(const struct config *c, const char *option,
				      const char *hostname);

/* "node 'alpha'", or "this node" if its name could not be read. Returns buf. */
#define CONFIG_LABEL_SIZE (CONFIG_NAME_MAX + 8)
char *config_node_label(const struct config_node *node, char *buf);
#define LABEL(node) config_node_label((node), (char[CONFIG_LABEL_SIZE]){ 0 })

/* The interval `ms` as in the file: "1s", "250ms", "0". Returns buf. */
#define CONFIG_INTERVAL_SIZE 16
char *config_interval_text(unsigned ms, char buf[CONFIG_INTERVAL_SIZE]);

/* The spelling of each value, as in the file. */
const char *config_dedicated_mac_name(enum config_dedicated_mac v);
const char *config_source_mac_name(enum config_source_mac v);
const char *config_arp_name(enum config_arp v);
const char *config_advertise_name(enum config_advertise v);
const char *config_datapath_name(enum config_datapath v);
const char *config_neigh_name(enum config_neigh v);
const char *config_shares_name(enum config_shares v);
const char *config_affinity_name(enum config_affinity v);
const char *config_no_quorum_name(enum config_no_quorum v);

/* Lists of values, NULL-terminated; the index is the value of the enum. */
extern const char *const config_dedicated_mac_values[];
extern const char *const config_source_mac_values[];
extern const char *const config_arp_values[];
extern const char *const config_advertise_values[];
extern const char *const config_datapath_values[];
extern const char *const config_neigh_values[];
extern const char *const config_shares_values[];
extern const char *const config_affinity_values[];
extern const char *const config_no_quorum_values[];
extern const char *const config_flag_values[];

#endif
