/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * preload_bpf.h: for programs that are preloaded into the daemon and make the kernel refuse some
 * calls of bpf(2), as one that is too old does. Included once; the includer defines refuses().
 */
#include <dlfcn.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

static int refuses(int command, const union bpf_attr *attr);

long syscall(long number, ...)
{
	long (*next)(long, ...) = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
	long a[6];
	va_list args;

	va_start(args, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(args, long);
	va_end(args);
	if (number == __NR_bpf && refuses((int)a[0], (const union bpf_attr *)a[1])) {
		errno = EINVAL;
		return -1;
	}
	return next(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
