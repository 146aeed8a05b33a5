/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config_diff: the line of each key, and which changes a reload cannot apply. */
#include "cluster.h"

#include "config/config_diff.h"

#define ALPHA "[node alpha]\naddress = 12.12.4.101/24\nmac = 06:bf:00:00:00:01\nid = 1\n"
#define BETA  "[node beta]\naddress = 12.12.4.102/24\nmac = 06:bf:00:00:00:02\nid = 2\n"
#define GAMMA "[node gamma]\naddress = 12.12.4.103/24\nmac = 06:bf:00:00:00:03\nid = 3\n"
#define DELTA "[node delta]\naddress = 12.12.4.104/24\nmac = 06:bf:00:00:00:04\nid = 4\n"

/* Every MAC is given, so that a change of an address changes nothing else. */
#define BASE                         \
	"[cluster]\n"                \
	"interface = eth0\n"         \
	"tap = cluster0\n"           \
	"address = 12.12.4.100/24\n" \
	"mac = 02:bf:aa:bb:cc:dd\n"  \
	"dedicated_mac = unicast\n"  \
	"source_mac = dedicated\n"   \
	"arp = directed\n"           \
	"advertise = peers\n"        \
	"strict = no\n"              \
	"datapath = auto\n"          \
	"neigh = learn\n"            \
	"adopt = yes\n"              \
	"shares = static\n"          \
	"affinity = connection\n"    \
	"liveness = 1s\n"            \
	"gateway = 12.12.4.1\n"      \
	"mtu = auto\n" ALPHA BETA GAMMA

struct line {
	const char *text; /* NULL: no more */
	bool needs_restart;
};

static struct config *parse(const char *text)
{
	struct config_report report = { 0 };
	char copy[4096];
	struct config *config;
	FILE *f;

	assert_true((size_t)snprintf(copy, sizeof(copy), "%s", text) < sizeof(copy));
	f = fmemopen(copy, strlen(copy), "r");
	config = config_read(f, &report);
	fclose(f);
	if (!config)
		config_report_print(&report, "test", stderr);
	assert_non_null(config);
	config_report_clear(&report);
	return config;
}

static void lines_are(const struct config_lines *lines, const struct line *expected, bool restart)
{
	size_t n = 0;

	for (; expected->text; expected++) {
		if (restart && !expected->needs_restart)
			continue;
		if (n == lines->count)
			fail_msg("missing: %s", expected->text);
		assert_string_equal(lines->list[n++], expected->text);
	}
	if (n < lines->count)
		fail_msg("too many: %s", lines->list[n]);
}

/* The differences as node alpha sees them. */
static void differ_by(const char *from, const char *to, const struct line *expected)
{
	struct config *a = parse(from), *b = parse(to);
	struct config_diff diff = { 0 };

	assert_int_equal(config_diff(a, b, "alpha", &diff), 0);
	lines_are(&diff.changes, expected, false);
	lines_are(&diff.needs_restart, expected, true);
	config_diff_clear(&diff);
	assert_int_equal(diff.changes.count, 0);
	assert_int_equal(diff.needs_restart.count, 0);
	config_diff_clear(&diff); /* a second time */
	config_free(a);
	config_free(b);
}

/* `text` with the first `from` in it replaced by `to`. */
static const char *with(const char *text, const char *from, const char *to, char *buf, size_t size)
{
	const char *at = strstr(text, from);

	assert_non_null(at);
	assert_true((size_t)snprintf(buf, size, "%.*s%s%s", (int)(at - text), text, to,
				     at + strlen(from)) < size);
	return buf;
}

static void edit_gives(const char *from, const char *to, const struct line *expected)
{
	char buf[4096];

	differ_by(BASE, with(BASE, from, to, buf, sizeof(buf)), expected);
}

static void identical_files_give_nothing(void **state)
{
	static const struct line none = { NULL, false };

	(void)state;
	differ_by(BASE, BASE, &none);
	/* nor do explicit defaults, and an id that no MAC is made of */
	edit_gives("tap = cluster0\n", "", &none);
	edit_gives("dedicated_mac = unicast\nsource_mac = dedicated\n", "", &none);
	edit_gives("advertise = peers\nstrict = no\ndatapath = auto\nneigh = learn\nadopt = yes\n",
		   "", &none);
	edit_gives("mtu = auto\n", "; a comment\n", &none);
	edit_gives("id = 2\n", "id = 9\n", &none);
}

