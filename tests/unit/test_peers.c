/* SPDX-License-Identifier: GPL-2.0-or-later */
/* peers: the peer that has an address, the roles of a MAC, and the exchange of two tables. */
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

/* A MAC that several nodes share belongs to no single peer. */
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

static void count_mac(const struct mac *m, const struct peers_entry *entry, void *arg)
{
	(void)m;
	assert_int_not_equal(entry->roles, 0);
	++*(unsigned *)arg;
}

/* Counts by owner: this node, the cluster, peers. Nodes have a link-local address too. */
static void count_ip(const struct ip_addr *ip, const struct peers_entry *entry, void *arg)
{
	unsigned *n = arg;

	assert_int_not_equal(ip->family, 0);
	n[entry->roles == IP_SELF ? 0 : entry->roles == IP_CLUSTER ? 1 : 2]++;
	assert_int_equal(entry->roles == IP_PEER, entry->peer != NULL);
}

static void every_address_is_listed(void **state)
{
	struct cluster c = cluster_make("", "alpha");
	unsigned n[3] = { 0 };

	(void)state;
	peers_each_ip(c.peers, count_ip, n);
	assert_int_equal(n[0], 2);
	assert_int_equal(n[1], 1);
	assert_int_equal(n[2], 4);
	assert_int_equal(peers_ip_count(c.peers), 7);
	cluster_free(&c);
}

static void every_mac_is_listed(void **state)
{
	struct cluster c = cluster_make("source_mac = masked\n", "alpha");
	unsigned n = 0;

	(void)state;
	peers_each_mac(c.peers, count_mac, &n);
	assert_int_equal(n, 7); /* the cluster MAC, and two for each of three nodes */
	assert_int_equal(peers_mac_count(c.peers), 7);
	cluster_free(&c);
}

static struct cluster cluster_of_text(const char *text, const char *self)
{
	struct config_report report = { 0 };
	struct cluster c;
	char copy[1024];
	FILE *f;

	assert_true((size_t)snprintf(copy, sizeof(copy), "%s", text) < sizeof(copy));
	f = fmemopen(copy, strlen(copy), "r");
	c.config = config_read(f, &report);
	fclose(f);
	assert_non_null(c.config);
	c.peers = peers_create(c.config, config_find_node(c.config, self));
	assert_non_null(c.peers);
	config_report_clear(&report);
	return c;
}

static struct peer *peer_named(const struct cluster *c, const char *name)
{
	for (size_t i = 0; i < peers_count(c->peers); i++)
		if (!strcmp(peers_get(c->peers, i)->node->name, name))
			return peers_get(c->peers, i);
	fail_msg("no peer %s", name);
	return NULL;
}

/* The table points only into its own configuration and into itself. */
static void is_consistent(const struct cluster *c, const char *self)
{
	const struct config *config = peers_config(c->peers);
	char ip[IP_STRLEN], mac[MAC_STRLEN];

	assert_ptr_equal(config, c->config);
	assert_ptr_equal(peers_self(c->peers), config_find_node(config, self));
	assert_int_equal(peers_count(c->peers), config->node_count - 1);
	for (size_t i = 0; i < peers_count(c->peers); i++) {
		struct peer *peer = peers_get(c->peers, i);

		assert_ptr_equal(peer->node, config_find_node(config, peer->node->name));
		mac_format(&peer->node->dedicated, mac);
		assert_ptr_equal(by_mac(c, mac).peer, peer);
		ip_format(&peer->node->address.list[0].addr, ip);
		assert_ptr_equal(by_ip(c, ip).peer, peer);
	}
}

/* Another cluster address and policy; beta has another address and MAC, gamma is gone,
 * delta is new; and the nodes are in another order. */
static const char changed[] = "[cluster]\ninterface = eth0\naddress = 12.12.4.99/24\n"
			      "mac = 02:bf:aa:bb:cc:ee\narp = directed\n"
			      "[node delta]\naddress = 12.12.4.104/24\n"
			      "[node beta]\naddress = 12.12.4.112/24\n"
			      "[node alpha]\naddress = 12.12.4.101/24\n";

