//! Lines of the log, changed before they are written.

use std::borrow::Cow;
use std::io::{self, Write};

use tracing_subscriber::fmt::MakeWriter;

/// What becomes of a line.
pub(super) trait Rewrite {
    /// The line to write instead.
    fn rewrite<'a>(&self, line: &'a str) -> Cow<'a, str>;
}

/// Gives writers that change lines.
#[derive(Debug, Clone)]
pub(super) struct Rewriting<M, R> {
    inner: M,
    rewrite: R,
}

impl<M, R> Rewriting<M, R> {
    /// Changes what goes to the writers of `inner`.
    pub fn new(inner: M, rewrite: R) -> Self {
        Self { inner, rewrite }
    }
}

impl<'a, M: MakeWriter<'a>, R: Rewrite + 'a> MakeWriter<'a> for Rewriting<M, R> {
    type Writer = Rewritten<'a, M::Writer, R>;

    fn make_writer(&'a self) -> Self::Writer {
        Rewritten { inner: self.inner.make_writer(), rewrite: &self.rewrite }
    }
}

/// A writer that changes lines. The log hands over each line whole, so nothing that is looked for is cut in two.
pub(super) struct Rewritten<'a, W, R> {
    inner: W,
    rewrite: &'a R,
}

impl<W: Write, R: Rewrite> Write for Rewritten<'_, W, R> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match std::str::from_utf8(bytes) {
            Ok(line) => self.inner.write_all(self.rewrite.rewrite(line).as_bytes())?,
            Err(_) => self.inner.write_all(bytes)?,
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
