/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hook: the hooks at which the tc programs run, and the programs for them.
 */
#ifndef CLUSTERARPD_BPF_HOOK_H
#define CLUSTERARPD_BPF_HOOK_H

#include <stdbool.h>
#include <stdint.h>

/* Two hooks of the NIC, two of the TAP. */
enum hook { HOOK_INGRESS, HOOK_EGRESS, HOOK_TAP_EGRESS, HOOK_TAP_INGRESS, HOOKS };

static inline bool hook_is_ingress(enum hook hook)
{
	return hook == HOOK_INGRESS || hook == HOOK_TAP_INGRESS;
}

/* The program for each hook. */
struct hook_programs {
	struct {
		int fd; /* borrowed */
		uint32_t id;
	} at[HOOKS];
};

#endif
