//! Template helpers, one file per family. Helpers return values or typed markup and never write output.

use handlebars::Handlebars;

/// Registers every helper that works without a place to escape for.
pub fn register(_engine: &mut Handlebars<'static>) {}
