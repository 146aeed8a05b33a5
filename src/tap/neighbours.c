/* SPDX-License-Identifier: GPL-2.0-or-later */
/* neighbours: follows and corrects the TAP's neighbour table; see neighbours.h. */
#include "tap/neighbours.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/log.h"
#include "core/peer_neigh.h"
#include "io/netlink/netlink_neigh.h"

#define RESYNC_MS 1000
/* Rate limit per peer, in case another program keeps overwriting its entry. */
#define MEND_MS       50
#define MEND_RETRY_MS 1000
/* The kernel reports a deleted entry as failed first, then as gone: wait for the latter. */
#define SETTLE_MS 100

struct neighbours {
	struct loop *loop;
	struct peers *peers;
	struct netlink *netlink;
	struct events *events;
	struct mirror *mirror;
	int ifindex;
	bool is_known; /* the table was dumped since `is_to_seed` was set */

	struct netlink_neigh *table;
	struct loop_io *changes_io, *dump_io;
	struct loop_timer *resync_timer, *mend_timer, *settle_timer;
	uint64_t resyncs;
	uint64_t dumps;      /* how many have begun */
	uint64_t dump_began; /* when the last one did: monotonic ms */
	bool is_dumping;
	bool is_unsure;        /* changes were lost since the last dump began */
	bool is_resync_due;    /* resync_timer is running */
	bool is_mend_due;      /* mend_timer is running */
	uint64_t mend_due;     /* when it expires: monotonic ms */
	bool is_settle_due;    /* settle_timer is running */
	bool is_refresh_asked; /* dump again when the current dump has ended */

	void (*refreshed)(uint64_t dump, void *arg);
	void *refreshed_arg;
};

/* --- peers --- */

static void mend_later(struct neighbours *n, unsigned ms)
{
	uint64_t due = loop_now() + ms;

	if (n->is_mend_due && n->mend_due <= due)
		return;
	n->is_mend_due = true;
	n->mend_due = due;
	loop_timer_set(n->mend_timer, ms);
}

/* Did the kernel refuse an IPv6 entry because IPv6 is off on the TAP, or because it has no IPv6 at
 * all (ipv6.disable=1)? When it is on again, neighbours_seed() is called. */
static bool is_ipv6_off(const struct mirror_entry *wanted, int rc)
{
	return wanted->dst.family == AF_INET6 && (rc == -EINVAL || rc == -EAFNOSUPPORT);
}

/* Write an entry to the kernel's table. The mirror changes when the kernel notifies of it. */
static bool write_entry(struct neighbours *n, const struct peer *peer,
			const struct mirror_entry *wanted)
{
	int rc = netlink_neigh_set(n->netlink, n->ifindex, wanted);

	if (!rc || is_ipv6_off(wanted, rc))
		return true;
	events_peer_error(n->events, peer, -rc);
	mend_later(n, MEND_RETRY_MS);
	return false;
}

static bool may_mend(const struct peer *peer)
{
	return !peer->mended || loop_now() - peer->mended >= MEND_MS;
}

/* Correct one entry if necessary. `may`: the rate limit allows it. False: it is still wrong. */
static bool mend_entry(struct neighbours *n, struct peer *peer, const struct ip_addr *dst, bool may)
{
	const struct mirror_entry *entry = mirror_find(n->mirror, dst);
	struct mirror_entry wanted;
	enum peer_neigh_need need =
		peer_neigh_check(peers_config(n->peers)->neigh, peer, dst, entry,
				 peer->is_to_seed && n->is_known, &wanted);

	if (need == PEER_NEIGH_LEAVE)
		return true;
	if (!may) {
		mend_later(n, MEND_MS);
		return false;
	}
	peer->mended = loop_now();
	if (!write_entry(n, peer, &wanted))
		return false;
	if (need == PEER_NEIGH_REPAIR) {
		peer->counters.repaired++;
		events_peer_repaired(n->events, peer, entry);
	}
	return true;
}

