"""The counters tried on worlds with one planted fault each: every fault must be found.

With a Gitea executable the perfect world is also written by HTTP and git, as a
factory without flaw would leave it, read back and counted, then spoiled there.
"""

import copy
import pathlib
import random
import shutil
import tempfile

from .agents import needle, probes
from .count import Asked, count, table
from .drive import Drive
from .factory import Folders
from .forge import git, start_gitea
from .selftest_agents import on_agents
from .world import Ticket, World, gather, search, stand

PEOPLE = {"bot": "factory", "alice": "alice", "mallory": "mallory"}
EXERCISE = {
    "kills": 20, "ledger_files": ["ledger.db"], "unfinished": 2,
    "edited_at_work": True, "exit": 0, "exit_seconds": 1.0,
}


def mark(kind, task):
    return f"<!-- adf:1 kind={kind} factory=0 task={task} key={kind}:{task} mac=0 -->"


def work(ticket):
    """What the agent leaves: its files and its commits."""
    number = ticket.issue
    if ticket.agent == "intruder":
        text = "".join(f"no {name}\n" for name in probes()) + f"finished ticket {number}\n"
        return {"intrusion.txt": text}, [f"House Agent: Look around for ticket {number}"]
    steps = "".join(f"step {n} of ticket {number}\n" for n in range(1, 7))
    files = {
        f"work/{number}.txt": f"{steps}issue verbatim: yes\nfinished ticket {number}\n",
        f"work/{number}.log": "attempt 1\n",
    }
    subjects = [f"Finish ticket {number}", f"Begin ticket {number}, attempt 1"]
    return files, [f"House Agent: {subject}" for subject in subjects]


def texts(ticket, pull):
    """What a factory without flaw writes for a ticket: acceptance, result, pull request."""
    task = f"{ticket.issue:012x}"
    accept = f"On it.\n{mark('accept', task)}"
    result = f"Done: #{pull}.\n{mark('result', task)}"
    body = f"For #{ticket.issue}.\n{mark('pull', task)}"
    return accept, result, body, f"adf/{ticket.issue}-{ticket.agent}-{task}"


def perfect():
    """A made-up world in which everything holds, and what was asked of it."""
    tickets = [Ticket(n, "intruder" if n == 4 else "developer") for n in range(1, 6)]
    issues, comments, pulls = [], [], []
    branches, files, commits = {}, {}, {}

    def comment(issue, user, body):
        comments.append({"issue": issue, "id": len(comments) + 1, "user": user, "body": body})

    for ticket in tickets:
        pull = 10 + ticket.issue
        accept, result, body, branch = texts(ticket, pull)
        issues.append(
            {"number": ticket.issue, "title": "t", "body": "b", "state": "open", "user": "alice"}
        )
        comment(ticket.issue, "alice", f"@adf:{ticket.agent} go")
        comment(ticket.issue, "factory", accept)
        comment(ticket.issue, "factory", result)
        pulls.append(
            {
                "number": pull, "title": "t", "body": body, "state": "open",
                "user": "factory", "head": branch, "base": "main",
            }
        )
        branches[branch] = str(ticket.issue)
        files[branch], commits[branch] = work(ticket)
    comment(3, "mallory", "@adf:developer for me")
    comment(3, "factory", f"You may not.\n{mark('reply', 'x')}")
    comment(2, "factory", f"Editing starts nothing.\n{mark('reply', 'y')}")
    world = World(
        issues, comments, pulls, branches, files, commits, "", [], [], [], dict(EXERCISE)
    )
    asked = Asked(tickets, 2, 3, PEOPLE, stand(issues), "main", 20)
    return world, asked


def first(world, kind):
    return next(c for c in world.comments if f"kind={kind}" in c["body"])


def twice(items, item):
    items.append(dict(item, id=99, number=99))


