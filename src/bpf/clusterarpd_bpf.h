/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * clusterarpd_bpf: the layout of the maps that src/io/kernel.c fills and the eBPF
 * programs read. Compiled for both, so <linux/types.h> and nothing more.
 *
 * Keys are compared as raw bytes: what a key leaves unused is zero.
 */
#ifndef CLUSTERARPD_BPF_H
#define CLUSTERARPD_BPF_H

#include <linux/types.h>

/* Key of `macs`; the value is a __u32, enum mac_role. */
struct bpf_mac_key {
	__u8 b[6];
	__u8 unused[2];
};

/* Key of `addresses`, the likeness of struct ip_addr; the value is a __u32, enum
 * ip_role. */
struct bpf_ip_key {
	__u8 family; /* 2: IPv4, first 4 bytes of b; 10: IPv6, all 16 (AF_*, of Linux) */
	__u8 b[16];
	__u8 unused[3];
};

#define BPF_FAMILY_IPV4 2
#define BPF_FAMILY_IPV6 10

/* Room of `addresses`: a node's own dedicated addresses. That of `macs` is set at
 * run time. */
#define BPF_ADDRESSES_MAX 1024

#endif
