/* SPDX-License-Identifier: Apache-2.0 */
/*
 * No gap and nothing twice, by one invariant: a stream has been queued every
 * change up to `sent` and none beyond it. Whoever queues a change (the feed or
 * the stream's own reading) takes the next ones after `sent` and moves it.
 * A stream becomes current when the log holds nothing after `sent`; whatever
 * is committed later has a greater number and is read by the feed, which skips
 * what a stream has already.
 */
#include "live/feed.h"

#include <stdio.h>
#include <string.h>

#include "live.h"

enum {
	POLL_MOST = 64,		/* changes read at once */
	POLL_ROUNDS = 8,	/* before the other tenants have their turn */
	CATCH_UP_MOST = 128,
	TEXT_MOST = 64 << 20,
	TEXT_KEPT = 1 << 20,
};

void
desk_init(struct desk *d, size_t pending_max)
{
	*d = (struct desk){ .pending_max = pending_max };
	d->mem = arena_new();
	buf_init(&d->text, TEXT_MOST);
}

void
desk_release(struct desk *d)
{
	arena_free(d->mem);
	buf_release(&d->text);
}

static void
desk_clear(struct desk *d)
{
	arena_reset(d->mem);
	if (d->text.room > TEXT_KEPT) {
		buf_release(&d->text);
		buf_init(&d->text, TEXT_MOST);
	}
	buf_clear(&d->text);
}

struct feed *
feed_new(int64_t tenant, struct store *store, int64_t after)
{
	struct feed *f = mem_get(sizeof(*f));
	struct graph *g;
	int64_t oldest;

	f->tenant = tenant;
	f->store = store;
	if (store_graph(store, tenant, &g) != RC_OK
	    || graph_change_range(g, &oldest, &f->seq) != RC_OK)
		f->seq = after;
	return f;
}

void
feed_free(struct feed *f)
{
	mem_free(f);
}

static bool
same_pass(const struct live_pass *a, const struct live_pass *b)
{
	return strcmp(a->key_id, b->key_id) == 0 &&
	    memcmp(a->session, b->session, sizeof(a->session)) == 0;
}

static struct ticket *
ticket_take(struct feed *f, const struct live_pass *pass)
{
	struct ticket *t;

	for (t = f->tickets; t != NULL; t = t->next) {
		if (same_pass(&t->pass, pass))
			break;
	}
	if (t == NULL) {
		t = mem_get(sizeof(*t));
		t->pass = *pass;
		t->next = f->tickets;
		f->tickets = t;
	}
	t->holders++;
	return t;
}

static void
ticket_give(struct feed *f, struct ticket *t)
{
	struct ticket **at = &f->tickets;

	if (--t->holders > 0)
		return;
	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	mem_free(t);
}

void
feed_add(struct feed *f, struct stream *s, const struct live_pass *pass,
    int64_t after)
{
	s->feed = f;
	s->ticket = ticket_take(f, pass);
	s->sent = after;
	s->current = false;
	s->next = f->streams;
	if (s->next != NULL)
		s->next->prev = s;
	f->streams = s;
}

void
feed_remove(struct feed *f, struct stream *s)
{
	if (s->prev != NULL)
		s->prev->next = s->next;
	else
		f->streams = s->next;
	if (s->next != NULL)
		s->next->prev = s->prev;
	ticket_give(f, s->ticket);
	s->feed = NULL;
	s->ticket = NULL;
}

static struct frame *
change_frame(struct desk *d, uint16_t request, const struct change *c)
{
	buf_clear(&d->text);
	live_message_text(&d->text, c);
	if (buf_bad(&d->text))	/* no reader could hold it either */
		return NULL;
	return frame_text(request, buf_str(&d->text));
}

/* Put it on a current stream; one that leaves too much unread stays behind. */
static void
hand_over(struct stream *s, struct frame *m, int64_t seq, struct desk *d)
{
	if (!s->current || seq <= s->sent)
		return;
	s->sent = seq;
	if (m == NULL)		/* history: told to nobody */
		return;
	stream_put(s, m);
	if (s->pending <= d->pending_max)
		return;
	stream_flush(s, d->now_ns);
	if (s->pending > d->pending_max)
		s->current = false;
}

