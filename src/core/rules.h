/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rules: the rules of SPEC section 4, which decide about each frame; one function per rule.
 *
 * They are pure functions from keys (the roles of a frame's addresses) to a verdict (pass with
 * edits, or drop with a reason). The daemon and the eBPF programs compile this same file: each
 * parses frames, looks up addresses and carries out edits in its own way, but neither decides
 * anything itself. Therefore this file uses no libc, only <linux/types.h>.
 *
 * To find a rule, look for its number: rule_I6() is I6.
 */
#ifndef CLUSTERARPD_CORE_RULES_H
#define CLUSTERARPD_CORE_RULES_H

#include <linux/types.h>

/* The roles of a MAC for this node. A bit mask, because one MAC may have several roles (by default
 * the wire source MAC is the dedicated MAC). */
enum mac_role {
	MAC_CLUSTER = 1 << 0,
	MAC_SELF_DEDICATED = 1 << 1,
	MAC_SELF_SOURCE = 1 << 2, /* own wire source MAC */
	MAC_PEER_DEDICATED = 1 << 3,
	MAC_PEER_SOURCE = 1 << 4,
	MAC_GROUP = 1 << 5, /* multicast and broadcast */
	MAC_BROADCAST = 1 << 6,
	MAC_LINK_LOCAL = 1 << 7, /* 01:80:c2:00:00:0x: for the NIC's own stack */
	/* Only for a sender's link-layer address: it is the dedicated MAC of the peer whose IP is
	 * the sender IP. */
	MAC_OF_SENDER = 1 << 8,
};

/* The roles of an IP address for this node. */
enum ip_role {
	IP_SELF = 1 << 0,    /* own address: of the file, or another one that this host has */
	IP_CLUSTER = 1 << 1, /* cluster address */
	IP_PEER = 1 << 2,    /* a peer's dedicated address */
	IP_UNSPECIFIED = 1 << 3,
	IP_GROUP = 1 << 4, /* multicast, broadcast, anycast: not an individual address */
	/* An own IPv6 address on which duplicate address detection has not succeeded (RFC 4862):
	 * the stack does not use it yet. With IP_SELF. */
	IP_TENTATIVE = 1 << 5,
};

enum frame_kind {
	FRAME_OTHER, /* not examined by the rules: tagged, malformed, … */
	FRAME_IP,    /* IPv4 or IPv6 */
	FRAME_ARP,
	FRAME_ND, /* Neighbour Discovery (E5, I9) */
};

/* What I10 has to know of a packet for a shared address. */
enum flow_kind {
	FLOW_ALL,      /* for all nodes: an ICMP error, a fragment whose first one was not seen */
	FLOW_NEW,      /* may begin something: a TCP SYN, UDP, other protocols */
	FLOW_TCP,      /* a segment of a TCP connection that exists */
	FLOW_TCP_PART, /* a fragment of a segment without its header: does as the first one */
};

/* What the host knows of the connection of a TCP segment. */
enum flow_connection {
	CONNECTION_NONE,
	CONNECTION_OWN,    /* it has a socket for it, other than a listening one */
	CONNECTION_COOKIE, /* the segment would begin it: it has a valid SYN cookie */
};

/* What this node does with a bucket of the shares (SPEC 11): a bit mask. */
enum shares_decision {
	SHARES_TAKES = 1 << 0,    /* takes it, new connections included, within the lease */
	SHARES_ASKS = 1 << 1,     /* takes segments of connections that it has, nothing else */
	SHARES_CAUTIOUS = 1 << 2, /* with SHARES_TAKES: drops segments of unknown connections */
};

enum rule_policy {
	POLICY_STRICT = 1 << 0,         /* strict = yes */
	POLICY_DIRECTED = 1 << 1,       /* arp = directed */
	POLICY_ADVERTISE_ALL = 1 << 2,  /* advertise = all */
	POLICY_SOURCE_CLUSTER = 1 << 3, /* source_mac = cluster */
	POLICY_FORWARD = 1 << 4,        /* forward = yes */
	POLICY_SHARES = 1 << 5,         /* shares = static or driven */
};

