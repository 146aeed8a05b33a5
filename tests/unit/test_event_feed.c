/* SPDX-License-Identifier: GPL-2.0-or-later */
/* event_feed: lines, bounded queues, lost events, and when a reader is woken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/event_feed.h"

#define QUEUE 256

struct client {
	struct event_feed_reader *reader;
	unsigned wakes;
};

static void on_wake(void *arg)
{
	struct client *client = arg;

	client->wakes++;
}

static int setup(void **state)
{
	*state = event_feed_create();
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	event_feed_destroy(*state);
	return 0;
}

static void join(struct client *client, struct event_feed *monitor)
{
	client->wakes = 0;
	client->reader = event_feed_reader_create(monitor, on_wake, client);
	assert_non_null(client->reader);
}

static void emit(struct event_feed *monitor, int number)
{
	event_feed_emit(monitor, "test", NULL, json_pack("{s:i}", "number", number));
}

/* The next event as an object, which the caller releases. It must be one line with its newline. */
static json_t *next(struct client *client)
{
	char *line = event_feed_reader_next(client->reader);
	json_t *root;

	assert_non_null(line);
	assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
	root = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(root);
	free(line);
	return root;
}

static void next_is(struct client *client, const char *event, const char *key, json_int_t value)
{
	json_t *root = next(client);

	assert_string_equal(json_string_value(json_object_get(root, "event")), event);
	assert_int_equal(json_integer_value(json_object_get(root, key)), value);
	json_decref(root);
}

static void next_numbers_are(struct client *client, int from, int to)
{
	for (; from < to; from++)
		next_is(client, "test", "number", from);
}

static void there_is_no_more(struct client *client)
{
	assert_null(event_feed_reader_next(client->reader));
	assert_null(event_feed_reader_next(client->reader));
}

/* RFC 3339 in UTC, to the microsecond; text order is time order. */
static void is_time(const char *text)
{
	static const char form[] = "dddd-dd-ddTdd:dd:dd.ddddddZ";

	assert_int_equal(strlen(text), strlen(form));
	for (size_t i = 0; form[i]; i++) {
		if (form[i] == 'd')
			assert_in_range(text[i], '0', '9');
		else
			assert_int_equal(text[i], form[i]);
	}
}

static void an_event_is_a_line(void **state)
{
	struct client client;
	json_t *root, *earlier;

	join(&client, *state);
	event_feed_emit(*state, "peer_state", "beta",
			json_pack("{s:s, s:{s:[i,i]}}", "to", "resolved\n", "deep", "list", 1, 2));
	event_feed_emit(*state, "link", NULL, NULL);
	root = next(&client);
	assert_int_equal(json_object_size(root), 6);
	assert_int_equal(json_integer_value(json_object_get(root, "schema_version")), 1);
	assert_string_equal(json_string_value(json_object_get(root, "event")), "peer_state");
	assert_string_equal(json_string_value(json_object_get(root, "peer")), "beta");
	assert_string_equal(json_string_value(json_object_get(root, "to")), "resolved\n");
	assert_int_equal(json_array_size(json_object_get(json_object_get(root, "deep"), "list")),
			 2);
	is_time(json_string_value(json_object_get(root, "ts")));
	earlier = root;
	root = next(&client);
	assert_int_equal(json_object_size(root), 4);
	assert_string_equal(json_string_value(json_object_get(root, "event")), "link");
	assert_true(json_is_null(json_object_get(root, "peer")));
	is_time(json_string_value(json_object_get(root, "ts")));
	assert_true(strcmp(json_string_value(json_object_get(root, "ts")),
			   json_string_value(json_object_get(earlier, "ts"))) >= 0);
	json_decref(earlier);
	json_decref(root);
	there_is_no_more(&client);
	event_feed_reader_destroy(client.reader);
}

static unsigned allocations;
static bool is_short_of_memory;

static void *count_malloc(size_t size)
{
	allocations++;
	return is_short_of_memory ? NULL : malloc(size);
}

