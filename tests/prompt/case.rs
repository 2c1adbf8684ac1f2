//! An agent, an issue and what is said of it, as a prompt is made from them.

use adf::{
    model::{
        AgentName, RoleContext, TaskId, Time,
        settings::{Agent, AgentLimits},
    },
    prompt::{DEFAULT_TEMPLATE, PromptAnswer, PromptError, PromptInput, PromptPassage, render},
};
use std::time::Duration;

pub const FENCE: &str = "k3v9x2q7m1";

pub fn agent(template: &str) -> Agent {
    Agent {
        name: "developer".into(),
        description: "writes code".into(),
        prompt: template.into(),
        provider: "script".into(),
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
            starts_per_hour: 1,
            starts_per_day: 1,
            concurrency: 1,
            attempts: 1,
            mentions: 3,
            issues: 2,
        },
        read_strangers: true,
    }
}

pub fn passage<'a>(where_: &str, seconds: i64, body: &'a str) -> PromptPassage<'a> {
    PromptPassage {
        who: "alice",
        where_: where_.into(),
        may_write: true,
        pinned: where_ == "issue body",
        written_at: Time::from_seconds(seconds),
        body,
    }
}

pub struct Case<'a> {
    pub agent: Agent,
    pub title: &'a str,
    pub instruction: &'a str,
    pub requester: &'a str,
    pub passages: Vec<PromptPassage<'a>>,
    pub earlier: Option<&'a str>,
    pub vision: Option<&'a str>,
    pub view: Option<&'a str>,
    pub caller: Option<AgentName>,
    pub depth_left: usize,
    pub question: Option<(&'a str, Option<&'a str>)>,
    pub answer: PromptAnswer<'a>,
    pub memory: Vec<(String, &'a str)>,
    pub fence: &'a str,
}

impl Default for Case<'_> {
    fn default() -> Self {
        Case {
            agent: agent(DEFAULT_TEMPLATE),
            title: "Off by one",
            instruction: "please fix it",
            requester: "bob",
            passages: vec![passage("issue body", 0, "It is wrong.")],
            earlier: None,
            vision: None,
            view: None,
            caller: None,
            depth_left: 3,
            question: None,
            answer: PromptAnswer::Open,
            memory: Vec::new(),
            fence: FENCE,
        }
    }
}

pub fn made(case: &Case<'_>) -> Result<String, PromptError> {
    render(&PromptInput {
        project: "site",
        repository: "acme/site",
        agent: &case.agent,
        issue: 42,
        title: case.title,
        is_pull: false,
        branch: "adf/42-developer-abc",
        base: "main",
        task: &TaskId::from("abc"),
        attempt: 2,
        instruction: case.instruction,
        requester: case.requester,
        passages: &case.passages,
        vision: case.vision,
        view: case.view,
        roster: &[
            (AgentName::from("developer"), "writes code".to_owned()),
            (AgentName::from("tester"), "writes tests".to_owned()),
        ],
        caller: case.caller.as_ref(),
        depth_left: case.depth_left,
        earlier: case.earlier,
        question: case.question,
        answer: case.answer,
        memory: &case.memory,
        memory_left_out: 0,
        fence: case.fence,
    })
}

pub fn prompt(case: &Case<'_>) -> String {
    made(case).unwrap_or_else(|error| panic!("{error}"))
}

pub fn block(label: &str, text: &str) -> String {
    format!("[{FENCE} begin: {label}]\n{text}\n[{FENCE} end]\n")
}
