//! What the tests and the screenshots share: an application at an address, and Chromium under WebDriver.

mod app;
mod browser;
mod driver;

/// As the example `devices` has it.
#[path = "../../../examples/devices/tls.rs"]
mod tls;

pub use app::App;
pub use browser::{Browser, Device, Reply};
