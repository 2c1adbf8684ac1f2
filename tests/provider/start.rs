//! What each CLI is started with.

use adf::model::{RoleContext, Usage, settings};
use adf::provider::{self, Ask, Provider, Resume, Stream};
use std::path::Path;
use std::sync::LazyLock;

const KEY: &str = "sk-not-to-be-seen";

fn cli() -> settings::Cli {
    settings::Cli {
        command: vec!["/opt/x/cli".to_owned(), "first".to_owned()],
        base_url: Some("http://127.0.0.1:1/v1".to_owned()),
        has_key: true,
        models: std::collections::BTreeMap::new(),
    }
}

fn all() -> [(&'static str, Box<dyn Provider>); 4] {
    [
        ("claude", provider::of(&settings::Provider::Claude(cli()))),
        ("codex", provider::of(&settings::Provider::Codex(cli()))),
        (
            "opencode",
            provider::of(&settings::Provider::Opencode(cli())),
        ),
        ("gemini", provider::of(&settings::Provider::Gemini(cli()))),
    ]
}

/// A role that may do everything.
static FREE: LazyLock<RoleContext> = LazyLock::new(|| RoleContext::whole("developer"));

fn ask<'a>(tools: &'a [String], resume: Option<Resume<'a>>) -> Ask<'a> {
    Ask {
        model: Some("house/m-1"),
        tools,
        role: &FREE,
        prompt: Path::new("/r/agent/prompt.md"),
        tmp: Path::new("/r/tmp"),
        adf: Path::new("/opt/adf"),
        socket: Path::new("/r/agent"),
        resume,
    }
}

#[test]
fn the_factorys_own_tools_are_offered_and_know_their_socket() {
    for (name, provider) in all() {
        let ask = ask(&[], None);
        let given = [
            format!("{:?}", provider.argv(&ask)),
            format!("{:?}", provider.env(&ask)),
            format!("{:?}", provider.home(&ask)),
        ];
        let server = given.iter().find(|text| text.contains("/opt/adf"));
        let server = server.expect(name);
        assert!(server.contains("ADF_AGENT_DIR"), "{name}: {server}");
        assert!(server.contains("/r/agent"), "{name}: {server}");
        assert!(server.contains("mcp"), "{name}: {server}");
    }
}

#[test]
fn command_model_and_address_are_given_and_the_key_has_a_variable_of_its_own() {
    let variables = [
        "ANTHROPIC_API_KEY",
        "CODEX_API_KEY",
        "ADF_PROVIDER_KEY",
        "GEMINI_API_KEY",
    ];
    for ((name, provider), variable) in all().into_iter().zip(variables) {
        let ask = ask(&[], None);
        let (argv, env) = (provider.argv(&ask), provider.env(&ask));
        assert_eq!(argv[..2], ["/opt/x/cli", "first"], "{name}");
        assert!(argv.iter().any(|a| a == "house/m-1"), "{name}: {argv:?}");
        let given = format!("{argv:?}{env:?}");
        assert!(given.contains("http://127.0.0.1:1/v1"), "{name}: {given}");
        assert!(!env.contains_key(variable), "{name}");
        assert_eq!(provider.key_variable(KEY), Some(variable));
        assert_eq!(provider.program(), Some("/opt/x/cli"));
    }
    let token = all()[0].1.key_variable("sk-ant-oat01-x");
    assert_eq!(token, Some("CLAUDE_CODE_OAUTH_TOKEN"));
}

#[test]
fn a_session_is_gone_on_with_in_the_way_of_each() {
    let used = Usage {
        input: 7,
        ..Usage::default()
    };
    let resume = Resume {
        session: "ses_1",
        used,
    };
    let ways = [
        ["--resume", "ses_1"],
        ["resume", "ses_1"],
        ["-s", "ses_1"],
        ["--resume", "ses_1"],
    ];
    for ((name, provider), way) in all().into_iter().zip(ways) {
        let argv = provider.argv(&ask(&[], Some(resume)));
        assert!(argv.windows(2).any(|two| two == way), "{name}: {argv:?}");
        let without = provider.argv(&ask(&[], None));
        assert!(!without.iter().any(|a| a == "ses_1"), "{name}");
    }
    let stream = all()[1].1.stream(&ask(&[], Some(resume)));
    assert_eq!(stream, Stream::Codex { before: used });
}

#[test]
fn tools_narrow_those_that_take_them() {
    let tools = ["read".to_owned(), "bash".to_owned()];
    let ask = ask(&tools, None);
    let [claude, codex, opencode, gemini] = all();
    assert!(claude.1.argv(&ask).iter().any(|a| a == "read,bash"));
    assert!(!format!("{:?}", codex.1.argv(&ask)).contains("read"));
    let config = &opencode.1.env(&ask)["OPENCODE_CONFIG_CONTENT"];
    let config: serde_json::Value = serde_json::from_str(config).unwrap();
    assert_eq!(config["permission"]["*"], "deny");
    assert_eq!(config["permission"]["bash"], "allow");
    let settings = &gemini.1.home(&ask)[".gemini/settings.json"];
    assert!(settings.contains(r#""core":["read","bash"]"#), "{settings}");
}

#[test]
fn a_role_takes_tools_away_from_those_that_have_them() {
    let role = RoleContext {
        role: "nobody".to_owned(),
        edits: Some(Vec::new()),
        outputs: Vec::new(),
        may_run: false,
    };
    let tools = ["bash".to_owned()];
    let ask = Ask {
        role: &role,
        ..ask(&tools, None)
    };
    let [claude, _, opencode, gemini] = all();
    let argv = claude.1.argv(&ask);
    let at = argv.iter().position(|a| a == "--disallowedTools").unwrap();
    assert!(argv[at + 1].starts_with("Bash,") && argv[at + 1].contains(",Write,"));
    let config = &opencode.1.env(&ask)["OPENCODE_CONFIG_CONTENT"];
    let config: serde_json::Value = serde_json::from_str(config).unwrap();
    for tool in ["bash", "edit", "write"] {
        assert_eq!(config["permission"][tool], "deny", "{tool}");
    }
    let settings = &gemini.1.home(&ask)[".gemini/settings.json"];
    let settings: serde_json::Value = serde_json::from_str(settings).unwrap();
    let wanted = serde_json::json!(["run_shell_command", "write_file", "replace"]);
    assert_eq!(settings["tools"]["exclude"], wanted);
    let free = claude.1.argv(&self::ask(&[], None));
    assert!(!free.iter().any(|a| a == "--disallowedTools"));
}

#[test]
fn the_port_of_an_address_of_its_own_is_one_that_it_must_reach() {
    for (name, provider) in all() {
        assert_eq!(provider.port(), Some(1), "{name}");
    }
}
