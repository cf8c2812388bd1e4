//! Order numbers: what people read out loud. `S-4F7K-2M9Q` is 40 random bits in Crockford's base 32, whose letters and
//! digits survive a telephone: there is no I, L, O and U.

use crate::OrderId;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const DIGITS: usize = 8;

pub fn order_number(random: [u8; 5]) -> String {
    let bits = random.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
    let mut number = String::from("S");
    for i in 0..DIGITS {
        if i % 4 == 0 {
            number.push('-');
        }
        number.push(char::from(ALPHABET[(bits >> (35 - 5 * i) & 31) as usize]));
    }
    number
}

/// An order's number as somebody typed or heard it: in any case, without the `S` or the dashes, with O for 0 and I or L
/// for 1. None: it cannot be one.
pub fn read_order_number(text: &str) -> Option<String> {
    let mut heard: Vec<char> = text.trim().chars().filter(|c| !matches!(c, '-' | ' ')).take(DIGITS + 2).collect();
    if heard.len() == DIGITS + 1 && heard.first().is_some_and(|first| first.eq_ignore_ascii_case(&'S')) {
        heard.remove(0);
    }
    let digits: Option<String> = heard.into_iter().map(digit).collect();
    let digits = digits.filter(|digits| digits.len() == DIGITS)?;
    let (first, second) = digits.split_at(DIGITS / 2);
    Some(format!("S-{first}-{second}"))
}

/// The order with this number, as [`read_order_number`] gives it: its id is made of the number, so that no two orders have
/// one number and an order is found by it.
pub fn order_id(number: &str) -> Option<OrderId> {
    let digits = number.strip_prefix("S-")?.replace('-', "");
    OrderId::new(format!("ord_{digits}")).ok()
}

fn digit(heard: char) -> Option<char> {
    let meant = match heard.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    ALPHABET.iter().any(|known| char::from(*known) == meant).then_some(meant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_numbers_are_readable_and_distinct() {
        assert_eq!(order_number([0; 5]), "S-0000-0000");
        assert_eq!(order_number([255; 5]), "S-ZZZZ-ZZZZ");
        assert_eq!(order_number([0, 0, 0, 0, 31]), "S-0000-000Z");
        assert_ne!(order_number([1, 0, 0, 0, 0]), order_number([0, 1, 0, 0, 0]));
    }

    #[test]
    fn an_order_is_found_by_its_number() {
        let id = read_order_number("s4f7k2m9o").and_then(|number| order_id(&number));
        assert_eq!(id.as_ref().map(OrderId::as_str), Some("ord_4F7K2M90"));
    }

    #[test]
    fn a_number_is_understood_as_people_say_it() {
        for said in ["S-4F7K-2M90", "s4f7k2m90", " 4f7k 2m9o ", "S-4F7K-2M9O", "4F7K-2M90"] {
            assert_eq!(read_order_number(said).as_deref(), Some("S-4F7K-2M90"), "{said}");
        }
        assert_eq!(read_order_number("S-LI00-0000").as_deref(), Some("S-1100-0000"));
        // Eight digits that begin with an S are a number without its S.
        assert_eq!(read_order_number("S4F7K2M9").as_deref(), Some("S-S4F7-K2M9"));
        for none in ["", "4F7K-2M9", "S-4F7K-2M9U", "S-4F7K-2M9QQ", "wang.li@example.com", "订单四F7K2M"] {
            assert_eq!(read_order_number(none), None, "{none}");
        }
    }
}
