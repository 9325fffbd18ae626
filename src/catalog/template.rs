//! `{name}` and `{name|words}` in the texts of a pattern.

/// A place in a text that a value fills.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Slot<'t> {
    /// Whose value.
    pub(crate) name: &'t str,
    /// What stands there when no line gave a value.
    pub(crate) otherwise: Option<&'t str>,
}

impl<'t> Slot<'t> {
    /// What stands between the braces, if it is a slot: code in braces is not.
    fn new(text: &'t str) -> Option<Self> {
        let (name, otherwise) = match text.split_once('|') {
            Some((name, words)) => (name, Some(words)),
            None => (text, None),
        };
        let is_name = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
        let sound = !name.is_empty() && name.bytes().all(is_name) && otherwise != Some("");
        sound.then_some(Self { name, otherwise })
    }
}

/// The slots of `text`, in order.
pub(crate) fn slots(text: &str) -> impl Iterator<Item = Slot<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            let (_, slot, tail) = next(rest)?;
            rest = tail;
            if slot.is_some() {
                return slot;
            }
        }
    })
}

/// `text` with every slot filled, once: what is put in is not looked at again.
pub(crate) fn expand(text: &str, mut value: impl FnMut(Slot<'_>) -> String) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, slot, tail)) = next(rest) {
        filled.push_str(before);
        match slot {
            Some(slot) => filled.push_str(&value(slot)),
            None => filled.push('{'),
        }
        rest = tail;
    }
    filled + rest
}

/// What stands before the next brace, the slot if it is one, and what stands behind. `%{time_total}` of curl and `${HOME}` of
/// shells are none.
fn next(text: &str) -> Option<(&str, Option<Slot<'_>>, &str)> {
    let (before, after) = text.split_once('{')?;
    let slot = after
        .split_once('}')
        .filter(|_| !before.ends_with(['%', '$']))
        .and_then(|(inner, tail)| Some((Slot::new(inner)?, tail)));
    Some(match slot {
        Some((slot, tail)) => (before, Some(slot), tail),
        None => (before, None, after),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_filled_once_and_code_stays() {
        let value = |slot: Slot<'_>| match slot.name {
            "host" => "{port}".to_owned(),
            _ => slot.otherwise.unwrap_or("?").to_owned(),
        };
        let text = "{host} {port|a port} {x} {print $1} {{.State}} {|a} {a|} %{x} ${x} {";
        assert_eq!(
            expand(text, value),
            "{port} a port ? {print $1} {{.State}} {|a} {a|} %{x} ${x} {"
        );
        let names: Vec<_> = slots(text).map(|slot| slot.name).collect();
        assert_eq!(names, ["host", "port", "x"]);
    }
}
