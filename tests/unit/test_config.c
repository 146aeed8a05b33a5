/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_config: valid and invalid configuration files (SPEC 3 and 6).
 *
 * Most tests are rows: a file, and the messages it must give, no more and no fewer, as
 * "LINE: part of the text" lines in their order, or "LINE? part of the text" for a warning.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "config/config_print.h"
#include "config/config_read.h"

#define COUNT(a)  (sizeof(a) / sizeof((a)[0]))
#define MUTATIONS 3000

/* Lines 1 to 3, 4 to 5 and 6 to 7 of many files below. */
#define CLUSTER "[cluster]\ninterface = eth0\naddress = 12.12.4.100/24\n"
#define ALPHA   "[node alpha]\naddress = 12.12.4.101/24\n"
#define BETA    "[node beta]\naddress = 12.12.4.102/24\n"
#define NODES   ALPHA BETA
/* Likewise, for IPv6: lines 1 to 4, 5 to 7 and 8 to 10. */
#define CLUSTER6                                                    \
	"[cluster]\ninterface = eth0\naddress = 2001:db8::100/64\n" \
	"mac = 02:bf:00:00:01:00\n"
#define ALPHA6 "[node alpha]\naddress = 2001:db8::101/64\nmac = 06:bf:00:00:01:01\n"
#define BETA6  "[node beta]\naddress = 2001:db8::102/64\nmac = 06:bf:00:00:01:02\n"
#define NODES6 ALPHA6 BETA6
/* 127 characters. */
#define TEN     "abcdefghij"
#define ALTNAME TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN "abcdefg"
/* Lines 1 to 4; and 5 to 10, from which on nothing is wrong with two nodes. */
#define DRIVEN CLUSTER "shares = driven\n"
#define THREE  NODES "[node gamma]\naddress = 12.12.4.103/24\n"

struct row {
	const char *what;
	const char *text;
	const char *want; /* "" for a file without a mistake */
};

static struct config *read_bytes(const char *text, size_t length, struct config_report *report)
{
	FILE *stream = fmemopen((void *)(uintptr_t)text, length, "r");
	struct config *c;

	assert_non_null(stream);
	c = config_read(stream, report);
	assert_int_equal(getc(stream), EOF); /* read to its end, and still open */
	fclose(stream);
	return c;
}

static struct config *read_good(const char *text)
{
	struct config_report report = { 0 };
	struct config *c = read_bytes(text, strlen(text), &report);

	if (report.errors)
		config_report_print(&report, "good.conf", stderr);
	assert_non_null(c);
	assert_int_equal(report.errors, 0);
	config_report_clear(&report);
	return c;
}

/* The report as text, which the caller frees. */
static char *print_report(const struct config_report *report)
{
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	config_report_print(report, "F", out);
	fclose(out);
	return text;
}

static char *print_config(const struct config *c)
{
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	config_print(c, out);
	fclose(out);
	return text;
}

/* Does message m match the first line of `want`? */
static bool fits(const struct config_message *m, const char *want)
{
	char *end;
	unsigned line = (unsigned)strtoul(want, &end, 10);
	const char *part = strchr(want, ' ') + 1;
	char expected[200];

	snprintf(expected, sizeof(expected), "%.*s", (int)strcspn(part, "\n"), part);
	return m->is_error == (*end == ':') && m->line == line && strstr(m->text, expected);
}

static void check_report(const struct row *row, const struct config_report *report)
{
	const char *want = row->want;
	char *got = print_report(report);

	for (size_t i = 0; i < report->count; i++) {
		if (!*want || !fits(&report->list[i], want))
			fail_msg("%s:\n%sshould be\n%s", row->what, got, row->want);
		want += strcspn(want, "\n");
		want += *want == '\n';
	}
	if (*want)
		fail_msg("%s:\n%sshould be\n%s", row->what, got, row->want);
	for (const char *c = got; *c; c++)
		assert_true((*c >= ' ' && *c <= '~') || *c == '\n');
	free(got);
}

static void check_bytes(const struct row *row, size_t length)
{
	struct config_report report = { 0 };
	struct config *c = read_bytes(row->text, length, &report);

	check_report(row, &report);
	if (!c != !!report.errors)
		fail_msg("%s: %s", row->what, c ? "accepted" : "refused");
	config_report_clear(&report);
	config_free(c);
}

static void check_rows(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		check_bytes(&rows[i], strlen(rows[i].text));
}

static void check_mac(const struct mac *mac, const char *want)
{
	char text[MAC_STRLEN];

	assert_string_equal(mac_format(mac, text), want);
}

static void check_prefix(const struct ip_prefix *prefix, const char *want)
{
	char text[PREFIX_STRLEN];

	assert_string_equal(prefix_format(prefix, text), want);
}

/* --- valid files --- */

static void test_defaults(void **state)
{
	struct config *c = read_good(CLUSTER NODES);

	(void)state;
	assert_string_equal(c->interface, "eth0");
	assert_string_equal(c->tap, "cluster0");
	assert_int_equal(c->dedicated_mac, DEDICATED_MAC_UNICAST);
	assert_int_equal(c->source_mac, SOURCE_MAC_DEDICATED);
	assert_int_equal(c->arp, ARP_BROADCAST);
	assert_int_equal(c->advertise, ADVERTISE_PEERS);
	assert_false(c->strict);
	assert_int_equal(c->datapath, DATAPATH_AUTO);
	assert_int_equal(c->neigh, NEIGH_LEARN);
	assert_true(c->adopt);
	assert_int_equal(c->shares, CONFIG_SHARES_NONE);
	assert_int_equal(c->affinity, AFFINITY_CONNECTION);
	assert_int_equal(c->liveness, 1000);
	assert_null(config_gateway(c, AF_INET));
	assert_null(config_gateway(c, AF_INET6));
	assert_int_equal(c->mtu, 0);
	assert_int_equal(c->node_count, 2);
	assert_string_equal(c->nodes[1].name, "beta");
	assert_int_equal(c->nodes[1].line, 6);
	assert_int_equal(c->nodes[1].id, 0);
	assert_int_equal(c->nodes[1].weight, 1);
	assert_int_equal(c->nodes[1].corosync_id, 0);
	assert_false(c->corosync.is_set);
	assert_string_equal(c->corosync.group, "clusterarpd");
	assert_int_equal(c->corosync.no_quorum, NO_QUORUM_STOP);
	config_free(c);
}

static void test_every_key(void **state)
{
	static const char text[] = "[cluster]\n"
				   "interface     = eth0.10 ; the VLAN\n"
				   "tap           = vip\n"
				   "address       = 12.12.4.100/24 , 10.0.0.1/32\n"
				   "mac           = 02:00:5e:00:00:01\n"
				   "dedicated_mac = unicast\n"
				   "source_mac    = cluster\n"
				   "arp           = directed\n"
				   "advertise     = peers\n"
				   "strict        = yes\n"
				   "datapath      = kernel\n"
				   "neigh         = pin\n"
				   "adopt         = no\n"
				   "shares        = driven\n"
				   "affinity      = network\n"
				   "liveness      = 250ms\n"
				   "gateway       = 12.12.4.1\n"
				   "mtu           = 9000\n"
				   "address       = 2001:db8::100/64\n"
				   "gateway       = fe80::1\n"
				   "[node alpha]\n"
				   "address = 2001:db8::101/64\n"
				   "address = 12.12.4.101/24, 10.0.1.1/16\n"
				   "mac = auto\n"
				   "id = 190\n"
				   "weight = 100\n"
				   "corosync_id = 4294967295\n"
				   "[corosync]\n"
				   "group = web!{1}\n"
				   "no_quorum = serve ; AP\n";
	struct config *c = read_good(text);
	struct ip_addr gateway;

	(void)state;
	assert_string_equal(c->interface, "eth0.10");
	assert_string_equal(c->tap, "vip");
	assert_int_equal(c->address.count, 3);
	check_prefix(&c->address.list[0], "12.12.4.100/24");
	check_prefix(&c->address.list[1], "10.0.0.1/32");
	check_prefix(&c->address.list[2], "2001:db8::100/64");
	check_mac(&c->mac, "02:00:5e:00:00:01");
	assert_int_equal(c->source_mac, SOURCE_MAC_CLUSTER);
	assert_int_equal(c->arp, ARP_DIRECTED);
	assert_true(c->strict);
	assert_int_equal(c->datapath, DATAPATH_KERNEL);
	assert_int_equal(c->neigh, NEIGH_PIN);
	assert_false(c->adopt);
	assert_int_equal(c->shares, CONFIG_SHARES_DRIVEN);
	assert_int_equal(c->affinity, AFFINITY_NETWORK);
	assert_int_equal(c->liveness, 250);
	assert_true(ip_parse("12.12.4.1", &gateway));
	assert_true(ip_equal(config_gateway(c, AF_INET), &gateway));
	assert_true(ip_parse("fe80::1", &gateway));
	assert_true(ip_equal(config_gateway(c, AF_INET6), &gateway));
	assert_int_equal(c->mtu, 9000);
	assert_int_equal(c->nodes[0].address.count, 3);
	check_prefix(&c->nodes[0].address.list[0], "2001:db8::101/64");
	check_mac(&c->nodes[0].dedicated, "06:bf:0c:0c:04:65");
	check_mac(&c->nodes[0].source, "02:00:5e:00:00:01");
	assert_int_equal(c->nodes[0].id, 190);
	assert_int_equal(c->nodes[0].weight, 100);
	assert_int_equal(c->nodes[0].corosync_id, UINT32_MAX);
	assert_true(c->corosync.is_set);
	assert_string_equal(c->corosync.group, "web!{1}");
	assert_int_equal(c->corosync.no_quorum, NO_QUORUM_SERVE);
	config_free(c);
}

/* SPEC 3: the MACs that each choice gives, in a file with these two nodes. */
static void test_macs(void **state)
{
	static const struct {
		const char *cluster, *alpha, *mac, *dedicated, *source;
		enum config_source_mac source_mac;
	} rows[] = {
		{ "", "", "02:bf:0c:0c:04:64", "06:bf:0c:0c:04:65", "06:bf:0c:0c:04:65",
		  SOURCE_MAC_DEDICATED },
		{ "dedicated_mac = multicast\n", "id = 9\n", "02:bf:0c:0c:04:64",
		  "03:bf:0c:0c:04:65", "02:09:0c:0c:04:64", SOURCE_MAC_MASKED },
		{ "dedicated_mac = multicast\nsource_mac = cluster\n", "", "02:bf:0c:0c:04:64",
		  "03:bf:0c:0c:04:65", "02:bf:0c:0c:04:64", SOURCE_MAC_CLUSTER },
		{ "source_mac = masked\nmac = 0a:01:02:03:04:05\n", "id = 9\n", "0a:01:02:03:04:05",
		  "06:bf:0c:0c:04:65", "02:09:02:03:04:05", SOURCE_MAC_MASKED },
		{ "", "mac = 0A-00-00-00-00-01\n", "02:bf:0c:0c:04:64", "0a:00:00:00:00:01",
		  "0a:00:00:00:00:01", SOURCE_MAC_DEDICATED },
		/* One group dedicated MAC is enough for the default to be masked. */
		{ "", "mac = 0b:00:00:00:00:01\nid = 9\n", "02:bf:0c:0c:04:64", "0b:00:00:00:00:01",
		  "02:09:0c:0c:04:64", SOURCE_MAC_MASKED },
		{ "mac = auto\n", "mac = auto\n", "02:bf:0c:0c:04:64", "06:bf:0c:0c:04:65",
		  "06:bf:0c:0c:04:65", SOURCE_MAC_DEDICATED },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct config *c;
		char text[512];

		snprintf(text, sizeof(text), CLUSTER "%s" ALPHA "%s" BETA "id = 2\n",
			 rows[i].cluster, rows[i].alpha);
		c = read_good(text);
		check_mac(&c->mac, rows[i].mac);
		check_mac(&c->nodes[0].dedicated, rows[i].dedicated);
		check_mac(&c->nodes[0].source, rows[i].source);
		assert_int_equal(c->source_mac, rows[i].source_mac);
		config_free(c);
	}
}

