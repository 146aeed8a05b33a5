/* SPDX-License-Identifier: GPL-2.0-or-later */
/* peer_neigh: what is repaired, seeded and pinned, and the state that its entries give a peer.
 * An entry is written as one letter: see have(). */
#include "cluster.h"

#include <linux/neighbour.h>

#include "core/peer_neigh.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Beta, with an address of each family. */
struct lab {
	struct ip_prefix list[2];
	struct config_node node;
	struct peer peer;
	struct mirror *mirror;
	uint64_t now;
};

static struct mac mac(const char *text)
{
	struct mac m;

	assert_true(mac_parse(text, &m));
	return m;
}

static int setup(void **state)
{
	struct lab *lab = calloc(1, sizeof(*lab));

	assert_true(prefix_parse(BETA_IP "/24", &lab->list[0]));
	assert_true(prefix_parse("2001:db8::2/64", &lab->list[1]));
	lab->node.address = (struct config_addresses){ lab->list, COUNT(lab->list) };
	lab->node.dedicated = mac(BETA_MAC);
	lab->node.source = mac(BETA_MASKED);
	lab->peer.node = &lab->node;
	lab->mirror = mirror_create();
	*state = lab;
	return !lab->mirror;
}

static int teardown(void **state)
{
	struct lab *lab = *state;

	mirror_destroy(lab->mirror);
	free(lab);
	return 0;
}

/* The entry that a letter stands for: the initial of its state, 0 for NONE, M for PERMANENT. Upper
 * case: with the dedicated MAC (if entries in that state have a MAC); lower case: with another
 * MAC. False: '-', no entry. */
static bool have(char letter, const struct ip_addr *dst, struct mirror_entry *out)
{
	static const char letters[] = "IRSDPFNM0";
	static const uint16_t nud[] = { NUD_INCOMPLETE, NUD_REACHABLE, NUD_STALE,
					NUD_DELAY,      NUD_PROBE,     NUD_FAILED,
					NUD_NOARP,      NUD_PERMANENT, NUD_NONE };
	bool is_other = letter >= 'a';
	const char *at = strchr(letters, is_other ? letter - 'a' + 'A' : letter);

	*out = (struct mirror_entry){ .dst = *dst };
	if (letter == '-')
		return false;
	assert_non_null(at);
	out->state = nud[at - letters];
	out->has_lladdr = !strchr("IF0", letter);
	if (out->has_lladdr)
		out->lladdr = mac(is_other ? BETA_MASKED : BETA_MAC);
	return true;
}

/* --- what must be done --- */

struct answer {
	enum config_neigh policy;
	bool seeding;
	enum peer_neigh_need need;
};

static void answers(const struct lab *lab, char letter, const struct answer *expected)
{
	static const uint16_t wanted_state[] = {
		[NEIGH_LEARN] = NUD_STALE, [NEIGH_SEED] = NUD_STALE, [NEIGH_PIN] = NUD_PERMANENT
	};
	const struct ip_addr *dst = &lab->list[letter % 2].addr; /* IPv4 or IPv6 */
	struct mirror_entry entry, wanted;
	bool exists = have(letter, dst, &entry);

	assert_int_equal(peer_neigh_check(expected->policy, &lab->peer, dst, exists ? &entry : NULL,
					  expected->seeding, &wanted),
			 expected->need);
	if (expected->need == PEER_NEIGH_LEAVE)
		return;
	assert_true(ip_equal(&wanted.dst, dst));
	assert_true(wanted.has_lladdr);
	assert_true(mac_equal(&wanted.lladdr, &lab->node.dedicated));
	assert_int_equal(wanted.state, wanted_state[expected->policy]);
	assert_int_equal(wanted.flags, expected->policy == NEIGH_SEED ? NTF_EXT_LEARNED : 0);
}

