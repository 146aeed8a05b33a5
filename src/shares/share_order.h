/* SPDX-License-Identifier: GPL-2.0-or-later */
/* share_order: a driver's order, checked, and made one for the engine. */
#ifndef CLUSTERARPD_SHARES_SHARE_ORDER_H
#define CLUSTERARPD_SHARES_SHARE_ORDER_H

#include "shares/share_engine.h"

/* Instead of a weight: see sharing.h. */
#define SHARE_ORDER_LEFT (-1)
#define SHARE_ORDER_DEAD (-2)

#define SHARE_ORDER_TTL_MAX 86400 /* s */

/* Why something is refused, for the operator. */
struct share_refusal {
	char text[256];
};

/* Returns `rc`, with the reason in *why, here and below. */
int share_order_refuse(struct share_refusal *why, int rc, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* 0, or -EOPNOTSUPP: only a driver's orders change the shares, and the mode knows no driver. */
int share_order_check_mode(const struct share_engine *e, struct share_refusal *why);
/* `ttl` in s, INFINITY: forever; `weights` of each node. 0, -EINVAL, -EOPNOTSUPP. */
int share_order_check(const struct share_engine *e, uint64_t epoch, double ttl, const int *weights,
		      struct share_refusal *why);
/* May node `i`, called `node`, say that it has released something? 0, -EOPNOTSUPP, -ENOENT,
 * -EINVAL.
 */
int share_order_check_release(const struct share_engine *e, size_t i, const char *node,
			      struct share_refusal *why);
/* Until when a lease lasts that began at `sent`: see sharing.h. */
uint64_t share_order_lease(double ttl, uint64_t sent);
/* An order that is well in itself. 0, -ESTALE, -EEXIST, -ENOMEM; *is_renewal: it has changed
 * nothing but the lease. */
int share_order_give(struct share_engine *e, uint64_t epoch, uint64_t lease, const int *weights,
		     bool *is_renewal, struct share_refusal *why);

#endif
