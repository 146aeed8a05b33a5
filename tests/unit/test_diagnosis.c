/* SPDX-License-Identifier: GPL-2.0-or-later */
/* diagnosis: which findings follow from which facts. Three peers, which answer in every way unless
 * a case says otherwise. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "probe/diagnosis.h"

#define PEERS 3
#define TRIES 3

struct world {
	struct diagnosis_facts facts;
	struct diagnosis_peer peers[PEERS];
	struct diagnosis_finding findings[DIAGNOSIS_FINDINGS_MAX(PEERS)];
};

static void set(struct diagnosis_peer *p, enum diagnosis_way way, unsigned asked, unsigned answered)
{
	p->ways[way] = (struct diagnosis_way_facts){ .asked = asked, .answered = answered };
}

static void silence(struct diagnosis_peer *p)
{
	for (int way = 0; way < DIAGNOSIS_WAYS; way++)
		p->ways[way].answered = 0;
	p->is_heard = p->is_heard_asking = false;
}

static struct world *make(struct world *w)
{
	static const char *const names[] = { "beta", "gamma", "delta" };

	memset(w, 0, sizeof(*w));
	w->facts = (struct diagnosis_facts){
		.can_send = true, .mtu = 1500, .heard = 100, .peers = w->peers, .count = PEERS
	};
	for (size_t i = 0; i < PEERS; i++) {
		struct diagnosis_peer *p = &w->peers[i];

		strcpy(p->name, names[i]);
		assert_true(ip_parse("12.12.4.102", &p->address));
		for (int way = 0; way <= DIAGNOSIS_BACK; way++)
			set(p, (enum diagnosis_way)way, TRIES, TRIES);
		p->is_heard = p->is_heard_asking = true;
	}
	return w;
}

/* `expected`: "PEER:ID" of each, separated by blanks, in their order. */
static void finds(struct world *w, const char *expected)
{
	char found[512] = "";
	size_t count = diagnosis_make(&w->facts, w->findings);

	assert_true(count <= DIAGNOSIS_FINDINGS_MAX(w->facts.count));
	for (size_t i = 0; i < count; i++) {
		const struct diagnosis_finding *f = &w->findings[i];

		snprintf(found + strlen(found), sizeof(found) - strlen(found), "%s%s:%s",
			 i ? " " : "", f->peer == SIZE_MAX ? "" : w->peers[f->peer].name, f->id);
		assert_true(strlen(f->text) > 40);
		assert_true(strlen(f->text) < DIAGNOSIS_TEXT_MAX - 1);
	}
	assert_string_equal(found, expected);
}

static void nothing_is_wrong(void **state)
{
	struct world w;

	(void)state;
	finds(make(&w), "");
	make(&w)->facts.count = 0;
	finds(&w, "");
	/* Two answers that are lost are no finding. */
	make(&w);
	for (size_t i = 0; i < PEERS; i++)
		w.peers[i].ways[i].answered = 1;
	finds(&w, "");
	w.peers[1].ways[DIAGNOSIS_BACK].answered = 2;
	finds(&w, "gamma:loss");
	/* Nor is one that came twice by chance, as the stack had asked, too. */
	make(&w)->peers[0].ways[DIAGNOSIS_BROADCAST].doubled = 1;
	finds(&w, "");
}

static void what_was_not_asked_is_not_missing(void **state)
{
	struct world w;

	(void)state;
	make(&w);
	for (size_t i = 0; i < PEERS; i++)
		set(&w.peers[i], DIAGNOSIS_BACK, 0, 0); /* IPv6 alone */
	finds(&w, "");
	for (int way = 0; way < DIAGNOSIS_WAYS; way++)
		set(&w.peers[1], (enum diagnosis_way)way, 0, 0); /* no address to ask from */
	finds(&w, "");
	for (size_t i = 0; i < PEERS; i++)
		for (int way = 0; way < DIAGNOSIS_WAYS; way++)
			set(&w.peers[i], (enum diagnosis_way)way, 0, 0);
	finds(&w, ":not_asked");
}

static void one_peer(void **state)
{
	struct world w;

	(void)state;
	silence(&make(&w)->peers[1]);
	finds(&w, "gamma:peer_absent");
	w.peers[1].is_heard = true;
	finds(&w, "gamma:arp_filtered");
	w.peers[1].is_heard_asking = true;
	finds(&w, "gamma:peer_deaf");
	w.peers[1].has_other = true;
	finds(&w, "gamma:other_mac");
	make(&w)->peers[1].ways[DIAGNOSIS_BROADCAST].doubled = 2;
	finds(&w, "gamma:two_hosts");
	set(&make(&w)->peers[1], DIAGNOSIS_BROADCAST, TRIES, 0);
	finds(&w, "gamma:no_broadcast");
	set(&make(&w)->peers[1], DIAGNOSIS_FULL, TRIES, 0);
	finds(&w, "gamma:mtu");
	assert_non_null(strstr(w.findings[0].text, "1500"));
	set(&w.peers[1], DIAGNOSIS_DEDICATED, TRIES, 0);
	set(&w.peers[1], DIAGNOSIS_BACK, TRIES, 0);
	finds(&w, "gamma:no_unicast");
	w.facts.is_group = true;
	finds(&w, "gamma:snooping");
	make(&w)->peers[1].has_cluster = true;
	finds(&w, "gamma:other_file");
}

