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

/// Counts the permits that one credential can get now.
fn free(permits: &Permits) -> usize {
    let mut taken = Vec::new();
    run(async {
        while let Ok(Some(permit)) =
            timeout(Duration::ZERO, permits.acquire(&caller(999), Lane::Unbatched)).await
        {
            taken.push(permit);
        }
    });
    taken.len()
}

#[test]
fn a_permit_is_returned_however_its_holder_ends() {
    let permits = Permits::new(Bounds::unlimited(2));
    assert_eq!(free(&permits), 2);
    run(async {
        let permit = permits.acquire(&caller(1), Lane::Unbatched).await.unwrap();
        let lost = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            panic!("whoever had it broke off");
        });
        assert!(lost.await.is_err());
        let (sender, ran) = mpsc::channel::<()>();
        let _queued = permits.run(
            &caller(1),
            Lane::Query,
            Box::new(move |_| {
                let _told = sender;
                panic!("what was done broke off")
            }),
        );
        // The closure is dropped with what it holds.
        tokio::task::spawn_blocking(move || assert!(ran.recv().is_err())).await.unwrap();
    });
    assert_eq!(free(&permits), 2);
}

#[test]
fn a_cancelled_entry_gives_its_turn_to_the_next() {
    let permits = Permits::new(Bounds::unlimited(1));
    run(async {
        let first = permits.acquire(&caller(1), Lane::Unbatched).await.unwrap();
        let (second, third) = (caller(2), caller(3));
        let mut gone = Box::pin(permits.acquire(&second, Lane::Unbatched));
        assert!(timeout(Duration::ZERO, &mut gone).await.is_err());
        let mut next = Box::pin(permits.acquire(&third, Lane::Unbatched));
        assert!(timeout(Duration::ZERO, &mut next).await.is_err());
        drop(gone);
        drop(first);
        assert!(next.await.is_some());
    });
    assert_eq!(free(&permits), 1);
}

/// The permit is sent, and then the receiver is dropped without taking it.
#[test]
fn a_permit_that_is_not_received_goes_to_the_next() {
    let permits = Permits::new(Bounds::unlimited(1));
    run(async {
        let first = permits.acquire(&caller(1), Lane::Unbatched).await.unwrap();
        let (second, third) = (caller(2), caller(3));
        let mut gone = Box::pin(permits.acquire(&second, Lane::Unbatched));
        assert!(timeout(Duration::ZERO, &mut gone).await.is_err());
        drop(first);
        drop(gone);
        assert!(permits.acquire(&third, Lane::Unbatched).await.is_some());
    });
    assert_eq!(free(&permits), 1);
}

#[test]
fn a_thread_that_finishes_its_work_runs_the_next() {
    let permits = Permits::new(Bounds::unlimited(1));
    let (sender, ran) = mpsc::channel();
    run(async {
        let (go, wait) = mpsc::channel::<()>();
        let work = |n: u32, wait: Option<mpsc::Receiver<()>>| -> Job {
            let sender = sender.clone();
            Box::new(move |_| {
                if let Some(wait) = wait {
                    wait.recv().unwrap();
                }
                sender.send((n, thread::current().id())).unwrap();
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
fn a_query_becomes_urgent_and_then_gives_up_at_its_deadline() {
    let bounds = Bounds { max_per_credential_and_lane: 1, ..Bounds::unlimited(2) };
    let permits = Permits::new(bounds);
    run(async {
        let begun = Instant::now();
        let soon = || Instant::now() + Duration::from_millis(150);
        let first = permits.acquire_until(&caller(1), Lane::Query, soon()).await;
        let second = permits.acquire_until(&caller(1), Lane::Query, soon()).await;
        assert!(first.is_some() && second.is_some());
        assert!(begun.elapsed() >= COALESCE_WAIT);
        assert!(permits.acquire_until(&caller(1), Lane::Query, soon()).await.is_none());
    });
    assert_eq!(free(&permits), 2);
}

#[test]
fn a_request_that_stops_waiting_leaves_room_for_another() {
    let permits = Permits::new(Bounds { max_waiting_per_credential: 1, ..Bounds::of(2, 2) });
    let waiting = permits.admit(&caller(1)).unwrap();
    assert_eq!(permits.admit(&caller(1)).err(), Some(Overloaded { seconds: 1 }));
    assert!(permits.admit(&caller(2)).is_ok());
    drop(waiting);
    assert!(permits.admit(&caller(1)).is_ok());
}
