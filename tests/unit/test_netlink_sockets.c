/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netlink_sockets: connections of this test itself, over the loopback interface. Needs no root. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/netlink/netlink_sockets.h"

/* What is looked for: the server's side of a connection from `port`. */
struct search {
	struct netlink_sockets *sockets;
	struct ip_addr address;
	uint16_t port;
	unsigned found, established, done;
	int error;
};

static void on_each(const struct netlink_connection *c, void *arg)
{
	struct search *s = arg;

	if (!ip_equal(&c->local, &s->address) || !ip_equal(&c->remote, &s->address) ||
	    c->remote_port != s->port)
		return;
	s->found++;
	s->established += c->is_established;
}

static void on_done(int error, void *arg)
{
	struct search *s = arg;

	s->done++;
	s->error = error;
}

static int setup(void **state)
{
	static struct search s;
	const struct netlink_sockets_handlers handlers = { on_each, on_done, &s };

	s = (struct search){ 0 };
	assert_int_equal(netlink_sockets_open(&handlers, &s.sockets), 0);
	*state = &s;
	return 0;
}

static int teardown(void **state)
{
	struct search *s = *state;

	netlink_sockets_close(s->sockets);
	return 0;
}

static void search(struct search *s, const char *address, uint16_t port)
{
	struct pollfd p = { .fd = netlink_sockets_fd(s->sockets), .events = POLLIN };

	assert_true(ip_parse(address, &s->address));
	s->port = port;
	s->found = s->established = s->done = 0;
	assert_int_equal(netlink_sockets_start(s->sockets), 0);
	assert_int_equal(netlink_sockets_start(s->sockets), -EBUSY);
	while (!s->done) {
		assert_int_equal(poll(&p, 1, 5000), 1);
		netlink_sockets_dispatch(s->sockets);
	}
	netlink_sockets_dispatch(s->sockets); /* nothing more to read: must not block */
	assert_int_equal(s->done, 1);
	assert_int_equal(s->error, 0);
}

/* --- connections --- */

struct ends {
	int listener, client, server;
	uint16_t port; /* the client's */
};

static struct sockaddr_in6 any_port(const char *address)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6 };

	assert_int_equal(inet_pton(AF_INET6, address, &a.sin6_addr), 1);
	return a;
}

/* To `client`, an address as an IPv6 socket has it. */
static struct ends connect_to(const char *listen_on, const char *target)
{
	struct sockaddr_in6 address = any_port(listen_on), to = any_port(target);
	socklen_t len = sizeof(address);
	struct ends e = { .listener = socket(AF_INET6, SOCK_STREAM, 0),
			  .client = socket(AF_INET6, SOCK_STREAM, 0) };

	assert_int_equal(bind(e.listener, (struct sockaddr *)&address, len), 0);
	assert_int_equal(listen(e.listener, 5), 0);
	getsockname(e.listener, (struct sockaddr *)&address, &len);
	to.sin6_port = address.sin6_port;
	assert_int_equal(connect(e.client, (struct sockaddr *)&to, sizeof(to)), 0);
	getsockname(e.client, (struct sockaddr *)&address, &len);
	e.port = ntohs(address.sin6_port);
	e.server = accept(e.listener, NULL, NULL);
	assert_true(e.server >= 0);
	return e;
}

static void ipv6_connections_are_found(void **state)
{
	struct ends e = connect_to("::1", "::1");

	search(*state, "::1", e.port);
	assert_int_equal(((struct search *)*state)->found, 1);
	assert_int_equal(((struct search *)*state)->established, 1);
	close(e.client);
	close(e.server);
	close(e.listener);
}

/* An IPv4 connection, of IPv6 sockets on both sides. */
static void mapped_addresses_are_ipv4(void **state)
{
	struct ends e = connect_to("::", "::ffff:127.0.0.1");

	search(*state, "127.0.0.1", e.port);
	assert_int_equal(((struct search *)*state)->established, 1);
	close(e.client);
	close(e.server);
	close(e.listener);
}

