//! Tells secrets from what stands in their place: words of messages, references, paths, placeholders.

/// Values that are states or kinds, not secrets.
const STATES: &str = "
    absent accepted always array auto basic bearer bool boolean bytes cached canceled cancelled changed compat
    configured corrupt created db default deleted denied dict digest disabled empty enabled eof error exceeded exists
    expired failed failing failure false files filtered float forbidden found hidden ignored incorrect int integer
    invalid ldap list loaded malformed map masked md5 mismatch missing n/a na never nil no none not null obfuscated
    object off ok omitted on optional present protected provided received redacted refresh refreshed refused rejected
    removed required revoked rotated sanitized scram-sha-256 set simple sss str string stringarray strings succeeded success
    successful systemd text timeout true type unauthenticated unauthorized unavailable undefined unknown unset
    unspecified unsupported updated valid verified winbind wrong yes";

/// Words of sentences.
const PROSE: &str = "
    a after an and are argument as at authentication authorization be been before but by can cannot contains could did
    does expected file flag flags for from has have if in is it its may multiple must no not of option or parameter please requires
    should that the this to try unable unbound unexpected value was were when while will with without would you";

/// Words in front of a name that make what follows a complaint about it.
const COMPLAINTS: &str = "
    bad expected expired failed illegal incorrect invalid malformed missing near no unexpected unknown unrecognized
    unsupported wrong";

/// Names that end like those of secrets, without `_`, `-` and `.`.
const HARMLESS: &str = "
    bostoken bypass cacertkey cancellationtoken canceltoken casecret certsecret clstoken compass continuationtoken
    continuetoken endtoken eostoken existingsecret expectedtoken fencingtoken firsttoken imagepullsecret initialclustertoken keysecret
    lasttoken masktoken maxtoken nexttoken nopasswd numtoken oldpwd padtoken pagetoken pertoken pullsecret resumetoken
    septoken starttoken stoptoken synctoken tlssecret unexpectedtoken unktoken";

/// Directories in which files with secrets lie; their paths are none.
const ROOTS: &str = "
    app bin config data dev etc home mnt opt private proc root run secrets srv sys tmp usr var vault vagrant workspace
    Users";

/// Whether a list of words between blanks has `word`.
pub(super) fn is_in(list: &str, word: &str) -> bool {
    let mut known = list.split_ascii_whitespace();
    known.any(|known| known.eq_ignore_ascii_case(word))
}

/// Whether a `name` that ends with `key` names a secret.
pub(super) fn names_secret(name: &str, key: &str) -> bool {
    let plain: String = name
        .chars()
        .filter(|c| !matches!(c, '_' | '-' | '.'))
        .map(|c| c.to_ascii_lowercase())
        .collect();
    if HARMLESS
        .split_ascii_whitespace()
        .any(|harmless| plain.ends_with(harmless))
    {
        return false;
    }
    if !key
        .trim_end_matches(|c: char| c.is_ascii_digit())
        .eq_ignore_ascii_case("pass")
    {
        return true;
    }
    // `pass: 12` counts tests; `db_pass`, `dbPass`, `SSHPASS` do not.
    match name[..name.len() - key.len()].chars().next_back() {
        Some('_' | '-' | '.') => true,
        Some(c) if c.is_ascii_lowercase() => key.starts_with('P'),
        Some(c) => c.is_ascii_uppercase() && key.starts_with("PASS"),
        None => false,
    }
}

/// Whether `value`, which stands without quotes, is the secret that `name` names, and no expression.
pub(super) fn is_bare_secret(name: &str, value: &str) -> bool {
    let expression = ["{", "--", "(*", "&"]
        .iter()
        .any(|start| value.starts_with(start));
    !expression && !is_code(name, value) && is_secret(name, value)
}

/// Whether `value` is the secret that `name` names.
pub(super) fn is_secret(name: &str, value: &str) -> bool {
    let named = |end: &str| {
        name.get(name.len().saturating_sub(end.len())..)
            .is_some_and(|tail| tail.eq_ignore_ascii_case(end))
    };
    if !is_secret_text(value) {
        return false;
    }
    if named("pwd") && (value.starts_with(['/', '~']) || value.get(1..3) == Some(":\\")) {
        return false;
    }
    if named("token") && is_quantity(value) {
        return false;
    }
    // Kubernetes names secrets and credentials as `namespace/name`.
    let bare = name.eq_ignore_ascii_case("secret") || named("credential") || named("credentials");
    !(bare && is_object(value))
}

/// Whether `value` may be a secret at all, whatever its name is.
pub(super) fn is_secret_text(value: &str) -> bool {
    let value = value.trim();
    let word = value.trim_matches(|c: char| c.is_ascii_punctuation());
    !(word.is_empty() && value.len() < 4
        || is_in(STATES, value)
        || is_in(STATES, word)
        || is_masked(value)
        || is_reference(value)
        || is_path(value))
}

/// Whether somebody has masked `value` already, or it stands for what has to be filled in.
fn is_masked(value: &str) -> bool {
    let stars = value.trim_matches('*');
    if stars.len() < value.len()
        && (stars.is_empty() || is_word(stars) && stars.bytes().all(|b| b.is_ascii_uppercase()))
    {
        return true;
    }
    let filler = |c: char| "*.-_#?\u{2022}\u{2026}".contains(c);
    if value.chars().all(filler)
        || value.len() > 2 && value.chars().all(|c| c.eq_ignore_ascii_case(&'x'))
    {
        return true;
    }
    [('<', '>'), ('[', ']'), ('(', ')'), ('{', '}')]
        .iter()
        .any(|&(open, close)| {
            let inner = value.strip_prefix(open);
            inner
                .and_then(|inner| inner.strip_suffix(close))
                .is_some_and(is_word)
        })
}

