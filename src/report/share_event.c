/* SPDX-License-Identifier: GPL-2.0-or-later */
/* share_event: the event `shares`; see share_event.h. */
#include "report/share_event.h"

void share_event_emit(struct event_feed *feed, const char *change,
		      const struct report_shares *shares, size_t self)
{
	json_t *wish =
		shares->wish == REPORT_SHARES_NO_WISH ? json_null() : json_integer(shares->wish);

	event_feed_emit(feed, "shares", NULL,
			json_pack("{s:s, s:I, s:i, s:i, s:i, s:o}", "change", change, "epoch",
				  (json_int_t)shares->epoch, "owned",
				  (int)shares->nodes[self].owned, "waiting", (int)shares->unowned,
				  "asking", (int)shares->asking, "wish", wish));
}