static void ipv4_connections_are_found(void **state)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);
	struct ends e = { .listener = socket(AF_INET, SOCK_STREAM, 0),
			  .client = socket(AF_INET, SOCK_STREAM, 0) };

	assert_int_equal(bind(e.listener, (struct sockaddr *)&address, len), 0);
	assert_int_equal(listen(e.listener, 5), 0);
	getsockname(e.listener, (struct sockaddr *)&address, &len);
	assert_int_equal(connect(e.client, (struct sockaddr *)&address, len), 0);
	getsockname(e.client, (struct sockaddr *)&address, &len);
	search(*state, "127.0.0.1", ntohs(address.sin_port));
	assert_int_equal(((struct search *)*state)->established, 1);
	close(e.client);
	close(e.listener);
}

/* The server's side waits in CLOSE_WAIT; then nothing is left of it, but TIME_WAIT of the client,
 * whose remote port is the server's. */
static void closed_ones_are_not_established(void **state)
{
	struct ends e = connect_to("::1", "::1");
	struct search *s = *state;

	shutdown(e.client, SHUT_WR);
	search(s, "::1", e.port);
	assert_int_equal(s->found, 1);
	assert_int_equal(s->established, 0);
	close(e.server);
	close(e.client);
	close(e.listener);
	search(s, "::1", e.port);
	assert_int_equal(s->found, 0);
}

/* The listener is no connection, and a client in TIME_WAIT is one. */
static void time_wait_is_a_connection(void **state)
{
	struct ends e = connect_to("::1", "::1");
	struct sockaddr_in6 address;
	socklen_t len = sizeof(address);
	struct search *s = *state;

	getsockname(e.listener, (struct sockaddr *)&address, &len);
	close(e.client);
	close(e.server);
	search(s, "::1", ntohs(address.sin6_port));
	assert_int_equal(s->found, 1);
	assert_int_equal(s->established, 0);
	close(e.listener);
}

/* With TCP_DEFER_ACCEPT the server's side is half-open until there is data. */
static void half_open_ones_are_connections(void **state)
{
	struct sockaddr_in6 address = any_port("::1");
	socklen_t len = sizeof(address);
	struct ends e = { .listener = socket(AF_INET6, SOCK_STREAM, 0),
			  .client = socket(AF_INET6, SOCK_STREAM, 0) };
	struct search *s = *state;
	int seconds = 10;

	setsockopt(e.listener, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof(seconds));
	assert_int_equal(bind(e.listener, (struct sockaddr *)&address, len), 0);
	assert_int_equal(listen(e.listener, 5), 0);
	getsockname(e.listener, (struct sockaddr *)&address, &len);
	assert_int_equal(connect(e.client, (struct sockaddr *)&address, len), 0);
	getsockname(e.client, (struct sockaddr *)&address, &len);
	search(s, "::1", ntohs(address.sin6_port));
	assert_int_equal(s->found, 1);
	assert_int_equal(s->established, 0);
	close(e.client);
	close(e.listener);
}

/* More than one message of the kernel has room for. */
#define MANY 400
static void many_connections_are_all_found(void **state)
{
	struct sockaddr_in6 address = any_port("::1");
	socklen_t len = sizeof(address);
	int listener = socket(AF_INET6, SOCK_STREAM, 0), ends[MANY];
	struct search *s = *state;

	assert_int_equal(bind(listener, (struct sockaddr *)&address, len), 0);
	assert_int_equal(listen(listener, MANY), 0);
	getsockname(listener, (struct sockaddr *)&address, &len);
	for (size_t i = 0; i < MANY; i++) {
		ends[i] = socket(AF_INET6, SOCK_STREAM, 0);
		assert_int_equal(connect(ends[i], (struct sockaddr *)&address, len), 0);
	}
	search(s, "::1", ntohs(address.sin6_port)); /* the clients' sides */
	assert_int_equal(s->established, MANY);
	for (size_t i = 0; i < MANY; i++)
		close(ends[i]);
	close(listener);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(ipv4_connections_are_found, setup, teardown),
		cmocka_unit_test_setup_teardown(ipv6_connections_are_found, setup, teardown),
		cmocka_unit_test_setup_teardown(mapped_addresses_are_ipv4, setup, teardown),
		cmocka_unit_test_setup_teardown(closed_ones_are_not_established, setup, teardown),
		cmocka_unit_test_setup_teardown(time_wait_is_a_connection, setup, teardown),
		cmocka_unit_test_setup_teardown(half_open_ones_are_connections, setup, teardown),
		cmocka_unit_test_setup_teardown(many_connections_are_all_found, setup, teardown),
	};

	return cmocka_run_group_tests_name("netlink_sockets", tests, NULL, NULL);
}
