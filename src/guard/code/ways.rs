//! Names that stand for several things, items of a loop or what calls give a
//! parameter → each of these in turn.
//!
//! Invariant: within one way a name stands for one thing; where there are more
//! ways than are followed, what is left is not known.

use super::names::Code;

/// In how many ways one call is judged: by the items of loops and the calls of functions.
const WAYS_MAX: usize = 512;

/// What was chosen where a name stands for several things.
#[derive(Debug, Default)]
pub(super) struct Ways {
    /// The choice, what was taken, and of how many.
    chosen: Vec<(usize, usize, usize)>,
    /// There are too many: nothing is known.
    too_many: bool,
}

impl Code<'_> {
    /// What comes of it in each way that names which stand for several things allow.
    pub(super) fn each_way<T: PartialEq>(&self, what: impl Fn() -> T) -> Vec<T> {
        let mut found: Vec<T> = Vec::new();
        let mut ways = Ways::default();
        for n in 0.. {
            ways.too_many = n >= WAYS_MAX || n > 0 && self.spend().is_none();
            self.ways.replace(Some(ways));
            let one = what();
            ways = self.ways.take().unwrap_or_default();
            if !found.contains(&one) {
                found.push(one);
            }
            while ways
                .chosen
                .last()
                .is_some_and(|(_, pick, of)| pick + 1 >= *of)
            {
                ways.chosen.pop();
            }
            match ways.chosen.last_mut() {
                Some((_, pick, _)) if !ways.too_many => *pick += 1,
                _ => break,
            }
        }
        found
    }

    /// One of so many: in `each_way` all of them in turn, else the first.
    pub(super) fn choose(&self, key: usize, of: usize) -> Option<usize> {
        if of == 0 {
            return None;
        }
        let mut ways = self.ways.borrow_mut();
        let Some(ways) = ways.as_mut() else {
            return Some(0);
        };
        if ways.too_many && of > 1 {
            return None;
        }
        if let Some((_, pick, _)) = ways.chosen.iter().find(|(known, ..)| *known == key) {
            return (*pick < of).then_some(*pick);
        }
        ways.chosen.push((key, 0, of));
        Some(0)
    }
}
