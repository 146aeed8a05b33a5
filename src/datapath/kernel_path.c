/* SPDX-License-Identifier: GPL-2.0-or-later */
/* datapath: which way frames take; see datapath.h. */
#include "datapath/kernel_path.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

struct datapath {
	struct peers *peers;
	struct netlink *netlink;
	struct kernel *kernel;
	bool forwards; /* the kernel data path */
	int tap, nic;  /* ifindex; 0: none */
	bool tap_is_up, nic_is_up, is_shielded;
	unsigned mtu;
	bool broken;              /* the TAP's program is out and cannot be put in */
	struct bpf_counts former; /* of programs that are unloaded */
};

/* --- the cluster as the programs know it --- */

static struct peer_counters as_counters(const struct bpf_peer_counts *counts)
{
	return (struct peer_counters){ .frames_in = counts->in.frames,
				       .bytes_in = counts->in.bytes,
				       .frames_out = counts->out.frames,
				       .bytes_out = counts->out.bytes };
}

/* Counters of peers that left are given to those that come. */
static void assign_slots(struct datapath *dp)
{
	uint32_t room = kernel_peers(dp->kernel), slot = KERNEL_PEER_FIRST;
	bool *used = calloc((size_t)room + KERNEL_PEER_FIRST, sizeof(*used));
	struct bpf_peer_counts now;
	size_t i, count = peers_count(dp->peers);

	if (!used)
		return; /* new peers go uncounted */
	for (i = 0; i < count; i++)
		used[peers_get(dp->peers, i)->slot] = true;
	for (i = 0; i < count; i++) {
		struct peer *peer = peers_get(dp->peers, i);

		while (!peer->slot && slot < room + KERNEL_PEER_FIRST && used[slot])
			slot++;
		if (peer->slot || slot == room + KERNEL_PEER_FIRST ||
		    kernel_peer_counts(dp->kernel, slot, &now))
			continue;
		peer->slot = slot++;
		peer->carried = as_counters(&now);
	}
	free(used);
}

static void add_mac(const struct mac *m, const struct peers_entry *entry, void *arg)
{
	struct kernel_cluster *cluster = arg;

	cluster->macs[cluster->mac_count++] =
		(struct kernel_mac){ *m, entry->roles, entry->peer ? entry->peer->slot : 0 };
}

static void add_ip(const struct ip_addr *ip, const struct peers_entry *entry, void *arg)
{
	struct kernel_cluster *cluster = arg;

	cluster->ips[cluster->ip_count++] =
		(struct kernel_ip){ *ip, entry->roles, entry->peer ? entry->peer->slot : 0 };
}

static int configure(struct datapath *dp)
{
	struct kernel_cluster cluster = { .policy = peers_policy(dp->peers),
					  .cluster = &peers_config(dp->peers)->mac,
					  .source = &peers_self(dp->peers)->source };
	int rc = -ENOMEM;

	if (dp->forwards)
		assign_slots(dp);
	cluster.macs = calloc(peers_mac_count(dp->peers), sizeof(*cluster.macs));
	cluster.ips = calloc(peers_ip_count(dp->peers) + 1, sizeof(*cluster.ips));
	if (cluster.macs && cluster.ips) {
		peers_each_mac(dp->peers, add_mac, &cluster);
		peers_each_ip(dp->peers, add_ip, &cluster);
		rc = kernel_configure(dp->kernel, &cluster);
	}
	free(cluster.macs);
	free(cluster.ips);
	return rc;
}

int datapath_reload(struct datapath *dp)
{
	return configure(dp);
}

/* --- loading --- */

static void forget_slots(struct datapath *dp)
{
	for (size_t i = 0; i < peers_count(dp->peers); i++)
		peers_get(dp->peers, i)->slot = 0;
}