static void mend(struct neighbours *n, struct peer *peer)
{
	bool may = may_mend(peer);
	bool is_done = true;

	for (size_t i = 0; i < peers_address_count(peer); i++)
		is_done &= mend_entry(n, peer, peers_address(peer, i), may);
	if (is_done && n->is_known)
		peer->is_to_seed = false;
}

static bool is_listed(const struct peer *peer, const struct ip_addr *dst)
{
	for (size_t i = 0; i < peers_address_count(peer); i++)
		if (ip_equal(peers_address(peer, i), dst))
			return true;
	return false;
}

/* Correct the entry of an address that SLAAC made of the peer's dedicated MAC (I9). The peer may
 * have any number of these: they are corrected, within the same rate limit, but neither seeded nor
 * pinned. What the limit leaves out is corrected at the entry's next change. */
static void mend_unlisted(struct neighbours *n, struct peer *peer, const struct mirror_entry *entry)
{
	struct mirror_entry wanted;

	if (peer_neigh_check(NEIGH_LEARN, peer, &entry->dst, entry, false, &wanted) !=
		    PEER_NEIGH_REPAIR ||
	    !may_mend(peer))
		return;
	peer->mended = loop_now();
	if (!write_entry(n, peer, &wanted))
		return;
	peer->counters.repaired++;
	events_peer_repaired(n->events, peer, entry);
}

static void settle_later(struct neighbours *n)
{
	if (n->is_settle_due)
		return;
	n->is_settle_due = true;
	loop_timer_set(n->settle_timer, SETTLE_MS);
}

/* Is its state certain enough for a log line? */
static bool is_certain(const struct neighbours *n, const struct peer *peer)
{
	if (peer->state == PEER_RESOLVED)
		return peer->liveness.life == PEER_ALIVE ||
		       peer_neigh_is_confirmed(peer, n->mirror);
	return peer->state == PEER_FAILED || peer->state == PEER_SILENT;
}

static void update_state(struct neighbours *n, struct peer *peer)
{
	enum peer_state state = peer_neigh_state(peer, n->mirror, loop_now());
	enum peer_state before = peer->state;

	if (state != before) {
		peer->state = state;
		peer->changed = loop_now();
		peer->changes++;
		events_peer_changed(n->events, peer, before);
	}
	if (is_certain(n, peer))
		events_peer_state(n->events, peer);
}

static void check_peer(struct neighbours *n, struct peer *peer)
{
	mend(n, peer);
	if (peer->state != PEER_FAILED &&
	    peer_neigh_state(peer, n->mirror, loop_now()) == PEER_FAILED)
		settle_later(n);
	else
		update_state(n, peer);
}

static void on_settle(void *arg)
{
	struct neighbours *n = arg;

	n->is_settle_due = false;
	for (size_t i = 0; i < peers_count(n->peers); i++)
		update_state(n, peers_get(n->peers, i));
}

static void check_peers(struct neighbours *n)
{
	for (size_t i = 0; i < peers_count(n->peers); i++)
		check_peer(n, peers_get(n->peers, i));
}

static void on_mend(void *arg)
{
	struct neighbours *n = arg;

	n->is_mend_due = false;
	check_peers(n);
}

void neighbours_heard(struct neighbours *n, const struct rewrite_result *result)
{
	struct peer *peer = result->peer;

	if (!peer)
		return;
	if (result->verdict.drop == DROP_SPOOFED)
		peer->is_claimed = true;
	else if (result->verdict.drop == DROP_NONE &&
		 peers_by_ip(n->peers, &result->sender_ip).peer == peer)
		peer->is_claimed = false;
	update_state(n, peer);
}

void neighbours_peer_changed(struct neighbours *n, struct peer *peer)
{
	update_state(n, peer);
}

/* --- the table --- */

static void resync_later(struct neighbours *n)
{
	uint64_t now = loop_now(), next = n->dump_began + RESYNC_MS;

	if (n->is_resync_due || n->is_dumping)
		return;
	n->is_resync_due = true;
	loop_timer_set(n->resync_timer, now < next ? (unsigned)(next - now) : 0);
}

static void note_loss(struct neighbours *n)
{
	n->is_unsure = true;
	resync_later(n);
}

