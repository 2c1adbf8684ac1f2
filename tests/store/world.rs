//! Memory and disk cannot disagree: the world folded while running is the
//! world loaded from the rows.

use crate::{sample, support};
use adf::{model::*, store};
use proptest::{collection::vec, option, prelude::*, sample::select};

/// Text as strangers write it: quotes, markup, NUL, other scripts.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{0,6}",
        any::<String>(),
        Just("'; DROP TABLE task; --".to_owned()),
        Just("\u{0}\u{1b}[31m\u{202e}{{x}}\r\n\"".to_owned()),
    ]
}

fn number() -> impl Strategy<Value = u64> {
    prop_oneof![1..4_u64, Just(i64::MAX.unsigned_abs())]
}

fn time() -> impl Strategy<Value = Time> {
    prop_oneof![any::<i64>().prop_map(Time), Just(Time::NEVER)]
}

fn person() -> impl Strategy<Value = Person> {
    (-1..3_i64, text()).prop_map(|(id, login)| Person { id, login })
}

fn passage() -> impl Strategy<Value = Passage> {
    let kind = select(vec![
        PassageKind::Body,
        PassageKind::Comment,
        PassageKind::Review,
        PassageKind::Inline,
    ]);
    let key = (kind, 1..3_i64).prop_map(|(kind, id)| PassageKey { kind, id });
    let times = (time(), time(), time());
    (key, 1..3_u64, 1..4_u32, person(), text(), times).prop_map(
        |(key, issue, version, author, body, (created_at, updated_at, seen_at))| Passage {
            key,
            issue,
            version,
            author,
            body,
            created_at,
            updated_at,
            seen_at,
        },
    )
}

fn mention_id() -> impl Strategy<Value = MentionId> {
    (1..5).prop_map(|n| MentionId(format!("comment-{n}/developer/1")))
}

/// A mention comes in one batch with its passage.
fn found_mention() -> impl Strategy<Value = Vec<Change>> {
    let target = prop_oneof![
        (option::of(text()), text()).prop_map(|(project, agent)| Target::Agent {
            project,
            agent: AgentName(agent),
        }),
        text().prop_map(Target::Malformed),
    ];
    let state = select(sample::mention_states());
    let flags = any::<(bool, bool, bool)>();
    let rest = (option::of(mention_id()), flags, time(), state);
    (passage(), mention_id(), target, text(), rest).prop_map(
        |(passage, id, target, instruction, (replaces, flags, written_at, state))| {
            let mention = Mention {
                id,
                target,
                instruction,
                replaces,
                own_account: flags.0,
                edited_in: flags.1,
                older: flags.2,
                written_at,
                ..sample::mention(&passage, "x", state)
            };
            vec![Change::Passage(passage), Change::Mention(mention)]
        },
    )
}

fn mark() -> impl Strategy<Value = Mark> {
    let kind = select(vec![
        MarkKind::Accept,
        MarkKind::Result,
        MarkKind::Reply,
        MarkKind::Pull,
        MarkKind::Ask,
        MarkKind::Issue,
    ]);
    let texts = (text(), option::of(text()), option::of(text()));
    (kind, 1..4_i64, number(), task_id(), texts, any::<bool>()).prop_map(
        |(kind, comment, issue, task, (text, agent, instruction), verified)| Mark {
            comment,
            issue,
            kind,
            factory: FactoryId(text.clone()),
            key: EffectKey(text.clone()),
            task,
            origin: MentionId(text),
            agent: agent.map(AgentName),
            instruction,
            verified,
            written_at: Time(comment),
        },
    )
}

fn task_id() -> impl Strategy<Value = TaskId> {
    (1..4).prop_map(|n| TaskId(format!("{n:012x}")))
}

