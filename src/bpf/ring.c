/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ring: what the kernel data path leaves to the daemon of what comes from the wire,
 * read from the programs' ring buffer by libbpf; see programs.h.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

#include "bpf/programs_private.h"

/* One call of ring_buffer__consume(). */
struct take {
	struct packet *packets;
	unsigned count, most;
};

/* A record may be longer than its frame. */
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

/* libbpf ends after a record for which this is negative. */
static int take_record(void *arg, void *record, size_t size)
{
	struct programs *k = arg;
	struct take *take = k->take;

	if (!take)
		return 0;
	fill(&take->packets[take->count++], record, size);
	return take->count < take->most ? 0 : -EAGAIN;
}

int ring_init(struct programs *k, int map_fd)
{
	k->ring_fd = map_fd;
	k->ring = ring_buffer__new(map_fd, take_record, k, NULL);
	return k->ring ? 0 : -errno;
}

void ring_clear(struct programs *k)
{
	ring_buffer__free(k->ring);
}

bool ring_is_usable(int fd)
{
	struct bpf_map_info info = { 0 };
	uint32_t len = sizeof(info);

	return fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &len) &&
	       info.type == BPF_MAP_TYPE_RINGBUF && info.max_entries == RING_BYTES;
}

int ring_fd(const struct programs *k)
{
	return k->ring ? k->ring_fd : -1;
}

void ring_discard(struct programs *k)
{
	if (k->ring)
		ring_buffer__consume(k->ring);
}

int ring_receive(struct programs *k, struct packet *packets, unsigned most, bool *more)
{
	struct take take = { .packets = packets, .most = most };

	if (!k->ring)
		return 0;
	k->take = &take;
	ring_buffer__consume(k->ring);
	k->take = NULL;
	*more = take.count == most;
	return (int)take.count;
}
