/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The chain drawn: time runs to the right, each host has a lane, each event is
 * a numbered circle (the number of its row in the timeline), each link an arc.
 *
 *	HOST A   (1)---(2)   (4)
 *	                  \ /
 *	HOST B            (3)
 *
 * The grade is in the line's form, not only its colour. Plain SVG inside the
 * page: no script, no image to fetch.
 */
#include "export/inner.h"
#include "export/html.h"

enum {
	SHOWN_MAX = 60,		/* beyond it only what matters most */
	STEP = 34, LEFT = 16, LANE = 96, TOP = 64, RADIUS = 12,
	ARC_LEAST = 16, ARC_MOST = 54, NAME_SHOWN = 80, TIP_SHOWN = 200,
	WIDTH_LEAST = 420,
};

struct picture {
	struct subject *s;
	struct str *hosts;
	size_t n_hosts;
	long *x, *y;		/* of each point; x < 0: not drawn */
	size_t drawn;
};

static bool
matters(const struct point *p)
{
	return str_is(p->role, "root") || str_is(p->role, "seed") ||
	    str_is(p->role, "impact");
}

static size_t
lane_of(const struct picture *g, const struct point *p)
{
	size_t i;

	for (i = 0; i < g->n_hosts; i++)
		if (str_eq(g->hosts[i], p->host))
			return i;
	return g->n_hosts;		/* no host: the last lane */
}

static void
place(struct picture *g)
{
	const struct subject *s = g->s;
	size_t i;

	g->x = arena_array(s->a, s->n_points + 1, sizeof(long));
	g->y = arena_array(s->a, s->n_points + 1, sizeof(long));
	for (i = 0; i < s->n_points; i++) {
		g->x[i] = -1;
		if (g->drawn == SHOWN_MAX || (s->n_points > SHOWN_MAX &&
		    !matters(&s->point[i])))
			continue;
		g->x[i] = LEFT + RADIUS + STEP * (long)g->drawn++;
		g->y[i] = TOP + LANE * (long)lane_of(g, &s->point[i]);
	}
}

static void
put_lane(struct picture *g, struct str name, long lane, long width)
{
	struct buf *b = g->s->out;
	long y = TOP + LANE * lane;

	buf_printf(b, "<line class=\"lane\" x1=\"0\" y1=\"%ld\" x2=\"%ld\" "
	    "y2=\"%ld\"/><text class=\"host\" x=\"2\" y=\"%ld\">", y, width,
	    y, y + 30);
	put_xml(b, shown(g->s->a, name, NAME_SHOWN));
	buf_put_c(b, "</text>\n");
}

/* In one lane an arc over what lies between, the higher the further; between
 * lanes a curve. */
static void
put_arc(struct picture *g, const struct link *l)
{
	long x1 = g->x[l->from], y1 = g->y[l->from], x2 = g->x[l->to],
	    y2 = g->y[l->to], h = ARC_LEAST + (x2 - x1) / 8;
	struct buf *b = g->s->out;

	if (x1 < 0 || x2 < 0)
		return;
	h = h > ARC_MOST ? ARC_MOST : h;
	buf_printf(b, "<path class=\"%s\" d=\"", html_grade(l->grade));
	if (y1 == y2)
		buf_printf(b, "M%ld %ldC%ld %ld %ld %ld %ld %ld", x1,
		    y1 - RADIUS, x1, y1 - RADIUS - h, x2, y2 - RADIUS - h, x2,
		    y2 - RADIUS);
	else
		buf_printf(b, "M%ld %ldC%ld %ld %ld %ld %ld %ld", x1, y1,
		    (x1 + x2) / 2, y1, (x1 + x2) / 2, y2, x2, y2);
	buf_put_c(b, "\"><title>");
	put_xml(b, shown(g->s->a, str_printf(g->s->a, "%.*s (%.*s)",
	    STR_ARG(l->grade), STR_ARG(l->rule)), TIP_SHOWN));
	buf_put_c(b, "</title></path>\n");
}

static void
put_circle(struct picture *g, size_t at)
{
	const struct point *p = &g->s->point[at];
	struct buf *b = g->s->out;

	if (g->x[at] < 0)
		return;
	buf_printf(b, "<a href=\"#e%zu\"><circle class=\"%s\" cx=\"%ld\" "
	    "cy=\"%ld\" r=\"%d\"/><text class=\"no\" x=\"%ld\" y=\"%ld\">%zu"
	    "</text><title>", at + 1, html_role(p->role), g->x[at], g->y[at],
	    RADIUS, g->x[at], g->y[at] + 4, at + 1);
	put_time_text(b, p->time_ns);
	buf_put_c(b, ": ");
	put_xml(b, shown(g->s->a, point_words(g->s->a, p), TIP_SHOWN));
	buf_put_c(b, "</title></a>\n");
}

static void
put_legend(struct subject *s, size_t drawn)
{
	static const char *const grades[] = { "PROVABLE", "MIXED",
		"INFERRED" };
	size_t i;

	buf_put_c(s->out, "<p class=\"legend\">");
	for (i = 0; i < COUNT(grades); i++)
		buf_printf(s->out, "<svg width=\"44\" height=\"10\" "
		    "aria-hidden=\"true\"><path class=\"%s\" d=\"M2 5H42\"/>"
		    "</svg> %s &#160; ", html_grade(str_of(grades[i])),
		    grades[i]);
	buf_put_c(s->out, "Numbers are rows of the timeline.");
	if (drawn < s->n_points)
		buf_printf(s->out, " Drawn are %zu of %zu events: where it "
		    "begins, what was detected, what it came to.", drawn,
		    s->n_points);
	buf_put_c(s->out, "</p>\n");
}

void
html_picture(struct subject *s)
{
	struct picture g = { .s = s };
	bool bare = false;		/* some event names no host */
	long width, height;
	size_t i;

	g.n_hosts = subject_hosts(s, &g.hosts);
	place(&g);
	for (i = 0; i < s->n_points; i++)
		bare = bare || (s->point[i].host.len == 0 && g.x[i] >= 0);
	width = 2 * LEFT + 2 * RADIUS + STEP * (long)g.drawn;
	width = width < WIDTH_LEAST ? WIDTH_LEAST : width;
	height = TOP + LANE * (long)(g.n_hosts + bare) - 40;
	buf_printf(s->out, "<svg class=\"picture\" role=\"img\" aria-label="
	    "\"The chain from left to right; the timeline below says the "
	    "same\" viewBox=\"0 0 %ld %ld\" width=\"%ld\">\n", width, height,
	    width);
	for (i = 0; i < g.n_hosts; i++)
		put_lane(&g, g.hosts[i], (long)i, width);
	if (bare)
		put_lane(&g, STR("no host named"), (long)g.n_hosts, width);
	for (i = 0; i < s->n_links; i++)
		put_arc(&g, &s->link[i]);
	for (i = 0; i < s->n_points; i++)
		put_circle(&g, i);
	buf_put_c(s->out, "</svg>\n");
	put_legend(s, g.drawn);
}
