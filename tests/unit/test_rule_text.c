/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule_text: each edit has the number of the rule that asks for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/counters.h"
#include "core/rule_text.h"

static struct peer *const some_peer = (struct peer *)8; /* is not looked into */

static void text_is(const struct rewrite_result *result, enum rewrite_direction direction,
		    const char *expected)
{
	char text[RULE_TEXT];
	const char *seen = rule_text(result, direction, text);

	if (!expected)
		assert_null(seen);
	else
		assert_string_equal(seen, expected);
	assert_string_equal(text, expected ? expected : "");
}

static void of_what_passes(void **state)
{
	static const struct {
		enum rewrite_direction direction;
		unsigned edits;
		bool is_nd, has_peer;
		const char *text;
	} cases[] = {
		{ REWRITE_EGRESS, 0, false, false, NULL },
		{ REWRITE_EGRESS, EDIT_ETH_SRC_WIRE, false, false, "E1" },
		{ REWRITE_EGRESS, EDIT_ETH_SRC_WIRE, false, true, "E1" },
		{ REWRITE_EGRESS, EDIT_ETH_SRC_WIRE | EDIT_SENDER_MAC_SELF, false, true, "E1, E2" },
		{ REWRITE_EGRESS,
		  EDIT_ETH_SRC_WIRE | EDIT_SENDER_MAC_SELF | EDIT_TARGET_MAC_CLUSTER, false, true,
		  "E1, E2" },
		{ REWRITE_EGRESS, EDIT_ETH_SRC_WIRE | EDIT_SENDER_MAC_SELF | EDIT_SENDER_IP_SELF,
		  false, true, "E1, E2b" },
		{ REWRITE_EGRESS, EDIT_ETH_SRC_WIRE | EDIT_SENDER_MAC_SELF, false, false,
		  "E1, E3" },
		{ REWRITE_EGRESS, EDIT_ETH_SRC_WIRE | EDIT_SENDER_MAC_SELF | EDIT_ETH_DST_PEER,
		  false, true, "E1, E2, E4" },
		{ REWRITE_EGRESS, EDIT_ETH_SRC_WIRE | EDIT_SENDER_MAC_SELF, true, true, "E1, E5" },
		{ REWRITE_EGRESS, EDIT_ETH_SRC_WIRE | EDIT_SENDER_MAC_PEER, true, false, "E1, E5" },
		{ REWRITE_INGRESS, 0, false, true, NULL },
		{ REWRITE_INGRESS, EDIT_ETH_DST_CLUSTER, false, true, "I2" },
		{ REWRITE_INGRESS, EDIT_SENDER_MAC_PEER, false, true, "I6" },
		{ REWRITE_INGRESS, EDIT_ETH_DST_CLUSTER | EDIT_TARGET_MAC_CLUSTER, false, true,
		  "I2, I6" },
		{ REWRITE_INGRESS, EDIT_ETH_DST_CLUSTER | EDIT_SENDER_MAC_PEER, true, true,
		  "I2, I9" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		text_is(&(struct rewrite_result){ .verdict.edits = (uint16_t)cases[i].edits,
						  .is_nd = cases[i].is_nd,
						  .peer = cases[i].has_peer ? some_peer : NULL },
			cases[i].direction, cases[i].text);
}

/* Each reason by its name, whatever the rules have changed before; also one that does not exist. */
static void of_what_is_dropped(void **state)
{
	char expected[RULE_TEXT];

	(void)state;
	for (unsigned reason = DROP_NONE + 1; reason < DROP_REASONS; reason++) {
		const struct rewrite_result result = { .verdict = { (uint8_t)reason,
								    EDIT_ETH_SRC_WIRE } };

		strcpy(expected, "dropped: ");
		strcat(expected, counters_drop_name(reason));
		text_is(&result, REWRITE_EGRESS, expected);
		text_is(&result, REWRITE_INGRESS, expected);
	}
	text_is(&(struct rewrite_result){ .verdict.drop = 255 }, REWRITE_INGRESS, "dropped: ?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_what_passes),
		cmocka_unit_test(of_what_is_dropped),
	};

	return cmocka_run_group_tests_name("rule_text", tests, NULL, NULL);
}
