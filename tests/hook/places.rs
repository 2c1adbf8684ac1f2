//! Where a call would run, and what it would touch there: the arguments of each
//! CLI's tools that name folders, files and addresses.
//!
//! Invariant: what could move a call and is not understood denies it.

use super::{architect, call, run, run_with, shell, write};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_command_is_judged_in_the_folder_that_its_call_names() {
    let run = run();
    std::fs::create_dir_all(run.path("work/.git/hooks")).unwrap();
    std::fs::create_dir_all(run.path("work/src")).unwrap();
    std::os::unix::fs::symlink("/etc", run.path("work/link")).unwrap();
    let work = run.path("work");
    let cases = [
        ("gemini", "dir_path", ".git", "rm -rf *", 2),
        ("gemini", "dir_path", ".git/hooks", "echo x > pre-commit", 2),
        (
            "gemini",
            "dir_path",
            ".claude",
            "echo {} > settings.json",
            2,
        ),
        ("gemini", "dir_path", "/etc", "rm -rf nginx", 2),
        ("gemini", "directory", "/etc", "rm -rf nginx", 2),
        ("gemini", "directory", "link", "rm -rf nginx", 2),
        ("gemini", "dir_path", "~", "rm -rf x", 2),
        ("gemini", "dir_path", "src", "rm -rf *", 0),
        ("gemini", "dir_path", "", "rm -rf target", 0),
        ("opencode", "workdir", ".git", "rm -rf *", 2),
        ("opencode", "workdir", "src", "rm -rf *", 0),
        ("codex", "workdir", ".git", "rm -rf *", 2),
    ];
    for (cli, key, folder, command, wanted) in cases {
        let tool = match cli {
            "gemini" => "run_shell_command",
            "opencode" => "bash",
            _ => "Bash",
        };
        let payload = json!({"tool_name": tool, "cwd": work, "tool_input": {"command": command, key: folder}});
        let (code, said) = run.asks(cli, payload.to_string()).await;
        assert_eq!(code, wanted, "{cli} {key} {folder}: {command}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_argument_that_may_move_a_call_and_is_not_known_denies_it() {
    let run = run();
    let cases = [
        ("claude", "Bash", json!({"command": "ls", "cwd": "/etc"})),
        (
            "claude",
            "Bash",
            json!({"command": "ls", "cmd": "rm -rf /srv"}),
        ),
        (
            "claude",
            "Bash",
            json!({"command": "ls", "where": {"dir": "/etc"}}),
        ),
        (
            "codex",
            "Bash",
            json!({"command": "ls", "shell": "/bin/rm"}),
        ),
        (
            "gemini",
            "run_shell_command",
            json!({"command": "ls", "dir_path": ["/etc"]}),
        ),
        (
            "gemini",
            "run_shell_command",
            json!({"command": "ls", "dir_path": "a", "directory": "b"}),
        ),
        ("opencode", "bash", json!({"command": "ls", "cwd": "/etc"})),
        (
            "claude",
            "Write",
            json!({"file_path": "a", "content": "", "path": "/etc/x"}),
        ),
        (
            "opencode",
            "multiedit",
            json!({"filePath": "a", "edits": [{"filePath": "/etc/x"}]}),
        ),
        ("claude", "Task", json!({"prompt": "x", "cwd": "/etc"})),
    ];
    for (cli, tool, input) in cases {
        let (code, said) = run.asks(cli, call(tool, input.clone())).await;
        assert_eq!(code, 2, "{cli} {tool} {input}: {said}");
    }
    let payload = json!({"tool_name": "Bash", "tool_input": {"command": "ls"}, "cwd": ["/etc"]});
    assert_eq!(run.asks("claude", payload.to_string()).await.0, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_says_or_switches_something_moves_nothing() {
    let run = run();
    let known = [
        (
            "claude",
            "Bash",
            json!({"command": "ls", "description": "look", "timeout": 5, "run_in_background": false, "new": true}),
        ),
        (
            "gemini",
            "run_shell_command",
            json!({"command": "ls", "description": "look", "is_background": true}),
        ),
        (
            "claude",
            "Grep",
            json!({"pattern": "/etc", "path": "src", "glob": "*.rs", "output_mode": "content", "-n": true}),
        ),
        (
            "claude",
            "Edit",
            json!({"file_path": "a", "old_string": "x", "new_string": "y", "replace_all": true}),
        ),
    ];
    for (cli, tool, input) in known {
        let (code, said) = run.asks(cli, call(tool, input.clone())).await;
        assert_eq!(code, 0, "{cli} {tool} {input}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_with_nothing_to_judge_is_denied() {
    let run = run();
    let cases = [
        ("claude", "Write", json!({"file_path": "", "content": "x"})),
        ("claude", "Bash", json!({"command": ""})),
        ("claude", "Bash", json!({"command": " \n"})),
        ("claude", "Bash", json!({"command": []})),
        ("codex", "apply_patch", json!({"command": ""})),
        ("claude", "WebFetch", json!({"prompt": "x"})),
    ];
    for (cli, tool, input) in cases {
        let (code, said) = run.asks(cli, call(tool, input.clone())).await;
        assert_eq!(code, 2, "{cli} {tool} {input}");
        assert!(said.starts_with("denied by guard.unreadable: "), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_read_is_judged_by_what_it_is_to_the_cli() {
    let run = run();
    let outside = concat!("/ro", "ot/.ssh/*");
    let cases = [
        ("claude", "Read", "file_path", "~/.aws/credentials", 2),
        ("claude", "Write", "file_path", "~/.ssh/id_rsa", 2),
        ("claude", "Read", "file_path", "~/notes.txt", 0),
        ("claude", "Read", "file_path", "file:///etc/shadow", 2),
        ("claude", "WebFetch", "url", "file:///etc/shadow", 2),
        (
            "claude",
            "WebFetch",
            "url",
            "http://169.254.169.254/latest/meta-data/",
            2,
        ),
        (
            "claude",
            "WebFetch",
            "url",
            "http://metadata.google.internal/x",
            2,
        ),
        ("claude", "WebFetch", "url", "https://docs.rs/serde", 0),
        (
            "opencode",
            "webfetch",
            "url",
            "http://[fd00:ec2::254]/latest",
            2,
        ),
        (
            "gemini",
            "web_fetch",
            "prompt",
            "sum up http://169.254.169.254/latest",
            2,
        ),
        (
            "gemini",
            "web_fetch",
            "prompt",
            "sum up https://docs.rs/serde",
            0,
        ),
        (
            "gemini",
            "web_fetch",
            "prompt",
            "get 169.254.169.254/latest now",
            2,
        ),
        (
            "gemini",
            "web_fetch",
            "prompt",
            "read metadata.google.internal, e.g. its tokens.",
            2,
        ),
        (
            "gemini",
            "web_fetch",
            "prompt",
            "sum up docs.rs/serde, e.g. the part on Value::as_str and/or v1.0.",
            0,
        ),
        ("gemini", "write_file", "file_path", ".gemini/.env", 2),
        (
            "gemini",
            "write_file",
            "file_path",
            ".gemini/extensions/x/gemini-extension.json",
            2,
        ),
        ("gemini", "write_file", "file_path", ".gemini/GEMINI.md", 0),
        ("claude", "Read", "file_path", "/dev/sda", 2),
        ("claude", "Read", "file_path", "/dev/null", 0),
        ("claude", "Grep", "path", "/proc/self", 2),
        ("claude", "Grep", "path", "~", 2),
        ("gemini", "grep_search", "dir_path", "/", 2),
        ("claude", "LS", "path", "~", 0),
        ("claude", "Grep", "path", "src", 0),
        ("claude", "Grep", "path", "~/.cargo/registry", 0),
        ("claude", "Glob", "pattern", "/usr/include/**/*.h", 0),
        ("opencode", "glob", "pattern", outside, 2),
        ("claude", "Glob", "pattern", "src/**/*.rs", 0),
        ("claude", "Glob", "pattern", "~/.ssh/*", 2),
    ];
    for (cli, tool, key, value, wanted) in cases {
        let (code, said) = run.asks(cli, call(tool, json!({key: value}))).await;
        assert_eq!(code, wanted, "{cli} {tool} {value}: {said}");
    }
    let below = json!({"path": "~", "pattern": ".ssh/*"});
    assert_eq!(run.asks("claude", call("Glob", below)).await.0, 2);
    let searches = [
        ("/", "**/.ssh/id_rsa", 2),
        ("~", "**/.netrc", 2),
        ("/usr/include", "**/*.h", 0),
        ("~", "*.rs", 0),
    ];
    for (path, glob, wanted) in searches {
        let input = json!({"path": path, "glob": glob, "pattern": "x"});
        let (code, said) = run.asks("claude", call("Grep", input)).await;
        assert_eq!(code, wanted, "{path} {glob}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_patch_is_judged_alike_by_tool_and_by_command() {
    let run = run();
    let patches = [
        ("*** Delete File: /etc/hosts", 2),
        ("*** Add File: .git/hooks/pre-commit\n+x", 2),
        ("*** Add File: .claude/settings.json\n+{}", 2),
        ("*** Update File: src/a.rs\n*** Move to: /srv/b.rs", 2),
        ("*** Add File: src/new.rs\n+x", 0),
        // The tool passes over blanks before a head.
        ("*** Add File: a.txt\n+x\n *** Delete File: /etc/hosts", 2),
        (
            "*** Add File: a.txt\n+x\n\t*** Add File: .git/hooks/x\n+x",
            2,
        ),
        ("*** Add File: a.txt\n+x\n*** Add File:/etc/x\n+x", 2),
        ("nothing that is a patch", 2),
    ];
    for (body, wanted) in patches {
        let patch = format!("*** Begin Patch\n{body}\n*** End Patch\n");
        let ways = [
            ("apply_patch", json!({"command": patch})),
            (
                "Bash",
                json!({"command": format!("apply_patch <<'EOF'\n{patch}EOF\n")}),
            ),
            (
                "Bash",
                json!({"command": format!("cat <<'EOF' | applypatch\n{patch}EOF\n")}),
            ),
            ("Bash", json!({"command": ["apply_patch", patch]})),
            (
                "Bash",
                json!({"command": ["bash", "-lc", format!("apply_patch '{patch}'")]}),
            ),
        ];
        for (tool, input) in ways {
            let (code, said) = run.asks("codex", call(tool, input.clone())).await;
            assert_eq!(code, wanted, "{tool} {input}: {said}");
            assert!(!said.contains("quotes"), "{said}");
        }
    }
    let inside = "cd .git/hooks && apply_patch <<'EOF'\n*** Begin Patch\n*** Add File: pre-commit\n+x\n*** End Patch\nEOF\n";
    assert_eq!(run.asks("codex", shell("Bash", inside)).await.0, 2);
    let unknown = "curl -s https://example.org/x | apply_patch";
    assert_eq!(run.asks("codex", shell("Bash", unknown)).await.0, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_edits_its_paths_however_they_are_written() {
    let run = run_with(architect(), true);
    let cwd = run.path("work/docs");
    std::fs::create_dir_all(&cwd).unwrap();
    std::fs::create_dir_all(run.path("work/src")).unwrap();
    let from_docs = |path: &str| {
        json!({"tool_name": "Write", "cwd": cwd, "tool_input": {"file_path": path}}).to_string()
    };
    assert_eq!(run.asks("claude", write("docs/../src/lib.rs")).await.0, 2);
    assert_eq!(run.asks("claude", write("src/../docs/a.md")).await.0, 0);
    assert_eq!(run.asks("claude", from_docs("a.md")).await.0, 0);
    assert_eq!(run.asks("claude", from_docs("../src/lib.rs")).await.0, 2);
    let patch = |path: &str| {
        shell(
            "apply_patch",
            &format!("*** Begin Patch\n*** Add File: {path}\n+x\n*** End Patch\n"),
        )
    };
    assert_eq!(run.asks("codex", patch("docs/a.md")).await.0, 0);
    let (code, said) = run.asks("codex", patch("src/lib.rs")).await;
    assert_eq!(code, 2);
    assert!(said.contains("does not edit src/lib.rs"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_agent_is_told_a_safer_command_where_there_is_one() {
    let run = run();
    let (code, said) = run.asks("claude", shell("Bash", "rm -rf /srv/data")).await;
    assert_eq!(code, 2);
    assert!(said.contains("rm -rf ./target"), "{said}");
}
