/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nic_lock: allows one daemon per NIC, even if daemons have different runtime directories.
 */
#ifndef CLUSTERARPD_NIC_NIC_LOCK_H
#define CLUSTERARPD_NIC_NIC_LOCK_H

#include <sys/types.h>

/* Lock the NIC. Returns a descriptor; the lock lasts until it is closed or the process ends. The
 * lock is an abstract UNIX socket address, which belongs to the network namespace, as the NIC does.
 * Any user can bind such an address, so a holder that is neither root, nor this user, nor the
 * package's user is ignored, with a log line. -EBUSY: another daemon has the lock; *holder is its
 * process ID, 0 if unknown. Other negative errno: not logged. */
int nic_lock(const char *interface, int ifindex, pid_t *holder);

#endif
