/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernel_private: what kernel.c and kernel_tc.c share.
 */
#ifndef CLUSTERARPD_IO_KERNEL_PRIVATE_H
#define CLUSTERARPD_IO_KERNEL_PRIVATE_H

#include "io/kernel.h"

#define KERNEL_HOOKS 3 /* enum kernel_hook */

struct kernel {
	struct clusterarpd_bpf *skel; /* kernel.c's alone */
	int cpus;
	struct {
		int prog_fd; /* the skeleton's */
		uint32_t prog_id;
	} programs[KERNEL_HOOKS]; /* kernel_tc.c's alone */
};

/* Have kernel_error() say `text`; "": nothing, until libbpf complains again. */
void kernel_set_error(const char *text);
/* True: what libbpf complains of now is no news, and goes nowhere; until false. */
void kernel_expect_complaints(bool expected);
/* What libbpf returned, as a negative errno value: it has errors of its own above. */
int kernel_errno(int err);

/* Which program belongs into a hook. */
int kernel_tc_init(struct kernel *k, enum kernel_hook hook, int prog_fd);

#endif
