/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * takeover: takes the NIC over and gives it back; see takeover.h.
 *
 * The order matters. Taking over: write the record, open the socket, attach the shield, remove the
 * link-local address, set the NIC up, bind the socket. So a crash at any point leaves a record of
 * what to restore. At the first start the shield passes everything until all programs are attached,
 * and then nothing more: else the node would be away for as long as the kernel takes to attach
 * them. Later, when the TAP has addresses, the NIC's own stack never sees the wire. Giving back:
 * let the NIC's stack through, if it is to stay up (the addresses go back now), close the socket,
 * set the NIC down, detach the shield, remove the qdisc, restore the link-local address, remove the
 * record.
 */
#include "nic/takeover.h"

#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "datapath/kernel_path.h"
#include "io/loop.h"
#include "io/netlink/netlink_config.h"
#include "io/netlink/netlink_tc.h"
#include "nic/nic_before.h"
#include "nic/nic_ipv6.h"
#include "nic/nic_kind.h"
#include "nic/nic_lock.h"
#include "nic/nic_use.h"
#include "nic/shield.h"
#include "persist/fd_store.h"

struct takeover {
	struct peers *peers;
	const char *interface; /* in the configuration: the NIC's name or an altname */
	struct netlink *netlink;
	struct kernel_path *kernel_path;
	struct wire *wire; /* NULL: not attached */
	struct hooks *hooks;
	struct shield shield;
	struct netlink_link link; /* ifindex 0: not attached */
	int lock;
	struct nic_before before;
	bool tap_is_up;
	bool has_tried;             /* takeover_attach() was called before */
	bool has_set_up;            /* the daemon has set the NIC up, when it took it over */
	char misfit[NIC_KIND_TEXT]; /* what was logged of the kind of the present link */
	struct nic_use use;
	struct adopt_rounds *link_local; /* that appear later */
	uint64_t lost;                   /* frames, on packet sockets that are closed */
};

static struct programs *programs(const struct takeover *takeover)
{
	return kernel_path_programs(takeover->kernel_path);
}

struct ring *takeover_ring(const struct takeover *takeover)
{
	return programs_ring(programs(takeover));
}

static struct fd_store_item ring_item(const struct takeover *takeover)
{
	return (struct fd_store_item){ .kind = FD_STORE_RING, .peers = takeover->peers };
}

/* Uses the ring buffer of an earlier run, if there is one, with the frames that are in it. */
static bool create_datapath(struct takeover *takeover)
{
	const struct fd_store_item as_ring = ring_item(takeover);
	bool uses_ring = peers_config(takeover->peers)->datapath != DATAPATH_USER;
	int ring = uses_ring ? fd_store_take(&as_ring) : -1;

	takeover->kernel_path =
		kernel_path_create(takeover->peers, takeover->netlink, takeover->hooks, ring);
	if (ring >= 0) {
		close(ring);
		fd_store_forget(&as_ring); /* it may not have been usable */
	}
	if (takeover->kernel_path && kernel_path_is_used(takeover->kernel_path))
		fd_store_keep(&as_ring, ring_fd(takeover_ring(takeover)));
	return takeover->kernel_path;
}

struct takeover *takeover_create(struct peers *peers, struct netlink *netlink, const char *socket)
{
	struct takeover *takeover = calloc(1, sizeof(*takeover));

	if (!takeover)
		return NULL;
	takeover->peers = peers;
	takeover->interface = peers_config(peers)->interface;
	takeover->netlink = netlink;
	takeover->lock = -1;
	takeover->hooks = hooks_create();
	takeover->shield = (struct shield){ .netlink = netlink,
					    .hooks = takeover->hooks,
					    .interface = takeover->link.name };
	takeover->link_local = adopt_rounds_create();
	if (nic_before_init(&takeover->before, socket, takeover->interface) &&
	    takeover->link_local && takeover->hooks && create_datapath(takeover))
		return takeover;
	takeover_destroy(takeover);
	return NULL;
}

