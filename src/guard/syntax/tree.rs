//! The nouns of parsed shell text: what the walk sees, and nothing of the parser.
//!
//! Invariant: every word is kept as it was written, quotes and all; `word`
//! gives it its meaning. The parser's own tree does not leave `syntax::brush`.

use std::rc::Rc;

/// A list of pipelines, in order.
pub(crate) type Block = Vec<Pipeline>;

/// How a pipeline follows the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Joint {
    /// `;`, `&` or a new line: it runs.
    Then,
    /// `&&`: it runs when the one before did well.
    And,
    /// `||`: it runs when the one before did not.
    Or,
}

/// Commands joined by `|`.
#[derive(Debug)]
pub(crate) struct Pipeline {
    pub(crate) joint: Joint,
    pub(crate) nodes: Vec<Node>,
    /// It ends in `&`: it runs in a shell of its own.
    pub(crate) background: bool,
    /// `!` stands before it.
    pub(crate) negated: bool,
    /// The reserved word `time` stands before it.
    pub(crate) timed: bool,
}

/// One command of any shape.
#[derive(Debug)]
pub(crate) enum Node {
    Simple(Simple),
    Group(Block),
    Subshell(Block),
    For {
        name: String,
        values: Option<Vec<String>>,
        body: Block,
    },
    Loop {
        head: Block,
        body: Block,
    },
    Count {
        sums: Vec<String>,
        body: Block,
    },
    If(Vec<(Option<Block>, Block)>),
    Case {
        word: String,
        arms: Vec<(Vec<String>, Block)>,
    },
    Function {
        name: String,
        body: Rc<Node>,
    },
    Test {
        words: Vec<String>,
        /// Words that name a variable.
        names: Vec<String>,
    },
    Sum(String),
    Coproc(String, Box<Node>),
    Redirected(Box<Node>, Vec<Redirect>),
}

/// A command word with its arguments, assignments and redirections.
#[derive(Debug, Default)]
pub(crate) struct Simple {
    pub(crate) assigns: Vec<Assign>,
    pub(crate) words: Vec<Word>,
    pub(crate) redirects: Vec<Redirect>,
}

/// An argument as it was written.
#[derive(Debug)]
pub(crate) enum Word {
    Text(String),
    /// `name=(…)` among the arguments, as after `declare`.
    Array(Assign),
    /// `<(…)` or `>(…)`.
    Process {
        reads: bool,
        body: Block,
    },
}

/// `name=value`, `name+=value`, `name[i]=value` or `name=(…)`.
#[derive(Debug)]
pub(crate) struct Assign {
    pub(crate) name: String,
    /// The subscript, or those of a list's items, as written.
    pub(crate) indexes: Vec<String>,
    pub(crate) appends: bool,
    pub(crate) value: Assigned,
}

/// What is assigned, as written.
#[derive(Debug)]
pub(crate) enum Assigned {
    One(String),
    List(Vec<String>),
}

/// A redirection.
#[derive(Debug)]
pub(crate) enum Redirect {
    Read {
        /// Another descriptor than the input.
        fd: Option<i32>,
        word: Word,
    },
    Write(Word),
    Append(Word),
    /// `2>&1` and the like; a word that is no number is a file.
    Duplicate {
        /// Another descriptor than the output.
        fd: Option<i32>,
        text: String,
    },
    Here {
        /// Another descriptor than the input.
        fd: Option<i32>,
        text: String,
        expands: bool,
    },
    HereString {
        /// Another descriptor than the input.
        fd: Option<i32>,
        text: String,
    },
    /// `2>…`: what is written is not the command's answer.
    Aside {
        fd: i32,
        word: Word,
    },
}

/// How deep lists nest in a list.
pub(crate) fn depth(block: &Block) -> usize {
    let nodes = block.iter().flat_map(|pipeline| &pipeline.nodes);
    1 + nodes.map(node_depth).max().unwrap_or(0)
}

fn node_depth(node: &Node) -> usize {
    match node {
        Node::Group(block) | Node::Subshell(block) => depth(block),
        Node::For { body, .. } | Node::Count { body, .. } => depth(body),
        Node::Loop { head, body } => depth(head).max(depth(body)),
        Node::If(arms) => {
            let arm = |(head, body): &(Option<Block>, Block)| {
                head.as_ref().map_or(0, depth).max(depth(body))
            };
            arms.iter().map(arm).max().unwrap_or(0)
        }
        Node::Case { arms, .. } => arms.iter().map(|(_, body)| depth(body)).max().unwrap_or(0),
        Node::Function { body, .. } => 1 + node_depth(body),
        Node::Coproc(_, body) | Node::Redirected(body, _) => 1 + node_depth(body),
        Node::Simple(simple) => {
            let inner = simple.words.iter().map(|word| match word {
                Word::Process { body, .. } => depth(body),
                _ => 0,
            });
            inner.max().unwrap_or(0)
        }
        Node::Test { .. } | Node::Sum(_) => 0,
    }
}
