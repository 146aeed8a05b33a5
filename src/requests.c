/* SPDX-License-Identifier: GPL-2.0-or-later */
/* requests: what clients ask; see requests.h. */
#include "requests.h"

#include <errno.h>
#include <jansson.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "io/control.h"
#include "log.h"

/* An answer that waits for a dump of the neighbour table, or is being sent. */
struct answer {
	struct requests *requests;
	struct control_client *client;
	enum control_next (*next)(struct answer *answer, struct control_piece *piece);
	uint64_t dump; /* that it waits for; 0: none */
	struct report_neigh *neigh;
	bool is_sent; /* one that has a single piece */
	struct answer *following, **place;
};

struct requests {
	struct control *control;
	struct neighbours *neighbours;
	requests_state *state;
	void *arg;
	struct answer *answers;
};

/* Without memory there is no more. */
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
	a->requests->state(&state, a->requests->arg);
	next = give(piece, report_answer("peers", &state));
	if (next == CONTROL_PIECE)
		piece->data[piece->len++] = '\n'; /* in place of the NUL */
	return next;
}

static enum control_next next_neigh(struct answer *a, struct control_piece *piece)
{
	struct report_state state;

	a->requests->state(&state, a->requests->arg);
	if (!a->neigh)
		a->neigh = report_neigh_create(state.mirror);
	return give(piece, a->neigh ? report_neigh_next(a->neigh, state.peers) : NULL);
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

/* The table is looked at first: some of its changes are announced to nobody. */
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
	control_stream(client, &(struct control_source){ next_piece, close_answer, a, false });
	a->dump = neighbours_refresh(r->neighbours);
}

static void answer_line(struct control_client *client, char *line)
{
	if (!line)
		line = report_refusal("out of memory");
	if (line)
		control_answer(client, line);
}

static void answer(struct requests *r, struct control_client *client, const char *command)
{
	struct report_state state;

	if (!strcmp(command, "peers")) {
		answer_refreshed(r, client, next_peers);
	} else if (!strcmp(command, "neigh")) {
		answer_refreshed(r, client, next_neigh);
	} else {
		r->state(&state, r->arg);
		answer_line(client, report_answer(command, &state));
	}
}

static void on_request(struct control_client *client, const char *request, void *arg)
{
	json_t *root = request ? json_loads(request, 0, NULL) : NULL;
	const char *command = json_string_value(json_object_get(root, "command"));

	if (command)
		answer(arg, client, command);
	else if (request)
		answer_line(client, report_refusal("not a request: a JSON object with a "
						   "\"command\" is expected"));
	else
		answer_line(client, report_refusal("the request is too long"));
	json_decref(root);
}

/* The runtime directory is the service manager's to make, or else ours. */
static void make_directory(const char *file)
{
	char *path = strdup(file);

	if (path && !mkdir(dirname(path), 0755))
		log_info("made the directory of %s", file);
	free(path);
}

struct requests *requests_create(struct loop *loop, const char *path, struct neighbours *neighbours,
				 requests_state *state, void *arg)
{
	struct requests *r = calloc(1, sizeof(*r));
	int rc = -ENOMEM;

	make_directory(path);
	if (r) {
		*r = (struct requests){ .neighbours = neighbours, .state = state, .arg = arg };
		rc = control_open(loop, path, on_request, r, &r->control);
	}
	if (!rc) {
		neighbours_on_refreshed(neighbours, on_refreshed, r);
		return r;
	}
	if (rc == -EADDRINUSE)
		log_error("%s: another clusterarpd listens there", path);
	else
		log_error_errno(-rc, "%s: cannot listen there", path);
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
