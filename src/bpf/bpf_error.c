/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bpf_error: libbpf's messages; see bpf_error.h. */
#include "bpf/bpf_error.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"

/* Inode of the initial user namespace in nsfs (PROC_USER_INIT_INO in the kernel). */
#define INITIAL_USER_NS 0xEFFFFFFDu

/* At file scope because libbpf's print callback takes no user argument, and is set for the
 * whole process. */
static struct {
	char first[256]; /* message of this call: it names the cause */
	bool expected;   /* messages are discarded */
} complaints;

/* One line of a message, `len` bytes. */
static void take_line(enum libbpf_print_level level, const char *line, size_t len)
{
	static const char prefix[] = "libbpf: ";

	if (len >= sizeof(prefix) - 1 && !memcmp(line, prefix, sizeof(prefix) - 1)) {
		line += sizeof(prefix) - 1;
		len -= sizeof(prefix) - 1;
	}
	if (!len)
		return;
	log_debug("libbpf: %.*s", (int)len, line);
	if (level == LIBBPF_WARN && !complaints.first[0])
		snprintf(complaints.first, sizeof(complaints.first), "%.*s", (int)len, line);
}

static int take_complaint(enum libbpf_print_level level, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

static int take_complaint(enum libbpf_print_level level, const char *format, va_list args)
{
	char text[4096]; /* a verifier log is longer; its beginning is enough */
	const char *line = text;
	size_t len;

	if (complaints.expected || level == LIBBPF_DEBUG) /* one for each section of the object */
		return 0;
	vsnprintf(text, sizeof(text), format, args);
	while (*line) {
		len = strcspn(line, "\n");
		take_line(level, line, len);
		line += len + (line[len] == '\n');
	}
	return 0;
}

const char *bpf_error_text(void)
{
	return complaints.first;
}

void bpf_error_set(const char *text)
{
	snprintf(complaints.first, sizeof(complaints.first), "%s", text);
}

void bpf_error_expect(bool expected)
{
	complaints.expected = expected;
}

/* In doubt, true: without /proc it is not known. */
static bool is_initial_user_ns(void)
{
	struct stat ns;

	return stat("/proc/self/ns/user", &ns) || ns.st_ino == INITIAL_USER_NS;
}

void bpf_error_set_permission(void)
{
	bpf_error_set(
		is_initial_user_ns()
			? "bpf(2) is forbidden, by a seccomp filter, a security module, "
			  "kernel lockdown or missing capabilities"
			: "this is a user namespace: the kernel loads them only with CAP_BPF, "
			  "CAP_PERFMON and CAP_NET_ADMIN in the initial user namespace, so "
			  "not in an unprivileged container");
}

int bpf_error_from(int err)
{
	return err <= -__LIBBPF_ERRNO__START ? -EINVAL : err;
}

void bpf_error_init(void)
{
	bpf_error_set("");
	libbpf_set_print(take_complaint);
}
