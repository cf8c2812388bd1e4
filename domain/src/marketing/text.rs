//! Messages with blanks: a plugin writes `{{name}}`, and who sends the message fills it in. So no plugin, and nothing that is
//! kept of its run, knows a name.

/// `{{name}}` is the customer's as they gave it, `{{shop}}` the shop's, `{{coupon}}` the code granted in the same answer and
/// `{{coupon_ends}}` the last day it is good for.
pub const PLACEHOLDERS: [&str; 4] = ["name", "shop", "coupon", "coupon_ends"];

/// What goes into the blanks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Filled<'a> {
    pub name: &'a str,
    pub shop: &'a str,
    pub coupon: &'a str,
    pub coupon_ends: &'a str,
}

/// The text with its blanks filled. What is filled in is not read again: a customer named `{{coupon}}` gets none.
pub fn fill(text: &str, filled: Filled<'_>) -> String {
    let mut full = String::with_capacity(text.len());
    for part in parts(text) {
        match part {
            Part::Text(text) => full.push_str(text),
            Part::Blank("name") => full.push_str(filled.name),
            Part::Blank("shop") => full.push_str(filled.shop),
            Part::Blank("coupon") => full.push_str(filled.coupon),
            Part::Blank("coupon_ends") => full.push_str(filled.coupon_ends),
            // Refused long before: it stays as it is written.
            Part::Blank(other) => full.extend(["{{", other, "}}"]),
        }
    }
    full
}

/// The first blank that nobody can fill; `{{` without an end is one.
pub(super) fn unknown_placeholder(text: &str) -> Option<&str> {
    parts(text).find_map(|part| match part {
        Part::Blank(name) if !PLACEHOLDERS.contains(&name) => Some(name),
        Part::Text(text) if text.contains("{{") => Some(text),
        _ => None,
    })
}

pub(super) fn names_coupon(text: &str) -> bool {
    parts(text).any(|part| matches!(part, Part::Blank("coupon" | "coupon_ends")))
}

enum Part<'a> {
    Text(&'a str),
    /// What stands between the braces, without outer white space.
    Blank(&'a str),
}

fn parts(text: &str) -> impl Iterator<Item = Part<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let Some(start) = rest.find("{{") else { return Some(Part::Text(std::mem::take(&mut rest))) };
        if start > 0 {
            let (text, from) = rest.split_at(start);
            rest = from;
            return Some(Part::Text(text));
        }
        match rest.find("}}") {
            Some(end) => {
                let blank = &rest[2..end];
                rest = &rest[end + 2..];
                Some(Part::Blank(blank.trim()))
            }
            None => Some(Part::Text(std::mem::take(&mut rest))),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_are_filled_once() {
        let filled = Filled { name: "{{coupon}}", shop: "Stoa", coupon: "BACK-1", coupon_ends: "2026-12-01" };
        let text = "Dear {{name}}, {{ coupon }} is good until {{coupon_ends}}. {{shop}} }} {{";
        assert_eq!(fill(text, filled), "Dear {{coupon}}, BACK-1 is good until 2026-12-01. Stoa }} {{");
        assert_eq!(fill("", filled), "");
    }

    #[test]
    fn only_known_blanks_pass() {
        for (text, unknown) in [
            ("{{name}} and {{shop}}", None),
            ("{{email}}", Some("email")),
            ("{{name}} {{", Some("{{")),
            ("{{{name}}}", Some("{name")),
            ("} {x} }}", None),
            ("{{}}", Some("")),
        ] {
            assert_eq!(unknown_placeholder(text), unknown, "{text}");
        }
        assert!(names_coupon("use {{coupon}}") && !names_coupon("use {{name}} coupon"));
    }
}
