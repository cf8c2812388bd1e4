//! Pictures: decoded within bounds, scaled, stored as lossy WebP under immutable names.

use image::{DynamicImage, ImageDecoder, ImageReader, Limits, imageops::FilterType};
use sha2::{Digest, Sha256};
use std::io::Cursor;
use stoa_domain::product::Media;
use stoa_storage::{Objects, StoreError};

/// A picture's widths in pixels. A narrower picture is never enlarged: its own width ends the list.
pub const WIDTHS: [u16; 4] = [320, 640, 960, 1280];
/// Largest file accepted, in bytes.
pub const MAX_BYTES: usize = 20 * 1024 * 1024;
/// Largest picture accepted, in pixels: 50 megapixels decode to 200 MB at most.
pub const MAX_PIXELS: u64 = 50_000_000;
const MAX_SIDE: u32 = 16_384;
const QUALITY: f32 = 80.0;

/// Why a picture is refused; [`MediaError::code`] is stable.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    #[error("a picture must be at most {MAX_BYTES} bytes, got {got}")]
    TooManyBytes { got: usize },
    #[error("a picture must be at most {MAX_PIXELS} pixels and {MAX_SIDE} a side, got {width} × {height}")]
    TooManyPixels { width: u32, height: u32 },
    #[error("a picture must be a PNG, JPEG or WebP file: {reason}")]
    NotAPicture { reason: String },
    #[error("the picture could not be encoded: {reason}")]
    Encode { reason: String },
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl MediaError {
    /// Stable, snake case: `too_many_bytes`, `too_many_pixels`, `not_a_picture`, `encode_failed`, `storage_failed`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooManyBytes { .. } => "too_many_bytes",
            Self::TooManyPixels { .. } => "too_many_pixels",
            Self::NotAPicture { .. } => "not_a_picture",
            Self::Encode { .. } => "encode_failed",
            Self::Store(_) => "storage_failed",
        }
    }
}

/// A picture in all its widths, not stored yet.
#[derive(Debug, Clone)]
pub struct Rendition {
    pub media: Media,
    /// One a width, in the order of `media.widths`: the object's key and its WebP bytes.
    pub files: Vec<(String, Vec<u8>)>,
}

/// Decodes, scales and stores `bytes`; the same bytes always give the same [`Media`], and are stored once.
pub async fn ingest(objects: Objects<'_>, bytes: Vec<u8>) -> Result<Media, MediaError> {
    let rendition = tokio::task::spawn_blocking(move || render(&bytes))
        .await
        .map_err(|e| MediaError::Encode { reason: e.to_string() })??;
    store(objects, rendition).await
}

/// Stores what [`render`] made.
pub async fn store(objects: Objects<'_>, rendition: Rendition) -> Result<Media, MediaError> {
    for (key, webp) in rendition.files {
        objects.put_public(&key, webp.into(), "image/webp").await?;
    }
    Ok(rendition.media)
}

/// The object of `media` in `width`.
pub fn key(digest: &str, width: u16) -> String {
    format!("media/{digest}-{width}.webp")
}

/// Decodes and scales: processor time only (tens of milliseconds), no IO. The digest is of the bytes given.
pub fn render(bytes: &[u8]) -> Result<Rendition, MediaError> {
    let picture = decode(bytes)?;
    let (width, height) = (picture.width(), picture.height());
    let digest = hex::encode(Sha256::digest(bytes));
    let widest = u16::try_from(width.min(u32::from(WIDTHS[WIDTHS.len() - 1]))).unwrap_or(WIDTHS[WIDTHS.len() - 1]);
    let mut widths: Vec<u16> = WIDTHS.into_iter().filter(|w| *w < widest).collect();
    widths.push(widest);

    let mut files = Vec::with_capacity(widths.len());
    let mut scaled = picture;
    let mut tallest = 0;
    // From the widest down, each from the one before: a quarter of the work of scaling the original four times.
    for w in widths.iter().rev() {
        let h = height_at(width, height, *w);
        if scaled.width() != u32::from(*w) {
            scaled = scaled.resize_exact(u32::from(*w), h, FilterType::CatmullRom);
        }
        tallest = tallest.max(h);
        files.push((key(&digest, *w), encode(&scaled)?));
    }
    files.reverse();
    let height = u16::try_from(tallest).unwrap_or(u16::MAX);
    Ok(Rendition { media: Media { digest, widths, width: widest, height }, files })
}

