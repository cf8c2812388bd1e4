//! Pages for what went wrong: what it is, and where to go from here.

use super::layout::{Head, page};
use crate::http::{HTML, Kind, Reply};
use crate::view::View;
use maud::{DOCTYPE, html};

/// A page with a title, a text and ways on. `key` names the messages `error-{key}` and `error-{key}-text`.
pub fn render(view: &View<'_>, status: u16, key: &str) -> Reply {
    let title = view.t(&format!("error-{key}"));
    let head = Head { title: title.clone(), noindex: true, ..Head::default() };
    let body = page(
        view,
        &head,
        html! {
            section.empty.error {
                h1 { (title) }
                p { (view.t(&format!("error-{key}-text"))) }
                p.actions {
                    a.button href=(view.to("/collections")) { (view.t("all-collections")) }
                    a.more href=(view.to("/")) { (view.t("home")) }
                }
            }
        },
    );
    Reply::new(status, Kind::Transient, HTML, body)
}

/// Before any snapshot was read there is no shop to name: plain words in both languages.
pub fn starting() -> Reply {
    let body = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width,initial-scale=1";
                meta http-equiv="refresh" content="3";
                title { "Opening soon · 即将开门" }
                link rel="stylesheet" href=(crate::static_files::url("app.css"));
            }
            body { main #main { section.empty.error {
                h1 { "The shop is about to open" }
                p { "Nothing has been published yet, or it cannot be reached just now. This page tries again by itself." }
                p lang="zh-CN" { "商店即将开门，页面会自动刷新。" }
            } } }
        }
    };
    Reply::new(503, Kind::Transient, HTML, body.into_string()).with("retry-after", "3")
}
