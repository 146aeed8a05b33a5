/* SPDX-License-Identifier: GPL-2.0-or-later */
/* adopt_later: what is on the NIC while the daemon runs; see adopt_later.h. */
#include "nic/adopt_later.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/log.h"
#include "io/netlink/netlink_save.h"
#include "nic/adopt_make.h"
#include "nic/adopt_rounds.h"

#define SETTLE_MS     500
#define SETTLE_MAX_MS 5000 /* even if changes go on */
#define IPV6_LOOK_MS  5000

#define PROBLEM_ADDRESS   "nic_address"
#define PROBLEM_REWRITTEN "nic_address_rewritten"
#define PROBLEM_IPV6      "nic_ipv6_left"

struct adopt_later {
	struct adopt_later_needs needs;
	const struct config *config;
	int nic; /* ifindex; 0: none */
	struct adopt_rounds *rounds;
	struct netlink_saved_list refused; /* cannot be moved, and that was logged */
	struct loop_timer *settle, *retry;
	uint64_t changed; /* the first change that adopt_later_run() has not seen; 0: none */
};

static void on_timer(void *arg)
{
	struct adopt_later *l = arg;

	l->needs.settled(l->needs.arg);
}

struct adopt_later *adopt_later_create(const struct adopt_later_needs *needs)
{
	struct adopt_later *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->needs = *needs;
	l->config = peers_config(needs->peers);
	l->rounds = adopt_rounds_create();
	l->settle = loop_timer_add(needs->loop, on_timer, l);
	l->retry = loop_timer_add(needs->loop, on_timer, l);
	if (l->rounds && l->settle && l->retry)
		return l;
	adopt_later_destroy(l);
	return NULL;
}

void adopt_later_destroy(struct adopt_later *l)
{
	if (!l)
		return;
	loop_timer_free(l->settle);
	loop_timer_free(l->retry);
	adopt_rounds_destroy(l->rounds);
	netlink_saved_clear(&l->refused);
	free(l);
}

/* --- problems --- */

struct survey {
	const struct adopt_later *later;
	size_t count;
	struct ip_prefix first;
};

static const char *describe_address(const struct ip_prefix *address, char text[ADOPT_DESCRIPTION])
{
	char number[PREFIX_STRLEN];

	snprintf(text, ADOPT_DESCRIPTION, "address %s", prefix_format(address, number));
	return text;
}

/* Addresses that do not work. Those that are left on the NIC have a problem of their own. */
static void survey_address(const struct ip_prefix *address, void *arg)
{
	struct survey *s = arg;
	char text[ADOPT_DESCRIPTION];

	if (ip_is_link_local(&address->addr) ||
	    (address->addr.family == AF_INET6 && adopt_has_left_ipv6(s->later->needs.adopt)) ||
	    adopt_rounds_is_left(s->later->rounds, describe_address(address, text)))
		return;
	if (!s->count++)
		s->first = *address;
}

static void check_addresses(struct adopt_later *l)
{
	const char *nic = l->config->interface;
	struct survey s = { .later = l };
	char text[PREFIX_STRLEN], more[64] = "";

	netlink_address_list(l->needs.netlink, l->nic, survey_address, &s);
	if (!s.count) {
		problems_clear(l->needs.problems, PROBLEM_ADDRESS);
		return;
	}
	prefix_format(&s.first, text);
	if (s.count > 1)
		snprintf(more, sizeof(more), ", and so for %zu more", s.count - 1);
	problems_set(l->needs.problems, PROBLEM_ADDRESS, PROBLEM_CRITICAL,
		     "%s has the address %s, which does not work, and cuts this host off where its "
		     "route comes before that of %s: ip addr del %s dev %s%s",
		     nic, text, l->config->tap, text, nic, more);
}

static void check_left(struct adopt_later *l)
{
	const char *first;
	size_t count = adopt_rounds_left(l->rounds, &first);
	char more[64] = "";

	if (!count) {
		problems_clear(l->needs.problems, PROBLEM_REWRITTEN);
		return;
	}
	if (count > 1)
		snprintf(more, sizeof(more), " (and %zu more)", count - 1);
	problems_set(
		l->needs.problems, PROBLEM_REWRITTEN, PROBLEM_WARNING,
		"another program adds the %s%s to %s again and again, so it is left there: have "
		"that program leave %s alone",
		first, more, l->config->interface, l->config->interface);
}

static void check_ipv6(struct adopt_later *l)
{
	const char *nic = l->config->interface, *tap = l->config->tap;

	if (!adopt_has_left_ipv6(l->needs.adopt))
		problems_clear(l->needs.problems, PROBLEM_IPV6);
	else
		problems_set(l->needs.problems, PROBLEM_IPV6, PROBLEM_WARNING,
			     "IPv6 is off on %s, so the IPv6 addresses of %s stay there and do not "
			     "work: set net.ipv6.conf.%s.disable_ipv6 to 0, or remove them",
			     tap, nic, tap);
}

static void check(struct adopt_later *l)
{
	check_ipv6(l);
	check_addresses(l);
	check_left(l);
}

/* --- events --- */

/* When what is left on the NIC may be tried again. The kernel does not tell when IPv6 is switched
 * on on the TAP. */
static void look_again(struct adopt_later *l)
{
	unsigned wait = adopt_rounds_wait(l->rounds, loop_now());

	if (adopt_has_left_ipv6(l->needs.adopt) && (!wait || wait > IPV6_LOOK_MS))
		wait = IPV6_LOOK_MS;
	if (wait)
		loop_timer_set(l->retry, wait);
}

