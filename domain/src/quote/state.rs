//! A cart while discounts are being taken. Every line is kept as runs of pieces that have cost the same so far, so that
//! an offer for two of five pieces knows what those two cost.

use super::effect::{Off, Only, Spread};
use crate::promotion::Line;
use crate::{Currency, Money};

#[derive(Debug, Clone)]
pub(super) struct LineState {
    pub(super) unit_price: i64,
    pub(super) quantity: u32,
    runs: Vec<Run>,
    pub(super) taken: Vec<Taken>,
}

#[derive(Debug, Clone, Copy)]
struct Run {
    pieces: u32,
    /// What they cost together now.
    amount: i64,
    /// Made cheaper by an offer of class product, or claimed.
    touched: bool,
    /// Counted in a buy-get or a bundle.
    claimed: bool,
}

/// One allocation to be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Taken {
    pub(super) by: usize,
    /// Which of its actions or operations.
    pub(super) action: usize,
    pub(super) amount: i64,
    /// None: the line as a whole.
    pub(super) pieces: Option<u32>,
    pub(super) limited: bool,
}

/// What is taken from which pieces: (line, pieces), each line once.
pub(super) struct Offer<'a> {
    pub(super) targets: &'a [(usize, u32)],
    pub(super) only: Only,
    pub(super) off: Off,
    pub(super) spread: Spread,
    /// Keeps them from later buy-gets and bundles.
    pub(super) claim: bool,
}

/// A part of one line, as whole runs.
struct Slice {
    line: usize,
    pieces: u32,
    runs: Vec<usize>,
    amount: i64,
}

#[derive(Debug, Clone)]
pub(super) struct Lines {
    pub(super) lines: Vec<LineState>,
    currency: Currency,
}

impl Lines {
    /// `lines` have been checked: no price is negative and every subtotal fits.
    pub(super) fn new(lines: &[Line], currency: Currency) -> Self {
        let state = |line: &Line| {
            let (unit_price, quantity) = (line.priced.unit_price.minor, line.priced.quantity);
            let amount = unit_price.saturating_mul(i64::from(quantity));
            let run = Run { pieces: quantity, amount, touched: false, claimed: false };
            LineState { unit_price, quantity, runs: vec![run], taken: Vec::new() }
        };
        Self { lines: lines.iter().map(state).collect(), currency }
    }

    pub(super) fn total(&self, line: usize) -> i64 {
        self.lines[line].runs.iter().map(|run| run.amount).sum()
    }

    pub(super) fn totals(&self) -> Vec<i64> {
        (0..self.lines.len()).map(|line| self.total(line)).collect()
    }

    /// Pieces of a line that an offer may still have.
    pub(super) fn available(&self, line: usize, only: Only) -> u32 {
        self.lines[line].runs.iter().filter(|run| only.allows(run.touched, run.claimed)).map(|run| run.pieces).sum()
    }

    /// Takes `off` from these pieces, at most `cap` in all, and tells by line what was taken: (line, amount, pieces); and
    /// whether the cap took effect. There must be as many pieces as named.
    pub(super) fn discount(&mut self, offer: &Offer<'_>, cap: Option<i64>) -> (Vec<(usize, i64, u32)>, bool) {
        let Offer { targets, only, off, spread, claim } = *offer;
        let slices: Vec<Slice> = targets.iter().map(|(line, pieces)| self.slice(*line, *pieces, only)).collect();
        let mut parts = match spread {
            Spread::Each => slices.iter().map(|slice| self.each(slice, off)).collect(),
            Spread::Across => {
                let whole = slices.iter().map(|slice| slice.amount).sum();
                self.split(off.of(whole, self.currency), slices.iter().map(|slice| slice.amount))
            }
        };
        let sum: i64 = parts.iter().sum();
        let cap = cap.filter(|cap| *cap < sum);
        if let Some(cap) = cap {
            parts = self.split(cap.max(0), parts.into_iter());
        }
        for (slice, part) in slices.iter().zip(&parts) {
            self.take(slice, *part, off, spread);
            if claim {
                self.keep(slice);
            }
        }
        (slices.iter().zip(parts).map(|(slice, part)| (slice.line, part, slice.pieces)).collect(), cap.is_some())
    }

    /// Keeps pieces from every later buy-get and bundle.
    pub(super) fn claim(&mut self, targets: &[(usize, u32)]) {
        for (line, pieces) in targets {
            let slice = self.slice(*line, *pieces, Only::Unclaimed);
            self.keep(&slice);
        }
    }

