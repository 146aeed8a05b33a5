/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config_macs: resolves the MAC addresses of a configuration (SPEC 3), and finds duplicates. A MAC
 * that cannot be resolved because of another mistake stays zero and is not compared.
 */
#include "config/config_macs.h"

#include <sys/socket.h>

#include "config/config_seen.h"

#define CLUSTER_MAC_BEGIN   0x02, 0xbf
#define UNICAST_MAC_BEGIN   0x06, 0xbf
#define MULTICAST_MAC_BEGIN 0x03, 0xbf
#define MASKED_MAC_BEGIN    0x02

static const struct ip_addr *first_ipv4(const struct config_addresses *a)
{
	for (size_t i = 0; i < a->count; i++) {
		if (a->list[i].addr.family == AF_INET)
			return &a->list[i].addr;
	}
	return NULL;
}

/* True if `mac = auto` can be resolved. Mistakes in the addresses have been reported already. */
static bool can_derive(const struct section *s)
{
	return !key_bad(s, KEY_MAC) && key_good(s, KEY_ADDRESS);
}

/* Report that there is no IPv4 address to derive the MAC from, with a MAC that would do: from the
 * last four bytes of the first address, so that each node's is another. */
static void need_mac(struct draft *d, const char *of, unsigned line,
		     const struct config_addresses *a, struct mac begin)
{
	struct ip_addr tail = ip_from_ipv4_bytes(&a->list[0].addr.b[12]);
	struct mac mac = mac_from_ipv4(begin.b[0], begin.b[1], &tail);
	char text[MAC_STRLEN];

	config_report_add(
		d->report, true, line,
		"%s has no IPv4 address to derive a MAC from: set the MAC, as in mac = %s", of,
		mac_format(&mac, text));
}

static void resolve_cluster(struct draft *d)
{
	const struct ip_addr *ip = first_ipv4(&d->config->address);

	if (d->cluster.has_mac)
		d->config->mac = d->cluster.mac;
	else if (can_derive(&d->cluster) && ip)
		d->config->mac = mac_from_ipv4(CLUSTER_MAC_BEGIN, ip);
	else if (can_derive(&d->cluster))
		need_mac(d, "[cluster]", d->cluster.line, &d->config->address,
			 (struct mac){ { CLUSTER_MAC_BEGIN } });
}

static void resolve_dedicated(struct draft *d, size_t i)
{
	struct config_node *node = &d->config->nodes[i];
	const struct ip_addr *ip = first_ipv4(&node->address);
	struct mac begin = { { UNICAST_MAC_BEGIN } };

	if (d->config->dedicated_mac == DEDICATED_MAC_MULTICAST)
		begin = (struct mac){ { MULTICAST_MAC_BEGIN } };
	if (d->nodes[i].has_mac)
		node->dedicated = d->nodes[i].mac;
	else if (can_derive(&d->nodes[i]) && ip)
		node->dedicated = mac_from_ipv4(begin.b[0], begin.b[1], ip);
	else if (can_derive(&d->nodes[i]))
		need_mac(d, LABEL(node), node->line, &node->address, begin);
	node->link_local = ip_link_local_of(&node->dedicated);
}

bool config_has_group_mac(const struct draft *d, size_t i)
{
	if (d->nodes[i].has_mac)
		return mac_is_group(&d->nodes[i].mac);
	return !key_bad(&d->nodes[i], KEY_MAC) &&
	       d->config->dedicated_mac == DEDICATED_MAC_MULTICAST;
}

const struct config_node *config_find_group_mac(const struct draft *d)
{
	for (size_t i = 0; i < d->config->node_count; i++) {
		if (config_has_group_mac(d, i))
			return &d->config->nodes[i];
	}
	return NULL;
}

static struct mac masked_mac(const struct mac *cluster, unsigned id)
{
	struct mac mac = *cluster;

	mac.b[0] = MASKED_MAC_BEGIN;
	mac.b[1] = (uint8_t)id;
	return mac;
}

static void resolve_masked(struct draft *d, size_t i)
{
	struct config_node *node = &d->config->nodes[i];

	if (node->id && !mac_is_zero(&d->config->mac))
		node->source = masked_mac(&d->config->mac, node->id);
	if (key_missing(&d->nodes[i], KEY_ID))
		config_report_add(d->report, true, node->line,
				  "%s has no id (1 to %d): source_mac = masked%s derives"
				  " the Ethernet source from it",
				  LABEL(node), CONFIG_ID_MAX,
				  key_good(&d->cluster, KEY_SOURCE_MAC)
					  ? ""
					  : " (the default with group MACs)");
}

static void resolve_sources(struct draft *d)
{
	struct config *c = d->config;

	if (key_bad(&d->cluster, KEY_SOURCE_MAC))
		return;
	if (!d->cluster.key_line[KEY_SOURCE_MAC])
		c->source_mac = config_find_group_mac(d) ? SOURCE_MAC_MASKED : SOURCE_MAC_DEDICATED;
	for (size_t i = 0; i < c->node_count; i++) {
		if (c->source_mac == SOURCE_MAC_MASKED)
			resolve_masked(d, i);
		else if (c->source_mac == SOURCE_MAC_CLUSTER)
			c->nodes[i].source = c->mac;
		else
			c->nodes[i].source = c->nodes[i].dedicated;
	}
}

