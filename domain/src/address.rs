//! Whether an address can be shipped to: bounded fields, a real country, and what its country cannot do without. What a
//! form asks for in which country is in `form`, their states and provinces in `regions`.

mod form;
mod regions;

pub use form::{AddressForm, FORMS, FormField, form_of};
pub use regions::{Region, region, region_key, regions};

use crate::field::FieldError;
use crate::order::Address;

/// Characters, of every field but `phone`, `country` and `postal_code`.
pub const MAX_FIELD_CHARS: usize = 200;
const MAX_POSTAL_CODE_CHARS: usize = 16;
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 5..=20;

/// One text of an address, by its name in forms and in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressField {
    Name,
    Phone,
    /// Province or state: 省.
    Region,
    /// 市.
    City,
    /// 区县.
    District,
    /// 街道, 镇, 乡.
    Subdistrict,
    Street,
    PostalCode,
}

impl AddressField {
    pub const ALL: [Self; 8] = {
        use AddressField::*;
        [Name, Phone, Region, City, District, Subdistrict, Street, PostalCode]
    };

    pub fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Phone => "phone",
            Self::Region => "region",
            Self::City => "city",
            Self::District => "district",
            Self::Subdistrict => "subdistrict",
            Self::Street => "street",
            Self::PostalCode => "postal_code",
        }
    }
}

impl Address {
    pub fn text(&self, field: AddressField) -> &str {
        match field {
            AddressField::Name => &self.name,
            AddressField::Phone => &self.phone,
            AddressField::Region => &self.region,
            AddressField::City => &self.city,
            AddressField::District => &self.district,
            AddressField::Subdistrict => &self.subdistrict,
            AddressField::Street => &self.street,
            AddressField::PostalCode => &self.postal_code,
        }
    }

    /// Every fault, the country's first, then in the order of the fields; empty when it can be shipped to. A text that
    /// is valid is kept as it is, to the last character. Codes: `required`, `too_long`, `control_characters`,
    /// `unknown_country`, `unknown_region`, `invalid_phone`, `invalid_postal_code`.
    pub fn validate(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        if !is_country(&self.country) {
            let rule = "country must be an ISO 3166-1 code of two capital letters such as CN";
            errors.push(FieldError::new("country", "unknown_country", rule));
        }
        let form = form_of(&self.country);
        for field in AddressField::ALL {
            let (name, text) = (field.name(), self.text(field));
            if is_blank(text) {
                if form.needs(field) {
                    errors.push(FieldError::new(name, "required", format!("{name} must not be empty")));
                }
            } else if text.chars().nth(MAX_FIELD_CHARS).is_some() {
                let rule = format!("{name} must have at most {MAX_FIELD_CHARS} characters");
                errors.push(FieldError::new(name, "too_long", rule));
            } else if text.chars().any(is_control) {
                let rule = format!("{name} must not hold line breaks, control characters or overrides of direction");
                errors.push(FieldError::new(name, "control_characters", rule));
            } else if let Some((code, rule)) = self.malformed(form, field, text) {
                errors.push(FieldError::new(name, code, rule));
            }
        }
        errors
    }

    fn malformed(&self, form: &AddressForm, field: AddressField, text: &str) -> Option<(&'static str, String)> {
        let country = self.country.as_str();
        match field {
            AddressField::Phone if !is_phone(text) => {
                let (least, most) = (PHONE_DIGITS.start(), PHONE_DIGITS.end());
                let rule =
                    format!("phone must have {least} to {most} digits, with spaces, hyphens, brackets or a leading +");
                Some(("invalid_phone", rule))
            }
            AddressField::Region if regions(country).next().is_some() && region(country, text).is_none() => {
                let rule = format!("region must be one of the states or provinces of {country}, by name or code");
                Some(("unknown_region", rule))
            }
            AddressField::PostalCode if !is_postal_code(text) => {
                let rule =
                    format!("postal_code has at most {MAX_POSTAL_CODE_CHARS} letters, digits, spaces and hyphens");
                Some(("invalid_postal_code", rule))
            }
            AddressField::PostalCode if !form.takes_postal_code(text) => {
                let shapes = form.postal_codes.replace('|', ", ");
                let rule =
                    format!("a postal_code of {country} has the shape {shapes} (9: digit, A: letter, X: either)");
                Some(("invalid_postal_code", rule))
            }
            _ => None,
        }
    }
}

/// Nothing of it would be seen: white space, or characters that only join, hide or steer others.
fn is_blank(text: &str) -> bool {
    let unseen = |c: char| {
        c.is_whitespace()
            || matches!(c, '\u{ad}' | '\u{34f}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}')
            || matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}')
    };
    text.chars().all(unseen)
}

