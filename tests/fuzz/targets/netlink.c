/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * netlink: what the kernel sends: links, addresses, routes, neighbours, traffic control,
 * connections, sockets; as notifications and as answers to requests and dumps.
 *
 * An input: the index of who reads it in a table (see below), then datagrams; see fake_netlink.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_netlink.h"
#include "io/netlink/netlink_conntrack.h"
#include "io/netlink/netlink_events.h"
#include "io/netlink/netlink_neigh.h"
#include "io/netlink/netlink_routes.h"
#include "io/netlink/netlink_save.h"
#include "io/netlink/netlink_sockets.h"
#include "io/netlink/netlink_tc.h"
#include "target.h"

#define IFINDEX 7

static struct target_input datagrams; /* of the input */

/* --- what handlers do with what they get: look at all of it --- */

static void look_at_ip(const struct ip_addr *ip)
{
	char *text = target_must(malloc(IP_STRLEN));

	target_check(ip_format(ip, text) == text && strlen(text) < IP_STRLEN, "an address");
	ip_is_made_from_mac(ip);
	free(text);
}

static void look_at_prefix(const struct ip_prefix *p)
{
	char *text = target_must(malloc(PREFIX_STRLEN));
	struct ip_addr other;

	target_check(p->len <= 8 * ip_bytes(&p->addr), "a prefix of %u bits", p->len);
	target_check(strlen(prefix_format(p, text)) < PREFIX_STRLEN, "an address with its prefix");
	target_check(prefix_contains(p, &p->addr), "a network without its address");
	prefix_broadcast(p, &other);
	prefix_anycast(p, &other);
	look_at_ip(&p->addr);
	free(text);
}

static void look_at_link(const struct netlink_link *link)
{
	target_check(memchr(link->name, '\0', sizeof(link->name)), "a name without end");
	target_check(memchr(link->kind_name, '\0', sizeof(link->kind_name)), "a kind without end");
	if (link->token.family)
		look_at_ip(&link->token);
}

/* --- notifications --- */

static void on_event(const struct netlink_event *event, void *arg)
{
	(void)arg;
	if (event->change == NETLINK_LINK || event->change == NETLINK_LINK_GONE)
		look_at_link(&event->link);
	else if (event->change == NETLINK_ADDRESS || event->change == NETLINK_ADDRESS_GONE)
		look_at_prefix(&event->address);
	else
		target_check(event->change == NETLINK_LOST ? !event->ifindex : event->ifindex > 0,
			     "an index");
}

static void read_events(void)
{
	struct netlink_events *events;

	target_check(!netlink_events_open(on_event, NULL, &events), "a socket");
	while (!fake_netlink_is_empty())
		netlink_events_dispatch(events);
	netlink_events_close(events);
}

static void on_route(int ifindex, void *arg)
{
	(void)ifindex;
	(void)arg;
}

static void read_routes(void)
{
	struct netlink_routes *routes;

	target_check(!netlink_routes_open(on_route, NULL, &routes), "a socket");
	while (!fake_netlink_is_empty())
		netlink_routes_dispatch(routes);
	netlink_routes_close(routes);
}

/* --- the neighbour table --- */

static void on_entry(const struct mirror_entry *entry, void *arg)
{
	(void)arg;
	look_at_ip(&entry->dst);
}

static void on_gone(const struct ip_addr *dst, void *arg)
{
	(void)arg;
	look_at_ip(dst);
}

static void on_lost(void *arg)
{
	(void)arg;
}

static void on_end(int error, void *arg)
{
	(void)error;
	(void)arg;
}

static void read_neighbours(bool is_dump)
{
	const struct netlink_neigh_handler handler = { .changed = on_entry,
						       .gone = on_gone,
						       .lost = on_lost,
						       .dumped = on_entry,
						       .dump_ended = on_end };
	struct netlink_neigh *neigh;

	target_check(!netlink_neigh_open(IFINDEX, &handler, &neigh), "a socket");
	if (is_dump) { /* which reads all changes first: there are none yet */
		fake_netlink_feed((struct target_input){ 0 });
		netlink_neigh_dump(neigh);
		fake_netlink_feed(datagrams);
	}
	while (!fake_netlink_is_empty())
		if (is_dump)
			netlink_neigh_dispatch_dump(neigh);
		else
			netlink_neigh_dispatch_changes(neigh);
	netlink_neigh_close(neigh);
}

static void read_changes(void)
{
	read_neighbours(false);
}

/* --- requests --- */

static struct netlink *open_requests(void)
{
	struct netlink *nl;

	target_check(!netlink_open(&nl), "a socket");
	return nl;
}

