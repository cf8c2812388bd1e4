//! The category tree as a facet: the way down to where what was found divides, and the branches there.

use super::query::ListQuery;
use crate::snapshot::Snapshot;
use std::collections::{HashMap, HashSet};
use stoa_domain::category::{Category, MAX_DEPTH};

const MAX_BRANCHES: usize = 24;

pub struct CategoryChoice {
    pub handle: String,
    /// 0 for the topmost that is shown.
    pub depth: usize,
    /// With all below it.
    pub count: usize,
    pub chosen: bool,
}

/// `counts` by category id, of everything that fits but for its category. Nothing where there is no choice.
pub(super) fn choices(snapshot: &Snapshot, query: &ListQuery, counts: &HashMap<&str, usize>) -> Vec<CategoryChoice> {
    let mut totals: HashMap<&str, usize> = HashMap::new();
    for (id, count) in counts {
        for category in snapshot.path_to(id) {
            *totals.entry(category.id.as_str()).or_default() += count;
        }
    }
    let chosen = |category: &Category| query.categories.iter().any(|handle| handle == category.handle.as_str());
    let count = |category: &Category| totals.get(category.id.as_str()).copied().unwrap_or_default();
    let branches = |parent: Option<&str>| -> Vec<&Category> {
        snapshot.children(parent).into_iter().filter(|category| count(category) > 0 || chosen(category)).collect()
    };
    let open: HashSet<&str> = query
        .categories
        .iter()
        .filter_map(|handle| snapshot.category(handle))
        .flat_map(|category| snapshot.path_to(category.id.as_str()))
        .map(|category| category.id.as_str())
        .collect();
    let mut shown = Vec::new();
    let all: usize = counts.values().sum();
    // A branch that holds everything is no choice.
    let mut at = branches(None);
    for _ in 0..MAX_DEPTH {
        match at.as_slice() {
            [only] if !chosen(only) && count(only) == all => at = branches(Some(only.id.as_str())),
            _ => break,
        }
    }
    let mut queue: Vec<(usize, &Category)> = at.into_iter().rev().map(|category| (0, category)).collect();
    while let Some((depth, category)) = queue.pop() {
        shown.push(CategoryChoice {
            handle: category.handle.as_str().to_owned(),
            depth,
            count: count(category),
            chosen: chosen(category),
        });
        if open.contains(category.id.as_str()) && depth < MAX_DEPTH {
            let below = branches(Some(category.id.as_str()));
            queue.extend(below.into_iter().rev().map(|category| (depth + 1, category)));
        }
    }
    let mut place = 0;
    shown.retain(|choice| {
        place += 1;
        place <= MAX_BRANCHES || choice.chosen
    });
    if shown.iter().any(|choice| choice.chosen || choice.count < all) { shown } else { Vec::new() }
}
