/* SPDX-License-Identifier: GPL-2.0-or-later */
/* peers: who is behind an address, and which roles a MAC has at once. */
#include "cluster.h"

static struct peers_entry by_mac(const struct cluster *c, const char *text)
{
	struct mac m;

	assert_true(mac_parse(text, &m));
	return peers_by_mac(c->peers, &m);
}

static struct peers_entry by_ip(const struct cluster *c, const char *text)
{
	struct ip_addr ip;

	assert_true(ip_parse(text, &ip));
	return peers_by_ip(c->peers, &ip);
}

static void roles_of_macs(void **state)
{
	struct cluster c = cluster_make("", "alpha");

	(void)state;
	assert_int_equal(by_mac(&c, CLUSTER_MAC).roles, MAC_CLUSTER);
	assert_int_equal(by_mac(&c, ALPHA_MAC).roles, MAC_SELF_DEDICATED | MAC_SELF_SOURCE);
	assert_null(by_mac(&c, ALPHA_MAC).peer);
	assert_int_equal(by_mac(&c, BETA_MAC).roles, MAC_PEER_DEDICATED | MAC_PEER_SOURCE);
	assert_string_equal(by_mac(&c, BETA_MAC).peer->node->name, "beta");
	assert_int_equal(by_mac(&c, OUT_MAC).roles, 0);
	assert_int_equal(by_mac(&c, BROADCAST).roles, MAC_GROUP | MAC_BROADCAST);
	assert_int_equal(by_mac(&c, "33:33:00:00:00:01").roles, MAC_GROUP);
	assert_int_equal(by_mac(&c, "01:80:c2:00:00:00").roles, MAC_GROUP | MAC_LINK_LOCAL);
	assert_int_equal(by_mac(&c, "01:80:c2:00:00:0f").roles, MAC_GROUP | MAC_LINK_LOCAL);
	assert_int_equal(by_mac(&c, "01:80:c2:00:00:10").roles, MAC_GROUP);
	cluster_free(&c);
}

/* A MAC that several share is nobody's alone. */
static void shared_macs_have_no_peer(void **state)
{
	struct cluster c =
		cluster_make("dedicated_mac = multicast\nsource_mac = cluster\n", "alpha");

	(void)state;
	assert_int_equal(by_mac(&c, CLUSTER_MAC).roles,
			 MAC_CLUSTER | MAC_SELF_SOURCE | MAC_PEER_SOURCE);
	assert_null(by_mac(&c, CLUSTER_MAC).peer);
	assert_int_equal(by_mac(&c, BETA_GROUP).roles, MAC_PEER_DEDICATED | MAC_GROUP);
	cluster_free(&c);
}

static void masked_sources(void **state)
{
	struct cluster c = cluster_make("source_mac = masked\n", "alpha");

	(void)state;
	assert_int_equal(by_mac(&c, ALPHA_MASKED).roles, MAC_SELF_SOURCE);
	assert_int_equal(by_mac(&c, BETA_MASKED).roles, MAC_PEER_SOURCE);
	assert_int_equal(by_mac(&c, BETA_MAC).roles, MAC_PEER_DEDICATED);
	cluster_free(&c);
}

static void roles_of_addresses(void **state)
{
	struct cluster c = cluster_make("", "beta");

	(void)state;
	assert_int_equal(by_ip(&c, CLUSTER_IP).roles, IP_CLUSTER);
	assert_int_equal(by_ip(&c, BETA_IP).roles, IP_SELF);
	assert_int_equal(by_ip(&c, ALPHA_IP).roles, IP_PEER);
	assert_string_equal(by_ip(&c, ALPHA_IP).peer->node->name, "alpha");
	assert_int_equal(by_ip(&c, OUT_IP).roles, 0);
	assert_int_equal(by_ip(&c, "0.0.0.0").roles, IP_UNSPECIFIED);
	assert_int_equal(by_ip(&c, "::").roles, IP_UNSPECIFIED);
	cluster_free(&c);
}

static void own_address_for_a_target(void **state)
{
	static char text[] = "[cluster]\ninterface = eth0\naddress = 192.0.2.1/24\n"
			     "[node a]\naddress = 10.0.0.1/24, 10.0.1.1/24, 2001:db8::1/64\n"
			     "[node b]\naddress = 10.0.1.2/24, 2001:db8::2/64\n";
	struct config_report report = { 0 };
	FILE *f = fmemopen(text, sizeof(text) - 1, "r");
	struct config *config = config_read(f, &report);
	struct peers *p;
	struct ip_addr ip;
	char buf[IP_STRLEN];

	(void)state;
	fclose(f);
	assert_non_null(config);
	p = peers_create(config, config_find_node(config, "a"));
	assert_true(ip_parse("10.0.1.2", &ip));
	assert_string_equal(ip_format(peers_own_address_for(p, &ip), buf), "10.0.1.1");
	assert_true(ip_parse("198.51.100.1", &ip));
	assert_string_equal(ip_format(peers_own_address_for(p, &ip), buf), "10.0.0.1");
	assert_true(ip_parse("2001:db8:1::1", &ip));
	assert_string_equal(ip_format(peers_own_address_for(p, &ip), buf), "2001:db8::1");
	peers_destroy(p);
	p = peers_create(config, config_find_node(config, "b"));
	assert_int_equal(peers_count(p), 1);
	assert_string_equal(peers_get(p, 0)->node->name, "a");
	peers_destroy(p);
	config_free(config);
	config_report_clear(&report);
}

static void policy_from_configuration(void **state)
{
	struct cluster c = cluster_make("arp = directed\nstrict = yes\n", "alpha");

	(void)state;
	assert_int_equal(peers_policy(c.peers), POLICY_STRICT | POLICY_DIRECTED);
	cluster_free(&c);
	c = cluster_make("advertise = all\nsource_mac = cluster\n", "alpha");
	assert_int_equal(peers_policy(c.peers), POLICY_ADVERTISE_ALL | POLICY_SOURCE_CLUSTER);
	cluster_free(&c);
}

static void count_mac(const struct mac *m, uint16_t roles, void *arg)
{
	(void)m;
	assert_int_not_equal(roles, 0);
	++*(unsigned *)arg;
}

static void every_mac_is_listed(void **state)
{
	struct cluster c = cluster_make("source_mac = masked\n", "alpha");
	unsigned n = 0;

	(void)state;
	peers_each_mac(c.peers, count_mac, &n);
	assert_int_equal(n, 7); /* the cluster's, and two of each of three nodes */
	cluster_free(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(roles_of_macs),
		cmocka_unit_test(shared_macs_have_no_peer),
		cmocka_unit_test(masked_sources),
		cmocka_unit_test(roles_of_addresses),
		cmocka_unit_test(own_address_for_a_target),
		cmocka_unit_test(policy_from_configuration),
		cmocka_unit_test(every_mac_is_listed),
	};

	return cmocka_run_group_tests_name("peers", tests, NULL, NULL);
}
