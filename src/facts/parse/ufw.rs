//! (to be written)

use crate::facts::{Input, Parser, Sink};

pub(super) const PARSER: Parser = Parser {
    name: "ufw",
    markers: &[],
    path: |_| false,
    parse,
};

fn parse(_: Input<'_>, _: &mut Sink) {}
