/* SPDX-License-Identifier: GPL-2.0-or-later */
/* shares_state: a file in the runtime directory; see shares_state.h. */
#include "persist/shares_state.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/files.h"
#include "base/keyed_lines.h"

#define LEASE_DIGITS 20 /* of UINT64_MAX */

/* The lease has its place at the beginning, and always the same length. */
#define LEASE_AT strlen("lease ")

char *shares_state_path(const char *socket, const char *interface)
{
	char *path;

	return asprintf(&path, "%s.%s.shares", socket, interface) < 0 ? NULL : path;
}

void shares_state_remove(const char *path)
{
	unlink(path);
}

/* Sets `id`, without a newline. 0 or a negative errno. */
static int read_boot_id(char *id, size_t size)
{
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");
	bool is_read;

	if (!f)
		return -errno;
	is_read = fgets(id, (int)size, f);
	fclose(f);
	if (!is_read)
		return -EIO;
	id[strcspn(id, "\n")] = '\0';
	return 0;
}

struct state {
	uint64_t lease;
	char boot[64];
	const char *text;
	size_t size;
};

static bool write_state(FILE *f, void *arg)
{
	const struct state *s = arg;

	fprintf(f, "lease %0*" PRIu64 "\nboot %s\n", LEASE_DIGITS, s->lease, s->boot);
	return fwrite(s->text, 1, s->size, f) == s->size;
}

int shares_state_write(const char *path, uint64_t lease, const char *text, size_t size)
{
	struct state s = { .lease = lease, .text = text, .size = size };
	int rc = read_boot_id(s.boot, sizeof(s.boot));

	if (!rc)
		rc = files_replace(path, 0600, write_state, &s);
	if (rc)
		unlink(path);
	return rc;
}

int shares_state_write_lease(const char *path, uint64_t lease)
{
	int fd = files_update(path), rc = fd < 0 ? -errno : 0;
	char digits[LEASE_DIGITS + 1];
	ssize_t written;

	if (rc)
		return rc;
	snprintf(digits, sizeof(digits), "%0*" PRIu64, LEASE_DIGITS, lease);
	written = pwrite(fd, digits, LEASE_DIGITS, LEASE_AT);
	if (written != LEASE_DIGITS) {
		rc = written < 0 ? -errno : -EIO;
		unlink(path);
	}
	close(fd);
	return rc;
}

static int read_head(FILE *in, uint64_t *lease)
{
	struct keyed_lines lines = { .in = in };
	const char *boot = NULL;
	char now[64];
	int rc = read_boot_id(now, sizeof(now));

	if (rc)
		return rc;
	rc = -EBADMSG;
	if (keyed_lines_number(&lines, "lease", UINT64_MAX, lease))
		boot = keyed_lines_text(&lines, "boot");
	if (boot)
		rc = strcmp(boot, now) ? -ESTALE : 0;
	keyed_lines_clear(&lines);
	return rc;
}

int shares_state_open(const char *path, uint64_t *lease, FILE **in)
{
	int rc;

	*in = files_read(path);
	if (!*in)
		return -errno;
	rc = read_head(*in, lease);
	if (rc)
		fclose(*in);
	return rc;
}
