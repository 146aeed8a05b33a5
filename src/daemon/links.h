/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * links: takes the NIC and the TAP, follows their changes while the daemon runs, and gives them
 * back.
 */
#ifndef CLUSTERARPD_DAEMON_LINKS_H
#define CLUSTERARPD_DAEMON_LINKS_H

#include <stdbool.h>

#include "core/counters.h"
#include "core/flow.h"
#include "core/peers.h"
#include "datapath/relay.h"
#include "io/loop.h"
#include "io/netlink/netlink.h"
#include "report/events.h"
#include "report/problems.h"
#include "tap/neighbours.h"

struct links;

/* The NIC is links_nic(). */
struct links_survey {
	bool is_tap_up;
	bool is_shielded; /* the NIC's own stack is kept off, as far as the last check knows */
	bool has_kernel_path;
	bool has_tap_program; /* of the kernel data path */
	size_t unlisted;      /* addresses of the TAP that are not in the file */
	struct ip_addr first_unlisted;
};

/* What it needs; borrowed. */
struct links_needs {
	struct loop *loop;
	struct peers *peers;
	struct events *events;
	struct problems *problems;
	struct relay *relay;
	const struct shares_path *shares; /* links_share() tells when it has changed */
	const char *socket; /* path of the control socket: records are kept next to it */
	void (*state_changed)(void *arg); /* the NIC was taken over, or is gone */
	/* The TAP cannot be made again, which was logged: no change is followed any more. */
	void (*failed)(void *arg);
	void *arg;
};

/* Makes the TAP device, which no other process can have from now on; changes no NIC yet. NULL after
 * a log line. */
struct links *links_create(const struct links_needs *needs);
/* Take the NIC over, if it exists, and let frames flow. Before that, restore NICs that an earlier
 * run left taken over (nic/recovery.h). False after a log line. */
bool links_open(struct links *links);
/* Leave NIC and TAP to the next run: send queued frames, and take nothing down. */
void links_hand_over(struct links *links);
/* Restore the NIC, and remove the TAP. `is_clean`: no further run is expected, so that addresses
 * without a NIC to give them back to are forgotten. */
void links_give_back(struct links *links, bool is_clean);
/* Frees what the process holds. NULL is fine. */
void links_destroy(struct links *links);

/* Is there room for another configuration's peers? */
bool links_have_room(const struct links *links, const struct peers *peers);
/* Put another configuration into effect: `peers`, made from it, and needs->peers exchange their
 * contents (peers_exchange()). 0; or a negative errno, and nothing has changed. */
int links_reload(struct links *links, struct peers *peers);

/* The shares are about to change: carry what was received until now by those that hold still. */
void links_catch_up(struct links *links);
/* The shares have changed: both data paths apply them from now on. */
void links_share(struct links *links);

/* This host has the connection, though it ends in no socket here. */
void links_keep(struct links *links, const struct flow_tuple *connection);

/* The NIC; NULL: it is not taken over now. */
const struct netlink_link *links_nic(const struct links *links);
/* Can services use the IPv6 addresses of the file? False while duplicate address detection of one
 * goes on, on a NIC with carrier. */
bool links_is_settled(const struct links *links);
/* Do frames take the kernel data path? */
bool links_has_kernel_path(const struct links *links);
/* It lasts as long as the links that were opened. */
struct kernel_path *links_kernel_path(const struct links *links);
/* What state_problems.h looks at. */
void links_survey(const struct links *links, struct links_survey *survey);
/* Add what the kernel has counted. */
void links_collect(struct links *links, struct counters *counters);
/* The same for the counters of one peer. */
void links_collect_peer(struct links *links, struct peer *peer);
struct neighbours *links_neighbours(const struct links *links);
/* Serve each side once now, whether or not it has frames: for the watchdog. */
void links_serve(struct links *links);

#endif
