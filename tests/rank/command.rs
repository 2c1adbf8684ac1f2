//! `adf rank --stdin` as a shell has it.

use assert_cmd::Command;
use serde_json::{Value, json};

fn rank(args: &[&str], stdin: &str) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_adf"));
    let out = command.arg("rank").args(args).write_stdin(stdin).output();
    let out = out.expect("the binary starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the output is text");
    (
        out.status.code().unwrap_or(-1),
        text(out.stdout),
        text(out.stderr),
    )
}

const EXAMPLE: &str = r#"{"issues":[1,2,3],"dependencies":[{"issue":2,"depends_on":1}]}"#;

#[test]
fn the_graph_of_the_help_is_ranked() {
    let (code, out, err) = rank(&["--stdin"], EXAMPLE);
    assert_eq!((code, err.as_str()), (0, ""));
    let answer: Value = serde_json::from_str(&out).unwrap();
    let rows = answer["ranks"].as_array().unwrap();
    // 1.85, 1 and 1 of 3.85, as networkx says it too.
    let close = |n: usize, rank: f64| (rows[n]["rank"].as_f64().unwrap() - rank).abs() < 1e-12;
    assert!(close(0, 1.85 / 3.85) && close(1, 1.0 / 3.85) && close(2, 1.0 / 3.85));
    let ready: Vec<(u64, bool)> = rows
        .iter()
        .map(|r| (r["issue"].as_u64().unwrap(), r["ready"].as_bool().unwrap()))
        .collect();
    assert_eq!(ready, [(1, true), (2, false), (3, true)]);
    assert_eq!(rows[0]["unblocks"], json!([2]));
    assert_eq!(answer["cycles"], json!([]));
}

#[test]
fn a_cycle_is_reported_and_no_error() {
    let text = r#"{"issues":[5,6],"dependencies":[{"issue":5,"depends_on":6},{"issue":6,"depends_on":5}]}"#;
    let (code, out, _) = rank(&["--stdin", "--format", "table"], text);
    assert_eq!(code, 0);
    assert!(
        out.contains("cycle: #5 #6") && !out.contains("ready"),
        "{out}"
    );
    let (_, out, _) = rank(&["--stdin", "--format", "dot"], text);
    assert!(
        out.starts_with("digraph {") && out.contains("color = red"),
        "{out}"
    );
    assert!(out.contains("0 -> 1 ["), "{out}");
}

#[test]
fn an_empty_graph_has_no_ranks() {
    let (code, out, _) = rank(&["--stdin"], r#"{"issues":[]}"#);
    assert_eq!((code, out.trim()), (0, r#"{"ranks":[],"cycles":[]}"#));
}

#[test]
fn what_is_no_graph_is_refused_with_what_would_be() {
    let cases = [
        ("", "not a graph: EOF"),
        ("{", "not a graph: EOF"),
        (
            r#"{"issues":[-1]}"#,
            "an issue is -1, and not the number of an issue",
        ),
        (
            r#"{"issues":["1"]}"#,
            "an issue is a text, and not the number of an issue",
        ),
        (
            "[[1,2,3],[[2,1]]]",
            "the graph is no object, but a list; expected {",
        ),
        (
            r#"{"issues":[1,2],"dependencies":[[2,1]]}"#,
            "a dependency is no object, but a list",
        ),
        (r#"{"issues":7}"#, "`issues` is no list, but 7"),
        ("{}", "`issues` is missing"),
        (r#"{"issues":[1],"links":[]}"#, "unknown field `links`"),
        (r#"{"issues":[1,1]}"#, "issue 1 is listed twice"),
        (
            r#"{"issues":[1],"dependencies":[{"issue":1}]}"#,
            "depends_on",
        ),
    ];
    for (text, what) in cases {
        let (code, out, err) = rank(&["--stdin"], text);
        assert_eq!((code, out.as_str()), (1, ""), "{text}");
        assert!(
            err.starts_with("error: ") && err.contains(what),
            "{text}: {err}"
        );
    }
}

#[test]
fn without_stdin_a_config_is_needed() {
    let (code, out, err) = rank(&["--config", "/nowhere/adf.toml"], "");
    assert_eq!((code, out.as_str()), (78, ""), "{err}");
    assert_eq!(rank(&["--stdin", "--config", "adf.toml"], "").0, 2);
}

#[test]
fn what_is_missing_is_drawn_dashed() {
    let text = r#"{"issues":[1,2],"dependencies":[{"issue":2,"depends_on":99},{"issue":1,"depends_on":99}]}"#;
    let (_, out, _) = rank(&["--stdin", "--format", "dot"], text);
    assert_eq!(out.matches("#99 missing").count(), 1, "{out}");
    assert_eq!(out.matches("-> m99 [ style = dashed ]").count(), 2, "{out}");
    assert!(out.trim_end().ends_with('}'), "{out}");
}