static void read_links(void)
{
	struct netlink *nl = open_requests();
	struct netlink_link *list, link;
	size_t count;

	netlink_links(nl, &list, &count);
	for (size_t i = 0; i < count; i++)
		look_at_link(&list[i]);
	free(list);
	if (!netlink_link_by_name(nl, "eth0", &link))
		look_at_link(&link);
	if (!netlink_link_by_index(nl, IFINDEX, &link))
		look_at_link(&link);
	target_check(netlink_link_by_name(nl, "", &link) == -ENODEV, "a link without a name");
	target_check(netlink_link_by_index(nl, 0, &link) == -ENODEV, "a link without an index");
	netlink_close(nl);
}

static void on_address(const struct ip_prefix *address, void *arg)
{
	(void)arg;
	look_at_prefix(address);
}

static void read_addresses(void)
{
	struct netlink *nl = open_requests();
	struct netlink_address *list;
	size_t count;

	netlink_address_list(nl, IFINDEX, on_address, NULL);
	netlink_addresses(nl, 0, &list, &count);
	for (size_t i = 0; i < count; i++)
		look_at_prefix(&list[i].prefix);
	free(list);
	netlink_close(nl);
}

static void on_filter(const struct netlink_tc_filter *filter, void *arg)
{
	(void)arg;
	target_check(memchr(filter->kind, '\0', sizeof(filter->kind)), "a kind without end");
}

static void read_tc(void)
{
	struct netlink *nl = open_requests();

	netlink_tc_list(nl, IFINDEX, NETLINK_TC_INGRESS, on_filter, NULL);
	netlink_tc_list(nl, IFINDEX, NETLINK_TC_EGRESS, on_filter, NULL);
	netlink_tc_remove_clsact(nl, IFINDEX);
	netlink_close(nl);
}

/* What is saved is restored, and compared as at a reload. */
static void look_at_saved(struct netlink *nl, const struct netlink_saved_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct netlink_saved *item = &list->list[i];

		target_check(netlink_saved_is_valid(item), "saved, but not valid");
		target_check(netlink_saved_find_equal(list, item), "not equal to itself");
		for (size_t k = 0; k < list->count; k++)
			netlink_saved_makes(item, &list->list[k]);
		netlink_saved_add(nl, item, IFINDEX, i % 2, NETLINK_PLACE_FRONT);
	}
}

static void read_saved(void)
{
	struct netlink *nl = open_requests();
	struct netlink_saved_list list = { 0 };

	if (!netlink_save(nl, IFINDEX, &list))
		look_at_saved(nl, &list);
	netlink_saved_clear(&list);
	netlink_close(nl);
}

static void read_saved_link_local(void)
{
	struct netlink *nl = open_requests();
	struct netlink_saved_list list = { 0 };

	if (!netlink_save_link_local(nl, IFINDEX, &list))
		look_at_saved(nl, &list);
	netlink_saved_clear(&list);
	netlink_close(nl);
}

/* --- connections and sockets --- */

static void on_forwarded(const struct flow_tuple *forwarded, void *arg)
{
	(void)arg;
	look_at_ip(&forwarded->client);
	look_at_ip(&forwarded->server);
}

static void read_conntrack(void)
{
	const struct netlink_conntrack_handlers handlers = { on_forwarded, on_end, NULL };
	struct netlink_conntrack *c;

	target_check(!netlink_conntrack_open(&handlers, &c), "a socket");
	netlink_conntrack_start(c);
	while (!fake_netlink_is_empty()) {
		netlink_conntrack_dispatch(c);
		netlink_conntrack_start(c); /* the next one; -EBUSY while this one goes on */
	}
	netlink_conntrack_close(c);
}

static void on_connection(const struct netlink_connection *c, void *arg)
{
	(void)arg;
	look_at_ip(&c->local);
	look_at_ip(&c->remote);
}

static void read_sockets(void)
{
	const struct netlink_sockets_handlers handlers = { on_connection, on_end, NULL };
	struct netlink_sockets *s;

	target_check(!netlink_sockets_open(&handlers, &s), "a socket");
	netlink_sockets_start(s);
	while (!fake_netlink_is_empty()) {
		netlink_sockets_dispatch(s);
		netlink_sockets_start(s);
	}
	netlink_sockets_close(s);
}

static void read_listener(void)
{
	uid_t uid;

	netlink_sockets_listener("name", 4, &uid);
}

static void read_dump(void)
{
	read_neighbours(true);
}

static void (*const readers[])(void) = {
	read_events,    read_routes,  read_changes,
	read_dump,      read_links,   read_addresses,
	read_tc,        read_saved,   read_saved_link_local,
	read_conntrack, read_sockets, read_listener,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct target_input in = { data, size };
	size_t reader = target_byte(&in) % (sizeof(readers) / sizeof(readers[0]));

	datagrams = in;
	fake_netlink_feed(in);
	readers[reader]();
	fake_netlink_feed((struct target_input){ 0 });
	return 0;
}
