/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * diagnosis: what the answers to the doctor's questions mean (SPEC 12): which settings of switch,
 * hypervisor or another node are wrong.
 *
 * Facts come in, findings go out: no socket, no clock.
 */
#ifndef CLUSTERARPD_PROBE_DIAGNOSIS_H
#define CLUSTERARPD_PROBE_DIAGNOSIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "config/config.h"

/* The ways in which each peer is asked. */
enum diagnosis_way {
	DIAGNOSIS_BROADCAST, /* to all (a solicitation: to the multicast group of the address) */
	DIAGNOSIS_DEDICATED, /* to its dedicated MAC */
	DIAGNOSIS_CLUSTER,   /* to the cluster MAC: the switch has to flood it */
	DIAGNOSIS_FULL,      /* to its dedicated MAC, in a frame as long as the MTU allows */
	/* To its dedicated MAC, so that it answers to the cluster MAC. ARP alone: for IPv6 there is
	 * no such question. */
	DIAGNOSIS_BACK,
	/* If dedicated MACs are group addresses: the peer's link-local address is asked for, by a
	 * multicast that no switch stops; and at its dedicated MAC by a solicitation to the address
	 * itself, which a switch that snoops treats as it treats all of the peer's IP packets. (It
	 * lets ARP pass.) */
	DIAGNOSIS_ND,
	DIAGNOSIS_SNOOPING,
	DIAGNOSIS_WAYS
};

struct diagnosis_way_facts {
	unsigned asked;
	unsigned answered; /* questions with one answer or more */
	unsigned doubled;  /* with two or more */
};

struct diagnosis_peer {
	char name[CONFIG_NAME_MAX + 1];
	struct ip_addr
		address; /* that was asked for; family AF_UNSPEC: none, see question_target() */
	struct diagnosis_way_facts ways[DIAGNOSIS_WAYS];
	struct mac other; /* the last MAC that it answered with and that is not its own */
	bool has_other;
	bool has_cluster;     /* it answered with the cluster MAC, as to an address that it does not
				 know */
	bool is_heard;        /* frames from it arrived meanwhile */
	bool is_heard_asking; /* ARP requests and neighbour solicitations among them */
};

struct diagnosis_facts {
	bool can_send; /* the NIC runs */
	bool is_group; /* dedicated MACs are group addresses */
	unsigned mtu;
	unsigned loops; /* questions of this node's own that came back */
	unsigned twins; /* frames with this node's source MAC that it has not sent */
	unsigned outsiders_asked,
		outsiders_answered; /* gateways, and hosts of the neighbour table */
	uint64_t heard;             /* frames from the wire, whoever sent them */
	struct diagnosis_peer *peers;
	size_t count;
};

#define DIAGNOSIS_TEXT_MAX 768

/* One thing that is wrong. */
struct diagnosis_finding {
	const char *id;
	size_t peer;                   /* index; SIZE_MAX: it is about no single peer */
	char text[DIAGNOSIS_TEXT_MAX]; /* what it is, and what to look for */
};

#define DIAGNOSIS_FINDINGS_MAX(peers) (6 * (peers) + 3)

/* Writes at most DIAGNOSIS_FINDINGS_MAX(facts->count) findings. Returns how many; 0: all is well.
 */
size_t diagnosis_make(const struct diagnosis_facts *facts, struct diagnosis_finding *findings);

/* "broadcast", "dedicated", "cluster", "full", "back", "nd", "snooping". */
const char *diagnosis_way_name(enum diagnosis_way way);

#endif
