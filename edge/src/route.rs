//! Which page a path names. The default locale lives at `/`, the others under `/{language}`.

use percent_encoding::percent_decode_str;
use stoa_domain::{Locale, shop::PageKind, shop::Shop};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    Home,
    Collections,
    Collection(String),
    Product(String),
    Search,
    /// The search as data.
    Results,
    Suggest,
    /// What a page says of a search.
    Insight,
    Cart,
    CartAdd,
    CartChange,
    CartRemove,
    CartSeen,
    CodeAdd,
    CodeRemove,
    Checkout,
    Order(String),
    OrderReturn(String),
    OrderReview(String),
    OrderInvoice(String),
    Unsubscribe,
    Account(AccountRoute),
    Page(PageKind, String),
    /// None: the index of the chunks.
    Sitemap(Option<usize>),
    Robots,
    /// An older address of the same page.
    Moved(String),
    NotFound,
}

/// What there is under `/account`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountRoute {
    Overview,
    SignIn,
    SignOut,
    Offers,
    EndSession,
    RemoveAddress,
    Data,
    Delete,
}

impl AccountRoute {
    fn of(path: &[&str]) -> Option<Self> {
        Some(match path {
            [] => Self::Overview,
            ["sign-in"] => Self::SignIn,
            ["sign-out"] => Self::SignOut,
            ["offers"] => Self::Offers,
            ["sessions", "end"] => Self::EndSession,
            ["addresses", "remove"] => Self::RemoveAddress,
            ["data"] => Self::Data,
            ["delete"] => Self::Delete,
            _ => return None,
        })
    }

    fn methods(self) -> &'static [&'static str] {
        match self {
            Self::Overview | Self::Data => &["GET", "HEAD"],
            Self::SignIn | Self::Delete => &["GET", "HEAD", "POST"],
            Self::SignOut | Self::Offers | Self::EndSession | Self::RemoveAddress => &["POST"],
        }
    }
}

impl Route {
    /// What may be asked of it.
    pub fn methods(&self) -> &'static [&'static str] {
        match self {
            Self::CartAdd | Self::CartChange | Self::CartRemove | Self::CartSeen | Self::CodeAdd | Self::CodeRemove => {
                &["POST"]
            }
            Self::OrderReturn(_) | Self::OrderReview(_) | Self::OrderInvoice(_) | Self::Insight => &["POST"],
            Self::Account(route) => route.methods(),
            Self::Checkout | Self::Unsubscribe => &["GET", "HEAD", "POST"],
            _ => &["GET", "HEAD"],
        }
    }
    /// The same for everyone, so it may be cached.
    pub fn is_catalogue(&self) -> bool {
        matches!(
            self,
            Self::Home
                | Self::Collections
                | Self::Collection(_)
                | Self::Product(_)
                | Self::Search
                | Self::Results
                | Self::Suggest
                | Self::Page(..)
                | Self::Sitemap(_)
                | Self::Robots
        )
    }
}

/// What is reached without a snapshot: files of the worker itself, stored pictures, the functions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plain<'a> {
    Health,
    Static(&'a str),
    Media(&'a str),
    Checkout,
    Payments,
    Merchant,
}

/// Routes that need no published shop.
pub fn plain(path: &str) -> Option<Plain<'_>> {
    let under = |prefix: &str| path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    Some(match path {
        "/healthz" => Plain::Health,
        "/favicon.ico" => Plain::Static("favicon.svg"),
        _ if path.starts_with("/static/") => Plain::Static(&path[8..]),
        _ if path.starts_with("/media/") => Plain::Media(&path[7..]),
        // What carriers say is taken by the function that providers call back.
        _ if under("/api/carriers") => Plain::Payments,
        // The edge alone says it, of what it counted itself.
        "/api/insight" => return None,
        _ if under("/api") => Plain::Checkout,
        _ if under("/payments") => Plain::Payments,
        _ if under("/admin") => Plain::Merchant,
        _ => return None,
    })
}

/// `{digest}-{width}.webp`, and nothing else, is a stored picture.
pub fn is_media_name(name: &str) -> bool {
    let Some((digest, width)) = name.strip_suffix(".webp").and_then(|stem| stem.split_once('-')) else { return false };
    digest.len() == 64
        && digest.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        && (1..=5).contains(&width.len())
        && width.bytes().all(|b| b.is_ascii_digit())
}

/// The locale and the route of a path. `/en/…` in an English shop moved to `/…`.
pub fn parse(path: &str, shop: &Shop) -> (Locale, Route) {
    let mut locale = shop.default_locale.clone();
    let mut rest = path;
    let first = path[1.min(path.len())..].split('/').next().unwrap_or_default();
    if let Some(named) = shop.locales.iter().find(|l| l.language() == first) {
        rest = &path[1 + first.len()..];
        if *named == shop.default_locale {
            return (locale, Route::Moved(if rest.is_empty() { "/".into() } else { rest.into() }));
        }
        locale = named.clone();
    }
    if rest.len() > 1 && rest.ends_with('/') {
        return (locale, Route::Moved(path.trim_end_matches('/').to_owned()));
    }
    (locale, page(rest))
}

