//! What a form asks for, by country: which fields, in which order, under which label, and which of them it cannot do
//! without. Fields, order and postal codes follow libaddressinput's metadata (see `regions`); where carriers need less
//! than it asks (a Chinese postal code) or more (a city everywhere it exists) the table says so.

use super::{AddressField, AddressField as F};

/// One line of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FormField {
    pub field: AddressField,
    /// What the field is called in this country: the last part of a page's text key, `prefecture`.
    pub label: &'static str,
    pub required: bool,
}

/// The form of one country; country, name and phone stand above its fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressForm {
    pub country: &'static str,
    pub fields: &'static [FormField],
    pub phone_required: bool,
    /// The shapes of a postal code without spaces and hyphens, `9` for a digit, `A` for a letter, `X` for either, with
    /// `|` between; empty where any will do.
    pub postal_codes: &'static str,
}

const fn must(field: AddressField, label: &'static str) -> FormField {
    FormField { field, label, required: true }
}
const fn may(field: AddressField, label: &'static str) -> FormField {
    FormField { field, label, required: false }
}
const fn form(country: &'static str, postal_codes: &'static str, fields: &'static [FormField]) -> AddressForm {
    AddressForm { country, fields, phone_required: false, postal_codes }
}

const STREET: FormField = must(F::Street, "street");
const CITY: FormField = must(F::City, "city");
const CODE: FormField = must(F::PostalCode, "postal-code");
/// Street, postal code, city: much of Europe.
const CODE_BEFORE_CITY: &[FormField] = &[STREET, CODE, CITY];

/// Countries whose form is known, in the order in which a shop's form offers them.
pub const FORMS: [AddressForm; 20] = [
    AddressForm {
        country: "CN",
        phone_required: true,
        postal_codes: "999999",
        // The four levels, then the door. Not everybody knows their subdistrict; a carrier finds it by the street.
        fields: &[
            must(F::Region, "province"),
            CITY,
            must(F::District, "district-or-county"),
            may(F::Subdistrict, "subdistrict"),
            must(F::Street, "street-detail"),
            may(F::PostalCode, "postal-code"),
        ],
    },
    form("HK", "", &[must(F::Region, "area"), must(F::City, "district"), STREET]),
    form("MO", "", &[may(F::District, "district"), STREET]),
    form("TW", "999|99999|999999", &[CODE, must(F::Region, "county-or-city"), must(F::City, "district"), STREET]),
    form("SG", "999999", &[STREET, CODE]),
    form("MY", "99999", &[STREET, CODE, CITY, may(F::Region, "state")]),
    form("JP", "9999999", &[CODE, must(F::Region, "prefecture"), must(F::City, "municipality"), STREET]),
    form(
        "KR",
        "99999",
        &[must(F::Region, "province"), must(F::City, "city-or-county"), may(F::District, "district"), STREET, CODE],
    ),
    form("AU", "9999", &[STREET, must(F::City, "suburb"), must(F::Region, "state"), CODE]),
    form("NZ", "9999", &[STREET, may(F::District, "suburb"), CITY, CODE]),
    form("US", "99999|999999999", &[STREET, CITY, must(F::Region, "state"), must(F::PostalCode, "zip-code")]),
    form("CA", "A9A9A9", &[STREET, CITY, must(F::Region, "province"), CODE]),
    form(
        "GB",
        "A99AA|A999AA|AA99AA|AA999AA|A9A9AA|AA9A9AA|AAA9AA|BFPO9|BFPO99|BFPO999|BFPO9999",
        &[STREET, must(F::City, "post-town"), must(F::PostalCode, "postcode")],
    ),
    form("IE", "XXXXXXX", &[STREET, CITY, may(F::Region, "county"), may(F::PostalCode, "postal-code")]),
    form("DE", "99999", CODE_BEFORE_CITY),
    form("FR", "99999", CODE_BEFORE_CITY),
    form("NL", "9999AA", CODE_BEFORE_CITY),
    form("ES", "99999", &[STREET, CODE, CITY, may(F::Region, "province")]),
    form("IT", "99999", &[STREET, CODE, CITY, may(F::Region, "province")]),
    form("GR", "99999", CODE_BEFORE_CITY),
];

/// For every other country: what most need, and no more is refused than they agree on.
const ELSEWHERE: AddressForm =
    form("", "", &[STREET, CITY, may(F::Region, "region"), may(F::PostalCode, "postal-code")]);
/// The same where carriers sort by postal code.
const ELSEWHERE_BY_CODE: AddressForm = form("", "", &[STREET, CODE, CITY, may(F::Region, "region")]);
const SORTED_BY_CODE: [&str; 4] = ["AT", "BE", "CH", "SE"];

/// The form of a country, or of any.
pub fn form_of(country: &str) -> &'static AddressForm {
    let elsewhere = || if SORTED_BY_CODE.contains(&country) { &ELSEWHERE_BY_CODE } else { &ELSEWHERE };
    FORMS.iter().find(|form| form.country == country).unwrap_or_else(elsewhere)
}

impl AddressForm {
    pub fn needs(&self, field: AddressField) -> bool {
        match field {
            F::Name => true,
            F::Phone => self.phone_required,
            other => self.fields.iter().any(|one| one.field == other && one.required),
        }
    }

    /// Whether a code has one of the country's shapes.
    pub fn takes_postal_code(&self, code: &str) -> bool {
        let code: Vec<char> = code.chars().filter(|c| *c != ' ' && *c != '-').collect();
        let fits = |shape: &str| {
            let like = |(wanted, got): (char, &char)| match wanted {
                '9' => got.is_ascii_digit(),
                'X' => got.is_ascii_alphanumeric(),
                'A' => got.is_ascii_alphabetic(),
                other => got.eq_ignore_ascii_case(&other),
            };
            shape.chars().count() == code.len() && shape.chars().zip(&code).all(like)
        };
        self.postal_codes.is_empty() || self.postal_codes.split('|').any(fits)
    }
}
