/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one result type. Expected outcomes have names; everything else is
 * RC_FAIL. Who meets an unexpected failure logs it once, with detail, and
 * returns RC_FAIL; everybody above passes it on in silence. Expected outcomes
 * are never logged below serve. Out-parameters come last and are written only
 * on RC_OK. The HTTP status of each stands in one table, rc_status().
 */
#ifndef RC_H
#define RC_H

#include "base/attr.h"

enum rc {
	RC_OK,
	RC_ABSENT,	/* 404 */
	RC_EXISTS,	/* 409 */
	RC_INVALID,	/* 422 understood but wrong */
	RC_MALFORMED,	/* 400 */
	RC_UNAUTHORISED,/* 401 */
	RC_DENIED,	/* 403 */
	RC_METHOD,	/* 405 */
	RC_TOO_BIG,	/* 413 */
	RC_MEDIA,	/* 415 */
	RC_TOO_MANY,	/* 429 */
	RC_BUSY,	/* 503 come back soon: locked store, full queue, full disk */
	RC_FAIL,	/* 500 */
	RC__MAX
};

int rc_status(enum rc rc);
const char *rc_title(enum rc rc);	/* "Not found" */
const char *rc_slug(enum rc rc);	/* "not-found", last part of `type` */

#endif
