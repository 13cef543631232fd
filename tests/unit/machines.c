/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Machines that start, lose their logs and have their sensors switched off, by
 * chance: few pids, GUIDs, sessions and ports that come back all the time, in
 * whole seconds, so that much falls together. Whatever order and batches the
 * records come in, the edges and chains are the same; and none of it is proven
 * by a pid, across a start, while the sensor was blind, or by a handle that was
 * opened again.
 */
#include "story_kit.h"

#include "base/clock.h"

enum { RECORDS = 240, SETS = 6, BEGIN_S = 1772800000 };

struct set { struct line *l; size_t n; };

/* ---- records by chance --------------------------------------------------- */

#define SECURITY "\"Channel\":\"Security\",\"SourceName\":" \
	"\"Microsoft-Windows-Security-Auditing\","
#define SYSMON "\"Channel\":\"Microsoft-Windows-Sysmon/Operational\"," \
	"\"SourceName\":\"Microsoft-Windows-Sysmon\","
#define SUBJECT "\"SubjectUserSid\":\"S-1-5-21-1-2-3-1104\"," \
	"\"SubjectUserName\":\"ann\",\"SubjectDomainName\":\"CORP\","

/* # stands for a draw: p a pid, g a GUID, h a handle, l a
 * session, t a port, w a word. */
static const char *const records[] = {
	SECURITY SUBJECT "\"EventID\":4688,\"NewProcessId\":\"#p\",\"ProcessId\":"
	    "\"#p\",\"NewProcessName\":\"C:\\\\Apps\\\\#w.exe\","
	    "\"SubjectLogonId\":\"#l\",\"TargetLogonId\":\"0x0\"",
	SECURITY SUBJECT "\"EventID\":4688,\"NewProcessId\":\"#p\",\"ProcessId\":"
	    "\"#p\",\"NewProcessName\":\"C:\\\\Apps\\\\#w.exe\","
	    "\"SubjectLogonId\":\"0x3e7\",\"TargetLogonId\":\"#l\"",
	SECURITY SUBJECT "\"EventID\":4689,\"ProcessId\":\"#p\","
	    "\"ProcessName\":\"C:\\\\Apps\\\\#w.exe\",\"SubjectLogonId\":\"#l\"",
	SECURITY "\"EventID\":4608",
	SECURITY "\"EventID\":4826,\"SubjectLogonId\":\"0x3e7\"",
	SECURITY SUBJECT "\"EventID\":1102,\"SubjectLogonId\":\"#l\"",
	SECURITY "\"EventID\":4624,\"TargetUserSid\":\"S-1-5-21-1-2-3-1105\","
	    "\"TargetUserName\":\"bob\",\"TargetLogonId\":\"#l\","
	    "\"SubjectLogonId\":\"0x3e7\",\"LogonType\":\"3\",\"IpAddress\":"
	    "\"10.0.0.5\",\"IpPort\":\"#t\"",
	SECURITY "\"EventID\":4634,\"TargetLogonId\":\"#l\"",
	SECURITY SUBJECT "\"EventID\":4703,\"SubjectLogonId\":\"0x3e7\","
	    "\"TargetLogonId\":\"#l\",\"ProcessId\":\"#p\"",
	SECURITY "\"EventID\":5156,\"ProcessID\":\"#p\",\"Direction\":"
	    "\"%%14593\",\"SourceAddress\":\"10.0.0.5\",\"SourcePort\":\"#t\","
	    "\"DestAddress\":\"10.0.0.9\",\"DestPort\":\"445\",\"Protocol\":\"6\"",
	SYSMON "\"EventID\":1,\"ProcessGuid\":\"#g\",\"ProcessId\":\"77\","
	    "\"Image\":\"C:\\\\Apps\\\\#w.exe\",\"ParentProcessGuid\":\"#g\","
	    "\"ParentProcessId\":\"78\",\"LogonId\":\"#l\"",
	SYSMON "\"EventID\":1,\"ProcessGuid\":\"#g\",\"ProcessId\":\"79\","
	    "\"Image\":\"C:\\\\Windows\\\\System32\\\\smss.exe\","
	    "\"ParentProcessId\":\"4\",\"LogonId\":\"0x3e7\"",
	SYSMON "\"EventID\":3,\"ProcessGuid\":\"#g\",\"ProcessId\":\"77\","
	    "\"Image\":\"C:\\\\Apps\\\\#w.exe\",\"Protocol\":\"tcp\","
	    "\"Initiated\":\"true\",\"SourceIp\":\"10.0.0.5\",\"SourcePort\":"
	    "\"#t\",\"DestinationIp\":\"10.0.0.9\",\"DestinationPort\":\"445\"",
	SYSMON "\"EventID\":5,\"ProcessGuid\":\"#g\",\"ProcessId\":\"77\","
	    "\"Image\":\"C:\\\\Apps\\\\#w.exe\"",
	SYSMON "\"EventID\":4,\"State\":\"Started\"",
	SYSMON "\"EventID\":4,\"State\":\"Stopped\"",
	SYSMON "\"EventID\":255,\"ID\":\"Error\"",
	SECURITY SUBJECT "\"EventID\":4656,\"HandleId\":\"#h\",\"ProcessId\":"
	    "\"0x100\",\"ObjectType\":\"File\",\"ObjectName\":"
	    "\"C:\\\\Apps\\\\w0.txt\"",
	SECURITY SUBJECT "\"EventID\":4663,\"HandleId\":\"#h\",\"ProcessId\":"
	    "\"0x100\",\"ObjectType\":\"File\",\"ObjectName\":"
	    "\"C:\\\\Apps\\\\#w.txt\",\"AccessMask\":\"0x1\"",
	SECURITY SUBJECT "\"EventID\":4658,\"HandleId\":\"#h\",\"ProcessId\":"
	    "\"0x100\"",
	SYSMON "\"EventID\":8,\"SourceProcessGuid\":\"#g\","
	    "\"TargetProcessGuid\":\"#g\"",
};

