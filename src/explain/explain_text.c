/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain_text: explanations for people; see explain_text.h. */
#include "explain/explain_text.h"

#include <inttypes.h>
#include <string.h>

#include "core/counters.h"
#include "core/frame.h"
#include "explain/explain_summary.h"
#include "explain/explain_words.h"

#define WIDTH       80
#define INDENT      2
#define RULE_INDENT 7

/* Print `text` from column `column` on, wrapped at blanks, its further lines from `indent` on. */
static void put_wrapped(FILE *out, const char *text, size_t column, size_t indent)
{
	const char *separator = "";

	while (*text) {
		size_t len = strcspn(text, " ");

		if (*separator && column + 1 + len > WIDTH) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
			separator = "";
		}
		fprintf(out, "%s%.*s", separator, (int)len, text);
		column += strlen(separator) + len;
		separator = " ";
		text += len;
		text += strspn(text, " ");
	}
	putc('\n', out);
}

/* The time since the first frame, as exact as the file has it. */
static void format_time(int64_t ns, bool has_ns, char *buf, size_t size)
{
	uint64_t magnitude = ns < 0 ? -(uint64_t)ns : (uint64_t)ns;
	uint64_t seconds = magnitude / 1000000000, rest = magnitude % 1000000000;

	if (has_ns)
		snprintf(buf, size, "%s%" PRIu64 ".%09" PRIu64, ns < 0 ? "-" : "", seconds, rest);
	else
		snprintf(buf, size, "%s%" PRIu64 ".%06" PRIu64, ns < 0 ? "-" : "", seconds,
			 rest / 1000);
}

static int64_t since(int64_t start, int64_t now)
{
	int64_t difference;

	return __builtin_sub_overflow(now, start, &difference) ? INT64_MAX : difference;
}

static void put_head(FILE *out, const struct explain_packet *p, const struct explain_frame *f,
		     const struct explain_totals *totals)
{
	char time[64], summary[EXPLAIN_SUMMARY_SIZE], text[EXPLAIN_SUMMARY_SIZE + 80];
	int column;

	format_time(since(totals->start, p->ns), p->origin.has_ns, time, sizeof(time));
	column = fprintf(out, "frame %" PRIu64 "  %s  ", totals->frames, time);
	explain_summary(f->before, p->captured, summary);
	if (p->captured < p->len)
		snprintf(text, sizeof(text), "%s, %zu bytes (%zu captured)", summary, p->len,
			 p->captured);
	else
		snprintf(text, sizeof(text), "%s, %zu bytes", summary, p->len);
	put_wrapped(out, text, column > 0 ? (size_t)column : 0, INDENT);
}

static void put_mac(FILE *out, const struct peers *peers, const struct mac *mac)
{
	char text[MAC_STRLEN], label[EXPLAIN_LABEL_SIZE];

	explain_summary_label(peers, mac, label);
	fprintf(out, *label ? "%s (%s)" : "%s", mac_format(mac, text), label);
}

static void put_macs(FILE *out, const struct peers *peers, const struct explain_packet *p,
		     const struct explain_frame *f)
{
	struct mac source, destination;

	if (p->captured < 2 * MAC_LEN)
		return;
	memcpy(destination.b, f->before, MAC_LEN);
	memcpy(source.b, f->before + MAC_LEN, MAC_LEN);
	fprintf(out, "%*s", INDENT, "");
	put_mac(out, peers, &source);
	fputs(" > ", out);
	put_mac(out, peers, &destination);
	putc('\n', out);
}

static void put_place(FILE *out, const struct explain_packet *p, const struct explain_frame *f)
{
	fprintf(out, "%*s%s (%s%s%s)\n", INDENT, "", explain_place_text(f->place.way),
		explain_words_basis(f->place.basis),
		f->place.basis == EXPLAIN_BY_INTERFACE ? " " : "",
		f->place.basis == EXPLAIN_BY_INTERFACE ? p->origin.interface : "");
}

