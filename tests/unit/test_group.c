/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * group: the drivers of all nodes, with the daemons' own engine (core/shares.c) below each of them,
 * in a model of corosync: messages in agreed order, memberships that form after a silence of token
 * and consensus, or at once after an orderly stop; messages that only one side gets when the nodes
 * part; drivers, daemons, corosync and hosts that hang, die and come back, configurations that
 * differ, operators with wishes. After every millisecond: no bucket is taken by two nodes. When all
 * is well again: every bucket is taken, and all know the same order.
 *
 * Compiled with few buckets. GROUP_RUNS: the number of runs, from GROUP_FIRST on. GROUP_SEED: only
 * this one, with notes.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/shares/shares.h"
#include "corosync/group.h"

#define NODES     4
#define TOKEN     200u
#define CONSENSUS 240u
#define RUNS      25
#define FAULTS_MS 6000
#define CALM_MS   4000
#define EVENTS    8192
#define OUTBOX    512
#define TEXT_MAX  1024
#define GRACE     100000

static const char *const names[NODES] = { "alpha", "beta", "gamma", "delta" };
static const uint8_t file_weights[NODES] = { 1, 1, 1, 1 };

static uint64_t random_state;

static unsigned number(unsigned n)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(random_state >> 33) % n;
}

/* --- the model --- */

enum event_kind { EVENT_MESSAGE, EVENT_MEMBERS, EVENT_RING, EVENT_VIEW };

/* What a driver is told by corosync, in this sequence. */
struct event {
	enum event_kind kind;
	uint64_t due;
	size_t from;   /* of a message */
	char *text;    /* likewise */
	unsigned mask; /* of members or of the ring: a bit per node */
	unsigned view;
	bool is_merged;  /* of members */
	bool is_quorate; /* of the ring */
};

struct node {
	uint64_t offset; /* of its clock */
	/* The host, its corosync, its driver and its daemon: 0: runs; else until then it does not.
	 */
	uint64_t host_down, corosync_down, driver_down, daemon_away;
	uint64_t corosync_hangs, driver_hangs, daemon_hangs;
	struct group *group; /* NULL: the driver does not run */
	bool is_joined;
	struct shares *engine;
	struct event *inbox;
	size_t first, count;
	char *outbox[OUTBOX];
	size_t out_count;
	bool is_carrier_lost, is_cut, is_asking;
	bool has_refused; /* its daemon, the last order: until it takes one, or begins anew */
	int wish;
	char print;
	struct group_host host; /* as the driver was told last */
	/* On the way to the daemon: an order with its lease, and releases. */
	struct group_order order, applied;
	uint64_t lease_sent, set_due;
	unsigned ttl;
	uint64_t released[NODES];
};

struct model {
	uint64_t now;
	struct shares_table *table;
	struct node nodes[NODES];
	unsigned component[NODES]; /* nodes of the same one can hear each other */
	unsigned ring[NODES];      /* the mask of the ring that a node is in; 0: none */
	unsigned ring_id[NODES];   /* which of all the rings there have been */
	unsigned ring_count;
	uint64_t formed[NODES]; /* when the next ring of this node is formed; 0: none is due */
	uint64_t split_at;      /* soon the nodes part: what only one side gets */
	unsigned next_component[NODES];
	bool is_loud;
	bool serves_without_quorum;
	unsigned asking_told; /* releases that said that the node still asks */
};

static struct model m;

static uint64_t clock_of(size_t i)
{
	return m.now + m.nodes[i].offset;
}

static bool has_corosync(size_t i)
{
	return !m.nodes[i].host_down && !m.nodes[i].corosync_down;
}

static void push(size_t i, struct event e)
{
	struct node *n = &m.nodes[i];

	assert_true(n->count < EVENTS);
	n->inbox[(n->first + n->count++) % EVENTS] = e;
}

static void drop_inbox(size_t i)
{
	struct node *n = &m.nodes[i];

	for (; n->count; n->count--, n->first = (n->first + 1) % EVENTS)
		free(n->inbox[n->first].text);
	for (; n->out_count; n->out_count--)
		free(n->outbox[n->out_count - 1]);
}

