//! Where a task lets others go first, and the daemon can be killed.

use crate::model::Model;
use crate::outside::lock;
use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll};

struct Turn(bool);

impl Future for Turn {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }
}

/// Waits to be polled once more; counts as one point of the world's story.
pub async fn turn(model: &Mutex<Model>) {
    lock(model).points += 1;
    Turn(false).await;
}
