/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record: what an earlier run of the daemon has left in the runtime directory, and what is done
 * with it: the record of the NIC, the record of what was adopted from it, the state of the shares,
 * and the names of such files. What is accepted is written again, and must be read back as the
 * same. A record is also written otherwise, while one of the calls for memory, or for a file, fails
 * (scarce.h): it must be the new one then, or the old one if that is what was returned; of the
 * shares there may be none.
 *
 * An input: which of these, as a digit (see below), then the file. In the record of what was
 * adopted NETNS stands for the inode of this process's network namespace, in the state of the
 * shares BOOT for the identity of this boot: of others nothing is read.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "config/config_read.h"
#include "fake_netlink.h"
#include "io/loop.h"
#include "io/netlink/netlink_save.h"
#include "persist/nic_record.h"
#include "persist/shares_state.h"
#include "scarce.h"
#include "shares/share_store.h"
#include "target.h"

#define FILE_NAME "record"
#define NETNS     "4026531840"
#define BOOT      "00000000-0000-0000-0000-000000000000"
#define IFINDEX   7
#define GRACE     3600000 /* ms */

static char netns[sizeof(NETNS)], boot[sizeof(BOOT)];
static struct peers *peers;
static struct share_engine *engine, *other_engine; /* which has read back */

static void read_boot_id(void)
{
	FILE *f = target_must(fopen("/proc/sys/kernel/random/boot_id", "re"));

	target_must(fgets(boot, sizeof(boot), f));
	fclose(f);
}

static void make_engines(void)
{
	static char text[] = "[cluster]\ninterface = eth0\naddress = 12.12.4.100/24\n"
			     "shares = driven\n[node alpha]\naddress = 12.12.4.101/24\n"
			     "[node beta]\naddress = 12.12.4.102/24\n"
			     "[node gamma]\naddress = 12.12.4.103/24\nweight = 2\n";
	struct config_report report = { 0 };
	FILE *f = target_must(fmemopen(text, strlen(text), "r"));
	struct config *config = target_must(config_read(f, &report));

	fclose(f);
	config_report_clear(&report);
	peers = target_must(peers_create(config, config_find_node(config, "alpha")));
	engine = target_must(share_engine_create(peers));
	other_engine = target_must(share_engine_create(peers));
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	snprintf(netns, sizeof(netns), "%" PRIu64, nic_record_netns());
	read_boot_id();
	make_engines();
	target_enter_folder();
	return 0;
}

/* Write the file, with `by` in the first place where `what` is; both are of the same length. */
static void write_file(struct target_input in, const char *what, const char *by)
{
	uint8_t *copy = target_copy(in.data, in.size);
	uint8_t *at = in.size ? memmem(copy, in.size, what, strlen(what)) : NULL;

	if (at && strlen(what) == strlen(by))
		memcpy(at, by, strlen(by));
	target_write(FILE_NAME, copy, in.size);
	free(copy);
}

/* Call rewrite() twice: the first time to count its calls, the second time with one of them
 * failing, which the input chooses. Returns the result of the second time. */
static int rewrite_scarce(struct target_input in, int (*rewrite)(void))
{
	unsigned calls;
	int rc;

	scarce_begin(0);
	rewrite();
	calls = scarce_end();
	scarce_begin(scarce_choose(in.data, in.size, calls));
	rc = rewrite();
	scarce_end();
	target_check(access(FILE_NAME ".new", F_OK), "half a file is left");
	return rc;
}

/* --- what was adopted --- */

/* All that is done with items, while the kernel answers this. */
static void use_items(struct netlink *nl, const struct netlink_saved_list *list, int answer)
{
	struct netlink_saved_list aside = { 0 };

	fake_netlink_answer(answer);
	for (size_t i = 0; i < list->count; i++) {
		const struct netlink_saved *item = &list->list[i];

		netlink_saved_add(nl, item, IFINDEX, false, NETLINK_PLACE_FRONT);
		netlink_saved_add(nl, item, IFINDEX, true, NETLINK_PLACE_OWN);
		netlink_saved_remove(nl, item, IFINDEX);
		if (item->is_route)
			netlink_saved_append_aside(&aside, item);
		else
			netlink_saved_renew(nl, item, IFINDEX);
	}
	for (size_t i = 0; i < aside.count; i++)
		target_check(netlink_saved_is_aside(&aside.list[i]) &&
				     netlink_saved_is_valid(&aside.list[i]),
			     "set aside, and not as such");
	netlink_saved_clear(&aside);
}

