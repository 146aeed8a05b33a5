/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bpf_error: libbpf's messages. All of them go to the log at level debug; the first of a call,
 * which names the cause, is kept for the log line of whoever made the call.
 *
 * The state is the process's, as libbpf's own print callback is.
 */
#ifndef CLUSTERARPD_BPF_BPF_ERROR_H
#define CLUSTERARPD_BPF_BPF_ERROR_H

#include <stdbool.h>

/* Receive libbpf's messages from now on; none is kept yet. */
void bpf_error_init(void);
/* The first message since the last bpf_error_set(""), or the text set since: one line, "" for
 * none. */
const char *bpf_error_text(void);
/* Have bpf_error_text() return `text`; "": nothing, until libbpf complains again. */
void bpf_error_set(const char *text);
/* While true, libbpf's messages are expected and discarded. */
void bpf_error_expect(bool expected);
/* A return value of libbpf, which has error codes of its own, as a negative errno value. */
int bpf_error_from(int err);

#endif