fn page(path: &str) -> Route {
    let mut segments = Vec::new();
    for segment in path.split('/').skip(1).filter(|s| !s.is_empty()).take(4) {
        match percent_decode_str(segment).decode_utf8() {
            Ok(text) => segments.push(text),
            Err(_) => return Route::NotFound,
        }
    }
    let segments: Vec<&str> = segments.iter().map(AsRef::as_ref).collect();
    match segments.as_slice() {
        [] => Route::Home,
        ["collections"] => Route::Collections,
        ["collections", handle] => Route::Collection((*handle).into()),
        ["products", handle] => Route::Product((*handle).into()),
        ["search"] => Route::Search,
        ["search.json"] => Route::Results,
        ["search", "suggest"] => Route::Suggest,
        ["insight"] => Route::Insight,
        ["cart"] => Route::Cart,
        ["cart", "add"] => Route::CartAdd,
        ["cart", "change"] => Route::CartChange,
        ["cart", "remove"] => Route::CartRemove,
        ["cart", "seen"] => Route::CartSeen,
        ["cart", "codes", "add"] => Route::CodeAdd,
        ["cart", "codes", "remove"] => Route::CodeRemove,
        ["checkout"] => Route::Checkout,
        ["orders", id] if id.len() <= 64 => Route::Order((*id).into()),
        ["orders", id, "returns"] if id.len() <= 64 => Route::OrderReturn((*id).into()),
        ["orders", id, "reviews"] if id.len() <= 64 => Route::OrderReview((*id).into()),
        ["orders", id, "invoice"] if id.len() <= 64 => Route::OrderInvoice((*id).into()),
        ["unsubscribe"] => Route::Unsubscribe,
        ["account", rest @ ..] => AccountRoute::of(rest).map_or(Route::NotFound, Route::Account),
        ["pages", handle] => Route::Page(PageKind::Page, (*handle).into()),
        ["policies", handle] => Route::Page(PageKind::Policy, (*handle).into()),
        ["robots.txt"] => Route::Robots,
        ["sitemap.xml"] => Route::Sitemap(None),
        [name] => match name.strip_prefix("sitemap-").and_then(|n| n.strip_suffix(".xml")).map(str::parse) {
            Some(Ok(chunk)) => Route::Sitemap(Some(chunk)),
            _ => Route::NotFound,
        },
        _ => Route::NotFound,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn locales_have_their_own_prefix_and_the_default_has_none() {
        let shop = testing::shop();
        let at = |path: &str| {
            let (locale, route) = parse(path, &shop);
            (locale.as_str().to_owned(), route)
        };
        assert_eq!(at("/"), ("en".into(), Route::Home));
        assert_eq!(at("/zh"), ("zh-CN".into(), Route::Home));
        assert_eq!(at("/zh/products/mug"), ("zh-CN".into(), Route::Product("mug".into())));
        assert_eq!(at("/en/cart"), ("en".into(), Route::Moved("/cart".into())));
        assert_eq!(at("/zh/cart/"), ("zh-CN".into(), Route::Moved("/zh/cart".into())));
        assert_eq!(at("/products/%E9%9D%92"), ("en".into(), Route::Product("青".into())));
        assert_eq!(at("/products/%ff"), ("en".into(), Route::NotFound));
        assert_eq!(at("/sitemap-2.xml"), ("en".into(), Route::Sitemap(Some(2))));
        assert_eq!(at("/a/b/c/d/e/f"), ("en".into(), Route::NotFound));
        assert_eq!(at(""), ("en".into(), Route::Home));
    }

    #[test]
    fn only_real_picture_names_reach_the_store() {
        let digest = "a".repeat(64);
        assert!(is_media_name(&format!("{digest}-640.webp")));
        for name in [
            "",
            "x.webp",
            "../current.json",
            &format!("{digest}-640.png"),
            &format!("{digest}-.webp"),
            &format!("{digest}-6/0.webp"),
        ] {
            assert!(!is_media_name(name), "{name}");
        }
    }

    #[test]
    fn neighbours_of_a_proxied_prefix_are_pages() {
        assert_eq!(plain("/api/cart"), Some(Plain::Checkout));
        assert_eq!(plain("/api/carriers/dhl/events"), Some(Plain::Payments));
        assert_eq!(plain("/admin"), Some(Plain::Merchant));
        assert_eq!(plain("/administer"), None);
        assert_eq!(plain("/apis"), None);
    }
}
