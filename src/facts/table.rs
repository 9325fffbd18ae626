//! Tables whose columns are aligned below a header, as most commands print them.

/// A row's words, with the column at which each starts.
pub(super) fn words(line: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut rest = 0;
    std::iter::from_fn(move || {
        let start = rest + line[rest..].find(|c: char| !c.is_whitespace())?;
        let len = line[start..]
            .find(char::is_whitespace)
            .unwrap_or(line.len() - start);
        rest = start + len;
        Some((start, &line[start..rest]))
    })
}

/// A header that is cut at runs of two or more spaces (or a tab): `kubectl`, `docker ps`, `crictl`.
#[derive(Clone, Debug)]
pub struct Columns<'a> {
    /// Name and byte offset of each column.
    columns: Vec<(&'a str, usize)>,
}

impl<'a> Columns<'a> {
    /// The columns of a header line.
    pub fn of(header: &'a str) -> Self {
        let mut columns: Vec<(&str, usize)> = Vec::new();
        let mut end = 0;
        for (start, word) in words(header) {
            match columns.last_mut() {
                Some((name, first)) if start - end == 1 && header.as_bytes()[end] == b' ' => {
                    *name = &header[*first..start + word.len()];
                }
                _ => columns.push((word, start)),
            }
            end = start + word.len();
        }
        Self { columns }
    }

    /// Whether all these columns are there.
    pub fn has(&self, names: &[&str]) -> bool {
        names
            .iter()
            .all(|name| self.columns.iter().any(|(column, _)| column == name))
    }

    /// The value of the column `name` in `row`, trimmed; `None` where there is no such column or no value.
    ///
    /// Values are cut at the offsets of the header, which is how these programs align them.
    pub fn get<'r>(&self, row: &'r str, name: &str) -> Option<&'r str> {
        let at = self
            .columns
            .iter()
            .position(|(column, _)| *column == name)?;
        let start = boundary(row, self.columns[at].1);
        let end = self
            .columns
            .get(at + 1)
            .map_or(row.len(), |(_, next)| boundary(row, *next));
        let value = row.get(start..end)?.trim();
        (!value.is_empty()).then_some(value)
    }
}

fn boundary(row: &str, at: usize) -> usize {
    row.floor_char_boundary(at.min(row.len()))
}

/// Host and port, cut at the last colon; brackets and a zone (`%lo`) are removed from the host.
pub(super) fn host_port(text: &str) -> Option<(&str, &str)> {
    let (host, port) = text.rsplit_once(':')?;
    let host = host.strip_prefix('[').unwrap_or(host);
    let host = host.strip_suffix(']').unwrap_or(host);
    let host = host.split('%').next().unwrap_or(host);
    let host = host.strip_suffix(']').unwrap_or(host);
    Some((host, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_cut_where_the_header_says() {
        let header = "CONTAINER ID   IMAGE         STATUS                  NAMES";
        let row = "8d1f2b3c4d5e   postgres:15   Up 3 hours (healthy)    db";
        let columns = Columns::of(header);
        assert!(columns.has(&["CONTAINER ID", "NAMES"]));
        assert_eq!(columns.get(row, "STATUS"), Some("Up 3 hours (healthy)"));
        assert_eq!(columns.get(row, "NAMES"), Some("db"));
        assert_eq!(columns.get("short", "NAMES"), None);
        assert_eq!(columns.get(row, "PORTS"), None);
    }

    #[test]
    fn hosts_lose_brackets_and_zones() {
        assert_eq!(host_port("127.0.0.53%lo:53"), Some(("127.0.0.53", "53")));
        assert_eq!(host_port("[::]:22"), Some(("::", "22")));
        assert_eq!(host_port("[fe80::1]%eth0:546"), Some(("fe80::1", "546")));
        assert_eq!(host_port(":::5432"), Some(("::", "5432")));
        assert_eq!(host_port("*:*"), Some(("*", "*")));
    }
}
