//! A name server and a web server inside a test.

#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "helpers of tests: what fails here fails the test")]

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};

use hickory_resolver::proto::op::{Message, OpCode, ResponseCode};
use hickory_resolver::proto::rr::rdata::{A, AAAA, TXT};
use hickory_resolver::proto::rr::{RData, Record, RecordType};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UdpSocket};

use crate::{Client, DenyList, Options};

/// A client that may reach this machine, where the servers of tests are.
pub fn client(options: Options) -> Client {
    Client::new(&Options { deny: DenyList::parse([]).unwrap(), ..options }).unwrap()
}

/// What the name server knows about a name.
#[derive(Debug, Clone)]
pub enum Known {
    /// A TXT record.
    Text(String),
    /// Addresses, one after the other: every question gets the next one, and the last one stays.
    Addresses(Vec<IpAddr>),
    /// It fails when it is asked.
    Broken,
}

/// A name server on this machine.
#[derive(Debug)]
pub struct NameServer {
    /// Where it listens.
    pub address: SocketAddr,
    names: Arc<Mutex<Vec<(String, Known)>>>,
}

impl NameServer {
    /// Starts one that knows no names.
    pub async fn start() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let names = Arc::<Mutex<Vec<(String, Known)>>>::default();
        let known = Arc::clone(&names);
        tokio::spawn(async move {
            let mut packet = [0; 4_096];
            while let Ok((length, peer)) = socket.recv_from(&mut packet).await {
                let Ok(question) = Message::from_vec(&packet[..length]) else { continue };
                let answer = answer(&question, &mut known.lock().unwrap());
                let _ = socket.send_to(&answer.to_vec().unwrap(), peer).await;
            }
        });
        Self { address, names }
    }

    /// Makes something known; what was known about that name before is forgotten.
    pub fn set(&self, name: &str, known: Known) {
        let mut names = self.names.lock().unwrap();
        names.retain(|(other, _)| other != name);
        names.push((name.to_owned(), known));
    }
}

fn answer(question: &Message, names: &mut [(String, Known)]) -> Message {
    let mut answer = Message::response(question.metadata.id, OpCode::Query);
    let query = question.queries[0].clone();
    answer.add_query(query.clone());
    let asked = query.name().to_ascii().trim_end_matches('.').to_lowercase();
    let data = match names.iter_mut().find(|(name, _)| *name == asked).map(|(_, known)| known) {
        None => {
            answer.metadata.response_code = ResponseCode::NXDomain;
            None
        }
        Some(Known::Broken) => {
            answer.metadata.response_code = ResponseCode::ServFail;
            None
        }
        Some(Known::Text(text)) if query.query_type() == RecordType::TXT => {
            Some(RData::TXT(TXT::new(vec![text.clone()])))
        }
        Some(Known::Addresses(addresses)) => {
            let data = match (addresses[0], query.query_type()) {
                (IpAddr::V4(address), RecordType::A) => Some(RData::A(A(address))),
                (IpAddr::V6(address), RecordType::AAAA) => Some(RData::AAAA(AAAA(address))),
                _ => None,
            };
            if data.is_some() && addresses.len() > 1 {
                addresses.remove(0);
            }
            data
        }
        Some(Known::Text(_)) => None,
    };
    answer.add_answers(data.map(|data| Record::from_rdata(query.name().clone(), 60, data)));
    answer
}

/// A request that the web server got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Verb and path, such as `GET /`.
    pub line: String,
    /// The body.
    pub body: String,
}

#[derive(Debug, Default)]
struct Site {
    pages: Vec<(String, u16, String)>,
    requests: Vec<Request>,
}

/// A web server on this machine; it closes the connection after every answer.
#[derive(Debug)]
pub struct WebServer {
    /// Where it listens.
    pub address: SocketAddr,
    site: Arc<Mutex<Site>>,
}

impl WebServer {
    /// Starts one without pages.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let site = Arc::<Mutex<Site>>::default();
        let served = Arc::clone(&site);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&served)));
            }
        });
        Self { address, site }
    }

    /// What a path is answered with from now on. Redirects have their target as the body.
    pub fn set(&self, path: &str, status: u16, body: &str) {
        let mut site = self.site.lock().unwrap();
        site.pages.retain(|(other, _, _)| other != path);
        site.pages.push((path.to_owned(), status, body.to_owned()));
    }

    /// An address on it.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The requests so far.
    pub fn requests(&self) -> Vec<Request> {
        self.site.lock().unwrap().requests.clone()
    }
}

async fn serve(mut stream: TcpStream, site: Arc<Mutex<Site>>) {
    let mut text = String::new();
    let mut buffer = [0; 4_096];
    let (head, mut body) = loop {
        match stream.read(&mut buffer).await {
            // 0x16 begins a TLS handshake, which this server does not know.
            Ok(length) if length > 0 && buffer[0] != 0x16 => text.push_str(&String::from_utf8_lossy(&buffer[..length])),
            _ => return,
        }
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            break (head.to_owned(), body.to_owned());
        }
    };
    let length =
        |line: &str| line.to_lowercase().strip_prefix("content-length:").map(|value| value.trim().parse().unwrap());
    let expected: usize = head.lines().find_map(length).unwrap_or_default();
    while body.len() < expected {
        match stream.read(&mut buffer).await {
            Ok(length) if length > 0 => body.push_str(&String::from_utf8_lossy(&buffer[..length])),
            _ => return,
        }
    }
    let line = head.lines().next().unwrap_or_default().rsplit_once(' ').unwrap_or_default().0.to_owned();
    let path = line.split_once(' ').unwrap_or_default().1.to_owned();
    let (status, page) = {
        let mut site = site.lock().unwrap();
        site.requests.push(Request { line, body });
        let page = site.pages.iter().find(|(known, _, _)| *known == path);
        page.map_or((404, String::new()), |(_, status, page)| (*status, page.clone()))
    };
    let location = if (300..400).contains(&status) { format!("location: {page}\r\n") } else { String::new() };
    let answer =
        format!("HTTP/1.1 {status} x\r\n{location}content-length: {}\r\nconnection: close\r\n\r\n{page}", page.len());
    let _ = stream.write_all(answer.as_bytes()).await;
}
