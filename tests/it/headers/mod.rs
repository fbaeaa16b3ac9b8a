//! Headers: what a response earns, merged into what is there, on any kind of route.

mod merged;
mod routes;
