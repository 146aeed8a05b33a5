/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shares_saved: what the engine behind the shares (shares.h) knows, as text, so that another run of
 * the daemon goes on from there.
 */
#ifndef CLUSTERARPD_CORE_SHARES_SHARES_SAVED_H
#define CLUSTERARPD_CORE_SHARES_SHARES_SAVED_H

#include <stdio.h>

#include "core/shares/shares.h"

/* Write all that it knows but the lease, as text, with the names of the nodes, so that another run
 * of the daemon goes on from there. False: not everything could be written. */
bool shares_saved_write(const struct shares *s, const char *const *names, uint64_t now, FILE *out);
/* Go on from there, with `lease`, in an engine that has had no order yet. The nodes may be others
 * than they were: a new one has no past, one that is gone had none. Reads no further than what
 * shares_saved_write() has written. 0, or nothing has changed: -EBADMSG: malformed, or the state of
 * another node; -ESTALE: of a later time, so of another clock; -ENOMEM. */
int shares_saved_read(struct shares *s, const char *const *names, uint64_t lease, uint64_t now,
		      FILE *in);

#endif