/* If all nodes have individual MACs by `mac =`, dedicated_mac = multicast has no effect. */
static void test_individual_by_mac(void **state)
{
	struct config *c = read_good(CLUSTER "dedicated_mac = multicast\nstrict = yes\n"
					     "arp = directed\nsource_mac = dedicated\n" ALPHA
					     "mac = 0a:00:00:00:00:01\n");

	(void)state;
	check_mac(&c->nodes[0].source, "0a:00:00:00:00:01");
	config_free(c);
}

/* The MAC comes from the first IPv4 address; without one, from `mac`. */
static void test_ipv6_first(void **state)
{
	struct config *c = read_good("[node alpha]\naddress = 2001:db8::1/64\n"
				     "mac = 0a:00:00:00:00:01\n"
				     "[cluster]\ninterface = eth0\n"
				     "address = 2001:db8::100/64, 12.12.4.100/24\n");

	(void)state;
	check_mac(&c->mac, "02:bf:0c:0c:04:64");
	check_mac(&c->nodes[0].dedicated, "0a:00:00:00:00:01");
	config_free(c);
}

static void test_self(void **state)
{
	struct config *c = read_good(CLUSTER NODES "[node alpha.example.org]\n"
						   "address = 12.12.4.103/24\n");

	(void)state;
	assert_ptr_equal(config_self(c, NULL, "alpha"), &c->nodes[0]);
	assert_ptr_equal(config_self(c, NULL, "alpha.example.com"), &c->nodes[0]);
	assert_ptr_equal(config_self(c, NULL, "alpha.example.org"), &c->nodes[2]);
	assert_ptr_equal(config_self(c, "beta", "alpha"), &c->nodes[1]);
	assert_null(config_self(c, "beta.example.org", "beta"));
	assert_null(config_self(c, NULL, "alp"));
	assert_null(config_self(c, NULL, "alphas"));
	assert_null(config_self(c, NULL, ""));
	assert_null(config_self(c, NULL, NULL));
	assert_ptr_equal(config_find_node(c, "beta"), &c->nodes[1]);
	assert_null(config_find_node(c, "gamma"));
	config_free(c);
}

/* --- mistakes, one by one --- */

static const struct row keys_and_sections_rows[] = {
	{ "unknown key", CLUSTER "colour = red\n" NODES, "4: unknown key 'colour' in [cluster]" },
	{ "misspelt key", CLUSTER "[node a]\nadress = 1.2.3.4/24\n" BETA,
	  "5: unknown key 'adress' in [node a]: did you mean 'address'?" },
	{ "capital key", "[cluster]\nINTERFACE = eth0\naddress = 12.12.4.100/24\n" NODES,
	  "2: did you mean 'interface'?" },
	{ "swapped letters", CLUSTER "apr = broadcast\n" NODES, "4: did you mean 'arp'?" },
	{ "key of a node", CLUSTER "id = 1\n" NODES,
	  "4: key 'id' does not belong in [cluster], but in [node NAME]" },
	{ "key of the cluster", "[cluster]\naddress = 12.12.4.100/24\n" ALPHA "interface = eth0\n",
	  "5: key 'interface' does not belong in [node alpha], but in [cluster]" },
	{ "unknown section", CLUSTER NODES "[gamma]\naddress = foo\nbar = 1\n",
	  "8: unknown section 'gamma': write [cluster], [node NAME] or [corosync]" },
	{ "misspelt section", "[clutser]\ninterface = eth0\n" NODES,
	  "1: unknown section 'clutser': did you mean 'cluster'?" },
	{ "misspelt node", CLUSTER "[nod a]\naddress = 1.2.3.4/24\n",
	  "4: unknown section 'nod a': did you mean 'node'?" },
	{ "duplicate key", CLUSTER "arp = directed\narp = directed\n" NODES,
	  "5: duplicate key 'arp': the first is at line 4" },
	{ "duplicate key of a node", CLUSTER ALPHA "id = 1\nid = 2\n",
	  "7: duplicate key 'id': the first is at line 6" },
	{ "duplicate cluster", CLUSTER NODES "[cluster]\ntap = t\ninterface = eth0\n",
	  "8: duplicate section [cluster]: the first is at line 1" },
	{ "duplicate cluster, wrong itself", CLUSTER NODES "[cluster]\nmtu = x\nfoo = 1\n",
	  "8: duplicate section\n9: mtu = 'x'\n10: unknown key 'foo'" },
	{ "no name", CLUSTER "[node]\naddress = 1.2.3.4/24\n",
	  "4: no name in section '[node]': write [node NAME]" },
	{ "misspelt corosync", DRIVEN NODES "[corosnyc]\ngroup = x\n",
	  "9: unknown section 'corosnyc': did you mean 'corosync'?" },
	{ "misspelt corosync, and its ids", DRIVEN ALPHA "corosync_id = 1\n[corosnc]\n",
	  "8: unknown section 'corosnc': did you mean 'corosync'?" },
	{ "corosync, not closed", DRIVEN NODES "[corosync\ngroup = x\n",
	  "9: section not closed '[corosync'" },
	{ "duplicate corosync", DRIVEN THREE "[corosync]\ngroup = a\n[corosync]\ngroup = b\n",
	  "13: duplicate section [corosync]: the first is at line 11; merge them" },
	{ "corosync with a name", DRIVEN THREE "[corosync web]\n",
	  "11: name in section 'corosync web': [corosync] takes no name" },
	{ "misspelt key of corosync", DRIVEN THREE "[corosync]\nno-quorum = stop\ngruop = a\n",
	  "12: unknown key 'no-quorum' in [corosync]: did you mean 'no_quorum'?\n"
	  "13: unknown key 'gruop' in [corosync]: did you mean 'group'?" },
	{ "key of corosync in the cluster", DRIVEN "group = a\n" THREE,
	  "5: key 'group' does not belong in [cluster], but in [corosync]" },
	{ "key of a node in corosync", DRIVEN THREE "[corosync]\ncorosync_id = 1\n",
	  "12: key 'corosync_id' does not belong in [corosync], but in [node NAME]" },
	{ "keys of the cluster in corosync",
	  "[corosync]\ninterface = eth0\naddress = 1.2.3.4/24\n"
	  "[cluster]\nshares = driven\naddress = 12.12.4.100/24\n" THREE,
	  "2: key 'interface' does not belong in [corosync], but in [cluster]\n"
	  "3: key 'address' does not belong in [corosync], but in [cluster] or [node NAME]" },
	{ "misspelt corosync_id", DRIVEN "[corosync]\n" THREE "corosync-id = 1\n",
	  "12: unknown key 'corosync-id' in [node gamma]: did you mean 'corosync_id'?" },
	{ "a superfluous name", "[cluster one]\ninterface = eth0\naddress = 12.12.4.100/24\n" NODES,
	  "1: name in section 'cluster one'" },
	{ "name with a blank", CLUSTER "[node a b]\naddress = 12.12.4.101/24\n",
	  "4: bad node name 'a b'" },
	{ "name with control characters", CLUSTER "[node a\033[2J]\naddress = 12.12.4.101/24\n",
	  "4: bad node name 'a\\x1b[2J'" },
	{ "the rest of a bad node is read", CLUSTER "[node \xc3\xa4]\nfoo = 1\n",
	  "4: bad node name '\\xc3\\xa4'\n4: this node has no address\n"
	  "5: unknown key 'foo' in [node]" },
	{ "text after a section", CLUSTER "[node a] address = 12.12.4.101/24\n",
	  "4: text after a section header 'address = 12.12.4.101/24'\n4: node 'a' has no "
	  "address" },
	{ "comment after a section", CLUSTER "[ node\ta ] ; text\naddress=12.12.4.101/24\n", "" },
	{ "no cluster", NODES, "0: no [cluster] section" },
	{ "no node", CLUSTER, "0: no [node NAME] section" },
};

static void test_keys_and_sections(void **state)
{
	(void)state;
	check_rows(keys_and_sections_rows, COUNT(keys_and_sections_rows));
}

