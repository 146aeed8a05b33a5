/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * no_ring: preloaded into the daemon, makes the kernel refuse the ring buffer of the kernel data
 * path, as one that is too old does.
 */
#include "preload_bpf.h"

#define KERNEL_PATH_BYTES (1u << 20) /* without it, the programs have a small one, unused */

static int refuses(int command, const union bpf_attr *attr)
{
	return command == BPF_MAP_CREATE && attr->map_type == BPF_MAP_TYPE_RINGBUF &&
	       attr->max_entries >= KERNEL_PATH_BYTES;
}