static const char *describe_holder(const struct holder *holder, char *buf, size_t size)
{
	static const char *const roles[] = {
		[HOLDS_CLUSTER] = "the cluster MAC",
		[HOLDS_DEDICATED] = "the dedicated MAC",
		[HOLDS_MASKED] = "the masked MAC",
	};

	if (holder->node)
		snprintf(buf, size, "%s of %s (line %u)", roles[holder->role], LABEL(holder->node),
			 holder->line);
	else
		snprintf(buf, size, "%s (line %u)", roles[holder->role], holder->line);
	return buf;
}

/* Report that `a` and `b` have the same MAC, at the line that is easier to change: the id of a
 * masked MAC, or an explicit `mac =`. */
static void report_same_mac(struct draft *d, const struct mac *mac, const struct holder *a,
			    const struct holder *b)
{
	char text[MAC_STRLEN], other[CONFIG_LABEL_SIZE + 64];

	/* Derived from the same address or id: that duplicate has been reported already. */
	if (a->role == b->role && !a->is_explicit && !b->is_explicit)
		return;
	if (b->role != HOLDS_MASKED && !b->is_explicit) {
		const struct holder *swap = a;

		a = b;
		b = swap;
	}
	describe_holder(a, other, sizeof(other));
	mac_format(mac, text);
	if (b->role == HOLDS_MASKED)
		config_report_add(
			d->report, true, b->line,
			"id = %u gives the masked MAC %s, which is also %s: use another id",
			b->node->id, text, other);
	else
		config_report_add(d->report, true, b->line,
				  "mac = %s is also %s: each MAC must be unique", text, other);
}

static void check_mac(struct draft *d, struct seen **table, const struct mac *mac,
		      const struct holder *holder)
{
	const struct holder *first;

	if (mac_is_zero(mac))
		return;
	first = config_seen_add(table, mac, sizeof(*mac), holder, d->report);
	if (first)
		report_same_mac(d, mac, first, holder);
}

/* The holder of a section's cluster or dedicated MAC. */
static struct holder own_mac(const struct section *s, const struct config_node *node)
{
	struct holder holder = {
		.role = node ? HOLDS_DEDICATED : HOLDS_CLUSTER,
		.node = node,
		.is_explicit = s->has_mac,
		.line = s->has_mac ? s->key_line[KEY_MAC] : s->line,
	};

	return holder;
}

/* Report every MAC that is held twice. Masked MACs come last: in a conflict their id has to
 * change. */
static void check_macs(struct draft *d)
{
	const struct config *c = d->config;
	struct holder holder = own_mac(&d->cluster, NULL);
	struct seen *table = NULL;

	check_mac(d, &table, &c->mac, &holder);
	for (size_t i = 0; i < c->node_count; i++) {
		holder = own_mac(&d->nodes[i], &c->nodes[i]);
		check_mac(d, &table, &c->nodes[i].dedicated, &holder);
	}
	for (size_t i = 0; i < c->node_count && c->source_mac == SOURCE_MAC_MASKED; i++) {
		holder = (struct holder){ .role = HOLDS_MASKED,
					  .node = &c->nodes[i],
					  .line = d->nodes[i].key_line[KEY_ID] };
		check_mac(d, &table, &c->nodes[i].source, &holder);
	}
	config_seen_clear(&table);
}

/* --- IPv6 addresses that are made from a MAC (I9) --- */

/* Is the interface identifier of `ip` that of `mac`? */
static bool is_made_from(const struct ip_addr *ip, const struct mac *mac)
{
	struct ip_addr made, own;

	if (ip->family != AF_INET6 || mac_is_zero(mac))
		return false;
	made = ip_link_local_of(mac);
	made = ip_interface_id(&made);
	own = ip_interface_id(ip);
	return ip_equal(&own, &made);
}

bool config_macs_check_maker(struct draft *d, const char *what, const struct ip_addr *ip,
			     const struct config_node *holder, unsigned line)
{
	const struct config *c = d->config;
	char text[IP_STRLEN];

	if (is_made_from(ip, &c->mac)) {
		config_report_add(d->report, true, line,
				  "%s %s is made from the cluster MAC, which all nodes have: use"
				  " another address",
				  what, ip_format(ip, text));
		return false;
	}
	for (size_t i = 0; i < c->node_count; i++) {
		const struct config_node *node = &c->nodes[i];

		if (node == holder || !is_made_from(ip, &node->dedicated))
			continue;
		config_report_add(
			d->report, true, line,
			"%s %s is made from the dedicated MAC of %s (line %u), and belongs to"
			" that node",
			what, ip_format(ip, text), LABEL(node), node->line);
		return false;
	}
	return true;
}

static void check_makers_of(struct draft *d, const struct config_addresses *a,
			    const struct section *s, const struct config_node *holder)
{
	for (size_t i = 0; i < a->count; i++)
		config_macs_check_maker(d, "address", &a->list[i].addr, holder, s->address_line[i]);
}

static void check_makers(struct draft *d)
{
	check_makers_of(d, &d->config->address, &d->cluster, NULL);
	for (size_t i = 0; i < d->config->node_count; i++)
		check_makers_of(d, &d->config->nodes[i].address, &d->nodes[i],
				&d->config->nodes[i]);
}

void config_macs_resolve(struct draft *d)
{
	resolve_cluster(d);
	for (size_t i = 0; i < d->config->node_count; i++)
		resolve_dedicated(d, i);
	resolve_sources(d);
	check_macs(d);
	check_makers(d);
}
