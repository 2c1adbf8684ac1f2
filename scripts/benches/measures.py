"""The measures: each gives its figures, with targets and what the same costs by hand."""

import datetime
import hashlib
import hmac
import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from . import cases, hook
from .plant import SECRET, Failed, Plant, memory, until

MB = 1 << 20
TRIVIAL = ["/bin/sh", "-c", "echo done > note.txt"]
ASK = "@adf:developer please write the note"
# Enough polls that the first one, which reads everything, is over.
WARM_SECONDS = 5


class Row:
    """One figure; `target` is the most it may be, or the least where `least`."""

    def __init__(self, what, value, unit, target=None, least=False, baseline="", against=None):
        self.what, self.value, self.unit = what, value, unit
        self.target, self.least = target, least
        self.baseline, self.against = baseline, against

    def holds(self):
        if self.target is None:
            return True
        return self.value >= self.target if self.least else self.value <= self.target

    def as_dict(self):
        ratio = self.value / self.against if self.against else None
        return dict(vars(self), holds=self.holds(), ratio=ratio)

    def cells(self):
        target = "" if self.target is None else f"{'≥' if self.least else '≤'} {self.target:g}"
        verdict = "" if self.target is None else ("ok" if self.holds() else "MISSED")
        ratio = f"{self.value / self.against:.2f}" if self.against else ""
        beside = f"{self.baseline} {self.against:.4g}" if self.against is not None else ""
        return (self.what, f"{self.value:.4g} {self.unit}", target, verdict, beside, ratio)


def share(values, part):
    """The least value that so large a part of all does not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * part) - 1)]


def stall(plant, where):
    micros = plant.status()["daemon"].get("longest_stall_us")
    return [] if micros is None else [Row(f"longest stall, {where}", micros / 1000, "ms", 20)]


def idle(asked, adf):
    """Nothing to do, on the schedule that is the default."""
    with Plant(adf, TRIVIAL, tick="60s", mentions_every=2) as plant:
        time.sleep(WARM_SECONDS)
        before, sent = plant.cpu_seconds(), plant.status()["daemon"]["requests"]
        began = time.monotonic()
        time.sleep(asked.idle)
        cpu = (plant.cpu_seconds() - before) / (time.monotonic() - began) * 100
        requests = plant.status()["daemon"]["requests"] - sent
        polls = max(1, asked.idle // 120)
        forge = memory(plant.forge.pid, "VmRSS") / MB
        return [
            Row("idle CPU", cpu, "% of a core", 0.1),
            Row("idle RSS", plant.memory("VmRSS") / MB, "MiB", 25, False, "the forge", forge),
            Row("requests per idle poll", requests / polls, "", 3),
            *stall(plant, "idle"),
        ]


def by_hand(plant, count, slots):
    """Seconds for as many clones, commits and pushes, so many at once, without any factory."""
    base = f"http://alice:{plant.site['tokens']['alice']}@{plant.site['url'].partition('//')[2]}"
    url = f"{base}/{plant.site['owner']}/{plant.site['repo']}.git"
    script = (
        'git clone -q "$1" "$2" && cd "$2" && echo done > note.txt && git add -A && '
        "git -c user.name=a -c user.email=a@b.invalid commit -qm note && "
        'git push -q origin "HEAD:refs/heads/by-hand-$3"'
    )
    with tempfile.TemporaryDirectory() as folder:
        env = dict(os.environ, GIT_TERMINAL_PROMPT="0")

        def one(n):
            argv = ["sh", "-c", script, "sh", url, f"{folder}/{n}", str(n)]
            return subprocess.run(argv, env=env, capture_output=True).returncode

        began = time.monotonic()
        with ThreadPoolExecutor(slots) as pool:
            if any(pool.map(one, range(count))):
                raise Failed("by hand, a clone or push failed")
        return time.monotonic() - began


def moment(event):
    return datetime.datetime.fromisoformat(event["timestamp"].replace("Z", "+00:00")).timestamp()


def start_delays(events, slots):
    """From each run's end to the start that took its slot, while there was more to do."""
    over, starts = [], []
    for event in events:
        if event.get("target") == "adf::run" and event.get("message") == "run over":
            over.append(moment(event))
        elif event.get("target") == "adf::effect" and event.get("message") == "spawn":
            starts.append(moment(event))
    return [start - free for free, start in zip(over, starts[slots:])]


