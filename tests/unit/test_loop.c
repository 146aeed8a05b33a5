/* SPDX-License-Identifier: GPL-2.0-or-later */
/* loop: descriptors that the kernel refuses to watch for a while, or that cannot be read. The
 * epoll_ctl(2) of this program is the one that libevent calls. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "io/loop.h"

static unsigned refusals; /* how many calls still fail */
static unsigned lines;    /* of the log */

int epoll_ctl(int epoll, int op, int fd, struct epoll_event *event)
{
	if (refusals && op != EPOLL_CTL_DEL) {
		refusals--;
		errno = ENOMEM;
		return -1;
	}
	return (int)syscall(SYS_epoll_ctl, epoll, op, fd, event);
}

static bool count_line(int priority, const char *text)
{
	(void)priority;
	(void)text;
	lines++;
	return true;
}

/* A pipe with a byte in it, and what is watched of it. */
struct watched {
	struct loop *loop;
	struct loop_timer *stop;
	struct loop_io *io;
	int ends[2];
	unsigned calls;
};

static void on_readable(unsigned ready, void *arg)
{
	struct watched *w = arg;
	char byte;

	assert_int_equal(ready, LOOP_READ);
	assert_int_equal(read(w->ends[0], &byte, 1), 1);
	w->calls++;
}

static void on_stop(void *arg)
{
	loop_stop(arg);
}

static void begin(struct watched *w)
{
	*w = (struct watched){ .loop = loop_create() };
	assert_non_null(w->loop);
	w->stop = loop_timer_add(w->loop, on_stop, w->loop);
	assert_int_equal(pipe(w->ends), 0);
	assert_int_equal(write(w->ends[1], "x", 1), 1);
	lines = 0;
	log_set_sink(count_line, false);
}

static void run(struct watched *w, unsigned ms)
{
	loop_timer_set(w->stop, ms);
	assert_int_equal(loop_run(w->loop), 0);
}

static void end(struct watched *w)
{
	refusals = 0;
	loop_io_free(w->io);
	loop_timer_free(w->stop);
	loop_destroy(w->loop);
	close(w->ends[0]);
	close(w->ends[1]);
	log_set_sink(NULL, false);
}

static void tried_again(void **state)
{
	struct watched w;

	(void)state;
	begin(&w);
	refusals = 2;
	w.io = loop_io_add(w.loop, w.ends[0], LOOP_READ, on_readable, &w);
	run(&w, 20);
	assert_int_equal(w.calls, 0);
	run(&w, 400);
	assert_int_equal(w.calls, 1);
	assert_int_equal(refusals, 0);
	assert_int_equal(lines, 1);
	end(&w);
}

/* The interest changes, or the watch is freed, before the kernel has let it be watched. */
static void changed_meanwhile(void **state)
{
	struct watched w, other;

	(void)state;
	begin(&w);
	begin(&other);
	refusals = 2;
	w.io = loop_io_add(w.loop, w.ends[0], LOOP_READ, on_readable, &w);
	other.io = loop_io_add(w.loop, other.ends[0], LOOP_READ, on_readable, &other);
	loop_io_set(w.io, 0);
	run(&w, 300);
	assert_int_equal(w.calls, 0);
	assert_int_equal(other.calls, 1);

	refusals = 1;
	loop_io_set(w.io, LOOP_READ);
	loop_io_free(w.io);
	w.io = NULL;
	run(&w, 300);
	assert_int_equal(w.calls, 0);
	end(&other);
	end(&w);
}

static void on_unreadable(unsigned ready, void *arg)
{
	struct watched *w = arg;

	if (++w->calls <= 2)
		loop_io_failed(w->io, "cannot read", EIO);
	else
		on_readable(ready, arg);
}

/* What cannot be read is tried ten times a second, with one line, until it can. */
static void unreadable(void **state)
{
	struct watched w;

	(void)state;
	begin(&w);
	w.io = loop_io_add(w.loop, w.ends[0], LOOP_READ, on_unreadable, &w);
	run(&w, 50);
	assert_int_equal(w.calls, 1);
	run(&w, 350);
	assert_int_equal(w.calls, 4); /* failed twice, and read, which counts as well */
	assert_int_equal(lines, 1);
	end(&w);
}

/* However often the interest changes meanwhile, the log does not fill. */
static void few_lines(void **state)
{
	struct watched w;
	unsigned i;

	(void)state;
	begin(&w);
	refusals = 100000;
	w.io = loop_io_add(w.loop, w.ends[0], LOOP_READ, on_readable, &w);
	for (i = 0; i < 1000; i++)
		loop_io_set(w.io, i % 2 ? LOOP_READ : 0);
	assert_in_range(lines, 1, 2); /* one a second */
	end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(tried_again),
					    cmocka_unit_test(changed_meanwhile),
					    cmocka_unit_test(unreadable),
					    cmocka_unit_test(few_lines) };

	return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
