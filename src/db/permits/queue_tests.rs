use super::*;
use proptest::prelude::*;
use std::collections::HashSet;

fn caller(tribunal: i16, credential: usize) -> Caller {
    Caller { tribunal, credential: format!("c{credential}").into() }
}

/// Starts every entry that may run and returns them in that order.
fn start(queue: &mut FairQueue<u32>) -> Vec<(Caller, Lane, u32)> {
    std::iter::from_fn(|| queue.next()).collect()
}

fn started(queue: &mut FairQueue<u32>) -> Vec<(i16, String)> {
    start(queue).into_iter().map(|(who, ..)| (who.tribunal, who.credential.to_string())).collect()
}

#[test]
fn a_credential_gets_half_of_the_permits_and_a_tribunal_three_quarters() {
    let mut queue = FairQueue::new(Bounds::of(8, 8));
    for n in 0..100 {
        queue.enter(&caller(820, 0), Lane::Unbatched, n);
    }
    assert_eq!(start(&mut queue).len(), 4);
    for n in 0..100 {
        queue.enter(&caller(820, 1), Lane::Unbatched, n);
    }
    assert_eq!(started(&mut queue), vec![(820, "c1".to_owned()); 2]);
    // Two other tribunais start at once, whatever waits; a third one has to wait for a permit.
    for tribunal in [817, 806, 805] {
        queue.enter(&caller(tribunal, 0), Lane::Unbatched, 0);
    }
    assert_eq!(started(&mut queue), [(817, "c0".to_owned()), (806, "c0".to_owned())]);
    queue.release(&caller(820, 0), Lane::Unbatched, Duration::ZERO);
    assert_eq!(started(&mut queue), [(805, "c0".to_owned())]);
}

#[test]
fn the_smallest_pools_serve_every_tribunal() {
    for places in 1..8 {
        let bounds = Bounds::of(places, 2);
        let mut queue = FairQueue::new(bounds);
        for n in 0..20 {
            queue.enter(&caller(820, 0), Lane::Query, n);
        }
        let first = start(&mut queue).len();
        assert!(first >= 1 && (places == 1 || first < places), "{first} of {places}");
        queue.enter(&caller(817, 0), Lane::Query, 0);
        assert_eq!(start(&mut queue).len(), usize::from(places > 1), "{places} places");
    }
}

#[test]
fn tribunais_take_turns_and_so_do_the_credentials_of_each() {
    let mut queue = FairQueue::new(Bounds { reserved: 0, ..Bounds::of(2, 2) });
    queue.enter(&caller(1, 9), Lane::Unbatched, 0);
    queue.enter(&caller(2, 9), Lane::Unbatched, 0);
    let mut running = start(&mut queue);
    assert_eq!(running.len(), 2);
    for n in 0..4 {
        queue.enter(&caller(1, 0), Lane::Unbatched, n);
    }
    for n in 0..4 {
        queue.enter(&caller(1, 1), Lane::Unbatched, n);
    }
    for n in 0..4 {
        queue.enter(&caller(2, 0), Lane::Unbatched, n);
    }
    let mut order = Vec::new();
    while let Some((who, lane, _)) = running.pop() {
        queue.release(&who, lane, Duration::ZERO);
        let next = start(&mut queue);
        order.extend(next.iter().map(|(who, ..)| format!("{}{}", who.tribunal, who.credential)));
        running.extend(next);
    }
    assert_eq!(order[..6], ["1c0", "2c0", "1c1", "2c0", "1c0", "2c0"]);
    assert_eq!(order.len(), 12);
    assert!(queue.load().tribunals == 0 && queue.rotation.is_empty() && queue.running == 0);
}

#[test]
fn idle_credentials_are_forgotten_when_there_are_many() {
    let mut queue = FairQueue::new(Bounds::of(8, 8));
    let busy = caller(820, 1_000);
    queue.admit(&busy).unwrap();
    for n in 0..1_000 {
        queue.admit(&caller(820, n)).unwrap();
        queue.leave(&caller(820, n));
    }
    assert!(queue.tribunals[&820].credentials.len() <= IDLE_CREDENTIALS);
    queue.enter(&busy, Lane::Unbatched, 0);
    assert_eq!(started(&mut queue), [(820, "c1000".to_owned())]);
    assert_eq!(queue.load().tribunals, 1);
}

