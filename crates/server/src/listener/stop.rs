//! The word to stop: from the system's signals, or by hand. Clones all hear it.

use tokio::sync::watch;

/// Hears when to stop.
#[derive(Debug, Clone)]
pub struct Stop(watch::Receiver<u32>);

/// Says when to stop. When it is dropped without a word, nobody is told to stop.
#[derive(Debug)]
pub struct StopHandle(watch::Sender<u32>);

impl StopHandle {
    /// Asks to stop; said again, not to wait any longer.
    pub fn stop(&self) {
        self.0.send_modify(|said| *said += 1);
    }
}

impl Stop {
    /// Stops when told by the handle.
    pub fn by_hand() -> (StopHandle, Self) {
        let (sender, receiver) = watch::channel(0);
        (StopHandle(sender), Self(receiver))
    }

    /// Stops at SIGINT or SIGTERM; a second signal ends the waiting. Call it within the asynchronous runtime.
    ///
    /// # Errors
    /// The system does not let the signals be heard.
    #[cfg(unix)]
    pub fn on_signals() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        let (handle, stop) = Self::by_hand();
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
                handle.stop();
            }
        });
        Ok(stop)
    }

    /// Stops at Ctrl-C; a second one ends the waiting. Call it within the asynchronous runtime.
    ///
    /// # Errors
    /// None on this system.
    #[cfg(not(unix))]
    pub fn on_signals() -> std::io::Result<Self> {
        let (handle, stop) = Self::by_hand();
        tokio::spawn(async move {
            while tokio::signal::ctrl_c().await.is_ok() {
                handle.stop();
            }
        });
        Ok(stop)
    }

    /// Waits for the word to stop; returns at once when it has been said.
    pub async fn wait(&mut self) {
        self.said(1).await;
    }

    /// Waits for the second word.
    pub async fn wait_again(&mut self) {
        self.said(2).await;
    }

    async fn said(&mut self, times: u32) {
        if self.0.wait_for(|said| *said >= times).await.is_err() {
            // The handle is gone: nobody will say it any more.
            std::future::pending::<()>().await;
        }
    }
}
