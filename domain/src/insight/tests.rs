#![allow(clippy::unwrap_used)]
use super::*;
use jiff::civil::date;
use proptest::prelude::*;

fn en() -> Locale {
    Locale::new("en").unwrap()
}

fn entry(words: &str, counts: Counts) -> Entry {
    Entry { locale: en(), words: Words::new(words).ok(), counts }
}

fn searched(searches: u32) -> Counts {
    Counts { searches, ..Counts::default() }
}

/// Stands in for the keyed number: any that tells texts apart.
fn mark(locale: &Locale, words: &Words) -> u64 {
    let text = format!("{locale}\n{words}");
    text.bytes().fold(7, |sum, byte| sum.wrapping_mul(1_000_003).wrapping_add(u64::from(byte)))
}

#[test]
fn what_looks_like_a_persons_data_is_kept_by_no_words() {
    for (text, expected) in [
        ("  Laser   Printer ", Ok("laser printer")),
        ("tn-2110", Ok("tn-2110")),
        ("iphone 15 pro 256 gb", Ok("iphone 15 pro 256 gb")),
        ("华为 mate 保护壳", Ok("华为 mate 保护壳")),
        ("", Err("search_empty")),
        ("wang.li@example.com", Err("search_is_an_address")),
        ("wang.li ＠ example", Err("search_is_an_address")),
        ("139 0000 0000", Err("search_is_a_number")),
        ("+86 (139) 000-00", Err("search_is_a_number")),
        ("4111-1111-1111-1111", Err("search_is_a_number")),
        ("１２３４５６７", Err("search_is_a_number")),
        ("order 1234567", Err("search_is_a_number")),
        ("mug\u{7}", Err("search_has_control_characters")),
        (&"a".repeat(65), Err("search_too_long")),
    ] {
        let found = Words::new(text);
        assert_eq!(found.as_ref().map(Words::as_str).map_err(|e| e.code()), expected, "{text}");
    }
}

#[test]
fn words_are_kept_only_once_several_asked_for_them_on_one_day() {
    let mut day = Day::default();
    for _ in 1..NAMED_FROM {
        day.add([entry("blue mug", searched(1))], mark);
    }
    assert_eq!((day.total.searches, day.named.len()), (NAMED_FROM - 1, 0));
    assert!(!serde_json::to_string(&day).unwrap().contains("mug"), "not even hidden in what is stored");
    day.add([entry("Blue  mug", Counts { without: 1, ..searched(1) })], mark);
    assert_eq!(day.named[0].words.as_str(), "blue mug");
    assert_eq!(
        day.named[0].counts,
        Counts { without: 1, ..searched(NAMED_FROM) },
        "and with all that was counted before"
    );
    // A click is no search: what nobody searched for has no words.
    day.add((0..10).map(|_| entry("red mug", Counts { clicks: 1, positions: 1, ..Counts::default() })), mark);
    assert_eq!((day.named.len(), day.total.clicks), (1, 10));
    // The same words in another language are another search.
    day.add([Entry { locale: Locale::new("zh-CN").unwrap(), ..entry("blue mug", searched(1)) }], mark);
    assert_eq!(day.named[0].counts.searches, NAMED_FROM);
}

#[test]
fn one_batch_makes_nothing_famous_and_no_part_is_more_than_the_whole() {
    let mut day = Day::default();
    let lie = Counts {
        searches: u32::MAX,
        without: u32::MAX,
        relaxed: 9,
        corrected: 9,
        clicks: u32::MAX,
        positions: 0,
        carts: u32::MAX,
    };
    day.add([entry("mine", lie)], mark);
    let most = MAX_AT_ONCE;
    let expected =
        Counts { searches: most, without: most, relaxed: 9, corrected: 9, clicks: most, positions: most, carts: most };
    assert_eq!((day.total, day.named[0].counts), (expected, expected));
    let mut day = Day::default();
    day.add((0..10_000).map(|n| entry(&format!("w{n}"), searched(1))), mark);
    assert_eq!(day.total.searches as usize, MAX_ENTRIES);
}

#[test]
fn a_strangers_words_push_out_each_other_and_not_what_several_look_for() {
    let mut day = Day::default();
    day.add([entry("blue mug", searched(3))], mark);
    for batch in 0..50_u32 {
        day.add((0..100).map(|n| entry(&format!("junk {batch}x{n}"), searched(1))), mark);
    }
    assert!(day.unnamed.len() <= MAX_UNNAMED);
    day.add([entry("blue mug", searched(2))], mark);
    assert_eq!(day.named[0].words.as_str(), "blue mug");
    for n in 0..400_u32 {
        day.add([entry(&format!("named{n}"), searched(NAMED_FROM))], mark);
    }
    assert_eq!(day.named.len(), MAX_NAMED);
    day.add([entry("late", searched(6))], mark);
    assert!(day.named.iter().any(|named| named.words.as_str() == "late"), "what is searched for more takes a place");
    assert!(serde_json::to_vec(&day).unwrap().len() < 200_000, "an item holds 400 kB");
}

#[test]
fn a_report_sums_its_days_and_orders_by_what_was_asked_most() {
    let mut monday = Day::default();
    monday.add([entry("mug", searched(10)), entry("lamp", Counts { without: 6, ..searched(6) })], mark);
    let mut tuesday = Day::default();
    tuesday.add([entry("lamp", Counts { clicks: 2, positions: 5, carts: 1, ..searched(8) })], mark);
    let known = [(date(2026, 11, 23), monday.clone()), (date(2026, 11, 24), tuesday), (date(2026, 1, 1), monday)];
    let report = Report::of(date(2026, 11, 22), date(2026, 11, 24), known).unwrap();
    assert_eq!(report.days.iter().map(|day| day.counts.searches).collect::<Vec<_>>(), [0, 16, 8]);
    let order: Vec<_> = report.searches.iter().map(|named| (named.words.as_str(), named.counts.searches)).collect();
    assert_eq!(order, [("lamp", 14), ("mug", 10)]);
    assert_eq!(report.in_vain().iter().map(|named| named.words.as_str()).collect::<Vec<_>>(), ["lamp"]);
    let lamp = report.searches[0].counts;
    assert_eq!(
        (lamp.clicks_permille(), lamp.without_permille(), lamp.position_tenths()),
        (Some(143), Some(429), Some(25))
    );
    assert_eq!(Counts::default().clicks_permille(), None);
    assert_eq!(Report::period(date(2026, 1, 2), date(2026, 1, 1)), Err(ReportError::Backwards));
    assert_eq!(Report::period(date(2026, 1, 1), date(2026, 12, 31)), Err(ReportError::TooLong(365)));
}

proptest! {
    #[test]
    fn any_text_is_words_or_a_reason_and_words_stay_words(text in "\\PC{0,80}") {
        if let Ok(words) = Words::new(&text) {
            prop_assert_eq!(Words::new(words.as_str()), Ok(words));
        }
    }
}
