//! Which pieces make one bundle. A piece can often be more than one of its parts, so taking a piece may mean to give
//! another one a different place: augmenting paths, as for any matching. Pieces that are offered from the most expensive on
//! come out as the most expensive that fit together at all.

use std::collections::BTreeMap;

/// A bundle in the making.
pub(crate) struct Fit {
    /// The part that each place belongs to.
    places: Vec<u32>,
    /// Who has it: the piece's line, and the parts it can be.
    taken: Vec<Option<(usize, u32)>>,
    /// Parts for which no place is left, not even by moving others; nor will there be one.
    full: Vec<u32>,
}

impl Fit {
    /// `quantities`: pieces of each part, 32 parts at most.
    pub(crate) fn new(quantities: impl Iterator<Item = u32>) -> Self {
        let places: Vec<u32> =
            (0..).zip(quantities.take(32)).flat_map(|(part, n)| std::iter::repeat_n(part, n as usize)).collect();
        Self { taken: vec![None; places.len()], places, full: Vec::new() }
    }

    /// Takes a piece of the line `at`, which can be any of `parts`, if there is a place for it.
    pub(crate) fn add(&mut self, at: usize, parts: u32) -> bool {
        if self.full.iter().any(|full| parts & !full == 0) {
            return false;
        }
        let added = self.place((at, parts), &mut vec![false; self.places.len()]);
        if !added {
            self.full.push(parts);
        }
        added
    }

    fn place(&mut self, piece: (usize, u32), seen: &mut [bool]) -> bool {
        for place in 0..self.places.len() {
            if seen[place] || piece.1 >> self.places[place] & 1 == 0 {
                continue;
            }
            seen[place] = true;
            let moved = match self.taken[place] {
                None => true,
                Some(other) => self.place(other, seen),
            };
            if moved {
                self.taken[place] = Some(piece);
                return true;
            }
        }
        false
    }

    /// Places that nobody has.
    pub(crate) fn open(&self) -> usize {
        self.taken.iter().filter(|place| place.is_none()).count()
    }

    /// So many pieces of these lines.
    pub(crate) fn pieces(&self) -> BTreeMap<usize, u32> {
        let mut pieces = BTreeMap::new();
        for (at, _) in self.taken.iter().flatten() {
            *pieces.entry(*at).or_default() += 1;
        }
        pieces
    }
}
