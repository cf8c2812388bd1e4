//! The one allow-list for HTML that merchants bring: text, lists, tables, links; no scripts, styles, frames or forms,
//! and no pictures (a page asks no third party for anything).

use ammonia::Builder;
use std::sync::LazyLock;

static ALLOWED: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::empty();
    builder
        .add_tags([
            "p",
            "br",
            "hr",
            "h2",
            "h3",
            "h4",
            "ul",
            "ol",
            "li",
            "dl",
            "dt",
            "dd",
            "strong",
            "b",
            "em",
            "i",
            "u",
            "s",
            "sub",
            "sup",
            "small",
            "blockquote",
            "code",
            "pre",
            "a",
            "table",
            "caption",
            "thead",
            "tbody",
            "tfoot",
            "tr",
            "th",
            "td",
            "span",
            "div",
        ])
        .add_clean_content_tags(["script", "style", "template", "noscript", "svg", "math", "iframe", "title"])
        .add_tag_attributes("a", ["href", "title"])
        .add_tag_attributes("th", ["colspan", "rowspan", "scope"])
        .add_tag_attributes("td", ["colspan", "rowspan"])
        .add_generic_attributes(["lang"])
        .add_url_schemes(["https", "http", "mailto", "tel"])
        .url_relative(ammonia::UrlRelative::PassThrough)
        .link_rel(Some("nofollow noopener"));
    builder
});

/// `html` with everything outside the allow-list removed. Cleaning twice changes nothing.
pub fn clean(html: &str) -> String {
    // Nothing to parse in plain text (the common case in product feeds), except what only a parser would escape.
    if !html.contains(['<', '>', '&', '\0', '\r', '\u{a0}']) {
        return html.to_owned();
    }
    ALLOWED.clean(html).to_string()
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn only_the_allow_list_passes() {
        for (input, expected) in [
            ("plain 日本", "plain 日本"),
            ("<p>Hi <strong>there</strong></p>", "<p>Hi <strong>there</strong></p>"),
            ("<script>alert(1)</script><p onclick=x>a</p>", "<p>a</p>"),
            ("<a href=\"javascript:alert(1)\">x</a>", "<a rel=\"nofollow noopener\">x</a>"),
            ("<img src=x onerror=alert(1)>", ""),
            ("<style>p{}</style><p style=\"x\">a</p>", "<p>a</p>"),
            ("<iframe src=//evil></iframe>ok", "ok"),
            // A paragraph ends foreign content: that is how browsers parse it, too.
            ("<svg><script>x</script><p>a</p></svg>", "<p>a</p>"),
        ] {
            assert_eq!(clean(input), expected);
        }
    }

    proptest::proptest! {
        #[test]
        fn cleaning_twice_changes_nothing(html in "(<|>|&|/|=|\"|'| |p|a|b|script|href|li|table|td|\\PC){0,60}") {
            let once = clean(&html);
            proptest::prop_assert_eq!(clean(&once), once);
        }
    }
}
