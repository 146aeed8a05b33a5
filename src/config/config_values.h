/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config_values: the values of the keys that take a word, and how the file spells them.
 */
#ifndef CLUSTERARPD_CONFIG_CONFIG_VALUES_H
#define CLUSTERARPD_CONFIG_CONFIG_VALUES_H

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

/* Lists of values, NULL-terminated; the index is the value of the enum. */
extern const char *const config_dedicated_mac_values[];
extern const char *const config_source_mac_values[];
extern const char *const config_arp_values[];
extern const char *const config_advertise_values[];
extern const char *const config_datapath_values[];
extern const char *const config_neigh_values[];
extern const char *const config_flag_values[];

#endif
