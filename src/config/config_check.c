/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config_check: checks that need the whole file: missing settings, duplicates, and combinations
 * that are not allowed.
 */
#include "config/config_check.h"

#include <string.h>
#include <sys/socket.h>

#include "config/config_macs.h"
#include "config/config_networks.h"
#include "config/config_seen.h"
#include "config/config_words.h"

/* --- missing settings --- */

static void check_sections(struct draft *d)
{
	if (!d->has_content) {
		config_report_add(
			d->report, true, 0,
			"the file is empty: it needs [cluster], and [node NAME] for each node");
		d->lost = SECTION_CLUSTER | SECTION_NODE | SECTION_COROSYNC;
	}
	if (!d->cluster.line) {
		if (!(d->lost & SECTION_CLUSTER))
			config_report_add(d->report, true, 0, "no [cluster] section");
		d->cluster.bad = ~0u; /* report none of its keys as missing or wrong */
	}
	if (!d->config->node_count && !(d->lost & SECTION_NODE))
		config_report_add(d->report, true, 0,
				  "no [node NAME] section: each node of the cluster needs one");
}

static void check_required(struct draft *d)
{
	if (key_missing(&d->cluster, KEY_INTERFACE))
		config_report_add(
			d->report, true, d->cluster.line,
			"[cluster] has no interface: name the NIC, as in interface = eth0");
	if (key_missing(&d->cluster, KEY_ADDRESS))
		config_report_add(d->report, true, d->cluster.line,
				  "[cluster] has no address: set one, as in"
				  " address = 12.12.4.100/24");
	for (size_t i = 0; i < d->config->node_count; i++) {
		const struct config_node *node = &d->config->nodes[i];

		if (key_missing(&d->nodes[i], KEY_ADDRESS))
			config_report_add(d->report, true, node->line,
					  "%s has no address: set one, as in"
					  " address = 12.12.4.101/24",
					  LABEL(node));
	}
}

static void check_interfaces(struct draft *d)
{
	const struct config *c = d->config;
	const struct section *s = &d->cluster;

	if (!key_good(s, KEY_INTERFACE) || key_bad(s, KEY_TAP) || strcmp(c->interface, c->tap) != 0)
		return;
	if (s->key_line[KEY_TAP])
		config_report_add(
			d->report, true, s->key_line[KEY_TAP],
			"tap = '%s' is also the interface (line %u): the TAP needs another name",
			c->tap, s->key_line[KEY_INTERFACE]);
	else
		config_report_add(d->report, true, s->key_line[KEY_INTERFACE],
				  "interface = '%s' is the default name of the TAP:"
				  " name the NIC here, or set another name with tap =",
				  c->interface);
}

/* --- duplicates --- */

/* The keys of one node may be spread over two sections of the same name. The mistake is then the
 * duplicate section, not the keys that each section lacks. */
static void forgive_missing(struct section *s)
{
	if (!s->key_line[KEY_ADDRESS])
		s->bad |= 1u << KEY_ADDRESS;
	if (!s->key_line[KEY_ID])
		s->bad |= 1u << KEY_ID;
}

static void check_names(struct draft *d)
{
	struct seen *table = NULL;

	for (size_t i = 0; i < d->config->node_count; i++) {
		const struct config_node *node = &d->config->nodes[i];
		struct holder holder = { .line = node->line, .node = node };
		const struct holder *first;

		if (!node->name[0])
			continue;
		first = config_seen_add(&table, node->name, strlen(node->name), &holder, d->report);
		if (!first)
			continue;
		config_report_add(d->report, true, node->line,
				  "duplicate node '%s': the first is at line %u", node->name,
				  first->line);
		forgive_missing(&d->nodes[i]);
		forgive_missing(&d->nodes[first->node - d->config->nodes]);
	}
	config_seen_clear(&table);
}

static void check_ids(struct draft *d)
{
	unsigned first_line[CONFIG_ID_MAX + 1] = { 0 };

	for (size_t i = 0; i < d->config->node_count; i++) {
		unsigned id = d->config->nodes[i].id, line = d->nodes[i].key_line[KEY_ID];

		if (!id)
			continue;
		if (first_line[id])
			config_report_add(d->report, true, line,
					  "duplicate id %u: the first is at line %u", id,
					  first_line[id]);
		else
			first_line[id] = line;
	}
}

