/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flood: sends frames as fast as it can, and prints how many a second.
 *
 *   flood KIND SECONDS IFACE [SOURCE]     0 seconds: 64 frames
 *
 * KIND: arp       requests for alpha's address, each from another host of its network
 *       claim     replies that claim beta's address
 *       conflict  replies that claim alpha's own address and the cluster's
 *       udp       UDP to the cluster's address at the cluster MAC, 64 bytes
 *       nd        solicitations for alpha's address, each from another host
 *       mld       MLDv2 reports
 *
 * The addresses are those of tests/netns/lab.sh. The Ethernet source of each frame is a random one,
 * and so are the senders within ARP and ND; or always SOURCE, which is somebody else's.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/if_ether.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define BATCH     64
#define FRAME     128
#define SENDERS   200 /* addresses, so that no neighbour table is full of them */
#define OUTSIDERS 2   /* last byte of the first one */
#define ALPHA     101
#define BETA      102
#define CLUSTER   100

struct frame {
	uint8_t bytes[FRAME];
	size_t len;
};

static const uint8_t broadcast[] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
static const uint8_t cluster_mac[] = { 0x02, 0xbf, 0x0c, 0x0c, 0x04, 0x64 };
static const uint8_t *source; /* NULL: a random one each time */

static uint32_t random_number(void)
{
	static uint64_t state = 88172645463325252u;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 16);
}

static void put_random_mac(uint8_t *mac)
{
	uint32_t low = random_number();

	mac[0] = 0x52;
	mac[1] = (uint8_t)random_number();
	memcpy(mac + 2, &low, sizeof(low));
}

/* The address of some host that is no node: the lab's nodes and the outsider have from 100 on. */
static uint8_t sender(void)
{
	uint32_t n = random_number() % SENDERS;

	return (uint8_t)(n < 98 ? OUTSIDERS + n : n + 12);
}

static void ethernet(struct frame *f, const uint8_t *to, uint16_t type)
{
	memcpy(f->bytes, to, ETH_ALEN);
	if (source)
		memcpy(f->bytes + ETH_ALEN, source, ETH_ALEN);
	else
		put_random_mac(f->bytes + ETH_ALEN);
	type = htons(type);
	memcpy(f->bytes + 2 * ETH_ALEN, &type, sizeof(type));
}

static void arp(struct frame *f, uint16_t op, uint8_t from, uint8_t to)
{
	struct ether_arp a = { .ea_hdr = { htons(ARPHRD_ETHER), htons(ETHERTYPE_IP), ETH_ALEN, 4,
					   htons(op) },
			       .arp_spa = { 12, 12, 4, from },
			       .arp_tpa = { 12, 12, 4, to } };

	ethernet(f, broadcast, ETHERTYPE_ARP);
	memcpy(a.arp_sha, f->bytes + ETH_ALEN, ETH_ALEN);
	memcpy(f->bytes + ETH_HLEN, &a, sizeof(a));
	f->len = 60;
}

static uint32_t add_words(uint32_t sum, const void *data, size_t len)
{
	const uint8_t *p = data;

	for (size_t i = 0; i + 1 < len; i += 2)
		sum += (uint32_t)(p[i] << 8 | p[i + 1]);
	return sum;
}

