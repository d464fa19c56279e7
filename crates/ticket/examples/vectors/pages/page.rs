//! One file of vectors, written so that people can read it too.

/// A TOML page of tables whose values are all text: counters need more bits than TOML's numbers have.
pub(crate) struct Page(String);

impl Page {
    /// Begins a page with remarks at its head.
    pub(crate) fn new(remarks: &[&str]) -> Self {
        let mut page = Self(String::new());
        for remark in remarks {
            page.push(&["# ", remark]);
        }
        page
    }

    /// A remark between the tables.
    pub(crate) fn remark(&mut self, remark: &str) {
        self.push(&["\n# ", remark]);
    }

    /// Begins the next table of that name.
    pub(crate) fn table(&mut self, name: &str) {
        self.push(&["\n[[", name, "]]"]);
    }

    /// One field of the table.
    pub(crate) fn line(&mut self, field: &str, value: &str) {
        let value = value
            .replace('\\', "\\\\")
            .replace('"', "\\\"")
            .replace('\n', "\\n");
        self.push(&[field, " = \"", &value, "\""]);
    }

    /// The whole page.
    pub(crate) fn finish(self) -> String {
        self.0
    }

    fn push(&mut self, parts: &[&str]) {
        self.0.extend(parts.iter().copied().chain(["\n"]));
    }
}