static void unlock(struct takeover *takeover)
{
	if (takeover->lock >= 0)
		close(takeover->lock);
	takeover->lock = -1;
}

void takeover_destroy(struct takeover *takeover)
{
	if (!takeover)
		return;
	wire_close(takeover->wire);
	kernel_path_destroy(takeover->kernel_path);
	hooks_destroy(takeover->hooks);
	unlock(takeover);
	nic_before_clear(&takeover->before);
	adopt_rounds_destroy(takeover->link_local);
	free(takeover);
}

static int lock(struct takeover *takeover, const struct netlink_link *link)
{
	pid_t holder = 0;
	int fd = nic_lock(link->name, link->ifindex, &holder);

	if (fd >= 0) {
		takeover->lock = fd;
		return 0;
	}
	if (fd == -EBUSY)
		log_error("%s: another clusterarpd runs on this interface (process %ld)",
			  link->name, (long)holder);
	else
		log_error_errno(-fd, "%s: cannot lock the interface", link->name);
	return -EBUSY;
}

static void warn_of_address(const struct takeover *takeover, const struct ip_prefix *address)
{
	char text[PREFIX_STRLEN];

	if (ip_is_link_local(&address->addr)) /* the kernel makes them for every interface */
		return;
	prefix_format(address, text);
	log_warning("%s has the address %s, which does not work while clusterarpd runs, and cuts "
		    "this host off where its route comes before that of %s: ip addr del %s dev %s "
		    "(and keep DHCP clients and network managers off %s)",
		    takeover->link.name, text, peers_config(takeover->peers)->tap, text,
		    takeover->link.name, takeover->link.name);
}

struct address_search {
	const struct ip_prefix *wanted;
	bool found;
};

static void compare_address(const struct ip_prefix *address, void *arg)
{
	struct address_search *search = arg;

	search->found |= address->len == search->wanted->len &&
			 ip_equal(&address->addr, &search->wanted->addr);
}

/* There are IPv6 link-local addresses again. What is recorded is given back at the stop. */
static void remove_link_local(struct takeover *takeover)
{
	struct netlink_link link;

	if (netlink_link_by_index(takeover->netlink, takeover->link.ifindex, &link) ||
	    !nic_ipv6_may_remove(takeover->link_local, &link, loop_now()))
		return;
	if (!nic_before_note_ipv6(&takeover->before, takeover->netlink, &link))
		nic_ipv6_remove(takeover->netlink, &link, &takeover->before.record);
}

static void find_link_local(const struct ip_prefix *address, void *arg)
{
	bool *found = arg;

	*found |= ip_is_link_local(&address->addr);
}

void takeover_check_link_local(struct takeover *takeover)
{
	bool found = false;

	netlink_address_list(takeover->netlink, takeover->link.ifindex, find_link_local, &found);
	if (found)
		remove_link_local(takeover);
}

bool takeover_heard_address(struct takeover *takeover, const struct ip_prefix *address)
{
	struct address_search search = { .wanted = address };
	bool is_link_local = ip_is_link_local(&address->addr);

	netlink_address_list(takeover->netlink, takeover->link.ifindex, compare_address, &search);
	if (!search.found)
		return false;
	if (is_link_local)
		remove_link_local(takeover);
	else
		nic_before_set_used(&takeover->before);
	if (!peers_config(takeover->peers)->adopt)
		warn_of_address(takeover, address);
	return !is_link_local;
}

void takeover_heard_link(struct takeover *takeover, const struct netlink_link *news)
{
	if (nic_use_heard(&takeover->use, news->flags & IFF_UP))
		nic_before_set_used(&takeover->before);
}

static void warn_address(const struct ip_prefix *address, void *arg)
{
	warn_of_address(arg, address);
}

void takeover_warn_addresses(const struct takeover *takeover)
{
	netlink_address_list(takeover->netlink, takeover->link.ifindex, warn_address,
			     (void *)takeover);
}

