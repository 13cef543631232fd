/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thread that owns every stream. It sleeps in epoll: without streams until
 * a guest comes, with streams until the next turn.
 *
 *   turn (20 ms)     each feed reads its log: an empty tail costs about 1 us;
 *                    streams that are behind read on, for 10 ms in all
 *   sweep (0.5 s)    keys, heartbeats, recycling, readers that take nothing
 *   connection       edge-triggered: room to write again, or the peer's end
 */
#include "live/hub.h"

#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "live/feed.h"

#define TURN_NS (20 * NS_PER_MS)
#define CATCH_UP_NS (10 * NS_PER_MS)
#define SWEEP_NS (500 * NS_PER_MS)
#define STALL_NS (30 * NS_PER_S)

enum {
	EVENTS_MOST = 64,
	/* A store keeps few tenants' files open; more feeds than that would
	 * make it open and close them every turn. */
	FEEDS_A_STORE = 8,
	SHELF_CACHE = 8 << 20,	/* it reads the log's end */
};

struct shelf {
	struct store *store;
	int feeds;
	struct shelf *next;
};

struct hub {
	struct live *live;
	struct desk desk;
	struct shelf *shelves;
	struct feed *feeds;
	struct frame *beat;
	int64_t turn_ns, sweep_ns;
};

static struct shelf *
shelf_take(struct hub *h)
{
	struct store *st;
	struct shelf *sh;

	for (sh = h->shelves; sh != NULL; sh = sh->next) {
		if (sh->feeds < FEEDS_A_STORE) {
			sh->feeds++;
			return sh;
		}
	}
	if (store_open(h->live->limits.data, false, &st) != RC_OK)
		return NULL;
	sh = mem_get(sizeof(*sh));
	sh->store = st;
	store_cache(st, SHELF_CACHE);
	sh->feeds = 1;
	sh->next = h->shelves;
	h->shelves = sh;
	return sh;
}

static void
shelf_give(struct hub *h, const struct store *st)
{
	struct shelf **at = &h->shelves;
	struct shelf *sh;

	while ((*at)->store != st)
		at = &(*at)->next;
	sh = *at;
	if (--sh->feeds > 0)
		return;
	*at = sh->next;
	store_close(sh->store);
	mem_free(sh);
}

static struct feed *
feed_of(struct hub *h, int64_t tenant, int64_t after)
{
	struct shelf *sh;
	struct feed *f;

	for (f = h->feeds; f != NULL; f = f->next) {
		if (f->tenant == tenant)
			return f;
	}
	sh = shelf_take(h);
	if (sh == NULL)
		return NULL;
	f = feed_new(tenant, sh->store, after);
	f->next = h->feeds;
	if (f->next != NULL)
		f->next->prev = f;
	h->feeds = f;
	return f;
}

static void
feed_close(struct hub *h, struct feed *f)
{
	if (f->prev != NULL)
		f->prev->next = f->next;
	else
		h->feeds = f->next;
	if (f->next != NULL)
		f->next->prev = f->prev;
	shelf_give(h, f->store);
	feed_free(f);
}

/* The stream, and its feed with the last one. */
static void
leave(struct hub *h, struct stream *s)
{
	struct feed *f = s->feed;

	live_release(h->live, f->tenant);
	feed_remove(f, s);
	stream_free(s);		/* closes, so epoll forgets it */
	if (f->streams == NULL)
		feed_close(h, f);
}

static void
enter(struct hub *h, const struct live_guest *g)
{
	const struct live_limits *limits = &h->live->limits;
	struct stream *s = stream_new(g->fd, g->request, h->desk.now_ns);
	struct feed *f = feed_of(h, g->tenant, g->after);
	struct epoll_event ev = {
		.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
	};

	ev.data.ptr = s;
	if (f == NULL
	    || epoll_ctl(h->live->epoll_fd, EPOLL_CTL_ADD, g->fd, &ev) != 0) {
		log_err("cannot take a stream tenant=%lld errno=%d",
		    (long long)g->tenant, errno);
		stream_end(s, h->desk.now_ns);
		stream_free(s);
		live_release(h->live, g->tenant);
		if (f != NULL && f->streams == NULL)
			feed_close(h, f);
		return;
	}
	/* Half a sweep early, so that no silence is longer than promised. */
	s->beat_ns = h->desk.now_ns + limits->heartbeat_s * NS_PER_S - SWEEP_NS;
	if (limits->recycle_s > 0)
		s->end_ns = h->desk.now_ns + limits->recycle_s * NS_PER_S;
	s->had = g->told ? g->after - 1 : g->after;
	feed_add(f, s, &g->pass, g->after);
}

static void
guests_take(struct hub *h)
{
	struct live *l = h->live;
	struct waiting *w, *next;
	uint64_t count;

	if (read(l->wake_fd, &count, sizeof(count)) < 0)
		return;		/* nobody came */
	pthread_mutex_lock(&l->lock);
	w = l->waiting;
	l->waiting = NULL;
	pthread_mutex_unlock(&l->lock);
	for (; w != NULL; w = next) {
		next = w->next;
		enter(h, &w->guest);
		mem_free(w);
	}
	h->turn_ns = h->desk.now_ns;	/* what they missed goes out at once */
}

