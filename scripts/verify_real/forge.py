"""A forge to verify against: a stock Gitea started here, or the embedded one.

Knows the public HTTP API and git over HTTP, nothing of the factory.
"""

import json
import os
import pathlib
import secrets
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

START_SECONDS_MAX = 90
REQUEST_SECONDS_MAX = 60
PAGES_MAX = 100
PASSWORD = "Verify-" + secrets.token_hex(8)
BOT_SCOPES = ["write:repository", "write:issue", "read:user"]

INI = """\
APP_NAME = verify
RUN_MODE = prod
RUN_USER = {user}
WORK_PATH = {dir}
[server]
HTTP_ADDR = 127.0.0.1
HTTP_PORT = {port}
ROOT_URL = http://127.0.0.1:{port}/
DISABLE_SSH = true
OFFLINE_MODE = true
{assets}[database]
DB_TYPE = sqlite3
PATH = {dir}/gitea.db
SQLITE_JOURNAL_MODE = WAL
[security]
INSTALL_LOCK = true
SECRET_KEY = {secret}
INTERNAL_TOKEN = {internal}
[service]
DISABLE_REGISTRATION = true
[repository]
ROOT = {dir}/repositories
[log]
MODE = console
LEVEL = Warn
[cron]
ENABLED = false
[actions]
ENABLED = false
"""


class Refused(Exception):
    """The forge said no."""


class Api:
    """One person's view of the forge's API."""

    def __init__(self, url, token=None, basic=None):
        self.url, self.token, self.basic = url.rstrip("/"), token, basic
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def call(self, method, path, body=None):
        """The decoded answer and its headers."""
        request = urllib.request.Request(f"{self.url}/api/v1{path}", method=method)
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        if self.token:
            request.add_header("Authorization", f"token {self.token}")
        elif self.basic:
            request.add_header("Authorization", basic_header(*self.basic))
        try:
            with self.opener.open(request, timeout=REQUEST_SECONDS_MAX) as answer:
                raw = answer.read()
                return (json.loads(raw) if raw.strip() else None), answer.headers
        except urllib.error.HTTPError as error:
            text = error.read(2000).decode(errors="replace")
            raise Refused(f"{method} {path}: {error.code} {text}") from None
        except (urllib.error.URLError, OSError) as error:
            raise Refused(f"{method} {path}: {error}") from None

    def get(self, path):
        return self.call("GET", path)[0]

    def post(self, path, body):
        return self.call("POST", path, body)[0]

    def patch(self, path, body):
        return self.call("PATCH", path, body)[0]

    def put(self, path, body):
        return self.call("PUT", path, body)[0]

    def delete(self, path):
        return self.call("DELETE", path)[0]

    def all(self, path):
        """Every item of a paged list, in the order given, each id once."""
        items, seen = [], set()
        joint = "&" if "?" in path else "?"
        for page in range(1, PAGES_MAX + 1):
            part = self.get(f"{path}{joint}page={page}&limit=50") or []
            fresh = [item for item in part if item["id"] not in seen]
            seen.update(item["id"] for item in fresh)
            items.extend(fresh)
            if not fresh:
                return items
        raise Refused(f"GET {path}: more than {PAGES_MAX} pages")


def basic_header(user, password):
    import base64

    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


class Site:
    """A running forge with one repository and three people."""

    def __init__(self, url, owner, repo, tokens, process, log):
        self.url, self.owner, self.repo, self.tokens = url, owner, repo, tokens
        self.process, self.log = process, log
        self.api = {who: Api(url, token) for who, token in tokens.items()}
        self.base = f"/repos/{owner}/{repo}"
        self.default = api_default(self)
        self.login = {who: api.get("/user")["login"] for who, api in self.api.items()}

    @property
    def clone_url(self):
        """With a person's token: what people do, the factory must not."""
        parts = urllib.parse.urlsplit(self.url)
        login, token = self.login["alice"], self.tokens["alice"]
        place = f"{login}:{token}@{parts.netloc}"
        return f"{parts.scheme}://{place}{parts.path}/{self.owner}/{self.repo}.git"

    def stop(self):
        if self.process.stdin:
            self.process.stdin.close()
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()


def api_default(site):
    """The branch that pull requests go to; `main` while there is none."""
    return site.api["alice"].get(site.base)["default_branch"] or "main"