fn task() -> impl Strategy<Value = Task> {
    let texts = (text(), text(), text());
    let numbers = (number(), any::<u32>(), any::<u32>(), option::of(number()));
    let state = select(sample::task_states());
    let rest = (person(), time(), option::of(text()), any::<bool>());
    (task_id(), texts, numbers, state, rest).prop_map(
        |(id, (instruction, note, branch), numbers, state, rest)| Task {
            origin: MentionId(format!("slot-{id}")),
            instruction,
            note,
            branch,
            chain: vec![AgentName(format!("a{}", numbers.1))],
            answer: rest.3.then_some(Answer::Default),
            strikes: numbers.2,
            pull: numbers.3,
            requester: rest.0,
            not_before: rest.1,
            pushed: rest.2.map(Sha),
            adopted: rest.3,
            changed_at: rest.1,
            ..sample::task(id.as_str(), numbers.0, state)
        },
    )
}

fn outcome() -> impl Strategy<Value = Outcome> {
    let class = option::of(select(vec![FailureClass::Logic, FailureClass::Unknown]));
    let exit = any::<i32>().prop_flat_map(|n| select(sample::exits(n)));
    (exit, class, text(), any::<bool>(), any::<bool>()).prop_map(
        |(exit, class, reason, work, report)| {
            let whole = sample::outcome(&reason);
            Outcome {
                exit,
                class,
                work: whole.work.clone().filter(|_| work),
                report: whole.report.clone().filter(|_| report),
                ..whole
            }
        },
    )
}

fn run_state() -> impl Strategy<Value = RunState> {
    prop_oneof![
        Just(RunState::Starting),
        (time(), time(), any::<u32>()).prop_map(|(since, progress_at, steps)| RunState::Working {
            since,
            progress_at,
            steps,
        }),
        (time(), outcome()).prop_map(|(at, outcome)| RunState::Ended { at, outcome }),
    ]
}

fn process() -> impl Strategy<Value = Process> {
    (any::<i32>(), number(), text()).prop_map(|(pid, start_time, boot_id)| Process {
        pid,
        start_time,
        boot_id,
    })
}

/// A run of a known task, or of one that the ledger has lost.
fn run() -> impl Strategy<Value = Run> {
    let rest = (
        option::of(text()),
        option::of((option::of(text()), text())),
        option::of(text()),
        option::of(process()),
    );
    (task_id(), 1..4_u32, number(), rest, run_state()).prop_map(
        |(task, attempt, lease, (model, routed, base, process), state)| Run {
            lease,
            model,
            routed: routed.map(|(tier, why)| Routed { tier, why }),
            base: base.map(Sha),
            process,
            state,
            ..sample::run(&sample::task(task.as_str(), 1, TaskState::Running), attempt)
        },
    )
}

fn effect_state() -> impl Strategy<Value = EffectState> {
    (text(), any::<i64>()).prop_flat_map(|(text, at)| select(sample::effect_states(&text, at)))
}

fn effect_key() -> impl Strategy<Value = EffectKey> {
    (1..6).prop_map(|n| EffectKey(format!("push:{n}")))
}

fn effect() -> impl Strategy<Value = Vec<Change>> {
    let kind = (text(), any::<i64>())
        .prop_flat_map(|(text, number)| select(sample::effect_kinds(&text, number)));
    (
        effect_key(),
        option::of(task()),
        kind,
        effect_state(),
        any::<u32>(),
    )
        .prop_map(|(key, task, kind, state, tries)| {
            let effect = Effect {
                state,
                tries,
                ..sample::effect(key.as_str(), task.as_ref(), kind)
            };
            let task = task.map(Change::Task);
            task.into_iter().chain([Change::Effect(effect)]).collect()
        })
}

fn said() -> impl Strategy<Value = Vec<Change>> {
    let message = text().prop_flat_map(|text| select(sample::messages(&text)));
    (run(), 1..4_u32, message, time()).prop_map(|(run, sequence, message, at)| {
        let message = Change::Message {
            run: run.id.clone(),
            sequence,
            at,
            message,
        };
        vec![Change::Run(run), message]
    })
}

fn ordered() -> impl Strategy<Value = Ordered> {
    let order = prop_oneof![
        Just(Order::Pause),
        Just(Order::Stop),
        Just(Order::Resume),
        task_id().prop_map(Order::Cancel),
    ];
    (order, text(), time()).prop_map(|(order, by, at)| Ordered { order, by, at })
}

