//! The nouns of the factory: plain values that every other room speaks about.
//!
//! Invariant: nothing here does I/O, reads a clock or knows another module; a
//! value means the same on disk, in memory, in a log line and in a plan.
//! Start with [`world`] (what is known), then [`plan`] (what is decided).

pub mod alert;
pub mod change;
mod counted;
pub mod cycle;
pub mod effect;
pub mod failure;
pub mod guarding;
pub mod ids;
pub mod issue;
pub mod judged;
pub mod mark;
pub mod mention;
pub mod message;
pub mod notice;
pub mod notify;
pub mod order;
pub mod outcome;
pub mod passage;
pub mod plan;
pub mod proof;
pub mod route;
pub mod run;
pub mod settings;
mod settled;
pub mod shown;
pub mod skip;
pub mod snapshot;
pub mod speech;
pub mod task;
pub mod time;
pub mod told;
pub mod walls;
pub mod world;

pub use alert::{Alert, Fire};
pub use change::Change;
pub use counted::counted;
pub use cycle::Cycle;
pub use effect::{Effect, EffectKind, EffectResult, EffectState};
pub use failure::{Failed, Failure, Share};
pub use guarding::Guarding;
pub use ids::*;
pub use issue::{Blocker, Issue, Links, Milestone, Person, Repository};
pub use judged::{CallPrint, Denied, GuardDenial, Judged};
pub use mark::{Mark, MarkKind};
pub use mention::{Mention, MentionState, Refusal, Target};
pub use message::{
    Answer, Call, Message, NewIssue, Note, Question, Remark, Report, ReportStatus, Said,
};
pub use notice::{NoticeKind, Subject};
pub use order::{Order, Ordered, Wish};
pub use outcome::{Exit, FailureClass, Outcome, Work};
pub use passage::Passage;
pub use plan::Plan;
pub use run::{Process, Routed, Run, RunState};
pub use shown::Display;
pub use skip::{Skip, SkipReason};
pub use snapshot::Snapshot;
pub use speech::Kind;
pub use task::{Task, TaskState};
pub use time::Time;
pub use told::{Denial, DenialKind, Told, Usage};
pub use walls::{Bubblewrap, Ports, RoleContext, Weakness};
pub use world::{BACKLOG, BEGUN, LISTEN_FROM, Voice, World};
