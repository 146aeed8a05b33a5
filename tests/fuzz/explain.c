/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * explain: gives captures of every kind to what `clusterarpctl explain` does with them, most of
 * them damaged. Nothing may crash, hang, or take more memory than the longest frame asks for: build
 * it with sanitizers.
 *
 *   explain [SEED [SECONDS]]
 *
 * Without SECONDS it explains a fixed number of files, the same ones for the same seed. First come
 * hostile samples, written by hand after what has broken readers of captures: lengths that are too
 * short, too long, odd or negative, options that run over their block, blocks without what they
 * refer to. Then files with frames of the generator, most of them with bytes changed, cut out, put
 * in twice, or left out at the end.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "captures.h"
#include "explain/explain_file.h"
#include "explain/explain_json.h"
#include "explain/explain_text.h"
#include "generate.h"

#define FILES         12000
#define FRAMES_MAX    20
#define GROWTH_MAX    (64 * 1024) /* kB of memory, from the first tenth of the run to its end */
#define BOOKS_BYTES   128         /* a file, in which the sanitizer's own books grow */
#define ALARM_SECONDS 10          /* for one file, times FUZZ_PACE; then SIGALRM ends the program */

/* AddressSanitizer keeps what was freed for a while: not so much that growth would not show. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "quarantine_size_mb=8";
}

static struct cluster clusters[CLUSTERS];
static struct explain_cluster *explained[CLUSTERS];
static FILE *output;
static uint64_t files, frames, whole;
static unsigned alarm_seconds = ALARM_SECONDS;

static void die(const char *why)
{
	fprintf(stderr, "explain: %s\n", why);
	exit(2);
}

/* --- one file --- */

static bool explain_packet(const struct explain_cluster *c, const struct explain_packet *packet,
			   struct explain_frame *frame, struct explain_totals *totals)
{
	enum explain_side side = generate_number(3);

	frames++;
	if (!explain_frame(c, side, packet, frames, frame))
		return false;
	explain_text(output, c, packet, frame, totals);
	return explain_json(output, c, packet, frame, totals->frames);
}

static void explain_file(const struct captures *captures)
{
	const struct explain_cluster *c = explained[generate_number(CLUSTERS)];
	struct explain_totals totals = { 0 };
	struct explain_frame frame = { 0 };
	struct explain_packet packet;
	char error[EXPLAIN_ERROR_SIZE];
	struct explain_file *f;
	int rc = -1;

	alarm(alarm_seconds);
	files++;
	f = explain_file_open(captures_open(captures), "cluster0", error);
	while (f && (rc = explain_file_next(f, &packet, error)) > 0)
		if (!explain_packet(c, &packet, &frame, &totals))
			die("out of memory");
	explain_text_totals(output, &totals);
	explain_json_end(output, rc < 0 ? error : NULL);
	explain_frame_free(&frame);
	explain_file_close(f);
	whole += rc == 0;
	alarm(0);
}

/* --- hostile samples --- */

static const uint32_t lengths[] = { 0,          1,          3,         4,          7,
				    8,          11,         12,        13,         15,
				    16,         19,         20,        27,         28,
				    31,         32,         33,        35,         36,
				    0xff,       64,         0xffff,    0x10000,    262144,
				    262145,     16777216,   16777217,  0x7fffffff, 0x80000000,
				    0xfffffff0, 0xfffffffc, 0xffffffff };
#define LENGTHS (sizeof(lengths) / sizeof(lengths[0]))

static const uint32_t types[] = { 0, 1, 2, 3, 4, 5, 6, 10, 0x0a0d0d0a, 0xbad, 0x80000001 };
#define TYPES (sizeof(types) / sizeof(types[0]))

static void put_pcapng_head(struct captures *c)
{
	captures_section(c);
	captures_interface(c, CAPTURES_ETHERNET, "cluster0", 9);
	captures_interface(c, CAPTURES_ETHERNET, "eth0",
			   generate_number(4) ? 6 : (uint8_t)generate_number(256));
}

/* Blocks of all types whose two lengths are these. */
static void block_lengths(struct captures *c, uint32_t first, uint32_t second)
{
	static const uint8_t zeros[64];

	for (size_t t = 0; t < TYPES; t++) {
		captures_clear(c, t & 1);
		put_pcapng_head(c);
		captures_u32(c, types[t]);
		captures_u32(c, first);
		captures_put(c, zeros, sizeof(zeros));
		captures_u32(c, second);
		put_pcapng_head(c);
		explain_file(c);
	}
}

