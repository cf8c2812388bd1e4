//! Ranges worth offering for the numbers at hand: at round numbers, with about as many products in each.

use super::query::Range;
use rust_decimal::Decimal;

/// So few different numbers are offered one by one.
const MAX_SINGLE: usize = 6;
const MAX_BUCKETS: usize = 5;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    pub range: Range,
    pub count: usize,
    pub chosen: bool,
}

/// Of (number, how many products have it), ascending, each number once. The first is open below, the last above; a
/// number at a boundary is in both. Nothing for fewer than two different numbers.
pub(super) fn ranges(numbers: &[(Decimal, usize)]) -> Vec<Range> {
    if numbers.len() < 2 {
        return Vec::new();
    }
    if numbers.len() <= MAX_SINGLE {
        return numbers.iter().map(|(number, _)| Range { from: Some(*number), to: Some(*number) }).collect();
    }
    let (least, most) = (numbers[0].0, numbers[numbers.len() - 1].0);
    let total: usize = numbers.iter().map(|(_, count)| count).sum();
    // Where a share of the products is at or below.
    let quantile = |part: usize| {
        let mut left = total * part / MAX_BUCKETS;
        let at = numbers.iter().find(|(_, count)| {
            let here = left < *count;
            left = left.saturating_sub(*count);
            here
        });
        at.map_or(most, |(number, _)| *number)
    };
    let mut cuts: Vec<Decimal> = Vec::new();
    for part in 1..MAX_BUCKETS {
        let (before, at, after) = (quantile(part - 1), quantile(part), quantile(part + 1));
        // As roughly as the nearer of its neighbours allows.
        let near = [at - before, after - at].into_iter().filter(|gap| *gap > Decimal::ZERO).min();
        let cut = round(at, near.unwrap_or_default());
        if cut > least && cut < most && cuts.last().is_none_or(|last| *last < cut) {
            cuts.push(cut);
        }
    }
    if cuts.is_empty() {
        return Vec::new();
    }
    let from = std::iter::once(None).chain(cuts.iter().copied().map(Some));
    let to = cuts.iter().copied().map(Some).chain(std::iter::once(None));
    from.zip(to).map(|(from, to)| Range { from, to }).collect()
}

/// To a multiple of the largest 1, 2 or 5 times a power of ten that is within `within`.
fn round(number: Decimal, within: Decimal) -> Decimal {
    if within <= Decimal::ZERO {
        return number;
    }
    let mut step = Decimal::ONE;
    // Decimals reach from 1e-28 to 8e28.
    for _ in 0..28 {
        if step * Decimal::TEN > within {
            break;
        }
        step *= Decimal::TEN;
    }
    for _ in 0..12 {
        if step <= within {
            break;
        }
        step /= Decimal::TEN;
    }
    let steps = [Decimal::from(5), Decimal::TWO, Decimal::ONE];
    let step = steps.into_iter().map(|n| n * step).find(|step| *step <= within).unwrap_or(step);
    ((number / step).round() * step).normalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(numbers: &[i64]) -> Vec<String> {
        let mut counted: Vec<(Decimal, usize)> = Vec::new();
        let mut numbers = numbers.to_vec();
        numbers.sort_unstable();
        for number in numbers {
            match counted.last_mut() {
                Some((last, count)) if *last == Decimal::from(number) => *count += 1,
                _ => counted.push((Decimal::from(number), 1)),
            }
        }
        let text = |n: Option<Decimal>| n.map(|n| n.to_string()).unwrap_or_default();
        ranges(&counted).into_iter().map(|r| format!("{}-{}", text(r.from), text(r.to))).collect()
    }

    #[test]
    fn ranges_end_at_round_numbers_and_follow_where_the_numbers_are() {
        assert_eq!(
            of(&(0..100).map(|n| n * 97).collect::<Vec<_>>()),
            ["-2000", "2000-4000", "4000-6000", "6000-8000", "8000-"]
        );
        let skewed: Vec<i64> = (0..90).map(|n| 1_000 + n * 31).chain([50_000, 80_000, 99_900]).collect();
        assert_eq!(of(&skewed), ["-1500", "1500-2000", "2000-2500", "2500-3500", "3500-"]);
        assert_eq!(of(&[4, 8, 8, 16]), ["4-4", "8-8", "16-16"]);
        assert!(of(&[7, 7, 7]).is_empty() && of(&[]).is_empty());
    }
}
