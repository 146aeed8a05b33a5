/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config_keys: the keys of a configuration file, and how each value is parsed.
 *
 * Each row of the table gives the sections where a key is allowed, the function that parses its
 * value, and the field of struct config that it sets.
 */
#include "config/config_keys.h"

#include <assert.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/words.h"
#include "config/config_networks.h"
#include "config/config_words.h"

#define LIST_MAX 64 /* room for all values of a key, joined */
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* One setting: a key and its value. */
struct setting {
	struct draft *draft;
	struct section *section;
	const struct key *key;
	const char *value;
	unsigned line;
};

struct key {
	const char *name;
	unsigned sections; /* bit mask of enum section_kind: where it is allowed */
	/* Stores the value, or reports the error and returns false. */
	bool (*parse)(const struct setting *s);
	size_t offset;             /* of the field in struct config, if it sets one directly */
	const char *const *values; /* of an enum or a flag */
};

__attribute__((format(printf, 2, 3))) static bool refuse(const struct setting *s,
							 const char *format, ...)
{
	char text[2 * CONFIG_QUOTE_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	config_report_add(s->draft->report, true, s->line, "%s = %s: %s", s->key->name,
			  QUOTE(s->value), text);
	return false;
}

static void *field(const struct setting *s)
{
	return (char *)s->draft->config + s->key->offset;
}

/* Why `name` cannot be an interface name or altname, or NULL if it can. Linux allows more
 * (dev_valid_name); also refused are '%', which TUNSETIFF takes as a template, characters that
 * have to be quoted in messages, and those that begin a comment. */
static const char *ifname_flaw(const char *name)
{
	if (strpbrk(name, "#;"))
		return "an interface name must not contain '#' or ';': a comment after a value"
		       " begins with a blank and ';'";
	if (strcmp(name, "lo") == 0)
		return "the loopback interface is no Ethernet interface";
	if (strcmp(name, "all") == 0 ||
	    strcmp(name, "default") == 0) /* sysctl_dev_name_is_allowed */
		return "Linux has no interface of this name: it is reserved in /proc/sys/net";
	if (strlen(name) > CONFIG_ALTNAME_MAX)
		return "the name of an interface has at most 127 characters";
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return "not an interface name";
	for (; *name; name++) {
		if (!isascii((unsigned char)*name) || !isgraph((unsigned char)*name))
			return "an interface name must be printable ASCII without blanks";
		if (strchr("/:%", *name))
			return "an interface name must not contain '/', ':' or '%'";
	}
	return NULL;
}

static bool parse_interface(const struct setting *s)
{
	const char *flaw = ifname_flaw(s->value);

	if (flaw)
		return refuse(s, "%s", flaw);
	strcpy(field(s), s->value);
	return true;
}

/* The name of a new interface, not an altname. */
static bool parse_tap(const struct setting *s)
{
	if (strlen(s->value) > CONFIG_IFNAME_MAX)
		return refuse(s, "an interface name has at most 15 characters");
	return parse_interface(s);
}

/* Why `ip` cannot be the address of a host ("a multicast address"), or NULL if it can. */
static const char *address_flaw(const struct ip_addr *ip)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff }, loopback[16] = { [15] = 1 };

	if (ip_is_unspecified(ip))
		return "the unspecified address";
	if (ip->family == AF_INET) {
		if (ip->b[0] == 0)
			return "an address in 0.0.0.0/8, which no host can have";
		if (ip->b[0] == 127)
			return "a loopback address";
		if (ip->b[0] >= 224 && ip->b[0] <= 239)
			return "a multicast address";
		if (memcmp(ip->b, "\xff\xff\xff\xff", 4) == 0)
			return "the broadcast address";
		return NULL;
	}
	if (ip->b[0] == 0xff)
		return "a multicast address";
	if (memcmp(ip->b, loopback, sizeof(loopback)) == 0)
		return "a loopback address";
	if (memcmp(ip->b, mapped, sizeof(mapped)) == 0)
		return "an IPv4-mapped address";
	return NULL;
}

static const char *prefix_flaw(const struct ip_prefix *p)
{
	const char *flaw = address_flaw(&p->addr);

	if (flaw)
		return flaw;
	if (p->len == 0)
		return "a prefix of length 0, which matches every address";
	if (ip_is_link_local(&p->addr))
		return "a link-local address: each node has one of its own, which is made from its"
		       " dedicated MAC";
	return config_networks_edge(p);
}

