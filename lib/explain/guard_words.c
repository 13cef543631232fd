/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The closed list of words that a sentence about events may be made of. What is
 * missing is missing on purpose: denial (not, never, without), guessing (may,
 * likely), judgement that no record holds (harmless, benign, safe), orders to
 * the reader, totals (all, only), causes (because, led to).
 */
#include "explain/guard.h"

#include <string.h>

#include "attack.h"

#define ACT(x) (UINT64_C(1) << ACT_##x)
#define TACTIC(x) (1U << TACTIC_##x)

static const struct deed_row deeds[] = {
	{ .forms = "started starts start starting launched launches launch "
	    "spawned spawns spawn executed executes execute executing ran runs "
	    "run running invoked invokes", .how = DEED_ALONE,
	    .acts = ACT(PROCESS_CREATE),
	    .actions = "process.create exec runinstances startinstances "
	    "sendcommand invoke" },
	{ .forms = "opened opens open opening accessed accesses access",
	    .acts = ACT(PROCESS_ACCESS) | ACT(HANDLE_OPEN) | ACT(FILE_READ) |
	    ACT(SHARE) | ACT(PROCESS_CREATE),	/* of documents */
	    .actions = "access open getobject read", .how = DEED_OPEN },
	{ .forms = "read reads reading", .acts = ACT(FILE_READ) |
	    ACT(PROCESS_ACCESS), .actions = "getobject read getsecretvalue "
	    "getparameter" },
	{ .forms = "injected injects", .acts = ACT(REMOTE_THREAD),
	    .techniques = "T1055" },
	{ .forms = "loaded loads loading", .acts = ACT(IMAGE_LOAD) |
	    ACT(DRIVER_LOAD), .actions = "load" },
	{ .forms = "wrote writes write writing written dropped drops drop "
	    "saved saves stored stores", .acts = ACT(FILE_CREATE),
	    .actions = "putobject write upload" },
	{ .forms = "created creates create creating",
	    .acts = ACT(PROCESS_CREATE) | ACT(FILE_CREATE) | ACT(PIPE_CREATE) |
	    ACT(SERVICE_CREATE) | ACT(TASK_CREATE) | ACT(ACCOUNT_CREATE) |
	    ACT(REGISTRY_SET), .actions = "create", .how = DEED_ITSELF },
	{ .forms = "downloaded downloads download downloading fetched fetches "
	    "fetch retrieved", .actions = "download getobject",
	    .techniques = "T1105 T1530" },
	{ .forms = "connected connects connect connecting connection "
	    "connections initiated initiates contacted contacts contact communicated communicates",
	    .acts = ACT(CONNECT) | ACT(FLOW) | ACT(PIPE_USE),
	    .actions = "network.connect" },
	{ .forms = "established establishes", .acts = ACT(CONNECT) | ACT(FLOW),
	    .actions = "network.connect", .tactics = TACTIC(PERSISTENCE) },
	{ .forms = "accepted accepts", .actions = "network.accept" },
	{ .forms = "resolved resolves looked queried queries",
	    .acts = ACT(DNS), .actions = "dns" },
	{ .forms = "logged logs log logon logons login logins authenticated "
	    "authenticates signed signs sign sign-in sign-ins sign-on",
	    .acts = ACT(LOGON) | ACT(LOGON_FAILED) | ACT(SIGN_IN) | ACT(SSO),
	    .actions = "login logon sign-in signin session.start" },
	{ .forms = "installed installs install", .acts = ACT(SERVICE_CREATE) |
	    ACT(TASK_CREATE) | ACT(DRIVER_LOAD), .actions = "install" },
	{ .forms = "registered registers register", .acts = ACT(TASK_CREATE) |
	    ACT(SERVICE_CREATE), .actions = "register task.create" },
	{ .forms = "deleted deletes delete removed removes remove",
	    .acts = ACT(FILE_DELETE), .actions = "delete remove",
	    .how = DEED_ITSELF },
	{ .forms = "cleared clears", .acts = ACT(LOG_CLEARED),
	    .actions = "clear" },
	{ .forms = "changed changes change modified modifies set sets updated "
	    "updates update altered", .acts = ACT(REGISTRY_SET) |
	    ACT(ACCOUNT_CHANGE) | ACT(TAMPER), .actions = "update modify "
	    "change attach put policy rule set" },
	{ .forms = "issued issues issue obtained obtains received receives",
	    .acts = ACT(TOKEN_ISSUE) | ACT(TICKET),
	    .actions = "createaccesskey assumerole gettoken",
	    .how = DEED_ISSUE | DEED_ITSELF },
	{ .forms = "assumed assumes", .actions = "assumerole" },
	{ .forms = "dumped dumps dump dumping", .techniques = "T1003" },
	{ .forms = "enumerated enumerates enumerate listed lists "
	    "discovered discovers searched", .actions = "list describe",
	    .tactics = TACTIC(DISCOVERY) },
	{ .forms = "exfiltrated exfiltrates", .tactics = TACTIC(EXFILTRATION) },
	{ .forms = "collected collects copied copies",
	    .actions = "getobject copy", .tactics = TACTIC(COLLECTION) },
	{ .forms = "encrypted encrypts", .techniques = "T1486" },
	{ .forms = "disabled disables stopped stops", .acts = ACT(TAMPER),
	    .actions = "disable stop deactivate", .how = DEED_ITSELF },
	{ .forms = "deactivated deactivates", .actions = "deactivate",
	    .how = DEED_ITSELF },
	{ .forms = "activated activates enabled enables",
	    .actions = "activate enable", .how = DEED_ITSELF },
	{ .forms = "denied denies rejected rejects", .actions = "deny reject",
	    .how = DEED_REFUSED },
	{ .forms = "used uses use using", .how = DEED_ANY | DEED_MEANS },
	{ .forms = "performed performs did carried called calls requested "
	    "requests", .how = DEED_ANY },
	{ .forms = "acted acts worked", .how = DEED_ANY },
	{ .forms = "marked marks flagged tagged detected labelled labeled "
	    "mapped maps identified classified", .how = DEED_MARK },
	{ .forms = "begins began begin starting-point originated originates "
	    "beginning", .how = DEED_BEGIN },
	{ .forms = "ended ends end ending concluded", .how = DEED_END },
	{ .forms = "recorded observed seen shows show showed occurred happened "
	    "appears appeared", .how = DEED_SEEN },
};

