/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * adopt: addresses and routes of the NIC, moved to the TAP and back (adopt = yes, SPEC 5).
 *
 * What was moved is written to the runtime directory before anything changes, and is known
 * from there after a crash; an address that went with the TAP comes back with the next.
 * With adopt = no, what an earlier run moved and did not give back goes back to the NIC.
 */
#ifndef CLUSTERARPD_NIC_ADOPT_H
#define CLUSTERARPD_NIC_ADOPT_H

#include <stdbool.h>

#include "core/peers.h"
#include "io/netlink/netlink.h"

struct adopt;

/* `peers`, `netlink` are borrowed. `socket`: the path beside which the record is kept, which
 * is read. NULL: out of memory. */
struct adopt *adopt_create(const struct peers *peers, struct netlink *netlink, const char *socket);
/* For what an earlier run moved from `interface`, which is borrowed: to give back or drop,
 * not to take or apply. */
struct adopt *adopt_create_for(const char *interface, struct netlink *netlink, const char *socket);
void adopt_destroy(struct adopt *adopt);

/* The NIC `nic` was taken over: what it has moves to the TAP `tap`. Logs what fails; false:
 * nothing could be moved. */
bool adopt_take(struct adopt *adopt, int nic, int tap);
/* The TAP may lack some of what was moved; `is_empty`: it is another one, or was down. */
void adopt_apply(struct adopt *adopt, int tap, bool is_empty);
/* Back to the NIC, once. `goes_on`: the TAP is used further, and the routes to its networks
 * stay before those of the NIC; else the TAP goes after this. True: there were some. */
bool adopt_give_back(struct adopt *adopt, int nic, bool goes_on);
/* There is no NIC to give back to. */
void adopt_drop(struct adopt *adopt);

/* Calls each(address, arg) for every address that was moved, or has been given back last,
 * and is there. */
void adopt_each_address(const struct adopt *adopt,
			void (*each)(const struct ip_addr *address, void *arg), void *arg);

/* Is it one of them? `adopt`: a struct adopt. */
bool adopt_has_address(const struct ip_addr *address, const void *adopt);

#endif
