/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ask: has this host the connection of a TCP segment? For clusterarpd_ask, at the TAP's ingress:
 * the sockets are in the TAP's network namespace, and may be bound to it.
 */
#ifndef CLUSTERARPD_BPF_ASK_BPF_H
#define CLUSTERARPD_BPF_ASK_BPF_H

#include "bpf/flow.bpf.h"

#include <linux/tcp.h>

#define TCP_HEADER    20
#define IP_HEADER_MAX 40

/* The packet's addresses and ports, as a socket has them. Returns the size for the look-up. */
VIEW __u32 make_tuple(const struct packet *p, const __u8 *tcp, struct bpf_sock_tuple *tuple)
{
	if (p->is_ipv6) {
		__builtin_memcpy(tuple->ipv6.saddr, p->source, 16);
		__builtin_memcpy(tuple->ipv6.daddr, p->destination, 16);
		__builtin_memcpy(&tuple->ipv6.sport, tcp, 2);
		__builtin_memcpy(&tuple->ipv6.dport, tcp + 2, 2);
		return sizeof(tuple->ipv6);
	}
	__builtin_memcpy(&tuple->ipv4.saddr, p->source, 4);
	__builtin_memcpy(&tuple->ipv4.daddr, p->destination, 4);
	__builtin_memcpy(&tuple->ipv4.sport, tcp, 2);
	__builtin_memcpy(&tuple->ipv4.dport, tcp + 2, 2);
	return sizeof(tuple->ipv4);
}

/* Does the segment end a handshake that this host has answered with a SYN cookie? There is no
 * socket for it yet. */
VIEW int has_cookie(struct __sk_buff *skb, const struct view *v, const struct packet *p,
		    struct bpf_sock *listener, __u8 *tcp)
{
	__u8 ip[IP_HEADER_MAX] = {};
	__u32 len = p->is_ipv6 ? 40 : 20;

	if (bpf_skb_load_bytes(skb, v->body, ip, p->is_ipv6 ? 40 : 20))
		return 0;
	return !bpf_tcp_check_syncookie(listener, ip, len, (struct tcphdr *)(void *)tcp,
					TCP_HEADER);
}

VIEW int has_socket(struct __sk_buff *skb, const struct view *v, const struct packet *p)
{
	struct bpf_sock_tuple tuple = {};
	__u8 tcp[TCP_HEADER];
	struct bpf_sock *sk;
	int has;

	if (bpf_skb_load_bytes(skb, p->at, tcp, sizeof(tcp)))
		return 0;
	/* The verifier wants sizes that are constants. */
	if (make_tuple(p, tcp, &tuple) == sizeof(tuple.ipv6))
		sk = bpf_skc_lookup_tcp(skb, &tuple, sizeof(tuple.ipv6), BPF_F_CURRENT_NETNS, 0);
	else
		sk = bpf_skc_lookup_tcp(skb, &tuple, sizeof(tuple.ipv4), BPF_F_CURRENT_NETNS, 0);
	if (!sk)
		return 0;
	has = sk->state != BPF_TCP_LISTEN || has_cookie(skb, v, p, sk, tcp);
	bpf_sk_release(sk);
	return has;
}

#endif