static unsigned group_mask(unsigned ring)
{
	unsigned mask = 0;

	for (size_t i = 0; i < NODES; i++)
		if ((ring >> i & 1) && m.nodes[i].is_joined)
			mask |= 1u << i;
	return mask;
}

/* A message of node i to those of its ring that get it. */
static void spread(size_t i, const char *text)
{
	for (size_t k = 0; k < NODES; k++) {
		if (!(m.ring[i] >> k & 1) || !m.nodes[k].is_joined)
			continue;
		if (m.split_at && m.split_at - m.now <= 2 &&
		    m.next_component[k] != m.next_component[i])
			continue;
		push(k, (struct event){ .kind = EVENT_MESSAGE,
					.due = m.now + 1 + number(2),
					.from = i,
					.text = strdup(text) });
	}
}

static bool is_operational(size_t i)
{
	return m.ring[i] && !m.formed[i] && !m.nodes[i].corosync_hangs;
}

static bool on_send(const char *text, size_t len, void *arg)
{
	size_t i = (size_t)(uintptr_t)arg;
	struct node *n = &m.nodes[i];

	(void)len;
	if (!n->is_joined || n->out_count == OUTBOX)
		return false;
	if (is_operational(i))
		spread(i, text);
	else
		n->outbox[n->out_count++] = strdup(text);
	return true;
}

static void flush_outbox(size_t i)
{
	struct node *n = &m.nodes[i];

	for (size_t k = 0; k < n->out_count; k++) {
		spread(i, n->outbox[k]);
		free(n->outbox[k]);
	}
	n->out_count = 0;
}

/* With GROUP_SEED. */
__attribute__((format(printf, 1, 2))) static void tell(const char *format, ...)
{
	va_list args;

	if (!m.is_loud)
		return;
	va_start(args, format);
	printf("%6llu ", (unsigned long long)m.now);
	vprintf(format, args);
	putchar('\n');
	va_end(args);
}

/* --- the daemon --- */

static size_t index_of(const char *name)
{
	size_t i = 0;

	while (i < NODES && strcmp(names[i], name) != 0)
		i++;
	assert_true(i < NODES);
	return i;
}

static void on_set(const struct group_order *order, uint64_t sent, unsigned ttl, void *arg)
{
	struct node *n = &m.nodes[(uintptr_t)arg];

	n->order = *order;
	n->lease_sent = sent;
	n->ttl = ttl;
	if (!n->set_due)
		n->set_due = m.now + number(3);
}

static void on_released(const char *node, uint64_t epoch, bool is_asking, void *arg)
{
	m.asking_told += is_asking;
	m.nodes[(uintptr_t)arg].released[index_of(node)] = epoch;
}

static void on_note(bool is_warning, const char *text, void *arg)
{
	tell("%s%s: %s", is_warning ? "! " : "", names[(uintptr_t)arg], text);
}

static void daemon_set(size_t i)
{
	struct node *n = &m.nodes[i];
	enum shares_presence presence[NODES] = { 0 };
	uint8_t weights[NODES] = { 0 };
	struct shares_order order = { n->order.epoch, presence, weights, n->lease_sent + n->ttl };
	bool has_node = false;

	n->set_due = 0;
	for (size_t k = 0; k < n->order.count; k++) {
		const struct group_share *s = &n->order.shares[k];
		size_t node = index_of(s->name);

		has_node |= s->weight >= 0;
		presence[node] = s->weight >= 0            ? SHARES_PRESENT
				 : s->weight == GROUP_DEAD ? SHARES_DEAD
							   : SHARES_LEFT;
		weights[node] = s->weight > 0 ? (uint8_t)s->weight : 0;
	}
	/* Without any node it is no order: shares/share_order.c. */
	n->has_refused = !has_node || shares_set(n->engine, &order, clock_of(i));
	if (!n->has_refused)
		n->applied = n->order;
}