/* The prefix length of an IPv4 netmask, as 24 of 255.255.255.0; 0: it is not one. */
static unsigned netmask_length(const char *text)
{
	struct ip_addr mask;
	uint32_t bits;

	if (!ip_parse(text, &mask) || mask.family != AF_INET)
		return 0;
	bits = ~((uint32_t)mask.b[0] << 24 | (uint32_t)mask.b[1] << 16 | (uint32_t)mask.b[2] << 8 |
		 mask.b[3]);
	return bits & (bits + 1) ? 0 : 32 - (unsigned)__builtin_popcount(bits);
}

/* The value is not ADDRESS/LENGTH: report which part of it is wrong. */
static bool refuse_prefix(const struct setting *s)
{
	char address[CONFIG_LINE_MAX + 1];
	unsigned meant;
	size_t length = strcspn(s->value, "/");
	struct ip_addr ip;

	snprintf(address, sizeof(address), "%.*s", (int)length, s->value);
	if (!ip_parse(address, &ip))
		return refuse(s, "%s is neither an IPv4 nor an IPv6 address", QUOTE(address));
	if (!s->value[length])
		return refuse(s, "no prefix length: write %s/LENGTH, as in %s", address,
			      ip.family == AF_INET ? "12.12.4.100/24" : "2001:db8::100/64");
	meant = ip.family == AF_INET ? netmask_length(s->value + length + 1) : 0;
	if (meant)
		return refuse(s,
			      "a prefix length is a number, not a netmask; did you mean '%s/%u'?",
			      address, meant);
	return refuse(s, "bad prefix length %s: must be a number from 1 to %u",
		      QUOTE(s->value + length + 1), ip.family == AF_INET ? 32 : 128);
}

static bool append_address(const struct setting *s, const struct ip_prefix *p)
{
	struct config *c = s->draft->config;
	struct config_addresses *a = s->section->kind == SECTION_CLUSTER
					     ? &c->address
					     : &c->nodes[s->section->index].address;
	struct ip_prefix *list = realloc(a->list, (a->count + 1) * sizeof(*list));
	unsigned *lines;

	if (list)
		a->list = list;
	lines = realloc(s->section->address_line, (a->count + 1) * sizeof(*lines));
	if (lines)
		s->section->address_line = lines;
	if (!list || !lines) {
		config_report_out_of_memory(s->draft->report);
		return false;
	}
	a->list[a->count] = *p;
	lines[a->count] = s->line;
	a->count++;
	return true;
}

/* Parse one address of a list; s->value holds that address alone. */
static bool parse_address(const struct setting *s)
{
	struct ip_prefix prefix;
	const char *flaw;

	if (!*s->value)
		return refuse(s, "an address is missing before or after a comma");
	if (!prefix_parse(s->value, &prefix))
		return refuse_prefix(s);
	flaw = prefix_flaw(&prefix);
	if (flaw)
		return refuse(s, "this is %s", flaw);
	return append_address(s, &prefix);
}

static bool parse_addresses(const struct setting *s)
{
	const char *next = s->value;
	bool good = true;

	while (next) {
		const char *start = next + strspn(next, " \t");
		size_t length = strcspn(start, ",");
		char text[CONFIG_LINE_MAX + 1];
		struct setting one = *s;

		next = start[length] ? start + length + 1 : NULL;
		while (length && isspace((unsigned char)start[length - 1]))
			length--;
		snprintf(text, sizeof(text), "%.*s", (int)length, start);
		one.value = text;
		good &= parse_address(&one);
	}
	return good;
}

/* Find a MAC in another notation, as 02bf.0c0c.0464 or 02bf0c0c0464: twelve hexadecimal digits. */
static bool guess_mac(const char *text, struct mac *out)
{
	char usual[MAC_STRLEN];
	size_t digits = 0, used = 0;

	for (; *text; text++) {
		if (strchr(".:-", *text))
			continue;
		if (digits == 2 * MAC_LEN)
			return false;
		if (digits && digits % 2 == 0)
			usual[used++] = ':';
		usual[used++] = *text;
		digits++;
	}
	usual[used] = '\0';
	return mac_parse(usual, out);
}

