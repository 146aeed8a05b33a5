/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * adopt: addresses and routes moved to the TAP and back; see adopt.h.
 *
 * Order: first it is all made at the new place, then removed from the old one, so that
 * there is always an address to send from and a route to send by: the new routes stand
 * behind the old ones and take over when those go. Addresses come before the routes that
 * use them as source, and routes to a gateway after the one that the gateway is reached
 * by, for which the list is gone through until nothing more can be made.
 */
#include "adopt.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "io/netlink_save.h"
#include "log.h"
#include "record.h"

struct adopt {
	const struct peers *peers;
	const struct config *config;
	struct netlink *netlink;
	char *path;
	struct netlink_saved_list moved;
	bool is_back; /* given back: not ours any more */
};

struct adopt *adopt_create(const struct peers *peers, struct netlink *netlink, const char *socket)
{
	struct adopt *a = calloc(1, sizeof(*a));
	int rc;

	if (!a)
		return NULL;
	a->peers = peers;
	a->config = peers_config(peers);
	a->netlink = netlink;
	a->path = record_adopted_path(socket, a->config->interface);
	if (!a->path) {
		adopt_destroy(a);
		return NULL;
	}
	rc = record_read_adopted(a->path, &a->moved);
	if (rc && rc != -ENOENT)
		log_error_errno(-rc, "cannot read %s: what an earlier run moved from %s is lost",
				a->path, a->config->interface);
	return a;
}

void adopt_destroy(struct adopt *a)
{
	if (!a)
		return;
	netlink_saved_clear(&a->moved);
	free(a->path);
	free(a);
}

#define DESCRIPTION (PREFIX_STRLEN + 10)

/* "address 192.0.2.1/24", "route to …", "default route" into `text`. */
static const char *describe(const struct netlink_saved *item, char text[DESCRIPTION])
{
	struct ip_prefix prefix;
	char number[PREFIX_STRLEN] = "?";
	bool known = netlink_saved_prefix(item, &prefix);

	if (known)
		prefix_format(&prefix, number);
	if (item->is_route && known && prefix.len == 0)
		snprintf(text, DESCRIPTION, "default route");
	else
		snprintf(text, DESCRIPTION, "%s %s", item->is_route ? "route to" : "address",
			 number);
	return text;
}

static void complain(const struct netlink_saved *item, const char *link, int rc)
{
	char text[DESCRIPTION];

	log_warning_errno(-rc, "%s: cannot have the %s", link, describe(item, text));
}

/* An address that the TAP has by the configuration. */
static bool is_configured(const struct adopt *a, const struct netlink_saved *item)
{
	struct ip_prefix prefix;

	return !item->is_route && netlink_saved_prefix(item, &prefix) &&
	       (peers_by_ip(a->peers, &prefix.addr).roles & (IP_SELF | IP_CLUSTER));
}

/* --- making a whole list --- */

static bool is_made(int rc)
{
	return !rc || rc == -EEXIST || rc == -ETIME;
}

/* What of `list` is not yet `made` is tried; the number that is made now. */
static size_t make_some(struct adopt *a, const struct netlink_saved_list *list, int ifindex,
			bool is_home, int *results)
{
	size_t made = 0;

	for (size_t i = 0; i < list->count; i++) {
		if (is_made(results[i]))
			continue;
		results[i] = netlink_saved_add(a->netlink, &list->list[i], ifindex, is_home);
		made += is_made(results[i]);
	}
	return made;
}

/* Make all of the list on a link. results[i]: 0 or negative errno. */
static void make_all(struct adopt *a, const struct netlink_saved_list *list, int ifindex,
		     bool is_home, const char *link, int *results)
{
	for (size_t i = 0; i < list->count; i++)
		results[i] = !is_home && is_configured(a, &list->list[i]) ? 0 : -EAGAIN;
	while (make_some(a, list, ifindex, is_home, results))
		;
	for (size_t i = 0; i < list->count; i++)
		if (!is_made(results[i]))
			complain(&list->list[i], link, results[i]);
}

/* --- to the TAP --- */

static bool has(const struct netlink_saved_list *list, const struct netlink_saved *item)
{
	for (size_t i = 0; i < list->count; i++)
		if (netlink_saved_equal(&list->list[i], item))
			return true;
	return false;
}

/* An address that only this node knows of works for outsiders alone. Of the routes that the
 * kernel makes with an address there is nothing to tell. */
static void tell(const struct adopt *a, const struct netlink_saved *item)
{
	char text[DESCRIPTION];

	if (netlink_saved_is_kernels(item))
		return;
	log_notice("%s: its %s moves to %s%s", a->config->interface, describe(item, text),
		   a->config->tap,
		   item->is_route || is_configured(a, item)
			   ? ""
			   : "; other nodes do not know of it, as it is not in the configuration");
}

