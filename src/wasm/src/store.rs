//! The nonce store in memory.

use trusthandoff::replay::{NonceStore, Taken};
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
pub struct CoreNonceStore(NonceStore);

#[wasm_bindgen]
impl CoreNonceStore {
    #[wasm_bindgen(constructor)]
    pub fn new(capacity: usize) -> Self {
        Self(NonceStore::new(capacity))
    }

    #[wasm_bindgen(js_name = checkAndStore)]
    pub fn check_and_store(&mut self, key: &str, sender: &str, expires_at_ms: f64, now_ms: f64) -> String {
        // Rounded so that a nonce is never forgotten early; `as` saturates.
        #[allow(clippy::cast_possible_truncation)]
        let taken = self.0.check_and_store(key, sender, expires_at_ms.ceil() as i64, now_ms.floor() as i64);
        match taken {
            Taken::Stored => "stored",
            Taken::Seen => "seen",
            Taken::Full => "full",
            Taken::Forgotten => "forgotten",
        }
        .to_owned()
    }

    pub fn size(&self) -> usize {
        self.0.len()
    }
}
