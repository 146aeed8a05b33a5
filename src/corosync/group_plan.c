/* SPDX-License-Identifier: GPL-2.0-or-later */
/* group_plan: the next order; see group_plan.h. */
#include "corosync/group_plan.h"

#include <string.h>

/* --- which configuration --- */

static size_t votes(const struct group_plan_input *in, const char *print)
{
	const struct group_roster *r = in->roster;
	size_t count = 0;

	for (size_t i = 0; i < r->count; i++)
		count += group_roster_is_heard(r, &r->list[i], in->now) &&
			 !strcmp(r->list[i].tick.print, print);
	return count;
}

const char *group_plan_print(const struct group_plan_input *in)
{
	const struct group_roster *r = in->roster;
	const char *best = in->order->print;
	size_t most = best[0] ? votes(in, best) : 0;
	uint32_t lowest = 0;

	for (size_t i = 0; i < r->count; i++) {
		const struct group_member *m = &r->list[i];
		size_t count = m->tick.print[0] ? votes(in, m->tick.print) : 0;

		if (!group_roster_is_heard(r, m, in->now) || count < most || !count)
			continue;
		/* Of several new ones, that of the lowest node id; the one in force before them. */
		if (count == most && (!strcmp(best, in->order->print) || m->nodeid > lowest))
			continue;
		most = count;
		best = m->tick.print;
		lowest = m->nodeid;
	}
	return most ? best : "";
}

/* --- which order is in force, and who leads --- */

static bool counts(const struct group_plan_input *in, const struct group_member *m,
		   const char *print)
{
	return group_roster_is_heard(in->roster, m, in->now) && !strcmp(m->tick.print, print);
}

/* The order in force: the latest of those that members know to be in force, whatever their
 * configuration. If there is none, nobody has a lease, and it is the latest of those that know the
 * configuration that holds: one of them has to lead. */
static struct group_id reference(const struct group_plan_input *in)
{
	const char *print = group_plan_print(in);
	const struct group_roster *r = in->roster;
	struct group_id id = { 0 };
	bool is_sure = false;

	for (size_t i = 0; i < r->count; i++) {
		const struct group_tick *t = &r->list[i].tick;

		if (!group_roster_is_heard(r, &r->list[i], in->now) ||
		    (!t->is_in_force && (is_sure || strcmp(t->print, print) != 0)))
			continue;
		if ((t->is_in_force && !is_sure) || t->known.epoch > id.epoch)
			id = t->known;
		is_sure |= t->is_in_force;
	}
	return id;
}

/* Of those who can lead, a member that knows that the order is in force has been here for longer
 * than one that does not, and knows more about nodes that are gone. */
bool group_plan_leads(const struct group_plan_input *in)
{
	struct group_id mine = group_order_id(in->order), id = reference(in);
	const struct group_roster *r = in->roster;
	const char *print = group_plan_print(in);
	const struct group_member *best = NULL;

	if (!print[0] || strcmp(in->print, print) != 0 || !group_id_is(&mine, &id))
		return false;
	for (size_t i = 0; i < r->count; i++) {
		const struct group_member *m = &r->list[i];

		if (!counts(in, m, print) || !group_id_is(&m->tick.known, &id))
			continue;
		if (!best || m->tick.is_in_force > best->tick.is_in_force ||
		    (m->tick.is_in_force == best->tick.is_in_force && m->nodeid < best->nodeid))
			best = m;
	}
	return best && best->nodeid == r->self;
}

/* One more than the order in force; if a member knows another one, of a time in which it was apart,
 * so many more that no member takes it for the next one after its own: then all wait for each
 * other.
 */
static uint64_t next_epoch(const struct group_plan_input *in)
{
	struct group_id mine = group_order_id(in->order);
	const struct group_roster *r = in->roster;
	uint64_t most = mine.epoch;
	bool is_apart = false;

	for (size_t i = 0; i < r->count; i++) {
		const struct group_member *m = &r->list[i];
		const struct group_id *id = &m->tick.known;

		if (!m->is_member || !m->has_tick || id->epoch < mine.epoch)
			continue;
		is_apart |= !group_id_is(id, &mine);
		most = id->epoch > most ? id->epoch : most;
	}
	return most + (is_apart ? 2 : 1);
}

/* --- what is wanted of a node --- */

