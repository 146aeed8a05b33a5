/* SPDX-License-Identifier: GPL-2.0-or-later */
/* question: an ARP request or a neighbour solicitation to a peer; see question.h. */
#include "probe/question.h"

#include <sys/socket.h>

static bool may_ask_from(const struct peers *peers, const struct ip_addr *own)
{
	unsigned roles = own ? peers_on_host(peers, own) : 0;

	return (roles & IP_SELF) && !(roles & IP_TENTATIVE);
}

const struct ip_addr *question_target(const struct peers *peers, const struct peer *peer)
{
	static const uint8_t families[] = { AF_INET, AF_INET6 };

	for (size_t f = 0; f < sizeof(families); f++) {
		for (size_t i = 0; i < peers_address_count(peer); i++) {
			const struct ip_addr *ip = peers_address(peer, i);

			if (ip->family == families[f] &&
			    may_ask_from(peers, peers_own_address_for(peers, ip)))
				return ip;
		}
	}
	return NULL;
}

size_t question_write(uint8_t *buf, const struct peers *peers, const struct mac *destination,
		      const struct ip_addr *target)
{
	const struct mac *mac = &peers_config(peers)->mac;
	const struct ip_addr *own = peers_own_address_for(peers, target);

	if (target->family == AF_INET6) {
		nd_write_solicitation(buf, destination, mac, own, target);
		return ND_SOLICITATION_LEN;
	}
	frame_write_request(buf, destination ? destination : &mac_broadcast, mac, own, target);
	return FRAME_REQUEST_LEN;
}
