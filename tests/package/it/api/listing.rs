//! All public items, one a line, under the path by which an application names them.

use serde_json::Value;

use super::source::{declaration, source};

/// The lines, sorted.
pub(super) fn listing(documented: &Value) -> Vec<String> {
    let mut walk = Walk {
        documented,
        lines: Vec::new(),
    };
    let root = walk.item(&documented["root"]);
    walk.module(root.unwrap(), "");
    walk.lines.sort();
    walk.lines.dedup();
    walk.lines
}

struct Walk<'a> {
    documented: &'a Value,
    lines: Vec<String>,
}

impl<'a> Walk<'a> {
    /// An item of this crate's.
    fn item(&self, id: &Value) -> Option<&'a Value> {
        let id = id.as_u64()?.to_string();
        self.documented["index"].get(id)
    }

    fn items(&self, ids: &Value) -> Vec<&'a Value> {
        let ids = ids.as_array().into_iter().flatten();
        ids.filter_map(|id| self.item(id)).collect()
    }

    fn line(&mut self, path: &str, what: &str) {
        self.lines.push(format!("{path}: {what}"));
    }

    fn module(&mut self, module: &'a Value, path: &str) {
        for item in self.items(&module["inner"]["module"]["items"]) {
            let Some(import) = item["inner"].get("use") else {
                let name = item["name"].as_str().unwrap();
                self.named(item, &format!("{path}{name}"));
                continue;
            };
            let name = import["name"].as_str().unwrap();
            match self.item(&import["id"]) {
                Some(item) => self.named(item, &format!("{path}{name}")),
                None => {
                    let source = import["source"].as_str().unwrap();
                    self.line(&format!("{path}{name}"), &format!("use {source}"));
                }
            }
        }
    }

    fn named(&mut self, item: &'a Value, path: &str) {
        let (kind, inner) = item["inner"].as_object().unwrap().iter().next().unwrap();
        if kind == "module" {
            self.line(path, "mod");
            return self.module(item, &format!("{path}::"));
        }
        let is_open = item["attrs"].to_string().contains("non_exhaustive");
        let mark = if is_open { "#[non_exhaustive] " } else { "" };
        let declared = declaration(item);
        let declared = declared
            .split_once('(')
            .filter(|_| kind == "struct")
            .map_or(&*declared, |it| it.0);
        self.line(path, &format!("{mark}{declared}"));
        let parts = [
            &inner["kind"]["plain"]["fields"],
            &inner["kind"]["tuple"],
            &inner["variants"],
            &inner["items"],
        ];
        let parts: Vec<_> = parts.into_iter().flat_map(|ids| self.items(ids)).collect();
        for part in parts {
            let name = part["name"].as_str().unwrap();
            let is_variant = part["inner"].get("variant").is_some();
            let written = if is_variant {
                source(part)
            } else {
                declaration(part)
            };
            self.line(&format!("{path}::{name}"), &written);
        }
        let (mut derived, mut automatic) = (Vec::new(), Vec::new());
        for item in self
            .items(&inner["impls"])
            .into_iter()
            .chain(self.items(&inner["implementations"]))
        {
            let block = &item["inner"]["impl"];
            let of_trait = block["trait"]["path"].as_str();
            let header = declaration(item);
            match of_trait {
                _ if !block["blanket_impl"].is_null() => {}
                None => self.methods(path, block, &header),
                Some(name) if block["is_synthetic"] == true => {
                    if !["Send", "Sync", "Unpin"].contains(&name) {
                        continue;
                    }
                    let negative = if block["is_negative"] == true {
                        "!"
                    } else {
                        ""
                    };
                    automatic.push(format!("{negative}{name}"));
                }
                Some(_) if header.starts_with("impl<") || header.starts_with("impl ") => {
                    self.line(path, &header)
                }
                // What a macro of this crate's writes is not derived.
                Some(name) if header.contains("!(") => self.line(path, &format!("impl {name}")),
                // What derives of the standard library add for the compiler.
                Some("StructuralPartialEq") => {}
                Some(name) => derived.push(name.to_owned()),
            }
        }
        for (what, mut names) in [("derived", derived), ("automatic", automatic)] {
            names.sort_unstable();
            if !names.is_empty() {
                self.line(path, &format!("{what} {}", names.join(", ")));
            }
        }
    }

    fn methods(&mut self, path: &str, block: &Value, header: &str) {
        for item in self.items(&block["items"]) {
            let name = item["name"].as_str().unwrap();
            self.line(
                &format!("{path}::{name}"),
                &format!("{header}: {}", declaration(item)),
            );
        }
    }
}
