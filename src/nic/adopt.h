/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * adopt: moves the NIC's addresses and routes to the TAP and back (adopt = yes, SPEC 5).
 * adopt_later.h decides when to move addresses that appear on the NIC later.
 *
 * What is moved is recorded in the runtime directory before anything changes, so that it is known
 * after a crash. If the TAP is deleted, the moved addresses and routes are added to the new TAP.
 * With adopt = no, what an earlier run moved and did not give back goes back to the NIC.
 */
#ifndef CLUSTERARPD_NIC_ADOPT_H
#define CLUSTERARPD_NIC_ADOPT_H

#include <stdbool.h>

#include "core/peers.h"
#include "io/netlink/netlink.h"
#include "io/netlink/netlink_saved.h"

struct adopt;

/* `peers`, `netlink` are borrowed. `socket`: path of the control socket; the record is kept next
 * to it, and is read here. NULL: out of memory. */
struct adopt *adopt_create(const struct peers *peers, struct netlink *netlink, const char *socket);
/* The same for what an earlier run moved from `interface` (borrowed). Only for adopt_give_back()
 * and adopt_drop(), not for adopt_take() and adopt_apply(). */
struct adopt *adopt_create_for(const char *interface, struct netlink *netlink, const char *socket);
void adopt_destroy(struct adopt *adopt);
/* The name of the NIC for log lines, until the next call. Before the first one, it is the name in
 * the configuration. */
void adopt_set_name(struct adopt *adopt, const char *name);

/* The NIC was taken over: move its addresses and routes to the TAP. `nic`, `tap`: ifindex. Logs
 * what fails; false: what is on the NIC now was not moved, but what was moved before is added to
 * the TAP. */
bool adopt_take(struct adopt *adopt, int nic, int tap);
/* Remove from `found` the IPv6 items, if IPv6 is off on the TAP, so that they cannot move. Logged
 * once. */
void adopt_leave_ipv6(struct adopt *adopt, struct netlink_saved_list *found, int tap);
/* Were there any, the last time that adopt_take() or adopt_leave_ipv6() has looked? */
bool adopt_has_left_ipv6(const struct adopt *adopt);
/* Move to the TAP, while the daemon runs, what was `found` on the NIC by netlink_save(), or a part
 * of it. What was moved before and has come back gets the lifetime that it has now. Logs what
 * fails; false: nothing could be moved. */
bool adopt_take_found(struct adopt *adopt, const struct netlink_saved_list *found, int nic,
		      int tap);
/* Add to the TAP what was moved and is missing there. `is_empty`: it is a new TAP, or it was
 * down. */
void adopt_apply(struct adopt *adopt, int tap, bool is_empty);
/* Give everything back to the NIC; a second call does nothing. `goes_on`: the TAP stays in use,
 * and its routes stay before the NIC's routes to the same networks; else the caller removes the
 * TAP afterwards. True: there was something to give back. */
bool adopt_give_back(struct adopt *adopt, int nic, bool goes_on);
/* There is no NIC to give back to: log what is lost, forget it, and remove the record. */
void adopt_drop(struct adopt *adopt);

/* Calls each(address, arg) for every moved address that is in place: on the TAP, or on the NIC
 * after adopt_give_back(); not if duplicate address detection goes on there. */
void adopt_each_address(const struct adopt *adopt,
			void (*each)(const struct ip_addr *address, void *arg), void *arg);

/* Is `address` one of those of adopt_each_address()? `adopt`: a struct adopt. */
bool adopt_has_address(const struct ip_addr *address, const void *adopt);

#endif
