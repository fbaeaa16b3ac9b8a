//! Headers: what a response earns, merged into what is there, on any kind of route.

mod clear_site_data;
mod merged;
mod routes;