static void look_at_items(const struct netlink_saved_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct netlink_saved *item = &list->list[i];
		struct ip_addr source;

		target_check(netlink_saved_find_equal(list, item), "not equal to itself");
		netlink_saved_source(item, &source);
		netlink_saved_has_hops(item);
		netlink_saved_has_lifetime(item);
		for (size_t k = 0; k < list->count; k++)
			netlink_saved_makes(item, &list->list[k]);
		if (item->is_route)
			netlink_saved_key(item);
	}
}

static void check_same(const struct netlink_saved_list *a, const struct netlink_saved_list *b)
{
	target_check(a->count == b->count, "%zu items are %zu when read back", a->count, b->count);
	for (size_t i = 0; i < a->count; i++)
		target_check(a->list[i].is_route == b->list[i].is_route &&
				     a->list[i].is_behind == b->list[i].is_behind &&
				     a->list[i].needs_dad == b->list[i].needs_dad &&
				     a->list[i].saved == b->list[i].saved &&
				     a->list[i].len == b->list[i].len &&
				     !memcmp(a->list[i].body, b->list[i].body, a->list[i].len),
			     "item %zu is another when read back", i);
}

static void use_list(struct netlink_saved_list *list)
{
	struct netlink *nl;

	target_check(!netlink_open(&nl), "a socket");
	look_at_items(list);
	use_items(nl, list, 0);
	use_items(nl, list, -EEXIST);
	netlink_close(nl);
	netlink_saved_drop_family(list, AF_INET6);
}

static void check_adopted(const struct netlink_saved_list *list, bool returning)
{
	struct netlink_saved_list again = { 0 };
	bool is_again_returning;

	target_check(!nic_record_read_adopted(FILE_NAME, &again, &is_again_returning) &&
			     is_again_returning == returning,
		     "not read back");
	check_same(list, &again);
	netlink_saved_clear(&again);
}

/* To the other direction. */
static int rewrite_adopted(void)
{
	struct netlink_saved_list list = { 0 };
	bool returning;
	int rc = nic_record_read_adopted(FILE_NAME, &list, &returning);

	target_check(!rc || !list.count, "refused, but with items");
	if (!rc)
		rc = nic_record_write_adopted(FILE_NAME, &list, !returning);
	netlink_saved_clear(&list);
	return rc;
}

static void read_adopted(struct target_input in)
{
	struct netlink_saved_list list = { 0 };
	bool returning;

	write_file(in, NETNS, netns);
	if (!nic_record_read_adopted(FILE_NAME, &list, &returning)) {
		target_check(!nic_record_write_adopted(FILE_NAME, &list, returning), "written");
		check_adopted(&list, returning);
		returning ^= rewrite_scarce(in, rewrite_adopted) != 0; /* once, or twice */
		check_adopted(&list, returning);
		use_list(&list);
	}
	netlink_saved_clear(&list);
}

/* --- the NIC --- */

static void check_nic(const struct nic_record *record)
{
	struct nic_record again = { 0 };

	target_check(!nic_record_read(FILE_NAME, &again), "read back");
	target_check(record->ifindex == again.ifindex && record->netns == again.netns &&
			     mac_equal(&record->mac, &again.mac) &&
			     record->was_up == again.was_up &&
			     record->clsact_ours == again.clsact_ours &&
			     record->has_ipv6 == again.has_ipv6 && record->addrgen == again.addrgen,
		     "another NIC when read back");
	check_same(&record->link_local, &again.link_local);
	nic_record_clear(&again);
}

/* To the other state. */
static int rewrite_nic(void)
{
	struct nic_record record = { 0 };
	int rc = nic_record_read(FILE_NAME, &record);

	record.was_up = !record.was_up;
	if (!rc)
		rc = nic_record_write(FILE_NAME, &record);
	nic_record_clear(&record);
	return rc;
}

