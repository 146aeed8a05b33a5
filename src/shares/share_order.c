/* SPDX-License-Identifier: GPL-2.0-or-later */
/* share_order: a driver's order; see share_order.h. */
#include "shares/share_order.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "io/loop.h"

#define TTL_MIN 0.001

int share_order_refuse(struct share_refusal *why, int rc, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why->text, sizeof(why->text), format, args);
	va_end(args);
	return rc;
}

int share_order_check_mode(const struct share_engine *e, struct share_refusal *why)
{
	if (e->mode == CONFIG_SHARES_NONE)
		return share_order_refuse(why, -EOPNOTSUPP, "shares = none: all nodes answer");
	if (e->mode == CONFIG_SHARES_STATIC)
		return share_order_refuse(
			why, -EOPNOTSUPP,
			"shares = static: the weights are those of the file: change them on "
			"every node, and reload");
	return 0;
}

/* Nodes that are all drained are well: then nobody takes new connections, and each keeps what it
 * has. An order without any node is not meant so. */
static int check_weights(const struct share_engine *e, const int *weights,
			 struct share_refusal *why)
{
	bool has_node = false;

	for (size_t i = 0; i < e->count; i++) {
		has_node |= weights[i] >= 0;
		if (weights[i] < SHARE_ORDER_DEAD || weights[i] > SHARES_WEIGHT_MAX)
			return share_order_refuse(why, -EINVAL,
						  "node '%s': a weight is from 0 to %d",
						  e->names[i], SHARES_WEIGHT_MAX);
	}
	return has_node ? 0
			: share_order_refuse(why, -EINVAL, "no node is present: none would answer");
}

int share_order_check(const struct share_engine *e, uint64_t epoch, double ttl, const int *weights,
		      struct share_refusal *why)
{
	bool is_forever = isinf(ttl) && ttl > 0;
	int rc = share_order_check_mode(e, why);

	if (rc)
		return rc;
	if (!epoch)
		return share_order_refuse(why, -EINVAL, "epochs begin with 1");
	if (!(ttl >= TTL_MIN && ttl <= SHARE_ORDER_TTL_MAX) && !is_forever)
		return share_order_refuse(why, -EINVAL,
					  "a lease is from %g to %d seconds, or forever", TTL_MIN,
					  SHARE_ORDER_TTL_MAX);
	return check_weights(e, weights, why);
}

int share_order_check_release(const struct share_engine *e, size_t i, const char *node,
			      struct share_refusal *why)
{
	int rc = share_order_check_mode(e, why);

	if (!rc && i == e->count)
		rc = share_order_refuse(why, -ENOENT, "the configuration has no node '%s'", node);
	else if (!rc && i == e->self)
		rc = share_order_refuse(why, -EINVAL, "'%s' is this node", node);
	return rc;
}

static int refuse_order(const struct share_engine *e, uint64_t epoch, int rc,
			struct share_refusal *why)
{
	if (rc == -ESTALE)
		return share_order_refuse(why, rc,
					  "epoch %" PRIu64 " is over: the present one is %" PRIu64,
					  epoch, shares_epoch(e->shares));
	if (rc == -EEXIST)
		return share_order_refuse(
			why, rc, "epoch %" PRIu64 " has another order: a new one needs a new epoch",
			epoch);
	return share_order_refuse(why, rc, "out of memory");
}

static enum shares_presence presence_of(int weight)
{
	if (weight >= 0)
		return SHARES_PRESENT;
	return weight == SHARE_ORDER_DEAD ? SHARES_DEAD : SHARES_LEFT;
}

uint64_t share_order_lease(double ttl, uint64_t sent)
{
	uint64_t now = loop_now();

	if (isinf(ttl))
		return SHARES_FOREVER;
	return (sent && sent < now ? sent : now) + (uint64_t)(ttl * 1000);
}

static bool changes_nothing(const struct share_engine *e, const struct shares_order *order)
{
	bool does = order->epoch != shares_epoch(e->shares);

	for (size_t i = 0; !does && i < e->count; i++)
		does = order->presence[i] != shares_presence(e->shares, i);
	return !does;
}

int share_order_give(struct share_engine *e, uint64_t epoch, uint64_t lease, const int *weights,
		     bool *is_renewal, struct share_refusal *why)
{
	enum shares_presence *presence = calloc(e->count, sizeof(*presence));
	uint8_t *present = calloc(e->count, sizeof(*present));
	const struct shares_order order = { epoch, presence, present, lease };
	int rc = -ENOMEM;

	if (presence && present) {
		for (size_t i = 0; i < e->count; i++) {
			presence[i] = presence_of(weights[i]);
			present[i] = weights[i] > 0 ? (uint8_t)weights[i] : 0;
		}
		*is_renewal = changes_nothing(e, &order);
		rc = shares_set(e->shares, &order, loop_now());
	}
	free(presence);
	free(present);
	return rc ? refuse_order(e, epoch, rc, why) : 0;
}
