//! How the demo's steps are shown: a live list on a terminal, plain lines elsewhere.

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::time::Duration;

/// How often a waiting step's sign turns.
const TURN: Duration = Duration::from_millis(100);

/// Shows steps as they happen.
pub(in crate::cli) struct Show {
    silent: bool,
    live: Option<MultiProgress>,
    current: Option<ProgressBar>,
}

impl Show {
    pub(in crate::cli) fn new() -> Show {
        let live = std::io::stdout().is_terminal().then(MultiProgress::new);
        Show {
            silent: false,
            live,
            current: None,
        }
    }

    /// Shows nothing: a script reads.
    pub(in crate::cli) fn silent() -> Show {
        Show {
            silent: true,
            live: None,
            current: None,
        }
    }

    /// Something that has happened.
    pub(in crate::cli) fn line(&mut self, text: &str) {
        match &self.live {
            None if self.silent => {}
            Some(live) => {
                // A line that cannot be drawn is no reason to stop.
                let _ = live.println(format!("✓ {text}"));
            }
            None => super::say(&format!("ok  {text}")),
        }
    }

    /// Something that is waited for now.
    pub(in crate::cli) fn wait(&mut self, text: &str) {
        if let Some(live) = &self.live {
            let bar = live.add(ProgressBar::new_spinner());
            bar.set_style(ProgressStyle::default_spinner());
            bar.set_message(text.to_owned());
            bar.enable_steady_tick(TURN);
            self.current = Some(bar);
        }
    }

    /// What was waited for has happened.
    pub(in crate::cli) fn done(&mut self, text: &str) {
        if let Some(bar) = self.current.take() {
            bar.finish_and_clear();
        }
        self.line(text);
    }

    /// Nothing is waited for any more.
    pub(in crate::cli) fn end(&mut self) {
        if let Some(bar) = self.current.take() {
            bar.abandon();
        }
    }
}
