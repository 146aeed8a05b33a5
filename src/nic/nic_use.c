/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nic_use: other programs' use of the NIC; see nic_use.h. */
#include "nic/nic_use.h"

static void check_address(const struct ip_prefix *address, void *arg)
{
	bool *found = arg;

	*found |= !ip_is_link_local(&address->addr);
}

bool nic_use_is_found(struct netlink *netlink, int ifindex)
{
	struct netlink_link link;
	bool has_address = false;

	return netlink_address_list(netlink, ifindex, check_address, &has_address) || has_address ||
	       netlink_link_by_index(netlink, ifindex, &link) || link.master;
}

void nic_use_begin(struct nic_use *use, bool was_up)
{
	*use = (struct nic_use){ .is_up = was_up, .is_ours = !was_up };
}

/* The daemon sets the link up once, when it takes it over. Notifications of before that show it
 * down; the first one that shows it up is that of the daemon's request. */
bool nic_use_heard(struct nic_use *use, bool is_up)
{
	bool is_set_up = is_up && !use->is_up;
	bool is_ours = use->is_ours;

	use->is_up = is_up;
	use->is_ours &= !is_set_up;
	return is_set_up && !is_ours;
}