static void put_rules(FILE *out, const struct explain_cluster *c, const struct explain_frame *f)
{
	char words[EXPLAIN_WORDS_SIZE];

	if (!f->hits.count && f->fate == EXPLAIN_PASSES)
		fprintf(out, "%*s-    for the cluster MAC: no rule drops or changes it\n", INDENT,
			"");
	for (size_t i = 0; i < f->hits.count; i++) {
		const struct explain_hit *hit = &f->hits.list[i];

		fprintf(out, "%*s%-*s", INDENT, "", RULE_INDENT - INDENT,
			explain_rules_name(hit->rule));
		put_wrapped(out, explain_words_rule(c, f, hit, words), RULE_INDENT, RULE_INDENT);
	}
}

static void put_change(FILE *out, const struct explain_change *change)
{
	char before[EXPLAIN_VALUE_SIZE], after[EXPLAIN_VALUE_SIZE], line[2 * WIDTH];
	int column = snprintf(line, sizeof(line), "%*s%4zu  %s  ", INDENT, "", change->offset,
			      change->field);
	bool is_long;

	explain_changes_value(change, change->before, before);
	explain_changes_value(change, change->after, after);
	is_long = (size_t)column + strlen(before) + 4 + strlen(after) > WIDTH;
	fprintf(out, "%s%s", line, before);
	if (is_long)
		fprintf(out, "\n%*s-> %s\n", column - 3, "", after);
	else
		fprintf(out, " -> %s\n", after);
}

static void put_changes(FILE *out, const struct explain_frame *f)
{
	bool is_shown =
		f->fate == EXPLAIN_PASSES || f->fate == EXPLAIN_DEPENDS || f->fate == EXPLAIN_ODD;

	for (size_t i = 0; is_shown && i < f->changes.count; i++)
		put_change(out, &f->changes.list[i]);
}

static void count(struct explain_totals *t, const struct explain_packet *p,
		  const struct explain_frame *f)
{
	if (!t->frames)
		t->start = p->ns;
	t->frames++;
	t->by_fate[f->fate]++;
	if (f->fate == EXPLAIN_PASSES && f->changes.count)
		t->changed++;
	if (f->fate == EXPLAIN_DROPPED && f->result.verdict.drop < DROP_REASONS)
		t->drops[f->result.verdict.drop]++;
}

void explain_text(FILE *out, const struct explain_cluster *cluster,
		  const struct explain_packet *packet, const struct explain_frame *frame,
		  struct explain_totals *totals)
{
	char words[EXPLAIN_WORDS_SIZE];

	count(totals, packet, frame);
	put_head(out, packet, frame, totals);
	put_macs(out, cluster->peers, packet, frame);
	put_place(out, packet, frame);
	put_rules(out, cluster, frame);
	explain_words_fate(packet, frame, words);
	fprintf(out, "%*s", INDENT, "");
	put_wrapped(out, words, INDENT, INDENT);
	put_changes(out, frame);
	putc('\n', out);
}

/* "12 dropped", after what separates it from the text before. */
static void put_total(char *line, size_t size, uint64_t n, const char *what)
{
	size_t len = strlen(line);

	if (n)
		snprintf(line + len, size - len, "%s %" PRIu64 " %s", strchr(line, ':') ? "," : ":",
			 n, what);
}

void explain_text_totals(FILE *out, const struct explain_totals *t)
{
	static const char *const words[] = {
		[EXPLAIN_PASSES] = "unchanged",
		[EXPLAIN_DROPPED] = "dropped",
		[EXPLAIN_DEPENDS] = "for the daemon to decide",
		[EXPLAIN_CUT] = "cut",
		[EXPLAIN_SENT] = "sent",
		[EXPLAIN_ODD] = "sent, but not by these rules",
		[EXPLAIN_GOT] = "to the stack",
	};
	char line[512];

	snprintf(line, sizeof(line), "%" PRIu64 " frame%s", t->frames, t->frames == 1 ? "" : "s");
	put_total(line, sizeof(line), t->changed, "changed");
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		put_total(line, sizeof(line),
			  t->by_fate[i] - (i == EXPLAIN_PASSES ? t->changed : 0), words[i]);
	put_wrapped(out, line, 0, INDENT);
	for (unsigned i = 0; i < DROP_REASONS; i++)
		if (t->drops[i])
			fprintf(out, "  %5" PRIu64 "  %s\n", t->drops[i], counters_drop_name(i));
}
