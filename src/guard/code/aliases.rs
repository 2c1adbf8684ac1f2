//! Names by another name → the names themselves: texts put together, modules
//! imported in an expression, calls by a text, functions given another name.
//!
//! Invariant: linear in the tokens but for the names that are given; what
//! cannot be told stays as it was written.

use super::languages::Language;
use super::tokens::Token;

/// How many names are followed.
const NAMES_MAX: usize = 32;

pub(super) fn resolve(tokens: Vec<Token>, language: &Language) -> Vec<Token> {
    if !matches!(language.name, "python" | "node" | "ruby") {
        return tokens;
    }
    let mut tokens = called(modules(joined(tokens)));
    let mut names = renamed(&tokens, language);
    names.truncate(NAMES_MAX);
    if names.is_empty() {
        return tokens;
    }
    let mut out: Vec<Token> = Vec::with_capacity(tokens.len());
    for token in tokens.drain(..) {
        let is_member = out.last().is_some_and(|t| t.is('.'));
        let real = names
            .iter()
            .find(|(to, from)| token.name() == Some(to) && !(is_member && from.len() > 1));
        match real {
            Some((_, from)) => out.extend_from_slice(from),
            None => out.push(token),
        }
    }
    out
}

/// `'rm' + 'Sync'` is one text.
fn joined(tokens: Vec<Token>) -> Vec<Token> {
    let mut out: Vec<Token> = Vec::with_capacity(tokens.len());
    for token in tokens {
        if let (Token::Text(text), [.., Token::Text(before), Token::Sign('+')]) =
            (&token, out.as_mut_slice())
        {
            before.push_str(text);
            out.pop();
            continue;
        }
        out.push(token);
    }
    out
}

/// `__import__('os')`, `import_module('os')` and `require('fs')` are the module's name.
fn modules(tokens: Vec<Token>) -> Vec<Token> {
    let mut out: Vec<Token> = Vec::with_capacity(tokens.len());
    for token in tokens {
        out.push(token);
        let [
            ..,
            Token::Name(call),
            Token::Sign('('),
            Token::Text(module),
            Token::Sign(')'),
        ] = out.as_slice()
        else {
            continue;
        };
        if matches!(call.as_str(), "__import__" | "import_module" | "require") {
            let module = module
                .rsplit([':', '/'])
                .next()
                .unwrap_or_default()
                .to_owned();
            out.truncate(out.len() - 4);
            out.push(Token::Name(module));
        }
    }
    out
}

/// `getattr(x, 'f')`, `x['f'](…)` and `process['env']` are `x.f`.
fn called(tokens: Vec<Token>) -> Vec<Token> {
    let mut out: Vec<Token> = Vec::with_capacity(tokens.len());
    for token in tokens {
        out.push(token);
        let name = match out.as_slice() {
            [
                ..,
                Token::Name(object),
                Token::Sign('['),
                Token::Text(name),
                Token::Sign(']'),
            ] if object == "process" => {
                let name = name.clone();
                out.truncate(out.len() - 3);
                out.extend([Token::Sign('.'), Token::Name(name)]);
                continue;
            }
            [
                ..,
                Token::Sign('['),
                Token::Text(name),
                Token::Sign(']'),
                Token::Sign('('),
            ] => {
                let name = name.clone();
                out.truncate(out.len() - 4);
                out.extend([Token::Sign('.'), Token::Name(name), Token::Sign('(')]);
                continue;
            }
            [
                ..,
                Token::Name(call),
                Token::Sign('('),
                Token::Name(_),
                Token::Sign(','),
                Token::Text(name),
                Token::Sign(')'),
            ] if call == "getattr" => name.clone(),
            _ => continue,
        };
        let object = out.len() - 4;
        let object = out[object].clone();
        out.truncate(out.len() - 6);
        out.extend([object, Token::Sign('.'), Token::Name(name)]);
    }
    out
}

/// `import a as b`, `{rmSync: r} = fs`, `const cp = child_process`, `r = shutil.rmtree`.
fn renamed(tokens: &[Token], language: &Language) -> Vec<(String, Vec<Token>)> {
    let mut names: Vec<(String, Vec<Token>)> = Vec::new();
    let known = |name: &str| {
        let last = |call: &str| call.rsplit('.').next().is_some_and(|last| last == name);
        language.calls.iter().any(|(call, _)| last(call))
    };
    let module = |name: &str| {
        matches!(
            name,
            "child_process" | "fs" | "os" | "shutil" | "subprocess" | "promises"
        )
    };
    let one = |name: &str| vec![Token::Name(name.to_owned())];
    for (at, window) in tokens.windows(3).enumerate() {
        if names.len() >= NAMES_MAX {
            break;
        }
        let next = tokens.get(at + 3);
        match window {
            [Token::Name(from), Token::Name(word), Token::Name(to)] if word == "as" => {
                names.push((to.clone(), one(from)));
            }
            [Token::Name(from), Token::Sign(':'), Token::Name(to)]
                if known(from) && next.is_some_and(|t| t.is('}') || t.is(',')) =>
            {
                names.push((to.clone(), one(from)));
            }
            [Token::Name(to), Token::Sign('='), Token::Name(from)] => {
                let named = names.iter().find(|(name, _)| name == from);
                let from = match named.map(|(_, real)| real.as_slice()) {
                    Some([Token::Name(real)]) => real.clone(),
                    _ => from.clone(),
                };
                if !module(&from) {
                    continue;
                }
                let ends = !next.is_some_and(|t| t.is('.') || t.is('('));
                let last = match tokens.get(at + 3..at + 5) {
                    Some([Token::Sign('.'), Token::Name(last)]) => Some(last),
                    _ => None,
                };
                let called = tokens.get(at + 5).is_some_and(|t| t.is('('));
                if ends && *to != from {
                    names.push((to.clone(), one(&from)));
                } else if let Some(last) = last.filter(|last| !called && known(last) && *last != to)
                {
                    let member = [Token::Sign('.'), Token::Name(last.clone())];
                    names.push((to.clone(), [one(&from), member.to_vec()].concat()));
                }
            }
            _ => {}
        }
    }
    names
}
