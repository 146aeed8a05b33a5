/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shield_watch: when to check the shield and the data path's programs (takeover_check_shield()):
 * soon after a change, but at most once per SHIELD_MS, however many changes arrive; and again later
 * where a check could not repair what it found.
 */
#ifndef CLUSTERARPD_NIC_SHIELD_WATCH_H
#define CLUSTERARPD_NIC_SHIELD_WATCH_H

#include "io/loop.h"
#include "nic/takeover.h"

struct shield_watch;

/* Both are borrowed. NULL: out of memory. */
struct shield_watch *shield_watch_create(struct loop *loop, struct takeover *takeover);
void shield_watch_destroy(struct shield_watch *watch);

/* A qdisc or filter of the NIC or the TAP changed, or may have: check. */
void shield_watch_changed(struct shield_watch *watch);
/* The caller could not attach a program itself: check in a second. */
void shield_watch_retry(struct shield_watch *watch);
/* The NIC is gone: there is nothing to check. */
void shield_watch_cancel(struct shield_watch *watch);

#endif
