//! What a backup, a verification or a restore had to go without.

/// Named so that somebody may read it all.
const NAMED_MAX: usize = 1000;

/// All are counted, the first thousand named, a line each.
#[derive(Debug, Default)]
pub struct Lacking {
    pub count: u64,
    pub names: Vec<String>,
}

impl Lacking {
    pub(crate) fn note(&mut self, what: String) {
        self.count += 1;
        if self.names.len() < NAMED_MAX {
            self.names.push(what);
        }
    }
}