struct rule_keys {
	__u16 eth_dst; /* enum mac_role, as are all __u16 here */
	__u16 eth_src;
	__u8 kind;        /* enum frame_kind */
	__u8 is_too_deep; /* after as many tags of VID 0 as are looked behind comes another one */
	__u8 policy;      /* enum rule_policy */
	/* FRAME_IP, FRAME_ND: source and destination; enum ip_role */
	__u8 ip_src;
	__u8 ip_dst;
	/* FRAME_ARP, FRAME_ND; see core/nd.h for what these are in a Neighbour Discovery message */
	__u8 is_reply;    /* not a request or a solicitation */
	__u8 is_redirect; /* FRAME_ND */
	__u8 sender_ip;
	__u8 target_ip;
	__u16 sender_mac;
	__u16 target_mac; /* FRAME_ARP */
	/* If rule_is_shared() */
	__u8 flow;       /* enum flow_kind */
	__u8 share;      /* enum shares_decision, of the packet's bucket */
	__u8 has_lease;  /* the lease has not run out */
	__u8 connection; /* enum flow_connection, if rule_lease_is_news(); else not asked for */
};

/* Why a frame is dropped: the REASONs of SPEC 7, in its order. */
enum drop_reason {
	DROP_NONE,
	DROP_ECHO,         /* I1 */
	DROP_NOT_OURS,     /* I3; link-local frames */
	DROP_PEER_ADDRESS, /* I4; I8: a peer's announcement of a shared address */
	DROP_ELSEWHERE,    /* I4: an address that is neither this node's nor of the cluster */
	DROP_OTHER_SHARE,  /* I10: another node's share */
	DROP_NO_LEASE,     /* I10: this node's, but its lease has run out */
	DROP_STRICT,       /* I2 */
	DROP_SPOOFED,      /* I7 */
	DROP_CONFLICT,     /* I8 */
	DROP_MALFORMED,    /* no Ethernet header, too many tags, or not expressible in virtio */
	DROP_TOO_LONG,     /* too long for the wire */
	DROP_NIC_BUSY,     /* NIC down or gone, or its queue is full */
	DROP_TAP_BUSY,     /* TAP down, or no memory */
	DROP_KERNEL_RING,  /* lost before the daemon could read it */
	DROP_REASONS
};

/* The changes to make to a frame that passes. */
enum rule_edit {
	EDIT_ETH_SRC_WIRE = 1 << 0,    /* Ethernet source := own wire source MAC */
	EDIT_ETH_DST_CLUSTER = 1 << 1, /* Ethernet destination := cluster MAC */
	EDIT_ETH_DST_PEER = 1 << 2,    /* … := dedicated MAC of the target IP's peer */
	EDIT_SENDER_MAC_SELF = 1 << 3, /* sender MAC := own dedicated MAC */
	EDIT_SENDER_MAC_PEER = 1 << 4, /* … := dedicated MAC of the sender IP's peer; of an IP that
					* no file lists: of the Ethernet source's peer */
	EDIT_SENDER_IP_SELF = 1 << 5,  /* sender IP := own dedicated IP */
	EDIT_TARGET_MAC_CLUSTER = 1 << 6, /* target MAC := cluster MAC */
};
#define EDIT_RESOLUTION                                                      \
	(EDIT_SENDER_MAC_SELF | EDIT_SENDER_MAC_PEER | EDIT_SENDER_IP_SELF | \
	 EDIT_TARGET_MAC_CLUSTER)

struct rule_verdict {
	__u8 drop;   /* enum drop_reason; DROP_NONE: the frame passes */
	__u16 edits; /* enum rule_edit */
};

#define RULE static inline __attribute__((always_inline, unused))

RULE int rule_is_resolution(const struct rule_keys *k)
{
	return k->kind == FRAME_ARP || k->kind == FRAME_ND;
}

/* LLDP, 802.1X, LACP belong to the NIC's own stack, in both directions (SPEC 5). */
RULE __u8 rule_link_local(const struct rule_keys *k)
{
	return k->eth_dst & MAC_LINK_LOCAL ? DROP_NOT_OURS : DROP_NONE;
}

