/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * no_ring: preloaded into the daemon, makes the kernel refuse the ring buffer of the kernel data
 * path, as one that is too old does.
 */
#include <dlfcn.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

#define KERNEL_PATH_BYTES (1u << 20) /* without it, the programs have a small one, unused */

long syscall(long number, ...)
{
	long (*next)(long, ...) = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
	const union bpf_attr *attr;
	long a[6];
	va_list args;

	va_start(args, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(args, long);
	va_end(args);
	attr = (const union bpf_attr *)a[1];
	if (number == __NR_bpf && a[0] == BPF_MAP_CREATE &&
	    attr->map_type == BPF_MAP_TYPE_RINGBUF && attr->max_entries >= KERNEL_PATH_BYTES) {
		errno = EINVAL;
		return -1;
	}
	return next(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
