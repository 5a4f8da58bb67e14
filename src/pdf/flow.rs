//! Lays out a form on as many pages as needed: a heading, sections of fields in three columns,
//! lines for signatures, and a footer on every page. All lengths are in points.

use super::font::Weight;
use super::paper::{Color, HEIGHT, Paper, Style, WIDTH};
use crate::error::Error;

const MARGIN: f32 = 48.0;
const BODY: f32 = WIDTH - 2.0 * MARGIN;
/// The lower end of the body of a page.
const BOTTOM: f32 = HEIGHT - 62.0;
/// The upper end of the body on every page but the first.
const TOP: f32 = 56.0;
/// Indentation of the fields of numbered groups.
const INDENT: f32 = 20.0;
/// A page break may split a group that is higher than this.
const MAX_UNSPLIT: f32 = 220.0;
const COLUMNS: usize = 3;
const GAP: f32 = 14.0;

const INK: Color = [0.11, 0.12, 0.14];
const GREY: Color = [0.40, 0.43, 0.47];
const LINE: Color = [0.82, 0.84, 0.87];
const BLUE: Color = [0.09, 0.23, 0.42];
const PALE: Color = [0.94, 0.95, 0.97];

const fn style(weight: Weight, size: f32, color: Color) -> Style {
    Style { weight, size, color }
}

const COURT: Style = style(Weight::Semibold, 11.0, BLUE);
const SMALL: Style = style(Weight::Regular, 8.0, GREY);
const TITLE: Style = style(Weight::Semibold, 16.0, INK);
const NUMBER: Style = style(Weight::Semibold, 12.0, BLUE);
const SECTION: Style = style(Weight::Semibold, 9.5, BLUE);
const ITEM: Style = style(Weight::Semibold, 9.0, BLUE);
const LABEL: Style = style(Weight::Regular, 7.5, GREY);
const VALUE: Style = style(Weight::Regular, 9.5, INK);
const LEADING: f32 = 13.0;

/// The contents of a document.
pub struct Document {
    /// The tribunal that issues the document, and the line above its name.
    pub court: String,
    pub branch: String,
    pub title: String,
    pub number: String,
    /// A notice for the reader, for example that the document is confidential.
    pub notice: String,
    pub sections: Vec<Section>,
    /// Pairs of a name and the function of that person, each under a line for the signature. Only
    /// the first two are printed.
    pub signatures: Vec<(String, String)>,
    pub foot: String,
}

/// Groups of fields under one heading. Several groups can be numbered.
pub struct Section {
    pub title: &'static str,
    pub groups: Vec<Vec<Field>>,
    pub numbered: bool,
}

pub struct Field {
    pub label: &'static str,
    pub value: String,
}

impl Document {
    pub fn print(&self) -> Result<Vec<u8>, Error> {
        let mut flow = Flow { paper: Paper::new()?, y: 0.0, document: self };
        flow.first_page();
        self.sections.iter().for_each(|section| flow.section(section));
        flow.signatures();
        flow.feet();
        flow.paper.finish(&format!("{} {}", self.title, self.number))
    }
}

/// The document being laid out: its pages, and the current position on the last one.
struct Flow<'d> {
    paper: Paper,
    y: f32,
    document: &'d Document,
}

