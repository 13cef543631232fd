/* SPDX-License-Identifier: Apache-2.0 */
/* The formats: a line each. */
#include "export/inner.h"

#define STIX_TYPE "application/stix+json;version=2.1"

static const struct export_format formats[] = {
	{ "stix", STIX_TYPE, "stix.json", EXPORT_FACTS, write_stix },
	{ "attack-flow", STIX_TYPE, "flow.json", EXPORT_FACTS, write_attack_flow },
	{ "navigator", "application/json", "layer.json", EXPORT_FACTS,
	    write_navigator },
	{ "ocsf", "application/json", "ocsf.json", EXPORT_FACTS, write_ocsf },
	{ "dot", "text/vnd.graphviz; charset=utf-8", "dot", EXPORT_FACTS, write_dot },
	{ "graphml", "application/graphml+xml", "graphml", EXPORT_FACTS,
	    write_graphml },
	{ "md", "text/markdown; charset=utf-8", "md", EXPORT_FOR_ANALYST,
	    write_markdown },
	{ "html", "text/html; charset=utf-8", "html", EXPORT_FOR_EXECUTIVE,
	    write_html },
};

const struct export_format *
export_formats(size_t *n)
{
	*n = COUNT(formats);
	return formats;
}

const struct export_format *
export_format(struct str name)
{
	size_t i;

	for (i = 0; i < COUNT(formats); i++)
		if (str_is(name, formats[i].name))
			return &formats[i];
	return NULL;
}

const char *
export_names(void)
{
	return "json, stix, attack-flow, navigator, ocsf, dot, graphml, md, "
	    "html";
}

enum rc
export_chain(const struct export_format *f, struct arena *a,
    const struct export_input *in, struct buf *out)
{
	struct subject s = { .a = a, .out = out, .chain = in->chain,
		.findings = in->findings, .born_ns = in->born_ns,
		.at_ns = in->at_ns };
	enum rc rc = subject_read(&s);

	if (rc != RC_OK)
		return rc;
	f->write(&s);
	return buf_bad(out) ? RC_TOO_BIG : RC_OK;
}
