//! The text of a code: typed from paper, so case and outer white space do not count.

use super::MAX_CODE_CHARS;
use crate::FieldError;

/// The code without outer white space. Refuses what no shop could have given out, as `invalid_code`.
pub fn code_text(typed: &str) -> Result<&str, FieldError> {
    let code = typed.trim();
    if code.is_empty() || code.chars().nth(MAX_CODE_CHARS).is_some() || code.chars().any(char::is_control) {
        let rule = format!("a code has 1 to {MAX_CODE_CHARS} characters, none of them a control character");
        return Err(FieldError::new("code", "invalid_code", rule));
    }
    Ok(code)
}

/// What codes are compared and found by.
pub fn code_key(typed: &str) -> String {
    typed.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_it_was_typed_and_found_in_any_case() {
        assert_eq!(code_text(" Hello-10 ").ok(), Some("Hello-10"));
        assert_eq!(code_key(" Hello-10 "), code_key("HELLO-10"));
        for wrong in ["", "  ", "a\u{7}b", &"x".repeat(65)] {
            assert_eq!(code_text(wrong).map_err(|e| e.code), Err("invalid_code"), "{wrong:?}");
        }
        assert!(code_text(&"好".repeat(64)).is_ok());
    }
}
