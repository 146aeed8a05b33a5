/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netlink_conntrack: entries as the kernel writes them, and malformed ones. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>
#include <netlink/attr.h>
#include <netlink/errno.h>
#include <netlink/msg.h>
#include <sys/socket.h>

#include "io/netlink/netlink_conntrack.h"

/* --- the kernel: one message answers the request --- */

static struct nlmsghdr *message;
static uint32_t sequence;

int nl_sendmsg(struct nl_sock *sk, struct nl_msg *msg, struct msghdr *hdr)
{
	(void)sk;
	(void)hdr;
	sequence = nlmsg_hdr(msg)->nlmsg_seq;
	return (int)nlmsg_hdr(msg)->nlmsg_len;
}

int nl_recv(struct nl_sock *sk, struct sockaddr_nl *from, unsigned char **buf, struct ucred **creds)
{
	size_t len = message ? message->nlmsg_len : 0;

	(void)sk;
	(void)creds;
	if (!message)
		return -NLE_AGAIN;
	memset(from, 0, sizeof(*from));
	message->nlmsg_seq = sequence;
	*buf = malloc(len);
	assert_non_null(*buf);
	memcpy(*buf, message, len);
	message = NULL;
	return (int)len;
}

/* --- an entry --- */

/* The lengths of those of its attributes that are numbers. */
struct lengths {
	int status, protocol, port, state;
};

/* As long as it is to be, and with bytes behind it that would make it whole. */
static void put(struct nl_msg *m, int type, const void *value, int len)
{
	struct nlattr *attribute = nla_reserve(m, type, len);

	assert_non_null(attribute);
	memcpy(nla_data(attribute), value, (size_t)NLA_ALIGN(len));
}

static void put_tuple(struct nl_msg *m, const struct lengths *lengths)
{
	const uint16_t from[2] = { htons(4000) }, to[2] = { htons(80) };
	struct nlattr *tuple = nla_nest_start(m, CTA_TUPLE_ORIG);
	struct nlattr *part = nla_nest_start(m, CTA_TUPLE_IP);

	nla_put(m, CTA_IP_V4_SRC, 4, (uint8_t[]){ 192, 0, 2, 1 });
	nla_put(m, CTA_IP_V4_DST, 4, (uint8_t[]){ 12, 12, 4, 100 });
	nla_nest_end(m, part);
	part = nla_nest_start(m, CTA_TUPLE_PROTO);
	put(m, CTA_PROTO_NUM, (uint8_t[4]){ IPPROTO_TCP }, lengths->protocol);
	put(m, CTA_PROTO_SRC_PORT, from, lengths->port);
	put(m, CTA_PROTO_DST_PORT, to, lengths->port);
	nla_nest_end(m, part);
	nla_nest_end(m, tuple);
}

static void put_state(struct nl_msg *m, int len)
{
	struct nlattr *info = nla_nest_start(m, CTA_PROTOINFO);
	struct nlattr *tcp = nla_nest_start(m, CTA_PROTOINFO_TCP);

	put(m, CTA_PROTOINFO_TCP_STATE, (uint8_t[4]){ TCP_CONNTRACK_ESTABLISHED }, len);
	nla_nest_end(m, tcp);
	nla_nest_end(m, info);
}

static struct nl_msg *entry(const struct lengths *lengths)
{
	const struct nfgenmsg head = { .nfgen_family = AF_INET, .version = NFNETLINK_V0 };
	const uint32_t status[2] = { htonl(IPS_DST_NAT | IPS_CONFIRMED) };
	struct nl_msg *m = nlmsg_alloc_simple(NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_NEW, 0);

	assert_non_null(m);
	assert_int_equal(nlmsg_append(m, (void *)&head, sizeof(head), NLMSG_ALIGNTO), 0);
	put(m, CTA_STATUS, status, lengths->status);
	put_tuple(m, lengths);
	put_state(m, lengths->state);
	return m;
}

static void on_each(const struct flow_tuple *forwarded, void *arg)
{
	unsigned *count = arg;

	assert_int_equal(forwarded->client_port, 4000);
	assert_int_equal(forwarded->server_port, 80);
	++*count;
}

static void on_done(int error, void *arg)
{
	(void)error;
	(void)arg;
}

/* Is the entry told of? */
static bool is_told(const struct lengths *lengths)
{
	unsigned count = 0;
	const struct netlink_conntrack_handlers handlers = { on_each, on_done, &count };
	struct nl_msg *m = entry(lengths);
	struct netlink_conntrack *c;

	assert_int_equal(netlink_conntrack_open(&handlers, &c), 0);
	assert_int_equal(netlink_conntrack_start(c), 0);
	message = nlmsg_hdr(m);
	netlink_conntrack_dispatch(c);
	netlink_conntrack_close(c);
	nlmsg_free(m);
	return count;
}

/* --- tests --- */

static void a_whole_entry(void **state)
{
	(void)state;
	assert_true(is_told(&(struct lengths){ 4, 1, 2, 1 }));
}

/* A number that is cut off is not completed by what is behind it. */
static void numbers_that_are_too_short(void **state)
{
	(void)state;
	assert_false(is_told(&(struct lengths){ 3, 1, 2, 1 }));
	assert_false(is_told(&(struct lengths){ 0, 1, 2, 1 }));
	assert_false(is_told(&(struct lengths){ 4, 0, 2, 1 }));
	assert_false(is_told(&(struct lengths){ 4, 1, 1, 1 }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_entry),
		cmocka_unit_test(numbers_that_are_too_short),
	};

	return cmocka_run_group_tests_name("netlink_conntrack", tests, NULL, NULL);
}