/* Packets that have, and had, so many bytes; of pcap and of pcapng. */
static void packet_lengths(struct captures *c, struct captures *body, uint32_t captured,
			   uint32_t len)
{
	static const uint8_t data[64] = { 0xff };

	captures_clear(c, captured & 1);
	captures_pcap(c, len & 1, CAPTURES_ETHERNET, len);
	captures_u32(c, captured);
	captures_u32(c, len);
	captures_u32(c, captured);
	captures_u32(c, len);
	captures_put(c, data, sizeof(data));
	explain_file(c);

	captures_clear(c, captured & 1);
	put_pcapng_head(c);
	for (uint32_t type = 2; type < 7; type++) {
		captures_clear(body, c->is_swapped);
		for (unsigned i = 0; i < 3 && type != 3; i++)
			captures_u32(body, i % 2);
		captures_u32(body, captured);
		captures_u32(body, len);
		captures_put(body, data, sizeof(data));
		captures_block(c, type, body);
	}
	explain_file(c);
}

/* Options of all blocks, of this code and with this length, of which 8 bytes are there. */
static void option_lengths(struct captures *c, struct captures *body, uint16_t code, uint16_t len)
{
	static const uint8_t value[8] = { 0xff, 0xff, 0xff, 0xff };

	captures_clear(c, code & 1);
	captures_section(c);
	for (unsigned head = 8; head <= 20; head += 12) {
		captures_clear(body, c->is_swapped);
		captures_u16(body, CAPTURES_ETHERNET);
		for (unsigned i = 1; i < head / 2; i++)
			captures_u16(body, 0);
		captures_u16(body, code);
		captures_u16(body, len);
		captures_put(body, value, sizeof(value));
		captures_block(c, head == 8 ? 1 : 6, body);
	}
	explain_file(c);
}

/* A file that is all interfaces, and one whose sections have nothing. */
static void many_blocks(struct captures *c)
{
	captures_clear(c, false);
	captures_section(c);
	for (unsigned i = 0; i < 5000; i++)
		captures_interface(c, CAPTURES_ETHERNET, "cluster0", 9);
	captures_packet(c, CAPTURES_ENHANCED, 4999, 0, "frame", 5, 5, 1);
	explain_file(c);
	captures_clear(c, false);
	for (unsigned i = 0; i < 5000; i++)
		captures_section(c);
	explain_file(c);
	captures_clear(c, false);
	put_pcapng_head(c);
	for (unsigned i = 0; i < 50000; i++)
		captures_packet(c, CAPTURES_SIMPLE, 0, 0, "", 0, 0, 0);
	explain_file(c);
}

static void hostile_samples(struct captures *c)
{
	struct captures *body = captures_create();

	for (size_t i = 0; i < LENGTHS; i++)
		for (size_t j = 0; j < LENGTHS; j++)
			packet_lengths(c, body, lengths[i], lengths[j]);
	for (size_t i = 0; i < LENGTHS; i++) {
		block_lengths(c, lengths[i], lengths[i]);
		block_lengths(c, lengths[i], 76);
		block_lengths(c, 76, lengths[i]);
		for (uint16_t code = 0; code < 16; code++)
			option_lengths(c, body, code, (uint16_t)lengths[i]);
	}
	many_blocks(c);
	captures_destroy(body);
}

/* --- files with frames, damaged --- */

/* Neighbour Discovery with as many options as fit, a frame of 64 KiB. */
static size_t long_message(uint8_t *data)
{
	static const uint8_t head[] = { 0x33, 0x33, 0,    0,    0, 1, 0x02, 0xbf, 0x0c, 0x0c, 0x04,
					0x64, 0x86, 0xdd, 0x60, 0, 0, 0,    0xff, 0xf0, 58,   255 };
	size_t len = 14 + 40 + 0xfff0;

	memset(data, 0, len);
	memcpy(data, head, sizeof(head));
	data[54] = 135;
	for (size_t at = 78; at + 8 <= len; at += 8) {
		data[at] = data[at + 1] = 1;
		data[at + 2] = 2;
	}
	return len;
}

