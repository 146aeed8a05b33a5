/* SPDX-License-Identifier: GPL-2.0-or-later */
/* share_store: the engine and the wish of this node, in the file that outlives the daemon. */
#ifndef CLUSTERARPD_SHARES_SHARE_STORE_H
#define CLUSTERARPD_SHARES_SHARE_STORE_H

#include "shares/share_engine.h"

/* 0 or a negative errno value: then there is no saved state any more. `wish`: a weight, or -1 for
 * none. */
int share_store_save(const char *path, const struct share_engine *e, int wish);
/* After a change of nothing but the lease. */
int share_store_save_lease(const char *path, const struct share_engine *e, int wish);
/* 0, or a negative errno value: the engine is as it was, and the file has been removed. -ENOENT,
 * -ESTALE: there is no state of this boot; -EXDEV: what a bucket is has changed (*wish is that of
 * the state); others after a log line. */
int share_store_restore(const char *path, struct share_engine *e, int *wish);

#endif
