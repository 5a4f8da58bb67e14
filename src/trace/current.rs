//! The context of the work that runs on this thread now. A future and a blocking closure carry it to
//! the threads that run them.

use super::TraceContext;
use pin_project_lite::pin_project;
use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

thread_local! {
    static CURRENT: RefCell<Option<TraceContext>> = const { RefCell::new(None) };
}

/// Returns the context of the running work. `None` if it belongs to no trace.
pub fn current() -> Option<TraceContext> {
    CURRENT.with_borrow(Clone::clone)
}

/// Restores the context that was the current one before.
struct Entered(Option<TraceContext>);

impl Entered {
    fn new(context: TraceContext) -> Self {
        Self(CURRENT.replace(Some(context)))
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}

/// Runs `work` in this context. Without one, nothing changes.
pub(super) fn run<T>(context: Option<TraceContext>, work: impl FnOnce() -> T) -> T {
    let _entered = context.map(Entered::new);
    work()
}

/// Returns `work`, which will run in the context of the caller on whatever thread.
pub fn carried<T>(work: impl FnOnce() -> T) -> impl FnOnce() -> T {
    let context = current();
    move || run(context, work)
}

pin_project! {
    /// A future that runs in a context.
    pub struct Within<F> {
        #[pin]
        future: F,
        context: Option<TraceContext>,
    }
}

/// Lets `future` run in this context. Without one, nothing changes.
pub fn within<F: Future>(context: Option<TraceContext>, future: F) -> Within<F> {
    Within { future, context }
}

impl<F: Future> Future for Within<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _entered = this.context.clone().map(Entered::new);
        this.future.poll(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::Waker;
    use std::thread;

    #[test]
    fn a_context_is_current_while_its_work_runs_and_not_after_it() {
        let [outer, inner] = [1, 2].map(|span_id| TraceContext::begin(span_id, 0));
        let span = || current().map(|context| context.span_id);
        let mut future = std::pin::pin!(within(Some(outer), async {
            let deeper = run(Some(inner), || {
                thread::scope(|scope| scope.spawn(carried(span)).join().unwrap())
            });
            (span(), deeper, run(None, span))
        }));
        let ready = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert_eq!(ready, Poll::Ready((Some(1), Some(2), Some(1))));
        assert_eq!(span(), None);
    }
}
