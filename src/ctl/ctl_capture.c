/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctl_capture: writes pcapng from the daemon to a file; see ctl_capture.h.
 *
 * Only whole blocks are written (draft-ietf-opsawg-pcapng), so that the file can be read at any
 * time, and is valid whenever the capture ends. The daemon runs on this host, so the byte order is
 * the host's.
 */
#include "ctl/ctl_capture.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"
#include "ctl/common/ctl_options.h"
#include "ctl/common/ctl_stream.h"
#include "ctl/common/ctl_text.h"

#define SNAPLEN_MIN     64
#define SNAPLEN_DEFAULT 256
#define SNAPLEN_MAX     262144

#define BLOCK_MIN        12
#define BLOCK_MAX        (16u * 1024 * 1024)
#define BLOCK_SECTION    0x0a0d0d0au
#define BLOCK_STATISTICS 5
#define BLOCK_PACKET     6

/* Bytes of a block before its options, or before the frame. */
#define SECTION_HEAD    24
#define STATISTICS_HEAD 20
#define PACKET_HEAD     28

#define OPTION_COMMENT 1 /* of the section */
#define OPTION_FLAGS   2 /* of a packet */
#define OPTION_DROPS   4
#define OPTION_CAME    4 /* of the statistics */
#define OPTION_LOST    5
#define OUTBOUND       2

struct job {
	const char *path;   /* of the daemon's socket */
	const char *file;   /* NULL or "-": standard output, which must not be a terminal */
	json_int_t count;   /* frames; 0: no limit */
	json_int_t snaplen; /* bytes of each */
};

struct output {
	const char *name; /* as given; NULL: stdout */
	int fd;
	/* Counts of what was written. A frame has one record per side, coming in and going out. */
	uint64_t frames, records;
	uint64_t lost_before; /* as the records tell */
	/* As the daemon tells at the end: frames that came in, and records that are lost. */
	uint64_t came, lost;
};

/* An option of a block: `size` bytes at `value`. */
typedef void option_reader(struct output *out, uint16_t code, const char *value, uint16_t size);

static uint16_t get_u16(const char *p)
{
	uint16_t value;

	memcpy(&value, p, sizeof(value));
	return value;
}

static uint32_t get_u32(const char *p)
{
	uint32_t value;

	memcpy(&value, p, sizeof(value));
	return value;
}

static uint64_t get_u64(const char *p)
{
	uint64_t value;

	memcpy(&value, p, sizeof(value));
	return value;
}

/* The options of a block, which are at `at` and to its end. */
static void read_options(struct output *out, const char *block, uint32_t len, uint64_t at,
			 option_reader *reader)
{
	uint16_t size;

	for (; at + 8 <= len; at += 4 + ((size + 3u) & ~3u)) {
		size = get_u16(block + at + 2);
		if (at + 8 + size > len)
			break;
		reader(out, get_u16(block + at), block + at + 4, size);
	}
}

static void read_section(struct output *out, uint16_t code, const char *value, uint16_t size)
{
	char *text;

	(void)out;
	if (code != OPTION_COMMENT)
		return;
	text = ctl_must(strndup(value, size));
	fputs("note: ", stderr);
	ctl_put_clean(stderr, text, false);
	putc('\n', stderr);
	free(text);
}

static void read_packet(struct output *out, uint16_t code, const char *value, uint16_t size)
{
	if (code == OPTION_FLAGS && size == 4 && (get_u32(value) & 3) == OUTBOUND)
		out->frames--;
	if (code == OPTION_DROPS && size == 8)
		out->lost_before += get_u64(value);
}

static void read_statistics(struct output *out, uint16_t code, const char *value, uint16_t size)
{
	if (code == OPTION_CAME && size == 8)
		out->came += get_u64(value);
	if (code == OPTION_LOST && size == 8)
		out->lost += get_u64(value);
}

/* Can the received bytes be the beginning of a block? */
static bool is_block(const struct ctl_answer *a)
{
	uint32_t len = get_u32(a->data + 4);

	return len >= BLOCK_MIN && len % 4 == 0 && len <= BLOCK_MAX;
}

