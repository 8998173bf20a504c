//! Scalars for TensorBoard: TFRecord files of `Event` messages (tensorflow/core/util/event.proto, summary.proto).
//! The crates that write them need a protocol compiler at build time or years-old image libraries, so the three messages are
//! spelt out here; prost encodes them.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use prost::Message;

use super::EpochRecord;
use crate::error::{IoContext, Result};
use crate::output::create_folder;

#[derive(Clone, PartialEq, Message)]
struct Event {
    #[prost(double, tag = "1")]
    wall_time: f64,
    #[prost(int64, tag = "2")]
    step: i64,
    #[prost(string, optional, tag = "3")]
    file_version: Option<String>,
    #[prost(message, optional, tag = "5")]
    summary: Option<Summary>,
}

#[derive(Clone, PartialEq, Message)]
struct Summary {
    #[prost(message, repeated, tag = "1")]
    value: Vec<Value>,
}

#[derive(Clone, PartialEq, Message)]
struct Value {
    #[prost(string, tag = "1")]
    tag: String,
    #[prost(float, optional, tag = "2")]
    simple_value: Option<f32>,
}

/// The event file of one run of the program; a resumed training adds another, as TensorBoard expects.
#[derive(Debug)]
pub(super) struct EventFile(File);

impl EventFile {
    /// Begins a file in `folder`.
    pub(super) fn create(folder: &Path) -> Result<Self> {
        create_folder(folder)?;
        let name = format!("events.out.tfevents.{}.diapir.{}", now() as u64, std::process::id());
        let path = folder.join(name);
        let file = File::options().create(true).append(true).open(&path).on("create", &path)?;
        let mut events = Self(file);
        let version = Some("brain.Event:2".to_owned());
        events.write(&Event { wall_time: now(), step: 0, file_version: version, summary: None }, &path)?;
        Ok(events)
    }

    /// Adds an epoch's figures, over the steps made.
    pub(super) fn add(&mut self, record: &EpochRecord, folder: &Path) -> Result<()> {
        let validation = record.validation.named();
        let mut figures: Vec<(String, f64)> =
            validation.into_iter().map(|(name, value)| (format!("validation/{name}"), value)).collect();
        figures.push(("training/loss".to_owned(), record.loss));
        figures.push(("training/rate".to_owned(), record.rate));
        let value =
            figures.into_iter().map(|(tag, value)| Value { tag, simple_value: Some(value as f32) }).collect();
        let summary = Some(Summary { value });
        let event = Event { wall_time: now(), step: record.steps as i64, file_version: None, summary };
        self.write(&event, folder)
    }

    /// A TFRecord: length, its checksum, the message, its checksum.
    fn write(&mut self, event: &Event, about: &Path) -> Result<()> {
        let message = event.encode_to_vec();
        let length = (message.len() as u64).to_le_bytes();
        let mut record = Vec::with_capacity(message.len() + 16);
        record.extend(length);
        record.extend(masked(&length).to_le_bytes());
        record.extend(&message);
        record.extend(masked(&message).to_le_bytes());
        self.0.write_all(&record).on("write events to", about)
    }
}

/// The checksum as TFRecord stores it (tensorflow/core/lib/hash/crc32c.h).
fn masked(bytes: &[u8]) -> u32 {
    crc32c::crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8)
}

/// Seconds since 1970.
fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}
