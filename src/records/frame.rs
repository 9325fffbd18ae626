//! One record in a buffer: what is needed to place it, and its rendering.

use super::render::{self, Rendering};
use crate::location::Place;
use crate::log::{Span, Stamp, StampKind};

/// Bytes in front of the name of the node.
const HEAD: usize = 44;

/// A record that waits for its time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame<'a> {
    /// The time that it states, if it does.
    pub(crate) stamp: Option<Stamp>,
    /// Whether that is the time of the line before it.
    pub(crate) inherited: bool,
    /// Its first line, counted from zero in its chunk.
    pub(crate) line: u32,
    /// How many lines it has.
    pub(crate) lines: u32,
    /// What tells it from others of the same second.
    pub(crate) identity: u64,
    /// Who wrote it; zero where nothing tells.
    pub(crate) writer: u64,
    /// The machine, if path or line name it.
    pub(crate) node: &'a [u8],
    /// The rest, rendered.
    pub(crate) body: &'a [u8],
    /// All of it, as it stands in the buffer.
    pub(crate) bytes: &'a [u8],
}

/// Appends a record that starts at `line` of its text, counted from zero.
pub(super) fn write(
    span: &Span<'_>,
    place: &Place,
    line: u64,
    rendering: &Rendering,
    out: &mut Vec<u8>,
) {
    let record = &span.record;
    let node = place.node.as_deref().or(record.node.as_deref());
    let node = node.unwrap_or_default().as_bytes();
    let node = &node[..node.len().min(usize::from(u16::MAX))];
    let start = out.len();
    let (kind, micros) = match record.time {
        Some(stamp) => (stamp.kind as u8, stamp.micros),
        None => (u8::MAX, 0),
    };
    let lines = u32::try_from(span.lines.len()).unwrap_or(u32::MAX);
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&[kind, u8::from(record.inherited)]);
    out.extend_from_slice(&u16::try_from(node.len()).unwrap_or(0).to_le_bytes());
    out.extend_from_slice(&micros.to_le_bytes());
    out.extend_from_slice(&u32::try_from(line).unwrap_or(u32::MAX).to_le_bytes());
    out.extend_from_slice(&lines.to_le_bytes());
    out.extend_from_slice(&record.identity().to_le_bytes());
    out.extend_from_slice(&record.writer(place.container.as_deref()).to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(node);
    let body = out.len();
    render::body(record, place, rendering, out);
    let patch = |out: &mut Vec<u8>, at: usize, value: usize| {
        let value = u32::try_from(value).unwrap_or(u32::MAX).to_le_bytes();
        out[at..at + 4].copy_from_slice(&value);
    };
    let end = out.len();
    patch(out, start, end - start);
    patch(out, start + HEAD - 4, end - body);
}

/// The records in a buffer.
pub(crate) fn frames(mut buffer: &[u8]) -> impl Iterator<Item = Frame<'_>> {
    std::iter::from_fn(move || {
        let length = u32::from_le_bytes(*buffer.first_chunk()?) as usize;
        let (bytes, rest) = buffer.split_at_checked(length)?;
        buffer = rest;
        Frame::read(bytes)
    })
}

impl<'a> Frame<'a> {
    /// The record that `bytes` are.
    pub(crate) fn read(bytes: &'a [u8]) -> Option<Self> {
        const KINDS: [StampKind; 4] = [
            StampKind::Explicit,
            StampKind::AssumedZone,
            StampKind::NoYear,
            StampKind::SinceBoot,
        ];
        let (head, rest) = bytes.split_at_checked(HEAD)?;
        let u32_at = |at: usize| Some(u32::from_le_bytes(head.get(at..at + 4)?.try_into().ok()?));
        let u64_at = |at: usize| Some(u64::from_le_bytes(head.get(at..at + 8)?.try_into().ok()?));
        let node = usize::from(u16::from_le_bytes([head[6], head[7]]));
        let (node, body) = rest.split_at_checked(node)?;
        let micros = u64_at(8)?.cast_signed();
        let kind = KINDS.get(usize::from(head[4]));
        Some(Self {
            stamp: kind.map(|kind| Stamp {
                micros,
                kind: *kind,
            }),
            inherited: head[5] == 1,
            line: u32_at(16)?,
            lines: u32_at(20)?,
            identity: u64_at(24)?,
            writer: u64_at(32)?,
            node,
            body,
            bytes,
        })
    }
}
