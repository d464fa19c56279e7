//! Collects what is wrong while a file is read, so that all of it is said at once.

use std::sync::Arc;

use crate::{
    complaint::{Complaint, Complaints},
    remark::{Remark, Weight},
    source::Source,
};

/// Where complaints pile up while a file is read.
#[derive(Debug)]
pub(crate) struct Desk {
    source: Arc<Source>,
    errors: Vec<Complaint>,
    warnings: Vec<Complaint>,
}

impl Desk {
    pub(crate) fn new(source: Source) -> Self {
        Self {
            source: Arc::new(source),
            errors: Vec::new(),
            warnings: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, remark: Remark) {
        let source = Arc::clone(&self.source);
        self.push(Complaint { source, remark });
    }

    /// About another file than the one on the desk.
    pub(crate) fn add_elsewhere(&mut self, source: Source, remark: Remark) {
        self.push(Complaint {
            source: Arc::new(source),
            remark,
        });
    }

    pub(crate) fn is_clean(&self) -> bool {
        self.errors.is_empty()
    }

    pub(crate) fn errors(&self) -> usize {
        self.errors.len()
    }

    /// The warnings if nothing was wrong, everything that was wrong otherwise.
    pub(crate) fn close(self) -> Result<Vec<Complaint>, Complaints> {
        let in_order = |mut complaints: Vec<Complaint>| {
            // The file itself first, then the files it names; each from top to bottom.
            complaints.sort_by_key(|one| {
                (
                    !Arc::ptr_eq(&one.source, &self.source),
                    one.source.first_line,
                    one.remark.span.start,
                )
            });
            complaints
        };
        if self.errors.is_empty() {
            Ok(in_order(self.warnings))
        } else {
            Err(Complaints(in_order(self.errors)))
        }
    }

    fn push(&mut self, complaint: Complaint) {
        match complaint.remark.weight {
            Weight::Error => self.errors.push(complaint),
            Weight::Warning => self.warnings.push(complaint),
        }
    }
}
