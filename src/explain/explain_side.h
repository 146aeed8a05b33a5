/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain_side: which side of the daemon a capture shows. */
#ifndef CLUSTERARPD_EXPLAIN_EXPLAIN_SIDE_H
#define CLUSTERARPD_EXPLAIN_EXPLAIN_SIDE_H

enum explain_side { EXPLAIN_SIDE_UNKNOWN, EXPLAIN_SIDE_TAP, EXPLAIN_SIDE_WIRE };

#endif
