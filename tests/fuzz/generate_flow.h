/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * generate_flow: packets of clients, and the shares that decide who takes them (SPEC 11).
 */
#ifndef TESTS_FUZZ_GENERATE_FLOW_H
#define TESTS_FUZZ_GENERATE_FLOW_H

#include "generate.h"

#define FLOW_MAX 256

/* A packet with everything that makes a bucket: addresses, protocols, ports, TCP flags, ICMP types,
 * IPv4 options, IPv6 extension headers, fragments. There are few clients and few packets' ids, so
 * that fragments meet their first one. Some are malformed. Into `packet`, which has room for
 * FLOW_MAX; returns the number of its bytes. */
size_t generate_flow(const struct cluster *cluster, uint8_t *packet, bool *is_ipv6);

/* Other shares: key, decisions and lease. `now` in ms. */
void generate_shares(const struct cluster *cluster, struct shares_path *shares, uint64_t now);

#endif
