//! How Shopify's API hands a value of the input to a function: 64 bits that are a number, or a NaN with something in it.
//!
//! ```text
//! 63   62 ── 50   49 ─ 46   45 ─── 32   31 ───── 0
//! any  all ones   tag       length      bool, place or error code
//! ```
//! A number is an f64 whose bits 62 to 50 are not all ones; JSON has no infinity and no NaN, so no number is lost.

const NAN: u64 = 0x1FFF << 50;
/// A length that does not fit is cut to this, and asked for apart.
pub(super) const MAX_LENGTH: usize = (1 << 14) - 1;

/// Why a read gave nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub(super) enum ReadError {
    Undecodable = 0,
    NotAnObject = 1,
    Unreadable = 3,
    IndexOutOfBounds = 5,
    NotIndexable = 6,
}

/// What a function hands back of what it was given. It may have made it up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Boxed {
    Plain,
    Text { at: u32, length: usize },
    Object { node: u32 },
    Array { node: u32 },
    Undecodable,
}

const BOOL: u64 = 1;
const TEXT: u64 = 3;
const OBJECT: u64 = 4;
const ARRAY: u64 = 5;
const ERROR: u64 = 15;

pub(super) const NULL: u64 = NAN;

pub(super) fn bool(value: bool) -> u64 {
    tagged(BOOL, u32::from(value), 0)
}

/// `value` is finite.
pub(super) fn number(value: f64) -> u64 {
    value.to_bits()
}

pub(super) fn text(at: u32, length: usize) -> u64 {
    tagged(TEXT, at, length)
}

pub(super) fn object(node: u32, length: usize) -> u64 {
    tagged(OBJECT, node, length)
}

pub(super) fn array(node: u32, length: usize) -> u64 {
    tagged(ARRAY, node, length)
}

pub(super) fn error(error: ReadError) -> u64 {
    tagged(ERROR, error as u32, 0)
}

pub(super) fn read(bits: u64) -> Boxed {
    if bits & NAN != NAN {
        return Boxed::Plain;
    }
    let (value, length) = (bits as u32, (bits >> 32) as usize & MAX_LENGTH);
    match (bits >> 46) & 0xF {
        0 | BOOL | ERROR => Boxed::Plain,
        TEXT => Boxed::Text { at: value, length },
        OBJECT => Boxed::Object { node: value },
        ARRAY => Boxed::Array { node: value },
        _ => Boxed::Undecodable,
    }
}

fn tagged(tag: u64, value: u32, length: usize) -> u64 {
    NAN | (tag << 46) | ((length.min(MAX_LENGTH) as u64) << 32) | u64::from(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bits_are_those_of_the_published_layout() {
        assert_eq!(NULL, 0x7FFC_0000_0000_0000);
        assert_eq!(bool(true), 0x7FFC_4000_0000_0001);
        assert_eq!(number(-2.5), 0xC004_0000_0000_0000);
        assert_eq!(text(0x1234, 5), 0x7FFC_C005_0000_1234);
        assert_eq!(object(7, 2), 0x7FFD_0002_0000_0007);
        assert_eq!(array(9, 3), 0x7FFD_4003_0000_0009);
        assert_eq!(error(ReadError::NotAnObject), 0x7FFF_C000_0000_0001);
        assert_eq!(text(0, 1 << 20), 0x7FFC_FFFF_0000_0000);
    }

    #[test]
    fn any_bits_can_be_read() {
        assert_eq!(read(text(77, 12)), Boxed::Text { at: 77, length: 12 });
        assert_eq!(read(object(3, 1)), Boxed::Object { node: 3 });
        assert_eq!(read(number(f64::MAX)), Boxed::Plain);
        // A tag that nothing has, and the same with the sign bit set.
        assert_eq!(read(NULL | 9 << 46), Boxed::Undecodable);
        assert_eq!(read(u64::MAX ^ (0xF << 46) | 9 << 46), Boxed::Undecodable);
    }
}
