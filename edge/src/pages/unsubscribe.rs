//! Ending offers, by the link that every offer carries. The link itself changes nothing, for mail programs open links to look at
//! them: the button does.

use super::layout::{Head, page};
use crate::view::View;
use maud::html;

pub enum Step<'a> {
    /// The form's own address, with the signature in it.
    Ask {
        action: &'a str,
    },
    Done,
}

pub fn render(view: &View<'_>, step: &Step<'_>) -> String {
    let head = Head { title: view.t("unsubscribe"), here: Some("/".into()), noindex: true, ..Head::default() };
    let content = html! {
        article.content {
            h1 { (view.t("unsubscribe")) }
            @match step {
                Step::Ask { action } => {
                    p { (view.t("unsubscribe-ask")) }
                    form method="post" action=(action) {
                        input type="hidden" name="List-Unsubscribe" value="One-Click";
                        button type="submit" { (view.t("unsubscribe")) }
                    }
                }
                Step::Done => {
                    p { (view.t("unsubscribe-done")) }
                    p { a href=(view.to("/")) { (view.t("home")) } }
                }
            }
        }
    };
    page(view, &head, content)
}
