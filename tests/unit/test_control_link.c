/* SPDX-License-Identifier: GPL-2.0-or-later */
/* control_link: against a daemon in the test itself, which answers as each test wants. */
#include "fake_daemon.h"

#include "corosync/control_link.h"

#define MS        5000 /* for what has to happen */
#define LONG_LINE (3 * 1024 * 1024)

struct world {
	struct loop *loop;
	struct fake_daemon daemon;
	struct control_link *link;
	unsigned ups, downs, events, answers, nothings;
	int error;
	char last[64]; /* "n" of the answers, in order */
	bool destroys;
};

static void on_up(void *arg)
{
	struct world *w = arg;

	w->ups++;
}

static void destroy(struct world *w)
{
	control_link_destroy(w->link);
	w->link = NULL;
}

static void on_event(const json_t *event, void *arg)
{
	struct world *w = arg;

	assert_true(json_is_object(event));
	w->events++;
	if (w->destroys)
		destroy(w);
}

static void on_down(int error, void *arg)
{
	struct world *w = arg;

	w->downs++;
	w->error = error;
	if (w->destroys)
		destroy(w);
}

static void on_done(const json_t *answer, void *arg)
{
	struct world *w = arg;

	w->answers++;
	if (!answer)
		w->nothings++;
	snprintf(w->last + strlen(w->last), sizeof(w->last) - strlen(w->last), "%s%d",
		 answer ? "" : "-", (int)json_integer_value(json_object_get(answer, "n")));
	if (w->destroys)
		destroy(w);
}

/* Echoes "n"; "mute" is not answered, "shut" closed, "junk" answered with what is no object, and
 * "long" with a long line. */
static char *answer(const char *command, const json_t *request, void *arg)
{
	char *text = NULL;

	(void)arg;
	if (!strcmp(command, "mute"))
		return NULL;
	if (!strcmp(command, "shut"))
		return strdup("");
	if (!strcmp(command, "junk"))
		return strdup("[1]\n");
	assert_true(asprintf(&text, "{\"n\":%d}\n",
			     (int)json_integer_value(json_object_get(request, "n"))) > 0);
	return text;
}

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	const struct control_link_handlers handlers = { on_up, on_event, on_down, w };

	w->loop = loop_create();
	fake_create(&w->daemon, w->loop);
	w->daemon.answer = answer;
	w->link = control_link_create(w->loop, w->daemon.path, &handlers);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	control_link_destroy(w->link);
	fake_stop(&w->daemon);
	loop_destroy(w->loop);
	free(w);
	return 0;
}

static bool ask(struct world *w, const char *command, int n, unsigned timeout_ms)
{
	return control_link_ask(w->link, json_pack("{s:s, s:i}", "command", command, "n", n),
				timeout_ms, on_done, w);
}

static bool is_up(void *arg)
{
	return ((struct world *)arg)->daemon.stream;
}

static bool is_idle(void *arg)
{
	struct world *w = arg;

	return !w->link || !control_link_pending(w->link);
}

static void run_up(struct world *w)
{
	fake_start(&w->daemon);
	assert_true(fake_run(w->loop, MS, is_up, w));
}

/* Nobody listens, then somebody does, dies, and comes back. */
static void test_stream(void **state)
{
	struct world *w = *state;

	fake_run(w->loop, 60, NULL, NULL);
	assert_int_equal(w->downs, 1); /* once, although it was tried again */
	assert_int_equal(w->error, ENOENT);
	run_up(w);
	assert_int_equal(w->ups, 1);
	fake_send(w->daemon.stream, "{\"event\":\"a\"}\n{\"event\":\"b\"}\n{\"ev");
	fake_run(w->loop, 15, NULL, NULL);
	assert_int_equal(w->events, 2);
	fake_send(w->daemon.stream, "ent\":\"c\"}\n");
	fake_run(w->loop, 15, NULL, NULL);
	assert_int_equal(w->events, 3);
	fake_stop(&w->daemon);
	fake_run(w->loop, 60, NULL, NULL);
	assert_int_equal(w->downs, 3); /* the end, and that nobody listens */
	assert_int_equal(w->error, ENOENT);
	run_up(w);
	assert_int_equal(w->ups, 2);
}

/* A stream that is refused, or is none, is no stream. */
static void test_refused_stream(void **state)
{
	struct world *w = *state;

	run_up(w);
	fake_send(w->daemon.stream, "{\"error\":{\"message\":\"too many\"}}\n");
	fake_run(w->loop, 30, NULL, NULL);
	assert_int_equal(w->error, EBUSY);
	assert_true(fake_run(w->loop, MS, is_up, w));
	fake_send(w->daemon.stream, "junk\n");
	fake_run(w->loop, 30, NULL, NULL);
	assert_int_equal(w->error, EBADMSG);
	assert_int_equal(w->events, 0);
}

/* One at a time, in order, whatever becomes of each. */
static void test_order(void **state)
{
	struct world *w = *state;

	run_up(w);
	ask(w, "x", 1, MS);
	ask(w, "shut", 2, MS);
	ask(w, "x", 3, MS);
	ask(w, "junk", 4, MS);
	ask(w, "mute", 5, 150);
	assert_int_equal(w->answers, 0); /* not before the loop */
	assert_int_equal(control_link_pending(w->link), 5);
	fake_run(w->loop, 15, NULL, NULL);
	ask(w, "x", 6, MS); /* while another one is under way */
	assert_true(fake_run(w->loop, MS, is_idle, w));
	assert_string_equal(w->last, "1-03-0-06");
	assert_int_equal(w->daemon.open_max, 1);
	fake_run(w->loop, 15, NULL, NULL);
	assert_int_equal(w->daemon.open, 0); /* also the one that timed out */
	assert_int_equal(w->downs, 0);
}

