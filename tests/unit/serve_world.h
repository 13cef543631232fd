/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of serve share: a store in a temporary folder with one tenant
 * (5 requests a minute) and its key, routes, and one request at a time through
 * all of serve; only the web server is missing.
 */
#ifndef SERVE_WORLD_H
#define SERVE_WORLD_H

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/hash.h"
#include "key.h"
#include "serve/inner.h"

struct world {
	char folder[64], key[KEY_TEXT], key_id[KEY_ID_TEXT];
	struct arena *mem;
	struct config conf;
	struct app app;
	struct tenant tenant;
	struct buf received, unpacked, out;
	const char *body;	/* what the client sends */
	int handled;
};

/* ---- what the routes do ------------------------------------------------ */

static enum rc
count(struct app *app, const struct request *rq, struct reply *rp)
{
	struct world *w = app->own;
	struct jw j = reply_json(rp);

	jw_object(&j);
	jw_key_i(&j, "handled", ++w->handled);
	jw_key_i(&j, "bytes", (int64_t)rq->body.len);
	jw_object_end(&j);
	return RC_OK;
}

static enum rc
refuse(struct app *app, const struct request *rq, struct reply *rp)
{
	struct world *w = app->own;

	(void)rq;
	w->handled++;
	return reply_bad_field(rp, STR("/limit"), "must be a number");
}

/* Writes first, then says what its body asks for. */
static enum rc
write_then(struct app *app, const struct request *rq, struct reply *rp)
{
	struct world *w = app->own;
	struct graph *g;

	w->handled++;
	if (store_graph(app->store, rq->tenant, &g) != RC_OK
	    || graph_set_number(g, "test", graph_number(g, "test") + 1)
	        != RC_OK)
		return RC_FAIL;
	if (str_is(rq->body, "\"invalid\""))
		return reply_problem(rp, RC_INVALID, "as asked");
	if (str_is(rq->body, "\"absent\""))
		return reply_problem(rp, RC_ABSENT, "as asked");
	rp->status = 201;
	buf_put_c(&rp->body, "{\"made\":true}");
	return RC_OK;
}

static enum rc
secret(struct app *app, const struct request *rq, struct reply *rp)
{
	struct jw j = reply_json(rp);

	(void)app;
	(void)rq;
	jw_object(&j);
	jw_key_c(&j, "secret", "hush");
	jw_object_end(&j);
	rp->secret = true;
	rp->replay = STR("{\"id\":\"k1\",\"secret_already_shown\":true}");
	return RC_OK;
}

/* Writes into control.db, then says what its body asks for. */
static enum rc
audit_then(struct app *app, const struct request *rq, struct reply *rp)
{
	struct world *w = app->own;

	w->handled++;
	if (store_audit(app->store, clock_now_ns(), rq->who, rq->tenant,
	    STR("test"), STR("")) != RC_OK)
		return RC_FAIL;
	if (str_is(rq->body, "\"invalid\""))
		return reply_problem(rp, RC_INVALID, "as asked");
	rp->status = 201;
	buf_printf(&rp->body, "{\"made\":%d}", w->handled);
	return RC_OK;
}

static const struct route routes[] = {
	{ METHOD_GET, "/thing", SCOPE_READ, 0, count },
	{ METHOD_POST, "/thing", SCOPE_INGEST, 0, count },
	{ METHOD_POST, "/refuse", SCOPE_INGEST, 0, refuse },
	{ METHOD_POST, "/write", SCOPE_INGEST, ROUTE_WRITES, write_then },
	{ METHOD_POST, "/secret", SCOPE_INGEST, 0, secret },
	{ METHOD_GET, "/admin", SCOPE_ADMIN, 0, count },
	{ METHOD_GET, "/desk", SCOPE_ADMIN, ROUTE_SESSION, count },
	{ METHOD_POST, "/desk", SCOPE_ADMIN, ROUTE_SESSION | ROUTE_CONTROL,
	    audit_then },
	{ METHOD_GET, "/room", SCOPE_READ, ROUTE_CONSOLE, count },
	{ METHOD_POST, "/room", SCOPE_ANALYZE, ROUTE_CONSOLE | ROUTE_WRITES,
	    write_then },
	{ METHOD_PUT, "/room", SCOPE_INGEST | SCOPE_ADMIN | SCOPE_OPERATOR,
	    ROUTE_CONSOLE, count },
	{ METHOD_GET, "/open", 0, ROUTE_OPEN | ROUTE_FREE, count },
	{ METHOD_GET, "/free", 0, ROUTE_FREE, count },
	{ METHOD_POST, "/door", 0, ROUTE_OPEN, count },
	{ METHOD_POST, "/crate", SCOPE_INGEST, ROUTE_BIG, count },
};
static const struct endpoint ep = { .name = "test", .routes = routes,
	.n_routes = COUNT(routes) };

