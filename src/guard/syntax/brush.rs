//! Shell text → our tree, by brush-parser: the grammar that decides.
//!
//! Invariant: nothing of the text is dropped. What brush accepts and our tree
//! cannot hold is an error, and an error is a denial.

use super::tree::{Assign, Assigned, Block, Joint, Node, Pipeline, Redirect, Simple, Word as Ours};
use brush_parser::ast::{
    AndOr, AndOrList, Assignment, AssignmentName, AssignmentValue, BinaryPredicate, Command,
    CommandPrefixOrSuffixItem, CompoundCommand, CompoundList, ExtendedTestExpr, IoFileRedirectKind,
    IoFileRedirectTarget, IoRedirect, Pipeline as TheirPipeline, ProcessSubstitutionKind,
    RedirectList, SeparatorOperator, SimpleCommand, SubshellCommand, UnaryPredicate, Word,
};
use brush_parser::{Parser, ParserOptions};
use std::rc::Rc;

/// The tree of a text, or that it is no shell.
pub(super) fn parse(text: &str) -> Option<Block> {
    let mut parser = Parser::new(text.as_bytes(), &ParserOptions::default());
    let program = parser.parse_program().ok()?;
    let mut block = Block::new();
    for list in &program.complete_commands {
        append(&mut block, list);
    }
    Some(block)
}

fn list(list: &CompoundList) -> Block {
    let mut block = Block::new();
    append(&mut block, list);
    block
}

fn append(block: &mut Block, list: &CompoundList) {
    for item in &list.0 {
        let from = block.len();
        and_or(block, &item.0);
        if matches!(item.1, SeparatorOperator::Async) {
            block
                .iter_mut()
                .skip(from)
                .for_each(|pipeline| pipeline.background = true);
        }
    }
}

fn and_or(block: &mut Block, list: &AndOrList) {
    block.push(pipeline(&list.first, Joint::Then));
    for next in &list.additional {
        block.push(match next {
            AndOr::And(next) => pipeline(next, Joint::And),
            AndOr::Or(next) => pipeline(next, Joint::Or),
        });
    }
}

fn pipeline(theirs: &TheirPipeline, joint: Joint) -> Pipeline {
    let nodes = theirs.seq.iter().map(command).collect();
    Pipeline {
        joint,
        nodes,
        background: false,
        negated: theirs.bang,
        timed: theirs.timed.is_some(),
    }
}

fn command(theirs: &Command) -> Node {
    match theirs {
        Command::Simple(simple_command) => Node::Simple(simple(simple_command)),
        Command::Compound(body, redirects) => redirected(compound(body), redirects.as_ref()),
        Command::Function(function) => {
            let body = &function.body;
            let node = redirected(compound(&body.0), body.1.as_ref());
            Node::Function {
                name: function.fname.value.clone(),
                body: Rc::new(node),
            }
        }
        Command::ExtendedTest(test, redirects) => {
            let (mut words, mut names) = (Vec::new(), Vec::new());
            test_words(&test.expr, &mut words, &mut names);
            redirected(Node::Test { words, names }, redirects.as_ref())
        }
    }
}

fn redirected(node: Node, redirects: Option<&RedirectList>) -> Node {
    match redirects {
        Some(list) if !list.0.is_empty() => {
            let list = list.0.iter().flat_map(redirect).collect();
            Node::Redirected(Box::new(node), list)
        }
        _ => node,
    }
}