static const struct row values_rows[] = {
	{ "empty value", CLUSTER "gateway =\n" NODES, "4: gateway has no value" },
	{ "comment instead of a value", CLUSTER "mtu = ; auto\n" NODES, "4: mtu has no value" },
	{ "quotes", "[cluster]\ninterface = \"eth0\"\naddress = 12.12.4.100/24\n" NODES,
	  "2: interface = '\"eth0\"': values are written without quotes" },
	{ "wrong comment", CLUSTER "mtu = 1500 # bytes\n" NODES,
	  "4: a comment after a value begins with ';'" },
	{ "enum", CLUSTER "dedicated_mac = group\n" NODES,
	  "4: dedicated_mac = 'group': must be unicast or multicast" },
	{ "misspelt enum", CLUSTER "arp = direct\n" NODES,
	  "4: must be broadcast or directed; did you mean 'directed'?" },
	{ "enum of three", CLUSTER "neigh = x\n" NODES, "4: must be learn, seed or pin" },
	{ "flag", CLUSTER "strict = maybe\n" NODES, "4: strict = 'maybe': must be no or yes" },
	{ "true", CLUSTER "strict = true\n" NODES,
	  "4: strict = 'true': must be no or yes; did you mean 'yes'?" },
	{ "on", CLUSTER "adopt = on\n" NODES, "4: must be no or yes; did you mean 'yes'?" },
	{ "1", CLUSTER "adopt = 1\n" NODES, "4: must be no or yes; did you mean 'yes'?" },
	{ "false", CLUSTER "adopt = False\n" NODES, "4: must be no or yes; did you mean 'no'?" },
	{ "off", CLUSTER "strict = off\n" NODES, "4: must be no or yes; did you mean 'no'?" },
	{ "0", CLUSTER "strict = 0\n" NODES, "4: must be no or yes; did you mean 'no'?" },
	{ "on, where it is no flag", CLUSTER "arp = on\n" NODES,
	  "4: must be broadcast or directed" },
	{ "interface too long",
	  "[cluster]\ninterface = " ALTNAME "x\naddress = 12.12.4.100/24\n" NODES,
	  "2: at most 127 characters" },
	{ "interface of 127",
	  "[cluster]\ninterface = " ALTNAME "\naddress = 12.12.4.100/24\n" NODES, "" },
	{ "tap too long", CLUSTER "tap = abcdefghijklmnop\n" NODES, "4: at most 15 characters" },
	{ "tap of 15", CLUSTER "tap = abcdefghijklmno\n" NODES, "" },
	{ "tap with a slash", CLUSTER "tap = a/b\n" NODES, "4: must not contain '/'" },
	{ "tap with a blank", CLUSTER "tap = a b\n" NODES, "4: printable ASCII without blanks" },
	{ "tap that is a template", CLUSTER "tap = tap%d\n" NODES,
	  "4: must not contain '/', ':' or '%'" },
	{ "interface with a comment",
	  "[cluster]\ninterface = eth0;x\naddress = 12.12.4.100/24\n" NODES,
	  "2: interface = 'eth0;x': an interface name must not contain '#' or ';': a comment after "
	  "a"
	  " value begins with a blank and ';'" },
	{ "interface with a wrong comment",
	  "[cluster]\ninterface = eth0 # x\naddress = 12.12.4.100/24\n" NODES,
	  "2: a comment after a value begins with ';', not '#'" },
	{ "interface with a #", "[cluster]\ninterface = eth0#x\naddress = 12.12.4.100/24\n" NODES,
	  "2: must not contain '#' or ';'" },
	{ "loopback", "[cluster]\ninterface = lo\naddress = 12.12.4.100/24\n" NODES,
	  "2: interface = 'lo': the loopback interface" },
	{ "tap all", CLUSTER "tap = all\n" NODES, "4: tap = 'all': Linux has no interface" },
	{ "tap default", CLUSTER "tap = default\n" NODES, "4: tap = 'default': Linux has no" },
	{ "tap lo", CLUSTER "tap = lo\n" NODES, "4: tap = 'lo': the loopback interface" },
	{ "wild card", "[cluster]\ninterface = eth*\naddress = 12.12.4.100/24\n" NODES,
	  "2? interface = eth*: '*' and '?' stand for themselves" },
	{ "wild card for one", "[cluster]\ninterface = eth?\naddress = 12.12.4.100/24\n" NODES,
	  "2? interface = eth?: " },
	{ "tap ..", CLUSTER "tap = ..\n" NODES, "4: not an interface name" },
	{ "tap = interface", CLUSTER "tap = eth0\n" NODES,
	  "4: tap = 'eth0' is also the interface (line 2)" },
	{ "interface = default tap",
	  "[cluster]\ninterface = cluster0\naddress = 12.12.4.100/24\n" NODES,
	  "2: interface = 'cluster0' is the default name of the TAP" },
	{ "mtu too small", CLUSTER "mtu = 67\n" NODES, "4: auto or a number from 68 to 65521" },
	{ "mtu too big", CLUSTER "mtu = 65522\n" NODES, "4: auto or a number from 68 to 65521" },
	{ "mtu overflows", CLUSTER "mtu = 4294968796\n" NODES, "4: mtu = '4294968796'" },
	{ "mtu negative", CLUSTER "mtu = -1500\n" NODES, "4: mtu = '-1500'" },
	{ "mtu least", CLUSTER "mtu = 68\n" NODES, "" },
	{ "mtu most", CLUSTER "mtu = 65521\n" NODES, "" },
	{ "mtu and IPv6", CLUSTER "mtu = 1279\n" NODES "address = 2001:db8::1/64\n",
	  "4: mtu = 1279 is too small for IPv6: at least 1280" },
	{ "liveness off", CLUSTER "liveness = 0\n" NODES, "" },
	{ "liveness off in another way", CLUSTER "liveness = 0ms\n" NODES, "" },
	{ "liveness least", CLUSTER "liveness = 100ms\n" NODES, "" },
	{ "liveness most", CLUSTER "liveness = 60s\n" NODES, "" },
	{ "liveness too little", CLUSTER "liveness = 99ms\n" NODES,
	  "4: liveness = '99ms': must be an interval from 100ms to 60s" },
	{ "liveness too much", CLUSTER "liveness = 61s\n" NODES,
	  "4: liveness = '61s': must be an interval from 100ms to 60s" },
	{ "liveness overflows", CLUSTER "liveness = 4294968s\n" NODES,
	  "4: liveness = '4294968s': must be an interval" },
	{ "liveness without a unit", CLUSTER "liveness = 2\n" NODES,
	  "4: liveness = '2': did you mean '2s'?" },
	{ "liveness without a unit, in ms", CLUSTER "liveness = 500\n" NODES,
	  "4: liveness = '500': did you mean '500ms'?" },
	{ "liveness in minutes", CLUSTER "liveness = 1m\n" NODES,
	  "4: liveness = '1m': must be an interval" },
	{ "liveness negative", CLUSTER "liveness = -1s\n" NODES,
	  "4: liveness = '-1s': must be an interval" },
	{ "liveness off, as people say", CLUSTER "liveness = off\n" NODES,
	  "4: liveness = 'off': did you mean '0'?" },
	{ "shares", CLUSTER "shares = sttic\n" NODES,
	  "4: shares = 'sttic': must be none, static or driven; did you mean 'static'?" },
	{ "affinity", CLUSTER "shares = static\naffinity = clients\n" NODES,
	  "5: must be connection, client or network; did you mean 'client'?" },
	{ "affinity of NLB", CLUSTER "shares = static\naffinity = Single\n" NODES,
	  "5: must be connection, client or network; did you mean 'client'?" },
	{ "affinity none of NLB", CLUSTER "shares = static\naffinity = none\n" NODES,
	  "5: must be connection, client or network; did you mean 'connection'?" },
	{ "affinity of CLUSTERIP",
	  CLUSTER "shares = static\naffinity = sourceip-sourceport\n" NODES,
	  "5: must be connection, client or network; did you mean 'connection'?" },
	{ "weight misspelt", CLUSTER "shares = static\n" ALPHA "wieght = 2\n" BETA,
	  "7: unknown key 'wieght' in [node alpha]: did you mean 'weight'?" },
	{ "weight of the cluster", CLUSTER "shares = static\nweight = 2\n" NODES,
	  "5: key 'weight' does not belong in [cluster], but in [node NAME]" },
	{ "shares of a node", CLUSTER ALPHA "shares = static\n",
	  "6: key 'shares' does not belong in [node alpha], but in [cluster]" },
	{ "weight 0", CLUSTER "shares = static\n" ALPHA "weight = 0\n" BETA, "" },
	{ "weight 100", CLUSTER "shares = driven\n" ALPHA "weight = 100\n" BETA, "" },
	{ "weight 101", CLUSTER "shares = static\n" ALPHA "weight = 101\n",
	  "7: weight = '101': must be a number from 0 to 100" },
	{ "weight -1", CLUSTER "shares = static\n" ALPHA "weight = -1\n",
	  "7: must be a number from 0 to 100" },
	{ "weight overflows", CLUSTER "shares = static\n" ALPHA "weight = 4294967297\n",
	  "7: must be a number from 0 to 100" },
	{ "group of 127 characters", DRIVEN "[corosync]\ngroup = " ALTNAME "\n" THREE, "" },
	{ "group of 128 characters", DRIVEN "[corosync]\ngroup = " ALTNAME "x\n" THREE,
	  "6: the name of a group has at most 127 characters" },
	{ "group with a blank", DRIVEN "[corosync]\ngroup = a b\n" THREE,
	  "6: group = 'a b': the name of a group must be printable ASCII without blanks" },
	{ "group that is not ASCII", DRIVEN "[corosync]\ngroup = \xc3\xa4\n" THREE,
	  "6: group = '\\xc3\\xa4': the name of a group must be printable ASCII" },
	{ "group with a hash", DRIVEN "[corosync]\ngroup = a#b\n" THREE,
	  "6: group = 'a#b': the name of a group must not contain '#' or ';'" },
	{ "group with a semicolon", DRIVEN "[corosync]\ngroup = a;b\n" THREE,
	  "6: group = 'a;b': the name of a group must not contain '#' or ';'" },
	{ "no group", DRIVEN "[corosync]\ngroup =\n" THREE,
	  "6: group has no value: set one, or remove the line" },
	{ "no_quorum wrong", DRIVEN "[corosync]\nno_quorum = ignore\n" THREE,
	  "6: no_quorum = 'ignore': must be stop or serve" },
	{ "no_quorum misspelt", DRIVEN "[corosync]\nno_quorum = server\n" THREE,
	  "6: must be stop or serve; did you mean 'serve'?" },
	{ "duplicate no_quorum", DRIVEN "[corosync]\nno_quorum = stop\nno_quorum = stop\n" THREE,
	  "7: duplicate key 'no_quorum': the first is at line 6" },
	{ "corosync_id 0", DRIVEN "[corosync]\n" THREE "corosync_id = 0\n",
	  "12: corosync_id = '0': must be a number from 1 to 4294967295" },
	{ "corosync_id of 33 bits", DRIVEN "[corosync]\n" THREE "corosync_id = 4294967296\n",
	  "12: corosync_id = '4294967296': must be a number from 1 to 4294967295" },
	{ "corosync_id of 65 bits",
	  DRIVEN "[corosync]\n" THREE "corosync_id = 18446744073709551617\n",
	  "12: corosync_id = '18446744073709551617': must be a number" },
	{ "corosync_id, no number", DRIVEN "[corosync]\n" THREE "corosync_id = alpha\n",
	  "12: corosync_id = 'alpha': must be a number" },
	{ "duplicate weight", CLUSTER "shares = static\n" ALPHA "weight = 1\nweight = 2\n",
	  "8: duplicate key 'weight': the first is at line 7" },
	{ "id 0", CLUSTER ALPHA "id = 0\n", "6: id = '0': must be a number from 1 to 190" },
	{ "id 191", CLUSTER ALPHA "id = 191\n", "6: must be a number from 1 to 190" },
	{ "id 1.5", CLUSTER ALPHA "id = 1.5\n", "6: must be a number from 1 to 190" },
	{ "mac", CLUSTER ALPHA "mac = 02:bf\n", "6: mac = '02:bf': must be auto or a MAC" },
	{ "mac with dots", CLUSTER "mac = 02bf.aabb.ccdd\n" NODES,
	  "4: mac = '02bf.aabb.ccdd': must be auto or a MAC address; did you mean"
	  " '02:bf:aa:bb:cc:dd'?" },
	{ "mac without separators", CLUSTER ALPHA "mac = 02BFAABBCCDD\n",
	  "6: did you mean '02:bf:aa:bb:cc:dd'?" },
	{ "mac with mixed separators", CLUSTER ALPHA "mac = 02-bf:aa-bb:cc-dd\n",
	  "6: did you mean '02:bf:aa:bb:cc:dd'?" },
	{ "mac with hyphens", CLUSTER ALPHA "mac = 02-bf-aa-bb-cc-dd\n", "" },
	{ "mac of 13 digits", CLUSTER ALPHA "mac = 02bf.aabb.ccdd0\n", "6: as in 02:bf:0c" },
	{ "mac of no digits", CLUSTER ALPHA "mac = 02bf.aabb.ccdg\n", "6: as in 02:bf:0c" },
	{ "zero mac", CLUSTER "mac = 00:00:00:00:00:00\n" ALPHA, "4: the zero address" },
	{ "zero node mac", CLUSTER ALPHA "mac = 00:00:00:00:00:00\n", "6: the zero address" },
	{ "broadcast mac", CLUSTER "mac = ff:ff:ff:ff:ff:ff\n" ALPHA, "4: the broadcast" },
	{ "broadcast node mac", CLUSTER ALPHA "mac = ff:ff:ff:ff:ff:ff\n", "6: the broadcast" },
	{ "group cluster mac", CLUSTER "mac = 03:bf:0c:0c:04:64\n" ALPHA,
	  "4: a group address cannot be the cluster MAC" },
	{ "control characters", CLUSTER "tap = \033[31m\n" NODES, "4: tap = '\\x1b[31m'" },
	{ "backslash", CLUSTER "arp = \\x1b\n" NODES, "4: arp = '\\\\x1b'" },
	{ "long value",
	  CLUSTER "arp = "
		  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		  "\n" NODES,
	  "4: aaaa...': must be" },
};

static void test_values(void **state)
{
	(void)state;
	check_rows(values_rows, COUNT(values_rows));
}

