/* SPDX-License-Identifier: Apache-2.0 */
/* What the store's tests share: a store in a folder of its own and events made
 * from a few numbers. */
#ifndef STORE_KIT_H
#define STORE_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/hash.h"
#include "store.h"

#define OK(call) assert_int_equal((call), RC_OK)

struct kit {
	char data[64];
	struct store *st;
	struct arena *a;
	struct tenant t;
	struct graph *g;
};

static inline int
kit_setup(void **state)
{
	struct kit *k = calloc(1, sizeof(*k));

	hash_init();
	snprintf(k->data, sizeof(k->data), "/tmp/tra-store-XXXXXX");
	assert_non_null(mkdtemp(k->data));
	k->a = arena_new();
	OK(store_open(k->data, true, &k->st));
	OK(store_tenant_add(k->st, k->a, STR("acme"), STR("standard"), 100,
	    &k->t));
	OK(store_graph(k->st, k->t.id, &k->g));
	*state = k;
	return 0;
}

static inline void
kit_remove(const char *folder)
{
	pid_t pid = fork();

	if (pid == 0) {
		execl("/bin/rm", "rm", "-rf", folder, (char *)NULL);
		_exit(1);
	}
	while (waitpid(pid, NULL, 0) < 0)
		;
}

static inline int
kit_teardown(void **state)
{
	struct kit *k = *state;

	store_close(k->st);
	arena_free(k->a);
	kit_remove(k->data);
	free(k);
	return 0;
}

/* The graph's file, for a look from outside. */
static inline const char *
kit_path(struct kit *k)
{
	return str_c(k->a, str_printf(k->a, "%s/tenants/%.*s/graph.db",
	    k->data, STR_ARG(k->t.folder)));
}

static inline void
kit_begin(struct kit *k)
{
	bool foreign;

	OK(graph_begin(k->g, &foreign));
}

static inline struct rank
kit_rank(int64_t t_ns, uint64_t seq)
{
	uint64_t t = (uint64_t)t_ns ^ (1ULL << 63);
	struct rank r = { { 0 } };
	int i;

	for (i = 0; i < 8; i++)
		r.b[i] = (uint8_t)(t >> (56 - 8 * i));
	for (i = 0; i < 5; i++)
		r.b[9 + i] = (uint8_t)(seq >> (32 - 8 * i));
	return r;
}

static inline int64_t
kit_entity(struct kit *k, enum kind kind, const char *key)
{
	int64_t id;
	bool added;

	OK(graph_entity(k->g, kind, str_of(key), str_of(key), &id, &added));
	return id;
}

/* A row with this id number at this time; refs and tags are the caller's. */
static inline struct event_row
kit_row(struct kit *k, uint32_t no, int64_t t_ns, struct str raw)
{
	struct event_row row = { .severity = -1, .ingested_ns = 7 };

	memcpy(row.id, &no, sizeof(no));
	row.rank = kit_rank(t_ns, no);
	OK(graph_word(k->g, STR("windows"), &row.source));
	OK(graph_word(k->g, STR("sysmon.1"), &row.type));
	sha256(raw.p, raw.len, row.raw_sha256);
	return row;
}

#endif