static struct str
drawn(struct arena *a, const char *text, uint64_t *state)
{
	struct buf b;
	struct str s;

	buf_init(&b, 4096);
	for (; *text != '\0'; text++) {
		if (*text != '#') {
			buf_put_char(&b, *text);
			continue;
		}
		switch (*++text) {
		case 'p': buf_printf(&b, "0x%x", 0x100 + 4 * dice(state, 5));
			break;
		case 'g': buf_printf(&b, "{3f2a9c1%u-c1a4-6601-c100-"
		    "000000002a00}", dice(state, 8));
			break;
		case 'h': buf_printf(&b, "0x1a%u", dice(state, 2)); break;
		case 'l': buf_printf(&b, "0x7b3%u", dice(state, 3)); break;
		case 't': buf_printf(&b, "5012%u", dice(state, 3)); break;
		default: buf_printf(&b, "w%u", dice(state, 3)); break;
		}
	}
	s = str_dup(a, buf_str(&b));
	buf_release(&b);
	return s;
}

static struct line
one_record(struct arena *a, uint64_t *state, unsigned n, unsigned span_s)
{
	const char *r = records[dice(state, COUNT(records))];
	int64_t at = BEGIN_S + dice(state, span_s);
	char time[CLOCK_TEXT];
	struct line l;

	clock_format(at * NS_PER_S, time);
	l.label = str_printf(a, "r%u", n);
	l.text = str_printf(a, "{\"source\":\"windows\"%s,\"raw\":{\"Hostname\":"
	    "\"ws%u\",\"RecordNumber\":%u,\"EventTime\":\"%s\",\"UtcTime\":"
	    "\"%s\",%.*s}}", dice(state, 5) == 0 ? ",\"labels\":[\"alert\"]" :
	    "", dice(state, 2), n, time, time,
	    STR_ARG(drawn(a, r, state)));
	return l;
}

static struct set
set_of(struct arena *a, uint64_t seed, unsigned span_s)
{
	struct set s = { arena_array(a, 2 * RECORDS, sizeof(struct line)),
		RECORDS };
	unsigned i;

	for (i = 0; i < RECORDS; i++)
		s.l[i] = one_record(a, &seed, i, span_s);
	return s;
}

/* ---- promises ------------------------------------------------------------ */

static struct str
told(struct arena *a, const struct set *s, size_t batch)
{
	struct world w;
	struct str text;

	world_open(&w, NULL, true);
	world_take(&w, s->l, s->n, batch);
	text = str_dup(a, world_tell_of(&w, 0, true, true));
	world_close(&w);
	return text;
}

static void
same(struct str a, struct str b)
{
	if (!str_eq(a, b))
		fail_msg("told\n%.*s\nand\n%.*s", STR_ARG(a), STR_ARG(b));
}

static void
order_repeats_and_batches_change_nothing(void **state)
{
	struct arena *a = arena_new();
	struct set s, twice;
	struct str first;
	unsigned i;

	(void)state;
	for (i = 1; i <= SETS; i++) {
		s = set_of(a, i * 7919, 300);
		first = told(a, &s, s.n);
		assert_true(str_find(first, STR(" root "), 0) != (size_t)-1);
		same(told(a, &s, 7), first);
		shuffle(s.l, s.n, i * 31);
		same(told(a, &s, 1), first);
		twice = s;
		memcpy(twice.l + s.n, s.l, s.n * sizeof(*s.l));
		twice.n = 2 * s.n;
		shuffle(twice.l, twice.n, i * 37);
		same(told(a, &twice, 11), first);
	}
	arena_free(a);
}

