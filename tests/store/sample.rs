//! One of each: values of the model for the tests, and all their states.

use adf::model::*;

pub fn person(id: i64) -> Person {
    Person {
        id,
        login: format!("user{id}"),
    }
}

pub fn passage(id: i64, issue: u64, version: u32, body: &str) -> Passage {
    Passage {
        key: PassageKey {
            kind: PassageKind::Comment,
            id,
        },
        issue,
        version,
        author: person(7),
        body: body.to_owned(),
        created_at: Time(1000 + id),
        updated_at: Time(1000 + id + i64::from(version)),
        seen_at: Time(2000),
    }
}

pub fn mention(passage: &Passage, agent: &str, state: MentionState) -> Mention {
    Mention {
        id: MentionId(format!("{}/{agent}/1", passage.key)),
        passage: passage.key,
        version: passage.version,
        issue: passage.issue,
        target: Target::Agent {
            project: None,
            agent: AgentName(agent.to_owned()),
        },
        instruction: "please fix it".to_owned(),
        task: TaskId("00c0ffee0000".to_owned()),
        author: passage.author.clone(),
        own_account: false,
        edited_in: false,
        replaces: None,
        older: false,
        written_at: passage.created_at,
        state,
    }
}

pub fn task(id: &str, issue: u64, state: TaskState) -> Task {
    Task {
        id: TaskId(id.to_owned()),
        work: WorkKey {
            repo: RepoId(3),
            issue,
        },
        origin: MentionId("comment-9/developer/1".to_owned()),
        agent: AgentName("developer".to_owned()),
        instruction: "please fix it".to_owned(),
        requester: person(7),
        chain: Vec::new(),
        branch: format!("adf/{issue}-developer-{id}"),
        state,
        note: String::new(),
        not_before: Time(0),
        strikes: 0,
        pushed: None,
        pull: None,
        answer: None,
        adopted: false,
        created_at: Time(3000),
        changed_at: Time(3000),
    }
}

pub fn run(task: &Task, attempt: u32) -> Run {
    Run {
        id: RunId::of(&task.id, attempt),
        task: task.id.clone(),
        work: task.work,
        attempt,
        lease: u64::from(attempt),
        agent: task.agent.clone(),
        provider: "script".to_owned(),
        model: None,
        routed: None,
        base: None,
        process: None,
        created_at: Time(4000),
        state: RunState::Starting,
    }
}

pub fn report(summary: &str) -> Report {
    Report {
        status: ReportStatus::NeedsClarification,
        summary: summary.to_owned(),
        evidence: vec!["cargo test: ok".to_owned()],
    }
}

/// Every kind of message.
pub fn messages(text: &str) -> Vec<Message> {
    let text = text.to_owned();
    vec![
        Message::Report(report(&text)),
        Message::Ask(Question {
            question: text.clone(),
            default: text.clone(),
            deadline_minutes: 240,
        }),
        Message::Mention(Call {
            agent: text.clone(),
            project: None,
            instruction: text.clone(),
            issue: Some(7),
        }),
        Message::OpenIssue(NewIssue {
            title: text.clone(),
            body: text,
        }),
    ]
}

pub fn outcome(reason: &str) -> Outcome {
    Outcome {
        exit: Exit::Code(0),
        class: None,
        failure: Some(Failure {
            rule: "disk full".to_owned(),
            line: "no space left".to_owned(),
            fingerprint: "0123456789ab".to_owned(),
        }),
        reason: reason.to_owned(),
        work: Some(Work {
            base: Sha("a".repeat(40)),
            head: Sha("b".repeat(40)),
            commits: 2,
            paths: vec!["src/lib.rs".to_owned()],
            paths_total: 1,
            lines: (u64::MAX, 0),
            uncommitted: true,
            protected: vec![".gitea/workflows/ci.yml".to_owned()],
        }),
        untaken: true,
        report: Some(report("done")),
        output_bytes: u64::MAX,
        output_cut: 1,
        steps: 12,
        told: Told {
            session: Some("ses_1".to_owned()),
            usage: Usage {
                input: u64::MAX,
                cached: 1,
                output: 2,
                cost_micros: Some(3),
            },
            text: "last words".to_owned(),
            denial: Some(Denial {
                kind: DenialKind::Quota,
                text: "used up".to_owned(),
                resets_at: Some(Time(4)),
            }),
        },
    }
}

pub fn effect(key: &str, task: Option<&Task>, kind: EffectKind) -> Effect {
    Effect {
        key: EffectKey(key.to_owned()),
        task: task.map(|t| t.id.clone()),
        issue: task.map_or(1, |t| t.work.issue),
        kind,
        lease: 1,
        tries: 0,
        state: EffectState::Intended,
        created_at: Time(5000),
    }
}

