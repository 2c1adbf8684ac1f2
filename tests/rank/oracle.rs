//! `PageRank` by the definition: dense power iteration, no structure used.
//!
//! What it shares with the graph is nothing but the numbers of issues.

/// Ranks of `n` nodes with edges from dependant to blocker, parallel ones merged.
pub fn power_iteration(n: usize, links: &[(usize, usize)]) -> Vec<f64> {
    let mut out = vec![vec![false; n]; n];
    for (from, to) in links {
        out[*from][*to] = true;
    }
    let size = n as f64;
    let mut ranks = vec![1.0 / size; n];
    for _ in 0..2000 {
        let mut next = vec![0.15 / size; n];
        for (from, row) in out.iter().enumerate() {
            let degree = row.iter().filter(|there| **there).count();
            for (to, there) in row.iter().enumerate() {
                if degree == 0 {
                    next[to] += 0.85 * ranks[from] / size;
                } else if *there {
                    next[to] += 0.85 * ranks[from] / degree as f64;
                }
            }
        }
        let moved: f64 = next.iter().zip(&ranks).map(|(a, b)| (a - b).abs()).sum();
        ranks = next;
        if moved < 1e-14 {
            break;
        }
    }
    ranks
}

/// Which nodes reach each other, by the definition of a cycle.
pub fn cycles(n: usize, links: &[(usize, usize)]) -> Vec<Vec<u64>> {
    let mut reach = vec![vec![false; n]; n];
    for (from, to) in links {
        reach[*from][*to] = true;
    }
    for via in 0..n {
        for from in 0..n {
            for to in 0..n {
                reach[from][to] |= reach[from][via] && reach[via][to];
            }
        }
    }
    let mut found: Vec<Vec<u64>> = (0..n)
        .filter(|node| reach[*node][*node])
        .map(|node| {
            let together = (0..n).filter(|other| reach[node][*other] && reach[*other][node]);
            together.map(|other| other as u64 + 1).collect()
        })
        .collect();
    found.sort();
    found.dedup();
    found
}
