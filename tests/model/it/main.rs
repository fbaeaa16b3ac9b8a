//! With all mechanisms the rules hold; and each rule fails without the mechanism that keeps it.

mod binding;
mod limit;
mod login;
mod renewal;
mod values;
