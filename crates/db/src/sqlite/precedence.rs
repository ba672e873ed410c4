//! Which threads go first where processors are scarce.

/// How much the calling thread gives way to those that run commands, as a Unix nice value: a tenth of a processor is left to it, more
/// wherever one is idle.
#[cfg(target_os = "linux")]
const GIVES_WAY: i32 = 10;

/// Lets the calling thread give way to those that run commands. A commit writes the same few pages whether it holds one command or
/// ten: as long as every processor is busy, the commands that come meanwhile share it, and all are answered sooner. A thread that
/// must not (or runs elsewhere than on Linux, where only whole processes can) keeps its turn.
pub(super) fn give_way() {
    #[cfg(target_os = "linux")]
    if let Err(cause) = rustix::process::setpriority_process(Some(rustix::thread::gettid()), GIVES_WAY) {
        tracing::debug!(%cause, "a thread of the database keeps its precedence");
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_thread_gives_way_alone() {
        let precedence = || rustix::process::getpriority_process(Some(rustix::thread::gettid())).unwrap();
        let before = precedence();
        let gave_way = std::thread::spawn(move || {
            give_way();
            precedence()
        });
        assert_eq!(gave_way.join().unwrap(), GIVES_WAY.max(before));
        assert_eq!(precedence(), before);
    }
}
