/* SPDX-License-Identifier: GPL-2.0-or-later */
/* share_store: the saved state of the shares; see share_store.h. */
#include "shares/share_store.h"

#include <errno.h>
#include <stdlib.h>

#include "base/keyed_lines.h"
#include "base/log.h"
#include "io/loop.h"
#include "persist/shares_state.h"

#define WISH_NONE (-1)

static char *state_text(const struct share_engine *e, int wish, size_t *size)
{
	char *text = NULL;
	FILE *f = open_memstream(&text, size);
	bool is_whole;

	if (!f)
		return NULL;
	fprintf(f, "wish %d\n", wish - WISH_NONE);
	is_whole = share_engine_save(e, loop_now(), f);
	if (!fclose(f) && is_whole)
		return text;
	free(text);
	return NULL;
}

int share_store_save(const char *path, const struct share_engine *e, int wish)
{
	size_t size;
	char *text = state_text(e, wish, &size);
	int rc = -ENOMEM;

	if (text)
		rc = shares_state_write(path, shares_lease(e->shares), text, size);
	else
		shares_state_remove(path);
	free(text);
	return rc;
}

int share_store_save_lease(const char *path, const struct share_engine *e, int wish)
{
	return shares_state_write_lease(path, shares_lease(e->shares))
		       ? share_store_save(path, e, wish)
		       : 0;
}

static int read_state(struct share_engine *e, uint64_t lease, int *wish, FILE *in)
{
	struct keyed_lines lines = { .in = in };
	uint64_t number;
	int rc = -EBADMSG;

	if (keyed_lines_number(&lines, "wish", SHARES_WEIGHT_MAX - WISH_NONE, &number))
		rc = share_engine_restore(e, lease, loop_now(), in);
	keyed_lines_clear(&lines);
	if (!rc || rc == -EXDEV)
		*wish = (int)number + WISH_NONE;
	return rc;
}

int share_store_restore(const char *path, struct share_engine *e, int *wish)
{
	uint64_t lease;
	FILE *in;
	int rc = shares_state_open(path, &lease, &in);

	if (!rc) {
		rc = read_state(e, lease, wish, in);
		fclose(in);
	}
	if (rc == -EBADMSG)
		log_warning("%s: not a state of the shares: it is ignored", path);
	else if (rc && rc != -ENOENT && rc != -ESTALE && rc != -EXDEV)
		log_warning_errno(-rc, "%s: the state of the shares is ignored", path);
	if (rc)
		shares_state_remove(path);
	return rc;
}
