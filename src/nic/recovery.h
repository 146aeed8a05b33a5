/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * recovery: NICs that an earlier run with the same control socket left as it had them, and
 * that no run is going to take up again: it crashed or was to be started again, and now the
 * configuration names another interface, or is none.
 *
 * They are known by their records (nic_record.h) and put back as an orderly stop would have
 * done (SPEC 5): a shielded NIC that nobody serves is a host without a network.
 */
#ifndef CLUSTERARPD_NIC_RECOVERY_H
#define CLUSTERARPD_NIC_RECOVERY_H

#include <stdbool.h>

/* Are there records beside `socket`, and no daemon that listens there? */
bool recovery_is_needed(const char *socket);
/* Put back every NIC that has a record beside `socket`, but for the interface `except` (NULL:
 * none), and those that another daemon has. The caller has made sure that no other daemon
 * listens at `socket`. Logs what it does. Takes two seconds for each NIC that gets addresses
 * back, which are announced. */
void recovery_run(const char *socket, const char *except);

#endif
