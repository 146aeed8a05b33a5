/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nic_lock: one daemon a NIC, also of those that do not share a runtime directory.
 */
#ifndef CLUSTERARPD_NIC_NIC_LOCK_H
#define CLUSTERARPD_NIC_NIC_LOCK_H

#include <sys/types.h>

/* A descriptor that keeps other daemons off the NIC until it is closed, or its owner dies. (An
 * abstract UNIX address is the network namespace's, as the NIC is. As any user can take such a
 * name, one that is neither root's nor our own does not count: a log line.) -EBUSY: another
 * daemon has it, the process *holder, 0 for unknown; or another negative errno, not logged. */
int nic_lock(const char *interface, int ifindex, pid_t *holder);

#endif
