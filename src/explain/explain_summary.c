/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain_summary: what a frame is, in a few words; see explain_summary.h. */
#include "explain/explain_summary.h"

#include <linux/if_ether.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "core/frame.h"
#include "core/nd.h"

#define IPV4_OFFSET      0x1fff
#define IPV6_HEADER      40
#define IPV6_NEXT_HEADER 6
#define LENGTH_MAX       1500 /* a smaller EtherType is the length of an LLC frame */
#define ENDPOINT_SIZE    (IP_STRLEN + 8)

#define IP(ip) ip_format((ip), (char[IP_STRLEN]){ 0 })
#define MAC(at)                                                                               \
	mac_format(&(struct mac){ { (at)[0], (at)[1], (at)[2], (at)[3], (at)[4], (at)[5] } }, \
		   (char[MAC_STRLEN]){ 0 })

/* The text so far. */
struct text {
	char *buf;
	size_t len;
};

static void put(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(struct text *t, const char *format, ...)
{
	size_t room = EXPLAIN_SUMMARY_SIZE - t->len;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(t->buf + t->len, room, format, args);
	va_end(args);
	if (n > 0)
		t->len += (size_t)n < room ? (size_t)n : room - 1;
}

static void put_arp(struct text *t, const struct frame *f)
{
	const struct frame_arp *arp = frame_arp(f);
	struct ip_addr sender, target;

	if (!arp) {
		put(t, "ARP, neither request nor reply for IPv4, or not whole");
		return;
	}
	sender = ip_from_ipv4_bytes(arp->sender_ip);
	target = ip_from_ipv4_bytes(arp->target_ip);
	if (frame_arp_op(arp) == FRAME_ARP_REPLY)
		put(t, "ARP reply %s is-at %s", IP(&sender), MAC(arp->sender_mac));
	else
		put(t, "ARP who-has %s tell %s", IP(&target), IP(&sender));
}

static void put_nd(struct text *t, const struct nd *nd)
{
	static const char *const names[] = { "RS", "RA", "NS", "NA", "redirect" };
	struct ip_addr sender = nd_sender(nd), target = nd_target(nd);
	size_t position = 0;
	const uint8_t *lladdr = nd_next_lladdr(nd, &position);

	put(t, "%s ", names[nd->type - ND_ROUTER_SOLICITATION]);
	if (nd->type == ND_NEIGHBOR_SOLICITATION)
		put(t, "who-has %s tell %s", IP(&target), IP(&sender));
	else if (nd->type == ND_NEIGHBOR_ADVERTISEMENT || nd->type == ND_REDIRECT)
		put(t, "%s%s%s", IP(&sender), lladdr ? " is-at " : "", lladdr ? MAC(lladdr) : "");
	else
		put(t, "from %s", IP(&sender));
}

static const char *protocol_name(unsigned protocol, char buf[16])
{
	switch (protocol) {
	case IPPROTO_TCP:
		return "TCP";
	case IPPROTO_UDP:
		return "UDP";
	case IPPROTO_ICMP:
		return "ICMP";
	case IPPROTO_ICMPV6:
		return "ICMPv6";
	case IPPROTO_IGMP:
		return "IGMP";
	default:
		snprintf(buf, 16, "protocol %u", protocol);
		return buf;
	}
}

/* "12.12.4.101:80", "[2001:db8::101]:80"; without a port: the address alone. */
static char *endpoint(const struct ip_addr *ip, const uint8_t *port, char buf[ENDPOINT_SIZE])
{
	char text[IP_STRLEN];

	ip_format(ip, text);
	if (!port)
		snprintf(buf, ENDPOINT_SIZE, "%s", text);
	else
		snprintf(buf, ENDPOINT_SIZE, strchr(text, ':') ? "[%s]:%u" : "%s:%u", text,
			 bytes_get16(port));
	return buf;
}

/* Where the ports are, or NULL: not TCP or UDP, not the first fragment, behind extension headers,
 * or not there. */
static const uint8_t *ports(const struct frame *f, unsigned protocol)
{
	const uint8_t *ip = f->data + f->body;
	size_t len = f->len - f->body, head = IPV6_HEADER;

	if (f->ethertype == ETH_P_IP) {
		head = (size_t)(ip[0] & 15) * 4;
		if (bytes_get16(ip + 6) & IPV4_OFFSET)
			return NULL;
	}
	if ((protocol != IPPROTO_TCP && protocol != IPPROTO_UDP) || len < head + 4)
		return NULL;
	return ip + head;
}

static void put_ip(struct text *t, const struct frame *f)
{
	bool is_ipv4 = f->ethertype == ETH_P_IP;
	const char *version = is_ipv4 ? "IPv4" : "IPv6";
	const uint8_t *ip = f->data + f->body, *port;
	struct ip_addr source, destination;
	unsigned protocol;

	if (!frame_ip(f, &source, &destination)) {
		put(t, "%s, malformed or not whole", version);
		return;
	}
	protocol = ip[is_ipv4 ? 9 : IPV6_NEXT_HEADER];
	port = ports(f, protocol);
	put(t, "%s %s %s > %s", version, protocol_name(protocol, (char[16]){ 0 }),
	    endpoint(&source, port, (char[ENDPOINT_SIZE]){ 0 }),
	    endpoint(&destination, port ? port + 2 : NULL, (char[ENDPOINT_SIZE]){ 0 }));
}

static void put_other(struct text *t, const struct frame *f)
{
	if (f->ethertype <= LENGTH_MAX)
		put(t, "LLC, length %u", f->ethertype);
	else
		put(t, "EtherType 0x%04x%s", f->ethertype,
		    f->ethertype == ETH_P_LLDP     ? " (LLDP)"
		    : f->ethertype == ETH_P_PAE    ? " (802.1X)"
		    : f->ethertype == ETH_P_SLOW   ? " (LACP)"
		    : f->ethertype == ETH_P_8021Q  ? " (VLAN tag)"
		    : f->ethertype == ETH_P_8021AD ? " (VLAN tag)"
						   : "");
}

static void put_tags(struct text *t, const struct frame *f)
{
	for (size_t at = FRAME_HEADER_LEN; at < f->body; at += FRAME_VLAN_LEN)
		put(t, "VLAN %u, ", bytes_get16(f->data + at) & 0xfff);
}

char *explain_summary(uint8_t *data, size_t len, char buf[EXPLAIN_SUMMARY_SIZE])
{
	struct text t = { buf, 0 };
	struct frame f;
	struct nd nd;

	*buf = 0;
	if (!frame_view(&f, data, len)) {
		put(&t, "too short for an Ethernet header");
		return buf;
	}
	put_tags(&t, &f);
	if (f.ethertype == ETH_P_ARP)
		put_arp(&t, &f);
	else if (nd_view(&nd, &f, false))
		put_nd(&t, &nd);
	else if (f.ethertype == ETH_P_IP || f.ethertype == ETH_P_IPV6)
		put_ip(&t, &f);
	else
		put_other(&t, &f);
	return buf;
}

char *explain_summary_label(const struct peers *peers, const struct mac *mac,
			    char buf[EXPLAIN_LABEL_SIZE])
{
	struct peers_entry entry = peers_by_mac(peers, mac);
	const char *label = "";

	if (entry.roles & MAC_CLUSTER)
		label = "cluster";
	else if (entry.roles & (MAC_SELF_DEDICATED | MAC_SELF_SOURCE))
		label = "self";
	else if (entry.peer)
		label = entry.peer->node->name;
	else if (entry.roles & MAC_BROADCAST)
		label = "broadcast";
	else if (entry.roles & MAC_LINK_LOCAL)
		label = "link-local";
	else if (entry.roles & MAC_GROUP)
		label = "multicast";
	snprintf(buf, EXPLAIN_LABEL_SIZE, "%.16s", label);
	return buf;
}
