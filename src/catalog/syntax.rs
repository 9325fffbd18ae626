//! The keys that pattern files may have: one table for the loader, the error messages and the schema.

/// What a key holds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    /// One line or block of text.
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A whole number.
    Count,
    /// A number.
    Number,
    /// `true` or `false`.
    Bool,
    /// `10s`, `5m`, `1h`, `2d`.
    Duration,
    /// A list of texts.
    Texts,
    /// A list of maps with the keys of another table, or of texts instead.
    MapsOrTexts(&'static [Key]),
    /// A list of such maps.
    Maps(&'static [Key]),
    /// A name, or a map with the keys of another table.
    NameOrMap(&'static [Key]),
    /// A map from names to events.
    Events,
    /// A map from names to texts.
    Names,
    /// A list of scalars and conditions.
    Conditions,
    /// One condition.
    Condition,
    /// A map from fields to `$variables` and conditions.
    Terms,
    /// A map with the keys of another table.
    Map(&'static [Key]),
    /// A text, or a list of texts.
    TextOrTexts,
}

/// One key of a table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    pub(super) required: bool,
    /// Shown in editors; a sentence.
    pub(super) doc: &'static str,
}

const fn key(name: &'static str, shape: Shape, doc: &'static str) -> Key {
    Key {
        name,
        shape,
        required: false,
        doc,
    }
}

const fn required(name: &'static str, shape: Shape, doc: &'static str) -> Key {
    Key {
        name,
        shape,
        required: true,
        doc,
    }
}

/// The kinds of documents; a document without `kind` is a symptom.
pub(super) const KINDS: [&str; 4] = ["symptom", "diagnosis", "fact", "log-format"];

const KIND: Key = key(
    "kind",
    Shape::Word(&KINDS),
    "symptom (the default): from log records; diagnosis: findings joined with facts; fact: how output of a program is read; log-format: how lines of a log are read.",
);

// What symptoms and diagnoses have in common.
const SEVERITY: Key = required(
    "severity",
    Shape::Word(&super::Severity::NAMES),
    "How bad it is.",
);

const TAGS: Key = key("tags", Shape::Texts, "Words to select and group by.");

const CAUSE_TEXT: Key = required(
    "cause",
    Shape::Text,
    "Why this happens, in two or three sentences.",
);

const CONFIRM_STEPS: Key = key(
    "confirm",
    Shape::MapsOrTexts(CONFIRM),
    "How a person makes sure.",
);

const REMEDIATION: Key = required(
    "remediation",
    Shape::Texts,
    "What to do, most likely first; commands in backquotes.",
);

const LINKS: Key = key("links", Shape::Maps(LINK), "Where to read more.");

pub(super) const PATTERN: &[Key] = &[
    KIND,
    required(
        "id",
        Shape::Text,
        "The slug that names the pattern; equals the stem of the file.",
    ),
    required(
        "title",
        Shape::Text,
        "One line that stands alone; {name} inserts a captured value, {node} the nodes.",
    ),
    SEVERITY,
    TAGS,
    required(
        "events",
        Shape::Events,
        "The log records that matter, by name.",
    ),
    required(
        "match",
        Shape::NameOrMap(MATCH),
        "How the events have to come together; an event's name for just that event.",
    ),
    key(
        "explains",
        Shape::Texts,
        "Ids of patterns that are only symptoms of this one on the same node.",
    ),
    key(
        "yields_to",
        Shape::Texts,
        "Ids of patterns (a trailing * matches a prefix) that take precedence on the same record.",
    ),
    CAUSE_TEXT,
    CONFIRM_STEPS,
    REMEDIATION,
    LINKS,
    required(
        "examples",
        Shape::Texts,
        "Texts that must match, each as a whole.",
    ),
    required(
        "negative_examples",
        Shape::Texts,
        "Near misses that must not match.",
    ),
];

pub(super) const MATCH: &[Key] = &[
    key("any", Shape::Texts, "One of these events."),
    key("all", Shape::Texts, "Each of these events, in any order."),
    key(
        "sequence",
        Shape::Texts,
        "Each of these events, in this order.",
    ),
    key("event", Shape::Text, "This event."),
    key(
        "within",
        Shape::Duration,
        "The longest time between the first and the last record; both ends count.",
    ),
    key("count", Shape::Count, "The least number of occurrences."),
    key(
        "same",
        Shape::Texts,
        "What is equal in all records: node (the default), entry, unit, container, or a capture.",
    ),
    key(
        "unless",
        Shape::NameOrMap(UNLESS),
        "No occurrence if this event is near.",
    ),
    key(
        "resolved_by",
        Shape::Text,
        "The event that, later, means that it healed.",
    ),
    key(
        "before_collection",
        Shape::Text,
        "The captured time must be earlier than the end of the bundle's records.",
    ),
];

pub(super) const UNLESS: &[Key] = &[
    required("event", Shape::Text, "The event that suppresses."),
    key(
        "before",
        Shape::Duration,
        "How much earlier than the occurrence it may stand.",
    ),
    key(
        "after",
        Shape::Duration,
        "How much later than the occurrence it may stand.",
    ),
];

pub(super) const CONFIRM: &[Key] = &[
    required("run", Shape::Text, "A command."),
    key("on", Shape::Text, "Where to run it."),
    key("expect", Shape::Text, "What to look for in its output."),
];

pub(super) const LINK: &[Key] = &[
    required("title", Shape::Text, "What is there."),
    required("url", Shape::Text, "Where it is; http or https."),
];

/// The keys of an event that are no field names.
pub(super) const EVENT: &[Key] = &[
    key(
        "any",
        Shape::Maps(&[]),
        "Alternatives, each a map of conditions.",
    ),
    key(
        "capture",
        Shape::Names,
        "Capture names, each with the field whose value it takes.",
    ),
];

pub(super) const CONDITION: &[Key] = &[
    key("equals", Shape::Text, "Exactly this."),
    key("contains", Shape::Text, "This somewhere in the value."),
    key(
        "starts_with",
        Shape::Text,
        "This at the start of the value.",
    ),
    key("ends_with", Shape::Text, "This at the end of the value."),
    key(
        "regex",
        Shape::Text,
        "This expression somewhere in the value; named groups are captured.",
    ),
    key(
        "any_of",
        Shape::Conditions,
        "One of these scalars or conditions.",
    ),
    key("gt", Shape::Number, "A number greater than this."),
    key("gte", Shape::Number, "A number not less than this."),
    key("lt", Shape::Number, "A number less than this."),
    key("lte", Shape::Number, "A number not greater than this."),
    key("exists", Shape::Bool, "Whether there is a value."),
    key(
        "not",
        Shape::Condition,
        "A scalar or condition that must not hold.",
    ),
    key(
        "as",
        Shape::Text,
        "Only in diagnoses: the $variable that the value is bound to or compared with.",
    ),
];

/// The keys of a document of `kind: diagnosis`.
pub(super) const CAUSE: &[Key] = &[
    KIND,
    required(
        "id",
        Shape::Text,
        "The slug that names the diagnosis; equals the stem of the file.",
    ),
    required(
        "title",
        Shape::Text,
        "One line that stands alone; {name} inserts what a variable is bound to.",
    ),
    SEVERITY,
    TAGS,
    required(
        "when",
        Shape::Maps(CLAUSE),
        "What must hold: findings, then facts, joined by $variables.",
    ),
    key(
        "confidence",
        Shape::Word(&["possible", "likely", "confirmed"]),
        "How sure it is at most, although everything holds.",
    ),
    key(
        "group_by",
        Shape::Texts,
        "Variables of which each combination of values is a diagnosis of its own; without it each title is.",
    ),
    key(
        "explains",
        Shape::Texts,
        "Ids of patterns that it explains besides its findings, on the same node.",
    ),
    key(
        "yields_to",
        Shape::Texts,
        "Ids of diagnoses (a trailing * matches a prefix) that take precedence on the same finding.",
    ),
    CAUSE_TEXT,
    CONFIRM_STEPS,
    REMEDIATION,
    LINKS,
    required(
        "examples",
        Shape::Maps(BUNDLE_EXAMPLE),
        "Small bundles that must give the diagnosis.",
    ),
    required(
        "negative_examples",
        Shape::Maps(BUNDLE_EXAMPLE),
        "Small bundles that must not.",
    ),
];

pub(super) const CLAUSE: &[Key] = &[
    key(
        "finding",
        Shape::Terms,
        "A finding with these fields: tag, id, symptom, host, port, target, client, captures.",
    ),
    key("fact", Shape::Text, "A fact of this kind."),
    key(
        "where",
        Shape::Terms,
        "What the fields of the fact must be.",
    ),
    key(
        "not",
        Shape::Map(NEGATED),
        "No such fact; true only where the evidence was collected.",
    ),
    key(
        "if_unknown",
        Shape::Word(&["ignore", "none", "possible", "likely"]),
        "How sure the diagnosis is at most if nothing was collected that could tell (likely by default); none: no diagnosis.",
    ),
    key(
        "optional",
        Shape::Bool,
        "It only adds evidence: it neither makes nor breaks the diagnosis.",
    ),
    key(
        "else",
        Shape::Text,
        "What the evidence shows when the clause is false; said where the diagnosis is ruled out.",
    ),
    key(
        "ask_for",
        Shape::Map(ASK_FOR),
        "What to collect when it is unknown.",
    ),
];

pub(super) const NEGATED: &[Key] = &[
    required("fact", Shape::Text, "A fact of this kind."),
    key(
        "where",
        Shape::Terms,
        "What the fields of the fact must be.",
    ),
];

pub(super) const ASK_FOR: &[Key] = &[
    required("run", Shape::Text, "A command."),
    key("on", Shape::Text, "Where to run it."),
];

pub(super) const BUNDLE_EXAMPLE: &[Key] = &[
    required(
        "files",
        Shape::Names,
        "The files of the bundle: paths and texts.",
    ),
    key(
        "confidence",
        Shape::Word(&["possible", "likely", "confirmed"]),
        "How sure the diagnosis must be.",
    ),
];

/// The keys of a document of `kind: fact`.
pub(super) const FACT: &[Key] = &[
    KIND,
    required("id", Shape::Text, "The slug that names the file."),
    key(
        "fact",
        Shape::Text,
        "The kind of the facts; the id without it.",
    ),
    required(
        "entries",
        Shape::TextOrTexts,
        "Globs over the path of the entry.",
    ),
    key(
        "line",
        Shape::Text,
        "An expression; each line in which it is found is a fact, its named groups are the fields.",
    ),
    key(
        "table",
        Shape::Names,
        "Fields, each with the column of the table that has it.",
    ),
    key(
        "json",
        Shape::Map(JSON),
        "Where the objects are, and their fields.",
    ),
    key(
        "complete",
        Shape::Bool,
        "The entry has all facts of the kind: what is not in it is not there.",
    ),
    required("examples", Shape::Texts, "Texts that must give a fact."),
    required(
        "negative_examples",
        Shape::Texts,
        "Texts that must give none.",
    ),
];

/// The keys of a document of `kind: log-format`.
pub(super) const LOG_FORMAT: &[Key] = &[
    KIND,
    required("id", Shape::Text, "The slug that names the file."),
    required(
        "line",
        Shape::Text,
        "An expression that a line fits from its start. Its named groups are time, level, node, unit, container, logger, and msg or payload; others become fields.",
    ),
    key(
        "time",
        Shape::Text,
        "The format of the time, as strptime has it; without it, any spelling that is known.",
    ),
    key(
        "levels",
        Shape::Names,
        "Words for levels, each with the level that it means.",
    ),
    required("examples", Shape::Texts, "Lines that it must recognise."),
    required(
        "negative_examples",
        Shape::Texts,
        "Lines that it must not recognise.",
    ),
];

pub(super) const JSON: &[Key] = &[
    key(
        "path",
        Shape::Text,
        "The path to the objects: names by dots, [] for the items of a list; empty: the whole.",
    ),
    required(
        "fields",
        Shape::Names,
        "Fields, each with its path in the object.",
    ),
];
