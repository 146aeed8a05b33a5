/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cluster: shared by the tests of rules and tables: makes a cluster from a text and frames from
 * readable rows, and checks how a frame is rewritten.
 */
#ifndef TESTS_UNIT_CLUSTER_H
#define TESTS_UNIT_CLUSTER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/config_read.h"
#include "core/frame.h"
#include "core/peers.h"
#include "core/rewrite.h"

/* SPEC section 2: the cluster of figure 6, and a third node. */
#define CLUSTER_HEAD                 \
	"[cluster]\n"                \
	"interface = eth0\n"         \
	"address = 12.12.4.100/24\n" \
	"mac = 02:bf:aa:bb:cc:dd\n"
#define CLUSTER_NODES                        \
	"[node alpha]\n"                     \
	"address = 12.12.4.101/24\nid = 1\n" \
	"[node beta]\n"                      \
	"address = 12.12.4.102/24\nid = 2\n" \
	"[node gamma]\n"                     \
	"address = 12.12.4.103/24\nid = 3\n"

/* The same with both families. */
#define CLUSTER_HEAD_DUAL                              \
	"[cluster]\n"                                  \
	"interface = eth0\n"                           \
	"address = 12.12.4.100/24, 2001:db8::100/64\n" \
	"mac = 02:bf:aa:bb:cc:dd\n"
#define CLUSTER_NODES_DUAL                                     \
	"[node alpha]\n"                                       \
	"address = 12.12.4.101/24, 2001:db8::101/64\nid = 1\n" \
	"[node beta]\n"                                        \
	"address = 12.12.4.102/24, 2001:db8::102/64\nid = 2\n" \
	"[node gamma]\n"                                       \
	"address = 12.12.4.103/24, 2001:db8::103/64\nid = 3\n"

#define CLUSTER_MAC  "02:bf:aa:bb:cc:dd"
#define BROADCAST    "ff:ff:ff:ff:ff:ff"
#define NO_MAC       "00:00:00:00:00:00"
#define OUT_MAC      "00:16:3e:00:00:09"
#define OUT_IP       "12.12.4.200"
#define CLUSTER_IP   "12.12.4.100"
#define ALPHA_IP     "12.12.4.101"
#define BETA_IP      "12.12.4.102"
#define GAMMA_IP     "12.12.4.103"
#define ALPHA_GROUP  "03:bf:0c:0c:04:65"
#define BETA_GROUP   "03:bf:0c:0c:04:66"
#define ALPHA_MAC    "06:bf:0c:0c:04:65"
#define BETA_MAC     "06:bf:0c:0c:04:66"
#define GAMMA_MAC    "06:bf:0c:0c:04:67"
#define ALPHA_MASKED "02:01:aa:bb:cc:dd"
#define BETA_MASKED  "02:02:aa:bb:cc:dd"

struct cluster {
	struct config *config;
	struct peers *peers;
	const struct shares_path *shares; /* of a test of the shares */
	struct fragments *fragments;
	uint64_t now;
};

static inline struct rewrite cluster_rewrite(const struct cluster *c)
{
	return (struct rewrite){ c->peers, c->shares, c->fragments, c->now };
}

static inline struct cluster cluster_from(const char *head, const char *keys, const char *nodes,
					  const char *self)
{
	struct config_report report = { 0 };
	struct cluster c = { 0 };
	char text[2048];
	FILE *f;

	snprintf(text, sizeof(text), "%s%s%s", head, keys, nodes);
	f = fmemopen(text, strlen(text), "r");
	c.config = config_read(f, &report);
	fclose(f);
	if (!c.config)
		config_report_print(&report, "cluster", stderr);
	assert_non_null(c.config);
	config_report_clear(&report);
	assert_non_null(config_find_node(c.config, self));
	c.peers = peers_create(c.config, config_find_node(c.config, self));
	assert_non_null(c.peers);
	return c;
}

/* The cluster with `keys` added to its section, as node `self` sees it. */
static inline struct cluster cluster_make(const char *keys, const char *self)
{
	return cluster_from(CLUSTER_HEAD, keys, CLUSTER_NODES, self);
}

/* The same with IPv4 and IPv6 addresses: 2001:db8::100/64, ::101/64, … */
static inline struct cluster cluster_make_dual(const char *keys, const char *self)
{
	return cluster_from(CLUSTER_HEAD_DUAL, keys, CLUSTER_NODES_DUAL, self);
}

static inline void cluster_free(struct cluster *c)
{
	peers_destroy(c->peers);
	config_free(c->config);
}

