//! Masks what is written, line by line.

use std::io::{self, Write};

use super::Redactor;

/// A writer that masks every line before it hands it on. What is no UTF-8 is replaced.
#[derive(Debug)]
pub struct Masked<W> {
    inner: W,
    redactor: Redactor,
    /// The line that is not yet complete.
    line: Vec<u8>,
}

impl<W: Write> Masked<W> {
    /// Masks what `redactor` masks.
    pub fn new(inner: W, redactor: Redactor) -> Self {
        Self {
            inner,
            redactor,
            line: Vec::new(),
        }
    }

    fn end_line(&mut self) -> io::Result<()> {
        let text = String::from_utf8_lossy(&self.line);
        self.inner
            .write_all(self.redactor.redact(&text).as_bytes())?;
        self.line.clear();
        Ok(())
    }
}

impl<W: Write> Write for Masked<W> {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        for part in text.split_inclusive(|&byte| byte == b'\n') {
            self.line.extend_from_slice(part);
            if part.ends_with(b"\n") {
                self.end_line()?;
            }
        }
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.line.is_empty() {
            self.end_line()?;
        }
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_masked_however_they_are_written() {
        let text = b"{\"password\":\"hunter22\"}\nplain\nAuthorization: Bearer abcdefghijkl";
        for piece in [1, 7, 100] {
            let mut out = Vec::new();
            let mut masked = Masked::new(&mut out, Redactor::secrets());
            for part in text.chunks(piece) {
                masked.write_all(part).expect("writing to memory");
            }
            masked.flush().expect("writing to memory");
            assert_eq!(
                String::from_utf8_lossy(&out),
                "{\"password\":\"***HIDDEN***\"}\nplain\nAuthorization: Bearer ***HIDDEN***"
            );
        }
    }
}
