/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * syslog_socket: sends log lines to the system's log daemon at /dev/log, as syslog(3) does,
 * facility daemon, but never waits for it: syslog(3) blocks while the log daemon does not read.
 */
#ifndef CLUSTERARPD_IO_SYSLOG_SOCKET_H
#define CLUSTERARPD_IO_SYSLOG_SOCKET_H

#include <stdbool.h>

/* `priority`: LOG_ERR to LOG_DEBUG of syslog(3). `text` has no newline. Connects if necessary, so
 * that a log daemon may come later, or again. False: the line was not taken. */
bool syslog_socket_send(int priority, const char *text);

#endif
