/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * requests_shares: the requests about shares (SPEC 11): whose clients are whose, a driver's orders,
 * and the wishes of this node.
 *
 *   {"command": "shares"}                                     scans, and answers {"shares": {…}}
 *   {"command": "shares_of", "address": A, "port": P}         answers {"of": {…}}; port optional
 *   {"command": "shares_set", "epoch": E, "ttl": S | "forever",
 *    "sent": MS, "nodes": {NAME: WEIGHT | null}, "dead": [NAME]}  null: the weight of the file.
 *        sent: CLOCK_MONOTONIC: from then on the lease counts, however long the request waits;
 *        optional: from when it is read. A driver that can be declared dead has to set it.
 *   {"command": "shares_released", "epoch": E, "nodes": [NAME], "asking": true}
 *        asking: these nodes still serve connections of buckets that they have given up; optional.
 *   {"command": "shares_drain"}, {"command": "shares_resume"},
 *   {"command": "shares_weight", "weight": W}
 *
 * Those that change something answer {"shares": {…}}, too, with the connections as last counted.
 */
#ifndef CLUSTERARPD_CLIENTS_REQUESTS_SHARES_H
#define CLUSTERARPD_CLIENTS_REQUESTS_SHARES_H

#include <jansson.h>
#include <stdbool.h>

#include "clients/control.h"
#include "core/peers.h"
#include "shares/sharing.h"

/* Borrowed. Both must outlive the control socket: an answer that waits for a scan uses them. */
struct requests_shares {
	struct sharing *sharing;
	const struct peers *peers;
};

/* Answer `request`, an object, whose command is `name`. False: it is none of the above. */
bool requests_shares_answer(const struct requests_shares *r, struct control_client *client,
			    const char *name, const json_t *request);

#endif
