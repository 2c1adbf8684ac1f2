//! `[notify]`: who is told, with the body's template tried on the worst of texts.
//!
//! Invariant: a webhook that is returned without a fault has a place for its
//! address and a body that is JSON whatever a text holds, where JSON is wanted.

use super::Resolver;
use crate::config::document::child;
use crate::config::raw_notify::{Format, Method, Notify, Sink, SinkKind};
use crate::config::secret::SinkSecrets;
use crate::config::{secretish, span};
use crate::model::notify::{self, BodyFormat, Way};
use crate::prompt::body::check_body;
use crate::schedule::Schedule;
use std::collections::BTreeMap;

/// Keys that say something only about a webhook.
const OF_WEBHOOKS: [&str; 12] = [
    "url_credential",
    "url_env",
    "url_file",
    "token_credential",
    "token_env",
    "token_file",
    "auth_header",
    "method",
    "format",
    "headers",
    "body",
    "timeout",
];

/// Headers that the factory sets by itself.
const OWN_HEADERS: [&str; 5] = [
    "content-type",
    "content-length",
    "host",
    "transfer-encoding",
    "connection",
];

impl Resolver<'_, '_> {
    pub(super) fn notify(
        &mut self,
        raw: Notify,
        zone: &str,
    ) -> (notify::Notify, BTreeMap<String, SinkSecrets>) {
        if raw.sinks.is_empty() {
            for key in ["gather", "every", "digest"] {
                let pointer = child("/notify", key);
                if self.faults.doc.has(&pointer) {
                    let message = format!("`{key}` has no effect without a sink");
                    let help = "add [notify.sinks.NAME] with its kind, or take this key out";
                    self.faults.key_error(&pointer, message, help);
                }
            }
        }
        if let Some(Err(error)) = raw.digest.as_ref().map(|line| Schedule::parse(line, zone)) {
            let help = "minute hour day-of-month month day-of-week, as in `0 7 * * 1-5`";
            self.faults.error("/notify/digest", error.to_string(), help);
        }
        let (mut sinks, mut secrets) = (BTreeMap::new(), BTreeMap::new());
        for (name, sink) in raw.sinks {
            let at = child("/notify/sinks", &name);
            if !super::providers::is_name(&name) {
                let help =
                    "lower-case letters, digits and hyphens, beginning with a letter, at most 40";
                let message = format!("`{name}` is not a name for a sink");
                self.faults.key_error(&at, message, help);
            }
            let digest = sink.digest;
            let by = match sink.kind {
                SinkKind::Issue => self.issue(&at, &sink),
                SinkKind::Webhook => {
                    secrets.extend(self.sink_secrets(&at, &sink).map(|s| (name.clone(), s)));
                    Way::Webhook(self.request(&at, sink))
                }
            };
            sinks.insert(name, notify::Sink { digest, by });
        }
        let notify = notify::Notify {
            gather: span::resolve(&raw.gather, span::GATHER, "/notify/gather", self.faults),
            every: span::resolve(&raw.every, span::EVERY, "/notify/every", self.faults),
            digest: raw.digest,
            sinks,
        };
        (notify, secrets)
    }

    fn issue(&mut self, at: &str, sink: &Sink) -> Way {
        for key in OF_WEBHOOKS {
            self.without_effect(at, key, "issue");
        }
        Way::Issue {
            number: sink.number,
        }
    }

    fn without_effect(&mut self, at: &str, key: &str, kind: &str) {
        let pointer = child(at, key);
        if self.faults.doc.has(&pointer) {
            let message = format!("`{key}` has no effect with kind `{kind}`");
            self.faults.key_error(&pointer, message, "take it out");
        }
    }

    fn sink_secrets(&mut self, at: &str, sink: &Sink) -> Option<SinkSecrets> {
        let keys = ["url_credential", "url_env", "url_file"];
        let given = (&sink.url_credential, &sink.url_env, &sink.url_file);
        let url = self.place(at, keys, given);
        let keys = ["token_credential", "token_env", "token_file"];
        let given = (&sink.token_credential, &sink.token_env, &sink.token_file);
        let token = self.place(at, keys, given);
        if token.is_none() && self.faults.doc.has(&child(at, "auth_header")) {
            let message = "`auth_header` has no effect without a token".to_owned();
            let help = "add token_file, token_env or token_credential, or take this key out";
            self.faults
                .key_error(&child(at, "auth_header"), message, help);
        }
        if url.is_none() {
            let message = "a webhook needs the place of its address";
            let help = "add url_file, url_env or url_credential; addresses often hold a secret, so they are not written here";
            self.faults.error(&child(at, "url_file"), message, help);
        }
        Some(SinkSecrets { url: url?, token })
    }

    fn request(&mut self, at: &str, sink: Sink) -> notify::Webhook {
        self.without_effect(at, "number", "webhook");
        let format = match sink.format {
            Format::Json => BodyFormat::Json,
            Format::Text => BodyFormat::Text,
        };
        let body = sink.body.unwrap_or_else(|| {
            match format {
                BodyFormat::Json => "{\"text\": {{ text }}}",
                BodyFormat::Text => "{{ text }}",
            }
            .to_owned()
        });
        let body_at = child(at, "body");
        if let Err(fault) = check_body(&body, format) {
            let message = format!(
                "template, line {}, column {}: {}",
                fault.line, fault.column, fault.message
            );
            self.faults.error(&body_at, message, fault.help);
        }
        for (name, value) in &sink.headers {
            self.header(&child(&child(at, "headers"), name), name, value);
        }
        notify::Webhook {
            method: match sink.method {
                Method::Post => "POST",
                Method::Put => "PUT",
            },
            format,
            headers: sink.headers,
            body,
            timeout: span::resolve(&sink.timeout, span::TRY, &child(at, "timeout"), self.faults),
            auth_header: sink.auth_header,
        }
    }

    fn header(&mut self, at: &str, name: &str, value: &str) {
        let lower = name.to_ascii_lowercase();
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
        let secret = secretish::is_secret_name(&lower)
            || ["authorization", "cookie"]
                .iter()
                .any(|w| lower.contains(w));
        let (message, help) = if name.is_empty() || !name.chars().all(plain) {
            let help = "letters, digits and hyphens";
            (format!("`{name}` is not the name of a header"), help)
        } else if OWN_HEADERS.contains(&lower.as_str()) {
            let help = "take it out; `format` says what the body is";
            (format!("`{name}` is set by the factory"), help)
        } else if secret || secretish::is_secret_value(value) {
            let help = "put the value into a file of mode 0600 and name it by token_file, with auth_header = \"NAME\"";
            (format!("`{name}` would hold a secret"), help)
        } else if value.chars().any(char::is_control) || !value.is_ascii() {
            let help = "one line of ASCII";
            (
                format!("the value of `{name}` cannot stand in a header"),
                help,
            )
        } else {
            return;
        };
        self.faults.key_error(at, message, help);
    }
}
