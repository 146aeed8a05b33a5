/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mirror: changes, dumps, and both at once; tested by short scripts, and against a model of the
 * kernel that changes at random. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include <linux/neighbour.h>

#include "core/mirror.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define HAS_LLADDR   (0xff & ~(NUD_INCOMPLETE | NUD_FAILED))

static const struct {
	char letter;
	uint16_t nud;
	const char *name;
	bool is_shown;
} states[] = {
	{ 'I', NUD_INCOMPLETE, "INCOMPLETE", true },
	{ 'R', NUD_REACHABLE, "REACHABLE", true },
	{ 'S', NUD_STALE, "STALE", true },
	{ 'D', NUD_DELAY, "DELAY", true },
	{ 'P', NUD_PROBE, "PROBE", true },
	{ 'F', NUD_FAILED, "FAILED", true },
	{ 'N', NUD_NOARP, "NOARP", false },
	{ 'M', NUD_PERMANENT, "PERMANENT", true },
	{ '0', NUD_NONE, "NONE", false },
};

static bool same(const struct mirror_entry *a, const struct mirror_entry *b)
{
	return a && ip_equal(&a->dst, &b->dst) && mac_equal(&a->lladdr, &b->lladdr) &&
	       a->has_lladdr == b->has_lladdr && a->state == b->state && a->flags == b->flags;
}

/* --- scripts --- */

/* The actions, one word each, and the resulting table, oldest entry first. An entry is a
 * letter for its address and one for its state (states[]).
 *	+aR	event: a is new, or is now REACHABLE	-a	event: a is gone
 *	[	a dump begins				=aR	the dump has a, REACHABLE
 *	]	it ends, nothing came or went		}	it ends, something came or went
 *	x	it failed				c	all is cleared */
struct script {
	const char *words, *table;
};

/* a to m are IPv4, n to z IPv6: n differs from a only in the family, and so on. */
static struct ip_addr address(char letter)
{
	uint8_t b[16] = { 10, 0, 0 };

	b[3] = (uint8_t)((letter - 'a') % 13 + 1);
	return letter < 'n' ? ip_from_ipv4_bytes(b) : ip_from_ipv6_bytes(b);
}

/* All fields are functions of the two letters, so that a mixture of two entries is detected. */
static struct mirror_entry entry(char letter, char state)
{
	struct mirror_entry e = { .dst = address(letter) };
	size_t i;

	for (i = 0; states[i].letter != state; i++)
		assert_true(i + 1 < COUNT(states));
	e.state = states[i].nud;
	e.flags = 1U << i;
	e.has_lladdr = e.state & HAS_LLADDR;
	if (e.has_lladdr)
		e.lladdr = (struct mac){ { 2, 0, 0, 0, (uint8_t)i, (uint8_t)letter } };
	return e;
}

static void do_word(struct mirror *m, const char *word)
{
	struct mirror_entry e = { 0 };

	if (strchr("+=", word[0]))
		e = entry(word[1], word[2]);
	else if (word[0] == '-')
		e.dst = address(word[1]);
	switch (word[0]) {
	case '+':
		assert_int_equal(mirror_upsert(m, &e), 0);
		break;
	case '-':
		assert_int_equal(mirror_delete(m, &e.dst), 0);
		break;
	case '[':
		mirror_resync_begin(m);
		break;
	case '=':
		assert_int_equal(mirror_dumped(m, &e), 0);
		break;
	case ']':
		assert_true(mirror_resync_end(m));
		break;
	case '}':
		assert_false(mirror_resync_end(m));
		break;
	case 'x':
		mirror_resync_abort(m);
		break;
	default:
		assert_string_equal(word, "c");
		mirror_clear(m);
	}
}

/* mirror_count(), mirror_copy() and mirror_find() all give this table. */
static void is_table(const struct mirror *m, const char *table)
{
	struct mirror_entry *list = mirror_copy(m), expected;
	size_t count = (strlen(table) + 1) / 3, i;
	struct ip_addr dst;
	char letter;

	assert_int_equal(mirror_count(m), count);
	assert_true(count ? list != NULL : list == NULL);
	for (i = 0; i < count; i++) {
		expected = entry(table[3 * i], table[3 * i + 1]);
		assert_true(same(&list[i], &expected));
		assert_true(same(mirror_find(m, &expected.dst), &expected));
	}
	for (letter = 'a'; letter <= 'z'; letter++) {
		dst = address(letter);
		if (!strchr(table, letter))
			assert_null(mirror_find(m, &dst));
	}
	free(list);
}

