"""The counters: a world and what was asked for, into checks that held or did not.

Every check has a name; the self-test plants one fault for each.
"""

import dataclasses

from .agents import probes
from .factory import STOP_SECONDS_MAX
from .world import marked, marks, stand

KINDS = ("accept", "result", "reply")


@dataclasses.dataclass
class Check:
    """One line of the table."""

    name: str
    ok: bool
    detail: str


@dataclasses.dataclass
class Asked:
    """What was done to the factory, and so what must be there."""

    tickets: list
    edited: int  # the issue whose mention was edited in mid-run
    stranger: int  # the issue on which the stranger called
    people: dict  # login by role: bot, alice, mallory
    issues: dict  # issue number: its state, title and body before
    default: str  # the branch that pull requests go to
    kills: int


def one(name, items, what):
    """Exactly one; the detail says what was found instead."""
    return Check(name, len(items) == 1, f"{len(items)} {what}" if len(items) != 1 else str(items[0]))


def by_bot(world, asked):
    return [c for c in world.comments if c["user"] == asked.people["bot"]]


def task_checks(world, asked, ticket):
    """One acceptance, one result, one branch, one pull request, and the work in it."""
    number, name = ticket.issue, f"#{ticket.issue} {ticket.agent}"
    here = [c for c in by_bot(world, asked) if c["issue"] == number]
    accepted = [c for c in here if marked(c, "accept")]
    ended = [c for c in here if marked(c, "result")]
    prefix = f"adf/{number}-{ticket.agent}-"
    branches = [b for b in world.branches if b.startswith(prefix)]
    pulls = [p for p in world.pulls if p["head"] in branches or p["head"].startswith(prefix)]
    checks = [
        one(f"{name}: one acceptance", [f"comment {c['id']}" for c in accepted], "acceptances"),
        one(f"{name}: one result", [f"comment {c['id']}" for c in ended], "results"),
        one(f"{name}: one branch", branches, "branches"),
        one(f"{name}: one pull request", [f"#{p['number']}" for p in pulls], "pull requests"),
    ]
    tasks = {mark.get("task") for c in accepted + ended for mark in marks(c["body"])}
    tasks |= {mark.get("task") for p in pulls for mark in marks(p["body"])}
    same = len(tasks) == 1 and None not in tasks
    checks.append(Check(f"{name}: all marks name one task", same, " ".join(map(str, tasks))))
    ordered = bool(accepted and ended) and accepted[0]["id"] < ended[0]["id"]
    checks.append(Check(f"{name}: accepted before ended", ordered, "by comment ids"))
    checks.append(pull_check(name, pulls, ended, asked, number))
    checks.append(work_check(name, world, branches, ticket))
    return checks


def pull_check(name, pulls, ended, asked, number):
    """Open, by the factory, to the default branch, marked, naming the issue, named by the result."""
    faults = []
    for pull in pulls:
        expected = {"state": "open", "base": asked.default, "user": asked.people["bot"]}
        faults += [f"{k} is {pull[k]!r}" for k, v in expected.items() if pull[k] != v]
        if f"#{number}" not in f"{pull['title']} {pull['body']}":
            faults.append(f"does not name #{number}")
        if not [m for m in marks(pull["body"]) if m["kind"] == "pull"]:
            faults.append("has no mark")
        names = (f"#{pull['number']}", f"/pulls/{pull['number']}")
        if not any(name in c["body"] for c in ended for name in names):
            faults.append("is not named by the result")
    if not pulls:
        faults.append("there is none")
    return Check(f"{name}: the pull request is as it should be", not faults, "; ".join(faults))


def work_check(name, world, branches, ticket):
    """The agent's last commit and its whole work are on the branch, and nothing else is."""
    faults = []
    if len(branches) != 1:
        return Check(f"{name}: the work is on the branch", False, f"{len(branches)} branches")
    files, commits = world.files[branches[0]], world.commits[branches[0]]
    if ticket.agent == "developer":
        path, subject = f"work/{ticket.issue}.txt", f"Finish ticket {ticket.issue}"
        expected = {path, f"work/{ticket.issue}.log"}
        wanted = [f"step {n} of ticket {ticket.issue}" for n in range(1, 7)]
        wanted += ["issue verbatim: yes", f"finished ticket {ticket.issue}"]
    else:
        path, subject = "intrusion.txt", f"Look around for ticket {ticket.issue}"
        expected, wanted = {path}, [f"finished ticket {ticket.issue}"]
    lines = files.get(path, "").splitlines()
    faults += [f"{path} lacks `{line}`" for line in wanted if line not in lines]
    faults += [f"holds {path}" for path in sorted(set(files) - expected)]
    if f"House Agent: {subject}" not in commits:
        faults.append(f"no commit `{subject}` by the agent")
    attempts = sum("attempt " in line for line in commits)
    detail = "; ".join(faults) or f"{len(commits)} commits, {attempts} attempts seen"
    return Check(f"{name}: the work is on the branch", not faults, detail)


