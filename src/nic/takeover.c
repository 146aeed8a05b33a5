/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wire: the NIC taken over and given back; see wire.h.
 *
 * The order matters. Taking over: record, socket, shield, up, socket bound; so that a crash at
 * any point leaves a record of what to put back, and the NIC's own stack never sees the
 * wire. Giving back: socket, shield, qdisc, down, record.
 */
#include "nic/takeover.h"

#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdlib.h>
#include <unistd.h>

#include "datapath/kernel_path.h"
#include "persist/fd_store.h"
#include "nic/nic_lock.h"
#include "base/log.h"
#include "persist/nic_record.h"
#include "nic/shield.h"

/* Of the packet socket, as of nic_bind(). */
enum socket_state { SOCKET_UNBOUND, SOCKET_HEARS, SOCKET_DEAF };

struct wire {
	struct peers *peers;
	const char *interface;
	struct netlink *netlink;
	struct datapath *datapath;
	struct nic *nic;
	struct shield shield;
	struct netlink_link link; /* ifindex 0: not attached */
	int lock;
	char *record_path;
	struct record record;
	bool was_up;   /* a NIC that we had before, as it was then */
	uint64_t lost; /* by packet sockets that are closed */
	enum socket_state socket;
};

struct kernel *wire_kernel(const struct wire *wire)
{
	return datapath_kernel(wire->datapath);
}

static struct handover handed_ring(const struct wire *wire)
{
	return (struct handover){ .kind = HANDOVER_RING, .peers = wire->peers };
}

/* With the ring buffer of an earlier run, and what has come there meanwhile. */
static bool create_datapath(struct wire *wire)
{
	const struct handover as_ring = handed_ring(wire);
	bool uses_ring = peers_config(wire->peers)->datapath != DATAPATH_USER;
	int ring = uses_ring ? handover_take(&as_ring) : -1;

	wire->datapath = datapath_create(wire->peers, wire->netlink, ring);
	if (ring >= 0) {
		close(ring);
		handover_forget(&as_ring); /* it may not have been of use */
	}
	if (wire->datapath && datapath_is_kernel(wire->datapath))
		handover_store(&as_ring, kernel_ring_fd(wire_kernel(wire)));
	return wire->datapath;
}

struct wire *wire_create(struct peers *peers, struct netlink *netlink, const char *socket)
{
	struct wire *wire = calloc(1, sizeof(*wire));

	if (!wire)
		return NULL;
	wire->peers = peers;
	wire->interface = peers_config(peers)->interface;
	wire->netlink = netlink;
	wire->lock = -1;
	wire->record_path = record_path(socket, wire->interface);
	wire->shield = (struct shield){ .netlink = netlink, .interface = wire->interface };
	if (wire->record_path && create_datapath(wire))
		return wire;
	wire_destroy(wire);
	return NULL;
}

static void unlock(struct wire *wire)
{
	if (wire->lock >= 0)
		close(wire->lock);
	wire->lock = -1;
}

void wire_destroy(struct wire *wire)
{
	if (!wire)
		return;
	nic_close(wire->nic);
	datapath_destroy(wire->datapath);
	unlock(wire);
	free(wire->record_path);
	free(wire);
}

static int lock(struct wire *wire, int ifindex)
{
	pid_t holder = 0;
	int fd = lock_nic(wire->interface, ifindex, &holder);

	if (fd >= 0) {
		wire->lock = fd;
		return 0;
	}
	if (fd == -EBUSY)
		log_error("%s: another clusterarpd runs on this interface (process %ld)",
			  wire->interface, (long)holder);
	else
		log_error_errno(-fd, "%s: cannot lock the interface", wire->interface);
	return -EBUSY;
}

static int save_record(struct wire *wire)
{
	int rc = record_write(wire->record_path, &wire->record);

	if (rc)
		log_error_errno(-rc, "cannot write %s", wire->record_path);
	return rc;
}

