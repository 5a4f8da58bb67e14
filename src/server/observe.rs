//! Brings the gauges of the metrics up to date before each scrape.

use crate::auth::Auth;
use crate::call::App;
use crate::db::{Load, PoolLabel};
use crate::telemetry::metrics::{Scraped, StateLabel};

/// Registers the gauges of the database, the audit trail and the authentication.
pub fn register(app: &App, auth: &Auth) {
    let (db, backlog) = (app.db.clone(), app.audit.backlog());
    let (credentials, keys) = (auth.credentials().clone(), auth.keys().clone());
    app.metrics.before_scrape(move |scraped| {
        db.loads().into_iter().for_each(|load| set_load(scraped, load));
        scraped.horizon_age.set(db.horizon_age());
        if let Some(backlog) = backlog() {
            scraped.trail_queue.set(count(backlog.records));
            scraped.trail_oldest.set(backlog.oldest);
            scraped.sealing_age.set(backlog.sealed);
            scraped.unsealed.set(count(backlog.unsealed));
            scraped.unsealed_age.set(backlog.oldest_unsealed);
        }
        scraped.credentials_age.set(credentials.age());
        if let Some(age) = keys.age() {
            scraped.keys_age.set(age);
        }
    });
}

fn set_load(scraped: &Scraped, load: Load) {
    let classe = load.class;
    let used = load.connections.saturating_sub(load.idle);
    for (estado, connections) in [("ociosa", load.idle), ("em_uso", used)] {
        scraped.connections.get_or_create(&StateLabel { classe, estado }).set(connections.into());
    }
    let Some(queue) = load.queue else { return };
    for (gauge, value) in [
        (&scraped.permits, queue.permits),
        (&scraped.permits_used, queue.running),
        (&scraped.waiting, queue.waiting),
        (&scraped.tribunals, queue.tribunals),
    ] {
        gauge.get_or_create(&PoolLabel { classe }).set(count(value));
    }
}

fn count(value: usize) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
