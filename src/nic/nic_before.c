/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nic_before: the record of the NIC's state, and putting it back; see nic_before.h. */
#include "nic/nic_before.h"

#include <net/if.h>
#include <stdlib.h>

#include "base/log.h"
#include "io/netlink/netlink_config.h"
#include "nic/nic_ipv6.h"
#include "nic/nic_use.h"

bool nic_before_init(struct nic_before *b, const char *socket, const char *interface)
{
	b->path = nic_record_path(socket, interface);
	return b->path;
}

void nic_before_clear(struct nic_before *b)
{
	nic_record_clear(&b->record);
	free(b->path);
}

static int save(const struct nic_before *b)
{
	int rc = nic_record_write(b->path, &b->record);

	if (rc)
		log_error_errno(-rc, "cannot write %s", b->path);
	return rc;
}

/* Record the NIC's IPv6 settings. A failure does not matter: what is not in the record is not
 * changed. */
static void note_ipv6(struct nic_before *b, struct netlink *netlink,
		      const struct netlink_link *link)
{
	int rc = nic_ipv6_note(netlink, link, &b->record);

	if (rc)
		log_warning_errno(-rc, "%s: cannot list its IPv6 link-local addresses", link->name);
}

int nic_before_note_ipv6(struct nic_before *b, struct netlink *netlink,
			 const struct netlink_link *link)
{
	note_ipv6(b, netlink, link);
	return save(b);
}

/* What an earlier run found, before it changed anything. */
static void take_old_record(struct nic_record *now, struct nic_record *old)
{
	now->was_up = old->was_up;
	now->clsact_ours |= old->clsact_ours;
	now->has_ipv6 = old->has_ipv6;
	now->addrgen = old->addrgen;
	now->link_local = old->link_local;
	old->link_local = (struct netlink_saved_list){ 0 };
}

/* An earlier run left its shield, and its record is lost. */
static void assume(struct nic_before *b, const struct shield *shield,
		   const struct netlink_link *link)
{
	if (shield_left_behind(shield)) {
		log_warning("%s: a run that did not stop cleanly left its shield, and no record "
			    "(%s) of what was there before",
			    link->name, b->path);
		b->record.clsact_ours = !hooks_use_links(shield->hooks);
	}
	nic_ipv6_guess(link, &b->record);
}

int nic_before_note(struct nic_before *b, const struct shield *shield,
		    const struct netlink_link *link)
{
	struct nic_record *now = &b->record, old = { 0 };
	bool clsact;
	int rc = shield_find_qdisc(shield, &clsact);

	if (rc)
		return rc;
	nic_record_clear(now);
	*now = (struct nic_record){ .ifindex = link->ifindex,
				    .mac = link->mac,
				    .netns = nic_record_netns(),
				    .was_up = (link->flags & IFF_UP) || b->was_up,
				    .clsact_ours = !clsact && !hooks_use_links(shield->hooks) };
	rc = nic_record_read(b->path, &old);
	if (!rc && old.ifindex == now->ifindex && old.netns == now->netns) {
		log_notice("%s: taking over what an earlier run left", link->name);
		take_old_record(now, &old);
	} else if (shield_is_attached(shield)) {
		assume(b, shield, link);
	}
	nic_record_clear(&old);
	note_ipv6(b, shield->netlink, link);
	return save(b);
}

void nic_before_set_used(struct nic_before *b)
{
	if (b->record.was_up)
		return;
	b->record.was_up = true;
	save(b);
}

void nic_before_set_qdisc_ours(struct nic_before *b)
{
	b->record.clsact_ours = true;
	save(b);
}

void nic_before_forget(struct nic_before *b)
{
	b->was_up |= b->record.was_up;
	nic_record_clear(&b->record);
}

void nic_before_remove(struct nic_before *b)
{
	nic_record_remove(b->path);
	nic_before_forget(b);
}

void nic_before_keep_if_used(struct netlink *netlink, const struct netlink_link *link,
			     struct nic_record *record)
{
	if (record->was_up || !nic_use_is_found(netlink, link->ifindex))
		return;
	record->was_up = true;
	log_notice("%s was down before the start, but has an address or is a port of another "
		   "interface now: it stays up",
		   link->name);
}

/* A NIC that was down is set down before the shield is detached, so that its stack never sends.
 * With its link-local address the stack joins multicast groups: that is after. */
void nic_before_put_back(struct shield *shield, const struct nic_record *record)
{
	if (!record->was_up)
		netlink_link_set_up(shield->netlink, shield->ifindex, false);
	shield_down(shield, record->clsact_ours);
	nic_ipv6_put_back(shield->netlink, shield->ifindex, record);
}
