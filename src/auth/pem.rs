//! Decodes PEM, as OpenSSL and others write it.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

/// The label and the bytes of the first block. Text before the block is a comment. `None` if there
/// is no complete block.
pub fn decode(text: &[u8]) -> Option<(String, Vec<u8>)> {
    let text = std::str::from_utf8(text).ok()?;
    let (label, rest) = text.split_once("-----BEGIN ")?.1.split_once("-----")?;
    let (body, _) = rest.split_once(&format!("-----END {label}-----"))?;
    let body: String = body.split_whitespace().collect();
    Some((label.to_owned(), BASE64_STANDARD.decode(body).ok()?))
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn the_first_block_is_read_and_half_of_one_is_not() {
        let block = "-----BEGIN X Y-----\nYWJj\nZGVm\n-----END X Y-----\n";
        let read = Some(("X Y".to_owned(), b"abcdef".to_vec()));
        assert_eq!(decode(block.as_bytes()), read);
        assert_eq!(decode(format!("subject=x\n{block}{block}").as_bytes()), read);
        assert_eq!(decode(block.replace('\n', "\r\n").as_bytes()), read);
        for half in [&block[..20], &block[..40], "-----BEGIN X-----\n%\n-----END X-----", ""] {
            assert_eq!(decode(half.as_bytes()), None, "{half}");
        }
    }
}
