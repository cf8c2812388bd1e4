//! Chinese: traditional characters as simplified ones, and runs cut into words. The same cutting serves building, with
//! the dictionary in `words.txt`, and asking, with the words that the index has: what is known of a language travels
//! inside the index, and the worker carries no dictionary.

use std::ops::Range;

/// Longest word looked for.
const MAX_WORD: usize = 6;
/// What an unknown character costs; a word of commonness n costs `MAX_COST - n`, so two characters are dearer than the
/// rarest word.
const CHARACTER_COST: f32 = 13.0;
const MAX_COST: f32 = 16.0;

/// Traditional and simplified characters, by place; all are three bytes long.
static TABLE: &str = include_str!("traditional.txt");

/// The simplified form of a traditional character, any other as it is.
pub(super) fn simplified(c: char) -> char {
    if !('\u{3400}'..='\u{9fff}').contains(&c) {
        return c;
    }
    let Some((traditional, simplified)) = TABLE.split_once('\n') else { return c };
    let (mut from, mut to) = (0, traditional.len() / 3);
    while from < to {
        let middle = (from + to) / 2;
        let found = traditional.get(middle * 3..middle * 3 + 3).and_then(|text| text.chars().next());
        match found.map(|found| found.cmp(&c)) {
            Some(std::cmp::Ordering::Equal) => {
                let other = simplified.get(middle * 3..middle * 3 + 3).and_then(|text| text.chars().next());
                return other.unwrap_or(c);
            }
            Some(std::cmp::Ordering::Less) => from = middle + 1,
            _ => to = middle,
        }
    }
    c
}

/// The cheapest way to cut a run. `commonness` of a word of two characters or more: 0 (rare) to 9, none for no word.
/// Unknown characters stand alone.
pub(crate) fn cut<E>(
    run: &[char],
    mut commonness: impl FnMut(&str) -> Result<Option<f32>, E>,
) -> Result<Vec<Range<usize>>, E> {
    // For each end: the least cost up to there and the beginning of the last piece.
    let mut best: Vec<(f32, usize)> = vec![(0.0, 0); run.len() + 1];
    for end in 1..=run.len() {
        let mut choice = (best[end - 1].0 + CHARACTER_COST, end - 1);
        for from in end.saturating_sub(MAX_WORD)..end.saturating_sub(1) {
            let word: String = run[from..end].iter().collect();
            if let Some(commonness) = commonness(&word)? {
                let cost = best[from].0 + MAX_COST - commonness.clamp(0.0, 9.0);
                if cost < choice.0 {
                    choice = (cost, from);
                }
            }
        }
        best[end] = choice;
    }
    let mut pieces = Vec::new();
    let mut end = run.len();
    while end > 0 {
        pieces.push(best[end].1..end);
        end = best[end].1;
    }
    pieces.reverse();
    Ok(pieces)
}

/// Two neighbouring characters as a term that no word can be mistaken for.
pub(crate) fn pair(first: char, second: char) -> String {
    ['\u{b7}', first, second].iter().collect()
}

#[cfg(feature = "build")]
pub(super) use dictionary::inner_words;
#[cfg(feature = "build")]
pub(crate) use dictionary::words as dictionary_words;

#[cfg(feature = "build")]
mod dictionary {
    use std::collections::HashMap;
    use std::convert::Infallible;
    use std::ops::Range;
    use std::sync::LazyLock;

    static WORDS: LazyLock<HashMap<&'static str, u8>> = LazyLock::new(|| {
        let lines = include_str!("words.txt").lines().filter(|line| !line.starts_with('#'));
        lines
            .filter_map(|line| Some((line.get(..line.len() - 1)?, line.as_bytes().last()?.wrapping_sub(b'0'))))
            .collect()
    });

    fn commonness(word: &str) -> Option<f32> {
        WORDS.get(word).map(|commonness| f32::from(*commonness))
    }

    /// The words of a run, cut by the dictionary.
    pub(crate) fn words(run: &[char]) -> Vec<Range<usize>> {
        let cut = super::cut(run, |word| Ok::<_, Infallible>(commonness(word)));
        cut.unwrap_or_else(|never| match never {})
    }

    /// Shorter words inside a word: 保温 in 保温杯.
    pub(in crate::analysis) fn inner_words(word: &[char]) -> Vec<Range<usize>> {
        let ranges = (0..word.len()).flat_map(|from| (from + 2..=word.len()).map(move |to| from..to));
        let shorter = ranges.filter(|range| range.len() < word.len());
        shorter.filter(|range| commonness(&word[range.clone()].iter().collect::<String>()).is_some()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traditional_characters_become_simplified() {
        let text: String = "手機殼藍牙耳機保溫杯，abc 人".chars().map(simplified).collect();
        assert_eq!(text, "手机壳蓝牙耳机保温杯，abc 人");
    }

    #[cfg(feature = "build")]
    #[test]
    fn runs_are_cut_into_words() {
        for (text, expected) in [
            ("不锈钢保温杯", "不锈钢 保温杯"),
            ("电子二手机械表", "电子 二手 机械表"),
            ("华为手机壳", "华为 手机壳"),
            ("羊毛被", "羊毛 被"),
            ("魑魅魍魉杯", "魑 魅 魍 魉 杯"),
        ] {
            let run: Vec<char> = text.chars().collect();
            let cut: Vec<String> =
                dictionary_words(&run).into_iter().map(|range| run[range].iter().collect()).collect();
            assert_eq!(cut.join(" "), expected);
        }
    }
}
