/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * privilege: reduces capabilities with libcap-ng; see privilege.h.
 *
 * CAP_NET_ADMIN: TAP, links, addresses, routes, tc. CAP_NET_RAW: the packet sockets.
 * CAP_BPF and CAP_PERFMON: the eBPF programs.
 */
#include "daemon/privilege.h"

#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/log.h"
#include "clients/control.h"

static const unsigned needed[] = { CAP_NET_ADMIN, CAP_NET_RAW, CAP_BPF, CAP_PERFMON };

#define NEEDED (sizeof(needed) / sizeof(needed[0]))

static int check(void)
{
	char missing[128] = "";
	size_t i;

	for (i = 0; i < NEEDED; i++) {
		if (capng_have_capability(CAPNG_EFFECTIVE, needed[i]))
			continue;
		strcat(missing, missing[0] ? ", cap_" : "cap_");
		strcat(missing, capng_capability_to_name(needed[i]));
	}
	if (!missing[0])
		return 0;
	log_error("not permitted to run: %s missing (run it as root, or see the service unit)",
		  missing);
	return -1;
}

static bool is_needed(unsigned capability)
{
	size_t i;

	for (i = 0; i < NEEDED; i++)
		if (needed[i] == capability)
			return true;
	return false;
}

/* Under a service manager there may be nothing to give up, and capset(2) may be forbidden. */
static bool has_more(void)
{
	unsigned capability;

	for (capability = 0; capability <= CAP_LAST_CAP; capability++)
		if (!is_needed(capability) && capng_have_capability(CAPNG_PERMITTED, capability))
			return true;
	return false;
}

/* Replaces all other groups. Without this, the control socket's group could only be set with
 * CAP_CHOWN. */
static void join_group(void)
{
	const struct group *group = getgrnam(CONTROL_GROUP);

	if (group && capng_have_capability(CAPNG_EFFECTIVE, CAP_SETGID) &&
	    setgroups(1, &group->gr_gid))
		log_warning_errno(errno, "cannot join the group " CONTROL_GROUP);
}

int privilege_reduce(void)
{
	size_t i;

	if (capng_get_caps_process() || check())
		return -1;
	if (!has_more())
		return 0;
	join_group();
	capng_clear(CAPNG_SELECT_CAPS);
	for (i = 0; i < NEEDED; i++)
		capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, needed[i]);
	if (capng_apply(CAPNG_SELECT_CAPS)) {
		log_error("cannot give up capabilities");
		return -1;
	}
	return 0;
}
