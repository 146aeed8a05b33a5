/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * no_tcx: preloaded into the daemon, makes the kernel refuse everything about tcx, as one before
 * Linux 6.6 does: the programs are then attached as filters of clsact.
 */
#include "preload_bpf.h"

#define TCX_INGRESS 46
#define TCX_EGRESS  47

static int is_tcx(unsigned type)
{
	return type == TCX_INGRESS || type == TCX_EGRESS;
}

static int refuses(int command, const union bpf_attr *attr)
{
	return (command == BPF_PROG_QUERY && is_tcx(attr->query.attach_type)) ||
	       (command == BPF_LINK_CREATE && is_tcx(attr->link_create.attach_type));
}
