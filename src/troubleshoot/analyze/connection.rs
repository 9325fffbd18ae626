//! What connecting gave: databases, `s3Status`, `http`, `registryImages`.

use serde_json::Value;

use super::super::compare;
use super::super::decode::{Decoder, Fields};
use super::super::glob::Reads;
use super::super::json::{at, flag, text};
use super::super::semver::{Range, Version};
use super::super::{Outcome, Verdict};
use super::{Branch, Bundle, Check};

#[derive(Debug)]
struct Connection {
    file: String,
    title: String,
    /// Whether failures tell the error.
    tells_error: bool,
    holds: fn(&str, &Value) -> Result<bool, String>,
    branches: Vec<Branch>,
}

fn decode(
    decoder: &mut Decoder,
    fields: &Fields,
    directory: &str,
    tells_error: bool,
    holds: fn(&str, &Value) -> Result<bool, String>,
    default: &str,
) -> Option<Box<dyn Check>> {
    let collector = fields.text_or(decoder, "collectorName", default);
    Some(Box::new(Connection {
        file: format!("{directory}{collector}.json"),
        title: collector,
        tells_error,
        holds,
        branches: decoder.outcomes(fields, false),
    }))
}

pub(super) fn postgres(decoder: &mut Decoder, fields: &Fields) -> Option<Box<dyn Check>> {
    decode(
        decoder,
        fields,
        "postgres/",
        true,
        database_holds,
        "postgres",
    )
}

pub(super) fn mysql(decoder: &mut Decoder, fields: &Fields) -> Option<Box<dyn Check>> {
    decode(decoder, fields, "mysql/", false, database_holds, "mysql")
}

pub(super) fn mssql(decoder: &mut Decoder, fields: &Fields) -> Option<Box<dyn Check>> {
    decode(decoder, fields, "mssql/", true, database_holds, "mssql")
}

pub(super) fn redis(decoder: &mut Decoder, fields: &Fields) -> Option<Box<dyn Check>> {
    decode(decoder, fields, "redis/", false, database_holds, "redis")
}

pub(super) fn clickhouse(decoder: &mut Decoder, fields: &Fields) -> Option<Box<dyn Check>> {
    decode(
        decoder,
        fields,
        "clickhouse/",
        true,
        database_holds,
        "clickhouse",
    )
}

pub(super) fn s3(decoder: &mut Decoder, fields: &Fields) -> Option<Box<dyn Check>> {
    decode(
        decoder,
        fields,
        "s3Status/",
        true,
        database_holds,
        "s3Status",
    )
}

pub(super) fn registry(decoder: &mut Decoder, fields: &Fields) -> Option<Box<dyn Check>> {
    decode(
        decoder,
        fields,
        "registry/",
        false,
        registry_holds,
        "images",
    )
}

pub(super) fn http(decoder: &mut Decoder, fields: &Fields) -> Option<Box<dyn Check>> {
    let title = fields.text(decoder, "collectorName");
    let collector = if title.is_empty() { "result" } else { &title };
    Some(Box::new(Connection {
        file: format!("{collector}.json"),
        title,
        tells_error: false,
        holds: http_holds,
        branches: decoder.outcomes(fields, false),
    }))
}

impl Check for Connection {
    fn title(&self) -> String {
        self.title.clone()
    }

    fn reads(&self) -> Vec<Reads> {
        vec![Reads::path(&*self.file)]
    }

    fn evaluate(&self, title: &str, bundle: &Bundle) -> Result<Vec<Outcome>, String> {
        let file = bundle.json(&self.file)?;
        let found = super::first(&self.branches, |when| (self.holds)(when, &file))?;
        let Some(branch) = found else {
            return Ok(Vec::new());
        };
        let mut outcome = branch.outcome(title).on_file(&self.file);
        let error = text(&file, &["error"]);
        if self.tells_error && branch.verdict == Verdict::Fail && !error.is_empty() {
            outcome.message = format!("{} {error}", outcome.message);
        }
        Ok(vec![outcome])
    }
}

/// `connected == true`, `version >= 10.x`.
fn database_holds(when: &str, file: &Value) -> Result<bool, String> {
    let (what, operator, wanted) = compare::three(when)?;
    match what {
        "connected" => {
            let is_it = compare::boolean(wanted)? == flag(file, &["isConnected"]);
            match operator {
                "=" | "==" | "===" => Ok(is_it),
                "!=" | "!==" => Ok(!is_it),
                _ => Err(format!("unknown comparator: \"{operator}\"")),
            }
        }
        "version" => {
            let wanted = wanted.replace('x', "0");
            let range = Range::parse(&format!("{operator} {}", full(&wanted)))?;
            let actual = text(file, &["version"]);
            let version =
                Version::parse(&full(actual)).ok_or_else(|| format!("`{actual}` is no version"))?;
            Ok(range.contains(&version))
        }
        _ => Ok(false),
    }
}

