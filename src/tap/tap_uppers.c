/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tap_uppers: links on top of the TAP; see tap_uppers.h. */
#include "tap/tap_uppers.h"

static const struct netlink_link *find_index(const struct netlink_link *list, size_t count,
					     int ifindex)
{
	for (size_t i = 0; i < count; i++)
		if (list[i].ifindex == ifindex)
			return &list[i];
	return NULL;
}

const struct netlink_link *tap_uppers_find(const struct netlink_link *list, size_t count,
					   int ifindex, const struct mac *mac)
{
	const struct netlink_link *tap = find_index(list, count, ifindex);

	for (size_t i = 0; i < count; i++)
		if (list[i].lower == ifindex && !mac_equal(&list[i].mac, mac))
			return &list[i];
	return tap && tap->master ? find_index(list, count, tap->master) : NULL;
}
