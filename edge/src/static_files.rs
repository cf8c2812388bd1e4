//! The worker's own files, named by their content so that a browser keeps them for ever.

use sha2::{Digest, Sha256};
use std::sync::OnceLock;

pub struct StaticFile {
    name: &'static str,
    pub content_type: &'static str,
    pub body: &'static [u8],
    /// `/static/app.0f3a….css`.
    url: String,
}

const FILES: [(&str, &str, &[u8]); 5] = [
    ("app.css", "text/css; charset=utf-8", include_bytes!("../static/app.css")),
    ("app.js", "text/javascript; charset=utf-8", include_bytes!("../static/app.js")),
    ("insight.js", "text/javascript; charset=utf-8", include_bytes!("../static/insight.js")),
    ("shapes.svg", "image/svg+xml", include_bytes!("../static/shapes.svg")),
    ("favicon.svg", "image/svg+xml", include_bytes!("../static/favicon.svg")),
];

fn files() -> &'static [StaticFile] {
    static READY: OnceLock<Vec<StaticFile>> = OnceLock::new();
    READY.get_or_init(|| {
        let file = |(name, content_type, body): (&'static str, &'static str, &'static [u8])| {
            let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
            let hash = hex::encode(&Sha256::digest(body)[..6]);
            StaticFile { name, content_type, body, url: format!("/static/{stem}.{hash}.{extension}") }
        };
        FILES.into_iter().map(file).collect()
    })
}

/// The address of a file by its plain name.
pub fn url(name: &str) -> &'static str {
    files().iter().find(|f| f.name == name).map_or("", |f| f.url.as_str())
}

/// A file by its address, and whether the address names these very bytes (an old page may ask for an old hash).
pub fn find(path: &str) -> Option<(&'static StaticFile, bool)> {
    if let Some(file) = files().iter().find(|f| f.url == path) {
        return Some((file, true));
    }
    let asked = path.strip_prefix("/static/")?;
    let stem = asked.split('.').next()?;
    let extension = asked.rsplit('.').next()?;
    let known = |f: &&StaticFile| f.name.split('.').next() == Some(stem) && f.name.ends_with(extension);
    files().iter().find(known).map(|f| (f, false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_answers_to_its_hash_for_ever_and_to_an_old_hash_for_now() {
        assert!(find(url("app.css")).is_some_and(|(f, exact)| exact && f.content_type.starts_with("text/css")));
        assert!(find("/static/app.000000000000.css").is_some_and(|(f, exact)| !exact && f.name == "app.css"));
        assert!(find("/static/other.css").is_none());
        assert!(find("/static/").is_none());
    }

    #[test]
    fn the_files_stay_within_their_budgets() {
        for (name, budget) in [("app.css", 32_000), ("app.js", 10_240), ("insight.js", 2_048), ("shapes.svg", 16_000)] {
            let bytes = FILES.iter().find(|f| f.0 == name).map_or(0, |f| f.2.len());
            assert!(bytes > 0 && bytes <= budget, "{name} has {bytes} bytes, budget {budget}");
        }
    }
}
