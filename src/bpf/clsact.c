/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * clsact: the tc programs as filters; see clsact.h.
 *
 * Ownership of a filter: tc identifies a filter by hook, priority and handle. Those of clusterarpd
 * have the first priority on the NIC and at the TAP's ingress, the last but one at its egress, and
 * handles that spell "cla" followed by a small number. The kernel allocates handles from 1 upwards,
 * and no other program picks these by chance. So a filter with such a handle belongs to this run,
 * or was left by one that was killed and is replaced in one step. (To read the name of another
 * process's program takes CAP_SYS_ADMIN, which the daemon does not have; and a name is as easily
 * copied as a handle.)
 *
 * First place in the hook: among filters of one priority the newest runs first, and replacing a
 * filter does not change its place. So clusterarpd has two handles per hook, one of which is in
 * use: to get to the front again, the program is attached under the other handle, and only then is
 * the old filter detached. The shield is attached all the time.
 *
 * Check before changing: every change raises an event, upon which the daemon checks its shield. An
 * attempt that changes something, fails and undoes it would cause the next one, for ever. So
 * whatever can be known beforehand is queried first; a query raises no event. The error of a query
 * says of a hook:
 *
 *     ENOENT  no such filter, but the hook has some (or had some, or has at least a chain)
 *     EINVAL  no qdisc, or no filter at all, or this priority is in use by filters of another
 *             kind or protocol
 */
#include "bpf/clsact.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>

#include "bpf/bpf_error.h"

#define PRIORITY        1
#define PRIORITY_TAP    0xfffe
#define PRIORITY_UNUSED 0xffff      /* the last: no filter has it */
#define HANDLE          0x636c6100u /* "cla" */
#define SLOTS           2           /* handles per hook */
#define SHIELD_HOOKS    2           /* HOOK_INGRESS, HOOK_EGRESS */

static uint32_t handle_of(enum hook hook, unsigned slot)
{
	return HANDLE + hook * SLOTS + slot;
}

static unsigned priority_of(enum hook hook)
{
	return hook == HOOK_TAP_EGRESS ? PRIORITY_TAP : PRIORITY;
}

bool clsact_is_ours(enum hook hook, unsigned priority, uint32_t handle)
{
	return priority == priority_of(hook) && handle - handle_of(hook, 0) < SLOTS;
}

static struct bpf_tc_hook tc_hook(int ifindex, enum hook hook)
{
	return (struct bpf_tc_hook){
		.sz = sizeof(struct bpf_tc_hook),
		.ifindex = ifindex,
		.attach_point = hook_is_ingress(hook) ? BPF_TC_INGRESS : BPF_TC_EGRESS,
	};
}

/* The clsact qdisc itself. */
static struct bpf_tc_hook tc_both_hooks(int ifindex)
{
	struct bpf_tc_hook h = tc_hook(ifindex, HOOK_INGRESS);

	h.attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS;
	return h;
}

static struct bpf_tc_opts tc_opts(enum hook hook, uint32_t handle)
{
	return (struct bpf_tc_opts){
		.sz = sizeof(struct bpf_tc_opts),
		.handle = handle,
		.priority = priority_of(hook),
	};
}

static int query(int ifindex, enum hook hook, struct bpf_tc_opts *opts)
{
	struct bpf_tc_hook h = tc_hook(ifindex, hook);
	int err;

	bpf_error_expect(true);
	err = bpf_error_from(bpf_tc_query(&h, opts));
	bpf_error_expect(false);
	return err;
}

/* The id of the program attached under `handle`; 0: no filter, or not an eBPF one. */
static uint32_t program_at(int ifindex, enum hook hook, uint32_t handle)
{
	struct bpf_tc_opts opts = tc_opts(hook, handle);

	return query(ifindex, hook, &opts) ? 0 : opts.prog_id;
}

/* Does the hook have no filter (or no qdisc)? */
static bool is_empty(int ifindex, enum hook hook)
{
	struct bpf_tc_opts opts = tc_opts(hook, HANDLE);

	opts.priority = PRIORITY_UNUSED;
	return query(ifindex, hook, &opts) == -EINVAL;
}

