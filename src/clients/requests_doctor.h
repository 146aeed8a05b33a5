/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * requests_doctor: the requests about the doctor (SPEC 12), which takes some seconds: one begins a
 * run, the others ask for its result.
 *
 *   {"command": "doctor"}            begins a run, or joins the one that goes on:
 *                                    {"doctor": {"run": N, "done": false}}
 *   {"command": "doctor", "run": N}  the same while it goes on; then the result, with "done": true;
 *                                    refused if there is none: after a reload, or another run
 */
#ifndef CLUSTERARPD_CLIENTS_REQUESTS_DOCTOR_H
#define CLUSTERARPD_CLIENTS_REQUESTS_DOCTOR_H

#include <jansson.h>

#include "clients/control.h"
#include "probe/doctor.h"

void requests_doctor_answer(struct doctor *doctor, struct control_client *client,
			    const json_t *request);

#endif