static void check_addresses_of(struct draft *d, struct seen **table,
			       const struct config_addresses *a, const struct section *s,
			       const struct config_node *node)
{
	char text[IP_STRLEN];

	for (size_t i = 0; i < a->count; i++) {
		const struct ip_addr *ip = &a->list[i].addr;
		struct holder holder = { .line = s->address_line[i], .node = node };
		const struct holder *first =
			config_seen_add(table, ip, sizeof(*ip), &holder, d->report);

		if (!first)
			continue;
		if (node && !first->node)
			config_report_add(d->report, true, holder.line,
					  "address %s is also a cluster address, at line %u:"
					  " a dedicated address must belong to one node only",
					  ip_format(ip, text), first->line);
		else
			config_report_add(d->report, true, holder.line,
					  "duplicate address %s: the first is at line %u",
					  ip_format(ip, text), first->line);
	}
}

static void check_addresses(struct draft *d)
{
	struct config *c = d->config;
	struct seen *table = NULL;

	check_addresses_of(d, &table, &c->address, &d->cluster, NULL);
	for (size_t i = 0; i < c->node_count; i++)
		check_addresses_of(d, &table, &c->nodes[i].address, &d->nodes[i], &c->nodes[i]);
	config_seen_clear(&table);
}

/* --- combinations that are not allowed --- */

/* Check an explicit source_mac = dedicated. If dedicated_mac makes all MACs group addresses, one
 * message is enough (the report drops repeated ones). A node that sets a group address with `mac =`
 * gets its own message. */
static void check_group_source(struct draft *d)
{
	unsigned line = d->cluster.key_line[KEY_SOURCE_MAC];

	if (!key_good(&d->cluster, KEY_SOURCE_MAC) || d->config->source_mac != SOURCE_MAC_DEDICATED)
		return;
	for (size_t i = 0; i < d->config->node_count; i++) {
		const struct section *s = &d->nodes[i];
		char text[MAC_STRLEN];

		if (!config_has_group_mac(d, i))
			continue;
		if (s->has_mac)
			config_report_add(d->report, true, s->key_line[KEY_MAC],
					  "mac = %s is a group address, which cannot be an Ethernet"
					  " source (source_mac = dedicated, line %u)",
					  mac_format(&s->mac, text), line);
		else
			config_report_add(d->report, true, line,
					  "source_mac = dedicated needs individual dedicated MACs:"
					  " a group address cannot be an Ethernet source, and"
					  " dedicated_mac = multicast (line %u) makes group"
					  " addresses",
					  d->cluster.key_line[KEY_DEDICATED_MAC]);
	}
}

/* Report `choice`, set at `line`, which needs individual MACs, if a node has a group MAC. */
static void need_individual(struct draft *d, const char *choice, unsigned line)
{
	const struct config_node *node = config_find_group_mac(d);

	if (node)
		config_report_add(d->report, true, line,
				  "%s needs individual dedicated MACs, but %s (line %u) has a group"
				  " MAC: use dedicated_mac = unicast, or set an individual one with"
				  " mac =",
				  choice, LABEL(node), node->line);
}

static void check_strict(struct draft *d)
{
	const struct config *c = d->config;
	unsigned line = d->cluster.key_line[KEY_STRICT];

	need_individual(d, "strict = yes", line);
	if (c->arp != ARP_DIRECTED && !key_bad(&d->cluster, KEY_ARP))
		config_report_add(d->report, true, line,
				  "strict = yes needs arp = directed: broadcast requests put the"
				  " dedicated MACs into the ARP caches of outsiders");
	if (c->advertise == ADVERTISE_ALL)
		config_report_add(
			d->report, true, line,
			"strict = yes cannot be combined with advertise = all (line %u): outsiders"
			" would use the dedicated MACs, and their frames would be dropped",
			d->cluster.key_line[KEY_ADVERTISE]);
}

/* Nodes whose weights are all 0 have no share to answer in. With a driver, each can ask for another
 * weight. */
static void check_weights(struct draft *d)
{
	const struct config *c = d->config;
	unsigned line = d->cluster.key_line[KEY_SHARES];

	if (c->shares != CONFIG_SHARES_STATIC || !c->node_count)
		return;
	for (size_t i = 0; i < c->node_count; i++) {
		if (c->nodes[i].weight || key_bad(&d->nodes[i], KEY_WEIGHT))
			return;
	}
	config_report_add(d->report, true, line,
			  "shares = static, but every node has weight = 0: nobody would answer");
}

/* Settings of shares (SPEC 11) where there are none. One message for all weights. Defaults that the
 * file spells out are well: the output of -t does so. */
static void warn_of_shares(struct draft *d)
{
	static const char text[] = "%s has no effect with shares = none: all nodes answer";
	const struct section *s = &d->cluster;

	if (d->config->shares != CONFIG_SHARES_NONE || key_bad(s, KEY_SHARES))
		return;
	if (key_good(s, KEY_AFFINITY) && d->config->affinity != AFFINITY_CONNECTION)
		config_report_add(d->report, false, s->key_line[KEY_AFFINITY], text, "affinity");
	for (size_t i = 0; i < d->config->node_count; i++) {
		if (!key_good(&d->nodes[i], KEY_WEIGHT) || d->config->nodes[i].weight == 1)
			continue;
		config_report_add(d->report, false, d->nodes[i].key_line[KEY_WEIGHT], text,
				  "weight");
		return;
	}
}