static const struct row { enum word_class class; int n; const char *words; }
rows[] = {
	{ WORD_BE, 0, "is was are were be been being has had have" },
	{ WORD_JOIN, 0, "and or" },
	{ WORD_BREAK, 0, "which who that where while when whose" },
	{ WORD_PLACE, PREP_BY, "by" },
	{ WORD_PLACE, PREP_FROM, "from" },
	{ WORD_PLACE, PREP_TO, "to into inside onto against toward towards" },
	{ WORD_PLACE, PREP_OF, "of" },
	{ WORD_PLACE, PREP_ON, "on in" },
	{ WORD_PLACE, PREP_AS, "as under" },
	{ WORD_PLACE, PREP_WITH, "with via through" },
	{ WORD_PLACE, PREP_AT, "at until since between" },
	{ WORD_PLACE, PREP_FOR, "for" },
	{ WORD_PLACE, PREP_ANY, "across over within during" },
	{ WORD_THEN, 0, "then later afterwards afterward subsequently next "
	    "thereafter followed turn" },
	{ WORD_AFTER, 0, "after once following" },
	{ WORD_BEFORE, 0, "before" },
	{ WORD_FIRST, 0, "first earliest" },
	{ WORD_LAST, 0, "last latest final finally" },
	{ WORD_ROOT, 0, "root origin entry cause" },
	{ WORD_MARKED, 1, "suspicious malicious attacker intruder adversary" },
	{ WORD_MARKED, 0, "attack intrusion alert alerts alerted detection "
	    "detections rule rules" },
	{ WORD_FAILED, 0, "failed fails tried attempted attempt attempts "
	    "unsuccessful unsuccessfully" },
	{ WORD_UNIT, 1, "second seconds s" },
	{ WORD_UNIT, 60, "minute minutes min" },
	{ WORD_UNIT, 3600, "hour hours h" },
	{ WORD_UNIT, 86400, "day days" },
	{ WORD_LINK, 0, "link links linked edge edges tie ties tied relation" },
	{ WORD_LIST, 0, "involved involves involving includes included "
	    "including touches touched spans spanned covers covered reached "
	    "reaches" },
	{ WORD_COUNT, 0, "time times" },
	{ WORD_COUNT, 1, "event events record step steps object objects" },
	{ WORD_NUMBER, 1, "one" }, { WORD_NUMBER, 2, "two both" },
	{ WORD_NUMBER, 3, "three" }, { WORD_NUMBER, 4, "four" },
	{ WORD_NUMBER, 5, "five" }, { WORD_NUMBER, 6, "six" },
	{ WORD_NUMBER, 7, "seven" }, { WORD_NUMBER, 8, "eight" },
	{ WORD_NUMBER, 9, "nine" }, { WORD_NUMBER, 10, "ten" },
	{ WORD_NUMBER, 11, "eleven" }, { WORD_NUMBER, 12, "twelve" },
	{ WORD_NUMBER, 13, "thirteen" }, { WORD_NUMBER, 14, "fourteen" },
	{ WORD_NUMBER, 15, "fifteen" }, { WORD_NUMBER, 16, "sixteen" },
	{ WORD_NUMBER, 17, "seventeen" }, { WORD_NUMBER, 18, "eighteen" },
	{ WORD_NUMBER, 19, "nineteen" }, { WORD_NUMBER, 20, "twenty" },
	{ WORD_ALL, 0, "all" }, { WORD_AGAIN, 0, "again" },
	{ WORD_ECHO, 0, "group groups factor factors mfa push policy policies "
	    "secret secrets snapshot snapshots instance instances function "
	    "functions inbox mailbox" },
	{ WORD_KIND, KIND_HOST, "host hosts machine machines workstation "
	    "workstations server servers computer computers" },
	{ WORD_KIND, KIND_USER, "user users account accounts identity" },
	{ WORD_KIND, KIND_PROGRAM, "process processes program programs binary "
	    "executable shell" },
	{ WORD_KIND, KIND_PAYLOAD, "payload payloads implant malware" },
	{ WORD_KIND, KIND_FILE, "file files document attachment" },
	{ WORD_KIND, KIND_REGISTRY, "registry value" },
	{ WORD_KIND, KIND_SERVICE, "service services" },
	{ WORD_KIND, KIND_TASK, "task tasks" },
	{ WORD_KIND, KIND_PIPE, "pipe" },
	{ WORD_KIND, KIND_IP, "address addresses ip" },
	{ WORD_KIND, KIND_DOMAIN, "domain domains" },
	{ WORD_KIND, KIND_URL, "url" },
	{ WORD_KIND, KIND_SESSION, "session sessions" },
	{ WORD_KIND, KIND_TOKEN, "key keys token" },
	{ WORD_KIND, KIND_RESOURCE, "resource" },
	{ WORD_KIND, KIND_ROLE, "role" },
	{ WORD_KIND, KIND_BUCKET, "bucket" },
	{ WORD_KIND, KIND_ACTION, "action operation api" },
	{ WORD_KIND, KIND_ANY, "port command line argument arguments option options name "
	    "parent child memory "
	    "traffic share" },
	{ WORD_PLAIN, 0, "a an the this these its it they their them he she "
	    "there here up other also still outbound outgoing activity incident chain case "
	    "sequence story utc z using new remote local network logical "
	    "point data system itself made make makes own access-key short part what "
	    "technique techniques tactic tactics att&ck mitre grade graded "
	    "confidence side execution called-up named well" },
};

