//! Where something goes, and parts of the world that rates are for: zones of shipping, jurisdictions of tax.

use crate::FieldError;
use crate::address::{is_country, region_key};
use crate::order::Address;
use serde::{Deserialize, Serialize};

pub const MAX_PLACES: usize = 100;
pub const MAX_REGIONS: usize = 100;
pub const MAX_POSTAL_PREFIXES: usize = 500;
const MAX_REGION_CHARS: usize = 100;
const MAX_PREFIX_CHARS: usize = 12;

/// As much of an address as rates ask about. Empty texts are not known yet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Destination {
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// As it is typed: `NY` and `New York` are the same.
    pub region: String,
    pub postal_code: String,
}

impl From<&Address> for Destination {
    fn from(address: &Address) -> Self {
        let Address { country, region, postal_code, .. } = address;
        Self { country: country.clone(), region: region.clone(), postal_code: postal_code.clone() }
    }
}

/// A country, or a part of one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// ISO 3166-1 alpha-2, in capitals.
    pub country: String,
    /// Any of these states or provinces; empty for all.
    #[serde(default)]
    pub regions: Vec<String>,
    /// Any postal code that begins with one of these, spaces and hyphens aside; empty for all.
    #[serde(default)]
    pub postal_prefixes: Vec<String>,
}

/// How closely a place fits: a longer postal prefix before a shorter, any of them before a region, that before a country.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fit {
    prefix: usize,
    region: bool,
}

impl Place {
    /// None: `to` does not lie there, or not enough of it is known.
    pub fn fit(&self, to: &Destination) -> Option<Fit> {
        if !self.country.eq_ignore_ascii_case(&to.country) {
            return None;
        }
        let region = !self.regions.is_empty();
        if region {
            let key = region_key(&self.country, &to.region);
            if key.is_empty() || !self.regions.iter().any(|one| region_key(&self.country, one) == key) {
                return None;
            }
        }
        if self.postal_prefixes.is_empty() {
            return Some(Fit { prefix: 0, region });
        }
        let code = compact(&to.postal_code);
        let fitting =
            self.postal_prefixes.iter().map(|prefix| compact(prefix)).filter(|prefix| code.starts_with(prefix));
        fitting.map(|prefix| prefix.len()).max().filter(|len| *len > 0).map(|prefix| Fit { prefix, region })
    }

    /// Whether more of `to` would have to be known to say that it does not lie there.
    pub fn asks_more(&self, to: &Destination) -> bool {
        self.country.eq_ignore_ascii_case(&to.country)
            && (!self.regions.is_empty() && to.region.trim().is_empty()
                || !self.postal_prefixes.is_empty() && to.postal_code.trim().is_empty())
    }

    /// Codes: `unknown_country`, `too_many`, `required`, `too_long`.
    pub fn validate(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        if !is_country(&self.country) {
            let rule = "country must be an ISO 3166-1 code of two capital letters such as CN";
            errors.push(FieldError::new("country", "unknown_country", rule));
        }
        texts(&mut errors, "regions", &self.regions, MAX_REGIONS, MAX_REGION_CHARS);
        texts(&mut errors, "postal_prefixes", &self.postal_prefixes, MAX_POSTAL_PREFIXES, MAX_PREFIX_CHARS);
        errors
    }
}

/// The most closely fitting of `all`, the first of equals.
pub fn closest<'a, T>(all: &'a [T], places: impl Fn(&'a T) -> &'a [Place], to: &Destination) -> Option<&'a T> {
    let fit = |one: &'a T| places(one).iter().filter_map(|place| place.fit(to)).max();
    let mut best: Option<(Fit, &T)> = None;
    for one in all {
        if let Some(fit) = fit(one)
            && best.is_none_or(|(before, _)| fit > before)
        {
            best = Some((fit, one));
        }
    }
    best.map(|(_, one)| one)
}