/* In place of those that are loaded, if it succeeds. */
static int load(struct datapath *dp, bool forwards, int ring)
{
	struct kernel_room room = { .macs = peers_mac_count(dp->peers),
				    .ips = peers_ip_count(dp->peers),
				    .peers = peers_count(dp->peers) };
	struct datapath before = *dp;
	int rc = kernel_load(&room, forwards, ring, &dp->kernel);

	if (rc)
		return rc;
	dp->forwards = forwards;
	rc = configure(dp);
	if (!rc) {
		kernel_unload(before.kernel);
		return 0;
	}
	kernel_unload(dp->kernel);
	*dp = before;
	return rc;
}

static int refuse(int rc)
{
	log_error_errno(-rc, "cannot load the eBPF programs (%s)", kernel_error());
	return rc;
}

/* The user data path, in place of the other, of which `why` tells. */
static int load_other(struct datapath *dp, const char *why)
{
	int rc = load(dp, false, -1);

	if (rc)
		return refuse(rc);
	log_warning("no kernel data path (%s): frames pass through the daemon", why);
	return 0;
}

static int load_wanted(struct datapath *dp, int ring)
{
	enum config_datapath wanted = peers_config(dp->peers)->datapath;
	char why[256];
	int rc = load(dp, wanted != DATAPATH_USER, ring);

	if (!rc)
		return 0;
	if (wanted != DATAPATH_AUTO)
		return refuse(rc);
	snprintf(why, sizeof(why), "%s: %s", strerror(-rc), kernel_error());
	return load_other(dp, why);
}

struct datapath *datapath_create(struct peers *peers, struct netlink *netlink, int ring)
{
	struct datapath *dp = calloc(1, sizeof(*dp));

	if (!dp)
		return NULL;
	dp->peers = peers;
	dp->netlink = netlink;
	if (!load_wanted(dp, ring))
		return dp;
	datapath_destroy(dp);
	return NULL;
}

void datapath_destroy(struct datapath *dp)
{
	if (!dp)
		return;
	kernel_unload(dp->kernel);
	free(dp);
}

bool datapath_is_kernel(const struct datapath *dp)
{
	return dp->forwards;
}

struct kernel *datapath_kernel(const struct datapath *dp)
{
	return dp->kernel;
}

/* --- NIC and TAP --- */

bool datapath_takes_wire(const struct datapath *dp)
{
	return dp->forwards && dp->is_shielded;
}

/* What cannot go on by itself is the daemon's, which counts it, and knows why. */
static void set_path(struct datapath *dp)
{
	const struct kernel_path path = { .nic = dp->nic_is_up ? (unsigned)dp->nic : 0,
					  .tap = dp->tap_is_up ? (unsigned)dp->tap : 0,
					  .mtu = dp->mtu,
					  .is_in = dp->is_shielded };

	if (dp->forwards)
		kernel_set_path(dp->kernel, &path);
}

/* `why` holds what is in the way, where this fails. */
static int put_in(struct datapath *dp, bool *changed, const char **why)
{
	char kind[16] = "";
	int rc = netlink_tc_ingress_qdisc(dp->netlink, dp->tap, kind);

	*why = "its qdiscs cannot be listed";
	if (rc < 0)
		return rc;
	*why = "it has a qdisc in clsact's place";
	if (kind[0] && strcmp(kind, "clsact") != 0) {
		kernel_tap_detach(dp->tap);
		return -EBUSY;
	}
	rc = kernel_tap_attach(dp->kernel, dp->tap, changed);
	*why = kernel_error();
	return rc == -ENODEV ? 0 : rc; /* it is gone: there will be another */
}

static const char *tap_name(const struct datapath *dp)
{
	return peers_config(dp->peers)->tap;
}

bool datapath_check(struct datapath *dp, bool is_shielded)
{
	bool was_broken = dp->broken, changed = false;
	const char *why;
	int rc = 0;

	dp->is_shielded = is_shielded;
	set_path(dp);
	if (dp->forwards && dp->nic && dp->tap)
		rc = put_in(dp, &changed, &why);
	dp->broken = rc != 0;
	if (rc && !was_broken)
		log_error_errno(-rc,
				"%s: the data path's program is out and cannot be put in (%s): "
				"the daemon carries what the host sends",
				tap_name(dp), why);
	else if (changed)
		log_warning("%s: the data path's program had been removed; it is back",
			    tap_name(dp));
	return !rc;
}