fn repository() -> impl Strategy<Value = Repository> {
    (any::<i64>(), text(), any::<[bool; 7]>()).prop_map(|(id, name, flags)| Repository {
        id: RepoId(id),
        full_name: name.clone(),
        default_branch: name,
        archived: flags[0],
        empty: flags[1],
        mirror: flags[2],
        may_push: flags[3],
        has_issues: flags[4],
        has_pulls: flags[5],
    })
}

fn issue() -> impl Strategy<Value = Issue> {
    let labels = vec(text(), 0..3);
    (
        number(),
        any::<(bool, bool)>(),
        text(),
        person(),
        labels,
        time(),
    )
        .prop_map(
            |(number, (is_pull, open), title, author, labels, updated_at)| Issue {
                number,
                is_pull,
                title,
                open,
                author,
                milestone: labels.first().map(|label| Milestone {
                    title: label.clone(),
                    due: labels.get(1).cloned(),
                }),
                labels,
                updated_at,
                changed_at: updated_at,
                outsider: false,
                reworded_at: Time(0),
            },
        )
}

fn links() -> impl Strategy<Value = Links> {
    let blocker = (number(), option::of(text()), any::<bool>())
        .prop_map(|(number, repo, open)| Blocker { number, repo, open });
    (number(), vec(blocker, 0..3), time()).prop_map(|(issue, on, read_at)| Links {
        issue,
        on,
        read_at,
    })
}

fn alert() -> impl Strategy<Value = Alert> {
    (1..4, text(), option::of(text()), time(), option::of(time())).prop_map(
        |(cause, text, run, raised_at, cleared_at)| Alert {
            cause: format!("stalled:{cause}"),
            text,
            run: run.map(RunId),
            raised_at,
            cleared_at,
        },
    )
}

/// One change that needs no other.
fn plain() -> impl Strategy<Value = Change> {
    let moved = (option::of(text()), option::of(process()), run_state());
    prop_oneof![
        repository().prop_map(Change::Repository),
        (vec("[ab]", 0..4), time())
            .prop_map(|(logins, seen_at)| Change::Writers { logins, seen_at }),
        issue().prop_map(Change::Issue),
        links().prop_map(Change::Links),
        passage().prop_map(Change::Passage),
        mark().prop_map(Change::Mark),
        (text(), time()).prop_map(|(agent, slot)| Change::Fire(Fire {
            agent: AgentName(agent),
            slot,
        })),
        alert().prop_map(Change::Alert),
        (text(), time()).prop_map(|(name, at)| Change::Cursor { name, at }),
        (mention_id(), select(sample::mention_states()))
            .prop_map(|(id, state)| Change::MentionState { id, state }),
        task().prop_map(Change::Task),
        ordered().prop_map(Change::Operator),
        run().prop_map(Change::Run),
        (task_id(), 1..4_u32, moved).prop_map(|(task, attempt, (base, process, state))| {
            Change::RunState {
                id: RunId::of(&task, attempt),
                base: base.map(Sha),
                process,
                state,
            }
        }),
        (effect_key(), any::<u32>(), effect_state())
            .prop_map(|(key, tries, state)| Change::EffectState { key, tries, state }),
    ]
}

fn batch() -> impl Strategy<Value = Vec<Change>> {
    let step = prop_oneof![
        4 => plain().prop_map(|change| vec![change]),
        1 => found_mention(),
        1 => effect(),
        1 => said(),
    ];
    vec(step, 1..6).prop_map(|steps| steps.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn the_world_in_memory_is_the_world_on_disk(batches in vec(batch(), 1..12)) {
        let state = tempfile::tempdir().expect("a directory");
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let mut memory = World::default();
        // Twice: rows loaded at start and changes applied later must fold alike.
        for half in batches.chunks(batches.len().div_ceil(2)) {
            let mut opened = support::open(state.path());
            prop_assert_eq!(&opened.world, &memory);
            for batch in half {
                runtime.block_on(opened.ledger.commit(batch.clone())).expect("a valid batch");
            }
            memory = support::fold(&memory, &mut opened);
            runtime.block_on(opened.ledger.close()).expect("the first to close");
        }
        let reader = store::open_read_only(state.path()).expect("a ledger to read");
        prop_assert_eq!(&reader.world().expect("a world"), &memory);
    }
}
