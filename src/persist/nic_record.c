/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nic_record: JSON files in the runtime directory; see nic_record.h. */
#include "persist/nic_record.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"

char *nic_record_path(const char *socket, const char *interface)
{
	char *path;

	return asprintf(&path, "%s.%s.json", socket, interface) < 0 ? NULL : path;
}

char *nic_record_adopted_path(const char *socket, const char *interface)
{
	char *path;

	return asprintf(&path, "%s.%s.adopted.json", socket, interface) < 0 ? NULL : path;
}

/* Is `file` BASE.INTERFACE.json or BASE.INTERFACE.adopted.json? Sets `interface`. */
static bool is_record(const char *file, const char *base, char interface[NIC_RECORD_NAME_SIZE])
{
	static const char end[] = ".json", adopted[] = ".adopted";
	size_t begin = strlen(base), len = strlen(file);

	if (len <= begin + strlen(end) || strncmp(file, base, begin) != 0 || file[begin] != '.' ||
	    strcmp(file + len - strlen(end), end) != 0)
		return false;
	file += begin + 1;
	len -= begin + 1 + strlen(end);
	if (len > strlen(adopted) &&
	    !strncmp(file + len - strlen(adopted), adopted, strlen(adopted)))
		len -= strlen(adopted);
	if (!len || len >= NIC_RECORD_NAME_SIZE)
		return false;
	memcpy(interface, file, len);
	interface[len] = '\0';
	return true;
}

/* Does the record belong to another socket, whose path begins with SOCKET and a dot? If there is a
 * socket SOCKET.0, SOCKET.0.eth0.json is its record for eth0, not SOCKET's for 0.eth0. */
static bool belongs_to_other_socket(const char *socket, const char *interface)
{
	char path[PATH_MAX];
	const char *dot;
	bool is = false;

	for (dot = strchr(interface, '.'); dot && !is; dot = strchr(dot + 1, '.')) {
		snprintf(path, sizeof(path), "%s.%.*s", socket, (int)(dot - interface), interface);
		is = !access(path, F_OK);
	}
	return is;
}