/* What the marks between two records forbid, found by reading all of them. */
struct between { bool start, blind; };

static struct between
between(struct world *w, const struct node *from, const struct node *to)
{
	const struct view *v = graph_view(w->g);
	struct between b = { false, false };
	const struct node *n;
	struct rank off = { { 0 } };
	size_t ev, i;

	for (ev = 1; ev < w->n_labels; ev++) {
		n = v->node(v->ctx, (int64_t)ev);
		if (n == NULL || n->host != to->host ||
		    rank_cmp(&n->rank, &to->rank) >= 0)
			continue;
		for (i = 0; i < n->n_refs; i++) {
			if (n->refs[i].role == ROLE_BOOT &&
			    rank_cmp(&n->rank, &from->rank) > 0)
				b.start = true;
			if ((n->refs[i].role == ROLE_BLIND ||
			    n->refs[i].role == ROLE_SEEING) &&
			    rank_cmp(&n->rank, &off) > 0) {
				off = n->rank;
				b.blind = n->refs[i].role == ROLE_BLIND;
			}
		}
	}
	return b;
}

/* As the log numbered them. */
static bool
before(const struct node *a, const struct node *b)
{
	if (rank_time(&a->rank) != rank_time(&b->rank))
		return rank_time(&a->rank) < rank_time(&b->rank);
	return rank_seq(&a->rank) < rank_seq(&b->rank);
}

/* Was the handle opened or closed once more between the two? */
static bool
is_back(struct world *w, const struct edge *e, const struct node *from,
    const struct node *to)
{
	const struct view *v = graph_view(w->g);
	const struct node *n;
	size_t ev, i;

	for (ev = 1; ev < w->n_labels; ev++) {
		n = v->node(v->ctx, (int64_t)ev);
		if (n == NULL || !before(from, n) || !before(n, to))
			continue;
		for (i = 0; i < n->n_refs; i++)
			if (n->refs[i].entity == e->via &&
			    (n->refs[i].role == ROLE_NEW ||
			    n->refs[i].role == ROLE_END))
				return true;
	}
	return !before(from, to);
}

static const struct ref *
ref_in(const struct node *n, int64_t entity, int role)
{
	size_t i;

	for (i = 0; i < n->n_refs; i++)
		if (n->refs[i].entity == entity && n->refs[i].role == role)
			return &n->refs[i];
	fail_msg("an edge rests on what its end does not name");
	return NULL;
}

static void
check_edge(struct world *w, const struct edge *e)
{
	const struct view *v = graph_view(w->g);
	const struct node *from = v->node(v->ctx, e->from);
	const struct node *to = v->node(v->ctx, e->to);
	const struct ref *r = ref_in(to, e->via, e->to_role);
	struct between b = between(w, from, to);

	assert_true(rank_cmp(&from->rank, &to->rank) < 0);
	if (e->grade != GRADE_PROVABLE)
		return;
	assert_false(r->flags & REF_WEAK);
	if (r->kind == KIND_SESSION)
		assert_false(b.start);
	if (r->kind == KIND_PROCESS)
		assert_false(b.blind);
	if (r->kind == KIND_HANDLE)
		assert_false(is_back(w, e, from, to));
}

static void
nothing_is_proven_by_a_pid_across_a_start_or_blindly(void **state)
{
	struct arena *a = arena_new();
	const struct view *v;
	const struct node *n;
	struct edge in[EDGES_IN_MAX];
	struct world w;
	struct set s;
	size_t i, ev, k, proven = 0;

	(void)state;
	for (i = 1; i <= 4 * SETS; i++) {
		s = set_of(a, i * 104729, i % 2 ? 300 : 12);
		world_open(&w, NULL, true);
		world_take(&w, s.l, s.n, 13);
		v = graph_view(w.g);
		for (ev = 1; ev < w.n_labels; ev++) {
			n = v->node(v->ctx, (int64_t)ev);
			k = n ? cause_in_edges(v, n, in) : 0;
			while (k-- > 0) {
				check_edge(&w, &in[k]);
				proven += in[k].grade == GRADE_PROVABLE;
			}
		}
		world_close(&w);
	}
	assert_true(proven > 30);
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_repeats_and_batches_change_nothing),
		cmocka_unit_test(
		    nothing_is_proven_by_a_pid_across_a_start_or_blindly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
