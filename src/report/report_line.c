/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report_line: lines of JSON; see report_line.h. */
#include "report/report_line.h"

#include "config/config.h"

json_t *report_line_mac(const struct mac *m)
{
	char text[MAC_STRLEN];

	return json_string(mac_format(m, text));
}

json_t *report_line_name(const char *name)
{
	char text[CONFIG_ALTNAME_MAX + 1];
	size_t i;

	for (i = 0; name[i] && i < sizeof(text) - 1; i++)
		text[i] = name[i] > ' ' && name[i] <= '~' ? name[i] : '?';
	text[i] = '\0';
	return json_string(text);
}

char *report_line(json_t *root)
{
	char *line;

	json_object_set_new(root, "schema_version", json_integer(REPORT_SCHEMA_VERSION));
	line = json_dumps(root, JSON_COMPACT);
	json_decref(root);
	return line;
}

char *report_line_refusal(const char *message)
{
	return report_line(json_pack("{s:{s:s}}", "error", "message", message));
}
