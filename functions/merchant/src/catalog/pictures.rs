//! Pictures beside the catalogue file: read once, stored as our own. Addresses elsewhere are only remembered; a page
//! shows a drawn placeholder for them.

use super::build::image_text;
use super::record::ProductRecord;
use super::refusal::ImportError;
use crate::media;
use std::path::{Component, Path, PathBuf};
use stoa_domain::product::Product;
use stoa_storage::Store;

#[derive(Clone)]
pub(super) struct Pictures {
    /// Only files below this folder are read; None reads none.
    pub(super) folder: Option<PathBuf>,
    pub(super) store: Store,
    pub(super) dry_run: bool,
}

impl Pictures {
    /// Stores the record's local pictures that the product does not have yet; how many those were. One that cannot be
    /// read or is no picture stays a source: the product still lands.
    pub(super) async fn store(
        &self,
        record: &mut ProductRecord,
        existing: Option<&Product>,
    ) -> Result<u64, ImportError> {
        let Some(folder) = &self.folder else { return Ok(0) };
        let mut stored = 0;
        for image in record.images.iter_mut().flatten().filter(|image| image.media.is_none()) {
            let Some(source) = image.source.as_deref() else { continue };
            let has = |product: &Product| {
                product.images.iter().any(|i| i.media.is_some() && image_text(i).as_deref() == Some(source))
            };
            if existing.is_some_and(has) {
                continue;
            }
            let Some(path) = local(folder, source) else { continue };
            let small =
                tokio::fs::metadata(&path).await.is_ok_and(|m| m.is_file() && m.len() <= media::MAX_BYTES as u64);
            if !small {
                continue;
            }
            stored += 1;
            if self.dry_run {
                continue;
            }
            let Ok(bytes) = tokio::fs::read(&path).await else { continue };
            match media::ingest(self.store.objects(), bytes).await {
                Ok(media) => image.media = Some(media),
                Err(media::MediaError::Store(error)) => return Err(error.into()),
                Err(error) => {
                    stored -= 1;
                    tracing::warn!(source, %error, "the picture stays a placeholder");
                }
            }
        }
        Ok(stored)
    }
}

/// The file that a relative source or `file:` names below `folder`, and never above it.
fn local(folder: &Path, source: &str) -> Option<PathBuf> {
    let relative = match source.split_once("://") {
        Some(("file", path)) => Path::new(path).strip_prefix(folder).ok()?,
        Some(_) => return None,
        None => Path::new(source),
    };
    relative.components().all(|c| matches!(c, Component::Normal(_) | Component::CurDir)).then(|| folder.join(relative))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_below_the_folder_are_local() {
        let folder = Path::new("/shop/files");
        for (source, expected) in [
            ("a/b.png", Some("/shop/files/a/b.png")),
            ("file:///shop/files/b.png", Some("/shop/files/b.png")),
            ("../secret", None),
            ("/etc/passwd", None),
            ("file:///etc/passwd", None),
            ("https://example.com/a.png", None),
            ("a/../../b", None),
        ] {
            assert_eq!(local(folder, source), expected.map(PathBuf::from), "{source}");
        }
    }
}