static void each_key_gives_its_line(void **state)
{
	static const struct {
		const char *from, *to;
		struct line line;
	} cases[] = {
		{ "eth0", "eth1", { "interface: eth0 to eth1", true } },
		{ "= cluster0", "= c0", { "tap: cluster0 to c0", true } },
		{ "4.100/24", "4.99/24", { "the cluster's addresses", true } },
		{ "4.100/24", "4.100/25", { "the cluster's addresses", true } },
		{ "4.100/24", "4.100/24, 12.12.4.99/24", { "the cluster's addresses", true } },
		{ "02:bf:aa:bb:cc:dd",
		  "02:bf:aa:bb:cc:de",
		  { "mac: 02:bf:aa:bb:cc:dd to 02:bf:aa:bb:cc:de", true } },
		{ "arp = directed", "arp = broadcast", { "arp: directed to broadcast", false } },
		{ "= peers", "= all", { "advertise: peers to all", false } },
		{ "strict = no", "strict = yes", { "strict: no to yes", false } },
		{ "datapath = auto", "datapath = user", { "datapath: auto to user", true } },
		{ "datapath = auto", "datapath = kernel", { "datapath: auto to kernel", true } },
		{ "= learn", "= seed", { "neigh: learn to seed", false } },
		{ "= learn", "= pin", { "neigh: learn to pin", false } },
		{ "adopt = yes", "adopt = no", { "adopt: yes to no", true } },
		{ "= static", "= none", { "shares: static to none", false } },
		{ "= static", "= driven", { "shares: static to driven", false } },
		{ "= 1s", "= 1500ms", { "liveness: 1s to 1500ms", false } },
		{ "= 1s", "= 0", { "liveness: 1s to 0", false } },
		{ "= connection", "= client", { "affinity: connection to client", false } },
		{ "= connection", "= network", { "affinity: connection to network", false } },
		{ "id = 1\n", "id = 1\nweight = 3\n", { "node alpha: weight 1 to 3", false } },
		{ "id = 2\n", "id = 2\nweight = 0\n", { "node beta: weight 1 to 0", false } },
		{ "4.1\n", "4.2\n", { "gateway: 12.12.4.1 to 12.12.4.2", true } },
		{ "gateway = 12.12.4.1\n", "", { "gateway: 12.12.4.1 to -", true } },
		{ "gateway = 12.12.4.1\n",
		  "gateway = 12.12.4.1\ngateway = fe80::1\n",
		  { "gateway: - to fe80::1", true } },
		{ "mtu = auto", "mtu = 9000", { "mtu: auto to 9000", false } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct line expected[] = { cases[i].line, { NULL, false } };

		edit_gives(cases[i].from, cases[i].to, expected);
	}
}

/* What the driver has read is its own, until it is restarted. */
static void lines_of_corosync(void **state)
{
	static const struct line is_new[] = { { "[corosync]: new", false }, { NULL, false } };
	static const struct line gone[] = { { "[corosync]: gone", false }, { NULL, false } };
	static const struct line other[] = {
		{ "[corosync] group: clusterarpd to web (restart clusterarpd-corosync)", false },
		{ "[corosync] no_quorum: stop to serve (restart clusterarpd-corosync)", false },
		{ "node alpha: corosync_id none to 7", false },
		{ NULL, false },
	};
	static const struct line id[] = { { "node alpha: corosync_id 7 to none", false },
					  { NULL, false } };
	static const struct line none = { NULL, false };
	char driven[4096], plain[4096], ids[4096], set[4096];

	(void)state;
	with(BASE, "= static", "= driven", driven, sizeof(driven));
	with(driven, "mtu = auto\n", "mtu = auto\n[corosync]\n", plain, sizeof(plain));
	with(driven, "id = 1\n", "id = 1\ncorosync_id = 7\n", ids, sizeof(ids));
	with(ids, "mtu = auto\n", "mtu = auto\n[corosync]\ngroup = web\nno_quorum = serve\n", set,
	     sizeof(set));
	differ_by(driven, plain, is_new);
	differ_by(plain, driven, gone);
	differ_by(plain, set, other);
	differ_by(ids, driven, id);
	with(driven, "mtu = auto\n", "mtu = auto\n[corosync]\ngroup = clusterarpd\n", set,
	     sizeof(set));
	differ_by(plain, set, &none);
}

/* The reverse changes. */
static void from_and_to_are_not_the_same(void **state)
{
	static const struct line expected[] = {
		{ "gateway: - to 12.12.4.1", true },
		{ "mtu: 9000 to auto", false },
		{ NULL, false },
	};
	char no_gateway[4096], text[4096];

	(void)state;
	with(BASE, "gateway = 12.12.4.1\n", "", no_gateway, sizeof(no_gateway));
	with(no_gateway, "mtu = auto", "mtu = 9000", text, sizeof(text));
	differ_by(text, BASE, expected);
}

/* With ids and an explicit source_mac, dedicated_mac changes nothing else of these nodes. */
static void dedicated_mac_alone(void **state)
{
	static const struct line expected[] = {
		{ "dedicated_mac: unicast to multicast", true },
		{ NULL, false },
	};
	char from[4096], to[4096];

	(void)state;
	with(BASE, "source_mac = dedicated", "source_mac = masked", from, sizeof(from));
	with(from, "= unicast", "= multicast", to, sizeof(to));
	differ_by(from, to, expected);
}

static void source_mac_changes_every_node(void **state)
{
	static const struct line masked[] = {
		{ "source_mac: dedicated to masked", true },
		{ "node alpha: source MAC 06:bf:00:00:00:01 to 02:01:aa:bb:cc:dd", true },
		{ "node beta: source MAC 06:bf:00:00:00:02 to 02:02:aa:bb:cc:dd", false },
		{ "node gamma: source MAC 06:bf:00:00:00:03 to 02:03:aa:bb:cc:dd", false },
		{ NULL, false },
	};
	static const struct line cluster[] = {
		{ "source_mac: dedicated to cluster", true },
		{ "node alpha: source MAC 06:bf:00:00:00:01 to 02:bf:aa:bb:cc:dd", true },
		{ "node beta: source MAC 06:bf:00:00:00:02 to 02:bf:aa:bb:cc:dd", false },
		{ "node gamma: source MAC 06:bf:00:00:00:03 to 02:bf:aa:bb:cc:dd", false },
		{ NULL, false },
	};

	(void)state;
	edit_gives("source_mac = dedicated", "source_mac = masked", masked);
	edit_gives("source_mac = dedicated", "source_mac = cluster", cluster);
}

/* A second network of the node with this address, with another prefix length. */
static void length_gives(const char *address, const struct line *expected)
{
	char from[4096], to[4096], second[64];

	snprintf(second, sizeof(second), "%s, 10.9.0.1/24", address);
	with(BASE, address, second, from, sizeof(from));
	with(from, "10.9.0.1/24", "10.9.0.1/25", to, sizeof(to));
	differ_by(from, to, expected);
}

static void own_addresses_and_macs_need_a_restart(void **state)
{
	static const struct line addresses[] = { { "node alpha: addresses", true },
						 { NULL, false } };
	static const struct line macs[] = {
		{ "node alpha: dedicated MAC 06:bf:00:00:00:01 to 06:bf:00:00:00:11", true },
		{ "node alpha: source MAC 06:bf:00:00:00:01 to 06:bf:00:00:00:11", true },
		{ NULL, false },
	};

	(void)state;
	edit_gives("4.101/24", "4.111/24", addresses);
	length_gives("4.101/24", addresses);
	edit_gives("4.101/24", "4.101/24, 12.12.4.111/24", addresses);
	edit_gives("4.101/24", "4.101/24, 2001:db8::1/64", addresses);
	edit_gives("00:00:00:01", "00:00:00:11", macs);
}

static void those_of_others_do_not(void **state)
{
	static const struct line addresses[] = { { "node beta: addresses", false },
						 { NULL, false } };
	static const struct line macs[] = {
		{ "node beta: dedicated MAC 06:bf:00:00:00:02 to 06:bf:00:00:00:12", false },
		{ "node beta: source MAC 06:bf:00:00:00:02 to 06:bf:00:00:00:12", false },
		{ NULL, false },
	};
	static const struct line masked[] = {
		{ "node beta: source MAC 02:02:aa:bb:cc:dd to 02:09:aa:bb:cc:dd", false },
		{ NULL, false },
	};
	char from[4096], to[4096];

	(void)state;
	edit_gives("4.102/24", "4.112/24", addresses);
	length_gives("4.102/24", addresses);
	edit_gives("4.102/24", "4.102/24, 12.12.4.112/24", addresses);
	edit_gives("00:00:00:02", "00:00:00:12", macs);
	with(BASE, "source_mac = dedicated", "source_mac = masked", from, sizeof(from));
	with(from, "id = 2\n", "id = 9\n", to, sizeof(to));
	differ_by(from, to, masked);
}

/* The order of addresses decides which of them replaces a cluster address as sender (E2b). */
static void the_order_of_addresses_counts(void **state)
{
	static const struct line expected[] = { { "node beta: addresses", false },
						{ NULL, false } };
	char from[4096], to[4096];

	(void)state;
	with(BASE, "12.12.4.102/24", "12.12.4.102/24, 12.12.4.112/24", from, sizeof(from));
	with(BASE, "12.12.4.102/24", "12.12.4.112/24, 12.12.4.102/24", to, sizeof(to));
	differ_by(from, to, expected);
}

static void nodes_come_and_go(void **state)
{
	static const struct line added[] = { { "node delta: new", false }, { NULL, false } };
	static const struct line gone[] = { { "node beta: gone", false }, { NULL, false } };
	static const struct line self_gone[] = { { "node alpha: gone", true }, { NULL, false } };
	static const struct line renamed[] = {
		{ "node gamma: gone", false },
		{ "node epsilon: new", false },
		{ NULL, false },
	};

	(void)state;
	edit_gives(GAMMA, GAMMA DELTA, added);
	edit_gives(ALPHA, DELTA ALPHA, added);
	edit_gives(BETA, "", gone);
	edit_gives(ALPHA, "", self_gone);
	edit_gives("[node gamma]", "[node epsilon]", renamed);
}

static void the_order_of_nodes_does_not_count(void **state)
{
	static const struct line none = { NULL, false };

	(void)state;
	edit_gives(ALPHA BETA GAMMA, GAMMA ALPHA BETA, &none);
	edit_gives(ALPHA BETA GAMMA, BETA GAMMA ALPHA, &none);
}

/* Nothing of a line is cut off, however long the name. */
static void the_longest_name(void **state)
{
#define LONG_NAME "n2345678901234567890123456789012345678901234"
	static const struct line expected[] = {
		{ "node " LONG_NAME ": dedicated MAC 06:bf:00:00:00:02 to 06:bf:00:00:00:12",
		  false },
		{ "node " LONG_NAME ": source MAC 06:bf:00:00:00:02 to 06:bf:00:00:00:12", false },
		{ NULL, false },
	};
	char from[4096], to[4096];

	(void)state;
	assert_int_equal(strlen(LONG_NAME), CONFIG_NAME_MAX);
	with(BASE, "[node beta]", "[node " LONG_NAME "]", from, sizeof(from));
	with(from, "00:00:00:02", "00:00:00:12", to, sizeof(to));
	differ_by(from, to, expected);
}

/* All at once: each change has its line; needs_restart has only the changes that need one. */
static void many_changes(void **state)
{
	static const struct line expected[] = {
		{ "interface: eth0 to eth7", true },
		{ "gateway: 12.12.4.1 to -", true },
		{ "the cluster's addresses", true },
		{ "arp: directed to broadcast", false },
		{ "mtu: auto to 1400", false },
		{ "adopt: yes to no", true },
		{ "node alpha: addresses", true },
		{ "node beta: addresses", false },
		{ "node gamma: gone", false },
		{ "node delta: new", false },
		{ NULL, false },
	};
	static const struct {
		const char *from, *to;
	} edits[] = {
		{ "eth0", "eth7" },
		{ "gateway = 12.12.4.1\n", "" },
		{ "4.100/24", "4.99/24" },
		{ "arp = directed", "arp = broadcast" },
		{ "mtu = auto", "mtu = 1400" },
		{ "adopt = yes", "adopt = no" },
		{ "4.101/24", "4.111/24" },
		{ "4.102/24", "4.112/24" },
		{ GAMMA, DELTA },
	};
	char text[2][4096];

	(void)state;
	strcpy(text[0], BASE);
	for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++)
		with(text[i % 2], edits[i].from, edits[i].to, text[(i + 1) % 2], sizeof(text[0]));
	differ_by(BASE, text[sizeof(edits) / sizeof(edits[0]) % 2], expected);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(identical_files_give_nothing),
		cmocka_unit_test(each_key_gives_its_line),
		cmocka_unit_test(lines_of_corosync),
		cmocka_unit_test(from_and_to_are_not_the_same),
		cmocka_unit_test(dedicated_mac_alone),
		cmocka_unit_test(source_mac_changes_every_node),
		cmocka_unit_test(own_addresses_and_macs_need_a_restart),
		cmocka_unit_test(those_of_others_do_not),
		cmocka_unit_test(the_order_of_addresses_counts),
		cmocka_unit_test(nodes_come_and_go),
		cmocka_unit_test(the_order_of_nodes_does_not_count),
		cmocka_unit_test(the_longest_name),
		cmocka_unit_test(many_changes),
	};

	return cmocka_run_group_tests_name("config_diff", tests, NULL, NULL);
}