fn is_word(text: &str) -> bool {
    !text.is_empty()
        && text.len() < 40
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b' ' | b'-' | b'_' | b'.' | b':'))
}

/// A variable, template or format instead of the value.
fn is_reference(value: &str) -> bool {
    let is_upper = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
    let variable = value.strip_prefix('$').or_else(|| {
        value
            .strip_prefix('%')
            .and_then(|value| value.strip_suffix('%'))
    });
    value.starts_with("${")
        || value.starts_with("$(")
        || value.starts_with("{{")
        || value.starts_with("%(")
        || variable.is_some_and(|name| !name.is_empty() && name.bytes().all(is_upper))
        || matches!(
            value,
            "%s" | "%v" | "%q" | "%d" | "%+v" | "%w" | "?" | "|" | ">" | "|-" | ">-"
        )
        || value.starts_with("-----BEGIN")
        || value.starts_with("secretKeyRef")
        || value.starts_with('$') && value.contains('/')
}

/// A file or a URL: where a secret is, not what it is.
fn is_path(value: &str) -> bool {
    let root = |path: &str| {
        path.split_once('/')
            .is_some_and(|(root, _)| is_in(ROOTS, root))
    };
    let extension = value.rsplit_once('.').is_some_and(|(_, extension)| {
        [
            "pem", "key", "crt", "cer", "yaml", "yml", "json", "txt", "conf", "cfg", "ini", "toml",
            "jks", "p12", "env",
        ]
        .contains(&extension)
    });
    value.strip_prefix('/').is_some_and(root)
        || [
            "./", "../", "~/", "http://", "https://", "file:", "db:", "vault:", "ref+",
        ]
        .iter()
        .any(|start| value.starts_with(start))
        || extension && !value.contains([' ', '!', '@', '='])
}

/// A quantity, or a place on a ring: tokens are also counted and timed.
fn is_quantity(value: &str) -> bool {
    let digits = value.trim_start_matches('-');
    let unit = digits.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    unit.len() < digits.len()
        && ["", "s", "ms", "us", "m", "h", "d", "/s", "tok/s", "%"].contains(&unit)
}

/// `namespace/name`, or a longer path of such names.
fn is_object(value: &str) -> bool {
    let label =
        |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.' | b'/');
    value.split_once('/').is_some_and(|(namespace, name)| {
        !namespace.is_empty()
            && !name.is_empty()
            && namespace.bytes().chain(name.bytes()).all(label)
    })
}

/// A line of source in a stack trace: `password=password`, `token = self.token`, `secret=os.getenv("X")`.
fn is_code(name: &str, value: &str) -> bool {
    const OBJECTS: &str = "
        args cfg cls conf config ctx data env kwargs options opts os params process req request self settings this";
    let identifier = value
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '.')
        .map_or(value, |at| &value[..at]);
    let rest = &value[identifier.len()..];
    let plain = !identifier.is_empty()
        && identifier
            .bytes()
            .all(|b| b.is_ascii_lowercase() || matches!(b, b'_' | b'.'));
    let call =
        rest.starts_with('(') && (identifier.contains(['_', '.']) || plain && rest.ends_with(')'));
    let element = plain
        && (rest.starts_with("['")
            || rest.starts_with("[\"")
            || rest.starts_with('[') && rest.contains(']'));
    let field = rest.is_empty()
        && identifier
            .split_once('.')
            .is_some_and(|(object, field)| is_in(OBJECTS, object) || plain && field.contains('_'));
    call || element || field || name == value
}

/// Whether a word belongs to a sentence rather than being a secret.
pub(super) fn is_prose(word: &str) -> bool {
    let word = word.trim_matches(|c: char| c.is_ascii_punctuation());
    is_in(PROSE, word) || is_in(STATES, word)
}

/// Whether a word in front of a name makes what follows the name a complaint.
pub(super) fn is_complaint(word: &str) -> bool {
    let word = word.trim_matches(|c: char| c.is_ascii_punctuation());
    is_in(COMPLAINTS, word)
}

/// Whether nobody would write `value` in a sentence: it has letters and digits, and is neither a name nor a time.
pub(super) fn is_random(value: &str) -> bool {
    let count = |test: fn(&u8) -> bool| value.bytes().filter(test).count();
    let (digits, upper) = (count(u8::is_ascii_digit), count(u8::is_ascii_uppercase));
    let (lower, length) = (count(u8::is_ascii_lowercase), value.len());
    if digits == 0 || upper + lower == 0 {
        return length >= 20 && upper > 2 && lower > 2 && !value.contains([' ', '.', '-', '_']);
    }
    let time = value.get(4..5) == Some("-") && value.get(7..8) == Some("-");
    let algorithm = [
        "oauth", "sha", "base", "http", "x509", "utf", "md5", "ipv", "rsa", "ed25519", "aes",
    ]
    .iter()
    .any(|start| length < 12 && value.to_ascii_lowercase().starts_with(start));
    let name = upper == 0 && value.contains(['-', '.', '/', ':']);
    length >= 6 && !time && !algorithm && (!name || length >= 20 && digits >= 4)
}

/// Whether `value` is base64 of something, and no word.
pub(super) fn is_base64(value: &str) -> bool {
    let has = |test: fn(&u8) -> bool| value.as_bytes().iter().any(test);
    value.len().is_multiple_of(4) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase)
}
