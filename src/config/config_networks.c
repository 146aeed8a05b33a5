/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config_networks: which networks the nodes have, and share; see config_networks.h. */
#include "config/config_networks.h"

#include <stdlib.h>
#include <sys/socket.h>

static const uint8_t families[] = { AF_INET, AF_INET6 };

/* What two nodes have in common, in the order of severity. */
enum relation {
	RELATION_SHARED,  /* a network; of both families, if both nodes have both */
	RELATION_SPLIT,   /* a network, but none of the other family */
	RELATION_JOINED,  /* only the network of a cluster address */
	RELATION_APART,   /* no network */
	RELATION_LENGTHS, /* one network, but with different prefix lengths */
};

/* The relation of two nodes, and the addresses that it is about. */
struct finding {
	enum relation relation;
	size_t mine, other;               /* RELATION_LENGTHS: indexes of the addresses */
	const struct ip_prefix *joins_by; /* RELATION_JOINED: the cluster address */
	uint8_t family;                   /* RELATION_SPLIT: that without a network */
};

/* True if all host bits are 0 (or, with `ones`, 1). */
static bool host_bits_are(const struct ip_prefix *p, bool ones)
{
	for (size_t bit = p->len; bit < ip_bytes(&p->addr) * 8; bit++) {
		if ((p->addr.b[bit / 8] >> (7 - bit % 8) & 1) != ones)
			return false;
	}
	return true;
}

static bool is_host(const struct ip_prefix *p)
{
	return p->len == ip_bytes(&p->addr) * 8;
}

const char *config_networks_edge(const struct ip_prefix *p)
{
	if (p->len + 1u >= ip_bytes(&p->addr) * 8) /* point to point (RFC 3021), or a host */
		return NULL;
	if (host_bits_are(p, false))
		return p->addr.family == AF_INET
			       ? "the network address, not the address of a host"
			       : "the subnet-router anycast address of its network, not the address"
				 " of one host";
	if (p->addr.family == AF_INET && host_bits_are(p, true))
		return "the broadcast address of its network";
	return NULL;
}

const struct ip_prefix *config_networks_find(const struct config_addresses *a,
					     const struct ip_addr *ip)
{
	for (size_t i = 0; i < a->count; i++) {
		if (prefix_contains(&a->list[i], ip))
			return &a->list[i];
	}
	return NULL;
}

/* The cluster address by whose on-link route the node reaches `ip`, or NULL. The source of what it
 * sends by that route must be an address of its own. */
static const struct ip_prefix *find_onlink(const struct config *c, const struct config_node *node,
					   const struct ip_addr *ip)
{
	if (!config_has_family(&node->address, ip->family))
		return NULL;
	for (size_t i = 0; i < c->address.count; i++) {
		const struct ip_prefix *p = &c->address.list[i];

		if (prefix_contains(p, ip) && !config_networks_find(&node->address, &p->addr))
			return p;
	}
	return NULL;
}

bool config_networks_reach(const struct config *c, const struct config_node *node,
			   const struct ip_addr *ip)
{
	return config_networks_find(&node->address, ip) || find_onlink(c, node, ip);
}

/* --- do the nodes reach each other? --- */

static bool has_network(const struct config_addresses *a, const struct ip_prefix *p)
{
	for (size_t i = 0; i < a->count; i++) {
		if (a->list[i].len == p->len && prefix_contains(&a->list[i], &p->addr))
			return true;
	}
	return false;
}

static bool has_all_networks(const struct config_addresses *a, const struct config_addresses *of)
{
	for (size_t i = 0; i < of->count; i++) {
		if (!has_network(a, &of->list[i]))
			return false;
	}
	return true;
}

/* Is one prefix a part of the other? */
static bool overlap(const struct ip_prefix *a, const struct ip_prefix *b)
{
	return prefix_contains(a->len < b->len ? a : b, a->len < b->len ? &b->addr : &a->addr);
}

/* Find two addresses that are meant to be in one network, but have different prefix lengths. A
 * node that has both networks has them on purpose; a node may also have single addresses (/32,
 * /128) beside the network that it shares. */
