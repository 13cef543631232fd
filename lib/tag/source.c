/* SPDX-License-Identifier: Apache-2.0 */
#include "tag/source.h"

#include <string.h>

static bool
same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

void
stream_add(struct arena *a, struct stream_list *l, const struct rule *r,
    uint32_t at)
{
	struct stream *s = NULL;

	for (size_t i = 0; i < l->n && !s; i++)
		if (same(l->items[i].product, r->product) &&
		    same(l->items[i].category, r->category) &&
		    same(l->items[i].service, r->service))
			s = &l->items[i];
	if (!s) {
		l->items = arena_grow(a, l->items, &l->room, l->n + 1,
		    sizeof(*l->items));
		s = &l->items[l->n++];
		*s = (struct stream){ .product = r->product,
			.category = r->category, .service = r->service };
	}
	s->rules = arena_grow(a, s->rules, &s->room, s->n + 1,
	    sizeof(*s->rules));
	s->rules[s->n++] = at;
}

/* "any" is for events of no product: the product's own form. */
static bool
product_fits(const char *rule, const char *event)
{
	if (!rule)
		return true;
	if (strcmp(rule, "any") == 0)
		return !event || strcmp(event, "any") == 0;
	return event && strcmp(rule, event) == 0;
}

static bool
event_type_starts(struct sight *s, uint32_t slot, const char *word)
{
	const struct value *v = sight_value(s, slot);

	return v->n > 0 && str_starts(v->texts[0].low, word);
}

/* Sigma has a category for every kind of registry event and one for all. */
static bool
category_fits(const char *rule, struct sight *s, uint32_t event_type)
{
	const char *event = s->ev->category;

	if (!rule)
		return true;
	if (!event)
		return false;
	if (strcmp(rule, event) == 0)
		return true;
	if (strcmp(rule, "registry_event") == 0)
		return strncmp(event, "registry_", 9) == 0;
	if (strcmp(event, "registry_event") != 0)
		return false;
	if (strcmp(rule, "registry_add") == 0)
		return event_type_starts(s, event_type, "create");
	return strcmp(rule, "registry_delete") == 0 &&
	    event_type_starts(s, event_type, "delete");
}

bool
stream_concerns(const struct stream *s, struct sight *sight,
    uint32_t event_type)
{
	const char *service = sight->ev->service;

	return product_fits(s->product, sight->ev->product) &&
	    (!s->service || (service && strcmp(s->service, service) == 0)) &&
	    category_fits(s->category, sight, event_type);
}