/* ---- the world ---------------------------------------------------------- */

static void
key_add(struct world *w, struct key_row row, char text[KEY_TEXT])
{
	char id[KEY_ID_TEXT];

	key_make(text, id);
	key_hash(str_of(text), row.hash);
	row.key_id = str_of(id);
	row.tenant = w->tenant.id;
	row.name = STR("test");
	row.created_ns = clock_now_ns();
	assert_int_equal(store_key_add(w->app.store, &row), RC_OK);
	memcpy(w->key_id, id, sizeof(id));
}

static int
setup(void **state)
{
	struct world *w = mem_get(sizeof(*w));

	hash_init();
	snprintf(w->folder, sizeof(w->folder), "/tmp/tra-ce-serve-XXXXXX");
	assert_non_null(mkdtemp(w->folder));
	w->mem = arena_new();
	setenv("TRACE_CONFIG", "/dev/null", 1);
	setenv("TRACE_DATA", w->folder, 1);
	assert_true(config_read(&w->conf, w->key, sizeof(w->key)));
	w->conf.body_max = 1 << 10;
	w->conf.unpacked_max = 1 << 12;
	w->app = (struct app){ .conf = &w->conf, .own = w };
	assert_int_equal(store_open(w->folder, true, &w->app.store), RC_OK);
	assert_int_equal(store_tenant_add(w->app.store, w->mem, STR("t"),
	    STR("standard"), 5, &w->tenant), RC_OK);
	key_add(w, (struct key_row){ .scopes = SCOPE_READ | SCOPE_INGEST },
	    w->key);
	buf_init(&w->received, 1 << 10);
	buf_init(&w->unpacked, 1 << 12);
	buf_init(&w->out, 1 << 20);
	*state = w;
	return 0;
}

static int
entry_remove(const char *path, const struct stat *st, int kind,
    struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

static int
teardown(void **state)
{
	struct world *w = *state;
	store_close(w->app.store);
	arena_free(w->mem);
	buf_release(&w->received);
	buf_release(&w->unpacked);
	buf_release(&w->out);
	nftw(w->folder, entry_remove, 8, FTW_DEPTH | FTW_PHYS);
	mem_free(w);
	return 0;
}

static enum rc
body_read(void *ctx, int64_t declared, struct buf *into)
{
	struct world *w = ctx;

	(void)declared;
	if (w->body == NULL)
		return RC_OK;
	if (strlen(w->body) > into->most)
		return RC_TOO_BIG;
	buf_put_c(into, w->body);
	return RC_OK;
}

/* One request; the answer's text is in w->out. `header`: CGI variables, one a
 * line. */
static int
ask(struct world *w, const char *method, const char *path, const char *key,
    const char *header, const char *body)
{
	const struct body_source src = { body_read, w, &w->received,
		&w->unpacked };
	struct str lines = str_of(header), line;
	char *envp[12];
	struct request rq;
	struct reply rp;
	struct str rest;
	size_t n = 0;
	enum rc rc;
	int status;

	envp[n++] = (char *)str_c(w->mem,
	    str_printf(w->mem, "REQUEST_METHOD=%s", method));
	envp[n++] = (char *)str_c(w->mem,
	    str_printf(w->mem, "REQUEST_URI=/api/v1%s", path));
	envp[n++] = (char *)"REMOTE_ADDR=192.0.2.1";
	envp[n++] = (char *)"CONTENT_TYPE=application/json";
	if (key != NULL)
		envp[n++] = (char *)str_c(w->mem,
		    str_printf(w->mem, "HTTP_X_API_KEY=%s", key));
	while (n < COUNT(envp) - 1 && str_cut(&lines, '\n', &line))
		envp[n++] = (char *)str_c(w->mem, line);
	envp[n] = NULL;
	w->body = body;
	request_read(&rq, w->mem, envp);
	reply_init(&rp, w->mem);
	buf_clear(&w->received);
	buf_clear(&w->unpacked);
	buf_clear(&w->out);
	rc = turn_take(&w->app, &ep, &rq, &rp, &src);
	serve_finish(&w->app, &rq, &rp, rc, &w->out);
	buf_put_char(&w->out, '\0');
	reply_release(&rp);
	rest = str_of(w->out.p + strlen("Status: "));
	status = (int)strtol(rest.p, NULL, 10);
	return status;
}

static bool
says(struct world *w, const char *text)
{
	return strstr(w->out.p, text) != NULL;
}

#endif
