use super::*;
use std::fmt::Write;

fn id(text: &str) -> Id {
    Id::new(&sha256(text).iter().fold("sha256:".to_owned(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    }))
}

fn with_trusted(trusted: &[(&str, &str)], trusted_only: bool) -> PersistedDocuments {
    let document =
        |(id, text): &(&str, &str)| TrustedDocument { id: (*id).into(), text: (*text).into() };
    let trusted: Vec<_> = trusted.iter().map(document).collect();
    PersistedDocuments::new(&trusted, trusted_only).ok().unwrap()
}

#[test]
fn what_was_sent_and_served_is_found_by_its_digest() {
    let persisted = with_trusted(&[], false);
    let by_id = || persisted.find(DocumentRef::Id(id("{ a }")));
    assert_eq!(by_id(), Err(NotFound::Unknown));
    let other = persisted.find(DocumentRef::Both("{ b }".into(), id("{ a }")));
    assert_eq!(other, Err(NotFound::Mismatch));
    let new = persisted.find(DocumentRef::Both("{ a }".into(), id("{ a }"))).unwrap();
    assert_eq!(by_id(), Err(NotFound::Unknown));
    persisted.remember(new);
    assert_eq!(by_id().unwrap().text(), "{ a }");
    // A document sent without an id is not remembered.
    persisted.remember(persisted.find(DocumentRef::Text("{ b }".into())).unwrap());
    assert_eq!(persisted.find(DocumentRef::Id(id("{ b }"))), Err(NotFound::Unknown));
    for malformed in ["", "sha256:", "zz", &"é".repeat(32), &"+1".repeat(32)] {
        let found = persisted.find(DocumentRef::Id(Id::new(malformed)));
        assert_eq!(found, Err(NotFound::Unknown), "{malformed}");
    }
}

#[test]
fn what_is_remembered_has_a_limit() {
    let persisted = with_trusted(&[], false);
    for i in 0..200 {
        let text = format!("{{ a }}{}#{i}", " ".repeat(200_000));
        let new = persisted.find(DocumentRef::Both(text.clone(), id(&text))).unwrap();
        persisted.remember(new);
    }
    assert!(persisted.sent.weight() <= MAX_BYTES);
    assert!(persisted.sent.len() > 20, "{}", persisted.sent.len());
}

#[test]
fn only_trusted_documents_run_when_told_so() {
    let persisted = with_trusted(&[("um", "{ a }")], true);
    for good in [
        DocumentRef::Id(Id::new("um")),
        DocumentRef::Text("{ a }".into()),
        DocumentRef::Both("{ a }".into(), Id::new("um")),
        DocumentRef::Both("{ a }".into(), id("{ a }")),
    ] {
        assert_eq!(persisted.find(good).unwrap().text(), "{ a }");
    }
    for (bad, reason) in [
        (DocumentRef::Id(id("{ b }")), NotFound::NotTrusted),
        (DocumentRef::Text("{ b }".into()), NotFound::NotTrusted),
        (DocumentRef::Both("{ b }".into(), id("{ b }")), NotFound::NotTrusted),
        (DocumentRef::Both("{ b }".into(), Id::new("um")), NotFound::Mismatch),
    ] {
        assert_eq!(persisted.find(bad), Err(reason));
    }
}

#[test]
fn an_id_has_one_document() {
    let pair = |id: &str, text: &str| TrustedDocument { id: id.into(), text: text.into() };
    let new =
        |text: &str| PersistedDocuments::new(&[pair("a", "{ a }"), pair("sha256:a", text)], true);
    assert!(new("{ a }").is_ok());
    assert_eq!(new("{ b }").err().unwrap().0, "sha256:a");
}
