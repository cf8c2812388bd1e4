//! What is searched for in this isolate, counted in its memory for some seconds and then handed to the checkout function,
//! which adds it to the day. Nobody's address, cookie or time is kept or sent; a batch that is lost is lost.
//!
//! What a browser says is held against the published shop: whether a search finds anything the index says, and a choice
//! counts only of a product that the search finds. The rules of what may be kept are [`stoa_domain::insight`]'s.

use crate::bounded::Bounded;
use crate::snapshot::Snapshot;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::HashMap;
use stoa_domain::Locale;
use stoa_domain::insight::{Counts, MAX_ENTRIES, MAX_POSITION, Words};
use stoa_search_index::analysis;
use twox_hash::XxHash3_128;

/// What one address may say in a minute: more than a person searches.
const MAX_NOTES: u32 = 30;
const MINUTE_MS: u64 = 60_000;
/// Addresses of the last minute, as hashes: 64 bytes each, no more than so many.
const MAX_ADDRESS_BYTES: usize = 256 << 10;
const ADDRESS_BYTES: usize = 64;
const MAX_Q_BYTES: usize = 200;

/// What a page says of a search.
#[derive(Debug, PartialEq, Eq)]
pub enum What {
    Searched,
    /// A result at a place of the list, the first is 1.
    Chosen {
        handle: String,
        place: u32,
    },
    /// Put into the cart after it was chosen.
    Bought {
        handle: String,
    },
}

#[derive(Debug, PartialEq, Eq)]
pub struct Note {
    pub q: String,
    pub what: What,
}

impl Note {
    /// Of a form's pairs; None where they say nothing.
    pub fn read(pairs: &[(String, String)]) -> Option<Self> {
        let value = |name| crate::http::value(pairs, name);
        let q = value("q").map(str::trim).filter(|q| !q.is_empty() && q.len() <= MAX_Q_BYTES)?.to_owned();
        let Some(handle) = value("product") else { return Some(Self { q, what: What::Searched }) };
        let handle = handle.to_owned();
        if value("cart").is_some() {
            return Some(Self { q, what: What::Bought { handle } });
        }
        let place = value("place")?.parse().ok().filter(|place| (1..=MAX_POSITION).contains(place))?;
        Some(Self { q, what: What::Chosen { handle, place } })
    }
}

pub struct Insight {
    counted: HashMap<(Locale, Option<Words>), Counts>,
    /// Who said how much in which minute, by a hash that only this isolate can make.
    said: Bounded<u128, (u64, u32)>,
    /// Who searched for what today, by such a hash: somebody's second search for the same names nothing.
    asked: Bounded<u128, ()>,
    key: String,
    /// When the hand-over that is under way began.
    handing_over: Option<u64>,
}

impl Default for Insight {
    fn default() -> Self {
        let (said, asked) = (Bounded::new(MAX_ADDRESS_BYTES), Bounded::new(MAX_ADDRESS_BYTES));
        Self { counted: HashMap::new(), said, asked, key: String::new(), handing_over: None }
    }
}

impl Insight {
    /// Whether this address has said little enough to be heard. `fresh_key` is asked for once an isolate.
    pub fn hears(&mut self, address: &str, now_ms: u64, fresh_key: impl FnOnce() -> String) -> bool {
        if self.key.is_empty() {
            self.key = fresh_key();
        }
        let hash = XxHash3_128::oneshot(format!("{}\n{address}", self.key).as_bytes());
        let minute = now_ms / MINUTE_MS;
        let said = self.said.get(&hash).filter(|(at, _)| *at == minute).map_or(0, |(_, said)| *said);
        if said >= MAX_NOTES {
            return false;
        }
        self.said.put(hash, (minute, said + 1), ADDRESS_BYTES);
        true
    }

    /// Counts what a page said, as far as the shop bears it out.
    pub fn count(&mut self, snapshot: &Snapshot, locale: &Locale, note: &Note, address: &str, now: Timestamp) {
        let folded = analysis::words(&note.q).iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        // Nothing but signs asks for nothing.
        if folded.is_empty() {
            return;
        }
        let Some(counts) = borne_out(snapshot, locale, note, now) else { return };
        // The text as it was typed is judged: folding takes an address apart.
        let words = Words::new(&note.q).ok().and_then(|_| Words::new(&folded).ok());
        let again = note.what == What::Searched && self.is_known(address, &format!("{locale}\n{folded}"), now);
        let words = words.filter(|_| !again);
        let key = (locale.clone(), words);
        if self.counted.len() < MAX_ENTRIES || self.counted.contains_key(&key) {
            let sum = self.counted.entry(key).or_default();
            *sum = sum.and(counts);
        }
    }

