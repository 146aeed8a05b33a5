/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host_answer: the daemon's answers (clusterarpctl(8), JSON), read into struct group_host, and the
 * requests that carry the group's orders.
 *
 * The functions that read return false if the answer is NULL or not what it should be; what it then
 * says is not used.
 */
#ifndef CLUSTERARPD_COROSYNC_HOST_ANSWER_H
#define CLUSTERARPD_COROSYNC_HOST_ANSWER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "corosync/group.h"

/* What `status` says. */
struct host_status {
	json_int_t generation; /* of the configuration */
	bool has_carrier;
	/* The first critical problem, "ID: TEXT", other than those that the want of a driver, or of
	 * its orders, brings by itself; "": none. */
	char problem[GROUP_REASON_SIZE];
};

/* Into host->name, and *out. */
bool host_answer_status(const json_t *answer, struct group_host *host, struct host_status *out);
/* Into host->nodes. *corosync_id: of the node host->name; 0: none. */
bool host_answer_config(const json_t *answer, struct group_host *host, unsigned *corosync_id);
/* Into host->print, wish and is_asking, and host->order, if its epoch is another one. `mode`: the
 * value of `shares` in the file, "driven" if the daemon takes orders. */
#define HOST_MODE_SIZE 16
bool host_answer_shares(const json_t *answer, struct group_host *host, char mode[HOST_MODE_SIZE]);
/* An event `shares` that says that the epoch is still that of host->order: into host->wish and
 * is_asking. */
bool host_answer_event(const json_t *event, struct group_host *host);
/* Why the daemon has refused a request; NULL: it has not. Borrowed. */
const char *host_answer_refusal(const json_t *answer);

/* NULL: no memory. `ttl` in ms. */
json_t *host_answer_set(const struct group_order *order, uint64_t sent, unsigned ttl);
json_t *host_answer_released(const char *node, uint64_t epoch, bool is_asking);

#endif
