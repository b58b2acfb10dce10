//! Input of extreme shape: the answer is correct, and memory and work grow linearly with its length.
//!
//! Memory and work are counted in allocations, which are reproducible: the peak in bytes relative to the length of the
//! invocation, and how the number grows if the input doubles.

use std::sync::{Arc, LazyLock};

use harness::fixture;
use harness::function::TIME_LEFT;
use mail_feedback::handler::Handler;
use mail_feedback::intake::sns::{Fetcher, TrustStore};
use mail_feedback::timestamp::Timestamp;
use serde_json::{Map, Value, json};
use support::authority::AUTHORITY;
use support::envelope::{lambda_event, notification, sign};
use support::request::{authorization, post};

use crate::attacks::world::{Host, ID};

/// The most bytes of memory per byte of an invocation: the known worst case takes 18, an array of `1` that is searched
/// for readable values. A body has at most 4 MiB.
const PEAK_FACTOR: u64 = 20;
/// The memory that an invocation of any length may take in addition: as much as 10,000 records without content.
const PEAK_BYTES: u64 = 10 * 1024 * 1024;
/// The additional difference allowed between two invocations.
const STEP_BYTES: u64 = 256 * 1024;
/// A report, without its braces.
const REPORT: &str = r#""event":"spam","time":1763600000,"MessageID":5,"email":"a@example.com""#;

/// A function with a DynamoDB that answers at once; shared by all, since its first invocation allocates more.
static HANDLER: LazyLock<Arc<Handler>> = LazyLock::new(|| {
    fixture::custom_handler(|config, clients| {
        config.sns.trust = TrustStore::new(&AUTHORITY.root, "").unwrap();
        config.sns.certificates = None;
        clients.sns = Fetcher::over(Host::genuine());
    })
});

/// The answer and the allocations of one invocation.
struct Run {
    answer: String,
    allocations: u64,
    peak: u64,
    bytes: u64,
}

fn run(payload: &str) -> Run {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut answer = String::new();
    let info = allocation_counter::measure(|| {
        let handled = Arc::clone(&HANDLER).handle(payload, "extreme", TIME_LEFT * 100);
        answer = match runtime.block_on(handled).map(|answer| serde_json::to_value(answer).unwrap()) {
            Err(error) => error.label().to_owned(),
            Ok(answer) if answer["statusCode"].is_null() => answer.to_string(),
            Ok(answer) => format!("{} {}", answer["statusCode"], answer["body"].as_str().unwrap()),
        };
    });
    Run { answer, allocations: info.count_total, peak: info.bytes_max, bytes: payload.len() as u64 }
}

/// Invokes the function with an input of some size and of twice that.
fn grows_with_its_length(name: &str, size: usize, expected: &str, make: impl Fn(usize) -> String) {
    run(&mailjet("[]"));
    let (once, twice) = (run(&make(size)), run(&make(2 * size)));
    for run in [&once, &twice] {
        assert!(run.answer.contains(expected), "{name}: {}", run.answer);
        let most = PEAK_FACTOR * run.bytes + PEAK_BYTES;
        assert!(run.peak <= most, "{name}: {} bytes of memory for {} of input", run.peak, run.bytes);
    }
    let (more, input) = (twice.peak.saturating_sub(once.peak), twice.bytes - once.bytes);
    assert!(more <= PEAK_FACTOR * input + STEP_BYTES, "{name}: {more} bytes of memory more for {input} of input");
    let most = 2 * once.allocations + once.allocations / 5 + 500;
    assert!(twice.allocations <= most, "{name}: {} allocations, then {}", once.allocations, twice.allocations);
}

fn mailjet(body: &str) -> String {
    post("/webhooks/mailjet/example.com", &authorization(), body).to_string()
}

fn tencent(body: &str) -> String {
    post("/webhooks/tencent", &authorization(), body).to_string()
}

fn ses(message: &str) -> String {
    let mut envelope = notification(message, ID, Timestamp::now());
    sign(&mut envelope, &AUTHORITY);
    lambda_event(&envelope).to_string()
}

