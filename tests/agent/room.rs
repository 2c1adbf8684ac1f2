//! A run under way, without its process: ledger, settings, socket.

use adf::act::desk::Desk;
use adf::clock::Clock;
use adf::ipc::agent::AgentSocket;
use adf::model::*;
use adf::redact::Redactor;
use adf::store::{self, Opened};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A secret that the factory knows.
pub const SECRET: &str = "s3cr3t-forge-token-0123456789";

/// 2025-11-21, in the morning.
pub const MORNING: Time = Time(1_763_700_000_000);

pub struct Room {
    pub opened: Opened,
    pub clock: Clock,
    pub task: Task,
    settings: Arc<settings::Settings>,
    attempt: u32,
    _socket: AgentSocket,
    dir: tempfile::TempDir,
}

const CONFIG: &str = r#"
[project]
name = "shop"
[gitea]
url = "https://git.example.org"
repo = "acme/shop"
token_env = "SHOP_TOKEN"
[[agents]]
name = "developer"
description = "fixes bugs"
provider = "house"
[[agents]]
name = "reviewer"
description = "reads with care"
provider = "house"
[providers.house]
kind = "script"
command = ["/bin/true"]
"#;

/// A task of `developer` on issue 12, called through `chain`.
fn task(chain: &[&str]) -> Task {
    let id = TaskId::from("00c0ffee0000");
    let work = WorkKey {
        repo: RepoId(3),
        issue: 12,
    };
    Task {
        id,
        work,
        origin: MentionId::from("comment-9/developer/1"),
        agent: AgentName::from("developer"),
        instruction: "please fix it".to_owned(),
        requester: Person {
            id: 5,
            login: "alice".to_owned(),
        },
        chain: chain.iter().map(|name| AgentName::from(*name)).collect(),
        branch: "adf/12-developer-00c0ffee0000".to_owned(),
        state: TaskState::Running,
        note: String::new(),
        not_before: Time(0),
        strikes: 0,
        pushed: None,
        pull: None,
        answer: None,
        adopted: false,
        created_at: MORNING,
        changed_at: MORNING,
    }
}

fn run(task: &Task, attempt: u32) -> Run {
    Run {
        id: RunId::of(&task.id, attempt),
        task: task.id.clone(),
        work: task.work,
        attempt,
        lease: u64::from(attempt),
        agent: task.agent.clone(),
        provider: "house".to_owned(),
        model: None,
        routed: None,
        base: None,
        process: None,
        created_at: MORNING,
        state: RunState::Starting,
    }
}

pub fn issue(number: u64, open: bool) -> Change {
    Change::Issue(Issue {
        number,
        is_pull: false,
        title: format!("Issue {number}"),
        open,
        author: Person::default(),
        labels: Vec::new(),
        milestone: None,
        updated_at: MORNING,
        changed_at: MORNING,
        outsider: false,
        reworded_at: Time::default(),
    })
}

impl Room {
    pub async fn new() -> Room {
        Room::called_through(&[]).await
    }

    pub async fn called_through(chain: &[&str]) -> Room {
        Room::of(chain, |_| {}).await
    }

    /// Its agent is the one that coordinates.
    pub async fn coordinating() -> Room {
        let coordinates = |settings: &mut settings::Settings| {
            settings.coordinator.agent = Some(AgentName::from("developer"));
        };
        Room::of(&[], coordinates).await
    }

    async fn of(chain: &[&str], change: impl FnOnce(&mut settings::Settings)) -> Room {
        let dir = tempfile::tempdir().unwrap();
        let config = dir.path().join("adf.toml");
        std::fs::write(&config, CONFIG).unwrap();
        let mut config = adf::config::load(&config).expect("a whole config");
        change(&mut config.settings);
        let clock = Clock::manual(MORNING);
        let opened = store::open(&dir.path().join("state"), clock.clone()).unwrap();
        let task = task(chain);
        let facts = vec![
            issue(12, true),
            Change::Task(task.clone()),
            Change::Run(run(&task, 1)),
        ];
        opened.ledger.commit(facts).await.unwrap();
        let settings = Arc::new(config.settings);
        let (ledger, at) = (opened.ledger.clone(), dir.path());
        let socket = open(at, &settings, ledger, &clock, &task, 1).await;
        Room {
            opened,
            clock,
            task,
            settings,
            attempt: 1,
            _socket: socket,
            dir,
        }
    }

    /// The next attempt: another run, another socket.
    pub async fn again(&mut self, attempt: u32) {
        let change = Change::Run(run(&self.task, attempt));
        self.opened.ledger.commit(vec![change]).await.unwrap();
        let ledger = self.opened.ledger.clone();
        let (at, task) = (self.dir.path(), &self.task);
        self._socket = open(at, &self.settings, ledger, &self.clock, task, attempt).await;
        self.attempt = attempt;
    }

    pub fn agent_dir(&self) -> PathBuf {
        self.dir.path().join(self.attempt.to_string())
    }

    /// What `adf agent …` says: whether it was granted, and the text.
    pub fn agent(&self, args: &[&str]) -> (bool, String) {
        let output = assert_cmd::Command::new(env!("CARGO_BIN_EXE_adf"))
            .arg("agent")
            .args(args)
            .env("ADF_AGENT_DIR", self.agent_dir())
            .output()
            .unwrap();
        let said = if output.status.success() {
            output.stdout
        } else {
            output.stderr
        };
        (output.status.success(), String::from_utf8(said).unwrap())
    }

    /// As [`Room::agent`], for what is granted.
    pub fn granted(&self, args: &[&str]) -> String {
        let (granted, said) = self.agent(args);
        assert!(granted, "{args:?}: {said}");
        said
    }

    /// As [`Room::agent`], for what is refused.
    pub fn refused(&self, args: &[&str]) -> String {
        let (granted, said) = self.agent(args);
        assert!(!granted, "{args:?}: {said}");
        said
    }

    /// What the ledger keeps of it.
    pub async fn said(&self) -> Vec<Message> {
        let id = self.task.id.clone();
        let read = self.opened.ledger.read(move |r| r.messages_of_task(&id));
        let said = read.await.unwrap().into_iter();
        said.map(|message| message.message).collect()
    }
}

async fn open(
    dir: &Path,
    settings: &Arc<settings::Settings>,
    ledger: store::Ledger,
    clock: &Clock,
    task: &Task,
    attempt: u32,
) -> AgentSocket {
    let agent = dir.join(attempt.to_string());
    std::fs::create_dir_all(&agent).unwrap();
    let desk = Desk {
        settings: settings.clone(),
        redactor: Redactor::new(&[SECRET.to_owned().into()]),
        ledger,
        clock: clock.clone(),
        task: task.clone(),
        run: run(task, attempt),
    };
    desk.open(&agent).await.unwrap()
}
