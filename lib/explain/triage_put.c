/* SPDX-License-Identifier: Apache-2.0 */
/* The answer of POST /ai/triage. */
#include "explain/triage.h"

const char *
triage_label(int severity)
{
	return severity >= 85 ? "critical" : severity >= 70 ? "high" :
	    severity >= 50 ? "medium" : severity >= 30 ? "low" :
	    "informational";
}

static void
put_factors(struct jw *w, const struct triage_alert *al)
{
	size_t i;

	jw_key(w, "factors");
	jw_array(w);
	for (i = 0; i < al->n_factors; i++) {
		jw_object(w);
		jw_key_c(w, "name", al->factors[i].name);
		jw_key_n(w, "points", (double)al->factors[i].points / 100);
		jw_key_s(w, "because", al->factors[i].because);
		jw_object_end(w);
	}
	jw_array_end(w);
}

static void
put_chain(struct jw *w, const struct triage_alert *al)
{
	char id[CHAIN_ID_TEXT];

	if (al->has_chain)
		chain_id_text(al->chain, id);
	jw_key_c(w, "chain_id", al->has_chain ? id : NULL);
	jw_key_c(w, "chain_confidence", al->has_chain ?
	    grade_name(al->grade) : NULL);
}

static void
put_alert(struct jw *w, const struct suppress *s,
    const struct triage_alert *alerts, size_t i)
{
	const struct triage_alert *al = &alerts[i];

	jw_object(w);
	jw_key_s(w, "alert_id", al->alert_id);
	jw_key_i(w, "rank", (int64_t)al->rank);
	jw_key_i(w, "severity", al->severity);
	jw_key_c(w, "severity_label", triage_label(al->severity));
	jw_key_n(w, "points", (double)al->points / 100);
	jw_key(w, "probability");
	if (al->probability < 0)
		jw_null(w);
	else
		jw_num(w, al->probability);
	put_factors(w, al);
	put_chain(w, al);
	jw_key_c(w, "recommended_action", al->action);
	jw_key_b(w, "known", al->known);
	jw_key(w, "repeat_of");
	if (al->row == i)
		jw_null(w);
	else
		jw_str(w, alerts[al->row].alert_id);
	jw_key_i(w, "repeats", (int64_t)al->repeats);
	jw_key(w, "suppressed");
	suppress_put(w, s, &al->suppressed);
	jw_object_end(w);
}

void
triage_put(struct jw *w, const struct suppress *s,
    const struct triage_alert *alerts, size_t n, const size_t *order)
{
	size_t i;
	int64_t rows = 0;

	jw_key(w, "alerts");
	jw_array(w);
	for (i = 0; i < n; i++)
		put_alert(w, s, alerts, order[i]);
	jw_array_end(w);
	jw_key(w, "order");
	jw_array(w);
	for (i = 0; i < n; i++) {
		jw_str(w, alerts[order[i]].alert_id);
		rows += alerts[i].row == i;
	}
	jw_array_end(w);
	jw_key_i(w, "rows", rows);
}
