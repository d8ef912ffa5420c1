//! Inbound TLS with a certificate that can be replaced while connections are open.

use crate::config::settings::Tls;
use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file that cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file without what it should hold.
    #[error("{} holds no usable {what}", path.display())]
    Pem {
        /// Which file.
        path: PathBuf,
        /// Certificate or key.
        what: &'static str,
    },
    /// A chain and a key that do not go together, or are not supported.
    #[error("the certificate {} cannot be used", path.display())]
    Unusable {
        /// The certificate's file.
        path: PathBuf,
        /// Why.
        #[source]
        source: rustls::Error,
    },
}

/// The certificate new connections are greeted with.
#[derive(Debug)]
pub struct Certificates(ArcSwap<ServerConfig>);

impl Certificates {
    /// Reads chain and key.
    ///
    /// # Errors
    /// Files that cannot be read or do not go together.
    pub fn load(tls: &Tls) -> Result<Self, TlsError> {
        Ok(Self(ArcSwap::new(read(tls)?)))
    }

    /// Reads them again; what was there stays on an error.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn reload(&self, tls: &Tls) -> Result<(), TlsError> {
        self.0.store(read(tls)?);
        Ok(())
    }

    /// For one new connection.
    pub fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.0.load_full())
    }
}

fn read(tls: &Tls) -> Result<Arc<ServerConfig>, TlsError> {
    let chain = bytes(&tls.cert_file)?;
    let key = bytes(&tls.key_file)?;
    let no_certificate = || TlsError::Pem { path: tls.cert_file.clone(), what: "certificate" };
    let chain = CertificateDer::pem_slice_iter(&chain).collect::<Result<Vec<_>, _>>().map_err(|_| no_certificate())?;
    if chain.is_empty() {
        return Err(no_certificate());
    }
    let key = PrivateKeyDer::from_pem_slice(&key).map_err(|_| TlsError::Pem { path: tls.key_file.clone(), what: "private key" })?;
    let unusable = |source| TlsError::Unusable { path: tls.cert_file.clone(), source };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().map_err(unusable)?;
    let mut config = builder.with_no_client_auth().with_single_cert(chain, key).map_err(unusable)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn bytes(path: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(path).map_err(|source| TlsError::Read { path: path.to_owned(), source })
}
