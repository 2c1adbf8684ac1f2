//! Git over HTTP: who may fetch and push, then git's own backend.
//!
//! Like a stock server, it lets anybody who may read start a push and has the
//! pre-receive hook refuse it, so that the pusher reads why.
//!
//! Invariant: after a push the world looks at the repository, not at what the
//! pusher claimed.

use super::{
    Inner,
    answer::{Answer, Body},
    auth, bare, git, pulls,
    serve::Asked,
    state::{Permission, Repo, State},
};

/// Answers a git request; `None` when the path is not one.
pub(super) fn answer(world: &Inner, asked: &Asked) -> Option<Answer> {
    let path = asked.path.strip_prefix('/')?;
    let (repo, service) = path
        .split_once(".git/")
        .or_else(|| {
            let at = path.match_indices('/').nth(1)?.0;
            Some((path.get(..at)?, path.get(at + 1..)?))
        })
        .filter(|(_, service)| SERVICES.contains(service))?;
    Some(serve(world, asked, repo, service).unwrap_or_else(|refusal| refusal))
}

const SERVICES: [&str; 3] = ["info/refs", "git-upload-pack", "git-receive-pack"];

fn serve(world: &Inner, asked: &Asked, name: &str, service: &str) -> Result<Answer, Answer> {
    let push = service == "git-receive-pack" || asked.query.contains("git-receive-pack");
    let (full_name, env, before) = {
        let state = world.state();
        let repo = find(&state, name, asked, service, push)?;
        let actor = auth::actor(&state, asked.header("authorization")).map_err(|_| ask())?;
        let login = actor.as_ref().map(|actor| actor.login.as_str());
        let right = repo.right(login);
        if login.is_none() && (push || right < Permission::Read) {
            return Err(ask());
        }
        if right < Permission::Read {
            return Err(Answer::text(404, "Repository not found\n"));
        }
        if let Some(actor) = &actor {
            let public = !push && !repo.private;
            if !public && !actor.covers("repository", push) {
                return Err(Answer::text(403, "Forbidden\n"));
            }
        }
        if push && repo.archived.is_some() {
            return Err(Answer::text(
                403,
                "This repo is archived. You can view files and clone it, but cannot push or open issues/pull-requests.\n",
            ));
        }
        let env = environment(world, asked, repo, service, login, right);
        let before = (service == "git-receive-pack").then(|| bare::branches(&repo.git_dir));
        (repo.full_name(), env, before)
    };
    let output = git::http_backend(&world.dir, &env, asked.body.clone());
    let output = output.map_err(|_| Answer::internal())?;
    if let Some(before) = before {
        pulls::head_moved(world, &full_name, &before, world.clock.now());
    }
    Ok(cgi(&output))
}

fn ask() -> Answer {
    Answer::text(401, "Unauthorized\n").with("www-authenticate", "Basic realm=\"Gitea\"")
}

fn find<'a>(
    state: &'a State,
    name: &str,
    asked: &Asked,
    service: &str,
    push: bool,
) -> Result<&'a Repo, Answer> {
    if let Ok(repo) = state.repo(name) {
        return Ok(repo);
    }
    let id = state.moved.get(&name.to_ascii_lowercase());
    if let Some(repo) = id.and_then(|id| state.repos.iter().find(|repo| repo.id == *id)) {
        let query = if asked.query.is_empty() {
            String::new()
        } else {
            format!("?{}", asked.query)
        };
        let place = format!("/{}.git/{service}{query}", repo.full_name());
        return Err(Answer::bare(301).with("location", place));
    }
    if asked.header("authorization").is_none() {
        return Err(ask());
    }
    Err(match push {
        true => Answer::text(403, "Push to create is not enabled for users.\n"),
        false => Answer::text(404, "Repository not found\n"),
    })
}

/// The CGI environment, and what the hooks need to know.
fn environment(
    world: &Inner,
    asked: &Asked,
    repo: &Repo,
    service: &str,
    login: Option<&str>,
    right: Permission,
) -> Vec<(String, String)> {
    let header = |name: &str| asked.header(name).unwrap_or_default().to_owned();
    let folder = repo
        .git_dir
        .file_name()
        .unwrap_or_default()
        .to_string_lossy();
    let open = repo.issues.iter().filter(|issue| issue.closed.is_none());
    let pulls: Vec<String> = open
        .filter_map(|issue| Some(format!("{}={}", issue.number, issue.pull.as_ref()?.head)))
        .collect();
    let protected: Vec<&str> = repo.protected.iter().map(String::as_str).collect();
    let read_only = if right < Permission::Write { "1" } else { "" };
    [
        ("GIT_PROJECT_ROOT", world.dir.to_string_lossy().into_owned()),
        ("GIT_HTTP_EXPORT_ALL", "1".to_owned()),
        ("PATH_INFO", format!("/{folder}/{service}")),
        ("REQUEST_METHOD", asked.method.clone()),
        ("QUERY_STRING", asked.query.clone()),
        ("CONTENT_TYPE", header("content-type")),
        ("CONTENT_LENGTH", asked.body.len().to_string()),
        ("HTTP_CONTENT_ENCODING", header("content-encoding")),
        ("GIT_PROTOCOL", header("git-protocol")),
        ("REMOTE_USER", login.unwrap_or_default().to_owned()),
        ("REMOTE_ADDR", "127.0.0.1".to_owned()),
        ("FORGE_READ_ONLY", read_only.to_owned()),
        ("FORGE_PROTECTED", protected.join(" ")),
        ("FORGE_DEFAULT", "main".to_owned()),
        ("FORGE_PULLS", pulls.join(" ")),
        ("FORGE_URL", format!("{}/{}", world.base, repo.full_name())),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value))
    .collect()
}

/// A CGI answer as an HTTP answer.
fn cgi(output: &[u8]) -> Answer {
    let Some(at) = output.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Answer::internal();
    };
    let (head, body) = output.split_at(at);
    let head = String::from_utf8_lossy(head);
    let mut answer = Answer::bare(200);
    for (name, value) in head.lines().filter_map(|line| line.split_once(": ")) {
        match name.to_ascii_lowercase().as_str() {
            "status" => {
                let code = value.split(' ').next().and_then(|code| code.parse().ok());
                answer.status = code.unwrap_or(500);
            }
            "content-type" => answer.headers.push(("content-type", value.to_owned())),
            "cache-control" => answer.headers.push(("cache-control", value.to_owned())),
            _ => {}
        }
    }
    answer.body = Body::Bytes(body.get(4..).unwrap_or_default().to_vec());
    answer
}