/* Is the priority in use by filters of another kind or protocol? */
static bool is_priority_taken(int ifindex, enum hook hook)
{
	struct bpf_tc_opts opts = tc_opts(hook, HANDLE);

	return query(ifindex, hook, &opts) == -EINVAL && !is_empty(ifindex, hook);
}

/* To libbpf an `ingress` qdisc looks like clsact, but it has one list of filters for both hooks: a
 * filter attached at ingress is then found at egress, too. */
static bool is_in_both_hooks(int ifindex, uint32_t ingress_handle)
{
	return program_at(ifindex, HOOK_EGRESS, ingress_handle) != 0;
}

/* Attach the hook's program under `handle`, replacing a filter that has this handle. */
static int attach(const struct hook_programs *programs, int ifindex, enum hook hook,
		  uint32_t handle)
{
	struct bpf_tc_hook h = tc_hook(ifindex, hook);
	struct bpf_tc_opts opts = tc_opts(hook, handle);

	opts.prog_fd = programs->at[hook].fd;
	opts.flags = BPF_TC_F_REPLACE;
	return bpf_error_from(bpf_tc_attach(&h, &opts));
}

/* Success if there is nothing to detach: no link, no qdisc, no such filter. */
static int detach(int ifindex, enum hook hook, uint32_t handle)
{
	struct bpf_tc_hook h = tc_hook(ifindex, hook);
	struct bpf_tc_opts opts = tc_opts(hook, handle);
	int err;

	bpf_error_expect(true);
	err = bpf_error_from(bpf_tc_detach(&h, &opts));
	bpf_error_expect(false);
	return err == -ENOENT || err == -EINVAL || err == -ENODEV ? 0 : err;
}

/* The result of settle() for a hook. */
struct settled {
	unsigned slot; /* whose handle the program has */
	bool changed;
	bool added; /* no filter had that handle before */
};

/* Have the hook's program attached under exactly one of its handles. */
static int settle(const struct hook_programs *programs, int ifindex, enum hook hook,
		  struct settled *s)
{
	uint32_t held[SLOTS];
	int err;

	held[0] = program_at(ifindex, hook, handle_of(hook, 0));
	held[1] = program_at(ifindex, hook, handle_of(hook, 1));
	*s = (struct settled){ .slot = !held[0] && held[1] };
	if (held[s->slot] != programs->at[hook].id) {
		err = attach(programs, ifindex, hook, handle_of(hook, s->slot));
		if (err)
			return err;
		s->changed = true;
		s->added = !held[s->slot];
	}
	if (!held[!s->slot])
		return 0;
	s->changed = true;
	return detach(ifindex, hook, handle_of(hook, !s->slot));
}

static int settle_both(const struct hook_programs *programs, int ifindex,
		       struct settled done[SHIELD_HOOKS])
{
	int err = settle(programs, ifindex, HOOK_INGRESS, &done[HOOK_INGRESS]);

	if (err)
		return err;
	if (is_in_both_hooks(ifindex, handle_of(HOOK_INGRESS, done[HOOK_INGRESS].slot))) {
		bpf_error_set("the qdisc is not clsact");
		return -EBUSY;
	}
	return settle(programs, ifindex, HOOK_EGRESS, &done[HOOK_EGRESS]);
}

static int ensure_clsact(int ifindex, bool *created)
{
	struct bpf_tc_hook h = tc_both_hooks(ifindex);
	int err;

	bpf_error_expect(true);
	err = bpf_error_from(bpf_tc_hook_create(&h));
	bpf_error_expect(false);
	*created = !err;
	return err == -EEXIST ? 0 : err;
}

static void undo_clsact(int ifindex, bool created)
{
	struct bpf_tc_hook both = tc_both_hooks(ifindex);

	if (created && is_empty(ifindex, HOOK_INGRESS) && is_empty(ifindex, HOOK_EGRESS))
		bpf_tc_hook_destroy(&both);
}

