/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tap_ipv6: what the TAP's IPv6 addresses are made from (SPEC 4, I9). All nodes share the TAP's
 * MAC, so that nothing may be made from it: the link-local address and the token, which SLAAC uses,
 * have the interface identifier of the dedicated MAC instead.
 */
#ifndef CLUSTERARPD_TAP_TAP_IPV6_H
#define CLUSTERARPD_TAP_TAP_IPV6_H

#include "tap/tap_addresses.h"

/* Why the TAP has no IPv6. */
enum tap_ipv6_off {
	TAP_IPV6_ON,
	TAP_IPV6_OFF_SYSCTL, /* disable_ipv6 */
	TAP_IPV6_OFF_MTU,    /* it is below 1280 */
	TAP_IPV6_OFF_KERNEL, /* which has no IPv6 */
};
enum tap_ipv6_off tap_ipv6_is_off(const struct netlink_link *tap);

/* Did the kernel make this address of the TAP from the cluster MAC? */
bool tap_ipv6_is_mistake(const struct netlink_address *address, const struct mac *cluster);

struct tap_ipv6_repairs {
	bool token, link_local; /* it was another one; it was missing */
	unsigned mistakes;      /* addresses that were removed */
};
/* On a TAP with t->has_ipv6, `now`: set the token, remove what the kernel made from the cluster
 * MAC, add the link-local address. Adds to *done. The kernel refuses a token while the TAP accepts
 * no router advertisements, which is no error: it is tried again at the next call. 0 or a negative
 * errno. */
int tap_ipv6_repair(const struct tap_addresses *t, const struct netlink_link *now,
		    struct tap_ipv6_repairs *done);

/* What became of duplicate address detection of the file's dedicated addresses and of the
 * link-local address. */
#define TAP_IPV6_FAILED_MAX 8
struct tap_ipv6_dad {
	unsigned tentative; /* how many of the file's are not decided yet */
	size_t failed_count;
	struct ip_addr failed[TAP_IPV6_FAILED_MAX]; /* the first of them: another host has it */
};
/* 0 or a negative errno. */
int tap_ipv6_read_dad(const struct tap_addresses *t, struct tap_ipv6_dad *out);

#endif