def mentions(asked, adf):
    """All at once, each on an issue of its own."""
    with Plant(adf, TRIVIAL, slots=asked.slots) as plant:
        plant.forget_peak()
        began = time.monotonic()
        issues = [plant.issue(f"Note {n}", ASK) for n in range(asked.mentions)]

        def finished():
            tasks = plant.status()["tasks"]
            return len(tasks) == len(issues) and all(t["state"] == "done" for t in tasks)

        until("all tasks are done", lambda: finished() or time.sleep(0.5))
        seconds = time.monotonic() - began
        peak = plant.memory("VmHWM") / MB
        twice = 0
        for issue in issues:
            said = plant.alice.all(f"{plant.path}/issues/{issue}/comments")
            twice += abs(len([c for c in said if "adf:1" in c["body"]]) - 2)
        pulls = plant.alice.all(f"{plant.path}/pulls?state=all")
        twice += abs(len(pulls) - len(issues))
        delays = start_delays(plant.events(), asked.slots)
        hand = by_hand(plant, asked.mentions, asked.slots)
        rows = [
            Row(f"{asked.mentions} mentions, peak RSS", peak, "MiB", 60),
            Row("all done after", seconds, "s", None, False, "by hand", hand),
            Row("missing or doubled", twice, "", 0),
        ]
        if delays:
            rows.append(Row("start after a free slot, p50", share(delays, 0.5), "s"))
            rows.append(Row("start after a free slot, max", max(delays), "s", 2))
        return rows + stall(plant, "mentions")


def output(asked, adf):
    """An agent that talks without end."""
    line = "a line of output that says nothing in particular, again and again"
    script = f"yes '{line}' | head -c {asked.output_bytes}; echo done > note.txt"
    with Plant(adf, ["/bin/sh", "-c", script]) as plant:
        time.sleep(WARM_SECONDS)
        plant.forget_peak()
        before = plant.memory("VmRSS")
        began = time.monotonic()
        plant.issue("Talk", ASK)
        until("it is done", lambda: [t for t in plant.status()["tasks"] if t["state"] == "done"])
        seconds = time.monotonic() - began
        grown = (plant.memory("VmHWM") - before) / MB
        began = time.monotonic()
        subprocess.run(["sh", "-c", f"yes '{line}' | head -c {asked.output_bytes} | cat > /dev/null"], check=True)
        hand = time.monotonic() - began
        size = asked.output_bytes / MB
        return [
            Row(f"{size:.0f} MiB of output, daemon grows", grown, "MiB", 8),
            Row("output taken in", size / seconds, "MiB/s", None, False, "a pipe", size / hand),
            *stall(plant, "output"),
        ]


def deliver(plant, number):
    repo = plant.alice.get(plant.path)
    body = json.dumps({"action": "opened", "number": number, "repository": {"id": repo["id"]}, "sender": {"id": 1}}).encode()
    signed = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    request = urllib.request.Request(plant.hook, data=body, method="POST")
    for name, value in (("Content-Type", "application/json"), ("X-Gitea-Signature", signed),
                        ("X-Gitea-Event", "issues"), ("X-Gitea-Delivery", f"bench-{number}")):
        request.add_header(name, value)
    sent = time.time()
    with urllib.request.urlopen(request, timeout=10) as answer:
        if answer.status != 202:
            raise Failed(f"the webhook answered {answer.status}")
    return sent


def webhook(asked, adf):
    """From a signed delivery to the agent's first instruction, with the one before done with;
    the tick alone would take an hour."""
    script = "date +%s%N > GATE/$ADF_RUN; echo done > note.txt"
    with Plant(adf, ["/bin/sh", "-c", script], tick="1h", slots=16, log_level="info,adf::run=debug") as plant:
        time.sleep(WARM_SECONDS)
        delays, clones = [], []
        for n in range(asked.deliveries):
            number = plant.issue(f"Hook {n}", ASK)
            sent = deliver(plant, number)
            seen = len(delays)
            until("the agent starts", lambda: len([f for f in plant.gate.iterdir() if f.stat().st_size]) > seen, 60)
            newest = max(plant.gate.iterdir(), key=lambda f: f.stat().st_mtime_ns)
            delays.append(int(newest.read_text()) / 1e9 - sent)
            until("it is done", lambda: plant.ended() > n)
        for event in plant.events():
            if "clone_ms" in event:
                clones.append(event["clone_ms"] / 1000)
        rows = [
            Row("delivery to agent, p50", share(delays, 0.5) * 1000, "ms"),
            Row("delivery to agent, p99", share(delays, 0.99) * 1000, "ms"),
        ]
        if len(clones) == len(delays):
            beyond = [delay - clone for delay, clone in zip(delays, clones)]
            rows.append(Row("beyond the clone, p50", share(beyond, 0.5) * 1000, "ms"))
            rows.append(Row("beyond the clone, p99", share(beyond, 0.99) * 1000, "ms", 50))
        return rows + stall(plant, "webhook")


