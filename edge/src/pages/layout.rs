//! The frame of every page: head, announcement, header with search and menu, footer.

use crate::static_files;
use crate::view::{View, prefix_of};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use stoa_domain::category::Category;
use stoa_domain::shop::PageKind;

/// What the frame has to know of the page inside.
#[derive(Default)]
pub struct Head {
    /// Without the shop's name.
    pub title: String,
    pub description: String,
    /// Path and query without locale prefix, of the page that stands for this one: `/collections/mugs`.
    pub canonical: String,
    /// Path and query for the language switch, where it is not `canonical`.
    pub here: Option<String>,
    pub noindex: bool,
    pub image: Option<String>,
    pub json_ld: Option<serde_json::Value>,
    /// The words in the search box.
    pub q: String,
    /// The checkout: no menu, nothing that leads away.
    pub quiet: bool,
    /// Searches, and what came of them, are counted here: [`crate::insight`].
    pub counted: bool,
}

pub fn page(view: &View<'_>, head: &Head, body: Markup) -> String {
    let shop = &view.snapshot.view.shop;
    let name = view.text(&shop.name);
    let title = if head.title.is_empty() {
        let tagline = view.text(&shop.tagline);
        if tagline.is_empty() { name.to_owned() } else { format!("{name} — {tagline}") }
    } else {
        format!("{} — {name}", head.title)
    };
    let absolute = |path: &str| format!("{}{}", view.origin, view.to(path));
    html! {
        (DOCTYPE)
        html lang=(view.locale) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width,initial-scale=1";
                title { (title) }
                @if !head.description.is_empty() { meta name="description" content=(head.description); }
                @if head.noindex { meta name="robots" content="noindex,follow"; }
                @else if !head.canonical.is_empty() {
                    link rel="canonical" href=(absolute(&head.canonical));
                    @for locale in &shop.locales {
                        link rel="alternate" hreflang=(locale) href={ (view.origin) (in_locale(view, locale, &head.canonical)) };
                    }
                    link rel="alternate" hreflang="x-default" href={ (view.origin) (head.canonical) };
                }
                meta property="og:site_name" content=(name);
                meta property="og:title" content=(if head.title.is_empty() { name } else { &head.title });
                @if let Some(image) = &head.image { meta property="og:image" content={ (view.origin) (image) }; }
                meta name="color-scheme" content="light dark";
                meta name="theme-color" content="#faf6ee" media="(prefers-color-scheme: light)";
                meta name="theme-color" content="#181613" media="(prefers-color-scheme: dark)";
                link rel="icon" type="image/svg+xml" href=(static_files::url("favicon.svg"));
                link rel="stylesheet" href=(static_files::url("app.css"));
                script defer src=(static_files::url("app.js")) {}
                @if head.counted { script defer src=(static_files::url("insight.js")) {} }
                @if let Some(data) = &head.json_ld {
                    // A text can hold `</script>`: `<` is written as JSON's own escape.
                    script type="application/ld+json" { (PreEscaped(data.to_string().replace('<', "\\u003c"))) }
                }
            }
            body data-cart=(view.to("/api/cart").trim_start_matches(&view.prefix)) data-suggest=(view.to("/search/suggest")) data-insight=[head.counted.then(|| view.to("/insight"))] {
                a.skip href="#main" { (view.t("skip-to-content")) }
                (header(view, head, name))
                main #main tabindex="-1" { (body) }
                (footer(view, head))
            }
        }
    }
    .into_string()
}

fn in_locale(view: &View<'_>, locale: &stoa_domain::Locale, path: &str) -> String {
    let prefix = prefix_of(locale, view.snapshot.default_locale());
    if path == "/" && !prefix.is_empty() { prefix } else { format!("{prefix}{path}") }
}

fn header(view: &View<'_>, head: &Head, name: &str) -> Markup {
    html! {
        header.top {
            @let announcement = view.text(&view.snapshot.view.shop.announcement);
            @if !announcement.is_empty() && !head.quiet { p.announcement { (announcement) } }
            div.bar {
                a.wordmark href=(view.to("/")) {
                    svg.mark viewBox="0 0 32 32" aria-hidden="true" { use href={ (static_files::url("shapes.svg")) "#mark" } {} }
                    span { (name) }
                }
                @if !head.quiet {
                    form.find role="search" action=(view.to("/search")) {
                        label.hidden for="q" { (view.t("search-label")) }
                        input #q type="search" name="q" value=(head.q) placeholder=(view.t("search-placeholder"))
                            maxlength="200" autocomplete="off" enterkeyhint="search" required;
                        button type="submit" aria-label=(view.t("search-submit")) { (icon("search")) }
                        div #suggestions hidden {}
                    }
                }
                div.tools {
                    (languages(view, head))
                    a href=(view.to("/account")) rel="nofollow" { (icon("person")) span.hidden { (view.t("account")) } }
                    a.cart-link href=(view.to("/cart")) {
                        (icon("bag"))
                        span { (view.t("cart")) }
                        span.cart-count data-cart-count=(view.t("cart-count-label")) hidden {}
                    }
                }
            }
            @if !head.quiet { (menu(view)) }
        }
    }
}