static bool refuse_mac(const struct setting *s)
{
	char text[MAC_STRLEN];
	struct mac meant;

	if (guess_mac(s->value, &meant))
		return refuse(s, "must be auto or a MAC address; did you mean '%s'?",
			      mac_format(&meant, text));
	return refuse(s, "must be auto or a MAC address, as in 02:bf:0c:0c:04:64");
}

static bool parse_mac(const struct setting *s)
{
	struct mac mac;

	if (strcmp(s->value, "auto") == 0)
		return true;
	if (!mac_parse(s->value, &mac))
		return refuse_mac(s);
	if (mac_is_zero(&mac))
		return refuse(s, "the zero address cannot be assigned");
	if (mac_is_broadcast(&mac))
		return refuse(s, "the broadcast address cannot be assigned");
	if (mac_is_link_local(&mac))
		return refuse(s, "01:80:c2:00:00:00 to :0f are reserved: switches do not forward"
				 " them, and the NIC's own stack receives them");
	if (s->section->kind == SECTION_CLUSTER && mac_is_group(&mac))
		return refuse(s, "a group address cannot be the cluster MAC:"
				 " its first byte must be even");
	s->section->mac = mac;
	s->section->has_mac = true;
	return true;
}

/* Join the values as "a, b or c". */
static void join_values(const char *const *values, char *buf, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; values[i] && used < size; i++) {
		const char *comma = i == 0 ? "" : values[i + 1] ? ", " : " or ";

		used += (size_t)snprintf(buf + used, size - used, "%s%s", comma, values[i]);
	}
}

/* What the value was probably meant to be, or NULL. */
static const char *guess_value(const struct setting *s)
{
	static const char *const yes[] = { "on", "true", "1", "y", "enabled", NULL };
	static const char *const no[] = { "off", "false", "0", "n", "disabled", NULL };
	/* As other systems call it: Windows NLB, and Linux' CLUSTERIP. */
	static const struct {
		const char *word;
		enum config_affinity meant;
	} affinities[] = {
		{ "none", AFFINITY_CONNECTION }, { "single", AFFINITY_CLIENT },
		{ "class C", AFFINITY_NETWORK }, { "sourceip-sourceport", AFFINITY_CONNECTION },
		{ "sourceip", AFFINITY_CLIENT },
	};

	for (size_t i = 0; s->key->values == config_flag_values && yes[i]; i++) {
		if (strcasecmp(s->value, yes[i]) == 0)
			return config_flag_values[true];
		if (strcasecmp(s->value, no[i]) == 0)
			return config_flag_values[false];
	}
	for (size_t i = 0; s->key->values == config_affinity_values && i < COUNT(affinities); i++) {
		if (strcasecmp(s->value, affinities[i].word) == 0)
			return config_affinity_values[affinities[i].meant];
	}
	return words_suggest(s->value, s->key->values);
}

/* The index of the value in the key's list, or -1 after an error has been reported. */
static int find_value(const struct setting *s)
{
	const char *meant;
	char list[LIST_MAX];

	for (int i = 0; s->key->values[i]; i++) {
		if (strcmp(s->value, s->key->values[i]) == 0)
			return i;
	}
	join_values(s->key->values, list, sizeof(list));
	meant = guess_value(s);
	if (meant)
		refuse(s, "must be %s; did you mean '%s'?", list, meant);
	else
		refuse(s, "must be %s", list);
	return -1;
}

static bool parse_enum(const struct setting *s)
{
	int value = find_value(s);

	static_assert(sizeof(enum config_arp) == sizeof(value), "enums are stored as int");
	if (value < 0)
		return false;
	memcpy(field(s), &value, sizeof(value));
	return true;
}

static bool parse_flag(const struct setting *s)
{
	int value = find_value(s);

	if (value < 0)
		return false;
	*(bool *)field(s) = value == 1;
	return true;
}

/* Why the value is no address of a gateway. */
static const char *gateway_flaw(const char *text)
{
	if (strchr(text, ','))
		return "a gateway is one address: repeat the key for the other family";
	if (strchr(text, '/'))
		return "a gateway is one address, without a prefix";
	if (strchr(text, '%'))
		return "a gateway is one address, without an interface: it is reached through the"
		       " TAP";
	return "neither an IPv4 nor an IPv6 address";
}

