//! Shuts the server down on a signal, in order and within a time limit. After it, `until_end` in
//! `server/mod.rs` writes what the audit trail still holds, and the process exits.

use crate::graphql::protocol::stream_registry::StreamRegistry;
use crate::readiness::Readiness;
use actix_web::dev::ServerHandle;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::sleep;

/// Maximum time after the drain delay that the shutdown waits for conversations of several calls,
/// such as the reception of a processo.
const MAX_CONVERSATION: Duration = Duration::from_secs(120);
/// Maximum time that a server that must stop at once waits until its WebSockets and event streams
/// have told their clients the reason.
const CLOSE_GRACE: Duration = Duration::from_secs(1);

/// The settings of the shutdown.
pub struct ShutdownPlan {
    pub readiness: Readiness,
    /// Time in which the server still accepts requests although it reports that it is not ready, so
    /// that the load balancer stops sending requests before connections are refused.
    pub drain_delay: Duration,
    /// The process exits at the latest this long after the drain delay and the conversations,
    /// whatever is still running.
    pub exit_after: Duration,
}

/// Shuts the server down on a signal. After SIGTERM, running requests may finish; after SIGINT or
/// SIGQUIT, they may not. In both cases the server closes WebSockets and event streams with a
/// reason, so that their clients reconnect elsewhere.
pub fn shut_down_on_signals(
    server: ServerHandle,
    sessions: Arc<StreamRegistry>,
    plan: ShutdownPlan,
) -> std::io::Result<()> {
    let mut signals = Signals {
        terminate: signal(SignalKind::terminate())?,
        interrupt: signal(SignalKind::interrupt())?,
        quit: signal(SignalKind::quit())?,
    };
    actix_web::rt::spawn(async move {
        let graceful = signals.wait().await;
        plan.readiness.drain();
        let drain_delay = if graceful { plan.drain_delay } else { Duration::ZERO };
        spawn_exit_watchdog(drain_delay, plan.exit_after, plan.readiness.clone());
        sleep(drain_delay).await;
        let start = Instant::now();
        while graceful && plan.readiness.in_conversation() && start.elapsed() < MAX_CONVERSATION {
            sleep(Duration::from_millis(50)).await;
        }
        sessions.begin_shutdown();
        if !graceful {
            sessions.wait_until_empty(CLOSE_GRACE).await;
        }
        server.stop(graceful).await;
    });
    Ok(())
}

/// Exits the process if the shutdown takes too long. This runs on a thread of its own, because the
/// runtime itself may be blocked. A running conversation gets its own time before `exit_after`
/// begins.
fn spawn_exit_watchdog(drain_delay: Duration, exit_after: Duration, readiness: Readiness) {
    let wait = move || {
        thread::sleep(drain_delay);
        let start = Instant::now();
        while readiness.in_conversation() && start.elapsed() < MAX_CONVERSATION {
            thread::sleep(Duration::from_millis(50));
        }
        thread::sleep(exit_after);
        tracing::error!("the shutdown did not finish in time; the process exits now");
        std::process::exit(1);
    };
    if let Err(error) = thread::Builder::new().name("elos-exit".into()).spawn(wait) {
        tracing::error!(%error, "could not start the thread that limits the time of the shutdown");
    }
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
    quit: Signal,
}

impl Signals {
    /// Waits for a signal. Returns true for SIGTERM, after which running requests may finish.
    async fn wait(&mut self) -> bool {
        tokio::select! {
            _ = self.terminate.recv() => true,
            _ = self.interrupt.recv() => false,
            _ = self.quit.recv() => false,
        }
    }
}
