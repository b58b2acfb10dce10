//! The pages on this machine, over HTTP: who is answered, and who may change anything.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use harness::function::recording;
use mail_feedback::event::{Kind, Ruling};
use mail_feedback::local::view::ViewServer;
use support::database::{Database, SUPPRESSIONS};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::world::{complaint, event, noon, recorder, words};
use mail_feedback::store::TimeLimits;

struct Site {
    address: SocketAddr,
    database: Database,
}

struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Site {
    async fn new() -> Self {
        let database = Database::start().await;
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        ViewServer::start(listener, database.client.clone(), recording()).unwrap();
        Self { address, database }
    }

    /// Sends a request with these header lines besides `Host`.
    async fn send(&self, method: &str, target: &str, headers: &str, body: &str) -> Answer {
        let host = format!("Host: {}\r\n", self.address);
        let host = if headers.contains("Host:") { "" } else { host.as_str() };
        let length = body.len();
        let request = format!(
            "{method} {target} HTTP/1.1\r\n{host}{headers}Connection: close\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
    }

    async fn get(&self, target: &str) -> Answer {
        self.send("GET", target, "", "").await
    }

    async fn record(&self, events: &[mail_feedback::event::EmailEvent]) {
        let recorded = recorder(&self.database).record(vec![events.to_vec()], noon(), TimeLimits::default()).await;
        recorded.whole().unwrap();
    }

    async fn is_lifted(&self) -> bool {
        let records = self.database.scan(SUPPRESSIONS).await;
        records.values().any(|record| format!("{record:?}").contains("lifted"))
    }
}

/// The value of a hidden field of a page.
fn hidden(page: &str, name: &str) -> String {
    let start = format!("name=\"{name}\" value=\"");
    let (_, rest) = page.split_once(&start).unwrap_or_else(|| panic!("no {name} in {page}"));
    rest.split_once('"').unwrap().0.to_owned()
}

#[tokio::test]
async fn every_answer_has_the_headers_of_a_page_that_runs_nothing() {
    let site = Site::new().await;
    for target in ["/", "/address?address=jane%40example.com", "/message", "/overview?span=7d", "/failures", "/nothing"]
    {
        let answer = site.get(target).await;
        assert_eq!(answer.status, if target == "/nothing" { 404 } else { 200 }, "{target}");
        let csp = answer.head.lines().find_map(|line| line.strip_prefix("content-security-policy: ")).unwrap();
        assert!(csp.starts_with("default-src 'none'; style-src 'sha256-") && !csp.contains("unsafe"), "{csp}");
        for demand in ["form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"] {
            assert!(csp.contains(demand), "{csp}");
        }
        for header in ["cache-control: no-store", "x-content-type-options: nosniff", "referrer-policy: same-origin"] {
            assert!(answer.head.contains(header), "{target}: {header}");
        }
        assert!(!answer.body.contains("<script") && !answer.body.contains(" style="), "{target}");
    }
}

#[tokio::test]
async fn another_host_is_refused() {
    let site = Site::new().await;
    for host in ["Host: evil.example\r\n", "Host: 127.0.0.1\r\n"] {
        let answer = site.send("GET", "/", host, "").await;
        assert_eq!((answer.status, answer.body.contains("name=\"address\"")), (421, false), "{host}");
    }
    let name = format!("Host: localhost:{}\r\n", site.address.port());
    assert_eq!(site.send("GET", "/", &name, "").await.status, 200);
}

#[tokio::test]
async fn only_a_form_of_these_pages_changes_anything() {
    let site = Site::new().await;
    site.record(&[complaint("2026-11-16T08:01:59.000Z")]).await;
    let lift = "action=lift&address=jane%40example.com&scope=*&reason=complaint&actor=ann";
    let form = site.get(&format!("/decide?{lift}")).await;
    let token = hidden(&form.body, "token");
    let review = site.send("POST", "/decide", "", &format!("token={token}&step=review&{lift}")).await;
    assert_eq!(review.status, 200, "{}", review.body);
    let seen = hidden(&review.body, "seen");
    let write = format!("step=write&seen={seen}&{lift}");
    let whole = format!("token={token}&{write}");
    for (headers, body, expected) in [
        ("", write.clone(), 403),
        ("", format!("token=x&{write}"), 403),
        ("Origin: https://evil.example\r\n", whole.clone(), 403),
        ("Origin: null\r\n", whole.clone(), 403),
        ("Sec-Fetch-Site: cross-site\r\n", whole.clone(), 403),
    ] {
        assert_eq!(site.send("POST", "/decide", headers, &body).await.status, expected, "{headers}{body}");
    }
    let got = site.get(&format!("/decide?{whole}")).await;
    assert_eq!((got.status, words(&got.body).contains("Lifted")), (200, false), "a link changes nothing");
    assert_eq!(site.send("PUT", "/decide", "", &whole).await.status, 405);
    let large = format!("{whole}&x={}", "x".repeat(20_000));
    assert_eq!(site.send("POST", "/decide", "", &large).await.status, 413);
    assert!(!site.is_lifted().await);
    let origin = format!("Origin: http://{}\r\nSec-Fetch-Site: same-origin\r\n", site.address);
    let done = site.send("POST", "/decide", &origin, &whole).await;
    assert!(words(&done.body).contains("Lifted complaint for * ."), "{}", done.body);
    assert!(site.is_lifted().await);
}

#[tokio::test]
async fn an_overview_counts_what_arrived_in_this_run() {
    let site = Site::new().await;
    // Years ago by its own time.
    site.record(&[
        event(Ruling::of(Kind::Delivered), "2020-01-01T00:00:00.000Z"),
        complaint("2020-01-02T00:00:00.000Z"),
    ])
    .await;
    for _ in 0..100 {
        let said = words(&site.get("/overview").await.body);
        if said.contains("Event complained Number 1") {
            for expected in
                ["Amazon SES", "Event delivered Number 1", "Reason complaint Number 1", "Domain example.com Number 2"]
            {
                assert!(said.contains(expected), "{expected:?} is missing in:\n{said}");
            }
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the events were never counted");
}

#[tokio::test]
async fn new_events_appear_as_they_come_in() {
    let site = Site::new().await;
    site.record(&[complaint("2026-11-16T08:01:59.000Z")]).await;
    // The first look takes what is there.
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let mut stream = TcpStream::connect(site.address).await.unwrap();
    let request = format!("GET /live?address=Jane%40example.com HTTP/1.1\r\nHost: {}\r\n\r\n", site.address);
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut page = String::new();
    read_until(&mut stream, &mut page, "<tbody>").await;
    let mut other = complaint("2026-11-17T08:01:59.000Z");
    other.recipient = Some(mail_feedback::event::Recipient::parse("other@example.com"));
    site.record(&[other]).await;
    site.record(&[event(Ruling::of(Kind::Opened), "2026-11-18T08:01:59.000Z")]).await;
    read_until(&mut stream, &mut page, "opened").await;
    assert!(!page.contains("complained") && !page.contains("other@example.com"), "{page}");
    assert!(page.contains("<a href=\"/address?address=jane%40example%2Ecom\">"), "{page}");
}

async fn read_until(stream: &mut TcpStream, page: &mut String, wanted: &str) {
    let mut buffer = [0_u8; 8_192];
    while !page.contains(wanted) {
        let read = tokio::time::timeout(Duration::from_secs(20), stream.read(&mut buffer)).await;
        let read = read.unwrap_or_else(|_| panic!("{wanted} never came:\n{page}")).unwrap();
        assert!(read > 0, "the page ended:\n{page}");
        page.push_str(&String::from_utf8_lossy(&buffer[..read]));
    }
}
