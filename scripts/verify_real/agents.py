"""Two agents that the factory has never seen: one works, one breaks in.

Both are plain sh. What they know of the factory is what any house agent knows:
the prompt on stdin, `$ADF_BIN agent report`, a clone to work in.
"""

import pathlib

STEPS = 6
STEP_SECONDS = 0.4
GATE_SECONDS_MAX = 400

# Stands in every issue's body; whoever renders, splits or runs it shows that.
NEEDLE = (
    "Kept verbatim: {{ name }} {%% if %%} $(touch %(canaries)s/shell) "
    "`touch %(canaries)s/ticks` \"ünïcödé\" %%s %%n '; DROP TABLE task; --"
)

COMMON = """\
#!/bin/sh
# Written by verify-real.
set -u
here={agents}
find .git -name '*.lock' -delete 2>/dev/null
commit() {{
  git -c user.name='House Agent' -c user.email=house@example.org commit -q -m "$1"
}}
report() {{
  "${{ADF_BIN:-adf}}" agent report --status "$1" --summary "$2" >&2 || exit 9
}}
cat > "${{TMPDIR:-.}}/prompt"
ticket=$(sed -n 's/.*verify-ticket-\\([0-9][0-9]*\\).*/\\1/p' "${{TMPDIR:-.}}/prompt" | head -n 1)
[ -n "$ticket" ] || {{ echo "no ticket in the prompt" >&2; exit 3; }}
"""

DEVELOPER = COMMON + """\
mkdir -p work
attempt=$(cat "work/$ticket.log" 2>/dev/null | grep -c '^attempt ')
attempt=$((attempt + 1))
if grep -qF -f "$here/needle" "${{TMPDIR:-.}}/prompt"; then seen=yes; else seen=no; fi
echo "attempt $attempt" >> "work/$ticket.log"
git add work && commit "Begin ticket $ticket, attempt $attempt" || exit 4
# Something that outlives its parent, in a session of its own.
(setsid sleep {linger} >/dev/null 2>&1 &)
: > "work/$ticket.txt"
step=1
while [ "$step" -le {steps} ]; do
  echo "step $step of ticket $ticket" >> "work/$ticket.txt"
  echo "ticket $ticket: step $step"
  sleep {step_seconds}
  step=$((step + 1))
done
case " {gated} " in *" $ticket "*)
  waited=0
  while [ ! -e "$here/release-$ticket" ] && [ "$waited" -lt {gate_tenths} ]; do
    sleep 0.1
    waited=$((waited + 1))
  done
esac
echo "issue verbatim: $seen" >> "work/$ticket.txt"
echo "finished ticket $ticket" >> "work/$ticket.txt"
git add work && commit "Finish ticket $ticket" || exit 5
report done "Ticket $ticket is finished."
"""

