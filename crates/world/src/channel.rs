//! The standard library's channels, for threads that may take turns.

use std::sync::mpsc;
use std::time::Duration;

pub use std::sync::mpsc::{RecvError, RecvTimeoutError, SendError, TryRecvError, TrySendError};

use crate::waiting::Bell;

#[derive(Debug)]
pub struct Sender<T> {
    queue: mpsc::Sender<T>,
    bell: Closing,
}

/// Its room must never run out while somebody sends in a simulation: senders do not wait by turns.
#[derive(Debug)]
pub struct SyncSender<T> {
    queue: mpsc::SyncSender<T>,
    bell: Closing,
}

#[derive(Debug)]
pub struct Receiver<T> {
    queue: mpsc::Receiver<T>,
    bell: Option<Bell>,
}

/// Rings once more when the sender goes; a field behind the sender's own.
#[derive(Clone, Debug)]
struct Closing(Option<Bell>);

impl Closing {
    fn ring(&self) {
        if let Some(bell) = &self.0 {
            bell.ring();
        }
    }
}

impl Drop for Closing {
    fn drop(&mut self) {
        self.ring();
    }
}

pub fn channel<T>() -> (Sender<T>, Receiver<T>) {
    let (sender, receiver) = mpsc::channel();
    let bell = Bell::new();
    (Sender { queue: sender, bell: Closing(bell.clone()) }, Receiver { queue: receiver, bell })
}

pub fn sync_channel<T>(room: usize) -> (SyncSender<T>, Receiver<T>) {
    let (sender, receiver) = mpsc::sync_channel(room);
    let bell = Bell::new();
    (SyncSender { queue: sender, bell: Closing(bell.clone()) }, Receiver { queue: receiver, bell })
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Self { queue: self.queue.clone(), bell: self.bell.clone() }
    }
}

impl<T> Sender<T> {
    pub fn send(&self, value: T) -> Result<(), SendError<T>> {
        self.queue.send(value).inspect(|()| self.bell.ring())
    }
}

impl<T> SyncSender<T> {
    pub fn send(&self, value: T) -> Result<(), SendError<T>> {
        self.queue.send(value).inspect(|()| self.bell.ring())
    }

    pub fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
        self.queue.try_send(value).inspect(|()| self.bell.ring())
    }
}

impl<T> Receiver<T> {
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        self.queue.try_recv()
    }

    pub fn recv(&self) -> Result<T, RecvError> {
        let Some(bell) = &self.bell else { return self.queue.recv() };
        loop {
            match self.queue.try_recv() {
                Ok(value) => return Ok(value),
                Err(TryRecvError::Disconnected) => return Err(RecvError),
                Err(TryRecvError::Empty) => bell.wait(None),
            }
        }
    }

    pub fn recv_timeout(&self, limit: Duration) -> Result<T, RecvTimeoutError> {
        let Some(bell) = &self.bell else { return self.queue.recv_timeout(limit) };
        let end = bell.elapsed() + limit;
        loop {
            match self.queue.try_recv() {
                Ok(value) => return Ok(value),
                Err(TryRecvError::Disconnected) => return Err(RecvTimeoutError::Disconnected),
                Err(TryRecvError::Empty) if bell.elapsed() >= end => return Err(RecvTimeoutError::Timeout),
                Err(TryRecvError::Empty) => bell.wait(Some(end - bell.elapsed())),
            }
        }
    }
}