    fn keep(&mut self, slice: &Slice) {
        for run in &slice.runs {
            let run = &mut self.lines[slice.line].runs[*run];
            (run.touched, run.claimed) = (true, true);
        }
    }

    /// Spreads `off` over whole lines by what they cost: for discounts of the order, after which no pieces count.
    pub(super) fn discount_totals(&mut self, lines: &[usize], off: Off, cap: Option<i64>) -> (Vec<(usize, i64)>, bool) {
        let totals: Vec<i64> = lines.iter().map(|line| self.total(*line)).collect();
        let off = off.of(totals.iter().sum(), self.currency);
        let cap = cap.filter(|cap| *cap < off);
        let parts = self.split(cap.map_or(off, |cap| cap.max(0)), totals.into_iter());
        for (line, part) in lines.iter().zip(&parts) {
            let left = self.total(*line) - part;
            let state = &mut self.lines[*line];
            state.runs = vec![Run { pieces: state.quantity, amount: left, touched: true, claimed: true }];
        }
        (lines.iter().copied().zip(parts).collect(), cap.is_some())
    }

    /// Cuts `pieces` out of a line's runs, from those least touched. As whole runs they can be told apart.
    fn slice(&mut self, line: usize, pieces: u32, only: Only) -> Slice {
        let currency = self.currency;
        let runs = &mut self.lines[line].runs;
        let mut order: Vec<usize> =
            (0..runs.len()).filter(|i| only.allows(runs[*i].touched, runs[*i].claimed)).collect();
        order.sort_by_key(|i| (runs[*i].touched, runs[*i].claimed, *i));
        let mut slice = Slice { line, pieces: 0, runs: Vec::new(), amount: 0 };
        for i in order {
            let wanted = pieces - slice.pieces;
            if wanted == 0 {
                break;
            }
            let run = runs[i];
            if run.pieces > wanted {
                let weights = [u64::from(wanted), u64::from(run.pieces - wanted)];
                let amounts = Money::new(run.amount, currency).allocate(&weights);
                let (inner, outer) = (amounts[0].minor, amounts[1].minor);
                runs[i] = Run { pieces: wanted, amount: inner, ..run };
                runs.push(Run { pieces: run.pieces - wanted, amount: outer, ..run });
            }
            slice.pieces += runs[i].pieces;
            slice.amount += runs[i].amount;
            slice.runs.push(i);
        }
        slice
    }

    /// What `off` takes from a slice when it counts for each piece (a percentage: for the slice).
    fn each(&self, slice: &Slice, off: Off) -> i64 {
        let runs = &self.lines[slice.line].runs;
        match off {
            Off::BasisPoints(_) => off.of(slice.amount, self.currency),
            Off::Amount(_) | Off::Price(_) => slice.runs.iter().map(|i| runs[*i].off(off)).sum(),
        }
    }

    fn take(&mut self, slice: &Slice, part: i64, off: Off, spread: Spread) {
        if part == 0 {
            return;
        }
        let runs = &self.lines[slice.line].runs;
        let weight = |i: &usize| match (spread, off) {
            (Spread::Each, Off::Amount(_) | Off::Price(_)) => runs[*i].off(off),
            _ => runs[*i].amount,
        };
        let parts = self.split(part, slice.runs.iter().map(weight).collect::<Vec<_>>().into_iter());
        let runs = &mut self.lines[slice.line].runs;
        for (i, part) in slice.runs.iter().zip(parts) {
            runs[*i].amount -= part;
            runs[*i].touched = true;
        }
    }

    /// By the largest remainder. `whole` is at most the sum of the weights, so that no part exceeds its weight.
    fn split(&self, whole: i64, weights: impl Iterator<Item = i64>) -> Vec<i64> {
        let weights: Vec<u64> = weights.map(i64::unsigned_abs).collect();
        Money::new(whole, self.currency).allocate(&weights).into_iter().map(|part| part.minor).collect()
    }
}

impl Run {
    /// What an amount off each piece, or a price for each piece, takes from the run; at most all of it.
    fn off(&self, off: Off) -> i64 {
        let each = |minor: i64| minor.saturating_mul(i64::from(self.pieces));
        match off {
            Off::Amount(minor) => each(minor).min(self.amount),
            Off::Price(minor) => (self.amount - each(minor)).max(0),
            Off::BasisPoints(_) => 0,
        }
    }
}