/* It has given up everything, and said so. */
static bool has_released(const struct group_plan_input *in, const struct group_share *share)
{
	struct group_id mine = group_order_id(in->order);
	const struct group_member *m = group_roster_find(in->roster, share->nodeid);

	return share->weight <= 0 &&
	       (share->weight < 0 || (m && m->has_tick && m->tick.applied >= mine.epoch &&
				      group_id_is(&m->tick.known, &mine)));
}

/* May the node, which has this share, be left out? If not, *again is when. */
static bool may_leave(const struct group_plan_input *in, const struct group_share *share,
		      uint64_t *again)
{
	/* By the order it is in force, and may have a lease without another tick that is heard. */
	uint64_t end = in->order_at + group_roster_lease(in->roster, share->nodeid),
		 lease = group_roster_lease_end(in->roster, share->nodeid);

	end = share->weight > 0 && end > lease ? end : lease;
	if (has_released(in, share) || in->now >= end)
		return true;
	*again = end < *again ? end : *again;
	return false;
}

/* Of a node that can have no share, and may be left out. */
static int absent_weight(const struct group_plan_input *in, const struct group_share *was,
			 const struct group_member *m)
{
	const struct group_member *host = was ? group_roster_find(in->roster, was->nodeid) : NULL;

	if (m && m->tick.is_cut)
		return GROUP_DEAD;
	/* Without corosync it is taken for dead; that of a node that was never here is not known.
	 */
	if (was && was->nodeid && !(host && host->is_in_ring))
		return GROUP_DEAD;
	return was && was->weight == GROUP_DEAD && !m ? GROUP_DEAD : GROUP_LEFT;
}

/* The share that the node should have now. */
static void want(const struct group_plan_input *in, const struct group_node *node,
		 struct group_share *out, uint64_t *again)
{
	const struct group_share *was = group_order_find(in->order, node->name);
	const struct group_member *m =
		group_roster_named(in->roster, node->name, was ? was->nodeid : 0);
	bool is_heard = m && counts(in, m, in->print);

	*out = was ? *was : (struct group_share){ .weight = GROUP_LEFT };
	strcpy(out->name, node->name);
	out->is_removed = false;
	out->seen = 0;
	out->heard = m ? m->tick.seq : 0;
	/* What another driver has had as this node is over first. */
	if (was && was->weight >= 0 && m && was->nodeid != m->nodeid && !may_leave(in, was, again))
		return;
	if (is_heard && m->tick.health != GROUP_AWAY && !m->tick.is_cut &&
	    !(m->tick.is_leaving && (!was || has_released(in, was)))) {
		out->nodeid = m->nodeid;
		out->weight =
			m->tick.health == GROUP_USABLE && !m->tick.is_leaving ? m->tick.weight : 0;
		return;
	}
	/* Its daemon can still be told: it gives up what it has at once. */
	if (is_heard && m->tick.health == GROUP_OUT && was && was->weight > 0) {
		out->weight = 0;
		return;
	}
	if (was && was->weight >= 0 && !may_leave(in, was, again))
		return;
	out->weight = absent_weight(in, was, is_heard ? m : NULL);
	if (!was || was->weight <= 0 || !group_roster_find(in->roster, was->nodeid))
		return;
	out->is_removed = true;
	out->seen = group_roster_find(in->roster, was->nodeid)->lease_seq;
}

/* --- the order --- */

/* Nodes that the configuration does not have any more give up their share first. */
static bool is_rest_over(const struct group_plan_input *in, const struct group_order *next,
			 uint64_t *again)
{
	bool is_over = true;

	for (size_t i = 0; i < in->order->count; i++) {
		const struct group_share *s = &in->order->shares[i];

		if (s->weight >= 0 && !group_order_find(next, s->name))
			is_over &= may_leave(in, s, again);
	}
	return is_over;
}

/* Is there a member that takes part, and knows another order, or does not know that it is still in
 * force? What it has sent before it got the order does not count. */
static bool is_behind(const struct group_plan_input *in, const struct group_order *next,
		      uint64_t *again)
{
	uint64_t settled = in->order_at + in->roster->timing.silence;
	struct group_id mine = group_order_id(in->order);
	const struct group_roster *r = in->roster;
	bool is = false;

	for (size_t i = 0; i < r->count; i++)
		is |= counts(in, &r->list[i], in->print) &&
		      group_order_weight(next, r->list[i].tick.name) >= 0 &&
		      r->list[i].tick.health != GROUP_AWAY &&
		      !(r->list[i].tick.is_in_force && group_id_is(&r->list[i].tick.known, &mine));
	if (is && in->now < settled && settled < *again)
		*again = settled;
	return is && in->now >= settled;
}

