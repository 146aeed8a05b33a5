/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernel_path: the choice of the data path (SPEC 9): frames pass through the daemon (user), or
 * eBPF programs forward them inside the kernel, and the daemon only handles ARP and Neighbour
 * Discovery (kernel).
 *
 * On either data path this module loads the eBPF programs, as the socket filter and the shield
 * are among them, and keeps their maps up to date. Logs what fails.
 */
#ifndef CLUSTERARPD_DATAPATH_KERNEL_PATH_H
#define CLUSTERARPD_DATAPATH_KERNEL_PATH_H

#include <stdbool.h>

#include "bpf/programs.h"
#include "core/flow.h"
#include "core/peers.h"
#include "io/netlink/netlink.h"

struct kernel_path;

/* Load the programs for the configured `datapath`; with `auto`, if the kernel data path is not
 * available, for the user data path, after a log line. `peers`, `netlink` and `hooks` are borrowed,
 * `ring` is as for programs_load(). NULL after a log line. */
struct kernel_path *kernel_path_create(struct peers *peers, struct netlink *netlink,
				       struct hooks *hooks, int ring);
void kernel_path_destroy(struct kernel_path *path);

bool kernel_path_is_used(const struct kernel_path *path);
/* For the shield and the packet sockets; no longer valid after KERNEL_PATH_CHANGED. */
struct programs *kernel_path_programs(const struct kernel_path *path);

/* Set the TAP's index; 0: it is gone. If a NIC is set, the TAP's program is attached. False: it
 * cannot be attached, which is logged once. */
bool kernel_path_set_tap(struct kernel_path *path, int ifindex, bool is_up);
/* Set the NIC, before the shield is attached. On the user data path, detach a TAP program that an
 * earlier run left. `goes_on`: the earlier run's programs handle the frames from the NIC, and the
 * new ones do so as soon as they replace those. */
void kernel_path_set_nic(struct kernel_path *path, const struct netlink_link *nic, bool goes_on);
/* After the shield is attached: attach the TAP's program as well, and begin to forward. 0. If the
 * program cannot be attached: a negative errno after a log line; or, with `auto`,
 * KERNEL_PATH_CHANGED: the programs of the user data path are loaded now instead, and the caller
 * must attach the shield again. */
#define KERNEL_PATH_CHANGED 1
int kernel_path_attach(struct kernel_path *path);
/* Do the programs handle the frames from the NIC, so that the daemon gets its share of them from
 * ring_receive()? Otherwise the packet sockets receive them all. */
bool kernel_path_takes_wire(const struct kernel_path *path);
/* The NIC changed: its MTU, or whether it is up. */
void kernel_path_nic_changed(struct kernel_path *path, const struct netlink_link *nic);
/* The NIC is to be released, or is gone. */
void kernel_path_forget_nic(struct kernel_path *path);

/* Set the shares, which are borrowed: copied into the programs now, and into those that may be
 * loaded later. While a bucket has to be asked about, and for a moment after, the program that asks
 * is attached to the TAP. False: it cannot be attached, which is logged once, or is to be detached:
 * kernel_path_check() does so later. */
bool kernel_path_set_shares(struct kernel_path *path, const struct shares_path *shares);

/* As programs_keep(). */
void kernel_path_keep(struct kernel_path *path, const struct flow_tuple *connection);
/* Is the program of the data path at the TAP needed, but cannot be attached? */
bool kernel_path_is_broken(const struct kernel_path *path);
/* Likewise the one that asks for connections. */
bool kernel_path_ask_fails(const struct kernel_path *path);

/* Qdiscs or filters were changed: attach the TAP's programs again if one is missing. `is_shielded`:
 * the shield is attached. False: the program cannot be attached for now; until it can, the daemon
 * forwards the host's frames, and those from the wire, too, while the shield is down. */
bool kernel_path_check(struct kernel_path *path, bool is_shielded);
/* Is there room in the maps for `peers`? */
bool kernel_path_has_room(const struct kernel_path *path, const struct peers *peers);
/* The peers changed: update the maps. 0, or a negative errno: the maps may hold a mix of both. */
int kernel_path_reload(struct kernel_path *path);

/* Attach the programs that show each frame to a capture, in place of the plain ones (observe.h); at
 * most one capture at a time. 0; -EOPNOTSUPP: this is the user data path; or another negative
 * errno, logged. */
int kernel_path_observe(struct kernel_path *path, unsigned snaplen);
/* What the programs have shown; NULL: nobody captures, or the user data path took over. */
struct observe *kernel_path_observed(const struct kernel_path *path);
/* Attach the plain programs again. After that nothing more is shown, and what was can still be
 * read. Waits until the kernel runs none of the others any more, some milliseconds. */
void kernel_path_end_observing(struct kernel_path *path);
void kernel_path_forget_observed(struct kernel_path *path);

/* Add the programs' counters to `counters`, and to those of each peer. */
void kernel_path_collect(struct kernel_path *path, struct counters *counters);
/* The same for the counters of one peer. */
void kernel_path_collect_peer(struct kernel_path *path, struct peer *peer);

#endif