static void daemon_step(size_t i)
{
	struct node *n = &m.nodes[i];

	if (n->host_down || n->daemon_away > m.now || n->daemon_hangs > m.now)
		return;
	if (n->set_due && n->set_due <= m.now)
		daemon_set(i);
	for (size_t k = 0; k < NODES; k++)
		if (n->released[k] && !n->set_due) {
			shares_released(n->engine, k, n->released[k]);
			n->released[k] = 0;
		}
}

/* --- the driver --- */

static void fill_host(size_t i, struct group_host *h)
{
	struct node *n = &m.nodes[i];

	memset(h, 0, sizeof(*h));
	h->health = GROUP_USABLE;
	if (n->is_carrier_lost)
		h->health = GROUP_OUT;
	if (n->daemon_away > m.now || n->daemon_hangs > m.now || n->has_refused)
		h->health = GROUP_AWAY;
	strcpy(h->name, names[i]);
	h->print[0] = n->print;
	/* The other configuration does not know the last node. */
	h->count = n->print == 'b' && i != NODES - 1 ? NODES - 1 : NODES;
	for (size_t k = 0; k < h->count; k++) {
		strcpy(h->nodes[k].name, names[k]);
		h->nodes[k].weight = file_weights[k];
	}
	h->wish = n->wish;
	h->is_cut = n->is_cut;
	h->is_asking = n->is_asking;
	h->order = n->applied;
}

static void driver_tell_host(size_t i)
{
	struct node *n = &m.nodes[i];
	struct group_host h;

	fill_host(i, &h);
	if (!memcmp(&h, &n->host, sizeof(h)))
		return;
	n->host = h;
	group_host(n->group, &h, clock_of(i));
}

static void list_mask(unsigned mask, uint32_t nodes[NODES], size_t *count)
{
	*count = 0;
	for (uint32_t i = 0; i < NODES; i++)
		if (mask >> i & 1)
			nodes[(*count)++] = i + 1;
}

static void driver_event(size_t i, struct event *e)
{
	struct group *g = m.nodes[i].group;
	uint32_t nodes[NODES];
	size_t count;

	list_mask(e->mask, nodes, &count);
	if (e->kind == EVENT_MESSAGE)
		group_message(g, (uint32_t)e->from + 1, e->text, strlen(e->text), clock_of(i));
	else if (e->kind == EVENT_MEMBERS)
		group_members(g, nodes, count, e->is_merged, clock_of(i));
	else if (e->kind == EVENT_RING)
		group_ring(g, e->is_quorate, nodes, count, clock_of(i));
	else {
		group_ring(g, false, NULL, 0, clock_of(i));
		group_view(g, e->view);
	}
	free(e->text);
}

static void push_view(size_t i, unsigned ring, bool is_merged)
{
	if (m.nodes[i].is_joined)
		push(i, (struct event){ .kind = EVENT_MEMBERS,
					.due = m.now,
					.mask = group_mask(ring),
					.is_merged = is_merged });
}

static void push_views(unsigned ring)
{
	for (size_t i = 0; i < NODES; i++)
		if (ring >> i & 1)
			push_view(i, ring, false);
}

static bool is_quorate(unsigned ring)
{
	return 2 * __builtin_popcount(ring) > NODES;
}

static void driver_join(size_t i)
{
	struct node *n = &m.nodes[i];

	if (n->is_joined || !n->group || !is_operational(i))
		return;
	n->is_joined = true;
	group_joined(n->group, (uint32_t)i + 1, clock_of(i));
	group_view(n->group, m.ring_id[i]);
	push(i, (struct event){ .kind = EVENT_RING,
				.due = m.now,
				.mask = m.ring[i],
				.is_quorate = is_quorate(m.ring[i]) });
	push_views(m.ring[i]);
}

static void driver_leave(size_t i)
{
	struct node *n = &m.nodes[i];

	if (!n->is_joined)
		return;
	n->is_joined = false;
	drop_inbox(i);
	if (is_operational(i))
		push_views(m.ring[i]);
}