static void without_readers_nothing_is_made(void **state)
{
	json_t *fields = json_pack("{s:i}", "number", 1);
	struct client client;

	assert_false(event_feed_is_watched(*state));
	json_incref(fields);
	json_set_alloc_funcs(count_malloc, free);
	allocations = 0;
	event_feed_emit(*state, "test", "beta", fields);
	event_feed_emit(*state, "test", "beta", NULL);
	assert_int_equal(allocations, 0);
	json_set_alloc_funcs(malloc, free);
	assert_int_equal(fields->refcount, 1); /* its reference was released */
	json_decref(fields);
	join(&client, *state);
	assert_true(event_feed_is_watched(*state));
	there_is_no_more(&client);
	assert_int_equal(client.wakes, 0);
	event_feed_reader_destroy(client.reader);
	assert_false(event_feed_is_watched(*state));
	emit(*state, 2);
}

static void fields_are_taken_over(void **state)
{
	json_t *fields = json_pack("{s:i}", "number", 1);
	struct client clients[2];

	join(&clients[0], *state);
	join(&clients[1], *state);
	json_incref(fields);
	event_feed_emit(*state, "test", NULL, fields);
	assert_int_equal(fields->refcount, 1);
	json_decref(fields);
	event_feed_reader_destroy(clients[0].reader); /* with its unread events */
	next_numbers_are(&clients[1], 1, 2);
	event_feed_reader_destroy(clients[1].reader);
	event_feed_reader_destroy(NULL);
}

static void a_full_queue_loses_and_tells(void **state)
{
	struct client client;

	join(&client, *state);
	for (int i = 0; i < QUEUE + 44; i++)
		emit(*state, i);
	assert_int_equal(client.wakes, 1);
	next_numbers_are(&client, 0, QUEUE);
	next_is(&client, "lost", "count", 44);
	there_is_no_more(&client);
	for (int i = 0; i < 10; i++) /* it goes on afterwards */
		emit(*state, i);
	assert_int_equal(client.wakes, 2);
	next_numbers_are(&client, 0, 10);
	there_is_no_more(&client);
	event_feed_reader_destroy(client.reader);
}

static void a_queue_just_full_loses_nothing(void **state)
{
	struct client client;

	join(&client, *state);
	for (int i = 0; i < QUEUE; i++)
		emit(*state, i);
	next_numbers_are(&client, 0, QUEUE);
	there_is_no_more(&client);
	event_feed_reader_destroy(client.reader);
}

/* No event is queued between a gap and the event that reports it. */
static void nothing_is_queued_behind_a_gap(void **state)
{
	struct client client;
	json_t *root;

	join(&client, *state);
	for (int i = 0; i < QUEUE + 1; i++)
		emit(*state, i);
	next_numbers_are(&client, 0, 100);
	for (int i = 0; i < 5; i++) /* there would be room */
		emit(*state, 1000 + i);
	next_numbers_are(&client, 100, QUEUE);
	root = next(&client);
	assert_string_equal(json_string_value(json_object_get(root, "event")), "lost");
	assert_int_equal(json_integer_value(json_object_get(root, "count")), 6);
	assert_int_equal(json_integer_value(json_object_get(root, "schema_version")), 1);
	assert_true(json_is_null(json_object_get(root, "peer")));
	is_time(json_string_value(json_object_get(root, "ts")));
	json_decref(root);
	emit(*state, 7);
	next_numbers_are(&client, 7, 8);
	there_is_no_more(&client);
	/* a second gap is counted from zero */
	for (int i = 0; i < QUEUE + 3; i++)
		emit(*state, i);
	next_numbers_are(&client, 0, QUEUE);
	next_is(&client, "lost", "count", 3);
	there_is_no_more(&client);
	event_feed_reader_destroy(client.reader);
}

static void woken_only_when_there_was_nothing(void **state)
{
	struct client client;

	join(&client, *state);
	emit(*state, 0);
	assert_int_equal(client.wakes, 1);
	emit(*state, 1);
	emit(*state, 2);
	assert_int_equal(client.wakes, 1);
	next_numbers_are(&client, 0, 2);
	emit(*state, 3);
	assert_int_equal(client.wakes, 1);
	next_numbers_are(&client, 2, 4); /* empty, but no call has said so yet */
	emit(*state, 4);
	assert_int_equal(client.wakes, 2);
	next_numbers_are(&client, 4, 5);
	there_is_no_more(&client);
	emit(*state, 5);
	assert_int_equal(client.wakes, 3);
	event_feed_reader_destroy(client.reader);
}

