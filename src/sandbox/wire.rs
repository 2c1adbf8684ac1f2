//! Connections that can be cut in the middle of an answer.
//!
//! Invariant: a cut connection carries nothing more in either direction, so
//! the peer sees what a dead server or a torn line would show it.

use axum::{
    extract::connect_info::Connected,
    serve::{IncomingStream, Listener},
};
use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
};

/// How much of the next answer still goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cut {
    No,
    /// The head and so many bytes of the body.
    Within(usize),
    Now,
}

/// The scissors of one connection.
#[derive(Clone, Debug)]
pub(super) struct Scissors(Arc<Mutex<Cut>>);

impl Scissors {
    /// Nothing more goes out.
    pub fn cut(&self) {
        *super::lock(&self.0) = Cut::Now;
    }

    /// The head and `bytes` of the body of the next answer go out.
    pub fn cut_within(&self, bytes: usize) {
        *super::lock(&self.0) = Cut::Within(bytes);
    }
}

/// A TCP connection with scissors.
#[derive(Debug)]
pub(super) struct Line {
    stream: TcpStream,
    scissors: Scissors,
}

/// Accepts [`Line`]s.
#[derive(Debug)]
pub(super) struct Lines(pub TcpListener);

impl Listener for Lines {
    type Io = Line;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Line, SocketAddr) {
        let (stream, address) = Listener::accept(&mut self.0).await;
        let scissors = Scissors(Arc::new(Mutex::new(Cut::No)));
        (Line { stream, scissors }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

impl Connected<IncomingStream<'_, Lines>> for Scissors {
    fn connect_info(stream: IncomingStream<'_, Lines>) -> Scissors {
        stream.io().scissors.clone()
    }
}

fn torn() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionReset, "cut on demand")
}

/// How many of `bytes` may go out when the head and `body` bytes may.
fn allowed(bytes: &[u8], body: usize) -> usize {
    let head = bytes.windows(4).position(|four| four == b"\r\n\r\n");
    head.map_or(bytes.len(), |at| (at + 4 + body).min(bytes.len()))
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if *super::lock(&self.scissors.0) == Cut::Now {
            return Poll::Ready(Err(torn()));
        }
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let cut = *super::lock(&self.scissors.0);
        match cut {
            Cut::Now => Poll::Ready(Err(torn())),
            Cut::No => Pin::new(&mut self.stream).poll_write(context, bytes),
            Cut::Within(body) => {
                let part = bytes.get(..allowed(bytes, body)).unwrap_or(bytes);
                let written = Pin::new(&mut self.stream).poll_write(context, part);
                if matches!(written, Poll::Ready(Ok(count)) if count < bytes.len()) {
                    self.scissors.cut();
                }
                written
            }
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
