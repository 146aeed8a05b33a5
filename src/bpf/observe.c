/* SPDX-License-Identifier: GPL-2.0-or-later */
/* observe: the programs that show frames to a capture; see observe.h. */
#include "bpf/observe.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/membarrier.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "bpf/bpf_error.h"
#include "bpf/clusterarpd.skel.h"
#include "bpf/observed.skel.h"

#define MACS    (2 * (size_t)MAC_LEN)
#define TAG_LEN ((size_t)4)

struct observe {
	struct observed_bpf *skel;
	struct ring_buffer *ring;
	uint8_t *frame; /* the side that is being shown */
	/* Of one observe_read(). */
	observe_callback *callback;
	void *arg;
	unsigned count, most;
	uint64_t offset; /* from CLOCK_MONOTONIC to CLOCK_REALTIME, ns */
};

/* The global variables are in one map, too, so they must have the same places in it. */
#define SAME_PLACE(variable)                                                 \
	_Static_assert(offsetof(struct clusterarpd_bpf__bss, variable) ==    \
			       offsetof(struct observed_bpf__bss, variable), \
		       #variable)
SAME_PLACE(path);
SAME_PLACE(shares);
SAME_PLACE(owner_cookie);

/* Those that `plain` does not have are of these programs alone, as are the constants. */
static int share_maps(const struct observed_bpf *skel, const struct clusterarpd_bpf *plain)
{
	int err = bpf_map__reuse_fd(skel->maps.bss, bpf_map__fd(plain->maps.bss));
	struct bpf_map *map;

	bpf_object__for_each_map(map, skel->obj)
	{
		const struct bpf_map *other =
			bpf_object__find_map_by_name(plain->obj, bpf_map__name(map));

		if (other && !bpf_map__is_internal(map) && !err)
			err = bpf_map__reuse_fd(map, bpf_map__fd(other));
	}
	return err;
}

static int load(struct observe *o, const struct clusterarpd_bpf *plain, unsigned snaplen)
{
	int err;

	o->frame = malloc(snaplen + TAG_LEN);
	o->skel = observed_bpf__open();
	if (!o->frame || !o->skel)
		return -ENOMEM;
	o->skel->rodata->forwards = plain->rodata->forwards;
	o->skel->rodata->snaplen = snaplen;
	err = bpf_program__set_autoload(o->skel->progs.clusterarpd_nic, false);
	if (!err)
		err = bpf_program__set_autoload(o->skel->progs.clusterarpd_peer, false);
	if (!err)
		err = bpf_program__set_autoload(o->skel->progs.clusterarpd_out, false);
	if (!err)
		err = share_maps(o->skel, plain);
	return err ? err : observed_bpf__load(o->skel);
}

static int take_record(void *arg, void *record, size_t size);

static int open_ring(struct observe *o)
{
	o->ring = ring_buffer__new(bpf_map__fd(o->skel->maps.seen), take_record, o, NULL);
	return o->ring ? 0 : -errno;
}

int observe_load(const struct clusterarpd_bpf *plain, unsigned snaplen, struct observe **out)
{
	struct observe *o = calloc(1, sizeof(*o));
	int err;

	*out = NULL;
	if (!o)
		return -ENOMEM;
	bpf_error_set("");
	err = load(o, plain, snaplen);
	if (!err)
		err = open_ring(o);
	if (!err)
		*out = o;
	else
		observe_unload(o);
	return bpf_error_from(err);
}

void observe_unload(struct observe *o)
{
	if (!o)
		return;
	ring_buffer__free(o->ring);
	observed_bpf__destroy(o->skel);
	free(o->frame);
	free(o);
}

int observe_set_hooks(const struct observe *o, struct hook_programs *hooks)
{
	int err = hooks_set_program(hooks, HOOK_INGRESS,
				    bpf_program__fd(o->skel->progs.clusterarpd_in));

	if (!err)
		err = hooks_set_program(hooks, HOOK_TAP_EGRESS,
					bpf_program__fd(o->skel->progs.clusterarpd_tap));
	if (!err)
		err = hooks_set_program(hooks, HOOK_TAP_INGRESS,
					bpf_program__fd(o->skel->progs.clusterarpd_ask));
	return err;
}

/* The kernel runs them as readers of RCU, and this system call waits for all of these. Without it
 * (nohz_full) no program takes nearly so long. */
void observe_settle(void)
{
	const struct timespec long_enough = { .tv_nsec = 50000000 };

	if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0))
		nanosleep(&long_enough, NULL);
}

