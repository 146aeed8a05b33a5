/* SPDX-License-Identifier: GPL-2.0-or-later */
/* scarce: see scarce.h. By ld's --wrap, malloc() is __wrap_malloc() here, and __real_malloc() what
 * it was. */
#include "scarce.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>

/* The return types are the same in both: the real function, and the one in its place. */
#define WRAPPED(type, name, parameters) \
	type __real_##name parameters;  \
	type __wrap_##name parameters;  \
	type __wrap_##name parameters

static bool is_scarce;
static unsigned calls, failing;

void scarce_begin(unsigned number)
{
	is_scarce = true;
	calls = 0;
	failing = number;
}

unsigned scarce_end(void)
{
	is_scarce = false;
	failing = 0;
	return calls;
}

bool scarce_pause(void)
{
	bool was_scarce = is_scarce;

	is_scarce = false;
	return was_scarce;
}

void scarce_resume(bool was_scarce)
{
	is_scarce = was_scarce;
}

/* FNV-1a, so that similar inputs choose differently. */
unsigned scarce_choose(const uint8_t *data, size_t size, unsigned count)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ data[i]) * 16777619u;
	return count ? 1 + hash % count : 0;
}

/* Does this call fail? Then errno is set. */
static bool fails(int error)
{
	if (!is_scarce || ++calls != failing)
		return false;
	errno = error;
	return true;
}

/* --- memory --- */

WRAPPED(void *, malloc, (size_t size))
{
	return fails(ENOMEM) ? NULL : __real_malloc(size);
}

WRAPPED(void *, calloc, (size_t count, size_t size))
{
	return fails(ENOMEM) ? NULL : __real_calloc(count, size);
}

WRAPPED(void *, realloc, (void *memory, size_t size))
{
	return fails(ENOMEM) ? NULL : __real_realloc(memory, size);
}

WRAPPED(void *, reallocarray, (void *memory, size_t count, size_t size))
{
	return fails(ENOMEM) ? NULL : __real_reallocarray(memory, count, size);
}

WRAPPED(char *, strdup, (const char *text))
{
	return fails(ENOMEM) ? NULL : __real_strdup(text);
}

WRAPPED(char *, strndup, (const char *text, size_t most))
{
	return fails(ENOMEM) ? NULL : __real_strndup(text, most);
}

int __wrap_asprintf(char **text, const char *format, ...) __attribute__((format(printf, 2, 3)));
int __wrap_asprintf(char **text, const char *format, ...)
{
	va_list args;
	int rc;

	if (fails(ENOMEM))
		return -1; /* *text is undefined */
	va_start(args, format);
	rc = vasprintf(text, format, args);
	va_end(args);
	return rc;
}

WRAPPED(FILE *, open_memstream, (char **text, size_t *size))
{
	return fails(ENOMEM) ? NULL : __real_open_memstream(text, size);
}

/* --- files --- */

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list args;

	if (fails(EMFILE))
		return -1;
	if (flags & O_CREAT) {
		va_start(args, flags);
		mode = va_arg(args, mode_t);
		va_end(args);
	}
	return __real_open(path, flags, mode);
}

WRAPPED(FILE *, fopen, (const char *path, const char *mode))
{
	return fails(EMFILE) ? NULL : __real_fopen(path, mode);
}

WRAPPED(FILE *, fdopen, (int fd, const char *mode))
{
	return fails(ENOMEM) ? NULL : __real_fdopen(fd, mode);
}

/* What was written finds no room on the disk only now. */
WRAPPED(int, fclose, (FILE * f))
{
	bool is_full = fails(ENOSPC);
	int rc = __real_fclose(f);

	if (is_full)
		errno = ENOSPC;
	return is_full ? EOF : rc;
}

WRAPPED(ssize_t, pwrite, (int fd, const void *data, size_t size, off_t at))
{
	return fails(ENOSPC) ? -1 : __real_pwrite(fd, data, size, at);
}

WRAPPED(int, rename, (const char *from, const char *to))
{
	return fails(ENOSPC) ? -1 : __real_rename(from, to);
}
