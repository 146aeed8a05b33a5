/* SPDX-License-Identifier: GPL-2.0-or-later */
/* target: what the libFuzzer targets share; see target.h. */
#include "target.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A stack for a check that fails; and what was freed is kept for a while, but not so much that it
 * takes the machine's memory. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "handle_abort=1:quarantine_size_mb=64";
}

/* With -close_fd_mask stderr leads nowhere: whatever the product prints is not looked at. */
static int messages = STDERR_FILENO;

__attribute__((constructor)) static void keep_stderr(void)
{
	messages = dup(STDERR_FILENO);
}

void target_check(bool holds, const char *format, ...)
{
	va_list args;

	if (holds)
		return;
	va_start(args, format);
	dprintf(messages, "target: ");
	vdprintf(messages, format, args);
	dprintf(messages, "\n");
	va_end(args);
	abort();
}

void *target_must(void *memory)
{
	target_check(memory, "the target itself has failed");
	return memory;
}

uint8_t *target_copy(const uint8_t *data, size_t size)
{
	uint8_t *copy = target_must(malloc(size));

	if (size)
		memcpy(copy, data, size);
	return copy;
}

static struct target_input take(struct target_input *in, size_t size)
{
	struct target_input part = { in->data, size };

	in->data += size;
	in->size -= size;
	return part;
}

uint8_t target_byte(struct target_input *in)
{
	return in->size ? *take(in, 1).data : 0;
}

struct target_input target_until(struct target_input *in, uint8_t end)
{
	const uint8_t *at = in->size ? memchr(in->data, end, in->size) : NULL;
	struct target_input part = take(in, at ? (size_t)(at - in->data) : in->size);

	target_byte(in);
	return part;
}

struct target_input target_part(struct target_input *in)
{
	size_t size = (size_t)target_byte(in) << 8;

	size |= target_byte(in);
	return take(in, size < in->size ? size : in->size);
}

void target_check_text(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		target_check((text[i] >= ' ' && text[i] <= '~') || text[i] == '\n' ||
				     text[i] == '\t',
			     "prints the byte 0x%02x: %s", (unsigned char)text[i], text);
}

void target_output_begin(struct target_output *o)
{
	o->stdout_before = stdout;
	o->stderr_before = stderr;
	stdout = target_must(open_memstream(&o->out, &o->out_size));
	stderr = target_must(open_memstream(&o->err, &o->err_size));
}

void target_output_end(struct target_output *o)
{
	fclose(stdout);
	fclose(stderr);
	stdout = o->stdout_before;
	stderr = o->stderr_before;
	target_check_text(o->out, o->out_size);
	target_check_text(o->err, o->err_size);
}

void target_output_free(struct target_output *o)
{
	free(o->out);
	free(o->err);
}

void target_enter_folder(void)
{
	const char *parent = getenv("TMPDIR");
	char *folder;

	target_check(asprintf(&folder, "%s/target.XXXXXX", parent ? parent : "/tmp") > 0,
		     "no memory");
	target_must(mkdtemp(folder));
	target_check(!chdir(folder), "cannot work in %s", folder);
	free(folder);
}

void target_write(const char *file, const uint8_t *data, size_t size)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	target_check(fd >= 0 && write(fd, data, size) == (ssize_t)size, "cannot write %s", file);
	close(fd);
}
