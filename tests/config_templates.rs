//! Prompt templates are checked when the config is loaded.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking, as tests do"
)]

use adf::config;
use std::path::Path;

const HEAD: &str = "[project]\nname = \"demo\"\n[gitea]\nurl = \"https://git.example.org\"\nrepo = \"acme/widgets\"\n[providers.a]\nkind = \"script\"\ncommand = [\"a\"]\n[[agents]]\nname = \"a\"\n";

fn refused(folder: &Path, rest: &str) -> config::Fault {
    let path = folder.join("adf.toml");
    std::fs::write(&path, format!("{HEAD}{rest}\n")).unwrap();
    let mut faults = config::load(&path).unwrap_err();
    assert_eq!(faults.len(), 1, "{}", config::render(&faults, false));
    faults.remove(0)
}

#[test]
fn an_unknown_variable_in_the_config_is_refused_at_its_key() {
    let folder = tempfile::tempdir().unwrap();
    let fault = refused(folder.path(), "prompt = \"Work on {{ isue }}.\"");
    assert_eq!(
        (fault.line, fault.column, fault.key.as_str()),
        (11, 10, "agents[0].prompt")
    );
    assert!(fault.message.contains("isue"), "{}", fault.message);
    assert!(fault.help.contains("issue"), "{}", fault.help);
}

#[test]
fn an_unknown_variable_in_a_template_file_is_refused_in_that_file() {
    let folder = tempfile::tempdir().unwrap();
    let template = folder.path().join("prompt.md");
    std::fs::write(&template, "Work well.\n\nGrüße, {{ isue }}.\n").unwrap();
    let fault = refused(folder.path(), "prompt_file = \"prompt.md\"");
    assert_eq!(fault.file, template);
    assert_eq!((fault.line, fault.column), (3, 11));
    assert_eq!(fault.key, "agents[0].prompt_file");
    let text = config::render(&[fault], false);
    assert!(
        text.contains("prompt.md:3:11") && text.contains("{{ isue }}"),
        "{text}"
    );
}

#[test]
fn a_template_that_is_none_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let fault = refused(folder.path(), "prompt = \"Work on {{ issue.\"");
    assert_eq!(fault.key, "agents[0].prompt");
    std::fs::write(folder.path().join("empty.md"), " \n").unwrap();
    let fault = refused(folder.path(), "prompt_file = \"empty.md\"");
    assert!(fault.message.contains("it is empty"), "{}", fault.message);
}