fn compound(theirs: &CompoundCommand) -> Node {
    match theirs {
        CompoundCommand::Arithmetic(sum) => Node::Sum(sum.expr.value.clone()),
        CompoundCommand::ArithmeticForClause(each) => Node::Count {
            sums: [&each.initializer, &each.condition, &each.updater]
                .into_iter()
                .flatten()
                .map(|sum| sum.value.clone())
                .collect(),
            body: list(&each.body.list),
        },
        CompoundCommand::BraceGroup(group) => Node::Group(list(&group.list)),
        CompoundCommand::Subshell(shell) => Node::Subshell(list(&shell.list)),
        CompoundCommand::ForClause(each) => Node::For {
            name: each.variable_name.clone(),
            values: each.values.as_ref().map(|words| raw(words)),
            body: list(&each.body.list),
        },
        CompoundCommand::CaseClause(case) => Node::Case {
            word: case.value.value.clone(),
            arms: case
                .cases
                .iter()
                .map(|arm| {
                    let body = arm.cmd.as_ref().map(list).unwrap_or_default();
                    (raw(&arm.patterns), body)
                })
                .collect(),
        },
        CompoundCommand::IfClause(choice) => {
            let mut arms = vec![(Some(list(&choice.condition)), list(&choice.then))];
            for other in choice.elses.iter().flatten() {
                arms.push((other.condition.as_ref().map(list), list(&other.body)));
            }
            Node::If(arms)
        }
        CompoundCommand::WhileClause(each) | CompoundCommand::UntilClause(each) => Node::Loop {
            head: list(&each.0),
            body: list(&each.1.list),
        },
        CompoundCommand::Coprocess(process) => {
            let name = process
                .name
                .as_ref()
                .map_or("COPROC", |word| word.value.as_str());
            Node::Coproc(name.to_owned(), Box::new(command(&process.body)))
        }
    }
}

fn raw(words: &[Word]) -> Vec<String> {
    words.iter().map(|word| word.value.clone()).collect()
}

fn simple(theirs: &SimpleCommand) -> Simple {
    let mut ours = Simple::default();
    for item in theirs.prefix.iter().flat_map(|prefix| &prefix.0) {
        match item {
            CommandPrefixOrSuffixItem::AssignmentWord(assignment, _) => {
                ours.assigns.push(assign(assignment));
            }
            CommandPrefixOrSuffixItem::IoRedirect(io) => ours.redirects.extend(redirect(io)),
            CommandPrefixOrSuffixItem::Word(word) => ours.words.push(text(word)),
            CommandPrefixOrSuffixItem::ProcessSubstitution(kind, shell) => {
                ours.words.push(process(kind, shell));
            }
        }
    }
    if let Some(word) = &theirs.word_or_name {
        ours.words.push(text(word));
    }
    for item in theirs.suffix.iter().flat_map(|suffix| &suffix.0) {
        match item {
            CommandPrefixOrSuffixItem::AssignmentWord(assignment, word) => {
                let whole = matches!(assignment.value, AssignmentValue::Scalar(_));
                ours.words.push(if whole {
                    text(word)
                } else {
                    Ours::Array(assign(assignment))
                });
            }
            CommandPrefixOrSuffixItem::IoRedirect(io) => ours.redirects.extend(redirect(io)),
            CommandPrefixOrSuffixItem::Word(word) => ours.words.push(text(word)),
            CommandPrefixOrSuffixItem::ProcessSubstitution(kind, shell) => {
                ours.words.push(process(kind, shell));
            }
        }
    }
    ours
}

fn text(word: &Word) -> Ours {
    Ours::Text(word.value.clone())
}

fn process(kind: &ProcessSubstitutionKind, shell: &SubshellCommand) -> Ours {
    Ours::Process {
        reads: matches!(kind, ProcessSubstitutionKind::Read),
        body: list(&shell.list),
    }
}

fn assign(theirs: &Assignment) -> Assign {
    let (name, mut indexes) = match &theirs.name {
        AssignmentName::VariableName(name) => (name.clone(), Vec::new()),
        AssignmentName::ArrayElementName(name, index) => (name.clone(), vec![index.clone()]),
    };
    let value = match &theirs.value {
        AssignmentValue::Scalar(word) => Assigned::One(word.value.clone()),
        AssignmentValue::Array(items) => {
            let subscripts = items.iter().filter_map(|(index, _)| index.as_ref());
            indexes.extend(subscripts.map(|index| index.value.clone()));
            Assigned::List(items.iter().map(|(_, word)| word.value.clone()).collect())
        }
    };
    Assign {
        name,
        indexes,
        appends: theirs.append,
        value,
    }
}