fn height_at(width: u32, height: u32, w: u16) -> u32 {
    let exact = u64::from(height) * u64::from(w) / u64::from(width.max(1));
    u32::try_from(exact).unwrap_or(MAX_SIDE).clamp(1, MAX_SIDE - 1)
}

fn decode(bytes: &[u8]) -> Result<DynamicImage, MediaError> {
    if bytes.len() > MAX_BYTES {
        return Err(MediaError::TooManyBytes { got: bytes.len() });
    }
    let not_a_picture = |e: &dyn std::fmt::Display| MediaError::NotAPicture { reason: e.to_string() };
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|e| not_a_picture(&e))?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(512 * 1024 * 1024);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|e| not_a_picture(&e))?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MAX_PIXELS || width.max(height) > MAX_SIDE || width.min(height) == 0 {
        return Err(MediaError::TooManyPixels { width, height });
    }
    let orientation = decoder.orientation().map_err(|e| not_a_picture(&e))?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|e| not_a_picture(&e))?;
    picture.apply_orientation(orientation);
    Ok(if picture.color().has_alpha() { picture.into_rgba8().into() } else { picture.into_rgb8().into() })
}

fn encode(picture: &DynamicImage) -> Result<Vec<u8>, MediaError> {
    let (bytes, width, height) = (picture.as_bytes(), picture.width(), picture.height());
    let encoder = if picture.color().has_alpha() {
        webp::Encoder::from_rgba(bytes, width, height)
    } else {
        webp::Encoder::from_rgb(bytes, width, height)
    };
    let webp = encoder.encode_simple(false, QUALITY).map_err(|e| MediaError::Encode { reason: format!("{e:?}") })?;
    Ok(webp.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = Vec::new();
        DynamicImage::new_rgb8(width, height).write_to(&mut Cursor::new(&mut bytes), image::ImageFormat::Png).unwrap();
        bytes
    }

    #[test]
    fn a_wide_picture_comes_in_four_widths() {
        let made = render(&png(2000, 1000)).unwrap();
        assert_eq!(made.media.widths, [320, 640, 960, 1280]);
        assert_eq!((made.media.width, made.media.height), (1280, 640));
        for ((key, webp), width) in made.files.iter().zip(&made.media.widths) {
            assert!(key.ends_with(&format!("-{width}.webp")));
            let back = image::load_from_memory(webp).unwrap();
            assert_eq!(back.width(), u32::from(*width));
        }
    }

    #[test]
    fn a_small_picture_is_not_enlarged() {
        assert_eq!(render(&png(500, 500)).unwrap().media.widths, [320, 500]);
        assert_eq!(render(&png(1, 1)).unwrap().media.widths, [1]);
    }

    #[test]
    fn a_picture_of_too_many_pixels_is_refused_before_it_is_decoded() {
        let mut bytes = png(1, 1);
        // The width and height in the IHDR chunk, and its checksum no longer right: the size is looked at first.
        bytes[16..24].copy_from_slice(&[0, 0, 0x40, 0, 0, 0, 0x40, 0]);
        let refused = render(&bytes).unwrap_err();
        assert!(matches!(refused.code(), "too_many_pixels" | "not_a_picture"), "{refused}");
    }

    #[test]
    fn what_is_no_picture_is_refused() {
        for bytes in [&b""[..], b"<svg/>", b"GIF89a", &png(9, 9)[..40]] {
            assert_eq!(render(bytes).unwrap_err().code(), "not_a_picture");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_panic(bytes: Vec<u8>, cut in 0usize..200) {
            let _ = render(&bytes);
            let mut torn = png(20, 20);
            torn.truncate(cut);
            let _ = render(&torn);
        }
    }
}