static void read_nic(struct target_input in)
{
	struct nic_record record = { 0 };

	write_file(in, NETNS, netns);
	if (!nic_record_read(FILE_NAME, &record)) {
		target_check(!nic_record_write(FILE_NAME, &record), "written");
		check_nic(&record);
		record.was_up ^= rewrite_scarce(in, rewrite_nic) != 0; /* once, or twice */
		check_nic(&record);
		use_list(&record.link_local);
	}
	nic_record_clear(&record);
}

/* --- the shares --- */

static char *text_of(const struct share_engine *e, uint64_t now, size_t *size)
{
	char *text = NULL;
	FILE *f = target_must(open_memstream(&text, size));

	target_check(share_engine_save(e, now, f), "saved");
	fclose(f);
	return target_must(text);
}

/* To have had no order yet; the table, which takes long to make, stays. */
static void renew(struct share_engine *e)
{
	shares_destroy(e->shares);
	e->shares = target_must(shares_create(e->table, e->count, e->self, GRACE));
}

/* What the daemon wants of the shares: part of the file. */
static int wish;

/* `may_be_gone`: the file. */
static void check_shares(bool may_be_gone)
{
	int other_wish = -1, rc = share_store_restore(FILE_NAME, other_engine, &other_wish);
	uint64_t now = loop_now();
	size_t size, other_size;
	char *text, *other_text;

	if (rc == -ENOENT && may_be_gone)
		return;
	target_check(!rc && wish == other_wish, "not read back");
	text = text_of(engine, now, &size);
	other_text = text_of(other_engine, now, &other_size);
	target_check(shares_lease(engine->shares) == shares_lease(other_engine->shares) &&
			     size == other_size && !memcmp(text, other_text, size),
		     "another state when read back:\n%s\n--- and not\n%s", other_text, text);
	free(text);
	free(other_text);
	renew(other_engine);
}

/* What is left out must not look as if there had been nothing in this boot. */
static int rewrite_shares(void)
{
	int other_wish = -1, saved = share_store_save(FILE_NAME, engine, wish), rc;

	if (!saved)
		saved = share_store_save_lease(FILE_NAME, engine, wish);
	rc = share_store_restore(FILE_NAME, other_engine, &other_wish);
	target_check(rc || wish == other_wish, "another wish when read back");
	target_check(saved || (rc != -ESTALE && rc != -ENOENT && rc != -EBADMSG),
		     "saved, and not there: %s", strerror(-rc));
	return rc;
}

static void rewrite_shares_scarce(struct target_input in)
{
	rewrite_scarce(in, rewrite_shares);
	renew(other_engine);
	check_shares(true);
}

static void read_shares(struct target_input in)
{
	struct shares_path path;

	wish = -1;
	write_file(in, BOOT, boot);
	if (share_store_restore(FILE_NAME, engine, &wish))
		return;
	share_engine_decide(engine, loop_now(), &path);
	target_check(!share_store_save(FILE_NAME, engine, wish), "saved");
	target_check(!share_store_save_lease(FILE_NAME, engine, wish), "the lease saved");
	check_shares(false);
	rewrite_shares_scarce(in);
	renew(engine);
}

/* --- the names of files, a line each --- */

#define SOCKET "control.sock"

static bool make_file(struct target_input name, char text[NAME_MAX + 1])
{
	int fd;

	if (!name.size || name.size > NAME_MAX || memchr(name.data, '/', name.size) ||
	    memchr(name.data, '\0', name.size))
		return false;
	memcpy(text, name.data, name.size);
	text[name.size] = '\0';
	fd = open(text, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static void find_records(struct target_input in)
{
	struct nic_record_names names = { 0 };
	struct target_input rest = in;
	char text[NAME_MAX + 1];

	for (unsigned i = 0; rest.size && i < 16; i++)
		make_file(target_until(&rest, '\n'), text);
	target_check(!nic_record_find(SOCKET, &names), "the directory");
	for (size_t i = 0; i < names.count; i++)
		target_check(*names.list[i] && !strchr(names.list[i], '/'), "a name");
	nic_record_names_clear(&names);
	for (unsigned i = 0; in.size && i < 16; i++)
		if (make_file(target_until(&in, '\n'), text))
			unlink(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const readers[])(struct target_input in) = { read_nic, read_adopted,
								   read_shares, find_records };
	struct target_input in = { data, size };

	readers[(target_byte(&in) - '0') & 3](in);
	unlink(FILE_NAME);
	return 0;
}