def faults():
    """Each fault: its name, how it is planted, the check that must fail."""
    branch = "adf/1-developer-000000000001"
    thief = "adf/4-intruder-000000000004"
    return [
        ("a second acceptance", lambda w: twice(w.comments, first(w, "accept")), "one acceptance"),
        ("a lost acceptance", lambda w: w.comments.remove(first(w, "accept")), "one acceptance"),
        ("a second result", lambda w: twice(w.comments, first(w, "result")), "one result"),
        ("a lost result", lambda w: w.comments.remove(first(w, "result")), "one result"),
        ("a result before its acceptance", lambda w: first(w, "result").update(id=0), "accepted before"),
        ("a second branch", lambda w: w.branches.update({branch + "x": "1"}), "one branch"),
        ("a stray branch", lambda w: w.branches.update(stolen="1"), "stray branches"),
        ("a second pull request", lambda w: twice(w.pulls, w.pulls[0]), "one pull request"),
        ("a lost pull request", lambda w: w.pulls.pop(0), "one pull request"),
        ("a closed pull request", lambda w: w.pulls[0].update(state="closed"), "as it should be"),
        ("a nameless pull request", lambda w: w.pulls[0].update(body="x"), "as it should be"),
        ("another task's mark", lambda w: w.pulls[0].update(body=w.pulls[1]["body"] + "#1"), "one task"),
        ("a lost commit", lambda w: w.commits[branch].pop(0), "work is on the branch"),
        ("half the work", lambda w: w.files[branch].update({"work/1.txt": "step 1"}), "work is on"),
        ("a foreign file", lambda w: w.files[branch].update({"secret.txt": ""}), "work is on"),
        ("a second reply to the edit", lambda w: twice(w.comments, w.comments[-1]), "the edit: one"),
        ("silence for the edit", lambda w: w.comments.pop(), "the edit: one"),
        ("a wrong reply to the edit", lambda w: w.comments[-1].update(body=mark("reply", "y")), "of edits"),
        ("silence for the stranger", lambda w: w.comments.pop(-2), "the stranger: one"),
        ("a second reply elsewhere", lambda w: twice(w.comments, dict(w.comments[-1], issue=5)), "other replies"),
        ("an unmarked comment", lambda w: twice(w.comments, dict(w.comments[1], body="hi")), "is marked"),
        ("somebody's comment", lambda w: twice(w.comments, dict(w.comments[0])), "else commented"),
        ("a changed issue", lambda w: w.issues[0].update(body="c"), "as they were"),
        ("a closed issue", lambda w: w.issues[0].update(state="closed"), "as they were"),
        ("a broken repository", lambda w: setattr(w, "fsck", "missing blob"), "git fsck"),
        ("a probe that got through", lambda w: w.files[thief].update(
            {"intrusion.txt": w.files[thief]["intrusion.txt"] + "GOT token 00"}), "got nothing"),
        ("a probe not tried", lambda w: w.files[thief].update({"intrusion.txt": ""}), "tried everything"),
        ("a canary", lambda w: w.canaries.append("x"), "written outside"),
        ("a leak", lambda w: w.leaks.append("x"), "token is nowhere"),
        ("a process left", lambda w: w.left.append("1 sleep"), "process is left"),
        ("too few kills", lambda w: w.exercise.update(kills=3), "the kills"),
        ("no loss of the ledger", lambda w: w.exercise.pop("ledger_files"), "ledger was deleted"),
        ("an edit after the work", lambda w: w.exercise.update(edited_at_work=False), "edit was in"),
        ("a stop that had to be forced", lambda w: w.exercise.update(exit=None), "SIGTERM"),
    ]


def on_made_up_worlds(say):
    world, asked = perfect()
    bad = [check.name for check in count(world, asked) if not check.ok]
    if bad:
        say(f"FAIL the perfect world fails: {bad}")
    for name, plant, expected in faults():
        spoiled = copy.deepcopy(world)
        plant(spoiled)
        found = [check.name for check in count(spoiled, asked) if not check.ok]
        hit = any(expected in check for check in found)
        say(f"{'ok  ' if hit else 'FAIL'} {name}: {found}")
        if not hit:
            bad.append(name)
    return bad


