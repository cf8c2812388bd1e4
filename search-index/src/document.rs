use stoa_domain::{Localized, ProductId};

/// What of a product can be found. Prices and stock are absent on purpose: they change often, and the edge filters by
/// its own cards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchDocument {
    pub id: ProductId,
    pub title: Localized,
    pub brand: Option<String>,
    /// Names of the category and those above it, the product type, the tags.
    pub kinds: Vec<Localized>,
    /// `label value unit`, one an attribute, and the names of option values.
    pub attributes: Vec<Localized>,
    /// Plain text.
    pub description: Localized,
    /// SKUs, barcodes, maker's numbers.
    pub codes: Vec<String>,
}

#[cfg(feature = "build")]
mod of {
    use super::SearchDocument;
    use ammonia::Builder;
    use std::collections::HashSet;
    use std::sync::LazyLock;
    use stoa_domain::category::Category;
    use stoa_domain::product::{Attribute, AttributeValue, Product};
    use stoa_domain::{Locale, Localized};

    impl SearchDocument {
        /// `categories`: the product's category and those above it. `default_locale` is the language of brand,
        /// product type and tags, which have no translations.
        pub fn of(product: &Product, categories: &[&Category], default_locale: &Locale) -> Self {
            let untranslated = |text: &String| Localized::new(default_locale.clone(), text.as_str());
            let kinds = categories.iter().map(|category| category.name.clone());
            let options = product.options.iter().flat_map(|option| &option.values).map(|value| value.name.clone());
            let codes = product.variants.iter().flat_map(|v| [Some(v.sku.as_str()), v.barcode.as_deref()]).flatten();
            Self {
                id: product.id.clone(),
                title: product.title.clone(),
                brand: product.brand.clone(),
                kinds: kinds.chain(product.product_type.iter().chain(&product.tags).map(untranslated)).collect(),
                attributes: product.attributes.iter().filter_map(|a| said(a, default_locale)).chain(options).collect(),
                description: plain(&product.description_html),
                codes: codes.map(str::to_string).collect(),
            }
        }
    }

    /// A flag is worth finding by its label where it is true: `Touchscreen`.
    fn said(attribute: &Attribute, default_locale: &Locale) -> Option<Localized> {
        let mut text = Localized::default();
        match &attribute.value {
            AttributeValue::Flag(false) => return None,
            AttributeValue::Flag(true) => return Some(attribute.label.clone()),
            AttributeValue::Text(value) => {
                for (locale, value) in value.iter() {
                    text.set(locale.clone(), format!("{} {value}", attribute.label.get(locale, default_locale)));
                }
            }
            AttributeValue::Number { value, unit } => {
                let unit = unit.as_deref().unwrap_or_default();
                for (locale, label) in attribute.label.iter() {
                    text.set(locale.clone(), format!("{label} {} {unit}", value.normalize()));
                }
            }
        }
        Some(text)
    }

    fn plain(html: &Localized) -> Localized {
        let mut text = Localized::default();
        for (locale, html) in html.iter() {
            text.set(locale.clone(), strip(html));
        }
        text
    }

    /// Tags away, entities decoded. A space stands for each tag, or the words of neighbouring blocks would run together.
    fn strip(html: &str) -> String {
        static STRIPPER: LazyLock<Builder<'static>> = LazyLock::new(|| {
            let mut builder = Builder::empty();
            builder.clean_content_tags(HashSet::from(["script", "style"]));
            builder
        });
        if !html.contains(['<', '&']) {
            return html.to_string();
        }
        let text = STRIPPER.clean(&html.replace('<', " <")).to_string();
        // The only entities a serialised text node holds.
        text.replace("&nbsp;", " ").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    }

    #[test]
    fn html_becomes_words() {
        let html = "<p>Hand&nbsp;made</p><p>in <b>Jingdezhen</b> &amp; fired<script>alert(1)</script></p>";
        assert_eq!(
            strip(html).split_whitespace().collect::<Vec<_>>(),
            ["Hand", "made", "in", "Jingdezhen", "&", "fired"]
        );
    }
}
