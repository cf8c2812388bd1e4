//! Whether an address can be shipped to: bounded fields, a real country, and what its country cannot do without.

use crate::field::FieldError;
use crate::order::Address;

/// Characters, of every field but `phone`, `country` and `postal_code`.
pub const MAX_FIELD_CHARS: usize = 200;
const MAX_POSTAL_CODE_CHARS: usize = 16;
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 5..=20;

/// Countries whose carriers sort by postal code.
const POSTAL_CODE_NEEDED: [&str; 14] =
    ["AT", "AU", "BE", "CA", "CH", "DE", "ES", "FR", "GB", "IT", "JP", "NL", "SE", "US"];
/// Countries where a city's name alone is not enough.
const REGION_NEEDED: [&str; 5] = ["AU", "CA", "CN", "JP", "US"];

impl Address {
    /// Every fault, in the order of the form; empty when it can be shipped to. Codes: `required`, `too_long`,
    /// `control_characters`, `unknown_country`, `invalid_phone`, `invalid_postal_code`.
    pub fn validate(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        let country = self.country.as_str();
        let china = country == "CN";
        let needs = |countries: &[&str]| countries.contains(&country);
        let fields = [
            ("name", &self.name, true),
            ("phone", &self.phone, china),
            ("country", &self.country, true),
            ("region", &self.region, needs(&REGION_NEEDED)),
            ("city", &self.city, true),
            // A few Chinese cities have towns and no districts: the name of either will do.
            ("district", &self.district, china),
            ("street", &self.street, true),
            ("postal_code", &self.postal_code, needs(&POSTAL_CODE_NEEDED)),
        ];
        for (field, text, required) in fields {
            if text.trim().is_empty() {
                if required {
                    errors.push(FieldError::new(field, "required", format!("{field} must not be empty")));
                }
            } else if text.chars().nth(MAX_FIELD_CHARS).is_some() {
                let rule = format!("{field} must have at most {MAX_FIELD_CHARS} characters");
                errors.push(FieldError::new(field, "too_long", rule));
            } else if text.chars().any(char::is_control) {
                let rule = format!("{field} must not hold line breaks or other control characters");
                errors.push(FieldError::new(field, "control_characters", rule));
            } else if let Some((code, rule)) = malformed(field, text, china) {
                errors.push(FieldError::new(field, code, rule));
            }
        }
        errors
    }
}

fn malformed(field: &str, text: &str, china: bool) -> Option<(&'static str, String)> {
    match field {
        "country" if !is_country(text) => {
            let rule = "country must be an ISO 3166-1 code of two capital letters such as CN";
            Some(("unknown_country", rule.to_owned()))
        }
        "phone" if !is_phone(text) => {
            let (least, most) = (PHONE_DIGITS.start(), PHONE_DIGITS.end());
            let rule =
                format!("phone must have {least} to {most} digits, with spaces, hyphens, brackets or a leading +");
            Some(("invalid_phone", rule))
        }
        "postal_code" if china && !(text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit())) => {
            Some(("invalid_postal_code", "a Chinese postal_code has six digits".to_owned()))
        }
        "postal_code" if !is_postal_code(text) => {
            let rule = format!("postal_code has at most {MAX_POSTAL_CODE_CHARS} letters, digits, spaces and hyphens");
            Some(("invalid_postal_code", rule))
        }
        _ => None,
    }
}

fn is_phone(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let plain =
        text.chars().enumerate().all(|(i, c)| c.is_ascii_digit() || " -().".contains(c) || (c == '+' && i == 0));
    plain && PHONE_DIGITS.contains(&digits) && text.len() <= 2 * PHONE_DIGITS.end()
}

fn is_postal_code(text: &str) -> bool {
    text.len() <= MAX_POSTAL_CODE_CHARS && text.chars().all(|c| c.is_ascii_alphanumeric() || c == ' ' || c == '-')
}

/// Whether `code` is an officially assigned ISO 3166-1 alpha-2 code, in capitals.
pub fn is_country(code: &str) -> bool {
    code.len() == 2 && COUNTRIES.split_ascii_whitespace().any(|c| c == code)
}

/// ISO 3166-1 alpha-2, officially assigned.
const COUNTRIES: &str = "\
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC \
CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD \
GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH \
KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW \
MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC \
SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY \
UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW";

#[cfg(test)]
mod tests {
    use super::*;

    fn suzhou() -> Address {
        Address {
            name: "王莉".into(),
            phone: "+86 139 0000 0000".into(),
            country: "CN".into(),
            region: "江苏省".into(),
            city: "苏州市".into(),
            district: "姑苏区".into(),
            street: "平江路 12 号".into(),
            postal_code: String::new(),
        }
    }

    /// The fields and codes that `change` makes wrong.
    fn faults(change: impl FnOnce(&mut Address)) -> Vec<(String, &'static str)> {
        let mut address = suzhou();
        change(&mut address);
        address.validate().into_iter().map(|e| (e.field, e.code)).collect()
    }

    #[test]
    fn a_chinese_address_needs_no_postal_code() {
        assert_eq!(suzhou().validate(), []);
    }

    #[test]
    fn every_fault_is_named_once() {
        assert_eq!(faults(|a| a.name = " ".into()), [("name".into(), "required")]);
        assert_eq!(faults(|a| a.phone = "call me".into()), [("phone".into(), "invalid_phone")]);
        assert_eq!(faults(|a| a.country = "cn".into()), [("country".into(), "unknown_country")]);
        assert_eq!(faults(|a| a.region.clear()), [("region".into(), "required")]);
        assert_eq!(faults(|a| a.street = "道".repeat(201)), [("street".into(), "too_long")]);
        assert_eq!(faults(|a| a.city = "苏州\r\nX: y".into()), [("city".into(), "control_characters")]);
        assert_eq!(faults(|a| a.postal_code = "21500".into()), [("postal_code".into(), "invalid_postal_code")]);
        let nothing = |a: &mut Address| {
            for field in [&mut a.name, &mut a.phone, &mut a.region, &mut a.city, &mut a.district, &mut a.street] {
                field.clear();
            }
        };
        assert_eq!(faults(nothing).len(), 6);
    }

    #[test]
    fn the_rules_follow_the_country() {
        let berlin = |a: &mut Address| {
            a.country = "DE".into();
            a.region.clear();
            a.district.clear();
            a.phone.clear();
        };
        assert_eq!(faults(berlin), [("postal_code".into(), "required")]);
        assert_eq!(faults(|a| (berlin(a), a.postal_code = "10115".into()).1), []);
    }

    #[test]
    fn all_assigned_countries_are_known() {
        assert_eq!(COUNTRIES.split_ascii_whitespace().count(), 249);
        assert!(is_country("TW") && !is_country("UK") && !is_country("XX") && !is_country("C N"));
    }
}
