//! HTTP/1.1 messages for a proxy: whole, as bytes, and with a replaceable body.

use std::io;

use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// The end of the head.
const BLANK_LINE: &[u8] = b"\r\n\r\n";

/// A request or an answer.
#[derive(Clone)]
pub struct Message {
    head: String,
    body: Vec<u8>,
}

impl Message {
    /// Reads the next message of a connection; `None` if it was closed.
    ///
    /// Both ends of these tests send the length of the body.
    pub async fn read(stream: &mut (impl AsyncRead + Unpin), rest: &mut Vec<u8>) -> io::Result<Option<Self>> {
        let head_bytes = loop {
            if let Some(at) = rest.windows(BLANK_LINE.len()).position(|window| window == BLANK_LINE) {
                break at + BLANK_LINE.len();
            }
            if stream.read_buf(rest).await? == 0 {
                return Ok(None);
            }
        };
        let head = String::from_utf8_lossy(&rest[..head_bytes]).into_owned();
        let length: usize = header(&head, "content-length").map_or(0, |text| text.parse().expect("a length"));
        while rest.len() < head_bytes + length {
            if stream.read_buf(rest).await? == 0 {
                return Ok(None);
            }
        }
        let after = rest.split_off(head_bytes + length);
        let body = std::mem::replace(rest, after).split_off(head_bytes);
        Ok(Some(Self { head, body }))
    }

    /// An answer of DynamoDB.
    pub fn answer(status: &str, body: &Value) -> Self {
        let body = body.to_string().into_bytes();
        let head = format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        Self { head, body }
    }

    /// The request or status line, and the headers.
    pub fn head(&self) -> &str {
        &self.head
    }

    /// A header by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.head, name)
    }

    /// The body as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("a text")
    }

    /// The body.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("a JSON body")
    }

    /// The same message with another body, and without the old checksum.
    #[must_use]
    pub fn with_body(mut self, body: &Value) -> Self {
        self.body = body.to_string().into_bytes();
        let stale = |line: &&str| {
            let name = line.split(':').next().unwrap_or_default().to_lowercase();
            !line.is_empty() && name != "content-length" && name != "x-amz-crc32"
        };
        let lines: Vec<&str> = self.head.split("\r\n").filter(stale).collect();
        self.head = format!("{}\r\ncontent-length: {}\r\n\r\n", lines.join("\r\n"), self.body.len());
        self
    }

    /// Sends it.
    pub async fn write(&self, stream: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
        stream.write_all(&[self.head.as_bytes(), &self.body].concat()).await?;
        stream.flush().await
    }
}

fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    let mut fields = head.split("\r\n").filter_map(|line| line.split_once(':'));
    fields.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}