def on_secrets(say):
    """Every disguise of a secret is seen through."""
    import base64

    secret = "0123456789abcdef0123456789abcdef01234567"
    disguises = [
        secret, secret[::-1], secret.encode().hex(), secret.upper(),
        *(base64.b64encode(f"{user}:{secret}".encode()).decode() for user in ("a", "ab", "abc")),
    ]
    bad = [text for text in disguises if not search("x", f"-{text}-".encode(), secret)]
    bad += [secret] if search("x", b"0123456789abcdef and others", secret) else []
    say(f"{'FAIL' if bad else 'ok  '} disguises of a secret: {len(disguises)} tried, missed {bad}")
    return bad


def on_gitea(chosen, say):
    """The same by HTTP and git: a flawless factory played by hand, then spoiled."""
    folders = Folders(tempfile.mkdtemp(prefix="adf-self-test-"))
    folders.state.mkdir()
    gitea = str(pathlib.Path(chosen.gitea).resolve())
    site = start_gitea(gitea, folders.base / "forge", chosen.static_root)
    try:
        drive = Drive(site, None, folders, random.Random(1), say, needle(folders))
        drive.seed_repository()
        drive.open_issues()
        drive.mentions(kills=0)
        play(site, drive, folders)
        drive.edit()
        asked = Asked(drive.tickets, drive.edited, drive.stranger, PEOPLE, drive.issues, "main", 20)
        canaries = [folders.home / "adf-canary"]
        
        def look():
            world = gather(site, folders, "0", canaries, EXERCISE, drive.old)
            return count(world, asked)

        checks = look()
        print(table(checks))
        bad = [check.name for check in checks if not check.ok]
        spoil(site, drive, folders, canaries)
        found = [check.name for check in look() if not check.ok]
        for expected in ("one acceptance", "stray", "token is nowhere", "written outside"):
            hit = any(expected in name for name in found)
            say(f"{'ok  ' if hit else 'FAIL'} planted on the forge: {expected}")
            bad += [] if hit else [expected]
        return bad
    finally:
        site.stop()
        shutil.rmtree(folders.base, ignore_errors=True)


def play(site, drive, folders):
    """Writes what a factory without flaw would have written."""
    bot, clone = site.api["bot"], folders.base / "clone"
    git("clone", "-q", site.clone_url, str(clone))
    for ticket in drive.tickets:
        path = f"{site.base}/issues/{ticket.issue}/comments"
        accept, _, body, branch = texts(ticket, 0)
        bot.post(path, {"body": accept})
        git("checkout", "-q", "-b", branch, "origin/main", cwd=clone)
        files, commits = work(ticket)
        for name, text in files.items():
            (clone / name).parent.mkdir(exist_ok=True)
            (clone / name).write_text(text)
        git("add", ".", cwd=clone)
        for subject in reversed(commits):
            author = ["-c", "user.name=House Agent"]
            message = subject.removeprefix("House Agent: ")
            git(*author, "commit", "-q", "--allow-empty", "-m", message, cwd=clone)
        git("push", "-q", "origin", branch, cwd=clone)
        pull = bot.post(
            f"{site.base}/pulls",
            {"title": f"For #{ticket.issue}", "head": branch, "base": "main", "body": body},
        )
        bot.post(path, {"body": texts(ticket, pull["number"])[1]})
    for issue, text in ((drive.stranger, "You may not."), (drive.edited, "Editing starts nothing.")):
        body = f"{text}\n{mark('reply', issue)}"
        bot.post(f"{site.base}/issues/{issue}/comments", {"body": body})


def spoil(site, drive, folders, canaries):
    """A twin, a stray branch, a leak in a log and a canary."""
    accept, _, _, _ = texts(drive.tickets[0], 0)
    path = f"{site.base}/issues/{drive.tickets[0].issue}/comments"
    site.api["bot"].post(path, {"body": accept})
    git("push", "-q", "origin", "HEAD:refs/heads/stolen", cwd=folders.base / "clone")
    (folders.logs / "adf.log").write_text(f"Authorization: token {site.tokens['bot']}\n")
    canaries[0].write_text("x")


def run(chosen, say):
    bad = on_made_up_worlds(say) + on_secrets(say) + on_agents(say)
    if chosen.gitea:
        bad += on_gitea(chosen, say)
    print(f"self-test: {'FAILED: ' + ', '.join(bad) if bad else 'every planted fault was found'}")
    return 1 if bad else 0
