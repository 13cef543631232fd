/* SPDX-License-Identifier: Apache-2.0 */
/* A request's head as the web server hands it on, one NAME=value a line, and
 * what handlers ask of its query; the last lines, behind an empty one, are the
 * body. */
#include "fuzz.h"

#include "ask.h"
#include "base/clock.h"
#include "hooks.h"
#include "http/request.h"
#include "key.h"

enum { LINES_MAX = 40 };

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	hash_init();
	return 0;
}

static void
ask_all(const struct request *rq, struct reply *rp)
{
	struct str key;
	enum grade g = 0;
	technique t = 0;
	uint8_t id[16];
	int64_t ns = 0;
	size_t n = 5;
	double x = 0;
	bool has = false;

	if (ask_time(rq, rp, "since", &has, &ns) == RC_OK && has) {
		char text[CLOCK_TEXT];
		int64_t back;

		clock_format(ns, text);
		HOLDS(clock_parse(str_of(text), false, &back) && back == ns);
	}
	if (ask_count(rq, rp, "limit", 1, 1000, &n) == RC_OK)
		HOLDS(n >= 1 && n <= 1000);
	if (ask_number(rq, rp, "min_score", &x) == RC_OK)
		HOLDS(x == x && x - x == 0);
	(void)!ask_grade(rq, rp, "confidence", &g);
	(void)!ask_technique(rq, rp, "technique", &t);
	if (ask_cursor_parse(request_param(rq, "cursor"), &x, id)) {
		struct str text = ask_cursor_text(rq->mem, x, id);
		uint8_t back[16];
		double y;

		HOLDS(ask_cursor_parse(text, &y, back) && x == y &&
		    memcmp(id, back, sizeof(id)) == 0);
	}
	(void)request_cookie(rq, "tra_ce_session");
	(void)!key_check(rq->api_key, &key);
	(void)!clock_parse_span(request_param(rq, "span"), &ns);
	(void)!clock_parse_epoch(request_param(rq, "epoch"), &ns);
}

static void
body_read(struct request *rq, struct reply *rp)
{
	const struct fetch_rule rule = { .ports = STR("443 8000-8999") };
	struct json_doc *doc = json_doc_new();
	struct hook h = { .url = STR("") };
	const struct json *v = NULL;
	struct hook_wrong w;
	struct str s = { 0 };

	rq->has_body = rq->body.len > 0;
	if (ask_body(rq, rp, doc, &v) == RC_OK) {
		HOLDS(v == NULL || json_type(v) == JSON_OBJECT);
		(void)!ask_text(rp, v, "name", &s);
		if (hook_read(&h, v, &rule, &w) != RC_OK)
			HOLDS(w.detail[0] != '\0');
	}
	json_doc_free(doc);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct arena *a = arena_new();
	struct str in = input_of(a, p, len), line;
	char *envp[LINES_MAX + 1] = { NULL };
	struct request rq = { .mem = a };
	struct reply rp;
	size_t n = 0;

	while (n < LINES_MAX && str_cut(&in, '\n', &line) && line.len > 0)
		envp[n++] = arena_copy(a, line.p, line.len);
	reply_init(&rp, a);
	request_read(&rq, a, envp);
	HOLDS(rq.id[0] != '\0');
	HOLDS(rq.n_query <= PARAMS_MAX);
	for (size_t i = 0; rq.fault == RC_OK && i < rq.n_query; i++)
		HOLDS(utf8_ok(rq.query[i].name) && utf8_ok(rq.query[i].value));
	ask_all(&rq, &rp);
	rq.body = in;
	body_read(&rq, &rp);
	reply_release(&rp);
	arena_free(a);
	return 0;
}
