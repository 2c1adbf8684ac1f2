//! The case files, and the scene they play in.

use adf::guard::Scene;
use serde_json::Value;
use std::path::Path;

/// One case.
#[derive(Debug)]
pub struct Case {
    pub file: String,
    pub command: String,
    pub verdict: String,
    pub why: String,
    pub cwd: String,
    pub branch: String,
    pub signals: String,
}

/// All cases of all files.
pub fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/guard/cases");
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .expect("the folder of cases")
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == "jsonl"))
        .collect();
    paths.sort();
    let mut all = Vec::new();
    for path in paths {
        let file = path
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let text = std::fs::read_to_string(&path).expect("a readable file of cases");
        for line in text.lines().filter(|line| !line.is_empty()) {
            let value: Value = serde_json::from_str(line).expect("a case is one JSON object");
            let text = |key: &str, other: &str| value[key].as_str().unwrap_or(other).to_owned();
            all.push(Case {
                file: file.clone(),
                command: text("command", ""),
                verdict: text("verdict", ""),
                why: text("why", ""),
                cwd: text("cwd", "/srv/run/repo"),
                branch: text("branch", "adf/7-fix"),
                signals: text("signals", "free"),
            });
        }
    }
    all
}

/// The scene of a case.
pub fn scene(case: &Case) -> Scene<'_> {
    Scene {
        cwd: &case.cwd,
        branch: &case.branch,
        signals_walled: case.signals == "walled",
        ..usual()
    }
}

/// The scene in which a run begins.
pub fn usual() -> Scene<'static> {
    Scene {
        cwd: "/srv/run/repo",
        worktree: "/srv/run/repo",
        home: "/home/agent",
        tmp: "/srv/run/tmp",
        branch: "adf/7-fix",
        signals_walled: false,
        resolve: None,
    }
}
