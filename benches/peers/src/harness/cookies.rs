//! The cookies of up to ten million sessions.

/// One text for all of them, since as many small ones would weigh as much as the sessions.
#[derive(Default)]
pub struct Cookies {
    text: String,
    ends: Vec<u32>,
}

impl Cookies {
    pub fn push(&mut self, cookie: &str) {
        self.text.push_str(cookie);
        let end = u32::try_from(self.text.len());
        self.ends.push(end.expect("less than 4 GiB of cookies"));
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// One at random; `None` if there is none.
    pub fn any(&self) -> Option<&str> {
        let index = fastrand::usize(..self.ends.len().max(1));
        let end = *self.ends.get(index)?;
        let start = index
            .checked_sub(1)
            .map_or(0, |previous| self.ends[previous]);
        Some(&self.text[start as usize..end as usize])
    }
}
