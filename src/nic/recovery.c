/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * recovery: restores NICs that earlier runs left taken over; see recovery.h.
 *
 * The order is that of a clean stop: addresses and routes, then the shield. The NIC is locked while
 * this is done.
 */
#include "nic/recovery.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "bpf/bpf_error.h"
#include "io/loop.h"
#include "io/netlink/netlink.h"
#include "nic/adopt.h"
#include "nic/announce.h"
#include "nic/nic_before.h"
#include "nic/nic_ipv6.h"
#include "nic/nic_lock.h"
#include "nic/shield.h"
#include "persist/nic_record.h"

struct leftover {
	const char *interface; /* its name in that run's configuration */
	const char *socket;
	struct netlink *netlink;
	char *path; /* of the record */
	struct nic_record record;
	struct shield shield;
	struct netlink_link link;
	bool is_there;   /* the NIC exists; else is_changed is false */
	bool is_changed; /* the NIC is to be restored by `record`: it is still taken over */
};

/* Does a process listen on the control socket `path`? In doubt, true. */
static bool is_listened_on(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool is_free = strlen(path) >= sizeof(address.sun_path);

	if (!is_free) {
		strcpy(address.sun_path, path);
		is_free = fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) &&
			  (errno == ENOENT || errno == ECONNREFUSED);
	}
	if (fd >= 0)
		close(fd);
	return !is_free;
}

bool recovery_is_needed(const char *socket)
{
	struct nic_record_names names = { 0 };
	bool are_there;

	nic_record_find(socket, &names);
	are_there = names.count;
	nic_record_names_clear(&names);
	return are_there && !is_listened_on(socket);
}

/* --- which NIC a record belongs to --- */

static bool set_link(struct leftover *l, const struct netlink_link *link)
{
	l->link = *link;
	l->shield.ifindex = link->ifindex;
	l->is_there = true;
	return true;
}

/* Is it certainly the NIC of the record? Its shield is still attached, or it has the same MAC. */
static bool is_same(const struct leftover *l, const struct netlink_link *link)
{
	return shield_left_behind(&l->shield) ||
	       (!mac_is_zero(&l->record.mac) && mac_equal(&l->record.mac, &link->mac));
}

/* Find the NIC by the ifindex in the record, if it does not have the name `named` any more. */
static bool find_recorded(struct leftover *l, const struct netlink_link *named)
{
	struct netlink_link link;

	if (l->record.netns != nic_record_netns())
		return false;
	if (named && named->ifindex == l->record.ifindex)
		return set_link(l, named);
	l->shield.ifindex = l->record.ifindex;
	return !netlink_link_by_index(l->netlink, l->record.ifindex, &link) && is_same(l, &link) &&
	       set_link(l, &link);
}

/* There is no usable record, but the shield is attached: assume a record for it. */
static bool is_shielded(struct leftover *l)
{
	if (!shield_left_behind(&l->shield))
		return false;
	log_warning("%s: a run that did not stop cleanly left its shield, and no record (%s) of "
		    "what was there before",
		    l->link.name, l->path);
	nic_record_clear(&l->record);
	l->record = (struct nic_record){ .was_up = true,
					 .clsact_ours = !hooks_use_links(l->shield.hooks) };
	nic_ipv6_guess(&l->link, &l->record);
	return true;
}

/* 0; or a negative errno after a log line: the state is not known, so nothing is to be changed. */
static int find(struct leftover *l)
{
	struct netlink_link named;
	int missing = netlink_link_by_name(l->netlink, l->interface, &named);
	int rc = nic_record_read(l->path, &l->record);

	if (missing && missing != -ENODEV) {
		log_error_errno(-missing, "%s: cannot look up the interface", l->interface);
		return missing;
	}
	if (rc && rc != -ENOENT && rc != -EBADMSG) {
		log_warning_errno(-rc, "cannot read %s", l->path);
		return rc;
	}
	l->is_changed = !rc && find_recorded(l, missing ? NULL : &named);
	if (!l->is_changed && !missing)
		set_link(l, &named);
	return 0;
}

/* --- restoring --- */

/* Neither the event loop nor the relay is used by announce_from_nic(): the loop does not run, and
 * the relay may be NULL. */
static void announce(const struct leftover *l, const struct adopt *adopt)
{
	struct loop *loop = loop_create();
	struct announce *announce = loop ? announce_create(loop, NULL, NULL, adopt) : NULL;

	if (announce)
		announce_from_nic(announce, &l->link, true);
	announce_destroy(announce);
	if (loop)
		loop_destroy(loop);
}

static void put_back(struct leftover *l, struct adopt *adopt)
{
	bool is_given;

	if (l->is_there)
		adopt_set_name(adopt, l->link.name);
	if (l->is_changed)
		nic_before_keep_if_used(l->netlink, &l->link, &l->record);
	is_given = l->is_there && adopt_give_back(adopt, l->link.ifindex, false);
	if (!is_given)
		adopt_drop(adopt);
	if (l->is_changed) {
		nic_before_put_back(&l->shield, &l->record);
		log_notice("%s: restored to the state before an earlier run", l->link.name);
	}
	nic_record_remove(l->path);
	if (is_given)
		announce(l, adopt);
}

static void put_back_locked(struct leftover *l)
{
	pid_t holder = 0;
	struct adopt *adopt;
	int lock = l->is_there ? nic_lock(l->link.name, l->link.ifindex, &holder) : -1;

	if (l->is_there && lock < 0) {
		log_info("%s: not restored, because another clusterarpd uses it", l->link.name);
		return;
	}
	if (l->is_there && !l->is_changed)
		l->is_changed = is_shielded(l);
	adopt = adopt_create_for(l->interface, l->netlink, l->socket);
	if (adopt)
		put_back(l, adopt);
	adopt_destroy(adopt);
	if (lock >= 0)
		close(lock);
}

static void restore(struct netlink *netlink, const char *socket, const char *interface)
{
	struct leftover l = { .interface = interface, .socket = socket, .netlink = netlink };

	l.path = nic_record_path(socket, interface);
	l.shield = (struct shield){ .netlink = netlink,
				    .hooks = hooks_create(),
				    .interface = l.link.name };
	if (l.path && l.shield.hooks && !find(&l))
		put_back_locked(&l);
	hooks_destroy(l.shield.hooks);
	nic_record_clear(&l.record);
	free(l.path);
}

static void restore_all(const struct nic_record_names *names, const char *socket,
			const char *except)
{
	struct netlink *netlink;
	int rc = netlink_open(&netlink);

	if (rc) {
		log_error_errno(-rc, "cannot open netlink");
		return;
	}
	bpf_error_init();
	for (size_t i = 0; i < names->count; i++)
		if (!except || strcmp(names->list[i], except) != 0)
			restore(netlink, socket, names->list[i]);
	netlink_close(netlink);
}

void recovery_run(const char *socket, const char *except)
{
	struct nic_record_names names = { 0 };
	int rc = nic_record_find(socket, &names);

	if (rc)
		log_warning_errno(-rc, "%s: cannot find all records next to it", socket);
	if (names.count)
		restore_all(&names, socket, except);
	nic_record_names_clear(&names);
}