static void begin_dump(struct neighbours *n)
{
	int rc;

	if (!n->table)
		return;
	n->dump_began = loop_now();
	rc = netlink_neigh_dump(n->table); /* makes up for notifications lost so far */
	loop_timer_cancel(n->resync_timer);
	n->is_resync_due = false;
	if (rc) {
		log_warning_errno(-rc, "%s: cannot request its neighbour table",
				  peers_config(n->peers)->tap);
		note_loss(n);
		return;
	}
	n->is_unsure = false;
	n->is_refresh_asked = false;
	n->is_dumping = true;
	n->dumps++;
	mirror_resync_begin(n->mirror);
}

static void on_resync(void *arg)
{
	struct neighbours *n = arg;

	n->is_resync_due = false;
	n->resyncs++;
	begin_dump(n);
}

static struct peer *peer_of(struct neighbours *n, const struct ip_addr *dst)
{
	return peers_by_ip(n->peers, dst).peer;
}

static void on_changed(const struct mirror_entry *entry, void *arg)
{
	struct neighbours *n = arg;
	struct peer *peer = peer_of(n, &entry->dst);

	if (mirror_upsert(n->mirror, entry))
		note_loss(n);
	if (!peer)
		return;
	if (entry->state == NUD_REACHABLE && mac_equal(&entry->lladdr, &peer->node->dedicated))
		peer->is_claimed = false;
	if (entry->state & NUD_FAILED)
		peer->failed = loop_now();
	if (!is_listed(peer, &entry->dst))
		mend_unlisted(n, peer, entry);
	check_peer(n, peer);
}

static void on_gone(const struct ip_addr *dst, void *arg)
{
	struct neighbours *n = arg;
	struct peer *peer = peer_of(n, dst);

	if (mirror_delete(n->mirror, dst))
		note_loss(n);
	if (peer)
		check_peer(n, peer);
}

static void on_lost(void *arg)
{
	note_loss(arg);
}

static void on_dumped(const struct mirror_entry *entry, void *arg)
{
	struct neighbours *n = arg;

	if (mirror_dumped(n->mirror, entry))
		note_loss(n);
}

/* Even if the dump failed, go on with what the mirror has. */
static void on_dump_ended(int error, void *arg)
{
	struct neighbours *n = arg;
	bool whole = false;

	n->is_dumping = false;
	if (error)
		mirror_resync_abort(n->mirror);
	else
		whole = mirror_resync_end(n->mirror);
	if (!error && !n->is_refresh_asked)
		n->is_known = true;
	check_peers(n);
	if (!whole || n->is_unsure)
		note_loss(n);
	if (n->refreshed)
		n->refreshed(n->dumps, n->refreshed_arg);
	if (n->is_refresh_asked)
		begin_dump(n);
}

static void on_changes_readable(unsigned ready, void *arg)
{
	struct neighbours *n = arg;
	int rc = netlink_neigh_dispatch_changes(n->table);

	(void)ready;
	if (rc < 0)
		loop_io_failed(n->changes_io, "cannot read notifications of neighbours", -rc);
}

static void on_dump_readable(unsigned ready, void *arg)
{
	struct neighbours *n = arg;
	int rc = netlink_neigh_dispatch_dump(n->table);

	(void)ready;
	if (rc < 0)
		loop_io_failed(n->dump_io, "cannot read the table of neighbours", -rc);
}

/* --- the interface of neighbours.h --- */

struct neighbours *neighbours_create(struct loop *loop, struct peers *peers,
				     struct netlink *netlink, struct events *events)
{
	struct neighbours *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	n->loop = loop;
	n->peers = peers;
	n->netlink = netlink;
	n->events = events;
	n->mirror = mirror_create();
	n->resync_timer = loop_timer_add(loop, on_resync, n);
	n->mend_timer = loop_timer_add(loop, on_mend, n);
	n->settle_timer = loop_timer_add(loop, on_settle, n);
	if (n->mirror && n->resync_timer && n->mend_timer && n->settle_timer)
		return n;
	neighbours_destroy(n);
	return NULL;
}

