/* SPDX-License-Identifier: GPL-2.0-or-later */
/* capturing: frames for a client; see capturing.h. */
#include "clients/capturing.h"

#include <errno.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "core/rule_text.h"
#include "report/capture.h"

#define PIECE_BYTES 65536
#define WHO_TEXT    80

/* The kernel's frames are read every so many milliseconds: rarely enough that it costs little,
 * often enough that the ring buffer holds what comes in between. At most so many at a time, so that
 * everything else gets its turn; and a few at a time, to see whether there is still room. */
#define READ_MS  10
#define READ_MAX 1024
#define READ_FEW 32

struct captures {
	struct loop *loop;
	struct relay *relay;
	struct event_feed *feed;
	struct kernel_path *kernel_path; /* NULL: not set yet */
	struct capturing *running;       /* NULL: no capture is running */
	char refusal[WHO_TEXT + 32];
};

struct capturing {
	struct captures *captures;
	struct control_client *client;
	struct capture *capture;
	struct loop_timer *timer;  /* for the kernel's frames */
	uint64_t left;             /* frames still to be captured; UINT64_MAX: no limit */
	uint64_t under_way[2];     /* captured frames that will go out; by enum rewrite_direction */
	bool takes;                /* the kernel's frame that is being read */
	struct bpf_seen_lost lost; /* by the kernel, as far as the capture knows */
	uint64_t frames;           /* captured */
	bool is_ended;             /* the file is complete */
	char who[WHO_TEXT];        /* the client */
};

struct captures *captures_create(struct loop *loop, struct relay *relay, struct event_feed *feed)
{
	struct captures *s = calloc(1, sizeof(*s));

	if (s)
		*s = (struct captures){ .loop = loop, .relay = relay, .feed = feed };
	return s;
}

void captures_destroy(struct captures *captures)
{
	free(captures);
}

void captures_set_kernel_path(struct captures *captures, struct kernel_path *path)
{
	captures->kernel_path = path;
}

/* --- who captures --- */

/* Only in the file: a name service could keep the daemon waiting. */
static void find_user(uid_t uid, char *name, size_t size)
{
	FILE *file = fopen("/etc/passwd", "re");
	const struct passwd *user = NULL;

	snprintf(name, size, "%u", (unsigned)uid);
	while (file && (user = fgetpwent(file)) && user->pw_uid != uid)
		;
	if (user)
		snprintf(name, size, "%s", user->pw_name);
	if (file)
		fclose(file);
}

static void describe(char who[WHO_TEXT], const struct control_client *client)
{
	char user[33];
	pid_t pid;
	uid_t uid;

	snprintf(who, WHO_TEXT, "of an unknown process");
	if (!control_who(client, &pid, &uid))
		return;
	find_user(uid, user, sizeof(user));
	snprintf(who, WHO_TEXT, "process %ld, user %s", (long)pid, user);
}

static void tell(const struct capturing *c, const char *state)
{
	struct capture_counts counts = capture_counts(c->capture);

	log_info("a capture has %s (%s)", state, c->who);
	if (c->is_ended && counts.missed)
		log_notice("%" PRIu64 " frames were not captured (%s): it reads too slowly",
			   counts.missed, c->who);
	if (event_feed_is_watched(c->captures->feed))
		event_feed_emit(c->captures->feed, "capture", NULL,
				json_pack("{s:s, s:s, s:I, s:I}", "state", state, "client", c->who,
					  "frames", (json_int_t)c->frames, "lost",
					  (json_int_t)counts.missed));
}

/* --- frames --- */

static bool is_complete(const struct capturing *c)
{
	return !c->left && !c->under_way[REWRITE_EGRESS] && !c->under_way[REWRITE_INGRESS];
}

static void take_one(struct capturing *c)
{
	c->frames++;
	if (c->left != UINT64_MAX)
		c->left--;
}

static void put(struct capturing *c, enum rewrite_direction direction, bool is_out,
		struct capture_record *record)
{
	bool is_tap = (direction == REWRITE_EGRESS) != is_out;

	record->interface = is_tap ? CAPTURE_TAP : CAPTURE_NIC;
	record->direction = is_out ? CAPTURE_OUT : CAPTURE_IN;
	capture_frame(c->capture, record);
}

/* Both sides of a frame come one after the other. */
static void on_observed(const struct observed *side, void *arg)
{
	const struct rewrite_result result = { .verdict = side->verdict };
	struct capturing *c = arg;
	char text[RULE_TEXT];
	struct capture_record record = { .time = side->time,
					 .frame = side->frame,
					 .kept = side->kept,
					 .len = side->len,
					 .comment = rule_text(&result, side->direction, text) };

	if (!side->is_out) {
		c->takes = c->left;
		if (c->takes)
			take_one(c);
	}
	if (c->takes)
		put(c, side->direction, side->is_out, &record);
}

static void lose(struct capturing *c, enum capture_interface interface,
		 enum capture_direction direction, __u64 now, __u64 *before)
{
	capture_lose(c->capture, interface, direction, now - *before);
	*before = now;
}

/* The ring buffer was full after what has been read of it, so this is later than the last frame of
 * a complete capture. */
static void count_lost(struct capturing *c, const struct observe *observe)
{
	struct bpf_seen_lost now;

	if (!c->left || observe_lost(observe, &now))
		return;
	lose(c, CAPTURE_TAP, CAPTURE_IN, now.tap_in, &c->lost.tap_in);
	lose(c, CAPTURE_TAP, CAPTURE_OUT, now.tap_out, &c->lost.tap_out);
	lose(c, CAPTURE_NIC, CAPTURE_IN, now.nic_in, &c->lost.nic_in);
	lose(c, CAPTURE_NIC, CAPTURE_OUT, now.nic_out, &c->lost.nic_out);
}

