/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shares_state: what the shares (SPEC 11) keep for the next run of the daemon, in a file in the
 * runtime directory: the lease, which is renewed often, and a text. The times in it are of the
 * monotonic clock, so that the state is of no use to another boot.
 */
#ifndef CLUSTERARPD_PERSIST_SHARES_STATE_H
#define CLUSTERARPD_PERSIST_SHARES_STATE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* The path of the state for the NIC `interface`, next to the control socket `socket`; from
 * malloc(). NULL: no memory. */
char *shares_state_path(const char *socket, const char *interface);

/* Write it as a whole. 0; or a negative errno value, and there is no state any more: the old one
 * would be of a past that other nodes know to be over. */
int shares_state_write(const char *path, uint64_t lease, const char *text, size_t size);
/* Write the lease alone, in its place: needs no room on the disk. 0 or a negative errno value;
 * then, too, there is no state any more. */
int shares_state_write_lease(const char *path, uint64_t lease);

/* Open the state for reading: *in, which the caller closes, stands at the text. 0 or a negative
 * errno value: -ENOENT no state, -ESTALE of another boot, -EBADMSG not a state. Any other says
 * nothing about the state. */
int shares_state_open(const char *path, uint64_t *lease, FILE **in);
void shares_state_remove(const char *path);

#endif
