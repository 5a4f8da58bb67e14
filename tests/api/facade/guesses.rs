//! Guesses of secrets: the server refuses them, then stops checking them, and sends few of them to
//! the issuer.

use super::ask;
use super::issuer::{Behaviour, Issuer};
use crate::support::{App, MAX_WAIT, until};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Instant;

/// Makes the calls from `threads` threads at once and counts their statuses.
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
fn most_of_ten_thousand_guesses_do_not_reach_the_issuer() {
    let issuer = Issuer::new();
    let app = App::with_auth(issuer.options());
    assert_eq!(ask(&app, "sei", "certosei").status, 200);
    let begun = Instant::now();
    let found = all_at_once(10_000, 8, |n| ask(&app, "sei", &format!("palpite{n}")).status);
    let minutes = usize::try_from(begun.elapsed().as_secs()).unwrap() / 60 + 1;
    assert_eq!(found.keys().copied().collect::<Vec<_>>(), [401, 429], "{found:?}");
    // The limit allows ten guesses at first, and one more every six seconds.
    assert!(issuer.asked("sei") <= 1 + 10 + 10 * minutes, "{}", issuer.asked("sei"));
    assert_eq!(issuer.read(|state| state.max_concurrent_of_one), 1, "one at a time");
    let refused = ask(&app, "sei", "mais um");
    assert_eq!(refused.status, 429, "{}", refused.text);
    assert_eq!(refused.body["codigoErro"], "9429");
    let seconds: u32 = refused.headers["retry-after"].parse().unwrap();
    assert!((1..=60).contains(&seconds), "{seconds}");
    // The owner of the right secret still gets a response.
    assert_eq!(ask(&app, "sei", "certosei").status, 200);
}

#[test]
fn guesses_are_limited_by_address_too() {
    let issuer = Issuer::new();
    let app = App::with_auth(issuer.options());
    let begun = Instant::now();
    let found = all_at_once(500, 8, |n| ask(&app, &format!("c{n}"), "palpite").status);
    let minutes = usize::try_from(begun.elapsed().as_secs()).unwrap() / 60 + 1;
    assert_eq!(found.keys().copied().collect::<Vec<_>>(), [401, 429], "{found:?}");
    let asked: usize = issuer.read(|state| state.asked.values().sum());
    assert!(asked <= 60 + 60 * minutes + 8, "{asked}");
}

#[test]
fn the_issuer_gets_one_request_at_a_time_for_a_client_and_few_for_all() {
    let issuer = Issuer::new();
    let app = App::with_auth(issuer.options());
    issuer.change(|state| state.behaviour = Behaviour::Silent);
    std::thread::scope(|scope| {
        let calls = scope.spawn(|| {
            // Send the right secret of each of ten clients three times.
            all_at_once(30, 30, |n| {
                let client = format!("c{}", n % 10);
                ask(&app, &client, &format!("certo{client}")).status
            })
        });
        until(MAX_WAIT, "four requests reach the issuer", || {
            issuer.read(|state| state.max_concurrent) >= 4
        });
        issuer.change(|state| state.behaviour = Behaviour::Up);
        assert_eq!(calls.join().unwrap(), BTreeMap::from([(200, 30)]));
    });
    let (max_concurrent_of_one, max_concurrent, asked) = issuer.read(|state| {
        (state.max_concurrent_of_one, state.max_concurrent, state.asked.values().sum::<usize>())
    });
    assert_eq!((max_concurrent_of_one, max_concurrent, asked), (1, 4, 10));
}
