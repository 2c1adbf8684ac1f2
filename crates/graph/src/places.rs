//! Numbers of issues → their places in a list that is in the order of the numbers.
//!
//! Invariant: the numbers of one repository lie close together, so a table answers at
//! once; where they do not, the list is searched, and no table outgrows it.

/// Table entries for each number, at most.
const SPREAD_MAX: u64 = 4;
/// What stands in the table where no number is.
const NOBODY: u32 = u32::MAX;

/// Where each number is.
#[derive(Clone, Debug)]
pub struct Places(By);

#[derive(Clone, Debug)]
enum By {
    Table { first: u64, places: Vec<u32> },
    List(Vec<u64>),
}

impl Places {
    /// The places of numbers, each of which is greater than the one before.
    #[must_use]
    pub fn of(numbers: Vec<u64>) -> Places {
        let (first, last) = match (numbers.first(), numbers.last()) {
            (Some(first), Some(last)) => (*first, *last),
            _ => return Places(By::List(numbers)),
        };
        let count = u64::try_from(numbers.len()).unwrap_or(u64::MAX);
        let spread = last.saturating_sub(first).saturating_add(1);
        let size = usize::try_from(spread).ok();
        let size = size.filter(|_| spread <= count.saturating_mul(SPREAD_MAX));
        let Some(size) = size.filter(|_| count < u64::from(NOBODY)) else {
            return Places(By::List(numbers));
        };
        let mut places = vec![NOBODY; size];
        for (place, number) in (0_u32..).zip(&numbers) {
            if let Some(entry) = entry(first, *number).and_then(|at| places.get_mut(at)) {
                *entry = place;
            }
        }
        Places(By::Table { first, places })
    }

    /// The place of a number, if it is in the list.
    #[must_use]
    pub fn get(&self, number: u64) -> Option<usize> {
        match &self.0 {
            By::Table { first, places } => {
                let place = *places.get(entry(*first, number)?)?;
                (place != NOBODY).then(|| usize::try_from(place).ok())?
            }
            By::List(numbers) => numbers.binary_search(&number).ok(),
        }
    }
}

fn entry(first: u64, number: u64) -> Option<usize> {
    usize::try_from(number.checked_sub(first)?).ok()
}

#[cfg(test)]
mod tests {
    use super::{By, Places};

    #[test]
    fn every_number_has_its_place_and_no_other_has_one() {
        let close: Vec<u64> = (5..500).filter(|n| n % 3 != 0).collect();
        let far = vec![1, 7, u64::MAX];
        for numbers in [close, far, vec![], vec![9]] {
            let places = Places::of(numbers.clone());
            for number in (0..600).chain([u64::MAX, u64::MAX - 1]) {
                let at = numbers.iter().position(|n| *n == number);
                assert_eq!(places.get(number), at, "{number}");
            }
        }
    }

    #[test]
    fn what_is_spread_wide_gets_no_table() {
        assert!(matches!(Places::of(vec![1, 1 << 40]).0, By::List(_)));
        assert!(matches!(Places::of(vec![1, 8]).0, By::Table { .. }));
    }
}