/* The key may occur once for each family. */
static bool is_gateway_repeated(const struct setting *s, enum config_family family)
{
	unsigned first = s->draft->gateway_line[family];

	if (first >= s->section->last_line && first)
		config_report_add(s->draft->report, true, s->line,
				  "duplicate key 'gateway' for %s: the first is at line %u",
				  config_family_name(family), first);
	return first;
}

static bool parse_gateway(const struct setting *s)
{
	enum config_family family;
	struct ip_addr ip;
	const char *flaw;

	if (!ip_parse(s->value, &ip))
		return refuse(s, "%s", gateway_flaw(s->value));
	flaw = address_flaw(&ip);
	if (flaw)
		return refuse(s, "this is %s", flaw);
	family = config_family_index(ip.family);
	if (is_gateway_repeated(s, family))
		return true;
	s->draft->config->gateway[family] = ip;
	s->draft->gateway_line[family] = s->line;
	return true;
}

/* Parse a decimal number from `min` to `max`. False: it is not one. */
static bool parse_number(const char *text, unsigned min, unsigned max, unsigned *out)
{
	uint64_t number = 0;

	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		number = number * 10 + (unsigned)(*text - '0');
		if (number > max)
			return false;
	}
	*out = (unsigned)number;
	return number >= min;
}

static bool parse_mtu(const struct setting *s)
{
	unsigned mtu;

	if (strcmp(s->value, "auto") == 0)
		return true;
	if (!parse_number(s->value, CONFIG_MTU_MIN, CONFIG_MTU_MAX, &mtu))
		return refuse(s, "must be auto or a number from %u to %u", CONFIG_MTU_MIN,
			      CONFIG_MTU_MAX);
	s->draft->config->mtu = mtu;
	return true;
}

/* A number with its unit, "ms" or "s"; 0 needs none. False: it is not one. */
static bool read_interval(const char *value, unsigned *ms)
{
	char number[8];
	size_t digits = strspn(value, "0123456789");
	const char *unit = value + digits;
	bool is_seconds = !strcmp(unit, "s");

	if (!digits || digits >= sizeof(number) ||
	    (*unit && !is_seconds && strcmp(unit, "ms") != 0))
		return false;
	snprintf(number, sizeof(number), "%.*s", (int)digits, value);
	if (!parse_number(number, 0, CONFIG_LIVENESS_MAX, ms))
		return false;
	*ms *= is_seconds ? 1000 : 1;
	return *unit || !*ms;
}

/* What is probably meant by a value that is no interval; NULL: it cannot be told. */
static const char *guess_interval(const char *value, char *buf, size_t size)
{
	unsigned number;

	if (!strcasecmp(value, "off") || !strcasecmp(value, "no"))
		return "0";
	if (!parse_number(value, 1, CONFIG_LIVENESS_MAX, &number))
		return NULL;
	snprintf(buf, size, number < CONFIG_LIVENESS_MIN ? "%us" : "%ums", number);
	return buf;
}

static bool parse_liveness(const struct setting *s)
{
	char text[16];
	const char *meant = guess_interval(s->value, text, sizeof(text));
	unsigned ms;

	if (read_interval(s->value, &ms) &&
	    (!ms || (ms >= CONFIG_LIVENESS_MIN && ms <= CONFIG_LIVENESS_MAX))) {
		s->draft->config->liveness = ms;
		return true;
	}
	if (meant)
		return refuse(s, "did you mean '%s'?", meant);
	return refuse(s, "must be an interval from %ums to %us, such as 1s or 500ms, or 0 (off)",
		      CONFIG_LIVENESS_MIN, CONFIG_LIVENESS_MAX / 1000);
}

static bool parse_id(const struct setting *s)
{
	unsigned id;

	if (!parse_number(s->value, 1, CONFIG_ID_MAX, &id))
		return refuse(s, "must be a number from 1 to %u", CONFIG_ID_MAX);
	s->draft->config->nodes[s->section->index].id = id;
	return true;
}

static bool parse_weight(const struct setting *s)
{
	unsigned weight;

	if (!parse_number(s->value, 0, CONFIG_WEIGHT_MAX, &weight))
		return refuse(s, "must be a number from 0 to %u", CONFIG_WEIGHT_MAX);
	s->draft->config->nodes[s->section->index].weight = weight;
	return true;
}

