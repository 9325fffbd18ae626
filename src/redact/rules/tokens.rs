//! Secrets that are known by what they look like.

use super::super::rule::Rule;
use super::super::words;

pub(super) static RULES: &[Rule] = &[
    // With the end of the key; its lines may be joined by `\n`, and carry headers.
    Rule::new(
        "private-key",
        &["private key"],
        r"(?s)-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----(?P<mask>.*?)-----END ",
    )
    .when(|_, range| range.len() > 4),
    Rule::new(
        "private-key-cut",
        &["private key"],
        r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----(?:\s|\\+[nr])*(?P<mask>[A-Za-z0-9+/=](?:[A-Za-z0-9+/=\s]|\\+[nr]){15,})",
    ),
    // The same in base64, as in kubeconfigs and secrets of Kubernetes.
    Rule::new(
        "private-key-base64",
        &["ls0tls1crudjti"],
        r"LS0tLS1CRUdJTiB(?:QUklWQVRF|SU0Eg|FQyBQ|PUEVOU1NI|FTkNSWVBURUQg|EU0Eg)[A-Za-z0-9+/=]+",
    ),
    Rule::new(
        "age-key",
        &["age-secret-key-1"],
        r"AGE-SECRET-KEY-1[A-Z0-9]{20,}",
    ),
    // Three parts; what starts with `{"alg`, `{"typ`, `{"kid`, `{"enc` or `{"auths` also if it was cut.
    Rule::new(
        "jwt",
        &["eyj"],
        r"\beyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]*)*|\beyJ(?:hbGci|0eXAi|raWQi|lbmMi|hdXRo)[A-Za-z0-9_+/=.-]{8,}",
    ),
    Rule::new(
        "aws-key-id",
        &["akia", "asia", "abia", "acca"],
        r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b",
    ),
    Rule::new("google-api-key", &["aiza"], r"\bAIza[0-9A-Za-z_-]{35}"),
    Rule::new(
        "google-oauth",
        &["ya29.", "gocspx-"],
        r"\b(?:ya29\.[0-9A-Za-z_-]{20,}|GOCSPX-[0-9A-Za-z_-]{20,})",
    ),
    Rule::new(
        "github",
        &["ghp_", "gho_", "ghs_", "ghu_", "ghr_", "github_pat_"],
        r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})",
    ),
    Rule::new(
        "gitlab",
        &["glpat-", "gldt-", "glrt-", "glcbt-", "glptt-"],
        r"\bgl(?:pat|dt|rt|cbt|ptt)-[A-Za-z0-9_.-]{16,}",
    ),
    Rule::new(
        "slack",
        &["xox", "xapp-"],
        r"\b(?:xox[abceoprs]|xapp)-[A-Za-z0-9-]{10,}",
    ),
    Rule::new(
        "stripe",
        &["k_live_", "k_test_", "whsec_"],
        r"\b(?:[rs]k_(?:live|test)_[A-Za-z0-9]{10,}|whsec_[A-Za-z0-9+/=]{20,})",
    ),
    Rule::new("npm", &["npm_"], r"\bnpm_[A-Za-z0-9]{30,}"),
    Rule::new(
        "pypi",
        &["pypi-ageicmb5cg", "pypi-agei"],
        r"\bpypi-AgEI[A-Za-z0-9_-]{16,}",
    ),
    Rule::new("hugging-face", &["hf_"], r"\bhf_[A-Za-z0-9]{30,}"),
    Rule::new(
        "vault",
        &["hvs.", "hvb.", "hvr."],
        r"\bhv[sbr]\.[A-Za-z0-9_-]{16,}",
    ),
    Rule::new(
        "grafana",
        &["glsa_", "glc_"],
        r"\b(?:glsa_[A-Za-z0-9]{20,}(?:_[A-Fa-f0-9]{8})?|glc_[A-Za-z0-9+/=]{30,})",
    ),
    Rule::new(
        "docker-hub",
        &["dckr_"],
        r"\bdckr_(?:pat|oat)_[A-Za-z0-9_-]{20,}",
    ),
    Rule::new(
        "openai",
        &["sk-"],
        r"\bsk-(?:proj-|ant-|svcacct-)?[A-Za-z0-9_-]{32,}",
    )
    .when(|text, range| words::is_random(&text[range.clone()])),
    Rule::new(
        "sendgrid",
        &["sg."],
        r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{32,}",
    ),
    Rule::new("digitalocean", &["_v1_"], r"\bdo[opr]_v1_[a-f0-9]{64}"),
    Rule::new("databricks", &["dapi"], r"\bdapi[a-f0-9]{32}"),
    Rule::new(
        "atlassian",
        &["atatt3", "atctt3"],
        r"\bAT[AC]TT3[A-Za-z0-9_=-]{30,}",
    ),
    Rule::new(
        "new-relic",
        &["nrak-", "nrjs-"],
        r"\bNR(?:AK|JS)-[A-Za-z0-9]{16,}",
    ),
    Rule::new(
        "terraform",
        &[".atlasv1."],
        r"\b[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_-]{40,}",
    ),
    // The secret of an account with a registry: `user:password` in base64.
    Rule::new(
        "docker-auth",
        &["auth"],
        r#"(?i)\\*"auth\\*"\s*:\s*\\*"(?P<mask>[A-Za-z0-9+/]{8,}={0,2})"#,
    )
    .when(|text, range| words::is_base64(&text[range.clone()])),
    Rule::new("ceph-key", &["=="], r"\bAQ[A-Za-z0-9+/]{36}=="),
    Rule::new(
        "kubeadm-token",
        &["token"],
        r#"(?i)tokens?\W{1,4}(?:is\s+)?["'`]?(?P<mask>[a-z0-9]{6}\.[a-z0-9]{16})\b"#,
    ),
    Rule::new(
        "k3s-token",
        &["k10"],
        r"\bK10[0-9a-f]{64}::[A-Za-z0-9_:.-]+",
    ),
    // crypt(3), htpasswd, argon2, Django, LDAP, PostgreSQL and MySQL.
    Rule::new(
        "password-hash",
        &["$"],
        r"\$(?:1|2[abxy]?|5|6|7|y|gy|apr1|argon2(?:id|i|d)|scrypt|pbkdf2[a-z0-9-]*)\$[A-Za-z0-9./+=,$-]{12,}|\bpbkdf2_sha[0-9]+\$[0-9]+\$[A-Za-z0-9./+=$-]{16,}|SCRAM-SHA-256\$[0-9]+:[A-Za-z0-9./+=$:]{16,}",
    ),
    Rule::new(
        "password-digest",
        &["{ssha", "{sha", "{crypt", "{pbkdf2", "{md5", "{smd5"],
        r"(?i)\{(?:SSHA|SHA|S?MD5|CRYPT|PBKDF2)[0-9-]*\}(?P<mask>[A-Za-z0-9+/=$.]{16,})",
    ),
    Rule::new(
        "mysql-hash",
        &["'*", "\"*"],
        r#"['"](?P<mask>\*[0-9A-F]{40})\b"#,
    ),
];
