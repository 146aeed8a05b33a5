/* SPDX-License-Identifier: GPL-2.0-or-later */
/* requests: requests of clients; see requests.h. */
#include "clients/requests.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/words.h"
#include "clients/control.h"
#include "clients/monitoring.h"
#include "clients/requests_doctor.h"
#include "clients/requests_shares.h"
#include "report/capture.h"
#include "report/report_line.h"
#include "report/report_neigh.h"

/* An answer that waits for a dump of the neighbour table, or is being sent. */
struct answer {
	struct requests *requests;
	struct control_client *client;
	enum control_next (*next)(struct answer *answer, struct control_piece *piece);
	uint64_t dump; /* number of the dump that it waits for; 0: none */
	struct report_neigh *neigh;
	bool is_sent; /* the answer has a single piece, and it was sent */
	struct answer *following, **place;
};

struct requests {
	struct control *control;
	const struct peers *peers;
	struct neighbours *neighbours;
	struct event_feed *feed;
	struct captures *captures;
	struct requests_shares shares;
	struct doctor *doctor;
	struct requests_ops ops;
	struct answer *answers;
};

static void get_state(const struct requests *r, struct report_state *state)
{
	r->ops.state(state, r->ops.arg);
}

/* `text` NULL (out of memory) ends the answer. */
static enum control_next give(struct control_piece *piece, char *text)
{
	*piece = (struct control_piece){ text, text ? strlen(text) : 0 };
	return text ? CONTROL_PIECE : CONTROL_END;
}

static enum control_next next_peers(struct answer *a, struct control_piece *piece)
{
	struct report_state state;
	enum control_next next;

	if (a->is_sent)
		return CONTROL_END;
	a->is_sent = true;
	get_state(a->requests, &state);
	next = give(piece, report_answer("peers", &state));
	if (next == CONTROL_PIECE)
		piece->data[piece->len++] = '\n'; /* in place of the NUL */
	return next;
}

static enum control_next next_neigh(struct answer *a, struct control_piece *piece)
{
	const struct requests *r = a->requests;

	if (!a->neigh)
		a->neigh = report_neigh_create(neighbours_mirror(r->neighbours));
	return give(piece, a->neigh ? report_neigh_next(a->neigh, r->peers) : NULL);
}

static enum control_next next_piece(struct control_piece *piece, void *arg)
{
	struct answer *a = arg;

	return a->dump ? CONTROL_WAIT : a->next(a, piece);
}

static void close_answer(void *arg)
{
	struct answer *a = arg;

	*a->place = a->following;
	if (a->following)
		a->following->place = a->place;
	report_neigh_destroy(a->neigh);
	free(a);
}

static void on_refreshed(uint64_t dump, void *arg)
{
	struct requests *r = arg;
	struct answer *a;

	for (a = r->answers; a; a = a->following) {
		if (!a->dump || a->dump > dump)
			continue;
		a->dump = 0;
		control_wake(a->client);
	}
}

/* Dump the neighbour table before the answer: the kernel does not notify all of its changes. */
static void answer_refreshed(struct requests *r, struct control_client *client,
			     enum control_next (*next)(struct answer *, struct control_piece *))
{
	struct answer *a = calloc(1, sizeof(*a));

	if (!a)
		return;
	*a = (struct answer){ .requests = r,
			      .client = client,
			      .next = next,
			      .following = r->answers,
			      .place = &r->answers };
	if (a->following)
		a->following->place = &a->following;
	r->answers = a;
	control_stream(client, &(struct control_source){
				       .next = next_piece, .close = close_answer, .arg = a });
	a->dump = neighbours_refresh(r->neighbours);
}

static void answer_line(struct control_client *client, char *line)
{
	if (!line)
		line = report_line_refusal("out of memory");
	if (line)
		control_answer(client, line);
}

/* --- commands: each answers a client's request, a JSON object --- */

typedef void command(struct requests *r, struct control_client *client, const json_t *request);

static void answer_peers(struct requests *r, struct control_client *client, const json_t *request)
{
	(void)request;
	answer_refreshed(r, client, next_peers);
}

static void answer_neigh(struct requests *r, struct control_client *client, const json_t *request)
{
	(void)request;
	answer_refreshed(r, client, next_neigh);
}

static void refuse(struct control_client *client, const char *why)
{
	answer_line(client, report_line_refusal(why));
}

static void answer_monitor(struct requests *r, struct control_client *client, const json_t *request)
{
	const char *why = "too many clients monitor or capture";

	(void)request;
	if (control_has_room(r->control))
		why = monitoring_begin(r->feed, client);
	if (why)
		refuse(client, why);
}

