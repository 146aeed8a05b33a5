/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * explain_file: reads a capture by libpcap; see explain_file.h.
 *
 * libpcap reads from a stream, which this file fills: so it sees the same bytes, and gives them to
 * explain_blocks, too, which finds in them what libpcap does not tell.
 */
#include "explain/explain_file.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct explain_file {
	int fd;
	struct explain_blocks *blocks;
	pcap_t *pcap;
	bool has_bytes;
	int error; /* errno of read(2) */
};

/* --- the stream --- */

static ssize_t read_some(void *cookie, char *buf, size_t size)
{
	struct explain_file *f = cookie;
	ssize_t n;

	if (size > EXPLAIN_AHEAD)
		size = EXPLAIN_AHEAD;
	do
		n = read(f->fd, buf, size);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		f->error = errno;
	if (n > 0) {
		f->has_bytes = true;
		explain_blocks_feed(f->blocks, (const uint8_t *)buf, (size_t)n);
	}
	return n;
}

/* The descriptor is closed with the file. */
static int do_nothing(void *cookie)
{
	(void)cookie;
	return 0;
}

static FILE *open_stream(struct explain_file *f)
{
	const cookie_io_functions_t functions = { .read = read_some, .close = do_nothing };
	FILE *stream = fopencookie(f, "r", functions);

	if (stream)
		setvbuf(stream, NULL, _IOFBF, EXPLAIN_AHEAD);
	return stream;
}

/* --- the capture --- */

/* libpcap takes the stream over if it can read it. */
static bool open_pcap(struct explain_file *f, char error[EXPLAIN_ERROR_SIZE])
{
	char reason[PCAP_ERRBUF_SIZE] = "";
	FILE *stream = open_stream(f);

	if (!stream) {
		snprintf(error, EXPLAIN_ERROR_SIZE, "out of memory");
		return false;
	}
	f->pcap = pcap_fopen_offline_with_tstamp_precision(stream, PCAP_TSTAMP_PRECISION_NANO,
							   reason);
	if (f->pcap)
		return true;
	fclose(stream);
	if (f->error)
		snprintf(error, EXPLAIN_ERROR_SIZE, "%s", strerror(f->error));
	else if (!f->has_bytes)
		snprintf(error, EXPLAIN_ERROR_SIZE, "the file is empty");
	else
		snprintf(error, EXPLAIN_ERROR_SIZE, "not a capture that libpcap reads: %s", reason);
	return false;
}

static bool is_ethernet(const struct explain_file *f, char error[EXPLAIN_ERROR_SIZE])
{
	int type = pcap_datalink(f->pcap);
	const char *name = pcap_datalink_val_to_name(type);

	if (type == DLT_EN10MB)
		return true;
	if (type == DLT_LINUX_SLL || type == DLT_LINUX_SLL2)
		snprintf(error, EXPLAIN_ERROR_SIZE,
			 "a Linux cooked capture (tcpdump -i any) has no Ethernet headers: capture "
			 "on the NIC or the TAP: tcpdump -i eth0 -w FILE");
	else
		snprintf(error, EXPLAIN_ERROR_SIZE,
			 "its frames are not Ethernet, but of link type %d (%s)", type,
			 name ? name : "unknown");
	return false;
}

struct explain_file *explain_file_open(int fd, const char *tap, char error[EXPLAIN_ERROR_SIZE])
{
	struct explain_file *f = calloc(1, sizeof(*f));

	if (!f) {
		close(fd);
		snprintf(error, EXPLAIN_ERROR_SIZE, "out of memory");
		return NULL;
	}
	f->fd = fd;
	f->blocks = explain_blocks_create(tap);
	if (!f->blocks)
		snprintf(error, EXPLAIN_ERROR_SIZE, "out of memory");
	else if (open_pcap(f, error) && is_ethernet(f, error))
		return f;
	explain_file_close(f);
	return NULL;
}

void explain_file_close(struct explain_file *f)
{
	if (!f)
		return;
	if (f->pcap)
		pcap_close(f->pcap);
	explain_blocks_destroy(f->blocks);
	close(f->fd);
	free(f);
}

/* The file may say any time. */
static int64_t nanoseconds(const struct timeval *t)
{
	int64_t ns;

	if (__builtin_mul_overflow((int64_t)t->tv_sec, (int64_t)1000000000, &ns) ||
	    __builtin_add_overflow(ns, (int64_t)t->tv_usec, &ns))
		return INT64_MAX;
	return ns;
}

int explain_file_next(struct explain_file *f, struct explain_packet *packet,
		      char error[EXPLAIN_ERROR_SIZE])
{
	struct pcap_pkthdr *header;
	const u_char *data;
	int rc = pcap_next_ex(f->pcap, &header, &data);

	if (rc == PCAP_ERROR_BREAK)
		return 0;
	if (rc != 1) {
		snprintf(error, EXPLAIN_ERROR_SIZE, "%s",
			 f->error ? strerror(f->error) : pcap_geterr(f->pcap));
		return -1;
	}
	*packet = (struct explain_packet){ .data = data,
					   .captured = header->caplen,
					   .len = header->len,
					   .ns = nanoseconds(&header->ts) };
	if (packet->len < packet->captured)
		packet->len = packet->captured;
	explain_blocks_next(f->blocks, header->caplen, &packet->origin);
	return 1;
}
