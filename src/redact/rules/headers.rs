//! Secrets in URLs, in headers of HTTP, and in other forms that a protocol gives them.

use super::super::email;
use super::super::rule::Rule;
use super::super::words;

pub(super) static RULES: &[Rule] = &[
    // The user and the host stay. A password with a slash ends at the first `@`, any other at the last.
    Rule::new(
        "url-password",
        &["://"],
        r#"(?i)[a-z][a-z0-9+.-]*://[^\s/?#:@"'<>\[\\]*:(?P<mask>[^\s/?#"'<>\\]+|[^\s@"'<>\\]+)@"#,
    )
    .when(|text, range| {
        let password = &text[range.clone()];
        let port = password.find(['/', '?', '#']).map_or("x", |at| &password[..at]);
        words::is_secret_text(password) && !port.bytes().all(|b| b.is_ascii_digit())
    }),
    Rule::new(
        "dsn-password",
        &["@tcp", "@unix", "@udp"],
        r#"(?i)[a-z0-9_.%+-]+:(?P<mask>[^\s"'\\]+?)@(?:tcp6?|unix|udp)\("#,
    )
    .when(|text, range| words::is_secret_text(&text[range.clone()])),
    Rule::new(
        "oracle-password",
        &["@//"],
        r#"(?i)\b[a-z0-9_]+/(?P<mask>[^\s@/"']+)@//[a-z0-9]"#,
    ),
    Rule::new(
        "authorization",
        &["authorization"],
        r#"(?i)authorization\\*["']?\s*[:=]>?\s*\[?\\*["']?(?:bearer|basic|token|negotiate|apikey|ntlm|splunk|genie-?key|aws)\s+(?P<mask>[^\s"'\\,;\])}]+)"#,
    )
    .when(|text, range| words::is_secret_text(&text[range.clone()])),
    Rule::new(
        "authorization-opaque",
        &["authorization"],
        r#"(?i)authorization\\*["']?\s*[:=]>?\s*\[?\\*["']?(?P<mask>[a-z0-9._~+/=-]{16,})"#,
    )
    // AWS puts the name of an algorithm there.
    .when(|text, range| {
        let value = &text[range.clone()];
        words::is_random(value) && !value.starts_with("AWS4")
    }),
    Rule::new(
        "bearer",
        &["bearer"],
        r"(?i)\bbearer\s+(?P<mask>[a-z0-9._~+/=-]{16,})",
    )
    .when(|text, range| words::is_random(&text[range.clone()])),
    // The name of a cookie says which application; the rest is the session.
    Rule::new(
        "set-cookie",
        &["set-cookie"],
        r#"(?i)set-cookie\\*["']?\s*[:=]>?\s*\[?\\*["']?[a-z0-9_.$-]+=(?P<mask>[^;\s"'\\,\]]+)"#,
    ),
    Rule::new(
        "cookie",
        &["cookie"],
        r#"(?i)(?:^|[^a-z_-])cookie\\*["']?\s*[:=]>?\s*\[?\\*["']?(?P<mask>[a-z0-9_.$%-]+=[^;\s"'\\,\]]+(?:;\s*[a-z0-9_.$%-]+=[^;\s"'\\,\]]*)*)"#,
    ),
    Rule::new(
        "signed-url",
        &["sig=", "signature="],
        r"(?i)(?:[?&;]|, ?)(?:sig|signature|x-(?:amz|goog)-signature)=(?P<mask>[a-z0-9%+/=_~.-]{16,})",
    ),
    Rule::new(
        "slack-webhook",
        &["hooks.slack.com"],
        r"(?i)hooks\.slack\.com/(?:services|workflows)/(?:[a-z0-9]{6,14}/)*(?P<mask>[a-z0-9]{16,})",
    ),
    Rule::new(
        "webhook",
        &["discord", "webhook.office.com"],
        r"(?i)(?:discord(?:app)?\.com/api/webhooks/[0-9]+/|webhook\.office\.com/webhookb2/)(?P<mask>[a-z0-9_@/-]{16,})",
    ),
    Rule::new(
        "telegram-bot",
        &["api.telegram.org"],
        r"(?i)api\.telegram\.org/bot(?P<mask>[0-9]+:[a-z0-9_-]{30,})",
    ),
    Rule::new(
        "e-mail",
        &["@"],
        r"(?i)[a-z0-9._%+-]*[a-z0-9_%+-]@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,18}\b",
    )
    .with("<e-mail>")
    .when(email::is_person),
];
