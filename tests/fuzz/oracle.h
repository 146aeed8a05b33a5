/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * oracle: what the kernel data path is to do with a frame, by the C core.
 */
#ifndef TESTS_FUZZ_ORACLE_H
#define TESTS_FUZZ_ORACLE_H

#include "core/frame.h"
#include "generate.h"

/* What becomes of a frame. */
enum oracle_fate { PASSED, DROPPED, TO_DAEMON, TO_NIC_STACK };

struct oracle_outcome {
	enum oracle_fate fate;
	unsigned reason; /* DROPPED: enum drop_reason */
	uint8_t bytes[FRAME_MAX];
	size_t len;
};

/* A frame, what the core makes of it, and what is known of it besides. */
struct oracle_sample {
	enum rewrite_direction direction;
	struct made frame;
	struct oracle_outcome core;
	struct rewrite_result result;
	struct frame view;
	unsigned eth_dst, eth_src, policy;
	bool is_ip, is_arp, is_nd;
	struct peers_entry ip_src, ip_dst;
};

/* What the programs are to have counted. */
struct oracle_counts {
	struct counters all;
	struct peer_counters peers[16];
};

/* `sample`: direction and frame are given, the rest is filled in, and counted. */
void oracle_ask(const struct cluster *cluster, struct oracle_sample *sample,
		struct oracle_counts *counts);
bool oracle_is_resolution(const struct oracle_sample *sample);
const char *oracle_fate_name(enum oracle_fate fate);
/* Compare with what was counted: calls differs() for each number that does. */
void oracle_compare_counts(const struct cluster *cluster, const struct oracle_counts *expected,
			   const struct counters *seen,
			   void (*differs)(const char *what, uint64_t seen, uint64_t expected,
					   void *arg),
			   void *arg);

#endif
