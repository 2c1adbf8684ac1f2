//! A world, a clock and an executor without I/O.

use adf::mention::{mention_id, task_id};
use adf::model::settings::*;
use adf::model::*;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

pub const START: Time = Time(1_700_000_000_000);

/// Plays plans against a world.
pub struct Scene {
    pub world: World,
    pub settings: Settings,
    pub factory: FactoryId,
    pub now: Time,
    pub synced: bool,
    pub draining: bool,
    pub unfit: Option<String>,
    pub in_flight: BTreeSet<EffectKey>,
    pub plan: Plan,
    next_id: i64,
}

impl Scene {
    /// A project with the agents `developer` and `reviewer`, synced and idle.
    pub fn new() -> Scene {
        let mut scene = Scene {
            world: World::default(),
            settings: settings(),
            factory: FactoryId::from("aaaaaaaaaaaa"),
            now: START,
            synced: true,
            draining: false,
            unfit: None,
            in_flight: BTreeSet::new(),
            plan: Plan::default(),
            next_id: 1000,
        };
        scene.apply(vec![
            Change::Repository(repository()),
            Change::Writers {
                logins: vec!["alice".to_owned()],
                seen_at: START,
            },
        ]);
        scene
    }

    pub fn apply(&mut self, changes: Vec<Change>) {
        self.world.apply_all(&changes);
    }

    /// A mention of `agent` by `who` in a new comment on `issue`.
    pub fn mention(&mut self, issue: u64, who: &str, agent: &str, text: &str) -> Mention {
        let mention = self.make_mention(issue, who, agent, text);
        self.apply(vec![Change::Mention(mention.clone())]);
        mention
    }

    pub fn make_mention(&mut self, issue: u64, who: &str, agent: &str, text: &str) -> Mention {
        self.next_id += 1;
        let passage = PassageKey {
            kind: PassageKind::Comment,
            id: self.next_id,
        };
        let target = Target::Agent {
            project: None,
            agent: AgentName::from(agent),
        };
        let id = mention_id(passage, &target, 1, None);
        Mention {
            task: task_id(RepoId(7), &id),
            id,
            passage,
            version: 1,
            issue,
            target,
            instruction: text.to_owned(),
            author: Person {
                id: 5,
                login: who.to_owned(),
            },
            own_account: false,
            edited_in: false,
            replaces: None,
            older: false,
            written_at: self.now,
            state: MentionState::Pending,
        }
    }

    /// What the planner looks at.
    pub fn snapshot(&self) -> Snapshot<'_> {
        Snapshot {
            now: self.now,
            world: &self.world,
            settings: &self.settings,
            factory: &self.factory,
            synced: self.synced,
            draining: self.draining,
            unfit: self.unfit.as_deref(),
            in_flight: &self.in_flight,
        }
    }

    /// Plans once and writes the plan down.
    pub fn step(&mut self) -> Plan {
        let plan = adf::decide::plan(&self.snapshot(), &adf::decide::Routes::of(&self.settings));
        self.apply(plan.changes.clone());
        self.plan = plan.clone();
        plan
    }

    /// Plans and answers every effect well until nothing starts any more; runs
    /// stay working. The keys tried, in order.
    pub fn settle(&mut self) -> Vec<String> {
        let mut tried = Vec::new();
        for _ in 0..100 {
            let plan = self.step();
            if plan.start.is_empty() && plan.changes.is_empty() {
                return tried;
            }
            for key in plan.start {
                tried.push(key.to_string());
                self.succeed(&key);
            }
        }
        panic!("the planner does not come to rest: {:?}", self.plan);
    }

    /// Answers what was started in the last plan, and plans no more.
    pub fn settle_effects(&mut self) {
        for key in self.plan.start.clone() {
            self.succeed(&key);
        }
    }

    /// The effect happens.
    pub fn succeed(&mut self, key: &EffectKey) {
        let effect = self
            .world
            .effects
            .get(key)
            .expect("a planned effect is in the world")
            .clone();
        self.next_id += 1;
        let result = match &effect.kind {
            EffectKind::Accept { .. }
            | EffectKind::Ask { .. }
            | EffectKind::Result { .. }
            | EffectKind::Reply { .. } => EffectResult::Comment(self.next_id),
            EffectKind::OpenIssue { .. } => EffectResult::Issue(78),
            EffectKind::Push { head, .. } => EffectResult::Pushed(head.clone()),
            EffectKind::Pull { .. } => EffectResult::Pull(77),
            EffectKind::Show { want, .. } => EffectResult::Shown(want.iter().cloned().collect()),
            EffectKind::Assign { hold, .. } => EffectResult::Assigned(*hold),
            EffectKind::Spawn { run } => {
                let (since, progress_at) = (self.now, self.now);
                let state = RunState::Working {
                    since,
                    progress_at,
                    steps: 0,
                };
                self.run_state(&run.clone(), state);
                EffectResult::Nothing
            }
            _ => EffectResult::Nothing,
        };
        self.set_effect(key, EffectState::Done { result });
    }

    pub fn set_effect(&mut self, key: &EffectKey, state: EffectState) {
        let tries = self.world.effects[key].tries + 1;
        self.apply(vec![Change::EffectState {
            key: key.clone(),
            tries,
            state,
        }]);
    }

    pub fn run_state(&mut self, id: &RunId, state: RunState) {
        let base = Some(Sha::from("b".repeat(40).as_str()));
        self.apply(vec![Change::RunState {
            id: id.clone(),
            base,
            process: None,
            state,
        }]);
    }

    /// The only open run.
    pub fn open_run(&self) -> &Run {
        let mut runs = self.world.runs.values();
        runs.find(|r| r.is_open()).expect("a run is open")
    }

    /// The only open run ends so.
    pub fn end_run(&mut self, outcome: Outcome) -> RunId {
        let run = self.open_run().id.clone();
        let at = self.now;
        self.run_state(&run, RunState::Ended { at, outcome });
        run
    }

    pub fn pass(&mut self, span: Duration) {
        self.now = self.now.plus(span);
    }

    pub fn task(&self, mention: &Mention) -> &Task {
        &self.world.tasks[&mention.task]
    }

    /// The reasons given for what was left alone in the last plan.
    pub fn reasons(&self) -> Vec<&SkipReason> {
        self.plan.skips.iter().map(|s| &s.reason).collect()
    }
}