static int add_name(struct nic_record_names *names, const char *interface)
{
	char(*grown)[NIC_RECORD_NAME_SIZE];
	size_t i;

	for (i = 0; i < names->count; i++)
		if (!strcmp(names->list[i], interface))
			return 0;
	grown = reallocarray(names->list, names->count + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	names->list = grown;
	strcpy(grown[names->count++], interface);
	return 0;
}

static int read_names(DIR *directory, const char *socket, const char *base,
		      struct nic_record_names *out)
{
	char interface[NIC_RECORD_NAME_SIZE];
	struct dirent *entry;
	int rc = 0;

	while (!rc && (entry = readdir(directory)))
		if (is_record(entry->d_name, base, interface) &&
		    !belongs_to_other_socket(socket, interface))
			rc = add_name(out, interface);
	return rc;
}

int nic_record_find(const char *socket, struct nic_record_names *out)
{
	const char *slash = strrchr(socket, '/');
	char *path = slash ? strndup(socket, (size_t)(slash - socket) + 1) : strdup(".");
	DIR *directory = path ? opendir(path) : NULL;
	int rc = directory ? 0 : -errno;

	free(path);
	if (!directory)
		return rc;
	rc = read_names(directory, socket, slash ? slash + 1 : socket, out);
	closedir(directory);
	return rc;
}

void nic_record_names_clear(struct nic_record_names *names)
{
	free(names->list);
	*names = (struct nic_record_names){ 0 };
}

uint64_t nic_record_netns(void)
{
	struct stat st;

	return stat("/proc/self/ns/net", &st) ? 0 : st.st_ino;
}

static bool dump(FILE *f, void *root)
{
	return !json_dumpf(root, f, JSON_INDENT(1));
}

/* Write `root` and free it. NULL: there was no memory to make it. */
static int write_file(const char *path, json_t *root)
{
	int rc = root ? files_replace(path, 0600, dump, root) : -ENOMEM;

	json_decref(root);
	return rc;
}

/* The object in the file. NULL: *rc is why. */
static json_t *read_file(const char *path, int *rc)
{
	FILE *f = files_read(path);
	json_t *root;

	*rc = f ? -EBADMSG : -errno;
	if (!f)
		return NULL;
	root = json_loadf(f, 0, NULL);
	fclose(f);
	return root;
}

void nic_record_remove(const char *path)
{
	unlink(path);
}

/* The body of a netlink message as hexadecimal digits, and back. */

static json_t *hex_json(const struct netlink_saved *item)
{
	char *text = malloc(2 * (size_t)item->len + 1);
	json_t *string;
	size_t i;

	if (!text)
		return NULL;
	text[0] = '\0';
	for (i = 0; i < item->len; i++)
		sprintf(text + 2 * i, "%02x", item->body[i]);
	string = json_string(text);
	free(text);
	return string;
}

static bool read_hex(const char *text, struct netlink_saved *item)
{
	size_t len = strlen(text) / 2, i;

	item->body = strlen(text) % 2 ? NULL : malloc(len + 1);
	for (i = 0; item->body && i < len; i++)
		if (!isxdigit((unsigned char)text[2 * i]) ||
		    sscanf(text + 2 * i, "%2hhx", &item->body[i]) != 1)
			return false;
	item->len = (uint32_t)len;
	return item->body;
}

/* `prefix` is for human readers only: `netlink` contains it. */
static json_t *saved_json(const struct netlink_saved *item)
{
	char text[PREFIX_STRLEN] = "?";
	struct ip_prefix prefix;

	if (netlink_saved_prefix(item, &prefix))
		prefix_format(&prefix, text);
	return json_pack("{s:s, s:s, s:b, s:b, s:I, s:o}", "kind",
			 item->is_route ? "route" : "address", "prefix", text, "behind",
			 item->is_behind, "needs_dad", item->needs_dad, "saved",
			 (json_int_t)item->saved, "netlink", hex_json(item));
}

static int read_saved(json_t *json, struct netlink_saved_list *out)
{
	struct netlink_saved item = { 0 };
	const char *kind, *hex;
	json_int_t saved;
	int behind, needs_dad = false, rc = -EBADMSG;

	if (json_unpack(json, "{s:s, s:b, s?b, s:I, s:s}", "kind", &kind, "behind", &behind,
			"needs_dad", &needs_dad, "saved", &saved, "netlink", &hex))
		return -EBADMSG;
	item.is_route = !strcmp(kind, "route");
	item.is_behind = behind;
	item.needs_dad = needs_dad;
	item.saved = (uint64_t)saved;
	if ((item.is_route || !strcmp(kind, "address")) && read_hex(hex, &item) &&
	    netlink_saved_is_valid(&item))
		rc = netlink_saved_append(out, &item);
	free(item.body);
	return rc;
}

/* NULL: out of memory. */
static json_t *saved_list_json(const struct netlink_saved_list *list)
{
	json_t *items = json_array();
	bool whole = items;

	for (size_t i = 0; i < list->count && whole; i++)
		whole = !json_array_append_new(items, saved_json(&list->list[i]));
	if (whole)
		return items;
	json_decref(items);
	return NULL;
}

/* Into *out, an empty list, which stays empty if that fails. */
static int read_saved_list(json_t *list, struct netlink_saved_list *out)
{
	int rc = json_is_array(list) ? 0 : -EBADMSG;
	json_t *item;
	size_t i;

	json_array_foreach (list, i, item)
		rc = rc ? rc : read_saved(item, out);
	if (rc)
		netlink_saved_clear(out);
	return rc;
}

/* --- the NIC's record --- */

void nic_record_clear(struct nic_record *record)
{
	netlink_saved_clear(&record->link_local);
	*record = (struct nic_record){ 0 };
}

static int read_record(json_t *root, struct nic_record *out)
{
	int was_up, clsact_ours, ifindex, addrgen;
	const char *mac = "";
	json_int_t netns;

	if (json_unpack(root, "{s:i, s?s, s:I, s:b, s:b}", "ifindex", &ifindex, "mac", &mac,
			"netns", &netns, "was_up", &was_up, "clsact_ours", &clsact_ours))
		return -EBADMSG;
	*out = (struct nic_record){ .ifindex = ifindex,
				    .netns = (uint64_t)netns,
				    .was_up = was_up,
				    .clsact_ours = clsact_ours };
	if (!mac_parse(mac, &out->mac))
		out->mac = (struct mac){ 0 };
	if (json_unpack(root, "{s:i}", "addr_gen_mode", &addrgen))
		return 0;
	out->has_ipv6 = true;
	out->addrgen = (uint8_t)addrgen;
	return read_saved_list(json_object_get(root, "link_local"), &out->link_local);
}

int nic_record_read(const char *path, struct nic_record *out)
{
	int rc;
	json_t *root = read_file(path, &rc);

	if (root)
		rc = read_record(root, out);
	json_decref(root);
	return rc;
}

int nic_record_write(const char *path, const struct nic_record *record)
{
	char mac[MAC_STRLEN];
	json_t *root = json_pack("{s:i, s:s, s:I, s:b, s:b}", "ifindex", record->ifindex, "mac",
				 mac_format(&record->mac, mac), "netns", (json_int_t)record->netns,
				 "was_up", record->was_up, "clsact_ours", record->clsact_ours);

	if (root && record->has_ipv6 &&
	    (json_object_set_new(root, "addr_gen_mode", json_integer(record->addrgen)) ||
	     json_object_set_new(root, "link_local", saved_list_json(&record->link_local)))) {
		json_decref(root);
		return -ENOMEM;
	}
	return write_file(path, root);
}

/* --- what was adopted --- */

static int read_adopted(json_t *root, struct netlink_saved_list *out, bool *returning)
{
	json_t *netns = json_object_get(root, "netns");
	int rc;

	if (!json_is_array(json_object_get(root, "items")) || !json_is_integer(netns))
		return -EBADMSG;
	if ((uint64_t)json_integer_value(netns) != nic_record_netns())
		return -ENOENT;
	rc = read_saved_list(json_object_get(root, "items"), out);
	*returning = !rc && json_is_true(json_object_get(root, "returning"));
	return rc;
}

int nic_record_read_adopted(const char *path, struct netlink_saved_list *out, bool *returning)
{
	int rc;
	json_t *root = read_file(path, &rc);

	if (root)
		rc = read_adopted(root, out, returning);
	json_decref(root);
	return rc;
}

int nic_record_write_adopted(const char *path, const struct netlink_saved_list *list,
			     bool returning)
{
	json_t *items = saved_list_json(list);

	if (!items)
		return -ENOMEM;
	return write_file(path,
			  json_pack("{s:I, s:b, s:o}", "netns", (json_int_t)nic_record_netns(),
				    "returning", returning, "items", items));
}
