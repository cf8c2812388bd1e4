//! Email addresses, by a simple bounded rule: what real mailboxes use, nothing that could break a header or a log line.

use crate::field::FieldError;

/// RFC 5321 §4.5.3.1: a forward path, and its local part.
pub const MAX_BYTES: usize = 254;
const MAX_LOCAL_BYTES: usize = 64;

/// ASCII `local@domain.tld`. Quoted local parts, comments and addresses at an IP are refused although RFC 5322 has them.
/// The error's field is `email`, its code `invalid_email`.
pub fn validate(address: &str) -> Result<(), FieldError> {
    let well_formed = address.len() <= MAX_BYTES
        && address.split_once('@').is_some_and(|(local, domain)| is_local(local) && is_domain(domain));
    if well_formed {
        Ok(())
    } else {
        let rule = format!("an email address must look like name@example.com and have at most {MAX_BYTES} characters");
        Err(FieldError::new("email", "invalid_email", rule))
    }
}

fn is_local(local: &str) -> bool {
    // RFC 5322 §3.2.3, atext.
    let atext = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c);
    local.len() <= MAX_LOCAL_BYTES && local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(atext))
}

fn is_domain(domain: &str) -> bool {
    let label = |l: &str| {
        (1..=63).contains(&l.len())
            && !l.starts_with('-')
            && !l.ends_with('-')
            && l.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    let top = domain.rsplit('.').next().unwrap_or_default();
    domain.contains('.') && domain.split('.').all(label) && top.len() >= 2 && !top.chars().all(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::validate;

    #[test]
    fn ordinary_addresses_pass() {
        for address in ["a@b.co", "wang.li+shop@mail.example.com", "x_y@sub-domain.example", "o'neil@example.ie"] {
            assert!(validate(address).is_ok(), "{address}");
        }
    }

    #[test]
    fn odd_and_hostile_addresses_are_refused() {
        let long = format!("{}@example.com", "a".repeat(250));
        let refused = [
            "",
            "a",
            "@b.co",
            "a@",
            "a@b",
            "a@@b.co",
            "a@b..co",
            ".a@b.co",
            "a.@b.co",
            "a b@c.de",
            "a@-b.co",
            "a@b.c1\n",
            "a@b.co\r\nBcc: x@y.z",
            "\"a b\"@c.de",
            "a@127.0.0.1",
            "a@[127.0.0.1]",
            "é@b.co",
            &long,
        ];
        for address in refused {
            assert_eq!(validate(address).map_err(|e| e.code), Err("invalid_email"), "{address}");
        }
    }
}
