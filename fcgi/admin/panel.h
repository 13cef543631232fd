/* SPDX-License-Identifier: Apache-2.0 */
/* What the handlers of /admin share. Each file has its routes' contract at its
 * head; the table of them stands in fcgi/admin.c. */
#ifndef ADMIN_PANEL_H
#define ADMIN_PANEL_H

#include "ask.h"
#include "base/clock.h"
#include "control.h"
#include "serve.h"
#include "store.h"

handler session_get, session_post, session_patch, session_delete, claim_post;
handler administrators_get, administrators_post, administrator_delete;
handler tenants_get, tenants_post, tenant_get, tenant_patch;
handler keys_get, keys_post, key_get, key_rotate, key_delete;
handler usage_get, audit_get, audit_verify_get;
handler rules_get, rules_patch;
handler packs_get, packs_post, pack_get, pack_patch, pack_delete;
handler suppressions_get, suppressions_post, suppressions_preview;
handler suppression_get, suppression_patch, suppression_delete;
handler owners_get, owners_put, owners_preview;

/*
 * The tenant that a request is about: ?tenant=NAME, else the asker's own. A
 * tenant that is not the asker's is absent, as one that never was; an
 * operator's session has none of its own and must name one (RC_INVALID).
 */
MUST_CHECK enum rc panel_tenant(struct app *app, const struct request *rq,
    struct reply *rp, struct tenant *t);
/* The same, by its name. */
MUST_CHECK enum rc panel_tenant_named(struct app *app,
    const struct request *rq, struct reply *rp, struct str name,
    struct tenant *t);
static inline bool
is_operator(const struct request *rq)
{
	return (rq->scopes & SCOPE_OPERATOR) != 0;
}

MUST_CHECK enum rc panel_audit(struct app *app, const struct request *rq,
    int64_t tenant, const char *what, struct str detail);
/* An integer member; one that is not there leaves *n as it was. */
MUST_CHECK enum rc panel_int(struct reply *rp, const struct json *v,
    const char *name, int64_t least, int64_t most, int64_t *n);
/* A span member ("90d", "24h" or seconds), in seconds. */
MUST_CHECK enum rc panel_span(struct reply *rp, const struct json *v,
    const char *name, int64_t least_s, int64_t most_s, int64_t *span_s);
void panel_time(struct jw *w, const char *name, int64_t ns);	/* 0: null */
/* 201 with the place of what was made. */
void panel_created(const struct request *rq, struct reply *rp,
    struct str place);

#endif