static void run(const struct script *scripts, size_t count)
{
	struct mirror *m;
	char words[80], *word, *rest;
	size_t i;

	for (i = 0; i < count; i++) {
		m = mirror_create();
		assert_non_null(m);
		print_message("    %s : %s\n", scripts[i].words, scripts[i].table);
		snprintf(words, sizeof(words), "%s", scripts[i].words);
		for (word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
			do_word(m, word);
		is_table(m, scripts[i].table);
		mirror_destroy(m);
	}
}

static void changes_are_applied_as_heard(void **state)
{
	static const struct script scripts[] = {
		{ "", "" },
		{ "+aR +bS +nM", "aR bS nM" },
		{ "+aR +nF -a", "nF" },
		{ "+aR +nF -n", "aR" },
		{ "+aR -b", "aR" },
		{ "+aR -a -a", "" },
		{ "+aR -a +aS", "aS" },
		{ "+aR +bR -a +aS", "bR aS" }, /* a new entry, and so the youngest */
		{ "+aR +bR c", "" },
		{ "+aR c +bR", "bR" },
	};

	(void)state;
	run(scripts, COUNT(scripts));
}

static void a_change_replaces_the_whole_entry(void **state)
{
	static const struct script scripts[] = {
		{ "+aR +bR +aS", "aS bR" },
		{ "+aR +aF", "aF" }, /* the MAC is not known any more */
		{ "+aF +aM", "aM" },
		{ "+aR [ =aF ]", "aF" },
	};

	(void)state;
	run(scripts, COUNT(scripts));
}

static void a_resync_adds_and_removes(void **state)
{
	static const struct script scripts[] = {
		{ "[ =aR =nS ]", "aR nS" },
		{ "+aR +bR [ ]", "" },
		{ "+aR +bR +nR [ =bR ]", "bR" },
		{ "+aR +bR [ =cR =bS ]", "bS cR" },
		{ "[ =aR =aS ]", "aS" },        /* twice in a dump: the later one counts */
		{ "+aR [ ", "aR" },             /* nothing is removed before the end */
		{ "[ =aR ] [ =aR ] [ ]", "" },  /* a dump does not depend on the one before */
		{ "[ +aR } [ =aS ]", "aS" },    /* nor on the changes before it */
		{ "[ +aR } [ ]", "" },          /* they do not keep an entry */
		{ "+aR [ -a } [ =aS ]", "aS" }, /* they do not keep an entry out */
		{ "+aR [ +aS =aS ] [ =aR ]", "aR" },
	};

	(void)state;
	run(scripts, COUNT(scripts));
}

static void a_change_heard_during_a_dump_outranks_it(void **state)
{
	static const struct script scripts[] = {
		{ "+aR [ +aS =aR ]", "aS" }, { "+aR [ =aR +aS ]", "aS" },
		{ "+aR [ +aS ]", "aS" },     { "[ =aR +aS =aR ]", "aS" },
		{ "[ +aS =aR }", "aS" },     { "+aR [ +aS +aF =aR ]", "aF" },
	};

	(void)state;
	run(scripts, COUNT(scripts));
}

static void what_is_deleted_during_a_dump_stays_gone(void **state)
{
	static const struct script scripts[] = {
		{ "+aR [ -a =aR }", "" },
		{ "+aR [ =aR -a }", "" },
		{ "+aR [ -a =aR -a =aR }", "" },
		{ "[ -a =aR }", "" }, /* also an entry that was not known */
		{ "[ -a }", "" },
		{ "+aR [ -a +aS =aR }", "aS" },
		{ "+aR [ -a =aR +aS }", "aS" },
		{ "[ -a +aS =aR }", "aS" },
		{ "+aR [ -a +aS -a =aR }", "" },
		{ "[ =aR =bR -a } +aS", "bR aS" }, /* no effect after the end */
	};

	(void)state;
	run(scripts, COUNT(scripts));
}

static void what_is_gone_is_not_shown_during_a_dump(void **state)
{
	static const struct script scripts[] = {
		{ "+aR +bR [ -a", "bR" },
		{ "+aR [ -a -a", "" },
		{ "+bR [ -a", "bR" },
		{ "+bR [ -a =aR", "bR" },
		{ "+aR +bR [ -a -b +aS", "aS" },
		{ "+aR +bR [ -a c", "" },
		{ "+aR [ -a c +bR", "bR" },
	};

	(void)state;
	run(scripts, COUNT(scripts));
}

static void the_end_of_a_dump_tells_whether_anything_came_or_went(void **state)
{
	static const struct script scripts[] = {
		{ "[ +aR =aR }", "aR" },
		{ "[ =aR -a }", "" },
		{ "[ =bR -a }", "bR" },
		{ "+aR [ =aR -a +aR }", "aR" },
		{ "+aR +bR [ =aR +aS +bF =bR ]", "aS bF" }, /* only states changed */
		{ "+aR -a [ ]", "" },                       /* changes before it do not count */
		{ "[ +aR [ =aR ]", "aR" },
		{ "+aR ]", "aR" }, /* without a dump */
	};

	(void)state;
	run(scripts, COUNT(scripts));
}

static void a_dump_that_begins_gives_up_the_one_under_way(void **state)
{
	static const struct script scripts[] = {
		{ "[ =aR =bR [ =bS ]", "bS" }, { "+aR [ +aS [ =aR ]", "aR" },
		{ "+aR [ -a [ =aS ]", "aS" },  { "+aR [ -a [ ", "" },
		{ "+aR [ -a [ +bR }", "bR" },  { "+aR +bR [ -a [ =aR =bR ]", "bR aR" },
	};

	(void)state;
	run(scripts, COUNT(scripts));
}

static void a_dump_that_fails_keeps_what_was_heard(void **state)
{
	static const struct script scripts[] = {
		{ "+aR +bR [ =aR x", "aR bR" },
		{ "+aR +bR [ -a +bS +cR x", "bS cR" },
		{ "+aR [ -a =aR x", "" },
		{ "+aR [ x =bR", "aR" }, /* later records of it are ignored */
		{ "+aR [ -a x +aS -a", "" },
		{ "+aR +bR [ -a x +aS", "bR aS" },
		{ "+aR x ]", "aR" },
	};

	(void)state;
	run(scripts, COUNT(scripts));
}

static void only_a_dump_under_way_is_heeded(void **state)
{
	static const struct script scripts[] = {
		{ "=aR", "" },         { "+aR =aS", "aR" },     { "[ =aR ] =aS =bR", "aR" },
		{ "[ =aR c =bR", "" }, { "+aR [ c =bR ]", "" }, { "[ ] +aR ]", "aR" },
	};

	(void)state;
	run(scripts, COUNT(scripts));
}

/* --- entries --- */

static void what_ip_neighbour_shows(void **state)
{
	struct mirror_entry e = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(states); i++) {
		e.state = states[i].nud;
		e.flags = NTF_ROUTER;
		assert_int_equal(mirror_is_shown(&e), states[i].is_shown);
		e.flags = NTF_EXT_LEARNED;
		assert_true(mirror_is_shown(&e));
	}
	e.flags = 0;
	e.state = NUD_NOARP | NUD_STALE;
	assert_true(mirror_is_shown(&e));
}