/// An outcome with one commit and exit 0.
pub fn good_work() -> Outcome {
    let mut outcome = Outcome::without_work(Exit::Code(0), "exit 0, 1 commit(s)".to_owned());
    outcome.work = Some(Work {
        base: Sha::from("b".repeat(40).as_str()),
        head: Sha::from("c".repeat(40).as_str()),
        commits: 1,
        paths: vec!["src/lib.rs".to_owned()],
        paths_total: 1,
        lines: (1, 1),
        uncommitted: false,
        protected: Vec::new(),
    });
    outcome
}

/// An outcome without work, of a class.
pub fn bad(exit: Exit, class: FailureClass) -> Outcome {
    let mut outcome = Outcome::without_work(exit, "it went wrong".to_owned());
    outcome.class = Some(class);
    outcome
}

pub fn repository() -> Repository {
    Repository {
        id: RepoId(7),
        full_name: "acme/app".to_owned(),
        default_branch: "main".to_owned(),
        archived: false,
        empty: false,
        mirror: false,
        may_push: true,
        has_issues: true,
        has_pulls: true,
    }
}

pub fn agent(name: &str) -> Agent {
    Agent {
        name: AgentName::from(name),
        description: String::new(),
        prompt: String::new(),
        provider: "house".to_owned(),
        model: None,
        tier: None,
        pinned: false,
        tools: Vec::new(),
        role: RoleContext::whole("developer"),
        connect: Vec::new(),
        cron: None,
        requires: Vec::new(),
        limits: AgentLimits {
            wall_time: Duration::from_secs(60),
            steps: 100,
            starts_per_hour: 6,
            starts_per_day: 30,
            concurrency: 1,
            attempts: 3,
            mentions: 3,
            issues: 2,
        },
        read_strangers: false,
    }
}

/// All that `[status]` can show.
pub fn status() -> Status {
    let labels = [
        (Stage::Ready, "adf/ready"),
        (Stage::InProgress, "adf/in progress"),
        (Stage::InReview, "adf/in review"),
        (Stage::Blocked, "adf/blocked"),
    ];
    let labels = labels.map(|(stage, name)| (stage, name.to_owned()));
    Status {
        labels: Some(Showing {
            labels: labels.to_vec(),
        }),
        assign: true,
    }
}

fn routing() -> Routing {
    Routing {
        decides: false,
        dir: None,
        scenarios: Vec::new(),
        default: None,
    }
}

fn coordinator() -> Coordinator {
    Coordinator {
        builtin: false,
        label: "adf:ready".to_owned(),
        open: 2,
        agents: Vec::new(),
        cron: None,
        agent: None,
        vision: None,
    }
}

fn delivery() -> Delivery {
    Delivery {
        base: None,
        protected_paths: Vec::new(),
        allow_paths: Vec::new(),
        labels: vec!["adf".to_owned()],
        assign_requester: true,
    }
}

pub fn settings() -> Settings {
    let agents = ["developer", "reviewer"].map(|n| (AgentName::from(n), agent(n)));
    Settings {
        project: "app".to_owned(),
        state_dir: "/nowhere".into(),
        forge: ForgeSettings {
            url: "http://forge".to_owned(),
            owner: "acme".to_owned(),
            repo: "app".to_owned(),
            settle: Duration::from_secs(3),
            concurrency: 4,
        },
        schedule: ScheduleSettings {
            tick: Duration::from_secs(60),
            mentions_every: 2,
            time_zone: "UTC".to_owned(),
        },
        mentions: MentionSettings {
            allow: Vec::new(),
            max_per_passage: 10,
        },
        agents: BTreeMap::from(agents),
        providers: BTreeMap::new(),
        limits: ProjectLimits {
            concurrency: 2,
            starts_per_hour: 12,
            starts_per_day: 60,
            output_bytes: 1 << 20,
            bundle_bytes: 1 << 20,
            disk_free_bytes: 1 << 20,
            state_bytes: 1 << 30,
            keep_runs: Duration::from_secs(24 * 3600),
            grace: Duration::from_secs(1),
            think: BTreeMap::new(),
        },
        walls: Walls {
            required: true,
            read: vec![],
            write: vec![],
            environment: vec![],
            accept: BTreeSet::new(),
            connect: vec![],
            listen: vec![],
            processes: 100,
            memory_bytes: None,
            seal_git: true,
            bubblewrap: Bubblewrap::Off,
            network: true,
        },
        delivery: delivery(),
        failures: Failures {
            label: "adf:needs-human".to_owned(),
            rules: Vec::new(),
        },
        guard: Default::default(),
        routing: routing(),
        coordinator: coordinator(),
        status: Status::default(),
        nightwatch: Nightwatch {
            enabled: true,
            stalled_after: Duration::from_secs(900),
            forge_away_after: Duration::from_secs(600),
        },
        notify: Notify::default(),
        backup_max_age: None,
    }
}