static void count_packet(struct output *out, const char *block, uint32_t len)
{
	if (len < PACKET_HEAD + 4)
		return;
	out->records++;
	out->frames++;
	read_options(out, block, len, PACKET_HEAD + (((uint64_t)get_u32(block + 20) + 3) & ~3ull),
		     read_packet);
}

static void count_block(struct output *out, const char *block, uint32_t len)
{
	uint32_t type = get_u32(block);

	if (type == BLOCK_PACKET)
		count_packet(out, block, len);
	else if (type == BLOCK_SECTION)
		read_options(out, block, len, SECTION_HEAD, read_section);
	else if (type == BLOCK_STATISTICS)
		read_options(out, block, len, STATISTICS_HEAD, read_statistics);
}

/* How many of the first `max` bytes are whole blocks. They are counted in `out`, unless it is NULL.
 * -1: this is not pcapng. */
static ssize_t whole_blocks(const struct ctl_answer *all, size_t max, struct output *out)
{
	struct ctl_answer a = *all;
	uint32_t len;

	a.len = max;
	while (a.len >= 8) {
		if (!is_block(&a))
			return -1;
		len = get_u32(a.data + 4);
		if (a.len < len)
			break;
		if (out)
			count_block(out, a.data, len);
		ctl_use(&a, len);
	}
	return (ssize_t)(max - a.len);
}

/* Returns how many bytes were written; fewer than `len`: errno says why. */
static size_t write_all(int fd, const char *data, size_t len)
{
	size_t done = 0;
	ssize_t n;

	while (done < len) {
		n = write(fd, data + done, len - done);
		if (n > 0)
			done += (size_t)n;
		else if (n == 0 || errno != EINTR)
			break;
	}
	return done;
}

/* Remove an incomplete last block of `excess` bytes, which is possible in a regular file only. */
static void cut_off(const struct output *out, size_t excess)
{
	off_t end = lseek(out->fd, 0, SEEK_CUR);
	struct stat st;

	if (excess && end > 0 && !fstat(out->fd, &st) && S_ISREG(st.st_mode) &&
	    ftruncate(out->fd, end - (off_t)excess))
		fputs("clusterarpctl: the last frame is incomplete\n", stderr);
}

static int cannot_write(const struct output *out, int error)
{
	if (error == EPIPE)
		return EXIT_ANSWERED;
	fprintf(stderr, "clusterarpctl: %s: %s\n", out->name ? out->name : "cannot write",
		strerror(error));
	return EXIT_REFUSED;
}

/* Write the whole blocks that were received. -1: success, continue; else the exit status. */
static int write_blocks(struct output *out, struct ctl_answer *a)
{
	ssize_t len = whole_blocks(a, a->len, NULL), whole;
	size_t done;
	int error;

	if (len < 0) {
		fputs("clusterarpctl: the daemon's answer is not pcapng\n", stderr);
		return EXIT_REFUSED;
	}
	errno = 0;
	done = write_all(out->fd, a->data, (size_t)len);
	error = errno;
	whole = whole_blocks(a, done, out);
	ctl_use(a, (size_t)whole);
	if (done == (size_t)len)
		return -1;
	cut_off(out, done - (size_t)whole);
	return cannot_write(out, error);
}

/* The file is readable by its owner only, because it holds traffic of others. -1: success. */
static int open_output(struct output *out)
{
	if (!out->name)
		return -1;
	out->fd = files_overwrite(out->name, 0600, true);
	return out->fd < 0 ? cannot_write(out, errno) : -1;
}

static int refused(struct ctl_answer *a)
{
	json_t *answer;
	char *line;
	bool is_refused;

	while (!memchr(a->data, '\n', a->len) && ctl_fill(a) > 0)
		;
	line = ctl_take_line(a, true);
	answer = line ? json_loads(line, 0, NULL) : NULL;
	is_refused = ctl_is_refused(answer);
	json_decref(answer);
	free(line);
	if (!is_refused)
		fputs("clusterarpctl: the daemon's answer is not pcapng\n", stderr);
	return EXIT_REFUSED;
}

/* Wait for the first bytes: the output file is opened only once the daemon has accepted. -1:
 * success; else the exit status. */
