/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kernel_path: the choice of the data path; see kernel_path.h. */
#include "datapath/kernel_path.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "bpf/bpf_error.h"
#include "bpf/clsact.h"
#include "io/loop.h"
#include "io/netlink/netlink_tc.h"

/* The program that asks stays for so long after the last bucket that needs it: segments that were
 * let through for it are still on their way from the NIC to the TAP. */
#define ASK_LINGER_MS 500

struct kernel_path {
	struct peers *peers;
	struct netlink *netlink;
	struct hooks *hooks;
	struct programs *programs;
	bool forwards; /* the kernel data path */
	int tap, nic;  /* ifindex; 0: none */
	bool tap_is_up, nic_is_up, is_shielded;
	unsigned mtu;
	bool broken;                      /* the TAP's program cannot be attached */
	struct bpf_counts former;         /* of programs that were unloaded */
	const struct shares_path *shares; /* NULL: not set yet */
	bool may_ask;     /* the program that asks may be attached, also by an earlier run */
	bool ask_fails;   /* it cannot be attached */
	bool is_asking;   /* a bucket needs it */
	uint64_t unasked; /* ms: since then no bucket does; 0: since the start */
};

/* --- the maps of the programs --- */

static struct peer_counters as_counters(const struct bpf_peer_counts *counts)
{
	return (struct peer_counters){ .frames_in = counts->in.frames,
				       .bytes_in = counts->in.bytes,
				       .frames_out = counts->out.frames,
				       .bytes_out = counts->out.bytes };
}

/* Give each new peer counters in the programs. They may be those of a former peer: what they count
 * now is the value that the new peer starts from. */
static void assign_slots(struct kernel_path *path)
{
	uint32_t room = programs_peers(path->programs), slot = PROGRAMS_PEER_FIRST;
	bool *used = calloc((size_t)room + PROGRAMS_PEER_FIRST, sizeof(*used));
	struct bpf_peer_counts now;
	size_t i, count = peers_count(path->peers);

	if (!used)
		return; /* new peers have no counters then */
	for (i = 0; i < count; i++)
		used[peers_get(path->peers, i)->slot] = true;
	for (i = 0; i < count; i++) {
		struct peer *peer = peers_get(path->peers, i);

		while (!peer->slot && slot < room + PROGRAMS_PEER_FIRST && used[slot])
			slot++;
		if (peer->slot || slot == room + PROGRAMS_PEER_FIRST ||
		    programs_peer_counts(path->programs, slot, &now))
			continue;
		peer->slot = slot++;
		peer->carried = as_counters(&now);
	}
	free(used);
}

static void add_mac(const struct mac *m, const struct peers_entry *entry, void *arg)
{
	struct programs_cluster *cluster = arg;

	cluster->macs[cluster->mac_count++] =
		(struct programs_mac){ *m, entry->roles, entry->peer ? entry->peer->slot : 0 };
}

static void add_ip(const struct ip_addr *ip, const struct peers_entry *entry, void *arg)
{
	struct programs_cluster *cluster = arg;

	cluster->ips[cluster->ip_count++] =
		(struct programs_ip){ *ip, entry->roles, entry->peer ? entry->peer->slot : 0 };
}

static int configure(struct kernel_path *path)
{
	struct programs_cluster cluster = { .policy = peers_policy(path->peers),
					    .cluster = &peers_config(path->peers)->mac,
					    .source = &peers_self(path->peers)->source };
	int rc = -ENOMEM;

	if (path->forwards)
		assign_slots(path);
	cluster.macs = calloc(peers_mac_count(path->peers), sizeof(*cluster.macs));
	cluster.ips = calloc(peers_ip_count(path->peers) + 1, sizeof(*cluster.ips));
	if (cluster.macs && cluster.ips) {
		peers_each_mac(path->peers, add_mac, &cluster);
		peers_each_ip(path->peers, add_ip, &cluster);
		rc = programs_configure(path->programs, &cluster);
	}
	free(cluster.macs);
	free(cluster.ips);
	return rc;
}

/* As many addresses of this host as may be known, each with a broadcast address, beside the file's.
 */
static struct programs_room room_for(const struct peers *peers)
{
	return (struct programs_room){ .macs = peers_mac_count(peers),
				       .ips = peers_ip_count(peers) + 2 * PEERS_OWN_MAX,
				       .peers = peers_count(peers) };
}

bool kernel_path_has_room(const struct kernel_path *path, const struct peers *peers)
{
	const struct programs_room room = room_for(peers);

	return programs_have_room(path->programs, &room);
}

int kernel_path_reload(struct kernel_path *path)
{
	return configure(path);
}

/* --- loading --- */

