/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctl_peers: prints the answer to `peers`, as a table.
 */
#ifndef CLUSTERARPD_CTL_CTL_PEERS_H
#define CLUSTERARPD_CTL_CTL_PEERS_H

#include <jansson.h>

void ctl_print_peers(const json_t *answer);

#endif
