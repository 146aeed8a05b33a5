/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tap_uppers: links on top of the TAP that have a MAC of their own: a macvlan (use_vmac of
 * keepalived), or virtual machines behind a bridge that has the TAP as a port. Frames for such a
 * MAC do not reach this node: rule I3 drops them.
 */
#ifndef CLUSTERARPD_TAP_TAP_UPPERS_H
#define CLUSTERARPD_TAP_TAP_UPPERS_H

#include <stddef.h>

#include "base/addr.h"
#include "io/netlink/netlink_link.h"

/* The first of `list` that is on top of the TAP `ifindex` with another MAC than `mac`, or the
 * bridge that the TAP is a port of; NULL: there is none. */
const struct netlink_link *tap_uppers_find(const struct netlink_link *list, size_t count,
					   int ifindex, const struct mac *mac);

#endif