/* An ARP frame in the columns of SPEC section 2. */
struct row {
	const char *eth_src, *eth_dst;
	unsigned op;
	const char *sender_ip, *sender_mac, *target_ip, *target_mac;
};

struct test_frame {
	uint8_t data[128];
	size_t len;
};

static inline void put_mac(uint8_t *at, const char *text)
{
	struct mac m;

	assert_true(mac_parse(text, &m));
	memcpy(at, m.b, MAC_LEN);
}

static inline void put_ip(uint8_t *at, const char *text)
{
	struct ip_addr ip;

	assert_true(ip_parse(text, &ip));
	memcpy(at, ip.b, ip_bytes(&ip));
}

static inline struct test_frame ethernet(const char *source, const char *destination,
					 uint16_t ethertype)
{
	struct test_frame f = { .len = 60 };
	size_t i;

	for (i = FRAME_HEADER_LEN; i < f.len; i++)
		f.data[i] = (uint8_t)(0xa0 + i); /* padding that must not change */
	put_mac(f.data, destination);
	put_mac(f.data + MAC_LEN, source);
	f.data[12] = (uint8_t)(ethertype >> 8);
	f.data[13] = (uint8_t)ethertype;
	return f;
}

static inline struct test_frame arp_frame(const struct row *r)
{
	struct test_frame f = ethernet(r->eth_src, r->eth_dst, 0x0806);
	struct frame_arp *arp = (struct frame_arp *)(f.data + FRAME_HEADER_LEN);

	memcpy(arp, "\x00\x01\x08\x00\x06\x04\x00", 7);
	arp->op[1] = (uint8_t)r->op;
	put_mac(arp->sender_mac, r->sender_mac);
	put_ip(arp->sender_ip, r->sender_ip);
	put_mac(arp->target_mac, r->target_mac);
	put_ip(arp->target_ip, r->target_ip);
	return f;
}

static inline struct test_frame ipv4_frame(const char *eth_src, const char *eth_dst,
					   const char *source, const char *destination)
{
	struct test_frame f = ethernet(eth_src, eth_dst, 0x0800);

	memcpy(f.data + FRAME_HEADER_LEN, "\x45\x00\x00\x1c", 4);
	put_ip(f.data + FRAME_HEADER_LEN + 12, source);
	put_ip(f.data + FRAME_HEADER_LEN + 16, destination);
	return f;
}

/* The frame with a VLAN tag after its MAC addresses. */
static inline struct test_frame tagged(struct test_frame f, uint16_t tpid, uint16_t tci)
{
	memmove(f.data + 16, f.data + 12, f.len - 12);
	f.data[12] = (uint8_t)(tpid >> 8);
	f.data[13] = (uint8_t)tpid;
	f.data[14] = (uint8_t)(tci >> 8);
	f.data[15] = (uint8_t)tci;
	f.len += 4;
	return f;
}

static inline struct rewrite_result rewrite(const struct cluster *c, enum rewrite_direction way,
					    struct test_frame *f)
{
	const struct rewrite rules = cluster_rewrite(c);
	struct rewrite_result result;

	rewrite_frame(&rules, way, f->data, f->len, false, &result);
	return result;
}

/* `in` passes and comes out as `out`, byte for byte. */
static inline void passes_as(const struct cluster *c, enum rewrite_direction way,
			     struct test_frame in, const struct test_frame *out)
{
	struct rewrite_result result = rewrite(c, way, &in);

	assert_int_equal(result.verdict.drop, DROP_NONE);
	assert_int_equal(in.len, out->len);
	assert_memory_equal(in.data, out->data, out->len);
}

static inline void row_passes_as(const struct cluster *c, enum rewrite_direction way,
				 const struct row *in, const struct row *out)
{
	struct test_frame expected = arp_frame(out);

	passes_as(c, way, arp_frame(in), &expected);
}

/* `in` is dropped under `reason`, and not modified. */
static inline void is_dropped(const struct cluster *c, enum rewrite_direction way,
			      struct test_frame in, unsigned reason)
{
	struct test_frame before = in;
	struct rewrite_result result = rewrite(c, way, &in);

	assert_string_equal(counters_drop_name(result.verdict.drop) ?: "passed",
			    counters_drop_name(reason));
	assert_memory_equal(in.data, before.data, before.len);
}

static inline void row_is_dropped(const struct cluster *c, const struct row *in, unsigned reason)
{
	is_dropped(c, REWRITE_INGRESS, arp_frame(in), reason);
}

#endif