static bool
listed(const char *list, struct str word)
{
	struct str l = str_of(list), w;

	while (str_cut(&l, ' ', &w))
		if (str_eq(w, word))
			return true;
	return false;
}

bool
guard_word(struct str lower, struct word *w)
{
	size_t i;

	*w = (struct word){ 0 };
	for (i = 0; i < COUNT(deeds); i++)
		if (listed(deeds[i].forms, lower)) {
			*w = (struct word){ WORD_DEED, 0, &deeds[i] };
			return true;
		}
	for (i = 0; i < COUNT(rows); i++)
		if (listed(rows[i].words, lower)) {
			*w = (struct word){ rows[i].class, rows[i].n, NULL };
			return true;
		}
	return false;
}

static bool
letter(char c)
{
	return (c | 32) >= 'a' && (c | 32) <= 'z';
}

/* Where a word begins in "AssumeRole", "user.mfa.factor.deactivate": so that
 * "activate" is not in the second. An access key is no access. */
static bool
begins_word(struct str s, size_t at)
{
	if (at > 0 && letter(s.p[at - 1]) &&
	    (s.p[at] > 'Z' || s.p[at - 1] <= 'Z'))
		return false;
	return s.len < at + 9 ||
	    !str_eq_fold(str_sub(s, at, at + 9), STR("accesskey"));
}

bool
guard_names(struct str action, struct str word)
{
	size_t at = 0;

	while (word.len > 0 &&
	    (at = str_find_fold(action, word, at)) != (size_t)-1) {
		if (begins_word(action, at) || word.len > 8)
			return true;
		at++;
	}
	return false;
}

static bool
said_by_action(const char *parts, struct str action)
{
	struct str l = str_of(parts), w;

	while (str_cut(&l, ' ', &w))
		if (guard_names(action, w))
			return true;
	return false;
}

static bool
marked_with(const struct deed_row *d, const struct step *e)
{
	struct str l, w;
	size_t i;

	for (i = 0; i < e->n_marks; i++) {
		if (attack_tactics(e->marks[i].technique) & d->tactics)
			return true;
		l = str_of(d->techniques);
		while (str_cut(&l, ' ', &w))
			if (e->marks[i].technique / 1000 ==
			    technique_parse(w) / 1000)
				return true;
	}
	return false;
}

bool
guard_marked(const struct deed_row *d, const struct step *e)
{
	return !(d->acts & UINT64_C(1) << e->act) &&
	    !said_by_action(d->actions, e->action) && marked_with(d, e);
}

bool
guard_deed(const struct deed_row *d, const struct step *e)
{
	if (d->how & (DEED_ANY | DEED_SEEN | DEED_BEGIN | DEED_END))
		return true;
	if (d->how & DEED_MARK)
		return e->n_marks > 0 || (e->flags & EVENT_ALERT);
	return (d->acts & UINT64_C(1) << e->act) ||
	    said_by_action(d->actions, e->action) || marked_with(d, e);
}
