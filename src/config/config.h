/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config: clusterarpd.conf (SPEC 6) into a checked, fully resolved structure.
 *
 * A file is read as a whole or not at all: every mistake is reported with its
 * line, and only a file without any gives a struct config. What comes out needs no
 * further defaults: every MAC is worked out (SPEC 3), `auto` only remains where the
 * host decides (mtu, datapath).
 */
#ifndef CLUSTERARPD_CONFIG_CONFIG_H
#define CLUSTERARPD_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/addr.h"

#define CONFIG_IFNAME_MAX 15    /* IFNAMSIZ less the NUL */
#define CONFIG_MTU_MAX    65521 /* what a TAP device takes */
#define CONFIG_NAME_MAX   44    /* inih cuts "node NAME" at 49 */

enum config_dedicated_mac { DEDICATED_MAC_UNICAST, DEDICATED_MAC_MULTICAST };
enum config_source_mac { SOURCE_MAC_DEDICATED, SOURCE_MAC_MASKED, SOURCE_MAC_CLUSTER };
enum config_arp { ARP_BROADCAST, ARP_DIRECTED };
enum config_advertise { ADVERTISE_PEERS, ADVERTISE_ALL };
enum config_datapath { DATAPATH_AUTO, DATAPATH_KERNEL, DATAPATH_USER };
enum config_neigh { NEIGH_LEARN, NEIGH_SEED, NEIGH_PIN };

/* The spelling of each value, as in the file. */
const char *config_dedicated_mac_name(enum config_dedicated_mac v);
const char *config_source_mac_name(enum config_source_mac v);
const char *config_arp_name(enum config_arp v);
const char *config_advertise_name(enum config_advertise v);
const char *config_datapath_name(enum config_datapath v);
const char *config_neigh_name(enum config_neigh v);

struct config_addresses {
	struct ip_prefix *list; /* in file order */
	size_t count;
};

struct config_node {
	char name[CONFIG_NAME_MAX + 1];
	struct config_addresses address; /* dedicated addresses */
	struct mac dedicated;            /* resolved dedicated MAC */
	struct mac source;               /* resolved wire source MAC */
	unsigned id;                     /* 1..190, 0 = not given */
	unsigned line;                   /* of its section header */
};

struct config {
	char interface[CONFIG_IFNAME_MAX + 1];
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
	struct ip_addr gateway;    /* AF_UNSPEC: none */
	unsigned mtu;              /* 0 = auto */
	struct config_node *nodes; /* in file order */
	size_t node_count;

	/* Lines of keys that later checks may have to name; 0 = not in the file. */
	unsigned first_ipv6_line;
};

/* What is wrong with a file. */
struct config_message {
	bool is_error; /* else a warning */
	unsigned line; /* 0: of the file as a whole */
	char *text;
};

struct config_report {
	struct config_message *list; /* sorted by line */
	size_t count;
	size_t errors;
};

/* Read a configuration. Returns it (free with config_free) when there was no
 * error, else NULL. `report` (zeroed by the caller; config_report_clear after)
 * receives every error and warning, in both cases. Reads `stream` to its end and
 * leaves it open. */
struct config *config_read(FILE *stream, struct config_report *report);
void config_free(struct config *c);

/* Add a message; printf-like. Later checks outside this module (the node that a
 * host is, what this version supports) report through it too. */
void config_report_add(struct config_report *r, bool is_error, unsigned line, const char *format,
		       ...) __attribute__((format(printf, 4, 5)));
void config_report_clear(struct config_report *r);
/* One line a message: "FILE:LINE: error: …", or "FILE: error: …" for line 0. */
void config_report_print(const struct config_report *r, const char *file, FILE *out);

/* The node named `name`, or NULL. */
const struct config_node *config_find_node(const struct config *c, const char *name);
/* The node that a host is: `option` (--node) if not NULL, else the host name,
 * whole, then up to its first dot. NULL: the file has no such node. */
const struct config_node *config_self(const struct config *c, const char *option,
				      const char *hostname);

/* Reports, as errors at their lines, the settings that SPEC 6 knows and this
 * version cannot carry out yet. Returns their number. */
size_t config_unsupported(const struct config *c, struct config_report *report);

/* Write what the file resolves to, in the file's own syntax, readable by
 * config_read() again. */
void config_print(const struct config *c, FILE *out);

#endif
