"""Arguments, folders and the order of things: start, drive, count, tell."""

import argparse
import os
import pathlib
import pwd
import random
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from . import selftest
from .agents import canary_paths, needle, write_agents
from .count import Asked, count, table
from .drive import Drive
from .factory import Daemon, Died, Folders, left_over, write_config
from .forge import Refused, start_embedded, start_gitea
from .world import gather

ROOT = pathlib.Path(__file__).resolve().parents[2]
BEGAN = time.monotonic()


def say(text):
    print(f"[{time.monotonic() - BEGAN:6.1f} s] {text}", flush=True)


def arguments():
    parser = argparse.ArgumentParser(
        prog="scripts/verify-real",
        description="The factory against a real forge: kills, a lost ledger, an intruder; then counts.",
    )
    parser.add_argument("gitea", nargs="?", help="a stock Gitea or Forgejo executable")
    parser.add_argument("--embedded", action="store_true", help="use the forge inside the factory's binary")
    parser.add_argument("--static-root", help="Gitea's assets, for a binary built without them")
    parser.add_argument("--seed", type=int, help="repeat the choices of an earlier verification")
    parser.add_argument("--kills", type=int, default=20, help="SIGKILLs of the daemon (20)")
    parser.add_argument("--timeout", type=float, default=600, help="seconds until all must be done (600)")
    parser.add_argument("--keep", action="store_true", help="keep the folder also when all is well")
    parser.add_argument("--self-test", action="store_true", help="try the counters on planted faults")
    chosen = parser.parse_args()
    if not chosen.self_test and bool(chosen.gitea) == chosen.embedded:
        parser.error("give a Gitea executable, or --embedded")
    return chosen


def binary():
    """`$ADF_BIN`, or the release binary, built now."""
    given = os.environ.get("ADF_BIN")
    if given:
        return str(pathlib.Path(given).resolve())
    say("building the release binary")
    subprocess.run(["cargo", "build", "--release", "--locked"], cwd=ROOT, check=True)
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or "target")
    return str((ROOT / target / "release" / "adf").resolve())


def validate(adf, folders):
    """The config is one that the factory takes; else its own words are the answer."""
    done = subprocess.run(
        [adf, "validate-config", str(folders.config)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Refused(f"`adf validate-config` refused the config:\n{done.stdout}{done.stderr}")


def verify(chosen, folders):
    """Does it all; the checks."""
    seed = chosen.seed if chosen.seed is not None else secrets.randbelow(1 << 32)
    rng, nonce = random.Random(seed), secrets.token_hex(6)
    adf = binary()
    say(f"seed {seed}, folder {folders.base}, {adf}")
    linger, canary = str(70000 + secrets.randbelow(9000)), f"adf-canary-{nonce}"
    real_home = pathlib.Path(pwd.getpwuid(os.getuid()).pw_dir)
    if chosen.embedded:
        site = start_embedded(adf, folders.base / "forge")
    else:
        gitea = str(pathlib.Path(chosen.gitea).resolve())
        site = start_gitea(gitea, folders.base / "forge", chosen.static_root)
    daemon = Daemon(adf, folders)
    try:
        say(f"the forge listens on {site.url}")
        drive = Drive(site, daemon, folders, rng, say, needle(folders))
        drive.seed_repository()
        gated = drive.open_issues()
        write_config(folders, site, write_agents(folders, gated, linger, canary, real_home))
        validate(adf, folders)
        failure = None
        try:
            drive.run(chosen.kills, chosen.timeout)
        except (Died, Refused) as error:
            failure = error
            daemon.end()
        asked = Asked(
            drive.tickets, drive.edited, drive.stranger,
            {who: login.lower() for who, login in site.login.items()},
            drive.issues, site.default, chosen.kills,
        )
        paths = canary_paths(folders, canary, real_home)
        wait_for_supervisors(folders, linger)
        world = gather(site, folders, linger, paths, drive.exercise, drive.old)
        for path in paths:
            path.unlink(missing_ok=True)
        checks = count(world, asked)
        return checks, failure, seed
    finally:
        daemon.end()
        site.stop()
        for line in left_over(folders, linger):
            os.kill(int(line.split()[0]), signal.SIGKILL)


def wait_for_supervisors(folders, linger, seconds=10):
    """After a failure the last supervisors may still be ending what they watch."""
    end = time.monotonic() + seconds
    while left_over(folders, linger) and time.monotonic() < end:
        time.sleep(0.2)


def main():
    chosen = arguments()
    if chosen.self_test:
        return selftest.run(chosen, say)
    folders = Folders(tempfile.mkdtemp(prefix="adf-verify-"))
    well = False
    try:
        checks, failure, seed = verify(chosen, folders)
        print(table(checks))
        failed = [check for check in checks if not check.ok]
        if failure:
            print(f"\nit did not come to its end: {failure}")
        well = not failed and not failure
        said = "all held" if well else f"{len(failed)} FAILED; repeat with --seed {seed}"
        print(f"\n{len(checks)} checks, {said} ({time.monotonic() - BEGAN:.0f} s)")
        return 0 if well else 1
    except (Refused, Died, subprocess.CalledProcessError) as error:
        print(f"verify-real: {error}", file=sys.stderr)
        return 2
    finally:
        if well and not chosen.keep:
            shutil.rmtree(folders.base, ignore_errors=True)
        else:
            print(f"kept: {folders.base}")
