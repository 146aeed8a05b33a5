/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_bpf_error: which of libbpf's messages is kept, whatever its version words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <bpf/libbpf.h>
#include <cmocka.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bpf/bpf_error.h"

static libbpf_print_fn_t print;

static void say(enum libbpf_print_level level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* As libbpf does. */
static void say(enum libbpf_print_level level, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print(level, format, args);
	va_end(args);
}

static int set_up(void **state)
{
	(void)state;
	bpf_error_init();
	print = libbpf_set_print(NULL);
	return 0;
}

/* The first warning names the cause; the prefix and the end of the line are not part of it. */
static void first_warning(void **state)
{
	(void)state;
	say(LIBBPF_DEBUG, "libbpf: loading object\n");
	say(LIBBPF_INFO, "libbpf: elf: skipping section\n");
	assert_string_equal(bpf_error_text(), "");
	say(LIBBPF_WARN, "libbpf: prog '%s': failed to load: %s\nlibbpf: more\n", "in", "-EINVAL");
	say(LIBBPF_WARN, "libbpf: failed to load object '%s'\n", "clusterarpd_bpf");
	assert_string_equal(bpf_error_text(), "prog 'in': failed to load: -EINVAL");
	bpf_error_set("");
	say(LIBBPF_WARN, "\nno prefix");
	assert_string_equal(bpf_error_text(), "no prefix");
	bpf_error_set("");
	bpf_error_expect(true);
	say(LIBBPF_WARN, "libbpf: expected\n");
	bpf_error_expect(false);
	assert_string_equal(bpf_error_text(), "");
}

/* What libbpf 1.1 and 1.5 advise does not help, and is replaced. */
static void permission(void **state)
{
	char text[256];

	(void)state;
	say(LIBBPF_WARN, "libbpf: Failed to bump RLIMIT_MEMLOCK (err = -1)\n");
	say(LIBBPF_WARN, "libbpf: Error in %s(): %s. Couldn't load trivial BPF program.\n",
	    "bpf_object__probe_loading", "-EPERM");
	bpf_error_set_permission();
	assert_null(strstr(bpf_error_text(), "RLIMIT"));
	snprintf(text, sizeof(text), "%s", bpf_error_text());
	assert_true(strlen(text) < sizeof(text) - 1); /* whole */
	say(LIBBPF_WARN, "libbpf: a later one\n");
	assert_string_equal(bpf_error_text(), text);
}

/* Where a user namespace can be made. */
static void user_namespace(void **state)
{
	int status;
	pid_t child = fork();

	(void)state;
	if (!child) {
		if (unshare(CLONE_NEWUSER))
			_exit(0);
		bpf_error_set_permission();
		_exit(!strstr(bpf_error_text(), "in the initial user namespace"));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void own_codes(void **state)
{
	(void)state;
	assert_int_equal(bpf_error_from(-EPERM), -EPERM);
	assert_int_equal(bpf_error_from(-LIBBPF_ERRNO__VERIFY), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(first_warning, set_up),
		cmocka_unit_test_setup(permission, set_up),
		cmocka_unit_test(user_namespace),
		cmocka_unit_test(own_codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
