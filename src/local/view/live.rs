//! The page of new events: an answer that goes on as long as somebody reads it.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::Response;
use futures_util::stream;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use super::arrivals::Arrivals;
use super::guard::respond;
use crate::address::Address;
use crate::lookup::item::{Item, text};
use crate::timestamp::Timestamp;
use crate::view::{View, live_end, live_gap, live_row, live_start};

/// How many events one page shows.
const ROWS: u32 = 1_000;

/// A page in the making.
struct Following {
    news: Receiver<Arc<Item>>,
    address: Option<String>,
    view: View,
    state: State,
}

/// What comes next.
enum State {
    Start,
    Rows(u32),
    End,
}

/// Answers with the events to come, of one address if it is given.
pub(super) fn answer(arrivals: &Arrivals, address: Option<String>, view: View) -> Response {
    let address = address.map(|address| Address::parse(&address).map_or(address, |key| key.as_str().to_owned()));
    let following = Following { news: arrivals.news(), address, view, state: State::Start };
    let parts = stream::unfold(following, |mut following| async move {
        let part = following.next().await?;
        Some((Ok::<_, Infallible>(part), following))
    });
    respond(StatusCode::OK, Body::from_stream(parts))
}

impl Following {
    /// The next part of the page; `None` after the last.
    async fn next(&mut self) -> Option<String> {
        match self.state {
            State::Start => {
                self.state = State::Rows(0);
                Some(live_start(self.address.as_deref(), &self.view))
            }
            State::Rows(rows) if rows < ROWS => Some(self.row(rows).await),
            State::Rows(_) => Some(self.end()),
            State::End => None,
        }
    }

    async fn row(&mut self, rows: u32) -> String {
        loop {
            match self.news.recv().await {
                Ok(item) if self.concerns(&item) => {
                    self.state = State::Rows(rows.saturating_add(1));
                    return live_row(&item, &self.view);
                }
                Ok(_) => {}
                Err(RecvError::Lagged(missed)) => {
                    self.state = State::Rows(rows.saturating_add(1));
                    return live_gap(missed, &self.view);
                }
                Err(RecvError::Closed) => return self.end(),
            }
        }
    }

    fn concerns(&self, item: &Item) -> bool {
        self.address.as_deref().is_none_or(|address| text(item, "address") == Some(address))
    }

    fn end(&mut self) -> String {
        self.state = State::End;
        live_end(&self.view, Timestamp::now())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use aws_sdk_dynamodb::types::AttributeValue;
    use tokio::sync::broadcast;

    use super::{Following, Item, State};
    use crate::view::{Home, Reader, View, Zone};

    #[tokio::test]
    async fn events_that_came_too_fast_are_said_to_be_missing() {
        let sender = broadcast::Sender::new(2);
        let home = Home::Browser { token: String::new() };
        let view = View { home, reader: Reader::new("en", Zone::fixed("")), actor: None };
        let mut following = Following { news: sender.subscribe(), address: None, view, state: State::Rows(0) };
        for kind in ["sent", "opened", "clicked", "delivered", "bounced"] {
            let item = Item::from([("kind".to_owned(), AttributeValue::S(kind.to_owned()))]);
            sender.send(Arc::new(item)).unwrap();
        }
        let parts = [following.next().await, following.next().await, following.next().await].map(Option::unwrap);
        assert!(parts[0].contains("Here 3 events are missing"), "{parts:?}");
        assert!(parts[1].contains("delivered") && parts[2].contains("bounced"), "{parts:?}");
    }
}
