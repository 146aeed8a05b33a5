/* SPDX-License-Identifier: GPL-2.0-or-later */
/* state_problems: problems that follow from the state; see state_problems.h. */
#include "daemon/state_problems.h"

#include <net/if.h>
#include <stdio.h>

#define NAMES_SIZE 200 /* room for names of peers in a text */

/* Sets the problem, or clears it; for use as an expression statement. */
#define NOTE(problems, is_so, id, severity, ...)                             \
	do {                                                                 \
		if (is_so)                                                   \
			problems_set((problems), id, severity, __VA_ARGS__); \
		else                                                         \
			problems_clear((problems), id);                      \
	} while (0)

/* --- NIC, TAP, data path --- */

static void note_nic(struct problems *p, const struct config *c, const struct netlink_link *nic)
{
	bool is_up = nic && nic->flags & IFF_UP;

	NOTE(p, !nic, "nic_gone", PROBLEM_CRITICAL,
	     "%s is not there, or cannot be taken over, and this node cannot be reached: ip link "
	     "shows whether it is there, the log why it cannot be taken; the daemon tries again "
	     "by itself",
	     c->interface);
	NOTE(p, nic && !nic->carrier, "no_carrier", PROBLEM_CRITICAL,
	     is_up ? "%s has no carrier, and this node cannot be reached: look at the cable and at "
		     "the switch's port (ethtool %s)"
		   : "%s is down, and this node cannot be reached: ip link set %s up",
	     nic ? nic->name : "", nic ? nic->name : "");
}

static void note_links(struct problems *p, const struct config *c, const struct netlink_link *nic,
		       const struct links_survey *now)
{
	NOTE(p, !now->is_tap_up, "tap_down", PROBLEM_CRITICAL,
	     "%s is down, and this node cannot be reached: ip link set %s up", c->tap, c->tap);
	NOTE(p, nic && !now->is_shielded, "shield_down", PROBLEM_WARNING,
	     "the shield of %s cannot be attached, so that the NIC's own stack answers with the "
	     "NIC's MAC: another qdisc is in its place (tc qdisc show dev %s), remove that",
	     nic ? nic->name : "", nic ? nic->name : "");
	NOTE(p, !now->has_tap_program, "tap_program_down", PROBLEM_WARNING,
	     "the data path's program cannot be attached to %s, so that the daemon forwards what "
	     "this host sends, slower: another qdisc is in its place (tc qdisc show dev %s), "
	     "remove that",
	     c->tap, c->tap);
	NOTE(p, c->datapath == DATAPATH_AUTO && !now->has_kernel_path, "user_datapath",
	     PROBLEM_WARNING,
	     "the kernel does not load the data path's eBPF programs, so that frames pass through "
	     "the daemon, slower: the log of the start tells why; datapath = user makes this the "
	     "choice");
}

static void note_unlisted(struct problems *p, const struct config *c,
			  const struct links_survey *now)
{
	char address[IP_STRLEN], more[32] = "";

	if (now->unlisted > 1)
		snprintf(more, sizeof(more), " and %zu more", now->unlisted - 1);
	NOTE(p, c->forward && now->unlisted, "unlisted_forwarded", PROBLEM_WARNING,
	     "%s has %s%s, which the file does not list, and forward = yes: the other nodes get "
	     "its frames too and route them here again, so that they arrive several times; list "
	     "it as an address of this node, or set forward = no",
	     c->tap, ip_format(&now->first_unlisted, address), more);
}

/* --- peers --- */

struct names {
	char text[NAMES_SIZE];
	size_t used, count, left_out;
};

static void add_name(struct names *n, const char *name)
{
	int len;

	n->count++;
	if (!n->left_out) {
		len = snprintf(n->text + n->used, sizeof(n->text) - n->used, "%s%s",
			       n->used ? ", " : "", name);
		if (len > 0 && (size_t)len < sizeof(n->text) - n->used) {
			n->used += (size_t)len;
			return;
		}
	}
	n->text[n->used] = '\0';
	n->left_out++;
}

/* The peers in a state: "beta, gamma and 180 more". */
static void list_peers(const struct peers *peers, enum peer_state state, struct names *names,
		       char more[32])
{
	*names = (struct names){ .text = "" };
	for (size_t i = 0; i < peers_count(peers); i++) {
		if (peers_get(peers, i)->state == state)
			add_name(names, peers_get(peers, i)->node->name);
	}
	more[0] = '\0';
	if (names->left_out)
		snprintf(more, 32, " and %zu more", names->left_out);
}

static const struct peer_problem {
	enum peer_state state;
	const char *id, *text; /* with the names, and how many more */
} peer_problems[] = {
	{ PEER_FOREIGN, "peer_foreign",
	  "%s%s: another MAC than that of the file claims the address: look there whether "
	  "clusterarpd "
	  "runs, and whether the file is the same (clusterarpd -t); else find the host with the "
	  "MAC that the log names" },
	{ PEER_SILENT, "peer_silent",
	  "%s%s: no answer to three questions of liveness: look whether the host runs, at its "
	  "cable, and whether its file is the same; clusterarpctl doctor asks the network" },
	{ PEER_FAILED, "peer_failed",
	  "%s%s: no answer to the kernel's ARP or Neighbour Discovery: look whether the host runs, "
	  "and at its cable; clusterarpctl doctor asks the network" },
};

static void note_peers(struct problems *p, const struct peers *peers)
{
	struct names names;
	char more[32];

	for (size_t i = 0; i < sizeof(peer_problems) / sizeof(peer_problems[0]); i++) {
		const struct peer_problem *is = &peer_problems[i];

		list_peers(peers, is->state, &names, more);
		NOTE(p, names.count, is->id, PROBLEM_WARNING, is->text, names.text, more);
	}
}

void state_problems_note(struct problems *p, const struct peers *peers, const struct links *links)
{
	const struct config *config = peers_config(peers);
	const struct netlink_link *nic = links_nic(links);
	struct links_survey now;

	links_survey(links, &now);
	note_nic(p, config, nic);
	note_links(p, config, nic, &now);
	note_unlisted(p, config, &now);
	note_peers(p, peers);
}