static void
spread(struct feed *f, const struct change *c, struct desk *d)
{
	struct frame *m = NULL;
	struct stream *s;

	f->seq = c->seq;
	if (f->streams == NULL)
		return;
	if (!change_is_history(c)) {
		m = change_frame(d, f->streams->request, c);
		if (m == NULL)
			return;
	}
	for (s = f->streams; s != NULL; s = s->next)
		hand_over(s, m, c->seq, d);
	frame_drop(m);
}

void
feed_poll(struct feed *f, struct desk *d)
{
	struct graph *g;
	struct change *c;
	struct stream *s;
	size_t n = POLL_MOST, i;
	int round;

	if (store_graph(f->store, f->tenant, &g) != RC_OK)
		return;		/* the next turn tries again */
	for (round = 0; round < POLL_ROUNDS && n == POLL_MOST; round++) {
		desk_clear(d);
		if (graph_changes(g, d->mem, f->seq, POLL_MOST, &c, &n)
		    != RC_OK)
			break;
		for (i = 0; i < n; i++)
			spread(f, &c[i], d);
	}
	if (round == 1 && n == 0)
		return;
	for (s = f->streams; s != NULL; s = s->next)
		stream_flush(s, d->now_ns);
}

/* What it missed may have been pruned while it read: told as a gap. */
static enum rc
gap_check(struct graph *g, struct stream *s, struct desk *d)
{
	int64_t oldest, newest;
	struct live_point at;
	struct frame *m;
	enum rc rc = graph_change_range(g, &oldest, &newest);

	if (rc != RC_OK)
		return rc;
	at = live_resume(s->sent, oldest, newest);
	if (!at.gap)
		return RC_OK;
	buf_clear(&d->text);
	live_gap_text(&d->text, oldest, newest);
	m = frame_text(s->request, buf_str(&d->text));
	stream_put(s, m);
	frame_drop(m);
	s->sent = at.after;
	return RC_OK;
}

void
feed_catch_up(struct feed *f, struct stream *s, struct desk *d)
{
	struct graph *g;
	struct change *c;
	struct frame *m;
	size_t n, i;

	if (s->current || s->pending > d->pending_max / 2)
		return;
	desk_clear(d);
	if (store_graph(f->store, f->tenant, &g) != RC_OK
	    || gap_check(g, s, d) != RC_OK
	    || graph_changes(g, d->mem, s->sent, CATCH_UP_MOST, &c, &n) != RC_OK)
		return;
	for (i = 0; i < n && s->pending <= d->pending_max; i++) {
		m = change_is_history(&c[i]) ? NULL :
		    change_frame(d, s->request, &c[i]);
		if (m != NULL)
			stream_put(s, m);
		frame_drop(m);
		s->sent = c[i].seq;
	}
	s->current = i == n && n < CATCH_UP_MOST;
	stream_flush(s, d->now_ns);
}

/* A store that cannot be read now tells nothing about a key or session. */
static bool
key_is_dead(struct feed *f, const struct ticket *t, struct desk *d,
    int64_t wall_ns)
{
	struct key_row k;
	enum rc rc = store_key_get(f->store, d->mem, str_of(t->pass.key_id),
	    &k);

	if (rc != RC_OK)
		return rc == RC_ABSENT;
	return (k.revoked_ns != 0 && k.revoked_ns <= wall_ns)
	    || (k.expires_ns != 0 && k.expires_ns <= wall_ns);
}

static bool
session_is_dead(struct feed *f, const struct ticket *t, struct desk *d,
    struct session_span span, int64_t wall_ns)
{
	return session_good(f->store, d->mem, t->pass.session, span, wall_ns)
	    == RC_UNAUTHORISED;
}

void
feed_check_passes(struct feed *f, struct desk *d, struct session_span span,
    int64_t wall_ns)
{
	struct ticket *t;

	desk_clear(d);
	for (t = f->tickets; t != NULL; t = t->next)
		t->dead = t->pass.key_id[0] != '\0' ?
		    key_is_dead(f, t, d, wall_ns) :
		    session_is_dead(f, t, d, span, wall_ns);
}