static bool find_lengths(const struct config_addresses *mine, const struct config_addresses *other,
			 bool may_be_host, struct finding *out)
{
	for (size_t i = 0; i < mine->count; i++) {
		const struct ip_prefix *p = &mine->list[i];

		for (size_t j = 0; j < other->count; j++) {
			const struct ip_prefix *q = &other->list[j];

			if (p->len == q->len || !overlap(p, q) ||
			    (may_be_host && (is_host(p) || is_host(q))) || has_network(mine, q) ||
			    has_network(other, p))
				continue;
			*out = (struct finding){ RELATION_LENGTHS, .mine = i, .other = j };
			return true;
		}
	}
	return false;
}

/* The cluster address by whose on-link route `from` reaches `to`, or NULL. */
static const struct ip_prefix *find_path(const struct config *c, const struct config_node *from,
					 const struct config_node *to)
{
	const struct ip_prefix *p = NULL;

	for (size_t i = 0; i < to->address.count && !p; i++)
		p = find_onlink(c, from, &to->address.list[i].addr);
	return p;
}

/* True if the list has a network of the family, more than single addresses. */
static bool has_network_of(const struct config_addresses *a, uint8_t family)
{
	for (size_t i = 0; i < a->count; i++) {
		if (a->list[i].addr.family == family && !is_host(&a->list[i]))
			return true;
	}
	return false;
}

static bool shares_of(const struct config_addresses *a, const struct config_addresses *b,
		      uint8_t family)
{
	for (size_t i = 0; i < b->count; i++) {
		if (b->list[i].addr.family == family && has_network(a, &b->list[i]))
			return true;
	}
	return false;
}

/* The family of which both nodes have networks, but none in common; 0: none. */
static uint8_t find_split(const struct config_addresses *a, const struct config_addresses *b)
{
	for (size_t i = 0; i < sizeof(families); i++) {
		if (has_network_of(a, families[i]) && has_network_of(b, families[i]) &&
		    !shares_of(a, b, families[i]))
			return families[i];
	}
	return 0;
}

static bool is_known(const struct draft *d, size_t node)
{
	return d->config->nodes[node].address.count && !key_bad(&d->nodes[node], KEY_ADDRESS);
}

static struct finding compare(const struct draft *d, size_t mine, size_t other)
{
	const struct config *c = d->config;
	const struct config_node *a = &c->nodes[mine], *b = &c->nodes[other];
	struct finding found = { RELATION_SHARED };
	bool shared;

	if (mine == other || !is_known(d, mine) || !is_known(d, other))
		return found;
	shared = shares_of(&a->address, &b->address, AF_INET) ||
		 shares_of(&a->address, &b->address, AF_INET6);
	if (find_lengths(&a->address, &b->address, shared, &found))
		return found;
	found.family = shared ? find_split(&a->address, &b->address) : 0;
	if (found.family)
		found.relation = RELATION_SPLIT;
	if (shared || key_bad(&d->cluster, KEY_ADDRESS))
		return found;
	found.joins_by = find_path(c, b, a) ? find_path(c, a, b) : NULL;
	found.relation = found.joins_by ? RELATION_JOINED : RELATION_APART;
	return found;
}

/* The line of the node's first address of the family. */
static unsigned family_line(const struct config_addresses *a, const struct section *s,
			    uint8_t family)
{
	size_t i = 0;

	while (i < a->count && a->list[i].addr.family != family)
		i++;
	return i < a->count ? s->address_line[i] : 0;
}

static void report_split(const struct draft *d, size_t mine, size_t other, uint8_t family)
{
	const struct config_node *a = &d->config->nodes[mine], *b = &d->config->nodes[other];
	const char *name = config_family_name(config_family_index(family));

	config_report_add(
		d->report, false, family_line(&a->address, &d->nodes[mine], family),
		"%s has no %s network in common with %s (line %u): over %s they reach each"
		" other only through a router",
		LABEL(a), name, LABEL(b), family_line(&b->address, &d->nodes[other], family), name);
}

static void report(const struct draft *d, size_t mine, size_t other, const struct finding *f)
{
	const struct config_node *a = &d->config->nodes[mine], *b = &d->config->nodes[other];
	const unsigned *lines = d->nodes[mine].address_line;
	char mine_text[PREFIX_STRLEN], text[PREFIX_STRLEN];

	if (f->relation == RELATION_LENGTHS)
		config_report_add(d->report, true, lines[f->mine],
				  "address %s, and %s of %s (line %u): one network, but different"
				  " prefix lengths",
				  prefix_format(&a->address.list[f->mine], mine_text),
				  prefix_format(&b->address.list[f->other], text), LABEL(b),
				  d->nodes[other].address_line[f->other]);
	else if (f->relation == RELATION_SPLIT)
		report_split(d, mine, other, f->family);
	else if (f->relation == RELATION_APART)
		config_report_add(d->report, true, lines[0],
				  "%s has no network in common with %s (line %u): they could not"
				  " reach each other",
				  LABEL(a), LABEL(b), d->nodes[other].address_line[0]);
	else
		config_report_add(d->report, false, lines[0],
				  "%s has no network in common with %s (line %u) but that of the"
				  " cluster address %s: they reach each other only from programs"
				  " that bind a dedicated address",
				  LABEL(a), LABEL(b), d->nodes[other].address_line[0],
				  prefix_format(f->joins_by, text));
}

