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

pub(super) const PATTERN: &[Key] = &[
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
    required(
        "severity",
        Shape::Word(&super::Severity::NAMES),
        "How bad it is.",
    ),
    key("tags", Shape::Texts, "Words to select and group by."),
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
    required(
        "cause",
        Shape::Text,
        "Why this happens, in two or three sentences.",
    ),
    key(
        "confirm",
        Shape::MapsOrTexts(CONFIRM),
        "How a person makes sure.",
    ),
    required(
        "remediation",
        Shape::Texts,
        "What to do, most likely first; commands in backquotes.",
    ),
    key("links", Shape::Maps(LINK), "Where to read more."),
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
];