pub fn accept(task: &Task) -> Effect {
    let body = "taken".to_owned();
    effect(
        &format!("accept:{}", task.id),
        Some(task),
        EffectKind::Accept { body },
    )
}

/// Every kind of effect.
pub fn effect_kinds(text: &str, number: i64) -> Vec<EffectKind> {
    let body = text.to_owned();
    let issue = number.unsigned_abs();
    vec![
        EffectKind::Reply {
            mention: MentionId(text.to_owned()),
            body: body.clone(),
        },
        EffectKind::Accept { body: body.clone() },
        EffectKind::Progress {
            comment: number,
            body: body.clone(),
        },
        EffectKind::Spawn {
            run: RunId(text.to_owned()),
        },
        EffectKind::Push {
            branch: body.clone(),
            head: Sha("c".repeat(40)),
            expect: None,
            adopted: true,
        },
        EffectKind::Pull {
            branch: body.clone(),
            base: "main".to_owned(),
            title: body.clone(),
            body: body.clone(),
        },
        EffectKind::Dress {
            number: issue,
            labels: vec![body.clone()],
            assignees: vec![],
        },
        EffectKind::Show {
            own: vec![body.clone()],
            all: vec![body.clone()],
            want: Some(body.clone()),
        },
        EffectKind::Assign {
            hold: true,
            own: false,
        },
        EffectKind::Ask { body: body.clone() },
        EffectKind::OpenIssue {
            origin: MentionId(text.to_owned()),
            title: body.clone(),
            body: body.clone(),
        },
        EffectKind::Notify {
            sink: body.clone(),
            notice: NoticeKind::Digest,
            about: vec![Subject {
                of: body.clone(),
                print: body.clone(),
            }],
            body: body.clone(),
        },
        EffectKind::Cycle {
            cycle: Cycle::of(&[3, 5]),
            holds: true,
            body: body.clone(),
        },
        EffectKind::Result { body },
        EffectKind::Sweep { workspace: true },
    ]
}

/// Every state of an effect.
pub fn effect_states(reason: &str, at: i64) -> Vec<EffectState> {
    let (reason, at) = (reason.to_owned(), Time(at));
    let done = |result| EffectState::Done { result };
    vec![
        EffectState::Intended,
        EffectState::Tried { at },
        EffectState::Retry {
            at,
            blocked: true,
            reason: reason.clone(),
        },
        EffectState::Ambiguous {
            look_at: at,
            reason: reason.clone(),
        },
        done(EffectResult::Nothing),
        done(EffectResult::Comment(at.0)),
        done(EffectResult::Pushed(Sha("d".repeat(40)))),
        done(EffectResult::Pull(at.0.unsigned_abs())),
        done(EffectResult::Issue(at.0.unsigned_abs())),
        done(EffectResult::Shown(vec![reason.clone()])),
        done(EffectResult::Assigned(true)),
        EffectState::Parked {
            reason: reason.clone(),
        },
        EffectState::Void { reason },
    ]
}

/// Every state of a task.
pub fn task_states() -> Vec<TaskState> {
    use FailureClass::{Auth, Logic, Resource, Timeout, Transient, Unknown};
    let mut states = vec![
        TaskState::Queued,
        TaskState::Running,
        TaskState::Delivering,
        TaskState::Blocked,
        TaskState::NeedsClarification,
        TaskState::Done,
        TaskState::Rejected,
        TaskState::NeedsPerson,
        TaskState::Cancelled,
    ];
    states.extend([Transient, Auth, Logic, Resource, Timeout, Unknown].map(TaskState::Failed));
    states
}

/// Every state of a mention.
pub fn mention_states() -> Vec<MentionState> {
    let mut states = vec![MentionState::Pending, MentionState::Accepted];
    states.extend(
        [
            Refusal::Malformed,
            Refusal::UnknownAgent,
            Refusal::OtherProject,
            Refusal::NotAllowed,
            Refusal::Edited,
            Refusal::OwnAccount,
            Refusal::TooMany,
            Refusal::EmptyInstruction,
            Refusal::Closed,
        ]
        .map(MentionState::Refused),
    );
    states
}

/// Every way a process may end.
pub fn exits(number: i32) -> Vec<Exit> {
    vec![
        Exit::Code(number),
        Exit::Signal(number),
        Exit::WallTime,
        Exit::Steps,
        Exit::Interrupted,
        Exit::NotStarted { waits: true },
    ]
}
