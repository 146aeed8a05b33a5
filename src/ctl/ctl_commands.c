/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ctl_commands: the table of commands, with their help; see ctl_commands.h. */
#include "ctl/ctl_commands.h"

#include <limits.h>
#include <stdio.h>

#include "config.h"
#include "ctl/common/ctl_help.h"
#include "ctl/common/ctl_options.h"
#include "ctl/common/ctl_text.h"
#include "ctl/ctl_capture.h"
#include "ctl/ctl_check.h"
#include "ctl/ctl_config.h"
#include "ctl/ctl_counters.h"
#include "ctl/ctl_doctor.h"
#include "ctl/ctl_explain.h"
#include "ctl/ctl_monitor.h"
#include "ctl/ctl_neigh.h"
#include "ctl/ctl_peers.h"
#include "ctl/ctl_shares.h"
#include "ctl/ctl_status.h"

#define JSON CTL_BIT(CTL_JSON)

/* A command without options of its own: its name is the request. */
static int run_simple(const struct ctl_options *o)
{
	return ctl_ask_and_print(o->socket, json_pack("{s:s}", "command", o->command->name),
				 ctl_option(o, CTL_JSON), o->command->print);
}

static void print_version(const json_t *answer)
{
	fputs("clusterarpd ", stdout);
	ctl_put_clean(stdout, ctl_string(answer, "version"), false);
	putchar('\n');
}

/* The version of this program is printed without a daemon, too. */
static int run_version(const struct ctl_options *o)
{
	if (!ctl_option(o, CTL_JSON))
		puts("clusterarpctl " PACKAGE_VERSION);
	return run_simple(o);
}

static int run_help(const struct ctl_options *o)
{
	const struct ctl_command *command;

	if (!o->count) {
		ctl_help(ctl_commands);
		return EXIT_ANSWERED;
	}
	command = ctl_find_command(ctl_commands, o->words[0]);
	if (!command)
		return ctl_usage_error(NULL, NULL);
	ctl_help_command(command);
	return EXIT_ANSWERED;
}

