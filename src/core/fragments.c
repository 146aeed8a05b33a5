/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fragments: the buckets of packets that arrive in fragments; see fragments.h. */
#include "core/fragments.h"

#include <stdbool.h>
#include <stdlib.h>

/* By default uthash exits if it cannot allocate its table. Mark the entry instead. */
#define HASH_NONFATAL_OOM           1
#define uthash_nonfatal_oom(packet) ((packet)->is_lost = true)
#include <uthash.h>

struct packet {
	struct fragments_key key;
	unsigned bucket;
	uint64_t begun; /* ms */
	bool is_lost;   /* not in the table */
	UT_hash_handle hh;
};

/* uthash lists the packets in the order in which they were added: the first is the oldest. */
struct fragments {
	struct packet *packets;
};

struct fragments *fragments_create(void)
{
	return calloc(1, sizeof(struct fragments));
}

static void forget(struct fragments *fragments, struct packet *packet)
{
	HASH_DEL(fragments->packets, packet);
	free(packet);
}

void fragments_destroy(struct fragments *fragments)
{
	while (fragments && fragments->packets)
		forget(fragments, fragments->packets);
	free(fragments);
}

static struct packet *find(const struct fragments *fragments, const struct fragments_key *key)
{
	struct packet *packet;

	HASH_FIND(hh, fragments->packets, key, sizeof(*key), packet);
	return packet;
}

void fragments_put(struct fragments *fragments, const struct fragments_key *key, unsigned bucket,
		   uint64_t now)
{
	struct packet *packet = find(fragments, key);

	if (packet)
		forget(fragments, packet);
	else if (HASH_COUNT(fragments->packets) >= FRAGMENTS_MAX)
		forget(fragments, fragments->packets);
	packet = malloc(sizeof(*packet));
	if (!packet)
		return;
	*packet = (struct packet){ .key = *key, .bucket = bucket, .begun = now };
	HASH_ADD(hh, fragments->packets, key, sizeof(packet->key), packet);
	if (packet->is_lost)
		free(packet);
}

void fragments_forget(struct fragments *fragments, const struct fragments_key *key)
{
	struct packet *packet = find(fragments, key);

	if (packet)
		forget(fragments, packet);
}

int fragments_get(const struct fragments *fragments, const struct fragments_key *key, uint64_t now)
{
	const struct packet *packet = find(fragments, key);

	return packet && now - packet->begun <= FRAGMENTS_MS ? (int)packet->bucket : -1;
}
