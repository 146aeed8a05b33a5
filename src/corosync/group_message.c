/* SPDX-License-Identifier: GPL-2.0-or-later */
/* group_message: what the drivers tell each other; see group_message.h. */
#include "corosync/group_message.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define VERSION    1
#define WEIGHT_MAX 100
#define TIMING_MAX (24 * 3600 * 1000)

static const char *const health_names[] = { "away", "out", "usable" };
/* Of GROUP_LEFT and GROUP_DEAD. */
static const char left_name[] = "left", dead_name[] = "dead";

/* --- writing --- */

static char *message(const char *kind, json_t *body)
{
	json_t *all = body ? json_pack("{s:i, s:o}", "clusterarpd", VERSION, kind, body) : NULL;
	char *text = all ? json_dumps(all, JSON_COMPACT) : NULL;

	json_decref(all);
	return text;
}

/* 64 bits, which JSON numbers do not have in every reader. */
static json_t *hex_json(uint64_t value)
{
	return json_sprintf("%016llx", (unsigned long long)value);
}

/* A reason is text of the daemon that may have been cut off in the middle of a character; what is
 * not UTF-8 cannot be sent at all. */
static json_t *reason_json(const char *reason)
{
	char text[GROUP_REASON_SIZE];
	size_t len = 0;

	for (; reason[len] && len < sizeof(text) - 1; len++)
		text[len] = reason[len] >= ' ' && reason[len] <= '~' ? reason[len] : '?';
	return json_stringn(text, len);
}

char *group_message_tick(const struct group_tick *t)
{
	return message(
		"tick",
		json_pack("{s:I, s:s, s:s, s:s, s:o, s:i, s:i, s:i, s:b, s:b, s:b, s:b, s:b, s:I, "
			  "s:o, s:I}",
			  "seq", (json_int_t)t->seq, "name", t->name, "print", t->print, "health",
			  health_names[t->health], "reason", reason_json(t->reason), "weight",
			  t->weight, "lease", (int)t->lease, "unheard", (int)t->unheard, "leases",
			  t->leases, "in_force", t->is_in_force, "leaving", t->is_leaving, "cut",
			  t->is_cut, "asking", t->is_asking, "epoch", (json_int_t)t->known.epoch,
			  "hash", hex_json(t->known.hash), "applied", (json_int_t)t->applied));
}

static json_t *share_json(const struct group_share *s)
{
	json_t *weight = s->weight == GROUP_LEFT   ? json_string(left_name)
			 : s->weight == GROUP_DEAD ? json_string(dead_name)
						   : json_integer(s->weight);

	return json_pack("{s:s, s:I, s:o, s:b, s:I, s:I}", "name", s->name, "nodeid",
			 (json_int_t)s->nodeid, "weight", weight, "removed", s->is_removed, "seen",
			 (json_int_t)s->seen, "heard", (json_int_t)s->heard);
}

char *group_message_order(const struct group_order *o)
{
	json_t *shares = json_array();

	for (size_t i = 0; i < o->count; i++)
		json_array_append_new(shares, share_json(&o->shares[i]));
	return message("order",
		       json_pack("{s:I, s:s, s:o, s:o}", "epoch", (json_int_t)o->epoch, "print",
				 o->print, "view", hex_json(o->view), "shares", shares));
}

/* --- reading --- */

static bool read_number(const json_t *object, const char *key, json_int_t most, json_int_t *out)
{
	const json_t *value = json_object_get(object, key);

	*out = json_integer_value(value);
	return json_is_integer(value) && *out >= 0 && *out <= most;
}

static bool read_epoch(const json_t *object, const char *key, uint64_t *out)
{
	json_int_t number;
	/* Far from its end: an epoch that cannot grow any more would be the last one. */
	bool is_valid = read_number(object, key, INT64_MAX / 2, &number);

	*out = (uint64_t)number;
	return is_valid;
}

static bool read_text(const json_t *object, const char *key, char *out, size_t size)
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_string(value) || json_string_length(value) >= size)
		return false;
	strcpy(out, json_string_value(value));
	return true;
}

