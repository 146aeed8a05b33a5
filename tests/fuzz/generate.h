/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * generate: frames by rule and at random, and clusters for which they are made.
 *
 * Everything comes from one sequence of random numbers, so that a seed gives the same again.
 */
#ifndef TESTS_FUZZ_GENERATE_H
#define TESTS_FUZZ_GENERATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/peers.h"
#include "core/rewrite.h"

#define FRAME_MIN 15 /* BPF_PROG_TEST_RUN wants a byte behind the Ethernet header */
#define FRAME_MAX 1600
#define MTU       1500

struct made {
	uint8_t bytes[FRAME_MAX];
	size_t len;
	unsigned gso_size; /* 0: none */
};

struct cluster {
	const char *name;
	struct config *config;
	struct peers *peers;
};

void generate_seed(uint64_t seed);
/* From 0 to n - 1. */
unsigned generate_number(unsigned n);

/* All the ways in which nodes can be set up that matter to the rules. Ends the program when
 * there is no memory. */
#define CLUSTERS 6
void generate_cluster(unsigned index, struct cluster *cluster);
void generate_cluster_clear(struct cluster *cluster);

/* A frame out of what the rules look at: addresses of every role, ARP, IP and Neighbour
 * Discovery, tags, none of it needing to fit the rest. */
void generate_by_rule(const struct cluster *cluster, struct made *frame);
/* Tags before what the last one has: of 802.1Q and 802.1ad, VLANs and priority tags. */
void generate_tags(struct made *frame, unsigned count);
/* Random bytes behind random addresses, or a frame by rule with some bytes changed. */
void generate_at_random(const struct cluster *cluster, struct made *frame);

#endif
