//! Templates are checked at load: what passes, what is refused, where and with what help.

use adf::prompt::{DEFAULT_TEMPLATE, VARIABLES, check_template};
use proptest::prelude::*;

#[test]
fn good_templates_pass() {
    let all: String = VARIABLES
        .iter()
        .map(|name| format!("{{{{ {name} }}}} "))
        .collect();
    for template in [
        "",
        DEFAULT_TEMPLATE,
        &all,
        "{% if issue > 3 %}{{ title | upper }}{% endif %}",
        "{% for n in range(3) %}{{ n }}{% endfor %}",
        "{% set x = issue %}{{ x }}",
        "ordinary { braces } and 100 %",
    ] {
        assert_eq!(check_template(template), Ok(()), "{template}");
    }
}

#[test]
fn bad_templates_are_refused_with_place_and_help() {
    for (template, line, column, message, help) in [
        (
            "a\n  {{ isue }}",
            2,
            6,
            "unknown variable `isue`",
            "did you mean `issue`?",
        ),
        (
            "branchs {{ x.branchs }} {{ branchs }}",
            1,
            12,
            "unknown variable `x`",
            "the variables are project,",
        ),
        (
            "é {{ body }}",
            1,
            6,
            "unknown variable `body`",
            "the variables are",
        ),
        (
            "{% if title %}{{ titel }}{% endif %}",
            1,
            18,
            "unknown variable `titel`",
            "did you mean `title`?",
        ),
        ("ok\n{{ title ", 2, 4, "syntax error", "{{ name }}"),
        ("ok\n{% frob %}", 2, 4, "syntax error", "{{ name }}"),
        ("{{ title | frob }}", 1, 12, "unknown filter", "{{ name }}"),
        ("{{ issue.x }}", 1, 4, "undefined", "the variables are"),
        (
            "{% include 'x' %}",
            1,
            4,
            "template not found",
            "cannot load others",
        ),
        (
            "{% for a in range(9999) %}{% for b in range(9999) %}.{% endfor %}{% endfor %}",
            1,
            1,
            "fuel",
            "loops",
        ),
        (
            "{{ debug() }}",
            1,
            4,
            "unknown variable `debug`",
            "the variables are",
        ),
    ] {
        let fault = check_template(template).expect_err(template);
        assert!(fault.message.contains(message), "{template}: {fault:?}");
        assert!(fault.help.contains(help), "{template}: {fault:?}");
        assert_eq!(fault.line, line, "{template}: {fault:?}");
        if message != "fuel" {
            assert_eq!(fault.column, column, "{template}: {fault:?}");
        }
    }
}

proptest! {
    #[test]
    fn any_template_is_checked_without_panic(template in any::<String>()) {
        let _ = check_template(&template);
    }

    #[test]
    fn any_jinja_is_checked_without_panic_and_faults_lie_inside(pieces in prop::collection::vec(
        prop_oneof![
            Just("{{"), Just("}}"), Just("{%"), Just("%}"), Just(" title "), Just(" if "), Just(" endif "), Just("é"),
            Just(" for x in "), Just("|"), Just("upper"), Just("."), Just("\n"), Just("{#"), Just("#}"), Just("nope"),
            Just("("), Just(")"), Just("'"), Just("-"), Just(" set "), Just("="), Just("1"), Just(" macro "), Just("*"),
        ],
        0..25,
    )) {
        let template = pieces.concat();
        if let Err(fault) = check_template(&template) {
            prop_assert!(fault.line >= 1 && fault.line <= template.matches('\n').count() + 1);
            prop_assert!(fault.column >= 1);
        }
    }
}