    /// Whether this address searched for this today already, as far as this isolate remembers: several are several people. False
    /// where the platform names no address.
    fn is_known(&mut self, address: &str, search: &str, now: Timestamp) -> bool {
        if address.is_empty() {
            return false;
        }
        let day = now.as_second().div_euclid(86_400);
        let hash = XxHash3_128::oneshot(format!("{}\n{address}\n{day}\n{search}", self.key).as_bytes());
        let known = self.asked.get(&hash).is_some();
        self.asked.put(hash, (), ADDRESS_BYTES);
        known
    }

    /// Whether the caller is to hand over what is counted: nobody does yet, or whoever began was ended with its request.
    pub fn begins(&mut self, now_ms: u64) -> bool {
        let begins = self.handing_over.is_none_or(|began| now_ms.saturating_sub(began) > MINUTE_MS);
        if begins {
            self.handing_over = Some(now_ms);
        }
        begins
    }

    /// Everything counted since it was last taken, as the checkout function takes it. None: nothing.
    pub fn take(&mut self) -> Option<Value> {
        self.handing_over = None;
        if self.counted.is_empty() {
            return None;
        }
        let entry = |((locale, words), counts): ((Locale, Option<Words>), Counts)| {
            let mut entry = serde_json::to_value(counts).unwrap_or_default();
            entry["locale"] = json!(locale);
            entry["words"] = json!(words);
            entry
        };
        Some(json!({ "entries": self.counted.drain().map(entry).collect::<Vec<_>>() }))
    }
}

