//! The demo shop's settings, its taxes and shipping rates, categories, collections and pages (`cli/demo/shop.toml`, `cli/demo/pages.toml`).

use super::catalogue::{both, both_html, locales};
use anyhow::{Context, Result};
use serde::Deserialize;
use stoa_domain::category::Category;
use stoa_domain::checkout::CheckoutSettings;
use stoa_domain::collection::{Collection, Condition, Members, Rule};
use stoa_domain::shop::{ContentPage, MenuLink, PageKind, ShippingMethod, Shop};
use stoa_domain::{CategoryId, CollectionId, Currency, Handle, Localized, Money, ProductId};

type Texts = [String; 2];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    shop: Settings,
    shipping: Vec<Shipping>,
    /// As the API takes it.
    checkout: CheckoutSettings,
    /// Parents before children.
    category: Vec<CategoryEntry>,
    collection: Vec<CollectionEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    name: Texts,
    tagline: Texts,
    announcement: Texts,
    description: Texts,
    email: String,
    facets: Vec<String>,
    main_menu: Vec<(String, String, String)>,
    footer_menu: Vec<(String, String, String)>,
    notices: Vec<Texts>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shipping {
    id: String,
    name: Texts,
    promise: Texts,
    price: i64,
    free_from: Option<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CategoryEntry {
    handle: String,
    parent: Option<String>,
    name: Texts,
    text: Option<Texts>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CollectionEntry {
    handle: String,
    title: Texts,
    text: Texts,
    #[serde(default)]
    products: Vec<String>,
    #[serde(default)]
    on_sale: bool,
    below: Option<i64>,
    tag: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pages {
    page: Vec<PageEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PageEntry {
    handle: String,
    policy: bool,
    title: Texts,
    en: String,
    zh: String,
}

/// Everything about the shop that is not a product.
pub(crate) struct Furnishing {
    pub(crate) shop: Shop,
    pub(crate) checkout: CheckoutSettings,
    pub(crate) categories: Vec<Category>,
    pub(crate) collections: Vec<Collection>,
    pub(crate) pages: Vec<ContentPage>,
}

pub(crate) fn load() -> Result<Furnishing> {
    let file: File = toml::from_str(include_str!("../../demo/shop.toml")).context("demo/shop.toml")?;
    let pages: Pages = toml::from_str(include_str!("../../demo/pages.toml")).context("demo/pages.toml")?;
    Ok(Furnishing {
        shop: settings(&file)?,
        categories: file.category.iter().enumerate().map(category).collect::<Result<_>>()?,
        collections: file.collection.iter().enumerate().map(collection).collect::<Result<_>>()?,
        pages: pages.page.iter().map(page).collect::<Result<_>>()?,
        checkout: file.checkout,
    })
}

fn texts(pair: &Texts) -> Result<Localized> {
    both([&pair[0], &pair[1]])
}

fn yuan(amount: i64) -> Result<Money> {
    Ok(Money::new(amount * 100, Currency::new("CNY")?))
}

fn settings(file: &File) -> Result<Shop> {
    let s = &file.shop;
    let [english, chinese] = locales()?;
    let menu = |links: &[(String, String, String)]| {
        let link =
            |(en, zh, path): &(String, String, String)| Ok(MenuLink { label: both([en, zh])?, path: path.clone() });
        links.iter().map(link).collect::<Result<Vec<_>>>()
    };
    let method = |m: &Shipping| {
        Ok(ShippingMethod {
            id: m.id.clone(),
            name: texts(&m.name)?,
            price: yuan(m.price)?,
            free_from: m.free_from.map(yuan).transpose()?,
            promise: texts(&m.promise)?,
        })
    };
    Ok(Shop {
        name: texts(&s.name)?,
        tagline: texts(&s.tagline)?,
        announcement: texts(&s.announcement)?,
        description: texts(&s.description)?,
        email: s.email.clone(),
        currency: Currency::new("CNY")?,
        default_locale: english.clone(),
        locales: vec![english, chinese],
        main_menu: menu(&s.main_menu)?,
        footer_menu: menu(&s.footer_menu)?,
        shipping_methods: file.shipping.iter().map(method).collect::<Result<_>>()?,
        notices: s.notices.iter().map(texts).collect::<Result<_>>()?,
        facets: s.facets.clone(),
    })
}

fn category((position, entry): (usize, &CategoryEntry)) -> Result<Category> {
    let id = |handle: &str| CategoryId::new(format!("cat_{handle}"));
    let paragraph = |text: &Texts| both_html([&format!("<p>{}</p>", text[0]), &format!("<p>{}</p>", text[1])]);
    Ok(Category {
        id: id(&entry.handle)?,
        parent: entry.parent.as_deref().map(id).transpose()?,
        handle: Handle::new(entry.handle.clone())?,
        name: texts(&entry.name)?,
        description_html: entry.text.as_ref().map(paragraph).transpose()?.unwrap_or_default(),
        position: u32::try_from(position)?,
    })
}

fn collection((position, entry): (usize, &CollectionEntry)) -> Result<Collection> {
    let mut conditions = Vec::new();
    if entry.on_sale {
        conditions.push(Condition::OnSale);
    }
    if let Some(below) = entry.below {
        conditions.push(Condition::PriceBelow(yuan(below)?));
    }
    if let Some(tag) = &entry.tag {
        conditions.push(Condition::Tag(tag.clone()));
    }
    let members = if conditions.is_empty() {
        let ids = entry.products.iter().map(|handle| ProductId::new(format!("prod_{handle}")));
        Members::Manual(ids.collect::<Result<_, _>>()?)
    } else {
        Members::Rule(Rule { all: true, conditions })
    };
    Ok(Collection {
        id: CollectionId::new(format!("col_{}", entry.handle))?,
        handle: Handle::new(entry.handle.clone())?,
        title: texts(&entry.title)?,
        description_html: both_html([&format!("<p>{}</p>", entry.text[0]), &format!("<p>{}</p>", entry.text[1])])?,
        members,
        position: u32::try_from(position)?,
    })
}

fn page(entry: &PageEntry) -> Result<ContentPage> {
    Ok(ContentPage {
        handle: Handle::new(entry.handle.clone())?,
        kind: if entry.policy { PageKind::Policy } else { PageKind::Page },
        title: texts(&entry.title)?,
        body_html: both_html([&entry.en, &entry.zh])?,
    })
}
