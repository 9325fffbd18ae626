//! The part of Go's `text/template` that the messages of specs use.
//!
//! Fields, literals, pipelines, `if`, `else if`, `else`, comments, trim markers, and the functions `eq ne lt le gt ge
//! and or not len upper lower trim quote default`.

mod parse;

use std::cmp::Ordering;

use serde_json::Value;

use super::json;

/// A text with fields; one that has none, or that is not understood, stands for itself.
#[derive(Clone, Debug)]
pub(super) struct Template {
    source: String,
    parts: Option<Vec<Part>>,
}

#[derive(Clone, Debug)]
enum Part {
    Text(String),
    Show(Expression),
    If(Expression, Vec<Part>, Vec<Part>),
}

#[derive(Clone, Debug)]
enum Expression {
    /// `.` with these fields; of `(..).A` they are taken from a value.
    Field(Vec<String>),
    Of(Box<Expression>, Vec<String>),
    Literal(Value),
    Call(Function, Vec<Expression>),
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Function {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    And,
    Or,
    Not,
    Len,
    Upper,
    Lower,
    Trim,
    Quote,
    Default,
}

/// What fields are looked up in.
#[derive(Clone, Copy, Debug)]
pub(super) enum Scope<'v> {
    /// A map: what is not there is `<no value>`.
    Map(&'v Value),
    /// An untyped document: as a map, and all numbers are floats.
    Document(&'v Value),
    /// An object of Kubernetes by the names of its Go fields: `.Status.PodIP` is `status.podIP`, `.Name` is
    /// `metadata.name`. What is not there is empty.
    Object(&'v Value),
}

impl Template {
    /// A text in which nothing is replaced.
    pub(super) fn raw(source: String) -> Self {
        Self {
            source,
            parts: None,
        }
    }

    /// Reads a template, or says what is not understood.
    pub(super) fn parse(source: &str) -> Result<Self, String> {
        let has_actions = source.contains("{{");
        let parts = has_actions.then(|| parse::parts(source)).transpose()?;
        Ok(Self {
            source: source.to_owned(),
            parts,
        })
    }

    /// The text as it is written.
    pub(super) fn source(&self) -> &str {
        &self.source
    }

    /// The text with the fields of a scope.
    pub(super) fn render(&self, scope: Scope) -> Result<String, String> {
        let Some(parts) = &self.parts else {
            return Ok(self.source.clone());
        };
        let mut out = String::new();
        render(parts, scope, &mut out)?;
        Ok(out)
    }
}

fn render(parts: &[Part], scope: Scope, out: &mut String) -> Result<(), String> {
    for part in parts {
        match part {
            Part::Text(text) => out.push_str(text),
            Part::Show(expression) => {
                out.push_str(&scope.printed(scope.value(expression)?.as_ref()));
            }
            Part::If(condition, then, otherwise) => {
                let holds = scope.value(condition)?.is_some_and(|value| is_true(&value));
                render(if holds { then } else { otherwise }, scope, out)?;
            }
        }
    }
    Ok(())
}

impl Scope<'_> {
    fn value(self, expression: &Expression) -> Result<Option<Value>, String> {
        match expression {
            Expression::Field(fields) => {
                let (Self::Map(root) | Self::Document(root) | Self::Object(root)) = self;
                Ok(self.field(root, fields, true))
            }
            Expression::Of(inner, fields) => {
                let inner = self.value(inner)?;
                Ok(inner.and_then(|inner| self.field(&inner, fields, false)))
            }
            Expression::Literal(value) => Ok(Some(value.clone())),
            Expression::Call(function, arguments) => self.call(*function, arguments),
        }
    }

    fn field(self, root: &Value, fields: &[String], is_root: bool) -> Option<Value> {
        let mut value = root;
        for (depth, name) in fields.iter().enumerate() {
            let found = value.get(name);
            value = match self {
                Self::Object(_) => {
                    let embedded = || {
                        let metadata = value.get("metadata").filter(|_| is_root && depth == 0)?;
                        if name == "ObjectMeta" {
                            Some(metadata)
                        } else {
                            by_go_name(metadata, name)
                        }
                    };
                    found.or_else(|| by_go_name(value, name)).or_else(embedded)
                }
                _ => found,
            }?;
        }
        Some(value.clone())
    }

    fn printed(self, value: Option<&Value>) -> String {
        match (self, value) {
            (Self::Object(_), None | Some(Value::Null)) => String::new(),
            (_, None | Some(Value::Null)) => "<no value>".to_owned(),
            (Self::Document(_), Some(value)) => json::printed(value, true),
            (_, Some(value)) => json::printed(value, false),
        }
    }

    fn call(self, function: Function, arguments: &[Expression]) -> Result<Option<Value>, String> {
        use Function as F;
        if matches!(function, F::And | F::Or) {
            let mut last = None;
            for argument in arguments {
                last = self.value(argument)?;
                if last.as_ref().is_some_and(is_true) == (function == F::Or) {
                    break;
                }
            }
            return Ok(last);
        }
        let values: Vec<Option<Value>> = arguments
            .iter()
            .map(|argument| self.value(argument))
            .collect::<Result<_, _>>()?;
        let text = |value: &Option<Value>| match value {
            None | Some(Value::Null) => String::new(),
            value => self.printed(value.as_ref()),
        };
        let result: Value = match (function, &*values) {
            (F::Not, [value]) => (!value.as_ref().is_some_and(is_true)).into(),
            (F::Len, [value]) => length(value.as_ref())?.into(),
            (F::Upper, [value]) => text(value).to_uppercase().into(),
            (F::Lower, [value]) => text(value).to_lowercase().into(),
            (F::Trim, [value]) => text(value).trim().into(),
            (F::Quote, [value]) => format!("{:?}", text(value)).into(),
            (F::Default, [default, value]) => match value {
                Some(value) if is_true(value) => value.clone(),
                _ => return Ok(default.clone()),
            },
            (F::Eq, [first, others @ ..]) if !others.is_empty() => {
                let mut equal = false;
                for other in others {
                    equal |= compared(first.as_ref(), other.as_ref())?.is_eq();
                }
                equal.into()
            }
            (_, [first, second]) => {
                let ordering = compared(first.as_ref(), second.as_ref())?;
                match function {
                    F::Ne => ordering.is_ne(),
                    F::Lt => ordering.is_lt(),
                    F::Le => ordering.is_le(),
                    F::Gt => ordering.is_gt(),
                    F::Ge => ordering.is_ge(),
                    _ => return Err("a function has too many arguments".to_owned()),
                }
                .into()
            }
            _ => return Err("a function has the wrong number of arguments".to_owned()),
        };
        Ok(Some(result))
    }
}

/// The entry of an object whose key is a Go field's name, apart from case.
fn by_go_name<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    let mut entries = value.as_object()?.iter();
    entries.find_map(|(key, value)| key.eq_ignore_ascii_case(name).then_some(value))
}

fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64().is_some_and(|number| number != 0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(object) => !object.is_empty(),
    }
}