static void close_table(struct neighbours *n)
{
	loop_io_free(n->changes_io);
	loop_io_free(n->dump_io);
	netlink_neigh_close(n->table);
	n->changes_io = n->dump_io = NULL;
	n->table = NULL;
	n->is_dumping = false;
}

void neighbours_destroy(struct neighbours *n)
{
	if (!n)
		return;
	close_table(n);
	loop_timer_free(n->resync_timer);
	loop_timer_free(n->mend_timer);
	loop_timer_free(n->settle_timer);
	mirror_destroy(n->mirror);
	free(n);
}

static int open_table(struct neighbours *n)
{
	const struct netlink_neigh_handler handler = {
		.changed = on_changed,
		.gone = on_gone,
		.lost = on_lost,
		.dumped = on_dumped,
		.dump_ended = on_dump_ended,
		.arg = n,
	};
	int rc = netlink_neigh_open(n->ifindex, &handler, &n->table);

	if (rc)
		return rc;
	n->changes_io = loop_io_add(n->loop, netlink_neigh_changes_fd(n->table), LOOP_READ,
				    on_changes_readable, n);
	n->dump_io = loop_io_add(n->loop, netlink_neigh_dump_fd(n->table), LOOP_READ,
				 on_dump_readable, n);
	return n->changes_io && n->dump_io ? 0 : -ENOMEM;
}

int neighbours_open(struct neighbours *n, int ifindex)
{
	int rc;

	close_table(n);
	mirror_clear(n->mirror);
	n->ifindex = ifindex;
	rc = open_table(n);
	if (rc) {
		log_error_errno(-rc, "%s: cannot monitor its neighbour table",
				peers_config(n->peers)->tap);
		close_table(n);
		return rc;
	}
	neighbours_seed(n);
	return 0;
}

void neighbours_seed(struct neighbours *n)
{
	n->is_known = false;
	for (size_t i = 0; i < peers_count(n->peers); i++)
		peers_get(n->peers, i)->is_to_seed = true;
	neighbours_refresh(n);
}

/* An address of a former peer: remove its entry if the address no longer belongs to a peer with
 * that MAC, else unpin the entry if it need not be permanent any more. */
static void release(struct neighbours *n, const struct peer *was, const struct ip_addr *dst,
		    bool was_pinned)
{
	const struct mirror_entry *entry = mirror_find(n->mirror, dst);
	const struct peer *is = peer_of(n, dst);
	bool is_same = is && mac_equal(&is->node->dedicated, &was->node->dedicated);
	struct mirror_entry learnt;

	if (!entry)
		return;
	if (!is_same) {
		netlink_neigh_remove(n->netlink, n->ifindex, entry);
	} else if (was_pinned && peers_config(n->peers)->neigh != NEIGH_PIN) {
		learnt = *entry;
		learnt.state = NUD_STALE;
		netlink_neigh_set(n->netlink, n->ifindex, &learnt);
	}
}

void neighbours_reload(struct neighbours *n, const struct peers *old)
{
	bool was_pinned = peers_config(old)->neigh == NEIGH_PIN;

	for (size_t i = 0; i < peers_count(old); i++) {
		const struct peer *was = peers_get(old, i);

		for (size_t j = 0; j < peers_address_count(was); j++)
			release(n, was, peers_address(was, j), was_pinned);
	}
	neighbours_seed(n);
}

const struct mirror *neighbours_mirror(const struct neighbours *n)
{
	return n->mirror;
}

uint64_t neighbours_resyncs(const struct neighbours *n)
{
	return n->resyncs;
}

uint64_t neighbours_refresh(struct neighbours *n)
{
	if (n->is_dumping) {
		n->is_refresh_asked = true;
		return n->dumps + 1;
	}
	begin_dump(n);
	return n->is_dumping ? n->dumps : 0;
}

void neighbours_on_refreshed(struct neighbours *n, void (*refreshed)(uint64_t dump, void *arg),
			     void *arg)
{
	n->refreshed = refreshed;
	n->refreshed_arg = arg;
}
