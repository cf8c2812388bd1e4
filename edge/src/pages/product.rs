//! One product: its pictures, its options, its price and stock, what it is made of, what buyers say, what goes with it.

mod reviews;

pub(crate) use reviews::stars;

use super::content::plain_text;
use super::layout::{Head, page};
use super::parts::{LARGE, SMALL, breadcrumbs, dot, media_url, picture, placeholder, price, rating, tiles, width_for};
use crate::snapshot::CardNo;
use crate::view::View;
use maud::{Markup, PreEscaped, html};
use serde_json::{Value, json};
use stoa_domain::product::{AttributeValue, Image, Product, Variant};
use stoa_domain::snapshot::{Availability, ProductView};

const RELATED: usize = 4;
const SHOWN_IMAGES: usize = 10;
/// Where a product has more variants than this, JSON-LD tells the range of their prices only.
const LISTED_OFFERS: usize = 30;

pub fn render(view: &View<'_>, product_view: &ProductView, wanted_sku: Option<&str>) -> String {
    let product = &product_view.product;
    let at = wanted_sku
        .and_then(|sku| product.variants.iter().position(|v| v.sku.as_str() == sku))
        .or_else(|| (0..product.variants.len()).find(|at| availability(product_view, *at) != Availability::SoldOut))
        .unwrap_or(0);
    let title = view.text(&product.title);
    let description = view.text(&product.description_html);
    let images: Vec<&Image> = product.images.iter().filter(|i| i.media.is_some()).collect();
    let related: Vec<CardNo> =
        product_view.related.iter().filter_map(|id| view.snapshot.find_id(id.as_str())).take(RELATED).collect();
    let path = format!("/products/{}", crate::view::segment(product.handle.as_str()));
    let category = product.category.as_ref().map(|c| view.snapshot.path_to(c.as_str())).unwrap_or_default();
    let seo = |text: &str, otherwise: &str| if text.is_empty() { otherwise.to_owned() } else { text.to_owned() };
    let head = Head {
        title: seo(view.text(&product.seo_title), title),
        description: seo(view.text(&product.seo_description), &plain_text(description, 160)),
        here: wanted_sku.map(|sku| format!("{path}?variant={}", crate::view::segment(sku))),
        canonical: path,
        image: images.first().and_then(|i| i.media.as_ref()).map(|m| media_url(m, width_for(m, 1_200))),
        json_ld: Some(json_ld(view, product_view)),
        counted: true,
        ..Head::default()
    };
    page(
        view,
        &head,
        html! {
            (breadcrumbs(view, &category, title))
            article.product data-swap="product" {
                (gallery(view, product, &images, product.variants.get(at)))
                div.buy {
                    @if let Some(brand) = &product.brand {
                        p.brand { a href={ (view.to("/search")) "?" (brand_query(brand)) } { (brand) } }
                    }
                    h1 { (title) }
                    @if !product_view.reviews.rating.score().is_none() {
                        a.more href="#reviews" { (rating(view, product_view.reviews.rating.score())) }
                    }
                    @if let Some(variant) = product.variants.get(at) { (offer(view, product_view, at, variant)) }
                    @if !description.is_empty() { section.prose { (PreEscaped(description)) } }
                    (attributes(view, product))
                }
            }
            (reviews::section(view, &product_view.reviews))
            @if !related.is_empty() {
                section.shelf {
                    header { h2 { (view.t("goes-with")) } }
                    (tiles(view, &related, 0))
                }
            }
        },
    )
}

fn brand_query(brand: &str) -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .append_pair("q", brand)
        .append_pair("filter.brand", brand)
        .finish()
}

fn availability(product: &ProductView, at: usize) -> Availability {
    product.availability.get(at).copied().unwrap_or(Availability::SoldOut)
}

fn gallery(view: &View<'_>, product: &Product, images: &[&Image], variant: Option<&Variant>) -> Markup {
    let own = variant.and_then(|v| v.image).and_then(|at| product.images.get(usize::from(at)));
    let mut images: Vec<&Image> = images.to_vec();
    if let Some(at) = own.and_then(|own| images.iter().position(|i| std::ptr::eq(*i, own))) {
        images[..=at].rotate_right(1);
    }
    images.truncate(SHOWN_IMAGES);
    let title = view.text(&product.title);
    let alt = |image: &Image| {
        let alt = view.text(&image.alt);
        if alt.is_empty() { title.to_owned() } else { alt.to_owned() }
    };
    html! {
        div.gallery {
            @if images.is_empty() {
                div.mat { (placeholder(product.handle.as_str(), product.brand.as_deref().unwrap_or_default(), title))
                    p.soft { (view.t("no-picture")) } }
            } @else {
                div.frames tabindex="0" role="group" aria-label=(view.t("pictures")) {
                    @for (at, image) in images.iter().enumerate() {
                        div.mat #{ "picture-" (at + 1) } {
                            @if let Some(media) = &image.media { (picture(media, &alt(image), LARGE, at == 0)) }
                        }
                    }
                }
                @if images.len() > 1 {
                    ul.thumbs {
                        @for (at, image) in images.iter().enumerate() {
                            li { a href={ "#picture-" (at + 1) } aria-label=(view.t_with("picture-n", &[("n", (at + 1).into())])) {
                                @if let Some(media) = &image.media { (picture(media, "", SMALL, false)) }
                            } }
                        }
                    }
                }
            }
        }
    }
}

