/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flow: what the shares (SPEC 11, I10) have to know of an IP packet: its client, and whether it may
 * begin a connection. The eBPF programs have their own parser, bpf/flow.bpf.h, with the same
 * results.
 */
#ifndef CLUSTERARPD_CORE_FLOW_H
#define CLUSTERARPD_CORE_FLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "core/fragments.h"
#include "core/frame.h"
#include "core/rules.h"
#include "core/shares_hash.h"

/* The shares, as both data paths apply them. */
struct shares_path {
	struct shares_key key;
	enum config_affinity affinity;
	uint64_t lease;                    /* CLOCK_MONOTONIC, ms; SHARES_FOREVER */
	bool asks;                         /* some decision has SHARES_ASKS or SHARES_CAUTIOUS */
	uint8_t decisions[SHARES_BUCKETS]; /* enum shares_decision */
};

/* The key of the buckets of the cluster with this MAC, the same on all nodes: new addresses move no
 * connections. */
struct shares_key flow_key(const struct mac *cluster);

/* What a client's bucket is made of. `port`: in host byte order, 0: none. */
void flow_client(struct shares_client *c, enum config_affinity affinity, const struct ip_addr *ip,
		 uint16_t port);

/* A TCP connection, as its client sees it. Ports are in host byte order. */
struct flow_tuple {
	struct ip_addr client, server;
	uint16_t client_port, server_port;
};

struct flow {
	enum flow_kind kind;
	unsigned bucket; /* unless FLOW_ALL */
};

/* View the IP packet of a frame for which frame_ip() is true. `is_forwarded`: it is not for a
 * cluster address: no connection of this host, so its client's address counts alone. The first
 * fragment of a packet is remembered in `fragments`, in which its other fragments are looked up;
 * `now` is in ms. */
struct flow flow_view(const struct frame *frame, const struct shares_path *shares,
		      bool is_forwarded, struct fragments *fragments, uint64_t now);

#endif
