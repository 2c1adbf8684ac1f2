//! So many of something, as people read it: one run, two runs.

/// `n` and the word for one of them, in the number that goes with it.
#[must_use]
pub fn counted(n: impl TryInto<u64>, one: &str) -> String {
    let n = n.try_into().unwrap_or(u64::MAX);
    if n == 1 {
        return format!("1 {one}");
    }
    let last = one.rsplit(' ').next().unwrap_or(one);
    match last.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => {
            format!("{n} {}ies", one.trim_end_matches('y'))
        }
        _ if last.ends_with(['s', 'x']) || last.ends_with("ch") => format!("{n} {one}es"),
        _ => format!("{n} {one}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::counted;

    #[test]
    fn one_is_not_many() {
        let told = ["run", "process", "branch", "run directory", "day"];
        assert_eq!(
            told.map(|word| counted(1_u64, word)),
            ["1 run", "1 process", "1 branch", "1 run directory", "1 day"]
        );
        assert_eq!(
            told.map(|word| counted(2_usize, word)),
            [
                "2 runs",
                "2 processes",
                "2 branches",
                "2 run directories",
                "2 days"
            ]
        );
        assert_eq!(counted(0_u32, "lease"), "0 leases");
    }
}
