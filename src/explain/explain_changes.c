/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain_changes: what is different before and after; see explain_changes.h. */
#include "explain/explain_changes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/frame.h"
#include "core/nd.h"

#define CHECKSUM 2 /* offset in an ICMPv6 message */
#define TARGET   8

/* The comparison goes from the start of the frame to its end, field by field. */
struct walk {
	struct explain_changes *changes;
	const uint8_t *before, *after;
	size_t len;
	size_t at; /* everything before it has been compared */
	bool has_memory;
};

static void add(struct walk *w, const char *field, size_t len, enum explain_format format)
{
	struct explain_changes *c = w->changes;
	size_t size = c->size ? 2 * c->size : 8;
	struct explain_change *list = c->list;

	if (c->count == c->size) {
		list = realloc(c->list, size * sizeof(*list));
		w->has_memory = w->has_memory && list;
		if (!list)
			return;
		c->list = list;
		c->size = size;
	}
	list[c->count] = (struct explain_change){ field, w->at, len, format, { 0 }, { 0 } };
	memcpy(list[c->count].before, w->before + w->at, len);
	memcpy(list[c->count].after, w->after + w->at, len);
	c->count++;
}

/* Bytes that are in no field. */
static void rest_until(struct walk *w, size_t end)
{
	for (; w->at < end; w->at++)
		if (w->before[w->at] != w->after[w->at])
			add(w, "byte", 1, EXPLAIN_HEX);
}

/* A field that begins at `offset`. Fields come in their order in the frame, or are left out. */
static void field(struct walk *w, const char *name, size_t offset, size_t len,
		  enum explain_format format)
{
	if (offset < w->at || offset > w->len || len > w->len - offset)
		return;
	rest_until(w, offset);
	if (memcmp(w->before + offset, w->after + offset, len) != 0)
		add(w, name, len, format);
	w->at = offset + len;
}

static void arp_fields(struct walk *w, size_t body)
{
	field(w, "sender MAC", body + offsetof(struct frame_arp, sender_mac), 6, EXPLAIN_MAC);
	field(w, "sender IP", body + offsetof(struct frame_arp, sender_ip), 4, EXPLAIN_IPV4);
	field(w, "target MAC", body + offsetof(struct frame_arp, target_mac), 6, EXPLAIN_MAC);
	field(w, "target IP", body + offsetof(struct frame_arp, target_ip), 4, EXPLAIN_IPV4);
}

static void nd_fields(struct walk *w, const struct nd *nd)
{
	size_t ip = (size_t)(nd->ip - w->before), message = (size_t)(nd->message - w->before);
	bool is_target = nd->type == ND_NEIGHBOR_ADVERTISEMENT || nd->type == ND_REDIRECT;
	const char *option = is_target ? "target link-layer address" : "source link-layer address";
	const uint8_t *lladdr;
	size_t position = 0;

	field(w, "IPv6 source", ip + 8, 16, EXPLAIN_IPV6);
	field(w, "ICMPv6 checksum", message + CHECKSUM, 2, EXPLAIN_HEX);
	if (is_target || nd->type == ND_NEIGHBOR_SOLICITATION)
		field(w, "target address", message + TARGET, 16, EXPLAIN_IPV6);
	while ((lladdr = nd_next_lladdr(nd, &position)))
		field(w, option, (size_t)(lladdr - w->before), MAC_LEN, EXPLAIN_MAC);
}

bool explain_changes(struct explain_changes *changes, uint8_t *before, const uint8_t *after,
		     size_t len)
{
	struct walk w = { changes, before, after, len, 0, true };
	struct frame frame;
	struct nd nd;

	changes->count = 0;
	if (!memcmp(before, after, len))
		return true;
	if (frame_view(&frame, before, len)) {
		field(&w, "Ethernet destination", 0, MAC_LEN, EXPLAIN_MAC);
		field(&w, "Ethernet source", MAC_LEN, MAC_LEN, EXPLAIN_MAC);
		if (frame_arp(&frame))
			arp_fields(&w, frame.body);
		if (nd_view(&nd, &frame, false))
			nd_fields(&w, &nd);
	}
	rest_until(&w, len);
	return w.has_memory;
}

void explain_changes_free(struct explain_changes *changes)
{
	free(changes->list);
	*changes = (struct explain_changes){ 0 };
}

static char *hex(const uint8_t *value, size_t len, char *buf)
{
	int n = snprintf(buf, EXPLAIN_VALUE_SIZE, "0x");

	for (size_t i = 0; i < len; i++)
		n += snprintf(buf + n, EXPLAIN_VALUE_SIZE - (size_t)n, "%02x", value[i]);
	return buf;
}

char *explain_changes_value(const struct explain_change *change, const uint8_t value[16],
			    char buf[EXPLAIN_VALUE_SIZE])
{
	struct mac mac;
	struct ip_addr ip;

	switch (change->format) {
	case EXPLAIN_MAC:
		memcpy(mac.b, value, MAC_LEN);
		return mac_format(&mac, buf);
	case EXPLAIN_IPV4:
		ip = ip_from_ipv4_bytes(value);
		return ip_format(&ip, buf);
	case EXPLAIN_IPV6:
		ip = ip_from_ipv6_bytes(value);
		return ip_format(&ip, buf);
	default:
		return hex(value, change->len, buf);
	}
}