/// As the search is steered at `now`: what is pinned is found, too.
fn borne_out(snapshot: &Snapshot, locale: &Locale, note: &Note, now: Timestamp) -> Option<Counts> {
    let steered = snapshot.steered()?;
    let plan = steered.steering.for_query(&note.q, locale, now);
    let answer = steered.search(&note.q, locale, false, &plan, None).ok()?;
    let found = |handle: &str| snapshot.find_handle(handle).filter(|card| answer.items.contains(card)).map(drop);
    match &note.what {
        What::Searched => Some(Counts {
            searches: 1,
            without: u32::from(answer.items.is_empty()),
            relaxed: u32::from(answer.relaxed),
            corrected: u32::from(!answer.corrected.is_empty()),
            ..Counts::default()
        }),
        What::Chosen { handle, place } => {
            found(handle).map(|()| Counts { clicks: 1, positions: *place, ..Counts::default() })
        }
        What::Bought { handle } => found(handle).map(|()| Counts { carts: 1, ..Counts::default() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Kind;
    use crate::platform::Incoming;
    use crate::testing::{Browser, request};
    use std::cell::RefCell;
    use std::rc::Rc;

    /// What the checkout function was told, batch by batch.
    fn told(shop: &Browser) -> Rc<RefCell<Vec<Value>>> {
        let told = Rc::new(RefCell::new(Vec::new()));
        let into = told.clone();
        shop.fake.answer(move |outgoing| {
            assert_eq!((outgoing.method, outgoing.url.as_str()), ("POST", "http://checkout.test/api/insight"));
            assert!(outgoing.headers.iter().all(|(name, _)| *name == "content-type"), "{:?}", outgoing.headers);
            into.borrow_mut().push(serde_json::from_slice(outgoing.body.as_deref().unwrap()).unwrap());
            Incoming { status: 204, ..Incoming::default() }
        });
        told
    }

    fn entries(told: &RefCell<Vec<Value>>) -> Vec<Value> {
        let mut entries: Vec<Value> =
            told.borrow_mut().drain(..).flat_map(|batch| batch["entries"].as_array().unwrap().clone()).collect();
        entries.sort_by_key(ToString::to_string);
        entries
    }

    #[test]
    fn searches_choices_and_carts_are_counted_together_and_handed_over_once() {
        let shop = Browser::new();
        let told = told(&shop);
        for note in [
            &[("q", "Stoneware  MUG")][..],
            &[("q", "stoneware mug")],
            &[("q", "stoneware mug"), ("product", "salt-script-sea-mug"), ("place", "2")],
            &[("q", "stoneware mug"), ("product", "salt-script-sea-mug"), ("cart", "1")],
            &[("q", "zzzzqqqq")],
            &[("q", "wang.li@example.com")],
        ] {
            let reply = shop.post("/insight", note);
            assert_eq!((reply.status, reply.kind, reply.body.len()), (204, Kind::Transient, 0));
        }
        shop.post("/zh/insight", &[("q", "盐与海")]);
        shop.fake.run_deferred();
        assert_eq!(told.borrow().len(), 1, "one batch");
        let expected = [
            json!({"locale": "en", "words": "stoneware mug", "searches": 2, "clicks": 1, "positions": 2, "carts": 1}),
            json!({"locale": "en", "words": "zzzzqqqq", "searches": 1, "without": 1}),
            json!({"locale": "en", "words": null, "searches": 1, "relaxed": 1}),
            json!({"locale": "zh-CN", "words": "盐与海", "searches": 1}),
        ];
        let found = entries(&told);
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for entry in expected.iter().filter(|entry| !entry["words"].is_null()) {
            assert!(found.contains(entry), "{entry} is not in {found:?}");
        }
        assert!(found.iter().any(|entry| entry["words"].is_null()), "an address counts without its words: {found:?}");
        assert!(!format!("{found:?}").contains("wang"));
        shop.fake.run_deferred();
        assert!(told.borrow().is_empty(), "and nothing is said twice");
        shop.post("/insight", &[("q", "mug")]);
        shop.fake.run_deferred();
        assert_eq!(entries(&told).len(), 1);
    }

    #[test]
    fn one_person_who_searches_again_names_nothing() {
        let shop = Browser::new();
        let told = told(&shop);
        for (address, q) in [("192.0.2.1", "mug"), ("192.0.2.1", "Mug"), ("192.0.2.1", "no"), ("192.0.2.2", "mug")] {
            let mut request = request("POST", "/insight");
            request.headers.push(("sec-fetch-site".into(), "same-origin".into()));
            request.headers.push(("cf-connecting-ip".into(), address.into()));
            request.body = format!("q={q}").into_bytes();
            assert_eq!(shop.send(request).status, 204);
        }
        shop.fake.run_deferred();
        let found = entries(&told);
        let searches =
            |words: Value| found.iter().find(|entry| entry["words"] == words).map(|entry| entry["searches"].clone());
        assert_eq!(searches(json!("mug")), Some(json!(2)), "two people: {found:?}");
        assert_eq!(searches(Value::Null), Some(json!(1)), "the second time counts in the total alone");
    }

    #[test]
    fn what_the_shop_does_not_bear_out_is_not_counted() {
        let shop = Browser::new();
        let told = told(&shop);
        for note in [
            &[("q", "zzzzqqqq"), ("product", "mug-no-1"), ("place", "1")][..],
            &[("q", "mug"), ("product", "no-such-mug"), ("place", "1")],
            &[("q", "mug"), ("product", "mug-no-1"), ("place", "0")],
            &[("q", "mug"), ("product", "mug-no-1"), ("place", "1001")],
            &[("q", "mug"), ("product", "mug-no-1")],
            &[("q", "")],
            &[("q", "?!")],
            &[("product", "mug-no-1")],
        ] {
            assert_eq!(shop.post("/insight", note).status, 204, "{note:?}");
        }
        shop.fake.run_deferred();
        assert!(told.borrow().is_empty(), "{told:?}");
    }

    #[test]
    fn one_address_is_heard_thirty_times_a_minute_and_other_sites_not_at_all() {
        let shop = Browser::new();
        let told = told(&shop);
        let say = |address: &str, site: &str| {
            let mut request = request("POST", "/insight");
            request.headers.push(("sec-fetch-site".into(), site.into()));
            request.headers.push(("cf-connecting-ip".into(), address.into()));
            request.body = b"q=mug".to_vec();
            shop.send(request).status
        };
        assert_eq!(say("192.0.2.1", "cross-site"), 403);
        assert_eq!(shop.get("/insight").status, 405);
        for _ in 0..100 {
            assert_eq!(say("192.0.2.1", "same-origin"), 204);
        }
        say("192.0.2.2", "same-origin");
        shop.fake.run_deferred();
        let batch = entries(&told);
        let searches = |batch: &[Value]| batch.iter().filter_map(|entry| entry["searches"].as_u64()).sum::<u64>();
        assert_eq!(searches(&batch), u64::from(MAX_NOTES + 1));
        assert!(!format!("{batch:?}").contains("192.0.2"));
        shop.fake.advance(MINUTE_MS);
        say("192.0.2.1", "same-origin");
        shop.fake.run_deferred();
        assert_eq!(searches(&entries(&told)), 1);
    }

    #[test]
    fn a_function_that_is_down_loses_a_batch_and_nothing_else() {
        let shop = Browser::new();
        assert_eq!(shop.post("/insight", &[("q", "mug")]).status, 204);
        shop.fake.run_deferred();
        assert_eq!(shop.get("/search?q=mug").status, 200);
        let told = told(&shop);
        shop.post("/insight", &[("q", "mug")]);
        shop.fake.run_deferred();
        assert_eq!(entries(&told).len(), 1);
    }

    #[test]
    fn the_functions_address_is_not_passed_through() {
        let shop = Browser::new();
        assert_eq!(crate::route::plain("/api/insight"), None);
        assert_eq!(shop.get("/api/insight").status, 404);
    }
}