static void warn_of_master(const struct takeover *takeover, int master)
{
	struct netlink_link link;

	if (master && !netlink_link_by_index(takeover->netlink, master, &link))
		log_warning("%s is a port of %s, which receives nothing through it while "
			    "clusterarpd runs: remove it from there (ip link set %s nomaster)",
			    takeover->link.name, link.name, takeover->link.name);
}

/* Interfaces without Ethernet headers (lo, a tun device) are refused. */
static int check_type(const struct netlink_link *link)
{
	if (link->type == ARPHRD_ETHER)
		return 0;
	log_error("%s is not an Ethernet interface", link->name);
	return -EINVAL;
}

/* Log what does not arrive through a link of this kind, once. -EINVAL: nothing arrives. */
static int check_kind(struct takeover *takeover, const struct netlink_link *link)
{
	const struct config_node *self = peers_self(takeover->peers);
	char text[NIC_KIND_TEXT];
	enum nic_kind kind =
		nic_kind_of(link, &peers_config(takeover->peers)->mac, &self->dedicated, text);

	if (text[0] && strcmp(text, takeover->misfit) != 0)
		log_write(kind == NIC_KIND_NOTHING ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING, 0, "%s",
			  text);
	memcpy(takeover->misfit, text, sizeof(text));
	return kind == NIC_KIND_NOTHING ? -EINVAL : 0;
}

/* The packet sockets, those of an earlier run if there are any. */
static int open_wire(struct takeover *takeover)
{
	int rc = wire_open(takeover->peers, takeover->link.ifindex, &takeover->wire);

	if (rc)
		log_error_errno(-rc, "%s: cannot open the packet sockets", takeover->link.name);
	return rc;
}

/* The packet sockets receive only while the eBPF programs do not take the frames from the wire. */
static int bind_wire(struct takeover *takeover)
{
	bool receives = !kernel_path_takes_wire(takeover->kernel_path);
	int rc = wire_bind(takeover->wire, programs(takeover), receives);

	if (rc && rc != -ENODEV)
		log_error_errno(-rc, "%s: cannot bind the packet sockets", takeover->link.name);
	return rc;
}

/* Attach the socket filters, and let the shield pass what the daemon sends. Sockets of an earlier
 * run that were bound for sending only are bound to receive at once, unless the eBPF programs still
 * take the frames from the wire. */
static int set_up_wire(struct takeover *takeover)
{
	int rc = wire_set_up(takeover->wire, programs(takeover));

	if (rc)
		log_error_errno(-rc, "%s: cannot set the packet sockets up", takeover->link.name);
	else if (wire_only_sends(takeover->wire))
		rc = bind_wire(takeover);
	return rc;
}

/* The first attempt, on a NIC that no earlier run has shielded, with a TAP that has nothing yet:
 * the NIC's own stack has the addresses, and goes on until everything is attached. */
static bool begins(const struct takeover *takeover)
{
	return !takeover->has_tried && !takeover->tap_is_up &&
	       !shield_is_attached(&takeover->shield);
}

/* Attach the programs, and replace those of an earlier run without a gap. The sockets' filters and
 * the program at ingress share the frames between them, so one is replaced right after the other.
 * If no earlier run's programs forwarded frames, forwarding starts when everything is attached.
 * `goes_on`: they did. `is_ajar`: the shield takes effect when everything is attached. Returns
 * as kernel_path_attach(). */
static int attach_programs(struct takeover *takeover, bool goes_on, bool is_ajar)
{
	int rc;

	kernel_path_set_nic(takeover->kernel_path, &takeover->link, goes_on);
	takeover->shield.programs = programs_hooks(programs(takeover));
	programs_set_ajar(programs(takeover), is_ajar);
	rc = set_up_wire(takeover);
	if (!rc)
		rc = shield_up(&takeover->shield);
	if (!rc)
		rc = kernel_path_attach(takeover->kernel_path);
	if (!rc)
		programs_set_ajar(programs(takeover), false);
	return rc;
}

