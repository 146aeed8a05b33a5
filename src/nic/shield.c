/* SPDX-License-Identifier: GPL-2.0-or-later */
/* shield: keeps the shield's two tc programs on the NIC; see shield.h. */
#include "nic/shield.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "bpf/bpf_error.h"
#include "bpf/clsact.h"
#include "io/netlink/netlink_tc.h"

#define LINES_PER_SECOND 1

int shield_find_qdisc(const struct shield *s, bool *present)
{
	char kind[16] = "";
	int rc = netlink_tc_ingress_qdisc(s->netlink, s->ifindex, kind);

	if (rc < 0) {
		log_error_errno(-rc, "%s: cannot list its qdiscs", s->interface);
		return rc;
	}
	*present = !strcmp(kind, "clsact");
	if (*present || !kind[0])
		return 0;
	if (hooks_use_links(s->hooks)) {
		log_warning("%s has a qdisc '%s': its filters see only link-local frames (such as "
			    "LLDP)",
			    s->interface, kind);
		return 0;
	}
	log_error("%s has a qdisc '%s' where the shield needs 'clsact': remove it first "
		  "(tc qdisc del dev %s %s)",
		  s->interface, kind, s->interface, kind);
	return -EBUSY;
}

/* What a scan of a hook's filters has found. */
struct scan {
	const struct shield *shield;
	enum netlink_tc_hook hook;
	bool warn;
	bool ours_seen, behind; /* the shield's filter; after another one */
	unsigned others;
	struct netlink_tc_filter warned; /* the last one logged: u32 lists a filter several times */
};

static void scan_filter(const struct netlink_tc_filter *filter, void *arg)
{
	struct scan *scan = arg;
	bool ingress = scan->hook == NETLINK_TC_INGRESS;

	if (clsact_is_ours(ingress ? HOOK_INGRESS : HOOK_EGRESS, filter->priority,
			   filter->handle)) {
		scan->ours_seen = true;
		return;
	}
	scan->others++;
	if (!scan->ours_seen)
		scan->behind = true;
	if (!scan->warn ||
	    (filter->priority == scan->warned.priority && !strcmp(filter->kind, scan->warned.kind)))
		return;
	scan->warned = *filter;
	log_warning("%s has other filters at %s (%s, priority %u): they see %s",
		    scan->shield->interface, ingress ? "ingress" : "egress", filter->kind,
		    filter->priority,
		    ingress ? "only link-local frames (such as LLDP)" : "what the daemon sends");
}

static struct scan scan_hook(const struct shield *s, enum netlink_tc_hook hook, bool warn)
{
	struct scan scan = { .shield = s, .hook = hook, .warn = warn };
	int rc = netlink_tc_list(s->netlink, s->ifindex, hook, scan_filter, &scan);

	if (rc < 0)
		log_debug_errno(-rc, "%s: cannot list filters", s->interface);
	return scan;
}

bool shield_left_behind(const struct shield *s)
{
	struct scan ingress = scan_hook(s, NETLINK_TC_INGRESS, false);
	struct scan egress = scan_hook(s, NETLINK_TC_EGRESS, false);

	return (ingress.ours_seen || egress.ours_seen || hooks_have_shield(s->hooks, s->ifindex)) &&
	       !ingress.others && !egress.others;
}

bool shield_is_attached(const struct shield *s)
{
	return hooks_have_shield(s->hooks, s->ifindex) ||
	       scan_hook(s, NETLINK_TC_INGRESS, false).ours_seen ||
	       scan_hook(s, NETLINK_TC_EGRESS, false).ours_seen;
}

/* A filter before the shield's could accept frames that the shield must drop. True: there was one,
 * and the shield's filter was moved before it. */
static bool move_to_front(const struct shield *s, enum netlink_tc_hook hook)
{
	int rc;

	if (!scan_hook(s, hook, false).behind)
		return false;
	rc = clsact_shield_to_front(s->programs, s->ifindex,
				    hook == NETLINK_TC_INGRESS ? HOOK_INGRESS : HOOK_EGRESS);
	if (rc)
		log_warning_errno(-rc, "%s: cannot move the shield's filter before another one",
				  s->interface);
	return !rc;
}

