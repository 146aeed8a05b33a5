/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netlink_save: save and restore addresses and routes; see netlink_save.h. */
#include "io/netlink/netlink_save.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/errno.h>
#include <netlink/msg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "io/netlink/netlink_socket.h"

#define TICKS_PER_SECOND 100 /* USER_HZ: the unit of a route's lifetime in a dump */

/* The flags of an address that are saved; the kernel sets the others. */
#define ADDRESS_FLAGS                                                                   \
	(IFA_F_NODAD | IFA_F_HOMEADDRESS | IFA_F_MANAGETEMPADDR | IFA_F_NOPREFIXROUTE | \
	 IFA_F_MCAUTOJOIN)
/* The flags of a route that are saved. */
#define ROUTE_FLAGS (RTNH_F_ONLINK | RTNH_F_PERVASIVE)

/* Parameters and state for parsing a dump. */
struct wanted {
	int ifindex;
	bool link_local; /* of the addresses, these only; else all others */
	uint64_t now;
	struct netlink_saved_list *out;
	size_t before;                  /* number of items in *out before this dump */
	struct netlink_route_key other; /* of the last route through another link */
};

static uint64_t seconds_since_boot(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec;
}

/* --- saving --- */

/* Change every nexthop through `from` to go through `to`. True if there was any. */
static bool move_nexthops(struct nlattr *multipath, int from, int to)
{
	struct rtnexthop *hop = nla_data(multipath);
	int left = nla_len(multipath);
	bool found = false;

	for (; left >= (int)sizeof(*hop) && RTNH_OK(hop, left);
	     left -= NLMSG_ALIGN(hop->rtnh_len), hop = RTNH_NEXT(hop)) {
		hop->rtnh_flags &= ROUTE_FLAGS;
		if (hop->rtnh_ifindex != from)
			continue;
		hop->rtnh_ifindex = to;
		found = true;
	}
	return found;
}

/* The same for a whole route. */
static bool move_route(struct netlink_saved *item, int from, int to)
{
	struct nlattr *out = netlink_saved_find(item, RTA_OIF),
		      *multipath = netlink_saved_find(item, RTA_MULTIPATH);

	if (out && nla_len(out) == sizeof(int) && !memcmp(nla_data(out), &from, sizeof(from))) {
		memcpy(nla_data(out), &to, sizeof(to));
		return true;
	}
	return multipath && move_nexthops(multipath, from, to);
}

static void move(struct netlink_saved *item, int from, int to)
{
	struct ifaddrmsg *address = (void *)item->body;

	if (item->is_route)
		move_route(item, from, to);
	else
		address->ifa_index = (uint32_t)to;
}

static bool is_one_of(int type, const int *types)
{
	for (; *types; types++)
		if (*types == type)
			return true;
	return false;
}

/* Append the attributes of `from` to `to`, except those of the types in `except` (ended by 0). */
static void copy_except(struct netlink_saved *to, const struct netlink_saved *from,
			const int *except)
{
	struct nlattr *attribute, *first;
	int left, len;

	first = netlink_saved_attributes(from, &len);
	nla_for_each_attr(attribute, first, len, left)
	{
		if (is_one_of(nla_type(attribute), except))
			continue;
		memcpy(to->body + to->len, attribute, attribute->nla_len);
		to->len += (uint32_t)NLA_ALIGN(attribute->nla_len);
	}
}

static void put_u32(struct netlink_saved *to, uint16_t type, uint32_t value)
{
	struct nlattr attribute = { .nla_len = NLA_HDRLEN + sizeof(value), .nla_type = type };

	memcpy(to->body + to->len, &attribute, sizeof(attribute));
	memcpy(to->body + to->len + NLA_HDRLEN, &value, sizeof(value));
	to->len += NLA_ALIGN(attribute.nla_len);
}

/* Begin an item with the header of `from`, and room for all of `from` and two 32-bit attributes.
 * False: out of memory, or `from` has no complete header. */
static bool begin(struct netlink_saved *to, const struct netlink_saved *from)
{
	*to = *from;
	to->len = (uint32_t)netlink_saved_head(from->is_route);
	to->body = from->len < to->len ? NULL
				       : calloc(1, NLMSG_ALIGN(from->len) + 2 * NETLINK_NUMBER_LEN);
	if (to->body)
		memcpy(to->body, from->body, to->len);
	return to->body;
}

static uint32_t lifetime_of(const struct netlink_saved *route)
{
	const struct nlattr *info = netlink_saved_find(route, RTA_CACHEINFO);
	struct rta_cacheinfo cache;

	if (!info || (size_t)nla_len(info) < sizeof(cache))
		return 0;
	memcpy(&cache, nla_data(info), sizeof(cache));
	return cache.rta_expires > 0 ? (uint32_t)cache.rta_expires / TICKS_PER_SECOND : 0;
}

