//! What else the papers show is so: pieces of a config are taken, and links lead somewhere.

use crate::blocks::{blocks, documents, sources};
use pulldown_cmark::{Event, Parser, Tag};
use std::path::Path;
use toml::{Table, Value};

/// What a piece stands in.
const AROUND: &str = r#"
[project]
name = "shop"
[gitea]
url = "https://git.example.org"
repo = "acme/shop"
[providers.house]
kind = "claude"
[[agents]]
name = "developer"
provider = "house"
"#;

/// A piece put into what stands around it; agents without a provider get the house's.
fn whole(piece: &str) -> Table {
    let mut all: Table = AROUND.parse().unwrap();
    let piece: Table = piece.parse().unwrap();
    for (key, value) in piece {
        match (all.get_mut(&key), value) {
            (Some(Value::Table(there)), Value::Table(more)) => there.extend(more),
            (Some(Value::Array(there)), Value::Array(more)) => there.extend(more),
            (_, value) => {
                all.insert(key, value);
            }
        }
    }
    for agent in all["agents"].as_array_mut().unwrap() {
        let agent = agent.as_table_mut().unwrap();
        agent.entry("provider").or_insert("house".into());
    }
    all
}

#[test]
fn every_piece_of_a_config_in_the_how_tos_is_taken() {
    let home = tempfile::tempdir().unwrap();
    let prompts = home.path().join("shop/prompts");
    std::fs::create_dir_all(&prompts).unwrap();
    for name in ["writer", "reviewer"] {
        std::fs::write(prompts.join(format!("{name}.md")), "Do it.\n").unwrap();
    }
    let mut count = 0;
    let how_tos = documents()
        .into_iter()
        .filter(|path| path.parent().unwrap().ends_with("how-to"));
    for path in how_tos {
        let text = std::fs::read_to_string(&path).unwrap();
        for block in blocks(&text).iter().filter(|block| block.kind == "toml") {
            let config = home.path().join("adf.toml");
            std::fs::write(&config, whole(&block.text).to_string()).unwrap();
            let loaded = adf::config::load(&config);
            let faults = match &loaded {
                Ok(config) => &config.warnings,
                Err(faults) => faults,
            };
            let told = adf::config::render(faults, false);
            assert!(
                faults.is_empty(),
                "{}: {}\n{told}",
                path.display(),
                block.name()
            );
            count += 1;
        }
    }
    assert!(count >= 6, "{count}");
}

/// Where a document's links to files lead that are not there.
fn dead(path: &Path, text: &str) -> Vec<String> {
    let links = Parser::new(text).filter_map(|event| match event {
        Event::Start(Tag::Link { dest_url, .. }) => Some(dest_url.to_string()),
        _ => None,
    });
    let links = links.filter(|link| !link.contains("://") && !link.starts_with('#'));
    let is_dead = |link: &String| {
        let file = link.split('#').next().unwrap_or_default();
        !path.parent().unwrap().join(file).exists()
    };
    links.filter(is_dead).collect()
}

#[test]
fn every_link_between_papers_leads_somewhere_and_all_papers_are_found_from_the_first() {
    for path in documents() {
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(dead(&path, &text), [""; 0], "{}", path.display());
    }
    let index = std::fs::read_to_string(sources().join("docs/README.md")).unwrap();
    for path in documents() {
        let inner = path.strip_prefix(sources().join("docs"));
        let Some(name) = inner.ok().and_then(Path::to_str) else {
            continue;
        };
        let is_listed = index.contains(&format!("({name})"));
        assert!(
            is_listed || name == "README.md" || name.starts_with("reference/"),
            "{name}"
        );
    }
    let path = sources().join("docs/README.md");
    assert_eq!(dead(&path, "[a](none.md) [b](tutorial.md#x)"), ["none.md"]);
}