/// Wraps a text in an invocation that brings it to a provider's parser.
type Route = (&'static str, fn(&str) -> String);

const PARSERS: [Route; 3] = [("mailjet", mailjet), ("tencent", tencent), ("ses", ses)];

fn list(size: usize, item: impl Fn(usize) -> String) -> String {
    (0..size).map(item).collect::<Vec<_>>().join(",")
}

#[test]
fn nesting_of_any_depth() {
    let lists = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    let objects = |depth: usize| format!("{}1{}", r#"{"detail":"#.repeat(depth), "}".repeat(depth));
    for (name, door) in PARSERS {
        grows_with_its_length(name, 50_000, "1", |size| door(&lists(size)));
        grows_with_its_length(name, 50_000, "1", |size| door(&format!("{{{REPORT},\"x\":{}}}", lists(size))));
        grows_with_its_length(name, 50_000, "1", |size| door(&objects(size)));
    }
    // As deep as JSON is read at all, and each level is an event within an event.
    let within = r#"{"detail-type":"Email Bounced","detail":"#;
    grows_with_its_length("detail", 63, "1", |size| ses(&format!("{}1{}", within.repeat(size), "}".repeat(size))));
    grows_with_its_length("an invocation", 50_000, "invocation", lists);
    grows_with_its_length("records", 50_000, "invocation", |size| format!("{{\"Records\":{}}}", lists(size)));
    grows_with_its_length("no end", 50_000, "400 ", |size| mailjet(&"[".repeat(size)));
}

#[test]
fn numbers_of_any_length() {
    for (name, door) in PARSERS {
        for (before, after) in [("", ""), ("-", ".5"), ("0.", ""), ("1e", ""), ("1e-", "")] {
            for field in ["time", "timestamp", "Payload"] {
                grows_with_its_length(name, 10_000, "1", |size| {
                    door(&format!("{{\"event\":\"open\",\"{field}\":{before}{}{after}}}", "9".repeat(size)))
                });
            }
        }
    }
}

#[test]
fn texts_of_four_megabytes() {
    for (field, size) in [("email", 2_000_000), ("comment", 500_000), ("url", 500_000), ("MessageID", 500_000)] {
        grows_with_its_length(field, size, "200 {\"events\":1}", |size| {
            mailjet(&format!("{{\"event\":\"bounce\",\"{field}\":\"{}\"}}", "x".repeat(size)))
        });
    }
    for (name, door) in PARSERS {
        grows_with_its_length(name, 200_000, "1", |size| door(&format!("[\"{}\"]", "Ö".repeat(size))));
        // Half of a surrogate pair, and a NUL: neither may lose the event's other fields, nor take any time.
        for text in [r"\ud83d", r"\u0000", r"\\", "\u{fdfa}"] {
            grows_with_its_length(name, 20_000, "1", |size| {
                door(&format!("{{\"event\":\"click\",\"url\":\"{0}\",\"link\":\"{0}\"}}", text.repeat(size)))
            });
        }
    }
    grows_with_its_length("too long", 5_000_000, "413 ", |size| mailjet(&" ".repeat(size)));
}

#[test]
fn arrays_of_a_hundred_thousand_elements() {
    let equal = run(&mailjet(&format!("[{}]", list(100_000, |_| "1".into()))));
    assert!(equal.answer.starts_with("200 ") && equal.peak <= PEAK_FACTOR * equal.bytes, "{}", equal.peak);
    grows_with_its_length("equal elements", 5_000, "200 ", |size| {
        mailjet(&format!("[{}]", list(size, |_| "1".into())))
    });
    grows_with_its_length("other elements", 2_000, "200 ", |size| {
        tencent(&format!("[{}]", list(size, |n| n.to_string())))
    });
    for (name, door) in PARSERS {
        for field in ["x", "email", "recipients"] {
            grows_with_its_length(name, 50_000, "1", |size| {
                door(&format!("{{\"event\":\"open\",\"{field}\":[{}]}}", list(size, |_| "1".into())))
            });
        }
        // With an unreadable value, all of it is searched again.
        grows_with_its_length(name, 20_000, "1", |size| {
            door(&format!("{{\"event\":1e999,\"x\":[{}]}}", list(size, |_| "1".into())))
        });
    }
}

#[test]
fn a_hundred_thousand_keys() {
    grows_with_its_length("keys next to a broken value", 50_000, "200 ", |size| {
        mailjet(&format!("{{\"event\":1e999,{}}}", list(size, |n| format!("\"k{n}\":1"))))
    });
    for (name, door) in PARSERS {
        for beside in ["", "\"event\":1e999,", "\"x\":1,\"x\":2,"] {
            grows_with_its_length(name, 5_000, "1", |size| {
                door(&format!("{{{beside}{REPORT},{}}}", list(size, |n| format!("\"k{n}\":1"))))
            });
            grows_with_its_length(name, 5_000, "1", |size| {
                door(&format!("{{{beside}{REPORT},{}}}", list(size, |_| "\"time\":1".into())))
            });
        }
    }
    grows_with_its_length("echoed headers", 5_000, "200 ", |size| {
        tencent(&format!("{{{REPORT},{}}}", list(size, |n| format!("\"X-TencentCloudSES-CB-{n}\":1"))))
    });
    grows_with_its_length("headers", 20_000, "401 ", |size| {
        let headers: Map<String, Value> = (0..size).map(|n| (n.to_string(), "v".into())).collect();
        json!({"httpMethod": "POST", "path": "/webhooks/mailjet", "headers": headers, "body": "[]"}).to_string()
    });
}

#[test]
fn very_many_records() {
    for record in ["{}", r#"{"eventSource":"aws:sqs","messageId":"m","body":""}"#, r#"{"EventSource":"aws:sns"}"#] {
        grows_with_its_length(record, 20_000, "invocation", |size| {
            format!("{{\"Records\":[{}]}}", list(size, |_| record.into()))
        });
    }
    let message = |n: usize| format!(r#"{{"eventSource":"aws:sqs","messageId":"m{n}","body":"{n}"}}"#);
    grows_with_its_length("messages", 1_000, "m999", |size| format!("{{\"Records\":[{}]}}", list(size, message)));
    let genuine: Value = serde_json::from_str(&ses("7")).unwrap();
    let genuine = genuine["Records"][0].to_string();
    grows_with_its_length("one fact again and again", 500, "{\"events\":1}", |size| {
        format!("{{\"Records\":[{}]}}", list(size, |_| genuine.clone()))
    });
}

/// The messages of a batch are recorded as one, but not all of their events are in memory at once.
#[test]
fn very_many_messages_and_very_many_events() {
    let envelope = |message: &str| {
        let mut envelope = notification(message, ID, Timestamp::now());
        sign(&mut envelope, &AUTHORITY);
        Value::from(envelope.to_string()).to_string()
    };
    let record = |n: usize, body: &str| format!(r#"{{"eventSource":"aws:sqs","messageId":"m{n}","body":{body}}}"#);
    let batch = |size: usize, bodies: &[String]| {
        format!("{{\"Records\":[{}]}}", list(size, |n| record(n, &bodies[n % bodies.len()])))
    };
    let one = [envelope(r#"{"eventType":"Open","mail":{"destination":["a@example.com"]}}"#)];
    grows_with_its_length("one fact in every message", 1_000, "[]", |size| batch(size, &one));
    let names = |from: usize| list(100, |n| format!("\"a{}@b.c\"", from + n));
    let send = |nth: usize| format!(r#"{{"eventType":"Send","mail":{{"destination":[{}]}}}}"#, names(100 * nth));
    let different: Vec<String> = (0..100).map(|nth| envelope(&send(nth))).collect();
    grows_with_its_length("a hundred recipients in every message", 50, "[]", |size| batch(size, &different));
}

/// What all recipients of a report share is also long: with one event each, the memory would be the product.
#[test]
fn very_many_recipients_of_one_report() {
    let names = |size: usize| list(size, |n| format!("\"a{n}@b.c\""));
    let objects = |size: usize| list(size, |n| format!("{{\"emailAddress\":\"a{n}@b.c\"}}"));
    let shared = |size: usize| "x".repeat(1_000 * size);
    let send = |size: usize| {
        format!(
            r#"{{"eventType":"Send","mail":{{"destination":[{}],"tags":{{"a":["{}"]}}}}}}"#,
            names(size),
            shared(size)
        )
    };
    let delivery = |size: usize| {
        format!(
            r#"{{"eventType":"Delivery","delivery":{{"recipients":[{}],"smtpResponse":"{}"}}}}"#,
            names(size),
            shared(size)
        )
    };
    let delay = |size: usize| {
        format!(
            r#"{{"eventType":"DeliveryDelay","deliveryDelay":{{"delayedRecipients":[{}],"delayType":"{}"}}}}"#,
            objects(size),
            shared(size)
        )
    };
    let click = |size: usize| {
        format!(
            r#"{{"eventType":"Click","click":{{"link":"{0}","linkTags":{{"a":["{0}"]}}}},"mail":{{"destination":[{1}]}}}}"#,
            shared(size),
            names(size)
        )
    };
    let subscription = |size: usize| {
        let topics = list(size, |n| format!("{{\"topicName\":\"t{n}\",\"subscriptionStatus\":\"OptOut\"}}"));
        format!(
            r#"{{"eventType":"Subscription","mail":{{"messageId":"{}"}},
            "subscription":{{"contactList":"l","newTopicPreferences":{{"topicSubscriptionStatus":[{topics}]}}}}}}"#,
            shared(size)
        )
    };
    let bounce = |size: usize| {
        format!(
            r#"{{"eventType":"Complaint","complaint":{{"complainedRecipients":[{}],"userAgent":"{}"}},
            "mail":{{"destination":[{}]}}}}"#,
            objects(size),
            shared(size),
            names(size)
        )
    };
    for size in [100, 5_000] {
        // Up to the bound each is an event; above it all are one.
        let expected = if size == 100 { "0}" } else { "{\"events\":1}" };
        let reports: [(&str, &dyn Fn(usize) -> String); 6] = [
            ("send", &send),
            ("delivery", &delivery),
            ("delay", &delay),
            ("click", &click),
            ("subscription", &subscription),
            ("complaint", &bounce),
        ];
        for (name, report) in reports {
            let short =
                |count: usize| if size == 100 { report(count) } else { report(count).replace(&shared(count), "") };
            grows_with_its_length(name, size, expected, |count| ses(&short(count)));
        }
    }
}

/// What all recipients share is also numerous: processed for each recipient, the work would be the product.
#[test]
fn very_many_recipients_and_very_many_tags() {
    let names = |size: usize| list(size, |n| format!("\"a{n}@b.c\""));
    let objects = |size: usize| list(size, |n| format!("{{\"emailAddress\":\"a{n}@b.c\"}}"));
    let tags = |size: usize| list(20 * size, |n| format!("\"t{n}\":[\"v\"]"));
    let mail = |size: usize| format!(r#""mail":{{"destination":[{}],"tags":{{{}}}}}"#, names(size), tags(size));
    grows_with_its_length("send", 200, "0}", |size| ses(&format!(r#"{{"eventType":"Send",{}}}"#, mail(size))));
    grows_with_its_length("click", 200, "0}", |size| {
        let click = format!(r#""click":{{"link":"l","linkTags":{{{}}}}}"#, tags(size));
        ses(&format!(r#"{{"eventType":"Click",{click},"mail":{{"destination":[{}]}}}}"#, names(size)))
    });
    for (name, body, field) in [
        ("Bounce", "bounce", "bouncedRecipients"),
        ("Complaint", "complaint", "complainedRecipients"),
        ("DeliveryDelay", "deliveryDelay", "delayedRecipients"),
    ] {
        grows_with_its_length(name, 200, "0}", |size| {
            let body = format!(r#""{body}":{{"bounceType":"Permanent","{field}":[{}]}}"#, objects(size));
            ses(&format!(r#"{{"eventType":"{name}",{body},{}}}"#, mail(size)))
        });
    }
    grows_with_its_length("delivery", 200, "0}", |size| {
        let body = format!(r#""delivery":{{"recipients":[{}]}}"#, names(size));
        ses(&format!(r#"{{"eventType":"Delivery",{body},{}}}"#, mail(size)))
    });
    grows_with_its_length("subscription", 200, "0}", |size| {
        let topics = list(size, |n| format!("{{\"topicName\":\"t{n}\",\"subscriptionStatus\":\"OptOut\"}}"));
        let body = format!(r#""subscription":{{"newTopicPreferences":{{"topicSubscriptionStatus":[{topics}]}}}}"#);
        ses(&format!(r#"{{"eventType":"Subscription",{body},"mail":{{"tags":{{{}}}}}}}"#, tags(size)))
    });
}

/// Processing a domain takes more than linear time, so only a limited length is examined.
#[test]
fn domains_and_local_parts_that_grow_when_normalized() {
    let han: String = (0x4e00..0x4e00 + 300).filter_map(char::from_u32).collect();
    let domains =
        ["\u{fdfa}".repeat(330), han, format!("xn--{}", "a9b0".repeat(240)), "\u{ad}".repeat(500), "é.".repeat(330)];
    let locals = ["\u{301}\u{323}".repeat(240), "\u{130}".repeat(500), "\u{3a3}".repeat(500)];
    let addresses =
        domains.iter().map(|domain| format!("@{domain}.c")).chain(locals.map(|local| format!("{local}@b.c")));
    for address in addresses {
        grows_with_its_length(&address, 20, "200 ", |size| {
            mailjet(&format!("[{}]", list(size, |n| format!("{{\"event\":\"open\",\"email\":\"a{n}{address}\"}}"))))
        });
    }
    // Beyond the length of any address, nothing is examined.
    grows_with_its_length("a long local part", 500_000, "200 ", |size| {
        mailjet(&format!("{{\"event\":\"open\",\"email\":\"{}@b.c\"}}", "\u{1d2b}".repeat(size)))
    });
}
