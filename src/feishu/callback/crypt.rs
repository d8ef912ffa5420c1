//! The encryption of callback bodies: AES-256 in CBC mode, the key being SHA-256 of the app's Encrypt Key.
//!
//! What travels is base64 of the initialisation vector and the ciphertext, in `{"encrypt": "..."}`. Padding is
//! checked in full. Answer every failure in the same way, or the padding tells an attacker the plaintext.

use aes::Aes256;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use sha2::{Digest, Sha256};

/// Bytes of a block and of the initialisation vector.
pub const BLOCK: usize = 16;

/// The key that an app's Encrypt Key stands for. Its `Debug` shows nothing of it.
#[derive(Clone)]
pub struct CryptKey([u8; 32]);

impl std::fmt::Debug for CryptKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CryptKey")
    }
}

/// Why a body cannot be read. For logs; a sender is told only that it was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecryptError {
    /// Not standard base64.
    #[error("the encrypted text is not base64")]
    Base64,
    /// Shorter than a vector and a block, or no whole number of blocks.
    #[error("the encrypted text is {0} bytes, which is no whole number of blocks")]
    Length(usize),
    /// The padding is wrong: another Encrypt Key, or damaged bytes.
    #[error("the padding is wrong: is the Encrypt Key the one of the app's console?")]
    Padding,
}

impl CryptKey {
    /// The key of an Encrypt Key as the app's console shows it.
    pub fn new(encrypt_key: &str) -> Self {
        Self(Sha256::digest(encrypt_key.as_bytes()).into())
    }

    /// The text of the `encrypt` field. `iv` has to be random and used once.
    pub fn encrypt(&self, plain: &[u8], iv: [u8; BLOCK]) -> String {
        let cipher = cbc::Encryptor::<Aes256>::new(&self.0.into(), &iv.into());
        let mut bytes = iv.to_vec();
        bytes.extend(cipher.encrypt_padded_vec::<Pkcs7>(plain));
        STANDARD.encode(bytes)
    }

    /// What the text of an `encrypt` field says.
    ///
    /// # Errors
    /// When it was not encrypted with this key, or is damaged.
    pub fn decrypt(&self, encrypted: &str) -> Result<Vec<u8>, DecryptError> {
        let bytes = STANDARD.decode(encrypted.trim()).map_err(|_| DecryptError::Base64)?;
        let wrong_length = DecryptError::Length(bytes.len());
        let (iv, blocks) = bytes.split_first_chunk::<BLOCK>().ok_or(wrong_length)?;
        if blocks.is_empty() || blocks.len() % BLOCK != 0 {
            return Err(wrong_length);
        }
        let cipher = cbc::Decryptor::<Aes256>::new(&self.0.into(), &(*iv).into());
        cipher.decrypt_padded_vec::<Pkcs7>(blocks).map_err(|_| DecryptError::Padding)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::util::id::hex;

    const A: &str =
        "AAECAwQFBgcICQoLDA0OD2mlMYxNrCbhRqTtFHzWfRDx4zIqcvw9PbcJlt1VnEkcNj2x6GryNdvIOOVl05EfXLh6GfP7YcCPU2JrlNGZ5kOpsRVaXFVofHy9aiBz491j";

    fn iv(text: &str) -> [u8; BLOCK] {
        let mut iv = [0; BLOCK];
        for (n, byte) in iv.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * n..2 * n + 2], 16).unwrap();
        }
        iv
    }

    #[test]
    fn reads_and_writes_what_others_write() {
        let up = "000102030405060708090a0b0c0d0e0f";
        for (key, vector, plain, encrypted) in [
            ("test key", "3f7ef0f9564898d80f10ed5106127a46", "hello world", "P37w+VZImNgPEO1RBhJ6RtKl7n6zymIbEG1pReEzghk="),
            ("kitty-hawk-1903", up, r#"{"challenge":"c0ffee42","token":"vt-alpha","type":"url_verification"}"#, A),
            // A whole block of padding.
            (
                "kitty-hawk-1903",
                "fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0",
                r#"{"k":"01234567"}"#,
                "//79/Pv6+fj39vX08/Lx8DCzwDhcs/v79Csr8TTSUkqF8sszTvm/I4Uf0ZkJsgHk",
            ),
            ("kitty-hawk-1903", up, r#"{"text":"磁盘告警 🔥"}"#, "AAECAwQFBgcICQoLDA0OD7eBhWup7QLzNFyv8tK+a+9FH/5ZWJaAfZXcNES38ysl"),
        ] {
            let crypt = CryptKey::new(key);
            assert_eq!(crypt.encrypt(plain.as_bytes(), iv(vector)), encrypted);
            assert_eq!(crypt.decrypt(encrypted).unwrap(), plain.as_bytes());
        }
        assert_eq!(hex(&CryptKey::new("test key").0), "fa2bdca424f01f01ffb48df93acc35d439c7fd331a1a7fba6ac2fd83aa9ab31a");
        assert_eq!(hex(&CryptKey::new("kitty-hawk-1903").0), "44b533f5cf8027baa05671fe7ef18d4112647a0fc4c9d4624d2a0a1990cd5e7a");
    }

    #[test]
    fn what_is_damaged_is_refused() {
        let crypt = CryptKey::new("kitty-hawk-1903");
        assert_eq!(CryptKey::new("another").decrypt(A), Err(DecryptError::Padding));
        assert_eq!(crypt.decrypt("not base64!"), Err(DecryptError::Base64));
        for bytes in [0, 15, 16, 17, 40] {
            assert_eq!(crypt.decrypt(&STANDARD.encode(vec![7; bytes])), Err(DecryptError::Length(bytes)));
        }
    }

    #[test]
    fn every_byte_of_the_padding_counts() {
        let crypt = CryptKey::new("k");
        let raw = |block: [u8; 16]| {
            // Encrypted without padding of its own: two blocks come out, of which the first is the wanted one.
            let mut bytes = STANDARD.decode(crypt.encrypt(&block, [0; BLOCK])).unwrap();
            bytes.truncate(2 * BLOCK);
            STANDARD.encode(bytes)
        };
        let mut good = [b'x'; 16];
        good[12..].fill(4);
        assert_eq!(crypt.decrypt(&raw(good)).unwrap(), [b'x'; 12]);
        for (at, byte) in [(12, 3), (13, 5), (15, 0), (15, 17), (15, 255)] {
            let mut bad = good;
            bad[at] = byte;
            assert_eq!(crypt.decrypt(&raw(bad)), Err(DecryptError::Padding), "{at} {byte}");
        }
    }
}
