/* SPDX-License-Identifier: GPL-2.0-or-later */
/* peer_neigh: checks the entries of peers in the neighbour table; see peer_neigh.h. */
#include "core/peer_neigh.h"

#include <linux/neighbour.h>

static bool is_wrong(const struct peer *peer, const struct mirror_entry *entry)
{
	return entry->has_lladdr && !mac_equal(&entry->lladdr, &peer->node->dedicated);
}

enum peer_neigh_need peer_neigh_check(enum config_neigh policy, const struct peer *peer,
				      const struct ip_addr *dst, const struct mirror_entry *entry,
				      bool seeding, struct mirror_entry *wanted)
{
	/* NUD_STALE: not confirmed; the kernel probes the peer when the entry is used. */
	*wanted = (struct mirror_entry){
		.dst = *dst, .lladdr = peer->node->dedicated, .has_lladdr = true, .state = NUD_STALE
	};
	if (policy == NEIGH_PIN)
		wanted->state = NUD_PERMANENT;
	else if (policy == NEIGH_SEED)
		wanted->flags = NTF_EXT_LEARNED;
	if (entry && is_wrong(peer, entry))
		return PEER_NEIGH_REPAIR;
	if (policy == NEIGH_PIN && !(entry && entry->state == NUD_PERMANENT))
		return PEER_NEIGH_INSTALL;
	if (policy == NEIGH_SEED && seeding && !(entry && entry->has_lladdr))
		return PEER_NEIGH_INSTALL;
	return PEER_NEIGH_LEAVE;
}

/* The states of all entries of a peer, combined. */
struct summary {
	bool wrong, failed, confirmed, pinned, stale;
};

static void add_entry(struct summary *s, const struct peer *peer, const struct mirror_entry *entry)
{
	if (!entry)
		return;
	if (is_wrong(peer, entry))
		s->wrong = true;
	else if (entry->state & NUD_FAILED ||
		 (entry->state & NUD_INCOMPLETE && peer->state == PEER_FAILED))
		s->failed = true; /* a failed peer stays failed until it answers */
	else if (entry->state & (NUD_REACHABLE | NUD_NOARP))
		s->confirmed = true;
	else if (entry->state & NUD_PERMANENT)
		s->pinned = true;
	else if (entry->state & (NUD_STALE | NUD_DELAY | NUD_PROBE))
		s->stale = true;
}

/* The link-local address does not count as failed: the peer may have IPv6 off, and nobody who uses
 * its other addresses cares. */
static struct summary summarize(const struct peer *peer, const struct mirror *mirror)
{
	struct summary s = { 0 };
	bool failed;

	for (size_t i = 0; i < peers_address_count(peer); i++) {
		const struct ip_addr *ip = peers_address(peer, i);

		failed = s.failed;
		add_entry(&s, peer, mirror_find(mirror, ip));
		if (ip_is_link_local(ip))
			s.failed = failed;
	}
	return s;
}

/* A resolution that began before the peer was back has failed by this time, ms. */
#define STALE_FAILURE_MS 3500
/* A failure is true for so long, ms: the kernel keeps the entry, but while something is sent to the
 * peer it tries again, and fails again. */
#define FAILURE_MS 10000

/* Liveness has found out that it answers. */
static enum peer_state state_of_alive(const struct peer *peer, const struct summary *s,
				      uint64_t now)
{
	if (s->wrong)
		return PEER_FOREIGN;
	if (s->failed && peer->failed > peer->liveness.alive_since + STALE_FAILURE_MS &&
	    now < peer->failed + FAILURE_MS)
		return PEER_FAILED;
	return PEER_RESOLVED;
}

static enum peer_state state_of_mute(const struct peer *peer, const struct summary *s)
{
	if (s->wrong || peer->is_claimed)
		return PEER_FOREIGN;
	return s->failed ? PEER_FAILED : PEER_SILENT;
}

enum peer_state peer_neigh_state(const struct peer *peer, const struct mirror *mirror, uint64_t now)
{
	struct summary s = summarize(peer, mirror);

	if (peer->liveness.life == PEER_ALIVE)
		return state_of_alive(peer, &s, now);
	if (peer->liveness.life == PEER_MUTE)
		return state_of_mute(peer, &s);
	if (s.confirmed && !s.failed && !s.wrong)
		return PEER_RESOLVED;
	if (s.wrong || peer->is_claimed)
		return PEER_FOREIGN;
	if (s.failed)
		return PEER_FAILED;
	if (s.pinned)
		return PEER_RESOLVED;
	return s.stale ? PEER_STALE : PEER_NONE;
}

bool peer_neigh_is_confirmed(const struct peer *peer, const struct mirror *mirror)
{
	return summarize(peer, mirror).confirmed;
}

const char *peer_neigh_state_name(enum peer_state state)
{
	static const char *const names[] = {
		[PEER_NONE] = "none",     [PEER_RESOLVED] = "resolved", [PEER_STALE] = "stale",
		[PEER_SILENT] = "silent", [PEER_FAILED] = "failed",     [PEER_FOREIGN] = "foreign",
	};

	return names[state];
}
