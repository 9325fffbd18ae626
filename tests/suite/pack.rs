//! Directories packed in every container.

use std::io::{Cursor, Write as _};
use std::path::Path;

/// Files of a bundle by their names.
pub(crate) type Files = Vec<(String, Vec<u8>)>;

/// All files below `dir`.
pub(crate) fn files(dir: &Path) -> Files {
    let mut found = Vec::new();
    collect(dir, "", &mut found);
    found.sort();
    found
}

fn collect(dir: &Path, prefix: &str, found: &mut Files) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{prefix}{}", path.file_name().unwrap().to_string_lossy());
        if path.is_dir() {
            collect(&path, &format!("{name}/"), found);
        } else {
            found.push((name, std::fs::read(&path).unwrap()));
        }
    }
}

pub(crate) fn tar(files: &Files) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        builder
            .append_data(&mut header, name, &content[..])
            .unwrap();
    }
    builder.into_inner().unwrap()
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 1);
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

pub(crate) fn zip(files: &Files) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        writer
            .start_file(name.as_str(), zip::write::SimpleFileOptions::default())
            .unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// The files in every container, with the name of the kind.
pub(crate) fn all(files: &Files) -> Vec<(&'static str, Vec<u8>)> {
    let plain = tar(files);
    let compressed: Files = files
        .iter()
        .map(|(name, content)| (name.clone(), gzip(content)))
        .collect();
    let reversed: Files = files.iter().rev().cloned().collect();
    vec![
        ("tar", plain.clone()),
        ("tar.gz", gzip(&plain)),
        ("tar.xz", xz(&plain)),
        ("tar.zst", zstd(&plain)),
        ("tar.bz2", bzip2(&plain)),
        ("zip", zip(files)),
        ("tar of .gz members", tar(&compressed)),
        ("zip in another order", zip(&reversed)),
    ]
}
