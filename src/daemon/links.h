/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * links: the NIC and the TAP while the daemon runs: taken, followed through their changes, and
 * given back.
 */
#ifndef CLUSTERARPD_DAEMON_LINKS_H
#define CLUSTERARPD_DAEMON_LINKS_H

#include <stdbool.h>

#include "core/counters.h"
#include "core/peers.h"
#include "datapath/relay.h"
#include "io/loop.h"
#include "io/netlink/netlink.h"
#include "report/events.h"
#include "tap/neighbours.h"

struct links;

/* What it works with; borrowed. */
struct links_needs {
	struct loop *loop;
	struct peers *peers;
	struct events *events;
	struct relay *relay;
	const char *socket; /* path of the control socket: records are kept next to it */
	void (*state_changed)(void *arg); /* the NIC was taken, or is gone */
	void (*failed)(
		void *arg); /* the host can have no TAP; logged; nothing is followed any more */
	void *arg;
};

/* Makes the TAP device, which nobody else has from now on; touches no NIC yet. NULL after a log
 * line. */
struct links *links_create(const struct links_needs *needs);
/* Take the NIC, if it is there, and let frames flow. NICs that an earlier run left are put back
 * before that (nic/recovery.h). False after a log line. */
bool links_open(struct links *links);
/* Leave both to the next run: what waits to be sent is sent, and nothing is taken down. */
void links_hand_over(struct links *links);
/* Give the NIC back as it was, and take the TAP down. `is_clean`: no further run is expected, so
 * that addresses without a NIC to go back to are forgotten. */
void links_give_back(struct links *links, bool is_clean);
/* Frees what the process holds. NULL is fine. */
void links_destroy(struct links *links);

/* Put another configuration into effect: `peers`, made of it, and needs->peers exchange their
 * contents (peers_exchange()). 0; or a negative errno, and all is as before. */
int links_reload(struct links *links, struct peers *peers);

/* The NIC; NULL: it is not there. */
const struct netlink_link *links_nic(const struct links *links);
/* Do frames take the kernel data path? */
bool links_has_kernel_path(const struct links *links);
/* Add what the kernel has counted. */
void links_collect(struct links *links, struct counters *counters);
struct neighbours *links_neighbours(const struct links *links);
/* Give each side its turn now, whether or not it has frames: for the watchdog. */
void links_serve(struct links *links);

#endif
