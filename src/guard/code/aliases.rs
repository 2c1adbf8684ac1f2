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
    for token in &mut tokens {
        if let Token::Name(name) = token
            && let Some((_, from)) = names.iter().find(|(to, _)| to == name)
        {
            from.clone_into(name);
        }
    }
    tokens
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

/// `getattr(x, 'f')` and `x['f'](…)` are `x.f`.
fn called(tokens: Vec<Token>) -> Vec<Token> {
    let mut out: Vec<Token> = Vec::with_capacity(tokens.len());
    for token in tokens {
        out.push(token);
        let name = match out.as_slice() {
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
fn renamed(tokens: &[Token], language: &Language) -> Vec<(String, String)> {
    let mut names: Vec<(String, String)> = Vec::new();
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
    for (at, window) in tokens.windows(3).enumerate() {
        let next = tokens.get(at + 3);
        match window {
            [Token::Name(from), Token::Name(word), Token::Name(to)] if word == "as" => {
                names.push((to.clone(), from.clone()));
            }
            [Token::Name(from), Token::Sign(':'), Token::Name(to)]
                if known(from) && next.is_some_and(|t| t.is('}') || t.is(',')) =>
            {
                names.push((to.clone(), from.clone()));
            }
            [Token::Name(to), Token::Sign('='), Token::Name(from)] if module(from) => {
                let ends = !next.is_some_and(|t| t.is('.') || t.is('('));
                let last = match tokens.get(at + 3..at + 5) {
                    Some([Token::Sign('.'), Token::Name(last)]) => Some(last),
                    _ => None,
                };
                let called = tokens.get(at + 5).is_some_and(|t| t.is('('));
                if ends && to != from {
                    names.push((to.clone(), from.clone()));
                } else if let Some(last) = last.filter(|last| !called && known(last) && *last != to)
                {
                    names.push((to.clone(), last.clone()));
                }
            }
            _ => {}
        }
    }
    names
}
