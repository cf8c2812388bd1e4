//! Random bytes from the operating system, for ids whose knowledge is ownership and codes that people type.

use crate::ApiError;
use aws_lc_rs::rand::{SecureRandom, SystemRandom};

/// Digits and capitals that no other can be taken for, read or heard: no 0 and O, no 1, I and L, no U for V.
const ALPHABET: &[u8; 30] = b"23456789ABCDEFGHJKMNPQRSTVWXYZ";

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

/// Of letters and digits that nobody takes for others, each as likely as any other.
pub fn readable<const CHARS: usize>() -> Result<String, ApiError> {
    let fair = ALPHABET.len() * (256 / ALPHABET.len());
    let mut text = String::with_capacity(CHARS);
    while text.len() < CHARS {
        let drawn = bytes::<CHARS>()?.into_iter().map(usize::from).filter(|byte| *byte < fair);
        text.extend(drawn.map(|byte| char::from(ALPHABET[byte % ALPHABET.len()])).take(CHARS - text.len()));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_people_type_is_of_characters_that_nobody_takes_for_another() {
        let text: String = (0..200).map(|_| readable::<10>().unwrap()).collect();
        assert_eq!(text.len(), 2_000);
        assert!(text.bytes().all(|b| ALPHABET.contains(&b)) && !text.contains(['0', 'O', '1', 'I', 'L', 'U']));
        assert!(ALPHABET.iter().all(|b| text.bytes().any(|drawn| drawn == *b)), "every character is drawn");
    }
}
