/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * generate: frames by rule and at random, and the clusters for which they are generated.
 *
 * Everything comes from one sequence of random numbers: the same seed gives the same frames.
 */
#ifndef TESTS_FUZZ_GENERATE_H
#define TESTS_FUZZ_GENERATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/peers.h"
#include "core/rewrite.h"

#define FRAME_MIN 15 /* BPF_PROG_TEST_RUN needs a byte after the Ethernet header */
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
	struct shares_path shares;
	struct fragments *fragments;
	uint64_t now; /* monotonic ms */
};

void generate_seed(uint64_t seed);
/* From 0 to n - 1. */
unsigned generate_number(unsigned n);

/* All configurations that differ in what the rules do. Ends the program when memory runs out. */
#define CLUSTERS 10
void generate_cluster(unsigned index, struct cluster *cluster);
void generate_cluster_clear(struct cluster *cluster);

/* A frame made of what the rules examine: addresses of every role, ARP, IP, Neighbour Discovery,
 * clients' packets and tags. The parts need not be consistent with each other. */
void generate_by_rule(const struct cluster *cluster, struct made *frame);
/* The shares change, and all fragments are forgotten. */
void generate_other_shares(struct cluster *cluster);
/* Inserts tags after the MAC addresses: 802.1Q and 802.1ad, VLANs and priority tags. */
void generate_tags(struct made *frame, unsigned count);
/* Random bytes after random addresses, or a frame by rule with some bytes changed. */
void generate_at_random(const struct cluster *cluster, struct made *frame);

#endif
