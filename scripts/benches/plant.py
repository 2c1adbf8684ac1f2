"""A forge and a daemon as processes of their own, and what `/proc` says of them."""

import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from verify_real.forge import Api

WAIT_SECONDS_MAX = 900
TICKS = os.sysconf("SC_CLK_TCK")
SECRET = "a-secret-of-the-bench-0123456789"

CONFIG = """\
[project]
name = "bench"
state_dir = {state}

[gitea]
url = {url}
repo = {repo}
token_file = {token}
settle = "1s"

[schedule]
tick = "{tick}"
mentions_every = {mentions_every}

[limits]
concurrency = {slots}
starts_per_hour = 10000
starts_per_day = 100000
disk_free_bytes = 1048576
grace = "1s"

[walls]
read = [{gate}]
write = [{gate}]

[[agents]]
name = "developer"
provider = "house"
prompt = "Do it."

[agents.limits]
concurrency = {slots}
starts_per_hour = 10000
starts_per_day = 100000

[providers.house]
kind = "script"
command = {command}

[webhook]
listen = {listen}
secret_file = {secret}
"""


class Failed(Exception):
    """A measure that came to nothing."""


def until(what, look, seconds=WAIT_SECONDS_MAX):
    """Waits until `look` finds something, and gives it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    raise Failed(f"never within {seconds} s: {what}")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Plant:
    """The demo's forge and a factory beside it; gone with the `with`."""

    def __init__(self, adf, command, slots=2, tick="1s", mentions_every=1, log_level="info"):
        self.adf, self.command, self.log_level = adf, command, log_level
        self.options = {"slots": slots, "tick": tick, "mentions_every": mentions_every}
        self.daemon = self.forge = None

    def __enter__(self):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="adf-bench-")).resolve()
        self.gate = self.home / "gate"
        self.gate.mkdir()
        self.log = self.home / "adf.log"
        self.forge = subprocess.Popen(
            [self.adf, "__forge", "--dir", self.home / "forge", "--print-json"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=self.home,
        )
        self.site = json.loads(self.forge.stdout.readline())
        self.path = f"/repos/{self.site['owner']}/{self.site['repo']}"
        self.alice = Api(self.site["url"], self.site["tokens"]["alice"])
        self.start()
        return self

    def start(self):
        port = free_port()
        self.hook = f"http://127.0.0.1:{port}/"
        files = {"token": self.site["tokens"]["bot"], "secret": SECRET}
        for name, text in files.items():
            path = self.home / name
            path.touch(0o600)
            path.write_text(text)
        config = self.home / "adf.toml"
        command = [part.replace("GATE", str(self.gate)) for part in self.command]
        values = dict(
            self.options, state=self.home / "state", url=self.site["url"],
            repo=f"{self.site['owner']}/{self.site['repo']}", token=self.home / "token",
            gate=self.gate, secret=self.home / "secret", listen=f"127.0.0.1:{port}",
        )
        quoted = {
            key: value if key in ("slots", "tick", "mentions_every") else json.dumps(str(value))
            for key, value in values.items()
        }
        config.write_text(CONFIG.format(command=json.dumps(command), **quoted))
        self.config = config
        env = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
        env["ADF_LOG"] = self.log_level
        with open(self.log, "wb") as log:
            self.daemon = subprocess.Popen(
                [self.adf, "run", "--config", config, "--log", "json"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env, cwd=self.home,
            )
        until("the daemon is ready", lambda: b'"ready"' in self.log.read_bytes(), 60)

    def __exit__(self, *_):
        if self.daemon:
            self.daemon.send_signal(signal.SIGTERM)
            try:
                self.daemon.wait(30)
            except subprocess.TimeoutExpired:
                self.daemon.kill()
                self.daemon.wait()
        if self.forge:
            self.forge.stdin.close()
            self.forge.wait(30)
        shutil.rmtree(self.home, ignore_errors=True)

    def status(self):
        """What `adf status` says."""
        asked = [self.adf, "status", "--config", self.config, "--all", "--format", "json"]
        return json.loads(subprocess.run(asked, capture_output=True, check=True).stdout)

    def issue(self, title, body):
        return self.alice.post(f"{self.path}/issues", {"title": title, "body": body})["number"]

    def events(self):
        """The daemon's log as events."""
        for line in self.log.read_text(errors="replace").splitlines():
            yield json.loads(line)

    def ended(self):
        """How many tasks it has ended so far."""
        return self.log.read_bytes().count(b'"message":"end"')

    def cpu_seconds(self):
        return cpu_seconds(self.daemon.pid)

    def memory(self, what):
        return memory(self.daemon.pid, what)

    def forget_peak(self):
        """From now on `VmHWM` is counted anew."""
        pathlib.Path(f"/proc/{self.daemon.pid}/clear_refs").write_text("5")


def cpu_seconds(pid):
    """User and system time of a process itself."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory(pid, what):
    """`VmRSS` or `VmHWM` of a process, in bytes."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(what + ":"):
            return int(line.split()[1]) * 1024
    raise Failed(f"process {pid} has no {what}")
