/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain_json: explanations as JSON; see explain_json.h. */
#include "explain/explain_json.h"

#include <jansson.h>
#include <string.h>

#include "core/counters.h"
#include "explain/explain_summary.h"
#include "explain/explain_words.h"

/* A text of which nothing is known, such as a file's name, as a JSON string in ASCII. */
static void put_string(FILE *out, const char *text)
{
	json_t *string = json_string(text);

	/* jansson takes valid UTF-8 only */
	if (!string || json_dumpf(string, out, JSON_ENCODE_ANY | JSON_ENSURE_ASCII))
		fputs("null", out);
	json_decref(string);
}

void explain_json_begin(FILE *out, const struct explain_cluster *cluster, const char *file)
{
	fputs("{\"schema_version\": 1, \"file\": ", out);
	put_string(out, file);
	fputs(", \"node\": ", out);
	put_string(out, peers_self(cluster->peers)->name);
	fputs(", \"frames\": [", out);
}

void explain_json_refused(FILE *out, const char *message, const char *file, unsigned line)
{
	fputs("{\"schema_version\": 1, \"error\": {\"message\": ", out);
	put_string(out, message);
	fputs(", \"file\": ", out);
	put_string(out, file);
	fprintf(out, ", \"line\": %u}}\n", line);
}

void explain_json_end(FILE *out, const char *error)
{
	fputs("]", out);
	if (error) {
		fputs(", \"error\": {\"message\": ", out);
		put_string(out, error);
		fputs("}", out);
	}
	fputs("}\n", out);
}

/* Of enum explain_basis. */
static const char *const basis_names[] = { "option", "interface", "macs" };

static json_t *rules(const struct explain_cluster *c, const struct explain_frame *f)
{
	json_t *list = json_array();
	char words[EXPLAIN_WORDS_SIZE];

	for (size_t i = 0; i < f->hits.count; i++) {
		const struct explain_hit *hit = &f->hits.list[i];

		json_array_append_new(list,
				      json_pack("{s:s, s:s}", "rule", explain_rules_name(hit->rule),
						"text", explain_words_rule(c, f, hit, words)));
	}
	return list;
}

static json_t *changes(const struct explain_frame *f)
{
	json_t *list = json_array();
	char before[EXPLAIN_VALUE_SIZE], after[EXPLAIN_VALUE_SIZE];

	for (size_t i = 0; i < f->changes.count && f->fate != EXPLAIN_CUT; i++) {
		const struct explain_change *c = &f->changes.list[i];

		json_array_append_new(
			list, json_pack("{s:s, s:I, s:I, s:s, s:s}", "field", c->field, "offset",
					(json_int_t)c->offset, "length", (json_int_t)c->len,
					"before", explain_changes_value(c, c->before, before),
					"after", explain_changes_value(c, c->after, after)));
	}
	return list;
}

static json_t *bucket(const struct explain_cluster *c, const struct explain_frame *f)
{
	bool has_one = f->hits.count && f->place.way == EXPLAIN_WIRE_IN &&
		       rule_is_shared(&f->result.keys) && f->result.keys.flow != FLOW_ALL;
	const struct config_node *owner =
		has_one ? explain_cluster_owner(c, f->result.bucket) : NULL;

	if (!has_one)
		return json_null();
	return json_pack("{s:i, s:s?}", "bucket", (int)f->result.bucket, "owner",
			 owner ? owner->name : NULL);
}

static json_t *mac_at(const struct explain_packet *p, const struct explain_frame *f, size_t offset)
{
	char text[MAC_STRLEN];
	struct mac mac;

	if (p->captured < offset + MAC_LEN)
		return json_null();
	memcpy(mac.b, f->before + offset, MAC_LEN);
	return json_string(mac_format(&mac, text));
}

bool explain_json(FILE *out, const struct explain_cluster *cluster,
		  const struct explain_packet *packet, const struct explain_frame *frame,
		  uint64_t number)
{
	const char *interface = packet->origin.interface;
	char summary[EXPLAIN_SUMMARY_SIZE];
	bool is_dropped = frame->fate == EXPLAIN_DROPPED ||
			  (frame->fate == EXPLAIN_ODD && frame->result.verdict.drop);
	json_t *object = json_pack(
		"{s:I, s:I, s:I, s:I, s:s?, s:o, s:o, s:s, s:s, s:s, s:o, s:s, s:s?, s:o, s:o}",
		"number", (json_int_t)number, "time_ns", (json_int_t)packet->ns, "length",
		(json_int_t)packet->len, "captured", (json_int_t)packet->captured, "interface",
		*interface ? interface : NULL, "source", mac_at(packet, frame, MAC_LEN),
		"destination", mac_at(packet, frame, 0), "summary",
		explain_summary(frame->before, packet->captured, summary), "place",
		explain_place_name(frame->place.way), "place_by", basis_names[frame->place.basis],
		"rules", rules(cluster, frame), "verdict", explain_words_verdict(frame->fate),
		"reason", is_dropped ? counters_drop_name(frame->result.verdict.drop) : NULL,
		"share", bucket(cluster, frame), "changes", changes(frame));
	int rc;

	if (!object)
		return false;
	fputs(number > 1 ? ", " : "", out);
	rc = json_dumpf(object, out, JSON_ENSURE_ASCII);
	json_decref(object);
	return !rc;
}