def scenarios(asked, adf):
    """Each scenario of the demo: how long an event held the loop at most."""
    listed = subprocess.run([adf, "demo", "--list", "--format", "json"], capture_output=True, check=True)
    stalls = {}
    for name in (scenario["name"] for scenario in json.loads(listed.stdout)):
        argv = [adf, "demo", "--once", "--scenario", name, "--format", "json"]
        played = subprocess.run(argv, capture_output=True, text=True)
        end = json.loads(played.stdout.splitlines()[-1])
        if not end["ok"]:
            raise Failed(f"scenario {name} went wrong: adf demo --once --scenario {name}")
        stalls[name] = (end["longest_stall_us"] or 0) / 1000
    longest = max(stalls, key=stalls.get)
    return [
        Row(f"longest stall, {len(stalls)} scenarios ({longest})", stalls[longest], "ms", 20),
        Row("… in the median scenario", share(stalls.values(), 0.5), "ms"),
    ]


def worlds(asked, _adf):
    """The simulation, as `cargo test --release --test simulate` plays it."""
    root = pathlib.Path(__file__).resolve().parents[2]
    argv = ["cargo", "test", "--release", "--locked", "-q", "--test", "simulate"]
    subprocess.run([*argv, "--no-run"], cwd=root, check=True, capture_output=True)
    env = dict(os.environ, ADF_SIM_SEEDS=str(asked.worlds))
    before = os.times()
    played = subprocess.run([*argv, "--", "random_worlds"], cwd=root, env=env, capture_output=True)
    after = os.times()
    if played.returncode:
        raise Failed("a simulated world broke a promise: run `cargo test --test simulate`")
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return [Row("simulated worlds", asked.worlds / cpu, "a second of CPU", 500, True)]


def guard(asked, adf):
    """The guard's hook as a process, while every core is busy."""
    found = hook.measure(adf, asked.hooks)
    ours = found.pop("adf")
    rows = [
        Row("guard's hook, p50", share(ours, 0.5), "ms"),
        Row("guard's hook, p99", share(ours, 0.99), "ms", 15),
    ]
    empty = share(found.pop("an empty process"), 0.99)
    rows[1].baseline, rows[1].against = "an empty process", empty
    for name, times in found.items():
        ratio = share(ours, 0.99) / share(times, 0.99)
        rows.append(Row(f"… of {name}'s p99", ratio, "", 1 / 3, False, name, share(times, 0.99)))
    if not found:
        print("skipped: no other guard is on PATH (dcg, cc-safety-net)", file=sys.stderr)
    return rows


def guards(asked, adf):
    """The guard's own cases, beside other guards."""
    if cases.ROOT.is_relative_to("/tmp"):
        print("skipped: in a checkout below /tmp what is outside for a case is the run's own", file=sys.stderr)
        return []
    count, found = cases.measure(adf, asked.cases)
    rows, (_, caught, vain, _) = [], found[0]
    others = found[1:] or [("", None, None, ())]
    for name, their_caught, their_vain, times in others:
        rows.append(Row(f"of {count} cases, caught", caught, "% of the dangerous", 100, True, name, their_caught))
        rows.append(Row("… denied in vain", vain, "% of the harmless", 0, False, name, their_vain))
        if times:
            rows.append(Row(f"{name} as a process, p50", share(times, 0.5), "ms"))
    if not found[1:]:
        print("skipped: no other guard is on PATH (dcg, cc-safety-net)", file=sys.stderr)
    return rows


ALL = {"cases": guards, "guard": guard, "idle": idle, "mentions": mentions, "output": output, "scenarios": scenarios, "webhook": webhook, "worlds": worlds}