static void names_of_states(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(states); i++)
		assert_string_equal(mirror_state_name(states[i].nud), states[i].name);
}

/* --- against a model --- */

#define ADDRESSES 64
#define QUEUE     256
#define ROUNDS    2000
#define STEPS     60

/* An event in transit, or a record of a dump. */
struct message {
	struct mirror_entry entry;
	bool is_gone;
};

struct queue {
	struct message list[QUEUE];
	size_t head, count;
};

/* A kernel whose table changes, its events that are not received yet, and a dump. A dump is made in
 * pieces, each from the table at that time; like the events, they wait to be read. */
struct model {
	struct mirror *mirror;
	uint64_t random;
	bool is_lossy; /* some events are lost */
	bool by_rank;  /* dumps continue at the n-th entry, as the kernel's: they may miss some */

	struct mirror_entry table[ADDRESSES];
	bool is_there[ADDRESSES];
	uint32_t version; /* of the last change; makes every entry unique */
	bool is_mute;
	struct queue changes, dumped;
	size_t at; /* progress of the dump */
	bool is_dumping, is_made;

	bool is_unsure; /* events were lost: the mirror may be wrong until the next dump */
	bool is_cure;   /* the dump under way began after the loss */
};

static unsigned chance(struct model *k, unsigned n)
{
	k->random ^= k->random << 13;
	k->random ^= k->random >> 7;
	k->random ^= k->random << 17;
	return (unsigned)(k->random >> 32) % n;
}

