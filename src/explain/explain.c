/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain: a capture, frame by frame; see explain.h. */
#include "explain/explain.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "config/config_read.h"
#include "explain/explain_file.h"
#include "explain/explain_json.h"
#include "explain/explain_text.h"

/* What a run works with. */
struct run {
	const struct explain *job;
	struct explain_cluster *cluster;
	struct explain_file *file;
	struct explain_frame frame;
	struct explain_totals totals;
	uint64_t number, ms;
	char error[EXPLAIN_ERROR_SIZE];
};

static const char *file_name(const struct explain *job)
{
	return strcmp(job->file, "-") ? job->file : "<stdin>";
}

static int failed(const char *file, unsigned line, const char *why)
{
	fflush(stdout);
	if (line)
		fprintf(stderr, "clusterarpctl: %s:%u: %s\n", file, line, why);
	else
		fprintf(stderr, "clusterarpctl: %s: %s\n", file, why);
	return 1;
}

/* The same, before anything has been explained. */
static int refused(const struct explain *job, const char *file, unsigned line, const char *why)
{
	if (job->is_json)
		explain_json_refused(stdout, why, file, line);
	return failed(file, line, why);
}

/* --- the configuration --- */

/* All errors; as JSON the first one. */
static void print_errors(const struct explain *job, const struct config_report *report)
{
	const char *name = config_path_name(job->config);
	bool is_first = true;

	for (size_t i = 0; i < report->count; i++) {
		const struct config_message *m = &report->list[i];
		const char *text = m->text ?: "out of memory";

		if (!m->is_error)
			continue;
		if (is_first)
			refused(job, name, m->line, text);
		else
			failed(name, m->line, text);
		is_first = false;
	}
}

static struct config *read_config(const struct explain *job)
{
	struct config_report report = { 0 };
	struct config *config = config_read_path(job->config, &report);

	if (!config)
		print_errors(job, &report);
	config_report_clear(&report);
	return config;
}

static const struct config_node *find_self(const struct config *config, const struct explain *job)
{
	char host[256] = "", why[512];
	const struct config_node *self;

	gethostname(host, sizeof(host) - 1);
	self = config_self(config, job->node, host);
	if (self)
		return self;
	if (job->node)
		snprintf(why, sizeof(why), "the file has no [node %s] section", job->node);
	else
		snprintf(why, sizeof(why),
			 "the file has no [node %s] section for this host (see --node)", host);
	refused(job, config_path_name(job->config), 0, why);
	return NULL;
}

/* --- the capture --- */

/* The time of a frame for what has to forget. */
static uint64_t take_ms(struct run *run, int64_t ns)
{
	uint64_t ms = ns > 0 ? (uint64_t)ns / 1000000 : 0;

	if (ms > run->ms)
		run->ms = ms;
	return run->ms;
}

static bool print(struct run *run, const struct explain_packet *packet)
{
	run->number++;
	if (run->job->is_json)
		return explain_json(stdout, run->cluster, packet, &run->frame, run->number);
	explain_text(stdout, run->cluster, packet, &run->frame, &run->totals);
	return true;
}

/* Nobody reads the output any more, or the disk is full: then it is no use to go on. */
static int explain_all(struct run *run)
{
	struct explain_packet packet;
	int rc = 0;

	while (!ferror(stdout) && (rc = explain_file_next(run->file, &packet, run->error)) > 0) {
		uint64_t ms = take_ms(run, packet.ns);

		if (explain_frame(run->cluster, run->job->side, &packet, ms, &run->frame) &&
		    print(run, &packet))
			continue;
		snprintf(run->error, sizeof(run->error), "out of memory");
		return -1;
	}
	return rc;
}

static int explain_capture(struct run *run)
{
	int rc;

	if (run->job->is_json)
		explain_json_begin(stdout, run->cluster, file_name(run->job));
	rc = explain_all(run);
	if (run->job->is_json)
		explain_json_end(stdout, rc < 0 ? run->error : NULL);
	else
		explain_text_totals(stdout, &run->totals);
	explain_frame_free(&run->frame);
	return rc < 0 ? failed(file_name(run->job), 0, run->error) : 0;
}

static int open_and_explain(struct run *run, const char *tap)
{
	const struct explain *job = run->job;
	int fd = strcmp(job->file, "-") ? open(job->file, O_RDONLY | O_CLOEXEC) : dup(STDIN_FILENO);
	int rc;

	if (fd < 0)
		return refused(job, file_name(job), 0, strerror(errno));
	run->file = explain_file_open(fd, tap, run->error);
	if (!run->file)
		return refused(job, file_name(job), 0, run->error);
	rc = explain_capture(run);
	explain_file_close(run->file);
	return rc;
}

int explain(const struct explain *job)
{
	struct run run = { .job = job };
	struct config *config = read_config(job);
	const struct config_node *self = config ? find_self(config, job) : NULL;
	int rc = 1;

	if (self) {
		run.cluster = explain_cluster_create(config, self);
		rc = run.cluster ? open_and_explain(&run, config->tap)
				 : refused(job, config_path_name(job->config), 0, "out of memory");
		explain_cluster_destroy(run.cluster);
	}
	config_free(config);
	return rc;
}
