//! What the tests share: an application at an address, and Chromium under WebDriver.

mod app;
mod browser;
mod driver;

pub(crate) use app::App;
pub(crate) use browser::Browser;