static void what_is_to_be_done_by_policy(void **state)
{
	enum { LEAVE = PEER_NEIGH_LEAVE, INSTALL = PEER_NEIGH_INSTALL, REPAIR = PEER_NEIGH_REPAIR };
	static const struct {
		const char *letters;
		unsigned learn, seed, seeding, pin;
	} rows[] = {
		{ "-", LEAVE, LEAVE, INSTALL, INSTALL },
		{ "IF0", LEAVE, LEAVE, INSTALL, INSTALL },
		{ "RSDPN", LEAVE, LEAVE, LEAVE, INSTALL },
		{ "M", LEAVE, LEAVE, LEAVE, LEAVE },
		{ "rsdpnm", REPAIR, REPAIR, REPAIR, REPAIR },
	};
	const char *c;
	size_t i;

	for (i = 0; i < COUNT(rows); i++)
		for (c = rows[i].letters; *c; c++) {
			print_message("    %c\n", *c);
			answers(*state, *c, &(struct answer){ NEIGH_LEARN, false, rows[i].learn });
			answers(*state, *c, &(struct answer){ NEIGH_LEARN, true, rows[i].learn });
			answers(*state, *c, &(struct answer){ NEIGH_SEED, false, rows[i].seed });
			answers(*state, *c, &(struct answer){ NEIGH_SEED, true, rows[i].seeding });
			answers(*state, *c, &(struct answer){ NEIGH_PIN, false, rows[i].pin });
			answers(*state, *c, &(struct answer){ NEIGH_PIN, true, rows[i].pin });
		}
}

/* --- the peer's state --- */

/* The entries of the two addresses, in any order; the state that they give the peer, and its
 * state if its address is claimed. */
struct outcome {
	char entries[3];
	enum peer_state state, claimed;
	bool is_confirmed;
};

static void put(struct mirror *mirror, char letter, const struct ip_addr *dst)
{
	struct mirror_entry entry;

	mirror_delete(mirror, dst);
	if (have(letter, dst, &entry))
		assert_int_equal(mirror_upsert(mirror, &entry), 0);
}

static void is_state(struct lab *lab, const struct outcome *outcome)
{
	unsigned i;

	print_message("    %s\n", outcome->entries);
	for (i = 0; i < 2; i++) {
		put(lab->mirror, outcome->entries[i], &lab->list[0].addr);
		put(lab->mirror, outcome->entries[!i], &lab->list[1].addr);
		lab->peer.is_claimed = false;
		assert_int_equal(peer_neigh_state(&lab->peer, lab->mirror, lab->now),
				 outcome->state);
		lab->peer.is_claimed = true;
		assert_int_equal(peer_neigh_state(&lab->peer, lab->mirror, lab->now),
				 outcome->claimed);
		assert_int_equal(peer_neigh_is_confirmed(&lab->peer, lab->mirror),
				 outcome->is_confirmed);
	}
}

static void are_states(struct lab *lab, const struct outcome *outcomes, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		is_state(lab, &outcomes[i]);
}

static void the_state_by_one_entry(void **state)
{
	static const struct outcome outcomes[] = {
		{ "--", PEER_NONE, PEER_FOREIGN, false },
		{ "I-", PEER_NONE, PEER_FOREIGN, false },
		{ "0-", PEER_NONE, PEER_FOREIGN, false },
		{ "S-", PEER_STALE, PEER_FOREIGN, false },
		{ "D-", PEER_STALE, PEER_FOREIGN, false },
		{ "P-", PEER_STALE, PEER_FOREIGN, false },
		{ "F-", PEER_FAILED, PEER_FOREIGN, false },
		{ "R-", PEER_RESOLVED, PEER_RESOLVED, true },
		{ "N-", PEER_RESOLVED, PEER_RESOLVED, true },
		{ "M-", PEER_RESOLVED, PEER_FOREIGN, false }, /* it was never asked */
	};

	are_states(*state, outcomes, COUNT(outcomes));
}

