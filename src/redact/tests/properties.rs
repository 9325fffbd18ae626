//! What holds for any text: no panic, and what is masked stays as it is.

use crate::redact::Redactor;

/// A generator of Marsaglia's; the same numbers in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).expect("less than `limit`")
    }
}

/// Pieces of which secrets are made, and what comes in between.
const PIECES: &[&str] = &[
    "password",
    "DB_PASSWORD",
    "token",
    "secret",
    "api_key",
    "private_key",
    "--token",
    "pwd",
    "Pass",
    "passwd",
    "=",
    ":",
    ": ",
    " = ",
    "\"",
    "'",
    "\\\"",
    "\\\\\\\"",
    "\\",
    "\\n",
    "\n",
    " ",
    "\t",
    ",",
    ";",
    "&",
    "}",
    "{",
    ")",
    "(",
    "]",
    "[",
    "<",
    ">",
    "</",
    "`",
    "://",
    "@",
    "/",
    ".",
    "$",
    "$6$",
    "$2y$10$",
    "hunter2",
    "x",
    "***HIDDEN***",
    "***",
    "<ip-1>",
    "<e-mail>",
    "ü",
    "東",
    "\u{202e}",
    "😀",
    "name",
    "value",
    "Bearer ",
    "Authorization: ",
    "Cookie: ",
    "a=b",
    "eyJhbGciOiJIUzI1NiJ9",
    "AKIA",
    "0123456789abcdef",
    "ABCDEFGHIJKLMNOP",
    "-----BEGIN PRIVATE KEY-----",
    "-----END PRIVATE KEY-----",
    "bob@example.com",
    "example.com",
    "10.0.0.7",
    "fe80::1",
    "::",
    "52:54:00:ab:cd:01",
    ":5432",
    "https://",
    "u:p@h",
    "@tcp(",
    "mysql ",
    "-p",
    "curl -u a:",
    "identified by '",
    "none",
    "yes",
    "is",
    "unexpected ",
    "map[",
    "=>",
    "<<\"",
    "Some(",
    "b'",
    "node1",
    "localhost",
];

fn text(random: &mut Random) -> String {
    let mut text = String::new();
    for _ in 0..random.below(14) {
        text.push_str(PIECES[random.below(PIECES.len())]);
    }
    text
}

fn redactors() -> [Redactor; 2] {
    let own = "kind: redaction\nid: a\nregex: 'hunter(?P<mask>.)'\n";
    [
        Redactor::secrets(),
        Redactor::secrets()
            .addresses(true)
            .hosts(["node1".to_owned()])
            .with_rules(own, "own.yaml")
            .expect("a sound rule"),
    ]
}

#[test]
fn masking_twice_is_masking_once() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for redactor in redactors() {
        for _ in 0..40_000 {
            let text = text(&mut random);
            let once = redactor.redact(&text);
            assert_eq!(redactor.redact(&once), once, "of {text:?}");
        }
    }
}

#[test]
fn no_text_is_too_strange() {
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    for redactor in redactors() {
        for _ in 0..20_000 {
            let mut text = text(&mut random);
            // Cut and spliced at any character.
            let at = text.floor_char_boundary(random.below(text.len() + 1));
            let code = u32::try_from(random.below(0x11_0000)).expect("of 21 bits");
            text.insert(at, char::from_u32(code).unwrap_or('\0'));
            let cut = text.floor_char_boundary(random.below(text.len() + 1));
            redactor.redact(&text[cut..]);
            redactor.redact(&text[..cut]);
        }
    }
}

/// With time that grows with the square of the length, this would take minutes.
#[test]
fn lines_of_nothing_but_starts_of_secrets_come_to_an_end() {
    let redactor = Redactor::secrets().addresses(true).hosts([]);
    for piece in [
        "password",
        "password: ",
        "secret=(",
        "token=\\",
        "token=\"",
        "a.",
        "://a:",
        "@a.",
        "a@b.co ",
        "-----BEGIN PRIVATE KEY-----",
        "1:",
        "mysql -px ",
    ] {
        let text = piece.repeat(60_000 / piece.len());
        redactor.redact(&text);
    }
}
