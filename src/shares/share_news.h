/* SPDX-License-Identifier: GPL-2.0-or-later */
/* share_news: tells the operator and programs what has become of the shares: log lines, problems,
 * events. */
#ifndef CLUSTERARPD_SHARES_SHARE_NEWS_H
#define CLUSTERARPD_SHARES_SHARE_NEWS_H

#include "report/event_feed.h"
#include "report/problems.h"
#include "report/report_shares.h"
#include "shares/share_engine.h"

enum share_lease { SHARE_LEASE_UNKNOWN, SHARE_LEASE_HELD, SHARE_LEASE_OUT };

/* What has been told. All zero at the beginning, but for what is borrowed. */
struct share_news {
	struct event_feed *feed;
	struct problems *problems;
	enum share_lease lease;
	bool cannot_scan;
};

/* An event; `report`: what there is now. */
void share_news_event(struct share_news *n, const char *change, const struct share_engine *e,
		      const struct report_shares *report);
/* The problems no_order and no_lease are there, or not any more. Returns the event's change, or
 * NULL. */
const char *share_news_lease(struct share_news *n, const struct share_engine *e, uint64_t now);
/* A new order; `before`: the epoch before it. */
void share_news_order(const struct share_engine *e, uint64_t before);
/* Buckets were taken, as `node` has released the epoch. */
void share_news_taken(const struct share_engine *e, const char *node, uint64_t epoch);
/* No bucket is asked any more. */
void share_news_asked(void);
/* This node asks for another weight; negative: for that of the file. */
void share_news_wish(int weight);
/* The past of the buckets is of no use: the affinity, the mode or the cluster MAC has changed. */
void share_news_forgotten(void);
/* The state was saved, or was not: `rc`, a negative errno. */
void share_news_saved(struct share_news *n, const char *path, int rc);
/* The connections were read, or were not. */
void share_news_scanned(struct share_news *n, int rc);
/* There are no shares any more: shares = none. */
void share_news_over(struct share_news *n);

#endif