/* Append an item and free its body. Its lifetime is its last attribute; see length_of() in
 * netlink_saved.c. */
static int append_with_lifetime(struct wanted *w, struct netlink_saved *item, uint32_t lifetime)
{
	int rc;

	if (lifetime)
		put_u32(item, RTA_EXPIRES, lifetime);
	rc = netlink_saved_append(w->out, item);
	free(item->body);
	return rc;
}

/* Append one nexthop of an IPv6 route as the route that it is in the kernel. It is written as a
 * list of one nexthop, because only such a list has a weight. */
static int append_nexthop(struct wanted *w, const struct netlink_saved *raw,
			  const struct rtnexthop *hop)
{
	struct nlattr list = { .nla_len = (uint16_t)(NLA_HDRLEN + hop->rtnh_len),
			       .nla_type = RTA_MULTIPATH };
	struct netlink_saved item;
	struct rtnexthop *copy;

	if (!begin(&item, raw))
		return -ENOMEM;
	copy_except(&item, raw, (const int[]){ RTA_CACHEINFO, RTA_EXPIRES, RTA_MULTIPATH, 0 });
	memcpy(item.body + item.len, &list, sizeof(list));
	copy = (void *)(item.body + item.len + NLA_HDRLEN);
	memcpy(copy, hop, hop->rtnh_len);
	copy->rtnh_ifindex = 0;
	copy->rtnh_flags &= ROUTE_FLAGS;
	item.len += (uint32_t)NLA_ALIGN(list.nla_len);
	return append_with_lifetime(w, &item, lifetime_of(raw));
}

static int append_nexthops(struct wanted *w, const struct netlink_saved *raw,
			   const struct nlattr *multipath)
{
	const struct rtnexthop *hop = nla_data(multipath);
	int left = nla_len(multipath), rc = 0;

	for (; !rc && left >= (int)sizeof(*hop) && RTNH_OK(hop, left);
	     left -= NLMSG_ALIGN(hop->rtnh_len), hop = RTNH_NEXT(hop))
		if (hop->rtnh_ifindex == w->ifindex)
			rc = append_nexthop(w, raw, hop);
	return rc;
}

static int append_route(struct wanted *w, struct netlink_saved *raw)
{
	struct rtmsg *head = (void *)raw->body;
	const struct nlattr *multipath = netlink_saved_find(raw, RTA_MULTIPATH);
	struct netlink_route_key key = netlink_saved_key(raw);
	struct netlink_saved item;

	head->rtm_flags &= ROUTE_FLAGS;
	if (multipath && head->rtm_family == AF_INET6)
		return append_nexthops(w, raw, multipath);
	if (!move_route(raw, w->ifindex, 0)) {
		w->other = key;
		return 0;
	}
	if (!begin(&item, raw))
		return -ENOMEM;
	copy_except(&item, raw, (const int[]){ RTA_CACHEINFO, RTA_EXPIRES, 0 });
	item.is_refused = netlink_saved_find(raw, RTA_NH_ID);
	item.is_behind = !memcmp(&key, &w->other, sizeof(key));
	return append_with_lifetime(w, &item, lifetime_of(raw));
}

/* False for the routes that the kernel makes for every interface or address. */
static bool is_wanted_route(const struct netlink_saved *item)
{
	const struct rtmsg *head = (const void *)item->body;
	struct netlink_route_key key = netlink_saved_key(item);

	if ((head->rtm_flags & RTM_F_CLONED) ||
	    (key.table == RT_TABLE_LOCAL && head->rtm_protocol == RTPROT_KERNEL))
		return false;
	return key.to.addr.family && !ip_is_link_local(&key.to.addr) &&
	       !(key.to.addr.family == AF_INET6 && key.to.addr.b[0] == 0xff);
}

static int append_address(struct wanted *w, struct netlink_saved *raw)
{
	struct ifaddrmsg *head = (void *)raw->body;
	const struct nlattr *attribute = netlink_saved_find(raw, IFA_FLAGS);
	uint32_t flags = attribute ? nla_get_u32(attribute) : head->ifa_flags;
	struct netlink_saved item;
	struct ip_prefix address;
	int rc;

	if ((int)head->ifa_index != w->ifindex || !netlink_saved_prefix(raw, &address) ||
	    ip_is_link_local(&address.addr) != w->link_local ||
	    (head->ifa_family == AF_INET6 && (flags & IFA_F_TEMPORARY)))
		return 0;
	head->ifa_index = 0;
	head->ifa_flags = 0;
	if (!begin(&item, raw))
		return -ENOMEM;
	copy_except(&item, raw, (const int[]){ IFA_FLAGS, 0 });
	put_u32(&item, IFA_FLAGS, flags & ADDRESS_FLAGS);
	item.is_tentative = (flags & IFA_F_TENTATIVE) && !(flags & IFA_F_DADFAILED);
	item.needs_dad = flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED);
	rc = netlink_saved_append(w->out, &item);
	free(item.body);
	return rc;
}