/* --- [corosync] --- */

static void check_corosync_ids(struct draft *d)
{
	struct seen *table = NULL;

	for (size_t i = 0; i < d->config->node_count; i++) {
		const struct config_node *node = &d->config->nodes[i];
		struct holder holder = { .line = d->nodes[i].key_line[KEY_COROSYNC_ID],
					 .node = node };
		const struct holder *first;

		if (!node->corosync_id)
			continue;
		first = config_seen_add(&table, &node->corosync_id, sizeof(node->corosync_id),
					&holder, d->report);
		if (first)
			config_report_add(d->report, true, holder.line,
					  "duplicate corosync_id %u: the first is at line %u",
					  node->corosync_id, first->line);
	}
	config_seen_clear(&table);
}

/* A driver without shares to drive. */
static void check_corosync_shares(struct draft *d)
{
	unsigned line = d->cluster.key_line[KEY_SHARES];

	if (d->config->shares == CONFIG_SHARES_DRIVEN || key_bad(&d->cluster, KEY_SHARES))
		return;
	if (line)
		config_report_add(d->report, true, d->corosync.line,
				  "[corosync] needs shares = driven: with shares = %s (line %u) no"
				  " node takes orders",
				  config_shares_name(d->config->shares), line);
	else
		config_report_add(d->report, true, d->corosync.line,
				  "[corosync] needs shares = driven in [cluster]");
}

/* corosync_id without its section. One message for all. */
static void warn_of_corosync_ids(struct draft *d)
{
	if (d->lost & SECTION_COROSYNC)
		return;
	for (size_t i = 0; i < d->config->node_count; i++) {
		if (!key_good(&d->nodes[i], KEY_COROSYNC_ID))
			continue;
		config_report_add(d->report, false, d->nodes[i].key_line[KEY_COROSYNC_ID],
				  "corosync_id has no effect without a section [corosync]");
		return;
	}
}

static void check_corosync(struct draft *d)
{
	check_corosync_ids(d);
	if (!d->corosync.line) {
		warn_of_corosync_ids(d);
		return;
	}
	d->config->corosync.is_set = true;
	check_corosync_shares(d);
	if (d->config->node_count == 2 && !(d->lost & SECTION_NODE))
		config_report_add(
			d->report, false, d->corosync.line,
			"with two nodes a split cannot be told from a death: corosync"
			" needs a qdevice, or the nodes fencing; neither is known from this"
			" file (clusterarpd-corosync -t asks corosync)");
}

/* Settings that are valid, but seldom right. */
static void check_warnings(struct draft *d)
{
	const struct config *c = d->config;
	const struct section *s = &d->cluster;

	if (key_good(s, KEY_INTERFACE) && strpbrk(c->interface, "*?"))
		config_report_add(d->report, false, s->key_line[KEY_INTERFACE],
				  "interface = %s: '*' and '?' stand for themselves here:"
				  " write the NIC's whole name",
				  c->interface);
	if (key_good(s, KEY_SOURCE_MAC) && c->source_mac == SOURCE_MAC_CLUSTER)
		config_report_add(d->report, false, s->key_line[KEY_SOURCE_MAC],
				  "source_mac = cluster needs a switch that does not learn MACs:"
				  " any other delivers frames for the cluster only to the node that"
				  " sent last");
	warn_of_shares(d);
}

static void check_choices(struct draft *d)
{
	check_group_source(d);
	if (d->config->advertise == ADVERTISE_ALL)
		need_individual(d, "advertise = all", d->cluster.key_line[KEY_ADVERTISE]);
	if (d->config->strict)
		check_strict(d);
	check_weights(d);
}

/* --- the gateways --- */

/* A gateway while it is checked. */
struct gateway {
	const struct ip_addr *ip;
	char text[IP_STRLEN];
	unsigned line;
};

static bool holds(const struct config_addresses *a, const struct ip_addr *ip)
{
	for (size_t i = 0; i < a->count; i++) {
		if (ip_equal(&a->list[i].addr, ip))
			return true;
	}
	return false;
}