/* CPG takes any bytes; this is what can be written in the file, and read in a log. */
static bool parse_group(const struct setting *s)
{
	if (strlen(s->value) > CONFIG_GROUP_MAX)
		return refuse(s, "the name of a group has at most %d characters", CONFIG_GROUP_MAX);
	for (const char *c = s->value; *c; c++) {
		if (!isascii((unsigned char)*c) || !isgraph((unsigned char)*c))
			return refuse(s, "the name of a group must be printable ASCII without"
					 " blanks");
	}
	if (strpbrk(s->value, "#;"))
		return refuse(s, "the name of a group must not contain '#' or ';': a comment after"
				 " a value begins with a blank and ';'");
	strcpy(field(s), s->value);
	return true;
}

static bool parse_corosync_id(const struct setting *s)
{
	unsigned id;

	static_assert(sizeof(id) == sizeof(uint32_t), "a node id of corosync has 32 bits");
	if (!parse_number(s->value, 1, UINT32_MAX, &id))
		return refuse(s, "must be a number from 1 to %u", UINT32_MAX);
	s->draft->config->nodes[s->section->index].corosync_id = id;
	return true;
}

#define FIELD(name) offsetof(struct config, name)

static const struct key keys[KEY_COUNT] = {
	[KEY_INTERFACE] = { "interface", SECTION_CLUSTER, parse_interface, FIELD(interface), NULL },
	[KEY_TAP] = { "tap", SECTION_CLUSTER, parse_tap, FIELD(tap), NULL },
	[KEY_ADDRESS] = { "address", SECTION_CLUSTER | SECTION_NODE, parse_addresses, 0, NULL },
	[KEY_MAC] = { "mac", SECTION_CLUSTER | SECTION_NODE, parse_mac, 0, NULL },
	[KEY_DEDICATED_MAC] = { "dedicated_mac", SECTION_CLUSTER, parse_enum, FIELD(dedicated_mac),
				config_dedicated_mac_values },
	[KEY_SOURCE_MAC] = { "source_mac", SECTION_CLUSTER, parse_enum, FIELD(source_mac),
			     config_source_mac_values },
	[KEY_ARP] = { "arp", SECTION_CLUSTER, parse_enum, FIELD(arp), config_arp_values },
	[KEY_ADVERTISE] = { "advertise", SECTION_CLUSTER, parse_enum, FIELD(advertise),
			    config_advertise_values },
	[KEY_STRICT] = { "strict", SECTION_CLUSTER, parse_flag, FIELD(strict), config_flag_values },
	[KEY_DATAPATH] = { "datapath", SECTION_CLUSTER, parse_enum, FIELD(datapath),
			   config_datapath_values },
	[KEY_NEIGH] = { "neigh", SECTION_CLUSTER, parse_enum, FIELD(neigh), config_neigh_values },
	[KEY_ADOPT] = { "adopt", SECTION_CLUSTER, parse_flag, FIELD(adopt), config_flag_values },
	[KEY_FORWARD] = { "forward", SECTION_CLUSTER, parse_flag, FIELD(forward),
			  config_flag_values },
	[KEY_SHARES] = { "shares", SECTION_CLUSTER, parse_enum, FIELD(shares),
			 config_shares_values },
	[KEY_AFFINITY] = { "affinity", SECTION_CLUSTER, parse_enum, FIELD(affinity),
			   config_affinity_values },
	[KEY_LIVENESS] = { "liveness", SECTION_CLUSTER, parse_liveness, 0, NULL },
	[KEY_GATEWAY] = { "gateway", SECTION_CLUSTER, parse_gateway, 0, NULL },
	[KEY_MTU] = { "mtu", SECTION_CLUSTER, parse_mtu, 0, NULL },
	[KEY_ID] = { "id", SECTION_NODE, parse_id, 0, NULL },
	[KEY_WEIGHT] = { "weight", SECTION_NODE, parse_weight, 0, NULL },
	[KEY_COROSYNC_ID] = { "corosync_id", SECTION_NODE, parse_corosync_id, 0, NULL },
	[KEY_GROUP] = { "group", SECTION_COROSYNC, parse_group, FIELD(corosync.group), NULL },
	[KEY_NO_QUORUM] = { "no_quorum", SECTION_COROSYNC, parse_enum, FIELD(corosync.no_quorum),
			    config_no_quorum_values },
};

static enum config_key find_key(const char *name)
{
	size_t i = 0;

	while (i < KEY_COUNT && strcmp(keys[i].name, name) != 0)
		i++;
	return i;
}

