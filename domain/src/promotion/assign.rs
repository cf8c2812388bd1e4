//! Who plays which part: pieces of the cart for the sides of a buy-get and the parts of a bundle, where one piece may
//! fit several.

use super::action::Pick;
use super::matching::LineSet;

/// One part: which lines fit, how many pieces one repetition takes, and which pieces are taken first.
#[derive(Debug)]
pub(crate) struct Role {
    pub(crate) lines: LineSet,
    pub(crate) quantity: u32,
    pub(crate) pick: Pick,
}

/// What can be taken of a line, and what orders it among others.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Supply {
    pub(crate) pieces: u32,
    pub(crate) unit_price: i64,
}

/// How often all roles can be filled at once with different pieces, at most `most`.
///
/// By Hall's theorem the roles can be filled when every set of them is offered at least as many pieces as it takes; so
/// the answer is the least quotient over all sets of roles, of which there are at most 2^8.
pub(crate) fn repetitions(roles: &[Role], supply: &[Supply], most: u32) -> u32 {
    let least = Sets::new(roles, supply).least_quotient();
    u32::try_from(least.min(u64::from(most))).unwrap_or(most)
}

/// Fills every role `times` over; `times` is at most what [`repetitions`] says. For each role (line, pieces), the
/// preferred first. Roles choose in their order, each as it prefers, as far as the others can still be filled.
pub(crate) fn assign(roles: &[Role], supply: &[Supply], times: u32) -> Vec<Vec<(usize, u32)>> {
    let mut sets = Sets::new(roles, supply);
    let mut left: Vec<u64> = supply.iter().map(|s| u64::from(s.pieces)).collect();
    let mut wanted: Vec<u64> = roles.iter().map(|role| u64::from(role.quantity) * u64::from(times)).collect();
    sets.demand(&wanted);
    let mut taken = Vec::with_capacity(roles.len());
    for (r, role) in roles.iter().enumerate() {
        let mut parts = Vec::new();
        for line in preferred(role, supply) {
            let pieces = left[line].min(wanted[r]).min(sets.slack(r, line));
            if pieces > 0 {
                left[line] -= pieces;
                wanted[r] -= pieces;
                sets.take(r, line, pieces);
                parts.push((line, u32::try_from(pieces).unwrap_or(u32::MAX)));
            }
        }
        taken.push(parts);
    }
    taken
}

/// The role's lines in the order in which their pieces are taken.
pub(crate) fn preferred(role: &Role, supply: &[Supply]) -> Vec<usize> {
    let mut lines: Vec<usize> = role.lines.iter().collect();
    match role.pick {
        Pick::Cheapest => lines.sort_by_key(|line| (supply[*line].unit_price, *line)),
        Pick::MostExpensive => lines.sort_by_key(|line| (std::cmp::Reverse(supply[*line].unit_price), *line)),
    }
    lines
}

/// Every set of roles: what it is offered and what it still takes.
struct Sets {
    /// For each line the roles that it fits, as bits.
    fits: Vec<usize>,
    offered: Vec<u64>,
    wanted: Vec<u64>,
}

impl Sets {
    fn new(roles: &[Role], supply: &[Supply]) -> Self {
        let mut fits = vec![0; supply.len()];
        for (r, role) in roles.iter().enumerate() {
            role.lines.iter().for_each(|line| fits[line] |= 1 << r);
        }
        let count = 1_usize << roles.len();
        let mut sets = Self { fits, offered: vec![0; count], wanted: Vec::new() };
        for set in 1..count {
            let fitting = sets.fits.iter().zip(supply).filter(|(fits, _)| *fits & set != 0);
            sets.offered[set] = fitting.map(|(_, supply)| u64::from(supply.pieces)).sum();
        }
        sets.demand(&roles.iter().map(|role| u64::from(role.quantity)).collect::<Vec<_>>());
        sets
    }

    fn demand(&mut self, wanted: &[u64]) {
        let sum = |set: usize| wanted.iter().enumerate().filter(|(r, _)| set >> r & 1 == 1).map(|(_, w)| w).sum();
        self.wanted = (0..self.offered.len()).map(sum).collect();
    }

