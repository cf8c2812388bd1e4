//! Tax numbers as invoices name a company by them: China's 统一社会信用代码 with its check character, the European Union's VAT
//! numbers by their shape, any other as it is.

const MAX_CHARS: usize = 30;

/// GB 32100-2015: the characters of a code, each worth its position.
const CODE: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
const CODE_CHARS: usize = 18;

/// What follows a member state's prefix: each number's lengths, and which of its characters may be letters. From the European
/// Commission's list of VAT number structures.
const VAT: [(&str, usize, usize, Letters); 28] = [
    ("AT", 9, 9, Letters::Any),
    ("BE", 10, 10, Letters::None),
    ("BG", 9, 10, Letters::None),
    ("CY", 9, 9, Letters::Any),
    ("CZ", 8, 10, Letters::None),
    ("DE", 9, 9, Letters::None),
    ("DK", 8, 8, Letters::None),
    ("EE", 9, 9, Letters::None),
    ("EL", 9, 9, Letters::None),
    ("ES", 9, 9, Letters::Any),
    ("FI", 8, 8, Letters::None),
    ("FR", 11, 11, Letters::Any),
    ("HR", 11, 11, Letters::None),
    ("HU", 8, 8, Letters::None),
    ("IE", 8, 9, Letters::Any),
    ("IT", 11, 11, Letters::None),
    ("LT", 9, 12, Letters::None),
    ("LU", 8, 8, Letters::None),
    ("LV", 11, 11, Letters::None),
    ("MT", 8, 8, Letters::None),
    ("NL", 12, 12, Letters::Any),
    ("PL", 10, 10, Letters::None),
    ("PT", 9, 9, Letters::None),
    ("RO", 2, 10, Letters::None),
    ("SE", 12, 12, Letters::None),
    ("SI", 8, 8, Letters::None),
    ("SK", 10, 10, Letters::None),
    ("XI", 9, 12, Letters::Any),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Letters {
    None,
    Any,
}

/// As it is stored: without spaces, dots and dashes where they mean nothing. `country` is where the goods go; which rule counts
/// follows from it. The refusal is the rule.
pub fn check_tax_number(typed: &str, country: &str) -> Result<String, &'static str> {
    let bare: String = typed.chars().filter(|c| !matches!(c, ' ' | '.' | '-')).collect::<String>().to_ascii_uppercase();
    let prefix = if country == "GR" { "EL" } else { country };
    if country == "CN" {
        let rule = "a 统一社会信用代码: 18 digits and capitals, the last of which fits the others";
        return if is_credit_code(&bare) { Ok(bare) } else { Err(rule) };
    }
    if let Some((prefix, least, most, letters)) = VAT.iter().find(|(known, ..)| *known == prefix) {
        let own = bare.strip_prefix(prefix).unwrap_or(&bare);
        let printed = |b: u8| {
            b.is_ascii_digit() || (*letters == Letters::Any && (b.is_ascii_uppercase() || b == b'+' || b == b'*'))
        };
        let fits = (*least..=*most).contains(&own.len()) && own.bytes().all(printed);
        return if fits {
            Ok(format!("{prefix}{own}"))
        } else {
            Err("a VAT number of that country, such as DE123456789")
        };
    }
    let typed = typed.trim();
    let fits = (1..=MAX_CHARS).contains(&typed.chars().count()) && !typed.chars().any(char::is_control);
    if fits { Ok(typed.to_owned()) } else { Err("1 to 30 characters") }
}

/// GB 32100-2015: seventeen characters weighed by powers of three, and the last as it is, come to a multiple of 31.
fn is_credit_code(code: &str) -> bool {
    let worth: Option<Vec<usize>> = code.bytes().map(|b| CODE.iter().position(|known| *known == b)).collect();
    let Some(worth) = worth.filter(|worth| worth.len() == CODE_CHARS) else { return false };
    let (weighed, last) = worth.split_at(CODE_CHARS - 1);
    let step = |(sum, weight): (usize, usize), worth: &usize| (sum + worth * weight, weight * 3 % CODE.len());
    let (sum, _) = weighed.iter().fold((0, 1), step);
    (sum + last.iter().sum::<usize>()).is_multiple_of(CODE.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chinese_company_is_named_by_a_code_whose_last_character_fits() {
        for code in ["914403001922038216", "91330100799655058B", "9144030071526726XG", "91110000802100433B"] {
            assert_eq!(check_tax_number(code, "CN").as_deref(), Ok(code));
            // Any one character otherwise, and it fits no more.
            for at in 0..code.len() {
                let mut other = code.as_bytes().to_vec();
                other[at] = if other[at] == b'1' { b'2' } else { b'1' };
                let other = String::from_utf8_lossy(&other).into_owned();
                assert!(check_tax_number(&other, "CN").is_err(), "{other}");
            }
        }
        assert_eq!(check_tax_number(" 9133-0100 79965505.8b ", "CN").as_deref(), Ok("91330100799655058B"));
        for wrong in [
            "",
            "91440300192203821",
            "9144030019220382160",
            "91440300192203821I",
            "９１４４０３００１９２２０３８２１６",
        ] {
            assert!(check_tax_number(wrong, "CN").is_err(), "{wrong}");
        }
    }

    #[test]
    fn european_numbers_have_their_countrys_shape_and_prefix() {
        for (typed, country, stored) in [
            ("DE 123456789", "DE", "DE123456789"),
            ("123456789", "DE", "DE123456789"),
            ("el123456789", "GR", "EL123456789"),
            ("FRXX999999999", "FR", "FRXX999999999"),
            ("NL123456789B01", "NL", "NL123456789B01"),
            ("IE1234567FA", "IE", "IE1234567FA"),
        ] {
            assert_eq!(check_tax_number(typed, country).as_deref(), Ok(stored));
        }
        for (typed, country) in
            [("DE12345678", "DE"), ("DE12345678X", "DE"), ("FR123456789", "DE"), ("", "IT"), ("ATU1234567é", "AT")]
        {
            assert!(check_tax_number(typed, country).is_err(), "{typed}");
        }
    }

    #[test]
    fn any_other_is_kept_as_it_is_within_bounds() {
        assert_eq!(check_tax_number(" 12-3456789 ", "US").as_deref(), Ok("12-3456789"));
        for wrong in ["", "   ", "a\nb", &"9".repeat(31)] {
            assert!(check_tax_number(wrong, "US").is_err(), "{wrong}");
        }
    }
}
