//! The address of the checkout's form: what each country asks for, in its order and under its own words. The table is the
//! domain's; changing the country fetches the form again, by a button where there is no script.

use super::checkout::{COUNTRIES, Form, Typed, field, text};
use crate::view::View;
use maud::{Markup, html};
use stoa_domain::address::{AddressField, FormField, MAX_FIELD_CHARS, Region, form_of, region, regions};
use stoa_domain::place::Destination;

/// `address-prefecture` for Japan's region.
pub fn label(view: &View<'_>, field: &FormField) -> String {
    view.t(&format!("address-{}", field.label))
}

/// What a field of the form is called in the country that was chosen.
pub fn label_of(view: &View<'_>, country: &str, name: &str) -> Option<String> {
    let field = form_of(country).fields.iter().find(|field| field.field.name() == name)?;
    Some(label(view, field))
}

pub fn fieldset(view: &View<'_>, form: &Form<'_>) -> Markup {
    let typed = form.typed;
    let present = typed.country();
    html! {
        fieldset.address data-swap="address" {
            legend { (view.t("delivery-address")) }
            (field(view, form, "name", &view.t("field-name"), &typed.name, &text("name", true)))
            div.field.country {
                label for="f-country" { (view.t("field-country")) }
                select #f-country name="country" autocomplete="country" required {
                    @for code in COUNTRIES { option value=(code) selected[code == present] { (view.t(&format!("country-{}", code.to_lowercase()))) } }
                }
                button.quiet type="submit" name="intent" value="country" formnovalidate data-auto-hide { (view.t("address-for-country")) }
            }
            @for one in form_of(present).fields { (entry(view, form, present, one)) }
        }
    }
}

fn entry(view: &View<'_>, form: &Form<'_>, country: &str, one: &FormField) -> Markup {
    let autocomplete = match one.field {
        AddressField::Region => "address-level1",
        AddressField::City => "address-level2",
        AddressField::District => "address-level3",
        AddressField::Subdistrict => "address-level4",
        AddressField::PostalCode => "postal-code",
        _ => "street-address",
    };
    let value = form.typed.text(one.field);
    let label = label(view, one);
    if one.field == AddressField::Region && regions(country).next().is_some() {
        return choice(view, form, country, one, &label);
    }
    field(view, form, one.field.name(), &label, value, &text(autocomplete, one.required))
}

/// A state or province out of the country's list.
fn choice(view: &View<'_>, form: &Form<'_>, country: &str, one: &FormField, label: &str) -> Markup {
    let present = region(country, &form.typed.region);
    let wrong = form.wrong.iter().find(|w| w.field == "region");
    html! {
        div.field.region {
            label for="f-region" { (label) @if !one.required { span.soft { " " (view.t("optional")) } } }
            select #f-region name="region" autocomplete="address-level1" required[one.required] aria-invalid=[wrong.map(|_| "true")]
                aria-describedby=[wrong.map(|_| "w-region")] {
                option value="" { (view.t("address-choose")) }
                @for region in regions(country) {
                    option value=(region.key) selected[present == Some(region)] { (name(view, country, region)) }
                }
            }
            @if let Some(wrong) = wrong { p.wrong #w-region { (wrong.message) } }
        }
    }
}

/// As its own people write it to who reads Chinese, where they write in Chinese characters.
fn name(view: &View<'_>, country: &str, region: Region) -> &'static str {
    let written = matches!(country, "CN" | "HK" | "TW" | "JP") && view.locale.language() == "zh";
    if written { region.key } else { region.name }
}

impl Typed {
    /// As far as the form asks for it in the chosen country.
    pub fn destination(&self) -> Destination {
        let asks = |field: AddressField| form_of(self.country()).fields.iter().any(|one| one.field == field);
        let text =
            |field| if asks(field) { self.text(field).chars().take(MAX_FIELD_CHARS).collect() } else { String::new() };
        Destination {
            country: self.country().to_owned(),
            region: text(AddressField::Region),
            postal_code: text(AddressField::PostalCode),
        }
    }

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

    /// What the country's form asks for and no more: what was typed for another country stays behind.
    pub fn address(&self) -> serde_json::Value {
        let mut address = serde_json::Map::new();
        let mut put = |name: &str, text: &str| drop(address.insert(name.to_owned(), text.into()));
        put("country", self.country());
        put("name", &self.name);
        put("phone", &self.phone);
        for one in form_of(self.country()).fields {
            put(one.field.name(), self.text(one.field));
        }
        address.into()
    }
}