    fn least_quotient(&self) -> u64 {
        let quotients = self.offered.iter().zip(&self.wanted).skip(1);
        quotients.map(|(offered, wanted)| offered.checked_div(*wanted).unwrap_or(0)).min().unwrap_or(0)
    }

    /// How many pieces of `line` the role may take so that no set of the others goes short.
    fn slack(&self, role: usize, line: usize) -> u64 {
        let others = (1..self.offered.len()).filter(|set| set >> role & 1 == 0 && self.fits[line] & set != 0);
        others.map(|set| self.offered[set].saturating_sub(self.wanted[set])).min().unwrap_or(u64::MAX)
    }

    fn take(&mut self, role: usize, line: usize, pieces: u64) {
        for set in 1..self.offered.len() {
            if self.fits[line] & set != 0 {
                self.offered[set] -= pieces;
            }
            if set >> role & 1 == 1 {
                self.wanted[set] -= pieces;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Whether `wanted` pieces a role can be had, tried piece by piece: each takes a free one that fits, or one whose
    /// holder finds another.
    fn can_be_filled(roles: &[Role], supply: &[Supply], times: u32) -> bool {
        let slots = |role: &Role| (role.quantity * times) as usize;
        let seekers: Vec<usize> = (0..roles.len()).flat_map(|r| std::iter::repeat_n(r, slots(&roles[r]))).collect();
        let pieces: Vec<usize> =
            supply.iter().enumerate().flat_map(|(line, s)| std::iter::repeat_n(line, s.pieces as usize)).collect();
        let mut held: Vec<Option<usize>> = vec![None; pieces.len()];
        fn find(
            seeker: usize,
            fits: &dyn Fn(usize, usize) -> bool,
            held: &mut [Option<usize>],
            seen: &mut [bool],
        ) -> bool {
            for piece in 0..held.len() {
                if fits(seeker, piece) && !seen[piece] {
                    seen[piece] = true;
                    if held[piece].is_none_or(|other| find(other, fits, held, seen)) {
                        held[piece] = Some(seeker);
                        return true;
                    }
                }
            }
            false
        }
        let fits = |seeker: usize, piece: usize| roles[seekers[seeker]].lines.iter().any(|line| line == pieces[piece]);
        (0..seekers.len()).all(|seeker| find(seeker, &fits, &mut held, &mut vec![false; pieces.len()]))
    }

    fn any_roles() -> impl Strategy<Value = (Vec<Role>, Vec<Supply>)> {
        let role = (prop::collection::btree_set(0..4_usize, 0..4), 1..3_u32, any::<bool>());
        let supply = prop::collection::vec((0..5_u32, 0..4_i64), 4);
        (prop::collection::vec(role, 1..4), supply).prop_map(|(roles, supply)| {
            let role = |(lines, quantity, cheapest): (std::collections::BTreeSet<usize>, u32, bool)| {
                let mut set = LineSet::none(4);
                lines.into_iter().for_each(|line| set.insert(line));
                Role { lines: set, quantity, pick: if cheapest { Pick::Cheapest } else { Pick::MostExpensive } }
            };
            let supply = supply.into_iter().map(|(pieces, unit_price)| Supply { pieces, unit_price });
            (roles.into_iter().map(role).collect(), supply.collect())
        })
    }

    proptest! {
        #[test]
        fn the_repetitions_are_the_most_there_can_be((roles, supply) in any_roles()) {
            let times = repetitions(&roles, &supply, 100);
            prop_assert!(can_be_filled(&roles, &supply, times));
            prop_assert!(!can_be_filled(&roles, &supply, times + 1));
        }

        #[test]
        fn every_role_is_filled_with_pieces_of_its_own((roles, supply) in any_roles()) {
            let times = repetitions(&roles, &supply, 3);
            let taken = assign(&roles, &supply, times);
            let mut used = vec![0; supply.len()];
            for (role, parts) in roles.iter().zip(&taken) {
                prop_assert_eq!(parts.iter().map(|(_, pieces)| pieces).sum::<u32>(), role.quantity * times);
                for (line, pieces) in parts {
                    prop_assert!(role.lines.iter().any(|fitting| fitting == *line));
                    used[*line] += pieces;
                }
            }
            prop_assert!(used.iter().zip(&supply).all(|(used, supply)| *used <= supply.pieces));
        }
    }
}
