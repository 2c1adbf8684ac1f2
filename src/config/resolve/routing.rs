//! `[routing]`: the files of keywords, read and tried, and the project's default.
//!
//! Invariant: scenarios are returned without a fault only if every example in
//! their files routes as it says.

use super::{Resolver, prompts};
use crate::config::fault::{Fault, Severity};
use crate::config::{explain, files, raw};
use crate::model::route::{Choice, Scenario};
use crate::model::settings::{Provider, Routing};
use crate::routing::check::{FILES_MAX, check};
use crate::routing::file::{self, FILE_BYTES_MAX, File, Flaw};
use crate::routing::shipped;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const DIR: &str = "/routing/dir";
const FORM: &str = "one file a tier, such as review.md: front matter with tier, priority and chain, then lists of keywords and examples";

/// A routing file as it was found.
struct Found {
    path: PathBuf,
    text: String,
    file: File,
}

impl Resolver<'_, '_> {
    pub(super) fn routing(
        &mut self,
        raw: &raw::Routing,
        providers: &BTreeMap<String, Provider>,
    ) -> Routing {
        let default = self.routing_default(raw, providers);
        let dir = raw.dir.as_ref().map(|dir| self.path(dir, DIR));
        let scenarios = match &dir {
            Some(dir) => self.scenarios(dir, providers),
            None => shipped(),
        };
        Routing {
            decides: self.faults.doc.has("/routing"),
            dir,
            scenarios,
            default,
        }
    }

    fn routing_default(
        &mut self,
        raw: &raw::Routing,
        providers: &BTreeMap<String, Provider>,
    ) -> Option<Choice> {
        self.model("/routing/model", raw.model.as_deref());
        let names: Vec<String> = providers.keys().cloned().collect();
        if let Some(name) = raw.provider.as_ref().filter(|name| !names.contains(name)) {
            let message = format!("no provider is called `{name}`");
            let help = explain::offer(explain::nearest(name, &names), &names, "providers");
            self.faults.error("/routing/provider", message, help);
            return None;
        }
        let provider = raw
            .provider
            .clone()
            .or_else(|| Some(only(providers)?.provider));
        if provider.is_none() && raw.model.is_some() {
            let message = "`model` has no effect without `provider`";
            let help = "add `provider`, or take this key out";
            self.faults.key_error("/routing/model", message, help);
        }
        Some(Choice {
            provider: provider?,
            model: raw.model.clone(),
        })
    }

    fn scenarios(&mut self, dir: &Path, providers: &BTreeMap<String, Provider>) -> Vec<Scenario> {
        let (mut found, mut whole) = (Vec::new(), true);
        for path in self.routing_files(dir) {
            let most = u64::try_from(FILE_BYTES_MAX).unwrap_or(u64::MAX);
            let text = match prompts::read(&path, most) {
                Ok(text) => text,
                Err(reason) => {
                    let message = format!("routing file {}: {reason}", path.display());
                    self.faults.error(DIR, message, FORM);
                    whole = false;
                    continue;
                }
            };
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            match file::read(&name, &text) {
                Ok(file) => found.push(Found { path, text, file }),
                Err(flaws) => {
                    whole = false;
                    for flaw in flaws {
                        self.flaw(&path, &text, flaw);
                    }
                }
            }
        }
        // Without one file the examples of the others may well go elsewhere.
        if !whole {
            return Vec::new();
        }
        for one in &found {
            self.served(one, providers);
        }
        let files: Vec<File> = found.iter().map(|one| one.file.clone()).collect();
        for (n, flaw) in check(&files) {
            if let Some(one) = found.get(n) {
                self.flaw(&one.path, &one.text, flaw);
            }
        }
        files.into_iter().map(|file| file.scenario).collect()
    }

    fn routing_files(&mut self, dir: &Path) -> Vec<PathBuf> {
        let mut paths = match files::routing_files(dir) {
            Ok(paths) => paths,
            Err(error) => {
                let message = format!("the folder {} cannot be read: {error}", dir.display());
                self.faults.error(DIR, message, FORM);
                return Vec::new();
            }
        };
        if paths.is_empty() {
            let message = format!("the folder {} holds no routing file, *.md", dir.display());
            self.faults.error(DIR, message, FORM);
        }
        if paths.len() > FILES_MAX {
            let message = format!(
                "{} routing files; at most {FILES_MAX} are taken",
                paths.len()
            );
            self.faults.error(DIR, message, "join some of them");
            paths.clear();
        }
        paths
    }

    /// Warns of a file that no provider of this config can serve, and of names in its chain
    /// that are nobody's.
    fn served(&mut self, one: &Found, providers: &BTreeMap<String, Provider>) {
        let known = |choice: &&Choice| {
            let kind = |provider: &Provider| provider.kind() == choice.provider;
            providers.contains_key(&choice.provider) || providers.values().any(kind)
        };
        let warning = |span, message, help| Flaw {
            span,
            message,
            help,
            warning: true,
        };
        let chain = &one.file.scenario.chain;
        if !chain.iter().any(|choice| known(&choice)) {
            let message = "none of the providers of `chain` is in the config".to_owned();
            let help = "name providers as in [providers], or their kinds; until then this tier runs on defaults";
            self.flaw(
                &one.path,
                &one.text,
                warning(0..0, message, help.to_owned()),
            );
        }
        for choice in chain {
            let name = &choice.provider;
            if known(&choice) || Provider::KINDS.contains(&name.as_str()) {
                continue;
            }
            let message =
                format!("no provider of the config is called `{name}`, and no kind of provider is");
            let kinds = Provider::KINDS.map(str::to_owned);
            let names: Vec<String> = providers.keys().cloned().chain(kinds).collect();
            let help = explain::offer(explain::nearest(name, &names), &names, "providers");
            let at = one.text.find(&format!("\"{name}\"")).unwrap_or_default();
            self.flaw(
                &one.path,
                &one.text,
                warning(at..at + name.len() + 2, message, help),
            );
        }
    }

    fn flaw(&mut self, path: &Path, text: &str, flaw: Flaw) {
        let end = flaw.span.end.min(text.len());
        let span = flaw.span.start.min(end)..end;
        let mut fault = Fault::in_text(path, text.into(), span, flaw.message, flaw.help);
        if flaw.warning {
            fault.severity = Severity::Warning;
        }
        self.faults.elsewhere(DIR, fault);
    }
}

/// The only provider, if there is but one.
fn only(providers: &BTreeMap<String, Provider>) -> Option<Choice> {
    let mut names = providers.keys();
    let provider = names.next()?.clone();
    let choice = Choice {
        provider,
        model: None,
    };
    names.next().is_none().then_some(choice)
}