static int begin(struct output *out, struct ctl_answer *a)
{
	enum ctl_event event = ctl_wait(a, out->name ? -1 : out->fd);

	if (event != CTL_BYTES)
		return EXIT_ANSWERED;
	if (ctl_fill(a) <= 0)
		return ctl_daemon_ended();
	return a->data[0] == '{' ? refused(a) : open_output(out);
}

/* The user stops the capture: write what the daemon still has. It then ends the file, and closes
 * the connection. */
static int drain(struct output *out, struct ctl_answer *a)
{
	int rc = -1;

	shutdown(a->fd, SHUT_WR);
	while (rc < 0 && ctl_fill(a) > 0)
		rc = write_blocks(out, a);
	return rc < 0 ? EXIT_ANSWERED : rc;
}

/* The daemon has closed the connection. If it still answers, all `count` frames have been captured.
 * (The frames written do not show this, because some may have been lost.) */
static int at_end(const struct job *job)
{
	json_t *request, *answer;
	bool is_there;

	if (!job->count)
		return ctl_daemon_ended();
	request = ctl_must(json_pack("{s:s}", "command", "version"));
	answer = ctl_ask(job->path, request);
	json_decref(request);
	is_there = answer;
	json_decref(answer);
	return is_there ? EXIT_ANSWERED : ctl_daemon_ended();
}

static int go_on(const struct job *job, struct output *out, struct ctl_answer *a)
{
	enum ctl_event event = CTL_BYTES;
	int rc = write_blocks(out, a);

	while (rc < 0 && (event = ctl_wait(a, out->fd)) == CTL_BYTES)
		rc = ctl_fill(a) > 0 ? write_blocks(out, a) : at_end(job);
	if (rc < 0)
		rc = event == CTL_STOPPED ? drain(out, a) : EXIT_ANSWERED;
	return rc;
}

static void print_counts(const struct output *out)
{
	uint64_t lost = out->lost > out->lost_before ? out->lost : out->lost_before;

	fprintf(stderr, "%" PRIu64 " frame%s captured, %" PRIu64 " record%s", out->frames,
		out->frames == 1 ? "" : "s", out->records, out->records == 1 ? "" : "s");
	if (lost)
		fprintf(stderr, ", %" PRIu64 " lost", lost);
	putc('\n', stderr);
	if (out->came > out->frames)
		fprintf(stderr, "%" PRIu64 " frame%s not captured: too slow\n",
			out->came - out->frames, out->came - out->frames == 1 ? " was" : "s were");
}

static int finish(struct output *out, int rc)
{
	if (out->name && close(out->fd) && rc == EXIT_ANSWERED)
		rc = cannot_write(out, errno);
	print_counts(out);
	return rc;
}

static int run(const struct job *job)
{
	bool is_stdout = !job->file || !strcmp(job->file, "-");
	struct output out = { .name = is_stdout ? NULL : job->file, .fd = STDOUT_FILENO };
	json_t *request;
	struct ctl_answer a;
	bool is_open;
	int rc;

	if (is_stdout && isatty(STDOUT_FILENO)) {
		fputs("clusterarpctl: capture does not write to a terminal: use -w FILE, or pipe "
		      "it:\n"
		      "clusterarpctl capture | tcpdump -e -n -r -\n",
		      stderr);
		return EXIT_USAGE;
	}
	ctl_stream_init();
	request = ctl_must(json_pack("{s:s, s:I, s:I}", "command", "capture", "count", job->count,
				     "snaplen", job->snaplen));
	is_open = ctl_open(&a, job->path, request);
	json_decref(request);
	if (!is_open)
		return ctl_no_daemon(job->path);
	rc = begin(&out, &a);
	if (rc < 0)
		rc = finish(&out, go_on(job, &out, &a));
	ctl_close(&a);
	return rc;
}

int ctl_capture_run(const struct ctl_options *o)
{
	const struct job job = {
		.path = o->socket,
		.file = ctl_option(o, CTL_WRITE),
		.count = ctl_option_count(o, CTL_COUNT, 0),
		.snaplen = ctl_option_count(o, CTL_SNAPLEN, SNAPLEN_DEFAULT),
	};

	if (job.snaplen < SNAPLEN_MIN || job.snaplen > SNAPLEN_MAX)
		return ctl_usage_error(o->command, "--snaplen needs a number from 64 to 262144");
	return run(&job);
}
