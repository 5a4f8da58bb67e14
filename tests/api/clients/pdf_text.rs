//! The text of a PDF as a reader would copy it. This module decompresses the streams and reads the
//! glyphs by the map of each font.

use flate2::read::ZlibDecoder;
use std::collections::HashMap;
use std::io::Read;

/// Returns the lines of text, in the order in which they are drawn.
pub fn lines(pdf: &[u8]) -> Vec<String> {
    assert!(pdf.starts_with(b"%PDF-") && pdf.ends_with(b"%%EOF"), "it is a whole document");
    let (mut maps, mut pages) = (Vec::new(), Vec::new());
    for stream in streams(pdf) {
        let text = String::from_utf8_lossy(&stream).into_owned();
        match () {
            () if text.contains("begincmap") => maps.push(map(&text)),
            () if text.contains("BT\n") => pages.push(stream),
            () => {}
        }
    }
    assert_eq!(maps.len(), 2, "each font has its map");
    pages.iter().flat_map(|page| shown(page, &maps)).collect()
}

fn streams(pdf: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let mut rest = pdf;
    while let Some(at) = position(rest, b"stream\n") {
        let body = &rest[at + 7..];
        let end = position(body, b"\nendstream").expect("a stream ends");
        let mut unpacked = Vec::new();
        ZlibDecoder::new(&body[..end]).read_to_end(&mut unpacked).expect("it is packed");
        found.push(unpacked);
        rest = &body[end + 10..];
    }
    found
}

fn position(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

fn map(text: &str) -> HashMap<u16, String> {
    let hex = |text: &str| u16::from_str_radix(text, 16).unwrap();
    let pair = |line: &str| {
        let (glyph, letters) = line.strip_prefix('<')?.strip_suffix('>')?.split_once("> <")?;
        let units: Vec<u16> = (0..letters.len() / 4).map(|n| hex(&letters[4 * n..][..4])).collect();
        Some((hex(glyph), String::from_utf16(&units).unwrap()))
    };
    let within = text.lines().skip_while(|line| !line.ends_with("beginbfchar"));
    within.filter_map(pair).collect()
}

/// Returns the strings of a page, read by the font that is selected before each.
fn shown(page: &[u8], maps: &[HashMap<u16, String>]) -> Vec<String> {
    let (mut lines, mut font, mut at) = (Vec::new(), 0, 0);
    while at < page.len() {
        match page[at] {
            b'/' if page[at..].starts_with(b"/F") => font = usize::from(page[at + 2] - b'1'),
            b'(' | b'<' => {
                let (bytes, end) = string(page, at);
                let glyphs = bytes.chunks(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
                lines.push(glyphs.map(|glyph| maps[font][&glyph].as_str()).collect());
                at = end;
            }
            _ => {}
        }
        at += 1;
    }
    lines
}

/// Returns the string that starts at `from`, and the offset of its end.
fn string(page: &[u8], from: usize) -> (Vec<u8>, usize) {
    let mut bytes = Vec::new();
    let mut at = from + 1;
    if page[from] == b'<' {
        let end = at + page[at..].iter().position(|b| *b == b'>').unwrap();
        let digits = std::str::from_utf8(&page[at..end]).unwrap();
        bytes.extend(
            (0..digits.len() / 2).map(|n| u8::from_str_radix(&digits[2 * n..][..2], 16).unwrap()),
        );
        return (bytes, end);
    }
    let mut open = 1;
    loop {
        match page[at] {
            b'\\' => {
                at += 1;
                match page[at] {
                    b'n' => bytes.push(b'\n'),
                    b'r' => bytes.push(b'\r'),
                    b't' => bytes.push(b'\t'),
                    b'b' => bytes.push(8),
                    b'f' => bytes.push(12),
                    b'0'..=b'7' => {
                        let octal = std::str::from_utf8(&page[at..at + 3]).unwrap();
                        bytes.push(u8::from_str_radix(octal, 8).unwrap());
                        at += 2;
                    }
                    other => bytes.push(other),
                }
            }
            b')' if open == 1 => return (bytes, at),
            other => {
                open += i32::from(other == b'(') - i32::from(other == b')');
                bytes.push(other);
            }
        }
        at += 1;
    }
}
