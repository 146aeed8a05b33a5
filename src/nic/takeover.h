/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * takeover: the NIC taken over and given back (SPEC 5): the lock, the shield, the packet
 * socket, the record of what was there before.
 *
 * Unlike the io modules, this one logs: each failure is told where it is known best.
 */
#ifndef CLUSTERARPD_NIC_TAKEOVER_H
#define CLUSTERARPD_NIC_TAKEOVER_H

#include "bpf/ring.h"
#include "core/peers.h"
#include "io/netlink/netlink.h"
#include "io/packet_socket.h"
#include "nic/shield.h"
#include "persist/nic_record.h"

struct takeover;

/* `peers`, `netlink` are borrowed. `socket`: the path beside which the record is kept.
 * Loads the eBPF programs; touches no NIC yet. NULL after a log line. */
struct takeover *takeover_create(struct peers *peers, struct netlink *netlink, const char *socket);
/* Lets go of everything without putting anything back. */
void takeover_destroy(struct takeover *takeover);

/* Take the NIC over: lock it, put the shield up, bring it up, open the packet socket;
 * nothing is received before takeover_open(). 0; -ENODEV: it is not there; else a negative
 * errno after a log line. */
int takeover_attach(struct takeover *takeover);
/* The peers are others now: tell the eBPF programs. 0, or a negative errno; then it knows
 * some of both. */
int takeover_reload(struct takeover *takeover);
/* Begin to receive. 0, or a negative errno after a log line; -ENODEV: it went away. */
int takeover_open(struct takeover *takeover);
/* The NIC is gone: close what belonged to it. */
void takeover_lose(struct takeover *takeover);
/* Put the NIC back as it was before the first takeover_attach(), crashes included. */
void takeover_restore(struct takeover *takeover);

/* The NIC as of takeover_attach() or takeover_changed(); NULL: not attached. */
const struct netlink_link *takeover_link(const struct takeover *takeover);
void takeover_changed(struct takeover *takeover, const struct netlink_link *link);
struct packet_socket *takeover_socket(struct takeover *takeover);
/* By which the kernel data path hands frames to the daemon, another after a takeover_attach(); NULL
 * on the user data path. */
struct ring *takeover_ring(const struct takeover *takeover);

/* Somebody changed qdiscs or filters of the NIC or the TAP: see to it that the shield is up
 * and the first in its hooks, and the data path's program in. `now`: monotonic milliseconds, for
 * the rate of log lines. False: not for now; try again. */
bool takeover_check_shield(struct takeover *takeover, uint64_t now);
/* An address is said to be new on the NIC, which may be old news: warn if it is there. */
void takeover_heard_address(const struct takeover *takeover, const struct ip_prefix *address);
/* Warn of all addresses on the NIC but those that every interface has. */
void takeover_warn_addresses(const struct takeover *takeover);

/* Shield off, clsact too if it was ours and nobody else uses it, down if it was down. */
void takeover_put_back(struct shield *shield, const struct nic_record *record);

/* The TAP, before takeover_attach() and when it changed; index 0: it is gone. False: the data
 * path's program cannot be put in, for which there is takeover_check_shield(). */
bool takeover_set_tap(struct takeover *takeover, int ifindex, bool is_up);
/* Do frames take the kernel data path? */
bool takeover_has_kernel_path(const struct takeover *takeover);
/* Add what the kernel has counted for this NIC: to `counters`, and to each peer's. */
void takeover_collect(struct takeover *takeover, struct counters *counters);

#endif