impl Flow<'_> {
    fn page(&self) -> usize {
        self.paper.pages().saturating_sub(1)
    }

    fn text(&mut self, x: f32, y: f32, style: Style, text: &str) {
        self.paper.text(self.page(), [x, y], style, text);
    }

    fn line(&mut self, y: f32, color: Color, thickness: f32) {
        self.paper.fill(self.page(), [MARGIN, y], [BODY, thickness], color);
    }

    fn text_right(&mut self, page: usize, y: f32, style: Style, text: &str) {
        let x = WIDTH - MARGIN - self.paper.width(style, text);
        self.paper.text(page, [x, y], style, text);
    }

    fn first_page(&mut self) {
        let document = self.document;
        self.paper.add_page();
        self.paper.fill(0, [0.0, 0.0], [WIDTH, 6.0], BLUE);
        self.text(MARGIN, 44.0, SMALL, &document.branch);
        self.y = 58.0;
        self.wrapped(MARGIN, BODY, COURT, 14.0, &document.court);
        self.y += 16.0;
        self.line(self.y - 12.0, LINE, 0.8);
        self.y += 10.0;
        self.wrapped(MARGIN, BODY, TITLE, 20.0, &document.title);
        self.text(MARGIN, self.y + 2.0, NUMBER, &document.number);
        self.y += 14.0;
        let height = 18.0;
        self.paper.fill(0, [MARGIN, self.y], [BODY, height], PALE);
        self.paper.fill(0, [MARGIN, self.y], [3.0, height], BLUE);
        self.text(MARGIN + 11.0, self.y + 12.0, SMALL, &document.notice);
        self.y += height + 8.0;
    }

    /// Begins another page, whose heading says which document it continues.
    fn next_page(&mut self) {
        self.paper.add_page();
        let document = self.document;
        let page = self.page();
        self.paper.fill(page, [0.0, 0.0], [WIDTH, 6.0], BLUE);
        let continued = format!("{} {} (continuação)", document.title, document.number);
        let head = self.fitting(SMALL, BODY, &continued);
        self.text(MARGIN, 36.0, SMALL, &head);
        self.line(43.0, LINE, 0.8);
        self.y = TOP;
    }

    /// Begins another page unless `height` fits on the current one.
    fn reserve(&mut self, height: f32) {
        if self.y + height > BOTTOM {
            self.next_page();
        }
    }

    /// Writes wrapped lines from `y` on and moves `y` below them. Does not break the page.
    fn wrapped(&mut self, x: f32, width: f32, style: Style, leading: f32, text: &str) {
        for line in self.wrap(style, width, text) {
            self.text(x, self.y, style, &line);
            self.y += leading;
        }
    }

    fn section(&mut self, section: &Section) {
        let groups: Vec<_> = section.groups.iter().filter(|group| !group.is_empty()).collect();
        if groups.is_empty() {
            return;
        }
        // Keep a heading together with the first lines of its section or, if the groups are
        // numbered, with the whole first group if that is short.
        let first =
            self.rows(groups[0], INDENT).iter().map(|row| self.height(row, INDENT)).sum::<f32>();
        let whole = section.numbered && first < MAX_UNSPLIT;
        self.reserve(26.0 + if whole { first } else { 4.0 * LEADING });
        self.y += 14.0;
        self.text(MARGIN, self.y, SECTION, &section.title.to_uppercase());
        self.line(self.y + 4.5, LINE, 0.8);
        self.y += 8.0;
        for (n, group) in groups.iter().enumerate() {
            let indent = if section.numbered { INDENT } else { 0.0 };
            let rows = self.rows(group, indent);
            if n > 0 {
                let height = rows.iter().map(|row| self.height(row, indent)).sum::<f32>();
                // Do not split a short group across pages.
                self.reserve(if height < MAX_UNSPLIT { height } else { 4.0 * LEADING });
                if self.y > TOP {
                    self.line(self.y + 1.0, LINE, 0.5);
                    self.y += 4.0;
                }
            }
            let mut number = section.numbered.then(|| (n + 1).to_string());
            for row in rows {
                self.row(&row, indent, number.take().as_deref());
            }
        }
    }

    /// Arranges fields in rows. Each field takes as many columns as its value needs.
    fn rows<'f>(&self, group: &'f [Field], indent: f32) -> Vec<Vec<(&'f Field, usize)>> {
        let mut rows: Vec<Vec<(&Field, usize)>> = Vec::new();
        let mut free = 0;
        for field in group {
            let label = self.paper.width(LABEL, field.label);
            let needs = self.paper.width(VALUE, &field.value).max(label);
            let one_line = !field.value.contains('\n');
            let fits = |columns: &usize| one_line && needs <= span(*columns, indent);
            let columns = (1..=COLUMNS).find(fits).unwrap_or(COLUMNS);
            match rows.last_mut() {
                Some(row) if columns <= free => row.push((field, columns)),
                _ => {
                    rows.push(vec![(field, columns)]);
                    free = COLUMNS;
                }
            }
            free -= columns;
        }
        rows
    }

    /// The height of a row that is not split across pages.
    fn height(&self, row: &[(&Field, usize)], indent: f32) -> f32 {
        let lines = row
            .iter()
            .map(|(field, columns)| self.wrap(VALUE, span(*columns, indent), &field.value).len());
        #[expect(clippy::cast_precision_loss, reason = "lines of a page")]
        let lines = lines.max().unwrap_or(1) as f32;
        16.0 + lines * LEADING
    }

    /// Writes one row. A text that is longer than the page continues on the next page.
    fn row(&mut self, row: &[(&Field, usize)], indent: f32, number: Option<&str>) {
        let height = self.height(row, indent);
        self.reserve(height.min(16.0 + 4.0 * LEADING));
        if let Some(number) = number {
            self.text(MARGIN + 2.0, self.y + 9.0 + LEADING, ITEM, number);
        }
        let (top, page) = (self.y, self.page());
        let mut column = 0;
        for (field, columns) in row {
            let x = MARGIN + indent + if column == 0 { 0.0 } else { span(column, indent) + GAP };
            column += columns;
            self.y = top + 9.0;
            self.text(x, self.y, LABEL, field.label);
            for line in self.wrap(VALUE, span(*columns, indent), &field.value) {
                self.y += LEADING;
                self.reserve(0.0);
                self.text(x, self.y, VALUE, &line);
            }
            self.y += 4.0;
        }
        if self.page() == page {
            self.y = top + height;
        }
    }

    fn signatures(&mut self) {
        let document = self.document;
        if document.signatures.is_empty() {
            return;
        }
        self.reserve(78.0);
        self.y += 52.0;
        let width = (BODY - 40.0) / 2.0;
        for (n, (name, what)) in document.signatures.iter().take(2).enumerate() {
            let x = if n == 0 { MARGIN } else { WIDTH - MARGIN - width };
            let page = self.page();
            self.paper.fill(page, [x, self.y], [width, 0.8], GREY);
            let name = self.fitting(VALUE, width, name);
            self.text(x, self.y + 13.0, VALUE, &name);
            let what = self.fitting(LABEL, width, what);
            self.text(x, self.y + 23.0, LABEL, &what);
        }
        self.y += 26.0;
    }

    /// Writes the footers. They contain the number of pages, so this comes last.
    fn feet(&mut self) {
        let all = self.paper.pages();
        let foot = self.fitting(SMALL, BODY - 90.0, &self.document.foot);
        for page in 0..all {
            let y = HEIGHT - 34.0;
            self.paper.fill(page, [MARGIN, y - 12.0], [BODY, 0.8], LINE);
            self.paper.text(page, [MARGIN, y], SMALL, &foot);
            self.text_right(page, y, SMALL, &format!("página {} de {all}", page + 1));
        }
    }

    /// The longest prefix of a line that fits, with an ellipsis if something was cut.
    fn fitting(&self, style: Style, width: f32, text: &str) -> String {
        if self.paper.width(style, text) <= width {
            return text.to_owned();
        }
        let mut cut = text.to_owned();
        while cut.pop().is_some() && self.paper.width(style, &format!("{cut}…")) > width {}
        format!("{}…", cut.trim_end())
    }

    /// Breaks a text into lines that fit: at blanks, and within a word that is longer than a line.
    fn wrap(&self, style: Style, width: f32, text: &str) -> Vec<String> {
        let blank = self.paper.width(style, " ");
        let mut lines = Vec::new();
        for paragraph in text.lines() {
            // The width of a line is the sum of its words' widths, so each word is measured once.
            let (mut line, mut used) = (String::new(), 0.0);
            for word in paragraph.split_whitespace() {
                let word_width = self.paper.width(style, word);
                if !line.is_empty() {
                    if used + blank + word_width <= width {
                        line.push(' ');
                        line.push_str(word);
                        used += blank + word_width;
                        continue;
                    }
                    lines.push(std::mem::take(&mut line));
                    used = 0.0;
                }
                if word_width <= width {
                    (line, used) = (word.to_owned(), word_width);
                    continue;
                }
                for c in word.chars() {
                    let char_width = self.paper.width(style, c.encode_utf8(&mut [0; 4]));
                    if used + char_width > width && !line.is_empty() {
                        lines.push(std::mem::take(&mut line));
                        used = 0.0;
                    }
                    line.push(c);
                    used += char_width;
                }
            }
            lines.push(line);
        }
        lines
    }
}

