/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules by the logs they are for. A stream is one (product, category, service)
 * and the rules that name exactly it; few streams concern an event, so few
 * rules are looked at.
 */
#ifndef TAG_SOURCE_H
#define TAG_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tag/field.h"
#include "tag/rule.h"

struct stream {
	const char *product, *category, *service;	/* NULL: any */
	uint32_t *rules;	/* indexes, ascending */
	size_t n, room;
};

struct stream_list {
	struct stream *items;
	size_t n, room;
};

/* Put rule number `at` where it belongs; numbers must come ascending. */
void stream_add(struct arena *a, struct stream_list *l, const struct rule *r,
    uint32_t at);
/* `event_type` is the slot of EventType. */
bool stream_concerns(const struct stream *s, struct sight *sight,
    uint32_t event_type);

#endif
