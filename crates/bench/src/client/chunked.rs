//! Chunked bodies, put together in the buffer that they came in.

/// A chunked body that is being read. Its payload moves to the front as it comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chunks {
    /// Where the payload ends that was put together.
    pub end: usize,
    /// Where the next chunk begins.
    next: usize,
}

impl Chunks {
    /// A body that begins here.
    pub fn at(begin: usize) -> Self {
        Self { end: begin, next: begin }
    }

    /// Takes the chunks that are there in full; whether the last was among them.
    ///
    /// # Errors
    /// When there is something else than chunks.
    pub fn take(&mut self, bytes: &mut [u8]) -> Result<bool, &'static str> {
        loop {
            let rest = &bytes[self.next..];
            let Some(line) = memchr::memchr(b'\n', rest) else { return Ok(false) };
            let digits = rest[..line].split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
            let size = std::str::from_utf8(digits).ok().and_then(|digits| usize::from_str_radix(digits, 16).ok());
            let size = size.ok_or("a chunk has no size")?;
            let begin = self.next + line + 1;
            if size == 0 {
                // Trailers may follow; the body ends with an empty line.
                let rest = &bytes[begin..];
                let ends = rest.starts_with(b"\r\n") || memchr::memmem::find(rest, b"\r\n\r\n").is_some();
                return Ok(ends);
            }
            let end = begin.checked_add(size).ok_or("a chunk is too large")?;
            if bytes.len() < end.saturating_add(2) {
                return Ok(false);
            }
            if &bytes[end..end + 2] != b"\r\n" {
                return Err("a chunk is longer than it says");
            }
            bytes.copy_within(begin..end, self.end);
            self.end += size;
            self.next = end + 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = b"HEAD5\r\nhello\r\n7;note=x\r\n, world\r\n0\r\ntrailer: x\r\n\r\n";

    #[test]
    fn chunks_are_put_together_however_they_come() {
        for first in 4..BODY.len() {
            let mut buffer = BODY[..first].to_vec();
            let mut chunks = Chunks::at(4);
            assert_eq!(chunks.take(&mut buffer), Ok(false), "{first}");
            buffer.extend_from_slice(&BODY[first..]);
            assert_eq!(chunks.take(&mut buffer), Ok(true), "{first}");
            assert_eq!(&buffer[4..chunks.end], b"hello, world", "{first}");
        }
    }

    #[test]
    fn what_is_no_chunk_is_an_error() {
        for text in ["zz\r\n", "\r\n", "1\r\nabc\r\n", "ffffffffffffffff\r\n"] {
            assert!(Chunks::at(0).take(&mut text.as_bytes().to_vec()).is_err(), "{text}");
        }
    }
}
