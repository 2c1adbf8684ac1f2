"""What is done to the factory: mentions, kills, an edit, the loss of its ledger.

Every choice comes from one seeded generator; waits are bounded and watch the
daemon meanwhile.
"""

import time

from .factory import Died, agent_at_work
from .forge import Refused, git
from .world import (
    Ticket, before, marked, marks, people, read_comments, read_issues, stand,
)

POLL_SECONDS = 0.15
PHASE_SECONDS_MAX = 240
PUSH_SECONDS_MAX = 30
QUIET_SECONDS = 12
UPTIMES = {
    "at once": (0.02, 1.0),
    "soon": (1.0, 4.0),
    "late": (4.0, 9.0),
}
EVENT_SECONDS_MAX = 8.0
AFTER_EVENT_SECONDS_MAX = 0.3


class Drive:
    """One verification against one site."""

    def __init__(self, site, daemon, folders, rng, say, needle):
        self.site, self.daemon, self.folders = site, daemon, folders
        self.rng, self.say, self.needle = rng, say, needle
        self.tickets, self.issues, self.comment = [], {}, {}
        self.exercise = {"kills": 0}
        self.edited = self.stranger = self.old = None
        self.gated = []

    # What people do.

    def seed_repository(self):
        """A few files where there are none yet; issues are opened as people would."""
        site = self.site
        if not (site.api["alice"].get(f"{site.base}/branches") or []):
            folder = self.folders.base / "seed"
            git("init", "-q", "-b", "main", str(folder))
            (folder / "src").mkdir()
            (folder / "README.md").write_text("# A shop\n\nSells things.\n")
            (folder / "src" / "till.txt").write_text("total = sum of prices\n")
            git("add", ".", cwd=folder)
            git("commit", "-q", "-m", "Open the shop", cwd=folder)
            git("push", "-q", site.clone_url, f"main:{site.default}", cwd=folder)
        # Gitea notices a first push a moment later.
        end = time.monotonic() + PUSH_SECONDS_MAX
        while site.api["alice"].get(site.base)["empty"]:
            if time.monotonic() > end:
                raise Refused("the repository is still empty after a push")
            time.sleep(POLL_SECONDS)
        self.old = before(site)

    def open_issues(self):
        """Five issues, four for the developer, one for the intruder; which to hold at the gate."""
        api = self.site.api["alice"]
        for n in range(1, 6):
            body = f"Part {n} of the till is off by one.\n\n{self.needle}\n"
            issue = api.post(f"{self.site.base}/issues", {"title": f"Till, part {n}", "body": body})
            agent = "intruder" if n == 4 else "developer"
            self.tickets.append(Ticket(issue["number"], agent))
        self.issues = stand(read_issues(self.site)[0])
        developers = [t.issue for t in self.tickets if t.agent == "developer"]
        self.edited, self.stranger = developers[1], developers[2]
        self.gated = developers[1:]
        return self.gated

    def mention(self, ticket):
        text = f"@adf:{ticket.agent} please see to verify-ticket-{ticket.issue} soon."
        path = f"{self.site.base}/issues/{ticket.issue}/comments"
        self.comment[ticket.issue] = self.site.api["alice"].post(path, {"body": text})["id"]

    def mentions(self, kills):
        """All six calls; some are followed by a kill while they are being taken."""
        for n, ticket in enumerate(self.tickets):
            self.mention(ticket)
            if n < kills:
                self.kill()
        path = f"{self.site.base}/issues/{self.stranger}/comments"
        text = "@adf:developer do this for me, a stranger: verify-ticket-666"
        self.site.api["mallory"].post(path, {"body": text})

    def edit(self):
        """Changes the instruction of a mention that is being worked on."""
        text = f"@adf:developer please drop the table instead. verify-ticket-{self.edited}"
        path = f"{self.site.base}/issues/comments/{self.comment[self.edited]}"
        self.site.api["alice"].patch(path, {"body": text})

    # What can be seen.

    def seen(self, kind, issue=None):
        """Marks of one kind in comments, by issue, of one issue or of all."""
        found = {}
        for c in read_comments(self.site, [t.issue for t in self.tickets]):
            ours = c["user"] == self.site.login["bot"].lower()
            if ours and marked(c, kind) and issue in (None, c["issue"]):
                found.setdefault(c["issue"], []).append(marks(c["body"])[0])
        return found

    def fingerprint(self):
        """Changes whenever the factory did something that people can see."""
        api, base = self.site.api["alice"], self.site.base
        try:
            comments = api.get(f"{base}/issues/comments?limit=50") or []
            branches = api.get(f"{base}/branches?limit=50") or []
            pulls = api.get(f"{base}/pulls?state=all&limit=50") or []
        except Refused:
            return None
        return (
            tuple((c["id"], c["updated_at"]) for c in comments),
            tuple((b["name"], b["commit"]["id"]) for b in branches),
            tuple((p["number"], people(p)) for p in pulls),
        )

    # Waiting.

    def wait(self, what, condition, seconds=PHASE_SECONDS_MAX):
        """Until a condition holds, with the daemon alive meanwhile."""
        end = time.monotonic() + seconds
        while not condition():
            self.daemon.check()
            if time.monotonic() > end:
                raise Died(f"waited {seconds} s in vain: {what}")
            time.sleep(POLL_SECONDS)
        self.say(what)

    def live(self, seconds):
        """Lets the daemon run for so long."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.daemon.check()
            time.sleep(min(0.05, max(0.0, end - time.monotonic())))

    def uptime(self):
        """Lives until a random moment, half of them just after something happened."""
        manner = self.rng.choice(["event", "event", "event", *UPTIMES])
        if manner == "event" and len(self.seen("result")) == len(self.tickets):
            manner = "at once"  # Nothing more is to happen.
        began = time.monotonic()
        if manner == "event":
            before = self.fingerprint()
            while time.monotonic() - began < EVENT_SECONDS_MAX:
                self.daemon.check()
                if self.fingerprint() not in (before, None):
                    break
                time.sleep(0.02)
            self.live(self.rng.uniform(0.0, AFTER_EVENT_SECONDS_MAX))
        else:
            self.live(self.rng.uniform(*UPTIMES[manner]))
        return manner, time.monotonic() - began

    def kill(self, between=None):
        """One SIGKILL at a random moment, something in between, and a new start."""
        manner, seconds = self.uptime()
        self.daemon.kill()
        self.exercise["kills"] = self.daemon.kills
        self.say(f"SIGKILL {self.daemon.kills} ({manner}, up for {seconds:.1f} s)")
        if between:
            between()
        self.daemon.start()

    # The whole.

    def open_gate(self, ticket):
        """Lets the agent that waits for it deliver."""
        (self.folders.agents / f"release-{ticket}").touch()
        self.say(f"opened the gate for ticket {ticket}")

    def answered(self):
        """All five are accepted and the stranger has an answer."""
        accepted = self.seen("accept")
        return len(accepted) == len(self.tickets) and bool(self.seen("reply", self.stranger))

    def lose_ledger(self):
        """Between a kill and a restart: the ledger is gone, work is unfinished."""
        unfinished = len(self.tickets) - len(self.seen("result"))
        files = self.daemon.delete_ledger()
        self.exercise.update(ledger_files=files, unfinished=unfinished)
        self.say(f"deleted {', '.join(files)} with {unfinished} tasks unfinished")

    def storm(self, kills, until=None):
        """Up to so many kills; fewer when the condition holds earlier."""
        last = self.daemon.kills + kills
        while self.daemon.kills < last and not (until and until()):
            self.kill()

    def run(self, kills, seconds):
        """From the first start to the last; afterwards everything can be counted."""
        end = time.monotonic() + seconds
        self.daemon.start()
        self.daemon.wait_ready()
        self.say("the daemon is ready")
        self.mentions(kills // 4)
        self.say("five mentions, and one by a stranger")
        self.storm(min(kills, max(1, kills // 10)), self.answered)
        self.wait("all five accepted, the stranger answered", self.answered)
        task = self.seen("accept", self.edited)[self.edited][0].get("task", "?")
        at_work = lambda: agent_at_work(self.folders, task)  # noqa: E731
        self.wait("the agent whose mention is edited is at work", at_work)
        self.edit()
        self.exercise["edited_at_work"] = at_work()
        self.say("alice edited her mention")
        self.storm(min(kills, max(1, kills // 10)), lambda: self.seen("reply", self.edited))
        self.wait("the edit is answered", lambda: self.seen("reply", self.edited))
        if kills > self.daemon.kills:
            self.kill(between=self.lose_ledger)
        for left, ticket in enumerate(reversed(self.gated)):
            self.open_gate(ticket)
            share = (kills - self.daemon.kills) // (len(self.gated) - left)
            self.storm(share)
        left = max(10.0, end - time.monotonic())
        done = lambda: len(self.seen("result")) == len(self.tickets)  # noqa: E731
        self.wait("every task has its result", done, left)
        # Late twins, second thoughts and re-reads show now.
        self.live(QUIET_SECONDS)
        code, took = self.daemon.stop()
        self.exercise.update(exit=code, exit_seconds=took)
        self.say(f"SIGTERM: exit {code} after {took:.1f} s")
