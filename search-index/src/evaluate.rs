use crate::{IndexError, Query, SearchIndex};
use std::collections::{BTreeMap, HashMap};
use stoa_domain::{Locale, ProductId};

/// A person's word on one product for one query: 0 (wrong) to 3 (just that).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    pub query: String,
    pub product: ProductId,
    pub grade: u8,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// Mean over the queries that have a relevant product.
    pub ndcg_at_10: f64,
    /// nDCG@10 of each of them.
    pub queries: BTreeMap<String, f64>,
}

/// nDCG@10 with gain `2^grade - 1` and discount `log2(rank + 1)` (Burges et al., 2005). A product nobody judged
/// counts as wrong.
pub fn evaluate(index: &SearchIndex, judgements: &[Judgement], locale: &Locale) -> Result<Evaluation, IndexError> {
    let mut by_query: BTreeMap<&str, HashMap<&ProductId, u8>> = BTreeMap::new();
    for judgement in judgements {
        by_query.entry(&judgement.query).or_default().insert(&judgement.product, judgement.grade);
    }
    let mut queries = BTreeMap::new();
    for (query, grades) in by_query {
        let mut ideal: Vec<u8> = grades.values().copied().collect();
        ideal.sort_unstable_by(|a, b| b.cmp(a));
        let ideal = gain(ideal.into_iter().take(10));
        if ideal == 0.0 {
            continue;
        }
        let hits = index.search(&Query { limit: 10, ..Query::new(query, locale) })?;
        let found = hits.hits.iter().filter_map(|hit| index.product(hit.key));
        let found = gain(found.map(|id| grades.get(id).copied().unwrap_or(0)));
        queries.insert(query.to_string(), found / ideal);
    }
    let ndcg_at_10 = queries.values().sum::<f64>() / queries.len().max(1) as f64;
    Ok(Evaluation { ndcg_at_10, queries })
}

fn gain(grades: impl Iterator<Item = u8>) -> f64 {
    grades.enumerate().map(|(rank, grade)| (f64::from(grade).exp2() - 1.0) / (rank as f64 + 2.0).log2()).sum()
}
