/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config: free a configuration and find its nodes; see config.h. */
#include "config/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