fn length(value: Option<&Value>) -> Result<usize, String> {
    match value {
        Some(Value::String(text)) => Ok(text.len()),
        Some(Value::Array(items)) => Ok(items.len()),
        Some(Value::Object(object)) => Ok(object.len()),
        _ => Err("`len` of what has no length".to_owned()),
    }
}

fn compared(a: Option<&Value>, b: Option<&Value>) -> Result<Ordering, String> {
    let ordering = match (a, b) {
        (Some(Value::String(a)), Some(Value::String(b))) => Some(a.cmp(b)),
        (Some(Value::Bool(a)), Some(Value::Bool(b))) => Some(a.cmp(b)),
        (Some(Value::Number(a)), Some(Value::Number(b))) => match (a.as_i64(), b.as_i64()) {
            (Some(a), Some(b)) => Some(a.cmp(&b)),
            _ => a.as_f64().partial_cmp(&b.as_f64()),
        },
        _ => None,
    };
    ordering.ok_or_else(|| "incompatible types for comparison".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rendered(text: &str, value: &Value) -> Result<String, String> {
        Template::parse(text)?.render(Scope::Map(value))
    }

    #[test]
    fn fields_are_replaced() {
        let value = json!({"A": {"B": "x"}, "N": 5, "T": true, "E": "", "L": [1, 2]});
        for (text, expected) in [
            ("plain", "plain"),
            ("{{ .A.B }}", "x"),
            ("{{.A.B}}-{{ .N }}", "x-5"),
            ("a {{- .N -}} b", "a5b"),
            ("a {{ .Missing }}", "a <no value>"),
            ("{{ if .T }}yes{{ else }}no{{ end }}", "yes"),
            (
                "{{ if .E }}yes{{ else if eq .N 5 }}five{{ else }}no{{ end }}",
                "five",
            ),
            ("{{ if not .T }}yes{{ end }}", ""),
            ("{{ if and .T (gt .N 4) }}yes{{ end }}", "yes"),
            ("{{ .A.B | upper }}", "X"),
            ("{{ default \"d\" .E }} {{ .E | default `e` }}", "d e"),
            ("{{ \"{{\" }}", "{{"),
            ("{{/* no */}}a", "a"),
            ("{{ len .L }} {{ .L }}", "2 [1 2]"),
            ("{{ eq .A.B \"y\" \"x\" }}", "true"),
            ("{{ (.A).B }}", "x"),
            ("a {{- /* trimmed */ -}} b", "ab"),
        ] {
            assert_eq!(rendered(text, &value).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_not_understood_is_an_error() {
        for text in [
            "{{ .A",
            "{{ range .L }}x{{ end }}",
            "{{ $x := 1 }}",
            "{{ if .A }}",
            "{{ end }}",
            "{{ else }}",
            "{{ unknown .A }}",
            "{{ }}",
            "{{ .A | }}",
            "{{ \"a }}",
            "{{ (.A }}",
            "{{ .A..B }}",
            "{{ template \"x\" }}",
        ] {
            assert!(Template::parse(text).is_err(), "{text}");
        }
        assert!(rendered("{{ eq .A 1 }}", &json!({"A": "x"})).is_err());
        assert!(rendered("{{ len .A }}", &json!({"A": 1})).is_err());
        let deep = format!("{{{{ {}.A{} }}}}", "(".repeat(5000), ")".repeat(5000));
        assert!(Template::parse(&deep).is_err());
        let nested = format!("{}{}", "{{ if .A }}".repeat(5000), "{{ end }}".repeat(5000));
        assert!(Template::parse(&nested).is_err());
    }

    #[test]
    fn objects_have_go_names() {
        let pod = json!({"metadata": {"name": "p", "uid": "u", "labels": {"app": "web"}}, "status": {"podIP": "10.0.0.1"}});
        let text = "{{ .Name }} {{ .ObjectMeta.UID }} {{ .Status.PodIP }} {{ .Labels.app }}[{{ .Status.Reason }}]";
        let template = Template::parse(text).expect("valid");
        let rendered = template.render(Scope::Object(&pod));
        assert_eq!(rendered.as_deref(), Ok("p u 10.0.0.1 web[]"));
    }
}
