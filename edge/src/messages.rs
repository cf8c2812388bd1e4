//! What the shop itself says, from `locales/*.ftl`, and how it writes amounts and times.

use fluent_bundle::{FluentArgs, FluentBundle, FluentResource, FluentValue};
use jiff::Timestamp;
use std::rc::Rc;
use stoa_domain::{Locale, Money};

/// Language, messages. The first is the fallback for a shop language without messages of its own.
const SOURCES: [(&str, &str); 2] =
    [("en", include_str!("../locales/en.ftl")), ("zh-CN", include_str!("../locales/zh-CN.ftl"))];

pub struct Words {
    locale: Locale,
    chinese: bool,
    bundle: FluentBundle<FluentResource>,
}

thread_local! {
    static WORDS: std::cell::RefCell<Vec<Rc<Words>>> = const { std::cell::RefCell::new(Vec::new()) };
}

impl Words {
    /// Parsed once a locale and kept.
    pub fn of(locale: &Locale) -> Rc<Self> {
        WORDS.with_borrow_mut(|known| {
            if let Some(words) = known.iter().find(|w| w.locale == *locale) {
                return words.clone();
            }
            let words = Rc::new(Self::parse(locale));
            known.push(words.clone());
            words
        })
    }

    fn parse(locale: &Locale) -> Self {
        let language = |tag: &str| tag.split('-').next().unwrap_or_default().to_owned();
        let (tag, source) =
            SOURCES.iter().find(|(tag, _)| language(tag) == locale.language()).copied().unwrap_or(SOURCES[0]);
        let mut bundle = FluentBundle::new(vec![tag.parse().unwrap_or_default()]);
        bundle.set_use_isolating(false);
        let resource = FluentResource::try_new(source.to_owned()).unwrap_or_else(|(partial, _)| partial);
        bundle.add_resource_overriding(resource);
        Self { locale: locale.clone(), chinese: language(tag) == "zh", bundle }
    }

