"""The factory as a user starts it: a config, a process, its traces in /proc."""

import json
import os
import pathlib
import signal
import socket
import subprocess
import time

READY_SECONDS_MAX = 60
STOP_SECONDS_MAX = 45


class Folders:
    """Where everything of one verification lies."""

    def __init__(self, base):
        self.base = pathlib.Path(base)
        self.state = self.base / "state"
        self.agents = self.base / "agents"
        self.canaries = self.base / "canaries"
        self.logs = self.base / "logs"
        self.home = self.base / "home"
        self.config = self.base / "config" / "adf.toml"
        self.token = self.base / "config" / "token"
        for folder in (self.agents, self.canaries, self.logs, self.home, self.config.parent):
            folder.mkdir(parents=True, exist_ok=True)


CONFIG = """\
[project]
name = "verify"
state_dir = {state}

[gitea]
url = {url}
repo = {repo}
token_file = {token}
settle = "1s"

[schedule]
tick = "1s"
mentions_every = 1

[limits]
concurrency = 3
starts_per_hour = 500
starts_per_day = 2000
grace = "1s"

[walls]
read = [{agents}]
"""

AGENT = """
[providers.{provider}]
kind = "script"
command = [{command}]

[[agents]]
name = "{name}"
provider = "{provider}"
description = {description}

[agents.limits]
wall_time = "{wall_time}"
starts_per_hour = 500
starts_per_day = 2000
concurrency = 5
"""


def write_config(folders, site, paths, wall_time="10m"):
    """`adf.toml` and the token beside it, readable by its owner only."""
    folders.token.touch(0o600)
    folders.token.write_text(site.tokens["bot"] + "\n")
    quoted = json.dumps
    text = CONFIG.format(
        state=quoted(str(folders.state)),
        url=quoted(site.url),
        repo=quoted(f"{site.owner}/{site.repo}"),
        token=quoted(str(folders.token)),
        agents=quoted(str(folders.agents)),
    )
    for name, provider in (("developer", "house"), ("intruder", "burglar")):
        text += AGENT.format(
            name=name,
            provider=provider,
            description=quoted(f"The {name} of the verification."),
            command=quoted(str(paths[name])),
            wall_time=wall_time,
        )
    folders.config.touch(0o600)
    folders.config.write_text(text)


class Died(Exception):
    """The daemon ended without being asked."""


class Daemon:
    """`adf run`, started, killed and stopped; it tells when it is ready by sd_notify."""

    def __init__(self, adf, folders):
        self.adf, self.folders = adf, folders
        self.process, self.starts, self.kills = None, 0, 0
        self.ready = False
        self.address = str(folders.base / "notify")
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(self.address)
        self.notify.setblocking(False)

    def environment(self):
        hidden = ("ADF_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
        env = {
            k: v for k, v in os.environ.items()
            if k == "ADF_LOG" or not k.upper().startswith(hidden)
        }
        return dict(env, HOME=str(self.folders.home), NOTIFY_SOCKET=self.address)

    @property
    def log(self):
        return self.folders.logs / f"adf-{self.starts:02}.log"

    def start(self):
        self.starts += 1
        self.ready = False
        self.hear()
        self.ready = False
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [self.adf, "run", "--config", str(self.folders.config)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=self.environment(), cwd=self.folders.base,
            )
        (self.folders.agents / "daemon.pid").write_text(f"{self.process.pid}\n")

    def hear(self):
        """Reads what the daemon notified since the last time."""
        while True:
            try:
                message = self.notify.recv(4096)
            except BlockingIOError:
                return
            self.ready |= b"READY=1" in message.split(b"\n")

    def check(self):
        """Raises when it ended by itself."""
        self.hear()
        code = self.process.poll()
        if code is not None:
            tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])
            raise Died(f"`adf run` ended with {code} by itself; the end of {self.log}:\n{tail}")

    def wait_ready(self):
        end = time.monotonic() + READY_SECONDS_MAX
        while not self.ready:
            self.check()
            if time.monotonic() > end:
                raise Died(f"`adf run` did not notify READY=1 within {READY_SECONDS_MAX} s")
            time.sleep(0.05)

    def kill(self):
        """SIGKILL, at this very moment."""
        self.check()
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.kills += 1

    def stop(self):
        """SIGTERM; the exit code and how long it took, or `None` when it had to be killed."""
        self.check()
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            code = None
        return code, time.monotonic() - began

    def end(self):
        """Nothing is left of it, whatever happened before."""
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.notify.close()

    def delete_ledger(self):
        """Removes the ledger and its companions; their names."""
        main = self.folders.state / "ledger.db"
        if not main.exists():
            raise Died(f"there is no ledger at {main}")
        gone = []
        for suffix in ("", "-wal", "-shm"):
            path = main.with_name(main.name + suffix)
            if path.exists():
                path.unlink()
                gone.append(path.name)
        return gone


def read(path):
    try:
        return path.read_bytes()
    except OSError:
        return b""


def link(path):
    try:
        return os.readlink(path)
    except OSError:
        return ""


def processes():
    """Every process with what it says of itself: pid, command line, environment, places."""
    for folder in pathlib.Path("/proc").iterdir():
        if not folder.name.isdigit() or int(folder.name) == os.getpid():
            continue
        places = [link(folder / "cwd"), link(folder / "exe")]
        try:
            places += [link(path) for path in (folder / "fd").iterdir()]
        except OSError:
            pass
        yield (
            int(folder.name),
            read(folder / "cmdline").replace(b"\0", b" ").decode(errors="replace"),
            read(folder / "environ").decode(errors="replace"),
            places,
        )


def left_over(folders, linger):
    """Processes that still belong to the factory or to one of its runs."""
    state, found = str(folders.state), []
    for pid, command, environment, places in processes():
        ours = state in command or state in environment or any(state in p for p in places)
        if ours or command.strip() == f"sleep {linger}":
            found.append(f"{pid} {command.strip()[:120]}")
    return found


def agent_at_work(folders, task):
    """Whether a developer's process for this task lives now."""
    script = str(folders.agents / "developer")
    for _, command, environment, places in processes():
        if script in command and (task in environment or any(task in p for p in places)):
            return True
    return False