static void an_entry_with_another_mac_is_foreign(void **state)
{
	static const struct outcome outcomes[] = {
		{ "r-", PEER_FOREIGN, PEER_FOREIGN, false },
		{ "s-", PEER_FOREIGN, PEER_FOREIGN, false },
		{ "d-", PEER_FOREIGN, PEER_FOREIGN, false },
		{ "p-", PEER_FOREIGN, PEER_FOREIGN, false },
		{ "n-", PEER_FOREIGN, PEER_FOREIGN, false },
		{ "m-", PEER_FOREIGN, PEER_FOREIGN, false },
		{ "rR", PEER_FOREIGN, PEER_FOREIGN, true },
		{ "rM", PEER_FOREIGN, PEER_FOREIGN, false },
		{ "rF", PEER_FOREIGN, PEER_FOREIGN, false },
		{ "rS", PEER_FOREIGN, PEER_FOREIGN, false },
	};

	are_states(*state, outcomes, COUNT(outcomes));
}

/* A failed entry outranks the other entries. Otherwise a confirmed entry outranks a claim, and a
 * claim outranks pinned and stale entries. */
static void the_state_by_several_entries(void **state)
{
	static const struct outcome outcomes[] = {
		{ "FR", PEER_FAILED, PEER_FOREIGN, true },
		{ "FM", PEER_FAILED, PEER_FOREIGN, false },
		{ "FS", PEER_FAILED, PEER_FOREIGN, false },
		{ "FI", PEER_FAILED, PEER_FOREIGN, false },
		{ "RR", PEER_RESOLVED, PEER_RESOLVED, true },
		{ "RM", PEER_RESOLVED, PEER_RESOLVED, true },
		{ "RS", PEER_RESOLVED, PEER_RESOLVED, true },
		{ "RI", PEER_RESOLVED, PEER_RESOLVED, true },
		{ "MS", PEER_RESOLVED, PEER_FOREIGN, false },
		{ "MI", PEER_RESOLVED, PEER_FOREIGN, false },
		{ "SI", PEER_STALE, PEER_FOREIGN, false },
	};

	are_states(*state, outcomes, COUNT(outcomes));
}

/* INCOMPLETE: the kernel asks again, which does not change the state yet. */
static void a_failed_peer_stays_so_until_it_answers(void **state)
{
	static const struct outcome outcomes[] = {
		{ "I-", PEER_FAILED, PEER_FOREIGN, false },
		{ "IR", PEER_FAILED, PEER_FOREIGN, true },
		{ "R-", PEER_RESOLVED, PEER_RESOLVED, true },
		{ "S-", PEER_STALE, PEER_FOREIGN, false },
		{ "P-", PEER_STALE, PEER_FOREIGN, false },
		{ "M-", PEER_RESOLVED, PEER_FOREIGN, false },
		{ "--", PEER_NONE, PEER_FOREIGN, false },
		{ "0-", PEER_NONE, PEER_FOREIGN, false },
	};
	struct lab *lab = *state;
	enum peer_state before;

	lab->peer.state = PEER_FAILED;
	are_states(lab, outcomes, COUNT(outcomes));
	for (before = PEER_NONE; before <= PEER_FOREIGN; before++) {
		lab->peer.state = before;
		if (before != PEER_FAILED)
			is_state(lab, &(struct outcome){ "I-", PEER_NONE, PEER_FOREIGN, false });
	}
}

/* Its answers count more than entries, but for one with another MAC. */
static void alive(void **state)
{
	static const struct outcome outcomes[] = {
		{ "--", PEER_RESOLVED, PEER_RESOLVED, false },
		{ "S-", PEER_RESOLVED, PEER_RESOLVED, false },
		{ "I-", PEER_RESOLVED, PEER_RESOLVED, false },
		{ "RR", PEER_RESOLVED, PEER_RESOLVED, true },
		{ "s-", PEER_FOREIGN, PEER_FOREIGN, false },
	};
	struct lab *lab = *state;

	lab->peer.liveness.life = PEER_ALIVE;
	lab->peer.liveness.alive_since = 10000;
	are_states(lab, outcomes, COUNT(outcomes));
}

