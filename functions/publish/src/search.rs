//! The search index's objects: read back where it grows, written where it changed.

use crate::PublishError;
use crate::head::Upload;
use bytes::Bytes;
use stoa_domain::snapshot::{IndexRef, ObjectRef};
use stoa_search_index::build::Built;
use stoa_search_index::{IndexBytes, SCHEMA_VERSION};
use stoa_storage::{Objects, Store};

/// The published index's bytes, to build on. None when another schema wrote it: then it is built anew.
pub(crate) async fn published(store: &Store, index: &IndexRef) -> Result<Option<IndexBytes>, PublishError> {
    if index.schema_version != SCHEMA_VERSION {
        return Ok(None);
    }
    let meta = store.objects().get(&index.meta.digest).await?.to_vec();
    let mut segments = Vec::with_capacity(index.segments.len());
    for segment in &index.segments {
        segments.push(store.objects().get(&segment.digest).await?.to_vec());
    }
    Ok(Some(IndexBytes { meta, segments }))
}

/// What a built index is called, and the objects that are to be there.
pub(crate) fn objects(built: Built) -> (IndexRef, Vec<Upload>) {
    let mut uploads = Vec::with_capacity(1 + built.segments.len());
    let mut add = |bytes: Vec<u8>| -> ObjectRef {
        let object = Objects::name(&bytes);
        uploads.push(Upload { object: object.clone(), bytes: Bytes::from(bytes) });
        object
    };
    let meta = add(built.meta);
    let segments = built.segments.into_iter().map(|segment| add(segment.pack)).collect();
    (IndexRef { schema_version: SCHEMA_VERSION, meta, segments }, uploads)
}
