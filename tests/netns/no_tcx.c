/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * no_tcx: preloaded into the daemon, makes the kernel refuse everything about tcx, as one before
 * Linux 6.6 does: the programs are then attached as filters of clsact.
 */
#include <dlfcn.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TCX_INGRESS 46
#define TCX_EGRESS  47

static int is_tcx(unsigned type)
{
	return type == TCX_INGRESS || type == TCX_EGRESS;
}

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
	if (number == __NR_bpf &&
	    ((a[0] == BPF_PROG_QUERY && is_tcx(attr->query.attach_type)) ||
	     (a[0] == BPF_LINK_CREATE && is_tcx(attr->link_create.attach_type)))) {
		errno = EINVAL;
		return -1;
	}
	return next(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