/* What is on the NIC joins what was moved before. -ENOMEM. */
static int note(struct adopt *a, const struct netlink_saved_list *found)
{
	int rc = 0;

	for (size_t i = 0; i < found->count && !rc; i++) {
		if (has(&a->moved, &found->list[i]))
			continue;
		rc = netlink_saved_append(&a->moved, &found->list[i]);
		if (!rc)
			tell(a, &found->list[i]);
	}
	return rc;
}

/* The reverse of make_all(), of what has come to be on the TAP. Routes first: else those by
 * way of an address go with it, and cannot be told from what fails. */
static void remove_made(struct adopt *a, const struct netlink_saved_list *found, int nic,
			const int *results)
{
	size_t i;
	int rc;

	for (i = found->count; i-- > 0;) {
		if (!is_made(results[i]))
			continue;
		rc = netlink_saved_remove(a->netlink, &found->list[i], nic);
		if (rc && rc != -ESRCH && rc != -ENOENT && rc != -EADDRNOTAVAIL)
			complain(&found->list[i], a->config->interface, rc);
	}
}

static void move_to_tap(struct adopt *a, const struct netlink_saved_list *found, int nic, int tap)
{
	int *results = calloc(found->count + 1, sizeof(*results));
	int rc = results ? note(a, found) : -ENOMEM;

	if (!rc)
		rc = record_write_adopted(a->path, &a->moved);
	if (rc) {
		log_error_errno(-rc, "%s: cannot write down what it has (%s): it stays there",
				a->config->interface, a->path);
	} else {
		make_all(a, found, tap, false, a->config->tap, results);
		remove_made(a, found, nic, results);
	}
	free(results);
}

void adopt_take(struct adopt *a, int nic, int tap)
{
	struct netlink_saved_list found = { 0 };
	int rc;

	if (!a->config->adopt) {
		adopt_give_back(a, nic);
		netlink_saved_clear(&a->moved);
		return;
	}
	adopt_apply(a, tap);
	rc = netlink_save(a->netlink, nic, &found);
	if (rc)
		log_error_errno(-rc, "%s: cannot look at its addresses and routes",
				a->config->interface);
	else if (found.count)
		move_to_tap(a, &found, nic, tap);
	netlink_saved_clear(&found);
}

void adopt_apply(struct adopt *a, int tap)
{
	int *results = calloc(a->moved.count + 1, sizeof(*results));

	if (results && a->config->adopt)
		make_all(a, &a->moved, tap, false, a->config->tap, results);
	free(results);
}

/* --- back --- */

/* Routes that the kernel made with the addresses, and that were not there. */
static void remove_extra(struct adopt *a, int nic, const struct netlink_saved_list *before)
{
	struct netlink_saved_list now = { 0 };

	if (netlink_save(a->netlink, nic, &now))
		return;
	for (size_t i = 0; i < now.count; i++)
		if (netlink_saved_is_kernels(&now.list[i]) && !has(before, &now.list[i]) &&
		    !has(&a->moved, &now.list[i]))
			netlink_saved_remove(a->netlink, &now.list[i], nic);
	netlink_saved_clear(&now);
}

bool adopt_give_back(struct adopt *a, int nic)
{
	struct netlink_saved_list before = { 0 };
	int *results = calloc(a->moved.count + 1, sizeof(*results));
	int rc = results ? 0 : -ENOMEM;

	if (!a->moved.count || a->is_back) {
		free(results);
		return false;
	}
	log_notice("%s: gets its addresses and routes back", a->config->interface);
	if (!rc)
		rc = netlink_save(a->netlink, nic, &before);
	if (!rc) {
		make_all(a, &a->moved, nic, true, a->config->interface, results);
		remove_extra(a, nic, &before);
		record_remove(a->path);
		a->is_back = true;
	} else {
		log_error_errno(-rc, "%s: cannot give them back; %s has them", a->config->interface,
				a->path);
	}
	netlink_saved_clear(&before);
	free(results);
	return a->is_back;
}

void adopt_drop(struct adopt *a)
{
	char text[DESCRIPTION];

	for (size_t i = 0; i < a->moved.count; i++)
		if (!netlink_saved_is_kernels(&a->moved.list[i]))
			log_warning("%s is not there to get its %s back", a->config->interface,
				    describe(&a->moved.list[i], text));
	netlink_saved_clear(&a->moved);
	record_remove(a->path);
}

void adopt_each_address(const struct adopt *a,
			void (*each)(const struct ip_addr *address, void *arg), void *arg)
{
	struct ip_prefix prefix;

	for (size_t i = 0; i < a->moved.count; i++)
		if (!a->moved.list[i].is_route && netlink_saved_prefix(&a->moved.list[i], &prefix))
			each(&prefix.addr, arg);
}