/* Nodes with the same networks, which spares a comparison of each node with each. */
struct group {
	size_t first; /* node */
	size_t size;
	size_t strangers; /* nodes that share no network with these */
};

struct groups {
	struct group *list;
	size_t count;
	size_t *of; /* the group of each node */
};

static bool is_alike(const struct draft *d, size_t a, size_t b)
{
	const struct config_node *nodes = d->config->nodes;

	return is_known(d, a) == is_known(d, b) &&
	       has_all_networks(&nodes[a].address, &nodes[b].address) &&
	       has_all_networks(&nodes[b].address, &nodes[a].address);
}

static void add_to_group(struct groups *g, const struct draft *d, size_t node)
{
	size_t i = 0;

	while (i < g->count && !is_alike(d, g->list[i].first, node))
		i++;
	if (i == g->count)
		g->list[g->count++] = (struct group){ .first = node };
	g->list[i].size++;
	g->of[node] = i;
}

static void count_strangers(struct groups *g, const struct draft *d)
{
	for (size_t i = 0; i < g->count; i++) {
		for (size_t j = 0; j < g->count; j++) {
			if (compare(d, g->list[i].first, g->list[j].first).relation !=
			    RELATION_SHARED)
				g->list[i].strangers += g->list[j].size;
		}
	}
}

/* Of two nodes that do not share a network, the mistake is with the one that shares none with more
 * nodes. Report the worst finding of each such node, not every pair. */
static void report_worst(const struct groups *g, const struct draft *d, size_t node)
{
	size_t strangers = g->list[g->of[node]].strangers, with = 0;
	struct finding worst = { RELATION_SHARED };

	for (size_t i = 0; strangers && i < d->config->node_count; i++) {
		size_t others = g->list[g->of[i]].strangers;
		struct finding found;

		if (others > strangers || (others == strangers && i > node))
			continue;
		found = compare(d, node, i);
		if (found.relation > worst.relation) {
			worst = found;
			with = i;
		}
	}
	if (worst.relation != RELATION_SHARED)
		report(d, node, with, &worst);
}

/* --- has each node an address of each family that the cluster has? --- */

/* Without one, the only address of that family that the stack can choose is the cluster's. */
static void warn_of_missing(const struct draft *d, size_t i, uint8_t family)
{
	const struct config_node *node = &d->config->nodes[i];
	const char *name = config_family_name(config_family_index(family));

	if (is_known(d, i) && !config_has_family(&node->address, family))
		config_report_add(
			d->report, false, node->line,
			"%s has no %s address, but the cluster has one (line %u): what the"
			" node itself sends over %s has the cluster address as source, so"
			" that every node receives the answers",
			LABEL(node), name, family_line(&d->config->address, &d->cluster, family),
			name);
}

static void check_families(const struct draft *d)
{
	for (size_t i = 0; i < sizeof(families); i++) {
		if (key_bad(&d->cluster, KEY_ADDRESS) ||
		    !config_has_family(&d->config->address, families[i]))
			continue;
		for (size_t node = 0; node < d->config->node_count; node++)
			warn_of_missing(d, node, families[i]);
	}
}

void config_networks_check(struct draft *d)
{
	size_t count = d->config->node_count;
	struct groups g = { calloc(count, sizeof(*g.list)), 0, calloc(count, sizeof(*g.of)) };

	if (count && (!g.list || !g.of)) {
		config_report_out_of_memory(d->report);
		count = 0;
	}
	for (size_t i = 0; i < count; i++)
		add_to_group(&g, d, i);
	count_strangers(&g, d);
	for (size_t i = 0; i < count; i++)
		report_worst(&g, d, i);
	free(g.list);
	free(g.of);
	check_families(d);
}