static const struct row addresses_rows[] = {
	{ "no length", CLUSTER "[node a]\naddress = 12.12.4.101\n",
	  "5: no prefix length: write 12.12.4.101/LENGTH" },
	{ "length too big", CLUSTER "[node a]\naddress = 12.12.4.101/33\n",
	  "5: address = '12.12.4.101/33': bad prefix length '33': must be a number from 1 "
	  "to 32" },
	{ "netmask", CLUSTER "[node a]\naddress = 12.12.4.101/255.255.255.0\n",
	  "5: a prefix length is a number, not a netmask; did you mean '12.12.4.101/24'?" },
	{ "netmask of a host", CLUSTER "[node a]\naddress = 12.12.4.101/255.255.255.255\n",
	  "5: did you mean '12.12.4.101/32'?" },
	{ "no netmask", CLUSTER "[node a]\naddress = 12.12.4.101/255.0.255.0\n",
	  "5: bad prefix length '255.0.255.0': must be a number" },
	{ "netmask 0", CLUSTER "[node a]\naddress = 12.12.4.101/0.0.0.0\n",
	  "5: bad prefix length '0.0.0.0'" },
	{ "netmask and IPv6", CLUSTER ALPHA "address = 2001:db8::1/255.255.255.0\n",
	  "6: bad prefix length '255.255.255.0': must be a number from 1 to 128" },
	{ "IPv6 length too big", CLUSTER ALPHA "address = 2001:db8::1/129\n",
	  "6: bad prefix length '129': must be a number from 1 to 128" },
	{ "length 0", CLUSTER ALPHA "address = 12.12.4.9/0\n", "6: a prefix of length 0" },
	{ "not an address", CLUSTER ALPHA "address = 12.12.4/24\n",
	  "6: '12.12.4' is neither an IPv4 nor an IPv6 address" },
	{ "no length at all", CLUSTER ALPHA "address = 12.12.4.9/\n", "6: bad prefix length ''" },
	{ "unspecified", CLUSTER ALPHA "address = 0.0.0.0/24\n", "6: the unspecified address" },
	{ "unspecified IPv6", CLUSTER ALPHA "address = ::/64\n", "6: the unspecified address" },
	{ "this network", CLUSTER ALPHA "address = 0.1.2.3/24\n", "6: 0.0.0.0/8" },
	{ "loopback", CLUSTER ALPHA "address = 127.0.0.1/8\n", "6: a loopback address" },
	{ "loopback IPv6", CLUSTER ALPHA "address = ::1/128\n", "6: a loopback address" },
	{ "multicast", CLUSTER ALPHA "address = 239.1.2.3/24\n", "6: a multicast address" },
	{ "multicast IPv6", CLUSTER ALPHA "address = ff02::1/64\n", "6: a multicast address" },
	{ "mapped", CLUSTER ALPHA "address = ::ffff:1.2.3.4/128\n", "6: an IPv4-mapped address" },
	{ "broadcast", CLUSTER ALPHA "address = 255.255.255.255/32\n", "6: the broadcast" },
	{ "network", CLUSTER ALPHA "address = 12.12.4.0/24\n",
	  "6: address = '12.12.4.0/24': this is the network address" },
	{ "network's broadcast", CLUSTER ALPHA "address = 12.12.4.127/25\n",
	  "6: this is the broadcast address of its network" },
	{ "network IPv6", CLUSTER ALPHA "address = 2001:db8::/64\n",
	  "6: address = '2001:db8::/64': this is the subnet-router anycast address of its "
	  "network" },
	{ "point to point, IPv6", CLUSTER ALPHA "address = 2001:db8::/127, 2001:db8::2/128\n", "" },
	{ "link-local", CLUSTER ALPHA "address = fe80::1/64\n",
	  "6: address = 'fe80::1/64': this is a link-local address: each node has one of its own,"
	  " which is made from its dedicated MAC" },
	{ "link-local, not of fe80::/64", CLUSTER ALPHA "address = febf:1::1/64\n",
	  "6: a link-local address" },
	{ "link-local in the cluster", CLUSTER "address = fe80::1/64\n" NODES,
	  "4: address = 'fe80::1/64': this is a link-local address" },
	{ "no longer link-local", CLUSTER ALPHA "address = fec0::1/64\n", "" },
	{ "no length, IPv6", CLUSTER ALPHA "address = 2001:db8::1\n",
	  "6: no prefix length: write 2001:db8::1/LENGTH, as in 2001:db8::100/64" },
	{ "a list that goes on in the next line, IPv6",
	  CLUSTER ALPHA "address = 2001:db8::1/64\n2001:db8::2/64\n",
	  "7: no '=' in '2001:db8::2/64'" },
	{ "point to point", CLUSTER ALPHA "address = 10.0.0.0/31, 10.0.0.2/32\n", "" },
	{ "IPv6 with all ones", CLUSTER ALPHA "address = 2001:db8::ffff:ffff:ffff:ffff/64\n", "" },
	{ "trailing comma", CLUSTER ALPHA "address = 12.12.4.9/24,\n",
	  "6: an address is missing before or after a comma" },
	{ "several on a line", CLUSTER ALPHA "address = x/24, 12.12.4.9/24, y/24\n",
	  "6: 'x' is neither\n6: 'y' is neither" },
	{ "duplicate in the cluster", CLUSTER "address = 12.12.4.100/16\n" NODES,
	  "4: duplicate address 12.12.4.100: the first is at line 3" },
	{ "duplicate between nodes", CLUSTER ALPHA "[node beta]\naddress = 12.12.4.101/24\n",
	  "7: duplicate address 12.12.4.101: the first is at line 5" },
	{ "duplicate in a node", CLUSTER ALPHA "address = 12.12.4.9/24, 12.12.4.9/32\n",
	  "6: duplicate address 12.12.4.9: the first is at line 6" },
	{ "duplicate IPv6 in another spelling",
	  CLUSTER ALPHA "address = 2001:db8::1/64\naddress = 2001:DB8:0::0:1/64\n",
	  "7: duplicate address 2001:db8::1: the first is at line 6" },
	{ "dedicated and cluster", CLUSTER "[node a]\naddress = 12.12.4.100/24\n",
	  "5: address 12.12.4.100 is also a cluster address, at line 3" },
	{ "cluster below", "[node a]\naddress = 12.12.4.100/24\n" CLUSTER,
	  "2: address 12.12.4.100 is also a cluster address, at line 5" },
	{ "no cluster address", "[cluster]\ninterface = eth0\n" NODES,
	  "1: [cluster] has no address" },
	{ "no interface", "[cluster]\naddress = 12.12.4.100/24\n" NODES,
	  "1: [cluster] has no interface" },
	{ "no dedicated address", CLUSTER ALPHA "[node b]\nmac = 0a:00:00:00:00:01\n",
	  "6: node 'b' has no address" },
	{ "no IPv4 in the cluster",
	  "[cluster]\ninterface = eth0\naddress = 2001:db8::1:2/64\n" NODES6,
	  "1: [cluster] has no IPv4 address to derive a MAC from: set the MAC, as in"
	  " mac = 02:bf:00:01:00:02" },
	{ "no IPv4 in the nodes",
	  CLUSTER6 "[node a]\naddress = 2001:db8::1/64\nmac = auto\n"
		   "[node b]\naddress = 2001:db8::2/64\n",
	  "5: node 'a' has no IPv4 address to derive a MAC from: set the MAC, as in"
	  " mac = 06:bf:00:00:00:01\n"
	  "8: node 'b' has no IPv4 address to derive a MAC from: set the MAC, as in"
	  " mac = 06:bf:00:00:00:02" },
	{ "no IPv4 in a node, group MACs",
	  CLUSTER6 "dedicated_mac = multicast\n[node a]\naddress = 2001:db8::1/64\nid = 1\n",
	  "6: as in mac = 03:bf:00:00:00:01" },
	/* The interface identifier of a MAC (I9). */
	{ "made from the node's own MAC",
	  CLUSTER6 NODES6 "address = 2001:db8::4bf:ff:fe00:102/64\n", "" },
	{ "made from another node's MAC",
	  CLUSTER6 ALPHA6 "address = 2001:db8::4bf:ff:fe00:102/64\n" BETA6,
	  "8: address 2001:db8::4bf:ff:fe00:102 is made from the dedicated MAC of node 'beta' "
	  "(line 9), and"
	  " belongs to that node" },
	{ "cluster address made from a node's MAC",
	  CLUSTER6 "address = 2001:db8::4bf:ff:fe00:101/64\n" NODES6,
	  "5: address 2001:db8::4bf:ff:fe00:101 is made from the dedicated MAC of node 'alpha' "
	  "(line 6)" },
	{ "cluster address made from the cluster MAC",
	  CLUSTER6 "address = 2001:db8::bf:ff:fe00:100/64\n" NODES6,
	  "5: address 2001:db8::bf:ff:fe00:100 is made from the cluster MAC, which all nodes "
	  "have" },
	{ "dedicated address made from the cluster MAC",
	  CLUSTER6 ALPHA6 "address = 2001:db8::bf:ff:fe00:100/64\n",
	  "8: address 2001:db8::bf:ff:fe00:100 is made from the cluster MAC" },
};

static void test_addresses(void **state)
{
	(void)state;
	check_rows(addresses_rows, COUNT(addresses_rows));
}

static const struct row macs_that_clash_rows[] = {
	{ "two nodes", CLUSTER ALPHA "mac = 0a:00:00:00:00:01\n" BETA "mac = 0a:00:00:00:00:01\n",
	  "9: mac = 0a:00:00:00:00:01 is also the dedicated MAC of node 'alpha' (line 6)" },
	{ "node and cluster", CLUSTER ALPHA "mac = 02:bf:0c:0c:04:64\n",
	  "6: mac = 02:bf:0c:0c:04:64 is also the cluster MAC (line 1)" },
	{ "cluster and derived", CLUSTER "mac = 06:bf:0c:0c:04:65\n" ALPHA,
	  "4: mac = 06:bf:0c:0c:04:65 is also the dedicated MAC of node 'alpha' (line 5)" },
	{ "derived, below", CLUSTER ALPHA "mac = 06:bf:0c:0c:04:66\n" BETA,
	  "6: mac = 06:bf:0c:0c:04:66 is also the dedicated MAC of node 'beta' (line 7)" },
	{ "masked and cluster",
	  CLUSTER "mac = 02:05:01:02:03:04\nsource_mac = masked\n" ALPHA "id = 5\n",
	  "8: id = 5 gives the masked MAC 02:05:01:02:03:04, which is also the cluster MAC "
	  "(line 4)" },
	{ "masked and another's dedicated",
	  CLUSTER "source_mac = masked\n" ALPHA "id = 5\n" BETA "mac = 02:05:0c:0c:04:64\nid = 6\n",
	  "7: id = 5 gives the masked MAC 02:05:0c:0c:04:64, which is also the dedicated MAC of"
	  " node 'beta' (line 10)" },
	{ "masked MAC that is not used",
	  CLUSTER ALPHA "id = 5\n" BETA "mac = 02:05:0c:0c:04:64\nid = 6\n", "" },
	{ "no weight at all", CLUSTER "shares = static\n" ALPHA "weight = 0\n" BETA "weight = 0\n",
	  "4: shares = static, but every node has weight = 0: nobody would answer" },
	{ "no weight at all, driven", CLUSTER "shares = driven\n" ALPHA "weight = 0\n", "" },
	{ "no weight at all, but one wrong",
	  CLUSTER "shares = static\n" ALPHA "weight = 0\n" BETA "weight = x\n",
	  "10: weight = 'x'" },
	{ "shares wrong, no weight at all",
	  CLUSTER "shares = on\naffinity = client\n" ALPHA "weight = 0\n", "4: shares = 'on'" },
	{ "no shares, but affinity and weights",
	  CLUSTER "affinity = client\n" ALPHA "weight = 0\n" BETA "weight = 3\n",
	  "4? affinity has no effect with shares = none: all nodes answer\n"
	  "7? weight has no effect with shares = none: all nodes answer" },
	{ "no shares, defaults spelt out",
	  CLUSTER "shares = none\naffinity = connection\n" ALPHA "weight = 1\n", "" },
	{ "corosync with three nodes", DRIVEN "[corosync]\n" THREE "corosync_id = 1\n", "" },
	{ "corosync with one node", DRIVEN "[corosync]\n" ALPHA, "" },
	{ "corosync with two nodes", DRIVEN "[corosync]\n" NODES,
	  "5? with two nodes a split cannot be told from a death: corosync needs a qdevice" },
	{ "corosync, and the default of shares", CLUSTER "[corosync]\n" THREE,
	  "4: [corosync] needs shares = driven in [cluster]" },
	{ "corosync, and other shares", CLUSTER "shares = static\n" THREE "[corosync]\n",
	  "11: [corosync] needs shares = driven: with shares = static (line 4) no node takes"
	  " orders" },
	{ "corosync, and wrong shares", CLUSTER "shares = drivn\n" THREE "[corosync]\n",
	  "4: shares = 'drivn'" },
	{ "corosync alone", "[corosync]\n", "0: no [cluster] section\n0: no [node NAME] section" },
	{ "ids without corosync", DRIVEN ALPHA "corosync_id = 7\n" BETA "corosync_id = 8\n",
	  "7? corosync_id has no effect without a section [corosync]" },
	{ "duplicate corosync_id",
	  DRIVEN ALPHA "corosync_id = 7\n" BETA "corosync_id = 8\n"
		       "[node gamma]\naddress = 12.12.4.103/24\ncorosync_id = 7\n[corosync]\n",
	  "13: duplicate corosync_id 7: the first is at line 7" },
	{ "duplicate id", CLUSTER ALPHA "id = 5\n" BETA "id = 5\n",
	  "9: duplicate id 5: the first is at line 6" },
	{ "duplicate id, masked", CLUSTER "source_mac = masked\n" ALPHA "id = 5\n" BETA "id = 5\n",
	  "10: duplicate id 5: the first is at line 7" },
	{ "masked without id", CLUSTER "source_mac = masked\n" ALPHA "id = 190\n" BETA,
	  "8: node 'beta' has no id (1 to 190): source_mac = masked derives" },
	{ "masked by default", CLUSTER "dedicated_mac = multicast\n" ALPHA,
	  "5: node 'alpha' has no id (1 to 190): source_mac = masked (the default" },
};

static void test_macs_that_clash(void **state)
{
	(void)state;
	check_rows(macs_that_clash_rows, COUNT(macs_that_clash_rows));
}

#define GROUP_BETA "[node beta]\naddress = 12.12.4.102/24\nmac = 0b:00:00:00:00:01\nid = 2\n"

