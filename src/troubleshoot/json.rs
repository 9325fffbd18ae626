//! Values in documents: by path, by `JSONPath`, and as Go prints them.

use serde_json::Value;

/// The text at a path of keys, or empty.
pub(super) fn text<'v>(value: &'v Value, path: &[&str]) -> &'v str {
    at(value, path).and_then(Value::as_str).unwrap_or_default()
}

/// The whole number at a path of keys, or 0.
pub(super) fn integer(value: &Value, path: &[&str]) -> i64 {
    at(value, path).and_then(Value::as_i64).unwrap_or_default()
}

/// Whether there is `true` at a path of keys.
pub(super) fn flag(value: &Value, path: &[&str]) -> bool {
    at(value, path).and_then(Value::as_bool).unwrap_or_default()
}

/// The items of the list at a path of keys.
pub(super) fn list<'v>(value: &'v Value, path: &[&str]) -> &'v [Value] {
    at(value, path)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// What is at a path of keys, unless that is null.
pub(super) fn at<'v>(value: &'v Value, path: &[&str]) -> Option<&'v Value> {
    let found = path.iter().try_fold(value, |value, key| value.get(key));
    found.filter(|value| !value.is_null())
}

/// What is at a path such as `spec.containers.[0].name`. A key that is not there gives null.
pub(super) fn at_path(value: &Value, path: &str) -> Result<Value, String> {
    let mut value = value;
    for key in path.split('.') {
        let index = key.strip_prefix('[').and_then(|key| key.strip_suffix(']'));
        let found = match (index, value) {
            (Some(index), Value::Array(items)) => {
                let index: usize = index.parse().map_err(|_| format!("`{key}` is no index"))?;
                let found = items.get(index);
                Some(found.ok_or_else(|| format!("there is no item `{key}`"))?)
            }
            (Some(_), _) => return Err(format!("what `{key}` is taken from is no list")),
            (None, Value::Object(object)) => object.get(key),
            (None, _) => return Err(format!("what `{key}` is taken from is no map")),
        };
        value = found.unwrap_or(&Value::Null);
    }
    Ok(value.clone())
}

/// Whether two values are equal when all numbers are floats, as Go reads JSON.
pub(super) fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            let same = |(key, a)| b.get(key).is_some_and(|b| equal(a, b));
            a.len() == b.len() && a.iter().all(same)
        }
        (a, b) => a == b,
    }
}

/// A value as Go's templates print it; `float` is whether whole numbers are floats, as in Go's untyped JSON.
pub(super) fn printed(value: &Value, float: bool) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::String(text) => text.clone(),
        Value::Number(number) => match number.as_f64() {
            Some(value) if float || number.is_f64() => printed_float(value),
            _ => number.to_string(),
        },
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| printed(item, float)).collect();
            format!("[{}]", items.join(" "))
        }
        Value::Object(object) => {
            let mut pairs: Vec<_> = object.iter().collect();
            pairs.sort_by_key(|(key, _)| *key);
            let pairs: Vec<_> = pairs
                .iter()
                .map(|(key, value)| format!("{key}:{}", printed(value, float)))
                .collect();
            format!("map[{}]", pairs.join(" "))
        }
    }
}

/// A float as Go's `%v`: with an exponent if that is below -4 or above 5.
fn printed_float(value: f64) -> String {
    let scientific = format!("{value:e}");
    let Some((mantissa, exponent)) = scientific.split_once('e') else {
        return scientific;
    };
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..6).contains(&exponent) {
        return value.to_string();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs())
}

/// A `JSONPath` of kubectl's kind: keys, indexes, `*`, `..` and filters that compare.
#[derive(Clone, Debug)]
pub(super) struct JsonPath(Vec<Step>);

#[derive(Clone, Debug)]
enum Step {
    Key(String),
    Index(i64),
    All,
    /// Everything below.
    Deep,
    Filter {
        path: Vec<String>,
        wanted: Option<(bool, Value)>,
    },
}

/// Steps that select more values than this select nothing.
const MAX_SELECTED: usize = 100_000;

impl JsonPath {
    /// Reads `$.a.b[0]`, `{.a['b'].*}`, `.items[?(@.name=="x")].value`; nothing for other syntax.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = match text.strip_prefix('{') {
            Some(inner) => inner.strip_suffix('}')?,
            None => text,
        };
        let mut rest = text.strip_prefix('$').unwrap_or(text);
        if !rest.is_empty() && !rest.starts_with(['.', '[']) {
            return None;
        }
        let mut steps = Vec::new();
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix("..") {
                steps.push(Step::Deep);
                if after.starts_with('[') {
                    rest = after;
                    continue;
                }
                rest = key(after, &mut steps)?;
            } else if let Some(after) = rest.strip_prefix('.') {
                // `.` alone is the root, and `.[0]` is `[0]`.
                rest = if after.is_empty() || after.starts_with('[') {
                    after
                } else {
                    key(after, &mut steps)?
                };
            } else {
                let (inner, after) = bracket(rest)?;
                steps.push(inner);
                rest = after;
            }
        }
        Some(Self(steps))
    }

    /// What it selects: one value itself, none or several as a list.
    pub(super) fn select(&self, root: &Value) -> Value {
        let mut selected = vec![root];
        for step in &self.0 {
            selected = selected.iter().flat_map(|value| step.of(value)).collect();
            if selected.len() > MAX_SELECTED {
                return Value::Null;
            }
        }
        match *selected {
            [value] => value.clone(),
            _ => selected.into_iter().cloned().collect(),
        }
    }
}