static void forget_slots(struct kernel_path *path)
{
	for (size_t i = 0; i < peers_count(path->peers); i++)
		peers_get(path->peers, i)->slot = 0;
}

/* Load programs. They replace the loaded ones only if that succeeds. */
static int load(struct kernel_path *path, bool forwards, int ring)
{
	const struct programs_room room = room_for(path->peers);
	struct kernel_path before = *path;
	int rc = programs_load(&room, forwards, ring, &path->programs);

	if (rc)
		return rc;
	path->forwards = forwards;
	rc = configure(path);
	if (!rc) {
		if (path->shares)
			programs_set_shares(path->programs, path->shares);
		programs_unload(before.programs);
		return 0;
	}
	programs_unload(path->programs);
	*path = before;
	return rc;
}

static int refuse(int rc)
{
	log_error_errno(-rc, "cannot load the eBPF programs (%s)", bpf_error_text());
	return rc;
}

/* Load the user data path. `why`: the reason why the kernel data path is not available. */
static int load_user_path(struct kernel_path *path, const char *why)
{
	int rc = load(path, false, -1);

	if (rc)
		return refuse(rc);
	log_warning("no kernel data path (%s): frames pass through the daemon", why);
	return 0;
}

static int load_wanted(struct kernel_path *path, int ring)
{
	enum config_datapath wanted = peers_config(path->peers)->datapath;
	char why[256];
	int rc = load(path, wanted != DATAPATH_USER, ring);

	if (!rc)
		return 0;
	if (wanted != DATAPATH_AUTO)
		return refuse(rc);
	snprintf(why, sizeof(why), "%s: %s", strerror(-rc), bpf_error_text());
	return load_user_path(path, why);
}

struct kernel_path *kernel_path_create(struct peers *peers, struct netlink *netlink,
				       struct hooks *hooks, int ring)
{
	struct kernel_path *path = calloc(1, sizeof(*path));

	if (!path)
		return NULL;
	path->peers = peers;
	path->netlink = netlink;
	path->hooks = hooks;
	path->may_ask = true;
	if (!load_wanted(path, ring))
		return path;
	kernel_path_destroy(path);
	return NULL;
}

void kernel_path_destroy(struct kernel_path *path)
{
	if (!path)
		return;
	programs_unload(path->programs);
	free(path);
}

bool kernel_path_is_used(const struct kernel_path *path)
{
	return path->forwards;
}

struct programs *kernel_path_programs(const struct kernel_path *path)
{
	return path->programs;
}

/* --- NIC and TAP --- */

bool kernel_path_takes_wire(const struct kernel_path *path)
{
	return path->forwards && path->is_shielded;
}

/* Frames that the programs cannot forward, because an interface is down or gone, go to the daemon:
 * it knows the reason, and counts them under it. */
static void set_path(struct kernel_path *path)
{
	const struct programs_path to = { .nic = path->nic_is_up ? (unsigned)path->nic : 0,
					  .tap = path->tap_is_up ? (unsigned)path->tap : 0,
					  .mtu = path->mtu,
					  .is_in = path->is_shielded };

	if (path->forwards)
		programs_set_path(path->programs, &to);
}

static const char *tap_name(const struct kernel_path *path)
{
	return peers_config(path->peers)->tap;
}

/* --- the program that asks for connections --- */

/* False: it is attached, and to be detached later. */
static bool end_asks(struct kernel_path *path)
{
	if (!path->may_ask)
		return true;
	if (loop_now() - path->unasked < ASK_LINGER_MS)
		return false;
	path->may_ask = hooks_detach_ask(path->hooks, path->tap) != 0;
	return true;
}

/* Have it attached to the TAP while it is needed, and only then. False: to be called again. */
static bool follow_asks(struct kernel_path *path)
{
	bool did_fail = path->ask_fails, changed;
	int rc;

	path->ask_fails = false;
	if (!path->tap)
		return true;
	if (!path->shares || !path->shares->asks)
		return end_asks(path);
	path->may_ask = true;
	rc = hooks_attach_ask(path->hooks, programs_hooks(path->programs), path->tap, &changed);
	path->ask_fails = rc && rc != -ENODEV;
	if (path->ask_fails && !did_fail)
		log_error_errno(
			-rc,
			"%s: cannot attach the program that asks for connections (%s): those "
			"that other nodes have may be cut",
			tap_name(path), bpf_error_text());
	return !path->ask_fails;
}

bool kernel_path_set_shares(struct kernel_path *path, const struct shares_path *shares)
{
	bool is_well = true;

	path->shares = shares;
	if (shares->asks) /* before a segment passes that has to be asked about */
		is_well = follow_asks(path);
	programs_set_shares(path->programs, shares);
	if (path->is_asking && !shares->asks)
		path->unasked = loop_now();
	path->is_asking = shares->asks;
	return shares->asks ? is_well : follow_asks(path);
}

