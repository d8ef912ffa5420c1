//! The one TLS provider of the process.

use std::sync::Once;

/// Installs the provider; harmless to call again. Every place that builds a client calls it first.
pub fn init() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // An error means somebody installed one already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}