/* False after a report: the gateway is an address of the cluster or of a node. */
static bool check_gateway_is_free(struct draft *d, const struct gateway *g)
{
	const struct config *c = d->config;
	size_t errors_before = d->report->errors;

	if (holds(&c->address, g->ip))
		config_report_add(d->report, true, g->line, "gateway = %s is a cluster address",
				  g->text);
	for (size_t i = 0; i < c->node_count; i++) {
		const struct config_node *node = &c->nodes[i];

		if (holds(&node->address, g->ip))
			config_report_add(d->report, true, g->line,
					  "gateway = %s is an address of %s (line %u)", g->text,
					  LABEL(node), node->line);
	}
	return d->report->errors == errors_before &&
	       config_macs_check_maker(d, "gateway =", g->ip, NULL, g->line);
}

/* False after a report: the gateway is the network or broadcast address of a prefix. */
static bool check_gateway_in(struct draft *d, const struct gateway *g,
			     const struct config_addresses *a, const struct section *s)
{
	for (size_t i = 0; i < a->count; i++) {
		struct ip_prefix gateway = { *g->ip, a->list[i].len };
		char prefix[PREFIX_STRLEN];
		const char *edge;

		if (!prefix_contains(&a->list[i], g->ip))
			continue;
		edge = config_networks_edge(&gateway);
		if (!edge)
			continue;
		config_report_add(d->report, true, g->line, "gateway = %s is %s (%s, line %u)",
				  g->text, edge, prefix_format(&a->list[i], prefix),
				  s->address_line[i]);
		return false;
	}
	return true;
}

static void refuse_unreached(struct draft *d, const struct gateway *g,
			     const struct config_node *node)
{
	if (!config_has_family(&node->address, g->ip->family))
		config_report_add(
			d->report, true, g->line,
			"gateway = %s: %s (line %u) has no %s address of its own: it could"
			" not use the gateway",
			g->text, LABEL(node), node->line,
			config_family_name(config_family_index(g->ip->family)));
	else if (config_networks_find(&d->config->address, g->ip))
		config_report_add(d->report, true, g->line,
				  "gateway = %s is in no prefix of %s (line %u), and the cluster's"
				  " prefix gives no route there: the node could not reach it",
				  g->text, LABEL(node), node->line);
	else
		config_report_add(d->report, true, g->line,
				  "gateway = %s is in no prefix of %s (line %u) or of the"
				  " cluster: the node could not reach it",
				  g->text, LABEL(node), node->line);
}

/* The gateway must be on-link for every node. One message is enough. A link-local gateway is: the
 * TAP has a link-local address. */
static void check_gateway_is_reached(struct draft *d, const struct gateway *g)
{
	const struct config *c = d->config;

	for (size_t i = 0; i < c->node_count && !ip_is_link_local(g->ip); i++) {
		if (!key_good(&d->nodes[i], KEY_ADDRESS) ||
		    config_networks_reach(c, &c->nodes[i], g->ip))
			continue;
		refuse_unreached(d, g, &c->nodes[i]);
		return;
	}
}

static void check_gateway(struct draft *d, const struct gateway *g)
{
	const struct config *c = d->config;
	bool good = check_gateway_is_free(d, g) && check_gateway_in(d, g, &c->address, &d->cluster);

	for (size_t i = 0; i < c->node_count && good; i++)
		good = check_gateway_in(d, g, &c->nodes[i].address, &d->nodes[i]);
	if (good && !key_bad(&d->cluster, KEY_ADDRESS))
		check_gateway_is_reached(d, g);
}

static void check_gateways(struct draft *d)
{
	for (size_t i = 0; i < CONFIG_FAMILIES; i++) {
		struct gateway g = { .ip = &d->config->gateway[i], .line = d->gateway_line[i] };

		if (!g.ip->family)
			continue;
		ip_format(g.ip, g.text);
		check_gateway(d, &g);
	}
}

static void check_mtu(struct draft *d)
{
	const struct config *c = d->config;
	bool ipv6 = config_gateway(c, AF_INET6) || config_has_family(&c->address, AF_INET6);

	for (size_t i = 0; i < c->node_count && !ipv6; i++)
		ipv6 = config_has_family(&c->nodes[i].address, AF_INET6);
	if (ipv6 && c->mtu && c->mtu < CONFIG_MTU_MIN_IPV6)
		config_report_add(d->report, true, d->cluster.key_line[KEY_MTU],
				  "mtu = %u is too small for IPv6: at least %d", c->mtu,
				  CONFIG_MTU_MIN_IPV6);
}

void config_check(struct draft *d)
{
	check_sections(d);
	check_names(d);
	check_required(d);
	check_interfaces(d);
	check_ids(d);
	check_addresses(d);
	config_macs_resolve(d);
	check_choices(d);
	config_networks_check(d);
	check_gateways(d);
	check_mtu(d);
	check_corosync(d);
	check_warnings(d);
}
