//! A hash of what a model says.

use super::Spec;
use serde_json::{Map, Value};

impl Spec {
    /// A hash of what is written, edits included: comments, layout, notation and the order of names and
    /// fields do not matter, nor what is asked of it (`studies`) or shown of it (`playground`). FNV-1a over the tree, the same on every machine.
    pub fn hash(&self) -> u64 {
        let mut hash = Fnv(0xcbf2_9ce4_8422_2325);
        let tree = &self.source().tree;
        const BESIDE: [&str; 2] = ["studies", "playground"];
        let is_beside =
            |top: &&Map<String, Value>| BESIDE.iter().any(|part| top.contains_key(*part));
        match tree.as_object().filter(is_beside) {
            None => hash.value(tree),
            Some(top) => {
                let mut rest = top.clone();
                for part in BESIDE {
                    rest.shift_remove(part);
                }
                hash.value(&Value::Object(rest));
            }
        }
        hash.0
    }
}

struct Fnv(u64);

impl Fnv {
    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn tagged(&mut self, tag: u8, number: u64) {
        self.bytes(&[tag]);
        self.bytes(&number.to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.tagged(b's', text.len() as u64);
        self.bytes(text.as_bytes());
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Null => self.bytes(b"0"),
            Value::Bool(b) => self.tagged(b'b', u64::from(*b)),
            // 4 and 4.0 are the same number.
            Value::Number(n) => match n.as_u64() {
                Some(n) => self.tagged(b'n', n),
                None => match n.as_f64().unwrap_or_default() {
                    f if f.fract() == 0.0 && (0.0..9e15).contains(&f) => {
                        self.tagged(b'n', f as u64)
                    }
                    f => self.tagged(b'f', f.to_bits()),
                },
            },
            Value::String(s) => self.text(s),
            Value::Array(list) => {
                self.tagged(b'l', list.len() as u64);
                list.iter().for_each(|value| self.value(value));
            }
            Value::Object(map) => {
                self.tagged(b'm', map.len() as u64);
                let mut entries: Vec<_> = map.iter().collect();
                entries.sort_unstable_by_key(|(key, _)| *key);
                for (key, value) in entries {
                    self.text(key);
                    self.value(value);
                }
            }
        }
    }
}
