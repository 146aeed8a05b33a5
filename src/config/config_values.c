/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config_values: the spelling of each value; see config_values.h. */
#include "config/config_values.h"

#include <stdbool.h>
#include <stddef.h>

const char *const config_dedicated_mac_values[] = {
	[DEDICATED_MAC_UNICAST] = "unicast",
	[DEDICATED_MAC_MULTICAST] = "multicast",
	NULL,
};
const char *const config_source_mac_values[] = {
	[SOURCE_MAC_DEDICATED] = "dedicated",
	[SOURCE_MAC_MASKED] = "masked",
	[SOURCE_MAC_CLUSTER] = "cluster",
	NULL,
};
const char *const config_arp_values[] = {
	[ARP_BROADCAST] = "broadcast",
	[ARP_DIRECTED] = "directed",
	NULL,
};
const char *const config_advertise_values[] = {
	[ADVERTISE_PEERS] = "peers",
	[ADVERTISE_ALL] = "all",
	NULL,
};
const char *const config_datapath_values[] = {
	[DATAPATH_AUTO] = "auto",
	[DATAPATH_KERNEL] = "kernel",
	[DATAPATH_USER] = "user",
	NULL,
};
const char *const config_neigh_values[] = {
	[NEIGH_LEARN] = "learn",
	[NEIGH_SEED] = "seed",
	[NEIGH_PIN] = "pin",
	NULL,
};
const char *const config_flag_values[] = { [false] = "no", [true] = "yes", NULL };

const char *config_dedicated_mac_name(enum config_dedicated_mac v)
{
	return config_dedicated_mac_values[v];
}

const char *config_source_mac_name(enum config_source_mac v)
{
	return config_source_mac_values[v];
}

const char *config_arp_name(enum config_arp v)
{
	return config_arp_values[v];
}

const char *config_advertise_name(enum config_advertise v)
{
	return config_advertise_values[v];
}

const char *config_datapath_name(enum config_datapath v)
{
	return config_datapath_values[v];
}

const char *config_neigh_name(enum config_neigh v)
{
	return config_neigh_values[v];
}