bool datapath_set_tap(struct datapath *dp, int ifindex, bool is_up)
{
	bool changed;
	const char *why;
	int rc = 0;

	dp->tap_is_up = is_up;
	if (ifindex != dp->tap)
		dp->broken = false;
	dp->tap = ifindex;
	set_path(dp);
	if (dp->broken)
		return false;
	if (dp->forwards && dp->nic && dp->tap)
		rc = put_in(dp, &changed, &why);
	dp->broken = rc != 0;
	if (rc)
		log_error_errno(-rc, "%s: cannot put the data path's program in (%s)", tap_name(dp),
				why);
	return !rc;
}

static void collect_peer(struct datapath *dp, struct peer *peer)
{
	struct peer_counters *c = &peer->counters, *before = &peer->carried;
	struct bpf_peer_counts now;

	if (!peer->slot || kernel_peer_counts(dp->kernel, peer->slot, &now))
		return;
	c->frames_in += now.in.frames - before->frames_in;
	c->bytes_in += now.in.bytes - before->bytes_in;
	c->frames_out += now.out.frames - before->frames_out;
	c->bytes_out += now.out.bytes - before->bytes_out;
	*before = as_counters(&now);
}

static void collect_peers(struct datapath *dp)
{
	for (size_t i = 0; i < peers_count(dp->peers); i++)
		collect_peer(dp, peers_get(dp->peers, i));
}

/* What the programs have counted, before they go. */
static struct bpf_counts last_counts(struct datapath *dp)
{
	struct bpf_counts counts;

	collect_peers(dp);
	return kernel_counts(dp->kernel, &counts) ? (struct bpf_counts){ 0 } : counts;
}

static int fall_back(struct datapath *dp, int reason, const char *what)
{
	struct bpf_counts counts;
	char why[256];

	snprintf(why, sizeof(why), "%s: %s: %s", tap_name(dp), strerror(-reason), what);
	if (peers_config(dp->peers)->datapath != DATAPATH_AUTO) {
		log_error("no kernel data path (%s)", why);
		return reason;
	}
	counts = last_counts(dp);
	reason = load_other(dp, why);
	if (reason)
		return reason;
	dp->former = counts;
	forget_slots(dp);
	return DATAPATH_CHANGED;
}

void datapath_set_nic(struct datapath *dp, const struct netlink_link *nic, bool goes_on)
{
	dp->nic = nic->ifindex;
	dp->is_shielded = goes_on;
	dp->broken = false;
	datapath_nic_changed(dp, nic);
	if (!dp->forwards && dp->tap)
		kernel_tap_detach(dp->tap);
}

int datapath_attach(struct datapath *dp)
{
	bool changed;
	const char *why;
	int rc = 0;

	if (dp->forwards && dp->tap)
		rc = put_in(dp, &changed, &why);
	if (rc)
		return fall_back(dp, rc, why);
	dp->is_shielded = true;
	set_path(dp);
	return 0;
}

void datapath_nic_changed(struct datapath *dp, const struct netlink_link *nic)
{
	dp->nic_is_up = (nic->flags & IFF_UP) && (nic->flags & IFF_RUNNING);
	dp->mtu = nic->mtu;
	set_path(dp);
}

void datapath_forget_nic(struct datapath *dp)
{
	dp->nic = 0;
	dp->nic_is_up = dp->is_shielded = false;
	set_path(dp);
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

void datapath_collect(struct datapath *dp, struct counters *counters)
{
	struct bpf_counts now;

	collect_peers(dp);
	add_counts(counters, &dp->former);
	if (!kernel_counts(dp->kernel, &now))
		add_counts(counters, &now);
}