fn languages(view: &View<'_>, head: &Head) -> Markup {
    let here = head.here.as_deref().unwrap_or(&head.canonical);
    let here = if here.is_empty() { "/" } else { here };
    html! {
        @let others: Vec<_> = view.snapshot.view.shop.locales.iter().filter(|l| **l != view.locale).collect();
        @if !others.is_empty() {
            nav.languages aria-label=(view.t("languages")) {
                @for locale in others {
                    a href=(in_locale(view, locale, here)) lang=(locale) hreflang=(locale) { (own_name(locale)) }
                }
            }
        }
    }
}

/// A language in its own words.
fn own_name(locale: &stoa_domain::Locale) -> &str {
    match locale.language() {
        "en" => "English",
        "zh" => "中文",
        "ja" => "日本語",
        "ko" => "한국어",
        "de" => "Deutsch",
        "fr" => "Français",
        "es" => "Español",
        "it" => "Italiano",
        "pt" => "Português",
        "el" => "Ελληνικά",
        _ => locale.as_str(),
    }
}

/// How many names of each level the open menu shows; the rest is one click away.
const MENU_TOP: usize = 8;
const MENU_BELOW: usize = 7;

fn menu(view: &View<'_>) -> Markup {
    let shop = &view.snapshot.view.shop;
    let top = view.snapshot.children(None);
    let link = |category: &Category| {
        html! { a href=(view.to_collection(category.handle.as_str())) { (view.text(&category.name)) } }
    };
    html! {
        nav.menu aria-label=(view.t("menu")) {
            @if !top.is_empty() {
                details.mega {
                    summary { (icon("menu")) span { (view.t("all-categories")) } }
                    div.sheet {
                        @for category in top.iter().take(MENU_TOP) {
                            section {
                                p.head { (link(category)) }
                                @let below = view.snapshot.children(Some(category.id.as_str()));
                                @if !below.is_empty() {
                                    ul {
                                        @for child in below.iter().take(MENU_BELOW) { li { (link(child)) } }
                                        @if below.len() > MENU_BELOW {
                                            li { a href=(view.to_collection(category.handle.as_str())) { (view.t("more")) } }
                                        }
                                    }
                                }
                            }
                        }
                        p.all { a.more href=(view.to("/collections")) { (view.t("all-collections")) } }
                    }
                }
            }
            ul {
                @for item in &shop.main_menu {
                    li { a href=(view.to(&item.path)) { (view.text(&item.label)) } }
                }
            }
        }
    }
}

fn footer(view: &View<'_>, head: &Head) -> Markup {
    let shop = &view.snapshot.view.shop;
    let policies: Vec<_> = view.snapshot.view.pages.iter().filter(|p| p.kind == PageKind::Policy).collect();
    html! {
        footer.foot {
            @if !head.quiet {
                div.columns {
                    section.about {
                        p.wordmark { (view.text(&shop.name)) }
                        @let description = view.text(&shop.description);
                        @if !description.is_empty() { p { (description) } }
                        @if !shop.email.is_empty() { p { a href={ "mailto:" (shop.email) } { (shop.email) } } }
                    }
                    @if !shop.footer_menu.is_empty() {
                        nav aria-label=(view.t("footer-shop")) {
                            p.head { (view.t("footer-shop")) }
                            ul { @for item in &shop.footer_menu { li { a href=(view.to(&item.path)) { (view.text(&item.label)) } } } }
                        }
                    }
                    @if !policies.is_empty() {
                        nav aria-label=(view.t("footer-policies")) {
                            p.head { (view.t("footer-policies")) }
                            ul {
                                @for policy in policies {
                                    li { a href=(view.to(&format!("/policies/{}", policy.handle))) { (view.text(&policy.title)) } }
                                }
                            }
                        }
                    }
                }
            }
            p.notices {
                span { "© " (view.text(&shop.name)) }
                @for notice in &shop.notices { " " span { (view.text(notice)) } }
            }
        }
    }
}

/// A line icon from the sprite; the words beside it speak.
pub fn icon(name: &str) -> Markup {
    html! { svg.icon viewBox="0 0 24 24" aria-hidden="true" { use href={ (static_files::url("shapes.svg")) "#" (name) } {} } }
}
