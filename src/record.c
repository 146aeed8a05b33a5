/* SPDX-License-Identifier: GPL-2.0-or-later */
/* record: a small JSON file in the runtime directory; see record.h. */
#include "record.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

char *record_path(const char *socket, const char *interface)
{
	char *path;

	return asprintf(&path, "%s.%s.json", socket, interface) < 0 ? NULL : path;
}

uint64_t record_netns(void)
{
	struct stat st;

	return stat("/proc/self/ns/net", &st) ? 0 : st.st_ino;
}

int record_read(const char *path, struct record *out)
{
	int was_up, clsact_ours, ifindex, rc;
	json_int_t netns;
	json_t *root;

	if (access(path, F_OK))
		return -errno;
	root = json_load_file(path, 0, NULL);
	if (!root)
		return -EBADMSG;
	rc = json_unpack(root, "{s:i, s:I, s:b, s:b}", "ifindex", &ifindex, "netns", &netns,
			 "was_up", &was_up, "clsact_ours", &clsact_ours);
	json_decref(root);
	if (rc)
		return -EBADMSG;
	*out = (struct record){ .ifindex = ifindex,
				.netns = (uint64_t)netns,
				.was_up = was_up,
				.clsact_ours = clsact_ours };
	return 0;
}

int record_write(const char *path, const struct record *record)
{
	char *temporary;
	json_t *root;
	int rc;

	if (asprintf(&temporary, "%s.new", path) < 0)
		return -ENOMEM;
	root = json_pack("{s:i, s:I, s:b, s:b}", "ifindex", record->ifindex, "netns",
			 (json_int_t)record->netns, "was_up", record->was_up, "clsact_ours",
			 record->clsact_ours);
	errno = 0;
	rc = root && !json_dump_file(root, temporary, JSON_INDENT(1)) && !rename(temporary, path)
		     ? 0
		     : (errno ? -errno : -EIO);
	if (rc)
		unlink(temporary);
	json_decref(root);
	free(temporary);
	return rc;
}

void record_remove(const char *path)
{
	unlink(path);
}
