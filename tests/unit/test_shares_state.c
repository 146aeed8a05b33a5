/* SPDX-License-Identifier: GPL-2.0-or-later */
/* shares_state: states that are written, renewed, cut, of another boot, on a full disk, or without
 * descriptors. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "persist/shares_state.h"

static char folder[] = "/tmp/test_shares_state.XXXXXX";
static char *path, *temporary;

static int setup(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_int_equal(chdir(folder), 0);
	path = shares_state_path("control.sock", "eth0");
	assert_string_equal(path, "control.sock.eth0.shares");
	assert_true(asprintf(&temporary, "%s.new", path) > 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	shares_state_remove(path);
	free(path);
	free(temporary);
	return rmdir(folder);
}

static void write_state(uint64_t lease, const char *text)
{
	assert_int_equal(shares_state_write(path, lease, text, strlen(text)), 0);
}

static void assert_state(uint64_t lease, const char *text)
{
	char back[4096];
	uint64_t read;
	size_t len;
	FILE *in;

	assert_int_equal(shares_state_open(path, &read, &in), 0);
	assert_true(read == lease);
	len = fread(back, 1, sizeof(back) - 1, in);
	back[len] = '\0';
	assert_string_equal(back, text);
	fclose(in);
}

static void assert_no_state(int error)
{
	uint64_t lease;
	FILE *in;

	assert_int_equal(shares_state_open(path, &lease, &in), error);
	assert_int_not_equal(access(temporary, F_OK), 0);
}

static void comes_back_with_the_last_lease(void **state)
{
	struct stat st;

	(void)state;
	shares_state_remove(path);
	assert_no_state(-ENOENT);
	assert_int_equal(shares_state_write_lease(path, 5), -ENOENT);
	write_state(7, "first\n");
	assert_state(7, "first\n");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(shares_state_write_lease(path, UINT64_MAX), 0);
	assert_state(UINT64_MAX, "first\n");
	assert_int_equal(shares_state_write_lease(path, 8), 0);
	assert_state(8, "first\n");
	write_state(9, "second, and longer\n");
	assert_state(9, "second, and longer\n");
	assert_int_not_equal(access(temporary, F_OK), 0);
	shares_state_remove(path);
	assert_no_state(-ENOENT);
}

static void put_file(const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void others_are_refused(void **state)
{
	(void)state;
	put_file("lease 00000000000000000007\nboot 6a5f2c2e-0000-0000-0000-000000000000\ntext\n");
	assert_no_state(-ESTALE);
	put_file("lease 0000000000000000000x\n");
	assert_no_state(-EBADMSG);
	put_file("lease 00000000000000000007\nbo");
	assert_no_state(-EBADMSG);
	put_file("");
	assert_no_state(-EBADMSG);
}

/* Returns what it was. */
static rlim_t set_limit(int resource, rlim_t value)
{
	struct rlimit limit;
	rlim_t before;

	assert_int_equal(getrlimit(resource, &limit), 0);
	before = limit.rlim_cur;
	limit.rlim_cur = value;
	assert_int_equal(setrlimit(resource, &limit), 0);
	return before;
}

static void limit_file_size(rlim_t bytes)
{
	signal(SIGXFSZ, SIG_IGN);
	set_limit(RLIMIT_FSIZE, bytes);
}

/* Of which boot it is cannot be known: that is not to say that it is of another one. */
static void without_descriptors_no_boot_is_another(void **state)
{
	uint64_t lease;
	FILE *in;
	int next = dup(STDERR_FILENO), written, opened;
	rlim_t before;

	(void)state;
	write_state(7, "first\n");
	assert_int_equal(close(next), 0);
	before = set_limit(RLIMIT_NOFILE, (rlim_t)next + 1);
	opened = shares_state_open(path, &lease, &in);
	set_limit(RLIMIT_NOFILE, (rlim_t)next);
	written = shares_state_write(path, 8, "second\n", 7);
	set_limit(RLIMIT_NOFILE, before);
	assert_int_equal(opened, -EMFILE);
	assert_int_equal(written, -EMFILE);
	assert_no_state(-ENOENT);
}

/* Neither half a state, nor the one before. */
static void a_full_disk_leaves_nothing(void **state)
{
	char text[2048];
	int rc;

	(void)state;
	memset(text, 'x', sizeof(text));
	write_state(7, "first\n");
	limit_file_size(1024);
	rc = shares_state_write(path, 8, text, sizeof(text));
	limit_file_size(RLIM_INFINITY);
	assert_int_equal(rc, -EFBIG);
	assert_no_state(-ENOENT);

	write_state(7, "first\n");
	limit_file_size(1024);
	rc = shares_state_write_lease(path, 8);
	limit_file_size(RLIM_INFINITY);
	assert_int_equal(rc, 0); /* in its place */
	assert_state(8, "first\n");
	limit_file_size(10);
	rc = shares_state_write_lease(path, 9);
	limit_file_size(RLIM_INFINITY);
	assert_int_not_equal(rc, 0);
	assert_no_state(-ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comes_back_with_the_last_lease),
		cmocka_unit_test(others_are_refused),
		cmocka_unit_test(without_descriptors_no_boot_is_another),
		cmocka_unit_test(a_full_disk_leaves_nothing),
	};

	return cmocka_run_group_tests_name("shares_state", tests, setup, teardown);
}