static void driver_start(size_t i)
{
	struct node *n = &m.nodes[i];
	void *arg = (void *)(uintptr_t)i;

	n->group =
		group_create(&(struct group_handlers){ on_send, on_set, on_released, on_note, arg },
			     m.serves_without_quorum);
	assert_non_null(n->group);
	group_set_timing(n->group, TOKEN, CONSENSUS);
	memset(&n->host, 0, sizeof(n->host));
}

static void driver_end(size_t i)
{
	struct node *n = &m.nodes[i];

	driver_leave(i);
	group_destroy(n->group);
	n->group = NULL;
}

static void driver_step(size_t i)
{
	struct node *n = &m.nodes[i];

	if (n->host_down || n->driver_hangs > m.now)
		return;
	if (!n->group && n->driver_down <= m.now)
		driver_start(i);
	if (!n->group)
		return;
	driver_join(i);
	driver_tell_host(i);
	while (n->count && n->inbox[n->first].due <= m.now && !n->corosync_hangs) {
		struct event e = n->inbox[n->first];

		n->first = (n->first + 1) % EVENTS;
		n->count--;
		driver_event(i, &e);
	}
	if (group_deadline(n->group) <= clock_of(i))
		group_timer(n->group, clock_of(i));
}

/* --- corosync --- */

/* The nodes that node i would form a ring with now. */
static unsigned reachable(size_t i)
{
	unsigned mask = 0;

	for (size_t k = 0; k < NODES; k++)
		if (has_corosync(k) && !m.nodes[k].corosync_hangs &&
		    m.component[k] == m.component[i])
			mask |= 1u << k;
	return has_corosync(i) ? mask : 0;
}

/* Is it in one ring with all nodes that it can hear, and with no other, and none of them is about
 * to form another one? */
static bool is_settled(size_t i)
{
	unsigned mask = reachable(i);

	for (size_t k = 0; k < NODES; k++)
		if ((mask >> k & 1) &&
		    (m.ring_id[k] != m.ring_id[i] || m.ring[k] != mask || m.formed[k]))
			return false;
	return true;
}

/* Nodes whose ring is not what it could be form another one, after a silence or soon. */
static void reform(bool is_orderly)
{
	for (size_t i = 0; i < NODES; i++) {
		unsigned mask = reachable(i);

		if (m.nodes[i].corosync_hangs || !has_corosync(i) || is_settled(i))
			continue;
		/* One that has become silent is missed only after token and consensus. */
		if (!m.formed[i])
			m.formed[i] = m.now + ((m.ring[i] & ~mask) && !is_orderly
						       ? TOKEN + CONSENSUS + number(TOKEN / 10)
						       : 5 + number(20));
	}
}

/* Do nodes come together that were not in one ring? */
static bool is_merge(size_t i, unsigned mask)
{
	for (size_t k = 0; k < NODES; k++)
		if ((mask >> k & 1) && m.ring_id[k] != m.ring_id[i])
			return true;
	return false;
}

static void form_for(size_t i, unsigned mask)
{
	m.formed[i] = 0;
	if (!m.nodes[i].is_joined)
		return;
	push(i, (struct event){ .kind = EVENT_VIEW, .due = m.now, .view = m.ring_count });
	push_view(i, mask, is_merge(i, mask));
	push(i, (struct event){ .kind = EVENT_RING,
				.due = m.now,
				.mask = mask,
				.is_quorate = is_quorate(mask) });
}

static void form(unsigned mask)
{
	tell("--- ring %x", mask);
	m.ring_count++;
	for (size_t i = 0; i < NODES; i++)
		if (mask >> i & 1)
			form_for(i, mask);
	for (size_t i = 0; i < NODES; i++)
		if (mask >> i & 1) {
			m.ring[i] = mask;
			m.ring_id[i] = m.ring_count;
		}
	for (size_t i = 0; i < NODES; i++)
		if (mask >> i & 1)
			flush_outbox(i);
}

