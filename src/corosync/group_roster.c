/* SPDX-License-Identifier: GPL-2.0-or-later */
/* group_roster: the nodes and their drivers; see group_roster.h. */
#include "corosync/group_roster.h"

#include <string.h>

/* For clocks with a resolution of some ms. */
#define MARGIN_MS 20

/* A node that is gone is known to be gone one token and one consensus after its last message.
 * Leases end just before that: so nobody waits for them; and the other nodes, whose messages do not
 * come back in that time either, have theirs for as long as possible. */
struct group_timing group_timing(unsigned token, unsigned consensus)
{
	return (struct group_timing){
		.token = token,
		.tick = token / 20,
		.silence = token / 2,
		.lease = token + consensus - token * 3 / 20,
		.unheard = token / 10,
	};
}

void group_roster_start(struct group_roster *r, uint32_t self, uint64_t now)
{
	struct group_timing timing = r->timing;

	memset(r, 0, sizeof(*r));
	r->timing = timing;
	r->self = self;
	r->joined = now;
}

static const struct group_member *find(const struct group_roster *r, uint32_t nodeid)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->list[i].nodeid == nodeid)
			return &r->list[i];
	return NULL;
}

struct group_member *group_roster_find(struct group_roster *r, uint32_t nodeid)
{
	return (struct group_member *)find(r, nodeid);
}

/* Room for a node that was not known: if there is none, that of one that is gone. */
static struct group_member *add(struct group_roster *r, uint32_t nodeid)
{
	struct group_member *m = NULL;

	if (r->count < GROUP_NODES_MAX)
		m = &r->list[r->count++];
	for (size_t i = 0; !m && i < r->count; i++)
		if (!r->list[i].is_member && !r->list[i].is_in_ring)
			m = &r->list[i];
	if (m)
		*m = (struct group_member){ .nodeid = nodeid };
	return m;
}

static bool is_in(uint32_t nodeid, const uint32_t *nodes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (nodes[i] == nodeid)
			return true;
	return false;
}

static void join(struct group_roster *r, uint32_t nodeid, uint64_t now)
{
	struct group_member *m = group_roster_find(r, nodeid);

	if (!m)
		m = add(r, nodeid);
	if (!m || m->is_member)
		return;
	m->is_member = true;
	m->has_tick = false;
	m->joined = now;
	m->joined_order = r->messages;
	m->lease_seq = 0; /* of another process */
	m->lease_order = 0;
}

void group_roster_members(struct group_roster *r, const uint32_t *nodes, size_t count,
			  bool is_merged, uint64_t now)
{
	r->messages++;
	if (is_merged)
		r->joined = now;
	for (size_t i = 0; i < r->count; i++)
		if (!is_in(r->list[i].nodeid, nodes, count))
			r->list[i].is_member = false;
	for (size_t i = 0; i < count; i++)
		join(r, nodes[i], now);
}

void group_roster_ring(struct group_roster *r, const uint32_t *nodes, size_t count, uint64_t now)
{
	r->ring_at = now;
	for (size_t i = 0; i < r->count; i++)
		if (!is_in(r->list[i].nodeid, nodes, count)) {
			r->list[i].is_in_ring = false;
			r->list[i].was_out = true;
		}
	for (size_t i = 0; i < count; i++) {
		struct group_member *m = group_roster_find(r, nodes[i]);

		if (!m)
			m = add(r, nodes[i]);
		if (m)
			m->is_in_ring = true;
	}
}

struct group_member *group_roster_tick(struct group_roster *r, uint32_t nodeid,
				       const struct group_tick *tick, uint64_t now)
{
	struct group_member *m = group_roster_find(r, nodeid);

	if (!m || !m->is_member)
		return NULL;
	r->messages++;
	m->has_tick = true;
	m->tick = *tick;
	m->heard = now;
	m->heard_order = r->messages;
	if (tick->leases) {
		m->lease_heard = now;
		if (now + tick->lease > m->lease_end)
			m->lease_end = now + tick->lease;
		m->lease_seq = tick->seq;
		m->lease_order = r->messages;
		m->was_out = false;
	}
	return m;
}

void group_roster_view(struct group_roster *r)
{
	r->messages_before = r->messages;
}

bool group_roster_is_heard(const struct group_roster *r, const struct group_member *m, uint64_t now)
{
	uint64_t since = m->heard > r->ring_at ? m->heard : r->ring_at;

	return m->is_member && m->has_tick && now - since <= r->timing.silence;
}

uint64_t group_roster_known_at(const struct group_roster *r)
{
	uint64_t at = 0;

	for (size_t i = 0; i < r->count; i++)
		if (r->list[i].is_member && !r->list[i].has_tick && r->list[i].joined > at)
			at = r->list[i].joined;
	return at ? at + r->timing.lease + r->timing.unheard + MARGIN_MS : 0;
}

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* Of two timeouts of corosync, the longer one. */
static unsigned longer(unsigned a, unsigned b)
{
	return a > b ? a : b;
}

unsigned group_roster_lease(const struct group_roster *r, uint32_t nodeid)
{
	const struct group_member *m = find(r, nodeid);

	return longer(r->timing.lease, m ? m->tick.lease : 0);
}

uint64_t group_roster_lease_end(const struct group_roster *r, uint32_t nodeid)
{
	const struct group_member *m = find(r, nodeid);
	unsigned unheard = longer(r->timing.unheard, m ? m->tick.unheard : 0),
		 most = unheard + group_roster_lease(r, nodeid) + MARGIN_MS;
	uint64_t end = m ? m->lease_end + MARGIN_MS : 0, since = 0;

	if (m && !m->was_out && m->lease_heard >= r->joined)
		return end;
	/* What it has sent at the end of its membership may not have been heard; all that it sends
	 * since it is back is. */
	if (m)
		since = m->is_member && m->has_tick ? m->joined : m->heard;
	return later(later(since, r->joined) + most, end);
}

struct group_member *group_roster_named(struct group_roster *r, const char *name, uint32_t nodeid)
{
	struct group_member *found = NULL;

	for (size_t i = 0; i < r->count; i++) {
		struct group_member *m = &r->list[i];

		if (!m->is_member || !m->has_tick || strcmp(m->tick.name, name) != 0)
			continue;
		if (m->nodeid == nodeid)
			return m;
		if (!found || m->nodeid < found->nodeid)
			found = m;
	}
	return found;
}

bool group_roster_is_later(struct group_roster *r, uint32_t nodeid, uint64_t seen, uint32_t from)
{
	const struct group_member *m = group_roster_find(r, nodeid),
				  *sender = group_roster_find(r, from);

	return m && sender && m->lease_seq > seen && m->lease_order > sender->joined_order &&
	       m->lease_order > r->messages_before;
}