#[test]
fn queries_beyond_the_limit_wait_to_be_joined_until_they_are_urgent() {
    let mut queue = FairQueue::new(Bounds::of(8, 2));
    let who = caller(820, 0);
    let tickets: Vec<_> = (0..5).map(|n| queue.enter(&who, Lane::Query, n)).collect();
    assert_eq!(start(&mut queue).len(), 2);
    queue.enter(&who, Lane::Unbatched, 9);
    // An `Unbatched` entry does not wait behind queries that wait to be joined.
    assert_eq!(start(&mut queue)[0].2, 9);
    queue.make_urgent(&who, Lane::Query, tickets[2]);
    assert_eq!(start(&mut queue)[0].2, 2);
    // The credential already holds as many permits as it may.
    queue.make_urgent(&who, Lane::Query, tickets[4]);
    assert!(start(&mut queue).is_empty());
    queue.release(&who, Lane::Unbatched, Duration::ZERO);
    assert_eq!(start(&mut queue)[0].2, 3);
}

#[test]
fn a_flood_delays_its_own_credential_and_learns_its_own_wait() {
    let mut queue = FairQueue::<u32>::new(Bounds::of(8, 2));
    let (flood, twin, calm) = (caller(820, 0), caller(820, 1), caller(817, 0));
    let until_full = |queue: &mut FairQueue<u32>, who: &Caller| {
        (0..1_000).take_while(|_| queue.admit(who).is_ok()).count()
    };
    assert_eq!(until_full(&mut queue, &flood), 256);
    assert_eq!(until_full(&mut queue, &caller(820, 2)), 256);
    // The limit of this tribunal is reached; that of the other is not.
    assert_eq!(queue.admit(&twin), Err(Full));
    assert_eq!(queue.admit(&calm), Ok(()));
    queue.enter(&flood, Lane::Unbatched, 0);
    queue.enter(&calm, Lane::Unbatched, 0);
    assert_eq!(start(&mut queue).len(), 2);
    queue.release(&flood, Lane::Unbatched, Duration::from_millis(250));
    queue.release(&calm, Lane::Unbatched, Duration::from_millis(1));
    assert_eq!(queue.retry_after(&flood), 16);
    assert_eq!(queue.retry_after(&calm), 1);
    queue.leave(&flood);
    assert_eq!(queue.admit(&flood), Ok(()));
}

#[derive(Debug, Clone)]
enum Step {
    Enter { tribunal: i16, credential: usize, lane: usize },
    Leave(usize),
    Cancel(usize),
    Urge(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let enter = (1_i16..5, 0_usize..3, 0_usize..3);
    let step = prop_oneof![
        4 => enter.prop_map(|(tribunal, credential, lane)| Step::Enter { tribunal, credential, lane }),
        3 => any::<usize>().prop_map(Step::Leave),
        1 => any::<usize>().prop_map(Step::Cancel),
        1 => any::<usize>().prop_map(Step::Urge),
    ];
    proptest::collection::vec(step, 1..120)
}

/// The test's own record of an entry.
#[derive(Debug, Clone)]
struct Known {
    who: Caller,
    lane: Lane,
    ticket: Ticket,
    urgent: bool,
    /// Number of entries that had started when this one entered.
    granted_before: usize,
}

/// The queue under test, and the test's own model of what waits and runs.
struct World {
    bounds: Bounds,
    queue: FairQueue<u32>,
    waiting: Vec<Known>,
    running: Vec<(Caller, Lane)>,
    granted: Vec<Caller>,
}

impl World {
    fn of_credential(&self, who: &Caller) -> usize {
        self.running.iter().filter(|(other, _)| other == who).count()
    }

    /// Whether the bounds allow the entry to run now.
    fn may(&self, entry: &Known) -> bool {
        let free = self.bounds.permits - self.running.len();
        let tribunal =
            self.running.iter().filter(|(who, _)| who.tribunal == entry.who.tribunal).count();
        let concurrent = self
            .running
            .iter()
            .filter(|(who, lane)| *who == entry.who && *lane == entry.lane)
            .count();
        free > 0
            && self.of_credential(&entry.who) < self.bounds.max_per_credential
            && (tribunal == 0 || free > self.bounds.reserved)
            && (entry.lane == Lane::Unbatched
                || entry.urgent
                || concurrent < self.bounds.max_per_credential_and_lane)
    }

    /// Starts every entry that the queue releases, and checks each against the model.
    fn start(&mut self) {
        while let Some((who, lane, _)) = self.queue.next() {
            let index =
                self.waiting.iter().position(|entry| entry.who == who && entry.lane == lane);
            let index = index.expect("whoever starts was waiting");
            assert!(self.may(&self.waiting[index]), "{:?} may not run", self.waiting[index]);
            let entry = self.waiting.remove(index);
            self.may_not_be_passed_over(&entry);
            self.running.push((who.clone(), lane));
            self.granted.push(who);
        }
        let idle: Vec<_> = self.waiting.iter().filter(|entry| self.may(entry)).collect();
        // Since the queue releases nothing more, no waiting entry may be allowed to run.
        assert!(idle.is_empty(), "places are free for {idle:?}");
    }