static void is_first(const struct cluster *c)
{
	is_consistent(c, "alpha");
	assert_int_equal(peers_policy(c->peers), 0);
	assert_int_equal(c->config->arp, ARP_BROADCAST);
	assert_int_equal(peers_count(c->peers), 2);
	assert_int_equal(by_mac(c, CLUSTER_MAC).roles, MAC_CLUSTER);
	assert_int_equal(by_mac(c, "02:bf:aa:bb:cc:ee").roles, 0);
	assert_int_equal(by_ip(c, CLUSTER_IP).roles, IP_CLUSTER);
	assert_int_equal(by_ip(c, "12.12.4.99").roles, 0);
	assert_ptr_equal(by_mac(c, BETA_MAC).peer, peer_named(c, "beta"));
	assert_ptr_equal(by_ip(c, BETA_IP).peer, peer_named(c, "beta"));
	assert_ptr_equal(by_ip(c, GAMMA_IP).peer, peer_named(c, "gamma"));
	assert_int_equal(by_ip(c, "12.12.4.104").roles, 0);
	assert_int_equal(by_ip(c, "12.12.4.112").roles, 0);
}

static void is_changed(const struct cluster *c)
{
	is_consistent(c, "alpha");
	assert_int_equal(peers_policy(c->peers), POLICY_DIRECTED);
	assert_int_equal(c->config->arp, ARP_DIRECTED);
	assert_int_equal(peers_count(c->peers), 2);
	assert_int_equal(by_mac(c, CLUSTER_MAC).roles, 0);
	assert_int_equal(by_mac(c, "02:bf:aa:bb:cc:ee").roles, MAC_CLUSTER);
	assert_int_equal(by_ip(c, CLUSTER_IP).roles, 0);
	assert_int_equal(by_ip(c, "12.12.4.99").roles, IP_CLUSTER);
	assert_int_equal(by_mac(c, BETA_MAC).roles, 0);
	assert_null(by_ip(c, BETA_IP).peer);
	assert_int_equal(by_ip(c, GAMMA_IP).roles, 0);
	assert_ptr_equal(by_mac(c, "06:bf:0c:0c:04:70").peer, peer_named(c, "beta"));
	assert_ptr_equal(by_ip(c, "12.12.4.112").peer, peer_named(c, "beta"));
	assert_ptr_equal(by_ip(c, "12.12.4.104").peer, peer_named(c, "delta"));
}

/* Sets all fields of a peer, except its node, to other values than zero. */
static void season(struct peer *peer, uint64_t n)
{
	peer->counters =
		(struct peer_counters){ n, n + 1, n + 2, n + 3, n + 4, n + 5, n + 6, n + 7 };
	peer->state = PEER_FOREIGN;
	peer->told = PEER_FAILED;
	peer->changed = n + 8;
	peer->changes = n + 9;
	peer->mended = n + 10;
	peer->is_to_seed = peer->is_claimed = true;
}

static void is_seasoned(const struct peer *peer, uint64_t n)
{
	struct peer expected = { .node = peer->node };

	season(&expected, n);
	assert_memory_equal(&peer->counters, &expected.counters, sizeof(expected.counters));
	assert_int_equal(peer->state, PEER_FOREIGN);
	assert_int_equal(peer->told, PEER_FAILED);
	assert_int_equal(peer->changed, expected.changed);
	assert_int_equal(peer->changes, expected.changes);
	assert_int_equal(peer->mended, expected.mended);
	assert_true(peer->is_to_seed && peer->is_claimed);
}

static void is_new(const struct peer *peer)
{
	const struct peer_counters zero = { 0 };

	assert_memory_equal(&peer->counters, &zero, sizeof(zero));
	assert_int_equal(peer->state, PEER_NONE);
	assert_int_equal(peer->told, PEER_NONE);
	assert_int_equal(peer->changed | peer->changes | peer->mended, 0);
	assert_false(peer->is_to_seed || peer->is_claimed);
}

static void exchange_and_back(void **state)
{
	struct cluster c = cluster_make("", "alpha"), other = cluster_of_text(changed, "alpha");

	(void)state;
	is_first(&c);
	is_changed(&other);
	season(peer_named(&c, "beta"), 100);
	season(peer_named(&c, "gamma"), 200);
	peers_exchange(c.peers, other.peers);
	is_changed(&c);
	is_first(&other);
	is_seasoned(peer_named(&c, "beta"), 100);
	is_new(peer_named(&c, "delta"));
	is_seasoned(peer_named(&other, "gamma"), 200);
	season(peer_named(&c, "beta"), 300); /* the values change */
	season(peer_named(&c, "delta"), 400);
	peers_exchange(c.peers, other.peers);
	is_first(&c);
	is_changed(&other);
	is_seasoned(peer_named(&c, "beta"), 300);
	is_seasoned(peer_named(&c, "gamma"), 200);
	is_seasoned(peer_named(&other, "delta"), 400);
	cluster_free(&other);
	is_first(&c);
	cluster_free(&c);
}

