/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctl_peers: the command `peers`: a table of all peers, those that do not answer first, with a line
 * that counts the states; or all that is known of those that are named.
 */
#ifndef CLUSTERARPD_CTL_CTL_PEERS_H
#define CLUSTERARPD_CTL_CTL_PEERS_H

#include "ctl/common/ctl_command.h"

/* The peer of this name in a list of peers, or NULL. */
const json_t *ctl_find_peer(const json_t *peers, const char *name);

int ctl_peers_run(const struct ctl_options *options);

#endif
