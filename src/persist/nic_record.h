/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nic_record: records the state of the NIC before the daemon changes it, in files in the runtime
 * directory, so that a clean stop after a crash can still restore it (SPEC 5).
 */
#ifndef CLUSTERARPD_PERSIST_NIC_RECORD_H
#define CLUSTERARPD_PERSIST_NIC_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "io/netlink/netlink_saved.h"

struct nic_record {
	int ifindex;      /* of the NIC */
	struct mac mac;   /* of the NIC; all zero: not known */
	uint64_t netns;   /* inode of its network namespace; in any other the record is stale */
	bool was_up;      /* the NIC was administratively up */
	bool clsact_ours; /* the NIC had no clsact qdisc */
	bool has_ipv6;    /* the next two are known */
	uint8_t addrgen;  /* its addr_gen_mode: IN6_ADDR_GEN_MODE_EUI64, … of linux/if_link.h */
	struct netlink_saved_list link_local; /* its IPv6 link-local addresses */
};

void nic_record_clear(struct nic_record *record);

/* The path of the record for the NIC `interface`, next to the control socket `socket`; from
 * malloc(). NULL: no memory. */
char *nic_record_path(const char *socket, const char *interface);
/* The inode of this process's network namespace; 0: unknown. */
uint64_t nic_record_netns(void);
/* 0, and the caller clears *out; or a negative errno: -ENOENT no record, -EACCES no permission,
 * -EBADMSG not a valid record. */
int nic_record_read(const char *path, struct nic_record *out);
/* Write it as a whole, or leave the old one. 0 or a negative errno. */
int nic_record_write(const char *path, const struct nic_record *record);
void nic_record_remove(const char *path);

/* The path of the record of what was moved from the NIC to the TAP (adopt.h): a file of its own,
 * as it outlives the NIC. From malloc(). NULL: no memory. */
char *nic_record_adopted_path(const char *socket, const char *interface);
/* Read it into *out, an empty list. *returning: the items were being moved back, and some of them
 * may be on the NIC. -ENOENT: no record, or of another network namespace; -EBADMSG: not a valid
 * record. */
int nic_record_read_adopted(const char *path, struct netlink_saved_list *out, bool *returning);
int nic_record_write_adopted(const char *path, const struct netlink_saved_list *list,
			     bool returning);

/* The interfaces that have a record of either kind, by their names in the configuration, without
 * duplicates. */
#define NIC_RECORD_NAME_SIZE (CONFIG_ALTNAME_MAX + 1)
struct nic_record_names {
	char (*list)[NIC_RECORD_NAME_SIZE];
	size_t count;
};

/* Find the records next to the control socket `socket`. Appends to *out, an empty list, which the
 * caller clears. 0 or a negative errno: *out may be incomplete. */
int nic_record_find(const char *socket, struct nic_record_names *out);
void nic_record_names_clear(struct nic_record_names *names);

#endif
