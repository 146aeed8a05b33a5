/* SPDX-License-Identifier: GPL-2.0-or-later */
/* problems: what is wrong now; see problems.h. */
#include "report/problems.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct problems {
	struct problem list[PROBLEMS_MAX]; /* the critical ones first */
	size_t count;
};

struct problems *problems_create(void)
{
	return calloc(1, sizeof(struct problems));
}

void problems_destroy(struct problems *p)
{
	free(p);
}

static size_t find(const struct problems *p, const char *id)
{
	size_t i;

	for (i = 0; i < p->count; i++)
		if (!strcmp(p->list[i].id, id))
			break;
	return i;
}

static void remove_at(struct problems *p, size_t i)
{
	p->count--;
	memmove(&p->list[i], &p->list[i + 1], (p->count - i) * sizeof(p->list[0]));
}

/* Insert it behind those of its severity. If the list is full, the last problem is dropped. */
static bool insert(struct problems *p, const struct problem *problem)
{
	size_t i = p->count;

	while (i && p->list[i - 1].severity < problem->severity)
		i--;
	if (i == PROBLEMS_MAX)
		return false;
	if (p->count == PROBLEMS_MAX)
		p->count--;
	memmove(&p->list[i + 1], &p->list[i], (p->count - i) * sizeof(p->list[0]));
	p->list[i] = *problem;
	p->count++;
	return true;
}

static void clean(char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

static bool set(struct problems *p, const struct problem *problem)
{
	size_t i = find(p, problem->id);
	bool is_news;

	if (i < p->count && p->list[i].severity == problem->severity) {
		is_news = strcmp(p->list[i].text, problem->text) != 0;
		p->list[i] = *problem;
		return is_news;
	}
	if (i < p->count)
		remove_at(p, i);
	return insert(p, problem);
}

bool problems_set(struct problems *p, const char *id, enum problem_severity severity,
		  const char *format, ...)
{
	struct problem problem = { .id = id, .severity = severity };
	va_list args;

	va_start(args, format);
	vsnprintf(problem.text, sizeof(problem.text), format, args);
	va_end(args);
	clean(problem.text);
	return set(p, &problem);
}

bool problems_set_until(struct problems *p, uint64_t until, const char *id,
			enum problem_severity severity, const char *format, ...)
{
	struct problem problem = { .id = id, .severity = severity, .until = until };
	va_list args;

	va_start(args, format);
	vsnprintf(problem.text, sizeof(problem.text), format, args);
	va_end(args);
	clean(problem.text);
	return set(p, &problem);
}

void problems_expire(struct problems *p, uint64_t now)
{
	size_t i = p->count;

	while (i--) {
		if (p->list[i].until && now >= p->list[i].until)
			remove_at(p, i);
	}
}

bool problems_clear(struct problems *p, const char *id)
{
	size_t i = find(p, id);

	if (i == p->count)
		return false;
	remove_at(p, i);
	return true;
}

size_t problems_count(const struct problems *p)
{
	return p->count;
}

const struct problem *problems_get(const struct problems *p, size_t index)
{
	return &p->list[index];
}

const char *problems_severity_name(enum problem_severity severity)
{
	return severity == PROBLEM_CRITICAL ? "critical" : "warning";
}
