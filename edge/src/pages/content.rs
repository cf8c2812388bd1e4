//! The merchant's own pages and policies.

use super::layout::{Head, page};
use super::parts::breadcrumbs;
use crate::view::View;
use maud::{PreEscaped, html};
use stoa_domain::shop::{ContentPage, PageKind};

pub fn render(view: &View<'_>, content: &ContentPage) -> String {
    let title = view.text(&content.title);
    let body = view.text(&content.body_html);
    let folder = match content.kind {
        PageKind::Page => "pages",
        PageKind::Policy => "policies",
    };
    let head = Head {
        title: title.to_owned(),
        description: plain_text(body, 160),
        canonical: format!("/{folder}/{}", crate::view::segment(content.handle.as_str())),
        ..Head::default()
    };
    page(
        view,
        &head,
        html! {
            (breadcrumbs(view, &[], title))
            article.content {
                h1 { (title) }
                div.prose { (PreEscaped(body)) }
            }
        },
    )
}

/// The text of sanitised HTML for descriptions: without tags, entities of text resolved, cut at a word.
pub fn plain_text(html: &str, max_chars: usize) -> String {
    let mut text = String::new();
    let mut in_tag = false;
    for c in html.chars() {
        match c {
            '<' => in_tag = true,
            '>' if in_tag => {
                in_tag = false;
                text.push(' ');
            }
            _ if !in_tag => text.push(c),
            _ => {}
        }
    }
    let text = text
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&nbsp;", " ")
        .replace("&amp;", "&");
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(max_chars) {
        None => text,
        Some((end, _)) => {
            let cut = &text[..end];
            let cut = cut.rsplit_once(' ').map_or(cut, |(whole, _)| whole);
            format!("{}…", cut.trim_end_matches(|c: char| c.is_ascii_punctuation()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_has_no_tags_and_ends_at_a_word() {
        assert_eq!(plain_text("<p>Stone &amp; <b>sea</b></p><p>light</p>", 100), "Stone & sea light");
        assert_eq!(plain_text("one two three", 9), "one two…");
        assert_eq!(plain_text("青花瓷杯子", 3), "青花瓷…");
    }
}
