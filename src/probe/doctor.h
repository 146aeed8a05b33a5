/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * doctor: asks the network what reaches whom, by ARP and Neighbour Discovery alone, so that any
 * peer answers (SPEC 12). It collects facts; diagnosis.h says what they mean.
 *
 * Each peer is asked DOCTOR_TRIES times in each way (enum diagnosis_way), all peers at once, one
 * way after the other: about 4 s in all. The questions are sent as they are to be on the wire, past
 * the rules. What is asked besides: outsiders (gateways, and hosts of the neighbour table), and who
 * else has this node's own address.
 */
#ifndef CLUSTERARPD_PROBE_DOCTOR_H
#define CLUSTERARPD_PROBE_DOCTOR_H

#include <stdbool.h>

#include "core/counters.h"
#include "core/mirror.h"
#include "core/peers.h"
#include "datapath/relay.h"
#include "io/loop.h"
#include "io/netlink/netlink.h"
#include "probe/diagnosis.h"

#define DOCTOR_TRIES 3

struct doctor;

/* What it needs; borrowed. */
struct doctor_needs {
	struct loop *loop;
	const struct peers *peers;
	struct relay *relay;
	const struct netlink_link *(*nic)(void *arg); /* NULL: it is not taken over now */
	const struct mirror *(*mirror)(void *arg);
	void (*collect)(struct counters *counters, void *arg); /* all that was counted */
	void (*count)(struct peer *peer, void *arg);           /* bring its counters up to date */
	void *arg;
};

/* NULL: out of memory. */
struct doctor *doctor_create(const struct doctor_needs *needs);
/* NULL is allowed. */
void doctor_destroy(struct doctor *doctor);

/* Begin a run, unless there is one. Returns its number, from 1; 0: out of memory. */
unsigned doctor_start(struct doctor *doctor);
/* Give a run up: the peers are about to be replaced. */
void doctor_stop(struct doctor *doctor);
bool doctor_is_running(const struct doctor *doctor);
/* The facts of the run with this number, if it is the last one that has ended, or the one before;
 * else NULL. */
const struct diagnosis_facts *doctor_facts(const struct doctor *doctor, unsigned number);

/* ARP or Neighbour Discovery from the NIC, also if it is dropped. */
void doctor_heard(struct doctor *doctor, const struct rewrite_result *result);

#endif
