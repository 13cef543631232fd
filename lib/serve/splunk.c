/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What senders to Splunk's HTTP Event Collector are told when a request fails
 * before or beside its handler: their statuses and codes.
 *
 * https://docs.splunk.com/Documentation/Splunk/latest/Data/TroubleshootHTTPEventCollector
 */
#include "serve/inner.h"

static const struct { int code; const char *text; } codes[RC__MAX] = {
	[RC_UNAUTHORISED] = { 4, "Invalid token" },
	[RC_DENIED] = { 4, "Invalid token" },
	[RC_MALFORMED] = { 6, "Invalid data format" },
	[RC_INVALID] = { 6, "Invalid data format" },
	[RC_MEDIA] = { 6, "Invalid data format" },
	[RC_TOO_BIG] = { 6, "Invalid data format" },
	[RC_TOO_MANY] = { 9, "Server is busy" },
	[RC_BUSY] = { 9, "Server is busy" },
	[RC_FAIL] = { 8, "Internal server error" },
};

static bool
is_splunk(const struct request *rq)
{
	return rq->base.len == 0 && str_starts(rq->path, SPLUNK_BASE);
}

/* A token that is wrong is 403 there; 401 is no token at all. */
int
splunk_status(const struct request *rq, enum rc rc)
{
	if (!is_splunk(rq))
		return rc_status(rc);
	if (rc == RC_UNAUTHORISED && rq->api_key.len > 0)
		return 403;
	return rc == RC_INVALID ? 400 : rc_status(rc);
}

struct str
splunk_members(struct arena *a, const struct request *rq, enum rc rc)
{
	if (!is_splunk(rq) || codes[rc].text == NULL)
		return (struct str){ "", 0 };
	if (rc == RC_UNAUTHORISED && rq->api_key.len == 0)
		return STR("\"text\":\"Token is required\",\"code\":2");
	return str_printf(a, "\"text\":\"%s\",\"code\":%d",
	    codes[rc].text, codes[rc].code);
}
