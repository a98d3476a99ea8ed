//! What a model says as a whole: written back, hashed, and the files that it refers to.

use super::path::Path;
use super::{Arrivals, Choice, Count, Law, Spec, Step, Store};
use ron::extensions::Extensions;
use serde_json::Value;

impl Spec {
    /// The model in RON, edits included, without comments. Read again, it is equal to this one.
    pub fn to_ron(&self) -> String {
        let extensions = Extensions::IMPLICIT_SOME | Extensions::UNWRAP_VARIANT_NEWTYPES;
        let options = ron::Options::default().with_default_extension(extensions);
        let style = ron::ser::PrettyConfig::new().depth_limit(6).compact_arrays(false);
        options.to_string_pretty(self, style).expect("a model has no value that RON does not")
    }

    /// A hash of what is written, edits included: comments, layout, notation and the order of names and fields do
    /// not matter. FNV-1a over the tree, the same on every machine.
    pub fn hash(&self) -> u64 {
        let mut hash = Fnv(0xcbf2_9ce4_8422_2325);
        hash.value(&self.source().tree);
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

impl Spec {
    /// The files that the model refers to, each with the path of its name, in the order of the model.
    pub fn files(&self) -> Vec<(Path, String)> {
        let mut files = Vec::new();
        let root = Path::root();
        for (name, component) in &self.components {
            for (operation, steps) in component {
                let path = root.key("components").key(name).key(operation);
                of_steps(steps, &path, &mut files);
            }
        }
        for (name, Store::Database { read, write, queries, hop, .. }) in &self.stores {
            let path = root.key("stores").key(name).key("database");
            let laws = [("read", read), ("write", write), ("hop", hop)];
            for (field, law) in laws {
                of_option(law, &path.key(field), &mut files);
            }
            for (query, law) in queries {
                of_law(law, &path.key("queries").key(query), &mut files);
            }
        }
        let network = root.key("network");
        of_option(&self.network.hop, &network.key("hop"), &mut files);
        of_option(&self.network.serialisation, &network.key("serialisation"), &mut files);
        for (name, client) in &self.clients {
            let path = root.key("clients").key(name);
            of_option(&client.think, &path.key("think"), &mut files);
            of_option(&client.hop, &path.key("hop"), &mut files);
            let path = path.key("arrivals");
            match &client.arrivals {
                Some(Arrivals::Renewal(law)) => of_law(law, &path.key("renewal"), &mut files),
                Some(Arrivals::Batches(law)) => of_law(law, &path.key("batches"), &mut files),
                Some(Arrivals::Replay { file, .. }) => {
                    files.push((path.key("replay").key("file"), file.clone()));
                }
                _ => {}
            }
        }
        files
    }
}

type Files = Vec<(Path, String)>;

fn of_option(law: &Option<Law>, path: &Path, files: &mut Files) {
    if let Some(law) = law {
        of_law(law, path, files);
    }
}

fn of_law(law: &Law, path: &Path, files: &mut Files) {
    match law {
        Law::Column { file, .. } => files.push((path.key("column").key("file"), file.clone())),
        Law::Mixture(parts) => {
            for (i, (_, law)) in parts.iter().enumerate() {
                of_law(law, &path.key("mixture").index(i).index(1), files);
            }
        }
        _ => {}
    }
}

fn of_steps(steps: &[Step], path: &Path, files: &mut Files) {
    for (i, step) in steps.iter().enumerate() {
        let path = path.index(i);
        match step {
            Step::Work(law) => of_law(law, &path.key("work"), files),
            Step::Wait(law) => of_law(law, &path.key("wait"), files),
            Step::Call(_) | Step::Read(_) | Step::Write(_) => {}
            Step::Parallel { branches, first } => {
                let path = Step::branches_path(&path, first.is_some());
                for (i, branch) in branches.iter().enumerate() {
                    of_steps(branch, &path.index(i), files);
                }
            }
            Step::Choose(choices) => {
                for (i, Choice(_, steps)) in choices.iter().enumerate() {
                    of_steps(steps, &path.key("choose").index(i).index(1), files);
                }
            }
            Step::Repeat(count, steps) => {
                let path = path.key("repeat");
                if let Count::Drawn(law) = count {
                    of_law(law, &path.index(0), files);
                }
                of_steps(steps, &path.index(1), files);
            }
        }
    }
}
