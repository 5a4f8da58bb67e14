//! Secrets that are guessed at: refused, then not even looked at, and the issuer hears of few.

use super::ask;
use super::issuer::{Issuer, Mood};
use crate::support::{App, PATIENCE};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Instant;

/// Calls that are made at once, with their statuses counted.
fn all_at_once(
    calls: usize,
    threads: usize,
    call: impl Fn(usize) -> u16 + Sync,
) -> BTreeMap<u16, usize> {
    let found = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let (call, found) = (&call, &found);
            scope.spawn(move || {
                for n in (thread..calls).step_by(threads) {
                    let status = call(n);
                    *found.lock().unwrap().entry(status).or_default() += 1;
                }
            });
        }
    });
    found.into_inner().unwrap()
}

#[test]
fn ten_thousand_guesses_do_not_reach_the_issuer() {
    let issuer = Issuer::new();
    let app = App::com_auth(issuer.options());
    assert_eq!(ask(&app, "sei", "certosei").status, 200);
    let begun = Instant::now();
    let found = all_at_once(10_000, 8, |n| ask(&app, "sei", &format!("palpite{n}")).status);
    let minutes = usize::try_from(begun.elapsed().as_secs()).unwrap() / 60 + 1;
    assert_eq!(found.keys().copied().collect::<Vec<_>>(), [401, 429], "{found:?}");
    // Ten in a minute, and one is given back every six seconds.
    assert!(issuer.asked("sei") <= 1 + 10 + 10 * minutes, "{}", issuer.asked("sei"));
    assert_eq!(issuer.read(|state| state.most_of_one), 1, "one at a time");
    let refused = ask(&app, "sei", "mais um");
    assert_eq!(refused.status, 429, "{}", refused.texto);
    assert_eq!(refused.corpo["codigoErro"], "9429");
    let seconds: u32 = refused.headers["retry-after"].parse().unwrap();
    assert!((1..=60).contains(&seconds), "{seconds}");
    // Whoever has the right one is not shut out.
    assert_eq!(ask(&app, "sei", "certosei").status, 200);
}

#[test]
fn one_address_guesses_at_many_clients_no_more() {
    let issuer = Issuer::new();
    let app = App::com_auth(issuer.options());
    let begun = Instant::now();
    let found = all_at_once(500, 8, |n| ask(&app, &format!("c{n}"), "palpite").status);
    let minutes = usize::try_from(begun.elapsed().as_secs()).unwrap() / 60 + 1;
    assert_eq!(found.keys().copied().collect::<Vec<_>>(), [401, 429], "{found:?}");
    let asked: usize = issuer.read(|state| state.asked.values().sum());
    assert!(asked <= 60 + 60 * minutes + 8, "{asked}");
}

#[test]
fn the_issuer_is_asked_one_thing_at_a_time_by_a_client_and_few_by_all() {
    let issuer = Issuer::new();
    let app = App::com_auth(issuer.options());
    issuer.change(|state| state.mood = Mood::Silent);
    std::thread::scope(|scope| {
        let calls = scope.spawn(|| {
            // Of each of ten clients three.
            all_at_once(30, 30, |n| {
                let client = format!("c{}", n % 10);
                ask(&app, &client, &format!("certo{client}")).status
            })
        });
        let begun = Instant::now();
        while issuer.read(|state| state.most) < 4 {
            assert!(begun.elapsed() < PATIENCE, "four are asked about");
            std::thread::yield_now();
        }
        issuer.change(|state| state.mood = Mood::Up);
        assert_eq!(calls.join().unwrap(), BTreeMap::from([(200, 30)]));
    });
    let (most_of_one, most, asked) =
        issuer.read(|state| (state.most_of_one, state.most, state.asked.values().sum::<usize>()));
    assert_eq!((most_of_one, most, asked), (1, 4, 10));
}
