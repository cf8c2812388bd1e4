//! Objects: immutable ones named by their bytes in the public bucket, one pointer, and the merchant's files in the
//! private bucket.

use crate::calls::Call;
use crate::{Config, Result, StoreError};
use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use stoa_domain::snapshot::{ObjectRef, POINTER_KEY};

const IMMUTABLE: &str = "public, max-age=31536000, immutable";
const POINTER: &str = "public, max-age=1";
/// Most bytes of one object.
pub const MAX_OBJECT_BYTES: usize = 256 << 20;

/// Where in the public bucket lies what publishing writes anew each time, the pointer apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prefix {
    Manifests,
    Objects,
}

impl Prefix {
    pub const ALL: [Self; 2] = [Self::Manifests, Self::Objects];

    /// What its keys begin with.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Manifests => "snapshots/",
            Self::Objects => "objects/",
        }
    }
}

/// An object as a listing tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredObject {
    pub key: String,
    pub bytes: u64,
    /// When it was last written, in whole seconds.
    pub modified: Timestamp,
}

/// The buckets of a [`crate::Store`].
#[derive(Debug, Clone, Copy)]
pub struct Objects<'a> {
    pub(crate) s3: &'a Client,
    pub(crate) config: &'a Config,
}

impl Objects<'_> {
    /// What [`Objects::put_immutable`] would name these bytes.
    pub fn name(bytes: &[u8]) -> ObjectRef {
        ObjectRef { digest: hex::encode(Sha256::digest(bytes)), bytes: bytes.len() as u64 }
    }

    /// Stores bytes for everyone at `objects/{digest}`, for ever. Storing them again changes nothing.
    pub async fn put_immutable(&self, bytes: Bytes, content_type: &str) -> Result<ObjectRef> {
        let object = Self::name(&bytes);
        self.put_public(&format!("objects/{}", object.digest), bytes, content_type).await?;
        Ok(object)
    }

    /// As [`Objects::put_immutable`], for bytes that [`Objects::name`] named before.
    pub async fn put_immutable_as(&self, object: &ObjectRef, bytes: Bytes, content_type: &str) -> Result<()> {
        self.put_public(&format!("objects/{}", object.digest), bytes, content_type).await
    }

    /// Stores bytes for everyone under a key that never gets other bytes (`media/{digest}-{width}.webp`).
    pub async fn put_public(&self, key: &str, bytes: Bytes, content_type: &str) -> Result<()> {
        self.put(&self.config.public_bucket, key, bytes, content_type, Some(IMMUTABLE)).await
    }

    /// The bytes at `objects/{digest}`.
    pub async fn get(&self, digest: &str) -> Result<Bytes> {
        self.get_public(&format!("objects/{digest}")).await
    }

    pub async fn get_public(&self, key: &str) -> Result<Bytes> {
        self.read(&self.config.public_bucket, key).await
    }

    /// Whether the public bucket has the key.
    pub async fn exists(&self, key: &str) -> Result<bool> {
        match self.s3.head_object().bucket(&self.config.public_bucket).key(key).call().await {
            Ok(_) => Ok(true),
            Err(e) if e.as_service_error().is_some_and(|e| e.is_not_found()) => Ok(false),
            Err(e) => Err(StoreError::unavailable("HeadObject", &e)),
        }
    }

    /// One page of the published objects whose key begins with `prefix`, and where the next begins.
    pub async fn list_published(
        &self,
        prefix: Prefix,
        after: Option<String>,
    ) -> Result<(Vec<StoredObject>, Option<String>)> {
        let list = self.s3.list_objects_v2().bucket(&self.config.public_bucket).prefix(prefix.as_str());
        let output = list.set_continuation_token(after).call().await;
        let output = output.map_err(|e| StoreError::unavailable("ListObjectsV2", &e))?;
        let next = output.next_continuation_token.filter(|_| output.is_truncated == Some(true));
        let object = |o: aws_sdk_s3::types::Object| {
            let modified = Timestamp::from_second(o.last_modified?.secs()).ok()?;
            Some(StoredObject { key: o.key?, bytes: u64::try_from(o.size?).ok()?, modified })
        };
        Ok((output.contents.unwrap_or_default().into_iter().filter_map(object).collect(), next))
    }

    /// Removes a published object. Anything else in the bucket (pictures, the pointer) is refused.
    pub async fn delete_published(&self, key: &str) -> Result<()> {
        if !Prefix::ALL.iter().any(|prefix| key.starts_with(prefix.as_str())) {
            return Err(StoreError::NotFound { what: "published object" });
        }
        let sent = self.s3.delete_object().bucket(&self.config.public_bucket).key(key).call().await;
        sent.map(drop).map_err(|e| StoreError::unavailable("DeleteObject", &e))
    }

    /// Replaces the pointer: the one public object that changes. Everyone sees it within a second or two.
    pub async fn put_pointer(&self, json: Bytes) -> Result<()> {
        self.put(&self.config.public_bucket, POINTER_KEY, json, "application/json", Some(POINTER)).await
    }

    pub async fn get_pointer(&self) -> Result<Bytes> {
        self.get_public(POINTER_KEY).await
    }

    pub async fn private_put(&self, key: &str, bytes: Bytes, content_type: &str) -> Result<()> {
        self.put(&self.config.private_bucket, key, bytes, content_type, None).await
    }

    pub async fn private_get(&self, key: &str) -> Result<Bytes> {
        self.read(&self.config.private_bucket, key).await
    }

    pub async fn private_exists(&self, key: &str) -> Result<bool> {
        match self.s3.head_object().bucket(&self.config.private_bucket).key(key).call().await {
            Ok(_) => Ok(true),
            Err(e) if e.as_service_error().is_some_and(|e| e.is_not_found()) => Ok(false),
            Err(e) => Err(StoreError::unavailable("HeadObject", &e)),
        }
    }

    async fn put(
        &self,
        bucket: &str,
        key: &str,
        bytes: Bytes,
        content_type: &str,
        cache_control: Option<&str>,
    ) -> Result<()> {
        if bytes.len() > MAX_OBJECT_BYTES {
            return Err(StoreError::TooLarge { what: "object", bytes: bytes.len(), max: MAX_OBJECT_BYTES });
        }
        self.s3
            .put_object()
            .bucket(bucket)
            .key(key)
            .content_type(content_type)
            .set_cache_control(cache_control.map(str::to_owned))
            .body(ByteStream::from(bytes))
            .call()
            .await
            .map(drop)
            .map_err(|e| StoreError::unavailable("PutObject", &e))
    }

    async fn read(&self, bucket: &str, key: &str) -> Result<Bytes> {
        let output = self.s3.get_object().bucket(bucket).key(key).call().await.map_err(|e| {
            if e.as_service_error().is_some_and(|e| e.is_no_such_key()) {
                StoreError::ObjectMissing { key: key.to_owned() }
            } else {
                StoreError::unavailable("GetObject", &e)
            }
        })?;
        let body = output.body.collect().await.map_err(|e| StoreError::unavailable("GetObject", &e))?;
        Ok(body.into_bytes())
    }

    pub(crate) async fn create_buckets(&self) -> Result<()> {
        for bucket in [&self.config.public_bucket, &self.config.private_bucket] {
            if let Err(e) = self.s3.create_bucket().bucket(bucket).call().await
                && !e
                    .as_service_error()
                    .is_some_and(|e| e.is_bucket_already_owned_by_you() || e.is_bucket_already_exists())
            {
                return Err(StoreError::unavailable("CreateBucket", &e));
            }
        }
        Ok(())
    }
}