/* The same; a second time if `datapath = auto` has fallen back to the user data path. */
static int attach_all(struct takeover *takeover)
{
	const struct fd_store_item as_ring = ring_item(takeover);
	bool goes_on = wire_only_sends(takeover->wire), is_ajar = begins(takeover);
	int rc;

	if (!goes_on) /* its frames are of a former NIC, or of another configuration */
		ring_discard(takeover_ring(takeover));
	rc = attach_programs(takeover, goes_on, is_ajar);
	if (rc != KERNEL_PATH_CHANGED)
		return rc;
	fd_store_forget(&as_ring); /* not used on the user data path */
	return attach_programs(takeover, goes_on, is_ajar);
}

static int take_over(struct takeover *takeover)
{
	int rc = nic_before_note(&takeover->before, &takeover->shield, &takeover->link);

	if (!rc)
		rc = open_wire(takeover);
	if (!rc)
		rc = attach_all(takeover);
	if (rc)
		return rc;
	nic_ipv6_remove(takeover->netlink, &takeover->link, &takeover->before.record);
	shield_warn_of_others(&takeover->shield);
	warn_of_master(takeover, takeover->link.master);
	if (!peers_config(takeover->peers)->adopt)
		takeover_warn_addresses(takeover);
	nic_use_begin(&takeover->use, takeover->link.flags & IFF_UP);
	if (!(takeover->link.flags & IFF_UP)) {
		rc = netlink_link_set_up(takeover->netlink, takeover->link.ifindex, true);
		if (rc) {
			log_error_errno(-rc, "%s: cannot set the interface up",
					takeover->link.name);
			return rc;
		}
		takeover->link.flags |= IFF_UP;
		takeover->has_set_up = true;
	}
	return 0;
}

static int find_and_take(struct takeover *takeover)
{
	struct netlink_link link;
	int rc = netlink_link_by_name(takeover->netlink, takeover->interface, &link);

	if (rc == -ENODEV) {
		takeover->misfit[0] = '\0';
		return rc;
	}
	if (rc) {
		log_error_errno(-rc, "%s: cannot look up the interface", takeover->interface);
		return rc;
	}
	rc = check_type(&link);
	if (!rc)
		rc = check_kind(takeover, &link);
	if (!rc)
		rc = lock(takeover, &link);
	if (rc)
		return rc;
	takeover->link = link;
	takeover->shield.ifindex = link.ifindex;
	takeover->shield.broken = false;
	takeover->has_set_up = false;
	rc = take_over(takeover);
	if (rc == -ENODEV) /* removed since it was looked up */
		takeover_lose(takeover);
	return rc;
}

int takeover_attach(struct takeover *takeover)
{
	int rc = find_and_take(takeover);

	takeover->has_tried = true;
	return rc;
}

int takeover_open(struct takeover *takeover)
{
	int rc = bind_wire(takeover);

	if (!rc)
		wire_keep(takeover->wire);
	return rc;
}

bool takeover_has_room(const struct takeover *takeover, const struct peers *peers)
{
	return kernel_path_has_room(takeover->kernel_path, peers);
}

int takeover_reload(struct takeover *takeover)
{
	return kernel_path_reload(takeover->kernel_path);
}

static void close_nic(struct takeover *takeover)
{
	if (takeover->wire) {
		takeover->lost += wire_lost(takeover->wire);
		wire_forget(takeover->wire);
	}
	wire_close(takeover->wire);
	takeover->wire = NULL;
}

/* No NIC is taken over any more. A later NIC of this name is left up at the end if this one was up
 * before. */
static void forget(struct takeover *takeover)
{
	takeover->misfit[0] = '\0';
	nic_before_forget(&takeover->before);
	takeover->link = (struct netlink_link){ 0 };
	kernel_path_forget_nic(takeover->kernel_path);
	unlock(takeover);
}

