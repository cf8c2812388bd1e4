//! How an index travels: one pack a segment with all of its immutable files, and one meta file with everything that
//! changes from commit to commit (which segments there are, what is deleted in them).

use crate::{IndexError, SCHEMA_VERSION};
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::path::PathBuf;
use tantivy::directory::OwnedBytes;

/// One pack's bytes, cheap to clone: an opened index and its successor share the segments that did not change.
#[derive(Clone)]
pub struct Pack(pub(crate) OwnedBytes);

impl From<Vec<u8>> for Pack {
    fn from(bytes: Vec<u8>) -> Self {
        Self(OwnedBytes::new(bytes))
    }
}

/// The first bytes of both kinds, so that an older or newer index is refused before it is decoded.
#[derive(Serialize, Deserialize)]
struct Header {
    schema_version: u32,
    /// Name and length of each file; their bytes follow in this order.
    files: Vec<(String, u32)>,
}

#[cfg(feature = "build")]
pub(crate) fn write(files: &[(String, Vec<u8>)]) -> Result<Vec<u8>, IndexError> {
    let listed = files.iter().map(|(name, bytes)| (name.clone(), bytes.len() as u32)).collect();
    let mut pack = postcard::to_stdvec(&Header { schema_version: SCHEMA_VERSION, files: listed })?;
    for (_, bytes) in files {
        pack.extend_from_slice(bytes);
    }
    Ok(pack)
}

/// Where each file lies in the pack.
pub(crate) fn read(pack: &[u8]) -> Result<Vec<(PathBuf, Range<usize>)>, IndexError> {
    let (found, _) = postcard::take_from_bytes::<u32>(pack)?;
    if found != SCHEMA_VERSION {
        return Err(IndexError::SchemaVersion { found, expected: SCHEMA_VERSION });
    }
    let (header, rest) = postcard::take_from_bytes::<Header>(pack)?;
    let mut at = pack.len() - rest.len();
    let mut files = Vec::with_capacity(header.files.len().min(64));
    for (name, length) in header.files {
        let end = at.checked_add(length as usize).filter(|end| *end <= pack.len());
        let end = end.ok_or(postcard::Error::DeserializeUnexpectedEnd)?;
        files.push((PathBuf::from(name), at..end));
        at = end;
    }
    Ok(files)
}