static void snooping(void **state)
{
	struct world w;

	(void)state;
	make(&w)->facts.is_group = true;
	for (size_t i = 0; i < PEERS; i++) {
		set(&w.peers[i], DIAGNOSIS_ND, TRIES, TRIES);
		set(&w.peers[i], DIAGNOSIS_SNOOPING, TRIES, TRIES);
	}
	finds(&w, "");
	set(&w.peers[2], DIAGNOSIS_SNOOPING, TRIES, 0);
	finds(&w, "delta:snooping");
	set(&w.peers[2], DIAGNOSIS_ND, TRIES, 0); /* it has IPv6 off */
	finds(&w, "");
}

static void nobody_answers(void **state)
{
	struct world w;

	(void)state;
	make(&w);
	for (size_t i = 0; i < PEERS; i++)
		silence(&w.peers[i]);
	finds(&w, ":nobody_answers");
	w.facts.outsiders_asked = 2;
	finds(&w, ":nobody_answers");
	w.facts.outsiders_answered = 1;
	finds(&w, ":isolated");
	w.peers[0].is_heard = true;
	finds(&w, ":arp_filtered");
	w.peers[0].is_heard_asking = true;
	finds(&w, ":not_sending");
	silence(&w.peers[0]);
	w.facts.outsiders_answered = 0;
	w.facts.heard = 0;
	finds(&w, ":nothing_heard");
	w.facts.can_send = false;
	finds(&w, ":nic");
}

static void own_frames(void **state)
{
	struct world w;

	(void)state;
	make(&w)->facts.twins = 3;
	finds(&w, ":twin");
	w.facts.loops = 3; /* then an echo tells nothing about a twin */
	finds(&w, ":loop");
}

/* Which nodes a frame for the cluster MAC reaches: a letter for self, beta, gamma, delta. */
static void reaches(struct world *w, const char *nodes)
{
	make(w);
	for (size_t i = 0; i < PEERS; i++) {
		if (nodes[i + 1] == '-')
			set(&w->peers[i], DIAGNOSIS_CLUSTER, TRIES, 0);
		if (nodes[0] == '-')
			set(&w->peers[i], DIAGNOSIS_BACK, TRIES, 0);
	}
}

static void the_cluster_mac(void **state)
{
	struct world w;

	(void)state;
	reaches(&w, "sb-d");
	finds(&w, "gamma:no_flood");
	reaches(&w, "-bgd");
	finds(&w, ":no_flood");
	assert_non_null(strstr(w.findings[0].text, "this node"));
	reaches(&w, "sb--");
	finds(&w, "gamma:no_flood delta:no_flood");
	reaches(&w, "-b--");
	finds(&w, ":cluster_mac_learnt");
	assert_non_null(strstr(w.findings[0].text, "reach beta:"));
	reaches(&w, "s---");
	finds(&w, ":cluster_mac_learnt");
	assert_non_null(strstr(w.findings[0].text, "reach this node alone:"));
	reaches(&w, "----");
	finds(&w, ":cluster_mac_learnt");
	assert_non_null(strstr(w.findings[0].text, "reach no node at all:"));
	/* A peer that is down, or cannot be reached at its dedicated MAC, says nothing about it. */
	reaches(&w, "s-gd");
	silence(&w.peers[0]);
	finds(&w, "beta:peer_absent");
}

static void every_finding_fits(void **state)
{
	struct world w;

	(void)state;
	make(&w);
	w.facts.loops = 1;
	for (size_t i = 0; i < PEERS; i++) {
		w.peers[i].has_cluster = true;
		w.peers[i].ways[DIAGNOSIS_BROADCAST].doubled = 3;
		set(&w.peers[i], DIAGNOSIS_FULL, TRIES, 0);
		set(&w.peers[i], DIAGNOSIS_CLUSTER, TRIES, i ? 0 : 3);
	}
	finds(&w, ":loop beta:two_hosts beta:mtu beta:other_file gamma:two_hosts gamma:mtu "
		  "gamma:other_file delta:two_hosts delta:mtu delta:other_file gamma:no_flood "
		  "delta:no_flood");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_wrong),
		cmocka_unit_test(what_was_not_asked_is_not_missing),
		cmocka_unit_test(one_peer),
		cmocka_unit_test(snooping),
		cmocka_unit_test(nobody_answers),
		cmocka_unit_test(own_frames),
		cmocka_unit_test(the_cluster_mac),
		cmocka_unit_test(every_finding_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
