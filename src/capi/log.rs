//! The process-wide log sink. The library writes to crate `log`, which drops everything until a host asks for
//! it: the process's logger slot is taken only by the first `diapir_log_set` with a callback.

use std::cell::Cell;
use std::ffi::c_void;
use std::sync::{Once, PoisonError, RwLock};

use log::{LevelFilter, Log, Metadata, Record};

use super::c_text::c_text;
use super::callbacks::diapir_log_fn;
use super::error::diapir_error;
use super::failure::Failure;
use super::guard::guard;
use super::status::diapir_status;

/// The host's function and its userdata.
struct Sink {
    log: unsafe extern "C" fn(*mut c_void, i32, *const std::ffi::c_char),
    userdata: *mut c_void,
}

// SAFETY: diapir_log_set demands a callback and a userdata that any thread may use, several at once.
unsafe impl Send for Sink {}
// SAFETY: as above.
unsafe impl Sync for Sink {}

static SINK: RwLock<Option<Sink>> = RwLock::new(None);

thread_local! {
    /// Whether this thread is inside the host's callback.
    static IN_CALLBACK: Cell<bool> = const { Cell::new(false) };
}

struct HostLogger;

impl Log for HostLogger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= log::max_level()
    }

    fn log(&self, record: &Record<'_>) {
        // A callback that calls the library would otherwise hear itself, and lock the sink twice.
        if !self.enabled(record.metadata()) || IN_CALLBACK.get() {
            return;
        }
        let sink = SINK.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(sink) = sink.as_ref() {
            let message = c_text(&record.args().to_string());
            IN_CALLBACK.set(true);
            // SAFETY: the host's function, called as its type says, with a text that outlives the call. It
            // cannot be replaced meanwhile: the lock is held.
            unsafe { (sink.log)(sink.userdata, record.level() as i32, message.as_ptr()) };
            IN_CALLBACK.set(false);
        }
    }

    fn flush(&self) {}
}

/// Sends what the library logs, up to `max_level` (1 error, 2 warning, 3 information, 4 debug, 5 trace), to
/// the host for the rest of the process. NULL for `log` removes the sink. When the call returns, the sink
/// that was set before is not running and will not be called again, so its userdata may be freed. Until a
/// host calls this, the library logs nowhere.
///
/// Thread: any. The callback comes on any thread, several at once, and must return normally.
/// Owns: nothing; userdata stays the host's and must live until the sink is replaced.
/// Fails: INVALID_ARGUMENT for another level or a call from within the callback; UNSUPPORTED when a Rust host
/// that links the library statically has set a logger of its own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_log_set(
    max_level: i32,
    log: diapir_log_fn,
    userdata: *mut c_void,
    error: *mut *mut diapir_error,
) -> diapir_status {
    let body = || {
        if IN_CALLBACK.get() {
            return Err(Failure::invalid(
                "diapir_log_set was called from within the log callback".to_owned(),
            ));
        }
        let sink = log.map(|log| Sink { log, userdata });
        let level = if sink.is_some() { level_filter(max_level)? } else { LevelFilter::Off };
        if sink.is_some() {
            take_logger_slot()?;
        }
        // Waits for callbacks that run now.
        *SINK.write().unwrap_or_else(PoisonError::into_inner) = sink;
        if owns_logger_slot() {
            log::set_max_level(level);
        }
        Ok(())
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_log_set", error, body) }
}

fn level_filter(level: i32) -> Result<LevelFilter, Failure> {
    match level {
        1 => Ok(LevelFilter::Error),
        2 => Ok(LevelFilter::Warn),
        3 => Ok(LevelFilter::Info),
        4 => Ok(LevelFilter::Debug),
        5 => Ok(LevelFilter::Trace),
        _ => Err(Failure::invalid(format!("max_level is {level}, expected 1 (errors) to 5 (trace)"))),
    }
}

static SLOT: Once = Once::new();
static OWNED: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);

fn owns_logger_slot() -> bool {
    OWNED.load(std::sync::atomic::Ordering::Acquire)
}

fn take_logger_slot() -> Result<(), Failure> {
    SLOT.call_once(|| {
        OWNED.store(log::set_logger(&HostLogger).is_ok(), std::sync::atomic::Ordering::Release);
    });
    if owns_logger_slot() {
        return Ok(());
    }
    Err(Failure::Border(
        diapir_status::Unsupported,
        "the process has another logger for crate `log`; it hears this library's messages already".to_owned(),
    ))
}