const struct ctl_command ctl_commands[] = {
	{
		.name = "status",
		.arguments = "",
		.summary = "overview of node, link, peers and drops (the default)",
		.help = "It measures the traffic for half a second. Problems stand above the "
			"peers,\n"
			"and each says what to do.\n",
		.options = JSON,
		.run = ctl_status_run,
	},
	{
		.name = "peers",
		.arguments = "[NAME]...",
		.summary = "the other nodes, and the traffic to and from each",
		.help = "Those that do not answer come first; the last line counts the states. IN "
			"is\n"
			"from the peer, OUT to it, since the daemon was started. With names, all "
			"that\n"
			"is known of these peers.\n"
			"\n"
			"  clusterarpctl peers beta\n",
		.options = JSON,
		.most = INT_MAX,
		.run = ctl_peers_run,
	},
	{
		.name = "neigh",
		.arguments = "",
		.summary = "the TAP's neighbour table, as the daemon knows it",
		.help = "The lines are like those of `ip neigh`, with the node's name at the "
			"end.\n",
		.options = JSON,
		.run = run_simple,
		.print = ctl_print_neigh,
	},
	{
		.name = "counters",
		.arguments = "",
		.summary = "frames, bytes, and drops by reason",
		.help = "clusterarpd(7) explains the reasons.\n",
		.options = JSON,
		.run = run_simple,
		.print = ctl_print_counters,
	},
	{
		.name = "config",
		.arguments = "",
		.summary = "the configuration in effect, in the syntax of its file",
		.help = "All defaults are filled in, as with `clusterarpd -t`.\n",
		.options = JSON,
		.run = run_simple,
		.print = ctl_print_config,
	},
	{
		.name = "reload",
		.arguments = "[--dry-run]",
		.summary = "read the configuration file again",
		.help = "If the file has an error, or a change that needs a restart, nothing is "
			"changed,\n"
			"and the exit status is 1.\n"
			"\n"
			"  clusterarpctl reload --dry-run && clusterarpctl reload\n",
		.options = JSON | CTL_BIT(CTL_DRY_RUN),
		.run = ctl_reload_run,
	},
	{
		.name = "monitor",
		.arguments = "",
		.summary = "print events as they happen",
		.help = "It runs until it is interrupted. With --json: one object a line.\n"
			"\n"
			"  clusterarpctl -j monitor | jq -c 'select(.event == \"peer_state\")'\n",
		.options = JSON,
		.run = ctl_monitor_run,
		.is_stream = true,
	},
	{
		.name = "capture",
		.arguments = "[-w FILE|-] [--count N] [--snaplen N]",
		.summary = "write frames, before and after rewriting, as pcapng",
		.help = "Each frame is there twice, as it came and as it went, with the rules that "
			"have\n"
			"rewritten it, or the reason of a drop, as comment. N of --snaplen is from "
			"64 to\n"
			"262144.\n"
			"\n"
			"  clusterarpctl capture | tshark -r -\n",
		.options = CTL_BIT(CTL_WRITE) | CTL_BIT(CTL_COUNT) | CTL_BIT(CTL_SNAPLEN),
		.run = ctl_capture_run,
		.is_stream = true,
	},
	{
		.name = "doctor",
		.arguments = "",
		.summary = "examine the network: what reaches which node, and what not",
		.help = "It takes about five seconds, and asks each peer three times in each way, "
			"by\n"
			"ARP or Neighbour Discovery: by a broadcast, at its dedicated MAC, at the\n"
			"cluster MAC, in a frame of full MTU, and so that it answers to the "
			"cluster\n"
			"MAC. Each finding says what it means and which setting to look for.\n"
			"Exit status: 0 nothing is wrong, 1 something is.\n",
		.options = JSON,
		.run = ctl_doctor_run,
	},
	{
		.name = "explain",
		.arguments = "FILE",
		.summary = "which rule decides about each frame of a capture",
		.help = "For each frame of a pcap or pcapng file: the rules that apply, the "
			"verdict, and\n"
			"what changes, byte by byte. It needs no daemon and no rights, but the "
			"cluster's\n"
			"configuration file (default: " DEFAULT_CONFIG ").\n"
			"\n"
			"  tcpdump -r FILE -w - arp | clusterarpctl explain -\n",
		.options = JSON | CTL_BIT(CTL_CONFIG) | CTL_BIT(CTL_NODE) | CTL_BIT(CTL_SIDE),
		.least = 1,
		.most = 1,
		.run = ctl_explain_run,
	},
	{
		.name = "metrics",
		.arguments = "",
		.summary = "print the metrics for Prometheus",
		.help = "The text format that Prometheus and node_exporter's textfile collector "
			"read.\n",
		.options = JSON,
		.run = run_simple,
		.print = ctl_print_metrics,
	},
	{
		.name = "check",
		.arguments = "[--wait SEC]",
		.summary = "is all well? for monitoring and scripts",
		.help = "One line, with performance data, and the exit status of monitoring "
			"plugins:\n"
			"0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN (no daemon, no answer, no "
			"permission).\n"
			"With --wait it returns as soon as the status is 0, or after that time.\n"
			"\n"
			"  clusterarpctl check --wait 10 && start-the-service\n",
		.options = JSON | CTL_BIT(CTL_WAIT),
		.run = ctl_check_run,
		.trouble = CTL_CHECK_UNKNOWN,
	},
	{
		.name = "shares",
		.arguments = "[SUBCOMMAND]",
		.summary = "which node answers which client",
		.help = "  shares                     nodes, their states, shares and connections\n"
			"  shares of ADDRESS[:PORT]   which node this client belongs to, and why\n"
			"  shares drain [--wait SEC]  let this node take no new connections; wait "
			"until\n"
			"                             those that it has have ended\n"
			"  shares resume              end this, and the effect of weight\n"
			"  shares weight N            let this node have another weight, from 0 to "
			"100\n"
			"\n"
			"For drivers:\n"
			"  shares set --epoch E --ttl SEC|forever NODE[=WEIGHT]... [--dead "
			"NODE]...\n"
			"                             these nodes share the clients\n"
			"  shares released --epoch E [--asking] NODE...\n"
			"                             these nodes have released the epoch; and "
			"still\n"
			"                             serve connections that they had before\n",
		.options = JSON | CTL_BIT(CTL_WAIT) | CTL_BIT(CTL_EPOCH) | CTL_BIT(CTL_TTL) |
			   CTL_BIT(CTL_DEAD) | CTL_BIT(CTL_ASKING),
		.most = INT_MAX,
		.run = ctl_shares_run,
	},
	{
		.name = "log-level",
		.arguments = "[LEVEL]",
		.summary = "show or set the least severe level that is logged",
		.help = "LEVEL is error, warning, notice, info or debug. It lasts until the daemon "
			"ends.\n",
		.options = JSON,
		.most = 1,
		.run = ctl_log_level_run,
	},
	{
		.name = "version",
		.arguments = "",
		.summary = "print the versions of this program and of the daemon",
		.help = "",
		.options = JSON,
		.run = run_version,
		.print = print_version,
	},
	{
		.name = "help",
		.arguments = "[COMMAND]",
		.summary = "print this, or what a command does",
		.help = "",
		.most = 1,
		.run = run_help,
	},
	{ 0 },
};