/* What was there before us: as a run before this one wrote it down, if it did not come
 * to its orderly end, else as it is now. */
static int take_record(struct wire *wire, const struct netlink_link *link)
{
	struct record *now = &wire->record, old = { 0 };
	bool clsact;
	int rc = shield_find_qdisc(&wire->shield, &clsact);

	if (rc)
		return rc;
	*now = (struct record){ .ifindex = link->ifindex,
				.netns = record_netns(),
				.was_up = (link->flags & IFF_UP) || wire->was_up,
				.clsact_ours = !clsact };
	rc = record_read(wire->record_path, &old);
	if (!rc && old.ifindex == now->ifindex && old.netns == now->netns) {
		log_notice("%s: taking over what an earlier run left", link->name);
		now->was_up = old.was_up;
		now->clsact_ours |= old.clsact_ours;
	} else if (clsact && shield_left_behind(&wire->shield)) {
		log_warning("%s: a run that did not stop orderly left its shield, and no record "
			    "(%s) of what was there before",
			    link->name, wire->record_path);
		now->clsact_ours = true;
	}
	return save_record(wire);
}

static void warn_of_address(const struct wire *wire, const struct ip_prefix *address)
{
	char text[PREFIX_STRLEN];

	if (ip_is_link_local(&address->addr)) /* the kernel makes them for every interface */
		return;
	log_warning("%s has the address %s, which does not work while clusterarpd runs: move "
		    "it to %s (and keep DHCP clients and network managers off %s)",
		    wire->link.name, prefix_format(address, text), peers_config(wire->peers)->tap,
		    wire->link.name);
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

void wire_heard_address(const struct wire *wire, const struct ip_prefix *address)
{
	struct address_search search = { .wanted = address };

	netlink_address_list(wire->netlink, wire->link.ifindex, compare_address, &search);
	if (search.found)
		warn_of_address(wire, address);
}

static void warn_address(const struct ip_prefix *address, void *arg)
{
	warn_of_address(arg, address);
}

void wire_warn_addresses(const struct wire *wire)
{
	netlink_address_list(wire->netlink, wire->link.ifindex, warn_address, (void *)wire);
}

static void warn_of_master(const struct wire *wire, int master)
{
	struct netlink_link link;

	if (master && !netlink_link_by_index(wire->netlink, master, &link))
		log_warning("%s is a port of %s, which hears nothing by it while clusterarpd "
			    "runs: take it out (ip link set %s nomaster)",
			    wire->link.name, link.name, wire->link.name);
}

/* Neither lo nor a tun: what has no Ethernet header has no place for all this. */
static int check_type(const struct netlink_link *link)
{
	if (link->type == ARPHRD_ETHER)
		return 0;
	log_error("%s is not an Ethernet interface", link->name);
	return -EINVAL;
}

/* What the NIC must receive beside its own MAC. All groups, for the stack behind the TAP
 * joins and leaves as it likes and filters for itself. */
static int join(struct wire *wire)
{
	const struct config_node *self = peers_self(wire->peers);
	int rc = nic_join(wire->nic, wire->link.ifindex, &peers_config(wire->peers)->mac);

	if (!rc)
		rc = nic_join(wire->nic, wire->link.ifindex, &self->dedicated);
	if (!rc)
		rc = nic_join(wire->nic, wire->link.ifindex, &self->source);
	if (!rc)
		rc = nic_join_all_groups(wire->nic, wire->link.ifindex);
	return rc;
}

static struct handover handed_nic(const struct wire *wire)
{
	return (struct handover){ HANDOVER_NIC, wire->peers, wire->link.ifindex };
}

/* The socket of an earlier run, with what has arrived there meanwhile. */
static bool adopt_socket(struct wire *wire)
{
	const struct handover as_nic = handed_nic(wire);
	int fd = handover_take(&as_nic);
	bool hears;

	if (fd < 0 || nic_adopt(fd, wire->link.ifindex, &wire->nic, &hears))
		return false;
	wire->socket = hears ? SOCKET_HEARS : SOCKET_DEAF;
	return true;
}

static int make_socket(struct wire *wire)
{
	int rc = nic_open(&wire->nic);

	wire->socket = SOCKET_UNBOUND;
	return rc ? rc : join(wire);
}

static int open_socket(struct wire *wire)
{
	int rc = adopt_socket(wire) ? 0 : make_socket(wire);

	if (rc)
		log_error_errno(-rc, "%s: cannot open the packet socket", wire->interface);
	return rc;
}

/* The packet socket hears what the programs do not take. */
static int bind_socket(struct wire *wire)
{
	bool hears = !datapath_takes_wire(wire->datapath);
	enum socket_state wanted = hears ? SOCKET_HEARS : SOCKET_DEAF;
	int rc;

	if (wire->socket == wanted)
		return 0;
	rc = nic_bind(wire->nic, wire->link.ifindex, hears);
	if (!rc)
		wire->socket = wanted;
	else if (rc != -ENODEV)
		log_error_errno(-rc, "%s: cannot bind the packet socket", wire->interface);
	return rc;
}

/* The packet socket is the programs' now. One of an earlier run that has been deaf hears again at
 * once, if these programs do not go on. */
static int own_socket(struct wire *wire)
{
	int rc = kernel_own_socket(wire_kernel(wire), nic_fd(wire->nic));

	if (rc)
		log_error_errno(-rc, "%s: cannot set the packet socket up", wire->interface);
	else if (wire->socket == SOCKET_DEAF)
		rc = bind_socket(wire);
	return rc;
}

/* At no moment is a program of an earlier run gone before ours is there. The socket's filter and
 * the program at ingress, which divide the frames between them, change one right after the other;
 * where nobody sent frames on before, that begins when all is in its place. As of
 * datapath_attach(). */
static int put_programs_in(struct wire *wire, bool goes_on)
{
	int rc;

	datapath_set_nic(wire->datapath, &wire->link, goes_on);
	wire->shield.kernel = wire_kernel(wire);
	rc = own_socket(wire);
	if (!rc)
		rc = shield_up(&wire->shield);
	return rc ? rc : datapath_attach(wire->datapath);
}

static int put_all_in(struct wire *wire)
{
	const struct handover as_ring = handed_ring(wire);
	bool goes_on = wire->socket == SOCKET_DEAF;
	int rc;

	if (!goes_on) /* of a NIC that was there before, or of another configuration */
		kernel_forget_frames(wire_kernel(wire));
	rc = put_programs_in(wire, goes_on);
	if (rc != DATAPATH_CHANGED)
		return rc;
	handover_forget(&as_ring); /* of no use on the user data path */
	return put_programs_in(wire, goes_on);
}

static int take_over(struct wire *wire)
{
	int rc = take_record(wire, &wire->link);

	if (!rc)
		rc = open_socket(wire);
	if (!rc)
		rc = put_all_in(wire);
	if (rc)
		return rc;
	shield_warn_of_others(&wire->shield);
	warn_of_master(wire, wire->link.master);
	if (!peers_config(wire->peers)->adopt)
		wire_warn_addresses(wire);
	if (!(wire->link.flags & IFF_UP)) {
		rc = netlink_link_set_up(wire->netlink, wire->link.ifindex, true);
		if (rc) {
			log_error_errno(-rc, "%s: cannot set it up", wire->interface);
			return rc;
		}
	}
	return 0;
}

int wire_attach(struct wire *wire)
{
	struct netlink_link link;
	int rc = netlink_link_by_name(wire->netlink, wire->interface, &link);

	if (rc == -ENODEV)
		return rc;
	if (rc) {
		log_error_errno(-rc, "%s: cannot look it up", wire->interface);
		return rc;
	}
	rc = check_type(&link);
	if (!rc)
		rc = lock(wire, link.ifindex);
	if (rc)
		return rc;
	wire->link = link;
	wire->shield.ifindex = link.ifindex;
	wire->shield.broken = false;
	rc = take_over(wire);
	if (rc == -ENODEV) /* gone meanwhile */
		wire_lose(wire);
	return rc;
}

int wire_open(struct wire *wire)
{
	const struct handover as_nic = handed_nic(wire);
	int rc = bind_socket(wire);

	if (!rc)
		handover_store(&as_nic, nic_fd(wire->nic));
	return rc;
}

int wire_reload(struct wire *wire)
{
	return datapath_reload(wire->datapath);
}

static void close_nic(struct wire *wire)
{
	const struct handover as_nic = handed_nic(wire);

	if (wire->nic) {
		wire->lost += nic_lost(wire->nic);
		handover_forget(&as_nic);
	}
	nic_close(wire->nic);
	wire->nic = NULL;
}

/* No NIC is ours any more. One that comes in its place is left as this one was found: up
 * if it was. */
static void forget(struct wire *wire)
{
	wire->was_up |= wire->record.was_up;
	wire->record = (struct record){ 0 };
	wire->link = (struct netlink_link){ 0 };
	datapath_forget_nic(wire->datapath);
	unlock(wire);
}

void wire_lose(struct wire *wire)
{
	close_nic(wire);
	record_remove(wire->record_path);
	forget(wire);
}

/* Down before unshielded: a NIC that was down has not been heard on the wire. */
void wire_put_back(struct shield *shield, const struct record *record)
{
	if (!record->was_up)
		netlink_link_set_up(shield->netlink, shield->ifindex, false);
	shield_down(shield, record->clsact_ours);
}

static void put_back(struct wire *wire)
{
	wire_put_back(&wire->shield, &wire->record);
	record_remove(wire->record_path);
}

void wire_restore(struct wire *wire)
{
	if (!wire->link.ifindex)
		return;
	close_nic(wire);
	datapath_forget_nic(wire->datapath);
	if (wire->record.ifindex == wire->link.ifindex) /* else nothing was changed */
		put_back(wire);
	forget(wire);
}

const struct netlink_link *wire_link(const struct wire *wire)
{
	return wire->link.ifindex ? &wire->link : NULL;
}

void wire_changed(struct wire *wire, const struct netlink_link *link)
{
	int master = wire->link.master;

	wire->link = *link;
	datapath_nic_changed(wire->datapath, link);
	if (link->master != master)
		warn_of_master(wire, link->master);
}

struct nic *wire_nic(struct wire *wire)
{
	return wire->nic;
}

bool wire_check_shield(struct wire *wire, uint64_t now)
{
	char kind[16] = "";
	bool is_shielded, is_in;

	/* clsact was the operator's, who took it away: the one to come is ours. */
	if (!wire->record.clsact_ours &&
	    !netlink_tc_ingress_qdisc(wire->netlink, wire->link.ifindex, kind) && !kind[0]) {
		wire->record.clsact_ours = true;
		save_record(wire);
	}
	is_shielded = shield_check(&wire->shield, now);
	is_in = datapath_check(wire->datapath, is_shielded);
	return !bind_socket(wire) && is_in && is_shielded;
}

bool wire_set_tap(struct wire *wire, int ifindex, bool is_up)
{
	return datapath_set_tap(wire->datapath, ifindex, is_up);
}

bool wire_has_kernel_path(const struct wire *wire)
{
	return datapath_is_kernel(wire->datapath);
}

void wire_collect(struct wire *wire, struct counters *counters)
{
	uint64_t *drops = counters->drops;

	datapath_collect(wire->datapath, counters);
	drops[DROP_KERNEL_RING] += wire->lost + (wire->nic ? nic_lost(wire->nic) : 0);
}