static int on_saved(struct nl_msg *message, void *arg)
{
	struct netlink_list *list = arg;
	struct wanted *w = (void *)list->arg;
	struct nlmsghdr *header = nlmsg_hdr(message);
	struct netlink_saved raw = {
		.is_route = header->nlmsg_type == RTM_NEWROUTE,
		.saved = w->now,
		.len = (uint32_t)nlmsg_datalen(header),
		.body = nlmsg_data(header),
	};
	int rc = 0;

	if (!list->count) /* the dump begins, or begins again */
		netlink_saved_truncate(w->out, w->before);
	if (!netlink_list_add(list) || !netlink_saved_is_valid(&raw))
		return NL_OK;
	if (!raw.is_route)
		rc = append_address(w, &raw);
	else if (is_wanted_route(&raw))
		rc = append_route(w, &raw);
	if (rc)
		list->error = rc;
	return NL_OK;
}

static int dump(struct netlink *nl, int type, const void *head, size_t len, struct wanted *w)
{
	struct netlink_list list = { .size = 1, .arg = w };
	int rc;

	w->before = w->out->count;
	rc = netlink_dump(nl, type, head, len, on_saved, &list);
	free(list.items);
	return rc;
}

static int dump_addresses(struct netlink *nl, struct wanted *w)
{
	const struct ifaddrmsg addresses = { .ifa_family = w->link_local ? AF_INET6 : AF_UNSPEC };

	return dump(nl, RTM_GETADDR, &addresses, sizeof(addresses), w);
}

int netlink_save_link_local(struct netlink *nl, int ifindex, struct netlink_saved_list *out)
{
	struct wanted w = {
		.ifindex = ifindex, .link_local = true, .now = seconds_since_boot(), .out = out
	};
	int rc = dump_addresses(nl, &w);

	if (rc)
		netlink_saved_clear(out);
	return rc;
}

int netlink_save(struct netlink *nl, int ifindex, struct netlink_saved_list *out)
{
	struct rtmsg routes = { .rtm_family = AF_INET };
	struct wanted w = { .ifindex = ifindex, .now = seconds_since_boot(), .out = out };
	int rc = dump_addresses(nl, &w);

	if (!rc)
		rc = dump(nl, RTM_GETROUTE, &routes, sizeof(routes), &w);
	routes.rtm_family = AF_INET6;
	if (!rc)
		rc = dump(nl, RTM_GETROUTE, &routes, sizeof(routes), &w);
	if (rc)
		netlink_saved_clear(out);
	return rc;
}

/* --- restoring --- */

/* Subtract the elapsed seconds from a lifetime. False: it has expired. */
static bool age(uint32_t *seconds, uint64_t elapsed)
{
	if (*seconds == NETLINK_FOREVER)
		return true;
	*seconds = *seconds > elapsed ? *seconds - (uint32_t)elapsed : 0;
	return *seconds;
}

static bool age_address(struct netlink_saved *item, uint64_t elapsed)
{
	struct nlattr *info = netlink_saved_find(item, IFA_CACHEINFO);
	struct ifa_cacheinfo *cache = info ? nla_data(info) : NULL;

	if (!cache || (size_t)nla_len(info) < sizeof(*cache))
		return true;
	age(&cache->ifa_prefered, elapsed);
	return age(&cache->ifa_valid, elapsed);
}

/* False: its lifetime has expired. */
static bool age_item(struct netlink_saved *item)
{
	uint64_t now = seconds_since_boot(), elapsed = now > item->saved ? now - item->saved : 0;
	struct nlattr *expires;

	if (!item->is_route)
		return age_address(item, elapsed);
	expires = netlink_saved_find(item, RTA_EXPIRES);
	return !expires || nla_len(expires) != sizeof(uint32_t) || age(nla_data(expires), elapsed);
}

/* Returns the flags as they were before. */
static uint32_t change_flags(struct netlink_saved *item, uint32_t clear, uint32_t set)
{
	struct nlattr *attribute = netlink_saved_find(item, IFA_FLAGS);
	uint32_t before, after;

	if (!attribute || nla_len(attribute) != sizeof(before))
		return set; /* nothing to change */
	before = nla_get_u32(attribute);
	after = (before & ~clear) | set;
	memcpy(nla_data(attribute), &after, sizeof(after));
	return before;
}