static bool says_the_same(const struct group_order *a, const struct group_order *b)
{
	if (strcmp(a->print, b->print) != 0 || a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		const struct group_share *s = group_order_find(b, a->shares[i].name);

		if (!s || s->weight != a->shares[i].weight ||
		    (s->weight >= 0 && s->nodeid && s->nodeid != a->shares[i].nodeid))
			return false;
	}
	return true;
}

static bool is_any_in_force(const struct group_plan_input *in)
{
	const struct group_roster *r = in->roster;
	bool is = false;

	for (size_t i = 0; i < r->count; i++)
		is |= group_roster_is_heard(r, &r->list[i], in->now) && r->list[i].tick.is_in_force;
	return is;
}

/* When the last lease by an order that this node does not know has run out, of a node that it has
 * heard once, and that does not hear the next order: 0: there is none. */
static uint64_t unknown_until(const struct group_plan_input *in)
{
	struct group_id mine = group_order_id(in->order);
	const struct group_roster *r = in->roster;
	uint64_t until = 0, end;

	for (size_t i = 0; i < r->count; i++) {
		const struct group_tick *t = &r->list[i].tick;

		if (!t->is_in_force || t->known.epoch < mine.epoch ||
		    group_id_is(&t->known, &mine) || group_roster_is_heard(r, &r->list[i], in->now))
			continue;
		end = group_roster_lease_end(r, r->list[i].nodeid);
		until = end > until ? end : until;
	}
	return until;
}

/* Has the node, which is not heard, left corosync's membership without a word, or before this one
 * could hear it? */
static bool is_lost(const struct group_plan_input *in, uint32_t nodeid)
{
	const struct group_member *m = group_roster_find(in->roster, nodeid);

	if (m && group_roster_is_heard(in->roster, m, in->now))
		return false;
	return !m || m->was_out || m->lease_heard < in->roster->joined;
}

/* When the last lease of such nodes has run out; 0: there is none. What they sent at the end may
 * have come back to them alone, an order and the next tick, too: by that order they may have what
 * this one would give to another. */
static uint64_t lost_until(const struct group_plan_input *in)
{
	uint64_t until = 0, end;

	for (size_t i = 0; i < in->order->count; i++) {
		const struct group_share *s = &in->order->shares[i];

		if (s->weight < 0 || !is_lost(in, s->nodeid))
			continue;
		end = group_roster_lease_end(in->roster, s->nodeid);
		until = end > until ? end : until;
	}
	return until;
}

static bool are_all_heard(const struct group_plan_input *in)
{
	size_t heard = 0;

	for (size_t i = 0; i < in->count; i++) {
		const struct group_member *m = group_roster_named(in->roster, in->nodes[i].name, 0);

		heard += m && group_roster_is_heard(in->roster, m, in->now);
	}
	return heard == in->count;
}

/* Can no other order be in force? If no member knows that this one is, another one may be, among
 * nodes that are not here: until all nodes are heard, or their leases have run out. So it is before
 * the first order, too. */
static bool is_free(const struct group_plan_input *in, uint64_t *again)
{
	uint64_t end = unknown_until(in), lost = lost_until(in);

	end = lost > end ? lost : end;
	if (!is_any_in_force(in) && !are_all_heard(in) &&
	    group_roster_lease_end(in->roster, 0) > end)
		end = group_roster_lease_end(in->roster, 0);
	if (in->now >= end)
		return true;
	*again = end < *again ? end : *again;
	return false;
}

/* Has every member been heard, or had the time for it? One may know a later order. */
static bool is_known(const struct group_plan_input *in, uint64_t *again)
{
	uint64_t at = group_roster_known_at(in->roster);

	*again = in->now < at ? at : UINT64_MAX;
	return in->now >= at;
}

bool group_plan_next(const struct group_plan_input *in, struct group_order *out, uint64_t *again)
{
	*again = UINT64_MAX;
	if (!group_plan_leads(in) || !is_known(in, again) || !is_free(in, again))
		return false;
	memset(out, 0, sizeof(*out));
	strcpy(out->print, in->print);
	for (size_t i = 0; i < in->count; i++)
		want(in, &in->nodes[i], &out->shares[out->count++], again);
	if (!is_rest_over(in, out, again) ||
	    (says_the_same(out, in->order) && !is_behind(in, out, again)))
		return false;
	out->epoch = next_epoch(in);
	return true;
}
