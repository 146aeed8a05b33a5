/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain_cluster: the cluster by the file alone; see explain_cluster.h. */
#include "explain/explain_cluster.h"

#include <stdlib.h>

#include "core/shares/shares.h"

/* The daemon knows the addresses with their prefixes from the kernel; here they are those of the
 * file. Their broadcast addresses follow from them. */
static bool set_own(struct peers *peers, const struct config_node *self)
{
	size_t count = self->address.count + 1;
	struct peers_own *own = calloc(count, sizeof(*own));
	int rc;

	if (!own)
		return false;
	for (size_t i = 0; i < self->address.count; i++)
		own[i].prefix = self->address.list[i];
	own[count - 1].prefix = (struct ip_prefix){ self->link_local, 64 };
	rc = peers_set_own(peers, own, count);
	free(own);
	return rc >= 0;
}

/* The owners of all buckets where all nodes take part with the weights of the file. */
static bool fill_owners(struct explain_cluster *c)
{
	size_t count = c->config->node_count;
	const char **names = calloc(count, sizeof(*names));
	uint8_t *weights = calloc(count, sizeof(*weights));
	struct shares_table *table = NULL;
	bool is_full;

	for (size_t i = 0; names && weights && i < count; i++) {
		names[i] = c->config->nodes[i].name;
		weights[i] = (uint8_t)c->config->nodes[i].weight;
	}
	if (names && weights)
		table = shares_table_create(names, weights, count);
	is_full = table && shares_table_fill(table, weights, c->owners);
	shares_table_destroy(table);
	free(names);
	free(weights);
	return is_full;
}

/* With `driven` the rules are asked as if every bucket were this node's: it is not known which are.
 */
static bool make_shares(struct explain_cluster *c)
{
	size_t self = (size_t)(peers_self(c->peers) - c->config->nodes);
	bool is_static = c->config->shares == CONFIG_SHARES_STATIC;

	if (c->config->shares == CONFIG_SHARES_NONE)
		return true;
	c->shares = calloc(1, sizeof(*c->shares));
	c->fragments = fragments_create();
	if (!c->shares || !c->fragments || (is_static && !fill_owners(c)))
		return false;
	c->shares->key = flow_key(&c->config->mac);
	c->shares->affinity = c->config->affinity;
	c->shares->lease = SHARES_FOREVER;
	for (size_t b = 0; b < SHARES_BUCKETS; b++)
		c->shares->decisions[b] = !is_static || c->owners[b] == self ? SHARES_TAKES : 0;
	return true;
}

struct explain_cluster *explain_cluster_create(struct config *config,
					       const struct config_node *self)
{
	struct explain_cluster *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->config = config;
	c->peers = peers_create(config, self);
	if (c->peers && set_own(c->peers, self) && make_shares(c))
		return c;
	explain_cluster_destroy(c);
	return NULL;
}

void explain_cluster_destroy(struct explain_cluster *c)
{
	if (!c)
		return;
	fragments_destroy(c->fragments);
	free(c->shares);
	peers_destroy(c->peers);
	free(c);
}

const struct config_node *explain_cluster_owner(const struct explain_cluster *c, unsigned bucket)
{
	uint16_t owner = SHARES_NOBODY;

	if (c->config->shares == CONFIG_SHARES_STATIC && bucket < SHARES_BUCKETS)
		owner = c->owners[bucket];
	return owner < c->config->node_count ? &c->config->nodes[owner] : NULL;
}

struct rewrite explain_cluster_rewrite(const struct explain_cluster *c, uint64_t ms)
{
	return (struct rewrite){ c->peers, c->shares, c->fragments, ms };
}
