/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tcx: tc programs attached by links; see tcx.h.
 *
 * libbpf has functions for tcx since 1.3, Debian 12 has 1.1. But bpf_link_create() passes an attach
 * type and flags that it does not know on to the kernel as they are, and the other calls are the
 * same for all kinds of links. So one build suits every kernel.
 */
#include "bpf/tcx.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "bpf/bpf_error.h"
#include "io/notify.h"

/* In <linux/bpf.h> since Linux 6.6: enum bpf_attach_type, enum bpf_link_type, and a flag. */
#define TCX_INGRESS   ((enum bpf_attach_type)46)
#define TCX_EGRESS    ((enum bpf_attach_type)47)
#define LINK_TYPE_TCX 11
#define FLAG_BEFORE   (1u << 3)

#define LOOPBACK       1  /* ifindex */
#define PROGRAMS_MAX   64 /* of one hook: the kernel's limit */
#define NAME_MAX_BYTES 32

static enum bpf_attach_type attach_type(enum hook hook)
{
	return hook_is_ingress(hook) ? TCX_INGRESS : TCX_EGRESS;
}

bool tcx_is_available(void)
{
	uint32_t count = 0;

	return !bpf_prog_query(LOOPBACK, TCX_INGRESS, 0, NULL, NULL, &count);
}

/* --- with the service manager --- */

/* An index is not used twice in a network namespace, and a link whose interface was removed says
 * so. */
static const char *name_of(enum hook hook, int ifindex, char name[NAME_MAX_BYTES])
{
	static const char *const hooks[HOOKS] = { "nic-ingress", "nic-egress", "tap-egress",
						  "tap-ingress" };

	snprintf(name, NAME_MAX_BYTES, "%s-%d", hooks[hook], ifindex);
	return name;
}

#define NAME(hook, ifindex) name_of((hook), (ifindex), (char[NAME_MAX_BYTES]){ 0 })

/* The link is of no more use. */
static void drop(struct tcx_link *link, enum hook hook)
{
	notify_forget(NAME(hook, link->ifindex));
	close(link->fd);
	*link = TCX_NO_LINK;
}

void tcx_close(struct tcx_link *link)
{
	if (link->fd >= 0)
		close(link->fd);
	*link = TCX_NO_LINK;
}

/* --- the link --- */

/* The program of the link, if it attaches it to this hook of the interface; else 0. */
static uint32_t program_of(const struct tcx_link *link, enum hook hook)
{
	struct bpf_link_info info = { 0 };
	uint32_t len = sizeof(info);

	if (bpf_obj_get_info_by_fd(link->fd, &info, &len) || info.type != LINK_TYPE_TCX)
		return 0;
	/* info.tcx, which older headers lack, has the interface's index (0: it was removed) and the
	 * attach type where these two have theirs. */
	if ((int)info.xdp.ifindex != link->ifindex || info.netns.attach_type != attach_type(hook))
		return 0;
	return info.prog_id;
}

/* Find the link to this interface: this run's, or an earlier one's. Returns its program; 0: there
 * is none. */
static uint32_t find(struct tcx_link *link, enum hook hook, int ifindex)
{
	uint32_t program;

	if (link->fd >= 0 && link->ifindex != ifindex)
		drop(link, hook);
	if (link->fd < 0)
		*link = (struct tcx_link){ notify_take(NAME(hook, ifindex)), ifindex };
	if (link->fd < 0)
		return 0;
	program = program_of(link, hook);
	if (!program)
		drop(link, hook);
	return program;
}

bool tcx_is_attached(struct tcx_link *link, enum hook hook, int ifindex)
{
	return find(link, hook, ifindex);
}

static int create(struct tcx_link *link, int program, enum hook hook, int ifindex)
{
	DECLARE_LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = FLAG_BEFORE);
	int fd = bpf_link_create(program, ifindex, attach_type(hook), &opts);

	if (fd < 0) {
		bpf_error_set("the kernel refuses the link");
		return bpf_error_from(fd);
	}
	*link = (struct tcx_link){ fd, ifindex };
	notify_store(fd, NAME(hook, ifindex));
	return 0;
}

int tcx_attach(struct tcx_link *link, const struct hook_programs *programs, enum hook hook,
	       int ifindex, bool *changed)
{
	uint32_t attached = find(link, hook, ifindex);
	int err;

	if (attached == programs->at[hook].id)
		return 0;
	if (attached)
		err = bpf_error_from(bpf_link_update(link->fd, programs->at[hook].fd, NULL));
	else
		err = create(link, programs->at[hook].fd, hook, ifindex);
	*changed |= !err;
	return err;
}

/* The copy that the service manager has is detached as well. */
int tcx_detach(struct tcx_link *link, enum hook hook, int ifindex)
{
	int err;

	if (!find(link, hook, ifindex))
		return 0;
	err = bpf_error_from(bpf_link_detach(link->fd));
	drop(link, hook);
	return err == -ENOLINK ? 0 : err; /* its interface was removed meanwhile */
}

int tcx_find_others(struct tcx_link *link, enum hook hook, int ifindex, struct tcx_others *others)
{
	uint32_t own = find(link, hook, ifindex);
	uint32_t ids[PROGRAMS_MAX], count = PROGRAMS_MAX, i;
	int err = bpf_prog_query(ifindex, attach_type(hook), 0, NULL, ids, &count);
	bool is_before = own;

	*others = (struct tcx_others){ 0 };
	if (err)
		return err;
	for (i = 0; i < count; i++) {
		is_before &= ids[i] != own;
		others->before += is_before;
		others->all += ids[i] != own;
	}
	return 0;
}
