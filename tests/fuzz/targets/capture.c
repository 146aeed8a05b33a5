/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capture: a file that `clusterarpctl explain` reads: pcap and pcapng. All of its output must be
 * safe for a terminal, and with --json it must be JSON.
 *
 * An input: a byte of options (enum options), then the file.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "explain/explain.h"
#include "target.h"

#define CONFIGS 4

enum options {
	CONFIG = 3 << 0, /* which of the CONFIGS */
	SIDE = 3 << 2,   /* enum explain_side, modulo 3 */
	JSON = 1 << 4,
};

#define FILE_NAME "capture.pcapng"

static const char *const names[CONFIGS] = { "both.conf", "strict.conf", "shares.conf",
					    "cluster.conf" };
static const char *const keys[CONFIGS] = { "", "strict = yes\narp = directed\n",
					   "shares = static\nforward = yes\n",
					   "source_mac = cluster\nadvertise = all\n" };

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	char text[1024];
	int len;

	(void)argc;
	(void)argv;
	target_enter_folder();
	for (size_t i = 0; i < CONFIGS; i++) {
		len = snprintf(text, sizeof(text),
			       "[cluster]\ninterface = eth0\naddress = 12.12.4.100/24, "
			       "2001:db8::100/64\nmac = 02:bf:aa:bb:cc:dd\n%s"
			       "[node alpha]\naddress = 12.12.4.101/24, 2001:db8::101/64\n"
			       "[node beta]\naddress = 12.12.4.102/24, 2001:db8::102/64\n"
			       "[node gamma]\naddress = 12.12.4.103/24, 2001:db8::103/64\n",
			       keys[i]);
		target_write(names[i], (const uint8_t *)text, (size_t)len);
	}
	return 0;
}

static void check_json(const char *text, size_t size)
{
	json_t *json = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);

	target_check(json_is_object(json), "not JSON: %s", text);
	json_decref(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct target_input in = { data, size };
	unsigned options = target_byte(&in);
	struct explain job = { .file = FILE_NAME,
			       .config = names[options & CONFIG],
			       .node = "alpha",
			       .side = (enum explain_side)(((options & SIDE) >> 2) % 3),
			       .is_json = options & JSON };
	struct target_output output;
	int rc;

	target_write(FILE_NAME, in.data, in.size);
	target_output_begin(&output);
	rc = explain(&job);
	target_output_end(&output);
	target_check(rc == (output.err_size > 0), "exit status %d, but: %s", rc, output.err);
	if (job.is_json)
		check_json(output.out, output.out_size);
	target_output_free(&output);
	unlink(FILE_NAME);
	return 0;
}
