//! When two answers are the same: keys, types, emptiness, and what means something.

use serde_json::Value;

/// Keys whose values must agree, digits aside.
const TELLING: &[&str] = &[
    "additions",
    "admin",
    "allow_merge_commits",
    "archived",
    "archived_at",
    "body",
    "changed_files",
    "changes",
    "color",
    "comments",
    "context",
    "default_branch",
    "deletions",
    "draft",
    "empty",
    "enable_issue_dependencies",
    "errors",
    "exclusive",
    "filename",
    "full_name",
    "has_issues",
    "has_pull_requests",
    "is_locked",
    "issue_url",
    "label",
    "login",
    "max_response_items",
    "merged",
    "message",
    "mirror",
    "name",
    "number",
    "open_issues_count",
    "owner",
    "permission",
    "private",
    "protected",
    "pull",
    "pull_request_url",
    "push",
    "ref",
    "role_name",
    "state",
    "status",
    "target_url",
    "title",
    "total_count",
    "user_can_merge",
    "user_can_push",
    "username",
    "version",
    "effective_branch_protection_name",
    "default_paging_num",
];

/// Collects how answers of a server at `base` differ from recorded ones.
pub struct Compare<'a> {
    pub base: &'a str,
}

impl Compare<'_> {
    /// A text without what may differ: the host, and the digits of ids and times.
    pub fn plain(&self, text: &str) -> String {
        digits(&text.replace(self.base, "http://forge.test"))
    }

    pub fn compare(
        &self,
        key: &str,
        at: &str,
        got: &Value,
        wanted: &Value,
        differs: &mut Vec<String>,
    ) {
        match (got, wanted) {
            (Value::Object(a), Value::Object(b)) => {
                for name in b.keys().filter(|name| !a.contains_key(*name)) {
                    differs.push(format!("{at}/{name}: missing"));
                }
                for (name, value) in a {
                    match b.get(name) {
                        None => differs.push(format!("{at}/{name}: a real server has no such key")),
                        Some(wanted) => {
                            self.compare(name, &format!("{at}/{name}"), value, wanted, differs)
                        }
                    }
                }
            }
            (Value::Array(a), Value::Array(b)) => {
                if a.len() != b.len() {
                    differs.push(format!("{at}: got {} rows, recorded {}", a.len(), b.len()));
                }
                for (n, (a, b)) in a.iter().zip(b).enumerate() {
                    self.compare(key, &format!("{at}/{n}"), a, b, differs);
                }
            }
            (Value::String(a), Value::String(b)) => {
                let same = self.plain(a) == digits(b);
                if TELLING.contains(&key) && !same {
                    differs.push(format!("{at}: got {a:?}, recorded {b:?}"));
                }
            }
            (Value::Number(_), Value::Number(_)) | (Value::Bool(_), Value::Bool(_)) => {
                if TELLING.contains(&key) && got != wanted {
                    differs.push(format!("{at}: got {got}, recorded {wanted}"));
                }
            }
            (Value::Null, Value::Null) => {}
            _ => differs.push(format!("{at}: got {got}, recorded {wanted}")),
        }
    }
}

/// Runs of digits become one, so that ids and times do not matter.
pub fn digits(text: &str) -> String {
    let mut out = String::new();
    for char in text.chars() {
        let char = if char.is_ascii_digit() { '0' } else { char };
        if char != '0' || !out.ends_with('0') {
            out.push(char);
        }
    }
    out
}
