/* SPDX-License-Identifier: GPL-2.0-or-later */
/* question: an ARP request or a neighbour solicitation to a peer; see question.h. */
#include "probe/question.h"

#include <string.h>
#include <sys/socket.h>

bool question_may_ask(const struct peers *peers, const struct ip_addr *target)
{
	const struct ip_addr *own = peers_own_address_for(peers, target);
	unsigned roles = own ? peers_on_host(peers, own) : 0;

	return (roles & IP_SELF) && !(roles & IP_TENTATIVE);
}

const struct ip_addr *question_target(const struct peers *peers, const struct peer *peer)
{
	static const uint8_t families[] = { AF_INET, AF_INET6 };

	for (size_t f = 0; f < sizeof(families); f++) {
		for (size_t i = 0; i < peers_address_count(peer); i++) {
			const struct ip_addr *ip = peers_address(peer, i);

			if (ip->family == families[f] && question_may_ask(peers, ip))
				return ip;
		}
	}
	return NULL;
}

size_t question_write(uint8_t *buf, const struct question *q)
{
	size_t len = FRAME_REQUEST_LEN;

	if (q->target->family == AF_INET6) {
		len = ND_SOLICITATION_LEN;
		nd_write_solicitation(buf, q->destination, q->lladdr, q->sender, q->target,
				      q->is_direct);
	} else {
		frame_write_request(buf, q->destination ? q->destination : &mac_broadcast,
				    q->lladdr, q->sender, q->target);
	}
	memcpy(buf + MAC_LEN, q->source->b, MAC_LEN);
	return len;
}

size_t question_write_plain(uint8_t *buf, const struct peers *peers, const struct mac *destination,
			    const struct ip_addr *target)
{
	const struct mac *mac = &peers_config(peers)->mac;
	const struct question q = { .destination = destination,
				    .source = mac,
				    .lladdr = mac,
				    .sender = peers_own_address_for(peers, target),
				    .target = target };

	return question_write(buf, &q);
}
