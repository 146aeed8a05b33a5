/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * log: write log lines to stderr, with <N> priorities if the service manager reads them; or to a
 * sink (syslog).
 *
 * The macros come in pairs: log_X(format, …) and log_X_errno(error, format, …). The latter appends
 * ": " and the text of `error`, a positive errno value.
 */
#ifndef CLUSTERARPD_BASE_LOG_H
#define CLUSTERARPD_BASE_LOG_H

#include <stdbool.h>

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_NOTICE,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG
};

/* How lines on stderr begin: with the program's name; with the local time and the name; or with
 * "<N>" (sd-daemon(3)). */
enum log_style { LOG_STYLE_NAME, LOG_STYLE_TIME, LOG_STYLE_JOURNAL };

/* Lines less severe than `level` are not written; the initial level is LOG_LEVEL_NOTICE. Control
 * characters are written as '?'. */
void log_init(enum log_level level, enum log_style style);
/* The name in LOG_STYLE_NAME and LOG_STYLE_TIME, which is not copied; first "clusterarpd". */
void log_set_program(const char *name);
/* `sink` gets the lines, without a newline, each with its priority as in syslog(3). Lines that it
 * does not take (false) go to stderr; with `also_stderr` all do. */
void log_set_sink(bool (*sink)(int priority, const char *text), bool also_stderr);
bool log_enabled(enum log_level level);
/* "error" to "debug"; NULL ends the list. */
extern const char *const log_level_names[];
/* The name of the present level. */
const char *log_level_name(void);
/* Set the level by its name. False: there is no such level. */
bool log_set_level(const char *name);

void log_write(enum log_level level, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#define log_error(...)                log_write(LOG_LEVEL_ERROR, 0, __VA_ARGS__)
#define log_error_errno(error, ...)   log_write(LOG_LEVEL_ERROR, error, __VA_ARGS__)
#define log_warning(...)              log_write(LOG_LEVEL_WARNING, 0, __VA_ARGS__)
#define log_warning_errno(error, ...) log_write(LOG_LEVEL_WARNING, error, __VA_ARGS__)
#define log_notice(...)               log_write(LOG_LEVEL_NOTICE, 0, __VA_ARGS__)
#define log_info(...)                 log_write(LOG_LEVEL_INFO, 0, __VA_ARGS__)
#define log_debug(...)                                              \
	do {                                                        \
		if (log_enabled(LOG_LEVEL_DEBUG))                   \
			log_write(LOG_LEVEL_DEBUG, 0, __VA_ARGS__); \
	} while (0)
#define log_debug_errno(error, ...) log_write(LOG_LEVEL_DEBUG, error, __VA_ARGS__)

#endif
