/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config: free a configuration, find its nodes, and spell its values; see config.h. */
#include "config/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

void config_free(struct config *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->node_count; i++)
		free(c->nodes[i].address.list);
	free(c->nodes);
	free(c->address.list);
	free(c);
}

enum config_family config_family_index(uint8_t family)
{
	return family == AF_INET6 ? CONFIG_IPV6 : CONFIG_IPV4;
}

const char *config_family_name(enum config_family index)
{
	return index == CONFIG_IPV6 ? "IPv6" : "IPv4";
}

bool config_has_family(const struct config_addresses *a, uint8_t family)
{
	for (size_t i = 0; i < a->count; i++) {
		if (a->list[i].addr.family == family)
			return true;
	}
	return false;
}

const struct ip_addr *config_gateway(const struct config *c, uint8_t family)
{
	const struct ip_addr *gateway = &c->gateway[config_family_index(family)];

	return gateway->family ? gateway : NULL;
}

static const struct config_node *find_node(const struct config *c, const char *name, size_t length)
{
	for (size_t i = 0; i < c->node_count; i++) {
		const char *candidate = c->nodes[i].name;

		if (strlen(candidate) == length && memcmp(candidate, name, length) == 0)
			return &c->nodes[i];
	}
	return NULL;
}

const struct config_node *config_find_node(const struct config *c, const char *name)
{
	return find_node(c, name, strlen(name));
}

const struct config_node *config_self(const struct config *c, const char *option,
				      const char *hostname)
{
	const struct config_node *node;

	if (option)
		return config_find_node(c, option);
	if (!hostname)
		return NULL;
	node = config_find_node(c, hostname);
	return node ? node : find_node(c, hostname, strcspn(hostname, "."));
}

char *config_node_label(const struct config_node *node, char *buf)
{
	if (node->name[0])
		snprintf(buf, CONFIG_LABEL_SIZE, "node '%s'", node->name);
	else
		snprintf(buf, CONFIG_LABEL_SIZE, "this node");
	return buf;
}

/* --- the spelling of each value --- */

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
const char *const config_shares_values[] = {
	[CONFIG_SHARES_NONE] = "none",
	[CONFIG_SHARES_STATIC] = "static",
	[CONFIG_SHARES_DRIVEN] = "driven",
	NULL,
};
const char *const config_affinity_values[] = {
	[AFFINITY_CONNECTION] = "connection",
	[AFFINITY_CLIENT] = "client",
	[AFFINITY_NETWORK] = "network",
	NULL,
};
const char *const config_no_quorum_values[] = {
	[NO_QUORUM_STOP] = "stop",
	[NO_QUORUM_SERVE] = "serve",
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

const char *config_shares_name(enum config_shares v)
{
	return config_shares_values[v];
}

char *config_interval_text(unsigned ms, char buf[CONFIG_INTERVAL_SIZE])
{
	if (ms % 1000)
		snprintf(buf, CONFIG_INTERVAL_SIZE, "%ums", ms);
	else
		snprintf(buf, CONFIG_INTERVAL_SIZE, ms ? "%us" : "0", ms / 1000);
	return buf;
}

const char *config_affinity_name(enum config_affinity v)
{
	return config_affinity_values[v];
}

const char *config_no_quorum_name(enum config_no_quorum v)
{
	return config_no_quorum_values[v];
}