static uint16_t checksum(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

static void udp(struct frame *f)
{
	struct iphdr ip = { .version = 4,
			    .ihl = 5,
			    .tot_len = htons(46),
			    .ttl = 64,
			    .protocol = IPPROTO_UDP,
			    .saddr = htonl(0x0c0c0400u | sender()),
			    .daddr = htonl(0x0c0c0400u | CLUSTER) };
	struct udphdr header = { .source = htons((uint16_t)random_number()),
				 .dest = htons(7),
				 .len = htons(26) };

	ethernet(f, cluster_mac, ETHERTYPE_IP);
	ip.check = checksum(add_words(0, &ip, sizeof(ip)));
	memcpy(f->bytes + ETH_HLEN, &ip, sizeof(ip));
	memcpy(f->bytes + ETH_HLEN + sizeof(ip), &header, sizeof(header));
	f->len = 60;
}

/* An IPv6 frame with `len` bytes of ICMPv6, whose checksum is filled in. */
static void icmp6(struct frame *f, const char *from, const char *to, uint8_t *body, size_t len,
		  const uint8_t *option, size_t option_len)
{
	struct ip6_hdr ip = { .ip6_flow = htonl(6u << 28),
			      .ip6_plen = htons((uint16_t)(len + option_len)),
			      .ip6_nxt = option ? IPPROTO_HOPOPTS : IPPROTO_ICMPV6,
			      .ip6_hlim = option ? 1 : 255 };
	uint16_t sum;
	uint8_t *at = f->bytes + ETH_HLEN;

	inet_pton(AF_INET6, from, &ip.ip6_src);
	inet_pton(AF_INET6, to, &ip.ip6_dst);
	sum = checksum(
		add_words(add_words((uint32_t)len + IPPROTO_ICMPV6, &ip.ip6_src, 32), body, len));
	memcpy(body + 2, &sum, sizeof(sum));
	ethernet(f,
		 (uint8_t[]){ 0x33, 0x33, ip.ip6_dst.s6_addr[12], ip.ip6_dst.s6_addr[13],
			      ip.ip6_dst.s6_addr[14], ip.ip6_dst.s6_addr[15] },
		 ETHERTYPE_IPV6);
	memcpy(at, &ip, sizeof(ip));
	if (option)
		memcpy(at + sizeof(ip), option, option_len);
	memcpy(at + sizeof(ip) + option_len, body, len);
	f->len = ETH_HLEN + sizeof(ip) + option_len + len;
}

static void nd(struct frame *f)
{
	uint8_t body[32] = { ND_NEIGHBOR_SOLICIT };
	char from[INET6_ADDRSTRLEN];

	snprintf(from, sizeof(from), "2001:db8:4::%u", sender());
	inet_pton(AF_INET6, "2001:db8:4::101", body + 8);
	body[24] = ND_OPT_SOURCE_LINKADDR;
	body[25] = 1;
	if (source)
		memcpy(body + 26, source, ETH_ALEN);
	else
		put_random_mac(body + 26);
	icmp6(f, from, "ff02::1:ff00:101", body, sizeof(body), NULL, 0);
}

static void mld(struct frame *f)
{
	static const uint8_t router_alert[] = { IPPROTO_ICMPV6, 0, 5, 2, 0, 0, 1, 0 };
	uint8_t body[28] = { 143, 0, 0, 0, 0, 0, 0, 1, 4 }; /* one record, to exclude nobody */
	char from[INET6_ADDRSTRLEN];

	snprintf(from, sizeof(from), "fe80::%x", random_number() & 0xffff);
	inet_pton(AF_INET6, "ff05::1234", body + 12);
	icmp6(f, from, "ff02::16", body, sizeof(body), router_alert, sizeof(router_alert));
}

static void make(struct frame *f, const char *kind)
{
	if (!strcmp(kind, "arp"))
		arp(f, ARPOP_REQUEST, sender(), ALPHA);
	else if (!strcmp(kind, "claim"))
		arp(f, ARPOP_REPLY, BETA, ALPHA);
	else if (!strcmp(kind, "conflict"))
		arp(f, ARPOP_REPLY, random_number() & 1 ? ALPHA : CLUSTER, ALPHA);
	else if (!strcmp(kind, "udp"))
		udp(f);
	else if (!strcmp(kind, "nd"))
		nd(f);
	else if (!strcmp(kind, "mld"))
		mld(f);
	else
		exit(2);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static unsigned long flood(int fd, const char *kind, double seconds)
{
	static struct frame frames[BATCH];
	struct mmsghdr messages[BATCH] = { 0 };
	struct iovec iov[BATCH];
	double end = now() + seconds;
	unsigned long sent = 0;

	do {
		int n;

		for (unsigned i = 0; i < BATCH; i++) {
			make(&frames[i], kind);
			iov[i] = (struct iovec){ frames[i].bytes, frames[i].len };
			messages[i].msg_hdr =
				(struct msghdr){ .msg_iov = &iov[i], .msg_iovlen = 1 };
		}
		n = sendmmsg(fd, messages, BATCH, 0);
		if (n > 0)
			sent += (unsigned long)n;
		else if (errno != ENOBUFS && errno != EAGAIN)
			exit(1);
	} while (now() < end);
	return sent;
}

int main(int argc, char **argv)
{
	static uint8_t given[ETH_ALEN];
	struct sockaddr_ll address = { .sll_family = AF_PACKET };
	int fd = socket(AF_PACKET, SOCK_RAW, 0);
	double seconds;

	if (argc < 4 || fd < 0)
		return 2;
	address.sll_ifindex = (int)if_nametoindex(argv[3]);
	if (argc > 4) {
		if (sscanf(argv[4], "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &given[0], &given[1],
			   &given[2], &given[3], &given[4], &given[5]) != ETH_ALEN)
			return 2;
		source = given;
	}
	setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &(int){ 1 }, sizeof(int));
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)))
		return 2;
	seconds = atof(argv[2]);
	printf("%.0f\n", (double)flood(fd, argv[1], seconds) / (seconds > 0 ? seconds : 1));
	return 0;
}
