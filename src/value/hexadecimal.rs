//! Bytes as hexadecimal digits.

/// Writes two lower-case digits for each byte.
pub fn encode(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |half: u8| char::from(DIGITS[usize::from(half)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Reads exactly `2 * N` digits, of upper or lower case.
pub fn decode<const N: usize>(digits: &[u8]) -> Option<[u8; N]> {
    // `from_str_radix` would accept a sign.
    if digits.len() != 2 * N || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_in_both_cases() {
        let bytes = [0x00, 0x0f, 0xa0, 0xff];
        assert_eq!(encode(&bytes), "000fa0ff");
        for digits in ["000fa0ff", "000FA0FF", "000Fa0fF"] {
            assert_eq!(decode(digits.as_bytes()), Some(bytes), "{digits}");
        }
        assert_eq!((encode(&[]), decode(b"")), (String::new(), Some([])));
    }

    #[test]
    fn a_sign_another_length_and_another_character_are_refused() {
        for digits in
            ["", "a", "0ab", "0abc12", "+f+f", "-1ab", "0x1a", "0a:b", "0ag1", " 0ab", "éa"]
        {
            assert_eq!(decode::<2>(digits.as_bytes()), None, "{digits}");
        }
    }
}
