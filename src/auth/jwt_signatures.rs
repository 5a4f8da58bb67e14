//! What the JWT library leaves to its user: the check of signatures, here by ring.
//!
//! This server signs its own tokens without that library (see `signer`).

use super::rsa_key::stripped;
use jsonwebtoken::crypto::{CryptoProvider, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{Error, ErrorKind, new_error};
use jsonwebtoken::signature::{self, Verifier};
use jsonwebtoken::{Algorithm, DecodingKey, DecodingKeyKind};
use ring::signature as algorithms;

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |_, _| Err(new_error(ErrorKind::UnsupportedAlgorithm)),
    verifier_factory: |algorithm, key| verifier(*algorithm, key),
    // The library calls these for a JWK that it makes of another key or hashes. Nothing here does.
    key_utils: KeyUtils::new_unimplemented(),
};

/// Must be called before the first token is verified. Later calls change nothing.
pub fn install() {
    let _ = PROVIDER.install_default();
}

/// A key and the one algorithm with which it verifies.
struct RingVerifier {
    algorithm: Algorithm,
    key: Key,
}

enum Key {
    Rsa(&'static algorithms::RsaParameters, Vec<u8>, Vec<u8>),
    Curve(&'static dyn algorithms::VerificationAlgorithm, Vec<u8>),
}

fn verifier(algorithm: Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>, Error> {
    if key.family() != algorithm.family() {
        return Err(new_error(ErrorKind::InvalidKeyFormat));
    }
    let rsa = |parameters| match key.kind() {
        DecodingKeyKind::RsaModulusExponent { n, e } => {
            Ok(Key::Rsa(parameters, stripped(n).to_vec(), stripped(e).to_vec()))
        }
        DecodingKeyKind::SecretOrDer(_) => Err(new_error(ErrorKind::InvalidKeyFormat)),
    };
    let curve = |curve| Ok(Key::Curve(curve, key.try_get_as_bytes()?.to_vec()));
    let key = match algorithm {
        Algorithm::RS256 => rsa(&algorithms::RSA_PKCS1_2048_8192_SHA256),
        Algorithm::RS384 => rsa(&algorithms::RSA_PKCS1_2048_8192_SHA384),
        Algorithm::RS512 => rsa(&algorithms::RSA_PKCS1_2048_8192_SHA512),
        Algorithm::PS256 => rsa(&algorithms::RSA_PSS_2048_8192_SHA256),
        Algorithm::PS384 => rsa(&algorithms::RSA_PSS_2048_8192_SHA384),
        Algorithm::PS512 => rsa(&algorithms::RSA_PSS_2048_8192_SHA512),
        Algorithm::ES256 => curve(&algorithms::ECDSA_P256_SHA256_FIXED),
        Algorithm::ES384 => curve(&algorithms::ECDSA_P384_SHA384_FIXED),
        Algorithm::EdDSA => curve(&algorithms::ED25519),
        // Whoever can verify by a shared secret can also sign.
        _ => Err(new_error(ErrorKind::UnsupportedAlgorithm)),
    };
    Ok(Box::new(RingVerifier { algorithm, key: key? }))
}

impl Verifier<Vec<u8>> for RingVerifier {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        let verified = match &self.key {
            Key::Rsa(parameters, n, e) => {
                algorithms::RsaPublicKeyComponents { n, e }.verify(parameters, message, signature)
            }
            Key::Curve(curve, key) => {
                algorithms::UnparsedPublicKey::new(*curve, key).verify(message, signature)
            }
        };
        verified.map_err(|_| signature::Error::new())
    }
}

impl JwtVerifier for RingVerifier {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

#[cfg(all(test, feature = "dev-issuer"))]
mod tests {
    use super::*;
    use crate::auth::signer::jws_input;
    use base64::Engine;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
    use jsonwebtoken::Validation;
    use ring::rand::SystemRandom;
    use ring::signature::{EcdsaKeyPair, Ed25519KeyPair, KeyPair, RsaEncoding, RsaKeyPair};
    use rsa::pkcs1::EncodeRsaPrivateKey;
    use serde_json::{Value, json};

    type Sign<'a> = Box<dyn Fn(&[u8]) -> Vec<u8> + 'a>;

    #[test]
    fn each_algorithm_verifies_its_own_signature_and_no_other() {
        install();
        let random = SystemRandom::new();
        let key = rsa::RsaPrivateKey::new(&mut rand::rngs::OsRng, 2048).unwrap();
        let rsa = RsaKeyPair::from_der(key.to_pkcs1_der().unwrap().as_bytes()).unwrap();
        let numbers = ring::rsa::PublicKeyComponents::<Vec<u8>>::from(rsa.public());
        // Some issuers write a zero before the modulus.
        let public =
            DecodingKey::from_rsa_raw_components(&[&[0], &numbers.n[..]].concat(), &numbers.e);
        let of_rsa = |encoding: &'static dyn RsaEncoding| -> Sign<'_> {
            Box::new(|message| {
                let mut signature = vec![0; rsa.public().modulus_len()];
                rsa.sign(encoding, &SystemRandom::new(), message, &mut signature).unwrap();
                signature
            })
        };
        let of_curve = |algorithm| {
            let der = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
            let pair = EcdsaKeyPair::from_pkcs8(algorithm, der.as_ref(), &random).unwrap();
            let public = DecodingKey::from_ec_der(pair.public_key().as_ref());
            let sign: Sign<'_> = Box::new(move |message| {
                pair.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec()
            });
            (public, sign)
        };
        let (p256, sign_p256) = of_curve(&algorithms::ECDSA_P256_SHA256_FIXED_SIGNING);
        let (p384, sign_p384) = of_curve(&algorithms::ECDSA_P384_SHA384_FIXED_SIGNING);
        let ed = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
        let ed_public = DecodingKey::from_ed_der(ed.public_key().as_ref());
        let all: [(Algorithm, &DecodingKey, Sign<'_>); 9] = [
            (Algorithm::RS256, &public, of_rsa(&algorithms::RSA_PKCS1_SHA256)),
            (Algorithm::RS384, &public, of_rsa(&algorithms::RSA_PKCS1_SHA384)),
            (Algorithm::RS512, &public, of_rsa(&algorithms::RSA_PKCS1_SHA512)),
            (Algorithm::PS256, &public, of_rsa(&algorithms::RSA_PSS_SHA256)),
            (Algorithm::PS384, &public, of_rsa(&algorithms::RSA_PSS_SHA384)),
            (Algorithm::PS512, &public, of_rsa(&algorithms::RSA_PSS_SHA512)),
            (Algorithm::ES256, &p256, sign_p256),
            (Algorithm::ES384, &p384, sign_p384),
            (Algorithm::EdDSA, &ed_public, Box::new(|message| ed.sign(message).as_ref().to_vec())),
        ];
        for (named, key, _) in &all {
            let mut validation = Validation::new(*named);
            validation.required_spec_claims.clear();
            for (used, _, sign) in &all {
                let header = json!({ "alg": format!("{named:?}"), "typ": "JWT" });
                let input = jws_input(&header, &json!({ "sub": "a", "exp": 9_999_999_999_u64 }));
                let token = format!("{input}.{}", BASE64.encode(sign(input.as_bytes())));
                let verified = jsonwebtoken::decode::<Value>(&token, key, &validation).is_ok();
                assert_eq!(verified, named == used, "{named:?} by {used:?}");
            }
        }
    }

    #[test]
    fn a_shared_secret_verifies_nothing() {
        let key = DecodingKey::from_secret(b"secret").unwrap();
        for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
            assert!(verifier(algorithm, &key).is_err());
        }
        assert!(verifier(Algorithm::RS256, &key).is_err());
    }
}
