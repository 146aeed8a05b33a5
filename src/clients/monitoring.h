/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * monitoring: the endless answer to `monitor`.
 */
#ifndef CLUSTERARPD_CLIENTS_MONITORING_H
#define CLUSTERARPD_CLIENTS_MONITORING_H

#include "clients/control.h"
#include "report/event_feed.h"

/* Begin to answer a client with the events of `feed`, which must outlive it. NULL: it has begun;
 * else the reason why not. */
const char *monitoring_begin(struct event_feed *feed, struct control_client *client);

#endif
