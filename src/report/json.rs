//! The report as JSON: one document, two spaces of indentation, a newline at its end.

use std::io::{self, Write};

use super::Report;

/// Writes `report`. The document is made as it is written, so memory stays at what the report itself holds.
///
/// # Errors
/// What `out` says. The output is then not a whole document. `out` is flushed, since a buffer that is dropped on a
/// full disk says nothing.
pub fn write(report: &Report<'_>, mut out: impl Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut out, report).map_err(io::Error::from)?;
    out.write_all(b"\n")?;
    out.flush()
}
