use crate::{IndexError, Query, Ranking, SearchIndex};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use stoa_domain::{Locale, ProductId};

/// A person's word on one product for one query: 0 (wrong) to 3 (just that).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    pub query: String,
    pub product: ProductId,
    pub grade: u8,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evaluation {
    /// Mean nDCG@k over the queries that have a relevant product.
    pub ndcg: f64,
    /// Mean over the same queries of how much of what is relevant is among all that was found, at any rank.
    pub recall: f64,
    /// Of all queries, those that found nothing.
    pub zero_result_rate: f64,
    /// By their text.
    pub queries: Vec<Judged>,
}

/// How one query did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Judged {
    pub query: String,
    /// None where no product is relevant, so that no order is better than another.
    pub ndcg: Option<f64>,
    /// Products found.
    pub total: usize,
    /// The first k, best first.
    pub top: Vec<ProductId>,
}

/// nDCG@k with gain `2^grade - 1` and discount `log2(rank + 1)` (Burges et al., 2005). A product nobody judged counts
/// as wrong.
pub fn evaluate(
    index: &SearchIndex,
    judgements: &[Judgement],
    locale: &Locale,
    k: usize,
) -> Result<Evaluation, IndexError> {
    evaluate_with(index, judgements, locale, k, &Ranking::default())
}

/// The same with other numbers than the default's.
pub fn evaluate_with(
    index: &SearchIndex,
    judgements: &[Judgement],
    locale: &Locale,
    k: usize,
    ranking: &Ranking,
) -> Result<Evaluation, IndexError> {
    let by_query = by_query(judgements);
    let mut queries = Vec::with_capacity(by_query.len());
    let mut recalls = Vec::new();
    for (query, grades) in by_query {
        let hits = index.search(&Query {
            limit: k,
            want_matching: true,
            ranking: Some(ranking),
            ..Query::new(query, locale)
        })?;
        let top: Vec<ProductId> = hits.hits.iter().filter_map(|hit| index.product(hit.key).cloned()).collect();
        let relevant = grades.values().filter(|grade| **grade > 0).count();
        if relevant > 0 {
            let found = hits.matching.iter().filter_map(|key| index.product(*key));
            let found = found.filter(|id| grades.get(id).is_some_and(|grade| *grade > 0)).count();
            recalls.push(found as f64 / relevant as f64);
        }
        let ndcg = ndcg(&top, &grades, k);
        queries.push(Judged { query: query.to_string(), ndcg, total: hits.total, top });
    }
    let scored: Vec<f64> = queries.iter().filter_map(|query| query.ndcg).collect();
    let empty = queries.iter().filter(|query| query.total == 0).count();
    let zero_result_rate = empty as f64 / queries.len().max(1) as f64;
    Ok(Evaluation { ndcg: mean(&scored), recall: mean(&recalls), zero_result_rate, queries })
}

/// Mean nDCG@k of any engine, over the queries that have a relevant product: `search` answers best first.
pub fn mean_ndcg(judgements: &[Judgement], k: usize, mut search: impl FnMut(&str) -> Vec<ProductId>) -> f64 {
    let by_query = by_query(judgements);
    let scored: Vec<f64> =
        by_query.into_iter().filter_map(|(query, grades)| ndcg(&search(query), &grades, k)).collect();
    mean(&scored)
}

fn by_query(judgements: &[Judgement]) -> BTreeMap<&str, HashMap<&ProductId, u8>> {
    let mut by_query: BTreeMap<&str, HashMap<&ProductId, u8>> = BTreeMap::new();
    for judgement in judgements {
        by_query.entry(&judgement.query).or_default().insert(&judgement.product, judgement.grade);
    }
    by_query
}

/// None where nothing is relevant.
fn ndcg(top: &[ProductId], grades: &HashMap<&ProductId, u8>, k: usize) -> Option<f64> {
    let mut best: Vec<u8> = grades.values().copied().collect();
    best.sort_unstable_by(|a, b| b.cmp(a));
    let best = gain(best.into_iter().take(k));
    let found = gain(top.iter().take(k).map(|id| grades.get(id).copied().unwrap_or(0)));
    (best > 0.0).then(|| found / best)
}

fn gain(grades: impl Iterator<Item = u8>) -> f64 {
    grades.enumerate().map(|(rank, grade)| (f64::from(grade).exp2() - 1.0) / (rank as f64 + 2.0).log2()).sum()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ndcg_is_what_the_formula_gives_by_hand() {
        let [a, b, c, unjudged] = ["a", "b", "c", "d"].map(|id| ProductId::new(id).unwrap());
        let grades = HashMap::from([(&a, 3), (&b, 1), (&c, 0)]);
        let best = 7.0 + 1.0 / 3f64.log2();
        for (top, found) in [
            (vec![a.clone(), b.clone()], best),
            (vec![b.clone(), a.clone()], 1.0 + 7.0 / 3f64.log2()),
            (vec![unjudged.clone(), a.clone()], 7.0 / 3f64.log2()),
            (vec![c.clone(), unjudged.clone()], 0.0),
            (vec![], 0.0),
        ] {
            let got = ndcg(&top, &grades, 10).unwrap();
            assert!((got - found / best).abs() < 1e-12, "{top:?}: {got}");
        }
        assert_eq!(ndcg(&[unjudged, a.clone()], &grades, 1), Some(0.0), "only the first k count");
        assert_eq!(ndcg(std::slice::from_ref(&a), &HashMap::from([(&a, 0)]), 10), None);
        let judged = |query: &str, grade| Judgement { query: query.to_string(), product: a.clone(), grade };
        let answers = |query: &str| if query == "found" { vec![a.clone()] } else { Vec::new() };
        assert_eq!(mean_ndcg(&[judged("found", 3), judged("missed", 1), judged("hopeless", 0)], 10, answers), 0.5);
    }
}
