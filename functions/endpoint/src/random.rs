//! Random bytes from the operating system, for ids whose knowledge is ownership.

use crate::ApiError;
use aws_lc_rs::rand::{SecureRandom, SystemRandom};

/// Fails only when the system gives none.
pub fn bytes<const BYTES: usize>() -> Result<[u8; BYTES], ApiError> {
    let mut bytes = [0; BYTES];
    SystemRandom::new().fill(&mut bytes).map_err(|_| ApiError::internal("the system gave no random bytes"))?;
    Ok(bytes)
}

/// [`bytes`] as lower-case hex.
pub fn hex<const BYTES: usize>() -> Result<String, ApiError> {
    bytes::<BYTES>().map(hex::encode)
}
