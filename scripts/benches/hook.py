"""What an agent waits for at each tool call: the guard's hook as a process, while a build
keeps every core busy, beside other guards when they are installed."""

import contextlib
import json
import multiprocessing
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Until then cargo reads manifests and keeps one core busy at most.
BUSY_AFTER_SECONDS = 5
COMMAND = "cd crates/core && rm -rf target && git push --force origin main"


def answer(server):
    """The factory's side of a run's guard: everything is heard."""
    while True:
        try:
            peer, _ = server.accept()
        except OSError:
            return
        with peer, peer.makefile("rb") as said:
            said.readline()
            peer.sendall(b'{"ok":true}\n')


def run_folder(folder):
    """A run's folders, as the factory leaves them for its hooks."""
    for name in ("agent", "work", "home", "tmp"):
        (folder / name).mkdir()
    role = {"role": "developer", "edits": None, "outputs": [], "may_run": True}
    scene = {name: str(folder / name) for name in ("home", "tmp")}
    scene |= {"worktree": str(folder / "work"), "branch": "adf/1-x", "role": role, "deny": [], "allow": []}
    (folder / "agent" / "guard.json").write_text(json.dumps(scene))
    (folder / "agent" / "guard.key").write_text("0" * 64)
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(folder / "agent" / "guard.sock"))
    server.listen(16)
    # A process of its own, as the factory is.
    hearing = multiprocessing.Process(target=answer, args=(server,), daemon=True)
    hearing.start()
    return hearing


def timed(argv, payload, count, cwd):
    """Milliseconds of each of so many calls, and their exit codes."""
    times, codes = [], set()
    for _ in range(count):
        began = time.perf_counter()
        done = subprocess.run(argv, input=payload, capture_output=True, cwd=cwd)
        times.append((time.perf_counter() - began) * 1000)
        codes.add(done.returncode)
    return times, codes


@contextlib.contextmanager
def busy():
    """Every core at work on a `cargo build` from nothing, as agents have them."""
    with tempfile.TemporaryDirectory() as target:
        argv = ["cargo", "build", "--quiet", "--locked", "--target-dir", target]
        build = subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        time.sleep(BUSY_AFTER_SECONDS)
        try:
            yield build
        finally:
            os.killpg(build.pid, signal.SIGKILL)
            build.wait()


def others():
    """Other guards on PATH, as their own hooks are called."""
    found = {}
    if dcg := shutil.which("dcg"):
        found["dcg"] = [dcg]
    if net := shutil.which("cc-safety-net"):
        found["cc-safety-net"] = [net, "--claude-code"]
    return found


def measure(adf, count):
    """Names and milliseconds; of ours first."""
    payload = json.dumps({"hook_event_name": "PreToolUse", "tool_name": "Bash", "tool_input": {"command": COMMAND}}).encode()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        hearing = run_folder(folder)
        work = folder / "work"
        ours = [adf, "guard", "hook", "claude", "--run", folder / "agent"]
        try:
            with busy() as build:
                times, codes = timed(ours, payload, count, work)
                if codes != {2}:
                    raise RuntimeError(f"the hook ended with {codes}")
                found = {"adf": times, "an empty process": timed(["true"], payload, count, work)[0]}
                for name, argv in others().items():
                    found[name] = timed(argv, payload, count, work)[0]
                if build.poll() is not None:
                    raise RuntimeError("the build ended before the measure did: ask for fewer --hooks")
        finally:
            hearing.kill()
    return found
