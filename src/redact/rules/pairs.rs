//! Secrets that are known by the name in front of them.

use super::super::rule::Rule;
use super::super::value::Style;
use super::super::words;

/// What ends the name of a secret. Prefixes (`DB_PASSWORD`, `aws_secret_access_key`) are found by walking back.
macro_rules! key {
    () => {
        concat!(
            "(?P<key>pass(?:word|wd|phrase|code)?[0-9]?|pass(?:word)?[_-]?hash|passwort|pwd|secret|token|credentials?",
            "|(?:api|access|secret|private|account|auth|encryption|signing|master|shared|cert|certificate)[_.-]?key",
            "|access[_-]?key[_-]?id|requirepass|masterauth|erlang[_-]?cookie|psk)"
        )
    };
}

/// Texts of which each [`key`] contains one.
const KEYS: &[&str] = &[
    "pass",
    "pwd",
    "secret",
    "token",
    "credential",
    "key",
    "cookie",
    "psk",
    "masterauth",
];

pub(super) static RULES: &[Rule] = &[
    Rule::new(
        "pair",
        KEYS,
        concat!(
            r#"(?i)"#,
            key!(),
            r#"(?:\\*["'`])?\]?[ \t]*(?:=>|[:=])[ \t]*"#
        ),
    )
    .value(Style::Pair),
    Rule::new(
        "argument",
        KEYS,
        concat!(r"(?i)-[a-z0-9_.-]*?", key!(), r"[ \t]+"),
    )
    .value(Style::Argument),
    Rule::new(
        "argument-list",
        KEYS,
        concat!(r#"(?i)-[a-z0-9_.-]*?"#, key!(), r#"\\*["']\s*,\s*"#),
    )
    .value(Style::Quoted),
    // `"name": "DB_PASSWORD", "value": "x"`, as Kubernetes writes environments; the value may stand on the next line.
    Rule::new(
        "environment",
        KEYS,
        concat!(
            r#"(?i)name\\*"\s*:\s*\\*"[a-z0-9_.-]*?"#,
            key!(),
            r#"\\*"\s*,(?:\s|\\+n)*\\*"value\\*"\s*:\s*"#
        ),
    )
    .value(Style::Quoted),
    Rule::new(
        "environment-yaml",
        KEYS,
        concat!(
            r#"(?i)name:[ \t]*["']?[a-z0-9_.-]*?"#,
            key!(),
            r#"["']?[ \t]*(?:\r?\n|\\+n)[ \t]*value:[ \t]*"#
        ),
    )
    .value(Style::Argument),
    Rule::new(
        "element",
        KEYS,
        concat!(
            r"(?i)<[a-z0-9_:.-]*?",
            key!(),
            r"(?:\s[^<>]*)?>\s*(?P<mask>[^<>]+?)\s*</"
        ),
    )
    .when(|text, range| words::is_secret_text(&text[range.clone()])),
    // Erlang: `{password,<<"x">>}`.
    Rule::new(
        "tuple",
        KEYS,
        concat!(
            r#"(?i)\{["']?[a-z0-9_]*?"#,
            key!(),
            r#"["']?\s*,\s*(?:<<)?"#
        ),
    )
    .value(Style::Quoted),
    Rule::new(
        "ldif-password",
        &["password::"],
        r"(?i)password::[ \t]+(?P<mask>[A-Za-z0-9+/=]{4,})",
    ),
    Rule::new(
        "sql-identified",
        &["identified"],
        r#"(?i)identified\s+(?:with\s+\S+\s+)?(?:by|as)\s+(?:password\s+)?\\*['"](?P<mask>[^'"\\]+)"#,
    ),
    Rule::new(
        "sql-password",
        &["password"],
        r"(?i)(?:with|encrypted|(?:user|role)\s+\S+|set)\s+password\s+(?:=\s*)?\\*'(?P<mask>[^'\\]+)",
    ),
    Rule::new(
        "configured-password",
        &["requirepass", "masterauth"],
        r#"(?i)\b(?:requirepass|masterauth)["']?[ \t]+["']?(?P<mask>[^\s"'=:]+)"#,
    )
    .when(|text, range| words::is_secret_text(&text[range.clone()])),
    Rule::new(
        "curl-user",
        &["curl"],
        r#"\bcurl\b[^\n]*?\s(?:-u|--user)[ =]?["']?[^\s:"']+:(?P<mask>[^\s"']+)"#,
    ),
    Rule::new(
        "sshpass",
        &["sshpass", "redis-cli"],
        r#"\b(?:sshpass\s+-p|redis-cli\b[^\n]*?\s-a)\s*["']?(?P<mask>[^\s"']+)"#,
    ),
    Rule::new(
        "mysql-argument",
        &["mysql", "maria"],
        r#"\b(?:mysql|mysqldump|mysqladmin|mariadb|mariadb-dump)\s(?:[^\n|;]*?\s)?-p["']?(?P<mask>[^\s"']+)"#,
    ),
];