    /// Checks fairness: since an entry of another tribunal that may run now entered the queue,
    /// either this tribunal has had no turn, or the other one has had a turn too.
    fn may_not_be_passed_over(&self, entry: &Known) {
        let (mine, theirs) = (entry.who.tribunal, |other: &Known| other.who.tribunal);
        for other in self.waiting.iter().filter(|other| theirs(other) != mine && self.may(other)) {
            let since = &self.granted[other.granted_before..];
            let had = |tribunal| since.iter().any(|who| who.tribunal == tribunal);
            assert!(!had(mine) || had(theirs(other)), "{other:?} is passed over by {entry:?}");
        }
    }
}

proptest! {
    #[test]
    fn bounds_hold_and_every_entry_runs(
        places in 1_usize..9, cores in 1_usize..5, steps in steps()
    ) {
        let bounds = Bounds::of(places, cores);
        let queue = FairQueue::new(bounds);
        let mut world =
            World { bounds, queue, waiting: Vec::new(), running: Vec::new(), granted: Vec::new() };
        let (mut entered, mut cancelled) = (0, 0);
        for step in steps {
            match step {
                Step::Enter { tribunal, credential, lane } => {
                    let (who, lane) = (caller(tribunal, credential), LANES[lane]);
                    let ticket = world.queue.enter(&who, lane, 0);
                    let granted_before = world.granted.len();
                    world.waiting.push(Known { who, lane, ticket, urgent: false, granted_before });
                    entered += 1;
                }
                Step::Leave(n) if !world.running.is_empty() => {
                    let (who, lane) = world.running.remove(n % world.running.len());
                    world.queue.release(&who, lane, Duration::from_millis(1));
                }
                Step::Cancel(n) if !world.waiting.is_empty() => {
                    let entry = world.waiting.remove(n % world.waiting.len());
                    prop_assert!(world.queue.cancel(&entry.who, entry.lane, entry.ticket).is_some());
                    prop_assert!(world.queue.cancel(&entry.who, entry.lane, entry.ticket).is_none());
                    cancelled += 1;
                }
                Step::Urge(n) if !world.waiting.is_empty() => {
                    let Known { who, lane, ticket, .. } = world.waiting[n % world.waiting.len()].clone();
                    world.queue.make_urgent(&who, lane, ticket);
                    let before = |entry: &&mut Known| entry.who == who && entry.lane == lane && entry.ticket <= ticket;
                    world.waiting.iter_mut().filter(before).for_each(|entry| entry.urgent = true);
                }
                _ => {}
            }
            world.start();
            prop_assert!(world.running.len() <= places);
            let callers: HashSet<_> = world.running.iter().map(|(who, _)| who.clone()).collect();
            for who in callers {
                prop_assert!(world.of_credential(&who) <= bounds.max_per_credential);
            }
        }
        // End everything that runs: then every entry has run, and nobody is busy.
        while !world.running.is_empty() {
            let (who, lane) = world.running.remove(0);
            world.queue.release(&who, lane, Duration::from_millis(1));
            world.start();
        }
        prop_assert!(world.waiting.is_empty());
        prop_assert_eq!(world.granted.len() + cancelled, entered);
        prop_assert!(world.queue.load().tribunals == 0 && world.queue.rotation.is_empty());
        prop_assert_eq!(world.queue.running, 0);
    }

    /// However many entries one credential has, it gets at most one turn for each entry of another
    /// tribunal until all of those have run.
    #[test]
    fn a_flood_costs_others_one_turn(places in 2_usize..9, flood in 1_u32..300, others in 1_i16..6) {
        let mut queue = FairQueue::new(Bounds::of(places, 2));
        for n in 0..flood {
            queue.enter(&caller(900, 0), Lane::Unbatched, n);
        }
        let mut running = start(&mut queue);
        for tribunal in 0..others {
            queue.enter(&caller(tribunal, 0), Lane::Unbatched, 0);
        }
        running.extend(start(&mut queue));
        let mut floods_after = 0;
        let served = |running: &[(Caller, Lane, u32)], seen: usize| {
            seen + running.iter().filter(|(who, ..)| who.tribunal < others).count()
        };
        let mut seen = served(&running, 0);
        while seen < usize::try_from(others).unwrap() {
            let (who, lane, _) = running.remove(0);
            queue.release(&who, lane, Duration::ZERO);
            let next = start(&mut queue);
            floods_after += next.iter().filter(|(who, ..)| who.tribunal == 900).count();
            seen = served(&next, seen);
            running.extend(next);
        }
        prop_assert!(floods_after <= usize::try_from(others).unwrap());
    }
}
