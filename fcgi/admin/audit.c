/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /admin/audit         200 {"lines","next_cursor"}, newest first; ?tenant=
 *                          &who= &what= &since= &until= &limit= &cursor=
 * GET /admin/audit/verify  200 {"ok","lines","head","faults"}, operators
 *
 * A tenant's administrator sees the tenant's lines alone, an operator's session
 * all of the server's, those of no tenant included.
 */
#include "panel.h"

#include "base/hash.h"

static void
line_json(struct jw *w, const struct audit_line *l)
{
	char hex[SHA256_HEX];

	jw_object(w);
	jw_key_i(w, "seq", l->seq);
	panel_time(w, "at", l->at_ns);
	jw_key_s(w, "who", l->who);
	jw_key(w, "tenant");
	if (l->tenant == 0)
		jw_null(w);
	else
		jw_str(w, l->tenant_name);
	jw_key_s(w, "what", l->what);
	jw_key_s(w, "detail", l->detail);
	hex_text(l->hash, sizeof(l->hash), hex);
	jw_key_c(w, "hash", hex);
	jw_object_end(w);
}

static enum rc
query_read(struct app *app, const struct request *rq, struct reply *rp,
    struct audit_query *q)
{
	struct tenant t;
	bool has;
	enum rc rc = RC_OK;

	*q = (struct audit_query){ .tenant = rq->tenant, .most = 100,
		.who = request_param(rq, "who"),
		.what = request_param(rq, "what"), .until_ns = INT64_MAX };
	if (is_operator(rq))
		q->tenant = CONTROL_ALL;
	if (request_has_param(rq, "tenant")) {
		rc = panel_tenant(app, rq, rp, &t);
		if (rc != RC_OK)
			return rc;
		q->tenant = t.id;
	}
	rc = ask_count(rq, rp, "limit", 1, 1000, &q->most);
	if (rc == RC_OK)
		rc = ask_time(rq, rp, "since", &has, &q->since_ns);
	if (rc == RC_OK)
		rc = ask_time(rq, rp, "until", &has, &q->until_ns);
	if (rc == RC_OK && request_has_param(rq, "cursor")
	    && (!str_i64(request_param(rq, "cursor"), &q->before)
	    || q->before <= 0))
		rc = reply_bad_field(rp, STR("/cursor"),
		    "is not a cursor of this list");
	return rc;
}

enum rc
audit_get(struct app *app, const struct request *rq, struct reply *rp)
{
	struct audit_line *l;
	struct audit_query q;
	size_t n, i;
	struct jw w;
	enum rc rc = query_read(app, rq, rp, &q);

	if (rc == RC_OK)
		rc = control_audit(app->store, rq->mem, &q, &l, &n);
	if (rc != RC_OK)
		return rc;
	w = reply_json(rp);
	jw_object(&w);
	jw_key(&w, "lines");
	jw_array(&w);
	for (i = 0; i < n; i++)
		line_json(&w, &l[i]);
	jw_array_end(&w);
	jw_key(&w, "next_cursor");
	if (n == q.most && n > 0)
		jw_str(&w, str_printf(rq->mem, "%lld",
		    (long long)l[n - 1].seq));
	else
		jw_null(&w);
	jw_object_end(&w);
	return RC_OK;
}

enum rc
audit_verify_get(struct app *app, const struct request *rq, struct reply *rp)
{
	char hex[SHA256_HEX];
	struct audit_head head;
	struct str rest, line;
	struct buf faults;
	struct jw w;
	bool sound;

	(void)rq;
	buf_init(&faults, 1 << 20);
	sound = control_audit_verify(app->store, &faults, &head);
	hex_text(head.hash, sizeof(head.hash), hex);
	w = reply_json(rp);
	jw_object(&w);
	jw_key_b(&w, "ok", sound);
	jw_key_i(&w, "lines", head.lines);
	jw_key(&w, "head");
	jw_object(&w);
	jw_key_i(&w, "seq", head.seq);
	jw_key_c(&w, "hash", hex);
	jw_object_end(&w);
	jw_key(&w, "faults");
	jw_array(&w);
	rest = buf_str(&faults);
	while (str_cut(&rest, '\n', &line))
		if (line.len > 0)
			jw_str(&w, line);
	jw_array_end(&w);
	jw_object_end(&w);
	buf_release(&faults);
	return RC_OK;
}