/* A member of the request that is a number; `otherwise` if there is none, -1 if it is no number. */
static json_int_t number(const json_t *request, const char *name, json_int_t otherwise)
{
	const json_t *value = json_object_get(request, name);

	if (!value)
		return otherwise;
	return json_is_integer(value) ? json_integer_value(value) : -1;
}

static void answer_capture(struct requests *r, struct control_client *client, const json_t *request)
{
	json_int_t count = number(request, "count", 0);
	json_int_t snaplen = number(request, "snaplen", CAPTURE_SNAPLEN_DEFAULT);
	const char *why = "too many clients monitor or capture";
	struct report_state state;
	struct captures_wish wish;

	get_state(r, &state);
	wish = (struct captures_wish){ .tap = peers_config(state.peers)->tap,
				       .nic = state.dev,
				       .count = (uint64_t)count,
				       .snaplen = (size_t)snaplen };
	if (count < 0)
		why = "a count cannot be negative";
	else if (snaplen < CAPTURE_SNAPLEN_MIN || snaplen > CAPTURE_SNAPLEN_MAX)
		why = "a snaplen is from 64 to 262144";
	else if (control_has_room(r->control))
		why = captures_begin(r->captures, client, &wish);
	if (why)
		refuse(client, why);
}

static void answer_reload(struct requests *r, struct control_client *client, const json_t *request)
{
	bool is_dry_run = json_is_true(json_object_get(request, "dry_run"));

	answer_line(client, r->ops.reload(is_dry_run, r->ops.arg));
}

static void refuse_level(struct control_client *client, const char *name)
{
	const char *meant = name ? words_suggest(name, log_level_names) : NULL;
	char why[128];

	snprintf(why, sizeof(why), "the levels are error, warning, notice, info and debug%s%s%s",
		 meant ? ": did you mean '" : "", meant ? meant : "", meant ? "'?" : "");
	refuse(client, why);
}

/* Without a level it only tells. */
static void answer_log_level(struct requests *r, struct control_client *client,
			     const json_t *request)
{
	const json_t *level = json_object_get(request, "level");
	const char *name = json_string_value(level);

	(void)r;
	if (level && (!name || !log_set_level(name))) {
		refuse_level(client, name);
		return;
	}
	if (level)
		log_notice("log level %s", name);
	answer_line(client, report_line(json_pack("{s:s}", "log_level", log_level_name())));
}

static void answer_doctor(struct requests *r, struct control_client *client, const json_t *request)
{
	requests_doctor_answer(r->doctor, client, request);
}

static const struct {
	const char *name;
	command *answer;
} commands[] = {
	{ "peers", answer_peers },     { "neigh", answer_neigh },
	{ "monitor", answer_monitor }, { "capture", answer_capture },
	{ "reload", answer_reload },   { "log-level", answer_log_level },
	{ "doctor", answer_doctor },
};

/* All other commands are reports, which are answered at once. */
static void answer(struct requests *r, struct control_client *client, const char *name,
		   const json_t *request)
{
	struct report_state state;
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (!strcmp(name, commands[i].name)) {
			commands[i].answer(r, client, request);
			return;
		}
	}
	if (requests_shares_answer(&r->shares, client, name, request))
		return;
	get_state(r, &state);
	answer_line(client, report_answer(name, &state));
}

static void on_request(struct control_client *client, const char *request, void *arg)
{
	json_t *root = request ? json_loads(request, JSON_REJECT_DUPLICATES, NULL) : NULL;
	const char *name = json_string_value(json_object_get(root, "command"));

	if (name)
		answer(arg, client, name, root);
	else if (request)
		refuse(client, "not a request: a JSON object with a \"command\" is expected");
	else
		refuse(client, "the request is too long");
	json_decref(root);
}

struct requests *requests_create(struct loop *loop, const char *path,
				 const struct requests_ops *ops, const struct requests_needs *needs)
{
	struct requests *r = calloc(1, sizeof(*r));
	int rc = -ENOMEM;

	if (r) {
		*r = (struct requests){ .peers = needs->peers,
					.neighbours = needs->neighbours,
					.feed = needs->feed,
					.captures = needs->captures,
					.shares = { needs->sharing, needs->peers },
					.doctor = needs->doctor,
					.ops = *ops };
		rc = control_open(loop, path, on_request, r, &r->control);
	}
	if (!rc) {
		neighbours_on_refreshed(r->neighbours, on_refreshed, r);
		return r;
	}
	if (rc == -EADDRINUSE)
		log_error("%s: another clusterarpd listens on this socket", path);
	else
		log_error_errno(-rc, "%s: cannot listen on this socket", path);
	free(r);
	return NULL;
}

void requests_destroy(struct requests *r)
{
	if (!r)
		return;
	neighbours_on_refreshed(r->neighbours, NULL, NULL);
	control_close(r->control);
	free(r);
}
