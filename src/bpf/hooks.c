/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hooks: attaching the tc programs by links or by filters; see hooks.h. */
#include "bpf/hooks.h"

#include <bpf/bpf.h>
#include <stdlib.h>

#include "bpf/bpf_error.h"
#include "bpf/clsact.h"
#include "bpf/tcx.h"

struct hooks {
	bool has_tcx;
	struct tcx_link links[HOOKS];
	bool has_no_filter[HOOKS]; /* certainly; otherwise an earlier run may have left one */
};

struct hooks *hooks_create(void)
{
	struct hooks *hooks = calloc(1, sizeof(*hooks));

	if (!hooks)
		return NULL;
	hooks->has_tcx = tcx_is_available();
	for (unsigned hook = 0; hook < HOOKS; hook++)
		hooks->links[hook] = TCX_NO_LINK;
	return hooks;
}

void hooks_destroy(struct hooks *hooks)
{
	if (!hooks)
		return;
	for (unsigned hook = 0; hook < HOOKS; hook++)
		tcx_close(&hooks->links[hook]);
	free(hooks);
}

bool hooks_use_links(const struct hooks *hooks)
{
	return hooks->has_tcx;
}

int hooks_set_program(struct hook_programs *programs, enum hook hook, int fd)
{
	struct bpf_prog_info info = { 0 };
	uint32_t len = sizeof(info);
	int err = bpf_obj_get_info_by_fd(fd, &info, &len);

	if (err)
		return err;
	programs->at[hook].fd = fd;
	programs->at[hook].id = info.id;
	return 0;
}

/* --- one hook --- */

static int detach(struct hooks *hooks, int ifindex, enum hook hook)
{
	int link = hooks->has_tcx ? tcx_detach(&hooks->links[hook], hook, ifindex) : 0;
	int filter = clsact_detach(ifindex, hook);

	return link ? link : filter;
}

/* Attach by a link, and detach a filter that an earlier run has left, or this one at the TAP. */
static int attach_link(struct hooks *hooks, const struct hook_programs *programs, int ifindex,
		       enum hook hook, bool *changed)
{
	bool is_new = hooks->links[hook].ifindex != ifindex;
	int err = tcx_attach(&hooks->links[hook], programs, hook, ifindex, changed);

	if (err || (hooks->has_no_filter[hook] && !is_new))
		return err;
	hooks->has_no_filter[hook] = !clsact_detach(ifindex, hook);
	return 0;
}

/* --- the shield --- */

static int link_shield(struct hooks *hooks, const struct hook_programs *programs, int ifindex,
		       bool *changed)
{
	bool was_attached = hooks_have_shield(hooks, ifindex);
	int err = attach_link(hooks, programs, ifindex, HOOK_INGRESS, changed);

	if (!err)
		err = attach_link(hooks, programs, ifindex, HOOK_EGRESS, changed);
	if (err && !was_attached)
		hooks_detach_shield(hooks, ifindex);
	return err;
}

int hooks_attach_shield(struct hooks *hooks, const struct hook_programs *programs, int ifindex,
			bool *changed)
{
	*changed = false;
	bpf_error_set("");
	return hooks->has_tcx ? link_shield(hooks, programs, ifindex, changed)
			      : clsact_attach_shield(programs, ifindex, changed);
}

int hooks_detach_shield(struct hooks *hooks, int ifindex)
{
	int ingress = detach(hooks, ifindex, HOOK_INGRESS);
	int egress = detach(hooks, ifindex, HOOK_EGRESS);

	return ingress ? ingress : egress;
}

bool hooks_have_shield(struct hooks *hooks, int ifindex)
{
	return hooks->has_tcx &&
	       tcx_is_attached(&hooks->links[HOOK_INGRESS], HOOK_INGRESS, ifindex) &&
	       tcx_is_attached(&hooks->links[HOOK_EGRESS], HOOK_EGRESS, ifindex);
}

unsigned hooks_count_before(struct hooks *hooks, int ifindex)
{
	unsigned count = 0;

	for (unsigned hook = HOOK_INGRESS; hooks->has_tcx && hook <= HOOK_EGRESS; hook++) {
		struct tcx_others others;

		if (!tcx_find_others(&hooks->links[hook], (enum hook)hook, ifindex, &others))
			count += others.before;
	}
	return count;
}

/* --- the TAP --- */

static bool has_other_links(struct hooks *hooks, int ifindex)
{
	struct tcx_others others;

	return !tcx_find_others(&hooks->links[HOOK_TAP_EGRESS], HOOK_TAP_EGRESS, ifindex,
				&others) &&
	       others.all > 0;
}

/* While both are attached the link's program runs, and the filter sees nothing. */
int hooks_attach_tap(struct hooks *hooks, const struct hook_programs *programs, int ifindex,
		     bool is_filtered, bool *changed)
{
	int err;

	*changed = false;
	bpf_error_set("");
	if (hooks->has_tcx && !is_filtered && !has_other_links(hooks, ifindex))
		return attach_link(hooks, programs, ifindex, HOOK_TAP_EGRESS, changed);
	err = clsact_attach_tap(programs, ifindex, changed);
	hooks->has_no_filter[HOOK_TAP_EGRESS] = false;
	if (!err && hooks->has_tcx)
		err = tcx_detach(&hooks->links[HOOK_TAP_EGRESS], HOOK_TAP_EGRESS, ifindex);
	return err;
}

int hooks_detach_tap(struct hooks *hooks, int ifindex)
{
	return detach(hooks, ifindex, HOOK_TAP_EGRESS);
}

int hooks_attach_ask(struct hooks *hooks, const struct hook_programs *programs, int ifindex,
		     bool *changed)
{
	*changed = false;
	bpf_error_set("");
	return hooks->has_tcx ? attach_link(hooks, programs, ifindex, HOOK_TAP_INGRESS, changed)
			      : clsact_attach_ask(programs, ifindex, changed);
}

int hooks_detach_ask(struct hooks *hooks, int ifindex)
{
	return detach(hooks, ifindex, HOOK_TAP_INGRESS);
}
