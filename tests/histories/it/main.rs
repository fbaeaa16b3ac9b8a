//! The checker, on histories made by hand and at random.

mod checker;
