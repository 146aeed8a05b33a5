/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernel_path: which way frames take (SPEC 9): through the daemon (user), or by eBPF programs
 * that send them on inside the kernel, with the daemon for ARP alone (kernel).
 *
 * Either way the eBPF programs are here, for the socket filter and the shield are theirs,
 * and so is what they know of the cluster. Logs what fails.
 */
#ifndef CLUSTERARPD_DATAPATH_KERNEL_PATH_H
#define CLUSTERARPD_DATAPATH_KERNEL_PATH_H

#include <stdbool.h>

#include "bpf/programs.h"
#include "core/peers.h"
#include "io/netlink/netlink.h"

struct kernel_path;

/* Load the programs, as `datapath` of the configuration asks for; with `auto`, where the
 * kernel data path is not to be had, for the user data path, after a log line. `peers` and
 * `netlink` are borrowed, `ring` as of programs_load(). NULL after a log line. */
struct kernel_path *kernel_path_create(struct peers *peers, struct netlink *netlink, int ring);
void kernel_path_destroy(struct kernel_path *path);

bool kernel_path_is_used(const struct kernel_path *path);
/* For the shield and the packet socket; another after KERNEL_PATH_CHANGED. */
struct programs *kernel_path_programs(const struct kernel_path *path);

/* The TAP's index; 0: it is gone. Where a NIC is set, the TAP's program is put in; false: it
 * cannot be, after a log line. */
bool kernel_path_set_tap(struct kernel_path *path, int ifindex, bool is_up);
/* Before the shield. What an earlier run may have left on the TAP goes, if this one has no use for
 * it. `goes_on`: that run's programs take what comes from the NIC, and those that are to take
 * their place do so at once. */
void kernel_path_set_nic(struct kernel_path *path, const struct netlink_link *nic, bool goes_on);
/* After the shield: the TAP's program, too, and frames flow. 0; or, where it cannot be put in,
 * after a log line a negative errno, or with `auto` KERNEL_PATH_CHANGED: other programs are loaded
 * now, for the user data path, and the shield is to be put up again. */
#define KERNEL_PATH_CHANGED 1
int kernel_path_attach(struct kernel_path *path);
/* Are frames from the NIC the programs', and the daemon's by ring_receive()? Else they are its
 * packet socket's. */
bool kernel_path_takes_wire(const struct kernel_path *path);
/* It changed: its MTU, or whether it is up. */
void kernel_path_nic_changed(struct kernel_path *path, const struct netlink_link *nic);
/* It is to be left, or gone. */
void kernel_path_forget_nic(struct kernel_path *path);

/* Somebody changed qdiscs or filters: put the TAP's program back if it is not there. False:
 * it cannot be put back for now; the daemon carries the host's frames meanwhile, and those
 * from the wire too where the shield is down. */
bool kernel_path_check(struct kernel_path *path, bool is_shielded);
/* The peers are others now. 0, or a negative errno; then the programs know some of both. */
int kernel_path_reload(struct kernel_path *path);

/* Add what the programs have counted: to `counters`, and to each peer's. */
void kernel_path_collect(struct kernel_path *path, struct counters *counters);

#endif
