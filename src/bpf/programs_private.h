/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * programs_private: what programs.c, hooks.c and ring.c share.
 */
#ifndef CLUSTERARPD_BPF_PROGRAMS_PRIVATE_H
#define CLUSTERARPD_BPF_PROGRAMS_PRIVATE_H

#include "bpf/programs.h"

#define HOOKS 3 /* enum programs_hook */

struct programs {
	struct clusterarpd_bpf *skel; /* programs.c's alone */
	int cpus;
	struct {
		int prog_fd; /* the skeleton's */
		uint32_t prog_id;
	} programs[HOOKS];        /* hooks.c's alone */
	struct ring_buffer *ring; /* ring.c's alone; NULL: user data path */
	int ring_fd;              /* the skeleton's */
	struct take *take;        /* while ring_receive() runs */
};

/* As many ARP frames as come in a second or two, and room for a frame of BIG TCP. */
#define RING_BYTES (1024 * 1024)

/* Have complaints_first() say `text`; "": nothing, until libbpf complains again. */
void complaints_set(const char *text);
/* True: what libbpf complains of now is no news, and goes nowhere; until false. */
void complaints_expect(bool expected);
/* What libbpf returned, as a negative errno value: it has errors of its own above. */
int complaints_errno(int err);

/* Which program belongs into a hook. */
int hooks_init(struct programs *k, enum programs_hook hook, int prog_fd);

/* The ring buffer `map_fd`. A negative errno. */
int ring_init(struct programs *k, int map_fd);
void ring_clear(struct programs *k);
/* Is it a ring buffer such as ours? */
bool ring_is_usable(int fd);

#endif
