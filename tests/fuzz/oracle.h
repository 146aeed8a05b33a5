/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * oracle: what the kernel data path must do with a frame, according to the C core.
 */
#ifndef TESTS_FUZZ_ORACLE_H
#define TESTS_FUZZ_ORACLE_H

#include "generate.h"
#include "core/frame.h"

/* What becomes of a frame. */
enum oracle_fate { PASSED, DROPPED, TO_DAEMON, TO_NIC_STACK };

struct oracle_outcome {
	enum oracle_fate fate;
	unsigned reason; /* DROPPED: enum drop_reason */
	uint8_t bytes[FRAME_MAX];
	size_t len;
};

/* A frame, the C core's outcome for it, and its parsed properties. */
struct oracle_sample {
	enum rewrite_direction direction;
	struct made frame;
	struct oracle_outcome core;
	struct rewrite_result result;
	struct frame view;
	unsigned eth_dst, eth_src, policy;
	bool is_ip, is_arp, is_nd;
	struct flow flow; /* of a packet for a cluster address */
	bool is_later;    /* IPv4: not the first fragment */
	bool by_address;  /* its protocol or the affinity needs no ports */
	bool is_asked;    /* I10: the host is asked for the connection, and has none */
	struct peers_entry ip_src, ip_dst;
};

/* The counter values that the programs must have. */
struct oracle_counts {
	struct counters all;
	struct peer_counters peers[16];
};

/* Fills in the rest of `sample` from its direction and frame, and counts it in `counts`. */
void oracle_ask(const struct cluster *cluster, struct oracle_sample *sample,
		struct oracle_counts *counts);
bool oracle_is_resolution(const struct oracle_sample *sample);
const char *oracle_fate_name(enum oracle_fate fate);
/* Calls differs() for each counter in `seen` that differs from `expected`. */
void oracle_compare_counts(const struct cluster *cluster, const struct oracle_counts *expected,
			   const struct counters *seen,
			   void (*differs)(const char *what, uint64_t seen, uint64_t expected,
					   void *arg),
			   void *arg);

#endif