static const struct row choices_rows[] = {
	{ "group MACs as source",
	  CLUSTER "source_mac = dedicated\ndedicated_mac = multicast\n" NODES,
	  "4: source_mac = dedicated needs individual dedicated MACs" },
	{ "one group MAC as source", CLUSTER "source_mac = dedicated\n" ALPHA GROUP_BETA,
	  "9: mac = 0b:00:00:00:00:01 is a group address, which cannot be an Ethernet "
	  "source" },
	{ "advertise all",
	  CLUSTER "source_mac = cluster\nadvertise = all\n"
		  "dedicated_mac = multicast\n" NODES,
	  "4? source_mac = cluster\n5: advertise = all needs individual dedicated MACs, but node"
	  " 'alpha' (line 7)" },
	{ "advertise all, one group MAC", CLUSTER "advertise = all\n" ALPHA "id = 1\n" GROUP_BETA,
	  "4: advertise = all needs individual dedicated MACs, but node 'beta' (line 8)" },
	{ "strict with group MACs",
	  CLUSTER "strict = yes\narp = directed\nsource_mac = masked\n" ALPHA "id = 1\n" GROUP_BETA,
	  "4: strict = yes needs individual dedicated MACs, but node 'beta' (line 10)" },
	{ "strict without directed", CLUSTER "strict = yes\n" NODES,
	  "4: strict = yes needs arp = directed" },
	{ "strict with broadcast", CLUSTER "arp = broadcast\nstrict = yes\n" NODES,
	  "5: strict = yes needs arp = directed" },
	{ "strict with advertise", CLUSTER "advertise = all\narp = directed\nstrict = yes\n" NODES,
	  "6: strict = yes cannot be combined with advertise = all (line 4)" },
	{ "strict in every way",
	  CLUSTER "strict = yes\nadvertise = all\n"
		  "dedicated_mac = multicast\nsource_mac = cluster\n" NODES,
	  "4: individual\n4: directed\n4: advertise = all (line 5)\n5: individual\n"
	  "7? source_mac = cluster" },
	{ "source_mac = cluster", CLUSTER "source_mac = cluster\n" NODES,
	  "4? source_mac = cluster needs a switch that does not learn" },
	{ "strict = no", CLUSTER "strict = no\nadvertise = all\n" NODES, "" },
	{ "gateway", CLUSTER "gateway = 12.12.5.1\n" NODES,
	  "4: gateway = 12.12.5.1 is in no prefix of node 'alpha' (line 5) or of the "
	  "cluster" },
	{ "gateway that one does not reach",
	  CLUSTER "gateway = 12.12.5.1\n" ALPHA "address = 12.12.5.2/24\n" BETA,
	  "4: gateway = 12.12.5.1 is in no prefix of node 'beta' (line 8)" },
	{ "gateway that the cluster reaches",
	  CLUSTER "gateway = 12.12.5.1\naddress = 12.12.5.9/24\n" NODES, "" },
	{ "gateway that all nodes reach",
	  CLUSTER "gateway = 12.12.5.1\n" ALPHA "address = 12.12.5.2/24\n" BETA
		  "address = 12.12.5.3/24\n",
	  "" },
	{ "gateway of the other family", CLUSTER "gateway = 2001:db8::1\n" NODES,
	  "4: gateway = 2001:db8::1: node 'alpha' (line 5) has no IPv6 address of its own: it could"
	  " not use the gateway" },
	{ "IPv4 gateway of nodes without IPv4", CLUSTER6 "gateway = 12.12.4.1\n" NODES6,
	  "5: gateway = 12.12.4.1: node 'alpha' (line 6) has no IPv4 address of its own" },
	{ "gateway with a prefix", CLUSTER "gateway = 12.12.4.1/24\n" NODES,
	  "4: a gateway is one address, without a prefix" },
	{ "gateway that is no address", CLUSTER "gateway = none\n" NODES,
	  "4: neither an IPv4 nor an IPv6 address" },
	{ "gateway of multicast", CLUSTER "gateway = 224.0.0.1\n" NODES, "4: multicast" },
	{ "gateway is the cluster", CLUSTER "gateway = 12.12.4.100\n" NODES,
	  "4: gateway = 12.12.4.100 is a cluster address" },
	{ "gateway of the cluster's network, which the nodes have",
	  "[cluster]\ninterface = eth0\naddress = 12.12.4.100/16\ngateway = 12.12.9.1\n" NODES,
	  "4: gateway = 12.12.9.1 is in no prefix of node 'alpha' (line 5), and the cluster's "
	  "prefix "
	  "gives no route there" },
	{ "gateway is the network", CLUSTER "gateway = 12.12.4.0\n" NODES,
	  "4: gateway = 12.12.4.0 is the network address, not the address of a host "
	  "(12.12.4.100/24, line 3)" },
	{ "gateway is the broadcast address", CLUSTER "gateway = 12.12.4.255\n" NODES,
	  "4: gateway = 12.12.4.255 is the broadcast address of its network" },
	{ "gateway is a node's broadcast address",
	  "[cluster]\ninterface = eth0\naddress = 10.0.0.1/8\ngateway = 12.12.4.255\n" NODES,
	  "4: the broadcast address of its network (12.12.4.101/24, line 6)" },
	{ "gateway at the other end of a line",
	  "[cluster]\ninterface = eth0\naddress = 10.0.0.1/8\ngateway = 12.12.4.0\n[node a]\n"
	  "address = 12.12.4.1/31\n",
	  "" },
	{ "gateway is a node", CLUSTER "gateway = 12.12.4.102\n" NODES,
	  "4: gateway = 12.12.4.102 is an address of node 'beta'" },
};

/* A gateway once for each family. */
static const struct row gateways_rows[] = {
	{ "both", CLUSTER "gateway = 12.12.4.1\ngateway = fe80::1\n" NODES, "" },
	{ "both, IPv6 first",
	  CLUSTER6 "gateway = 2001:db8::1\naddress = 12.12.4.100/24\ngateway = 12.12.4.1\n" ALPHA6
		   "address = 12.12.4.101/24\n",
	  "" },
	{ "IPv4 twice",
	  CLUSTER "gateway = 12.12.4.1\ngateway = fe80::1\ngateway = 12.12.4.2\n" NODES,
	  "6: duplicate key 'gateway' for IPv4: the first is at line 4" },
	{ "IPv6 twice", CLUSTER "gateway = 12.12.4.1\ngateway = fe80::1\ngateway = fe80::1\n" NODES,
	  "6: duplicate key 'gateway' for IPv6: the first is at line 5" },
	{ "three times", CLUSTER "gateway = fe80::1\ngateway = fe80::2\ngateway = fe80::3\n" NODES,
	  "5: the first is at line 4\n6: the first is at line 4" },
	{ "the second has a mistake", CLUSTER "gateway = 12.12.4.1\ngateway = fe80::x\n" NODES,
	  "5: gateway = 'fe80::x': neither an IPv4 nor an IPv6 address" },
	{ "the first has a mistake", CLUSTER "gateway = fe80::x\ngateway = fe80::1\n" NODES,
	  "4: neither an IPv4 nor an IPv6 address" },
	{ "a cluster section that is repeated",
	  CLUSTER "gateway = 12.12.4.1\n[cluster]\ngateway = 12.12.4.2\n" NODES,
	  "5: duplicate section [cluster]" },
	{ "separated by a comma", CLUSTER "gateway = 12.12.4.1, fe80::1\n" NODES,
	  "4: a gateway is one address: repeat the key for the other family" },
	{ "with an interface", CLUSTER "gateway = fe80::1%eth0\n" NODES,
	  "4: gateway = 'fe80::1%eth0': a gateway is one address, without an interface: it is"
	  " reached through the TAP" },
	{ "IPv6 with a prefix", CLUSTER "gateway = fe80::1/64\n" NODES, "4: without a prefix" },
	{ "IPv6 multicast", CLUSTER "gateway = ff02::2\n" NODES, "4: this is a multicast address" },
	{ "not free", CLUSTER6 "gateway = 2001:db8::100\n" NODES6,
	  "5: gateway = 2001:db8::100 is a cluster address" },
	{ "of a node", CLUSTER6 "gateway = 2001:db8::102\n" NODES6,
	  "5: gateway = 2001:db8::102 is an address of node 'beta' (line 9)" },
	{ "the link-local address of a node", CLUSTER6 "gateway = fe80::4bf:ff:fe00:102\n" NODES6,
	  "5: gateway = fe80::4bf:ff:fe00:102 is made from the dedicated MAC of node 'beta' (line "
	  "9)" },
	{ "made from the cluster MAC", CLUSTER6 "gateway = fe80::bf:ff:fe00:100\n" NODES6,
	  "5: gateway = fe80::bf:ff:fe00:100 is made from the cluster MAC" },
	{ "anycast", CLUSTER6 "gateway = 2001:db8::\n" NODES6,
	  "5: gateway = 2001:db8:: is the subnet-router anycast address of its network, not the"
	  " address of one host (2001:db8::100/64, line 3)" },
	{ "IPv6 has no broadcast", CLUSTER6 "gateway = 2001:db8::ffff:ffff:ffff:ffff\n" NODES6,
	  "" },
	{ "not reached", CLUSTER6 "gateway = 2001:db8:1::1\n" NODES6,
	  "5: gateway = 2001:db8:1::1 is in no prefix of node 'alpha' (line 6) or of the cluster" },
	{ "not reached, with the other reached",
	  CLUSTER "gateway = 12.12.4.1\ngateway = 2001:db8:1::1\n" ALPHA
		  "address = 2001:db8::101/64\n",
	  "5: gateway = 2001:db8:1::1 is in no prefix of node 'alpha' (line 6)" },
	{ "neither reached",
	  CLUSTER "gateway = 12.13.4.1\ngateway = 2001:db8:1::1\n" ALPHA
		  "address = 2001:db8::101/64\n",
	  "4: gateway = 12.13.4.1 is in no prefix\n5: gateway = 2001:db8:1::1 is in no prefix" },
	{ "reached by the cluster's prefix",
	  CLUSTER6 "address = 2001:db8:1::100/64\ngateway = 2001:db8:1::1\n" NODES6, "" },
	{ "in the cluster's prefix, which gives no route",
	  "[cluster]\ninterface = eth0\nmac = 02:bf:00:00:01:00\naddress = 2001:db8::100/48\n"
	  "gateway = 2001:db8:0:1::1\n" NODES6,
	  "5: gateway = 2001:db8:0:1::1 is in no prefix of node 'alpha' (line 6), and the "
	  "cluster's" },
	{ "link-local, without another IPv6 address", CLUSTER "gateway = fe80::1\n" NODES, "" },
	{ "small MTU", CLUSTER "gateway = fe80::1\nmtu = 1279\n" NODES,
	  "5: mtu = 1279 is too small for IPv6: at least 1280" },
	{ "small MTU, IPv6 addresses of a node",
	  CLUSTER "mtu = 1279\n" ALPHA "address = 2001:db8::101/64\n", "4: too small for IPv6" },
	{ "small MTU without IPv6", CLUSTER "mtu = 1279\n" NODES, "" },
};

static void test_gateways(void **state)
{
	(void)state;
	check_rows(gateways_rows, COUNT(gateways_rows));
}

#define BETA_AT(address) "[node beta]\naddress = " address "\n"