/* Egress: TAP to NIC. E2 to E4 are for Neighbour Discovery, too: that is E5. */

/* E1: every frame gets the wire source MAC. */
RULE __u16 rule_E1(const struct rule_keys *k)
{
	(void)k;
	return EDIT_ETH_SRC_WIRE;
}

/* E2: ARP from an own dedicated IP to a peer's: the peer learns the dedicated MAC. */
RULE __u16 rule_E2(const struct rule_keys *k)
{
	if (!(k->sender_ip & IP_SELF) || !(k->target_ip & IP_PEER))
		return 0;
	return EDIT_SENDER_MAC_SELF | (k->is_reply ? EDIT_TARGET_MAC_CLUSTER : 0);
}

/* E2b: Linux takes the sender IP from the packet that waits for resolution. If that is a cluster
 * address, the peer would take it for its own. */
RULE __u16 rule_E2b(const struct rule_keys *k)
{
	if (!(k->sender_ip & IP_CLUSTER) || !(k->target_ip & IP_PEER))
		return 0;
	return EDIT_SENDER_IP_SELF | EDIT_SENDER_MAC_SELF |
	       (k->is_reply ? EDIT_TARGET_MAC_CLUSTER : 0);
}

/* E3: outsiders get the cluster MAC, unless advertise = all. */
RULE __u16 rule_E3(const struct rule_keys *k)
{
	if ((k->policy & POLICY_ADVERTISE_ALL) && (k->sender_ip & IP_SELF))
		return EDIT_SENDER_MAC_SELF;
	return 0;
}

/* E4: a directed request goes to the peer only. (A solicitation is multicast.) */
RULE __u16 rule_E4(const struct rule_keys *k)
{
	__u16 to_all = k->kind == FRAME_ND ? MAC_GROUP : MAC_BROADCAST;

	if (!(k->policy & POLICY_DIRECTED) || k->is_reply || !(k->eth_dst & to_all))
		return 0;
	return EDIT_ETH_DST_PEER;
}

/* E5: a redirect to a peer never tells the cluster MAC: it would lead to the host that gets it. */
RULE __u16 rule_E5(const struct rule_keys *k)
{
	if (!k->is_redirect || !(k->sender_ip & IP_PEER) || !(k->sender_mac & MAC_CLUSTER))
		return 0;
	return EDIT_SENDER_MAC_PEER;
}

RULE struct rule_verdict rules_egress(const struct rule_keys *k)
{
	struct rule_verdict v = { DROP_NONE, 0 };
	__u16 to_peer;

	if ((v.drop = rule_link_local(k)))
		return v;
	v.edits = rule_E1(k);
	if (!rule_is_resolution(k))
		return v;
	to_peer = rule_E2(k) | rule_E2b(k);
	if (to_peer)
		v.edits |= to_peer | rule_E4(k);
	else
		v.edits |= rule_E3(k) | rule_E5(k);
	return v;
}

/* Ingress: NIC to TAP. I6 to I8 are for Neighbour Discovery, too: that is I9. */

/* The roles of the IP address that a frame is from: ARP sender or IP source. */
RULE __u8 rule_source_ip(const struct rule_keys *k)
{
	return k->kind == FRAME_ARP ? k->sender_ip : k->ip_src;
}

/* Does this node have the address that a Neighbour Discovery message or another frame is about? Not
 * while duplicate address detection goes on: the stack has to see who else uses it (I9). */
RULE int rule_is_own(const struct rule_keys *k, __u8 ip)
{
	return (ip & IP_SELF) && !(k->kind == FRAME_ND && (ip & IP_TENTATIVE));
}

/* I1: a frame that this node sent came back. */
RULE __u8 rule_I1(const struct rule_keys *k)
{
	if (k->policy & POLICY_SOURCE_CLUSTER)
		return rule_is_own(k, rule_source_ip(k)) ? DROP_ECHO : DROP_NONE;
	return k->eth_src & MAC_SELF_SOURCE ? DROP_ECHO : DROP_NONE;
}

/* I3: a frame for another node. I3 takes precedence over I5, so that a frame for a peer's group MAC
 * is dropped too. */
