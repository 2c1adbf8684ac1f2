//! What stands below `--help` of commands that have no more to say there: examples.
//!
//! Invariant: each line that begins with `adf` is a command line that parses; a test
//! holds that, and that every command for people has one.

pub(super) const ADF: &str = "\
Examples:
  adf demo
  adf init --project shop --repo acme/shop --url https://git.example.org
  adf doctor --config /etc/adf/shop.toml
  adf run --config /etc/adf/shop.toml

Exit codes: 0 done · 1 not done · 2 wrong usage · 69 the forge refuses · \
75 another factory holds the state · 78 the config has faults";

pub(super) const DEMO: &str = "\
Examples:
  adf demo
  adf demo --list
  adf demo --once --scenario restart --format json";

pub(super) const VALIDATE_CONFIG: &str = "\
Examples:
  adf validate-config /etc/adf/shop.toml
  adf validate-config --strict --format json /etc/adf/shop.toml /etc/adf/blog.toml

Exit codes: 0 `adf run` would take them · 2 wrong usage · 78 it would not, or with --strict there are warnings";

pub(super) const RUN: &str = "\
Examples:
  adf run --config /etc/adf/shop.toml
  adf run --config adf.toml --since 2026-11-21T10:00:00Z --log json

SIGTERM lets agents end and stops; a second one hurries. SIGHUP reads the config again.
Exit codes: 0 stopped · 1 failed · 2 wrong usage · 69 the forge refuses · 75 another factory holds the state · 78 the config has faults";

pub(super) const PLAN: &str = "\
Examples:
  adf plan --config /etc/adf/shop.toml
  adf plan --format json";

pub(super) const EXPLAIN: &str = "\
Examples:
  adf explain 42 --config /etc/adf/shop.toml
  adf explain 42 --format json";

pub(super) const FAILURES: &str = "\
Examples:
  adf failures --config /etc/adf/shop.toml
  adf failures --last 100 --format json";

pub(super) const STATUS: &str = "\
Examples:
  adf status --config /etc/adf/shop.toml
  adf status --format json | jq .alerts";

pub(super) const PAUSE: &str = "\
Example:
  adf pause --config /etc/adf/shop.toml";

pub(super) const RESUME: &str = "\
Example:
  adf resume --config /etc/adf/shop.toml";

pub(super) const CANCEL: &str = "\
Examples:
  adf cancel 0bd7b640f2d2 --config /etc/adf/shop.toml
  adf cancel 0bd7b640f2d2-1 --config /etc/adf/shop.toml";

pub(super) const STOP: &str = "\
Example:
  adf stop --all --config /etc/adf/shop.toml

Exit codes: 0 nothing is left · 1 something is, and is named · 2 wrong usage · 78 the config has faults";

pub(super) const STATS: &str = "\
Examples:
  adf guard stats --config /etc/adf/shop.toml
  adf guard stats --last 50 --format json";

pub(super) const SCHEMA: &str = "\
Examples:
  adf schema config
  adf schema agent > agent.schema.json";

pub(super) const COMPLETIONS: &str = "\
Examples:
  adf completions bash > ~/.local/share/bash-completion/completions/adf
  adf completions zsh
  adf completions fish";

pub(super) const MAN: &str = "\
Example:
  adf man ~/.local/share/man/man1";

pub(super) const AGENT: &str = "\
Examples:
  adf agent context --format json
  adf agent report --status done --summary 'the range includes its end now' --evidence 'cargo test: 12 passed'
  adf agent mention reviewer 'read the commits on my branch'
  adf agent ask 'A or B?' --default A --deadline 4h
  adf agent remember build 'make test needs redis'
  adf agent issue 'The README names an old flag' --body 'It says --fast.'
  adf agent mcp";

pub(super) const GUARD: &str = "\
Examples:
  adf guard test 'git push --force'
  adf guard rules
  adf guard stats --config /etc/adf/shop.toml";

pub(super) const GUARD_HOOK: &str = "\
Example:
  adf guard hook claude --run \"$PWD\" < call.json";

pub(super) const AGENT_REPORT: &str = "\
Examples:
  adf agent report --status done --summary 'the range includes its end now' --evidence 'cargo test: 12 passed'
  adf agent report --status blocked --summary 'the registry is out of reach'
  adf agent report --json - < report.json";

pub(super) const AGENT_ASK: &str = "\
Example:
  adf agent ask 'Keep the old flag as an alias?' --default 'yes, it stays' --deadline 4h";

pub(super) const AGENT_MENTION: &str = "\
Examples:
  adf agent mention reviewer 'read the commits on my branch'
  adf agent mention developer 'mend the test that this breaks' --issue 42";

pub(super) const AGENT_REMEMBER: &str = "\
Example:
  adf agent remember build 'make test needs redis'";

pub(super) const AGENT_CONTEXT: &str = "\
Examples:
  adf agent context
  adf agent context --format json";

pub(super) const AGENT_ISSUE: &str = "\
Example:
  adf agent issue 'The README names an old flag' --body 'It says --fast.'";

pub(super) const AGENT_MCP: &str = "\
Example:
  adf agent mcp";
