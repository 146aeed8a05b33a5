/* SPDX-License-Identifier: GPL-2.0-or-later */
/* diagnosis: what the answers to the doctor's questions mean; see diagnosis.h. */
#include "probe/diagnosis.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct findings {
	struct diagnosis_finding *list;
	size_t count;
};

__attribute__((format(printf, 4, 5))) static void add(struct findings *f, const char *id,
						      size_t peer, const char *format, ...)
{
	struct diagnosis_finding *finding = &f->list[f->count++];
	va_list args;

	finding->id = id;
	finding->peer = peer;
	va_start(args, format);
	vsnprintf(finding->text, sizeof(finding->text), format, args);
	va_end(args);
}

#define NO_PEER SIZE_MAX

static bool is_answered(const struct diagnosis_peer *p, enum diagnosis_way way)
{
	return p->ways[way].answered;
}

/* It was asked in this way, and never answered. */
static bool is_missing(const struct diagnosis_peer *p, enum diagnosis_way way)
{
	return p->ways[way].asked && !p->ways[way].answered;
}

static bool answers(const struct diagnosis_peer *p)
{
	for (int way = 0; way < DIAGNOSIS_WAYS; way++)
		if (is_answered(p, way))
			return true;
	return false;
}

static bool is_asked(const struct diagnosis_peer *p)
{
	return p->ways[DIAGNOSIS_DEDICATED].asked;
}

/* --- nobody answers --- */

struct totals {
	size_t asked, answering, heard, heard_asking;
};

static struct totals count(const struct diagnosis_facts *facts)
{
	struct totals t = { 0 };

	for (size_t i = 0; i < facts->count; i++) {
		const struct diagnosis_peer *p = &facts->peers[i];

		t.asked += is_asked(p);
		t.answering += answers(p) || p->has_other;
		t.heard += p->is_heard;
		t.heard_asking += p->is_heard_asking;
	}
	return t;
}

static void explain_silence(struct findings *f, const struct diagnosis_facts *facts,
			    const struct totals *t)
{
	if (t->heard && !t->heard_asking)
		add(f, "arp_filtered", NO_PEER,
		    "frames from peers arrive, but no ARP requests or neighbour solicitations, and "
		    "nobody answers: a filter takes them. Look for ARP inspection (DAI), ARP "
		    "suppression or a firewall on the switch (nft table bridge)");
	else if (t->heard)
		add(f, "not_sending", NO_PEER,
		    "peers are heard, but nobody answers: what this node sends does not arrive. "
		    "Most "
		    "likely the hypervisor or switch port drops frames whose source is not the "
		    "NIC's own "
		    "MAC. Allow it: 'Forged transmits' and 'MAC address changes' (VMware), 'MAC "
		    "address "
		    "spoofing' (Hyper-V), port security off or allowed address pairs (OpenStack), "
		    "no "
		    "'no-mac-spoofing' filter (libvirt), port security (switch)");
	else if (facts->outsiders_answered)
		add(f, "isolated", NO_PEER,
		    "hosts outside of the cluster answer, but no peer does, nor is any heard: the "
		    "ports of "
		    "the nodes are isolated from each other (port isolation, protected ports, "
		    "private "
		    "VLAN), or all peers are down");
	else if (facts->heard)
		add(f, "nobody_answers", NO_PEER,
		    "frames arrive, but none of a peer, and nobody answers: all peers are down, or "
		    "this "
		    "node's port drops what it sends ('Forged transmits' and 'MAC address changes' "
		    "on "
		    "VMware, 'MAC address spoofing' on Hyper-V, port security), or it is in "
		    "another VLAN");
	else
		add(f, "nothing_heard", NO_PEER,
		    "nothing is heard from anybody: isolated ports, a wrong VLAN or port, a cable "
		    "that is in the "
		    "wrong "
		    "place, or a hypervisor that passes only frames from and to the NIC's own MAC "
		    "(allow "
		    "'Forged transmits', 'MAC address changes' and 'Promiscuous mode' on VMware, "
		    "'MAC "
		    "address spoofing' on Hyper-V)");
}

/* --- one peer --- */

static void explain_absence(struct findings *f, const struct diagnosis_peer *p, size_t i)
{
	if (p->is_heard_asking)
		add(f, "peer_deaf", i,
		    "it is heard, but answers nothing: what this node sends does not arrive there, "
		    "or its "
		    "answers are dropped. Look for filters on its port and on this node's one, and "
		    "at its "
		    "own firewall (arptables, nft)");
	else if (p->is_heard)
		add(f, "arp_filtered", i,
		    "frames from it arrive, but no ARP requests or neighbour solicitations: a "
		    "filter takes them. Look "
		    "for ARP inspection (DAI) or a firewall on the switch, at its port");
	else
		add(f, "peer_absent", i,
		    "it does not answer in any way, and nothing is heard from it: it is down, its "
		    "clusterarpd does not run, its cable is out, its port is isolated from this "
		    "node's one, its hypervisor drops frames with another source than its NIC's "
		    "own "
		    "MAC, or its file has other addresses or MACs than this node's "
		    "('clusterarpctl config' on both)");
}

