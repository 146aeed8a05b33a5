/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * privilege: keeps the four capabilities that the daemon needs, and gives up all others.
 *
 * If the process may set its groups (root), it joins the control socket's group and leaves all
 * others.
 */
#ifndef CLUSTERARPD_DAEMON_PRIVILEGE_H
#define CLUSTERARPD_DAEMON_PRIVILEGE_H

/* Give up every capability but CAP_NET_ADMIN, CAP_NET_RAW, CAP_BPF and CAP_PERFMON. 0,
 * or -1 after a log line that names what is missing. */
int privilege_reduce(void);

#endif
