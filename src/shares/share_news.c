/* SPDX-License-Identifier: GPL-2.0-or-later */
/* share_news: log lines, problems and events about the shares; see share_news.h. */
#include "shares/share_news.h"

#include <inttypes.h>

#include "base/log.h"
#include "report/share_event.h"

#define NO_ORDER  "no_order"
#define NO_LEASE  "no_lease"
#define NOT_SAVED "shares_not_saved"

void share_news_event(struct share_news *n, const char *change, const struct share_engine *e,
		      const struct report_shares *report)
{
	if (event_feed_is_watched(n->feed))
		share_event_emit(n->feed, change, report, e->self);
}

static void note_no_order(struct share_news *n)
{
	static const char text[] =
		"no driver has given an order yet: this node takes no new connection";

	if (problems_set(n->problems, NO_ORDER, PROBLEM_CRITICAL,
			 "shares = driven, and %s: start the driver, or give an order with "
			 "clusterarpctl shares set",
			 text))
		log_warning("shares: %s", text);
}

static const char *note_lease_out(struct share_news *n)
{
	static const char text[] = "the lease has run out, and the driver does not renew it: "
				   "this node takes no new connection";
	bool is_news = n->lease != SHARE_LEASE_OUT;

	problems_clear(n->problems, NO_ORDER);
	problems_set(n->problems, NO_LEASE, PROBLEM_CRITICAL,
		     "%s: look whether the driver runs, and at its log (systemctl status "
		     "clusterarpd-corosync)",
		     text);
	n->lease = SHARE_LEASE_OUT;
	if (!is_news)
		return NULL;
	log_warning("shares: %s", text);
	return "no_lease";
}

static const char *note_lease_held(struct share_news *n)
{
	bool was_out = problems_clear(n->problems, NO_LEASE);

	problems_clear(n->problems, NO_ORDER);
	n->lease = SHARE_LEASE_HELD;
	if (!was_out)
		return NULL;
	log_notice("shares: the driver has renewed the lease");
	return "lease";
}

const char *share_news_lease(struct share_news *n, const struct share_engine *e, uint64_t now)
{
	if (shares_epoch(e->shares))
		return now < shares_lease(e->shares) ? note_lease_held(n) : note_lease_out(n);
	problems_clear(n->problems, NO_LEASE);
	n->lease = SHARE_LEASE_UNKNOWN;
	note_no_order(n);
	return NULL;
}

void share_news_order(const struct share_engine *e, uint64_t before)
{
	const struct shares *s = e->shares;
	uint64_t epoch = shares_epoch(s);

	if (before && epoch != before + 1)
		log_warning("shares: epoch %" PRIu64 " follows %" PRIu64 ": an order was missed, "
			    "and this node waits for the releases of all others",
			    epoch, before);
	log_notice("shares: epoch %" PRIu64 ": this node owns %zu of %d buckets, waits for %zu of "
		   "them, and may have connections in %zu that it does not take",
		   epoch, shares_owned(s, e->self), SHARES_BUCKETS, shares_waiting(s),
		   shares_asking(s));
}

void share_news_taken(const struct share_engine *e, const char *node, uint64_t epoch)
{
	log_info("shares: '%s' has released epoch %" PRIu64 ": this node waits for %zu buckets",
		 node, epoch, shares_waiting(e->shares));
}

void share_news_asked(void)
{
	log_notice("shares: this node has no connections in the buckets of others");
}

void share_news_wish(int weight)
{
	if (weight < 0)
		log_notice("shares: this node asks its driver for the weight of the file");
	else
		log_notice("shares: this node asks its driver for the weight %d", weight);
}

void share_news_forgotten(void)
{
	log_notice("shares: what a bucket is has changed: what was known of them is forgotten");
}

void share_news_saved(struct share_news *n, const char *path, int rc)
{
	if (!rc) {
		if (problems_clear(n->problems, NOT_SAVED))
			log_notice("%s: written again", path);
		return;
	}
	if (problems_set(n->problems, NOT_SAVED, PROBLEM_WARNING,
			 "%s cannot be written: after a restart of the daemon this node begins no "
			 "connection until the next order, and cuts what it should leave alone",
			 path))
		log_warning_errno(-rc, "%s: cannot save the state of the shares", path);
}

void share_news_scanned(struct share_news *n, int rc)
{
	if (rc && !n->cannot_scan)
		log_warning_errno(-rc, "shares: cannot read this host's connections; it goes on "
				       "asking for each segment in the buckets that it had");
	n->cannot_scan = rc;
}

void share_news_over(struct share_news *n)
{
	problems_clear(n->problems, NO_ORDER);
	problems_clear(n->problems, NO_LEASE);
	problems_clear(n->problems, NOT_SAVED);
	n->lease = SHARE_LEASE_UNKNOWN;
}