    pub fn t(&self, key: &str) -> String {
        self.t_with(key, &[])
    }
    /// The key itself where there is no such message: a test keeps that from happening.
    pub fn t_with(&self, key: &str, values: &[(&str, FluentValue<'_>)]) -> String {
        self.find(key, values).unwrap_or_else(|| key.to_owned())
    }
    pub fn find(&self, key: &str, values: &[(&str, FluentValue<'_>)]) -> Option<String> {
        let pattern = self.bundle.get_message(key)?.value()?;
        let mut args = FluentArgs::with_capacity(values.len());
        for (name, value) in values {
            args.set(*name, value.clone());
        }
        Some(self.bundle.format_pattern(pattern, Some(&args), &mut Vec::new()).into_owned())
    }

    /// `¥1,250.00`: the currency's symbol and digits, thousands grouped.
    pub fn money(&self, money: Money) -> String {
        let plain = money.to_decimal();
        let (sign, digits) = plain.strip_prefix('-').map_or(("", plain.as_str()), |digits| ("−", digits));
        let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(w, f)| (w, Some(f)));
        let mut text = format!("{sign}{}{}", money.currency.symbol(), group(whole));
        if let Some(fraction) = fraction {
            text.push('.');
            text.push_str(fraction);
        }
        text
    }
    /// `¥50` for a round amount, else as [`Words::money`].
    pub fn money_in_brief(&self, money: Money) -> String {
        let text = self.money(money);
        match text.split_once('.') {
            Some((whole, fraction)) if fraction.bytes().all(|b| b == b'0') => whole.to_owned(),
            _ => text,
        }
    }
    /// `12,406`.
    pub fn count(&self, count: usize) -> String {
        group(&count.to_string())
    }
    /// `23 November 2026, 08:30 UTC`, `2026年11月23日 08:30 UTC`.
    pub fn moment(&self, at: Timestamp) -> String {
        let form = if self.chinese { "%Y年%-m月%-d日 %H:%M UTC" } else { "%-d %B %Y, %H:%M UTC" };
        at.strftime(form).to_string()
    }
    /// `23 November 2026`, `2026年11月23日`.
    pub fn day(&self, at: Timestamp) -> String {
        at.strftime(if self.chinese { "%Y年%-m月%-d日" } else { "%-d %B %Y" }).to_string()
    }
}

fn group(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use fluent_syntax_keys::*;
    use std::collections::BTreeSet;
    use stoa_domain::Currency;

    mod fluent_syntax_keys {
        /// Message names of an FTL source: lines that begin with a name and ` =`.
        pub(super) fn keys(source: &str) -> std::collections::BTreeSet<&str> {
            source
                .lines()
                .filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()))
                .filter_map(|line| line.split_once(" ="))
                .map(|(key, _)| key)
                .collect()
        }
    }

    #[test]
    fn every_language_has_the_same_messages_and_no_syntax_errors() {
        let reference = keys(SOURCES[0].1);
        for (tag, source) in SOURCES {
            assert!(FluentResource::try_new(source.to_owned()).is_ok(), "{tag} does not parse");
            let missing: Vec<_> = reference.symmetric_difference(&keys(source)).copied().collect();
            assert!(missing.is_empty(), "{tag} differs in {missing:?}");
        }
    }

    #[test]
    fn every_message_that_the_code_names_exists_and_every_message_is_named() {
        let mut source = String::new();
        for file in ["src", "src/edge", "src/pages", "src/pages/order", "src/pages/product"].iter().flat_map(|d| {
            std::fs::read_dir(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(d)).into_iter().flatten().flatten()
        }) {
            source.push_str(&std::fs::read_to_string(file.path()).unwrap_or_default());
        }
        let known = keys(SOURCES[0].1);
        let mut named = BTreeSet::new();
        for call in [".t(\"", ".t_with(\""] {
            named.extend(source.split(call).skip(1).filter_map(|rest| rest.split('"').next()));
        }
        let unknown: Vec<_> = named.iter().filter(|key| !known.contains(*key)).collect();
        assert!(unknown.is_empty(), "no message for {unknown:?}");
        // Families are named by a computed key.
        let family = |key: &str| {
            [
                "sort-",
                "facet-",
                "problem-",
                "state-",
                "country-",
                "field-",
                "error-",
                "method-",
                "promotion-",
                "address-",
                "change-",
                "wrong-",
                "return-",
                "review-",
                "parcel-",
                "invoice-",
            ]
            .iter()
            .any(|f| key.starts_with(f))
        };
        let idle: Vec<_> = known.iter().filter(|key| !source.contains(&format!("\"{key}\"")) && !family(key)).collect();
        assert!(idle.is_empty(), "nobody says {idle:?}");
    }

    #[test]
    fn every_reason_why_a_promotion_does_not_apply_is_said_and_no_other() {
        use stoa_domain::promotion::ReasonCode;
        let reasons = ReasonCode::ALL.iter().map(|reason| reason.text_key().replace(['.', '_'], "-"));
        let reasons: BTreeSet<String> = reasons.collect();
        for (tag, source) in SOURCES {
            let said = keys(source).into_iter().filter(|key| key.starts_with("promotion-"));
            let said: BTreeSet<String> = said.map(|key| key.trim_end_matches("-by").to_owned()).collect();
            assert_eq!(said, reasons, "{tag}");
        }
    }

    #[test]
    fn amounts_are_grouped_and_keep_the_currencys_digits() {
        let words = Words::of(&Locale::new("en").unwrap());
        let yen = Currency::new("JPY").unwrap();
        let yuan = Currency::new("CNY").unwrap();
        assert_eq!(words.money(Money::new(123_456_789, yuan)), "¥1,234,567.89");
        assert_eq!(words.money(Money::new(5, yuan)), "¥0.05");
        assert_eq!(words.money(Money::new(-1_250, yuan)), "−¥12.50");
        assert_eq!(words.money(Money::new(1_250, yen)), "¥1,250");
    }

    #[test]
    fn moments_are_written_as_each_language_writes_them() {
        let at: Timestamp = "2026-11-03T08:05:00Z".parse().unwrap();
        assert_eq!(Words::of(&Locale::new("en").unwrap()).moment(at), "3 November 2026, 08:05 UTC");
        assert_eq!(Words::of(&Locale::new("zh-CN").unwrap()).moment(at), "2026年11月3日 08:05 UTC");
    }
}