fn offer(view: &View<'_>, product_view: &ProductView, at: usize, variant: &Variant) -> Markup {
    let product = &product_view.product;
    let stock = availability(product_view, at);
    html! {
        p.offer { (price(view, variant.price, None, variant.compare_at)) span.soft { @if view.snapshot.manifest.tax_added { (view.t("tax-at-checkout")) } @else { (view.t("tax-included")) } } }
        @for (option, _) in product.options.iter().enumerate() { (option_picker(view, product_view, variant, option)) }
        @match stock {
            Availability::InStock => p.stock.yes { (view.t("in-stock")) },
            Availability::Low(left) => p.stock.low { (view.t_with("stock-low", &[("left", left.into())])) },
            Availability::Backorder => p.stock { (view.t("stock-backorder")) },
            Availability::SoldOut => p.stock.no { (view.t("stock-sold-out")) },
        }
        @if stock != Availability::SoldOut {
            form.add method="post" action=(view.to("/cart/add")) {
                input type="hidden" name="sku" value=(variant.sku);
                label.quantity { span { (view.t("quantity")) }
                    input type="number" name="quantity" value="1" min="1" max=(stoa_domain::cart::MAX_QUANTITY) inputmode="numeric" required; }
                button type="submit" { (view.t("add-to-cart")) }
            }
        }
    }
}

/// Every value is a link to the variant that has it and keeps as much of the present choice as exists.
fn option_picker(view: &View<'_>, product_view: &ProductView, variant: &Variant, option: usize) -> Markup {
    let product = &product_view.product;
    let present = variant.option_values.get(option).copied();
    let name = view.text(&product.options[option].name);
    let values = &product.options[option].values;
    let target = |value: u16| {
        let kept = |other: &Variant| {
            let pairs = other.option_values.iter().zip(&variant.option_values).enumerate();
            pairs.filter(|(at, (a, b))| *at != option && a == b).count()
        };
        let having = product.variants.iter().enumerate().filter(|(_, v)| v.option_values.get(option) == Some(&value));
        having.max_by_key(|(at, v)| {
            (kept(v), availability(product_view, *at) != Availability::SoldOut, std::cmp::Reverse(*at))
        })
    };
    html! {
        fieldset.option {
            legend { (name) @if let Some(value) = present.and_then(|v| values.get(usize::from(v))) { ": " b { (view.text(&value.name)) } } }
            ul {
                @for (value, choice) in (0_u16..).zip(values) {
                    @if let Some((at, other)) = target(value) {
                        @let sold_out = availability(product_view, at) == Availability::SoldOut;
                        li {
                            a href={ (view.to_product(product.handle.as_str())) "?variant=" (crate::view::segment(other.sku.as_str())) }
                                aria-current=[(present == Some(value)).then_some("true")] class=[sold_out.then_some("gone")]
                                data-variant rel="nofollow" {
                                @if let Some(swatch) = &choice.swatch { (dot(swatch)) }
                                (view.text(&choice.name))
                                @if sold_out { span.hidden { " (" (view.t("sold-out")) ")" } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn attributes(view: &View<'_>, product: &Product) -> Markup {
    let shown = |value: &AttributeValue| match value {
        AttributeValue::Text(text) => view.text(text).to_owned(),
        AttributeValue::Number { value, unit } => match unit {
            Some(unit) => format!("{} {unit}", value.normalize()),
            None => value.normalize().to_string(),
        },
        AttributeValue::Flag(true) => view.t("yes"),
        AttributeValue::Flag(false) => view.t("no"),
    };
    html! {
        @if !product.attributes.is_empty() {
            section.attributes {
                h2 { (view.t("details")) }
                dl {
                    @for attribute in &product.attributes {
                        @let label = view.text(&attribute.label);
                        @let value = shown(&attribute.value);
                        @if !value.is_empty() {
                            div {
                                dt { @if label.is_empty() { (view.facet_label(&attribute.name)) } @else { (label) } }
                                dd { (value) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// schema.org Product with an offer a variant.
fn json_ld(view: &View<'_>, product_view: &ProductView) -> Value {
    let product = &product_view.product;
    let link = format!("{}{}", view.origin, view.to_product(product.handle.as_str()));
    let offer = |(at, variant): (usize, &Variant)| {
        json!({
            "@type": "Offer",
            "sku": variant.sku,
            "url": format!("{link}?variant={}", crate::view::segment(variant.sku.as_str())),
            "price": variant.price.to_decimal(),
            "priceCurrency": variant.price.currency.code(),
            "availability": match availability(product_view, at) {
                Availability::InStock | Availability::Low(_) => "https://schema.org/InStock",
                Availability::Backorder => "https://schema.org/BackOrder",
                Availability::SoldOut => "https://schema.org/OutOfStock",
            },
        })
    };
    let prices = || product.variants.iter().map(|v| v.price);
    let offers = if product.variants.len() <= LISTED_OFFERS {
        product.variants.iter().enumerate().map(offer).collect()
    } else {
        json!({
            "@type": "AggregateOffer",
            "offerCount": product.variants.len(),
            "priceCurrency": view.snapshot.view.shop.currency.code(),
            "lowPrice": prices().min_by_key(|m| m.minor).map(|m| m.to_decimal()),
            "highPrice": prices().max_by_key(|m| m.minor).map(|m| m.to_decimal()),
        })
    };
    let mut data = json!({
        "@context": "https://schema.org",
        "@type": "Product",
        "name": view.text(&product.title),
        "description": plain_text(view.text(&product.description_html), 500),
        "url": link,
        "sku": product.variants.first().map(|v| &v.sku),
        "offers": offers,
    });
    if let Some(brand) = &product.brand {
        data["brand"] = json!({"@type": "Brand", "name": brand});
    }
    let images: Vec<String> = product
        .images
        .iter()
        .filter_map(|i| i.media.as_ref())
        .take(4)
        .map(|m| format!("{}{}", view.origin, media_url(m, width_for(m, 1_200))))
        .collect();
    if !images.is_empty() {
        data["image"] = json!(images);
    }
    reviews::describe(&mut data, &product_view.reviews);
    data
}
