/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * state_problems: problems that follow from the state of NIC, TAP, data path and peers: set and
 * cleared when somebody asks for the state, so that they always agree with it. What happens is
 * logged where it happens.
 */
#ifndef CLUSTERARPD_DAEMON_STATE_PROBLEMS_H
#define CLUSTERARPD_DAEMON_STATE_PROBLEMS_H

#include "core/peers.h"
#include "daemon/links.h"
#include "report/problems.h"

void state_problems_note(struct problems *problems, const struct peers *peers,
			 const struct links *links);

#endif