static void put_packet(struct captures *c, bool is_ng, const uint8_t *data, uint32_t len)
{
	uint32_t captured = generate_number(4) ? len : generate_number(len + 1);

	if (is_ng)
		captures_packet(c, generate_number(3), generate_number(2),
				(uint64_t)generate_number(UINT32_MAX) << generate_number(33), data,
				captured, len, generate_number(4));
	else
		captures_pcap_packet(c, generate_number(1u << 31), generate_number(1000000), data,
				     captured, len);
}

static void put_frames(struct captures *c, bool is_ng)
{
	static uint8_t message[70000];
	const struct cluster *cluster = &clusters[generate_number(CLUSTERS)];
	struct made frame;

	for (unsigned n = generate_number(FRAMES_MAX); n; n--) {
		if (generate_number(200) == 0) {
			put_packet(c, is_ng, message, (uint32_t)long_message(message));
			continue;
		}
		if (generate_number(3))
			generate_by_rule(cluster, &frame);
		else
			generate_at_random(cluster, &frame);
		put_packet(c, is_ng, frame.bytes, (uint32_t)frame.len);
	}
}

static void change_bytes(struct captures *c)
{
	size_t at = generate_number((unsigned)c->len), len;

	switch (generate_number(5)) {
	case 0: /* a number, where numbers are */
		at &= ~(size_t)3;
		if (c->len - at >= 4)
			memcpy(c->bytes + at, &lengths[generate_number(LENGTHS)], 4);
		break;
	case 1: /* cut out */
		len = generate_number((unsigned)(c->len - at)) % 64;
		memmove(c->bytes + at, c->bytes + at + len, c->len - at - len);
		c->len -= len;
		break;
	case 2: /* twice */
		len = generate_number((unsigned)(c->len - at) + 1) % 256;
		if (c->len + len > CAPTURES_MAX)
			break;
		memmove(c->bytes + at + len, c->bytes + at, c->len - at);
		c->len += len;
		break;
	case 3: /* the end is missing */
		if (generate_number(4) == 0)
			c->len = at + 1;
		break;
	default:
		c->bytes[at] ^= (uint8_t)(1u << generate_number(8));
	}
}

static void one_file(struct captures *c)
{
	bool is_ng = generate_number(2);

	captures_clear(c, generate_number(3) == 0);
	if (is_ng)
		put_pcapng_head(c);
	else
		captures_pcap(c, generate_number(2), CAPTURES_ETHERNET, 262144);
	put_frames(c, is_ng);
	for (unsigned n = generate_number(6); n && c->len; n--)
		change_bytes(c);
	explain_file(c);
}

/* --- the run --- */

static long memory(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

static void make_clusters(void)
{
	for (unsigned i = 0; i < CLUSTERS; i++) {
		generate_cluster(i, &clusters[i]);
		explained[i] =
			explain_cluster_create(clusters[i].config, peers_self(clusters[i].peers));
		if (!explained[i])
			die("out of memory");
	}
}

static void clear_clusters(void)
{
	for (unsigned i = 0; i < CLUSTERS; i++) {
		explain_cluster_destroy(explained[i]);
		generate_cluster_clear(&clusters[i]);
	}
}

int main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
	time_t seconds = argc > 2 ? (time_t)strtoul(argv[2], NULL, 10) : 0, start = time(NULL);
	struct captures *c = captures_create();
	long early = 0, growth;

	output = fopen("/dev/null", "w");
	if (!output)
		die("no /dev/null");
	if (getenv("FUZZ_PACE"))
		alarm_seconds *= (unsigned)atoi(getenv("FUZZ_PACE"));
	generate_seed(seed);
	make_clusters();
	hostile_samples(c);
	for (uint64_t i = 0; seconds ? time(NULL) - start < seconds : i < FILES; i++) {
		if (i == FILES / 10)
			early = memory();
		one_file(c);
	}
	growth = memory() - early;
	printf("explain: seed %" PRIu64 ": %" PRIu64 " files, %" PRIu64
	       " read to their end, %" PRIu64 " frames, %ld kB\n",
	       seed, files, whole, frames, memory());
	clear_clusters();
	captures_destroy(c);
	fclose(output);
	if (early && growth > GROWTH_MAX + (long)(files * BOOKS_BYTES / 1024))
		die("memory grows");
	return 0;
}