/// A version with three numbers.
fn full(version: &str) -> String {
    match version.split('.').count() {
        1 => format!("{version}.0.0"),
        2 => format!("{version}.0"),
        _ => version.to_owned(),
    }
}

/// `verified|missing|errors op N`.
pub(super) fn registry_holds(when: &str, file: &Value) -> Result<bool, String> {
    let (what, operator, wanted) = compare::three(when)?;
    let images = at(file, &["images"]).and_then(Value::as_object);
    let is_counted = |image: &&Value| {
        let state = if !text(image, &["error"]).is_empty() {
            "errors"
        } else if flag(image, &["exists"]) {
            "verified"
        } else {
            "missing"
        };
        state == what
    };
    if !matches!(what, "verified" | "missing" | "errors") {
        return Err(format!("unknown term \"{what}\" in conditional"));
    }
    let count = images.map_or(0, |images| images.values().filter(is_counted).count());
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    compare::holds(operator, count.cmp(&compare::integer(wanted)?))
}

/// `error`, or an expression on `statusCode`.
pub(super) fn http_holds(when: &str, file: &Value) -> Result<bool, String> {
    if when == "error" {
        return Ok(at(file, &["error"]).is_some());
    }
    let status = at(file, &["response", "status"]).and_then(Value::as_i64);
    let mut expression = Expression {
        rest: when,
        status: status.unwrap_or_default(),
        depth: 0,
    };
    let holds = expression.any()?;
    if !expression.rest.trim().is_empty() {
        return Err(format!("`{when}` is no condition on `statusCode`"));
    }
    Ok(holds && at(file, &["response"]).is_some())
}

/// `statusCode == 200 || (statusCode > 299 && statusCode < 400)`.
struct Expression<'w> {
    rest: &'w str,
    status: i64,
    depth: usize,
}

impl<'w> Expression<'w> {
    fn any(&mut self) -> Result<bool, String> {
        let mut holds = self.all()?;
        while self.eats("||") {
            holds |= self.all()?;
        }
        Ok(holds)
    }

    fn all(&mut self) -> Result<bool, String> {
        let mut holds = self.one()?;
        while self.eats("&&") {
            holds &= self.one()?;
        }
        Ok(holds)
    }

    fn one(&mut self) -> Result<bool, String> {
        self.depth += 1;
        if self.depth > 64 {
            return Err("the condition is too long".to_owned());
        }
        if self.rest.trim_start().starts_with('!') {
            self.eats("!");
            return Ok(!self.one()?);
        }
        if self.eats("(") {
            let holds = self.any()?;
            return if self.eats(")") {
                Ok(holds)
            } else {
                Err("a parenthesis is not closed".to_owned())
            };
        }
        let left = self.value()?;
        let operators = ["===", "==", "!=", "<=", ">=", "<", ">", "="];
        let operator = operators.into_iter().find(|operator| self.eats(operator));
        let right = self.value()?;
        match operator {
            Some("!=") => Ok(left != right),
            Some(operator) => compare::holds(operator, left.cmp(&right)),
            None => Err("a comparison is missing".to_owned()),
        }
    }

    fn value(&mut self) -> Result<i64, String> {
        let rest = self.rest.trim_start();
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        let (word, after): (&'w str, &'w str) = rest.split_at_checked(end).unwrap_or(("", rest));
        self.rest = after;
        if word == "statusCode" {
            return Ok(self.status);
        }
        compare::integer(word)
    }

    fn eats(&mut self, token: &str) -> bool {
        let rest = self.rest.trim_start().strip_prefix(token);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn expressions_are_on_the_status() {
        let file = json!({"response": {"status": 302}});
        for (when, holds) in [
            ("statusCode == 302", Ok(true)),
            ("statusCode = 200", Ok(false)),
            ("statusCode != 200", Ok(true)),
            ("statusCode >= 300 && statusCode < 400", Ok(true)),
            (
                "statusCode == 200 || (statusCode > 299 && !(statusCode == 404))",
                Ok(true),
            ),
            ("error", Ok(false)),
            ("statusCode ==", Err(())),
            ("body == 1", Err(())),
            ("statusCode == 200 x", Err(())),
            ("(statusCode == 200", Err(())),
        ] {
            assert_eq!(http_holds(when, &file).map_err(|_| ()), holds, "{when}");
        }
        assert!(http_holds(&"(".repeat(100_000), &file).is_err());
        let failed = json!({"error": {"message": "refused"}});
        assert_eq!(http_holds("error", &failed), Ok(true));
        assert_eq!(http_holds("statusCode != 200", &failed), Ok(false));
    }
}
