/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ask: has this host the connection of a TCP segment? For clusterarpd_ask, at the TAP's ingress:
 * sockets may be bound to the TAP, and are not found at the NIC then.
 */
#ifndef CLUSTERARPD_BPF_ASK_BPF_H
#define CLUSTERARPD_BPF_ASK_BPF_H

#include "bpf/flow.bpf.h"

#include <linux/tcp.h>

#define TCP_HEADER    20
#define IP_HEADER_MAX 40

/* The kernel's, as far as it is read here: libbpf finds where the field is (CO-RE). */
struct tcp_request_sock {
	__u32 snt_isn;
} __attribute__((preserve_access_index));

/* The variables of find_connection(), on each CPU; see `packets`. */
struct ask {
	struct packet packet;
	struct bpf_sock_tuple tuple;
	struct bpf_begun_key begun;
	__u8 ip[IP_HEADER_MAX];
	__u8 tcp[TCP_HEADER];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct ask);
} asks SEC(".maps");

/* Connections of this host to ports without a socket: destination NAT forwards them, to a container
 * for example. Those that begin while their bucket is asked; those from before the daemon adds. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, BPF_BEGUN_MAX);
	__type(key, struct bpf_begun_key);
	__type(value, __u8);
} begun SEC(".maps");

/* The packet's addresses and ports, as a socket has them. */
VIEW void make_tuple(struct ask *a)
{
	const struct packet *p = &a->packet;

	if (p->key.is_ipv6) {
		__builtin_memcpy(a->tuple.ipv6.saddr, p->key.source, 16);
		__builtin_memcpy(a->tuple.ipv6.daddr, p->key.destination, 16);
		__builtin_memcpy(&a->tuple.ipv6.sport, a->tcp, 2);
		__builtin_memcpy(&a->tuple.ipv6.dport, a->tcp + 2, 2);
	} else {
		__builtin_memcpy(&a->tuple.ipv4.saddr, p->key.source, 4);
		__builtin_memcpy(&a->tuple.ipv4.daddr, p->key.destination, 4);
		__builtin_memcpy(&a->tuple.ipv4.sport, a->tcp, 2);
		__builtin_memcpy(&a->tuple.ipv4.dport, a->tcp + 2, 2);
	}
}

/* Does the segment end a handshake that this host has answered with a SYN cookie? There is no
 * socket for it yet. */
VIEW int has_cookie(struct __sk_buff *skb, __u32 body, struct ask *a, struct bpf_sock *listener)
{
	__u32 len = a->packet.key.is_ipv6 ? 40 : 20;

	if (bpf_skb_load_bytes(skb, body, a->ip, len))
		return 0;
	return !bpf_tcp_check_syncookie(listener, a->ip, len, (struct tcphdr *)(void *)a->tcp,
					TCP_HEADER);
}

/* Does the segment acknowledge this handshake, or end it? After a SYN that was sent again while its
 * bucket moved two nodes have begun one: the client has gone on with the other, and to answer with
 * RST would cut that. */
VIEW int ends_handshake(const struct ask *a, struct bpf_sock *sk)
{
	struct tcp_request_sock *request = bpf_skc_to_tcp_request_sock(sk);
	__u32 ack;

	/* A RST is never answered. Without it, a client whose SYN-ACK was lost could not begin anew
	 * from the same port, as long as this host sends the SYN-ACK again. */
	if (a->tcp[TCP_FLAGS] & TCP_RST)
		return 1;
	if (!request)
		return 0;
	__builtin_memcpy(&ack, a->tcp + 8, sizeof(ack));
	return bpf_ntohl(ack) == request->snt_isn + 1;
}

VIEW enum flow_connection connection_of(struct __sk_buff *skb, __u32 body, struct ask *a,
					struct bpf_sock *sk)
{
	if (sk->state == BPF_TCP_LISTEN)
		return has_cookie(skb, body, a, sk) ? CONNECTION_COOKIE : CONNECTION_NONE;
	if (sk->state == BPF_TCP_NEW_SYN_RECV && !ends_handshake(a, sk))
		return CONNECTION_NONE;
	return CONNECTION_OWN;
}

/* There is no socket, not even a listening one. */
VIEW enum flow_connection connection_elsewhere(struct ask *a, int is_new)
{
	struct bpf_begun_key *key = &a->begun;
	__u8 value = 1;

	__builtin_memset(key, 0, sizeof(*key));
	__builtin_memcpy(key->client, a->packet.key.source, sizeof(key->client));
	__builtin_memcpy(key->server, a->packet.key.destination, sizeof(key->server));
	__builtin_memcpy(&key->client_port, a->tcp, sizeof(key->client_port));
	__builtin_memcpy(&key->server_port, a->tcp + 2, sizeof(key->server_port));
	key->is_ipv6 = a->packet.key.is_ipv6;
	if (is_new)
		bpf_map_update_elem(&begun, key, &value, BPF_ANY);
	return bpf_map_lookup_elem(&begun, key) ? CONNECTION_OWN : CONNECTION_NONE;
}

/* enum flow_connection, of the TCP segment in the IP packet at `body`. IS_NEW: it is a SYN that
 * this node takes. A global function, as share_of(). */
__noinline int find_connection(struct __sk_buff *skb, __u32 body, __u32 how)
{
	enum flow_connection connection;
	__u32 key = 0;
	struct ask *a = bpf_map_lookup_elem(&asks, &key);
	struct bpf_sock *sk;

	if (!a || take_packet(skb, body, how & IS_IPV6, &a->packet) ||
	    a->packet.protocol != PROTOCOL_TCP || a->packet.is_later ||
	    bpf_skb_load_bytes(skb, a->packet.at, a->tcp, sizeof(a->tcp)))
		return CONNECTION_NONE;
	make_tuple(a);
	/* The verifier wants sizes that are constants. */
	if (how & IS_IPV6)
		sk = bpf_skc_lookup_tcp(skb, &a->tuple, sizeof(a->tuple.ipv6), BPF_F_CURRENT_NETNS,
					0);
	else
		sk = bpf_skc_lookup_tcp(skb, &a->tuple, sizeof(a->tuple.ipv4), BPF_F_CURRENT_NETNS,
					0);
	if (!sk)
		return connection_elsewhere(a, how & IS_NEW);
	connection = connection_of(skb, body, a, sk);
	bpf_sk_release(sk);
	return connection;
}

#endif