RULE __u8 rule_I3(const struct rule_keys *k)
{
	if (k->eth_dst & (MAC_CLUSTER | MAC_SELF_DEDICATED | MAC_SELF_SOURCE))
		return DROP_NONE;
	if (k->eth_dst & MAC_PEER_DEDICATED)
		return DROP_NOT_OURS;
	return k->eth_dst & MAC_GROUP ? DROP_NONE : DROP_NOT_OURS;
}

/* I4: a frame to the cluster MAC reaches all nodes. One of them has the IP destination; if the
 * others forward packets, each of them would send it on. */
RULE __u8 rule_I4(const struct rule_keys *k)
{
	if ((k->kind != FRAME_IP && k->kind != FRAME_ND) || !(k->eth_dst & MAC_CLUSTER) ||
	    (k->ip_dst & (IP_SELF | IP_CLUSTER | IP_GROUP)))
		return DROP_NONE;
	if (k->ip_dst & IP_PEER)
		return DROP_PEER_ADDRESS;
	return k->policy & POLICY_FORWARD ? DROP_NONE : DROP_ELSEWHERE;
}

/* Is it for an address that nodes share, so that one of them is to take it? After I4. (Neighbour
 * Discovery is for all.) */
RULE int rule_is_shared(const struct rule_keys *k)
{
	return (k->policy & POLICY_SHARES) && k->kind == FRAME_IP && (k->eth_dst & MAC_CLUSTER) &&
	       !(k->ip_dst & (IP_SELF | IP_GROUP));
}

/* Has a segment to be asked about: does this node have the connection? What knows the answer is at
 * the TAP, and asks rule_I10_asked(). A bucket that is dropped counts, too: what I10 has passed
 * just before it became another node's is still on its way there. */
RULE int rule_must_ask(const struct rule_keys *k)
{
	return rule_is_shared(k) && k->flow == FLOW_TCP && k->share != SHARES_TAKES;
}

/* The lease has run out, and the daemon has not told so yet (SHARES_ASKS), so that there may be no
 * program at the TAP that asks: the daemon may hang. */
RULE int rule_lease_is_news(const struct rule_keys *k)
{
	return k->flow == FLOW_TCP && !k->has_lease &&
	       (k->share & (SHARES_TAKES | SHARES_ASKS)) == SHARES_TAKES;
}

/* I10: a shared address is answered by the node that has the share. A node without a lease begins
 * nothing: another one may have the share by now. */
RULE __u8 rule_I10(const struct rule_keys *k)
{
	if (!rule_is_shared(k) || k->flow == FLOW_ALL)
		return DROP_NONE;
	if ((k->share & SHARES_TAKES) && k->has_lease)
		return DROP_NONE;
	if ((k->share & SHARES_ASKS) && (k->flow == FLOW_TCP || k->flow == FLOW_TCP_PART))
		return DROP_NONE;
	if (rule_lease_is_news(k) && k->connection == CONNECTION_OWN)
		return DROP_NONE;
	return k->share & SHARES_TAKES ? DROP_NO_LEASE : DROP_OTHER_SHARE;
}

/* Does a packet begin what rule_must_ask() asks about later? */
RULE int rule_begins(const struct rule_keys *k)
{
	return rule_is_shared(k) && k->flow == FLOW_NEW && k->has_lease &&
	       (k->share & (SHARES_TAKES | SHARES_CAUTIOUS)) == (SHARES_TAKES | SHARES_CAUTIOUS);
}

/* I10, of a segment that I10 has passed, at the TAP: of a connection that this node does not have,
 * which another node may have. To answer with RST would cut it. Only an owner takes a SYN cookie:
 * nodes that share a kernel share its secret, and each would take it. */
RULE __u8 rule_I10_asked(const struct rule_keys *k, enum flow_connection connection)
{
	if (!rule_must_ask(k) || connection == CONNECTION_OWN)
		return DROP_NONE;
	if (connection == CONNECTION_COOKIE && (k->share & SHARES_TAKES) && k->has_lease)
		return DROP_NONE;
	return DROP_OTHER_SHARE;
}

