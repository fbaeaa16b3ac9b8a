//! Round trips and bytes of single requests.

use std::time::Duration;

use super::proxy;
use super::server::Recipe;
use crate::Failure;
use crate::load::visitor::visit;
use crate::load::{Server, cookies};

/// Single requests of each variant and case, counted one by one.
const COUNTED: usize = 100;

pub fn run(recipe: &Recipe, names: &[&str], database: u16) -> Result<(), Failure> {
    const CASES: [(&str, &str, Option<&str>); 5] = [
        ("read", "/read/1", Some("/fill/5")),
        ("modify", "/modify", Some("/fill/5")),
        ("new", "/new", None),
        ("read 100 keys", "/read/1", Some("/fill/100")),
        ("modify 100 keys", "/modify", Some("/fill/100")),
    ];
    println!("\nround trips and bytes a request, of single requests");
    print!("{:22}", "");
    for (case, ..) in CASES {
        print!(" {case:>16}");
    }
    println!();
    for name in names.iter().filter(|name| **name != "bare") {
        print!("  {name:20}");
        let (port, counts) = proxy::start(database, Duration::ZERO)?;
        let server = Server::start(name, Some(&(recipe.url)(port)))?;
        for (_, path, fill) in CASES {
            let cookies = fill
                .map(|fill| cookies(&server.address, fill, 1))
                .transpose()?;
            let cookie = cookies.as_ref().map(|cookies| cookies[0].as_str());
            let visits =
                || (0..COUNTED).try_for_each(|_| visit(&server.address, path, cookie).map(drop));
            // Statements are prepared and scripts loaded once.
            visits()?;
            let before = counts.get();
            visits()?;
            let after = counts.get();
            let [trips, bytes] = [0, 1].map(|i| (after[i] - before[i]) as f64 / COUNTED as f64);
            print!(" {:>16}", format!("{trips:.2} {bytes:8.0}"));
        }
        println!();
    }
    Ok(())
}
