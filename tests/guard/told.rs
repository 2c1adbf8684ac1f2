//! What is told of a denial: each target by name, what is lost, no character of our own.

use crate::corpus::usual;
use adf::guard::{Denial, Input, Policy, judge, rules};

fn denial(text: &str) -> Denial {
    let verdict = judge(Input::Shell(text), &usual(), &Policy::default());
    verdict.denial().expect("it is denied").clone()
}

#[test]
fn every_target_of_a_command_is_named() {
    assert_eq!(
        denial("rm -rf /etc /var x /srv/y").destroys,
        "/etc, /var, /srv/y"
    );
    assert_eq!(denial("touch /etc/a b /opt/c").destroys, "/etc/a, /opt/c");
}

#[test]
fn what_is_not_known_is_shown_as_such() {
    let is_own = |c: char| ('\u{F0000}'..='\u{FFFFF}').contains(&c);
    for text in [
        "git branch -D \"$b\"",
        "rm -rf /srv/$(cat x)",
        "cat names | xargs git push origin",
        "$TOOL x",
        "kill \"$(cat x)\"",
    ] {
        let told = denial(text);
        let all = format!("{}{}{}", told.destroys, told.parsed, told.told());
        assert!(!all.contains(is_own), "{text}: {told:?}");
    }
}

#[test]
fn what_is_lost_is_said_and_not_the_command_again() {
    for rule in rules() {
        for text in rule.deny {
            let told = denial(text);
            assert!(!told.destroys.is_empty(), "{}: {text}", rule.id);
            assert_ne!(told.destroys, told.parsed, "{}: {text}", rule.id);
        }
    }
}

#[test]
fn the_safer_command_is_told_to_the_agent() {
    let told = denial("rm -rf /srv/data");
    let safer = told.safer.clone().expect("there is one");
    assert!(told.told().contains(&safer), "{}", told.told());
}
