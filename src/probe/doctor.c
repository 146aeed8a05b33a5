/* SPDX-License-Identifier: GPL-2.0-or-later */
/* doctor: asks the network what reaches whom; see doctor.h. */
#include "probe/doctor.h"

#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "probe/question.h"

#define WAIT_MS       200 /* for the answers to the last question of a round */
#define BATCH         16  /* peers asked at once */
#define BATCH_MS      10
#define OUTSIDERS_MAX 8

/* Rounds: DOCTOR_TRIES times each way, then the two others. */
#define ROUND_OUTSIDERS (DOCTOR_TRIES * DIAGNOSIS_WAYS)
#define ROUND_SELF      (ROUND_OUTSIDERS + 1)
#define ROUNDS          (ROUND_SELF + 1)

/* A peer in the present run. */
struct patient {
	unsigned answers;   /* in this round */
	uint64_t frames_in; /* its counter when the run began */
};

struct doctor {
	struct doctor_needs needs;
	struct loop_timer *timer;
	unsigned number; /* of the run; 0: none yet */
	bool is_running, is_whole;
	bool is_waiting; /* for the answers of this round */
	struct diagnosis_facts facts, previous;
	unsigned previous_number; /* 0: there is none */
	struct patient *patients;
	uint8_t *frame;       /* room for one of full MTU */
	struct ip_addr alias; /* of is_about_snooping() */
	unsigned round;
	size_t next; /* the peer to ask next */
	struct counters before;
	uint64_t echoes; /* when ROUND_SELF began */
	struct ip_addr outsiders[OUTSIDERS_MAX];
	bool is_answered[OUTSIDERS_MAX];
	unsigned outsider_count;
};

static struct counters counters(const struct doctor *d)
{
	struct counters c = { 0 };

	d->needs.collect(&c, d->needs.arg);
	return c;
}

static enum diagnosis_way way_of(unsigned round)
{
	return (enum diagnosis_way)(round % DIAGNOSIS_WAYS);
}

/* An answer to a dedicated MAC that is a group address would be lost as the question is: so these
 * two are asked from an address that no file lists, made from the wire source MAC, to which it
 * comes. */
static bool is_about_snooping(enum diagnosis_way way)
{
	return way == DIAGNOSIS_ND || way == DIAGNOSIS_SNOOPING;
}

/* --- outsiders --- */

static void add_outsider(struct doctor *d, const struct ip_addr *ip)
{
	if (d->outsider_count < OUTSIDERS_MAX && !peers_by_ip(d->needs.peers, ip).roles &&
	    peers_own_address_for(d->needs.peers, ip))
		d->outsiders[d->outsider_count++] = *ip;
}

static void find_outsiders(struct doctor *d)
{
	const struct mirror *mirror = d->needs.mirror(d->needs.arg);
	struct mirror_entry *entries = mirror_copy(mirror);
	size_t count = entries ? mirror_count(mirror) : 0;
	const struct config *config = peers_config(d->needs.peers);

	d->outsider_count = 0;
	memset(d->is_answered, 0, sizeof(d->is_answered));
	for (size_t i = 0; i < CONFIG_FAMILIES; i++)
		if (config->gateway[i].family)
			add_outsider(d, &config->gateway[i]);
	for (size_t i = 0; i < count; i++)
		if (entries[i].has_lladdr)
			add_outsider(d, &entries[i].dst);
	free(entries);
}

static void ask_outsiders(struct doctor *d)
{
	uint8_t frame[QUESTION_MAX];

	for (unsigned i = 0; i < d->outsider_count; i++)
		relay_inject(d->needs.relay, frame,
			     question_write_plain(frame, d->needs.peers, NULL, &d->outsiders[i]));
	d->facts.outsiders_asked = d->outsider_count;
}

static void note_outsider(struct doctor *d, const struct ip_addr *ip)
{
	for (unsigned i = 0; i < d->outsider_count; i++) {
		if (d->is_answered[i] || !ip_equal(&d->outsiders[i], ip))
			continue;
		d->is_answered[i] = true;
		d->facts.outsiders_answered++;
	}
}

