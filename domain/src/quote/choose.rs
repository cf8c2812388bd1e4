//! Which promotions apply together. Two that do not combine are in conflict; of the sets without a conflict that nothing
//! can be added to, the one that saves the shopper most is taken, or the one of the promotions that come first.

use super::engine::{Candidate, Engine, Outcome};
use crate::promotion::Choice;

/// Sets that are priced in full, at most. Where a cart allows more, the quote says that not all were tried.
const MAX_TRIALS: usize = 64;
/// Trials times candidates: what bounds the time of a quote with many promotions.
const MAX_WORK: usize = 4_096;
/// Steps of the search for sets.
const MAX_STEPS: usize = 1_000;

pub(super) struct Chosen {
    /// Ascending.
    pub(super) candidates: Vec<usize>,
    pub(super) outcome: Outcome,
    /// Every set was tried.
    pub(super) exhaustive: bool,
}

fn combine(a: &Candidate<'_>, b: &Candidate<'_>) -> bool {
    let grouped = a.terms.exclusive_group.is_some() && a.terms.exclusive_group == b.terms.exclusive_group;
    !grouped && a.terms.combines_with.allows(b.classes) && b.terms.combines_with.allows(a.classes)
}

/// The conflicts of every candidate, by place.
pub(super) struct Conflicts(Vec<Vec<bool>>);

impl Conflicts {
    pub(super) fn of(candidates: &[Candidate<'_>]) -> Self {
        let row = |(i, a): (usize, &Candidate<'_>)| {
            candidates.iter().enumerate().map(|(j, b)| i != j && !combine(a, b)).collect()
        };
        Self(candidates.iter().enumerate().map(row).collect())
    }

    /// The first of `chosen` that `candidate` does not combine with.
    pub(super) fn first(&self, candidate: usize, chosen: &[usize]) -> Option<usize> {
        chosen.iter().copied().find(|other| self.0[candidate][*other])
    }

    fn any(&self, candidate: usize) -> bool {
        self.0[candidate].contains(&true)
    }
}

pub(super) fn choose(engine: &Engine<'_>, conflicts: &Conflicts, choice: Choice) -> Chosen {
    let all: Vec<usize> = (0..engine.candidates.len()).collect();
    // One that gives nothing by itself gives nothing beside others either, and keeps none of them out.
    let idle = |c: usize| !engine.candidates[c].may_gain() && !engine.run(&[c]).tallies[c].gave();
    let (free, contested): (Vec<usize>, Vec<usize>) = all.iter().partition(|c| !conflicts.any(**c) || idle(**c));
    if contested.is_empty() {
        let outcome = engine.run(&all);
        return Chosen { candidates: all, outcome, exhaustive: true };
    }
    match choice {
        Choice::Priority => by_priority(engine, conflicts, &free, &contested),
        Choice::BestDeal => best_deal(engine, conflicts, &free, &contested),
    }
}

/// One after the other. One that gives nothing beside those before it keeps no other out.
fn by_priority(engine: &Engine<'_>, conflicts: &Conflicts, free: &[usize], contested: &[usize]) -> Chosen {
    let with = |contested: &[usize]| {
        let mut set: Vec<usize> = free.iter().chain(contested).copied().collect();
        set.sort_unstable();
        let outcome = engine.run(&set);
        (set, outcome)
    };
    let mut taken: Vec<usize> = Vec::new();
    for candidate in contested {
        if conflicts.first(*candidate, &taken).is_none() {
            taken.push(*candidate);
            if !with(&taken).1.tallies[*candidate].gave() {
                taken.pop();
            }
        }
    }
    let (candidates, outcome) = with(&taken);
    Chosen { candidates, outcome, exhaustive: true }
}

/// `free` apply in any case; the contested ones in the set that saves most. Of equal sets, the one found first.
fn best_deal(engine: &Engine<'_>, conflicts: &Conflicts, free: &[usize], contested: &[usize]) -> Chosen {
    let trials = (MAX_WORK / engine.candidates.len().max(1)).clamp(8, MAX_TRIALS);
    let mut search = Search { conflicts, found: Vec::new(), most: trials, steps: 0 };
    search.grow(&mut Vec::new(), contested.to_vec(), Vec::new());
    let exhaustive = !search.over();
    let mut sets = search.found;
    if !exhaustive {
        sets.truncate(trials);
        sets.insert(0, greedy(engine, conflicts, contested));
    }
    let mut best: Option<(i128, Vec<usize>, Outcome)> = None;
    for set in sets {
        let mut chosen: Vec<usize> = free.iter().copied().chain(set).collect();
        chosen.sort_unstable();
        let outcome = engine.run(&chosen);
        let saved = outcome.saved();
        let better = best.as_ref().is_none_or(|(most, first, _)| saved > *most || (saved == *most && chosen < *first));
        if better {
            best = Some((saved, chosen, outcome));
        }
    }
    match best {
        Some((_, candidates, outcome)) => Chosen { candidates, outcome, exhaustive },
        None => Chosen { candidates: free.to_vec(), outcome: engine.run(free), exhaustive },
    }
}

/// The one that saves most alone, then the next that combines with it, and so on.
fn greedy(engine: &Engine<'_>, conflicts: &Conflicts, contested: &[usize]) -> Vec<usize> {
    let alone = |candidate: &usize| (std::cmp::Reverse(engine.run(&[*candidate]).saved()), *candidate);
    let mut ranked = contested.to_vec();
    ranked.sort_by_cached_key(alone);
    let mut chosen = Vec::new();
    for candidate in ranked {
        if conflicts.first(candidate, &chosen).is_none() {
            chosen.push(candidate);
        }
    }
    chosen
}

/// All sets without a conflict that nothing can be added to (Bron and Kerbosch, with a pivot), up to one more than
/// `most`.
struct Search<'a> {
    conflicts: &'a Conflicts,
    found: Vec<Vec<usize>>,
    most: usize,
    steps: usize,
}

impl Search<'_> {
    fn over(&self) -> bool {
        self.found.len() > self.most || self.steps > MAX_STEPS
    }

    /// `open` can still be added to `chosen`; `done` could be too, but all sets with them have been found.
    fn grow(&mut self, chosen: &mut Vec<usize>, mut open: Vec<usize>, mut done: Vec<usize>) {
        self.steps += 1;
        if self.over() {
            return;
        }
        if open.is_empty() {
            if done.is_empty() {
                self.found.push(chosen.clone());
            }
            return;
        }
        // Every set that is left holds the pivot or one that is in conflict with it.
        let harm = |pivot: &usize| open.iter().filter(|c| self.conflicts.0[*pivot][**c]).count();
        let Some(pivot) = open.iter().chain(&done).copied().min_by_key(|pivot| (harm(pivot), *pivot)) else { return };
        let branches: Vec<usize> =
            open.iter().copied().filter(|c| *c == pivot || self.conflicts.0[pivot][*c]).collect();
        for candidate in branches {
            let fits = |other: &usize| *other != candidate && !self.conflicts.0[candidate][*other];
            let next_open = open.iter().copied().filter(fits).collect();
            let next_done = done.iter().copied().filter(fits).collect();
            chosen.push(candidate);
            self.grow(chosen, next_open, next_done);
            chosen.pop();
            open.retain(|other| *other != candidate);
            done.push(candidate);
        }
    }
}