/* An entry that has failed is from before the peer was back, or tells that the kernel's own
 * requests do not get there. */
static void alive_but_failed(void **state)
{
	struct lab *lab = *state;

	lab->peer.liveness.life = PEER_ALIVE;
	lab->peer.liveness.alive_since = 10000;
	lab->peer.failed = 9000;
	is_state(lab, &(struct outcome){ "F-", PEER_RESOLVED, PEER_RESOLVED, false });
	lab->peer.failed = 13500;
	is_state(lab, &(struct outcome){ "F-", PEER_RESOLVED, PEER_RESOLVED, false });
	lab->peer.failed = lab->now = 13501;
	is_state(lab, &(struct outcome){ "F-", PEER_FAILED, PEER_FAILED, false });
	lab->now += 9999;
	is_state(lab, &(struct outcome){ "F-", PEER_FAILED, PEER_FAILED, false });
	lab->now++;
	is_state(lab, &(struct outcome){ "F-", PEER_RESOLVED, PEER_RESOLVED, false });
}

/* No entry hides it, be it pinned. */
static void mute(void **state)
{
	static const struct outcome outcomes[] = {
		{ "--", PEER_SILENT, PEER_FOREIGN, false },
		{ "R-", PEER_SILENT, PEER_FOREIGN, true },
		{ "M-", PEER_SILENT, PEER_FOREIGN, false },
		{ "S-", PEER_SILENT, PEER_FOREIGN, false },
		{ "F-", PEER_FAILED, PEER_FOREIGN, false },
		{ "s-", PEER_FOREIGN, PEER_FOREIGN, false },
	};
	struct lab *lab = *state;

	lab->peer.liveness.life = PEER_MUTE;
	are_states(lab, outcomes, COUNT(outcomes));
}

static void others_entries_do_not_matter(void **state)
{
	struct lab *lab = *state;
	struct ip_addr other;

	assert_true(ip_parse(GAMMA_IP, &other));
	put(lab->mirror, 'R', &other);
	is_state(lab, &(struct outcome){ "--", PEER_NONE, PEER_FOREIGN, false });
	put(lab->mirror, 'F', &other);
	is_state(lab, &(struct outcome){ "R-", PEER_RESOLVED, PEER_RESOLVED, true });
	put(lab->mirror, 'r', &other);
	is_state(lab, &(struct outcome){ "S-", PEER_STALE, PEER_FOREIGN, false });
}

static void names_of_states(void **state)
{
	(void)state;
	assert_string_equal(peer_neigh_state_name(PEER_NONE), "none");
	assert_string_equal(peer_neigh_state_name(PEER_RESOLVED), "resolved");
	assert_string_equal(peer_neigh_state_name(PEER_STALE), "stale");
	assert_string_equal(peer_neigh_state_name(PEER_SILENT), "silent");
	assert_string_equal(peer_neigh_state_name(PEER_FAILED), "failed");
	assert_string_equal(peer_neigh_state_name(PEER_FOREIGN), "foreign");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define WITH_LAB(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
		WITH_LAB(what_is_to_be_done_by_policy),
		WITH_LAB(the_state_by_one_entry),
		WITH_LAB(an_entry_with_another_mac_is_foreign),
		WITH_LAB(the_state_by_several_entries),
		WITH_LAB(a_failed_peer_stays_so_until_it_answers),
		WITH_LAB(others_entries_do_not_matter),
		WITH_LAB(alive),
		WITH_LAB(alive_but_failed),
		WITH_LAB(mute),
		cmocka_unit_test(names_of_states),
	};

	return cmocka_run_group_tests_name("peer_neigh", tests, NULL, NULL);
}