/// Every fault of a list of places, which must not be empty.
pub(crate) fn validate_places(places: &[Place]) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if !(1..=MAX_PLACES).contains(&places.len()) {
        let rule = format!("there must be 1 to {MAX_PLACES} places, got {}", places.len());
        errors.push(FieldError::new("places", "too_many", rule));
    }
    for (i, place) in places.iter().take(MAX_PLACES).enumerate() {
        errors.extend(place.validate().into_iter().map(|error| error.within(&format!("places[{i}]"))));
    }
    errors
}

fn texts(errors: &mut Vec<FieldError>, field: &str, texts: &[String], most: usize, chars: usize) {
    if texts.len() > most {
        errors.push(FieldError::new(field, "too_many", format!("at most {most} may be given, got {}", texts.len())));
    }
    for (i, text) in texts.iter().take(most).enumerate() {
        let at = format!("{field}[{i}]");
        if compact(text).is_empty() {
            errors.push(FieldError::new(at, "required", "must not be empty"));
        } else if text.chars().nth(chars).is_some() {
            errors.push(FieldError::new(at, "too_long", format!("must have at most {chars} characters")));
        }
    }
}

/// `K1A 0B1` as `K1A0B1`.
fn compact(code: &str) -> String {
    code.chars().filter(|c| !c.is_whitespace() && *c != '-').flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(country: &str, regions: &[&str], prefixes: &[&str]) -> Place {
        let owned = |all: &[&str]| all.iter().map(|s| (*s).to_owned()).collect();
        Place { country: country.into(), regions: owned(regions), postal_prefixes: owned(prefixes) }
    }
    fn to(country: &str, region: &str, postal_code: &str) -> Destination {
        Destination { country: country.into(), region: region.into(), postal_code: postal_code.into() }
    }

    #[test]
    fn a_region_is_known_by_its_code_its_name_and_its_short_form() {
        for typed in ["NY", "ny", " New York "] {
            assert!(place("US", &["NY"], &[]).fit(&to("US", typed, "")).is_some(), "{typed}");
        }
        assert!(place("CN", &["江苏"], &[]).fit(&to("CN", "江苏省", "")).is_some());
        assert!(place("CN", &["Jiangsu"], &[]).fit(&to("CN", "江苏省", "")).is_some());
        assert!(place("CN", &["江西省"], &[]).fit(&to("CN", "江苏省", "")).is_none());
        assert!(place("XK", &[], &[]).fit(&to("CN", "", "")).is_none());
    }

    #[test]
    fn the_closest_place_wins_whatever_their_order() {
        let country = place("US", &[], &[]);
        let state = place("US", &["NY"], &[]);
        let city = place("US", &["NY"], &["100"]);
        let block = place("US", &[], &["100-1"]);
        let check = |all: &[&Place], at: &Destination, wanted: &Place| {
            let all: Vec<Vec<Place>> = all.iter().map(|p| vec![(*p).clone()]).collect();
            assert_eq!(closest(&all, |p| p.as_slice(), at).map(|p| &p[0]), Some(wanted), "{at:?}");
        };
        for all in [[&country, &state, &city, &block], [&block, &city, &state, &country]] {
            check(&all, &to("US", "", ""), &country);
            check(&all, &to("US", "New York", "12207"), &state);
            check(&all, &to("US", "NY", "10025"), &city);
            check(&all, &to("US", "NY", "100 12"), &block);
            check(&all, &to("us", "NJ", "07030"), &country);
        }
    }

    #[test]
    fn what_is_not_known_yet_may_matter() {
        assert!(place("US", &["NY"], &[]).asks_more(&to("US", "", "")));
        assert!(place("US", &[], &["100"]).asks_more(&to("US", "NY", " ")));
        assert!(!place("US", &["NY"], &[]).asks_more(&to("US", "NJ", "")));
        assert!(!place("US", &["NY"], &[]).asks_more(&to("CA", "", "")));
    }
}
