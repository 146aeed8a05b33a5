// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kernel: the eBPF programs loaded, libbpf's complaints, the maps and the socket
 * filter; see kernel.h, and for what the programs do src/bpf/clusterarpd.bpf.c. The
 * shield, which is tc's, is kernel_shield.c's.
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
#include "io/kernel_private.h"
#include "log.h"

#define MACS_MIN 64
/* Room for the cluster to become twice as large by a reload, and for the old and the
 * new MACs to be known together meanwhile. */
#define MACS_FACTOR 4

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

const char *kernel_error(void)
{
	return complaints.first;
}

void kernel_set_error(const char *text)
{
	snprintf(complaints.first, sizeof(complaints.first), "%s", text);
}

void kernel_expect_complaints(bool expected)
{
	complaints.expected = expected;
}

int kernel_errno(int err)
{
	return err <= -__LIBBPF_ERRNO__START ? -EINVAL : err;
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
		err = kernel_shield_init(k, KERNEL_INGRESS,
					 bpf_program__fd(k->skel->progs.clusterarpd_in));
	if (!err)
		err = kernel_shield_init(k, KERNEL_EGRESS,
					 bpf_program__fd(k->skel->progs.clusterarpd_out));
	return err;
}

int kernel_load(size_t macs, struct kernel **out)
{
	struct kernel *k = calloc(1, sizeof(*k));
	int err;

	if (!k)
		return -ENOMEM;
	kernel_set_error("");
	libbpf_set_print(take_complaint);
	err = kernel_errno(load(k, macs));
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