static void push(struct queue *q, const struct mirror_entry *e, bool is_gone)
{
	assert_true(q->count < QUEUE);
	q->list[(q->head + q->count++) % QUEUE] = (struct message){ *e, is_gone };
}

static const struct message *pop(struct queue *q)
{
	const struct message *message = &q->list[q->head];

	if (!q->count)
		return NULL;
	q->count--;
	q->head = (q->head + 1) % QUEUE;
	return message;
}

static void hear(struct model *k, size_t most)
{
	const struct message *message;
	int rc;

	while (most-- && (message = pop(&k->changes))) {
		rc = message->is_gone ? mirror_delete(k->mirror, &message->entry.dst)
				      : mirror_upsert(k->mirror, &message->entry);
		assert_int_equal(rc, 0);
	}
}

static void change(struct model *k)
{
	size_t i = chance(k, ADDRESSES);
	struct mirror_entry *e = &k->table[i];
	bool goes = k->is_there[i] && !chance(k, 3);

	k->is_there[i] = !goes;
	if (!goes) {
		e->state = states[chance(k, COUNT(states))].nud;
		e->flags = ++k->version;
		e->has_lladdr = e->state & HAS_LLADDR;
		memset(&e->lladdr, 0, sizeof(e->lladdr));
		if (e->has_lladdr)
			memcpy(&e->lladdr, &k->version, sizeof(k->version));
	}
	if (k->changes.count == QUEUE)
		hear(k, QUEUE);
	if (!k->is_mute)
		push(&k->changes, e, goes);
}

/* Earlier events are received, the next ones are lost, and then the loss is known. */
static void lose(struct model *k)
{
	size_t n = 1 + chance(k, 8);

	hear(k, QUEUE);
	k->is_mute = true;
	while (n--)
		change(k);
	k->is_mute = false;
	k->is_unsure = true;
	k->is_cure = false;
}

static void begin(struct model *k)
{
	mirror_resync_begin(k->mirror);
	k->dumped.count = k->at = 0;
	k->is_made = false;
	k->is_dumping = k->is_cure = true;
}

/* The next entry of the dump; ADDRESSES: there is none. */
static size_t next(const struct model *k)
{
	size_t i, rank = 0;

	for (i = 0; i < ADDRESSES; i++)
		if (k->is_there[i] && (k->by_rank ? rank++ : i) >= k->at)
			break;
	return i;
}

static void make_piece(struct model *k, size_t most)
{
	size_t i = 0;

	while (most-- && !k->is_made && (i = next(k)) < ADDRESSES) {
		push(&k->dumped, &k->table[i], false);
		k->at = k->by_rank ? k->at + 1 : i + 1;
	}
	if (i == ADDRESSES)
		k->is_made = true;
}

/* Entries that came or went during the dump matter only if the dump may miss entries. */
static void end(struct model *k)
{
	bool whole;

	if (k->by_rank)
		hear(k, QUEUE);
	whole = mirror_resync_end(k->mirror) || !k->by_rank;
	k->is_unsure = !whole || (k->is_unsure && !k->is_cure);
	k->is_dumping = false;
}

static void read_piece(struct model *k, size_t most)
{
	const struct message *message;

	while (most-- && (message = pop(&k->dumped)))
		assert_int_equal(mirror_dumped(k->mirror, &message->entry), 0);
	if (k->is_dumping && k->is_made && !k->dumped.count)
		end(k);
}

static void fail_dump(struct model *k)
{
	mirror_resync_abort(k->mirror);
	k->is_dumping = false; /* its pieces are still to be read */
}

