//! `/sitemap.xml`, its chunks and `/robots.txt`.

use crate::http::{Kind, Reply};
use crate::snapshot::Snapshot;
use crate::view::{prefix_of, segment};
use std::fmt::Write;
use stoa_domain::shop::PageKind;

/// The protocol allows 50,000 addresses and 50 MB a file; this keeps a chunk near a megabyte.
const CHUNK: usize = 2_000;
const XML: &str = "application/xml; charset=utf-8";

pub fn robots(snapshot: &Snapshot, origin: &str) -> Reply {
    let mut text = "User-agent: *\n".to_owned();
    for locale in &snapshot.view.shop.locales {
        let prefix = prefix_of(locale, snapshot.default_locale());
        for path in ["/account", "/cart", "/checkout", "/orders/", "/search"] {
            let _ = writeln!(text, "Disallow: {prefix}{path}");
        }
    }
    let _ = writeln!(text, "Disallow: /api/\nDisallow: /admin\nDisallow: /payments/\n\nSitemap: {origin}/sitemap.xml");
    Reply::new(200, Kind::Catalogue, "text/plain; charset=utf-8", text)
}

/// The index of the chunks; a chunk of addresses; None beyond the last chunk.
pub fn render(snapshot: &Snapshot, origin: &str, chunk: Option<usize>) -> Option<Reply> {
    let paths = paths(snapshot);
    let mut xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    let Some(chunk) = chunk else {
        xml.push_str("<sitemapindex xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n");
        for number in 1..=paths.len().div_ceil(CHUNK) {
            let _ = writeln!(xml, "<sitemap><loc>{}/sitemap-{number}.xml</loc></sitemap>", escape(origin));
        }
        xml.push_str("</sitemapindex>\n");
        return Some(Reply::new(200, Kind::Catalogue, XML, xml));
    };
    let paths = paths.chunks(CHUNK).nth(chunk.checked_sub(1)?)?;
    let locales = &snapshot.view.shop.locales;
    xml.push_str(
        "<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\" xmlns:xhtml=\"http://www.w3.org/1999/xhtml\">\n",
    );
    for path in paths {
        let links: Vec<(String, String)> = locales
            .iter()
            .map(|locale| {
                let prefix = prefix_of(locale, snapshot.default_locale());
                let path = if path == "/" && !prefix.is_empty() { "" } else { path };
                (locale.to_string(), escape(&format!("{origin}{prefix}{path}")))
            })
            .collect();
        for (_, link) in &links {
            let _ = write!(xml, "<url><loc>{link}</loc>");
            for (locale, other) in links.iter().filter(|_| links.len() > 1) {
                let _ = write!(xml, "<xhtml:link rel=\"alternate\" hreflang=\"{locale}\" href=\"{other}\"/>");
            }
            xml.push_str("</url>\n");
        }
    }
    xml.push_str("</urlset>\n");
    Some(Reply::new(200, Kind::Catalogue, XML, xml))
}

fn paths(snapshot: &Snapshot) -> Vec<String> {
    let view = &snapshot.view;
    let mut paths = vec!["/".to_owned(), "/collections".to_owned()];
    paths.extend(view.categories.iter().map(|c| format!("/collections/{}", segment(c.handle.as_str()))));
    paths.extend(view.collections.iter().map(|c| format!("/collections/{}", segment(c.handle.as_str()))));
    paths.extend(view.pages.iter().map(|p| {
        let folder = if p.kind == PageKind::Page { "pages" } else { "policies" };
        format!("/{folder}/{}", segment(p.handle.as_str()))
    }));
    paths.extend(snapshot.all().iter().map(|no| format!("/products/{}", segment(&snapshot.card(*no).handle))));
    paths
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;").replace('\'', "&apos;")
}
