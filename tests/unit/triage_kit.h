/* SPDX-License-Identifier: Apache-2.0 */
/* A store with ingest before it, for what triage promises. */
#ifndef TRIAGE_KIT_H
#define TRIAGE_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "explain.h"
#include "ingest.h"
#include "sighting.h"
#include "store/counts.h"

#define OK(call) assert_int_equal((call), RC_OK)

enum { NOON = 1772798400, HOUR = 3600 };	/* 2026-03-06T12:00:00Z */

struct bench {
	char data[64];
	struct store *st;
	struct tenant t;
	struct arena *a;
	struct ingest *in;
	struct graph *g;
	struct str ids[2048];		/* of what was taken in, in order */
	size_t n;
};

static inline int
bench_open(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	hash_init();
	snprintf(b->data, sizeof(b->data), "/tmp/tra-triage-XXXXXX");
	assert_non_null(mkdtemp(b->data));
	b->a = arena_new();
	OK(store_open(b->data, true, &b->st));
	OK(store_tenant_add(b->st, b->a, STR("t"), STR("standard"), 0, &b->t));
	b->in = ingest_new(b->st);
	OK(store_graph(b->st, b->t.id, &b->g));
	*state = b;
	return 0;
}

static inline int
bench_close(void **state)
{
	struct bench *b = *state;
	char *const argv[] = { "rm", "-rf", b->data, NULL };
	pid_t pid;

	ingest_free(b->in);
	store_close(b->st);
	arena_free(b->a);
	pid = fork();
	if (pid == 0) {
		execvp("rm", argv);
		_exit(1);
	}
	waitpid(pid, NULL, 0);
	free(b);
	return 0;
}

/* The graph's file. */
static inline const char *
bench_file(struct bench *b)
{
	return str_c(b->a, str_printf(b->a, "%s/tenants/%.*s/graph.db",
	    b->data, STR_ARG(b->t.folder)));
}

static inline void
bench_reopen(struct bench *b)
{
	ingest_free(b->in);
	store_close(b->st);
	OK(store_open(b->data, true, &b->st));
	b->in = ingest_new(b->st);
	OK(store_graph(b->st, b->t.id, &b->g));
}

static inline void
take_in(struct bench *b, struct str body)
{
	struct body_shape shape = { .ndjson = true, .record_max = 1 << 20 };
	struct json_doc *doc = json_doc_new();
	struct ingest_batch batch = { 0 }, *one = &batch;
	char id[EVENT_ID_TEXT];
	size_t i;

	assert_int_equal(ingest_read(b->a, doc, NULL, body, &shape, &batch),
	    JSON_OK);
	OK(ingest_commit(b->in, b->t.id, &one, 1, clock_now_ns()));
	for (i = 0; i < batch.n; i++) {
		assert_false(batch.items[i].refused);
		event_id_text(batch.items[i].id, id);
		b->ids[b->n++] = str_dup(b->a, str_of(id));
	}
	json_doc_free(doc);
}

static inline struct str
alert(struct bench *b, int64_t t, const char *action, const char *host,
    const char *more)
{
	static unsigned n;

	return str_printf(b->a, "{\"id\":\"a%u\",\"event_type\":\"alert\","
	    "\"source\":\"ids\",\"timestamp\":%lld,\"actor\":\"a\",\"action\":"
	    "\"%s\",\"host\":\"%s\"%s}\n", n++, (long long)t, action, host,
	    more);
}

/* Many hours of the same alert, one each hour. */
static inline void
routine(struct bench *b, int hours, const char *action, const char *host)
{
	struct str body = { 0 };
	int i;

	for (i = 0; i < hours; i++)
		body = str_printf(b->a, "%.*s%.*s", STR_ARG(body),
		    STR_ARG(alert(b, NOON + i * HOUR, action, host, "")));
	take_in(b, body);
}

static inline struct triage_alert
scored(struct bench *b, struct str id)
{
	struct triage_alert al = { .alert_id = STR("x"), .event_id = id };
	size_t order[1];

	OK(triage_alerts(b->g, b->a, NULL, &al, 1, order));
	return al;
}

static inline int64_t
points_of(const struct triage_alert *al, const char *name)
{
	size_t i;

	for (i = 0; i < al->n_factors; i++)
		if (strcmp(al->factors[i].name, name) == 0)
			return al->factors[i].points;
	return 0;
}

static inline void
assert_adds_up(const struct triage_alert *al)
{
	int64_t sum = 0;
	size_t i;

	for (i = 0; i < al->n_factors; i++) {
		sum += al->factors[i].points;
		assert_true(al->factors[i].because.len > 0);
	}
	assert_int_equal(sum, al->points);
	assert_in_range(al->severity, 0, 100);
}

#endif
