#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the product's pages show runs as it stands there: curl, httpx, both bases."""
import json, shutil, subprocess
import lab
from lab import Skip, need

EVENT = {"event_type": "authentication", "source": "okta", "timestamp": "2026-03-06T14:30:00Z",
         "actor": "user@company.com", "action": "login.failed"}


def curl(*words):
    if not shutil.which("curl"):
        raise Skip("curl is not installed")
    r = subprocess.run(["curl", "-sS", "-m", "20", "-w", "\n%{http_code}", *words], capture_output=True, text=True)
    need(r.returncode == 0, r.stderr)
    body, _, code = r.stdout.rpartition("\n")
    return int(code), json.loads(body)


def curl_posts_events_with_an_api_key(l):
    c = l.tenant()
    code, a = curl("-X", "POST", f"http://127.0.0.1:{l.port}/api/v1/events", "-H", f"X-API-Key: {c.key}",
                   "-H", "Content-Type: application/json", "-d", json.dumps({"events": [EVENT]}))
    need(code == 200 and a["accepted"] == 1 and a["event_ids"][0].startswith("evt_"), code, a)
    full = dict(EVENT, target="admin-portal", metadata={"ip": "203.0.113.42", "user_agent": "Mozilla/5.0"})
    ids = c.send([full])
    got = c.get(f"/events/{ids[0]}").want(200).json()
    for k in ("event_type", "source", "actor", "action", "target", "metadata"):
        need(got[k] == full[k], k, got[k])


def httpx_posts_events_and_analyses_without_a_body(l):
    try:
        import httpx
    except ImportError:
        raise Skip("python3-httpx is not installed")
    c = l.tenant()
    c.send(lab.break_in(1, "docs"))
    with httpx.Client(base_url=f"http://127.0.0.1:{l.port}/api/v1", headers={"X-API-Key": c.key}) as client:
        r = client.post("/events", json={"events": [EVENT]})
        need(r.status_code == 200, r.text)
        r = client.post("/causal/analyze")
        need(r.status_code == 200, r.text)
        chains = r.json()["chains"]
        need(chains, "no chain of the incident")
        for chain in chains:
            need(chain["confidence"] in ("PROVABLE", "MIXED", "INFERRED") and chain["chain_id"], chain)


def the_second_generations_base_and_bearer_keys_work(l):
    c = l.tenant()
    code, a = curl("-H", f"Authorization: Bearer {c.key}", f"http://127.0.0.1:{l.port}/v1/health")
    need(code == 200 and a["status"] == "ok", code, a)
    ids = c.on("/v1").send([lab.sign_in(1)])
    need(c.get(f"/events/{ids[0]}").want(200).json()["event_id"] == ids[0], "not under /api/v1")
    for path in ("/events", "/chains", "/causal/edges", "/rate_limit", "/coverage", "/openapi.json"):
        c.on("/v1").get(path).want(200)


def unknown_paths_are_problems_under_both_bases(l):
    c = l.tenant()
    for base in ("/api/v1", "/v1"):
        for path in ("/no/such/thing", "/eventsfoo", "/events/evt_x/y", "/causal", "/causal/liveness", "/"):
            c.on(base).get(path).problem(404)


if __name__ == "__main__":
    lab.main(curl_posts_events_with_an_api_key, httpx_posts_events_and_analyses_without_a_body,
             the_second_generations_base_and_bearer_keys_work, unknown_paths_are_problems_under_both_bases)