/* --- reading --- */

/* Put the record's frame into o->frame, with the tag that the kernel had stripped. Returns how many
 * bytes of it are there. */
static size_t copy_frame(const struct observe *o, const struct bpf_seen *seen)
{
	const uint8_t tag[TAG_LEN] = { (uint8_t)(seen->vlan_tpid >> 8), (uint8_t)seen->vlan_tpid,
				       (uint8_t)(seen->vlan_tci >> 8), (uint8_t)seen->vlan_tci };

	if (!seen->vlan_tpid) {
		memcpy(o->frame, seen->data, seen->kept);
		return seen->kept;
	}
	memcpy(o->frame, seen->data, MACS);
	memcpy(o->frame + MACS, tag, sizeof(tag));
	memcpy(o->frame + MACS + sizeof(tag), seen->data + MACS, seen->kept - MACS);
	return seen->kept + sizeof(tag);
}

/* Show where it came in: with the MAC that it had then. */
static void show_as_it_came(struct observe *o, struct observed *side, uint64_t mac)
{
	uint8_t *at = o->frame + (side->direction == REWRITE_INGRESS ? 0 : MAC_LEN), now[MAC_LEN];

	memcpy(now, at, MAC_LEN);
	memcpy(at, &mac, MAC_LEN);
	o->callback(side, o->arg);
	memcpy(at, now, MAC_LEN);
}

static void show(struct observe *o, const struct bpf_seen *seen)
{
	const struct rule_verdict verdict = { (uint8_t)(seen->how >> SEEN_DROP),
					      (uint16_t)(seen->how >> SEEN_EDITS) };
	bool leaves = seen->how & SEEN_LEFT;
	struct observed side = {
		.direction = seen->how & SEEN_INGRESS ? REWRITE_INGRESS : REWRITE_EGRESS,
		.time = seen->time + o->offset,
		.frame = o->frame,
		.kept = copy_frame(o, seen),
		.len = seen->len + (seen->vlan_tpid ? TAG_LEN : 0),
	};

	if (!leaves)
		side.verdict = verdict;
	if (seen->how & SEEN_CAME)
		show_as_it_came(o, &side, seen->mac);
	side.is_out = true;
	side.verdict = verdict;
	if (leaves)
		o->callback(&side, o->arg);
}

/* As in ring.c: a negative return value makes libbpf stop after this record. */
static int take_record(void *arg, void *record, size_t size)
{
	struct observe *o = arg;
	const struct bpf_seen *seen = record;

	if (size >= sizeof(*seen) && seen->kept >= MACS && seen->kept <= size - sizeof(*seen) &&
	    seen->kept <= o->skel->rodata->snaplen)
		show(o, seen);
	return ++o->count < o->most ? 0 : -EAGAIN;
}

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

unsigned observe_read(struct observe *o, unsigned most, observe_callback *callback, void *arg)
{
	o->callback = callback;
	o->arg = arg;
	o->count = 0;
	o->most = most;
	o->offset = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC);
	ring_buffer__consume(o->ring);
	return o->count;
}

int observe_lost(const struct observe *o, struct bpf_seen_lost *lost)
{
	int cpus = libbpf_num_possible_cpus(), i, err;
	struct bpf_seen_lost *by_cpu;
	uint32_t key = 0;

	if (cpus < 0)
		return cpus;
	by_cpu = calloc((size_t)cpus, sizeof(*by_cpu));
	if (!by_cpu)
		return -ENOMEM;
	err = bpf_map_lookup_elem(bpf_map__fd(o->skel->maps.seen_lost), &key, by_cpu);
	memset(lost, 0, sizeof(*lost));
	for (i = 0; i < cpus && !err; i++) {
		lost->tap_in += by_cpu[i].tap_in;
		lost->tap_out += by_cpu[i].tap_out;
		lost->nic_in += by_cpu[i].nic_in;
		lost->nic_out += by_cpu[i].nic_out;
	}
	free(by_cpu);
	return err;
}