/* I7: ARP with a peer's IP and a MAC that is neither the cluster's nor that peer's. */
RULE __u8 rule_I7(const struct rule_keys *k)
{
	if (!rule_is_resolution(k) || !(k->sender_ip & IP_PEER))
		return DROP_NONE;
	return k->sender_mac & (MAC_CLUSTER | MAC_OF_SENDER) ? DROP_NONE : DROP_SPOOFED;
}

/* I8: ARP from the wire with an own address as sender: the announcement of a peer that shares the
 * address (dropped quietly), or a conflict. */
RULE __u8 rule_I8(const struct rule_keys *k)
{
	if (!rule_is_resolution(k))
		return DROP_NONE;
	if (rule_is_own(k, k->sender_ip))
		return DROP_CONFLICT;
	if (k->sender_ip & IP_CLUSTER)
		return k->sender_mac & MAC_CLUSTER ? DROP_PEER_ADDRESS : DROP_CONFLICT;
	if ((k->sender_ip & IP_UNSPECIFIED) && (k->target_ip & IP_CLUSTER) &&
	    (k->sender_mac & MAC_CLUSTER))
		return DROP_PEER_ADDRESS;
	return DROP_NONE;
}

/* I2: a frame for the dedicated MAC, or in answer to the wire source MAC, is passed to the stack
 * with the cluster MAC, the only one that the stack knows. */
RULE struct rule_verdict rule_I2(const struct rule_keys *k)
{
	struct rule_verdict v = { DROP_NONE, 0 };

	if (!(k->eth_dst & (MAC_SELF_DEDICATED | MAC_SELF_SOURCE)))
		return v;
	if ((k->policy & POLICY_STRICT) && (k->eth_dst & MAC_SELF_DEDICATED) &&
	    !(rule_source_ip(k) & IP_PEER) &&
	    !(k->eth_src & (MAC_PEER_DEDICATED | MAC_PEER_SOURCE)))
		v.drop = DROP_STRICT;
	else
		v.edits = EDIT_ETH_DST_CLUSTER;
	return v;
}

/* Is the Ethernet source the MAC of one peer alone? (Not with source_mac = cluster.) */
RULE int rule_is_from_peer(const struct rule_keys *k)
{
	return (k->eth_src & (MAC_PEER_DEDICATED | MAC_PEER_SOURCE)) && !(k->eth_src & MAC_CLUSTER);
}

/* I6: a peer that sends ARP to an outsider shows its cluster MAC; this node has to know the peer by
 * its dedicated MAC. The same for an address that no file lists, such as a VIP that keepalived
 * holds there: by the Ethernet source it is the peer's. */
RULE __u16 rule_I6(const struct rule_keys *k)
{
	__u16 edits = 0;

	if (!rule_is_resolution(k))
		return 0;
	if ((k->sender_mac & MAC_CLUSTER) &&
	    ((k->sender_ip & IP_PEER) || (!k->sender_ip && rule_is_from_peer(k))))
		edits |= EDIT_SENDER_MAC_PEER;
	if (k->target_mac & MAC_SELF_DEDICATED)
		edits |= EDIT_TARGET_MAC_CLUSTER;
	return edits;
}

/* Behind any number of tags of VID 0 the stack would see what I7 and I8 have not judged. */
RULE __u8 rule_too_deep(const struct rule_keys *k)
{
	return k->is_too_deep ? DROP_MALFORMED : DROP_NONE;
}

RULE struct rule_verdict rules_ingress(const struct rule_keys *k)
{
	struct rule_verdict v = { DROP_NONE, 0 };

	if ((v.drop = rule_link_local(k)) || (v.drop = rule_I1(k)) || (v.drop = rule_I3(k)) ||
	    (v.drop = rule_I4(k)) || (v.drop = rule_I10(k)) || (v.drop = rule_I7(k)) ||
	    (v.drop = rule_I8(k)))
		return v;
	/* I5: broadcast and multicast pass: none of the tests above matches them as such. */
	v = rule_I2(k);
	if (v.drop == DROP_NONE)
		v.drop = rule_too_deep(k);
	if (v.drop == DROP_NONE)
		v.edits |= rule_I6(k);
	return v;
}

#endif
