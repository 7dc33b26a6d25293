//! Signatures: who says that a compiled policy is the one to load.
//!
//! A signature stands behind the artifact: eight bytes that say so, and an Ed25519 signature. What
//! is signed is a text that names the purpose and the version, and the BLAKE3 hash of the artifact:
//! a signature that a key made for anything else never fits here.
//!
//! Keys are those that `openssl genpkey -algorithm ed25519` and `openssl pkey -pubout` write (PEM),
//! or 32 bytes in base64: the seed of a secret key, or a public key.

use std::fmt;

use ed25519_compact::{KeyPair, PublicKey as Point, Seed, Signature};

use super::{LoadError, SIGNATURE_TRAILER, SignatureError};

/// What a signature begins with.
const LABEL: &[u8; 8] = b"\x89SIGNED\n";
/// What is signed begins with this.
const PURPOSE: &[u8] = b"compiled agent policy, signature version 1\0";
/// What a secret key in PKCS #8 begins with, and a public key in its own form (RFC 8410).
const SECRET_PREFIX: &[u8] = b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";
const PUBLIC_PREFIX: &[u8] = b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";

/// A key that signatures are checked with.
///
/// ```
/// use policy_eval::PublicKey;
/// let key = PublicKey::from_text("11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=")?;
/// assert_eq!(key.to_text(), "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
/// # Ok::<(), policy_eval::KeyError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(Point);

/// A key that artifacts are signed with.
pub struct SecretKey(KeyPair);

/// Why a text is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyError {
    /// It is neither PEM nor 32 bytes in base64.
    Encoding,
    /// It is a secret key where a public one is asked for.
    Secret,
    /// It is a public key where a secret one is asked for.
    Public,
    /// It is a key of another algorithm, or one with a passphrase.
    Kind,
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            KeyError::Encoding => "it is no key: neither PEM nor 32 bytes in base64",
            KeyError::Secret => "it is a secret key; a public one is needed",
            KeyError::Public => "it is a public key; a secret one is needed",
            KeyError::Kind => "it is no Ed25519 key without a passphrase",
        })
    }
}

impl std::error::Error for KeyError {}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.to_text())
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey(of {:?})", self.public())
    }
}

impl PublicKey {
    /// The key in a text: PEM (`-----BEGIN PUBLIC KEY-----`), or 32 bytes in base64.
    ///
    /// # Errors
    /// When the text is no public key of this kind.
    pub fn from_text(text: &str) -> Result<PublicKey, KeyError> {
        let bytes = match unpem(text)? {
            Some(("PUBLIC KEY", der)) => key_in(&der, PUBLIC_PREFIX)?,
            Some(("PRIVATE KEY", _)) => return Err(KeyError::Secret),
            Some(_) => return Err(KeyError::Kind),
            None => raw(text)?,
        };
        Ok(PublicKey(Point::new(bytes)))
    }

    /// The key as 32 bytes in base64.
    pub fn to_text(&self) -> String {
        const DIGITS: &[u8; 64] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut text = String::with_capacity(44);
        for three in self.0.chunks(3) {
            let byte = |at: usize| u32::from(three.get(at).copied().unwrap_or(0));
            let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
            for digit in 0..=three.len() {
                text.push(char::from(DIGITS[(bits >> (18 - 6 * digit) & 63) as usize]));
            }
        }
        while !text.len().is_multiple_of(4) {
            text.push('=');
        }
        text
    }

    /// Whether a signature, in hex digits, is that of this key's secret half over a message, made for
    /// this purpose: [`SecretKey::sign_message`].
    pub fn has_signed_message(&self, purpose: &str, message: &[u8], signature: &str) -> bool {
        let Some(bytes) = unhex(signature) else { return false };
        let signature = Signature::from_slice(&bytes).ok();
        signature.is_some_and(|signature| {
            self.0.verify(message_for(purpose, message), &signature).is_ok()
        })
    }