static void another_link(struct model *k)
{
	mirror_clear(k->mirror);
	k->is_dumping = k->is_cure = false;
	k->is_unsure = true;
}

static void seldom(struct model *k)
{
	switch (chance(k, 16)) {
	case 0:
		another_link(k);
		break;
	case 1:
	case 2:
		fail_dump(k);
		break;
	case 3:
	case 4:
		begin(k);
		break;
	default:
		if (k->is_lossy)
			lose(k);
	}
}

static void step(struct model *k)
{
	switch (chance(k, 16)) {
	case 0:
		seldom(k);
		break;
	case 1:
	case 2:
	case 3:
	case 4:
		hear(k, chance(k, 6));
		break;
	case 5:
	case 6:
		if (!k->is_dumping)
			begin(k);
		make_piece(k, chance(k, 32));
		break;
	case 7:
	case 8:
		read_piece(k, chance(k, 32));
		break;
	default:
		change(k);
	}
}

/* No more changes: all events are received, before the dump's end or after it. */
static void settle(struct model *k)
{
	unsigned dumps = 0;

	if (chance(k, 2))
		hear(k, QUEUE);
	while (k->is_dumping || k->is_unsure) {
		assert_true(dumps++ < 3);
		if (!k->is_dumping)
			begin(k);
		make_piece(k, ADDRESSES + 1);
		read_piece(k, ADDRESSES + 1);
	}
	hear(k, QUEUE);
}

static void mirror_equals(const struct model *k)
{
	const struct mirror_entry *found;
	size_t i, count = 0;

	for (i = 0; i < ADDRESSES; i++) {
		found = mirror_find(k->mirror, &k->table[i].dst);
		assert_int_equal(found != NULL, k->is_there[i]);
		assert_true(!found || same(found, &k->table[i]));
		count += k->is_there[i];
	}
	assert_int_equal(mirror_count(k->mirror), count);
}

static void play(bool is_lossy, bool by_rank)
{
	struct model k = { .random = 826, .is_lossy = is_lossy, .by_rank = by_rank };
	unsigned i, n;

	k.mirror = mirror_create();
	assert_non_null(k.mirror);
	for (i = 0; i < ADDRESSES; i++) {
		k.table[i].dst = address('a');
		k.table[i].dst.family = i % 2 ? AF_INET6 : AF_INET;
		k.table[i].dst.b[3] = (uint8_t)(i / 2);
	}
	lose(&k);
	for (i = 0; i < ROUNDS; i++) {
		for (n = chance(&k, STEPS); n; n--)
			step(&k);
		settle(&k);
		mirror_equals(&k);
	}
	mirror_destroy(k.mirror);
}

static void dumps_among_changes_spoil_nothing(void **state)
{
	(void)state;
	play(false, false);
}

static void a_dump_mends_what_was_lost(void **state)
{
	(void)state;
	play(true, false);
}

/* Provided that all events from before the dump's end are received by then. */
static void a_dump_that_missed_entries_is_told_by_its_end(void **state)
{
	(void)state;
	play(false, true);
	play(true, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changes_are_applied_as_heard),
		cmocka_unit_test(a_change_replaces_the_whole_entry),
		cmocka_unit_test(a_resync_adds_and_removes),
		cmocka_unit_test(a_change_heard_during_a_dump_outranks_it),
		cmocka_unit_test(what_is_deleted_during_a_dump_stays_gone),
		cmocka_unit_test(what_is_gone_is_not_shown_during_a_dump),
		cmocka_unit_test(the_end_of_a_dump_tells_whether_anything_came_or_went),
		cmocka_unit_test(a_dump_that_begins_gives_up_the_one_under_way),
		cmocka_unit_test(a_dump_that_fails_keeps_what_was_heard),
		cmocka_unit_test(only_a_dump_under_way_is_heeded),
		cmocka_unit_test(what_ip_neighbour_shows),
		cmocka_unit_test(names_of_states),
		cmocka_unit_test(dumps_among_changes_spoil_nothing),
		cmocka_unit_test(a_dump_mends_what_was_lost),
		cmocka_unit_test(a_dump_that_missed_entries_is_told_by_its_end),
	};

	return cmocka_run_group_tests_name("mirror", tests, NULL, NULL);
}