fn redirect(theirs: &IoRedirect) -> Vec<Redirect> {
    match theirs {
        IoRedirect::File(fd, kind, target) => {
            let word = match target {
                IoFileRedirectTarget::Filename(word) => text(word),
                IoFileRedirectTarget::Fd(from)
                    if matches!(kind, IoFileRedirectKind::DuplicateInput) =>
                {
                    Ours::Text(format!("/dev/fd/{from}"))
                }
                IoFileRedirectTarget::Fd(to) => {
                    return vec![Redirect::Duplicate {
                        fd: fd.filter(|fd| *fd != 1),
                        text: to.to_string(),
                    }];
                }
                IoFileRedirectTarget::ProcessSubstitution(kind, shell) => process(kind, shell),
                // `<&5`, and `<&5-` that closes the other end.
                IoFileRedirectTarget::Duplicate(word)
                    if matches!(kind, IoFileRedirectKind::DuplicateInput) && word.value != "-" =>
                {
                    Ours::Text(format!("/dev/fd/{}", word.value.trim_end_matches('-')))
                }
                IoFileRedirectTarget::Duplicate(word) => {
                    return vec![Redirect::Duplicate {
                        fd: fd.filter(|fd| *fd != 1),
                        text: word.value.clone(),
                    }];
                }
            };
            vec![to_file(fd.unwrap_or(-1), kind, word)]
        }
        IoRedirect::HereDocument(fd, here) => vec![Redirect::Here {
            fd: fd.filter(|fd| *fd != 0),
            text: here.doc.value.clone(),
            expands: here.requires_expansion,
        }],
        IoRedirect::HereString(fd, word) => vec![Redirect::HereString {
            fd: fd.filter(|fd| *fd != 0),
            text: word.value.clone(),
        }],
        IoRedirect::OutputAndError(word, appends) => {
            let word = text(word);
            vec![if *appends {
                Redirect::Append(word)
            } else {
                Redirect::Write(word)
            }]
        }
    }
}

fn to_file(fd: i32, kind: &IoFileRedirectKind, word: Ours) -> Redirect {
    let writes = !matches!(
        kind,
        IoFileRedirectKind::Read | IoFileRedirectKind::DuplicateInput
    );
    match kind {
        _ if writes && fd > 1 => Redirect::Aside { fd, word },
        IoFileRedirectKind::Append => Redirect::Append(word),
        _ if writes => Redirect::Write(word),
        _ => Redirect::Read {
            fd: Some(fd).filter(|fd| *fd > 0),
            word,
        },
    }
}

fn test_words(test: &ExtendedTestExpr, words: &mut Vec<String>, names: &mut Vec<String>) {
    match test {
        ExtendedTestExpr::And(left, right) | ExtendedTestExpr::Or(left, right) => {
            test_words(left, words, names);
            test_words(right, words, names);
        }
        ExtendedTestExpr::Not(inner) | ExtendedTestExpr::Parenthesized(inner) => {
            test_words(inner, words, names);
        }
        ExtendedTestExpr::UnaryTest(test, word) => match test {
            UnaryPredicate::ShellVariableIsSetAndAssigned
            | UnaryPredicate::ShellVariableIsSetAndNameRef => names.push(word.value.clone()),
            _ => words.push(word.value.clone()),
        },
        // Both sides are sums to the shell, and sums to the walk.
        ExtendedTestExpr::BinaryTest(test, left, right) if is_of_numbers(test) => {
            words.push(format!("$(({}))", left.value));
            words.push(format!("$(({}))", right.value));
        }
        ExtendedTestExpr::BinaryTest(operator, left, right) => {
            // What matches is kept: the walk has to know that something was matched.
            let matches = matches!(
                operator,
                BinaryPredicate::StringMatchesRegex | BinaryPredicate::StringContainsSubstring
            );
            words.extend(matches.then(|| "=~".to_owned()));
            words.push(left.value.clone());
            words.push(right.value.clone());
        }
    }
}

fn is_of_numbers(test: &BinaryPredicate) -> bool {
    matches!(
        test,
        BinaryPredicate::ArithmeticEqualTo
            | BinaryPredicate::ArithmeticNotEqualTo
            | BinaryPredicate::ArithmeticLessThan
            | BinaryPredicate::ArithmeticLessThanOrEqualTo
            | BinaryPredicate::ArithmeticGreaterThan
            | BinaryPredicate::ArithmeticGreaterThanOrEqualTo
    )
}
