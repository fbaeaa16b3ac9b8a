//! What the tests and the screenshots share: an application at an address, and Chromium under WebDriver.

mod app;
mod browser;
mod driver;
mod tls;

pub use app::App;
pub use browser::{Browser, Device, Reply};
