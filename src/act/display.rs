//! Shows on an issue where its work is, and leaves alone what somebody else did there.
//!
//! Invariant: it reads the issue before it writes, moves only labels that the factory left
//! there itself, one off before the next is on, and never takes anybody but the factory's
//! own account off the assignees. A second try finishes what a first one began.

use super::executor::{Executor, Job};
use super::outside::Outside;
use super::trouble::Trouble;
use crate::model::EffectResult;

/// What an issue wears on the forge.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Worn {
    /// The names of its labels.
    pub labels: Vec<String>,
    /// The logins of who is assigned, lower case.
    pub assignees: Vec<String>,
}

impl<O: Outside> Executor<O> {
    /// Puts the label `want` in the place of those of `all` that are the factory's `own`.
    pub(super) async fn show(
        &self,
        job: &Job,
        (own, all): (&[String], &[String]),
        want: Option<&String>,
    ) -> Result<EffectResult, Trouble> {
        let number = job.effect.issue;
        let Some(worn) = self.outside.worn(number).await? else {
            return Ok(EffectResult::Shown(Vec::new()));
        };
        let again = job.effect.tries > 0;
        let there: Vec<&String> = worn.labels.iter().filter(|l| all.contains(l)).collect();
        let is_ours = |label: &String| own.contains(label) || (again && want == Some(label));
        let somebody_put = there.iter().any(|label| !is_ours(label));
        let somebody_took = !again && own.len() == 1 && there.is_empty() && want.is_some();
        if somebody_put || somebody_took {
            let key = &job.effect.key;
            tracing::info!(target: "adf::effect", issue = number, %key, "its status label was changed by hand and stays so");
            return Ok(EffectResult::Shown(own.to_vec()));
        }
        for label in there.iter().filter(|label| Some(**label) != want) {
            self.outside.unlabel(number, label).await?;
        }
        if let Some(label) = want.filter(|label| !there.contains(label)) {
            self.outside.label(number, label).await?;
        }
        Ok(EffectResult::Shown(want.into_iter().cloned().collect()))
    }

    /// Assigns the factory's account, or takes back an assignment of its `own`.
    pub(super) async fn assign(
        &self,
        job: &Job,
        hold: bool,
        own: bool,
    ) -> Result<EffectResult, Trouble> {
        let number = job.effect.issue;
        let Some(worn) = self.outside.worn(number).await? else {
            return Ok(EffectResult::Assigned(false));
        };
        let me = self.who.me.login.to_lowercase();
        let there = worn.assignees.contains(&me);
        let ours = match (hold, there) {
            // Somebody has asked for the factory so; that is not its to take back.
            (true, true) => own || job.effect.tries > 0,
            (true, false) => {
                let all = [worn.assignees.as_slice(), &[me]].concat();
                self.outside.assign(number, &all).await?;
                true
            }
            (false, true) if own => {
                let mut all = worn.assignees;
                all.retain(|login| *login != me);
                self.outside.assign(number, &all).await?;
                false
            }
            (false, _) => false,
        };
        Ok(EffectResult::Assigned(ours))
    }
}