static void undo(int ifindex, bool created, const struct settled done[SHIELD_HOOKS])
{
	unsigned hook;

	for (hook = 0; hook < SHIELD_HOOKS; hook++)
		if (done[hook].added)
			detach(ifindex, (enum hook)hook,
			       handle_of((enum hook)hook, done[hook].slot));
	undo_clsact(ifindex, created);
}

int clsact_attach_shield(const struct hook_programs *programs, int ifindex, bool *changed)
{
	struct settled done[SHIELD_HOOKS] = { 0 };
	bool created;
	int err;

	*changed = false;
	bpf_error_set("");
	if (is_priority_taken(ifindex, HOOK_INGRESS) || is_priority_taken(ifindex, HOOK_EGRESS)) {
		bpf_error_set("priority 1 is in use by filters of another kind or protocol");
		return -EBUSY;
	}
	err = ensure_clsact(ifindex, &created);
	if (err)
		return err;
	err = settle_both(programs, ifindex, done);
	if (err)
		undo(ifindex, created, done);
	else
		*changed = created || done[HOOK_INGRESS].changed || done[HOOK_EGRESS].changed;
	return err;
}

int clsact_shield_to_front(const struct hook_programs *programs, int ifindex, enum hook hook)
{
	struct settled now;
	int err;

	bpf_error_set("");
	err = settle(programs, ifindex, hook, &now);
	if (!err)
		err = attach(programs, ifindex, hook, handle_of(hook, !now.slot));
	if (!err)
		err = detach(ifindex, hook, handle_of(hook, now.slot));
	return err;
}

int clsact_detach(int ifindex, enum hook hook)
{
	unsigned slot;
	int err = 0, failed;

	for (slot = 0; slot < SLOTS; slot++) {
		failed = detach(ifindex, hook, handle_of(hook, slot));
		if (failed)
			err = failed;
	}
	return err;
}

/* Like is_in_both_hooks(). At the TAP's ingress the program would send all frames for the host back
 * to the NIC. */
static bool is_at_tap_ingress(int ifindex, uint32_t handle)
{
	struct bpf_tc_hook h = tc_hook(ifindex, HOOK_INGRESS);
	struct bpf_tc_opts opts = tc_opts(HOOK_TAP_EGRESS, handle);
	int err;

	bpf_error_expect(true);
	err = bpf_tc_query(&h, &opts);
	bpf_error_expect(false);
	return !err;
}

/* Attach a hook's program to the TAP; *created: with the clsact qdisc. After a failure nothing of
 * this call remains. */
static int attach_to_tap(const struct hook_programs *programs, int ifindex, enum hook hook,
			 struct settled *done, bool *created)
{
	int err;

	bpf_error_set("");
	if (is_priority_taken(ifindex, hook)) {
		bpf_error_set(
			"the program's priority is in use by filters of another kind or protocol");
		return -EBUSY;
	}
	err = ensure_clsact(ifindex, created);
	if (err)
		return err;
	err = settle(programs, ifindex, hook, done);
	if (err)
		undo_clsact(ifindex, *created);
	return err;
}

int clsact_attach_tap(const struct hook_programs *programs, int ifindex, bool *changed)
{
	struct settled done;
	bool created;
	int err = attach_to_tap(programs, ifindex, HOOK_TAP_EGRESS, &done, &created);

	*changed = false;
	if (err)
		return err;
	if (is_at_tap_ingress(ifindex, handle_of(HOOK_TAP_EGRESS, done.slot))) {
		clsact_detach(ifindex, HOOK_TAP_EGRESS);
		undo_clsact(ifindex, created);
		bpf_error_set("the qdisc is not clsact");
		return -EBUSY;
	}
	*changed = created || done.changed;
	return 0;
}

int clsact_attach_ask(const struct hook_programs *programs, int ifindex, bool *changed)
{
	struct settled done;
	bool created;
	int err = attach_to_tap(programs, ifindex, HOOK_TAP_INGRESS, &done, &created);

	*changed = !err && (created || done.changed);
	return err;
}