/* A link cannot be moved: the kernel attaches a program only once to a hook, so it would be out for
 * a moment. */
static void warn_of_tcx_before(struct shield *s)
{
	unsigned before = hooks_count_before(s->hooks, s->ifindex);

	if (before > s->before)
		log_warning("%s has %u tcx program(s) that run before the shield and may bypass it",
			    s->interface, before);
	s->before = before;
}

/* What put_up() had to do: attach programs; move them to the front. */
struct repair {
	bool raised, advanced;
};

static int put_up(struct shield *s, struct repair *done)
{
	int rc = hooks_attach_shield(s->hooks, s->programs, s->ifindex, &done->raised);

	if (rc)
		return rc;
	if (hooks_use_links(s->hooks)) {
		warn_of_tcx_before(s);
		return 0;
	}
	done->advanced = move_to_front(s, NETLINK_TC_INGRESS);
	done->advanced |= move_to_front(s, NETLINK_TC_EGRESS);
	return 0;
}

int shield_up(struct shield *s)
{
	struct repair done = { 0 };
	int rc = put_up(s, &done);

	if (rc)
		log_error_errno(-rc, "%s: cannot attach the shield (%s)", s->interface,
				bpf_error_text());
	return rc;
}

void shield_warn_of_others(struct shield *s)
{
	scan_hook(s, NETLINK_TC_INGRESS, true);
	scan_hook(s, NETLINK_TC_EGRESS, true);
}

static void log_repair(struct shield *s, uint64_t now, const char *what)
{
	uint64_t before;

	s->lines.per_second = LINES_PER_SECOND;
	if (!ratelimit_allow(&s->lines, now))
		return;
	before = ratelimit_take_suppressed(&s->lines);
	if (before)
		log_warning("%s: %s (and %" PRIu64 " times since the last such line)", s->interface,
			    what, before);
	else
		log_warning("%s: %s", s->interface, what);
}

/* No filter is attached while another qdisc is in clsact's place: each attempt would cause events
 * that call for the next check. */
static int check(struct shield *s, struct repair *done)
{
	char kind[16] = "";
	int rc;

	if (hooks_use_links(s->hooks))
		return put_up(s, done);
	rc = netlink_tc_ingress_qdisc(s->netlink, s->ifindex, kind);
	if (rc < 0)
		return rc;
	if (kind[0] && strcmp(kind, "clsact") != 0)
		return -EBUSY;
	return put_up(s, done);
}

bool shield_check(struct shield *s, uint64_t now)
{
	struct repair done = { 0 };
	int rc = check(s, &done);

	if (rc && !s->broken)
		log_error_errno(-rc,
				"%s: the shield is down and cannot be attached: the NIC's own "
				"stack receives and sends",
				s->interface);
	else if (!rc && s->broken)
		log_notice("%s: the shield is up again", s->interface);
	else if (!rc && done.raised)
		log_repair(s, now, "the shield had been removed; it is attached again");
	else if (!rc && done.advanced)
		log_repair(s, now,
			   "a filter had been added before the shield's; the shield's is first "
			   "again");
	s->broken = rc != 0;
	return !rc;
}

void shield_down(struct shield *s, bool with_qdisc)
{
	int rc = hooks_detach_shield(s->hooks, s->ifindex);

	if (rc)
		log_warning_errno(-rc, "%s: cannot detach the shield", s->interface);
	if (!with_qdisc || scan_hook(s, NETLINK_TC_INGRESS, false).others ||
	    scan_hook(s, NETLINK_TC_EGRESS, false).others)
		return;
	rc = netlink_tc_remove_clsact(s->netlink, s->ifindex);
	if (rc && rc != -ENODEV && rc != -ENOENT)
		log_warning_errno(-rc, "%s: cannot remove clsact", s->interface);
}