static void corosync_step(void)
{
	if (m.split_at && m.split_at <= m.now) {
		memcpy(m.component, m.next_component, sizeof(m.component));
		tell("--- split %u %u %u %u", m.component[0], m.component[1], m.component[2],
		     m.component[3]);
		m.split_at = 0;
		reform(false);
	}
	for (size_t i = 0; i < NODES; i++) {
		struct node *n = &m.nodes[i];

		if (n->corosync_hangs && n->corosync_hangs <= m.now) {
			n->corosync_hangs = 0;
			/* The token was waiting for it: what was queued goes out on the old ring,
			 * where nobody else hears it. */
			if (number(2) && n->is_joined) {
				m.ring[i] = 1u << i;
				flush_outbox(i); /* to itself */
				m.formed[i] = m.now + TOKEN + CONSENSUS;
			}
			reform(false);
		}
		if (m.formed[i] && m.formed[i] <= m.now && !n->corosync_hangs) {
			form(reachable(i));
			reform(false);
		}
	}
}

static void corosync_stop(size_t i, bool is_orderly, unsigned ms)
{
	struct node *n = &m.nodes[i];

	n->corosync_down = m.now + ms;
	n->corosync_hangs = 0;
	if (n->is_joined && n->group)
		group_lost(n->group);
	n->is_joined = false;
	drop_inbox(i);
	m.ring[i] = 0;
	m.formed[i] = 0;
	reform(is_orderly);
}

/* --- hosts --- */

static void host_boot(size_t i)
{
	struct node *n = &m.nodes[i];

	n->engine = shares_create(m.table, NODES, i, GRACE);
	assert_non_null(n->engine);
	memset(&n->applied, 0, sizeof(n->applied));
	memset(n->released, 0, sizeof(n->released));
	n->set_due = 0;
	n->has_refused = false;
}

static void host_crash(size_t i, unsigned ms)
{
	struct node *n = &m.nodes[i];

	n->host_down = m.now + ms;
	driver_end(i);
	shares_destroy(n->engine);
	n->engine = NULL;
	corosync_stop(i, false, 0);
	n->corosync_down = 0;
	n->driver_down = n->driver_hangs = n->daemon_away = n->daemon_hangs = 0;
}

/* A daemon that stops in an orderly way forgets: it holds nothing afterwards. */
static void daemon_forget(size_t i)
{
	shares_destroy(m.nodes[i].engine);
	host_boot(i);
	m.nodes[i].daemon_away = m.now + number(300);
}

static void wake(void)
{
	for (size_t i = 0; i < NODES; i++) {
		struct node *n = &m.nodes[i];

		if (n->host_down && n->host_down <= m.now) {
			n->host_down = 0;
			host_boot(i);
			reform(true);
		}
		if (n->corosync_down && n->corosync_down <= m.now) {
			n->corosync_down = 0;
			reform(true);
		}
	}
}

/* --- faults --- */

static void part(void)
{
	for (size_t i = 0; i < NODES; i++)
		m.next_component[i] = number(3) ? 0 : number(3);
	m.split_at = m.now + 3;
}

static unsigned some_time(void)
{
	return number(2) ? number(TOKEN) : number(5 * TOKEN);
}

/* What happens to all nodes at once, as on one hypervisor or by one hand. */
static void fault_of_all(void)
{
	unsigned kind = number(3), time = some_time() + number(5 * TOKEN);

	tell("--- fault %u of all", kind);
	for (size_t i = 0; i < NODES; i++) {
		struct node *n = &m.nodes[i];

		if (n->host_down)
			continue;
		if (kind == 0 && n->group)
			driver_end(i);
		else if (kind == 1)
			n->daemon_hangs = m.now + time + number(5);
		else if (kind == 2) {
			n->daemon_away = m.now + time + number(5);
			n->has_refused = false;
		}
	}
}