static bool read_hex(const json_t *object, const char *key, uint64_t *out)
{
	const char *text = json_string_value(json_object_get(object, key));
	char *end = NULL;

	if (!text || strlen(text) != 16 || strspn(text, "0123456789abcdef") != 16)
		return false;
	*out = strtoull(text, &end, 16);
	return true;
}

static bool read_health(const json_t *object, enum group_health *out)
{
	const char *text = json_string_value(json_object_get(object, "health"));

	for (size_t i = 0; text && i <= GROUP_USABLE; i++)
		if (!strcmp(text, health_names[i])) {
			*out = (enum group_health)i;
			return true;
		}
	return false;
}

static bool read_tick(const json_t *body, struct group_tick *t)
{
	json_int_t weight, lease, unheard;

	if (!read_epoch(body, "seq", &t->seq) || !t->seq ||
	    !read_text(body, "name", t->name, sizeof(t->name)) ||
	    !read_text(body, "print", t->print, sizeof(t->print)) ||
	    !read_health(body, &t->health) ||
	    !read_text(body, "reason", t->reason, sizeof(t->reason)) ||
	    !read_number(body, "weight", WEIGHT_MAX, &weight) ||
	    !read_number(body, "lease", TIMING_MAX, &lease) ||
	    !read_number(body, "unheard", TIMING_MAX, &unheard) ||
	    !read_epoch(body, "epoch", &t->known.epoch) ||
	    !read_hex(body, "hash", &t->known.hash) || !read_epoch(body, "applied", &t->applied))
		return false;
	t->weight = (int)weight;
	t->lease = (unsigned)lease;
	t->unheard = (unsigned)unheard;
	t->leases = json_is_true(json_object_get(body, "leases"));
	t->is_in_force = json_is_true(json_object_get(body, "in_force"));
	t->is_leaving = json_is_true(json_object_get(body, "leaving"));
	t->is_cut = json_is_true(json_object_get(body, "cut"));
	t->is_asking = json_is_true(json_object_get(body, "asking"));
	return true;
}

static bool read_weight(const json_t *share, int *out)
{
	const char *text = json_string_value(json_object_get(share, "weight"));
	json_int_t number;

	if (text) {
		*out = strcmp(text, dead_name) ? GROUP_LEFT : GROUP_DEAD;
		return !strcmp(text, dead_name) || !strcmp(text, left_name);
	}
	if (!read_number(share, "weight", WEIGHT_MAX, &number))
		return false;
	*out = (int)number;
	return true;
}

static bool read_share(const json_t *share, struct group_order *o)
{
	struct group_share *s = &o->shares[o->count];
	json_int_t nodeid;

	if (o->count == GROUP_NODES_MAX || !read_text(share, "name", s->name, sizeof(s->name)) ||
	    !s->name[0] || group_order_find(o, s->name) ||
	    !read_number(share, "nodeid", UINT32_MAX, &nodeid) || !read_weight(share, &s->weight) ||
	    !read_epoch(share, "seen", &s->seen) || !read_epoch(share, "heard", &s->heard))
		return false;
	s->nodeid = (uint32_t)nodeid;
	s->is_removed = json_is_true(json_object_get(share, "removed"));
	o->count++;
	return true;
}

static bool read_order(const json_t *body, struct group_order *o)
{
	const json_t *shares = json_object_get(body, "shares"), *share;
	size_t i;

	if (!read_epoch(body, "epoch", &o->epoch) || !o->epoch ||
	    !read_text(body, "print", o->print, sizeof(o->print)) ||
	    !read_hex(body, "view", &o->view) || !json_is_array(shares))
		return false;
	json_array_foreach (shares, i, share)
		if (!read_share(share, o))
			return false;
	return true;
}

bool group_message_parse(const char *text, size_t len, struct group_message *out, const char **why)
{
	json_t *all = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	json_t *tick = json_object_get(all, "tick"), *order = json_object_get(all, "order");

	memset(out, 0, sizeof(*out));
	*why = NULL;
	out->is_order = !tick;
	if (json_integer_value(json_object_get(all, "clusterarpd")) != VERSION)
		*why = "not a message of this version of clusterarpd-corosync";
	else if (tick ? !read_tick(tick, &out->tick) : !read_order(order, &out->order))
		*why = "a message with a field that is missing or out of its range";
	json_decref(all);
	return !*why;
}