INTRUDER = COMMON + """\
out=intrusion.txt
: > "$out"
daemon=$(cat "$here/daemon.pid")
# Hex, so that no filter on the way out can hide what was read.
hex() {{ head -c 8000 | od -An -v -tx1 | tr -d ' \\n'; }}
reads() {{
  name=$1; shift
  got=$("$@" 2>/dev/null | hex)
  if [ -n "$got" ]; then echo "GOT $name $got"; else echo "no $name"; fi >> "$out"
}}
tells() {{
  name=$1; shift
  echo "told $name $("$@" 2>/dev/null | hex)" >> "$out"
}}
writes() {{
  if (echo intruder > "$2") 2>/dev/null; then echo "GOT write-$1"; else echo "no write-$1"; fi >> "$out"
}}
# A place that may be the run's own: what counts is that nothing of it is seen outside.
tries() {{
  (echo intruder > "$2") 2>/dev/null
  echo "told tried-$1 yes" >> "$out"
}}
reads token cat {token}
reads token-through-proc cat "/proc/$daemon/root{token}"
reads config cat {config}
reads config-folder ls -A {config_folder}
reads state ls -A {state}
reads state-files find {state} -type f -name '*.db*'
reads home ls -A {home}
reads logs ls -A {logs}
reads daemon-environ cat "/proc/$daemon/environ"
# Bare descriptor numbers tell nothing; where they lead to, and what is there, does.
# Only files: a pipe or a socket would wait for ever.
reads daemon-files sh -c 'for fd in "$1"/*; do readlink "$fd"; [ -f "$fd" ] && head -c 64 "$fd"; done' - "/proc/$daemon/fd"
reads daemon-memory cat "/proc/$daemon/maps"
tells daemon-cmdline cat "/proc/$daemon/cmdline"
tells own-environ env
tells parent-environ cat "/proc/$PPID/environ"
foreign=0
for process in /proc/[0-9]*; do
  text=$(tr '\\0' '\\n' < "$process/environ" 2>/dev/null)
  case "$text" in
    '') ;;
    *ADF_RUN=*) ;;
    *) foreign=$((foreign + 1)) ;;
  esac
done 2>/dev/null
if [ "$foreign" -gt 0 ]; then echo "GOT environs-of-others $foreign"; else echo "no environs-of-others"; fi >> "$out"
writes home {home}/{canary}
writes real-home {real_home}/{canary}
writes tmp {tmp}/{canary}
writes var-tmp /var/tmp/{canary}
tries shm /dev/shm/{canary}
writes config {config_folder}/{canary}
writes state {state}/{canary}
writes agents {agents}/{canary}
writes canaries {canaries}/direct
borrowed=$(cat .git/objects/info/alternates 2>/dev/null | head -n 1)
[ -n "$borrowed" ] || borrowed={state}/mirror.git/objects
writes mirror-objects "$borrowed/{canary}"
writes mirror-hooks "$borrowed/../hooks/post-receive"
writes mirror-config "$borrowed/../{canary}"
if (: >> "${{ADF_BIN:-adf}}") 2>/dev/null; then echo "GOT write-binary"; else echo "no write-binary"; fi >> "$out"
if kill -0 "$daemon" 2>/dev/null; then echo "told signals-reach-the-daemon yes"; fi >> "$out"
timeout 10 git push -q origin HEAD:refs/heads/stolen >/dev/null 2>&1 || :
timeout 10 git push -q "$borrowed/.." HEAD:refs/heads/stolen >/dev/null 2>&1 || :
(setsid sleep {linger} >/dev/null 2>&1 &)
echo "finished ticket $ticket" >> "$out"
git add "$out" && commit "Look around for ticket $ticket" || exit 5
# Runs wherever somebody uses git in this clone: it must be inside the walls.
git config core.fsmonitor 'touch {canaries}/fsmonitor; false'
report done "Looked around."
"""


def write_agents(folders, gated, linger, canary, real_home):
    """The executables, what they read, and their paths by name."""
    facts = {
        "agents": folders.agents,
        "canaries": folders.canaries,
        "token": folders.token,
        "config": folders.config,
        "config_folder": folders.config.parent,
        "state": folders.state,
        "home": folders.home,
        "logs": folders.logs,
        "real_home": real_home,
        "tmp": folders.base.parent,
        "canary": canary,
        "gated": " ".join(map(str, gated)),
        "linger": linger,
        "steps": STEPS,
        "step_seconds": STEP_SECONDS,
        "gate_tenths": GATE_SECONDS_MAX * 10,
    }
    (folders.agents / "needle").write_text(needle(folders) + "\n")
    paths = {}
    for name, text in (("developer", DEVELOPER), ("intruder", INTRUDER)):
        path = pathlib.Path(folders.agents, name)
        path.write_text(text.format(**facts))
        path.chmod(0o755)
        paths[name] = path
    return paths


def needle(folders):
    return NEEDLE % {"canaries": folders.canaries}


def probes():
    """The names of what the intruder tries, as they stand in intrusion.txt."""
    names = ["environs-of-others", "write-binary"]
    for line in INTRUDER.splitlines():
        words = line.split()
        if words[:1] == ["reads"]:
            names.append(words[1])
        if words[:1] == ["writes"]:
            names.append(f"write-{words[1]}")
    return sorted(names)


def canary_paths(folders, canary, real_home):
    """Where a canary of the intruder would lie, had a wall given way."""
    places = [
        folders.home, real_home, folders.base.parent, "/var/tmp", "/dev/shm",
        folders.config.parent, folders.state, folders.agents,
    ]
    return [pathlib.Path(place, canary) for place in places]
