//! Every command line of `adf` that people are shown parses: in `--help`, in the papers' shell
//! blocks, and in their running text.

use crate::blocks::{blocks, documents};
use adf::cli::{Cli, shown};
use clap::Parser;
use clap::error::ErrorKind;
use pulldown_cmark::{Event, Parser as Markdown};

/// Kinds of blocks that hold command lines.
const SHELLS: [&str; 4] = ["sh", "bash", "console", ""];
/// Between commands of one line.
const BETWEEN: [&str; 6] = ["|", "||", "&&", ";", "&", "do"];
/// Before a command, on its line.
const BEFORE: [&str; 6] = ["$", "sudo", "if", "until", "while", "!"];

/// The commands of a line that are `adf`'s, each as its words.
fn ours(line: &str) -> Vec<Vec<String>> {
    let Some(words) = shlex::split(line) else {
        let begins = line.trim_start().trim_start_matches("$ ");
        assert!(!begins.starts_with("adf "), "no shell reads `{line}`");
        return Vec::new();
    };
    let parts = words.split(|word| BETWEEN.contains(&word.as_str()));
    parts.filter_map(one).collect()
}

fn one(words: &[String]) -> Option<Vec<String>> {
    let is_before = |word: &&String| BEFORE.contains(&word.as_str());
    let mut words = words.iter().skip_while(is_before);
    let program = words.next()?;
    if program == "cargo" {
        let rest: Vec<&String> = words.clone().collect();
        let at = rest.iter().position(|word| *word == "--")?;
        if rest.first().is_none_or(|verb| *verb != "run") {
            return None;
        }
        words.nth(at);
    } else if program != "adf" {
        return None;
    }
    let is_file = |word: &&String| !word.starts_with(['<', '>']) && !word.starts_with("2>");
    let words = words.take_while(is_file).map(|word| {
        let word = word.trim_end_matches(';');
        // What a variable, or a name in capitals, stands for.
        let name = word.trim_start_matches('$');
        let is_name = name.len() < word.len() || name == "N";
        if is_name {
            "7".to_owned()
        } else {
            word.to_owned()
        }
    });
    Some(["adf".to_owned()].into_iter().chain(words).collect())
}

fn parse(words: &[String]) -> Result<(), clap::Error> {
    match Cli::try_parse_from(words) {
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::DisplayVersion | ErrorKind::DisplayHelp
            ) =>
        {
            Ok(())
        }
        parsed => parsed.map(drop),
    }
}

/// What stands below a command's help, as it is written: a terminal wraps it.
fn below(command: &clap::Command) -> String {
    command
        .get_after_help()
        .map(ToString::to_string)
        .unwrap_or_default()
}

/// Visible commands, each with what stands below its help.
fn leaves(command: &mut clap::Command, found: &mut Vec<(String, String)>) {
    let inner = command.get_subcommands_mut();
    let inner = inner.filter(|c| !c.is_hide_set() && c.get_name() != "help");
    for command in inner {
        if command.has_subcommands() {
            leaves(command, found);
        }
        let name = command.get_bin_name().unwrap_or_default().to_owned();
        found.push((name, below(command)));
    }
}

#[test]
fn every_command_for_people_has_examples_and_all_of_them_parse() {
    let mut all = shown();
    all.build();
    let mut found = vec![("adf".to_owned(), below(&all))];
    leaves(&mut all, &mut found);
    assert!(found.len() > 30, "{found:?}");
    let mut count = 0;
    for (name, help) in found {
        let lines: Vec<&str> = help
            .lines()
            .map(str::trim)
            .filter(|l| l.starts_with("adf "))
            .collect();
        // An agent is told by its prompt, and a hook is written by the factory.
        let is_for_people =
            !name.starts_with("adf agent ") && name != "adf guard" && name != "adf guard hook";
        assert!(
            !is_for_people || !lines.is_empty(),
            "`{name} --help` has no example"
        );
        for line in lines {
            let commands = ours(line);
            assert!(!commands.is_empty(), "`{name} --help`: `{line}`");
            for words in commands {
                let parsed = parse(&words);
                assert!(parsed.is_ok(), "`{name} --help`: `{line}`: {parsed:?}");
                count += 1;
            }
        }
    }
    assert!(count > 40, "{count}");
}

#[test]
fn every_command_line_in_the_papers_parses() {
    let (mut count, mut faults) = (0, Vec::new());
    for path in documents() {
        let text = std::fs::read_to_string(&path).unwrap();
        for block in blocks(&text)
            .iter()
            .filter(|b| SHELLS.contains(&b.kind.as_str()))
        {
            for words in block.text.replace("\\\n", " ").lines().flat_map(ours) {
                count += 1;
                if let Err(error) = parse(&words) {
                    faults.push(format!("{}: {words:?}: {error}", path.display()));
                }
            }
        }
        // In running text a command is often shortened to what matters: only what is there is held.
        let spans = Markdown::new(&text).filter_map(|event| match event {
            Event::Code(text) if text.starts_with("adf ") => Some(text.to_string()),
            _ => None,
        });
        for span in spans {
            for words in ours(&span) {
                count += 1;
                match parse(&words) {
                    Err(error) if !is_shortened(error.kind()) => {
                        faults.push(format!("{}: `{span}`: {error}", path.display()));
                    }
                    _ => {}
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(count > 60, "{count}");
}

fn is_shortened(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::MissingRequiredArgument
            | ErrorKind::MissingSubcommand
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    )
}

#[test]
fn a_line_that_does_not_parse_is_found() {
    let of = |line: &str| {
        ours(line)
            .iter()
            .map(|words| parse(words).is_ok())
            .collect::<Vec<_>>()
    };
    assert_eq!(of("$ adf status --format json | jq . # all"), [true]);
    assert_eq!(
        of("until adf explain $N | grep -q x; do adf plan > f; done"),
        [true, true]
    );
    assert_eq!(of("cargo run --release -- demo --once"), [true]);
    assert_eq!(
        of("adf validate-config --config /etc/adf/shop.toml"),
        [false]
    );
    assert_eq!(of("adf plan --what && adf nothing"), [false, false]);
    assert!(of("cargo test && echo adf plan").is_empty());
}
