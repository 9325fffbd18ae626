//! Masks what is written: text as a whole as far as it goes, JSON value by value.

use std::io::{self, Write};

use serde_json::Value;

use super::Redactor;

/// So much text is masked together, so that a key over many lines is seen as one.
const PIECE: usize = 64 << 10;
/// The most that a key which goes on makes it.
const MOST: usize = 4 * PIECE;

/// A writer that masks what it hands on. What is no UTF-8 is replaced.
#[derive(Debug)]
pub struct Masked<W> {
    inner: W,
    redactor: Redactor,
    json: bool,
    /// Lines that are not yet handed on.
    held: Vec<u8>,
}

impl<W: Write> Masked<W> {
    /// Masks text.
    pub fn text(inner: W, redactor: Redactor) -> Self {
        Self {
            inner,
            redactor,
            json: false,
            held: Vec::new(),
        }
    }

    /// Masks the values of JSON, of which every line is a document.
    pub fn json_lines(inner: W, redactor: Redactor) -> Self {
        Self {
            json: true,
            ..Self::text(inner, redactor)
        }
    }

    /// Hands on what is held up to the end of its last line.
    fn hand_on(&mut self, all: bool) -> io::Result<()> {
        let end = if all {
            self.held.len()
        } else {
            memchr::memrchr(b'\n', &self.held).map_or(0, |at| at + 1)
        };
        let rest = self.held.split_off(end);
        let text = String::from_utf8_lossy(&self.held);
        if self.json {
            for line in text.split_inclusive('\n') {
                self.inner.write_all(self.line(line).as_bytes())?;
            }
        } else {
            self.inner
                .write_all(self.redactor.redact(&text).as_bytes())?;
        }
        self.held = rest;
        Ok(())
    }

    fn line(&self, line: &str) -> String {
        // What is no JSON is masked as text.
        let Ok(mut value) = serde_json::from_str(line) else {
            return self.redactor.redact(line).into_owned();
        };
        self.mask(&mut value);
        let end = if line.ends_with('\n') { "\n" } else { "" };
        format!("{value}{end}")
    }

    fn mask(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.redactor.redact(text).into_owned(),
            Value::Array(values) => values.iter_mut().for_each(|value| self.mask(value)),
            Value::Object(values) => {
                for (name, value) in values.iter_mut() {
                    self.mask(value);
                    if let Value::String(text) = value {
                        *text = self.named(name, text);
                    }
                }
            }
            _ => {}
        }
    }

    /// The value of a name, which may tell that it is a secret.
    fn named(&self, name: &str, text: &str) -> String {
        let pair = format!("{name}={text}");
        let masked = self.redactor.redact(&pair);
        let value = masked
            .strip_prefix(name)
            .and_then(|rest| rest.strip_prefix('='));
        value.unwrap_or(text).to_owned()
    }

    /// Whether a private key begins in what is held and does not end.
    fn is_amid_a_key(&self) -> bool {
        let last = |mark: &[u8]| memchr::memmem::rfind(&self.held, mark);
        last(b"-----BEGIN ") > last(b"-----END ")
    }
}

impl<W: Write> Write for Masked<W> {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.held.extend_from_slice(text);
        if self.held.len() >= PIECE && (self.held.len() >= MOST || !self.is_amid_a_key()) {
            self.hand_on(false)?;
        }
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.hand_on(true)?;
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(text: &str, json: bool, piece: usize) -> String {
        let mut out = Vec::new();
        let redactor = Redactor::secrets().addresses(true);
        let mut masked = if json {
            Masked::json_lines(&mut out, redactor)
        } else {
            Masked::text(&mut out, redactor)
        };
        for part in text.as_bytes().chunks(piece) {
            masked.write_all(part).expect("writing to memory");
        }
        masked.flush().expect("writing to memory");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn text_is_masked_however_it_is_written() {
        let key = format!(
            "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
            "MIIEvQ".repeat(10)
        );
        let text = format!("plain\n{key}Authorization: Bearer abcdefghijkl");
        for piece in [1, 7, 1000] {
            let shown = masked(&text, false, piece);
            assert!(
                !shown.contains("MIIEvQ") && !shown.contains("abcdefghijkl"),
                "{shown}"
            );
            assert!(shown.starts_with("plain\n"), "{shown}");
        }
    }

    #[test]
    fn json_stays_json_and_names_tell_secrets() {
        let records = [
            r#"{"msg":"at\nAKIAABCDEFGHIJKLMNOP and\n10.1.2.3\t\"password=`\"","password":"hunter22","line":3}"#,
            r#"{"msg":"\nbob@example.com","fields":{"token":"abcd1234efgh","n":null,"all":["x=1"]}}"#,
        ];
        let shown = masked(&(records.join("\n") + "\n"), true, 5);
        for line in shown.lines() {
            serde_json::from_str::<Value>(line).expect(line);
        }
        for secret in ["AKIA", "10.1.2.3", "hunter22", "bob@", "abcd1234"] {
            assert!(!shown.contains(secret), "{secret}: {shown}");
        }
        let plain = "{\"msg\":\"plain\",\"line\":3}\n";
        assert_eq!(masked(plain, true, 100), plain);
    }
}
