/* SPDX-License-Identifier: Apache-2.0 */
#include "rc.h"

#include <stddef.h>

static const struct {
	int status;
	const char *title, *slug;
} rows[RC__MAX] = {
	[RC_OK] = { 200, "OK", "ok" },
	[RC_ABSENT] = { 404, "Not found", "not-found" },
	[RC_EXISTS] = { 409, "Conflict", "conflict" },
	[RC_INVALID] = { 422, "Invalid request", "invalid" },
	[RC_MALFORMED] = { 400, "Malformed request", "malformed" },
	[RC_UNAUTHORISED] = { 401, "Not authenticated", "unauthorised" },
	[RC_DENIED] = { 403, "Not allowed", "denied" },
	[RC_METHOD] = { 405, "Method not allowed", "method-not-allowed" },
	[RC_TOO_BIG] = { 413, "Too large", "too-large" },
	[RC_MEDIA] = { 415, "Unsupported media type", "unsupported-media" },
	[RC_TOO_MANY] = { 429, "Too many requests", "too-many-requests" },
	[RC_BUSY] = { 503, "Busy, try again soon", "busy" },
	[RC_FAIL] = { 500, "Internal error", "internal" },
};

/* A number out of the table is a bug of ours, and so an internal error. */
static size_t
row(enum rc rc)
{
	return (unsigned)rc < RC__MAX ? (size_t)rc : (size_t)RC_FAIL;
}

int
rc_status(enum rc rc)
{
	return rows[row(rc)].status;
}

const char *
rc_title(enum rc rc)
{
	return rows[row(rc)].title;
}

const char *
rc_slug(enum rc rc)
{
	return rows[row(rc)].slug;
}