fn key<'t>(text: &'t str, steps: &mut Vec<Step>) -> Option<&'t str> {
    let mut name = String::new();
    let mut chars = text.char_indices();
    let mut end = text.len();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => name.push(chars.next()?.1),
            '.' | '[' => {
                end = at;
                break;
            }
            ' ' | '{' | '}' | '|' | '(' | ')' => return None,
            c => name.push(c),
        }
    }
    steps.push(match &*name {
        "" => return None,
        "*" => Step::All,
        _ => Step::Key(name),
    });
    text.get(end..)
}

/// What stands in brackets, and what follows.
fn bracket(text: &str) -> Option<(Step, &str)> {
    let text = text.strip_prefix('[')?;
    if let Some(filter) = text.strip_prefix("?(") {
        let (filter, rest) = filter.split_once(")]")?;
        return Some((filter_of(filter)?, rest));
    }
    let (inner, rest) = text.split_once(']')?;
    let inner = inner.trim();
    let quoted = |quote| inner.strip_prefix(quote)?.strip_suffix(quote);
    let step = match quoted('\'').or_else(|| quoted('"')) {
        Some(name) => Step::Key(name.to_owned()),
        None if inner == "*" => Step::All,
        None => Step::Index(inner.parse().ok()?),
    };
    Some((step, rest))
}

fn filter_of(text: &str) -> Option<Step> {
    let found = ["==", "!="].iter().find_map(|operator| {
        let (path, value) = text.split_once(operator)?;
        Some((path, Some((*operator == "==", value.trim()))))
    });
    let (path, wanted) = found.unwrap_or((text, None));
    let wanted = match wanted {
        None => None,
        Some((is, value)) => {
            let quoted = |quote| value.strip_prefix(quote)?.strip_suffix(quote);
            let value = match quoted('\'').or_else(|| quoted('"')) {
                Some(text) => Value::from(text),
                None => serde_json::from_str(value).ok()?,
            };
            Some((is, value))
        }
    };
    let path = path.trim().strip_prefix("@.")?;
    if path.contains(['<', '>', '[', '(', ' ', '&', '|']) {
        return None;
    }
    Some(Step::Filter {
        path: path.split('.').map(str::to_owned).collect(),
        wanted,
    })
}

impl Step {
    fn of<'v>(&self, value: &'v Value) -> Vec<&'v Value> {
        match (self, value) {
            (Self::Key(name), Value::Object(object)) => object.get(name).into_iter().collect(),
            (Self::Index(index), Value::Array(items)) => {
                let from_end = i64::try_from(items.len()).unwrap_or_default();
                let index = if *index < 0 { from_end + index } else { *index };
                let index = usize::try_from(index).ok();
                index
                    .and_then(|index| items.get(index))
                    .into_iter()
                    .collect()
            }
            (Self::All, Value::Array(items)) => items.iter().collect(),
            (Self::All, Value::Object(object)) => object.values().collect(),
            (Self::Deep, value) => {
                let mut found = Vec::new();
                below(value, &mut found);
                found
            }
            (Self::Filter { path, wanted }, Value::Array(items)) => {
                let path: Vec<&str> = path.iter().map(String::as_str).collect();
                let keeps = |item: &&Value| match (at(item, &path), wanted) {
                    (found, None) => found.is_some(),
                    (Some(found), Some((is, value))) => equal(found, value) == *is,
                    (None, Some(_)) => false,
                };
                items.iter().filter(keeps).collect()
            }
            _ => Vec::new(),
        }
    }
}

fn below<'v>(value: &'v Value, found: &mut Vec<&'v Value>) {
    found.push(value);
    match value {
        Value::Array(items) => items.iter().for_each(|item| below(item, found)),
        Value::Object(object) => object.values().for_each(|item| below(item, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn paths_have_indexes_as_components() {
        let value = json!({"spec": {"containers": [{"name": "a"}]}});
        assert_eq!(at_path(&value, "spec.containers.[0].name"), Ok(json!("a")));
        assert_eq!(at_path(&value, "spec.nothing"), Ok(Value::Null));
        for path in [
            "spec.nothing.more",
            "spec.containers.name",
            "spec.containers.[1]",
            "spec.[0]",
            "spec.containers.[x]",
        ] {
            assert!(at_path(&value, path).is_err(), "{path}");
        }
    }

    #[test]
    fn json_paths_select() {
        let value = json!({"a": {"b.c": 1, "list": [{"k": "x", "v": 1}, {"k": "y", "v": 2}]}});
        for (path, expected) in [
            ("$.a.list[0].v", json!(1)),
            ("{.a.list[-1].v}", json!(2)),
            (".a.list[*].k", json!(["x", "y"])),
            ("$.a['b.c']", json!(1)),
            (r"$.a.b\.c", json!(1)),
            ("$.a.list[?(@.k==\"y\")].v", json!(2)),
            ("$.a.list[?(@.k!='y')].v", json!(1)),
            ("$..v", json!([1, 2])),
            ("$.nothing.more", json!([])),
            ("$", value.clone()),
        ] {
            let selected = JsonPath::parse(path).map(|path| path.select(&value));
            assert_eq!(selected, Some(expected), "{path}");
        }
        for path in [
            "a.b",
            "{.a",
            "$.a[",
            "$.a[x]",
            "$.a[?(@.k>1)]",
            "{range .a}",
            "$.",
            "$.a..",
            "$..[",
        ] {
            let parsed = JsonPath::parse(path);
            assert!(parsed.is_none() || path == "$.", "{path}");
        }
    }

    #[test]
    fn values_are_printed_as_go_prints_them() {
        let value = json!({"b": [1, "x", null], "a": 1.5});
        assert_eq!(printed(&value, false), "map[a:1.5 b:[1 x <nil>]]");
        assert_eq!(printed(&json!(1_234_567), true), "1.234567e+06");
        assert_eq!(printed(&json!(0.00001), true), "1e-05");
        assert_eq!(printed(&json!(5), true), "5");
    }
}
