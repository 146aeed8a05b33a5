/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain_rules: which of the rules decide about a frame; see explain_rules.h. */
#include "explain/explain_rules.h"

static const char *const names[EXPLAIN_RULES] = {
	[EXPLAIN_LINK_LOCAL] = "-", [EXPLAIN_E1] = "E1",   [EXPLAIN_E2] = "E2",
	[EXPLAIN_E2B] = "E2b",      [EXPLAIN_E3] = "E3",   [EXPLAIN_E4] = "E4",
	[EXPLAIN_E5] = "E5",        [EXPLAIN_I1] = "I1",   [EXPLAIN_I3] = "I3",
	[EXPLAIN_I4] = "I4",        [EXPLAIN_I7] = "I7",   [EXPLAIN_I8] = "I8",
	[EXPLAIN_I5] = "I5",        [EXPLAIN_I2] = "I2",   [EXPLAIN_TOO_DEEP] = "-",
	[EXPLAIN_I6] = "I6",        [EXPLAIN_I10] = "I10",
};

const char *explain_rules_name(enum explain_rule rule)
{
	return names[rule];
}

static void add(struct explain_hits *hits, enum explain_rule rule, struct rule_verdict v)
{
	hits->list[hits->count++] = (struct explain_hit){ rule, v.drop, v.edits };
}

static void add_pass(struct explain_hits *hits, enum explain_rule rule)
{
	add(hits, rule, (struct rule_verdict){ DROP_NONE, 0 });
}

/* A rule that either drops or does not apply. True: it drops. */
static int add_drop(struct explain_hits *hits, enum explain_rule rule, __u8 drop)
{
	if (drop)
		add(hits, rule, (struct rule_verdict){ drop, 0 });
	return drop;
}

/* A rule that either edits or does not apply. */
static void add_edits(struct explain_hits *hits, enum explain_rule rule, __u16 edits)
{
	if (edits)
		add(hits, rule, (struct rule_verdict){ DROP_NONE, edits });
}

static void egress(const struct rule_keys *k, struct explain_hits *hits)
{
	__u16 e2 = rule_E2(k), e2b = rule_E2b(k);

	if (add_drop(hits, EXPLAIN_LINK_LOCAL, rule_link_local(k)))
		return;
	add_edits(hits, EXPLAIN_E1, rule_E1(k));
	if (!rule_is_resolution(k))
		return;
	if (e2 | e2b) {
		add_edits(hits, EXPLAIN_E2, e2);
		add_edits(hits, EXPLAIN_E2B, e2b);
		add_edits(hits, EXPLAIN_E4, rule_E4(k));
		return;
	}
	add(hits, EXPLAIN_E3, (struct rule_verdict){ DROP_NONE, rule_E3(k) });
	add_edits(hits, EXPLAIN_E5, rule_E5(k));
}

/* I5 has no function: it is what is left of the groups. */
static int is_I5(const struct rule_keys *k)
{
	return (k->eth_dst & MAC_GROUP) && !(k->eth_dst & (MAC_SELF_DEDICATED | MAC_SELF_SOURCE));
}

static void ingress(const struct rule_keys *k, struct explain_hits *hits)
{
	struct rule_verdict v;

	if (add_drop(hits, EXPLAIN_LINK_LOCAL, rule_link_local(k)) ||
	    add_drop(hits, EXPLAIN_I1, rule_I1(k)) || add_drop(hits, EXPLAIN_I3, rule_I3(k)) ||
	    add_drop(hits, EXPLAIN_I4, rule_I4(k)) || add_drop(hits, EXPLAIN_I10, rule_I10(k)))
		return;
	if (rule_is_shared(k))
		add_pass(hits, EXPLAIN_I10);
	if (add_drop(hits, EXPLAIN_I7, rule_I7(k)) || add_drop(hits, EXPLAIN_I8, rule_I8(k)))
		return;
	if (is_I5(k))
		add_pass(hits, EXPLAIN_I5);
	v = rule_I2(k);
	if (add_drop(hits, EXPLAIN_I2, v.drop))
		return;
	add_edits(hits, EXPLAIN_I2, v.edits);
	if (add_drop(hits, EXPLAIN_TOO_DEEP, rule_too_deep(k)))
		return;
	add_edits(hits, EXPLAIN_I6, rule_I6(k));
}

void explain_rules(const struct rule_keys *keys, enum rewrite_direction direction,
		   struct explain_hits *hits)
{
	hits->count = 0;
	if (direction == REWRITE_EGRESS)
		egress(keys, hits);
	else
		ingress(keys, hits);
}

struct rule_verdict explain_rules_verdict(const struct explain_hits *hits)
{
	struct rule_verdict v = { DROP_NONE, 0 };

	for (size_t i = 0; i < hits->count; i++) {
		v.drop = hits->list[i].drop;
		v.edits |= hits->list[i].edits;
	}
	return v;
}
