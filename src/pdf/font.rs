//! The fonts of documents: maps characters to glyphs, measures them, and embeds the used part of a
//! font into the file.

use super::broken;
use crate::error::Error;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use icu_normalizer::ComposingNormalizerBorrowed;
use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Filter, Finish, Name, Pdf, Rect, Ref, Str};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Write;
use subsetter::GlyphRemapper;
use ttf_parser::{Face, GlyphId};

static REGULAR: &[u8] = include_bytes!("fonts/OpenSans-Regular.ttf");
static SEMIBOLD: &[u8] = include_bytes!("fonts/OpenSans-Semibold.ttf");

const IDENTITY: SystemInfo<'_> =
    SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };

/// The replacement for a character that the font does not have.
const UNKNOWN: char = '\u{fffd}';

/// Number of PDF objects that one font takes.
pub const OBJECTS: i32 = 5;

/// The weight of a font.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    Regular,
    Semibold,
}

/// A font, and the glyphs that the document uses.
pub struct Font {
    bytes: &'static [u8],
    face: Face<'static>,
    /// The name of the font in the resources of a page.
    pub resource: &'static [u8],
    base_name: &'static [u8],
    glyphs: GlyphRemapper,
    /// Character and advance of each used glyph, by its number in the subset. The PDF viewer needs
    /// the character to copy and search text.
    shown: BTreeMap<u16, (char, f32)>,
}

impl Font {
    pub fn new(weight: Weight) -> Result<Self, Error> {
        let (bytes, resource, base_name): (_, &[u8], &[u8]) = match weight {
            Weight::Regular => (REGULAR, b"F1", b"ELOSAA+OpenSans-Regular"),
            Weight::Semibold => (SEMIBOLD, b"F2", b"ELOSAB+OpenSans-Semibold"),
        };
        let face = Face::parse(bytes, 0).map_err(broken)?;
        let (glyphs, shown) = (GlyphRemapper::new(), BTreeMap::new());
        Ok(Self { bytes, face, resource, base_name, glyphs, shown })
    }

    fn glyph(&self, c: char) -> GlyphId {
        let known = |c| self.face.glyph_index(c);
        known(c).or_else(|| known(UNKNOWN)).or_else(|| known('?')).unwrap_or_default()
    }

    /// The advance of a glyph, in thousandths of the font size.
    fn advance(&self, glyph: GlyphId) -> f32 {
        let units = self.face.glyph_hor_advance(glyph).unwrap_or_default();
        f32::from(units) * 1000.0 / f32::from(self.face.units_per_em())
    }

    /// The width of a line of text in points, at this font size.
    pub fn width(&self, text: &str, size: f32) -> f32 {
        composed(text).chars().map(|c| self.advance(self.glyph(c))).sum::<f32>() * size / 1000.0
    }

    /// Encodes a line as glyph numbers, and records the glyphs as used.
    pub fn encode(&mut self, text: &str) -> Vec<u8> {
        let mut encoded = Vec::with_capacity(2 * text.len());
        for c in composed(text).chars() {
            let glyph = self.glyph(c);
            let number = self.glyphs.remap(glyph.0);
            let advance = self.advance(glyph);
            self.shown.entry(number).or_insert((c, advance));
            encoded.extend(number.to_be_bytes());
        }
        encoded
    }

    /// Writes the used part of the font, as [`OBJECTS`] objects from `first` on.
    pub fn write(&self, pdf: &mut Pdf, first: Ref) -> Result<(), Error> {
        let id = |n: i32| Ref::new(first.get() + n);
        let [font, cid, descriptor, file, unicode] = [id(0), id(1), id(2), id(3), id(4)];
        let base = Name(self.base_name);
        pdf.type0_font(font)
            .base_font(base)
            .encoding_predefined(Name(b"Identity-H"))
            .descendant_font(cid)
            .to_unicode(unicode);

        let mut cid_font = pdf.cid_font(cid);
        cid_font.subtype(CidFontType::Type2).base_font(base).system_info(IDENTITY);
        cid_font.font_descriptor(descriptor).default_width(0.0);
        cid_font.cid_to_gid_map_predefined(Name(b"Identity"));
        let mut widths = cid_font.widths();
        for (number, (_, advance)) in &self.shown {
            widths.consecutive(*number, [*advance]);
        }
        widths.finish();
        cid_font.finish();

        let units = f32::from(self.face.units_per_em());
        let scaled = |value: i16| f32::from(value) * 1000.0 / units;
        let bounds = self.face.global_bounding_box();
        let bounds = Rect::new(
            scaled(bounds.x_min),
            scaled(bounds.y_min),
            scaled(bounds.x_max),
            scaled(bounds.y_max),
        );
        pdf.font_descriptor(descriptor)
            .name(base)
            .flags(FontFlags::NON_SYMBOLIC)
            .bbox(bounds)
            .italic_angle(0.0)
            .ascent(scaled(self.face.ascender()))
            .descent(scaled(self.face.descender()))
            .cap_height(scaled(self.face.capital_height().unwrap_or(self.face.ascender())))
            .stem_v(80.0)
            .font_file2(file);

        let subset = subsetter::subset(self.bytes, 0, &self.glyphs).map_err(broken)?;
        let packed = compress(&subset)?;
        let length = i32::try_from(subset.len()).map_err(broken)?;
        let mut stream = pdf.stream(file, &packed);
        stream.filter(Filter::FlateDecode).pair(Name(b"Length1"), length);
        stream.finish();

        let mut map = UnicodeCmap::new(Name(b"Custom"), IDENTITY);
        for (number, (c, _)) in &self.shown {
            map.pair(*number, *c);
        }
        let packed = compress(&map.finish())?;
        pdf.stream(unicode, &packed).filter(Filter::FlateDecode);
        Ok(())
    }
}

/// The text in Unicode normal form C, so that an accent and its letter are one glyph. Control
/// characters and no-break spaces become blanks.
fn composed(text: &str) -> Cow<'_, str> {
    match text.is_ascii() && !text.contains(char::is_control) {
        true => Cow::Borrowed(text),
        false => {
            let clean = |c: char| if c.is_control() || c == '\u{a0}' { ' ' } else { c };
            let text: String = text.chars().map(clean).collect();
            Cow::Owned(ComposingNormalizerBorrowed::new_nfc().normalize(&text).into_owned())
        }
    }
}

pub fn compress(bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(6));
    encoder.write_all(bytes).map_err(broken)?;
    encoder.finish().map_err(broken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_combining_accent_is_composed_with_its_letter() {
        let font = Font::new(Weight::Regular).unwrap();
        assert_eq!(composed("Joa\u{303}o\n"), "João ");
        let widths = ["a\u{303}", "ã"].map(|text| font.width(text, 10.0));
        assert_eq!(widths[0].to_bits(), widths[1].to_bits());
        for c in "áàâãäéêíóôõúüçÁÀÂÃÉÊÍÓÔÕÚÇñºª§–—“”…ΩЖłş".chars()
        {
            assert!(font.face.glyph_index(c).is_some(), "{c}");
        }
    }
}
