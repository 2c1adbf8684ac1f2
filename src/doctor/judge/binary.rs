//! The executable: old, or not.

use crate::doctor::observe::binary::Binary;
use crate::doctor::{About, Check};

const ABOUT: About = About::Machine;

/// What the executable could be older than, judged.
#[must_use]
pub fn checks(binary: &Binary) -> Vec<Check> {
    const NAME: &str = "binary";
    let path = binary.path.display();
    let mut checks = Vec::new();
    if let Some((dir, Some(file))) = &binary.source {
        let found = format!("{path} is older than {} of its source", file.display());
        let remedy = format!("build and install again in {}", dir.display());
        checks.push(Check::warning(ABOUT, "binary.source", found, remedy));
    }
    if let Some(dir) = &binary.no_source {
        let found = format!(
            "{} is no checkout of adf's source: it has no src/",
            dir.display()
        );
        let remedy = "name the root of a checkout by --source, or leave it out";
        checks.push(Check::warning(ABOUT, "binary.source", found, remedy));
    }
    if let Some((schema, false)) = &binary.schema {
        let found = format!("{} is not the schema of {path}", schema.display());
        let remedy = "one of the two is older: install the adf that the config was written for, or run `adf schema config` again";
        checks.push(Check::warning(ABOUT, "binary.schema", found, remedy));
    }
    match &binary.running {
        Some(running) if running.is_replaced => {
            let found = format!(
                "process {} runs an executable that was replaced since",
                running.pid
            );
            checks.push(Check::warning(
                ABOUT,
                "binary.running",
                found,
                "restart the factory",
            ));
        }
        Some(running) => {
            let found = format!("a factory runs as process {}", running.pid);
            checks.push(Check::note(ABOUT, "binary.running", found));
        }
        None => {}
    }
    if checks.iter().all(|c| c.remedy.is_none()) {
        checks.push(Check::ok(ABOUT, NAME, format!("{path} {}", binary.version)));
    }
    checks
}