/* As in a reload: the old table is freed completely, and the one that stays does not need it. */
static void exchange_and_go_on(void **state)
{
	struct cluster c = cluster_make("", "alpha"), other = cluster_of_text(changed, "alpha");

	(void)state;
	season(peer_named(&c, "beta"), 100);
	peers_exchange(c.peers, other.peers);
	cluster_free(&other);
	is_changed(&c);
	is_seasoned(peer_named(&c, "beta"), 100);
	other = cluster_make("", "alpha");
	peers_exchange(c.peers, other.peers);
	cluster_free(&other);
	is_first(&c);
	is_seasoned(peer_named(&c, "beta"), 100);
	is_new(peer_named(&c, "gamma")); /* it was removed in between */
	cluster_free(&c);
}

static void exchange_with_a_cluster_without_peers(void **state)
{
	static const char alone[] = "[cluster]\ninterface = eth0\naddress = 12.12.4.100/24\n"
				    "[node beta]\naddress = 12.12.4.102/24\n";
	struct cluster c = cluster_make("", "beta"), other = cluster_of_text(alone, "beta");

	(void)state;
	peers_exchange(c.peers, other.peers);
	is_consistent(&c, "beta");
	is_consistent(&other, "beta");
	assert_int_equal(peers_count(c.peers), 0);
	assert_int_equal(by_ip(&c, BETA_IP).roles, IP_SELF);
	assert_int_equal(by_ip(&c, ALPHA_IP).roles, 0);
	peers_exchange(c.peers, other.peers);
	is_consistent(&c, "beta");
	assert_int_equal(peers_count(c.peers), 2);
	cluster_free(&c);
	cluster_free(&other);
}

static struct peers_own own(const char *text)
{
	struct peers_own o = { .is_tentative = false };

	assert_true(prefix_parse(text, &o.prefix));
	return o;
}

static void count_each(const struct ip_addr *ip, const struct peers_entry *entry, void *arg)
{
	(void)ip;
	(void)entry;
	++*(size_t *)arg;
}

/* Those that the file has keep their role; the others are own, until they go. */
static void own_addresses_beside_the_file(void **state)
{
	struct cluster c = cluster_make("", "alpha"), other = cluster_make("", "alpha");
	const struct peers_own list[] = { own("12.12.4.101/24"), own("12.12.4.100/32"),
					  own("12.12.4.102/32"), own("12.99.0.1/24"),
					  own("127.0.0.1/8"),    own("2001:db8::1/64") };
	size_t before = peers_ip_count(c.peers), each = 0;

	(void)state;
	assert_int_equal(peers_set_own(c.peers, list, 6), 1);
	assert_int_equal(peers_set_own(c.peers, list, 6), 0);
	assert_int_equal(by_ip(&c, "12.12.4.100").roles, IP_CLUSTER);
	assert_int_equal(by_ip(&c, "12.12.4.102").roles, IP_PEER);
	assert_int_equal(by_ip(&c, "12.99.0.1").roles, IP_SELF);
	assert_int_equal(by_ip(&c, "2001:db8::1").roles, IP_SELF);
	assert_int_equal(by_ip(&c, "12.99.0.255").roles, IP_GROUP);
	assert_int_equal(by_ip(&c, "12.12.4.255").roles, IP_GROUP);
	assert_int_equal(peers_by_file(c.peers, &list[3].prefix.addr).roles, 0);
	assert_int_equal(by_ip(&c, "2001:db8::").roles, IP_GROUP);
	/* beside the file's: three addresses, three broadcast addresses, and one anycast address */
	assert_int_equal(peers_ip_count(c.peers), before + 7);
	peers_each_ip(c.peers, count_each, &each);
	assert_int_equal(each, before + 7);
	peers_exchange(c.peers, other.peers);
	assert_int_equal(by_ip(&c, "12.99.0.1").roles, IP_SELF);
	assert_int_equal(by_ip(&other, "12.99.0.1").roles, 0);
	assert_int_equal(peers_set_own(c.peers, list, 1), 1);
	assert_int_equal(by_ip(&c, "12.99.0.1").roles, 0);
	assert_int_equal(by_ip(&c, ALPHA_IP).roles, IP_SELF);
	cluster_free(&c);
	cluster_free(&other);
}