/// The width of so many columns, with the gaps between them, on what the indent leaves.
fn span(columns: usize, indent: f32) -> f32 {
    let column = (BODY - indent - GAP * 2.0) / 3.0;
    #[expect(clippy::cast_precision_loss, reason = "three columns")]
    let columns = columns as f32;
    columns * column + (columns - 1.0) * GAP
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(length: usize) -> Document {
        let field = |value: String| Field { label: "Descrição", value };
        let long = "palavra é ".repeat(length);
        let groups = (0..3).map(|_| vec![field(long.clone()), field("x".repeat(400))]).collect();
        Document {
            court: "Tribunal".into(),
            branch: "Poder Judiciário".into(),
            title: "Guia".into(),
            number: "Nº 1".into(),
            notice: "Sigilo".into(),
            sections: vec![Section { title: "Atos", groups, numbered: true }],
            signatures: vec![("Fulana".into(), "Magistrada".into())],
            foot: "Guia 1".into(),
        }
    }

    fn pages(pdf: &[u8]) -> usize {
        let text = String::from_utf8_lossy(pdf);
        text.matches("/MediaBox").count()
    }

    #[test]
    fn a_document_takes_the_pages_it_needs_and_equal_documents_are_equal_files() {
        let short = document(3).print().unwrap();
        assert!(short.starts_with(b"%PDF-1.7"));
        assert_eq!(pages(&short), 1);
        assert_eq!(short, document(3).print().unwrap());
        assert_ne!(short, document(4).print().unwrap());
        assert!(pages(&document(2_000).print().unwrap()) > 3);
    }

    #[test]
    fn wrapped_lines_fit_and_no_letter_is_lost() {
        let document = document(1);
        let flow = Flow { paper: Paper::new().unwrap(), y: 0.0, document: &document };
        let text = format!("um dois {} três\n\nquatro", "palavrão".repeat(60));
        let lines = flow.wrap(VALUE, 120.0, &text);
        assert!(lines.iter().all(|line| flow.paper.width(VALUE, line) <= 120.0), "{lines:?}");
        let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        assert_eq!(letters(&lines.concat()), letters(&text));
        let cut = flow.fitting(SMALL, 60.0, &"comprido ".repeat(20));
        assert!(cut.ends_with('…') && flow.paper.width(SMALL, &cut) <= 62.0, "{cut}");
    }
}
