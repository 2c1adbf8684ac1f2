"""The guard's own cases, judged by it and by what a user would pick instead: what each
catches, what each denies in vain, and how long an answer takes as a process.

The scene of the cases is built in a folder of its own, with a real repository, for
other guards look at what is there; its paths are put into the commands.
"""

import json
import os
import pathlib
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

from . import hook

ROOT = pathlib.Path(__file__).resolve().parents[2]
BRANCH = "adf/7-fix"


def read(every):
    """Each so-manieth case that starts where most do."""
    found = []
    for path in sorted((ROOT / "tests/guard/cases").glob("*.jsonl")):
        for line in path.read_text().splitlines():
            case = json.loads(line)
            if "cwd" not in case and "branch" not in case:
                found.append(case | {"domain": path.stem})
    return found[::every]


def build(folder):
    """The places that the cases speak of."""
    for name in ("run/repo", "run/tmp", "home"):
        (folder / name).mkdir(parents=True)
    git = ["git", "-C", folder / "run/repo", "-c", "user.name=a", "-c", "user.email=a@b.invalid"]
    subprocess.run([*git, "init", "-q", "-b", BRANCH], check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "begin"], check=True)


def placed(command, folder):
    return command.replace("/srv/run", f"{folder}/run").replace("/home/agent", f"{folder}/home")


def ours(adf, cases, commands, folder):
    """Whether each is denied; all that have the same walls in one process."""
    scene = {"cwd": "run/repo", "worktree": "run/repo", "home": "home", "tmp": "run/tmp"}
    argv = [adf, "guard", "test", "--jsonl", "--branch", BRANCH]
    argv += [part for name, place in scene.items() for part in (f"--{name}", folder / place)]
    denied = [False] * len(cases)
    for signals, more in (("free", ["--signals-free"]), ("walled", [])):
        of = [n for n, case in enumerate(cases) if case.get("signals", "free") == signals]
        lines = "".join(json.dumps({"command": commands[n]}) + "\n" for n in of)
        said = subprocess.run(argv + more, input=lines, capture_output=True, text=True).stdout
        for n, line in zip(of, said.splitlines(), strict=True):
            denied[n] = json.loads(line)["verdict"] == "deny"
    return denied


def theirs(argv, commands, folder):
    """Whether each is denied, and its milliseconds; a process for each, as their hook is called."""
    env = dict(os.environ, HOME=str(folder / "home"), TMPDIR=str(folder / "run/tmp"))
    place = folder / "run/repo"

    def one(command):
        asked = {"hook_event_name": "PreToolUse", "tool_name": "Bash", "cwd": str(place), "tool_input": {"command": command}}
        began = time.perf_counter()
        done = subprocess.run(argv, input=json.dumps(asked).encode(), capture_output=True, cwd=place, env=env)
        took = (time.perf_counter() - began) * 1000
        return done.returncode == 2 or b'"permissionDecision":"deny"' in done.stdout, took

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(zip(*pool.map(one, commands)))


def shares(cases, denied):
    """The part of the dangerous ones that is denied, and of the harmless ones."""
    def part(verdict):
        of = [no for case, no in zip(cases, denied) if case["verdict"] == verdict]
        return 100 * sum(of) / max(1, len(of))

    return part("deny"), part("allow")


def measure(adf, every):
    """The number of cases; then for each guard its name, what it catches and denies in
    vain, in percent, and its times in milliseconds, which are none for ours."""
    cases = read(every)
    with tempfile.TemporaryDirectory(prefix="guard-cases-", dir=ROOT / "target") as name:
        folder = pathlib.Path(name)
        build(folder)
        commands = [placed(case["command"], folder) for case in cases]
        found = [("adf", *shares(cases, ours(adf, cases, commands, folder)), ())]
        for name, argv in hook.others().items():
            denied, times = theirs(argv, commands, folder)
            found.append((name, *shares(cases, denied), times))
    return len(cases), found