/* f for every stream; f may end the one it is given. */
static void
each_stream(struct hub *h, void (*f)(struct hub *h, struct stream *s))
{
	struct feed *feed, *next_feed;
	struct stream *s, *next;

	for (feed = h->feeds; feed != NULL; feed = next_feed) {
		next_feed = feed->next;
		for (s = feed->streams; s != NULL; s = next) {
			next = s->next;
			f(h, s);
		}
	}
}

static void
read_on(struct hub *h, struct stream *s)
{
	int64_t spent_ns = clock_mono_ns() - h->desk.now_ns;

	if (!s->broken && !s->current && spent_ns < CATCH_UP_NS)
		feed_catch_up(s->feed, s, &h->desk);
	if (s->broken)
		leave(h, s);
}

/* A long poll has its answer. */
static bool
answered(const struct hub *h, const struct stream *s)
{
	return h->live->limits.poll && s->current && s->sent > s->had &&
	    s->pending == 0;
}

static void
dismiss(struct hub *h, struct stream *s, const char *why)
{
	log_info("stream ends tenant=%lld key=%s why=%s",
	    (long long)s->feed->tenant, s->ticket->pass.key_id, why);
	stream_end(s, h->desk.now_ns);
	leave(h, s);
}

static void
read_on_or_end(struct hub *h, struct stream *s)
{
	if (answered(h, s))
		dismiss(h, s, "answered");
	else
		read_on(h, s);
}

static void
turn(struct hub *h)
{
	struct feed *f;

	for (f = h->feeds; f != NULL; f = f->next)
		feed_poll(f, &h->desk);
	h->desk.now_ns = clock_mono_ns();
	each_stream(h, read_on_or_end);
	h->turn_ns = clock_mono_ns() + TURN_NS;
}

static void
look_after(struct hub *h, struct stream *s)
{
	int64_t now_ns = h->desk.now_ns;

	if (s->ticket->dead) {
		dismiss(h, s, "key");
	} else if (s->end_ns != 0 && s->end_ns <= now_ns && s->current) {
		dismiss(h, s, "recycled");
	} else if (!s->current && s->pending > 0
	    && now_ns - s->moved_ns > STALL_NS) {
		dismiss(h, s, "stalled");
	} else if (s->beat_ns <= now_ns) {
		s->beat_ns += h->live->limits.heartbeat_s * NS_PER_S;
		if (s->pending > 0)
			return;		/* has more to read than that */
		stream_put(s, h->beat);
		stream_flush(s, now_ns);
	}
}

static void
sweep(struct hub *h)
{
	const struct session_span span = { h->live->limits.session_idle_s,
		h->live->limits.session_most_s };
	int64_t wall_ns = clock_now_ns();
	struct feed *f;

	for (f = h->feeds; f != NULL; f = f->next)
		feed_check_passes(f, &h->desk, span, wall_ns);
	each_stream(h, look_after);
	h->sweep_ns = h->desk.now_ns + SWEEP_NS;
}

static void
stirred(struct hub *h, struct stream *s, uint32_t events)
{
	/* Servers that tell of a client's end still want the request's: else
	 * they log an error for every browser that is closed. */
	if ((events & (EPOLLERR | EPOLLHUP)) != 0)
		s->broken = true;
	else if ((events & EPOLLRDHUP) != 0)
		stream_end(s, h->desk.now_ns);
	else if ((events & EPOLLIN) != 0)
		stream_drain(s);
	stream_flush(s, h->desk.now_ns);
	read_on(h, s);
}

static bool
told_to_stop(const struct hub *h)
{
	struct pollfd p = { .fd = h->live->stop_fd, .events = POLLIN };

	return poll(&p, 1, 0) > 0;
}

static int
patience_ms(const struct hub *h)
{
	int64_t left_ns = h->turn_ns - clock_mono_ns();

	if (h->feeds == NULL)
		return -1;
	return left_ns <= 0 ? 0 : (int)((left_ns + NS_PER_MS - 1) / NS_PER_MS);
}

/* One round; false: the end. */
static bool
round_take(struct hub *h)
{
	struct epoll_event ev[EVENTS_MOST];
	bool knocked = false;
	int i, n;

	n = epoll_wait(h->live->epoll_fd, ev, EVENTS_MOST, patience_ms(h));
	if (n < 0 && errno != EINTR) {
		log_err("epoll_wait errno=%d", errno);
		return false;
	}
	h->desk.now_ns = clock_mono_ns();
	for (i = 0; i < n; i++) {
		if (ev[i].data.ptr == NULL)
			knocked = true;
		else
			stirred(h, ev[i].data.ptr, ev[i].events);
	}
	if (knocked && told_to_stop(h))
		return false;
	if (knocked)
		guests_take(h);
	if (h->feeds != NULL && h->desk.now_ns >= h->turn_ns)
		turn(h);
	if (h->feeds != NULL && h->desk.now_ns >= h->sweep_ns)
		sweep(h);
	return true;
}

static void
see_off(struct hub *h, struct stream *s)
{
	stream_end(s, h->desk.now_ns);
	leave(h, s);
}

void *
hub_run(void *live)
{
	struct hub h = { .live = live };

	desk_init(&h.desk, (size_t)h.live->limits.pending_max);
	h.beat = frame_text(1, STR(":\n\n"));
	while (round_take(&h))
		continue;
	guests_take(&h);
	each_stream(&h, see_off);
	frame_drop(h.beat);
	desk_release(&h.desk);
	return NULL;
}