def reply_checks(world, asked):
    """The edit and the stranger have one answer each, and nobody else has any."""
    replies = [c for c in by_bot(world, asked) if marked(c, "reply")]
    edit = [c for c in replies if c["issue"] == asked.edited]
    strange = [c for c in replies if c["issue"] == asked.stranger]
    said = len(edit) == 1 and "edit" in edit[0]["body"].lower()
    checks = [
        one("the edit: one reply", [f"comment {c['id']}" for c in edit], "replies"),
        Check("the edit: the reply speaks of edits", said, f"{len(edit)} replies"),
        one("the stranger: one reply", [f"comment {c['id']}" for c in strange], "replies"),
        Check("no other replies", len(replies) == 2, f"{len(replies)} replies in all"),
    ]
    return checks


def forge_checks(world, asked):
    """Nothing on the forge beyond what was asked for."""
    tickets, bot = asked.tickets, asked.people["bot"]
    count = {}
    for comment in world.comments:
        count[comment["user"]] = count.get(comment["user"], 0) + 1
    # Each ticket's acceptance and result, and two replies.
    expected = {
        asked.people["alice"]: len(tickets),
        asked.people["mallory"]: 1,
        bot: 2 * len(tickets) + 2,
    }
    bare = [c["id"] for c in by_bot(world, asked) if not any(marked(c, k) for k in KINDS)]
    changed = sorted(
        number for number in {i["number"] for i in world.issues} | set(asked.issues)
        if stand(world.issues).get(number) != asked.issues.get(number)
    )
    branches = {f"adf/{t.issue}-{t.agent}-" for t in tickets}
    strays = [
        b for b in world.branches
        if not any(b.startswith(prefix) for prefix in branches)
    ]
    return [
        Check("nobody else commented", count == expected, str(count)),
        Check("every comment of the factory is marked", not bare, f"unmarked: {bare}"),
        Check("pull requests: one a task", len(world.pulls) == len(tickets), f"{len(world.pulls)}"),
        Check("no stray branches", not strays, ", ".join(strays)),
        Check("issues are as they were", not changed, f"changed: {changed}" if changed else ""),
        Check("git fsck", not world.fsck.strip(), world.fsck.strip()[:200]),
    ]


def intruder_checks(world, asked):
    """The probes ran, and every one came back with nothing."""
    text = "".join(
        files.get("intrusion.txt", "")
        for branch, files in world.files.items()
        if "-intruder-" in branch
    )
    got = [line[:100] for line in text.splitlines() if line.startswith("GOT ")]
    tried = sorted(line.split()[1] for line in text.splitlines() if line.startswith(("no ", "GOT ")))
    missing = sorted(set(probes()) - set(tried))
    return [
        Check("the intruder tried everything", not missing, f"not tried: {missing}"),
        Check("the intruder got nothing", bool(tried) and not got, "; ".join(got)),
        Check("nothing was written outside", not world.canaries, ", ".join(world.canaries)),
        Check("the token is nowhere", not world.leaks, "; ".join(world.leaks[:5])),
        Check("no process is left", not world.left, "; ".join(world.left[:5])),
    ]


def exercise_checks(world, asked):
    """What was to be done to the factory was done."""
    did = world.exercise
    stopped = did.get("exit") == 0
    return [
        Check("the kills", did.get("kills") == asked.kills, f"{did.get('kills')} SIGKILLs"),
        Check(
            "the ledger was deleted in mid-run",
            bool(did.get("ledger_files")) and did.get("unfinished", 0) >= 1,
            f"{did.get('ledger_files')} with {did.get('unfinished')} tasks unfinished",
        ),
        Check("the edit was in mid-run", did.get("edited_at_work") is True, "the agent was at work"),
        Check(
            "SIGTERM ends it with 0 in time",
            stopped,
            f"exit {did.get('exit')} after {did.get('exit_seconds', 0):.1f} s of {STOP_SECONDS_MAX}",
        ),
    ]


def count(world, asked):
    """All checks, in the order in which they are read."""
    checks = exercise_checks(world, asked)
    for ticket in asked.tickets:
        checks += task_checks(world, asked, ticket)
    checks += reply_checks(world, asked)
    checks += forge_checks(world, asked)
    checks += intruder_checks(world, asked)
    return checks


def table(checks):
    """The checks as lines of text."""
    width = max(len(check.name) for check in checks)
    return "\n".join(
        f"  {'ok  ' if check.ok else 'FAIL'}  {check.name:<{width}}  {check.detail}".rstrip()
        for check in checks
    )
