/* SPDX-License-Identifier: GPL-2.0-or-later */
/* log: write log lines to stderr or to a sink; see log.h. */
#include "base/log.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES 1024

/* Level and format are per process, as stderr is. */
static enum log_level max_level = LOG_LEVEL_NOTICE;
static enum log_style style;
static const char *program = "clusterarpd";
static bool (*sink)(int priority, const char *text);
static bool is_on_stderr_too; /* what the sink takes, as well */

const char *const log_level_names[] = {
	[LOG_LEVEL_ERROR] = "error", [LOG_LEVEL_WARNING] = "warning", [LOG_LEVEL_NOTICE] = "notice",
	[LOG_LEVEL_INFO] = "info",   [LOG_LEVEL_DEBUG] = "debug",     NULL,
};

static const int priorities[] = {
	[LOG_LEVEL_ERROR] = LOG_ERR,     [LOG_LEVEL_WARNING] = LOG_WARNING,
	[LOG_LEVEL_NOTICE] = LOG_NOTICE, [LOG_LEVEL_INFO] = LOG_INFO,
	[LOG_LEVEL_DEBUG] = LOG_DEBUG,
};

void log_init(enum log_level level, enum log_style stderr_style)
{
	max_level = level;
	style = stderr_style;
}

void log_set_program(const char *name)
{
	program = name;
}

void log_set_sink(bool (*new_sink)(int priority, const char *text), bool also_stderr)
{
	sink = new_sink;
	is_on_stderr_too = also_stderr;
}

bool log_enabled(enum log_level level)
{
	return level <= max_level;
}

const char *log_level_name(void)
{
	return log_level_names[max_level];
}

bool log_set_level(const char *name)
{
	for (enum log_level level = LOG_LEVEL_ERROR; level <= LOG_LEVEL_DEBUG; level++) {
		if (strcmp(name, log_level_names[level]) != 0)
			continue;
		max_level = level;
		return true;
	}
	return false;
}

/* Append to `line`, which stays NUL-terminated, with room for a newline. */
static void append(char *line, size_t *used, const char *format, va_list args)
{
	size_t room = LINE_MAX_BYTES - 1 - *used;
	int n = vsnprintf(line + *used, room, format, args);

	if (n > 0)
		*used += (size_t)n < room ? (size_t)n : room - 1;
}

static void append_text(char *line, size_t *used, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void append_text(char *line, size_t *used, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	append(line, used, format, args);
	va_end(args);
}

/* RFC 3339, local time. */
static void append_time(char *line, size_t *used)
{
	struct timespec now;
	struct tm tm;
	char text[32];
	long minutes;

	clock_gettime(CLOCK_REALTIME, &now);
	localtime_r(&now.tv_sec, &tm);
	minutes = labs(tm.tm_gmtoff) / 60;
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	append_text(line, used, "%s.%03ld%c%02ld:%02ld ", text, now.tv_nsec / 1000000,
		    tm.tm_gmtoff < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

/* One write(2) per line, so that lines of two processes do not mix. A full disk, a closed pipe or a
 * blocked reader must not stop the daemon: the line is then lost. */
static void write_stderr(enum log_level level, const char *text)
{
	char line[LINE_MAX_BYTES];
	size_t used = 0;

	if (style == LOG_STYLE_TIME)
		append_time(line, &used);
	if (style == LOG_STYLE_JOURNAL)
		append_text(line, &used, "<%d>", priorities[level]);
	else
		append_text(line, &used, "%s: ", program);
	append_text(line, &used, "%s", text);
	line[used++] = '\n';
	if (poll(&(struct pollfd){ .fd = STDERR_FILENO, .events = POLLOUT }, 1, 0) == 1 &&
	    write(STDERR_FILENO, line, used) < 0)
		return;
}

/* What a terminal would act upon: the names of interfaces and files may have it. */
static void clean(char *text)
{
	unsigned char *c = (unsigned char *)text;

	for (; *c; c++)
		if (*c < ' ' || *c == 0x7f)
			*c = '?';
		else if (c[0] == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0) /* C1, in UTF-8 */
			c[0] = c[1] = '?';
}

void log_write(enum log_level level, int error, const char *format, ...)
{
	char text[LINE_MAX_BYTES];
	size_t used = 0;
	va_list args;

	if (!log_enabled(level))
		return;
	va_start(args, format);
	append(text, &used, format, args);
	va_end(args);
	if (error)
		append_text(text, &used, ": %s", strerror(error));
	clean(text);
	if (!sink || !sink(priorities[level], text) || is_on_stderr_too)
		write_stderr(level, text);
}
