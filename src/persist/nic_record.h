/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nic_record: what was there before the daemon changed anything, in the runtime
 * directory, so that an orderly stop after a crash can still put it back (SPEC 5).
 */
#ifndef CLUSTERARPD_PERSIST_NIC_RECORD_H
#define CLUSTERARPD_PERSIST_NIC_RECORD_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/netlink/netlink_saved.h"

struct nic_record {
	int ifindex;      /* of the NIC, in the network namespace of this inode: */
	uint64_t netns;   /* a record of any other is stale */
	bool was_up;      /* the NIC was administratively up */
	bool clsact_ours; /* clsact was not there */
};

/* The file beside the control socket `socket` for the NIC `interface`; from malloc(),
 * NULL: no memory. */
char *nic_record_path(const char *socket, const char *interface);
/* The inode of this process's network namespace; 0: unknown. */
uint64_t nic_record_netns(void);
/* 0, or negative errno: -ENOENT none, -EACCES not ours to read, -EBADMSG not one of ours. */
int nic_record_read(const char *path, struct nic_record *out);
/* Writes it as a whole or leaves the old one. Negative errno. */
int nic_record_write(const char *path, const struct nic_record *record);
void nic_record_remove(const char *path);

/* What was moved from the NIC (adopt.h), in a file of its own: it outlives the NIC. */
char *record_adopted_path(const char *socket, const char *interface);
/* Into *out, an empty list. *returning: it was being given back, and some of it may be on the
 * NIC. -ENOENT: none, or of another network namespace; -EBADMSG: it is not one of ours. */
int nic_record_read_adopted(const char *path, struct netlink_saved_list *out, bool *returning);
int nic_record_write_adopted(const char *path, const struct netlink_saved_list *list,
			     bool returning);

/* The interfaces of which there is a record of either kind, each once. */
struct nic_record_names {
	char (*list)[IFNAMSIZ];
	size_t count;
};

/* Those beside the control socket `socket`, into *out, an empty list, to be cleared. Negative
 * errno: not all of them. */
int nic_record_find(const char *socket, struct nic_record_names *out);
void nic_record_names_clear(struct nic_record_names *names);

#endif