static void explain_other_mac(struct findings *f, const struct diagnosis_peer *p, size_t i)
{
	char mac[MAC_STRLEN], ip[IP_STRLEN];

	add(f, "other_mac", i,
	    "%s has %s, which is not its dedicated MAC in this node's file: its file differs, "
	    "its clusterarpd does not run, or another host uses its address. Compare "
	    "'clusterarpctl config' on both",
	    mac_format(&p->other, mac), ip_format(&p->address, ip));
}

static void explain_dedicated(struct findings *f, const struct diagnosis_facts *facts, size_t i)
{
	if (facts->is_group)
		add(f, "snooping", i,
		    "frames for its dedicated MAC, a group address, do not arrive: the switch "
		    "snoops IGMP "
		    "or MLD and has a querier. Switch snooping off for this VLAN, or make the "
		    "nodes' "
		    "ports multicast router ports, or use dedicated_mac = unicast");
	else
		add(f, "no_unicast", i,
		    "frames for its dedicated MAC do not arrive, though broadcasts do: its port "
		    "drops "
		    "unknown unicast, or its hypervisor passes only frames for its NIC's own MAC "
		    "(allow "
		    "'Promiscuous mode' or MAC learning on VMware, 'MAC address spoofing' on "
		    "Hyper-V)");
}

static void explain_answers(struct findings *f, const struct diagnosis_facts *facts, size_t i)
{
	const struct diagnosis_peer *p = &facts->peers[i];

	if (p->ways[DIAGNOSIS_BROADCAST].doubled >= 2)
		add(f, "two_hosts", i,
		    "each question is answered twice: two hosts run as this node (a cloned "
		    "machine, or "
		    "the same --node twice), or there are two ways to it");
	if (is_missing(p, DIAGNOSIS_BROADCAST))
		add(f, "no_broadcast", i,
		    "broadcasts do not reach it, or their answers do not come back, though frames "
		    "for its "
		    "own MAC do: look for storm control, ARP suppression, broadcast flooding off "
		    "on its "
		    "port, or a firewall on the switch");
	if (is_missing(p, DIAGNOSIS_DEDICATED) ||
	    (is_missing(p, DIAGNOSIS_SNOOPING) && is_answered(p, DIAGNOSIS_ND)))
		explain_dedicated(f, facts, i);
	else if (is_missing(p, DIAGNOSIS_FULL))
		add(f, "mtu", i,
		    "short frames arrive, but none of the full MTU of %u bytes: the switch or its "
		    "NIC has "
		    "a smaller one. Set the same MTU everywhere, jumbo frames on the switch, or "
		    "mtu = "
		    "in the file",
		    facts->mtu);
	if (p->has_cluster)
		add(f, "other_file", i,
		    "it answers as to a host that is not in its file: its file lacks this node, or "
		    "has "
		    "another address or another MAC for it. Compare 'clusterarpctl config' on "
		    "both");
}

/* Questions that were lost though others of the same way were answered. */
static unsigned lost(const struct diagnosis_peer *p)
{
	unsigned n = 0;

	for (int way = 0; way < DIAGNOSIS_WAYS; way++)
		if (p->ways[way].answered)
			n += p->ways[way].asked - p->ways[way].answered;
	return n;
}

#define LOST_MAX 2

static void explain_peer(struct findings *f, const struct diagnosis_facts *facts, size_t i)
{
	const struct diagnosis_peer *p = &facts->peers[i];

	if (!is_asked(p))
		return;
	if (p->has_other)
		explain_other_mac(f, p, i);
	else if (!answers(p))
		explain_absence(f, p, i);
	else
		explain_answers(f, facts, i);
	if (lost(p) > LOST_MAX)
		add(f, "loss", i,
		    "some questions are answered and %u are not: frames are lost on the way, or a "
		    "fault "
		    "has begun or ended meanwhile. Run it again; look at the error counters of the "
		    "ports "
		    "(ip -s link, ethtool -S)",
		    lost(p));
}

/* --- the cluster MAC --- */

/* Which of the nodes that answer otherwise does a frame for the cluster MAC reach? */
struct reach {
	size_t nodes, reached;
	size_t one;         /* the peer that is reached; NO_PEER: none, or this node */
	bool is_self_asked; /* whether one reaches this node is known */
	bool is_self_reached;
};

