#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Does the narrative of an attack name what an analyst must know of it? Run by tests/eval.py.

Each development campaign is sent to a tenant of its own and its best chain (the one that holds most
core attack lines) is investigated without a model. From the publisher's truth (labels.json) come
    c2       the command server's address            transcript.c2_session
    payload  the file name of the payload's image    attack_process_guids that are "payload", in their own records
    dump     what was carried off                    transcript.downloaded
    tool     what was brought in                     transcript.uploaded
A fact is named when the narrative has a sentence with it between its quotes, as a whole word, and with
cites. `root` is the cause named right (as chains.py judges it), `cites` the share of sentences that
`tra-ce verify` finds nothing against, and the share of facts of a campaign that are named is `named`.
A campaign in which the publisher knows of no dump or tool has none to name.

usage: narrative.py [--data DIR] [--project DIR] [--fast] [--json FILE] [--require 'named>=1' ...]
EVAL_ROOT names the folder in which eval/chains.py and its like lie (default: ../shared).
"""
import json, ntpath, os, re, subprocess, sys, tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BESIDE = os.path.abspath(os.path.join(ROOT, os.environ.get("EVAL_ROOT", "../shared")))
sys.path.insert(0, os.path.join(BESIDE, "eval"))
import chains, dataset, kit                                                     # noqa: E402

QUOTED = re.compile("“(.*?)”", re.S)


def facts(campaign):
    """{class: names}, each of which must be told. Of a campaign that is loaded."""
    told = campaign.labels["transcript"]
    images = [v.get("Image") for v in campaign.views if v.sysmon and v.event == 1 and v.process in campaign.payloads]
    return {"c2": sorted(campaign.servers), "payload": sorted({ntpath.basename(i) for i in images}),
            "dump": [ntpath.basename(n) for n in told["downloaded"]], "tool": [ntpath.basename(n) for n in told["uploaded"]]}


def naming(investigation, name):
    """The sentences of the narrative that name it and cite something."""
    whole = re.compile(r"(?<![\w.-])%s(?![\w-]|\.\w)" % re.escape(name), re.I)
    return [s for p in investigation["narrative"] for s in p["sentences"]
            if s["cites"] and any(whole.search(q) for q in QUOTED.findall(s["text"]))]


def best_chain(campaign, tenant, found):
    """(chain, its place in the answer) that holds most core lines."""
    def core(c):
        return len({t[1] for t in map(tenant.tag.get, chains.node_ids(c)) if t and t[1] in campaign.core})
    held = [(core(c), -i) for i, c in enumerate(found)]
    n, at = max(held, default=(0, 0))
    return (found[-at], 1 - at) if n else (None, None)


def verified(project, investigation):
    """(sentences, faults) of `tra-ce verify`."""
    with tempfile.NamedTemporaryFile("w", suffix=".json", delete=False) as f:
        json.dump(investigation, f)
    r = subprocess.run([os.path.join(project, "build", "tra-ce"), "--json", "verify", f.name],
                       capture_output=True, text=True, timeout=120)
    os.unlink(f.name)
    said = json.loads(r.stdout)
    if "why" in said["results"][0]:
        print("    " + said["results"][0]["why"][:2000])
    return said["results"][0]["sentences"], said["faults"] + (r.returncode != 0 and not said["faults"])


def judge(target, args, name, folder, labels):
    campaign = chains.Campaign(name, folder, labels)
    tenant = dataset.Tenant(target.tenant("narrative-" + name))
    campaign.load(tenant)
    found, _, _ = chains.analyse(tenant.client)
    chain, rank = best_chain(campaign, tenant, found)
    row = {"rank": rank, "root": 0, "sentences": 0, "faults": 0}
    if chain is None:
        return {**row, "named": 0.0}
    told = tenant.client.post("/ai/investigate", {"chain_id": chain["chain_id"]}).ok().json()
    row["sentences"], row["faults"] = verified(args.project, told)
    row["root"] = int(campaign.root(tenant.tag.get(told["root_cause"]["event_id"])) in chains.CORRECT_ROOTS)
    wanted = [(sort, n) for sort, names in facts(campaign).items() for n in names]
    for sort, n in wanted:
        hits = naming(told, n)
        row[sort] = min(row.get(sort, 1), int(bool(hits)))
        print("   %-20s %-8s %-28s %s" % (name, sort, n, "named: " + hits[0]["text"][:160] if hits else "NOT NAMED"))
    row["named"] = sum(bool(naming(told, n)) for _, n in wanted) / len(wanted)
    return row


def main():
    p = kit.arguments(__doc__)
    p.add_argument("--fast", action="store_true", help="the smallest campaign")
    args = p.parse_args()
    campaigns = dataset.campaigns(args.data)
    if args.fast:
        campaigns = sorted(campaigns, key=lambda c: c[2]["events"])[:1]
    with kit.Target(args) as target:
        rows = {c[0]: judge(target, args, *c) for c in campaigns}
    said, faults = sum(r["sentences"] for r in rows.values()), sum(r["faults"] for r in rows.values())
    figures = {"named": min(r["named"] for r in rows.values()), "root": min(r["root"] for r in rows.values()),
               "sentences": said, "faults": faults, "cites": (said - faults) / said if said else 0.0, "campaigns": rows}
    for sort in ("c2", "payload", "dump", "tool"):
        have = [r[sort] for r in rows.values() if sort in r]
        if have:
            figures[sort] = min(have)
    return kit.finish(args, figures, [f for f in figures if f != "campaigns"])


if __name__ == "__main__":
    sys.exit(main())
