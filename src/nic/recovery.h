/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * recovery: restores NICs that an earlier run with the same control socket left taken over, and
 * that no later run will use: the earlier run crashed or stopped for a restart, and now the
 * configuration names another interface or is invalid.
 *
 * Such NICs are found by their records (nic_record.h) and restored as at a clean stop (SPEC 5):
 * a shielded NIC without a daemon leaves the host without a network.
 */
#ifndef CLUSTERARPD_NIC_RECOVERY_H
#define CLUSTERARPD_NIC_RECOVERY_H

#include <stdbool.h>

/* Are there records next to `socket`, and no daemon that listens on it? */
bool recovery_is_needed(const char *socket);
/* Restore every NIC that has a record next to `socket`, except the interface `except` (NULL: no
 * exception) and NICs that another daemon has locked. The caller has made sure that no other daemon
 * listens on `socket`. Logs what it does. May block for some seconds per NIC (adopt_make.h).
 * Addresses that are given back are announced. */
void recovery_run(const char *socket, const char *except);

#endif
