/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * adopt_later: what is on the NIC while the daemon runs, although it works on the TAP only (SPEC
 * 5).
 *
 * With adopt = yes, addresses and routes that appear there move to the TAP once nothing has changed
 * for half a second. What another program adds again and again is left there (adopt_rounds.h).
 * Addresses that are on the NIC all the same, and always with adopt = no, are a problem in
 * `status`.
 */
#ifndef CLUSTERARPD_NIC_ADOPT_LATER_H
#define CLUSTERARPD_NIC_ADOPT_LATER_H

#include "core/peers.h"
#include "io/loop.h"
#include "io/netlink/netlink.h"
#include "nic/adopt.h"
#include "report/problems.h"

struct adopt_later;

/* All are borrowed. `settled` is called when adopt_later_run() is due. */
struct adopt_later_needs {
	struct loop *loop;
	const struct peers *peers;
	struct netlink *netlink;
	struct adopt *adopt;
	struct problems *problems;
	loop_callback *settled;
	void *arg;
};

/* NULL: out of memory. */
struct adopt_later *adopt_later_create(const struct adopt_later_needs *needs);
void adopt_later_destroy(struct adopt_later *later); /* NULL is fine */

/* The NIC was taken over (and adopt_take() was called), or it is gone. */
void adopt_later_start(struct adopt_later *later, int nic);
void adopt_later_stop(struct adopt_later *later);
/* Addresses of the NIC have changed. `added`: this one was added, or changed; or NULL. */
void adopt_later_changed(struct adopt_later *later, const struct ip_prefix *added);
/* Has anything changed since adopt_later_run() has moved what was new? */
bool adopt_later_is_due(const struct adopt_later *later);
/* Move what is new. True: at least one address has moved, and the caller announces it. */
bool adopt_later_run(struct adopt_later *later, int tap);

#endif
