/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule_text: the rules that a verdict is from; see rule_text.h. */
#include "core/rule_text.h"

#include <stdio.h>
#include <string.h>

#include "core/counters.h"

static void add(char text[RULE_TEXT], const char *rule)
{
	if (*text)
		strcat(text, ", ");
	strcat(text, rule);
}

/* E2b alone changes the sender IP. E3 sets the same MAC as E2, in what is not for a peer. */
static const char *sender_rule(const struct rewrite_result *result)
{
	if (result->is_nd)
		return "E5";
	if (result->verdict.edits & EDIT_SENDER_IP_SELF)
		return "E2b";
	return result->peer ? "E2" : "E3";
}

static void add_egress(char text[RULE_TEXT], const struct rewrite_result *result)
{
	unsigned edits = result->verdict.edits;

	if (edits & EDIT_ETH_SRC_WIRE)
		add(text, "E1");
	if (edits & EDIT_RESOLUTION)
		add(text, sender_rule(result));
	if (edits & EDIT_ETH_DST_PEER)
		add(text, "E4");
}

static void add_ingress(char text[RULE_TEXT], const struct rewrite_result *result)
{
	unsigned edits = result->verdict.edits;

	if (edits & EDIT_ETH_DST_CLUSTER)
		add(text, "I2");
	if (edits & EDIT_RESOLUTION)
		add(text, result->is_nd ? "I9" : "I6");
}

const char *rule_text(const struct rewrite_result *result, enum rewrite_direction direction,
		      char text[RULE_TEXT])
{
	unsigned reason = result->verdict.drop;

	text[0] = '\0';
	if (reason != DROP_NONE)
		snprintf(text, RULE_TEXT, "dropped: %s", counters_drop_name(reason) ?: "?");
	else if (direction == REWRITE_EGRESS)
		add_egress(text, result);
	else
		add_ingress(text, result);
	return *text ? text : NULL;
}
