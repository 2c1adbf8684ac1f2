"""The command line of the bench, and its table."""

import argparse
import json
import pathlib
import signal
import sys

from . import measures
from .plant import Failed

ROOT = pathlib.Path(__file__).resolve().parents[2]


def arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--adf", default=str(ROOT / "target/release/adf"), help="the release binary")
    parser.add_argument("--baseline", metavar="NAME=PATH", help="another binary to compare with")
    parser.add_argument("--only", default=",".join(measures.ALL), help="which, with commas")
    parser.add_argument("--idle", type=int, default=300, metavar="SECONDS")
    parser.add_argument("--mentions", type=int, default=200)
    parser.add_argument("--slots", type=int, default=16)
    parser.add_argument("--output-bytes", type=int, default=1 << 30)
    parser.add_argument("--deliveries", type=int, default=100)
    parser.add_argument("--cases", type=int, default=1, metavar="N", help="each N-th of the guard's cases")
    parser.add_argument("--hooks", type=int, default=300)
    parser.add_argument("--worlds", type=int, default=5000)
    parser.add_argument("--format", choices=("table", "json"), default="table")
    asked = parser.parse_args()
    asked.only = asked.only.split(",")
    unknown = set(asked.only) - set(measures.ALL)
    if unknown:
        parser.error(f"no such measure: {', '.join(sorted(unknown))}; there are {', '.join(measures.ALL)}")
    if asked.baseline and "=" not in asked.baseline:
        parser.error("a baseline is NAME=PATH")
    return asked


def measured(asked, adf):
    rows = []
    for name in asked.only:
        print(f"{name} …", file=sys.stderr, flush=True)
        rows += measures.ALL[name](asked, pathlib.Path(adf).resolve())
    return rows


def main():
    asked = arguments()
    # Whoever ends the bench ends its daemon and its forge with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        rows = measured(asked, asked.adf)
        if asked.baseline:
            name, _, path = asked.baseline.partition("=")
            print(f"baseline {name}", file=sys.stderr)
            before = {row.what: row.value for row in measured(asked, path)}
            for row in rows:
                row.baseline, row.against = name, before.get(row.what)
    except Failed as failed:
        print(f"bench: {failed}", file=sys.stderr)
        return 1
    if asked.format == "json":
        print(json.dumps([row.as_dict() for row in rows], indent=1))
    else:
        table(rows)
    return 0 if all(row.holds() for row in rows) else 1


def table(rows):
    lines = [("FIGURE", "VALUE", "TARGET", "", "BASELINE", "RATIO")]
    lines += [row.cells() for row in rows]
    widths = [max(len(line[n]) for line in lines) for n in range(len(lines[0]))]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())
