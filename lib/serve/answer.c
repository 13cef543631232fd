/* SPDX-License-Identifier: Apache-2.0 */
/* rc and reply -> the bytes of an answer. */
#include "serve/inner.h"

#include "base/json.h"
#include "base/log.h"

/* What is said when the handler said nothing better. */
static const char *const details[RC__MAX] = {
	[RC_ABSENT] = "there is nothing under this path",
	[RC_EXISTS] = "it is there already, or in use right now",
	[RC_INVALID] = "the request was understood but is not valid",
	[RC_MALFORMED] = "the request cannot be read",
	[RC_UNAUTHORISED] = "a valid key is needed",
	[RC_DENIED] = "the key does not allow this",
	[RC_METHOD] = "this path does not take this method",
	[RC_TOO_BIG] = "the body is too big",
	[RC_MEDIA] = "this type of body is not taken",
	[RC_TOO_MANY] = "too many requests",
	[RC_BUSY] = "the store is busy or the disk is full; nothing was done",
	[RC_FAIL] = "something went wrong here; the log tells what",
};

void
answer_problem(const struct config *conf, const struct request *rq,
    const struct reply *rp, enum rc rc, struct buf *b)
{
	struct str detail = rp->detail, more;
	struct jw w;
	size_t i;

	if (detail.len == 0 && rp->n_errors > 0)
		detail = rp->error[0].detail;
	if (detail.len == 0)
		detail = str_of(details[rc]);
	jw_init(&w, b);
	jw_object(&w);
	jw_key_s(&w, "type",
	    str_printf(rp->mem, "%s%s", conf->docs, rc_slug(rc)));
	jw_key_c(&w, "title", rc_title(rc));
	jw_key_i(&w, "status", splunk_status(rq, rc));
	jw_key_s(&w, "detail", detail);
	jw_key_c(&w, "request_id", rq->id);
	if (rp->n_errors > 0) {
		jw_key(&w, "errors");
		jw_array(&w);
		for (i = 0; i < rp->n_errors; i++) {
			jw_object(&w);
			jw_key_s(&w, "pointer", rp->error[i].pointer);
			jw_key_s(&w, "detail", rp->error[i].detail);
			jw_object_end(&w);
		}
		jw_array_end(&w);
	}
	more = rp->more.len > 0 ? rp->more : splunk_members(rp->mem, rq, rc);
	if (more.len > 0) {
		buf_put_char(b, ',');
		buf_put_str(b, more);
	}
	jw_object_end(&w);
}

static void
head_line(struct buf *head, const char *name, struct str value)
{
	buf_put_c(head, name);
	buf_put_c(head, ": ");
	buf_put_str(head, value);
	buf_put_c(head, "\r\n");
}

static void
head_write(struct buf *head, const struct request *rq,
    const struct reply *rp, int status, const char *reason)
{
	size_t i;

	buf_printf(head, "Status: %d %s\r\n", status, reason);
	head_line(head, "X-Request-Id", str_of(rq->id));
	for (i = 0; i < rp->n_headers; i++)
		head_line(head, rp->header[i].name, rp->header[i].value);
	if (!reply_has_header(rp, "Cache-Control"))
		buf_put_c(head, "Cache-Control: no-store\r\n");
	buf_put_c(head, "X-Content-Type-Options: nosniff\r\n");
}

int
answer_head(struct app *app, struct request *rq, struct reply *rp,
    enum rc rc, struct buf *head, struct str *body)
{
	const char *type = rp->content_type;
	int status;

	if (rc == RC_OK && buf_bad(&rp->body)) {
		log_err("id=%s answer is too big", rq->id);
		rc = reply_problem(rp, RC_FAIL, "the answer is too big;"
		    " ask for less");
	}
	status = splunk_status(rq, rc);
	if (rc == RC_OK && rp->status != 0)
		status = rp->status;
	if (rc != RC_OK) {
		type = "application/problem+json";
		buf_clear(&rp->body);
		answer_problem(app->conf, rq, rp, rc, &rp->body);
	}
	if (rc == RC_BUSY && !reply_has_header(rp, "Retry-After"))
		reply_header(rp, "Retry-After", STR("2"));
	if (rc == RC_UNAUTHORISED && !reply_has_header(rp, "WWW-Authenticate"))
		reply_header(rp, "WWW-Authenticate",
		    STR("Bearer realm=\"tra-ce\""));
	head_write(head, rq, rp, status, rc == RC_OK ? "OK" : rc_title(rc));
	*body = buf_str(&rp->body);
	if (status == 204) {
		*body = (struct str){ "", 0 };
	} else {
		buf_printf(head, "Content-Type: %s\r\n",
		    type != NULL ? type : "application/json");
		buf_printf(head, "Content-Length: %zu\r\n", body->len);
	}
	buf_put_c(head, "\r\n");
	if (rq->method == METHOD_HEAD)
		*body = (struct str){ "", 0 };
	return status;
}

void
serve_finish(struct app *app, struct request *rq, struct reply *rp,
    enum rc rc, struct buf *out)
{
	struct str body;

	(void)answer_head(app, rq, rp, rc, out, &body);
	buf_put_str(out, body);
}
