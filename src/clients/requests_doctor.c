/* SPDX-License-Identifier: GPL-2.0-or-later */
/* requests_doctor: the requests about the doctor; see requests_doctor.h. */
#include "clients/requests_doctor.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "report/report_line.h"

/* Without a way in which it was not asked. */
static json_t *way_json(const struct diagnosis_way_facts *f)
{
	if (!f->asked)
		return NULL;
	return json_pack("{s:i, s:i, s:i}", "asked", (int)f->asked, "answered", (int)f->answered,
			 "doubled", (int)f->doubled);
}

static json_t *peer_json(const struct diagnosis_peer *p)
{
	json_t *object = json_object();
	char ip[IP_STRLEN];

	json_object_set_new(object, "name", json_string(p->name));
	json_object_set_new(object, "address",
			    p->address.family ? json_string(ip_format(&p->address, ip))
					      : json_null());
	for (int way = 0; way < DIAGNOSIS_WAYS; way++)
		if (p->ways[way].asked)
			json_object_set_new(object, diagnosis_way_name(way),
					    way_json(&p->ways[way]));
	json_object_set_new(object, "heard", json_boolean(p->is_heard));
	if (p->has_other)
		json_object_set_new(object, "other_lladdr", report_line_mac(&p->other));
	return object;
}

static json_t *peers_json(const struct diagnosis_facts *facts)
{
	json_t *list = json_array();

	for (size_t i = 0; i < facts->count; i++)
		json_array_append_new(list, peer_json(&facts->peers[i]));
	return list;
}

/* NULL: out of memory. */
static json_t *findings_json(const struct diagnosis_facts *facts)
{
	struct diagnosis_finding *findings =
		calloc(DIAGNOSIS_FINDINGS_MAX(facts->count), sizeof(*findings));
	size_t count = findings ? diagnosis_make(facts, findings) : 0;
	json_t *list = findings ? json_array() : NULL;

	for (size_t i = 0; i < count; i++) {
		const struct diagnosis_finding *f = &findings[i];
		json_t *peer =
			f->peer == SIZE_MAX ? json_null() : json_string(facts->peers[f->peer].name);

		json_array_append_new(list, json_pack("{s:s, s:o, s:s}", "id", f->id, "peer", peer,
						      "text", f->text));
	}
	free(findings);
	return list;
}

static json_t *result_json(unsigned run, const struct diagnosis_facts *facts)
{
	json_t *findings = findings_json(facts);

	if (!findings)
		return NULL;
	return json_pack("{s:{s:i, s:b, s:i, s:b, s:i, s:i, s:{s:i, s:i}, s:o, s:o}}", "doctor",
			 "run", (int)run, "done", true, "mtu", (int)facts->mtu, "running",
			 facts->can_send, "loops", (int)facts->loops, "twins", (int)facts->twins,
			 "outsiders", "asked", (int)facts->outsiders_asked, "answered",
			 (int)facts->outsiders_answered, "peers", peers_json(facts), "findings",
			 findings);
}

static json_t *pending_json(unsigned run)
{
	return json_pack("{s:{s:i, s:b}}", "doctor", "run", (int)run, "done", false);
}

static void answer_line(struct control_client *client, char *line)
{
	if (!line)
		line = report_line_refusal("out of memory");
	if (line)
		control_answer(client, line);
}

static void answer_run(struct doctor *doctor, struct control_client *client, json_int_t run)
{
	const struct diagnosis_facts *facts = NULL;

	if (run > 0 && run <= UINT32_MAX)
		facts = doctor_facts(doctor, (unsigned)run);
	if (facts)
		answer_line(client, report_line(result_json((unsigned)run, facts)));
	else if (doctor_is_running(doctor) && doctor_start(doctor) == run)
		answer_line(client, report_line(pending_json((unsigned)run)));
	else
		answer_line(client, report_line_refusal("there is no result of this examination: "
							"the configuration was reloaded "
							"meanwhile, or others were begun"));
}

void requests_doctor_answer(struct doctor *doctor, struct control_client *client,
			    const json_t *request)
{
	const json_t *run = json_object_get(request, "run");
	unsigned number;

	if (json_is_integer(run)) {
		answer_run(doctor, client, json_integer_value(run));
		return;
	}
	number = doctor_start(doctor);
	answer_line(client, number ? report_line(pending_json(number)) : NULL);
}
