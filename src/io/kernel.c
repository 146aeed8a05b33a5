// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kernel: loads and attaches the eBPF programs; see kernel.h, and for what the
 * programs do src/bpf/clusterarpd.bpf.c.
 *
 * Whose is a filter? tc knows a filter by hook, priority and handle. Ours have
 * priority 1 and handles that spell "cla" and a small number. The kernel gives out
 * handles from 1 upwards, and nobody picks these by chance, so that whatever holds one
 * is ours: this run's, or left by one that was killed, and then it is replaced in one
 * step. (To ask for the name of somebody's program takes CAP_SYS_ADMIN, which the
 * daemon does not have; and a name is as easily borrowed as a handle.)
 *
 * First in the hook? Among filters of one priority the newest comes first, and
 * replacing leaves it where it is. So each hook has two handles of ours, one of which
 * is in use: to come to the front again, the program is added under the other, and
 * only then is the old one taken away. At no moment is there no shield.
 */
#include "io/kernel.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "bpf/clusterarpd.skel.h"
#include "bpf/clusterarpd_bpf.h"
#include "log.h"

#define SHIELD_PRIORITY 1
#define SHIELD_HANDLE   0x636c6100u /* "cla" */
#define SHIELD_HOOKS    2
#define SHIELD_SLOTS    2 /* handles a hook */

#define MACS_MIN 64
/* Room for the cluster to become twice as large by a reload, and for the old and the
 * new MACs to be known together meanwhile. */
#define MACS_FACTOR 4

/* enum bpf_attach_type since Linux 6.6 */
#define TCX_INGRESS ((enum bpf_attach_type)46)
#define TCX_EGRESS  ((enum bpf_attach_type)47)

struct kernel {
	struct clusterarpd_bpf *skel;
	int cpus;
	struct {
		int prog_fd;
		uint32_t prog_id;
	} shield[SHIELD_HOOKS]; /* by enum kernel_hook */
};

/* libbpf's complaints. Its callback has no argument of ours, and there is one libbpf
 * a process, hence file scope. */
static struct {
	char first[256]; /* of this call: the cause; what follows from it comes after */
	bool expected;   /* what it says now is no news */
} complaints;

/* Without CAP_BPF libbpf first complains of a limit that means nothing since Linux
 * 5.11 (and libbpf 1.1 exports no libbpf_set_memlock_rlim() to stop it). */
static bool is_beside_the_point(const char *line)
{
	static const char memlock[] = "Failed to bump RLIMIT_MEMLOCK";

	return !strncmp(line, memlock, sizeof(memlock) - 1);
}

/* One line of libbpf's, `len` bytes. */
static void take_line(enum libbpf_print_level level, const char *line, size_t len)
{
	static const char prefix[] = "libbpf: ";

	if (len >= sizeof(prefix) - 1 && !memcmp(line, prefix, sizeof(prefix) - 1)) {
		line += sizeof(prefix) - 1;
		len -= sizeof(prefix) - 1;
	}
	if (!len)
		return;
	log_debug("libbpf: %.*s", (int)len, line);
	if (level == LIBBPF_WARN && !complaints.first[0] && !is_beside_the_point(line))
		snprintf(complaints.first, sizeof(complaints.first), "%.*s", (int)len, line);
}

