//! Bounded runs of what `fuzz/` does without end: whatever bytes come as an answer or as an upload, the host stands, and
//! what it takes it can vouch for.

use crate::guest;
use crate::shop::{Shop, cart, id, promotion, sample};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use stoa_domain::promotion::MAX_OPERATIONS;
use stoa_plugin_runtime::*;

/// A plugin whose whole answer is what its settings say: two letters from `a` to `p` are a byte, the first four bytes are
/// the answer's address and the rest stands in memory from address 1,024 on.
const ECHO: &str = include_str!("../guests/echo.wat");

fn runner(cases: u32) -> TestRunner {
    TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() })
}

/// Bytes that often look like an answer: small numbers in the first words, then anything.
fn answers() -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![3 => 0_u32..12, 3 => 1_024_u32..1_400, 1 => any::<u32>()];
    let words = proptest::collection::vec(word, 0..150);
    let aligned = (words, any::<bool>()).prop_map(|(mut words, well_formed)| {
        if well_formed && words.len() > 3 {
            // Operations, at 1,040, few.
            (words[0], words[1], words[2]) = (0, 1_040, words[2] % 6);
        }
        words.into_iter().flat_map(u32::to_le_bytes).collect()
    });
    prop_oneof![4 => aligned, 1 => proptest::collection::vec(any::<u8>(), 0..600)]
}

#[test]
fn whatever_a_plugin_answers_is_read_or_refused() {
    let shop = Shop::new();
    let plugin = shop.load(&guest::of_text(ECHO));
    let (id, cart) = (id(), cart("en", 2));
    let address = prop_oneof![8 => Just(1_024_u32), 1 => any::<u32>()];
    let taken = std::cell::Cell::new(0_usize);
    let outcome = runner(4_000).run(&(address, answers()), |(address, answer)| {
        let bytes = address.to_le_bytes().into_iter().chain(answer);
        let settings: String = bytes.flat_map(|b| [b'a' + (b >> 4), b'a' + (b & 15)]).map(char::from).collect();
        match plugin.run(promotion(&id, &settings), &cart, Limits::default()) {
            Ok(run) => {
                prop_assert!(run.proposal.operations.len() <= MAX_OPERATIONS);
                // The domain prices whatever was taken, and never below zero.
                let quote = crate::shop::priced(run.proposal);
                prop_assert!(quote.total.minor >= 0 && quote.total.minor <= 30_000);
                prop_assert_eq!(quote.subtotal.minor - quote.discount.minor, quote.total.minor);
            }
            Err(error) => prop_assert!(["bad_output", "refused", "trapped"].contains(&error.code()), "{}", error),
        }
        Ok(())
    });
    outcome.unwrap();
    // Not every case is refused for its form: the sample of what was taken is worth the run.
    runner(500)
        .run(&answers(), |answer| {
            let bytes = 1_024_u32.to_le_bytes().into_iter().chain(answer);
            let settings: String = bytes.flat_map(|b| [b'a' + (b >> 4), b'a' + (b & 15)]).map(char::from).collect();
            let run = plugin.run(promotion(&id, &settings), &cart, Limits::default());
            taken.set(taken.get() + usize::from(run.is_ok()));
            Ok(())
        })
        .unwrap();
    assert!(taken.get() > 20, "only {} of 500 answers were taken", taken.get());
    shop.still_serves();
}

/// One change to real bytes: a bit, a byte, a piece cut out, doubled or replaced.
fn mutate(bytes: &mut Vec<u8>, (kind, at, with): (u8, usize, u8)) {
    if bytes.is_empty() {
        return;
    }
    let at = at % bytes.len();
    let end = (at + usize::from(with)).min(bytes.len());
    match kind % 5 {
        0 => bytes[at] ^= 1 << (with % 8),
        1 => bytes[at] = with,
        2 => drop(bytes.drain(at..end)),
        3 => {
            let piece = bytes[at..end].to_vec();
            bytes.splice(at..at, piece);
        }
        _ => bytes.truncate(at),
    }
}

#[test]
fn whatever_is_uploaded_is_refused_or_runs_within_its_limits() {
    let shop = Shop::new();
    let module = guest::running("i32.const 0");
    let seeds = [sample(), componentize(&module).unwrap(), module, componentize(&sample()).unwrap()];
    let changes = proptest::collection::vec((any::<u8>(), any::<usize>(), any::<u8>()), 1..4);
    let outcome = runner(600).run(&(0..seeds.len(), changes), |(seed, changes)| {
        let mut wasm = seeds[seed].clone();
        changes.into_iter().for_each(|change| mutate(&mut wasm, change));
        let Ok(artefact) = shop.compile(&wasm) else { return Ok(()) };
        let plugin = Plugin::load(&shop.engine, &artefact.bytes, &shop.verify, &artefact.digest);
        let limits = Limits { fuel: 1_000_000, ..Limits::default() };
        // Whatever it then does is one of the outcomes of a run.
        let _outcome = plugin.unwrap().run(promotion(&id(), "{}"), &cart("en", 1), limits);
        Ok(())
    });
    outcome.unwrap();
    let outcome = runner(600).run(&proptest::collection::vec(any::<u8>(), 0..2_000), |bytes| {
        prop_assert!(shop.compile(&bytes).is_err());
        let headed = [b"\0asm\x0d\0\x01\0", &bytes[..]].concat();
        prop_assert!(shop.compile(&headed).is_err());
        Ok(())
    });
    outcome.unwrap();
    shop.still_serves();
}
