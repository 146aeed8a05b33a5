/* SPDX-License-Identifier: GPL-2.0-or-later */
/* share_report: what is reported of the shares; see share_report.h. */
#include "shares/share_report.h"

/* What a node that takes part, or took part, does with what it had. */
static enum share_state state_without_share(bool may_have_connections)
{
	return may_have_connections ? SHARE_DRAINING : SHARE_DRAINED;
}

static enum share_state state_of_self(const struct share_engine *e, uint64_t now)
{
	const struct shares *s = e->shares;

	if (!shares_epoch(s))
		return SHARE_NO_LEASE;
	if (shares_presence(s, e->self) != SHARES_PRESENT)
		return shares_asking(s) ? SHARE_DRAINING : SHARE_GONE;
	if (!shares_weight(s, e->self))
		return state_without_share(shares_asking(s));
	return now < shares_lease(s) ? SHARE_ACTIVE : SHARE_NO_LEASE;
}

static enum share_state state_of_peer(const struct share_engine *e, size_t i, uint64_t now)
{
	if (shares_presence(e->shares, i) != SHARES_PRESENT)
		return SHARE_GONE;
	if (!shares_weight(e->shares, i))
		return state_without_share(shares_lingers(e->shares, i, now));
	return SHARE_ACTIVE;
}

static const char *source(const struct share_engine *e)
{
	if (!shares_epoch(e->shares))
		return NULL;
	return e->mode == CONFIG_SHARES_STATIC ? "file" : "order";
}

static int64_t lease_left(const struct shares *s, uint64_t now)
{
	uint64_t lease = shares_lease(s);

	if (lease == SHARES_FOREVER)
		return REPORT_SHARES_FOREVER;
	return lease > now ? (int64_t)(lease - now) : 0;
}

void share_report_fill(const struct share_engine *e, uint64_t now, long connections, int wish,
		       struct report_share *nodes, struct report_shares *out)
{
	for (size_t i = 0; i < e->count; i++)
		nodes[i] = (struct report_share){
			.state = i == e->self ? state_of_self(e, now) : state_of_peer(e, i, now),
			.weight = shares_epoch(e->shares) ? shares_weight(e->shares, i)
							  : e->weights[i],
			.owned = (unsigned)shares_owned(e->shares, i),
			.connections = i == e->self ? connections : REPORT_SHARES_NOT_COUNTED,
		};
	*out = (struct report_shares){ .mode = e->mode,
				       .affinity = e->affinity,
				       .source = source(e),
				       .fingerprint = e->fingerprint,
				       .epoch = shares_epoch(e->shares),
				       .lease_ms = lease_left(e->shares, now),
				       .unowned = (unsigned)shares_waiting(e->shares),
				       .asking = (unsigned)shares_asking(e->shares),
				       .wish = wish,
				       .nodes = nodes,
				       .count = e->count };
}