/* --- this node's own address --- */

/* A probe (RFC 5227) for it with the NIC's own MAC, which nobody sends with otherwise. Another host
 * that runs as this node does not take it for an echo, and answers to that MAC: nobody but the
 * filters sees the answer, and counts it as an echo. */
static void ask_self(struct doctor *d)
{
	const struct config_addresses *own = &peers_self(d->needs.peers)->address;
	const struct netlink_link *nic = d->needs.nic(d->needs.arg);
	const struct ip_addr nobody = { .family = AF_INET };
	uint8_t frame[QUESTION_MAX];

	d->echoes = counters(d).drops[DROP_ECHO];
	for (size_t i = 0; nic && i < own->count; i++) {
		const struct question q = { .source = &nic->mac,
					    .lladdr = &nic->mac,
					    .sender = &nobody,
					    .target = &own->list[i].addr };

		if (q.target->family == AF_INET)
			relay_send(d->needs.relay, frame, question_write(frame, &q));
	}
}

/* --- peers --- */

static const struct mac *destination_of(const struct doctor *d, const struct peer *peer,
					enum diagnosis_way way)
{
	if (way == DIAGNOSIS_BROADCAST || way == DIAGNOSIS_ND)
		return NULL;
	if (way == DIAGNOSIS_CLUSTER)
		return &peers_config(d->needs.peers)->mac;
	return &peer->node->dedicated;
}

static void send_question(struct doctor *d, const struct peer *peer, const struct ip_addr *target,
			  enum diagnosis_way way)
{
	const struct config_node *self = peers_self(d->needs.peers);
	const struct ip_addr nobody = { .family = AF_INET };
	struct question q = {
		.destination = destination_of(d, peer, way),
		.source = &self->source,
		.lladdr = &self->dedicated,
		.sender = peers_own_address_for(d->needs.peers, target),
		.target = target,
	};
	size_t len;

	if (way == DIAGNOSIS_BACK) {
		q.lladdr = &peers_config(d->needs.peers)->mac;
		q.sender = &nobody;
	} else if (is_about_snooping(way)) {
		q.lladdr = &self->source;
		q.sender = &d->alias;
		q.is_direct = way == DIAGNOSIS_SNOOPING;
	}
	len = question_write(d->frame, &q);
	if (way == DIAGNOSIS_FULL && len < d->facts.mtu + FRAME_HEADER_LEN) {
		memset(d->frame + len, 0, d->facts.mtu + FRAME_HEADER_LEN - len);
		len = d->facts.mtu + FRAME_HEADER_LEN;
	}
	relay_send(d->needs.relay, d->frame, len);
}

/* What to ask for in this way; NULL: it is not asked. */
static const struct ip_addr *target_of(const struct doctor *d, const struct peer *peer,
				       enum diagnosis_way way)
{
	const struct ip_addr *target = question_target(d->needs.peers, peer);

	if (way == DIAGNOSIS_BACK && target && target->family != AF_INET)
		return NULL;
	if (!is_about_snooping(way))
		return target;
	return d->facts.is_group && question_may_ask(d->needs.peers, &peer->node->link_local)
		       ? &peer->node->link_local
		       : NULL;
}

static void ask_peer(struct doctor *d, size_t i, enum diagnosis_way way)
{
	const struct peer *peer = peers_get(d->needs.peers, i);
	const struct ip_addr *target = target_of(d, peer, way);

	d->patients[i].answers = 0;
	if (!target)
		return;
	if (way == DIAGNOSIS_DEDICATED)
		d->facts.peers[i].address = *target;
	d->facts.peers[i].ways[way].asked++;
	send_question(d, peer, target, way);
}

