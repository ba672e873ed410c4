//! HTTP/1.1 over a socket. A request and its answer cost one `write` and one `read` and no allocation.

use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::task::Poll;

use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep};

use super::chunked::Chunks;
use super::response::{Framing, Head, parse_head};
use super::{Answer, PATIENCE, Prepared, Trouble};

/// The buffer to begin with; it grows with the answers.
const BUFFER: usize = 16 * 1024;

/// One connection.
pub struct Http1 {
    stream: TcpStream,
    /// What the last answer and the one that is being read are in.
    buffer: Vec<u8>,
    /// What requests with values are written to.
    scratch: Vec<u8>,
    patience: Pin<Box<Sleep>>,
    is_over: bool,
}

impl Http1 {
    pub(super) fn new(stream: TcpStream) -> Self {
        let (buffer, scratch) = (vec![0; BUFFER], Vec::with_capacity(2_048));
        Self { stream, buffer, scratch, patience: Box::pin(sleep(PATIENCE)), is_over: false }
    }

    pub(super) async fn send(&mut self, request: &Prepared, values: &[String]) -> Result<Answer<'_>, Trouble> {
        if self.is_over {
            return Err(Trouble::Broken("closed by the server".to_owned()));
        }
        // Setting a timer costs as much as parsing, so it is set once for many requests: patience is between half and all of it.
        let now = Instant::now();
        if self.patience.deadline() < now + PATIENCE / 2 {
            self.patience.as_mut().reset(now + PATIENCE);
        }
        let patience = &mut self.patience;
        let (head, end) = {
            let request = request.http1(values, &mut self.scratch);
            let mut exchange = pin!(exchange(&self.stream, request, &mut self.buffer));
            std::future::poll_fn(|context| {
                if let Poll::Ready(done) = exchange.as_mut().poll(context) {
                    return Poll::Ready(done);
                }
                patience.as_mut().poll(context).map(|()| Err(Trouble::Broken("no answer in time".to_owned())))
            })
            .await?
        };
        self.is_over = head.is_last;
        Ok(Answer { status: head.status, grpc_status: None, body: &self.buffer[head.length..end] })
    }
}

async fn exchange(stream: &TcpStream, mut request: &[u8], buffer: &mut Vec<u8>) -> Result<(Head, usize), Trouble> {
    let broken = |cause: io::Error| Trouble::Broken(cause.kind().to_string());
    while !request.is_empty() {
        match stream.try_write(request) {
            Ok(written) => request = &request[written..],
            Err(cause) if cause.kind() == io::ErrorKind::WouldBlock => stream.writable().await.map_err(broken)?,
            Err(cause) => return Err(broken(cause)),
        }
    }
    let (mut filled, mut head, mut chunks) = (0, None, Chunks::at(0));
    loop {
        let got = match stream.try_read(&mut buffer[filled..]) {
            Ok(0) => return Err(Trouble::Broken("closed by the server".to_owned())),
            Ok(got) => got,
            Err(cause) if cause.kind() == io::ErrorKind::WouldBlock => {
                stream.readable().await.map_err(broken)?;
                continue;
            }
            Err(cause) => return Err(broken(cause)),
        };
        let searched = filled;
        filled += got;
        if head.is_none() {
            head = parse_head(&buffer[..filled], searched).map_err(|error| Trouble::Broken(error.to_owned()))?;
            if let Some(Head { length, .. }) = head {
                chunks = Chunks::at(length);
            }
        }
        if let Some(head) = head {
            let end = match head.framing {
                Framing::Length(length) => (filled >= head.length + length).then_some(head.length + length),
                Framing::Chunked => {
                    let done = chunks.take(&mut buffer[..filled]);
                    done.map_err(|error| Trouble::Broken(error.to_owned()))?.then_some(chunks.end)
                }
            };
            if let Some(end) = end {
                return Ok((head, end));
            }
        }
        if filled == buffer.len() {
            buffer.resize(buffer.len() * 2, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::super::{Request, Target};
    use super::*;

    /// A server that answers each request with the next of these texts, in pieces of so many bytes.
    async fn server(answers: Vec<String>, piece: usize) -> Target {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let target = Target::parse(&format!("http://{}", listener.local_addr().unwrap()), false).unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.set_nodelay(true).unwrap();
            let mut request = [0; 4_096];
            for answer in answers {
                assert!(stream.read(&mut request).await.unwrap() > 0);
                for part in answer.as_bytes().chunks(piece) {
                    stream.write_all(part).await.unwrap();
                    tokio::task::yield_now().await;
                }
            }
        });
        target
    }

    #[tokio::test]
    async fn answers_are_read_whatever_their_form_and_however_they_come() {
        let long = "x".repeat(100_000);
        for piece in [7, 100_000] {
            let target = server(
                vec![
                    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{long}", long.len()),
                    "HTTP/1.1 404 Not Found\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n"
                        .to_owned(),
                    "HTTP/1.1 204 No Content\r\n\r\n".to_owned(),
                ],
                piece,
            )
            .await;
            let request = Request::get("/").prepare(&target);
            let mut connection = target.connect().await.unwrap();
            assert_eq!(connection.send(&request, &[]).await.unwrap().body, long.as_bytes());
            let answer = connection.send(&request, &[]).await.unwrap();
            assert_eq!((answer.status, answer.body), (404, b"abcd".as_slice()));
            assert_eq!(connection.send(&request, &[]).await.unwrap().status, 204);
            let error = connection.send(&request, &[]).await.unwrap_err();
            assert!(matches!(error, Trouble::Broken(_)), "{error}");
        }
    }

    #[tokio::test]
    async fn a_connection_that_the_server_ends_is_not_used_again() {
        let answer = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_owned();
        let target = server(vec![answer.clone(), answer], 1_000).await;
        let request = Request::get("/").prepare(&target);
        let mut connection = target.connect().await.unwrap();
        connection.send(&request, &[]).await.unwrap();
        assert!(matches!(connection.send(&request, &[]).await, Err(Trouble::Broken(_))));
    }
}