def git(*arguments, cwd=None, check=True):
    """Runs git untouched by this machine's config; its stdout as text."""
    env = dict(
        os.environ,
        GIT_CONFIG_GLOBAL="/dev/null",
        GIT_CONFIG_SYSTEM="/dev/null",
        GIT_TERMINAL_PROMPT="0",
        no_proxy="127.0.0.1,localhost",
    )
    author = ["-c", "user.name=Alice", "-c", "user.email=alice@example.org"]
    done = subprocess.run(
        ["git", *author, *arguments], cwd=cwd, env=env, capture_output=True, check=False
    )
    if check and done.returncode:
        words = done.stderr.decode(errors="replace")
        raise Refused(f"git {arguments[0]}: {words}")
    return done.stdout.decode(errors="replace")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_gitea(binary, folder, static_root=None):
    """A stock Gitea on loopback: an administrator's repository, a bot, a writer, a stranger.

    A binary built without its assets inside finds them in `static_root`.
    """
    folder = pathlib.Path(folder)
    folder.mkdir()
    (folder / "home").mkdir()
    config, port = folder / "app.ini", free_port()
    env = dict(
        os.environ,
        HOME=str(folder / "home"),
        GITEA_WORK_DIR=str(folder),
        GITEA_I_AM_BEING_UNSAFE_RUNNING_AS_ROOT="true",
    )
    user = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True)
    made = subprocess.run(
        [binary, "generate", "secret", "INTERNAL_TOKEN"],
        env=env, capture_output=True, text=True, check=True,
    )
    config.write_text(
        INI.format(
            dir=folder, port=port, user=user.stdout.strip(),
            assets=f"STATIC_ROOT_PATH = {static_root}\n" if static_root else "",
            secret=secrets.token_hex(32), internal=made.stdout.strip(),
        )
    )
    log = open(folder / "gitea.log", "ab")

    def command(*arguments):
        done = subprocess.run(
            [binary, "--config", str(config), *arguments],
            env=env, stdout=subprocess.PIPE, stderr=log, text=True, check=False,
        )
        if done.returncode:
            raise Refused(f"gitea {arguments[0]}: see {folder}/gitea.log\n{done.stdout}")

    command("migrate")
    command(
        "admin", "user", "create", "--username", "keeper", "--password", PASSWORD,
        "--email", "keeper@example.org", "--admin", "--must-change-password=false",
    )
    process = subprocess.Popen(
        [binary, "--config", str(config), "web"],
        env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
    )
    try:
        url = f"http://127.0.0.1:{port}"
        wait_for_forge(url, process)
        return people_and_repository(url, process, log)
    except BaseException:
        process.kill()
        raise


def wait_for_forge(url, process):
    end = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < end:
        if process.poll() is not None:
            raise Refused(f"the forge ended with {process.returncode} before it listened")
        try:
            Api(url).get("/version")
            return
        except Refused:
            time.sleep(0.2)
    raise Refused(f"the forge did not listen within {START_SECONDS_MAX} s")


def people_and_repository(url, process, log):
    keeper = Api(url, basic=("keeper", PASSWORD))
    scopes = {"factory": BOT_SCOPES, "alice": BOT_SCOPES, "mallory": BOT_SCOPES}
    tokens = {}
    for name, wanted in scopes.items():
        keeper.post(
            "/admin/users",
            {
                "username": name, "password": PASSWORD, "must_change_password": False,
                "email": f"{name}@example.org",
            },
        )
        person = Api(url, basic=(name, PASSWORD))
        body = {"name": "verify", "scopes": wanted}
        tokens[name] = person.post(f"/users/{name}/tokens", body)["sha1"]
    keeper.post("/user/repos", {"name": "shop", "default_branch": "main"})
    for name in ("factory", "alice"):
        keeper.put(f"/repos/keeper/shop/collaborators/{name}", {"permission": "write"})
    tokens["bot"] = tokens.pop("factory")
    return Site(url, "keeper", "shop", tokens, process, log)


def start_embedded(adf, folder):
    """The forge inside the factory's own binary, as a process of its own."""
    folder = pathlib.Path(folder)
    folder.mkdir()
    log = open(folder / "forge.log", "ab")
    process = subprocess.Popen(
        [adf, "__forge", "--dir", str(folder / "data"), "--print-json"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
    )
    line = process.stdout.readline()
    try:
        said = json.loads(line)
        wait_for_forge(said["url"], process)
        tokens = {who: said["tokens"][who] for who in ("bot", "alice", "mallory")}
        return Site(said["url"], said["owner"], said["repo"], tokens, process, log)
    except BaseException as error:
        process.kill()
        raise Refused(f"the embedded forge did not start: {error!r}; it said {line!r}") from error
