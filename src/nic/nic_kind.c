/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nic_kind: macvlan and ipvlan as NIC; see nic_kind.h. */
#include "nic/nic_kind.h"

#include <linux/if_link.h>
#include <stddef.h>
#include <stdio.h>

struct reach {
	bool cluster, dedicated; /* does what is sent to this MAC arrive? */
};

static const char *mode_name(const struct netlink_link *link)
{
	if (link->kind == NETLINK_KIND_IPVLAN)
		return link->kind_mode == IPVLAN_MODE_L2    ? "l2"
		       : link->kind_mode == IPVLAN_MODE_L3  ? "l3"
		       : link->kind_mode == IPVLAN_MODE_L3S ? "l3s"
							    : "unknown";
	switch (link->kind_mode) {
	case MACVLAN_MODE_PRIVATE:
		return "private";
	case MACVLAN_MODE_VEPA:
		return "vepa";
	case MACVLAN_MODE_BRIDGE:
		return "bridge";
	case MACVLAN_MODE_PASSTHRU:
		return "passthru";
	case MACVLAN_MODE_SOURCE:
		return "source";
	default:
		return "unknown";
	}
}

/* Modes that a later kernel may have are not known, and all is taken to arrive. */
static struct reach reach_of_macvlan(const struct netlink_link *link, const struct mac *cluster,
				     const struct mac *dedicated)
{
	switch (link->kind_mode) {
	case MACVLAN_MODE_PRIVATE:
	case MACVLAN_MODE_VEPA:
	case MACVLAN_MODE_BRIDGE:
		return (struct reach){ mac_equal(&link->mac, cluster),
				       mac_is_group(dedicated) ||
					       mac_equal(&link->mac, dedicated) };
	case MACVLAN_MODE_SOURCE:
		return (struct reach){ link->sources, link->sources };
	default:
		return (struct reach){ true, true };
	}
}

static struct reach reach_of(const struct netlink_link *link, const struct mac *cluster,
			     const struct mac *dedicated)
{
	if (link->kind == NETLINK_KIND_MACVLAN)
		return reach_of_macvlan(link, cluster, dedicated);
	if (link->kind == NETLINK_KIND_IPVLAN)
		return (struct reach){ false, link->kind_mode == IPVLAN_MODE_L2 &&
						      mac_is_group(dedicated) };
	return (struct reach){ true, true };
}

static const char *why(const struct netlink_link *link)
{
	if (link->kind == NETLINK_KIND_IPVLAN)
		return "which receives what is for its own IP addresses, and those are on the TAP";
	if (link->kind_mode == MACVLAN_MODE_SOURCE)
		return link->sources ? "which receives frames from the MACs in its list alone"
				     : "which receives frames from the MACs in its list alone, and "
				       "there are none";
	return "which receives unicast frames for its own MAC alone";
}

#define LOST_SIZE 160

/* What does not arrive. */
static void describe(struct reach reach, const struct mac *cluster, const struct mac *dedicated,
		     char text[LOST_SIZE])
{
	char c[MAC_STRLEN], d[MAC_STRLEN];

	mac_format(cluster, c);
	mac_format(dedicated, d);
	if (reach.cluster && reach.dedicated)
		snprintf(text, LOST_SIZE, "nothing arrives from other hosts");
	else if (reach.cluster)
		snprintf(text, LOST_SIZE, "what other nodes send to this one (%s) does not arrive",
			 d);
	else if (reach.dedicated)
		snprintf(text, LOST_SIZE,
			 "what is sent to the cluster MAC (%s) does not arrive, so that only other "
			 "nodes reach this one",
			 c);
	else
		snprintf(text, LOST_SIZE,
			 "nothing arrives that is sent to the cluster MAC (%s) or to this node "
			 "(%s)",
			 c, d);
}

enum nic_kind nic_kind_of(const struct netlink_link *link, const struct mac *cluster,
			  const struct mac *dedicated, char text[NIC_KIND_TEXT])
{
	struct reach reach = reach_of(link, cluster, dedicated);
	bool is_listed =
		link->kind == NETLINK_KIND_MACVLAN && link->kind_mode == MACVLAN_MODE_SOURCE;
	char lost[LOST_SIZE];

	text[0] = '\0';
	if (reach.cluster && reach.dedicated && !is_listed)
		return NIC_KIND_ALL;
	describe(reach, cluster, dedicated, lost);
	snprintf(text, NIC_KIND_TEXT,
		 "%s is a%s %s in mode %s, %s: %s; use %s, or the link below it%s", link->name,
		 link->kind == NETLINK_KIND_IPVLAN ? "n" : "", link->kind_name, mode_name(link),
		 why(link), lost,
		 link->kind == NETLINK_KIND_MACVLAN ? "mode passthru"
						    : "a macvlan in mode passthru",
		 reach.cluster && !reach.dedicated ? ", or dedicated_mac = multicast" : "");
	return reach.cluster || reach.dedicated ? NIC_KIND_PART : NIC_KIND_NOTHING;
}
