/* SPDX-License-Identifier: GPL-2.0-or-later */
/* share_report: what the engine of the shares knows, as it is reported. */
#ifndef CLUSTERARPD_SHARES_SHARE_REPORT_H
#define CLUSTERARPD_SHARES_SHARE_REPORT_H

#include "report/report_shares.h"
#include "shares/share_engine.h"

/* Fill `nodes`, of each node of the engine, and *out, which borrows them. `connections`: of this
 * node, or REPORT_SHARES_NOT_COUNTED; `wish`: or REPORT_SHARES_NO_WISH. */
void share_report_fill(const struct share_engine *e, uint64_t now, long connections, int wish,
		       struct report_share *nodes, struct report_shares *out);

#endif