static void own_addresses_are_bounded(void **state)
{
	static struct peers_own list[PEERS_OWN_MAX + 1];
	struct cluster c = cluster_make("", "alpha");

	(void)state;
	for (size_t i = 0; i <= PEERS_OWN_MAX; i++) {
		list[i] = own("10.0.0.1/32");
		list[i].prefix.addr.b[2] = (uint8_t)(i >> 8);
		list[i].prefix.addr.b[3] = (uint8_t)i;
	}
	assert_int_equal(peers_set_own(c.peers, list, PEERS_OWN_MAX), 1);
	assert_int_equal(peers_set_own(c.peers, list, PEERS_OWN_MAX + 1), 0);
	assert_int_equal(by_ip(&c, "10.0.15.255").roles, IP_SELF);
	assert_int_equal(by_ip(&c, "10.0.16.0").roles, 0);
	cluster_free(&c);
}

/* The interface identifier of a node's dedicated MAC, whatever the prefix, is that node's (I9). */
static void addresses_made_from_the_dedicated_mac(void **state)
{
	struct cluster c = cluster_make("", "alpha");
	struct peers_entry beta = by_ip(&c, "fe80::4bf:cff:fe0c:466");

	(void)state;
	assert_int_equal(beta.roles, IP_PEER);
	assert_string_equal(beta.peer->node->name, "beta");
	assert_ptr_equal(by_ip(&c, "2001:db8:7:7:4bf:cff:fe0c:466").peer, beta.peer);
	assert_int_equal(by_ip(&c, "ff02::4bf:cff:fe0c:466").roles, IP_GROUP);
	assert_int_equal(by_ip(&c, "fe80::bf:cff:fe0c:464").roles, 0);
	assert_int_equal(by_ip(&c, "fe80::4bf:cff:fe0c:465").roles, IP_SELF);
	assert_int_equal(by_ip(&c, "2001:db8:7:7:4bf:cff:fe0c:465").roles, 0);
	assert_int_equal(peers_address_count(beta.peer), 2);
	assert_true(ip_equal(peers_address(beta.peer, 1), &beta.peer->node->link_local));
	cluster_free(&c);
}

static void tentative_addresses(void **state)
{
	struct cluster c = cluster_make("", "alpha");
	struct peers_own list[] = { own("fe80::4bf:cff:fe0c:465/64"), own("2001:db8::5/64") };

	(void)state;
	assert_int_equal(peers_on_host(c.peers, &list[0].prefix.addr), 0);
	list[0].is_tentative = list[1].is_tentative = true;
	assert_int_equal(peers_set_own(c.peers, list, 2), 1);
	assert_int_equal(peers_on_host(c.peers, &list[0].prefix.addr), IP_SELF | IP_TENTATIVE);
	assert_int_equal(by_ip(&c, "fe80::4bf:cff:fe0c:465").roles, IP_SELF | IP_TENTATIVE);
	assert_int_equal(by_ip(&c, "2001:db8::5").roles, IP_SELF | IP_TENTATIVE);
	list[0].is_tentative = list[1].is_tentative = false;
	assert_int_equal(peers_set_own(c.peers, list, 2), 1);
	assert_int_equal(by_ip(&c, "fe80::4bf:cff:fe0c:465").roles, IP_SELF);
	assert_int_equal(by_ip(&c, "2001:db8::5").roles, IP_SELF);
	assert_int_equal(peers_on_host(c.peers, &list[1].prefix.addr), IP_SELF);
	assert_int_equal(peers_on_host(c.peers, &peers_self(c.peers)->address.list[0].addr), 0);
	cluster_free(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_made_from_the_dedicated_mac),
		cmocka_unit_test(tentative_addresses),
		cmocka_unit_test(roles_of_macs),
		cmocka_unit_test(shared_macs_have_no_peer),
		cmocka_unit_test(masked_sources),
		cmocka_unit_test(roles_of_addresses),
		cmocka_unit_test(own_address_for_a_target),
		cmocka_unit_test(policy_from_configuration),
		cmocka_unit_test(every_mac_is_listed),
		cmocka_unit_test(every_address_is_listed),
		cmocka_unit_test(exchange_and_back),
		cmocka_unit_test(exchange_and_go_on),
		cmocka_unit_test(exchange_with_a_cluster_without_peers),
		cmocka_unit_test(own_addresses_beside_the_file),
		cmocka_unit_test(own_addresses_are_bounded),
	};

	return cmocka_run_group_tests_name("peers", tests, NULL, NULL);
}
