#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make fuzz: libFuzzer on every reader of foreign bytes.

    BUILD=build/fuzz tests/fuzz/fuzz.py [--seconds N] [--replay] [NAME...]

Inputs begin from tests/fuzz/seeds/NAME, from tests/fuzz/found/NAME (each file
there was a fault once) and from the golden files, cut up here. What is found new
stays in BUILD/corpus/NAME, a fault in BUILD/crash/NAME-*: fix it and keep the
file under found/. --replay: the seeds alone, once (make check-san does that).
The last line is "N passed, N failed"; exit 1 if any failed."""
import functools, glob, gzip, json, os, re, shutil, sqlite3, subprocess, sys, tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, os.environ.get("BUILD", "build/fuzz"))
LONGEST = {"records": 16384, "verify": 65536, "chains": 32768, "unpack": 8192}
AT_MOST_S, AT_MOST_MB = 10, 2500        # for one input; the sanitizers slow down by much


def read(path):
    with open(os.path.join(ROOT, path), "rb") as f:
        return f.read()


def golden(pattern):
    return [(p, read(p)) for p in sorted(glob.glob(os.path.join(ROOT, pattern)))]


@functools.lru_cache(None)
def sample():
    """-> the sample's chains with their records, and how the store packs chains and segments."""
    data = tempfile.mkdtemp(prefix="tra-ce-fuzz-")

    def tool(*words):
        r = subprocess.run([os.path.join(BUILD, "tra-ce"), "--data", data, "--json", *words], cwd=ROOT, capture_output=True,
                           timeout=300, check=True)
        return json.loads(r.stdout)
    try:
        tool("tenant", "add", "t", "--plan", "enterprise")
        for source in ("windows", "okta", "cloudtrail"):
            tool("import", "--source", source, f"db/sample/{source}.ndjson")
        graph = sqlite3.connect(glob.glob(data + "/tenants/*/graph.db")[0])
        packed = [(w, x) for w, table in ((b"c", "chain_version"), (b"s", "segment")) for x, in graph.execute(f"SELECT body FROM {table}")]
        graph.close()
        chains = tool("analyze", "--raw")["chains"]
        told = [tool("investigate", c["chain_id"]) for c in chains]
    finally:
        shutil.rmtree(data)
    return chains, told, packed


def few(chain, n):
    """The chain's first n nodes and what is between them."""
    nodes = chain["nodes"][:n]
    ids = {x["event_id"] for x in nodes}
    return dict(chain, nodes=nodes, edges=[e for e in chain["edges"] if e["from"] in ids and e["to"] in ids])


def plain(chain):
    return dict(chain, nodes=[{k: v for k, v in n.items() if k not in ("raw", "entities")} for n in chain["nodes"]])


def made(name):
    """Seeds cut from what the other tests have."""
    if name == "records":
        for path, text in golden("tests/norm/*/*.in.*"):
            source = os.path.basename(os.path.dirname(path))
            marks = "0n" if path.endswith((".ndjson", ".tsv")) else "0"
            yield f"{marks} {'' if source == 'own' else source}\n".encode() + text
            yield b"0 auto\n" + text
            records = json.loads(text) if path.endswith(".json") else []
            for r in records if isinstance(records, list) else [records]:
                yield f"0 {source}\n".encode() + json.dumps(r).encode()
    if name == "json":
        yield from (text for _, text in golden("tests/norm/*/*.in.json"))
    if name == "unpack":
        for _, text in golden("tests/norm/okta/*.in.json"):
            yield b"gzip\n" + gzip.compress(text, mtime=0)
            z = subprocess.run(["zstd", "-q", "-c"], input=text, capture_output=True)
            yield b"zstd\n" + z.stdout
    if name == "rules":
        yield from (text for _, text in golden("db/rules/*.yml"))
        yield from (text for _, text in golden("tests/tag/*.yml"))
    if name == "answers":
        for line in read("tests/explain/guard.tsv").decode().splitlines():
            if not line.startswith("#") and line.count("\t") == 3:
                sentence = line.split("\t")[3]
                yield b"chat\n" + sentence.encode()
                said = json.dumps({"sentences": [{"text": sentence, "cites": ["E1", "E2", "E1>E2"]}]})
                yield b"chat\n" + json.dumps({"choices": [{"message": {"content": said}}]}).encode()
                yield b"messages\n" + json.dumps({"content": [{"type": "text", "text": said}]}).encode()
    if name in ("verify", "chains"):
        yield read("tests/explain/given.json")
        for chain in sample()[0]:
            for n in (3, 8):
                yield json.dumps(few(chain, n) if name == "verify" else plain(few(chain, n))).encode()
            yield json.dumps(chain if name == "verify" else plain(chain)).encode()
    if name == "verify":
        yield from (json.dumps(x).encode() for x in sample()[1])
    if name == "packed":
        yield from (w + x for w, x in sample()[2])


def fill(name):
    folder = os.path.join(BUILD, "seeds", name)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    for i, text in enumerate(made(name)):
        with open(os.path.join(folder, f"{i:04}"), "wb") as f:
            f.write(text)
    return [folder, os.path.join(ROOT, "tests/fuzz/seeds", name), os.path.join(ROOT, "tests/fuzz/found", name)]


def words(name, seconds, replay):
    program, seeds = os.path.join(BUILD, "fuzz-" + name), fill(name)
    if replay:
        return [program, *seeds]
    corpus, crash = os.path.join(BUILD, "corpus", name), os.path.join(BUILD, "crash")
    os.makedirs(corpus, exist_ok=True)
    os.makedirs(crash, exist_ok=True)
    words_of = os.path.join(ROOT, "tests/fuzz/seeds", name + ".dict")
    return [program, f"-max_total_time={seconds}", f"-max_len={LONGEST.get(name, 4096)}", f"-timeout={AT_MOST_S}",
            f"-rss_limit_mb={AT_MOST_MB}", "-print_final_stats=1", f"-artifact_prefix={crash}/{name}-",
            *([f"-dict={words_of}"] if os.path.exists(words_of) else []), corpus, *filter(os.path.isdir, seeds)]


def run(name, seconds, replay):
    env = dict(os.environ, ASAN_OPTIONS="detect_leaks=1", UBSAN_OPTIONS="print_stacktrace=1")
    r = subprocess.run(words(name, seconds, replay), cwd=ROOT, env=env, capture_output=True, timeout=seconds * 2 + 600)
    text = (r.stdout + r.stderr).decode("utf-8", "replace")
    ran = re.search(r"number_of_executed_units: (\d+)|(\d+) inputs", text)
    print(f"{'ok' if r.returncode == 0 else 'FAILED':7}fuzz  {name:12} {ran[0] if ran else ''}", flush=True)
    if r.returncode != 0:
        print("       " + "\n       ".join([x for x in text.splitlines() if not re.match(r"#\d+\t|0x", x)][-40:]), flush=True)
    return r.returncode == 0


def main(argv):
    replay = "--replay" in argv
    seconds = int(argv[argv.index("--seconds") + 1]) if "--seconds" in argv else 60
    names = sorted(os.path.basename(p)[:-2] for p in glob.glob(os.path.join(ROOT, "tests/fuzz/*.c")) if not p.endswith("replay.c"))
    asked = [a for a in argv if a in names]
    good = [run(name, seconds, replay) for name in asked or names]
    print(f"{sum(good)} passed, {len(good) - sum(good)} failed")
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