/* The key of section `s` that `name` was probably meant to be, or KEY_COUNT. */
static enum config_key guess_key(const struct section *s, const char *name)
{
	const char *names[KEY_COUNT + 1];
	const char *meant;
	size_t count = 0;

	for (size_t i = 0; i < KEY_COUNT; i++) {
		if (keys[i].sections & s->kind)
			names[count++] = keys[i].name;
	}
	names[count] = NULL;
	meant = words_suggest(name, names);
	return meant ? find_key(meant) : KEY_COUNT;
}

/* The section as its header is written. */
static void describe_section(const struct draft *d, const struct section *s, char *buf, size_t size)
{
	const char *name = s->kind == SECTION_NODE ? d->config->nodes[s->index].name : "";

	if (s->kind != SECTION_NODE)
		snprintf(buf, size, s->kind == SECTION_CLUSTER ? "[cluster]" : "[corosync]");
	else
		snprintf(buf, size, "[node%s%s]", *name ? " " : "", name);
}

/* Where a key belongs. */
static const char *place_of(enum config_key key)
{
	switch (keys[key].sections) {
	case SECTION_CLUSTER:
		return "[cluster]";
	case SECTION_NODE:
		return "[node NAME]";
	case SECTION_COROSYNC:
		return "[corosync]";
	default:
		return "[cluster] or [node NAME]";
	}
}

static void refuse_key(struct draft *d, struct section *s, const char *name, unsigned line)
{
	enum config_key elsewhere = find_key(name), meant = guess_key(s, name);
	char where[CONFIG_SECTION_MAX + 3];

	describe_section(d, s, where, sizeof(where));
	if (elsewhere < KEY_COUNT) {
		config_report_add(d->report, true, line,
				  "key '%s' does not belong in %s, but in %s", name, where,
				  place_of(elsewhere));
		if (s->kind != SECTION_CLUSTER)
			d->cluster.bad |= 1u << elsewhere;
	} else if (meant < KEY_COUNT) {
		config_report_add(d->report, true, line, "unknown key %s in %s: did you mean '%s'?",
				  QUOTE(name), where, keys[meant].name);
		s->bad |= 1u << meant;
	} else {
		config_report_add(d->report, true, line, "unknown key %s in %s", QUOTE(name),
				  where);
	}
}

/* Report a key that is set twice. In a repeated section only keys that this section repeats
 * itself are reported: the section itself has been reported. */
static void refuse_repeated(struct draft *d, const struct section *s, enum config_key key,
			    unsigned line)
{
	if (s->key_line[key] >= s->last_line)
		config_report_add(d->report, true, line,
				  "duplicate key '%s': the first is at line %u", keys[key].name,
				  s->key_line[key]);
}

/* Checks that apply to the value of any key. */
static bool check_value(const struct setting *s)
{
	if (!*s->value) {
		config_report_add(s->draft->report, true, s->line,
				  "%s has no value: set one, or remove the line", s->key->name);
		return false;
	}
	if (*s->value == '"' || *s->value == '\'')
		return refuse(s, "values are written without quotes");
	if (strstr(s->value, " #") || strstr(s->value, "\t#"))
		return refuse(s, "a comment after a value begins with ';', not '#'");
	return true;
}

void config_key_set(struct draft *d, struct section *s, const char *name, const char *value,
		    unsigned line)
{
	enum config_key key = find_key(name);
	struct setting setting = { .draft = d, .section = s, .value = value, .line = line };

	if (key == KEY_COUNT || !(keys[key].sections & s->kind)) {
		refuse_key(d, s, name, line);
		return;
	}
	if (s->key_line[key] && key != KEY_ADDRESS && key != KEY_GATEWAY) {
		refuse_repeated(d, s, key, line);
		return;
	}
	if (!s->key_line[key])
		s->key_line[key] = line;
	setting.key = &keys[key];
	if (!check_value(&setting) || !setting.key->parse(&setting))
		s->bad |= 1u << key;
}

void config_key_lost(struct section *s, const char *text)
{
	char name[CONFIG_SECTION_MAX + 1];
	enum config_key key;

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(text, " \t=:"), text);
	key = find_key(name);
	if (key == KEY_COUNT || !(keys[key].sections & s->kind))
		key = guess_key(s, name);
	if (key < KEY_COUNT)
		s->bad |= 1u << key;
}
