/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctl_shares: the command `shares`: which node answers which client (SPEC 11): shows it, drains
 * this node, and gives orders as a driver does.
 */
#ifndef CLUSTERARPD_CTL_CTL_SHARES_H
#define CLUSTERARPD_CTL_CTL_SHARES_H

#include <jansson.h>
#include <stdbool.h>

/* Its own options. */
enum ctl_shares_option {
	CTL_SHARES_WAIT,
	CTL_SHARES_EPOCH,
	CTL_SHARES_TTL,
	CTL_SHARES_DEAD,   /* may be repeated */
	CTL_SHARES_ASKING, /* without a value */
	CTL_SHARES_OPTIONS
};

struct ctl_shares {
	const char *socket;
	bool json;
	const char *values[CTL_SHARES_OPTIONS]; /* as given; the last one; NULL: not given */
	char **words;                           /* the arguments after `shares` */
	int count;
	/* private */
	json_t *request, *dead;
	double wait; /* s */
};

/* Take an option; `value`: "" if it has none. False after a line on stderr: no valid value. */
bool ctl_shares_take(struct ctl_shares *s, enum ctl_shares_option option, const char *value);
/* Check `words` and the options together. False after a line on stderr. */
bool ctl_shares_check(struct ctl_shares *s);
/* Ask, and print the answer. After ctl_shares_check(). Returns the exit status. */
int ctl_shares_run(const struct ctl_shares *s);
void ctl_shares_free(struct ctl_shares *s);

#endif