static const struct row networks_rows[] = {
	{ "lengths", CLUSTER ALPHA BETA_AT("12.12.4.102/25"),
	  "7: address 12.12.4.102/25, and 12.12.4.101/24 of node 'alpha' (line 5): one network, "
	  "but "
	  "different prefix lengths" },
	{ "lengths, no network of the other's", CLUSTER ALPHA BETA_AT("12.12.4.202/25"),
	  "7: address 12.12.4.202/25, and 12.12.4.101/24" },
	{ "lengths, a host", CLUSTER ALPHA BETA_AT("12.12.4.102/32"),
	  "7: different prefix lengths" },
	{ "lengths, the first is the odd one",
	  CLUSTER "[node alpha]\naddress = 12.12.4.101/16\n" BETA
		  "[node gamma]\naddress = 12.12.4.103/24\n",
	  "5: address 12.12.4.101/16, and 12.12.4.102/24 of node 'beta' (line 7)" },
	{ "lengths, besides a shared network",
	  CLUSTER ALPHA "address = 10.0.0.1/24\n" BETA "address = 10.0.0.2/25\n",
	  "9: address 10.0.0.2/25, and 10.0.0.1/24 of node 'alpha' (line 6)" },
	{ "a single address within the network", CLUSTER ALPHA "address = 12.12.4.9/32\n" BETA,
	  "" },
	{ "a single address within another's network",
	  CLUSTER ALPHA "address = 10.0.0.9/32\n" BETA "address = 10.0.0.2/24\n", "" },
	{ "a network within the network",
	  CLUSTER ALPHA "address = 12.12.0.1/16\n" BETA "address = 12.12.0.2/16\n", "" },
	{ "a network within it on one", CLUSTER ALPHA "address = 12.12.0.1/16\n" BETA, "" },
	{ "none", CLUSTER ALPHA BETA_AT("12.12.5.102/24"),
	  "7: node 'beta' has no network in common with node 'alpha' (line 5): they could not" },
	{ "none, the first is the odd one",
	  CLUSTER "[node alpha]\naddress = 12.13.4.101/24\n" BETA
		  "[node gamma]\naddress = 12.12.4.103/24\n",
	  "5: node 'alpha' has no network in common with node 'beta' (line 7)" },
	{ "none, of three",
	  CLUSTER ALPHA BETA_AT(
		  "12.12.4.102/24\naddress = 10.0.0.2/24") "[node gamma]\naddress = 10.0.0.3/24\n",
	  "10: node 'gamma' has no network in common with node 'alpha' (line 5)" },
	{ "none, the odd one of five",
	  CLUSTER ALPHA BETA "[node a]\naddress = 12.12.4.103/24\n[node b]\naddress = 10.0.0.1/24\n"
			     "[node c]\naddress = 12.12.4.105/24, 10.0.0.2/24\n",
	  "11: node 'b' has no network in common with node 'alpha' (line 5)" },
	{ "none, an address that has a mistake", CLUSTER ALPHA BETA_AT("12.12.4/24"),
	  "7: '12.12.4' is neither" },
	{ "joined by the cluster",
	  "[cluster]\ninterface = eth0\naddress = 12.12.4.100/16\n[node alpha]\n"
	  "address = 12.12.5.101/24\n[node beta]\naddress = 12.12.6.102/24\n",
	  "7? node 'beta' has no network in common with node 'alpha' (line 5) but that of the "
	  "cluster address 12.12.4.100/16" },
	{ "joined by the cluster, single addresses",
	  CLUSTER "[node alpha]\naddress = 12.12.4.101/32\n[node beta]\n"
		  "address = 12.12.4.102/32\n",
	  "7? node 'beta' has no network in common" },
	{ "joined by the cluster, which one has no route to",
	  "[cluster]\ninterface = eth0\naddress = 12.12.5.100/16\n[node alpha]\n"
	  "address = 12.12.5.101/24\n[node beta]\naddress = 12.12.6.102/24\n",
	  "7: node 'beta' has no network in common with node 'alpha' (line 5): they could not" },
	{ "IPv6 alone", CLUSTER6 NODES6, "" },
	{ "lengths, IPv6", CLUSTER6 ALPHA6 BETA_AT("2001:db8::102/48\nmac = 06:bf:00:00:01:02"),
	  "9: address 2001:db8::102/48, and 2001:db8::101/64 of node 'alpha' (line 6): one "
	  "network" },
	{ "none, IPv6", CLUSTER6 ALPHA6 BETA_AT("2001:db8:1::102/64\nmac = 06:bf:00:00:01:02"),
	  "9: node 'beta' has no network in common with node 'alpha' (line 6): they could not" },
	{ "joined by the cluster, IPv6",
	  CLUSTER6 "[node alpha]\naddress = 2001:db8::101/128\nmac = 06:bf:00:00:01:01\n" BETA_AT(
		  "2001:db8::102/128\nmac = 06:bf:00:00:01:02"),
	  "9? node 'beta' has no network in common with node 'alpha' (line 6) but that of the"
	  " cluster address 2001:db8::100/64" },
	{ "lengths, IPv6 besides a shared IPv4 network",
	  CLUSTER ALPHA "address = 2001:db8::101/64\n" BETA "address = 2001:db8::102/80\n",
	  "9: address 2001:db8::102/80, and 2001:db8::101/64 of node 'alpha' (line 6)" },
	{ "both families",
	  CLUSTER ALPHA "address = 2001:db8::101/64\n" BETA "address = 2001:db8::102/64\n", "" },
	{ "one IPv4 network, two IPv6 networks",
	  CLUSTER ALPHA "address = 2001:db8::101/64\n" BETA "address = 2001:db8:1::102/64\n",
	  "9? node 'beta' has no IPv6 network in common with node 'alpha' (line 6): over IPv6 they"
	  " reach each other only through a router" },
	{ "one IPv6 network, two IPv4 networks",
	  CLUSTER6 ALPHA6 "address = 12.12.4.101/24\n" BETA6 "address = 12.13.4.102/24\n",
	  "12? node 'beta' has no IPv4 network in common with node 'alpha' (line 8): over IPv4" },
	{ "two IPv6 networks, the odd one of three",
	  CLUSTER "[node odd]\naddress = 12.12.4.99/24, 2001:db8:1::99/64\n" ALPHA
		  "address = 2001:db8::101/64\n" BETA "address = 2001:db8::102/64\n",
	  "5? node 'odd' has no IPv6 network in common with node 'alpha' (line 8)" },
	{ "single IPv6 addresses beside an IPv4 network",
	  CLUSTER ALPHA "address = 2001:db8::101/128\n" BETA "address = 2001:db8:1::102/128\n",
	  "" },
	{ "one IPv6 network of two",
	  CLUSTER ALPHA "address = 2001:db8::101/64, 2001:db8:1::101/64\n" BETA
			"address = 2001:db8:2::102/64, 2001:db8::102/64\n",
	  "" },
	{ "a node without IPv6", CLUSTER ALPHA "address = 2001:db8::101/64\n" BETA, "" },
	{ "a cluster with IPv6, a node without",
	  CLUSTER "address = 2001:db8::100/64\n" ALPHA "address = 2001:db8::101/64\n" BETA,
	  "8? node 'beta' has no IPv6 address, but the cluster has one (line 4): what the node"
	  " itself sends over IPv6 has the cluster address as source" },
	{ "a cluster with IPv4, nodes without", CLUSTER6 "address = 12.12.4.100/24\n" NODES6,
	  "6? node 'alpha' has no IPv4 address, but the cluster has one (line 5)\n"
	  "9? node 'beta' has no IPv4 address" },
	{ "a cluster without IPv6, nodes with", CLUSTER ALPHA "address = 2001:db8::101/64\n", "" },
};

static void test_networks(void **state)
{
	(void)state;
	check_rows(networks_rows, COUNT(networks_rows));
}

static void test_choices(void **state)
{
	(void)state;
	check_rows(choices_rows, COUNT(choices_rows));
}

/* One mistake, one message: its consequences are not reported. */
static const struct row no_cascades_rows[] = {
	{ "interface", "[cluster]\ninterfac = eth0\naddress = 12.12.4.100/24\n" NODES,
	  "2: unknown key 'interfac'" },
	{ "cluster address",
	  "[cluster]\ninterface = eth0\naddress = 12.12.4.100\n"
	  "gateway = 12.12.9.9\n" NODES,
	  "3: no prefix length" },
	{ "node address",
	  CLUSTER "gateway = 12.12.4.1\nsource_mac = masked\n"
		  "[node a]\naddress = 12.12.4.101/99\nid = 1\n",
	  "7: bad prefix length '99'" },
	{ "source_mac", CLUSTER "source_mac = maskd\ndedicated_mac = multicast\n" NODES,
	  "4: did you mean 'masked'?" },
	{ "misspelt source_mac", CLUSTER "dedicated_mac = multicast\nsource_macs = cluster\n" NODES,
	  "5: did you mean 'source_mac'?" },
	{ "blanks in a header", "[ clutser ]\ninterface = eth0\n" NODES,
	  "1: unknown section ' clutser ': did you mean 'cluster'?" },
	{ "arp", CLUSTER "strict = yes\narp = direct\n" NODES, "5: did you mean 'directed'?" },
	{ "id", CLUSTER "source_mac = masked\n" ALPHA "id = 1000\n", "7: id = '1000'" },
	{ "misspelt id", CLUSTER "source_mac = masked\n" ALPHA "ID = 1\n",
	  "7: did you mean 'id'?" },
	{ "mac of a node without IPv4", CLUSTER6 "[node a]\naddress = 2001:db8::1/64\nmac = 0a\n",
	  "7: mac = '0a'" },
	{ "IPv6 address of the cluster",
	  "[cluster]\ninterface = eth0\naddress = 2001:db8::100/64, fe80::1/64\n" NODES,
	  "3: address = 'fe80::1/64': this is a link-local address" },
	{ "mac twice", CLUSTER ALPHA "mac = 03\nmac = 0a:00:00:00:00:01\n",
	  "6: mac = '03'\n7: duplicate key 'mac'" },
	{ "duplicate node", CLUSTER "source_mac = masked\n" ALPHA "[node alpha]\nid = 1\n",
	  "7: duplicate node 'alpha': the first is at line 5" },
	{ "same address, so same MAC", CLUSTER ALPHA "[node beta]\naddress = 12.12.4.101/24\n",
	  "7: duplicate address" },
	{ "header forgotten", "interface = eth0\naddress = 12.12.4.100/24\n" NODES,
	  "1: no section before 'interface = eth0'" },
	{ "header not closed", "[cluster\ninterface = eth0\nfoo = 1\n" NODES,
	  "1: section not closed '[cluster'" },
	{ "the only node not closed", CLUSTER "[node a\naddress = 12.12.4.101/24\n",
	  "4: section not closed '[node a'" },
	{ "no '='", "[cluster]\ninterface eth0\naddress = 12.12.4.100/24\n" NODES,
	  "2: no '=' in 'interface eth0'" },
};

static void test_no_cascades(void **state)
{
	(void)state;
	check_rows(no_cascades_rows, COUNT(no_cascades_rows));
}

/* --- peculiarities of inih --- */

/* `length` bytes of 'x' between before and after. */
static char *pad(const char *before, size_t length, const char *after)
{
	size_t start = strlen(before);
	char *text = malloc(start + length + strlen(after) + 1);

	assert_non_null(text);
	memcpy(text, before, start);
	memset(text + start, 'x', length);
	strcpy(text + start + length, after);
	return text;
}

static void check_padded(const char *what, const char *before, size_t length, const char *after,
			 const char *want)
{
	char *text = pad(before, length, after);

	check_bytes(&(struct row){ what, text, want }, strlen(text));
	free(text);
}

/* inih's buffer holds 199 bytes with the newline. The tail of a longer line must not
 * become a line: here it would be an invalid gateway. */
static void test_long_lines(void **state)
{
	(void)state;
	check_padded("longest", CLUSTER "mtu = 1500 ;", 198 - 12, "\n" NODES, "");
	check_padded("longest, CR LF", CLUSTER "mtu = 1500 ;", 198 - 12, "\r\n" NODES, "");
	check_padded("longest, at the end", CLUSTER NODES "mac = auto ;", 198 - 12, "", "");
	check_padded("too long by one", CLUSTER "mtu = 1500 ;", 199 - 12, "\n" NODES,
		     "4: line too long: 199 bytes, at most 198");
	check_padded("too long by one, CR LF", CLUSTER "mtu = 1500 ;", 199 - 12, "\r\n" NODES,
		     "4: line too long: 199 bytes, at most 198");
	check_padded("tail like a line", CLUSTER "mtu = 1500 ;", 199 - 12, "gateway = x\n" NODES,
		     "4: line too long: 210 bytes");
	check_padded("comment", CLUSTER ";", 300, "gateway = x\n" NODES,
		     "4: line too long: 312 bytes");
	check_padded("very long", CLUSTER ";", 100000, "\n" NODES "foo = 1\n",
		     "4: line too long: 100001 bytes\n9: unknown key 'foo'");
	check_padded("required key", "[cluster]\naddress = 12.12.4.100/24\ninterface = ", 300,
		     "\n" NODES, "3: line too long: 312 bytes");
	check_padded("header", CLUSTER "[node ", 300, "]\naddress = foo\n",
		     "4: line too long: 307 bytes");
}