static void close_round(struct doctor *d)
{
	for (size_t i = 0; d->round < ROUND_OUTSIDERS && i < d->facts.count; i++) {
		struct diagnosis_way_facts *f = &d->facts.peers[i].ways[way_of(d->round)];

		f->answered += d->patients[i].answers > 0;
		f->doubled += d->patients[i].answers > 1;
	}
}

/* --- what is heard --- */

/* An answer to a question of this round? To the BACK ones it comes to the cluster MAC. */
static bool is_answer(const struct doctor *d, const struct rewrite_result *r)
{
	if (!r->keys.is_reply || d->round >= ROUND_OUTSIDERS)
		return false;
	if (way_of(d->round) == DIAGNOSIS_BACK)
		return r->keys.eth_dst & MAC_CLUSTER && ip_is_unspecified(&r->target_ip);
	if (is_about_snooping(way_of(d->round)))
		return ip_equal(&r->target_ip, &d->alias);
	return peers_by_ip(d->needs.peers, &r->target_ip).roles & IP_SELF;
}

/* Filters of ARP and neighbour solicitations let router solicitations pass: they do not count. They
 * are for a group. */
static bool asks_for_address(const struct rewrite_result *r)
{
	return !r->keys.is_reply && !ip_is_group(&r->target_ip);
}

static void note_peer(struct doctor *d, size_t i, const struct rewrite_result *r)
{
	struct diagnosis_peer *p = &d->facts.peers[i];

	if (asks_for_address(r) && r->verdict.drop == DROP_NONE)
		p->is_heard_asking = true;
	if (!is_answer(d, r))
		return;
	if (r->verdict.drop == DROP_SPOOFED) {
		p->other = r->sender_mac;
		p->has_other = true;
	}
	if (r->verdict.drop != DROP_NONE)
		return;
	d->patients[i].answers++;
	if (way_of(d->round) < DIAGNOSIS_BACK &&
	    mac_equal(&r->sender_mac, &peers_config(d->needs.peers)->mac))
		p->has_cluster = true;
}

void doctor_heard(struct doctor *d, const struct rewrite_result *r)
{
	const struct peer *peer;

	if (!d->is_running)
		return;
	peer = peers_by_ip(d->needs.peers, &r->sender_ip).peer;
	if (r->verdict.drop == DROP_ECHO)
		d->facts.loops +=
			!r->keys.is_reply && peers_by_ip(d->needs.peers, &r->target_ip).peer;
	else if (peer)
		note_peer(d, (size_t)(peer - peers_get(d->needs.peers, 0)), r);
	else if (r->keys.is_reply && r->verdict.drop == DROP_NONE)
		note_outsider(d, &r->sender_ip);
}

/* --- a run --- */

static void clear(struct doctor *d)
{
	free(d->facts.peers);
	free(d->patients);
	free(d->frame);
	d->facts = (struct diagnosis_facts){ 0 };
	d->patients = NULL;
	d->frame = NULL;
	d->is_whole = false;
}

static void end(struct doctor *d, bool is_whole)
{
	d->is_running = false;
	d->is_whole = is_whole;
	loop_timer_cancel(d->timer);
}

static bool can_send(const struct doctor *d)
{
	const struct netlink_link *nic = d->needs.nic(d->needs.arg);

	return nic && (nic->flags & IFF_RUNNING);
}

static void conclude(struct doctor *d)
{
	struct counters now = counters(d);

	d->facts.can_send &= can_send(d); /* all the while, as far as can be told */
	d->facts.heard = now.nic_frames_in - d->before.nic_frames_in;
	d->facts.twins = (unsigned)(now.drops[DROP_ECHO] - d->echoes);
	for (size_t i = 0; i < d->facts.count; i++) {
		struct peer *peer = peers_get(d->needs.peers, i);

		d->needs.count(peer, d->needs.arg);
		d->facts.peers[i].is_heard = peer->counters.frames_in != d->patients[i].frames_in;
	}
	end(d, true);
}