/* A stopped daemon: the stream stays, and the time of a request runs from when it is sent. */
static void test_frozen(void **state)
{
	struct world *w = *state;
	uint64_t start;

	run_up(w);
	fake_freeze(&w->daemon, true);
	start = loop_now();
	ask(w, "x", 1, 100);
	ask(w, "x", 2, 100);
	assert_true(fake_run(w->loop, MS, is_idle, w));
	assert_in_range(loop_now() - start, 190, MS);
	assert_int_equal(w->nothings, 2);
	assert_non_null(w->daemon.stream);
	fake_freeze(&w->daemon, false);
	ask(w, "x", 3, MS);
	assert_true(fake_run(w->loop, MS, is_idle, w));
	assert_string_equal(w->last, "-0-03");
	assert_int_equal(w->ups, 1);
}

/* Without a daemon a request ends at once. */
static void test_no_daemon(void **state)
{
	struct world *w = *state;
	uint64_t start = loop_now();

	ask(w, "x", 1, MS);
	assert_true(fake_run(w->loop, MS, is_idle, w));
	assert_in_range(loop_now() - start, 0, MS - 1);
	assert_int_equal(w->nothings, 1);
}

static void test_full(void **state)
{
	struct world *w = *state;

	run_up(w);
	for (int i = 0; i < CONTROL_LINK_QUEUE_MAX; i++)
		assert_true(ask(w, "x", 1, MS));
	assert_false(ask(w, "x", 1, MS));
	assert_true(fake_run(w->loop, MS, is_idle, w));
	assert_int_equal(w->answers, CONTROL_LINK_QUEUE_MAX);
	assert_int_equal(w->nothings, 0);
	assert_true(ask(w, "x", 1, MS));
}

/* A writer of one long line, in parts. */
struct writer {
	struct world *world;
	struct loop_io *io;
	size_t left;
};

static void on_writable(unsigned ready, void *arg)
{
	static char part[65536];
	struct writer *writer = arg;
	size_t len = writer->left < sizeof(part) ? writer->left : sizeof(part);
	ssize_t n;

	(void)ready;
	memset(part, ' ', sizeof(part));
	n = send(writer->world->daemon.stream->fd, part, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n > 0)
		writer->left -= (size_t)n;
	if (!writer->left)
		loop_io_set(writer->io, 0);
}

static bool is_written(void *arg)
{
	return !((struct writer *)arg)->left;
}

static void test_long_line(void **state)
{
	struct world *w = *state;
	struct writer writer = { .world = w, .left = LONG_LINE };

	run_up(w);
	fake_send(w->daemon.stream, "{\"event\":\"a\",");
	writer.io = loop_io_add(w->loop, w->daemon.stream->fd, LOOP_WRITE, on_writable, &writer);
	assert_true(fake_run(w->loop, MS, is_written, &writer));
	loop_io_free(writer.io);
	fake_send(w->daemon.stream, "\"b\":1}\n{\"event\":\"c\"}\n");
	fake_run(w->loop, 30, NULL, NULL);
	assert_int_equal(w->events, 2);
	assert_int_equal(w->ups, 1);
}

static bool is_destroyed(void *arg)
{
	return !((struct world *)arg)->link;
}

/* From within each callback. */
static void test_destroyed(void **state)
{
	struct world *w = *state;
	const struct control_link_handlers handlers = { on_up, on_event, on_down, w };

	w->destroys = true;
	assert_true(fake_run(w->loop, MS, is_destroyed, w)); /* down */
	w->link = control_link_create(w->loop, w->daemon.path, &handlers);
	run_up(w);
	ask(w, "x", 1, MS);
	ask(w, "x", 2, MS);
	assert_true(fake_run(w->loop, MS, is_destroyed, w)); /* done */
	assert_int_equal(w->answers, 1);
	w->link = control_link_create(w->loop, w->daemon.path, &handlers);
	fake_run(w->loop, 15, NULL, NULL);
	assert_true(fake_run(w->loop, MS, is_up, w));
	fake_send(w->daemon.stream, "{\"event\":\"a\"}\n{\"event\":\"b\"}\n");
	assert_true(fake_run(w->loop, MS, is_destroyed, w)); /* event */
	assert_int_equal(w->events, 1);
}

static void test_long_path(void **state)
{
	struct world *w = *state;
	const struct control_link_handlers handlers = { on_up, on_event, on_down, w };
	char path[200] = "";

	memset(path, 'x', sizeof(path) - 1);
	destroy(w);
	w->link = control_link_create(w->loop, path, &handlers);
	fake_run(w->loop, 20, NULL, NULL);
	assert_int_equal(w->error, ENAMETOOLONG);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_stream),    TEST(test_refused_stream), TEST(test_order),
		TEST(test_frozen),    TEST(test_no_daemon),      TEST(test_full),
		TEST(test_long_line), TEST(test_destroyed),      TEST(test_long_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
