//! Sends requests straight into each variant's service, without sockets, and takes medians of interleaved rounds.

mod actix;
mod case;
mod client;
mod cookies;
mod lane;
mod rounds;

pub use self::actix::ActixClient;
pub use self::case::CASES;
pub use self::client::{AxumClient, Client, request};
pub use self::lane::Lane;
pub use self::rounds::{interleaved, median, median_of_each, medians};

/// A runtime on this thread alone.
pub fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
}
