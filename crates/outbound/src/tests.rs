use std::net::IpAddr;
use std::time::Duration;

use crate::testing::{Known, NameServer, WebServer, client};
use crate::{Client, DenyList, Failure, Options};

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn this_machine_private_networks_and_metadata_services_are_denied_by_default() {
    let list = DenyList::default();
    for denied in [
        "127.0.0.1",
        "127.9.9.9",
        "0.0.0.0",
        "10.1.2.3",
        "172.31.255.255",
        "192.168.0.1",
        "169.254.169.254",
        "100.100.100.200",
        "255.255.255.255",
        "::1",
        "::",
        "fd00:ec2::254",
        "fe80::1",
        "::ffff:127.0.0.1",
        "::127.0.0.1",
        "64:ff9b::10.0.0.1",
        "2002:7f00:1::",
    ] {
        assert!(list.denies_address(address(denied)), "{denied}");
    }
    for allowed in ["93.184.216.34", "172.32.0.1", "2606:2800:220:1::1", "64:ff9b::93.184.216.34"] {
        assert!(!list.denies_address(address(allowed)), "{allowed}");
    }
    assert!(list.denies_name("LOCALHOST.") && list.denies_name("app.localhost") && !list.denies_name("notlocalhost"));
}

#[test]
fn a_configured_list_stands_in_the_place_of_the_default_one() {
    let list = DenyList::parse(["internal.example", "203.0.113.0/24", "2001:db8::1"]).unwrap();
    assert!(list.denies_name("db.Internal.example") && !list.denies_name("localhost"));
    assert!(list.denies_address(address("203.0.113.9")) && list.denies_address(address("2001:db8::1")));
    assert!(!list.denies_address(address("127.0.0.1")));
    assert_eq!(DenyList::parse(["10.0.0.0/99"]), Err("10.0.0.0/99".to_owned()));
    assert_eq!(DenyList::parse([""]), Err(String::new()));
    assert_eq!(DenyList::parse(["10.0.0.300"]), Err("10.0.0.300".to_owned()));
}

#[tokio::test]
async fn denied_addresses_are_refused_however_they_are_written() {
    let web = WebServer::start().await;
    let client = Client::new(&Options::default()).unwrap();
    let port = web.address.port();
    for host in ["127.0.0.1", "localhost", "LocalHost.", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "[::1]"] {
        let failure = client.get(&format!("http://{host}:{port}/"), 100).await.unwrap_err();
        assert!(matches!(failure, Failure::Denied(_)), "{host}: {failure}");
    }
    assert!(web.requests().is_empty());
}

#[tokio::test]
async fn only_http_and_https_without_credentials_are_spoken() {
    let client = client(Options::default());
    for address in
        ["ftp://a.example/", "file:///etc/passwd", "gopher://a", "http://u:p@a.example/", "//a.example", "http://"]
    {
        assert!(matches!(client.get(address, 100).await, Err(Failure::Address(_))), "{address}");
    }
}

#[tokio::test]
async fn a_name_that_leads_to_a_denied_address_is_refused_even_when_it_was_good_a_moment_ago() {
    let (names, web) = (NameServer::start().await, WebServer::start().await);
    web.set("/", 200, "inside");
    let port = web.address.port();
    let deny = DenyList::parse(["10.0.0.0/8"]).unwrap();
    let client = Client::new(&Options { deny, name_servers: vec![names.address], ..Options::default() }).unwrap();
    names.set("rebinding.example", Known::Addresses(vec![address("127.0.0.1"), address("10.0.0.1")]));
    let request = format!("http://rebinding.example:{port}/");
    assert_eq!(client.get(&request, 100).await.unwrap().body, "inside");
    assert!(matches!(client.get(&request, 100).await, Err(Failure::Denied(name)) if name == "rebinding.example"));
    assert!(matches!(client.get("http://unknown.example/", 100).await, Err(Failure::Unknown(_))));
}

#[tokio::test]
async fn where_an_address_leads_is_told_without_a_request() {
    let (names, web) = (NameServer::start().await, WebServer::start().await);
    let deny = DenyList::parse(["10.0.0.0/8", "inside.example"]).unwrap();
    let client = Client::new(&Options { deny, name_servers: vec![names.address], ..Options::default() }).unwrap();
    names.set("good.example", Known::Addresses(vec![address("127.0.0.1")]));
    names.set("bad.example", Known::Addresses(vec![address("10.0.0.1")]));
    names.set("broken.example", Known::Broken);
    for good in ["http://127.0.0.1/", "https://good.example/logout", "http://[::1]/"] {
        client.look(good).await.unwrap();
    }
    for bad in ["http://10.1.2.3/", "https://bad.example", "http://a.inside.example/", "http://0x0a.1/"] {
        assert!(matches!(client.look(bad).await, Err(Failure::Denied(_))), "{bad}");
    }
    assert!(matches!(client.look("http://unknown.example/").await, Err(Failure::Unknown(_))));
    assert!(matches!(client.look("http://broken.example/").await, Err(Failure::Lookup { .. })));
    assert!(matches!(client.look("nowhere").await, Err(Failure::Address(_))));
    assert!(web.requests().is_empty());
}

#[tokio::test]
async fn redirects_are_answers_and_are_not_followed() {
    let web = WebServer::start().await;
    web.set("/", 302, &web.url("/inside"));
    web.set("/inside", 200, "secret");
    let answer = client(Options::default()).get(&web.url("/"), 1_000).await.unwrap();
    assert_eq!((answer.status, answer.is_success()), (302, false));
    assert_eq!(web.requests().len(), 1);
}

#[tokio::test]
async fn answers_are_bounded_in_size_and_time() {
    let web = WebServer::start().await;
    web.set("/", 200, &"x".repeat(101));
    let short = client(Options { timeout: Duration::from_millis(200), ..Options::default() });
    assert!(matches!(short.get(&web.url("/"), 100).await, Err(Failure::TooLarge(100))));
    assert_eq!(short.get(&web.url("/"), 101).await.unwrap().body.len(), 101);
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/", silent.local_addr().unwrap());
    assert!(matches!(short.get(&address, 100).await, Err(Failure::Timeout(_))));
}

#[tokio::test]
async fn documents_are_posted_as_json() {
    let web = WebServer::start().await;
    web.set("/hook", 204, "");
    let document = serde_json::json!({"usage": 5});
    assert!(client(Options::default()).post_json(&web.url("/hook"), &document, 100).await.unwrap().is_success());
    let requests = web.requests();
    assert_eq!((requests[0].line.as_str(), requests[0].body.as_str()), ("POST /hook", r#"{"usage":5}"#));
}

#[tokio::test]
async fn text_records_are_looked_up_anew_every_time() {
    let names = NameServer::start().await;
    let client = client(Options { name_servers: vec![names.address], ..Options::default() });
    assert!(client.txt("_challenge.acme.example").await.unwrap().is_empty());
    names.set("_challenge.acme.example", Known::Text("token".into()));
    assert_eq!(client.txt("_challenge.acme.example").await.unwrap(), ["token"]);
    names.set("_challenge.acme.example", Known::Broken);
    assert!(matches!(client.txt("_challenge.acme.example").await, Err(Failure::Lookup { .. })));
}
