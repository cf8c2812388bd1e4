//! Chinese words as they are pronounced, for who types `shouji` or `sj`.

use crate::analysis::chinese;
use pinyin::ToPinyinMulti;
use std::ops::Range;

/// Of a word whose characters have several pronunciations, how many are kept.
const MAX_READINGS: usize = 4;

/// Each word of a run and each two neighbours, whole and by first letters. Single characters have too many namesakes.
pub(super) fn sounds(run: &[char]) -> Vec<String> {
    let words = chinese::dictionary_words(run);
    let mut sounds = Vec::new();
    let neighbours = words.windows(2).map(|pair| pair[0].start..pair[1].end);
    for range in words.iter().cloned().chain(neighbours).filter(|range: &Range<usize>| range.len() > 1) {
        for reading in readings(&run[range]) {
            sounds.push(reading.concat());
            sounds.push(reading.iter().filter_map(|syllable| syllable.chars().next()).collect());
        }
    }
    sounds
}

fn readings(word: &[char]) -> Vec<Vec<&'static str>> {
    let mut readings: Vec<Vec<&'static str>> = vec![Vec::new()];
    for c in word {
        let Some(sounds) = c.to_pinyin_multi() else { return Vec::new() };
        let mut syllables: Vec<&'static str> = sounds.into_iter().map(pinyin::Pinyin::plain).collect();
        syllables.dedup();
        let longer = |reading: &Vec<&'static str>, syllable| [reading.as_slice(), &[syllable]].concat();
        // Every word's first reading, then those that differ in one character, and so on.
        readings = syllables
            .into_iter()
            .flat_map(|syllable| readings.iter().map(move |reading| longer(reading, syllable)).collect::<Vec<_>>())
            .take(MAX_READINGS)
            .collect();
    }
    readings
}

#[cfg(test)]
mod tests {
    #[test]
    fn words_sound_as_they_are_typed() {
        let heard = |text: &str| super::sounds(&text.chars().collect::<Vec<_>>());
        for (text, expected) in
            [("手机壳", "shoujike"), ("手机", "sj"), ("音乐", "yinyue"), ("不锈钢保温杯", "bwb"), ("长裤", "changku")]
        {
            assert!(heard(text).iter().any(|sound| sound == expected), "{text}: {:?}", heard(text));
        }
    }
}