/* On the TAP a connected IPv6 route has a metric of its own: it comes with its address, or with the
 * route itself. */
static void set_connected_metric(struct netlink_saved *made)
{
	if (!made->is_route && !netlink_saved_find(made, IFA_RT_PRIORITY))
		put_u32(made, IFA_RT_PRIORITY, NETLINK_CONNECTED_METRIC);
	else if (!made->is_route || netlink_saved_is_kernels(made))
		netlink_saved_lower_metric(made);
}

/* The item as it is sent in a request; the caller frees its body. NULL body: out of memory. */
static struct netlink_saved prepare(const struct netlink_saved *item, int ifindex, bool is_home)
{
	const int except[] = { item->is_route || is_home ? 0 : IFA_LABEL, 0 };
	struct netlink_saved made;

	if (!begin(&made, item))
		return made;
	copy_except(&made, item, except);
	if (!is_home && netlink_saved_family(item) == AF_INET6) {
		if (!item->is_route)
			change_flags(&made, IFA_F_MANAGETEMPADDR, 0);
		set_connected_metric(&made);
	}
	move(&made, 0, ifindex);
	return made;
}

static int request_change(struct netlink *nl, int type, int flags, const struct netlink_saved *item)
{
	struct nl_msg *request = nlmsg_alloc_size(NLMSG_SPACE(item->len));
	int nle = -NLE_NOMEM;

	if (request && nlmsg_put(request, NL_AUTO_PORT, NL_AUTO_SEQ, type, 0, flags) &&
	    nlmsg_append(request, item->body, item->len, NLMSG_ALIGNTO) >= 0)
		nle = nl_send_sync(nl->requests, request); /* frees it */
	else
		nlmsg_free(request);
	return netlink_result(nl, nle);
}

static int request_route(struct netlink *nl, const struct netlink_saved *made,
			 enum netlink_place place)
{
	int flags = NLM_F_CREATE | (made->is_behind ? NLM_F_APPEND : 0);
	int rc = request_change(nl, RTM_NEWROUTE, flags, made);

	if (rc != -EEXIST || place != NETLINK_PLACE_FRONT || made->is_behind ||
	    netlink_saved_family(made) != AF_INET || !netlink_saved_is_kernels(made))
		return rc;
	request_change(nl, RTM_DELROUTE, 0, made);
	return request_change(nl, RTM_NEWROUTE, flags, made);
}

/* The flag that makes the kernel skip duplicate address detection stays with the address. If it is
 * not one of the address's own, it is taken away again: a change of flags starts no detection. */
static int request_address(struct netlink *nl, struct netlink_saved *made, int flags)
{
	bool skips = netlink_saved_family(made) == AF_INET6 && !made->needs_dad;
	bool is_own = !skips || (change_flags(made, 0, IFA_F_NODAD) & IFA_F_NODAD);
	int rc = request_change(nl, RTM_NEWADDR, flags, made);

	if (rc || is_own)
		return rc;
	change_flags(made, IFA_F_NODAD, 0);
	request_change(nl, RTM_NEWADDR, NLM_F_REPLACE, made); /* only looks depend on it */
	return 0;
}

int netlink_saved_add(struct netlink *nl, const struct netlink_saved *item, int ifindex,
		      bool is_home, enum netlink_place place)
{
	struct netlink_saved made;
	int rc;

	if (item->is_refused)
		return -EOPNOTSUPP;
	made = prepare(item, ifindex, is_home);
	if (!made.body)
		return -ENOMEM;
	if (!age_item(&made))
		rc = -ETIME;
	else if (item->is_route)
		rc = request_route(nl, &made, place);
	else
		rc = request_address(nl, &made, NLM_F_CREATE | NLM_F_EXCL);
	free(made.body);
	return rc;
}

int netlink_saved_renew(struct netlink *nl, const struct netlink_saved *address, int ifindex)
{
	struct netlink_saved made = prepare(address, ifindex, false);
	int rc = -ENOMEM;

	if (made.body && !age_item(&made))
		rc = -ETIME;
	else if (made.body)
		rc = request_address(nl, &made, NLM_F_CREATE | NLM_F_REPLACE);
	free(made.body);
	return rc;
}

int netlink_saved_remove(struct netlink *nl, const struct netlink_saved *item, int ifindex)
{
	struct netlink_saved made = prepare(item, ifindex, true);
	int rc = -ENOMEM;

	if (made.body)
		rc = request_change(nl, item->is_route ? RTM_DELROUTE : RTM_DELADDR, 0, &made);
	free(made.body);
	return rc;
}
