//! What several pages show: product tiles, pictures and their stand-ins, prices, breadcrumbs, pagers.

use crate::cards::Card;
use crate::snapshot::CardNo;
use crate::static_files;
use crate::view::View;
use maud::{Markup, html};
use stoa_domain::Money;
use stoa_domain::category::Category;
use stoa_domain::product::Media;
use stoa_domain::review::Score;

/// How a picture is laid out, for the browser's choice of width.
pub const TILE: &str = "(min-width: 64rem) 18rem, (min-width: 40rem) 30vw, 46vw";
pub const LARGE: &str = "(min-width: 60rem) 40rem, 94vw";
pub const SMALL: &str = "6rem";

pub fn media_url(media: &Media, width: u16) -> String {
    format!("/media/{}-{width}.webp", media.digest)
}

/// The width nearest above `wanted`, or the widest there is.
pub fn width_for(media: &Media, wanted: u16) -> u16 {
    media.widths.iter().copied().find(|w| *w >= wanted).or(media.widths.last().copied()).unwrap_or(media.width)
}

pub fn picture(media: &Media, alt: &str, sizes: &str, eager: bool) -> Markup {
    let set: Vec<String> = media.widths.iter().map(|w| format!("{} {w}w", media_url(media, *w))).collect();
    html! {
        img src=(media_url(media, width_for(media, 640))) srcset=(set.join(", ")) sizes=(sizes) alt=(alt)
            width=(media.width) height=(media.height) loading=[(!eager).then_some("lazy")]
            fetchpriority=[eager.then_some("high")] decoding="async";
    }
}

/// A drawn stand-in for what has no picture: an arcade motif by `seed`, a tint by `tint`, the title's initials in stone.
pub fn placeholder(seed: &str, tint: &str, title: &str) -> Markup {
    let hash = |text: &str| text.bytes().fold(0x811c_9dc5_u32, |h, b| (h ^ u32::from(b)).wrapping_mul(0x0100_0193));
    let mut initials: String = title
        .split(|c: char| !c.is_alphanumeric())
        .filter_map(|word| word.chars().next())
        .filter(|c| c.is_alphabetic())
        .take(2)
        .collect();
    if !initials.is_ascii() {
        initials.truncate(initials.chars().next().map_or(0, char::len_utf8));
    }
    html! {
        svg class={ "drawn tint-" ((hash(tint) >> 8) % 5) } viewBox="0 0 320 400" aria-hidden="true" preserveAspectRatio="xMidYMid slice" {
            use href={ (static_files::url("shapes.svg")) "#arcade-" ((hash(seed) >> 8) % 6) } {}
            text x="160" y="338" text-anchor="middle" { (initials.to_uppercase()) }
        }
    }
}

pub fn card_picture(view: &View<'_>, card: &Card, sizes: &str, eager: bool) -> Markup {
    match &card.image {
        Some(image) => {
            let alt = view.card_text(&image.1);
            // The title beside it names the product: a picture that says no more is decoration.
            picture(&image.0, if alt == view.card_text(&card.title) { "" } else { alt }, sizes, eager)
        }
        None => placeholder(&card.handle, card.brand.as_deref().unwrap_or_default(), view.card_text(&card.title)),
    }
}

pub fn price(view: &View<'_>, from: Money, to: Option<Money>, compare_at: Option<Money>) -> Markup {
    let sale = compare_at.filter(|before| before.minor > from.minor);
    html! {
        span class={ "price" (if sale.is_some() { " sale" } else { "" }) } {
            @if let Some(before) = sale {
                span.hidden { (view.t("price-now")) " " }
                ins { (view.money(from)) }
                span.hidden { " " (view.t("price-before")) } " "
                del { (view.money(before)) }
            } @else if to.is_some_and(|to| to.minor > from.minor) {
                (view.t_with("price-from", &[("price", view.money(from).into())]))
            } @else {
                (view.money(from))
            }
        }
    }
}

pub fn tile(view: &View<'_>, no: CardNo, eager: bool) -> Markup {
    let card = view.snapshot.card(no);
    html! {
        li.tile {
            div.mat { (card_picture(view, card, TILE, eager))
                @if !card.available { span.flag { (view.t("sold-out")) } }
                @else if card.compare_at.is_some() { span.flag.sale { (view.t("sale")) } }
            }
            @if let Some(brand) = &card.brand { p.brand { (brand) } }
            h3 { a href=(view.to_product(&card.handle)) { (view.card_text(&card.title)) } }
            (rating(view, card.score))
            p.line {
                (price(view, card.price_from, Some(card.price_to), card.compare_at))
                @if !card.swatches.is_empty() {
                    span.dots aria-hidden="true" {
                        @for swatch in card.swatches.iter().take(5) { (dot(swatch)) }
                    }
                }
            }
        }
    }
}

/// How many stars it has from how many people; nothing where nobody said.
pub fn rating(view: &View<'_>, score: Score) -> Markup {
    html! {
        @if !score.is_none() {
            p.soft {
                span aria-hidden="true" { "★ " (tenths(score)) " (" (view.words.count(score.count as usize)) ")" }
                span.hidden { (view.t_with("rated", &[("stars", tenths(score).into()), ("count", score.count.into())])) }
            }
        }
    }
}

/// `4.8`
pub fn tenths(score: Score) -> String {
    let tenths = score.tenths();
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// A colour dot. Drawn as SVG: the pages' policy allows no inline style.
pub fn dot(colour: &str) -> Markup {
    let safe = colour.len() <= 9 && colour.starts_with('#') && colour[1..].bytes().all(|b| b.is_ascii_hexdigit());
    html! {
        @if safe { svg.dot viewBox="0 0 16 16" aria-hidden="true" { circle cx="8" cy="8" r="7.5" fill=(colour) {} } }
    }
}

/// The first `eager` tiles are above the fold.
pub fn tiles(view: &View<'_>, cards: &[CardNo], eager: usize) -> Markup {
    html! { ul.tiles { @for (at, no) in cards.iter().enumerate() { (tile(view, *no, at < eager)) } } }
}

pub fn breadcrumbs(view: &View<'_>, path: &[&Category], last: &str) -> Markup {
    html! {
        nav.crumbs aria-label=(view.t("breadcrumbs")) {
            ol {
                li { a href=(view.to("/")) { (view.t("home")) } }
                @for category in path {
                    li { a href=(view.to_collection(category.handle.as_str())) { (view.text(&category.name)) } }
                }
                @if !last.is_empty() { li aria-current="page" { (last) } }
            }
        }
    }
}

/// A hint that something went otherwise than asked; read out at once.
pub fn alert(text: &str) -> Markup {
    html! { p.alert role="alert" { (text) } }
}
