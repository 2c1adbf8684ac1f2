//! The how-to for agents, followed: what it has its reader add is valid, works, and what it says of
//! prompts is so.

use crate::blocks::{blocks, sources};
use std::path::Path;
use std::process::{Command, Output};

#[expect(
    clippy::disallowed_methods,
    reason = "the shipped executable is what is tested"
)]
fn adf(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_adf"));
    command.args(args).output().unwrap()
}

fn put(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
}

#[test]
fn an_agent_that_is_added_as_the_how_to_says_works_and_its_prompt_is_checked() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().canonicalize().unwrap();
    let (folder, config) = (dir.to_str().unwrap(), dir.join("shop.toml"));
    let config = config.to_str().unwrap();
    let url = "https://git.example.org";
    let made = adf(&[
        "init",
        "--project",
        "shop",
        "--repo",
        "acme/shop",
        "--url",
        url,
        "--dir",
        folder,
        "--apply",
    ]);
    assert!(made.status.success(), "{made:?}");
    let how_to = std::fs::read_to_string(sources().join("docs/how-to/agents.md")).unwrap();
    let all = blocks(&how_to);
    let piece = all.iter().find(|block| block.kind == "toml").unwrap();
    let before = std::fs::read_to_string(config).unwrap();
    put(Path::new(config), &format!("{before}\n{}", piece.text));
    let prompt = dir.join("shop/prompts/writer.md");

    put(
        &prompt,
        "Keep the documents true.\n\nThen run `make docs`.\n",
    );
    let warned = adf(&["validate-config", "--strict", config]);
    assert_eq!(warned.status.code(), Some(78), "{warned:?}");
    let said = String::from_utf8(warned.stdout).unwrap();
    for word in ["writer.md:3:", "`make`", "its role `writer` runs nothing"] {
        assert!(said.contains(word), "{word}: {said}");
    }

    put(&prompt, "Keep the documents true.\n");
    let valid = adf(&["validate-config", "--strict", config]);
    assert!(valid.status.success(), "{valid:?}");
    let smoke = [
        "smoke",
        "--embedded",
        "--config",
        config,
        "--agent",
        "writer",
    ];
    let tried = adf(&smoke);
    assert!(tried.status.success(), "{tried:?}");
    let said = String::from_utf8(tried.stdout).unwrap();
    assert!(said.contains("mentions @adf:writer"), "{said}");
    assert!(said.contains("pull request #"), "{said}");
}
