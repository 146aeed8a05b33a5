/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctl_answers: what clusterarpctl prints of answers that no daemon would give: nothing that a
 * terminal would obey, and no arithmetic that overflows (for which the build with sanitizers ends).
 */
#include <errno.h>
#include <getopt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "ctl/common/ctl_options.h"
#include "ctl/ctl_commands.h"

/* --- the server: each connection gets the next answer --- */

struct answer {
	const char *bytes;
	size_t size;
};
#define TEXT(text)                     \
	{                              \
		text, sizeof(text) - 1 \
	}

static const struct answer *answers;
static int server = -1;

/* In place of connect(2). */
int connect(int fd, const struct sockaddr *address, socklen_t len)
{
	int pair[2];

	(void)address;
	(void)len;
	if (!answers->bytes) {
		errno = ECONNREFUSED;
		return -1;
	}
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(dup2(pair[0], fd), fd);
	close(pair[0]);
	if (server >= 0)
		close(server);
	server = pair[1];
	assert_int_equal(send(server, answers->bytes, answers->size, 0), (int)answers->size);
	shutdown(server, SHUT_WR);
	answers++;
	return 0;
}

int nanosleep(const struct timespec *time, struct timespec *rest)
{
	(void)time;
	(void)rest;
	return 0;
}

/* --- a run --- */

struct printed {
	char *out, *err;
};

static struct printed run(char *const *words, const struct answer *list)
{
	char *argv[16] = { "clusterarpctl", "--socket", "unused" };
	FILE *out = stdout, *err = stderr;
	struct ctl_options options;
	struct printed p;
	size_t size;
	int argc = 3;

	for (; *words; words++)
		argv[argc++] = *words;
	answers = list;
	optind = 0;
	assert_true(ctl_options_read(&options, argc, argv, ctl_commands) < 0);
	stdout = open_memstream(&p.out, &size);
	stderr = open_memstream(&p.err, &size);
	options.command->run(&options);
	fclose(stdout);
	fclose(stderr);
	stdout = out;
	stderr = err;
	ctl_options_free(&options);
	return p;
}

static void clear(struct printed *p)
{
	free(p->out);
	free(p->err);
}

/* --- tests --- */

/* The comment of a capture on itself. */
static void a_comment_with_escapes(void **state)
{
	static const char file[] = "\n\r\r\n\x2c\0\0\0\x4d\x3c\x2b\x1a\x01\0\0\0"
				   "\xff\xff\xff\xff\xff\xff\xff\xff"
				   "\x01\0\x06\0\x1b[31m\n\0\0\0\0\0\0\x2c\0\0";
	const struct answer list[] = { { file, 44 }, { 0 } };
	struct printed p = run((char *[]){ "capture", "-w", "/dev/null", NULL }, list);

	(void)state;
	assert_non_null(strstr(p.err, "note: ?[31m?\n"));
	assert_null(strchr(p.err, '\033'));
	clear(&p);
}

#define PEER(frames) "{\"peers\":[{\"name\":\"beta\",\"counters\":{\"frames_in\":" frames "}}]}\n"

static void a_rate_between_the_extremes(void **state)
{
	static const struct answer list[] = { TEXT(PEER("-9223372036854775808")),
					      TEXT("{}\n"),
					      TEXT("{}\n"),
					      TEXT(PEER("9223372036854775807")),
					      { 0 } };
	struct printed p = run((char *[]){ "status", NULL }, list);

	(void)state;
	assert_non_null(strstr(p.out, "beta"));
	clear(&p);
}

static void a_sum_of_peers(void **state)
{
	static const struct answer most[] = { TEXT("{\"problems\":[],\"peers\":{\"resolved\":"
						   "9223372036854775807,\"failed\":1}}\n"),
					      { 0 } },
				   least[] = { TEXT("{\"problems\":[],\"peers\":{\"resolved\":"
						    "-9223372036854775808,\"failed\":-1}}\n"),
					       { 0 } };
	struct printed p = run((char *[]){ "check", NULL }, most);

	(void)state;
	assert_non_null(strstr(p.out, "CLUSTERARPD OK - 9223372036854775807 nodes"));
	clear(&p);
	p = run((char *[]){ "check", NULL }, least);
	assert_non_null(strstr(p.out, "CLUSTERARPD OK - "));
	clear(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_comment_with_escapes),
		cmocka_unit_test(a_rate_between_the_extremes),
		cmocka_unit_test(a_sum_of_peers),
	};

	return cmocka_run_group_tests_name("ctl_answers", tests, NULL, NULL);
}
