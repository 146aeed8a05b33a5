/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wire: the NIC taken over and given back (SPEC 5): the lock, the shield, the packet
 * socket, the record of what was there before.
 *
 * Unlike the io modules, this one logs: each failure is told where it is known best.
 */
#ifndef CLUSTERARPD_NIC_TAKEOVER_H
#define CLUSTERARPD_NIC_TAKEOVER_H

#include "core/peers.h"
#include "bpf/programs.h"
#include "io/netlink.h"
#include "io/packet_socket.h"
#include "persist/nic_record.h"
#include "nic/shield.h"

struct wire;

/* `peers`, `netlink` are borrowed. `socket`: the path beside which the record is kept.
 * Loads the eBPF programs; touches no NIC yet. NULL after a log line. */
struct wire *wire_create(struct peers *peers, struct netlink *netlink, const char *socket);
/* Lets go of everything without putting anything back. */
void wire_destroy(struct wire *wire);

/* Take the NIC over: lock it, put the shield up, bring it up, open the packet socket;
 * nothing is received before wire_open(). 0; -ENODEV: it is not there; else a negative
 * errno after a log line. */
int wire_attach(struct wire *wire);
/* The peers are others now: tell the eBPF programs. 0, or a negative errno; then it knows
 * some of both. */
int wire_reload(struct wire *wire);
/* Begin to receive. 0, or a negative errno after a log line; -ENODEV: it went away. */
int wire_open(struct wire *wire);
/* The NIC is gone: close what belonged to it. */
void wire_lose(struct wire *wire);
/* Put the NIC back as it was before the first wire_attach(), crashes included. */
void wire_restore(struct wire *wire);

/* The NIC as of wire_attach() or wire_changed(); NULL: not attached. */
const struct netlink_link *wire_link(const struct wire *wire);
void wire_changed(struct wire *wire, const struct netlink_link *link);
struct nic *wire_nic(struct wire *wire);
/* The programs, another after a wire_attach(). Frames come from the NIC by nic_receive() and by
 * kernel_receive(). */
struct kernel *wire_kernel(const struct wire *wire);

/* Somebody changed qdiscs or filters of the NIC or the TAP: see to it that the shield is up
 * and the first in its hooks, and the data path's program in. `now`: monotonic milliseconds, for
 * the rate of log lines. False: not for now; try again. */
bool wire_check_shield(struct wire *wire, uint64_t now);
/* An address is said to be new on the NIC, which may be old news: warn if it is there. */
void wire_heard_address(const struct wire *wire, const struct ip_prefix *address);
/* Warn of all addresses on the NIC but those that every interface has. */
void wire_warn_addresses(const struct wire *wire);

/* Shield off, clsact too if it was ours and nobody else uses it, down if it was down. */
void wire_put_back(struct shield *shield, const struct record *record);

/* The TAP, before wire_attach() and when it changed; index 0: it is gone. False: the data path's
 * program cannot be put in, for which there is wire_check_shield(). */
bool wire_set_tap(struct wire *wire, int ifindex, bool is_up);
/* Do frames take the kernel data path? */
bool wire_has_kernel_path(const struct wire *wire);
/* Add what the kernel has counted for this NIC: to `counters`, and to each peer's. */
void wire_collect(struct wire *wire, struct counters *counters);

#endif
