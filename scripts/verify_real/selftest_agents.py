"""The intruder without walls: every probe of it must get through, or it proves nothing.

Also the search for left-over processes, against one that is really left over.
"""

import os
import pathlib
import shutil
import subprocess
import tempfile

from .agents import canary_paths, needle, probes, write_agents
from .factory import Folders, agent_at_work, left_over
from .forge import git

LINGER = "69999"
CANARY = "adf-canary-self-test"


def scene(base):
    """Folders as in a verification, a stand-in for the daemon and one for the binary."""
    folders = Folders(base)
    home = pathlib.Path(base, "real-home")
    for folder in (home, folders.state / "mirror.git" / "objects", folders.state / "mirror.git" / "hooks"):
        folder.mkdir(parents=True)
    for path in (folders.token, folders.config, folders.home / "x", folders.logs / "x"):
        path.write_text("something\n")
    (folders.state / "ledger.db").write_text("rows\n")
    binary = pathlib.Path(base, "adf")
    binary.write_text(f'#!/bin/sh\necho "$@" >> {base}/reports\n')
    binary.chmod(0o755)
    paths = write_agents(folders, [7], LINGER, CANARY, home)
    daemon = subprocess.Popen(["sleep", "600"], env={"SECRET": "x"})
    (folders.agents / "daemon.pid").write_text(f"{daemon.pid}\n")
    return folders, home, binary, paths, daemon


def work(folders, binary, agent, ticket):
    """One run of an agent in a fresh clone with no walls; its exit code and the clone."""
    clone = folders.base / f"clone-{ticket}"
    git("init", "-q", "-b", "main", str(clone))
    prompt = f"Please.\n{needle(folders)}\nsee to verify-ticket-{ticket} soon.\n"
    env = dict(os.environ, ADF_BIN=str(binary), TMPDIR=str(folders.base), ADF_RUN="task-1")
    done = subprocess.run([agent], input=prompt.encode(), cwd=clone, env=env, check=False)
    return done.returncode, clone


def intruder(folders, home, binary, paths):
    code, clone = work(folders, binary, paths["intruder"], 3)
    text = (clone / "intrusion.txt").read_text()
    got = {line.split()[1] for line in text.splitlines() if line.startswith("GOT ")}
    bad = [f"probe {name} finds no open door" for name in probes() if name not in got]
    bad += [] if code == 0 else [f"the intruder ended with {code}"]
    paths = canary_paths(folders, CANARY, home)
    bad += [f"no canary at {path}" for path in paths if not path.exists()]
    for path in paths:
        path.unlink(missing_ok=True)
    git("status", cwd=clone, check=False)
    if not (folders.canaries / "fsmonitor").exists():
        bad.append("the trap in the clone's config does not spring")
    return bad


def developer(folders, binary, paths):
    """Ends with its work committed and reported; waits at the gate while that is shut."""
    (folders.agents / "release-7").touch()
    code, clone = work(folders, binary, paths["developer"], 7)
    text = git("show", "HEAD:work/7.txt", cwd=clone, check=False)
    bad = [] if code == 0 else [f"the developer ended with {code}"]
    for line in ("step 6 of ticket 7", "issue verbatim: yes", "finished ticket 7"):
        bad += [] if line in text.splitlines() else [f"the developer's work lacks `{line}`"]
    if "report --status done" not in (folders.base / "reports").read_text():
        bad.append("the developer reported nothing")
    return bad


def left_behind(folders):
    """The sleepers of both agents are found, and a process told from a stranger."""
    bad = [] if len(left_over(folders, LINGER)) >= 2 else ["left-over sleepers are not found"]
    for line in left_over(folders, LINGER):
        os.kill(int(line.split()[0]), 9)
    env = {"HOME": f"{folders.state}/runs/task-1/home"}
    child = subprocess.Popen(["sleep", "600"], env=env)
    bad += [] if left_over(folders, LINGER) else ["a process known by its environment is not found"]
    child.kill()
    child.wait()
    bad += ["strangers are taken for ours"] if left_over(folders, LINGER) else []
    bad += ["nobody is at work, yet found"] if agent_at_work(folders, "task") else []
    return bad


def on_agents(say):
    base = pathlib.Path(tempfile.mkdtemp(prefix="adf-self-test-"))
    folders, home, binary, paths, daemon = scene(base)
    try:
        bad = intruder(folders, home, binary, paths)
        bad += developer(folders, binary, paths)
        bad += left_behind(folders)
        say(f"{'FAIL' if bad else 'ok  '} the agents without walls: {len(probes())} probes {bad}")
        return bad
    finally:
        daemon.kill()
        daemon.wait()
        shutil.rmtree(base, ignore_errors=True)
