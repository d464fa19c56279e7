//! The person's file as it is written: names and shapes, no judgement.

use serde::Deserialize;
use serde_spanned::Spanned;

use crate::text::{List, Number};

/// `[server.NAME]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct KnownServerText {
    pub(crate) host: Option<Spanned<String>>,
    pub(crate) port: Option<Spanned<Number>>,
    pub(crate) key: Option<Spanned<String>>,
    pub(crate) identity: Option<Spanned<String>>,
    pub(crate) preshared: Option<Spanned<String>>,
    pub(crate) services: Option<Spanned<List>>,
    pub(crate) answers: Option<Spanned<String>>,
    pub(crate) address: Option<Spanned<String>>,
    pub(crate) method: Option<Spanned<String>>,
    pub(crate) span: Option<Spanned<String>>,
    pub(crate) carrier: Option<Spanned<String>>,
    pub(crate) skip: Option<Spanned<List>>,
    pub(crate) pace: Option<Spanned<String>>,
}
