/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * announce: gratuitous ARP for own addresses; see announce.h.
 *
 * The frames are what the stack would send, with the cluster MAC as sender; on their
 * way through the relay they get what E1 and E3 say.
 */
#include "announce.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "core/frame.h"

#define ROUNDS      3
#define INTERVAL_MS 1000

struct announce {
	const struct peers *peers;
	struct relay *relay;
	struct loop_timer *timer;
	unsigned left;
};

static void announce_addresses(struct announce *a, const struct config_addresses *addresses)
{
	uint8_t frame[FRAME_ANNOUNCEMENT_LEN];
	size_t i;

	for (i = 0; i < addresses->count; i++) {
		if (addresses->list[i].addr.family != AF_INET)
			continue;
		frame_write_announcement(frame, &peers_config(a->peers)->mac,
					 &addresses->list[i].addr);
		relay_inject(a->relay, frame, sizeof(frame));
	}
}

static void on_timer(void *arg)
{
	struct announce *a = arg;

	announce_addresses(a, &peers_self(a->peers)->address);
	announce_addresses(a, &peers_config(a->peers)->address);
	if (--a->left)
		loop_timer_set(a->timer, INTERVAL_MS);
}

struct announce *announce_create(struct loop *loop, const struct peers *peers, struct relay *relay)
{
	struct announce *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->peers = peers;
	a->relay = relay;
	a->timer = loop_timer_add(loop, on_timer, a);
	if (a->timer)
		return a;
	free(a);
	return NULL;
}

void announce_destroy(struct announce *a)
{
	if (!a)
		return;
	loop_timer_free(a->timer);
	free(a);
}

void announce_start(struct announce *a)
{
	a->left = ROUNDS;
	on_timer(a);
}

void announce_stop(struct announce *a)
{
	loop_timer_cancel(a->timer);
}
