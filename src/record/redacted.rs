/// `Debug` for types of which it shows the name alone.
macro_rules! redacted {
    ($($name:ident),+) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(REDACTED)"))
            }
        }
    )+};
}

pub(crate) use redacted;