/* inih keeps 49 characters of a section: two long names could become equal. */
static void test_long_sections(void **state)
{
	(void)state;
	check_padded("longest name", CLUSTER "[node ", 44, "]\naddress = 12.12.4.101/24\n", "");
	check_padded("name too long", CLUSTER "[node ", 45, "]\naddress = 12.12.4.101/24\n",
		     "4: is too long: 50 characters, at most 49");
	check_padded("name too long for its field", CLUSTER "[node\t", 45, "]\naddress = x\n",
		     "4: is too long: 50 characters, at most 49");
}

static const struct row inih_rows[] = {
	{ "empty section is seen", CLUSTER ALPHA "[node empty]\n" BETA,
	  "6: node 'empty' has no address" },
	{ "empty section at the end", CLUSTER ALPHA "[node empty]",
	  "6: node 'empty' has no address" },
	{ "empty cluster", "[cluster]\n" NODES,
	  "1: [cluster] has no interface\n1: [cluster] has no address" },
	{ "section not closed",
	  CLUSTER ALPHA "[node beta\naddress = 12.12.4.101/24\nid = x\n"
			"[node gamma]\nid = x\naddress = 12.12.4.103/24\n",
	  "6: section not closed '[node beta': the ']' is missing\n10: id = 'x'" },
	{ "section closed in a comment", CLUSTER ALPHA "[node beta ;]\nid = x\n",
	  "6: section not closed" },
	{ "indented line",
	  "[cluster]\n  interface = eth0\n\taddress = 12.12.4.100/24\n"
	  "  [node alpha]\n    address = 12.12.4.101/24\n"
	  "    address = 12.12.4.9/24\n    ; indented = comment\n",
	  "" },
	{ "indented line without a key",
	  CLUSTER "[node a]\naddress = 12.12.4.101/24,\n"
		  "          12.12.4.9/24\n",
	  "5: missing before or after a comma\n6: no '=' in '12.12.4.9/24'" },
	{ "indented mistake", CLUSTER "   strict = maybe\n" NODES, "4: strict = 'maybe'" },
	{ "line without '='", CLUSTER "strict\n" NODES,
	  "4: no '=' in 'strict': a line is KEY = VALUE or [SECTION]" },
	{ "':' is no '='", CLUSTER "mac 02:bf:00:00:00:01\n" NODES, "4: no '=' in 'mac 02:bf" },
	{ "'=' in a comment", CLUSTER "strict ; = no\n" NODES, "4: no '=' in 'strict ; = no'" },
	{ "no key", CLUSTER "= 5\n" NODES, "4: no key in '= 5'" },
	{ "inline comment", CLUSTER "mtu = 1500 ; = 5\narp = directed\t;x\n" NODES, "" },
	{ "no inline comment without a blank", CLUSTER "mtu = 1500;x\n" NODES,
	  "4: mtu = '1500;x'" },
	{ "comments and blanks", "# a\n;b\n\n \t\n" CLUSTER "#c\n" NODES, "" },
	{ "CR LF",
	  "[cluster]\r\ninterface = eth0\r\naddress = 12.12.4.100/24\r\n\r\n"
	  "[node a]\r\naddress = 12.12.4.101/24\r\n",
	  "" },
	{ "CR LF, wrong",
	  "[cluster]\r\ninterface = eth0\r\naddress = 12.12.4.100/24\r\n\r\n"
	  "[node a]\r\naddress = 12.12.4.101/24\r\nid = x\r\n",
	  "7: id = 'x'" },
	{ "byte order mark", "\xef\xbb\xbf" CLUSTER NODES, "" },
	{ "byte order mark below",
	  CLUSTER "\xef\xbb\xbf"
		  "mtu = 1500\n" NODES,
	  "4: unknown key '\\xef\\xbb\\xbfmtu'" },
	{ "no newline at the end", CLUSTER "[node a]\naddress = 12.12.4.101/24", "" },
	{ "no newline at the end, wrong", CLUSTER NODES "id = x", "8: id = 'x'" },
	{ "long key", CLUSTER "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz = 1\n" NODES,
	  "4: unknown key 'abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz'" },
};

static void test_inih(void **state)
{
	(void)state;
	check_rows(inih_rows, COUNT(inih_rows));
}

static void test_nul_bytes(void **state)
{
	static const char value[] = CLUSTER "mtu = 1\0"
					    "500\n" NODES;
	static const char key[] = "[cluster]\n\0interface = eth0\naddress = 12.12.4.100/24\n" NODES;

	(void)state;
	check_bytes(&(struct row){ "NUL in a value", value, "4: NUL byte" }, sizeof(value) - 1);
	check_bytes(
		&(struct row){ "NUL in a key", key, "1: [cluster] has no interface\n2: NUL byte" },
		sizeof(key) - 1);
}

static void test_empty_files(void **state)
{
	static const struct row rows[] = {
		{ "newlines", "\n\n", "0: the file is empty" },
		{ "comments", "; interface = eth0\n# [cluster]\n", "0: the file is empty" },
		{ "byte order mark", "\xef\xbb\xbf", "0: the file is empty" },
	};

	(void)state;
	check_bytes(&(struct row){ "nothing", "", "0: the file is empty" }, 0);
	check_rows(rows, COUNT(rows));
}

static void test_endless(void **state)
{
	static const char *const endless[] = { "/dev/zero", "/dev/urandom" };

	(void)state;
	for (size_t i = 0; i < COUNT(endless); i++) {
		struct config_report report = { 0 };
		FILE *stream = fopen(endless[i], "r");

		assert_non_null(stream);
		assert_null(config_read(stream, &report));
		assert_string_equal(report.list[0].text, "cannot be read: File too large");
		config_report_clear(&report);
		fclose(stream);
	}
}

static void test_read_error(void **state)
{
	struct config_report report = { 0 };
	FILE *stream = fopen("/", "r"); /* can be opened, but not read */

	(void)state;
	assert_non_null(stream);
	assert_null(config_read(stream, &report));
	assert_int_equal(report.count, 1);
	assert_string_equal(report.list[0].text, "cannot be read: Is a directory");
	config_report_clear(&report);
	fclose(stream);
}

/* --- all at once --- */

static const char broken_file[] = "colour = red\n"                             /* 1 */
				  "[cluster]\n"                                /* 2 */
				  "interfce = eth0\n"                          /* 3 */
				  "tap = averyverylongname\n"                  /* 4 */
				  "address = 12.12.4.100/24, 12.12.4.100/24\n" /* 5 */
				  "address = 12.12.4.99/240\n"                 /* 6 */
				  "dedicated_mac = multicast\n"                /* 7 */
				  "source_mac = dedicated\n"                   /* 8 */
				  "advertise = all\n"                          /* 9 */
				  "strict = yes\n"                             /* 10 */
				  "strict = no\n"                              /* 11 */
				  "datapath = kernal\n"                        /* 12 */
				  "gateway = 10.0.0.1/8\n"                     /* 13 */
				  "mtu = 10\n"                                 /* 14 */
				  "what is this\n"                             /* 15 */
				  "[node alpha]\n"                             /* 16 */
				  "adress = 12.12.4.101/24\n"                  /* 17 */
				  "id = 191\n"                                 /* 18 */
				  "[node alpha]\n"                             /* 19 */
				  "address = 12.12.4.100/24\n"                 /* 20 */
				  "id = 7\n"                                   /* 21 */
				  "[node gamma]\n"                             /* 22 */
				  "address = 2001:db8::1/64\n"                 /* 23 */
				  "id = 7\n"                                   /* 24 */
				  "mac = ff:ff:ff:ff:ff:ff\n"                  /* 25 */
				  "[node delta]\n"                             /* 26 */
				  "address = 2001:db8::2/64\n"                 /* 27 */
				  "[node epsilon]\n"                           /* 28 */
				  "address = 12.12.4.105/24\n"                 /* 29 */
				  "mac = 02:bf:00:00:00:05\n"                  /* 30 */
				  "[node zeta]\n"                              /* 31 */
				  "address = 12.12.4.106/24\n"                 /* 32 */
				  "mac = 02:bf:00:00:00:05\n"                  /* 33 */
				  "[nodes eta]\n"                              /* 34 */
				  "address = 12.12.4.107/24\n"                 /* 35 */
				  "[node theta\n"                              /* 36 */
				  "address = 12.12.4.108/24\n"                 /* 37 */
				  "[node iota]\n"                              /* 38 */
				  "xy = 1\n"; /* 39: too different from id to suggest it */

static const char broken_report[] =
	"F:1: error: no section before 'colour = red': begin with [cluster] or [node NAME]\n"
	"F:3: error: unknown key 'interfce' in [cluster]: did you mean 'interface'?\n"
	"F:4: error: tap = 'averyverylongname': an interface name has at most 15 characters\n"
	"F:5: error: duplicate address 12.12.4.100: the first is at line 5\n"
	"F:6: error: address = '12.12.4.99/240': bad prefix length '240':"
	" must be a number from 1 to 32\n"
	"F:8: error: source_mac = dedicated needs individual dedicated MACs: a group address cannot"
	" be an Ethernet source, and dedicated_mac = multicast (line 7) makes group addresses\n"
	"F:9: error: advertise = all needs individual dedicated MACs, but node 'alpha' (line 16)"
	" has a group MAC: use dedicated_mac = unicast, or set an individual one with mac =\n"
	"F:10: error: strict = yes needs individual dedicated MACs, but node 'alpha' (line 16)"
	" has a group MAC: use dedicated_mac = unicast, or set an individual one with mac =\n"
	"F:10: error: strict = yes needs arp = directed: broadcast requests put the dedicated MACs"
	" into the ARP caches of outsiders\n"
	"F:10: error: strict = yes cannot be combined with advertise = all (line 9): outsiders "
	"would"
	" use the dedicated MACs, and their frames would be dropped\n"
	"F:11: error: duplicate key 'strict': the first is at line 10\n"
	"F:12: error: datapath = 'kernal': must be auto, kernel or user; did you mean 'kernel'?\n"
	"F:13: error: gateway = '10.0.0.1/8': a gateway is one address, without a prefix\n"
	"F:14: error: mtu = '10': must be auto or a number from 68 to 65521\n"
	"F:15: error: no '=' in 'what is this': a line is KEY = VALUE or [SECTION]\n"
	"F:17: error: unknown key 'adress' in [node alpha]: did you mean 'address'?\n"
	"F:18: error: id = '191': must be a number from 1 to 190\n"
	"F:19: error: duplicate node 'alpha': the first is at line 16\n"
	"F:20: error: address 12.12.4.100 is also a cluster address, at line 5: a dedicated"
	" address must belong to one node only\n"
	"F:24: error: duplicate id 7: the first is at line 21\n"
	"F:25: error: mac = 'ff:ff:ff:ff:ff:ff': the broadcast address cannot be assigned\n"
	"F:26: error: node 'delta' has no IPv4 address to derive a MAC from: set the MAC,"
	" as in mac = 03:bf:00:00:00:02\n"
	"F:33: error: mac = 02:bf:00:00:00:05 is also the dedicated MAC of node 'epsilon' (line "
	"30):"
	" each MAC must be unique\n"
	"F:34: error: unknown section 'nodes eta': did you mean 'node'?\n"
	"F:36: error: section not closed '[node theta': the ']' is missing; its keys are ignored\n"
	"F:38: error: node 'iota' has no address: set one, as in address = 12.12.4.101/24\n"
	"F:39: error: unknown key 'xy' in [node iota]\n";

static void test_all_in_one_run(void **state)
{
	struct config_report report = { 0 };
	char *text;

	(void)state;
	assert_null(read_bytes(broken_file, strlen(broken_file), &report));
	text = print_report(&report);
	assert_string_equal(text, broken_report);
	assert_int_equal(report.errors, report.count);
	free(text);
	config_report_clear(&report);
}