/* --- the TAP's program of the kernel data path --- */

static void count_filter(const struct netlink_tc_filter *filter, void *arg)
{
	unsigned *count = arg;

	*count += !clsact_is_ours(HOOK_TAP_EGRESS, filter->priority, filter->handle);
}

/* Has the operator filters at the TAP's egress? */
static bool is_filtered(const struct kernel_path *path)
{
	unsigned count = 0;

	netlink_tc_list(path->netlink, path->tap, NETLINK_TC_EGRESS, count_filter, &count);
	return count > 0;
}

/* A filter needs clsact. On failure *why is the reason. */
static int check_qdisc(struct kernel_path *path, const char **why)
{
	char kind[16] = "";
	int rc = netlink_tc_ingress_qdisc(path->netlink, path->tap, kind);

	*why = "cannot list its qdiscs";
	if (rc < 0)
		return rc;
	*why = "its ingress qdisc is not clsact";
	if (!kind[0] || !strcmp(kind, "clsact"))
		return 0;
	hooks_detach_tap(path->hooks, path->tap);
	return -EBUSY;
}

/* Attach the TAP's program. On failure *why is the reason. */
static int attach_to_tap(struct kernel_path *path, bool *changed, const char **why)
{
	bool by_link = hooks_use_links(path->hooks);
	int rc = by_link ? 0 : check_qdisc(path, why);

	if (rc)
		return rc;
	rc = hooks_attach_tap(path->hooks, programs_hooks(path->programs), path->tap,
			      by_link && is_filtered(path), changed);
	*why = bpf_error_text();
	return rc == -ENODEV ? 0 : rc; /* the TAP is gone: it will be created again */
}

bool kernel_path_check(struct kernel_path *path, bool is_shielded)
{
	bool was_broken = path->broken, changed = false, can_ask;
	const char *why;
	int rc = 0;

	path->is_shielded = is_shielded;
	can_ask = follow_asks(path);
	set_path(path);
	if (path->forwards && path->nic && path->tap)
		rc = attach_to_tap(path, &changed, &why);
	path->broken = rc != 0;
	if (rc && !was_broken)
		log_error_errno(-rc,
				"%s: cannot attach the data path's program again (%s): the daemon "
				"forwards what the host sends",
				tap_name(path), why);
	else if (changed)
		log_warning("%s: the data path's program was removed: attached again",
			    tap_name(path));
	return !rc && can_ask;
}

void kernel_path_keep(struct kernel_path *path, const struct flow_tuple *connection)
{
	programs_keep(path->programs, connection);
}

bool kernel_path_is_broken(const struct kernel_path *path)
{
	return path->broken;
}

bool kernel_path_ask_fails(const struct kernel_path *path)
{
	return path->ask_fails;
}

bool kernel_path_set_tap(struct kernel_path *path, int ifindex, bool is_up)
{
	bool changed;
	const char *why;
	int rc = 0;

	path->tap_is_up = is_up;
	if (ifindex != path->tap)
		path->broken = false;
	path->tap = ifindex;
	follow_asks(path); /* before frames reach it */
	set_path(path);
	if (path->broken)
		return false;
	if (path->forwards && path->nic && path->tap)
		rc = attach_to_tap(path, &changed, &why);
	path->broken = rc != 0;
	if (rc)
		log_error_errno(-rc, "%s: cannot attach the data path's program (%s)",
				tap_name(path), why);
	return !rc;
}

void kernel_path_collect_peer(struct kernel_path *path, struct peer *peer)
{
	struct peer_counters *c = &peer->counters, *before = &peer->carried;
	struct bpf_peer_counts now;

	if (!peer->slot || programs_peer_counts(path->programs, peer->slot, &now))
		return;
	c->frames_in += now.in.frames - before->frames_in;
	c->bytes_in += now.in.bytes - before->bytes_in;
	c->frames_out += now.out.frames - before->frames_out;
	c->bytes_out += now.out.bytes - before->bytes_out;
	*before = as_counters(&now);
}

static void collect_peers(struct kernel_path *path)
{
	for (size_t i = 0; i < peers_count(path->peers); i++)
		kernel_path_collect_peer(path, peers_get(path->peers, i));
}

/* The programs' counters, to be read before the programs are unloaded. */
static struct bpf_counts last_counts(struct kernel_path *path)
{
	struct bpf_counts counts;

	collect_peers(path);
	return programs_counts(path->programs, &counts) ? (struct bpf_counts){ 0 } : counts;
}

