use super::*;
use std::future::Future;
use std::sync::mpsc;
use tokio::runtime::Builder;

fn caller(tribunal: i16) -> Caller {
    Caller { tribunal, credential: "azp:x".into() }
}

fn run<T>(future: impl Future<Output = T>) -> T {
    Builder::new_current_thread().enable_time().build().unwrap().block_on(future)
}

/// How many places one credential finds free.
fn free(permits: &Permits) -> usize {
    let mut taken = Vec::new();
    run(async {
        while let Ok(Some(permit)) =
            timeout(Duration::ZERO, permits.acquire(&caller(999), Lane::Alone)).await
        {
            taken.push(permit);
        }
    });
    taken.len()
}

#[test]
fn a_permit_is_given_back_however_it_ends() {
    let permits = Permits::new(Bounds::unshared(2));
    assert_eq!(free(&permits), 2);
    run(async {
        let permit = permits.acquire(&caller(1), Lane::Alone).await.unwrap();
        let lost = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            panic!("whoever had it broke off");
        });
        assert!(lost.await.is_err());
        let (told, ran) = mpsc::channel::<()>();
        let _queued = permits.run(
            &caller(1),
            Lane::Query,
            Box::new(move |_| {
                let _told = told;
                panic!("what was done broke off")
            }),
        );
        // The closure is dropped with what it holds.
        tokio::task::spawn_blocking(move || assert!(ran.recv().is_err())).await.unwrap();
    });
    assert_eq!(free(&permits), 2);
}

#[test]
fn whoever_stops_waiting_leaves_its_turn_to_the_next() {
    let permits = Permits::new(Bounds::unshared(1));
    run(async {
        let first = permits.acquire(&caller(1), Lane::Alone).await.unwrap();
        let (second, third) = (caller(2), caller(3));
        let mut gone = Box::pin(permits.acquire(&second, Lane::Alone));
        assert!(timeout(Duration::ZERO, &mut gone).await.is_err());
        let mut next = Box::pin(permits.acquire(&third, Lane::Alone));
        assert!(timeout(Duration::ZERO, &mut next).await.is_err());
        drop(gone);
        drop(first);
        assert!(next.await.is_some());
    });
    assert_eq!(free(&permits), 1);
}

/// The permit was sent, and then nobody took it.
#[test]
fn a_permit_that_nobody_takes_goes_to_the_next() {
    let permits = Permits::new(Bounds::unshared(1));
    run(async {
        let first = permits.acquire(&caller(1), Lane::Alone).await.unwrap();
        let (second, third) = (caller(2), caller(3));
        let mut gone = Box::pin(permits.acquire(&second, Lane::Alone));
        assert!(timeout(Duration::ZERO, &mut gone).await.is_err());
        drop(first);
        drop(gone);
        assert!(permits.acquire(&third, Lane::Alone).await.is_some());
    });
    assert_eq!(free(&permits), 1);
}

#[test]
fn a_thread_whose_work_is_over_goes_on_with_the_next() {
    let permits = Permits::new(Bounds::unshared(1));
    let (told, ran) = mpsc::channel();
    run(async {
        let (go, wait) = mpsc::channel::<()>();
        let work = |n: u32, wait: Option<mpsc::Receiver<()>>| -> Run {
            let told = told.clone();
            Box::new(move |_| {
                if let Some(wait) = wait {
                    wait.recv().unwrap();
                }
                told.send((n, thread::current().id())).unwrap();
            })
        };
        let _first = permits.run(&caller(1), Lane::Query, work(1, Some(wait)));
        let _second = permits.run(&caller(2), Lane::Query, work(2, None));
        drop(permits.run(&caller(3), Lane::Query, work(3, None)));
        let _fourth = permits.run(&caller(4), Lane::Query, work(4, None));
        go.send(()).unwrap();
        let mut got = Vec::new();
        let ran = tokio::task::spawn_blocking(move || {
            got.extend((0..3).map(|_| ran.recv().unwrap()));
            got
        });
        let got = ran.await.unwrap();
        assert_eq!(got.iter().map(|(n, _)| *n).collect::<Vec<_>>(), [1, 2, 4]);
        assert!(got.iter().all(|(_, thread)| *thread == got[0].1));
    });
    assert_eq!(free(&permits), 1);
}

#[test]
fn company_is_waited_for_a_moment_and_a_place_only_so_long() {
    let bounds = Bounds { together: 1, ..Bounds::unshared(2) };
    let permits = Permits::new(bounds);
    run(async {
        let begun = Instant::now();
        let soon = || Instant::now() + Duration::from_millis(150);
        let first = permits.acquire_until(&caller(1), Lane::Query, soon()).await;
        let second = permits.acquire_until(&caller(1), Lane::Query, soon()).await;
        assert!(first.is_some() && second.is_some());
        assert!(begun.elapsed() >= PATIENCE);
        assert!(permits.acquire_until(&caller(1), Lane::Query, soon()).await.is_none());
    });
    assert_eq!(free(&permits), 2);
}

#[test]
fn one_that_is_not_counted_any_more_leaves_room() {
    let permits = Permits::new(Bounds { credential_waiting: 1, ..Bounds::of(2, 2) });
    let waiting = permits.wait(&caller(1)).unwrap();
    assert_eq!(permits.wait(&caller(1)).err(), Some(Overloaded { seconds: 1 }));
    assert!(permits.wait(&caller(2)).is_ok());
    drop(waiting);
    assert!(permits.wait(&caller(1)).is_ok());
}