/* The queue wraps many times, at every fill level. */
static void order_is_kept(void **state)
{
	int in = 0, out = 0;
	struct client client;

	join(&client, *state);
	for (int round = 0; round < 2000; round++) {
		for (int i = 0; i < round * 7 % 23 && in - out < QUEUE; i++)
			emit(*state, in++);
		for (int i = 0; i < round * 5 % 23 && out < in; i++)
			next_is(&client, "test", "number", out++);
	}
	assert_true(in > 4 * QUEUE);
	next_numbers_are(&client, out, in);
	there_is_no_more(&client);
	event_feed_reader_destroy(client.reader);
}

static void readers_do_not_share_a_queue(void **state)
{
	struct client slow, fast, late;

	join(&slow, *state);
	join(&fast, *state);
	for (int i = 0; i < QUEUE + 20; i++) {
		emit(*state, i);
		next_numbers_are(&fast, i, i + 1);
		assert_int_equal(fast.wakes, i + 1);
	}
	join(&late, *state);
	emit(*state, 1000);
	next_numbers_are(&late, 1000, 1001); /* no earlier events */
	there_is_no_more(&late);
	next_numbers_are(&fast, 1000, 1001);
	there_is_no_more(&fast);
	assert_int_equal(slow.wakes, 1);
	next_numbers_are(&slow, 0, QUEUE);
	next_is(&slow, "lost", "count", 21);
	there_is_no_more(&slow);
	event_feed_reader_destroy(slow.reader);
	event_feed_reader_destroy(fast.reader);
	event_feed_reader_destroy(late.reader);
}

/* Whichever reader leaves, the others still receive events. */
static void readers_leave_in_any_order(void **state)
{
	for (size_t gone = 0; gone < 3; gone++) {
		struct client clients[3];

		for (size_t i = 0; i < 3; i++)
			join(&clients[i], *state);
		emit(*state, 0);
		event_feed_reader_destroy(clients[gone].reader);
		assert_true(event_feed_is_watched(*state));
		emit(*state, 1);
		for (size_t i = 0; i < 3; i++) {
			if (i == gone)
				continue;
			next_numbers_are(&clients[i], 0, 2);
			there_is_no_more(&clients[i]);
			event_feed_reader_destroy(clients[i].reader);
		}
		assert_false(event_feed_is_watched(*state));
	}
}

static void out_of_memory(void **state)
{
	struct client client;

	join(&client, *state);
	json_set_alloc_funcs(count_malloc, free);
	is_short_of_memory = true;
	event_feed_emit(*state, "test", "beta", NULL);
	assert_null(event_feed_reader_next(client.reader));
	is_short_of_memory = false;
	next_is(&client, "lost", "count", 1);
	for (int i = 0; i < QUEUE + 2; i++)
		emit(*state, i);
	next_numbers_are(&client, 0, QUEUE);
	is_short_of_memory = true;
	assert_null(event_feed_reader_next(client.reader));
	is_short_of_memory = false;
	next_is(&client, "lost", "count", 2); /* still counted */
	json_set_alloc_funcs(malloc, free);
	event_feed_reader_destroy(client.reader);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define WITH_MONITOR(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
		WITH_MONITOR(an_event_is_a_line),
		WITH_MONITOR(without_readers_nothing_is_made),
		WITH_MONITOR(fields_are_taken_over),
		WITH_MONITOR(a_full_queue_loses_and_tells),
		WITH_MONITOR(a_queue_just_full_loses_nothing),
		WITH_MONITOR(nothing_is_queued_behind_a_gap),
		WITH_MONITOR(woken_only_when_there_was_nothing),
		WITH_MONITOR(order_is_kept),
		WITH_MONITOR(readers_do_not_share_a_queue),
		WITH_MONITOR(readers_leave_in_any_order),
		WITH_MONITOR(out_of_memory),
	};

	return cmocka_run_group_tests_name("monitor", tests, NULL, NULL);
}
