//! The floor on this machine: what the parts cost of which a request is made, with nothing of the server around them.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256};
use bytes::Bytes;
use http::Response;
use http_body_util::Full;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::connection::{Prepared, Target};
use crate::drive::{Plan, drive};
use crate::failure::{Failure, Result};
use crate::scenario::Scenario;

/// An answer about as long as that of `orgs_me_rest`.
const ANSWER: &[u8] = &[b'x'; 270];

/// Answers per second of a server that does nothing, driven over HTTP/1.1 as scenarios are.
pub async fn empty_server(plan: &Plan) -> Result<f64> {
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(|cause| Failure::of("no port is free", cause))?;
    let address = listener.local_addr().map_err(|cause| Failure::of("the port has no address", cause))?;
    let server = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // Without it the floor would be that of delayed packets.
            let _ = stream.set_nodelay(true);
            let answer =
                service_fn(|_| async { Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(ANSWER)))) });
            tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), answer));
        }
    });
    let target = Target::parse(&format!("http://{address}"), false)?;
    let scenario = Arc::new(Scenario::Fixed(vec![Prepared::get("/")]));
    let measured = drive(&target, scenario, plan, || ()).await;
    server.abort();
    Ok(measured?.per_second())
}

/// How often something can be done in a second by one thread.
fn per_second(mut work: impl FnMut() -> Result<()>) -> Result<f64> {
    let (begin, mut times) = (Instant::now(), 0_u32);
    while begin.elapsed() < Duration::from_secs(1) {
        work()?;
        times += 1;
    }
    Ok(f64::from(times) / begin.elapsed().as_secs_f64())
}

/// RSA signatures per second: SHA-256, 2048 bits.
pub fn rs256() -> Result<f64> {
    let failed = |cause| Failure::of("RSA", cause);
    let (key, random) = (KeyPair::generate(KeySize::Rsa2048).map_err(failed)?, SystemRandom::new());
    let mut signature = vec![0; key.public_modulus_len()];
    per_second(|| key.sign(&RSA_PKCS1_SHA256, &random, ANSWER, &mut signature).map_err(failed))
}

/// ECDSA signatures per second: SHA-256, P-256.
pub fn es256() -> Result<f64> {
    let failed = |cause| Failure::of("ECDSA", cause);
    let (key, random) =
        (EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(failed)?, SystemRandom::new());
    per_second(|| key.sign(&random, ANSWER).map(drop).map_err(failed))
}

/// Durable SQLite commits per second with this many rows in each, one after the other.
pub fn commits(rows: u32) -> Result<f64> {
    let failed = |cause: rusqlite::Error| Failure::of("SQLite", cause);
    let directory = tempfile::tempdir_in(".").map_err(|cause| Failure::of("no file can be written here", cause))?;
    let mut connection = rusqlite::Connection::open(directory.path().join("floor.db")).map_err(failed)?;
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE t (id INTEGER PRIMARY KEY, value TEXT)",
        )
        .map_err(failed)?;
    let value = "x".repeat(400);
    per_second(|| {
        let transaction = connection.transaction().map_err(failed)?;
        for _ in 0..rows {
            let mut insert = transaction.prepare_cached("INSERT INTO t (value) VALUES (?1)").map_err(failed)?;
            insert.execute([&value]).map_err(failed)?;
        }
        transaction.commit().map_err(failed)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(rate: Option<f64>) -> Plan {
        Plan { connections: 2, warm_up: Duration::ZERO, duration: Duration::from_millis(500), rate }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_server_is_driven_as_fast_as_it_answers_or_at_a_rate() {
        assert!(empty_server(&plan(None)).await.unwrap() > 0.0);
        let paced = empty_server(&plan(Some(100.0))).await.unwrap();
        assert!(paced > 0.0 && paced <= 110.0, "{paced}");
    }

    #[test]
    fn the_parts_of_a_request_can_be_measured() {
        assert!(es256().unwrap() > 0.0 && commits(3).unwrap() > 0.0);
    }
}