static int fall_back(struct kernel_path *path, int reason, const char *what)
{
	struct bpf_counts counts;
	char why[256];

	snprintf(why, sizeof(why), "%s: %s: %s", tap_name(path), strerror(-reason), what);
	if (peers_config(path->peers)->datapath != DATAPATH_AUTO) {
		log_error("no kernel data path (%s)", why);
		return reason;
	}
	counts = last_counts(path);
	reason = load_user_path(path, why);
	if (reason)
		return reason;
	path->former = counts;
	forget_slots(path);
	follow_asks(path);
	return KERNEL_PATH_CHANGED;
}

void kernel_path_set_nic(struct kernel_path *path, const struct netlink_link *nic, bool goes_on)
{
	path->nic = nic->ifindex;
	path->is_shielded = goes_on;
	path->broken = false;
	kernel_path_nic_changed(path, nic);
	if (!path->forwards && path->tap)
		hooks_detach_tap(path->hooks, path->tap);
}

int kernel_path_attach(struct kernel_path *path)
{
	bool changed;
	const char *why;
	int rc = 0;

	if (path->forwards && path->tap)
		rc = attach_to_tap(path, &changed, &why);
	if (rc)
		return fall_back(path, rc, why);
	path->is_shielded = true;
	set_path(path);
	return 0;
}

void kernel_path_nic_changed(struct kernel_path *path, const struct netlink_link *nic)
{
	path->nic_is_up = (nic->flags & IFF_UP) && (nic->flags & IFF_RUNNING);
	path->mtu = nic->mtu;
	set_path(path);
}

void kernel_path_forget_nic(struct kernel_path *path)
{
	path->nic = 0;
	path->nic_is_up = path->is_shielded = false;
	set_path(path);
}

/* --- capture --- */

/* Attach what programs_hooks() names now, to where something is attached. What is not is attached
 * by the checks later. On failure *why is the reason. */
static int exchange_programs(struct kernel_path *path, const char **why)
{
	const struct hook_programs *programs = programs_hooks(path->programs);
	bool changed;
	int rc = 0;

	*why = "";
	if (path->nic && path->is_shielded) {
		rc = hooks_attach_shield(path->hooks, programs, path->nic, &changed);
		*why = bpf_error_text();
	}
	if (!rc && path->nic && path->tap && !path->broken)
		rc = attach_to_tap(path, &changed, why);
	if (!rc)
		follow_asks(path);
	return rc == -ENODEV ? 0 : rc;
}

int kernel_path_observe(struct kernel_path *path, unsigned snaplen)
{
	const char *why;
	int rc;

	if (!path->forwards)
		return -EOPNOTSUPP;
	rc = programs_observe(path->programs, snaplen);
	if (rc) {
		log_warning_errno(-rc, "cannot load the eBPF programs for a capture (%s)",
				  bpf_error_text());
		return rc;
	}
	rc = exchange_programs(path, &why);
	if (!rc)
		return 0;
	log_warning_errno(-rc, "cannot attach the eBPF programs for a capture (%s)", why);
	kernel_path_end_observing(path);
	kernel_path_forget_observed(path);
	return rc;
}

struct observe *kernel_path_observed(const struct kernel_path *path)
{
	return programs_observed(path->programs);
}

void kernel_path_end_observing(struct kernel_path *path)
{
	const char *why;
	int rc;

	if (!kernel_path_observed(path))
		return;
	rc = programs_end_observing(path->programs);
	if (!rc)
		rc = exchange_programs(path, &why);
	if (rc)
		log_error_errno(-rc, "cannot attach the eBPF programs again after a capture (%s)",
				bpf_error_text());
	observe_settle();
}

void kernel_path_forget_observed(struct kernel_path *path)
{
	programs_unload_observing(path->programs);
}

/* --- counters --- */

static void add_counts(struct counters *counters, const struct bpf_counts *from)
{
	counters->tap_frames_in += from->tap_in.frames;
	counters->tap_bytes_in += from->tap_in.bytes;
	counters->tap_frames_out += from->tap_out.frames;
	counters->tap_bytes_out += from->tap_out.bytes;
	counters->nic_frames_in += from->nic_in.frames;
	counters->nic_bytes_in += from->nic_in.bytes;
	counters->nic_frames_out += from->nic_out.frames;
	counters->nic_bytes_out += from->nic_out.bytes;
	for (unsigned reason = 0; reason < DROP_REASONS; reason++)
		counters->drops[reason] += from->drops[reason];
}

void kernel_path_collect(struct kernel_path *path, struct counters *counters)
{
	struct bpf_counts now;

	collect_peers(path);
	add_counts(counters, &path->former);
	if (!programs_counts(path->programs, &now))
		add_counts(counters, &now);
}
