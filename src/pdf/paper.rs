//! Draws on A4 pages and writes the PDF file. Positions are in points from the upper left corner.

use super::broken;
use super::font::{Font, OBJECTS, Weight, compress};
use crate::error::Error;
use pdf_writer::{Content, Filter, Finish, Name, Pdf, Rect, Ref, Str, TextStr};
use sha2::{Digest, Sha256};

pub const WIDTH: f32 = 595.28;
pub const HEIGHT: f32 = 841.89;

/// Red, green and blue, from 0 to 1.
pub type Color = [f32; 3];

/// The look of a text. `size` is in points.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    pub weight: Weight,
    pub size: f32,
    pub color: Color,
}

pub struct Paper {
    regular: Font,
    semibold: Font,
    pages: Vec<Content>,
}

impl Paper {
    pub fn new() -> Result<Self, Error> {
        let (regular, semibold) = (Font::new(Weight::Regular)?, Font::new(Weight::Semibold)?);
        Ok(Self { regular, semibold, pages: Vec::new() })
    }

    pub fn add_page(&mut self) {
        self.pages.push(Content::new());
    }

    pub fn pages(&self) -> usize {
        self.pages.len()
    }

    pub fn width(&self, style: Style, text: &str) -> f32 {
        match style.weight {
            Weight::Regular => self.regular.width(text, style.size),
            Weight::Semibold => self.semibold.width(text, style.size),
        }
    }

    /// Writes a line of text on a page. `y` is the baseline.
    pub fn text(&mut self, page: usize, [x, y]: [f32; 2], style: Style, text: &str) {
        let font = match style.weight {
            Weight::Regular => &mut self.regular,
            Weight::Semibold => &mut self.semibold,
        };
        let (resource, encoded) = (font.resource, font.encode(text));
        let Some(content) = self.pages.get_mut(page) else { return };
        let [red, green, blue] = style.color;
        content.set_fill_rgb(red, green, blue);
        content.begin_text();
        content.set_font(Name(resource), style.size);
        content.set_text_matrix([1.0, 0.0, 0.0, 1.0, x, HEIGHT - y]);
        content.show(Str(&encoded));
        content.end_text();
    }

    /// Fills a rectangle on a page.
    pub fn fill(&mut self, page: usize, [x, y]: [f32; 2], [width, height]: [f32; 2], color: Color) {
        let Some(content) = self.pages.get_mut(page) else { return };
        let [red, green, blue] = color;
        content.set_fill_rgb(red, green, blue);
        content.rect(x, HEIGHT - y - height, width, height);
        content.fill_nonzero();
    }

    /// The PDF file, with this title in its metadata.
    pub fn finish(self, title: &str) -> Result<Vec<u8>, Error> {
        let Self { regular, semibold, pages } = self;
        let fonts = [(&regular, Ref::new(4)), (&semibold, Ref::new(4 + OBJECTS))];
        let first_page = 4 + 2 * OBJECTS;
        let count = i32::try_from(pages.len()).map_err(broken)?;
        let [catalog, tree, info] = [Ref::new(1), Ref::new(2), Ref::new(3)];

        let mut pdf = Pdf::new();
        pdf.set_version(1, 7);
        let mut root = pdf.catalog(catalog);
        root.pages(tree).lang(TextStr("pt-BR"));
        root.viewer_preferences().display_doc_title(true);
        root.finish();
        let page_ids = (0..count).map(|n| Ref::new(first_page + 2 * n));
        pdf.pages(tree).kids(page_ids).count(count);
        pdf.document_info(info).title(TextStr(title)).producer(TextStr("elos"));
        for (font, first) in fonts {
            font.write(&mut pdf, first)?;
        }
        let mut digest = Sha256::new_with_prefix(title);
        for (n, content) in (0..).zip(pages) {
            let [page, stream] = [0, 1].map(|offset| Ref::new(first_page + 2 * n + offset));
            let packed = compress(&content.finish())?;
            digest.update(&packed);
            pdf.stream(stream, &packed).filter(Filter::FlateDecode);
            let mut page = pdf.page(page);
            page.media_box(Rect::new(0.0, 0.0, WIDTH, HEIGHT)).parent(tree).contents(stream);
            let mut resources = page.resources();
            let mut named = resources.fonts();
            for (font, first) in fonts {
                named.pair(Name(font.resource), first);
            }
            named.finish();
            resources.finish();
            page.finish();
        }
        // The file id is a hash of the contents, so that equal documents are equal files.
        let id = digest.finalize()[..16].to_vec();
        pdf.set_file_id((id.clone(), id));
        Ok(pdf.finish())
    }
}
