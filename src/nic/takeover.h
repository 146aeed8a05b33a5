/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * takeover: takes the NIC over and gives it back (SPEC 5): the lock, the shield, the packet
 * socket, the record of what was there before.
 *
 * Unlike the io modules, this one logs, because it knows most about each failure.
 */
#ifndef CLUSTERARPD_NIC_TAKEOVER_H
#define CLUSTERARPD_NIC_TAKEOVER_H

#include "bpf/ring.h"
#include "core/flow.h"
#include "core/peers.h"
#include "datapath/wire.h"
#include "io/netlink/netlink.h"
#include "nic/shield.h"

struct takeover;

/* `peers`, `netlink` are borrowed. `socket`: path of the control socket; the record is kept next
 * to it. Loads the eBPF programs; changes no NIC yet. NULL after a log line. */
struct takeover *takeover_create(struct peers *peers, struct netlink *netlink, const char *socket);
/* Releases everything without restoring anything. */
void takeover_destroy(struct takeover *takeover);

/* Take the NIC over: lock it, open the packet sockets, attach the shield, set the NIC up. Nothing
 * is received before takeover_open(). 0; -ENODEV: there is no such NIC; else a negative errno after
 * a log line. */
int takeover_attach(struct takeover *takeover);
/* Do the maps of the eBPF programs have room for `peers`? */
bool takeover_has_room(const struct takeover *takeover, const struct peers *peers);
/* The peers have changed: update the maps of the eBPF programs. 0, or a negative errno; then the
 * maps hold a mixture of both. */
int takeover_reload(struct takeover *takeover);
/* Start to receive. 0, or a negative errno after a log line; -ENODEV: the NIC was removed. */
int takeover_open(struct takeover *takeover);
/* The NIC was removed: close its socket, and remove its record and lock. */
void takeover_lose(struct takeover *takeover);
/* Let the NIC's own stack receive and send again, until takeover_restore(), which takes longer.
 * False: it does not yet, as the NIC is to be down. */
bool takeover_let_through(struct takeover *takeover);
/* Restore the NIC to its state before the first takeover_attach(), also after crashes. */
void takeover_restore(struct takeover *takeover);

/* The NIC as of takeover_attach() or takeover_changed(); NULL: not attached. */
const struct netlink_link *takeover_link(const struct takeover *takeover);
/* Was it down, so that takeover_attach() has set it up? */
bool takeover_has_set_up(const struct takeover *takeover);
void takeover_changed(struct takeover *takeover, const struct netlink_link *link);
struct wire *takeover_wire(struct takeover *takeover);
/* The ring buffer through which the kernel data path passes frames to the daemon; takeover_attach()
 * may replace it. NULL on the user data path. */
struct ring *takeover_ring(const struct takeover *takeover);

/* Qdiscs or filters of the NIC or the TAP changed: make sure that the shield is attached and first
 * in its hooks, and that the data path's program is attached. `now`: monotonic milliseconds, to
 * limit the rate of log lines. False: it failed; try again later. */
bool takeover_check_shield(struct takeover *takeover, uint64_t now);
/* Netlink reported a new address on the NIC. The report may be out of date: it counts only if the
 * NIC has the address. Another program uses the NIC then; with adopt = no warn. A link-local one
 * is removed. True: it has the address, and it is not a link-local one. */
bool takeover_heard_address(struct takeover *takeover, const struct ip_prefix *address);
/* Notifications may have been lost: remove IPv6 link-local addresses that the NIC has (nic_ipv6.h).
 */
void takeover_check_link_local(struct takeover *takeover);
/* Netlink reported a change of the NIC: its contents, maybe out of date. */
void takeover_heard_link(struct takeover *takeover, const struct netlink_link *news);
/* Warn of all addresses on the NIC, except link-local ones, which every interface has. */
void takeover_warn_addresses(const struct takeover *takeover);

/* Set the TAP: call this before takeover_attach(), and when the TAP changed. Index 0: there is
 * none. False: the data path's program cannot be attached to it; takeover_check_shield() tries
 * again. */
bool takeover_set_tap(struct takeover *takeover, int ifindex, bool is_up);
/* As kernel_path_set_shares() and kernel_path_ask_fails(). */
bool takeover_set_shares(struct takeover *takeover, const struct shares_path *shares);
void takeover_keep(struct takeover *takeover, const struct flow_tuple *connection);
bool takeover_ask_fails(const struct takeover *takeover);
/* As of the last takeover_check_shield(): the NIC's own stack is kept off; the TAP's program of the
 * kernel data path is attached, or not needed. */
bool takeover_is_shielded(const struct takeover *takeover);
bool takeover_has_tap_program(const struct takeover *takeover);
/* Do frames take the kernel data path? */
bool takeover_has_kernel_path(const struct takeover *takeover);
/* The same one as long as `takeover` lasts. */
struct kernel_path *takeover_kernel_path(const struct takeover *takeover);
/* Add what the eBPF programs and the packet sockets have counted, to `counters` and to each peer's
 * counters. */
void takeover_collect(struct takeover *takeover, struct counters *counters);
/* The same for the counters of one peer. */
void takeover_collect_peer(struct takeover *takeover, struct peer *peer);

#endif
