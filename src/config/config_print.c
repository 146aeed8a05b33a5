/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config_print: a configuration in the syntax of its file; see config_print.h. */
#include "config/config_print.h"

static void print_key(FILE *out, const char *key, const char *value)
{
	fprintf(out, "%-13s = %s\n", key, value);
}

/* One line per address, so that no line gets too long. */
static void print_addresses(FILE *out, const struct config_addresses *a)
{
	char text[PREFIX_STRLEN];

	for (size_t i = 0; i < a->count; i++)
		print_key(out, "address", prefix_format(&a->list[i], text));
}

static void print_mac(FILE *out, const struct mac *mac)
{
	char text[MAC_STRLEN];

	print_key(out, "mac", mac_format(mac, text));
}

static void print_gateways(FILE *out, const struct config *c)
{
	char text[IP_STRLEN];

	for (size_t i = 0; i < CONFIG_FAMILIES; i++) {
		if (c->gateway[i].family)
			print_key(out, "gateway", ip_format(&c->gateway[i], text));
	}
}

static void print_mtu(FILE *out, const struct config *c)
{
	char text[16];

	if (c->mtu)
		snprintf(text, sizeof(text), "%u", c->mtu);
	else
		snprintf(text, sizeof(text), "auto");
	print_key(out, "mtu", text);
}

static void print_cluster(FILE *out, const struct config *c)
{
	char interval[CONFIG_INTERVAL_SIZE];

	fprintf(out, "[cluster]\n");
	print_key(out, "interface", c->interface);
	print_key(out, "tap", c->tap);
	print_addresses(out, &c->address);
	print_mac(out, &c->mac);
	print_key(out, "dedicated_mac", config_dedicated_mac_name(c->dedicated_mac));
	print_key(out, "source_mac", config_source_mac_name(c->source_mac));
	print_key(out, "arp", config_arp_name(c->arp));
	print_key(out, "advertise", config_advertise_name(c->advertise));
	print_key(out, "strict", config_flag_values[c->strict]);
	print_key(out, "datapath", config_datapath_name(c->datapath));
	print_key(out, "neigh", config_neigh_name(c->neigh));
	print_key(out, "adopt", config_flag_values[c->adopt]);
	print_key(out, "forward", config_flag_values[c->forward]);
	print_key(out, "shares", config_shares_name(c->shares));
	print_key(out, "affinity", config_affinity_name(c->affinity));
	print_key(out, "liveness", config_interval_text(c->liveness, interval));
	print_gateways(out, c);
	print_mtu(out, c);
}

static void print_corosync(FILE *out, const struct config_corosync *corosync)
{
	fprintf(out, "\n[corosync]\n");
	print_key(out, "group", corosync->group);
	print_key(out, "no_quorum", config_no_quorum_name(corosync->no_quorum));
}

static void print_node(FILE *out, const struct config_node *n)
{
	char text[IP_STRLEN];

	fprintf(out, "\n[node %s]\n", n->name);
	print_addresses(out, &n->address);
	print_mac(out, &n->dedicated);
	if (n->id)
		fprintf(out, "%-13s = %u\n", "id", n->id);
	fprintf(out, "%-13s = %u\n", "weight", n->weight);
	if (n->corosync_id)
		fprintf(out, "%-13s = %u\n", "corosync_id", n->corosync_id);
	fprintf(out, "; wire source MAC: %s\n", mac_format(&n->source, text));
	fprintf(out, "; IPv6 link-local address: %s\n", ip_format(&n->link_local, text));
}

void config_print(const struct config *c, FILE *out)
{
	print_cluster(out, c);
	if (c->corosync.is_set)
		print_corosync(out, &c->corosync);
	for (size_t i = 0; i < c->node_count; i++)
		print_node(out, &c->nodes[i]);
}
