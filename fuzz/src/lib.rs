//! What is fuzzed: [`targets`] says what must hold for any input. The tests run the committed corpus through the same.

/// What the tests have, too: an authority that signs, and the shapes of requests.
#[allow(dead_code, reason = "the tests use more of it")]
#[path = "../../tests/support"]
mod support {
    pub mod authority;
    pub mod envelope;
    pub mod request;
    pub mod size;
    pub mod wired;
}

pub mod targets;