    /// Checks the signature behind an artifact of this length.
    pub(crate) fn check(&self, bytes: &[u8], length: usize) -> Result<(), LoadError> {
        let (artifact, trailer) = bytes.split_at_checked(length).unwrap_or((bytes, &[]));
        if trailer.is_empty() {
            return Err(LoadError::Signature(SignatureError::Missing));
        }
        let signature = trailer
            .strip_prefix(LABEL)
            .and_then(|rest| Signature::from_slice(rest).ok())
            .filter(|signature| self.0.verify(message(artifact), signature).is_ok());
        signature.map(|_| ()).ok_or(LoadError::Signature(SignatureError::Wrong))
    }
}

impl SecretKey {
    /// The key in a text: PEM (`-----BEGIN PRIVATE KEY-----`), or a seed of 32 bytes in base64.
    ///
    /// # Errors
    /// When the text is no secret key of this kind. A public key in base64 cannot be told from a
    /// seed.
    pub fn from_text(text: &str) -> Result<SecretKey, KeyError> {
        let seed = match unpem(text)? {
            Some(("PRIVATE KEY", der)) => key_in(&der, SECRET_PREFIX)?,
            Some(("PUBLIC KEY", _)) => return Err(KeyError::Public),
            Some(_) => return Err(KeyError::Kind),
            None => raw(text)?,
        };
        Ok(SecretKey(KeyPair::from_seed(Seed::new(seed))))
    }

    /// The key that signatures of this one are checked with.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.pk)
    }

    /// The signature over a message for a purpose, in hex digits. A signature for one purpose fits no
    /// other, and no artifact.
    ///
    /// ```
    /// use policy_eval::SecretKey;
    /// let key = SecretKey::from_text("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=")?;
    /// let signature = key.sign_message("greeting", b"hello");
    /// assert!(key.public().has_signed_message("greeting", b"hello", &signature));
    /// assert!(!key.public().has_signed_message("farewell", b"hello", &signature));
    /// # Ok::<(), policy_eval::KeyError>(())
    /// ```
    pub fn sign_message(&self, purpose: &str, message: &[u8]) -> String {
        // Without noise, as for artifacts.
        let signature = self.0.sk.sign(message_for(purpose, message), None);
        signature.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The artifact with a signature behind it, in place of one that it may have had.
    ///
    /// # Errors
    /// When the bytes are no artifact.
    pub fn sign(&self, bytes: &[u8]) -> Result<Vec<u8>, LoadError> {
        let length = super::length(bytes)?;
        let artifact = &bytes[..length];
        let mut signed = Vec::with_capacity(length + SIGNATURE_TRAILER);
        signed.extend_from_slice(artifact);
        signed.extend_from_slice(LABEL);
        // Without noise: the same key and artifact give the same bytes.
        signed.extend_from_slice(self.0.sk.sign(message(artifact), None).as_ref());
        Ok(signed)
    }
}

/// What is signed for another purpose than an artifact. A purpose ends with a zero byte, so that none
/// begins with another.
fn message_for(purpose: &str, message: &[u8]) -> Vec<u8> {
    let mut signed = purpose.as_bytes().to_vec();
    signed.push(0);
    signed.extend_from_slice(blake3::hash(message).as_bytes());
    signed
}

/// The bytes that small hex digits stand for.
fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    if !text.len().is_multiple_of(2) {
        return None;
    }
    let pairs = text.as_bytes().chunks_exact(2);
    pairs.map(|pair| Some(digit(*pair.first()?)? << 4 | digit(*pair.last()?)?)).collect()
}

/// What is signed.
fn message(artifact: &[u8]) -> Vec<u8> {
    let mut message = PURPOSE.to_vec();
    message.extend_from_slice(blake3::hash(artifact).as_bytes());
    message
}