void adopt_later_start(struct adopt_later *l, int nic)
{
	l->nic = nic;
	check(l);
	look_again(l);
}

void adopt_later_stop(struct adopt_later *l)
{
	l->nic = 0;
	l->changed = 0;
	loop_timer_cancel(l->settle);
	loop_timer_cancel(l->retry);
	adopt_rounds_asked(l->rounds, loop_now()); /* forget what was left */
	problems_clear(l->needs.problems, PROBLEM_ADDRESS);
	problems_clear(l->needs.problems, PROBLEM_REWRITTEN);
	problems_clear(l->needs.problems, PROBLEM_IPV6);
}

/* Run when nothing has changed for a while, but not too late. */
static void wait_until_settled(struct adopt_later *l)
{
	uint64_t now = loop_now(), latest;

	if (!l->changed)
		l->changed = now;
	latest = l->changed + SETTLE_MAX_MS;
	loop_timer_set(l->settle, now + SETTLE_MS < latest ? SETTLE_MS
				  : now < latest           ? (unsigned)(latest - now)
							   : 0);
}

void adopt_later_changed(struct adopt_later *l, const struct ip_prefix *added)
{
	char text[ADOPT_DESCRIPTION];

	if (!l->nic)
		return;
	if (!l->config->adopt) {
		check_addresses(l);
		return;
	}
	if (added)
		adopt_rounds_written(l->rounds, describe_address(added, text), loop_now());
	wait_until_settled(l);
}

bool adopt_later_is_due(const struct adopt_later *l)
{
	return l->changed;
}

/* --- moving --- */

static bool is_settled(const struct adopt_later *l, const struct netlink_saved_list *found)
{
	if (l->changed && loop_now() >= l->changed + SETTLE_MAX_MS)
		return true;
	for (size_t i = 0; i < found->count; i++)
		if (found->list[i].is_tentative)
			return false;
	return true;
}

/* A route that the kernel made stays with its address, and moves with it. */
static bool is_of_left(const struct adopt_later *l, const struct netlink_saved *route,
		       const struct netlink_saved_list *found)
{
	char text[ADOPT_DESCRIPTION];

	for (size_t i = 0; i < found->count; i++)
		if (netlink_saved_makes(&found->list[i], route) &&
		    adopt_rounds_is_left(l->rounds, adopt_describe(&found->list[i], text)))
			return true;
	return false;
}

/* May it move? What cannot move is passed on once, for the log line. */
static bool may_move(struct adopt_later *l, const struct netlink_saved *item, uint64_t now)
{
	char text[ADOPT_DESCRIPTION];
	const char *what = adopt_describe(item, text);
	enum adopt_rounds_answer answer;

	if (item->is_refused)
		return !netlink_saved_find_equal(&l->refused, item) &&
		       !netlink_saved_append(&l->refused, item);
	answer = adopt_rounds_ask(l->rounds, what, now);
	if (answer == ADOPT_ROUNDS_GIVE_UP)
		log_warning(
			"%s: another program adds its %s again and again: it is left there, and "
			"does not work there; have that program leave %s alone",
			l->config->interface, what, l->config->interface);
	return answer == ADOPT_ROUNDS_MOVE;
}

/* Into *out: what of `found` is to be moved now. -ENOMEM. */
static int choose(struct adopt_later *l, const struct netlink_saved_list *found,
		  struct netlink_saved_list *out)
{
	uint64_t now = loop_now();
	bool moves;
	int rc = 0;

	for (size_t i = 0; i < found->count && !rc; i++) { /* the addresses come first */
		const struct netlink_saved *item = &found->list[i];

		moves = netlink_saved_is_kernels(item) ? !is_of_left(l, item, found)
						       : may_move(l, item, now);
		rc = moves ? netlink_saved_append(out, item) : 0;
	}
	adopt_rounds_asked(l->rounds, now);
	return rc;
}

static bool has_address(const struct netlink_saved_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (!list->list[i].is_route)
			return true;
	return false;
}

static bool move(struct adopt_later *l, const struct netlink_saved_list *found, int tap)
{
	struct netlink_saved_list moving = { 0 };
	int rc = choose(l, found, &moving);
	bool has_moved = false;

	if (!rc && moving.count)
		has_moved = adopt_take_found(l->needs.adopt, &moving, l->nic, tap) &&
			    has_address(&moving);
	netlink_saved_clear(&moving);
	if (rc)
		log_error_errno(-rc, "%s: cannot move its addresses", l->config->interface);
	return has_moved;
}

bool adopt_later_run(struct adopt_later *l, int tap)
{
	struct netlink_saved_list found = { 0 };
	bool has_moved = false;
	int rc;

	if (!l->nic || !l->config->adopt)
		return false;
	rc = netlink_save(l->needs.netlink, l->nic, &found);
	if (!rc)
		adopt_leave_ipv6(l->needs.adopt, &found, tap);
	if (!rc && !is_settled(l, &found)) {
		wait_until_settled(l);
	} else {
		l->changed = 0;
		if (!rc)
			has_moved = move(l, &found, tap);
		else
			log_error_errno(-rc, "%s: cannot list its addresses", l->config->interface);
		check(l);
		look_again(l);
	}
	netlink_saved_clear(&found);
	return has_moved;
}
