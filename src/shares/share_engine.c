/* SPDX-License-Identifier: GPL-2.0-or-later */
/* share_engine: the engine of the shares for a configuration; see share_engine.h. */
#include "shares/share_engine.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/keyed_lines.h"
#include "core/shares/shares_saved.h"

/* ms for which a node does not answer segments of connections that it does not know, while a living
 * node may have them (SPEC 11). */
#define GRACE (3600 * 1000)

/* --- the fingerprint: equal on all nodes whose files give the same owners --- */

/* Of another value when the same file comes to give other owners. */
#define FINGERPRINT_VERSION 1

static uint64_t hash_word(uint64_t hash, uint64_t word)
{
	const struct shares_key key = { { 0, 0 } };
	const __u64 words[] = { hash, word };

	return shares_siphash(&key, words, 2);
}

static uint64_t hash_name(uint64_t hash, const char *name)
{
	uint8_t bytes[8];

	for (size_t left = strlen(name) + 1; left;) { /* the NUL is hashed, too */
		size_t len = left < sizeof(bytes) ? left : sizeof(bytes);

		memset(bytes, 0, sizeof(bytes));
		memcpy(bytes, name, len);
		hash = hash_word(hash, shares_word(bytes));
		name += len;
		left -= len;
	}
	return hash;
}

static int compare_names(const void *a, const void *b)
{
	const struct config_node *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

/* The order of the nodes in the file does not matter, nor do their addresses. */
static bool take_fingerprint(struct share_engine *e, const struct config *c)
{
	const uint64_t head[] = { FINGERPRINT_VERSION, SHARES_BUCKETS, e->mode,
				  e->affinity,         e->key.k[0],    e->key.k[1] };
	const struct config_node **nodes = calloc(e->count, sizeof(*nodes));
	uint64_t hash = 0;

	if (!nodes)
		return false;
	for (size_t i = 0; i < e->count; i++)
		nodes[i] = &c->nodes[i];
	qsort(nodes, e->count, sizeof(*nodes), compare_names);
	for (size_t i = 0; i < sizeof(head) / sizeof(head[0]); i++)
		hash = hash_word(hash, head[i]);
	for (size_t i = 0; i < e->count; i++)
		hash = hash_word(hash_name(hash, nodes[i]->name), nodes[i]->weight);
	free(nodes);
	e->fingerprint = hash;
	return true;
}

/* --- life --- */

static bool copy_nodes(struct share_engine *e, const struct config *c)
{
	bool is_whole = true;

	e->names = calloc(e->count, sizeof(*e->names));
	e->weights = calloc(e->count, sizeof(*e->weights));
	for (size_t i = 0; e->names && e->weights && i < e->count; i++) {
		e->names[i] = strdup(c->nodes[i].name);
		e->weights[i] = (uint8_t)c->nodes[i].weight;
		is_whole = is_whole && e->names[i];
	}
	return e->names && e->weights && is_whole;
}

static bool make_shares(struct share_engine *e)
{
	e->table = shares_table_create((const char *const *)e->names, e->weights, e->count);
	e->shares = e->table ? shares_create(e->table, e->count, e->self, GRACE) : NULL;
	return e->shares;
}

struct share_engine *share_engine_create(const struct peers *peers)
{
	const struct config *c = peers_config(peers);
	struct share_engine *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	*e = (struct share_engine){ .mode = c->shares,
				    .affinity = c->affinity,
				    .key = flow_key(&c->mac),
				    .count = c->node_count,
				    .self = (size_t)(peers_self(peers) - c->nodes) };
	if (copy_nodes(e, c) && take_fingerprint(e, c) &&
	    (e->mode == CONFIG_SHARES_NONE || make_shares(e)))
		return e;
	share_engine_destroy(e);
	return NULL;
}

void share_engine_destroy(struct share_engine *e)
{
	if (!e)
		return;
	shares_destroy(e->shares);
	shares_table_destroy(e->table);
	for (size_t i = 0; e->names && i < e->count; i++)
		free(e->names[i]);
	free(e->names);
	free(e->weights);
	free(e);
}

size_t share_engine_find(const struct share_engine *e, const char *name)
{
	size_t i = 0;

	while (i < e->count && strcmp(e->names[i], name) != 0)
		i++;
	return i;
}

/* --- decisions --- */

void share_engine_decide(const struct share_engine *e, uint64_t now, struct shares_path *out)
{
	*out = (struct shares_path){ .key = e->key,
				     .affinity = e->affinity,
				     .lease =
					     e->shares ? shares_lease(e->shares) : SHARES_FOREVER };
	if (e->shares)
		shares_decide(e->shares, now, out->decisions);
	else
		memset(out->decisions, SHARES_TAKES, sizeof(out->decisions));
	for (size_t b = 0; b < SHARES_BUCKETS; b++)
		out->asks |= (out->decisions[b] & (SHARES_ASKS | SHARES_CAUTIOUS)) != 0;
}

/* --- saved state --- */

bool share_engine_save(const struct share_engine *e, uint64_t now, FILE *out)
{
	fprintf(out, "mode %s\naffinity %s\nkey %" PRIu64 "\nkey %" PRIu64 "\n",
		config_shares_name(e->mode), config_affinity_name(e->affinity),
		(uint64_t)e->key.k[0], (uint64_t)e->key.k[1]);
	return shares_saved_write(e->shares, (const char *const *)e->names, now, out);
}

/* Into *is_same: is the next line of this key, and is this its text? False: it is of another key.
 */
static bool compare_text(struct keyed_lines *lines, const char *key, const char *text,
			 bool *is_same)
{
	const char *read = keyed_lines_text(lines, key);

	*is_same = *is_same && read && !strcmp(read, text);
	return read;
}

static bool compare_key(struct keyed_lines *lines, uint64_t key, bool *is_same)
{
	uint64_t read;
	bool is_read = keyed_lines_number(lines, "key", UINT64_MAX, &read);

	*is_same = *is_same && is_read && read == key;
	return is_read;
}

static int compare_head(const struct share_engine *e, FILE *in)
{
	struct keyed_lines lines = { .in = in };
	bool is_same = true;
	bool is_valid =
		compare_text(&lines, "mode", config_shares_name(e->mode), &is_same) &&
		compare_text(&lines, "affinity", config_affinity_name(e->affinity), &is_same) &&
		compare_key(&lines, e->key.k[0], &is_same) &&
		compare_key(&lines, e->key.k[1], &is_same);

	keyed_lines_clear(&lines);
	return !is_valid ? -EBADMSG : is_same ? 0 : -EXDEV;
}

int share_engine_restore(struct share_engine *e, uint64_t lease, uint64_t now, FILE *in)
{
	int rc = compare_head(e, in);

	return rc ? rc
		  : shares_saved_read(e->shares, (const char *const *)e->names, lease, now, in);
}

int share_engine_take_over(struct share_engine *e, const struct share_engine *from, uint64_t now)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	bool is_whole = f && share_engine_save(from, now, f);
	int rc = -ENOMEM;

	if (f)
		is_whole = !fclose(f) && is_whole;
	f = is_whole ? fmemopen(text, size, "r") : NULL;
	if (f) {
		rc = share_engine_restore(e, shares_lease(from->shares), now, f);
		fclose(f);
	}
	free(text);
	return rc;
}

