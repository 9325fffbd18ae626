//! The records of a pax header: `LENGTH KEY=VALUE\n` (POSIX.1-2017, pax, extended header).

/// What a pax header says of the next member.
#[derive(Clone, Debug, Default)]
pub(super) struct Pax {
    pub(super) path: Option<Vec<u8>>,
    pub(super) target: Option<Vec<u8>>,
    pub(super) size: Option<u64>,
    pub(super) sparse: Option<Sparse>,
}

/// What the keys `GNU.sparse.*` say (GNU tar manual, "Sparse Formats").
#[derive(Clone, Debug, Default)]
pub(super) struct Sparse {
    /// Version 1.0, where the map stands in front of the data.
    pub(super) map_in_data: bool,
    pub(super) name: Option<Vec<u8>>,
    pub(super) real_size: u64,
    /// Offset and length by turns.
    pub(super) map: Vec<u64>,
}

impl Pax {
    /// Reads all records; what follows a broken one is left out.
    pub(super) fn of(mut text: &[u8]) -> Self {
        let mut pax = Self::default();
        while let Some((record, rest)) = split(text) {
            text = rest;
            let Some(at) = memchr::memchr(b'=', record) else {
                continue;
            };
            pax.add(&record[..at], &record[at + 1..]);
        }
        pax
    }

    fn add(&mut self, key: &[u8], value: &[u8]) {
        match key {
            b"path" => self.path = Some(value.to_vec()),
            b"linkpath" => self.target = Some(value.to_vec()),
            b"size" => self.size = number(value).filter(|&size| size <= i64::MAX.cast_unsigned()),
            _ => {
                if let Some(key) = key.strip_prefix(b"GNU.sparse.") {
                    let sparse = self.sparse.get_or_insert_default();
                    sparse.add(key, value);
                }
            }
        }
    }
}

impl Sparse {
    fn add(&mut self, key: &[u8], value: &[u8]) {
        match key {
            b"major" => self.map_in_data = value == b"1",
            b"name" => self.name = Some(value.to_vec()),
            b"size" | b"realsize" => self.real_size = number(value).unwrap_or(0),
            b"offset" | b"numbytes" => self.map.extend(number(value)),
            b"map" => {
                let numbers = value.split(|&byte| byte == b',');
                self.map = numbers.filter_map(number).collect();
            }
            _ => {}
        }
    }
}

/// The first record without its length and newline, and what follows it.
fn split(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let blank = memchr::memchr(b' ', text)?;
    let length = usize::try_from(number(&text[..blank])?).ok()?;
    let record = text.get(blank + 1..length)?;
    Some((record.strip_suffix(b"\n")?, &text[length..]))
}

/// A decimal number without a sign.
pub(super) fn number(text: &[u8]) -> Option<u64> {
    let digits = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(text)
        .ok()
        .filter(|_| digits)?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_have_a_length_and_may_hold_newlines() {
        let pax = Pax::of(b"16 path=a\nb/c.l\n13 size=4096\n20 GNU.sparse.major=1\n");
        assert_eq!(pax.path.as_deref(), Some(&b"a\nb/c.l"[..]));
        assert_eq!(pax.size, Some(4096));
        let pax = Pax::of(b"22 GNU.sparse.major=1\n28 GNU.sparse.realsize=1000\n30 path=cut");
        assert!(pax.sparse.as_ref().is_some_and(|sparse| sparse.map_in_data));
        assert_eq!(pax.sparse.map(|sparse| sparse.real_size), Some(1000));
        assert_eq!(pax.path, None);
    }

    #[test]
    fn broken_records_end_the_header() {
        for text in [
            &b"x"[..],
            b"0 ",
            b"99999999999999999999 path=a\n",
            b"9 path=a",
            b"3 \n",
            b"-4 path=a\n",
            b"2 9 path=a\n",
        ] {
            assert_eq!(Pax::of(text).path, None, "{text:?}");
        }
    }
}
