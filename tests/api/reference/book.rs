//! The book: its links, its list of chapters, the length of the first pages.

use super::{ROOT, read};
use crate::architecture::files;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

/// The pages outside `docs/` whose links are checked.
const OUTSIDE: [&str; 5] =
    ["README.md", "LEIA-ME.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"];

/// The first pages have at most this many lines.
const FIRST_PAGE: usize = 120;

/// Every page of the book, by its path below the root.
fn pages() -> BTreeMap<String, String> {
    let by_name = |page: PathBuf| {
        let name = page.strip_prefix(ROOT).unwrap().display().to_string();
        (name, fs::read_to_string(page).unwrap())
    };
    files(&Path::new(ROOT).join("docs"), "md").into_iter().map(by_name).collect()
}

/// The lines of a page outside its blocks of code.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut code = false;
    text.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        code ^= fence;
        !code && !fence
    })
}

/// The targets of the links and images of a page.
fn targets(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in prose(text) {
        // What stands between backticks is code.
        let plain: String = line.split('`').step_by(2).collect::<Vec<_>>().join("`");
        found.extend(
            plain.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0.to_owned())),
        );
    }
    found
}

/// The anchor of a heading, as mdBook and GitHub make it.
fn anchor(heading: &str) -> String {
    let letters = heading.trim().chars().filter_map(|c| match c {
        ' ' => Some('-'),
        c if c.is_alphanumeric() || matches!(c, '-' | '_') => Some(c),
        _ => None,
    });
    letters.flat_map(char::to_lowercase).collect()
}

fn anchors(text: &str) -> BTreeSet<String> {
    let headings = prose(text).filter(|line| line.starts_with('#'));
    headings.map(|line| anchor(line.trim_start_matches('#'))).collect()
}

/// Resolves `.` and `..` without asking the file system.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(normal.pop()),
            Component::CurDir => {}
            part => normal.push(part),
        }
    }
    normal
}

#[test]
fn every_link_leads_somewhere() {
    let mut texts = pages();
    texts.extend(OUTSIDE.map(|name| (name.to_owned(), read(name))));
    let mut wrong = Vec::new();
    let mut checked = 0;
    for (page, text) in &texts {
        for target in targets(text) {
            if target.starts_with("http:") || target.starts_with("https:") {
                continue;
            }
            let (path, fragment) = target.split_once('#').unwrap_or((&target, ""));
            let folder = Path::new(page).parent().unwrap();
            let leads_to = match path {
                "" => PathBuf::from(page),
                path => normal(&folder.join(path)),
            };
            let name = leads_to.display().to_string();
            // A link out of the book is dead in its HTML. Those to the pages of the root are for
            // readers of the repository.
            let allowed = !page.starts_with("docs/")
                || name.starts_with("docs/")
                || OUTSIDE.contains(&name.as_str());
            if !allowed || !Path::new(ROOT).join(&leads_to).exists() {
                wrong.push(format!("{page}: {target}"));
            } else if !fragment.is_empty() {
                let known = texts.get(&name).is_some_and(|text| anchors(text).contains(fragment));
                if !known {
                    wrong.push(format!("{page}: {target} has no such heading"));
                }
            }
            checked += 1;
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(checked > 100, "only {checked} links");
}

#[test]
fn every_page_is_a_chapter() {
    let summary = read("docs/SUMMARY.md");
    let listed: BTreeSet<_> = targets(&summary).iter().map(|t| format!("docs/{t}")).collect();
    let mut pages: BTreeSet<_> = pages().into_keys().collect();
    pages.remove("docs/SUMMARY.md");
    assert_eq!(listed, pages);
}

#[test]
fn the_first_pages_are_short() {
    for page in ["README.md", "LEIA-ME.md"] {
        let lines = read(page).lines().count();
        assert!(lines <= FIRST_PAGE, "{page} has {lines} lines");
    }
}

/// A paragraph stands on one page. Only lines that are too long to be alike by chance count.
#[test]
fn no_page_repeats_another() {
    let mut first = BTreeMap::<String, String>::new();
    let mut repeated = Vec::new();
    for (page, text) in pages() {
        let long = prose(&text).filter(|line| line.chars().count() > 80 && !line.starts_with('|'));
        for line in long {
            let other = first.insert(line.to_owned(), page.clone());
            if let Some(other) = other.filter(|other| *other != page) {
                repeated.push(format!("{other}, {page}: {line}"));
            }
        }
    }
    assert!(repeated.is_empty(), "{repeated:#?}");
}