/* --- the order of the file --- */

bool share_engine_order_file(struct share_engine *e, bool is_first, uint64_t now)
{
	enum shares_presence *presence = calloc(e->count, sizeof(*presence));
	uint8_t *weights = calloc(e->count, sizeof(*weights));
	uint64_t epoch = shares_epoch(e->shares) + 1;
	/* Epoch 1 says that no node has had anything before. */
	struct shares_order order = { is_first || epoch > 1 ? epoch : 2, presence, weights,
				      SHARES_FOREVER };
	int rc = -ENOMEM;

	if (presence && weights) {
		for (size_t i = 0; i < e->count; i++) {
			presence[i] = SHARES_PRESENT;
			weights[i] = e->weights[i];
		}
		rc = shares_set(e->shares, &order, now);
	}
	free(presence);
	free(weights);
	if (rc)
		return false;
	for (size_t i = 0; i < e->count; i++)
		shares_released(e->shares, i, shares_epoch(e->shares));
	return true;
}

bool share_engine_is_of_file(const struct share_engine *e)
{
	bool is = shares_epoch(e->shares);

	for (size_t i = 0; is && i < e->count; i++)
		is = shares_presence(e->shares, i) == SHARES_PRESENT &&
		     shares_weight(e->shares, i) == e->weights[i];
	return is;
}
