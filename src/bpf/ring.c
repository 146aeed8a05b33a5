/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ring: frames from the eBPF programs, read by libbpf; see ring.h. */
#include "bpf/ring.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/layout.h"

/* The output of one call of ring_buffer__consume(). */
struct take {
	struct packet *packets;
	unsigned count, most;
};

struct ring {
	struct ring_buffer *buffer;
	int fd;            /* the caller's */
	struct take *take; /* NULL: discard the frames */
};

/* The record may be longer than the frame in it. */
static void fill(struct packet *packet, const struct bpf_frame *frame, size_t size)
{
	packet_reset(packet);
	if (size < sizeof(*frame) || frame->len > size - sizeof(*frame) ||
	    frame->len > PACKET_FRAME_MAX) {
		packet->error = -EMSGSIZE;
		return;
	}
	memset(packet_start(packet), 0, PACKET_VNET_LEN);
	memcpy(packet->frame, frame->data, frame->len);
	packet->len = frame->len;
	if (frame->vlan_tpid)
		packet_insert_tag(packet, frame->vlan_tpid, frame->vlan_tci);
}

/* Callback for each record. A negative return value makes libbpf stop after this record. */
static int take_record(void *arg, void *record, size_t size)
{
	struct take *take = ((struct ring *)arg)->take;

	if (!take)
		return 0;
	fill(&take->packets[take->count++], record, size);
	return take->count < take->most ? 0 : -EAGAIN;
}

int ring_create(int map_fd, struct ring **out)
{
	struct ring *ring = calloc(1, sizeof(*ring));
	int err;

	if (!ring)
		return -ENOMEM;
	ring->fd = map_fd;
	ring->buffer = ring_buffer__new(map_fd, take_record, ring, NULL);
	if (!ring->buffer) {
		err = -errno;
		free(ring);
		return err;
	}
	*out = ring;
	return 0;
}

void ring_destroy(struct ring *ring)
{
	if (!ring)
		return;
	ring_buffer__free(ring->buffer);
	free(ring);
}

bool ring_is_usable(int fd)
{
	struct bpf_map_info info = { 0 };
	uint32_t len = sizeof(info);

	return fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &len) &&
	       info.type == BPF_MAP_TYPE_RINGBUF && info.max_entries == RING_BYTES;
}

int ring_fd(const struct ring *ring)
{
	return ring ? ring->fd : -1;
}

void ring_discard(struct ring *ring)
{
	if (ring)
		ring_buffer__consume(ring->buffer);
}

int ring_receive(struct ring *ring, struct packet *packets, unsigned most, bool *more)
{
	struct take take = { .packets = packets, .most = most };

	if (!ring)
		return 0;
	ring->take = &take;
	ring_buffer__consume(ring->buffer);
	ring->take = NULL;
	*more = take.count == most;
	return (int)take.count;
}
