#!/usr/bin/env python3
"""Runs a random sample of the mutants that cargo-mutants makes, in two stages.

Each mutant is a change of one place. The quick tests of the crate that it is in run first; what they
do not catch is shown to the tests that compare engines. Run it in a copy of the tree: it changes
files, and puts them back.

    fuzz/mutants.py AREA COUNT SEED RESULTS.jsonl
"""

import json
import random
import re
import subprocess
import sys
import time

AREAS = {
    "canon": ("policy-eval", ["policy-eval/src/canon/**"], r""),
    "core": ("policy-eval", ["policy-eval/src/engine/decide.rs", "policy-eval/src/engine/judge.rs"], r""),
    "layers": (
        "policy-lang",
        ["policy-lang/src/check/layers.rs", "policy-lang/src/model/mod.rs", "policy-lang/src/compile/mod.rs"],
        r"layers\.rs|may_loosen|default_tier|rank_key|loosened",
    ),
}
EVAL = ["-p", "policy-eval", "--lib", "--test", "shell", "--test", "shell_laws", "--test", "requests_page"]
LANG = ["-p", "policy-lang", "--test", "meaning", "--test", "engines", "--test", "artifact"]
STAGES = {"policy-eval": [EVAL, LANG], "policy-lang": [[*LANG, "--lib", "--test", "check"]]}
# The one slow test says nothing of what is mutated.
SKIP = ["--", "--skip", "what_is_mended_is_never_looser"]
TIMEOUT = 400


def mutants(area):
    package, files, wanted = AREAS[area]
    command = ["cargo", "mutants", "--list", "--json", "-p", package]
    for file in files:
        command += ["--file", file]
    listed = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    is_test = re.compile(r"/tests?(ing)?\.rs$")
    return [one for one in listed if re.search(wanted, one["name"]) and not is_test.search(one["file"])]


def outcome(mutant):
    for number, stage in enumerate(STAGES[mutant["package"]], 1):
        command = ["nice", "-n", "15", "timeout", str(TIMEOUT), "cargo", "test", "-q", *stage]
        built = subprocess.run([*command, "--no-run"], capture_output=True, text=True)
        if built.returncode != 0:
            return "unviable"
        code = subprocess.run([*command, *SKIP], capture_output=True, text=True).returncode
        if code != 0:
            return "timeout" if code == 124 else f"caught in stage {number}"
    return "missed"


def main():
    area, count, seed, results = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    found = mutants(area)
    print(f"{area}: {len(found)} mutants", flush=True)
    for mutant in random.Random(seed).sample(found, min(count, len(found))):
        start = time.time()
        with open(mutant["file"], encoding="utf-8") as file:
            sound = file.read()
        try:
            lines = sound.split("\n")
            span = mutant["span"]
            (top, left), (bottom, right) = ((span[end]["line"] - 1, span[end]["column"] - 1) for end in ("start", "end"))
            text = lines[top][:left] + mutant["replacement"] + lines[bottom][right:]
            with open(mutant["file"], "w", encoding="utf-8") as file:
                file.write("\n".join(lines[:top] + [text] + lines[bottom + 1 :]))
            said = outcome(mutant)
        finally:
            with open(mutant["file"], "w", encoding="utf-8") as file:
                file.write(sound)
        with open(results, "a", encoding="utf-8") as file:
            seconds = round(time.time() - start)
            row = {"area": area, "seed": seed, "mutant": mutant["name"], "outcome": said, "seconds": seconds}
            file.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main()