void takeover_lose(struct takeover *takeover)
{
	close_nic(takeover);
	nic_before_remove(&takeover->before);
	forget(takeover);
}

static void put_back(struct takeover *takeover)
{
	struct nic_record *record = &takeover->before.record;

	nic_before_keep_if_used(takeover->netlink, &takeover->link, record);
	nic_before_put_back(&takeover->shield, record);
	nic_before_remove(&takeover->before);
}

bool takeover_let_through(struct takeover *takeover)
{
	bool stays_up = takeover->link.ifindex && takeover->before.record.was_up;

	if (stays_up)
		programs_set_ajar(programs(takeover), true);
	return stays_up;
}

void takeover_restore(struct takeover *takeover)
{
	if (!takeover->link.ifindex)
		return;
	close_nic(takeover);
	kernel_path_forget_nic(takeover->kernel_path);
	if (takeover->before.record.ifindex ==
	    takeover->link.ifindex) /* else nothing was changed */
		put_back(takeover);
	forget(takeover);
}

const struct netlink_link *takeover_link(const struct takeover *takeover)
{
	return takeover->link.ifindex ? &takeover->link : NULL;
}

bool takeover_has_set_up(const struct takeover *takeover)
{
	return takeover->has_set_up;
}

void takeover_changed(struct takeover *takeover, const struct netlink_link *link)
{
	int master = takeover->link.master;

	takeover->link = *link;
	check_kind(takeover, link);
	kernel_path_nic_changed(takeover->kernel_path, link);
	if (link->master != master)
		warn_of_master(takeover, link->master);
}

struct wire *takeover_wire(struct takeover *takeover)
{
	return takeover->wire;
}

bool takeover_check_shield(struct takeover *takeover, uint64_t now)
{
	char kind[16] = "";
	bool is_shielded, is_in;

	/* The operator has removed the clsact qdisc: the next one is the daemon's. */
	if (!takeover->before.record.clsact_ours && !hooks_use_links(takeover->shield.hooks) &&
	    !netlink_tc_ingress_qdisc(takeover->netlink, takeover->link.ifindex, kind) && !kind[0])
		nic_before_set_qdisc_ours(&takeover->before);
	is_shielded = shield_check(&takeover->shield, now);
	is_in = kernel_path_check(takeover->kernel_path, is_shielded);
	return !bind_wire(takeover) && is_in && is_shielded;
}

bool takeover_is_shielded(const struct takeover *takeover)
{
	return !takeover->shield.broken;
}

bool takeover_has_tap_program(const struct takeover *takeover)
{
	return !kernel_path_is_broken(takeover->kernel_path);
}

bool takeover_set_tap(struct takeover *takeover, int ifindex, bool is_up)
{
	takeover->tap_is_up = is_up;
	return kernel_path_set_tap(takeover->kernel_path, ifindex, is_up);
}

bool takeover_set_shares(struct takeover *takeover, const struct shares_path *shares)
{
	return kernel_path_set_shares(takeover->kernel_path, shares);
}

void takeover_keep(struct takeover *takeover, const struct flow_tuple *connection)
{
	kernel_path_keep(takeover->kernel_path, connection);
}

bool takeover_ask_fails(const struct takeover *takeover)
{
	return kernel_path_ask_fails(takeover->kernel_path);
}

bool takeover_has_kernel_path(const struct takeover *takeover)
{
	return kernel_path_is_used(takeover->kernel_path);
}

struct kernel_path *takeover_kernel_path(const struct takeover *takeover)
{
	return takeover->kernel_path;
}

void takeover_collect(struct takeover *takeover, struct counters *counters)
{
	uint64_t *drops = counters->drops;

	kernel_path_collect(takeover->kernel_path, counters);
	drops[DROP_KERNEL_RING] +=
		takeover->lost + (takeover->wire ? wire_lost(takeover->wire) : 0);
}

void takeover_collect_peer(struct takeover *takeover, struct peer *peer)
{
	kernel_path_collect_peer(takeover->kernel_path, peer);
}
