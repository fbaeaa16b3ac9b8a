/// What one variant took in one case, for each request.
pub struct Measured {
    pub case: &'static str,
    pub variant: &'static str,
    pub nanoseconds: f64,
    pub allocations: f64,
    pub bytes: f64,
}
