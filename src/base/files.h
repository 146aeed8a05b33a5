/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * files: opening and replacing files in directories in which others may write, too: who prepares a
 * symbolic link, a FIFO or a file of his own under the name, gains nothing by it. Sources: open(2),
 * rename(2), symlink(7).
 *
 * Those that open a file set errno on failure: ELOOP: a symbolic link, which is not followed;
 * EPERM: a file of somebody else, or one with other names as well; EINVAL: not a regular file.
 *
 * Whom files may belong to: the caller; to read, also root, and who owns the directory.
 */
#ifndef CLUSTERARPD_BASE_FILES_H
#define CLUSTERARPD_BASE_FILES_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

/* Open a regular file for reading. To be closed by fclose(3). NULL on failure. */
FILE *files_read(const char *path);
/* Replace the file, or make it, in one step, with exactly this mode: it is written as "PATH.new",
 * and renamed. `write` returns false if it cannot. 0, or a negative errno: there is what was
 * there before, and nothing beside it. -EEXIST: somebody else's PATH.new cannot be removed. */
int files_replace(const char *path, mode_t mode, bool (*write)(FILE *f, void *arg), void *arg);
/* Open a regular file of the caller's for writing in it, without changing its length. Returns the
 * descriptor, to be closed by close(2), or -1. */
int files_update(const char *path);
/* Open a regular file for writing from its beginning, or make it; one that is there must belong to
 * the caller, and gets this mode. With `may_be_fifo` a FIFO of the caller's, too, which waits for a
 * reader. Character devices, and the caller's own descriptors (/dev/stdout, /dev/fd/3), whatever
 * they are, can be named as well. Returns the descriptor, to be closed by close(2), or -1. */
int files_overwrite(const char *path, mode_t mode, bool may_be_fifo);

#endif
