/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernel_private: what kernel.c, kernel_tc.c and kernel_ring.c share.
 */
#ifndef CLUSTERARPD_BPF_PROGRAMS_PRIVATE_H
#define CLUSTERARPD_BPF_PROGRAMS_PRIVATE_H

#include "bpf/programs.h"

#define KERNEL_HOOKS 3 /* enum kernel_hook */

struct kernel {
	struct clusterarpd_bpf *skel; /* kernel.c's alone */
	int cpus;
	struct {
		int prog_fd; /* the skeleton's */
		uint32_t prog_id;
	} programs[KERNEL_HOOKS]; /* kernel_tc.c's alone */
	struct ring_buffer *ring; /* kernel_ring.c's alone; NULL: user data path */
	int ring_fd;              /* the skeleton's */
	struct take *take;        /* while kernel_receive() runs */
};

/* As many ARP frames as come in a second or two, and room for a frame of BIG TCP. */
#define KERNEL_RING_BYTES (1024 * 1024)

/* Have kernel_error() say `text`; "": nothing, until libbpf complains again. */
void kernel_set_error(const char *text);
/* True: what libbpf complains of now is no news, and goes nowhere; until false. */
void kernel_expect_complaints(bool expected);
/* What libbpf returned, as a negative errno value: it has errors of its own above. */
int kernel_errno(int err);

/* Which program belongs into a hook. */
int kernel_tc_init(struct kernel *k, enum kernel_hook hook, int prog_fd);

/* The ring buffer `map_fd`. A negative errno. */
int kernel_ring_init(struct kernel *k, int map_fd);
void kernel_ring_clear(struct kernel *k);
/* Is it a ring buffer such as ours? */
bool kernel_ring_is_usable(int fd);

#endif