static void fault(void)
{
	size_t i = number(NODES);
	struct node *n = &m.nodes[i];
	unsigned kind = number(14);

	if (n->host_down)
		return;
	tell("--- fault %u of %s", kind, names[i]);
	switch (kind) {
	case 0:
		host_crash(i, 100 + some_time());
		break;
	case 1:
		corosync_stop(i, number(2), 10 + some_time());
		break;
	case 2:
		if (has_corosync(i) && !n->corosync_hangs) {
			n->corosync_hangs = m.now + some_time() + 1;
			reform(false);
		}
		break;
	case 3:
		if (n->group)
			driver_end(i);
		n->driver_down = m.now + some_time();
		break;
	case 4:
		n->driver_hangs = m.now + some_time();
		break;
	case 5:
		n->daemon_away = m.now + some_time();
		n->has_refused = false;
		break;
	case 6:
		n->daemon_hangs = m.now + some_time();
		break;
	case 7:
		daemon_forget(i);
		break;
	case 8:
		n->is_carrier_lost = !n->is_carrier_lost;
		break;
	case 9:
		n->wish = (int)number(4) - 1;
		break;
	case 10:
		n->print = "ab"[number(2)];
		break;
	case 11:
		if (!number(4))
			fault_of_all();
		break;
	default:
		if (!m.split_at)
			part();
	}
}

/* At the end of some runs all nodes but the last have got the configuration without it; it has not
 * heard of that. */
static bool is_last_removed(uint64_t seed)
{
	return seed % 4 == 0;
}

static void end_faults(uint64_t seed)
{
	memset(m.next_component, 0, sizeof(m.next_component));
	m.split_at = m.now + 3;
	for (size_t i = 0; i < NODES; i++) {
		struct node *n = &m.nodes[i];

		n->is_carrier_lost = false;
		n->wish = -1;
		n->print = is_last_removed(seed) && i != NODES - 1 ? 'b' : 'a';
	}
}

/* --- what must hold --- */

static unsigned takers(size_t bucket)
{
	uint8_t decisions[SHARES_BUCKETS];
	unsigned count = 0;

	for (size_t i = 0; i < NODES; i++) {
		const struct node *n = &m.nodes[i];

		if (!n->engine || !shares_epoch(n->engine) ||
		    clock_of(i) >= shares_lease(n->engine))
			continue;
		shares_decide(n->engine, clock_of(i), decisions);
		count += !!(decisions[bucket] & SHARES_TAKES);
	}
	return count;
}

static void check_owners(uint64_t seed)
{
	static uint8_t decisions[SHARES_BUCKETS];
	int owner[SHARES_BUCKETS];

	memset(owner, -1, sizeof(owner));
	for (size_t i = 0; i < NODES; i++) {
		const struct node *n = &m.nodes[i];

		if (!n->engine || !shares_epoch(n->engine) ||
		    clock_of(i) >= shares_lease(n->engine))
			continue;
		shares_decide(n->engine, clock_of(i), decisions);
		for (size_t b = 0; b < SHARES_BUCKETS; b++) {
			if (!(decisions[b] & SHARES_TAKES))
				continue;
			if (owner[b] >= 0)
				fail_msg("seed %llu, %llu ms: bucket %zu is taken by %s and %s",
					 (unsigned long long)seed, (unsigned long long)m.now, b,
					 names[owner[b]], names[i]);
			owner[b] = (int)i;
		}
	}
}

static void check_end(uint64_t seed)
{
	for (size_t b = 0; b < SHARES_BUCKETS; b++)
		if (takers(b) != 1)
			fail_msg("seed %llu: at the end bucket %zu has %u owners",
				 (unsigned long long)seed, b, takers(b));
	for (size_t i = 1; i < (is_last_removed(seed) ? NODES - 1 : NODES); i++)
		assert_int_equal(shares_epoch(m.nodes[i].engine), shares_epoch(m.nodes[0].engine));
}

/* --- a run --- */

static void begin(uint64_t seed, bool is_loud)
{
	random_state = seed;
	memset(&m, 0, sizeof(m));
	m.is_loud = is_loud;
	m.now = 100000;
	m.table = shares_table_create(names, file_weights, NODES);
	assert_non_null(m.table);
	for (size_t i = 0; i < NODES; i++) {
		m.nodes[i].offset = number(1000000);
		m.nodes[i].wish = -1;
		m.nodes[i].print = 'a';
		m.nodes[i].inbox = calloc(EVENTS, sizeof(struct event));
		assert_non_null(m.nodes[i].inbox);
		host_boot(i);
	}
	reform(true);
}