/* True: all that are asked in this round were asked. */
static bool ask_some(struct doctor *d)
{
	size_t end = d->next + BATCH < d->facts.count ? d->next + BATCH : d->facts.count;

	if (d->round == ROUND_OUTSIDERS) {
		ask_outsiders(d);
		return true;
	}
	if (d->round == ROUND_SELF) {
		ask_self(d);
		return true;
	}
	while (d->next < end)
		ask_peer(d, d->next++, way_of(d->round));
	return d->next == d->facts.count;
}

static void on_timer(void *arg)
{
	struct doctor *d = arg;

	if (d->is_waiting) {
		close_round(d);
		d->round++;
		d->next = 0;
	}
	if (d->round == ROUNDS) {
		conclude(d);
		return;
	}
	d->is_waiting = ask_some(d);
	loop_timer_set(d->timer, d->is_waiting ? WAIT_MS : BATCH_MS);
}

/* The MTU that frames of the host are to have; 0: there is no NIC. */
static unsigned mtu_of(const struct doctor *d)
{
	const struct netlink_link *nic = d->needs.nic(d->needs.arg);
	unsigned configured = peers_config(d->needs.peers)->mtu;

	if (!nic)
		return 0;
	return configured && configured < nic->mtu ? configured : nic->mtu;
}

/* The result of the run before stays: somebody may be about to ask for it. */
static void put_aside(struct doctor *d)
{
	if (!d->is_whole)
		return;
	free(d->previous.peers);
	d->previous = d->facts;
	d->previous_number = d->number;
	d->facts.peers = NULL;
}

static bool prepare(struct doctor *d)
{
	size_t count = peers_count(d->needs.peers);

	put_aside(d);
	clear(d);
	d->facts.can_send = can_send(d);
	d->facts.mtu = mtu_of(d);
	d->facts.is_group = mac_is_group(&peers_self(d->needs.peers)->dedicated);
	d->alias = ip_link_local_of(&peers_self(d->needs.peers)->source);
	d->facts.count = count;
	d->facts.peers = calloc(count + 1, sizeof(*d->facts.peers));
	d->patients = calloc(count + 1, sizeof(*d->patients));
	d->frame = malloc(d->facts.mtu + FRAME_HEADER_LEN + QUESTION_MAX);
	if (!d->facts.peers || !d->patients || !d->frame)
		return false;
	for (size_t i = 0; i < count; i++) {
		struct peer *peer = peers_get(d->needs.peers, i);

		d->needs.count(peer, d->needs.arg);
		d->patients[i].frames_in = peer->counters.frames_in;
		strcpy(d->facts.peers[i].name, peer->node->name);
	}
	return true;
}

unsigned doctor_start(struct doctor *d)
{
	if (d->is_running)
		return d->number;
	if (!prepare(d)) {
		clear(d);
		return 0;
	}
	if (!++d->number)
		d->number = 1;
	d->is_running = true;
	d->is_waiting = false;
	d->round = d->facts.can_send ? 0 : ROUNDS;
	d->next = 0;
	d->before = counters(d);
	d->echoes = d->before.drops[DROP_ECHO];
	find_outsiders(d);
	loop_timer_set(d->timer, 0);
	return d->number;
}

void doctor_stop(struct doctor *d)
{
	if (d->is_running)
		end(d, false);
}

bool doctor_is_running(const struct doctor *d)
{
	return d->is_running;
}

const struct diagnosis_facts *doctor_facts(const struct doctor *d, unsigned number)
{
	if (number && number == d->previous_number)
		return &d->previous;
	return number == d->number && d->is_whole ? &d->facts : NULL;
}

struct doctor *doctor_create(const struct doctor_needs *needs)
{
	struct doctor *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->needs = *needs;
	d->timer = loop_timer_add(needs->loop, on_timer, d);
	if (d->timer)
		return d;
	free(d);
	return NULL;
}

void doctor_destroy(struct doctor *d)
{
	if (!d)
		return;
	clear(d);
	free(d->previous.peers);
	loop_timer_free(d->timer);
	free(d);
}