static int take_complaint(enum libbpf_print_level level, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

static int take_complaint(enum libbpf_print_level level, const char *format, va_list args)
{
	char text[4096]; /* a verifier's log is longer; its beginning will do */
	const char *line = text;
	size_t len;

	if (complaints.expected || level == LIBBPF_DEBUG) /* each section of the object */
		return 0;
	vsnprintf(text, sizeof(text), format, args);
	while (*line) {
		len = strcspn(line, "\n");
		take_line(level, line, len);
		line += len + (line[len] == '\n');
	}
	return 0;
}

const char *kernel_error(const struct kernel *k)
{
	(void)k;
	return complaints.first;
}

/* libbpf has errors of its own above errno's. */
static int errno_of(int err)
{
	return err <= -__LIBBPF_ERRNO__START ? -EINVAL : err;
}

static int program_id(int fd, uint32_t *id)
{
	struct bpf_prog_info info = { 0 };
	uint32_t len = sizeof(info);
	int err = bpf_obj_get_info_by_fd(fd, &info, &len);

	if (err)
		return err;
	*id = info.id;
	return 0;
}

static int shield_init(struct kernel *k, enum kernel_hook hook, const struct bpf_program *prog)
{
	k->shield[hook].prog_fd = bpf_program__fd(prog);
	return program_id(k->shield[hook].prog_fd, &k->shield[hook].prog_id);
}

static int load(struct kernel *k, size_t macs)
{
	uint32_t room = macs < MACS_MIN / MACS_FACTOR ? MACS_MIN : (uint32_t)macs * MACS_FACTOR;
	int err;

	k->cpus = libbpf_num_possible_cpus();
	if (k->cpus < 0)
		return k->cpus;
	k->skel = clusterarpd_bpf__open();
	if (!k->skel)
		return -errno;
	err = bpf_map__set_max_entries(k->skel->maps.macs, room);
	if (!err)
		err = clusterarpd_bpf__load(k->skel);
	if (!err)
		err = shield_init(k, KERNEL_INGRESS, k->skel->progs.clusterarpd_in);
	if (!err)
		err = shield_init(k, KERNEL_EGRESS, k->skel->progs.clusterarpd_out);
	return err;
}

int kernel_load(size_t macs, struct kernel **out)
{
	struct kernel *k = calloc(1, sizeof(*k));
	int err;

	if (!k)
		return -ENOMEM;
	complaints.first[0] = '\0';
	libbpf_set_print(take_complaint);
	err = errno_of(load(k, macs));
	if (err) {
		kernel_unload(k);
		return err;
	}
	*out = k;
	return 0;
}

void kernel_unload(struct kernel *k)
{
	if (!k)
		return;
	clusterarpd_bpf__destroy(k->skel);
	free(k);
}

/* A map as it shall be: `count` keys, one behind the other, and their values. */
struct contents {
	uint8_t *keys;
	uint32_t *values;
	size_t key_size, count;
};

static int contents_init(struct contents *c, size_t key_size, size_t room)
{
	*c = (struct contents){ .key_size = key_size };
	c->keys = calloc(room + 1, key_size);
	c->values = calloc(room + 1, sizeof(*c->values));
	return c->keys && c->values ? 0 : -ENOMEM;
}

static void contents_free(struct contents *c)
{
	free(c->keys);
	free(c->values);
}

/* The index of `key`, or count. */
static size_t contents_find(const struct contents *c, const void *key)
{
	size_t i;

	for (i = 0; i < c->count; i++)
		if (!memcmp(c->keys + i * c->key_size, key, c->key_size))
			break;
	return i;
}

/* A key that is named again adds to its roles. */
static void contents_add(struct contents *c, const void *key, uint32_t roles)
{
	size_t i = contents_find(c, key);

	if (i == c->count)
		memcpy(c->keys + c->count++ * c->key_size, key, c->key_size);
	c->values[i] |= roles;
}

static int forget_others(int map, const struct contents *c)
{
	struct bpf_ip_key key, next; /* the larger key: room for either */
	void *from = NULL;
	bool more;
	int err;

	_Static_assert(sizeof(struct bpf_mac_key) <= sizeof(struct bpf_ip_key), "key too large");
	err = bpf_map_get_next_key(map, NULL, &next);
	while (!err) {
		/* Look behind `key` before it goes: a missing key means "from the start". */
		key = next;
		from = &key;
		more = !bpf_map_get_next_key(map, from, &next);
		if (contents_find(c, from) == c->count) {
			err = bpf_map_delete_elem(map, from);
			if (err && err != -ENOENT)
				return err;
			err = 0;
		}
		if (!more)
			return 0;
	}
	return err == -ENOENT ? 0 : err;
}

static int add_all(int map, const struct contents *c)
{
	size_t i;
	int err = 0;

	for (i = 0; i < c->count && !err; i++)
		err = bpf_map_update_elem(map, c->keys + i * c->key_size, &c->values[i], BPF_ANY);
	return err;
}

/* Add first, forget later: what is in both the old and the new contents is never
 * missing, nor is anything while the cluster changes. Only where the map has no room
 * for both is it the other way round. */
static int map_assign(const struct bpf_map *map, const struct contents *c)
{
	int fd = bpf_map__fd(map);
	int err;

	if (c->count > bpf_map__max_entries(map))
		return -E2BIG;
	err = add_all(fd, c);
	if (!err)
		return forget_others(fd, c);
	if (err == -E2BIG)
		err = forget_others(fd, c);
	return err ? err : add_all(fd, c);
}

static int assign_macs(struct kernel *k, const struct kernel_mac *macs, size_t count)
{
	struct bpf_mac_key key;
	struct contents c;
	size_t i;
	int err = contents_init(&c, sizeof(key), count);

	for (i = 0; !err && i < count; i++) {
		memset(&key, 0, sizeof(key));
		memcpy(key.b, macs[i].mac.b, sizeof(key.b));
		contents_add(&c, &key, macs[i].roles);
	}
	if (!err)
		err = map_assign(k->skel->maps.macs, &c);
	contents_free(&c);
	return err;
}

static int assign_addresses(struct kernel *k, const struct ip_addr *self, size_t count)
{
	struct bpf_ip_key key;
	struct contents c;
	size_t i;
	int err = contents_init(&c, sizeof(key), count);

	_Static_assert(AF_INET == BPF_FAMILY_IPV4 && AF_INET6 == BPF_FAMILY_IPV6, "AF_*");
	for (i = 0; !err && i < count; i++) {
		memset(&key, 0, sizeof(key));
		key.family = self[i].family;
		memcpy(key.b, self[i].b, sizeof(key.b));
		contents_add(&c, &key, IP_SELF);
	}
	if (!err)
		err = map_assign(k->skel->maps.addresses, &c);
	contents_free(&c);
	return err;
}

int kernel_configure(struct kernel *k, unsigned policy, const struct kernel_mac *macs,
		     size_t mac_count, const struct ip_addr *self, size_t self_count)
{
	int err = assign_macs(k, macs, mac_count);

	if (!err)
		err = assign_addresses(k, self, self_count);
	if (!err)
		__atomic_store_n(&k->skel->bss->policy, policy, __ATOMIC_RELAXED);
	return err;
}

int kernel_own_socket(struct kernel *k, int packet_fd)
{
	int filter = bpf_program__fd(k->skel->progs.clusterarpd_nic);
	uint64_t cookie;
	socklen_t len = sizeof(cookie);

	if (getsockopt(packet_fd, SOL_SOCKET, SO_COOKIE, &cookie, &len))
		return -errno;
	if (setsockopt(packet_fd, SOL_SOCKET, SO_ATTACH_BPF, &filter, sizeof(filter)))
		return -errno;
	__atomic_store_n(&k->skel->bss->owner_cookie, cookie, __ATOMIC_RELAXED);
	return 0;
}

int kernel_add_drops(const struct kernel *k, uint64_t *drops)
{
	int map = bpf_map__fd(k->skel->maps.drops);
	uint64_t *by_cpu = calloc((size_t)k->cpus, sizeof(*by_cpu));
	uint32_t reason;
	int cpu, err = 0;

	if (!by_cpu)
		return -ENOMEM;
	for (reason = 0; reason < DROP_REASONS && !err; reason++) {
		err = bpf_map_lookup_elem(map, &reason, by_cpu);
		for (cpu = 0; cpu < k->cpus && !err; cpu++)
			drops[reason] += by_cpu[cpu];
	}
	free(by_cpu);
	return err;
}

static uint32_t shield_handle(enum kernel_hook hook, unsigned slot)
{
	return SHIELD_HANDLE + hook * SHIELD_SLOTS + slot;
}

bool kernel_shield_is_ours(unsigned priority, uint32_t handle)
{
	return priority == SHIELD_PRIORITY && handle >= SHIELD_HANDLE &&
	       handle < SHIELD_HANDLE + SHIELD_HOOKS * SHIELD_SLOTS;
}

static struct bpf_tc_hook tc_hook(int ifindex, enum kernel_hook hook)
{
	return (struct bpf_tc_hook){
		.sz = sizeof(struct bpf_tc_hook),
		.ifindex = ifindex,
		.attach_point = hook == KERNEL_INGRESS ? BPF_TC_INGRESS : BPF_TC_EGRESS,
	};
}

static struct bpf_tc_opts tc_opts(uint32_t handle)
{
	return (struct bpf_tc_opts){
		.sz = sizeof(struct bpf_tc_opts),
		.handle = handle,
		.priority = SHIELD_PRIORITY,
	};
}

/* The id of the program that `handle` holds in a hook; 0: none, or none by eBPF. */
static uint32_t query(int ifindex, enum kernel_hook hook, uint32_t handle)
{
	struct bpf_tc_hook h = tc_hook(ifindex, hook);
	struct bpf_tc_opts opts = tc_opts(handle);
	int err;

	complaints.expected = true;
	err = bpf_tc_query(&h, &opts);
	complaints.expected = false;
	return err ? 0 : opts.prog_id;
}

/* Our program of this hook at `handle`, new or in place of what holds it. The kernel
 * says EINVAL to filters of two kinds or protocols at one priority. */
static int put(struct kernel *k, int ifindex, enum kernel_hook hook, uint32_t handle)
{
	struct bpf_tc_hook h = tc_hook(ifindex, hook);
	struct bpf_tc_opts opts = tc_opts(handle);
	int err;

	opts.prog_fd = k->shield[hook].prog_fd;
	opts.flags = BPF_TC_F_REPLACE;
	err = errno_of(bpf_tc_attach(&h, &opts));
	return err == -EINVAL ? -EBUSY : err;
}

/* Nothing to take away (no link, no qdisc, no such filter) is fine. */
static int take_out(int ifindex, enum kernel_hook hook, uint32_t handle)
{
	struct bpf_tc_hook h = tc_hook(ifindex, hook);
	struct bpf_tc_opts opts = tc_opts(handle);
	int err;

	complaints.expected = true;
	err = errno_of(bpf_tc_detach(&h, &opts));
	complaints.expected = false;
	return err == -ENOENT || err == -EINVAL || err == -ENODEV ? 0 : err;
}

/* Create clsact, or find it. An `ingress` qdisc looks alike from here, but has one
 * list of filters under the names of both hooks: then a filter shows up in the wrong
 * one. */
static int ensure_clsact(int ifindex, bool *changed)
{
	struct bpf_tc_hook h = tc_hook(ifindex, KERNEL_INGRESS);
	int err;

	h.attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS;
	complaints.expected = true;
	err = errno_of(bpf_tc_hook_create(&h));
	complaints.expected = false;
	if (!err)
		*changed = true;
	return err == -EEXIST ? 0 : err;
}

static bool is_in_both_hooks(int ifindex, uint32_t ingress_handle)
{
	return query(ifindex, KERNEL_EGRESS, ingress_handle) != 0;
}

/* Make exactly one handle of ours hold our program of this hook; sets *slot. */
static int settle(struct kernel *k, int ifindex, enum kernel_hook hook, unsigned *slot,
		  bool *changed)
{
	uint32_t held[SHIELD_SLOTS];
	int err;

	held[0] = query(ifindex, hook, shield_handle(hook, 0));
	held[1] = query(ifindex, hook, shield_handle(hook, 1));
	*slot = !held[0] && held[1];
	if (held[*slot] != k->shield[hook].prog_id) {
		err = put(k, ifindex, hook, shield_handle(hook, *slot));
		if (err)
			return err;
		*changed = true;
	}
	if (!held[!*slot])
		return 0;
	*changed = true;
	return take_out(ifindex, hook, shield_handle(hook, !*slot));
}

int kernel_shield_attach(struct kernel *k, int ifindex, bool *changed)
{
	unsigned slot;
	int err;

	*changed = false;
	complaints.first[0] = '\0';
	err = ensure_clsact(ifindex, changed);
	if (!err)
		err = settle(k, ifindex, KERNEL_INGRESS, &slot, changed);
	if (err)
		return err;
	if (is_in_both_hooks(ifindex, shield_handle(KERNEL_INGRESS, slot))) {
		take_out(ifindex, KERNEL_INGRESS, shield_handle(KERNEL_INGRESS, slot));
		return -EBUSY;
	}
	return settle(k, ifindex, KERNEL_EGRESS, &slot, changed);
}

int kernel_shield_to_front(struct kernel *k, int ifindex, enum kernel_hook hook)
{
	bool changed;
	unsigned slot;
	int err;

	complaints.first[0] = '\0';
	err = settle(k, ifindex, hook, &slot, &changed);
	if (!err)
		err = put(k, ifindex, hook, shield_handle(hook, !slot));
	if (!err)
		err = take_out(ifindex, hook, shield_handle(hook, slot));
	return err;
}

int kernel_shield_detach(struct kernel *k, int ifindex)
{
	uint32_t handle;
	int err = 0, failed;
	unsigned i;

	(void)k;
	for (i = 0; i < SHIELD_HOOKS * SHIELD_SLOTS; i++) {
		handle = SHIELD_HANDLE + i;
		failed = take_out(ifindex, (enum kernel_hook)(i / SHIELD_SLOTS), handle);
		if (failed)
			err = failed;
	}
	return err;
}

static int tcx_count(int ifindex, enum bpf_attach_type hook)
{
	uint32_t count = 0;
	int err = bpf_prog_query(ifindex, hook, 0, NULL, NULL, &count);

	if (err == -EINVAL) /* before Linux 6.6 */
		return 0;
	return err ? err : (int)count;
}

int kernel_tcx_count(int ifindex)
{
	int ingress = tcx_count(ifindex, TCX_INGRESS);
	int egress = tcx_count(ifindex, TCX_EGRESS);

	if (ingress < 0 || egress < 0)
		return ingress < 0 ? ingress : egress;
	return ingress + egress;
}
