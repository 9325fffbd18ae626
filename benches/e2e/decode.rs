//! The decoders of bundlecheck alone: what it takes to unpack a bundle to nowhere.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use liblzma::read::XzDecoder;

/// Unpacks a file into a buffer that is thrown away, and says how many bytes there were.
pub(crate) fn decode(path: &Path) -> io::Result<u64> {
    let file = BufReader::with_capacity(256 << 10, File::open(path)?);
    let mut buffer = vec![0; 256 << 10];
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("gz") => drain(MultiGzDecoder::new(file), &mut buffer),
        Some("xz") => drain(XzDecoder::new_multi_decoder(file), &mut buffer),
        Some("zst") => drain(zstd::Decoder::new(file)?, &mut buffer),
        Some("zip") => {
            // What is read ahead is lost with each member.
            let file = BufReader::with_capacity(8 << 10, file.into_inner());
            let mut zip = zip::ZipArchive::new(file)?;
            (0..zip.len())
                .map(|at| drain(zip.by_index(at)?, &mut buffer))
                .sum()
        }
        _ => Err(io::Error::other(format!(
            "`{}` has no known ending",
            path.display()
        ))),
    }
}

fn drain(mut reader: impl Read, buffer: &mut [u8]) -> io::Result<u64> {
    let mut bytes = 0;
    loop {
        match reader.read(buffer)? {
            0 => return Ok(bytes),
            read => bytes += read as u64,
        }
    }
}