/// The label and the content of the first PEM block in a text; none where it has none.
fn unpem(text: &str) -> Result<Option<(&str, Vec<u8>)>, KeyError> {
    let Some((_, behind)) = text.split_once("-----BEGIN ") else { return Ok(None) };
    let (label, rest) = behind.split_once("-----").ok_or(KeyError::Encoding)?;
    let (content, _) = rest.split_once("-----END ").ok_or(KeyError::Encoding)?;
    // With a passphrase there are lines with a colon before the content.
    if content.contains(':') {
        return Err(KeyError::Kind);
    }
    Ok(Some((label, base64(content)?)))
}

/// The key behind what every key of its kind begins with.
fn key_in(der: &[u8], prefix: &[u8]) -> Result<[u8; 32], KeyError> {
    let key = der.strip_prefix(prefix).ok_or(KeyError::Kind)?;
    key.try_into().map_err(|_| KeyError::Kind)
}

/// 32 bytes in base64.
fn raw(text: &str) -> Result<[u8; 32], KeyError> {
    base64(text)?.try_into().map_err(|_| KeyError::Encoding)
}

/// The bytes of a text in base64, blanks and lines left aside. The bits behind the last byte are
/// zero, and nothing stands behind the padding: a key is written in one way.
fn base64(text: &str) -> Result<Vec<u8>, KeyError> {
    let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let padding = digits.iter().rev().take_while(|&&digit| digit == b'=').count();
    if !digits.len().is_multiple_of(4) || 2 < padding {
        return Err(KeyError::Encoding);
    }
    let mut bytes = Vec::with_capacity(digits.len() / 4 * 3);
    let (mut held, mut bits) = (0u32, 0);
    for digit in &digits[..digits.len() - padding] {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return Err(KeyError::Encoding),
        };
        held = held << 6 | u32::from(value);
        bits += 6;
        if 8 <= bits {
            bits -= 8;
            bytes.push((held >> bits) as u8);
            held &= (1 << bits) - 1;
        }
    }
    if held == 0 { Ok(bytes) } else { Err(KeyError::Encoding) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first test of RFC 8032.
    const SEED: &str = "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=";
    const PUBLIC: &str = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
    /// The same as openssl writes them.
    const SECRET_PEM: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
-----END PRIVATE KEY-----
";
    const PUBLIC_PEM: &str = "-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
-----END PUBLIC KEY-----
";

    #[test]
    fn a_key_is_the_same_in_both_forms() {
        for secret in [SEED, SECRET_PEM] {
            let key = SecretKey::from_text(secret).expect("a secret key");
            assert_eq!(key.public().to_text(), PUBLIC);
        }
        for public in [PUBLIC, PUBLIC_PEM, &format!("  {PUBLIC}\n")] {
            assert_eq!(PublicKey::from_text(public).expect("a public key").to_text(), PUBLIC);
        }
    }

    #[test]
    fn what_is_no_key_is_refused_with_a_reason() {
        let encrypted = SECRET_PEM.replace("PRIVATE", "ENCRYPTED PRIVATE");
        let of_rsa = PUBLIC_PEM.replace("MCow", "MCoW");
        let uncanonical = PUBLIC.replace("o=", "p=");
        for (text, expected) in [
            (SECRET_PEM, KeyError::Secret),
            (&*encrypted, KeyError::Kind),
            (&of_rsa, KeyError::Kind),
            ("", KeyError::Encoding),
            ("11qYAYKx", KeyError::Encoding),
            (&PUBLIC[..43], KeyError::Encoding),
            (&uncanonical, KeyError::Encoding),
            ("no key", KeyError::Encoding),
            ("-----BEGIN PUBLIC KEY-----", KeyError::Encoding),
        ] {
            assert_eq!(PublicKey::from_text(text), Err(expected), "{text}");
        }
        let error = SecretKey::from_text(PUBLIC_PEM).map(|_| ());
        assert_eq!(error, Err(KeyError::Public));
    }

    #[test]
    fn a_secret_key_does_not_show_in_reports() {
        let shown = format!("{:?}", SecretKey::from_text(SEED).expect("a secret key"));
        assert_eq!(shown, format!("SecretKey(of PublicKey({PUBLIC}))"));
    }
}
