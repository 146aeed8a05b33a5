/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check: the configuration, compared with the corosync that runs; see check.h. */
#include "corosync/check.h"

#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

#include "corosync/cluster.h"

/* The node of corosync's nodelist that this one is; NULL: none. *is_open: one without a name. */
static const struct cluster_node *find_listed(const struct cluster_facts *facts,
					      const struct config_node *node, bool *is_open)
{
	for (unsigned i = 0; i < facts->count; i++) {
		const struct cluster_node *listed = &facts->nodes[i];

		if (node->corosync_id ? node->corosync_id == listed->nodeid
				      : cluster_is_name(listed->name, node->name))
			return listed;
		*is_open |= !node->corosync_id && !listed->name[0];
	}
	return NULL;
}

static void check_node(const struct config_node *node, bool is_self,
		       const struct cluster_facts *facts, struct config_report *report)
{
	bool is_open = false;
	const struct cluster_node *listed = find_listed(facts, node, &is_open);

	if (!listed && !is_open)
		config_report_add(
			report, is_self, node->line,
			"corosync.conf, with %u node%s, has none %s %s: the names have to "
			"be the same, or corosync_id here a nodeid there",
			facts->count, facts->count == 1 ? "" : "s",
			node->corosync_id ? "with the corosync_id of" : "named", node->name);
	else if (is_self && listed && listed->nodeid != facts->self.nodeid)
		config_report_add(report, true, node->line,
				  "this host is node %s, nodeid %" PRIu32
				  ", but corosync runs here as nodeid %" PRIu32 " %.44s",
				  node->name, listed->nodeid, facts->self.nodeid, facts->self.name);
}

static void check_nodes(const struct config *c, const char *option,
			const struct cluster_facts *facts, struct config_report *report)
{
	const struct config_node *self;
	char host[256] = "";

	gethostname(host, sizeof(host) - 1);
	self = config_self(c, option, host);
	if (!self)
		config_report_add(report, false, 0, "the file has no node for this host, %s",
				  option ? option : host);
	for (size_t i = 0; facts->count && i < c->node_count; i++)
		check_node(&c->nodes[i], &c->nodes[i] == self, facts, report);
	if (facts->present < facts->count)
		config_report_add(
			report, false, 0,
			"corosync sees %u of %u nodes: does it run on the others, with the "
			"same corosync.conf and authkey?",
			facts->present, facts->count);
}

/* The user that the service runs as. */
static void check_user(struct config_report *report)
{
	static const char name[] = "clusterarpd-corosync";
	const struct passwd *user = getpwnam(name);

	if (user && !cluster_admits(user->pw_uid, user->pw_gid))
		config_report_add(
			report, false, 0,
			"corosync does not admit the user %s: /etc/corosync/uidgid.d/%s is "
			"missing, or corosync has not been restarted since",
			name, name);
}

static void check_two_nodes(const struct cluster_facts *facts, struct config_report *report)
{
	if (facts->count != 2 || facts->has_qdevice)
		return;
	config_report_add(report, false, 0,
			  "two nodes, and corosync has no qdevice: %s; add a qdevice, or let "
			  "pacemaker fence",
			  facts->is_two_node
				  ? "when the network between them fails, both answer all clients"
				  : "when one fails, the other has no quorum and takes no clients");
}

void check_corosync(const struct config *c, const char *option, struct config_report *report)
{
	static struct cluster_facts facts;
	const char *why;

	if (!cluster_ask_facts(&facts, &why)) {
		config_report_add(report, false, 0, "not compared with corosync: %s", why);
		return;
	}
	printf("corosync: node %" PRIu32 "%s%s, sees %u of %u, token %u ms, consensus %u ms%s%s\n",
	       facts.self.nodeid, facts.self.name[0] ? " " : "", facts.self.name, facts.present,
	       facts.count, facts.token_ms, facts.consensus_ms,
	       facts.is_two_node ? ", two_node" : "", facts.has_qdevice ? ", qdevice" : "");
	check_nodes(c, option, &facts, report);
	check_user(report);
	check_two_nodes(&facts, report);
}