/// What would break a line, or turn the text that follows it around on a label: joiners and marks of emoji and of
/// scripts written from the right are not among it.
fn is_control(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
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
            subdistrict: "平江街道".into(),
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
    fn every_form_takes_a_good_address_and_names_what_is_missing() {
        let good = [
            ("CN", "浙江省", "杭州市", "西湖区", "310013"),
            ("HK", "九龍", "油尖旺", "", ""),
            ("MO", "", "", "", ""),
            ("TW", "台北市", "大安區", "", "106"),
            ("SG", "", "", "", "546080"),
            ("MY", "Johor", "Johor Bahru", "", "80000"),
            ("JP", "東京都", "千代田区", "", "100-0001"),
            ("KR", "서울특별시", "종로구", "", "03051"),
            ("AU", "NSW", "Sydney", "", "2000"),
            ("NZ", "", "Wellington", "", "6011"),
            ("US", "NY", "New York", "", "10001-1234"),
            ("CA", "ON", "Ottawa", "", "K1A 0B1"),
            ("GB", "", "London", "", "EC1Y 8SY"),
            ("IE", "", "Dublin", "", "D02 AF30"),
            ("DE", "", "Berlin", "", "10115"),
            ("FR", "", "Paris", "", "75 001"),
            ("NL", "", "Utrecht", "", "1234 ab"),
            ("ES", "", "Madrid", "", "28001"),
            ("IT", "", "Roma", "", "00100"),
            ("GR", "", "Athina", "", "105 57"),
        ];
        assert_eq!(good.map(|(country, ..)| country), FORMS.map(|form| form.country));
        for (country, region, city, district, postal_code) in good {
            let change = |a: &mut Address| {
                a.country = country.into();
                (a.region, a.city, a.district) = (region.into(), city.into(), district.into());
                (a.subdistrict, a.postal_code) = (String::new(), postal_code.into());
            };
            assert_eq!(faults(change), [], "{country}");
            for field in form_of(country).fields {
                let without = faults(|a| {
                    change(a);
                    match field.field {
                        AddressField::Region => a.region.clear(),
                        AddressField::City => a.city.clear(),
                        AddressField::District => a.district.clear(),
                        AddressField::Street => a.street.clear(),
                        _ => a.postal_code.clear(),
                    }
                });
                let optional = matches!(field.field, AddressField::Subdistrict) || !field.required;
                assert_eq!(without.is_empty(), optional, "{country} without {}: {without:?}", field.field.name());
            }
        }
    }

    #[test]
    fn a_region_of_a_country_with_a_list_is_on_it() {
        assert_eq!(faults(|a| a.region = "江苏".into()), []);
        assert_eq!(faults(|a| a.region = "Jiangsu".into()), []);
        assert_eq!(faults(|a| a.region = "江".into()), [("region".into(), "unknown_region")]);
        assert_eq!(faults(|a| a.region = "加利福尼亚".into()), [("region".into(), "unknown_region")]);
        for (country, count) in
            [("CN", 31), ("JP", 47), ("US", 62), ("CA", 13), ("AU", 9), ("KR", 17), ("TW", 22), ("DE", 0)]
        {
            assert_eq!(regions(country).count(), count, "{country}");
            for one in regions(country) {
                assert_eq!(region(country, one.key), Some(one), "{}", one.key);
                assert_eq!(region(country, one.name).map(|r| r.name), Some(one.name), "{}", one.name);
                assert!(!one.key.is_empty() && one.key.trim() == one.key, "{one:?}");
            }
        }
        assert_eq!(region("KR", "경남").map(|r| r.key), Some("경상남도"));
        assert_eq!(region("TW", "新竹"), None, "a city and a county begin so");
        assert_eq!(region_key("DE", " Bayern "), "bayern");
    }

    #[test]
    fn what_nobody_would_see_is_missing_and_what_turns_a_label_around_is_refused() {
        for unseen in ["\u{200b}", "\u{2060}\u{feff}", " \u{3000}\u{ad}", "\u{200d}\u{fe0f}"] {
            assert_eq!(faults(|a| a.name = unseen.into()), [("name".into(), "required")], "{unseen:?}");
        }
        for turned in ["a\u{202e}b", "\u{2066}a", "a\u{2028}b", "a\u{0}b", "a\tb", "\u{85}a"] {
            assert_eq!(faults(|a| a.street = turned.into()), [("street".into(), "control_characters")], "{turned:?}");
        }
        for kept in ["👩‍👩‍👧‍👦 7", "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A", "שלום 3", "a\u{200f}b", "'; DROP TABLE orders; --", "<script>alert(1)</script>"]
        {
            assert_eq!(faults(|a| a.street = kept.into()), [], "{kept:?}");
        }
    }

    #[test]
    fn all_assigned_countries_are_known() {
        assert_eq!(COUNTRIES.split_ascii_whitespace().count(), 249);
        assert!(is_country("TW") && !is_country("UK") && !is_country("XX") && !is_country("C N"));
    }
}
