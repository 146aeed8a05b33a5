/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config_diff: describe what another configuration would change; see config_diff.h. */
#include "config/config_diff.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What it takes to apply a change. */
enum remedy { RELOAD, RESTART };

#define VALUE_SIZE 64

struct comparison {
	const struct config *from, *to;
	struct config_diff *out;
	int error;
};

static int add_line(struct config_lines *lines, const char *text)
{
	char **list = realloc(lines->list, (lines->count + 1) * sizeof(*list));
	char *copy = strdup(text);

	if (list)
		lines->list = list;
	if (!list || !copy) {
		free(copy);
		return -ENOMEM;
	}
	list[lines->count++] = copy;
	return 0;
}

__attribute__((format(printf, 3, 4))) static void differ(struct comparison *c, enum remedy remedy,
							 const char *format, ...)
{
	char text[2 * CONFIG_GROUP_MAX + VALUE_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (add_line(&c->out->changes, text) ||
	    (remedy == RESTART && add_line(&c->out->needs_restart, text)))
		c->error = -ENOMEM;
}

static void compare_text(struct comparison *c, enum remedy remedy, const char *key,
			 const char *from, const char *to)
{
	if (strcmp(from, to) != 0)
		differ(c, remedy, "%s: %s to %s", key, from, to);
}

static bool same_addresses(const struct config_addresses *a, const struct config_addresses *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (a->list[i].len != b->list[i].len ||
		    !ip_equal(&a->list[i].addr, &b->list[i].addr))
			return false;
	return true;
}

static const char *flag(bool value)
{
	return value ? "yes" : "no";
}

static const char *mtu_text(unsigned mtu, char *buf)
{
	snprintf(buf, VALUE_SIZE, mtu ? "%u" : "auto", mtu);
	return buf;
}

static void compare_policies(struct comparison *c)
{
	const struct config *f = c->from, *t = c->to;
	char from[VALUE_SIZE], to[VALUE_SIZE];

	compare_text(c, RELOAD, "arp", config_arp_name(f->arp), config_arp_name(t->arp));
	compare_text(c, RELOAD, "advertise", config_advertise_name(f->advertise),
		     config_advertise_name(t->advertise));
	compare_text(c, RELOAD, "strict", flag(f->strict), flag(t->strict));
	compare_text(c, RELOAD, "forward", flag(f->forward), flag(t->forward));
	compare_text(c, RELOAD, "shares", config_shares_name(f->shares),
		     config_shares_name(t->shares));
	compare_text(c, RELOAD, "affinity", config_affinity_name(f->affinity),
		     config_affinity_name(t->affinity));
	compare_text(c, RELOAD, "neigh", config_neigh_name(f->neigh), config_neigh_name(t->neigh));
	compare_text(c, RELOAD, "liveness", config_interval_text(f->liveness, from),
		     config_interval_text(t->liveness, to));
	compare_text(c, RELOAD, "mtu", mtu_text(f->mtu, from), mtu_text(t->mtu, to));
	compare_text(c, RESTART, "datapath", config_datapath_name(f->datapath),
		     config_datapath_name(t->datapath));
	compare_text(c, RESTART, "adopt", flag(f->adopt), flag(t->adopt));
}

/* Settings with which the TAP and the NIC were set up. */
static void compare_links(struct comparison *c)
{
	const struct config *f = c->from, *t = c->to;
	char from[VALUE_SIZE], to[VALUE_SIZE];

	compare_text(c, RESTART, "interface", f->interface, t->interface);
	compare_text(c, RESTART, "tap", f->tap, t->tap);
	compare_text(c, RESTART, "mac", mac_format(&f->mac, from), mac_format(&t->mac, to));
	compare_text(c, RESTART, "dedicated_mac", config_dedicated_mac_name(f->dedicated_mac),
		     config_dedicated_mac_name(t->dedicated_mac));
	compare_text(c, RESTART, "source_mac", config_source_mac_name(f->source_mac),
		     config_source_mac_name(t->source_mac));
	for (size_t i = 0; i < CONFIG_FAMILIES; i++)
		compare_text(c, RESTART, "gateway", ip_format(&f->gateway[i], from),
			     ip_format(&t->gateway[i], to));
	if (!same_addresses(&f->address, &t->address))
		differ(c, RESTART, "the cluster's addresses");
}

/* For the daemon these are words: its driver reads them when it starts. */
static void compare_corosync(struct comparison *c)
{
	const struct config_corosync *f = &c->from->corosync, *t = &c->to->corosync;

	if (f->is_set != t->is_set) {
		differ(c, RELOAD, "[corosync]: %s", t->is_set ? "new" : "gone");
		return;
	}
	if (strcmp(f->group, t->group) != 0)
		differ(c, RELOAD, "[corosync] group: %s to %s (restart clusterarpd-corosync)",
		       f->group, t->group);
	if (f->no_quorum != t->no_quorum)
		differ(c, RELOAD, "[corosync] no_quorum: %s to %s (restart clusterarpd-corosync)",
		       config_no_quorum_name(f->no_quorum), config_no_quorum_name(t->no_quorum));
}

static const char *id_text(uint32_t id, char *buf)
{
	snprintf(buf, VALUE_SIZE, id ? "%u" : "none", id);
	return buf;
}

static void compare_macs(struct comparison *c, enum remedy remedy, const char *node,
			 const char *what, const struct mac *from, const struct mac *to)
{
	char a[MAC_STRLEN], b[MAC_STRLEN];

	if (!mac_equal(from, to))
		differ(c, remedy, "node %s: %s %s to %s", node, what, mac_format(from, a),
		       mac_format(to, b));
}

static void compare_node(struct comparison *c, enum remedy remedy, const struct config_node *from,
			 const struct config_node *to)
{
	char a[VALUE_SIZE], b[VALUE_SIZE];

	if (!same_addresses(&from->address, &to->address))
		differ(c, remedy, "node %s: addresses", to->name);
	compare_macs(c, remedy, to->name, "dedicated MAC", &from->dedicated, &to->dedicated);
	compare_macs(c, remedy, to->name, "source MAC", &from->source, &to->source);
	if (from->weight != to->weight)
		differ(c, RELOAD, "node %s: weight %u to %u", to->name, from->weight, to->weight);
	if (from->corosync_id != to->corosync_id)
		differ(c, RELOAD, "node %s: corosync_id %s to %s", to->name,
		       id_text(from->corosync_id, a), id_text(to->corosync_id, b));
}

static void compare_nodes(struct comparison *c, const char *self)
{
	const struct config_node *node, *other;
	enum remedy remedy;

	for (size_t i = 0; i < c->from->node_count; i++) {
		node = &c->from->nodes[i];
		remedy = strcmp(node->name, self) == 0 ? RESTART : RELOAD;
		other = config_find_node(c->to, node->name);
		if (other)
			compare_node(c, remedy, node, other);
		else
			differ(c, remedy, "node %s: gone", node->name);
	}
	for (size_t i = 0; i < c->to->node_count; i++)
		if (!config_find_node(c->from, c->to->nodes[i].name))
			differ(c, RELOAD, "node %s: new", c->to->nodes[i].name);
}

int config_diff(const struct config *from, const struct config *to, const char *self,
		struct config_diff *out)
{
	struct comparison c = { .from = from, .to = to, .out = out };

	compare_links(&c);
	compare_policies(&c);
	compare_corosync(&c);
	compare_nodes(&c, self);
	return c.error;
}

static void clear_lines(struct config_lines *lines)
{
	for (size_t i = 0; i < lines->count; i++)
		free(lines->list[i]);
	free(lines->list);
	*lines = (struct config_lines){ 0 };
}

void config_diff_clear(struct config_diff *diff)
{
	clear_lines(&diff->changes);
	clear_lines(&diff->needs_restart);
}