static void end(void)
{
	for (size_t i = 0; i < NODES; i++) {
		driver_end(i);
		drop_inbox(i);
		free(m.nodes[i].inbox);
		shares_destroy(m.nodes[i].engine);
	}
	shares_table_destroy(m.table);
}

static void step(void)
{
	m.now++;
	wake();
	corosync_step();
	for (size_t k = 0, i = number(NODES); k < NODES; k++, i = (i + 1) % NODES) {
		driver_step(i);
		daemon_step(i);
	}
}

static void run(uint64_t seed, bool is_loud)
{
	uint64_t stop, next;

	begin(seed, is_loud);
	stop = m.now + FAULTS_MS;
	next = m.now + number(1500);
	while (m.now < stop) {
		step();
		check_owners(seed);
		if (m.now >= next) {
			fault();
			next = m.now + (number(3) ? number(3 * TOKEN) : number(20));
		}
	}
	end_faults(seed);
	for (stop = m.now + CALM_MS; m.now < stop;) {
		step();
		check_owners(seed);
	}
	check_end(seed);
	end();
}

static void test_model(void **state)
{
	const char *runs = getenv("GROUP_RUNS"), *seed = getenv("GROUP_SEED");
	const char *first = getenv("GROUP_FIRST");
	uint64_t count = runs ? strtoull(runs, NULL, 10) : RUNS;
	uint64_t start = first ? strtoull(first, NULL, 10) : 1;

	(void)state;
	if (seed) {
		run(strtoull(seed, NULL, 10), true);
		return;
	}
	for (uint64_t i = 0; i < count; i++)
		run(start + i, false);
}

/* --- single rules --- */

static void steps(unsigned ms)
{
	while (ms--)
		step();
}

/* All nodes are apart from each other, for longer than their leases: how many take each bucket? */
static void expect_apart(bool serves_without_quorum, unsigned count)
{
	begin(1, false);
	m.serves_without_quorum = serves_without_quorum;
	steps(1000);
	for (size_t b = 0; b < SHARES_BUCKETS; b++)
		assert_int_equal(takers(b), 1);
	for (unsigned i = 0; i < NODES; i++)
		m.next_component[i] = i;
	m.split_at = m.now + 3;
	steps(5 * TOKEN);
	for (size_t b = 0; b < SHARES_BUCKETS; b++)
		assert_int_equal(takers(b), count);
	end();
}

/* no_quorum = stop: nobody; serve: each of them. */
static void test_no_quorum(void **state)
{
	(void)state;
	expect_apart(false, 0);
	expect_apart(true, NODES);
}

/* Without carrier a node keeps its connections, and has no share; when that has gone on for long,
 * it is dead for the others. */
static void test_cut(void **state)
{
	(void)state;
	begin(1, false);
	steps(1000);
	m.nodes[0].is_carrier_lost = true;
	steps(100);
	assert_int_equal(shares_presence(m.nodes[1].engine, 0), SHARES_PRESENT);
	assert_int_equal(shares_weight(m.nodes[1].engine, 0), 0);
	m.nodes[0].is_cut = true;
	steps(100);
	assert_int_equal(shares_presence(m.nodes[1].engine, 0), SHARES_DEAD);
	m.nodes[0].is_carrier_lost = m.nodes[0].is_cut = false;
	steps(100);
	assert_int_equal(shares_weight(m.nodes[1].engine, 0), 1);
	end();
}

/* The others' daemons are told that a node still serves connections of buckets that it has given
 * up, at once, and each minute. */
static void test_asking(void **state)
{
	(void)state;
	begin(1, false);
	steps(1000);
	assert_int_equal(m.asking_told, 0);
	m.nodes[0].is_asking = true;
	steps(100);
	assert_int_equal(m.asking_told, NODES - 1);
	steps(59 * 1000);
	assert_int_equal(m.asking_told, NODES - 1);
	steps(2 * 1000);
	assert_int_equal(m.asking_told, 2 * (NODES - 1));
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_model),
		cmocka_unit_test(test_no_quorum),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_asking),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
