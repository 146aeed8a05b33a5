/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bpf_error: libbpf's messages. All of them go to the log at level debug; the first of a call,
 * which names the cause, is kept for the caller's log line.
 *
 * The state is one per process, like libbpf's print callback.
 */
#ifndef CLUSTERARPD_BPF_BPF_ERROR_H
#define CLUSTERARPD_BPF_BPF_ERROR_H

#include <stdbool.h>

/* Register the print callback; no message is kept yet. */
void bpf_error_init(void);
/* The first message since the last bpf_error_set(""), or the text set since: one line, "" for
 * none. */
const char *bpf_error_text(void);
/* Make bpf_error_text() return `text`; "": nothing, until libbpf's next message. */
void bpf_error_set(const char *text);
/* Loading eBPF programs failed with -EPERM: set the text to what is missing. libbpf's own messages,
 * which differ between versions, guess at RLIMIT_MEMLOCK, which eBPF does not use since Linux 5.11.
 */
void bpf_error_set_permission(void);
/* While true, failures are expected, and libbpf's messages are discarded. */
void bpf_error_expect(bool expected);
/* Convert a return value of libbpf, which has error codes of its own, to a negative errno value. */
int bpf_error_from(int err);

#endif
