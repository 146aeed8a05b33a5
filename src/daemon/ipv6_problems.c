/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipv6_problems: IPv6 addresses of the TAP that do not work; see ipv6_problems.h. */
#include "daemon/ipv6_problems.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/log.h"

/* Why IPv6 is off, and what to do. */
static void describe_off(const char *tap, const struct tap_ipv6_state *now, char *text, size_t size)
{
	if (now->off == TAP_IPV6_OFF_SYSCTL)
		snprintf(text, size,
			 "net.ipv6.conf.%s.disable_ipv6 is 1: set it to 0, and "
			 "net.ipv6.conf.default.disable_ipv6 too, from which a new %s has it",
			 tap, tap);
	else if (now->off == TAP_IPV6_OFF_MTU)
		snprintf(text, size, "its MTU is %u, and IPv6 needs 1280", now->mtu);
	else
		snprintf(text, size, "this kernel has no IPv6 (ipv6.disable=1)");
}

/* A file without IPv6 addresses needs no IPv6. */
static void note_off(struct problems *problems, const struct peers *peers,
		     const struct tap_ipv6_state *now)
{
	const char *tap = peers_config(peers)->tap;
	char why[PROBLEMS_TEXT_MAX / 2];

	if (!now->off || (!config_has_family(&peers_self(peers)->address, AF_INET6) &&
			  !config_has_family(&peers_config(peers)->address, AF_INET6))) {
		if (problems_clear(problems, "ipv6_off"))
			log_notice("%s has IPv6 again", tap);
		return;
	}
	describe_off(tap, now, why, sizeof(why));
	if (problems_set(problems, "ipv6_off", PROBLEM_WARNING,
			 "IPv6 is off on %s, and the IPv6 addresses of the file are missing: %s",
			 tap, why))
		log_warning("%s: IPv6 is off, and the IPv6 addresses of the file are missing: %s",
			    tap, why);
}

static void list(const struct tap_ipv6_dad *dad, char *text, size_t size)
{
	char address[IP_STRLEN];
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < dad->failed_count && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%s", i ? ", " : "",
					 ip_format(&dad->failed[i], address));
}

static void note_dad(struct problems *problems, const char *tap, const struct tap_ipv6_dad *dad)
{
	char addresses[PROBLEMS_TEXT_MAX / 2];

	if (!dad->failed_count) {
		problems_clear(problems, "dad_failed");
		return;
	}
	list(dad, addresses, sizeof(addresses));
	if (problems_set(problems, "dad_failed", PROBLEM_CRITICAL,
			 "another host has %s, which %s does not use therefore: remove it there, "
			 "then delete it from %s (ip addr del), and the daemon adds it again",
			 addresses, tap, tap))
		log_error("%s: another host has %s (duplicate address detection failed): it is not "
			  "used here",
			  tap, addresses);
}

void ipv6_problems_note(struct problems *problems, const struct peers *peers,
			const struct tap_ipv6_state *now)
{
	note_off(problems, peers, now);
	note_dad(problems, peers_config(peers)->tap, &now->dad);
}
