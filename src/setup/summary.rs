//! A checkout → `.docs/summary.md`, which agents read before they start.
//!
//! Invariant: it depends on the tree alone, not on the moment or the commit, so
//! that making it twice changes nothing; it never counts itself.

use super::checkout::Checkout;
use crate::model::counted;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Where it goes, from the root of the checkout.
pub const PATH: &str = ".docs/summary.md";
/// Folders, languages and commands that are named.
const NAMED_MAX: usize = 20;
/// Bytes read of a manifest.
const MANIFEST_BYTES_MAX: usize = 64 * 1024;

/// Extensions and what they are written in.
const LANGUAGES: [(&str, &str); 22] = [
    ("rs", "Rust"),
    ("go", "Go"),
    ("py", "Python"),
    ("ts", "TypeScript"),
    ("tsx", "TypeScript"),
    ("js", "JavaScript"),
    ("jsx", "JavaScript"),
    ("java", "Java"),
    ("kt", "Kotlin"),
    ("rb", "Ruby"),
    ("php", "PHP"),
    ("c", "C"),
    ("h", "C"),
    ("cpp", "C++"),
    ("cc", "C++"),
    ("cs", "C#"),
    ("swift", "Swift"),
    ("sh", "Shell"),
    ("sql", "SQL"),
    ("html", "HTML"),
    ("css", "CSS"),
    ("ex", "Elixir"),
];

/// Manifests and the commands that go with them.
const BUILDS: [(&str, &[&str]); 9] = [
    ("Cargo.toml", &["cargo build", "cargo test"]),
    ("go.mod", &["go build ./...", "go test ./..."]),
    ("pyproject.toml", &["python -m pytest"]),
    ("pom.xml", &["mvn -q verify"]),
    ("build.gradle", &["./gradlew build"]),
    ("build.gradle.kts", &["./gradlew build"]),
    ("mix.exs", &["mix compile", "mix test"]),
    ("Gemfile", &["bundle exec rake"]),
    ("CMakeLists.txt", &["cmake -B build", "cmake --build build"]),
];

/// Documents that say how to work here.
const PAPERS: [&str; 6] = [
    "README",
    "CONTRIBUTING",
    "ARCHITECTURE",
    "DESIGN",
    "CHANGELOG",
    "AGENTS",
];

/// Describes it.
#[must_use]
pub fn summary(checkout: &Checkout, repo: &str) -> String {
    let files: Vec<&str> = checkout
        .files
        .iter()
        .map(String::as_str)
        .filter(|f| *f != PATH)
        .collect();
    let mut text = format!(
        "# {repo}\n\nMade from the repository by `adf init --init`. {} files.\n",
        files.len()
    );
    let language = |file: &str| {
        let extension = file.rsplit('/').next()?.rsplit_once('.')?.1;
        LANGUAGES
            .iter()
            .find(|(e, _)| *e == extension)
            .map(|(_, name)| (*name).to_owned())
    };
    list(
        &mut text,
        "Languages",
        ranked(files.iter().filter_map(|f| language(f))),
    );
    let folder = |file: &&str| {
        file.split_once('/')
            .map(|(folder, _)| format!("`{folder}/`"))
    };
    list(
        &mut text,
        "Folders",
        ranked(files.iter().filter_map(folder)),
    );
    let commands = commands(checkout, &files);
    if !commands.is_empty() {
        text.push_str("\n## Build and test\n\n");
        for command in commands.iter().take(NAMED_MAX) {
            let _ = writeln!(text, "* `{command}`");
        }
    }
    let is_paper = |file: &&&str| {
        let stem = file
            .split('.')
            .next()
            .unwrap_or_default()
            .to_ascii_uppercase();
        !file.contains('/') && PAPERS.contains(&stem.as_str())
    };
    let papers: Vec<&&str> = files.iter().filter(is_paper).collect();
    if !papers.is_empty() {
        text.push_str("\n## Read first\n\n");
        for paper in papers {
            let _ = writeln!(text, "* `{paper}`");
        }
    }
    text
}

fn list(text: &mut String, title: &str, rows: Vec<(String, usize)>) {
    if rows.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n## {title}\n");
    for (name, count) in rows.into_iter().take(NAMED_MAX) {
        let _ = writeln!(text, "* {name}: {}", counted(count, "file"));
    }
}

/// The most frequent first, then by name.
fn ranked(names: impl Iterator<Item = String>) -> Vec<(String, usize)> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for name in names {
        *counts.entry(name).or_default() += 1;
    }
    let mut rows: Vec<(String, usize)> = counts.into_iter().collect();
    rows.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    rows
}

fn commands(checkout: &Checkout, files: &[&str]) -> Vec<String> {
    let has = |name: &str| files.contains(&name);
    let mut commands: Vec<String> = BUILDS
        .iter()
        .filter(|(manifest, _)| has(manifest))
        .flat_map(|(_, commands)| commands.iter().map(|c| (*c).to_owned()))
        .collect();
    let read = |name: &str| {
        let text = std::fs::read(checkout.dir.join(name)).unwrap_or_default();
        let text = text
            .get(..text.len().min(MANIFEST_BYTES_MAX))
            .unwrap_or_default();
        String::from_utf8_lossy(text).into_owned()
    };
    if has("package.json") {
        let json: serde_json::Value =
            serde_json::from_str(&read("package.json")).unwrap_or_default();
        let scripts = json["scripts"].as_object().into_iter().flatten();
        commands.extend(
            scripts
                .filter(|(name, _)| is_plain(name))
                .map(|(name, _)| format!("npm run {name}")),
        );
    }
    if has("Makefile") {
        let text = read("Makefile");
        let targets = text.lines().filter_map(|line| line.split_once(':'));
        let targets = targets.filter(|(name, rest)| is_plain(name) && !rest.starts_with('='));
        commands.extend(targets.map(|(name, _)| format!("make {name}")));
    }
    commands.dedup();
    commands
}

/// A name that needs no quotes: what stands in a manifest is not trusted to be one.
fn is_plain(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_:".contains(c);
    !name.is_empty() && name.len() <= 40 && name.chars().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_counts_names_commands_and_leaves_itself_out() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
        write("Makefile", "CC := gcc\nall: x\n\tcc\ntest:\n$(X): y\n");
        write("package.json", r#"{"scripts": {"lint": "x", "`rm`": "y"}}"#);
        let mut files = [
            "Cargo.toml",
            "Makefile",
            "README.md",
            "package.json",
            "src/a.rs",
            "src/b.rs",
            "web/c.ts",
        ]
        .map(str::to_owned)
        .to_vec();
        let checkout = |files: &[String]| Checkout {
            dir: dir.path().to_owned(),
            files: files.to_vec(),
            origin: None,
        };
        let text = summary(&checkout(&files), "acme/shop");
        for line in [
            "7 files",
            "* Rust: 2 files",
            "* TypeScript: 1 file",
            "* `src/`: 2 files",
            "* `cargo test`",
            "* `make all`",
            "* `make test`",
            "* `npm run lint`",
            "* `README.md`",
        ] {
            assert!(text.contains(line), "{line}: {text}");
        }
        assert!(!text.contains("rm") && !text.contains("CC"), "{text}");
        files.push(PATH.to_owned());
        assert_eq!(summary(&checkout(&files), "acme/shop"), text);
    }
}
