//! Secrets that are known by the name in front of them.

use super::super::rule::Rule;
use super::super::value::Style;
use super::super::words;

/// What ends the name of a secret. Prefixes (`DB_PASSWORD`, `aws_secret_access_key`) are found by walking back.
macro_rules! key {
    () => {
        concat!(
            "(?P<key>pass(?:word|wd|phrase|code)?[0-9]?|pass(?:word)?[_-]?hash|passwort|pwd|secret|token|credentials?",
            "|(?:api|access|secret|private|account|auth|encryption|signing|master|shared|cert|certificate|jwt|hmac|storage)[_.-]?key",
            "|secret[_-]?id|secret[_-]?key[_-]?base|unseal[_ -]?key(?:[_ -]?[0-9])?",
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
        concat!(r#"(?i)(?:^|[\s"'`=(,\[])-[a-z0-9_.-]*?"#, key!(), r"[ \t]+"),
    )
    .value(Style::Argument),
    Rule::new(
        "argument-list",
        KEYS,
        concat!(r#"(?i)["']-[a-z0-9_.-]*?"#, key!(), r#"\\*["']\s*,\s*"#),
    )
    .value(Style::Quoted),
    // `"name": "DB_PASSWORD", "value": "x"`, as Kubernetes writes environments; the value may stand on the next line.
    Rule::new(
        "environment",
        KEYS,
        concat!(
            r#"(?i)(?:name|key)\\*"\s*:\s*\\*"[a-z0-9_.-]*?"#,
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
    Rule::new(
        "attribute",
        KEYS,
        concat!(r#"(?i)\b(?:name|key)=["'][a-z0-9_.-]*?"#, key!(), r#"["']\s+value="#),
    )
    .value(Style::Quoted),
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
        r#"(?i)identified\s+(?:with\s+\S+\s+)?(?:by|as)\s+(?:password\s+)?\\*['"](?P<mask>[^'"\\<][^'"\\]*)"#,
    ),
    Rule::new(
        "sql-password",
        &["password"],
        r"(?i)(?:with|encrypted|(?:user|role)\s+\S+|set)\s+password\s+(?:=\s*)?\\*'(?P<mask>[^'\\<][^'\\]*)",
    ),
    Rule::new(
        "configured-password",
        &["requirepass", "masterauth"],
        r#"(?i)\b(?:requirepass|masterauth)["']?[ \t]+["']?(?P<mask>[^\s"'`=:]+)"#,
    )
    .when(|text, range| words::is_secret_text(&text[range.clone()])),
    Rule::new(
        "curl-user",
        &["curl"],
        r#"\bcurl\b[^\n]*?\s(?:-u|--user)[ =]?["']?[^\s:"']+:(?P<mask>[^\s"'`]+)"#,
    )
    .when(|text, range| words::is_secret_text(&text[range.clone()])),
    Rule::new(
        "sshpass",
        &["sshpass", "redis-cli"],
        r#"\b(?:sshpass\s+-p|redis-cli\b[^\n]*?\s-a)\s*["']?(?P<mask>[^\s"'`]+)"#,
    )
    .when(|text, range| words::is_secret_text(&text[range.clone()])),
    Rule::new(
        "login-argument",
        &[" login ", "ldap"],
        r#"\b(?:(?:docker|podman|buildah|skopeo|nerdctl|oc|az|registry)\s+login\b[^\n]*?\s-p|ldap[a-z]+\s[^\n]*?\s-w)[ =]?["']?(?P<mask>[^\s"'`]+)"#,
    )
    .when(|text, range| words::is_secret_text(&text[range.clone()])),
    Rule::new(
        "openssl-argument",
        &["-pass"],
        r#"-pass(?:in|out)?["',\s]+pass:(?P<mask>[^\s"'`]+)"#,
    ),
    // What MySQL and Elasticsearch write when they are first started.
    Rule::new(
        "generated-password",
        &["temporary password", "password elastic"],
        r"(?i)(?:temporary password is generated for \S+:|password elastic =)\s+(?P<mask>\S+)",
    ),
    Rule::new(
        "mysql-argument",
        &["mysql", "maria"],
        r#"\b(?:mysql|mysqldump|mysqladmin|mariadb|mariadb-dump)\s(?:[^\n|;]*?\s)?-p["']?(?P<mask>[^\s"'`]+)"#,
    )
    .when(|text, range| {
        let password = &text[range.clone()];
        // `-port=3306`, `-previous` and the like belong to another program on the same line.
        let option = ["ort", "ath", "revious", "lugin", "rotocol"];
        words::is_secret_text(password) && !option.iter().any(|o| password.starts_with(o))
    }),
];
