/* SPDX-License-Identifier: GPL-2.0-or-later */
/* files: names that somebody else has prepared. Runs in a directory of its own. */
#include <errno.h>
#include <fcntl.h>
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

#include "base/files.h"

#define OTHER 65534

static char directory[] = "/tmp/test_files.XXXXXX";

static void put(const char *path, const char *text, mode_t mode)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(chmod(path, mode), 0);
}

/* The contents must be `text`, and the mode `mode`. */
static void expect_file(const char *path, const char *text, mode_t mode)
{
	char seen[64] = "";
	struct stat st;
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	assert_int_equal(fread(seen, 1, sizeof(seen) - 1, f), strlen(text));
	fclose(f);
	assert_string_equal(seen, text);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, mode);
}

static int set_up(void **state)
{
	(void)state;
	umask(022);
	return mkdtemp(directory) && !chdir(directory) ? 0 : -1;
}

static int tear_down(void **state)
{
	static const char *const names[] = {
		"target", "link", "fifo", "file", "second", "file.new"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(names[i]);
	return 0;
}

static int leave(void **state)
{
	(void)state;
	return rmdir(directory);
}

static void make_traps(void)
{
	put("target", "precious", 0644);
	assert_int_equal(symlink("target", "link"), 0);
	assert_int_equal(mkfifo("fifo", 0666), 0);
}

static void reading(void **state)
{
	char line[16];
	FILE *f;

	(void)state;
	make_traps();
	assert_null(files_read("link"));
	assert_int_equal(errno, ELOOP);
	assert_null(files_read("fifo"));
	assert_int_equal(errno, EINVAL);
	assert_null(files_read("."));
	assert_null(files_read("missing"));
	assert_int_equal(errno, ENOENT);
	f = files_read("target");
	assert_non_null(f);
	assert_string_equal(fgets(line, sizeof(line), f), "precious");
	fclose(f);
}

static bool write_text(FILE *f, void *text)
{
	return fputs(text, f) >= 0;
}

static bool write_half(FILE *f, void *text)
{
	fputs(text, f);
	errno = ENOMEM;
	return false;
}

static void replace(const char *path, const char *text)
{
	char copy[16];

	snprintf(copy, sizeof(copy), "%s", text);
	assert_int_equal(files_replace(path, 0600, write_text, copy), 0);
	expect_file(path, text, 0600);
}

static void replacing(void **state)
{
	char text[] = "half";

	(void)state;
	make_traps();
	replace("file", "a");
	replace("file", "b");
	replace("link", "c");
	replace("fifo", "d");
	assert_int_equal(symlink("target", "file.new"), 0);
	replace("file", "e");
	assert_int_equal(mkfifo("file.new", 0666), 0);
	replace("file", "f");
	expect_file("target", "precious", 0644);
	assert_int_equal(files_replace("missing/file", 0600, write_text, text), -ENOENT);
	assert_int_equal(files_replace("file", 0600, write_half, text), -ENOMEM);
	expect_file("file", "f", 0600);
	assert_int_equal(files_replace(".", 0600, write_text, text), -EBUSY);
	assert_int_equal(access("file.new", F_OK), -1);
	assert_int_equal(access("..new", F_OK), -1);
}

/* No room for the last bytes, which only fclose(3) tells. */
static void replacing_on_a_full_disk(void **state)
{
	struct rlimit before, none = { 0, 0 };
	char text[] = "new";
	int rc;

	(void)state;
	replace("file", "old");
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	none.rlim_max = before.rlim_max;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	rc = files_replace("file", 0600, write_text, text);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	signal(SIGXFSZ, SIG_DFL);
	assert_int_equal(rc, -EFBIG);
	expect_file("file", "old", 0600);
	assert_int_equal(access("file.new", F_OK), -1);
}

/* Nobody holds a descriptor of the new file, even who has one of that before, or of that beside. */
static void replacing_what_is_open(void **state)
{
	char byte;
	int fd, beside;

	(void)state;
	put("file", "", 0666);
	put("file.new", "", 0666);
	fd = open("file", O_RDONLY);
	beside = open("file.new", O_RDONLY);
	replace("file", "secret");
	assert_int_equal(read(fd, &byte, 1), 0);
	assert_int_equal(read(beside, &byte, 1), 0);
	close(fd);
	close(beside);
}

static void expect_refused(const char *path, int error)
{
	assert_int_equal(files_overwrite(path, 0600, false), -1);
	assert_int_equal(errno, error);
}

static void overwriting(void **state)
{
	int fd;

	(void)state;
	make_traps();
	expect_refused("link", ELOOP);
	expect_refused("fifo", ENXIO); /* nobody reads it */
	fd = open("fifo", O_RDONLY | O_NONBLOCK);
	expect_refused("fifo", EINVAL);
	close(fd);
	assert_int_equal(link("target", "second"), 0);
	expect_refused("second", EPERM);
	expect_file("target", "precious", 0644);
	unlink("second");

	fd = files_overwrite("target", 0600, false);
	assert_int_equal(write(fd, "new", 3), 3);
	close(fd);
	expect_file("target", "new", 0600);
	fd = files_overwrite("file", 0640, false);
	assert_true(fd >= 0);
	close(fd);
	expect_file("file", "", 0640);
	fd = files_overwrite("/dev/null", 0600, true);
	assert_true(fd >= 0);
	close(fd);
}

/* The caller's own descriptor, by its name: a file that is longer than what is written is cut. */
static void overwriting_a_descriptor(void **state)
{
	char name[32];
	int fd, own;

	(void)state;
	put("target", "precious", 0644);
	own = open("target", O_WRONLY);
	snprintf(name, sizeof(name), "/dev/fd/%d", own);
	fd = files_overwrite(name, 0600, false);
	assert_int_equal(write(fd, "new", 3), 3);
	close(fd);
	close(own);
	expect_file("target", "new", 0644);
	put("/dev/shm/test_files", "longer", 0600);
	fd = files_overwrite("/dev/shm/test_files", 0600, false);
	assert_int_equal(write(fd, "new", 3), 3);
	close(fd);
	expect_file("/dev/shm/test_files", "new", 0600);
	unlink("/dev/shm/test_files");
}

static void updating(void **state)
{
	int fd;

	(void)state;
	make_traps();
	assert_int_equal(files_update("link"), -1);
	assert_int_equal(errno, ELOOP);
	assert_int_equal(files_update("fifo"), -1);
	assert_int_equal(files_update("missing"), -1);
	assert_int_equal(errno, ENOENT);
	fd = files_update("target");
	assert_int_equal(write(fd, "PRE", 3), 3);
	close(fd);
	expect_file("target", "PREcious", 0644);
	assert_int_equal(link("target", "second"), 0);
	assert_int_equal(files_update("target"), -1);
	assert_int_equal(errno, EPERM);
}

/* Needs root, as which the tests of CI run. */
static void overwriting_what_belongs_to_others(void **state)
{
	struct stat st;

	(void)state;
	if (geteuid())
		skip();
	put("target", "bait", 0666);
	assert_int_equal(chown("target", OTHER, OTHER), 0);
	expect_refused("target", EPERM);
	expect_file("target", "bait", 0666);
	assert_null(files_read("target"));
	assert_int_equal(errno, EPERM);
	assert_int_equal(files_update("target"), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(mkfifo("fifo", 0666), 0);
	assert_int_equal(chown("fifo", OTHER, OTHER), 0);
	assert_int_equal(files_overwrite("fifo", 0600, true), -1); /* does not wait for a reader */
	assert_int_equal(errno, EPERM);
	assert_int_equal(stat("/dev/null", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0666);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(reading, tear_down),
		cmocka_unit_test_teardown(replacing, tear_down),
		cmocka_unit_test_teardown(replacing_on_a_full_disk, tear_down),
		cmocka_unit_test_teardown(replacing_what_is_open, tear_down),
		cmocka_unit_test_teardown(overwriting, tear_down),
		cmocka_unit_test_teardown(overwriting_a_descriptor, tear_down),
		cmocka_unit_test_teardown(updating, tear_down),
		cmocka_unit_test_teardown(overwriting_what_belongs_to_others, tear_down),
	};

	return cmocka_run_group_tests_name("files", tests, set_up, leave);
}