static struct reach reach_of(const struct diagnosis_facts *facts)
{
	struct reach r = { .one = NO_PEER };

	for (size_t i = 0; i < facts->count; i++) {
		const struct diagnosis_peer *p = &facts->peers[i];

		if (!answers(p) || !p->ways[DIAGNOSIS_CLUSTER].asked)
			continue;
		r.nodes++;
		if (is_answered(p, DIAGNOSIS_CLUSTER)) {
			r.reached++;
			r.one = i;
		}
		/* Only what arrives at its dedicated MAC can be answered. */
		r.is_self_asked |=
			p->ways[DIAGNOSIS_BACK].asked && is_answered(p, DIAGNOSIS_DEDICATED);
		r.is_self_reached |= is_answered(p, DIAGNOSIS_BACK);
	}
	r.nodes += r.is_self_asked;
	r.reached += r.is_self_reached;
	return r;
}

static void explain_learnt(struct findings *f, const struct diagnosis_facts *facts,
			   const struct reach *r)
{
	const char *where = r->is_self_reached  ? "this node alone"
			    : r->one != NO_PEER ? facts->peers[r->one].name
						: "no node at all";

	add(f, "cluster_mac_learnt", NO_PEER,
	    "frames for the cluster MAC reach %s: the switch has probably learnt it at one port, "
	    "from "
	    "a host that sends with it (a node with source_mac = cluster, or without its "
	    "clusterarpd), "
	    "or has it as a static entry. Look for it in the forwarding table, and clear it; or "
	    "unknown unicast is not flooded to the others",
	    where);
}

static void explain_unflooded(struct findings *f, const struct diagnosis_facts *facts,
			      const struct reach *r)
{
	static const char text[] = "frames for the cluster MAC do not reach %s, but others: its "
				   "port does not flood unknown "
				   "unicast (bridge link set dev PORT flood on; switches: 'unknown "
				   "unicast blocking', storm "
				   "control; VMware: 'Promiscuous mode')%s";

	for (size_t i = 0; i < facts->count; i++)
		if (answers(&facts->peers[i]) && is_missing(&facts->peers[i], DIAGNOSIS_CLUSTER))
			add(f, "no_flood", i, text, "it", ", or its file has another cluster MAC");
	if (r->is_self_asked && !r->is_self_reached)
		add(f, "no_flood", NO_PEER, text, "this node", "");
}

static void explain_cluster_mac(struct findings *f, const struct diagnosis_facts *facts)
{
	const struct reach r = reach_of(facts);

	if (r.reached == r.nodes)
		return;
	if (r.reached <= 1 && r.nodes > 1)
		explain_learnt(f, facts, &r);
	else
		explain_unflooded(f, facts, &r);
}

size_t diagnosis_make(const struct diagnosis_facts *facts, struct diagnosis_finding *findings)
{
	const struct totals t = count(facts);
	struct findings f = { findings, 0 };

	if (!facts->can_send) {
		add(&f, "nic", NO_PEER,
		    "the NIC is gone, down or has no carrier: nothing could be asked");
		return f.count;
	}
	if (facts->loops)
		add(&f, "loop", NO_PEER,
		    "this node's own frames come back: the network has a loop, or a port mirrors "
		    "to this "
		    "one. Look for a second cable between switches without spanning tree, and for "
		    "a "
		    "bond whose ports are not one link to the switch");
	else if (facts->twins)
		add(&f, "twin", NO_PEER,
		    "another host sends with this node's source MAC: two hosts run as this node (a "
		    "cloned machine, or the same --node twice)");
	if (!t.asked && facts->count) {
		add(&f, "not_asked", NO_PEER,
		    "this host has no address to ask from: the addresses of the file are missing "
		    "or "
		    "tentative, or IPv6 is off on the TAP. clusterarpctl status tells");
		return f.count;
	}
	if (t.asked && !t.answering) {
		explain_silence(&f, facts, &t);
		return f.count;
	}
	for (size_t i = 0; i < facts->count; i++)
		explain_peer(&f, facts, i);
	explain_cluster_mac(&f, facts);
	return f.count;
}

const char *diagnosis_way_name(enum diagnosis_way way)
{
	static const char *const names[] = {
		[DIAGNOSIS_BROADCAST] = "broadcast", [DIAGNOSIS_DEDICATED] = "dedicated",
		[DIAGNOSIS_CLUSTER] = "cluster",     [DIAGNOSIS_FULL] = "full",
		[DIAGNOSIS_BACK] = "back",           [DIAGNOSIS_ND] = "nd",
		[DIAGNOSIS_SNOOPING] = "snooping",
	};

	return names[way];
}