static struct observe *observed(const struct capturing *c)
{
	return c->captures->kernel_path ? kernel_path_observed(c->captures->kernel_path) : NULL;
}

/* Read what the kernel has shown, while there is room for it: the rest waits in its ring buffer.
 * True: there may be more. */
static bool read_kernel(struct capturing *c)
{
	struct observe *observe = observed(c);
	unsigned n = READ_FEW, sum = 0;

	while (observe && n == READ_FEW && sum < READ_MAX && capture_has_room(c->capture)) {
		n = observe_read(observe, READ_FEW, on_observed, c);
		sum += n;
	}
	if (observe)
		count_lost(c, observe);
	return sum >= READ_MAX;
}

/* No frames any more: what is on its way is read, or counted as lost, and the file is completed. */
static void finish(void *arg)
{
	struct capturing *c = arg;
	struct observe *observe = observed(c);

	if (c->is_ended)
		return;
	loop_timer_cancel(c->timer);
	relay_observe(c->captures->relay, NULL, NULL);
	if (observe) {
		kernel_path_end_observing(c->captures->kernel_path);
		while (observe_read(observe, READ_MAX, on_observed, c))
			;
		count_lost(c, observe);
		kernel_path_forget_observed(c->captures->kernel_path);
	}
	capture_end(c->capture);
	c->is_ended = true;
	tell(c, "ended");
}

static void on_timer(void *arg)
{
	struct capturing *c = arg;
	bool more = read_kernel(c);

	if (is_complete(c))
		finish(c);
	else
		loop_timer_set(c->timer, more ? 0 : READ_MS);
	if (!capture_is_empty(c->capture))
		control_wake(c->client);
}

/* Is the relay's frame to be captured on this side? A frame that was captured when it came in is
 * captured again when it goes out: frames go out in the order in which they came in, so `under_way`
 * counts them. Frames that the daemon makes itself only go out. */
static bool is_wanted(struct capturing *c, enum rewrite_direction direction, bool is_out,
		      const char *comment)
{
	uint64_t *under_way = &c->under_way[direction];

	if (is_out && *under_way)
		--*under_way;
	else if (!c->left)
		return false;
	if (is_out)
		return true;
	take_one(c);
	if (!comment)
		++*under_way;
	return true;
}

static void on_frame(enum rewrite_direction direction, bool is_out, const struct packet *packet,
		     const char *comment, void *arg)
{
	struct capturing *c = arg;
	struct capture_record record = {
		.frame = packet->frame, .kept = packet->len, .len = packet->len, .comment = comment
	};

	read_kernel(c); /* which were earlier */
	if (is_wanted(c, direction, is_out, comment))
		put(c, direction, is_out, &record);
	else if (is_complete(c))
		relay_observe(c->captures->relay, NULL, NULL);
	control_wake(c->client);
}

/* --- the answer --- */

static enum control_next next_frames(struct control_piece *piece, void *arg)
{
	struct capturing *c = arg;

	if (is_complete(c))
		finish(c);
	if (capture_is_empty(c->capture))
		return c->is_ended ? CONTROL_END : CONTROL_WAIT;
	piece->data = malloc(PIECE_BYTES);
	if (!piece->data)
		return CONTROL_END;
	piece->len = capture_take(c->capture, piece->data, PIECE_BYTES);
	return CONTROL_PIECE;
}

static void free_capture(struct capturing *c)
{
	loop_timer_free(c->timer);
	capture_destroy(c->capture);
	free(c);
}

static void close_capture(void *arg)
{
	struct capturing *c = arg;

	finish(c);
	c->captures->running = NULL;
	free_capture(c);
}

/* Without the kernel's programs the capture has what it can: the comment tells what that is. */
static const char *observe_kernel(const struct captures *s, size_t snaplen)
{
	int rc = s->kernel_path ? kernel_path_observe(s->kernel_path, (unsigned)snaplen)
				: -EOPNOTSUPP;

	if (!rc || rc == -EOPNOTSUPP)
		return NULL;
	return "kernel data path: only ARP, Neighbour Discovery and echoes (I1), which pass "
	       "through "
	       "the daemon, are captured: its log says why";
}

static struct capturing *create(struct captures *s, struct control_client *client,
				const struct captures_wish *wish)
{
	struct capture_about about = { .tap = wish->tap,
				       .nic = wish->nic,
				       .snaplen = wish->snaplen };
	struct capturing *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	*c = (struct capturing){ .captures = s,
				 .client = client,
				 .timer = loop_timer_add(s->loop, on_timer, c),
				 .left = wish->count ? wish->count : UINT64_MAX };
	if (c->timer) {
		about.comment = observe_kernel(s, wish->snaplen);
		c->capture = capture_create(&about);
	}
	if (c->capture)
		return c;
	if (observed(c)) {
		kernel_path_end_observing(s->kernel_path);
		kernel_path_forget_observed(s->kernel_path);
	}
	free_capture(c);
	return NULL;
}

const char *captures_begin(struct captures *s, struct control_client *client,
			   const struct captures_wish *wish)
{
	struct capturing *c;

	if (s->running) {
		snprintf(s->refusal, sizeof(s->refusal), "another capture runs (%s)",
			 s->running->who);
		return s->refusal;
	}
	c = create(s, client, wish);
	if (!c)
		return "out of memory";
	describe(c->who, client);
	s->running = c;
	relay_observe(s->relay, on_frame, c);
	if (observed(c))
		loop_timer_set(c->timer, READ_MS);
	tell(c, "begun");
	control_stream(client, &(struct control_source){ .next = next_frames,
							 .finish = finish,
							 .close = close_capture,
							 .arg = c,
							 .is_endless = true });
	return NULL;
}