static void test_report(void **state)
{
	struct config_report report = { 0 };
	char *text;

	(void)state;
	config_report_add(&report, true, 7, "seven %d", 7);
	config_report_add(&report, false, 0, "whole");
	config_report_add(&report, true, 3, "three");
	config_report_add(&report, true, 7, "second");
	config_report_add(&report, true, 7, "seven %d", 7);
	config_report_add(&report, true, 7, "seven");
	text = print_report(&report);
	assert_string_equal(text, "F: warning: whole\nF:3: error: three\nF:7: error: seven 7\n"
				  "F:7: error: second\nF:7: error: seven\n");
	assert_int_equal(report.count, 5);
	assert_int_equal(report.errors, 4);
	free(text);
	config_report_clear(&report);
	assert_null(report.list);
	assert_int_equal(report.count + report.errors, 0);
}

/* Messages that a report already has neither make a file fail nor get lost. */
static void test_report_is_continued(void **state)
{
	struct config_report report = { 0 };
	struct config *c;

	(void)state;
	config_report_add(&report, true, 0, "before");
	c = read_bytes(CLUSTER NODES, strlen(CLUSTER NODES), &report);
	assert_non_null(c);
	assert_int_equal(report.count, 1);
	config_report_clear(&report);
	config_free(c);
}

/* --- print and read --- */

static void check_same_addresses(const struct config_addresses *a, const struct config_addresses *b)
{
	assert_int_equal(a->count, b->count);
	for (size_t i = 0; i < a->count; i++) {
		assert_true(ip_equal(&a->list[i].addr, &b->list[i].addr));
		assert_int_equal(a->list[i].len, b->list[i].len);
	}
}

static void check_same_node(const struct config_node *a, const struct config_node *b)
{
	assert_string_equal(a->name, b->name);
	check_same_addresses(&a->address, &b->address);
	assert_true(mac_equal(&a->dedicated, &b->dedicated));
	assert_true(mac_equal(&a->source, &b->source));
	assert_true(ip_equal(&a->link_local, &b->link_local));
	assert_int_equal(a->id, b->id);
	assert_int_equal(a->weight, b->weight);
	assert_int_equal(a->corosync_id, b->corosync_id);
}

/* Compares everything except the line numbers. */
static void check_same(const struct config *a, const struct config *b)
{
	assert_string_equal(a->interface, b->interface);
	assert_string_equal(a->tap, b->tap);
	check_same_addresses(&a->address, &b->address);
	assert_true(mac_equal(&a->mac, &b->mac));
	assert_int_equal(a->dedicated_mac, b->dedicated_mac);
	assert_int_equal(a->source_mac, b->source_mac);
	assert_int_equal(a->arp, b->arp);
	assert_int_equal(a->advertise, b->advertise);
	assert_int_equal(a->strict, b->strict);
	assert_int_equal(a->datapath, b->datapath);
	assert_int_equal(a->neigh, b->neigh);
	assert_int_equal(a->adopt, b->adopt);
	assert_int_equal(a->shares, b->shares);
	assert_int_equal(a->affinity, b->affinity);
	for (size_t i = 0; i < CONFIG_FAMILIES; i++)
		assert_true(ip_equal(&a->gateway[i], &b->gateway[i]));
	assert_int_equal(a->mtu, b->mtu);
	assert_int_equal(a->corosync.is_set, b->corosync.is_set);
	assert_string_equal(a->corosync.group, b->corosync.group);
	assert_int_equal(a->corosync.no_quorum, b->corosync.no_quorum);
	assert_int_equal(a->node_count, b->node_count);
	for (size_t i = 0; i < a->node_count; i++)
		check_same_node(&a->nodes[i], &b->nodes[i]);
}

static void check_round_trip(const struct config *c)
{
	char *text = print_config(c);
	struct config *again = read_good(text);

	check_same(c, again);
	config_free(again);
	free(text);
}

static void test_round_trip(void **state)
{
	static const char *const texts[] = {
		CLUSTER NODES,
		CLUSTER "dedicated_mac = multicast\n" ALPHA "id = 190\n" BETA "id = 1\n",
		CLUSTER "dedicated_mac = multicast\nsource_mac = cluster\n" NODES,
		CLUSTER "tap = t\nmac = 0a:00:00:00:00:01\nsource_mac = masked\narp = directed\n"
			"strict = yes\ndatapath = user\nneigh = seed\nadopt = no\nmtu = 1280\n"
			"gateway = 2001:db8::1\naddress = 2001:db8::100/64, 10.0.0.1/32\n"
			"gateway = 12.12.4.1\n" ALPHA
			"id = 3\naddress = 10.0.0.2/31, 2001:db8::2/64\n" BETA
			"address = 2001:db8::3/64\nid = 4\nmac = 06:00:00:00:00:01\n",
		CLUSTER6 NODES6,
		CLUSTER "advertise = all\ndatapath = kernel\nneigh = pin\n" NODES,
		CLUSTER "shares = driven\naffinity = client\n" ALPHA "weight = 0\n" BETA
			"weight = 7\n",
		DRIVEN THREE "corosync_id = 3\n[corosync]\n",
		DRIVEN "[corosync]\ngroup = a\nno_quorum = serve\n" THREE,
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct config *c = read_good(texts[i]);

		check_round_trip(c);
		config_free(c);
	}
}

static void test_printed_text(void **state)
{
	struct config *c = read_good(CLUSTER "dedicated_mac = multicast\n" ALPHA "id = 1\n");
	char *text = print_config(c);

	(void)state;
	assert_non_null(strstr(text, "mac           = 02:bf:0c:0c:04:64\n"));
	assert_non_null(strstr(text, "source_mac    = masked\n"));
	assert_non_null(strstr(text, "\n[node alpha]\n"
				     "address       = 12.12.4.101/24\n"
				     "mac           = 03:bf:0c:0c:04:65\n"
				     "id            = 1\n"
				     "weight        = 1\n"));
	assert_non_null(strstr(text, "shares        = none\naffinity      = connection\n"));
	assert_non_null(strstr(text, "02:01:0c:0c:04:64"));
	assert_non_null(strstr(text, "\n; IPv6 link-local address: fe80::1bf:cff:fe0c:465\n"));
	assert_null(strstr(text, "corosync"));
	free(text);
	config_free(c);
	c = read_good(DRIVEN THREE "corosync_id = 3\n[corosync]\n");
	text = print_config(c);
	assert_non_null(strstr(text, "\n\n[corosync]\n"
				     "group         = clusterarpd\n"
				     "no_quorum     = stop\n\n[node alpha]\n"));
	assert_non_null(strstr(text, "corosync_id   = 3\n"));
	free(text);
	config_free(c);
}

/* --- large and damaged files --- */

/* A cluster with `count` nodes, and one more with the address of the first. */
static char *make_large(unsigned count)
{
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	fprintf(out, "[cluster]\ninterface = eth0\naddress = 10.0.0.1/8\n");
	for (unsigned i = 0; i < count; i++)
		fprintf(out, "[node n%u]\naddress = 10.1.%u.%u/8\n", i, i / 200, i % 200 + 1);
	fprintf(out, "[node last]\naddress = 10.1.0.1/8\nmac = 06:bf:0a:01:%02x:%02x\n",
		(count - 1) / 200, (count - 1) % 200 + 1);
	fclose(out);
	return text;
}

static void test_thousand_nodes(void **state)
{
	char *text = make_large(1000);
	struct row row = { "1000 nodes", text,
			   "2005: duplicate address 10.1.0.1: the first is at line 5\n"
			   "2006: is also the dedicated MAC of node 'n999' (line 2002)" };

	(void)state;
	check_bytes(&row, strlen(text));
	free(text);
}

static char *read_source(const char *name, size_t *length)
{
	const char *srcdir = getenv("srcdir");
	char path[512];
	char *text = malloc(65536);
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", srcdir ? srcdir : ".", name);
	file = fopen(path, "r");
	if (!file)
		fail_msg("%s cannot be opened", path);
	assert_non_null(text);
	*length = fread(text, 1, 65535, file);
	text[*length] = '\0';
	fclose(file);
	return text;
}

static char *read_example(size_t *length)
{
	return read_source("etc/clusterarpd.conf", length);
}

/* Each file that the manual page shows must be valid, without a warning. */
static void test_manual(void **state)
{
	size_t length, count = 0;
	char *text = read_source("man/clusterarpd.conf.5", &length), *start = text, *end;

	(void)state;
	while ((start = strstr(start, "\n[cluster]\n"))) {
		struct row row = { "an example of the manual page", start, "" };

		end = strstr(start, "\n.Ed\n");
		assert_non_null(end);
		check_bytes(&row, (size_t)(end + 1 - start));
		start = end;
		count++;
	}
	assert_true(count >= 9);
	free(text);
}

static void test_example(void **state)
{
	size_t length;
	char *text = read_example(&length);
	struct config *c = read_good(text);

	(void)state;
	assert_int_equal(c->node_count, 2);
	check_round_trip(c);
	config_free(c);
	free(text);
}

/* A setting that a comment shows must be valid. */
static void test_example_uncommented(void **state)
{
	size_t length, used = 0;
	char *text = read_example(&length), *bare = malloc(length + 1);

	(void)state;
	assert_non_null(bare);
	for (size_t i = 0; i < length; i++) {
		bool is_setting = text[i] == ';' && (i == 0 || text[i - 1] == '\n') &&
				  text[i + 1] >= 'a' && text[i + 1] <= 'z';

		if (!is_setting)
			bare[used++] = text[i];
	}
	bare[used] = '\0';
	assert_true(used < length);
	config_free(read_good(bare));
	free(bare);
	free(text);
}

/* Any input gives a configuration or errors; a configuration can be printed and read again. */
static void check_survives(const char *text, size_t length)
{
	struct config_report report = { 0 };
	struct config *c = read_bytes(text, length, &report);

	assert_true(!c == (report.errors > 0));
	for (size_t i = 1; i < report.count; i++)
		assert_true(report.list[i - 1].line <= report.list[i].line);
	if (c)
		check_round_trip(c);
	config_report_clear(&report);
	config_free(c);
}

static void test_truncated(void **state)
{
	size_t length;
	char *text = read_example(&length);

	(void)state;
	for (size_t i = 0; i <= length; i++)
		check_survives(text, i);
	free(text);
}

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

/* Changes, drops or repeats a few bytes, mostly to bytes that have a meaning. */
static void mutate(char *text, size_t length, uint32_t *seed)
{
	static const char bytes[] = "[]=;:#,/.0123456789af \t\r\n\0\xff\x1b";

	for (uint32_t n = next_random(seed) % 6 + 1; n > 0; n--) {
		size_t at = next_random(seed) % length;
		size_t from = next_random(seed) % length, size = next_random(seed) % 40;

		if (next_random(seed) % 2)
			text[at] = bytes[next_random(seed) % (sizeof(bytes) - 1)];
		else if (at + size < length && from + size < length)
			memmove(text + at, text + from, size);
	}
}

static void test_mutated(void **state)
{
	size_t full_length;
	char *text = read_example(&full_length), *copy = malloc(full_length + 1);
	/* Without the comments, most of the bytes that change matter. */
	struct config *c = read_good(text);
	char *plain = print_config(c);
	size_t length = strlen(plain);
	uint32_t seed = 20031007;

	(void)state;
	assert_non_null(copy);
	assert_true(length <= full_length);
	for (unsigned i = 0; i < MUTATIONS; i++) {
		memcpy(copy, plain, length);
		mutate(copy, length, &seed);
		check_survives(copy, length);
	}
	free(plain);
	free(copy);
	free(text);
	config_free(c);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_every_key),
		cmocka_unit_test(test_macs),
		cmocka_unit_test(test_individual_by_mac),
		cmocka_unit_test(test_ipv6_first),
		cmocka_unit_test(test_self),
		cmocka_unit_test(test_keys_and_sections),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_macs_that_clash),
		cmocka_unit_test(test_choices),
		cmocka_unit_test(test_networks),
		cmocka_unit_test(test_gateways),
		cmocka_unit_test(test_no_cascades),
		cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_long_sections),
		cmocka_unit_test(test_inih),
		cmocka_unit_test(test_nul_bytes),
		cmocka_unit_test(test_empty_files),
		cmocka_unit_test(test_endless),
		cmocka_unit_test(test_read_error),
		cmocka_unit_test(test_all_in_one_run),
		cmocka_unit_test(test_report),
		cmocka_unit_test(test_report_is_continued),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_printed_text),
		cmocka_unit_test(test_thousand_nodes),
		cmocka_unit_test(test_manual),
		cmocka_unit_test(test_example),
		cmocka_unit_test(test_example_uncommented),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_mutated),
	};

	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
