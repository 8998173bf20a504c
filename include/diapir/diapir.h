/* diapir.h: the C interface of Diapir, a library that finds salt bodies in seismic data.
 *
 * Generated from src/capi by tests/capi_header.rs; do not edit. Valid in C99 and later and in C++11 and later; C++17
 * programs may prefer diapir.hpp. Licence: MIT OR Apache-2.0.
 *
 * CALLS      Functions return a diapir_status and take, last, a place for an error object. Calls block until the work
 *            is done. Outputs are written only on success; files appear under their name only when they are whole.
 *
 * ERRORS     `error` may be NULL. Otherwise every call sets *error: to NULL on success, to a new object on failure,
 *            which the caller ends with diapir_error_free. There is no other error state, per thread or otherwise.
 *            Every function may also answer DIAPIR_STATUS_PANIC or DIAPIR_STATUS_INTERNAL, a defect of the library.
 *            After a PANIC the handles of that call answer DIAPIR_STATUS_POISONED; they can only be freed.
 *
 * OWNERSHIP  What diapir_x_open or diapir_x_load gives, diapir_x_free ends; free functions accept NULL. Everything
 *            that a caller passes in stays the caller's and is not used after the call, unless a function says
 *            otherwise. Texts that a getter returns live as long as their object. No memory is allocated on one side
 *            and freed on the other.
 *
 * THREADS    There is no initialisation and no global state but the log sink. A handle passed as const may be used by
 *            several threads at once. Each function says so under Thread.
 *
 * CALLBACKS  diapir_callbacks come on the calling thread and never after the call has returned. progress returning
 *            false cancels: the call ends soon with DIAPIR_STATUS_CANCELLED and leaves nothing half-written.
 *            Callbacks must return normally: no exception and no longjmp may leave them.
 *
 * STRUCTS    Every struct that begins with struct_size must be prepared by its _init function, which sets the
 *            defaults: diapir_x_options o; diapir_x_options_init(&o, sizeof o);
 *            What is found in a field then is what counts; where a default depends on something else, it is a named
 *            constant (DIAPIR_THRESHOLD_OF_MODEL). The size tells the library how much of the struct the program knows,
 *            so that structs can grow at their end. Options passed as NULL are the defaults.
 *
 * TEXT       UTF-8, ended by NUL; paths too. A function that copies text out sets *needed (which may be NULL) to the
 *            bytes that it takes, the NUL included, also when it fails with DIAPIR_STATUS_BUFFER_TOO_SMALL. With
 *            (NULL, 0, &needed) it only does that.
 *
 * NUMBERS    Sizes of memory and element counts of arrays are size_t, counts of lines, traces and samples int64_t,
 *            line numbers int32_t. Structs carry enum values as int32_t. Samples are float, sample fastest, inline
 *            slowest.
 *
 * BUILDS     Every build has every function. Without the torch (or gdal) part, see diapir_features, functions that need it
 *            answer DIAPIR_STATUS_UNSUPPORTED.
 *
 * LOGGING    The library never prints. Messages about one call come to its callbacks; all others go to diapir_log_set.
 */

#ifndef DIAPIR_H
#define DIAPIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/* ==== The status numbers ==== */

/**
 * What a call came to. Classes: 0 success; 1-99 the caller's argument; 100-199 the data; 200-299 the model;
 * 300-399 resources; 400-499 control; 900-999 a defect of the library.
 */
enum diapir_status
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * The call did what was asked.
     */
    DIAPIR_STATUS_OK = 0,
    /**
     * An argument is outside what the function accepts.
     */
    DIAPIR_STATUS_INVALID_ARGUMENT = 1,
    /**
     * A pointer that must not be NULL is NULL; the message names the parameter.
     */
    DIAPIR_STATUS_NULL_ARGUMENT = 2,
    /**
     * The caller's buffer is too small; `*needed` says how many bytes it takes.
     */
    DIAPIR_STATUS_BUFFER_TOO_SMALL = 3,
    /**
     * An inline, crossline, sample or device number lies outside what there is.
     */
    DIAPIR_STATUS_OUT_OF_RANGE = 4,
    /**
     * This build or this version of the library lacks what was asked for.
     */
    DIAPIR_STATUS_UNSUPPORTED = 5,
    /**
     * An earlier call on this handle ended in DIAPIR_STATUS_PANIC; only freeing it is left.
     */
    DIAPIR_STATUS_POISONED = 6,
    /**
     * A file or folder does not exist.
     */
    DIAPIR_STATUS_NOT_FOUND = 100,
    /**
     * The operating system refused to read or write.
     */
    DIAPIR_STATUS_IO = 101,
    /**
     * The bytes are not what the format demands.
     */
    DIAPIR_STATUS_MALFORMED = 102,
    /**
     * The file ends before what its headers promise.
     */
    DIAPIR_STATUS_TRUNCATED = 103,
    /**
     * The traces do not form the grid that was asked for.
     */
    DIAPIR_STATUS_GEOMETRY = 104,
    /**
     * A training set or label volume cannot be used as it is.
     */
    DIAPIR_STATUS_DATASET = 105,
    /**
     * The file is not a Diapir model, or a damaged one.
     */
    DIAPIR_STATUS_MODEL_MALFORMED = 200,
    /**
     * The model file's version is not one that this library reads.
     */
    DIAPIR_STATUS_MODEL_VERSION = 201,
    /**
     * The model and the data do not fit each other.
     */
    DIAPIR_STATUS_MODEL_MISMATCH = 202,
    /**
     * Training produced NaN or infinite values.
     */
    DIAPIR_STATUS_DIVERGED = 203,
    /**
     * Memory or device memory ran out.
     */
    DIAPIR_STATUS_OUT_OF_MEMORY = 300,
    /**
     * The device that was asked for is not there.
     */
    DIAPIR_STATUS_DEVICE_UNAVAILABLE = 301,
    /**
     * libtorch or GDAL reported a failure.
     */
    DIAPIR_STATUS_BACKEND = 302,
    /**
     * The progress callback returned false.
     */
    DIAPIR_STATUS_CANCELLED = 400,
    /**
     * The library panicked; the message is the panic's. The handles of the call are poisoned.
     */
    DIAPIR_STATUS_PANIC = 900,
    /**
     * A defect of the library that it noticed itself.
     */
    DIAPIR_STATUS_INTERNAL = 901,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum diapir_status diapir_status;
#else
typedef int32_t diapir_status;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * A few words for a status number, such as "file not found"; "unknown status" for numbers that this version
 * does not have. The error object says more.
 *
 * Thread: any, concurrently.
 * Owns: nothing; the text is static.
 * Fails: never.
 */
const char *diapir_status_text(int32_t status);

/* ==== Why a call failed ==== */

/**
 * Why a call failed. Made by the failing call, owned by the caller, immutable: any number of threads may
 * read it.
 *
 * Methods: diapir_error_status, diapir_error_message, diapir_error_path, diapir_error_byte,
 * diapir_error_free.
 */
typedef struct diapir_error diapir_error;

/**
 * The status of the call that failed; DIAPIR_STATUS_OK for NULL.
 *
 * Thread: any, concurrently.
 * Owns: nothing.
 * Fails: never.
 */
diapir_status diapir_error_status(const struct diapir_error *error);

/**
 * What was found, what was expected and what to do, in one line of UTF-8 without file and byte; "" for NULL.
 *
 * Thread: any, concurrently.
 * Owns: nothing; the text is borrowed until diapir_error_free.
 * Fails: never.
 */
const char *diapir_error_message(const struct diapir_error *error);

/**
 * The file that the failure is about; NULL when it is about no file, and for NULL. Bytes of a path that are
 * not UTF-8 are replaced.
 *
 * Thread: any, concurrently.
 * Owns: nothing; the text is borrowed until diapir_error_free.
 * Fails: never.
 */
const char *diapir_error_path(const struct diapir_error *error);

/**
 * The byte of the file that the failure is about, counted from 0; -1 when there is none, and for NULL.
 *
 * Thread: any, concurrently.
 * Owns: nothing.
 * Fails: never.
 */
int64_t diapir_error_byte(const struct diapir_error *error);

/**
 * Ends the error object and the texts borrowed from it. NULL is fine.
 *
 * Thread: any; nobody else may be using the object.
 * Owns: takes the object.
 * Fails: never.
 */
void diapir_error_free(struct diapir_error *error);

/* ==== Version numbers ==== */

/**
 * The version of this ABI: major * 1000000 + minor * 1000 + patch. Programs made for the same major number
 * (while it is 0: the same minor number) and a lower or equal rest work with this library.
 *
 * Thread: any, concurrently.
 * Owns: nothing.
 * Fails: never.
 */
uint32_t diapir_abi_version(void);

/**
 * The version of the library, such as "0.1.0".
 *
 * Thread: any, concurrently.
 * Owns: nothing; the text is static.
 * Fails: never.
 */
const char *diapir_version(void);

/**
 * The version of libtorch that the library was built with; "" without the torch feature.
 *
 * Thread: any, concurrently.
 * Owns: nothing; the text is static.
 * Fails: never.
 */
const char *diapir_libtorch_version(void);

/**
 * The version of the GDAL in this process; "" without the gdal feature.
 *
 * Thread: any, concurrently.
 * Owns: nothing; the text is static.
 * Fails: never.
 */
const char *diapir_gdal_version(void);

/* ==== The optional parts of this build ==== */

/**
 * Optional parts of a build, as bits of diapir_features. Every build has every function; what needs a
 * missing part answers DIAPIR_STATUS_UNSUPPORTED.
 */
enum diapir_feature
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Training and prediction through libtorch.
     */
    DIAPIR_FEATURE_TORCH = 1,
    /**
     * Georeferenced rasters through GDAL.
     */
    DIAPIR_FEATURE_GDAL = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum diapir_feature diapir_feature;
#else
typedef uint32_t diapir_feature;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * The optional parts of this build: the sum of DIAPIR_FEATURE_TORCH and DIAPIR_FEATURE_GDAL, as they are
 * there.
 *
 * Thread: any, concurrently.
 * Owns: nothing.
 * Fails: never.
 */
uint32_t diapir_features(void);

/* ==== The devices that networks can run on ==== */

/**
 * How many devices networks can run on here; at least 1, the CPU.
 *
 * Thread: any, concurrently. The first call loads libtorch's CUDA part if it is there.
 * Owns: nothing.
 * Fails: NULL_ARGUMENT; UNSUPPORTED without the torch feature.
 */
diapir_status diapir_device_count(int64_t *count, struct diapir_error **error);

/**
 * The name of a device ("cpu", "cuda:0"), for the `device` field of options. `index` counts from 0.
 *
 * Thread: any, concurrently.
 * Owns: nothing; the text is copied into `buffer`.
 * Fails: OUT_OF_RANGE; BUFFER_TOO_SMALL; NULL_ARGUMENT; UNSUPPORTED without the torch feature.
 */
diapir_status diapir_device_name(int64_t index,
                                 char *buffer,
                                 size_t size,
                                 size_t *needed,
                                 struct diapir_error **error);

/**
 * Describes a device as one JSON object: its name, the precisions that networks can run in there, and which
 * of them "auto" takes. `index` counts from 0.
 *
 * Thread: any, concurrently.
 * Owns: nothing; the text is copied into `buffer`.
 * Fails: OUT_OF_RANGE; BUFFER_TOO_SMALL; NULL_ARGUMENT; UNSUPPORTED without the torch feature.
 */
diapir_status diapir_device_info_json(int64_t index,
                                      char *buffer,
                                      size_t size,
                                      size_t *needed,
                                      struct diapir_error **error);

/* ==== What a host hears during a call ==== */

/**
 * Hears a message: level 1 error, 2 warning, 3 information, 4 debug, 5 trace; `message` is UTF-8 and valid
 * until the callback returns. The callback must return normally: no exception, no longjmp.
 */
typedef void (*diapir_log_fn)(void *userdata, int32_t level, const char *message);

/**
 * Hears how far the work is: `done` of `total` units of `stage` (total 0: not known); `stage` is valid until
 * the callback returns. Returning false cancels: the call ends within one batch of tiles with
 * DIAPIR_STATUS_CANCELLED and leaves no half-written file. The callback must return normally: no exception,
 * no longjmp.
 */
typedef bool (*diapir_progress_fn)(void *userdata, const char *stage, uint64_t done, uint64_t total);

/**
 * What a caller hears during one call. The callbacks come on the calling thread only, and never after the
 * call has returned. They may call functions of this library on const handles.
 */
typedef struct diapir_callbacks {
    /**
     * Size of this struct in bytes; set by diapir_callbacks_init.
     */
    uint32_t struct_size;
    /**
     * Passed to the callbacks as it is.
     */
    void *userdata;
    /**
     * Hears messages; NULL: nobody does.
     */
    diapir_log_fn log;
    /**
     * Hears progress and may cancel; NULL: nobody does.
     */
    diapir_progress_fn progress;
} diapir_callbacks;

/**
 * Fills `callbacks` with its defaults: nobody listens. `size` is `sizeof *callbacks`.
 *
 * Thread: any.
 * Owns: nothing.
 * Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
 */
diapir_status diapir_callbacks_init(struct diapir_callbacks *callbacks, size_t size);

/* ==== The process-wide log sink ==== */

/**
 * Sends what the library logs, up to `max_level` (1 error, 2 warning, 3 information, 4 debug, 5 trace), to
 * the host for the rest of the process. NULL for `log` removes the sink. When the call returns, the sink
 * that was set before is not running and will not be called again, so its userdata may be freed. Until a
 * host calls this, the library logs nowhere.
 *
 * Thread: any. The callback comes on any thread, several at once, and must return normally.
 * Owns: nothing; userdata stays the host's and must live until the sink is replaced.
 * Fails: INVALID_ARGUMENT for another level or a call from within the callback; UNSUPPORTED when a Rust host
 * that links the library statically has set a logger of its own.
 */
diapir_status diapir_log_set(int32_t max_level,
                             diapir_log_fn log,
                             void *userdata,
                             struct diapir_error **error);

/* ==== Boxes of samples ==== */

/**
 * A box of samples, by index from 0 (not by line number). Filled by diapir_block_init, then by the caller.
 */
typedef struct diapir_block {
    /**
     * Size of this struct in bytes; set by diapir_block_init.
     */
    uint32_t struct_size;
    /**
     * Index of the first inline.
     */
    int64_t inline_start;
    /**
     * Number of inlines.
     */
    int64_t inline_count;
    /**
     * Index of the first crossline.
     */
    int64_t crossline_start;
    /**
     * Number of crosslines.
     */
    int64_t crossline_count;
    /**
     * Index of the first sample.
     */
    int64_t sample_start;
    /**
     * Number of samples.
     */
    int64_t sample_count;
} diapir_block;

/**
 * Empties `block`, for the caller to fill. `size` is `sizeof *block`.
 *
 * Thread: any.
 * Owns: nothing.
 * Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
 */
diapir_status diapir_block_init(struct diapir_block *block, size_t size);

/* ==== Surveys ==== */

/**
 * Order of the bytes of numbers in a SEG-Y file.
 */
enum diapir_byte_order
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Of a file's options: found from the file.
     */
    DIAPIR_BYTE_ORDER_AUTO = 0,
    /**
     * Most significant byte first, the SEG-Y standard.
     */
    DIAPIR_BYTE_ORDER_BIG = 1,
    /**
     * Least significant byte first.
     */
    DIAPIR_BYTE_ORDER_LITTLE = 2,
    /**
     * Most significant byte first, with the two bytes of each pair of the file exchanged.
     */
    DIAPIR_BYTE_ORDER_PAIR_SWAPPED = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum diapir_byte_order diapir_byte_order;
#else
typedef int32_t diapir_byte_order;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What to do with several traces at one position of the grid.
 */
enum diapir_duplicates
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * An error that names the first two.
     */
    DIAPIR_DUPLICATES_REFUSE = 0,
    /**
     * The first in the file is taken.
     */
    DIAPIR_DUPLICATES_FIRST = 1,
    /**
     * The last in the file is taken.
     */
    DIAPIR_DUPLICATES_LAST = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum diapir_duplicates diapir_duplicates;
#else
typedef int32_t diapir_duplicates;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What the vertical axis measures.
 */
enum diapir_sample_unit
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Of a file's options: found from the file.
     */
    DIAPIR_SAMPLE_UNIT_AUTO = 0,
    /**
     * Two-way time in milliseconds.
     */
    DIAPIR_SAMPLE_UNIT_MILLISECONDS = 1,
    /**
     * Depth in metres.
     */
    DIAPIR_SAMPLE_UNIT_METRES = 2,
    /**
     * Depth in feet.
     */
    DIAPIR_SAMPLE_UNIT_FEET = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum diapir_sample_unit diapir_sample_unit;
#else
typedef int32_t diapir_sample_unit;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Order of the traces in a SEG-Y file.
 */
enum diapir_sorting
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Inline by inline, crossline numbers running within.
     */
    DIAPIR_SORTING_INLINE = 1,
    /**
     * Crossline by crossline, inline numbers running within.
     */
    DIAPIR_SORTING_CROSSLINE = 2,
    /**
     * Neither.
     */
    DIAPIR_SORTING_OTHER = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum diapir_sorting diapir_sorting;
#else
typedef int32_t diapir_sorting;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Of a sample interval: the one that the file's headers tell.
 */
#define DIAPIR_INTERVAL_OF_HEADERS 0.0

/**
 * How to read a SEG-Y file, where it departs from the standard. Filled by diapir_survey_options_init.
 */
typedef struct diapir_survey_options {
    /**
     * Size of this struct in bytes; set by diapir_survey_options_init.
     */
    uint32_t struct_size;
    /**
     * A diapir_byte_order.
     */
    int32_t byte_order;
    /**
     * A diapir_sample_unit.
     */
    int32_t sample_unit;
    /**
     * Sample interval in the unit, or DIAPIR_INTERVAL_OF_HEADERS.
     */
    double sample_interval;
    /**
     * Coordinate reference system as GDAL reads it ("EPSG:32631"), UTF-8; NULL: not known.
     */
    const char *crs;
    /**
     * Where trace headers hold what, and as which type: bytes counted from 1, such as "inline=9,
     * crossline=21, x=73:ieee32", UTF-8; names are inline, crossline, x, y and scalar, types int16, int32,
     * ibm32, ieee32 and ieee64. What is not named, and all with NULL, is where the standard has it (189,
     * 193, 181, 185, 71), or found by evidence.
     */
    const char *header_fields;
    /**
     * 1: positions that are not named are not looked for elsewhere when the standard ones hold no grid.
     */
    int32_t no_guess;
    /**
     * Several traces at one position of the grid: a diapir_duplicates.
     */
    int32_t duplicates;
    /**
     * 1: of a prestack file, only the traces with `offset` are read.
     */
    int32_t choose_offset;
    /**
     * That source-receiver offset.
     */
    int32_t offset;
    /**
     * 1: the geometry of a large file may be kept in, and taken from, an index file in the user's cache
     * folder.
     */
    int32_t use_index;
} diapir_survey_options;

/**
 * Fills `options` with its defaults. `size` is `sizeof *options`.
 *
 * Thread: any.
 * Owns: nothing.
 * Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
 */
diapir_status diapir_survey_options_init(struct diapir_survey_options *options, size_t size);

/**
 * What a survey is like. The caller sets struct_size with diapir_survey_info_init.
 */
typedef struct diapir_survey_info {
    /**
     * Size of this struct in bytes; set by diapir_survey_info_init.
     */
    uint32_t struct_size;
    /**
     * SEG-Y sample format code: 1 IBM float, 5 IEEE float, 2, 3, 8 ... integers.
     */
    int32_t sample_format;
    /**
     * Number of inlines.
     */
    int64_t inline_count;
    /**
     * Number of crosslines.
     */
    int64_t crossline_count;
    /**
     * Samples of each trace.
     */
    int64_t sample_count;
    /**
     * Traces in the file.
     */
    int64_t trace_count;
    /**
     * Trace positions of the grid that hold live data.
     */
    int64_t live_count;
    /**
     * Number of the first inline.
     */
    int32_t inline_first;
    /**
     * Difference of neighbouring inline numbers.
     */
    int32_t inline_step;
    /**
     * Number of the first crossline.
     */
    int32_t crossline_first;
    /**
     * Difference of neighbouring crossline numbers.
     */
    int32_t crossline_step;
    /**
     * Time or depth of the first sample, in `sample_unit`.
     */
    double sample_first;
    /**
     * Sample interval in `sample_unit`.
     */
    double sample_interval;
    /**
     * A diapir_sample_unit, never AUTO.
     */
    int32_t sample_unit;
    /**
     * A diapir_byte_order, never AUTO.
     */
    int32_t byte_order;
    /**
     * A diapir_sorting.
     */
    int32_t sorting;
    /**
     * 1 when the fields below are known, else 0.
     */
    int32_t has_georeference;
    /**
     * Map coordinate x of the first inline's first crossline (bin centre).
     */
    double origin_x;
    /**
     * Map coordinate y of the same.
     */
    double origin_y;
    /**
     * Step in x to the next inline.
     */
    double inline_step_x;
    /**
     * Step in y to the next inline.
     */
    double inline_step_y;
    /**
     * Step in x to the next crossline.
     */
    double crossline_step_x;
    /**
     * Step in y to the next crossline.
     */
    double crossline_step_y;
    /**
     * Root mean square distance between the trace headers' coordinates and these figures.
     */
    double residual;
} diapir_survey_info;

/**
 * Prepares `info` to be filled. `size` is `sizeof *info`.
 *
 * Thread: any.
 * Owns: nothing.
 * Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
 */
diapir_status diapir_survey_info_init(struct diapir_survey_info *info, size_t size);

/**
 * An open SEG-Y volume, post-stack, on a regular grid. Reading does not change it: any number of threads may
 * use it at once. The file must not change while it is open.
 *
 * Methods: diapir_survey_open, diapir_survey_get_info, diapir_survey_text_header,
 * diapir_survey_summary_json, diapir_survey_report_json, diapir_survey_read_live_mask,
 * diapir_survey_read_inline, diapir_survey_read_crossline, diapir_survey_read_slice,
 * diapir_survey_read_block, diapir_survey_read_strided, diapir_survey_read_positions, diapir_survey_free.
 */
typedef struct diapir_survey diapir_survey;

/**
 * Opens a SEG-Y file, scans its trace headers and finds its grid. `options` and `callbacks` may be NULL.
 *
 * Thread: any, concurrently; callbacks come on the calling thread.
 * Owns: `*survey` is the caller's; end it with diapir_survey_free.
 * Fails: NOT_FOUND, IO, MALFORMED, TRUNCATED, GEOMETRY (the error says at which byte), UNSUPPORTED for
 * sample formats that are not read, CANCELLED, INVALID_ARGUMENT, NULL_ARGUMENT.
 */
diapir_status diapir_survey_open(const char *path,
                                 const struct diapir_survey_options *options,
                                 const struct diapir_callbacks *callbacks,
                                 struct diapir_survey **survey,
                                 struct diapir_error **error);

/**
 * Tells what the survey is like.
 *
 * Thread: any, concurrently on one survey.
 * Owns: nothing.
 * Fails: NULL_ARGUMENT, INVALID_ARGUMENT, POISONED.
 */
diapir_status diapir_survey_get_info(const struct diapir_survey *survey,
                                     struct diapir_survey_info *info,
                                     struct diapir_error **error);

/**
 * The textual file header as UTF-8, lines of 80 characters ended by newlines.
 *
 * Thread: any, concurrently on one survey.
 * Owns: nothing; the text is copied into `buffer`.
 * Fails: BUFFER_TOO_SMALL, NULL_ARGUMENT, POISONED.
 */
diapir_status diapir_survey_text_header(const struct diapir_survey *survey,
                                        char *buffer,
                                        size_t size,
                                        size_t *needed,
                                        struct diapir_error **error);

/**
 * Everything that the scan found, as one JSON object.
 *
 * Thread: any, concurrently on one survey.
 * Owns: nothing; the text is copied into `buffer`.
 * Fails: BUFFER_TOO_SMALL, NULL_ARGUMENT, POISONED.
 */
diapir_status diapir_survey_summary_json(const struct diapir_survey *survey,
                                         char *buffer,
                                         size_t size,
                                         size_t *needed,
                                         struct diapir_error **error);

/**
 * Ends the survey and closes its file. NULL is fine.
 *
 * Thread: any; nobody else may be using the survey.
 * Owns: takes the survey.
 * Fails: never.
 */
void diapir_survey_free(struct diapir_survey *survey);

/* ==== The samples of a survey, into the caller's arrays ==== */

/**
 * Which trace positions hold live data: 1 or 0 for each of `count` = inline_count * crossline_count
 * positions, inline slowest.
 *
 * Thread: any, concurrently on one survey.
 * Owns: nothing; `live` is the caller's.
 * Fails: INVALID_ARGUMENT for another count, NULL_ARGUMENT, POISONED.
 */
diapir_status diapir_survey_read_live_mask(const struct diapir_survey *survey,
                                           uint8_t *live,
                                           size_t count,
                                           struct diapir_error **error);

/**
 * Reads the section of the inline with this number: `count` = crossline_count * sample_count samples, sample
 * fastest; 0 where no live trace is.
 *
 * Thread: any, concurrently on one survey.
 * Owns: nothing; `samples` is the caller's.
 * Fails: OUT_OF_RANGE, IO, TRUNCATED, OUT_OF_MEMORY, INVALID_ARGUMENT for another count, NULL_ARGUMENT,
 * POISONED.
 */
diapir_status diapir_survey_read_inline(const struct diapir_survey *survey,
                                        int32_t number,
                                        float *samples,
                                        size_t count,
                                        struct diapir_error **error);

/**
 * Reads the section of the crossline with this number: `count` = inline_count * sample_count samples, sample
 * fastest; 0 where no live trace is.
 *
 * Thread: any, concurrently on one survey.
 * Owns: nothing; `samples` is the caller's.
 * Fails: OUT_OF_RANGE, IO, TRUNCATED, OUT_OF_MEMORY, INVALID_ARGUMENT for another count, NULL_ARGUMENT,
 * POISONED.
 */
diapir_status diapir_survey_read_crossline(const struct diapir_survey *survey,
                                           int32_t number,
                                           float *samples,
                                           size_t count,
                                           struct diapir_error **error);

/**
 * Reads the horizontal slice of one sample index: `count` = inline_count * crossline_count samples, inline
 * slowest; 0 where no live trace is.
 *
 * Thread: any, concurrently on one survey.
 * Owns: nothing; `samples` is the caller's.
 * Fails: OUT_OF_RANGE, IO, TRUNCATED, OUT_OF_MEMORY, INVALID_ARGUMENT for another count, NULL_ARGUMENT,
 * POISONED.
 */
diapir_status diapir_survey_read_slice(const struct diapir_survey *survey,
                                       int64_t sample,
                                       float *samples,
                                       size_t count,
                                       struct diapir_error **error);

/**
 * Reads a box of samples: `count` = inline_count * crossline_count * sample_count of the block, sample
 * fastest, inline slowest; 0 where no live trace is.
 *
 * Thread: any, concurrently on one survey.
 * Owns: nothing; `samples` is the caller's.
 * Fails: OUT_OF_RANGE, IO, TRUNCATED, OUT_OF_MEMORY, INVALID_ARGUMENT for another count, NULL_ARGUMENT,
 * POISONED.
 */
diapir_status diapir_survey_read_block(const struct diapir_survey *survey,
                                       const struct diapir_block *block,
                                       float *samples,
                                       size_t count,
                                       struct diapir_error **error);

/**
 * Reads a box of samples into memory of any layout: the sample at indices i, x, s of the block goes to
 * `samples[i * inline_stride + x * crossline_stride + s * sample_stride]`; `count` is the number of elements
 * of `samples`. No two samples may have one place. Elements between are left alone.
 *
 * Thread: any, concurrently on one survey.
 * Owns: nothing; `samples` is the caller's.
 * Fails: OUT_OF_RANGE, IO, TRUNCATED, OUT_OF_MEMORY, INVALID_ARGUMENT for strides that lead out of
 * `samples`, NULL_ARGUMENT, POISONED.
 */
diapir_status diapir_survey_read_strided(const struct diapir_survey *survey,
                                         const struct diapir_block *block,
                                         int64_t inline_stride,
                                         int64_t crossline_stride,
                                         int64_t sample_stride,
                                         float *samples,
                                         size_t count,
                                         struct diapir_error **error);

/**
 * Reads samples `sample_start` and on, `sample_count` of them, of the traces at `position_count` positions,
 * given by inline and crossline index (not number), in any order, also repeated: a polyline, a well path.
 * `count` = position_count * sample_count, sample fastest; 0 where no live trace is.
 *
 * Thread: any, concurrently on one survey.
 * Owns: nothing; all arrays are the caller's.
 * Fails: OUT_OF_RANGE, IO, TRUNCATED, OUT_OF_MEMORY, INVALID_ARGUMENT for another count, NULL_ARGUMENT,
 * POISONED.
 */
diapir_status diapir_survey_read_positions(const struct diapir_survey *survey,
                                           const int64_t *inlines,
                                           const int64_t *crosslines,
                                           size_t position_count,
                                           int64_t sample_start,
                                           int64_t sample_count,
                                           float *samples,
                                           size_t count,
                                           struct diapir_error **error);

/* ==== What is to be known of a survey before anyone computes with it ==== */

/**
 * A quality report as one JSON object: `violations`, demands of common readers that the file does not meet,
 * each with its byte; and `quality`, figures of all samples (NaN, zeros, percentiles, histogram, constant
 * and clipped traces), null unless `samples` is 1. The samples are read once per survey handle, in the first
 * call that asks for them. `callbacks` may be NULL.
 *
 * Thread: any, concurrently on one survey; callbacks come on the calling thread.
 * Owns: nothing; the text is copied into `buffer`.
 * Fails: BUFFER_TOO_SMALL, IO, TRUNCATED, CANCELLED, INVALID_ARGUMENT, NULL_ARGUMENT, POISONED.
 */
diapir_status diapir_survey_report_json(const struct diapir_survey *survey,
                                        int32_t samples,
                                        const struct diapir_callbacks *callbacks,
                                        char *buffer,
                                        size_t size,
                                        size_t *needed,
                                        struct diapir_error **error);

/* ==== Synthetic surveys with labels ==== */

/**
 * What a synthetic survey shall look like. Filled by diapir_synth_options_init.
 */
typedef struct diapir_synth_options {
    /**
     * Size of this struct in bytes; set by diapir_synth_options_init.
     */
    uint32_t struct_size;
    /**
     * Everything random follows from this number; equal options give equal files.
     */
    uint64_t seed;
    /**
     * Inlines, 1 to 100000; by default 120.
     */
    int64_t inlines;
    /**
     * Crosslines, 1 to 100000; by default 120.
     */
    int64_t crosslines;
    /**
     * Samples of a trace, 16 to 100000; by default 350.
     */
    int64_t samples;
    /**
     * Sample interval in milliseconds of two-way time, 0.5 to 16; by default 4.
     */
    double sample_interval_ms;
} diapir_synth_options;

/**
 * Fills `options` with its defaults. `size` is `sizeof *options`.
 *
 * Thread: any.
 * Owns: nothing.
 * Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
 */
diapir_status diapir_synth_options_init(struct diapir_synth_options *options, size_t size);

/**
 * Writes a synthetic survey (`seismic_path`) and its salt labels, 1 and 0 (`label_path`), as SEG-Y files on
 * the same grid. Each file appears only when it is whole. `options` and `callbacks` may be NULL.
 *
 * Thread: any, concurrently with different paths; callbacks come on the calling thread.
 * Owns: nothing.
 * Fails: INVALID_ARGUMENT, NULL_ARGUMENT, IO, NOT_FOUND for a folder that is not there, CANCELLED.
 */
diapir_status diapir_synth_write(const char *seismic_path,
                                 const char *label_path,
                                 const struct diapir_synth_options *options,
                                 const struct diapir_callbacks *callbacks,
                                 struct diapir_error **error);

/* ==== Folders of loose tiles ==== */

/**
 * A folder of loose tiles in the layout of the TGS Salt Identification Challenge, in memory: PNG files in
 * `images/` and `masks/`, and the tables `depths.csv` (id,z) and `train.csv` (id,rle_mask) if they are
 * there.
 *
 * Methods: diapir_tileset_open, diapir_tileset_info_json, diapir_tileset_contact_sheet, diapir_train_tiles,
 * diapir_cross_validate_tiles, diapir_evaluate_tiles, diapir_mosaic_tiles, diapir_train_system,
 * diapir_predict_tiles, diapir_stack_predictions, diapir_finish_tiles, diapir_report_tiles,
 * diapir_tileset_free.
 */
typedef struct diapir_tileset diapir_tileset;

/**
 * Of mask pixels without a label: there are none.
 */
#define DIAPIR_UNLABELLED_NONE -1

/**
 * Where the parts of a folder lie. Filled by diapir_tileset_options_init.
 */
typedef struct diapir_tileset_options {
    /**
     * Size of this struct in bytes; set by diapir_tileset_options_init.
     */
    uint32_t struct_size;
    /**
     * The table id,z; NULL: depths.csv in the folder or the one above, if it is there.
     */
    const char *depths;
    /**
     * The table id,rle_mask; NULL: train.csv there.
     */
    const char *masks;
    /**
     * A table id,group: tiles of one group are kept in one fold; NULL: no groups.
     */
    const char *groups;
    /**
     * Grey value 0 to 255 of mask pixels without a label, or DIAPIR_UNLABELLED_NONE.
     */
    int32_t unlabelled;
    /**
     * 1: tiles that cannot be used are left out; 0: training and evaluation refuse a folder with such tiles.
     */
    int32_t leave_out;
} diapir_tileset_options;

/**
 * Fills `options` with its defaults. `size` is `sizeof *options`.
 *
 * Thread: any.
 * Owns: nothing.
 * Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
 */
diapir_status diapir_tileset_options_init(struct diapir_tileset_options *options, size_t size);

/**
 * Reads a folder of tiles and checks each. Tiles that cannot be used are told of by diapir_tileset_info_json
 * and are no error here. `options` and `callbacks` may be NULL. Takes a byte of memory per pixel, two with
 * masks.
 *
 * Thread: any, concurrently; callbacks come on the calling thread.
 * Owns: `*tileset` is the caller's; end it with diapir_tileset_free.
 * Fails: NOT_FOUND, IO, MALFORMED for a broken table, DATASET when there is no usable tile, CANCELLED,
 * INVALID_ARGUMENT, NULL_ARGUMENT.
 */
diapir_status diapir_tileset_open(const char *path,
                                  const struct diapir_tileset_options *options,
                                  const struct diapir_callbacks *callbacks,
                                  struct diapir_tileset **tileset,
                                  struct diapir_error **error);

/**
 * Describes the folder as one JSON object: numbers of tiles, coverage by salt, range of depths, hash, and
 * each problem with id, kind and detail.
 *
 * Thread: any, concurrently on one tileset.
 * Owns: nothing; the text is copied into `buffer`.
 * Fails: BUFFER_TOO_SMALL, NULL_ARGUMENT, POISONED.
 */
diapir_status diapir_tileset_info_json(const struct diapir_tileset *tileset,
                                       char *buffer,
                                       size_t size,
                                       size_t *needed,
                                       struct diapir_error **error);

/**
 * Draws up to `count` tiles with the outlines of their masks and a histogram of coverage as a PNG file, the
 * tiles spread evenly from those without salt to those full of it.
 *
 * Thread: any, concurrently on one tileset.
 * Owns: nothing.
 * Fails: IO, NULL_ARGUMENT, INVALID_ARGUMENT for a count outside 1 to 1000, POISONED.
 */
diapir_status diapir_tileset_contact_sheet(const struct diapir_tileset *tileset,
                                           const char *path,
                                           int32_t count,
                                           struct diapir_error **error);

/**
 * Ends the tileset and gives its memory back. NULL is fine.
 *
 * Thread: any; nobody else may be using the tileset.
 * Owns: takes the tileset.
 * Fails: never.
 */
void diapir_tileset_free(struct diapir_tileset *tileset);

/* ==== Mosaics of tiles ==== */

/**
 * How mosaics are found. Filled by diapir_mosaic_options_init.
 */
typedef struct diapir_mosaic_options {
    /**
     * Size of this struct in bytes; set by diapir_mosaic_options_init.
     */
    uint32_t struct_size;
    /**
     * 1: all tiles are brought to their mean histogram first; 0 (the default): they are compared as they
     * are.
     */
    int32_t match_histograms;
    /**
     * Largest distance of two edges that touch, in standard deviations over the length of the edge; by
     * default 10.
     */
    double max_distance;
    /**
     * How much nearer the nearest edge must be than the next (1 - distance / distance of the next), 0 to 1.
     * The default is 0.25.
     */
    double min_certainty;
    /**
     * A folder for pictures of the mosaics; NULL: none are drawn.
     */
    const char *pictures;
    /**
     * Mosaics of fewer tiles are not drawn; by default 4.
     */
    int32_t pictured_from;
    /**
     * Mosaics of fewer tiles are passed over, in the table too; by default 2.
     */
    int32_t listed_from;
} diapir_mosaic_options;

/**
 * Fills `options` with its defaults. `size` is `sizeof *options`.
 *
 * Thread: any.
 * Owns: nothing.
 * Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
 */
diapir_status diapir_mosaic_options_init(struct diapir_mosaic_options *options, size_t size);

/**
 * What was found. The caller sets struct_size with diapir_mosaic_report_init.
 */
typedef struct diapir_mosaic_report {
    /**
     * Size of this struct in bytes; set by diapir_mosaic_report_init.
     */
    uint32_t struct_size;
    /**
     * Tiles of all folders.
     */
    int64_t tiles;
    /**
     * Mosaics of two tiles and more.
     */
    int64_t mosaics;
    /**
     * Tiles in them.
     */
    int64_t placed;
    /**
     * Tiles of the largest.
     */
    int64_t largest;
    /**
     * Neighbours found by their edges.
     */
    int64_t links;
    /**
     * Neighbours that contradicted more certain ones.
     */
    int64_t refused;
} diapir_mosaic_report;

/**
 * Prepares `report` to be filled. `size` is `sizeof *report`.
 *
 * Thread: any.
 * Owns: nothing.
 * Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
 */
diapir_status diapir_mosaic_report_init(struct diapir_mosaic_report *report, size_t size);

/**
 * Finds which tiles of `count` tilesets were neighbours in the section that they were cut from, by how they
 * go on beyond their edges, and writes the table id,group,row,column (`table`, CSV) of the tiles that have
 * one: `group` numbers the mosaics from 1, the largest first; rows and columns count from 0. The table can
 * serve as diapir_tileset_options.groups. `options`, `callbacks` and `report` may be NULL. Takes 5 bytes per
 * pixel beside the tilesets.
 *
 * Thread: any, concurrently with different files; callbacks come on the calling thread.
 * Owns: nothing; the tilesets stay the caller's.
 * Fails: NULL_ARGUMENT, INVALID_ARGUMENT, DATASET when the tiles differ in size or two have one id, IO,
 * CANCELLED, POISONED.
 */
diapir_status diapir_mosaic_tiles(const struct diapir_tileset *const *tilesets,
                                  size_t count,
                                  const char *table,
                                  const struct diapir_mosaic_options *options,
                                  const struct diapir_callbacks *callbacks,
                                  struct diapir_mosaic_report *report,
                                  struct diapir_error **error);

/* ==== Models ==== */

/**
 * A trained network on its device, with the input contract that it was trained under. Predictions do not
 * change it: any number of threads may use it at once.
 *
 * Methods: diapir_model_load, diapir_model_load_builtin, diapir_model_info_json, diapir_model_warm_up,
 * diapir_predict_survey, diapir_predict_section, diapir_predict_volume, diapir_predict_blocks,
 * diapir_model_free.
 */
typedef struct diapir_model diapir_model;

/**
 * Of tiles per forward pass: 8 on a CPU, 32 on a GPU.
 */
#define DIAPIR_BATCH_OF_DEVICE 0

/**
 * Of a threshold: the one that the model was found best at.
 */
#define DIAPIR_THRESHOLD_OF_MODEL -1.0

/**
 * Where and how a model runs. Filled by diapir_model_options_init.
 */
typedef struct diapir_model_options {
    /**
     * Size of this struct in bytes; set by diapir_model_options_init.
     */
    uint32_t struct_size;
    /**
     * "auto" (all GPUs, or the CPU where there is none), "cpu", "cuda" (the first GPU) or "cuda:N".
     */
    const char *device;
    /**
     * "auto" (bfloat16 where the device is faster with it), "float32", "bfloat16" or, on a GPU, "float16".
     */
    const char *precision;
    /**
     * Tiles per forward pass, or DIAPIR_BATCH_OF_DEVICE.
     */
    int32_t batch;
    /**
     * 1: one tile per forward pass, so that results do not depend on `batch`; slower. 0: results may differ
     * with it by rounding, below 1e-4 in float32 and 2e-2 in bfloat16.
     */
    int32_t deterministic;
} diapir_model_options;

/**
 * Fills `options` with its defaults. `size` is `sizeof *options`.
 *
 * Thread: any.
 * Owns: nothing.
 * Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
 */
diapir_status diapir_model_options_init(struct diapir_model_options *options, size_t size);

/**
 * Loads a model file that diapir_train wrote. `options` may be NULL.
 *
 * Thread: any, concurrently.
 * Owns: `*model` is the caller's; end it with diapir_model_free.
 * Fails: NOT_FOUND, IO, MODEL_MALFORMED, MODEL_VERSION, DEVICE_UNAVAILABLE, OUT_OF_MEMORY, BACKEND,
 * INVALID_ARGUMENT, NULL_ARGUMENT; UNSUPPORTED without the torch feature.
 */
diapir_status diapir_model_load(const char *path,
                                const struct diapir_model_options *options,
                                struct diapir_model **model,
                                struct diapir_error **error);

/**
 * Loads a model that the library carries, for those who have none of their own: `name` is one of
 * diapir_model_names; NULL is the first, which is for surveys. models/README.md says what each was trained
 * on, how good it is, and what it is not good for. `options` may be NULL.
 *
 * Thread: any, concurrently.
 * Owns: `*model` is the caller's; end it with diapir_model_free.
 * Fails: DEVICE_UNAVAILABLE, OUT_OF_MEMORY, BACKEND, INVALID_ARGUMENT for another name too, NULL_ARGUMENT;
 * UNSUPPORTED without the torch feature.
 */
diapir_status diapir_model_load_builtin(const char *name,
                                        const struct diapir_model_options *options,
                                        struct diapir_model **model,
                                        struct diapir_error **error);

/**
 * The names of the models that the library carries, one per line; the first is for surveys.
 *
 * Thread: any, concurrently.
 * Owns: nothing; the text is copied into `buffer`.
 * Fails: BUFFER_TOO_SMALL, NULL_ARGUMENT; UNSUPPORTED without the torch feature.
 */
diapir_status diapir_model_names(char *buffer, size_t size, size_t *needed, struct diapir_error **error);

/**
 * Describes the model as one JSON object: network, input contract, threshold, how it was trained, on which
 * device, in which precision and batch it runs, and its stages with shape, parameters, operations and
 * receptive field.
 *
 * Thread: any, concurrently on one model.
 * Owns: nothing; the text is copied into `buffer`.
 * Fails: BUFFER_TOO_SMALL, NULL_ARGUMENT, POISONED.
 */
diapir_status diapir_model_info_json(const struct diapir_model *model,
                                     char *buffer,
                                     size_t size,
                                     size_t *needed,
                                     struct diapir_error **error);

/**
 * Runs an empty batch, so that what libtorch prepares at the first pass does not delay the first prediction.
 *
 * Thread: any, concurrently on one model.
 * Owns: nothing.
 * Fails: OUT_OF_MEMORY, BACKEND, NULL_ARGUMENT, POISONED.
 */
diapir_status diapir_model_warm_up(const struct diapir_model *model, struct diapir_error **error);

/**
 * Ends the model and gives its memory back. NULL is fine.
 *
 * Thread: any; nobody else may be using the model.
 * Owns: takes the model.
 * Fails: never.
 */
void diapir_model_free(struct diapir_model *model);

/* ==== Recipes: what trainings learn, and how ==== */

/**
 * The names of the built-in recipes, one per line.
 *
 * Thread: any, concurrently.
 * Owns: nothing; the text is copied into `buffer`.
 * Fails: BUFFER_TOO_SMALL, NULL_ARGUMENT; UNSUPPORTED without the torch feature.
 */
diapir_status diapir_recipe_names(char *buffer, size_t size, size_t *needed, struct diapir_error **error);

/**
 * The TOML text of a built-in recipe, to be changed and given to diapir_train.
 *
 * Thread: any, concurrently.
 * Owns: nothing; the text is copied into `buffer`.
 * Fails: INVALID_ARGUMENT for another name, BUFFER_TOO_SMALL, NULL_ARGUMENT; UNSUPPORTED without the torch
 * feature.
 */
diapir_status diapir_recipe_text(const char *name,
                                 char *buffer,
                                 size_t size,
                                 size_t *needed,
                                 struct diapir_error **error);

/**
 * Checks a recipe's TOML text as the trainings do before they begin.
 *
 * Thread: any, concurrently.
 * Owns: nothing.
 * Fails: INVALID_ARGUMENT, naming the line or the field, NULL_ARGUMENT; UNSUPPORTED without the torch
 * feature.
 */
diapir_status diapir_recipe_check(const char *recipe, struct diapir_error **error);

/* ==== Surveys to learn from ==== */

/**
 * A survey and its interpretation on the same grid: label samples of 0.5 or more are salt.
 */
typedef struct diapir_labelled_survey {
    /**
     * The amplitudes.
     */
    const struct diapir_survey *seismic;
    /**
     * The labels.
     */
    const struct diapir_survey *label;
} diapir_labelled_survey;

/* ==== Trainings of one network ==== */

/**
 * How to train. Filled by diapir_train_options_init.
 */
typedef struct diapir_train_options {
    /**
     * Size of this struct in bytes; set by diapir_train_options_init.
     */
    uint32_t struct_size;
    /**
     * The recipe as TOML text (see diapir_recipe_text); by default the built-in "diapir-fast".
     */
    const char *recipe;
    /**
     * As in diapir_model_options.
     */
    const char *device;
    /**
     * As in diapir_model_options.
     */
    const char *precision;
    /**
     * 1: go on from the checkpoint in the run folder; 0: start anew.
     */
    int32_t resume;
    /**
     * A model file, such as diapir_weights_import makes, whose weights a new training starts from; NULL:
     * from random ones.
     */
    const char *initial_model;
    /**
     * A folder of diapir_predict_tiles whose confident predictions are trained on too (the recipe's [pseudo]
     * says which), by networks that have not seen the fold's validation tiles; for trainings on tilesets.
     * NULL: none.
     */
    const char *pseudo_predictions;
    /**
     * The tiles that were predicted there; needed with pseudo_predictions. Groups say which of them are
     * neighbours of validation tiles, which are left out; without groups the recipe must say
     * pseudo.without_groups.
     */
    const struct diapir_tileset *pseudo_tiles;
} diapir_train_options;

/**
 * Fills `options` with its defaults. `size` is `sizeof *options`.
 *
 * Thread: any.
 * Owns: nothing.
 * Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
 */
diapir_status diapir_train_options_init(struct diapir_train_options *options, size_t size);

/**
 * What a training came to. The caller sets struct_size with diapir_train_report_init.
 */
typedef struct diapir_train_report {
    /**
     * Size of this struct in bytes; set by diapir_train_report_init.
     */
    uint32_t struct_size;
    /**
     * Epochs done, those before a resume included.
     */
    int64_t epochs;
    /**
     * Optimisation steps done.
     */
    int64_t steps;
    /**
     * Training tiles.
     */
    int64_t tiles;
    /**
     * Validation tiles.
     */
    int64_t validation_tiles;
    /**
     * Mean training loss of the last epoch.
     */
    double loss;
    /**
     * Intersection over union of the model kept, over all validation samples, 0 to 1.
     */
    double validation_iou;
    /**
     * Mean precision over IoU thresholds of the model kept, over validation tiles, 0 to 1.
     */
    double validation_score;
    /**
     * Wall-clock seconds of this call.
     */
    double seconds;
    /**
     * The threshold with the best score on the validation tiles.
     */
    double best_threshold;
    /**
     * That score.
     */
    double best_score;
    /**
     * Expected calibration error of the probabilities, 0 to 1.
     */
    double calibration_error;
} diapir_train_report;

/**
 * Prepares `report` to be filled. `size` is `sizeof *report`.
 *
 * Thread: any.
 * Owns: nothing.
 * Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
 */
diapir_status diapir_train_report_init(struct diapir_train_report *report, size_t size);

/**
 * Trains a network. Writes `model.safetensors`, `report.html`, `history.jsonl` and a checkpoint into
 * `run_folder`, which is made if needed. Without training surveys (NULL, 0) the recipe's random sections are
 * drawn and learnt from. Without validation surveys (NULL, 0) a block of inlines of each training survey, or
 * other random sections, are kept back, with a guard band. `options`, `callbacks` and `report` may be NULL.
 * A cancelled training can be resumed.
 *
 * Thread: any, concurrently with different run folders; callbacks come on the calling thread.
 * Owns: nothing; the surveys stay the caller's.
 * Fails: DATASET, GEOMETRY, DIVERGED, IO, OUT_OF_MEMORY, DEVICE_UNAVAILABLE, BACKEND, CANCELLED, POISONED,
 * INVALID_ARGUMENT, NULL_ARGUMENT; UNSUPPORTED without the torch feature.
 */
diapir_status diapir_train(const struct diapir_labelled_survey *training,
                           size_t training_count,
                           const struct diapir_labelled_survey *validation,
                           size_t validation_count,
                           const char *run_folder,
                           const struct diapir_train_options *options,
                           const struct diapir_callbacks *callbacks,
                           struct diapir_train_report *report,
                           struct diapir_error **error);

/**
 * Trains a network on the labelled tiles of a folder; the recipe's `folds` say which are kept back for
 * validation. Otherwise as diapir_train.
 *
 * Thread: any, concurrently with different run folders; callbacks come on the calling thread.
 * Owns: nothing; the tileset stays the caller's.
 * Fails: as diapir_train; DATASET for tiles that cannot be used or do not fit the recipe.
 */
diapir_status diapir_train_tiles(const struct diapir_tileset *tileset,
                                 const char *run_folder,
                                 const struct diapir_train_options *options,
                                 const struct diapir_callbacks *callbacks,
                                 struct diapir_train_report *report,
                                 struct diapir_error **error);

/* ==== Cross-validation ==== */

/**
 * What a cross-validation came to. The caller sets struct_size with diapir_cross_validate_report_init.
 */
typedef struct diapir_cross_validate_report {
    /**
     * Size of this struct in bytes; set by diapir_cross_validate_report_init.
     */
    uint32_t struct_size;
    /**
     * Folds trained.
     */
    int64_t folds;
    /**
     * Mean of the folds' scores (mean precision over IoU thresholds), 0 to 1.
     */
    double mean_score;
    /**
     * Standard deviation (n - 1) of the folds' scores.
     */
    double score_deviation;
    /**
     * Mean of the folds' intersection over union.
     */
    double mean_iou;
    /**
     * Score of all tiles together, each predicted by the training that has not seen it.
     */
    double score;
    /**
     * The threshold with the best such score.
     */
    double best_threshold;
    /**
     * That score.
     */
    double best_score;
    /**
     * Expected calibration error of those probabilities, 0 to 1.
     */
    double calibration_error;
} diapir_cross_validate_report;

/**
 * Prepares `report` to be filled. `size` is `sizeof *report`.
 *
 * Thread: any.
 * Owns: nothing.
 * Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
 */
diapir_status diapir_cross_validate_report_init(struct diapir_cross_validate_report *report, size_t size);

/**
 * Trains once for each of the recipe's folds of the surveys' inlines, into `fold-0`, `fold-1` .. below
 * `folder`, and leaves `cross-validation.json` there. With `options.resume` finished folds are not trained
 * again. `options`, `callbacks` and `report` may be NULL.
 *
 * Thread: any, concurrently with different folders; callbacks come on the calling thread.
 * Owns: nothing; the surveys stay the caller's.
 * Fails: as diapir_train.
 */
diapir_status diapir_cross_validate(const struct diapir_labelled_survey *surveys,
                                    size_t count,
                                    const char *folder,
                                    const struct diapir_train_options *options,
                                    const struct diapir_callbacks *callbacks,
                                    struct diapir_cross_validate_report *report,
                                    struct diapir_error **error);

/**
 * Cross-validates as diapir_cross_validate does, on the labelled tiles of a folder.
 *
 * Thread: any, concurrently with different folders; callbacks come on the calling thread.
 * Owns: nothing; the tileset stays the caller's.
 * Fails: as diapir_train_tiles.
 */
diapir_status diapir_cross_validate_tiles(const struct diapir_tileset *tileset,
                                          const char *folder,
                                          const struct diapir_train_options *options,
                                          const struct diapir_callbacks *callbacks,
                                          struct diapir_cross_validate_report *report,
                                          struct diapir_error **error);

/* ==== A range test of the learning rate ==== */

/**
 * Trains a network of the recipe for `steps` steps (10 to 100000) with a learning rate that grows by the
 * same factor at each, from `from` to `to`, until the loss explodes; nothing is kept of it but the file
 * `table`, CSV with the columns step, rate, loss, smoothed. Exactly one of `surveys` (`count` of them) and
 * `tileset` is given, the other is NULL. `steepest` gets the rate at which the smoothed loss falls fastest,
 * `lowest` that at which it is lowest; both 0 where it never falls. Of `options` the recipe, the device, the
 * precision and the initial model count. `options`, `callbacks`, `steepest` and `lowest` may be NULL.
 *
 * Thread: any, concurrently; callbacks come on the calling thread.
 * Owns: nothing; surveys and tileset stay the caller's.
 * Fails: as diapir_train and diapir_train_tiles.
 */
diapir_status diapir_test_rates(const struct diapir_labelled_survey *surveys,
                                size_t count,
                                const struct diapir_tileset *tileset,
                                const struct diapir_train_options *options,
                                double from,
                                double to,
                                int64_t steps,
                                const char *table,
                                const struct diapir_callbacks *callbacks,
                                double *steepest,
                                double *lowest,
                                struct diapir_error **error);

/* ==== Trainings of a whole system on tiles ==== */

/**
 * Trains the recipe's whole system on the labelled tiles of a folder: each of its trainings on all its
 * folds, in `folder` or, where the recipe names them, in folders below; then predicts each tile by the
 * networks that have not seen it (`out-of-fold/predictions.safetensors`) and measures that (`system.json`).
 * With `options.resume` what is finished is not done again. `options` and `callbacks` may be NULL.
 *
 * Thread: any, concurrently with different folders; callbacks come on the calling thread.
 * Owns: nothing; the tileset stays the caller's.
 * Fails: as diapir_train_tiles.
 */
diapir_status diapir_train_system(const struct diapir_tileset *tileset,
                                  const char *folder,
                                  const struct diapir_train_options *options,
                                  const struct diapir_callbacks *callbacks,
                                  struct diapir_error **error);

/* ==== Tiles predicted by a trained system ==== */

/**
 * Of a mirror image: averaged with it where the recipe of the trainings says so.
 */
#define DIAPIR_FLIP_OF_RECIPE -1

/**
 * Which networks of a training predict.
 */
enum diapir_members
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Those that the recipe of the trainings says.
     */
    DIAPIR_MEMBERS_OF_RECIPE = -1,
    /**
     * The one that it kept as its model.
     */
    DIAPIR_MEMBERS_MODEL = 0,
    /**
     * Its snapshots.
     */
    DIAPIR_MEMBERS_SNAPSHOTS = 1,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum diapir_members diapir_members;
#else
typedef int32_t diapir_members;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * How a trained system predicts tiles. Filled by diapir_predict_tiles_options_init.
 */
typedef struct diapir_predict_tiles_options {
    /**
     * Size of this struct in bytes; set by diapir_predict_tiles_options_init.
     */
    uint32_t struct_size;
    /**
     * As in diapir_model_options.
     */
    const char *device;
    /**
     * As in diapir_model_options.
     */
    const char *precision;
    /**
     * Most tiles per forward pass, or DIAPIR_BATCH_OF_DEVICE.
     */
    int32_t batch;
    /**
     * 1: each tile is averaged with its mirror image; 0: it is not; by default DIAPIR_FLIP_OF_RECIPE.
     */
    int32_t flip;
    /**
     * Which networks of each training: a diapir_members.
     */
    int32_t members;
    /**
     * 1: what an earlier call left in the folder is gone on with; 0: a folder with predictions is refused.
     */
    int32_t resume;
    /**
     * 1: each tile's probabilities are written as a PNG file of 16 bits too, below probability/ in the
     * folder.
     */
    int32_t pictures;
} diapir_predict_tiles_options;

/**
 * Fills `options` with its defaults. `size` is `sizeof *options`.
 *
 * Thread: any.
 * Owns: nothing.
 * Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
 */
diapir_status diapir_predict_tiles_options_init(struct diapir_predict_tiles_options *options, size_t size);

/**
 * What was predicted. The caller sets struct_size with diapir_predict_tiles_report_init.
 */
typedef struct diapir_predict_tiles_report {
    /**
     * Size of this struct in bytes; set by diapir_predict_tiles_report_init.
     */
    uint32_t struct_size;
    /**
     * Tiles predicted.
     */
    int64_t tiles;
    /**
     * Those that a training knew, each predicted only by networks that have not seen it.
     */
    int64_t out_of_fold;
    /**
     * Networks.
     */
    int64_t models;
} diapir_predict_tiles_report;

/**
 * Prepares `report` to be filled. `size` is `sizeof *report`.
 *
 * Thread: any.
 * Owns: nothing.
 * Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
 */
diapir_status diapir_predict_tiles_report_init(struct diapir_predict_tiles_report *report, size_t size);

/**
 * Predicts the tiles of a folder with the networks of a system, or of a cross-validation, below `run`: each
 * tile by the networks that have not been trained on it, averaged; trainings count as the recipe says, or by
 * their numbers of networks. Leaves `predictions.safetensors` in the folder `output`, and each network's own
 * below `members/`. `options`, `callbacks` and `report` may be NULL.
 *
 * Thread: any, concurrently with different folders; callbacks come on the calling thread.
 * Owns: nothing; the tileset stays the caller's.
 * Fails: NOT_FOUND, DATASET when `run` holds no finished trainings, INVALID_ARGUMENT, MODEL_MISMATCH,
 * MODEL_MALFORMED, IO, OUT_OF_MEMORY, DEVICE_UNAVAILABLE, BACKEND, CANCELLED, NULL_ARGUMENT, POISONED;
 * UNSUPPORTED without the torch feature.
 */
diapir_status diapir_predict_tiles(const char *run,
                                   const struct diapir_tileset *tileset,
                                   const char *output,
                                   const struct diapir_predict_tiles_options *options,
                                   const struct diapir_callbacks *callbacks,
                                   struct diapir_predict_tiles_report *report,
                                   struct diapir_error **error);

/* ==== Predictions of tiles averaged ==== */

/**
 * Averages `count` files of predictions, each tile over the files that have it. `weights` has one number
 * from 0 on for each; NULL: equal ones. `callbacks` may be NULL.
 *
 * Thread: any, concurrently with different outputs; callbacks come on the calling thread.
 * Owns: nothing.
 * Fails: NULL_ARGUMENT, INVALID_ARGUMENT, DATASET when the tiles differ in size, NOT_FOUND, IO, MALFORMED,
 * TRUNCATED, CANCELLED.
 */
diapir_status diapir_blend_predictions(const char *const *paths,
                                       const double *weights,
                                       size_t count,
                                       const char *output,
                                       const struct diapir_callbacks *callbacks,
                                       struct diapir_error **error);

/* ==== Weights for averages of predictions, fitted to masks ==== */

/**
 * Fits weights for diapir_blend_predictions to the masks of the tileset's tiles that all files have: least
 * squares with weights from 0 on whose sum is 1. The predictions must be out of fold. `weights` gets `count`
 * numbers; `report`, if not NULL, names a JSON file for the figures of each file, of the plain mean and of
 * the stack, each tile judged with weights fitted without it and its group. Probabilities above `threshold`
 * count as salt there. `callbacks` may be NULL.
 *
 * Thread: any, concurrently; callbacks come on the calling thread.
 * Owns: nothing; the tileset stays the caller's.
 * Fails: as diapir_blend_predictions; DATASET when fewer than 10 tiles with masks are in all files;
 * POISONED.
 */
diapir_status diapir_stack_predictions(const char *const *paths,
                                       size_t count,
                                       const struct diapir_tileset *tileset,
                                       double threshold,
                                       const char *report,
                                       const struct diapir_callbacks *callbacks,
                                       double *weights,
                                       struct diapir_error **error);

/* ==== Predictions of tiles turned into masks ==== */

/**
 * How predictions become masks. Filled by diapir_finish_tiles_options_init.
 */
typedef struct diapir_finish_tiles_options {
    /**
     * Size of this struct in bytes; set by diapir_finish_tiles_options_init.
     */
    uint32_t struct_size;
    /**
     * The rules as TOML, with the keys of a recipe's table [rules]; NULL: none.
     */
    const char *rules;
    /**
     * Probability above which a pixel is salt, 0 to 1. The default is 0.5.
     */
    double threshold;
    /**
     * The table of mosaics that diapir_mosaic_tiles writes; NULL: none, and rules that need it are refused.
     */
    const char *mosaics;
    /**
     * Where the masks go as id,rle_mask (CSV); NULL: nowhere.
     */
    const char *submission;
    /**
     * A folder, new or without pictures, where the masks go as PNG, 255 for salt; NULL: nowhere.
     */
    const char *masks;
} diapir_finish_tiles_options;

/**
 * Fills `options` with its defaults. `size` is `sizeof *options`.
 *
 * Thread: any.
 * Owns: nothing.
 * Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
 */
diapir_status diapir_finish_tiles_options_init(struct diapir_finish_tiles_options *options, size_t size);

/**
 * What masks were made. The caller sets struct_size with diapir_finish_tiles_report_init.
 */
typedef struct diapir_finish_tiles_report {
    /**
     * Size of this struct in bytes; set by diapir_finish_tiles_report_init.
     */
    uint32_t struct_size;
    /**
     * Masks written.
     */
    int64_t tiles;
    /**
     * Those without salt.
     */
    int64_t empty;
    /**
     * Those that a rule of mosaics changed.
     */
    int64_t by_mosaics;
} diapir_finish_tiles_report;

/**
 * Prepares `report` to be filled. `size` is `sizeof *report`.
 *
 * Thread: any.
 * Owns: nothing.
 * Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
 */
diapir_status diapir_finish_tiles_report_init(struct diapir_finish_tiles_report *report, size_t size);

/**
 * Turns a file of predictions into masks by threshold and rules, and writes those of the tiles that have no
 * mask in any of the `count` tilesets, whose masks the rules of mosaics lean on. `options.submission` or
 * `options.masks` must be given. `callbacks` and `report` may be NULL.
 *
 * Thread: any, concurrently with different outputs; callbacks come on the calling thread.
 * Owns: nothing; the tilesets stay the caller's.
 * Fails: NULL_ARGUMENT, INVALID_ARGUMENT, DATASET when each predicted tile has a mask already, a tile for a
 * submission has no prediction, or a tileset does not go with the predictions, NOT_FOUND, IO, MALFORMED,
 * TRUNCATED, CANCELLED, POISONED.
 */
diapir_status diapir_finish_tiles(const char *predictions,
                                  const struct diapir_tileset *const *tilesets,
                                  size_t count,
                                  const struct diapir_finish_tiles_options *options,
                                  const struct diapir_callbacks *callbacks,
                                  struct diapir_finish_tiles_report *report,
                                  struct diapir_error **error);

/* ==== Predictions of tiles measured ==== */

/**
 * Measures predictions, which must be out of fold, on the tiles that have masks in the `count` tilesets, and
 * writes a JSON file: figures, the score when each fifth of the tiles is judged at the threshold best for
 * the others, the score by coverage, what each rule changes by itself, and what the rules of `options` give
 * together. For the rules of mosaics a fifth of the labels is hidden in turn; predicted tiles without masks
 * are neighbours there. `options` (whose outputs are passed over) and `callbacks` may be NULL.
 *
 * Thread: any, concurrently with different outputs; callbacks come on the calling thread.
 * Owns: nothing; the tilesets stay the caller's.
 * Fails: NULL_ARGUMENT, INVALID_ARGUMENT, DATASET when no predicted tile has a mask or a tileset does not go
 * with the predictions, NOT_FOUND, IO, MALFORMED, TRUNCATED, CANCELLED, POISONED.
 */
diapir_status diapir_report_tiles(const char *predictions,
                                  const struct diapir_tileset *const *tilesets,
                                  size_t count,
                                  const struct diapir_finish_tiles_options *options,
                                  const char *report,
                                  const struct diapir_callbacks *callbacks,
                                  struct diapir_error **error);

/* ==== Weights trained elsewhere ==== */

/**
 * Which tensors of a network are meant.
 */
enum diapir_weights_part
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Those of the encoder, as classifiers trained on ImageNet have them.
     */
    DIAPIR_WEIGHTS_PART_ENCODER = 0,
    /**
     * All.
     */
    DIAPIR_WEIGHTS_PART_NETWORK = 1,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum diapir_weights_part diapir_weights_part;
#else
typedef int32_t diapir_weights_part;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Whose names exported tensors get.
 */
enum diapir_weights_names
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * torchvision's ResNets, timm's `resnet50`, `seresnext50_32x4d` and the like.
     */
    DIAPIR_WEIGHTS_NAMES_TORCHVISION = 0,
    /**
     * Cadene's pretrained-models, timm's `legacy_seresnext50_32x4d` and the like.
     */
    DIAPIR_WEIGHTS_NAMES_CADENE = 1,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum diapir_weights_names diapir_weights_names;
#else
typedef int32_t diapir_weights_names;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * How to import weights. Filled by diapir_weights_options_init.
 */
typedef struct diapir_weights_options {
    /**
     * Size of this struct in bytes; set by diapir_weights_options_init.
     */
    uint32_t struct_size;
    /**
     * The recipe whose network is made, as TOML text (see diapir_recipe_text); NULL is an error when weights
     * are imported.
     */
    const char *recipe;
    /**
     * A diapir_weights_part.
     */
    int32_t part;
    /**
     * 1: pass over tensors that are missing, unexpected or of another shape; 0: they are an error.
     */
    int32_t partial;
    /**
     * Of an export, a diapir_weights_names.
     */
    int32_t names;
} diapir_weights_options;

/**
 * Fills `options` with its defaults. `size` is `sizeof *options`.
 *
 * Thread: any.
 * Owns: nothing.
 * Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
 */
diapir_status diapir_weights_options_init(struct diapir_weights_options *options, size_t size);

/**
 * What became of the tensors of an import. The caller sets struct_size with diapir_weights_report_init.
 */
typedef struct diapir_weights_report {
    /**
     * Size of this struct in bytes; set by diapir_weights_report_init.
     */
    uint32_t struct_size;
    /**
     * Tensors of the network that have got their values from the file.
     */
    int64_t matched;
    /**
     * Those among them whose input planes were adapted.
     */
    int64_t adapted;
    /**
     * Tensors of the network that the file does not have.
     */
    int64_t missing;
    /**
     * Tensors of the file that the network does not have.
     */
    int64_t unexpected;
    /**
     * Tensors of another shape.
     */
    int64_t wrong_shape;
    /**
     * Tensors of the file that no network needs: a classifier, counters of batches.
     */
    int64_t ignored;
} diapir_weights_report;

/**
 * Prepares `report` to be filled. `size` is `sizeof *report`.
 *
 * Thread: any.
 * Owns: nothing.
 * Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
 */
diapir_status diapir_weights_report_init(struct diapir_weights_report *report, size_t size);

/**
 * Makes the network of `options->recipe` with the weights of a safetensors or PyTorch file (`.pth`: a plain
 * dictionary of tensors; nothing in it is run) and writes it to `model_path`, for diapir_train to start
 * from. Tensors that did not fit are named in log messages. `callbacks` and `report` may be NULL.
 *
 * Thread: any, concurrently with different model paths; callbacks come on the calling thread.
 * Owns: nothing.
 * Fails: NOT_FOUND, IO, MODEL_MALFORMED for a file that is neither, MODEL_MISMATCH for weights that do not
 * fit, OUT_OF_MEMORY, CANCELLED, INVALID_ARGUMENT, NULL_ARGUMENT; UNSUPPORTED without the torch feature.
 */
diapir_status diapir_weights_import(const char *weights_path,
                                    const char *model_path,
                                    const struct diapir_weights_options *options,
                                    const struct diapir_callbacks *callbacks,
                                    struct diapir_weights_report *report,
                                    struct diapir_error **error);

/**
 * Writes the weights of a model file, or of its encoder, to `weights_path` as safetensors with names that
 * PyTorch software knows. `options` may be NULL, then the encoder's with torchvision's names; its `recipe`
 * and `partial` do not count.
 *
 * Thread: any, concurrently with different weights paths.
 * Owns: nothing.
 * Fails: NOT_FOUND, IO, MODEL_MALFORMED, MODEL_VERSION, OUT_OF_MEMORY, INVALID_ARGUMENT, NULL_ARGUMENT;
 * UNSUPPORTED without the torch feature.
 */
diapir_status diapir_weights_export(const char *model_path,
                                    const char *weights_path,
                                    const struct diapir_weights_options *options,
                                    struct diapir_error **error);

/**
 * Writes a model file anew to `halved_path`, its kernels rounded to float16: half the size, and what the
 * library computes in bfloat16 or float16 hardly changes.
 *
 * Thread: any, concurrently with different halved paths.
 * Owns: nothing.
 * Fails: NOT_FOUND, IO, MODEL_MALFORMED, MODEL_VERSION, OUT_OF_RANGE for kernels beyond float16,
 * INVALID_ARGUMENT, NULL_ARGUMENT; UNSUPPORTED without the torch feature.
 */
diapir_status diapir_weights_halve(const char *model_path,
                                   const char *halved_path,
                                   struct diapir_error **error);

/* ==== How to predict ==== */

/**
 * Which vertical sections the network sees.
 */
enum diapir_sections
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Those of the inlines.
     */
    DIAPIR_SECTIONS_INLINE = 0,
    /**
     * Those of the crosslines.
     */
    DIAPIR_SECTIONS_CROSSLINE = 1,
    /**
     * Both, and what they say is fused; twice the time. A direction whose sections have fewer than 8 traces
     * is left out.
     */
    DIAPIR_SECTIONS_BOTH = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum diapir_sections diapir_sections;
#else
typedef int32_t diapir_sections;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * How the predictions along inlines and along crosslines become one.
 */
enum diapir_fusion
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Their mean.
     */
    DIAPIR_FUSION_MEAN = 0,
    /**
     * The larger: salt where one direction sees some.
     */
    DIAPIR_FUSION_MAX = 1,
    /**
     * The smaller: salt where both see some.
     */
    DIAPIR_FUSION_MIN = 2,
    /**
     * The square root of their product.
     */
    DIAPIR_FUSION_GEOMETRIC = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum diapir_fusion diapir_fusion;
#else
typedef int32_t diapir_fusion;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What tiles do at the borders of a section.
 */
enum diapir_edge
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * They hang over by half the overlap; what hangs over is mirrored.
     */
    DIAPIR_EDGE_EXTEND = 0,
    /**
     * They stay inside the section.
     */
    DIAPIR_EDGE_INSIDE = 1,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum diapir_edge diapir_edge;
#else
typedef int32_t diapir_edge;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * How the predictions of overlapping tiles are weighted by the place in the tile.
 */
enum diapir_window
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Raised cosine.
     */
    DIAPIR_WINDOW_COSINE = 0,
    /**
     * All pixels alike.
     */
    DIAPIR_WINDOW_FLAT = 1,
    /**
     * Gaussian with a standard deviation of an eighth of the tile.
     */
    DIAPIR_WINDOW_GAUSSIAN = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum diapir_window diapir_window;
#else
typedef int32_t diapir_window;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * How much time to spend on accuracy; benchmarks/ says what each costs and gives.
 */
enum diapir_quality
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * A first look.
     */
    DIAPIR_QUALITY_DRAFT = 0,
    /**
     * The defaults.
     */
    DIAPIR_QUALITY_NORMAL = 1,
    /**
     * What gives more accuracy, whatever the time.
     */
    DIAPIR_QUALITY_BEST = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum diapir_quality diapir_quality;
#else
typedef int32_t diapir_quality;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Of a tile's size: the one that the model asks for, which is its window or the size that it was trained with.
 */
#define DIAPIR_TILE_OF_MODEL 0

/**
 * Of a tile's size: one tile for a whole section.
 */
#define DIAPIR_TILE_SECTION -1

/**
 * Of a tile's size: 229 samples and traces, or the model's where that is larger, a window, or its padding
 * made for no other.
 */
#define DIAPIR_TILE_WIDE -2

/**
 * Of an overlap: 32 samples, or of models with windows half the size that they were trained with; half the
 * tile where that is less.
 */
#define DIAPIR_OVERLAP_OF_TILE -1

/**
 * Of the borders of a section: windows of models that have them stay inside, other tiles hang over.
 */
#define DIAPIR_EDGE_OF_MODEL -1

/**
 * How to predict. Filled by diapir_predict_options_init.
 */
typedef struct diapir_predict_options {
    /**
     * Size of this struct in bytes; set by diapir_predict_options_init.
     */
    uint32_t struct_size;
    /**
     * Which sections the network sees: a diapir_sections.
     */
    int32_t sections;
    /**
     * How both directions become one: a diapir_fusion.
     */
    int32_t fusion;
    /**
     * Samples and traces of a tile, from the model's least to 16384, or DIAPIR_TILE_OF_MODEL,
     * DIAPIR_TILE_SECTION or DIAPIR_TILE_WIDE.
     */
    int32_t tile;
    /**
     * Samples by which neighbouring tiles overlap, or DIAPIR_OVERLAP_OF_TILE.
     */
    int32_t overlap;
    /**
     * What tiles do at the borders of a section: a diapir_edge, or DIAPIR_EDGE_OF_MODEL.
     */
    int32_t edge;
    /**
     * How overlapping tiles are weighted: a diapir_window.
     */
    int32_t window;
    /**
     * 1: average with the prediction of the mirrored tile, at twice the time; 0: do not.
     */
    int32_t flip;
    /**
     * Passes per network with channels dropped as in training (Monte Carlo dropout), at as many times the
     * time; 0: one pass without.
     */
    int32_t dropout_passes;
    /**
     * 1: bring sections to the sample interval and trace spacing that the model was trained at, and the
     * result back; 0: predict them as they are.
     */
    int32_t resample;
    /**
     * 1: predict tiles with nothing to see too (water, mutes: all samples within 1/255 of the amplitude
     * range); 0: their probability is 0.
     */
    int32_t predict_blank;
    /**
     * More models, whose predictions are averaged with those of the one that the call names; NULL for none.
     * Tiles must be of one size.
     */
    const struct diapir_model *const *more_models;
    /**
     * Number of `more_models`.
     */
    size_t more_model_count;
} diapir_predict_options;

/**
 * Fills `options` with its defaults. `size` is `sizeof *options`.
 *
 * Thread: any.
 * Owns: nothing.
 * Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
 */
diapir_status diapir_predict_options_init(struct diapir_predict_options *options, size_t size);

/**
 * Sets what a diapir_quality stands for: tile, overlap and flip, and for DIAPIR_QUALITY_BEST both
 * directions, of `options`, which diapir_predict_options_init has filled.
 *
 * Thread: any.
 * Owns: nothing.
 * Fails: NULL_ARGUMENT, INVALID_ARGUMENT; UNSUPPORTED without the torch feature.
 */
diapir_status diapir_predict_options_set_quality(struct diapir_predict_options *options,
                                                 int32_t quality,
                                                 struct diapir_error **error);

/* ==== What a prediction came to ==== */

/**
 * What a prediction came to. The caller sets struct_size with diapir_predict_report_init.
 */
typedef struct diapir_predict_report {
    /**
     * Size of this struct in bytes; set by diapir_predict_report_init.
     */
    uint32_t struct_size;
    /**
     * Tiles that went through the network.
     */
    int64_t tiles;
    /**
     * Tiles that were passed over because there is nothing to see in them.
     */
    int64_t blank_tiles;
    /**
     * Samples predicted.
     */
    int64_t samples;
    /**
     * Live traces predicted.
     */
    int64_t live_traces;
    /**
     * Most resident memory of the process, in bytes, that was expected before the work began; 0 where the
     * system does not tell.
     */
    int64_t memory_bound;
    /**
     * Most resident memory of the process until the end of the work, in bytes; 0 where the system does not
     * tell.
     */
    int64_t memory_peak;
    /**
     * How visible the tile borders are in the result; 1: not at all.
     */
    double seam;
    /**
     * Seconds spent on amplitude statistics. Stages overlap in time: their sum may exceed the total.
     */
    double seconds_statistics;
    /**
     * Seconds spent reading.
     */
    double seconds_read;
    /**
     * Seconds spent cutting and scaling tiles.
     */
    double seconds_tile;
    /**
     * Seconds spent bringing tiles to the device and probabilities back.
     */
    double seconds_copy;
    /**
     * Seconds spent in the network.
     */
    double seconds_forward;
    /**
     * Seconds spent putting tiles together.
     */
    double seconds_stitch;
    /**
     * Seconds spent writing.
     */
    double seconds_write;
    /**
     * Wall-clock seconds: statistics and prediction; of a survey to a file, of all runs but those that were
     * killed.
     */
    double seconds_total;
} diapir_predict_report;

/**
 * Prepares `report` to be filled. `size` is `sizeof *report`.
 *
 * Thread: any.
 * Owns: nothing.
 * Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
 */
diapir_status diapir_predict_report_init(struct diapir_predict_report *report, size_t size);

/* ==== Prediction of a survey on disk ==== */

/**
 * What a prediction of a survey leaves on disk, and which part of the work is done. Filled by
 * diapir_predict_survey_output_init.
 */
typedef struct diapir_predict_survey_output {
    /**
     * Size of this struct in bytes; set by diapir_predict_survey_output_init.
     */
    uint32_t struct_size;
    /**
     * SEG-Y sample format code of probability and uncertainty: 5 (IEEE float, the default), 1 (IBM float), 3
     * (2-byte integer, the value times 32767) or 8 (1-byte integer, the value times 127).
     */
    int32_t sample_format;
    /**
     * 1: write NAME-uncertainty.sgy beside NAME.sgy too: the standard deviation of all predictions of each
     * sample, by all tiles that cover it, directions, models, mirrored images and passes with dropout (0 to
     * 0.5).
     */
    int32_t uncertainty;
    /**
     * 1: write NAME-mask.sgy too: 1-byte integers, 1 where the probability exceeds mask_threshold, else 0.
     */
    int32_t mask;
    /**
     * Probability above which the mask is 1, 0 to 1, or DIAPIR_THRESHOLD_OF_MODEL.
     */
    float mask_threshold;
    /**
     * 1: write NAME-report.html too: sections, maps, histogram, seams, times.
     */
    int32_t report;
    /**
     * 1: go on with what an earlier run of the same prediction left, and leave it in the hidden folder
     * .NAME.sgy.work when stopped; 0: begin anew, leave nothing. In several parts always 1.
     */
    int32_t resume;
    /**
     * Which part of the work to do, from 1 to part_count. Parts may be done by any processes on machines
     * that share the file system; diapir_finish_survey after the last.
     */
    int32_t part;
    /**
     * In how many parts the work is done; 1: at once.
     */
    int32_t part_count;
} diapir_predict_survey_output;

/**
 * Fills `output` with its defaults. `size` is `sizeof *output`.
 *
 * Thread: any.
 * Owns: nothing.
 * Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
 */
diapir_status diapir_predict_survey_output_init(struct diapir_predict_survey_output *output, size_t size);

/**
 * Predicts the salt probability (0 to 1) of each sample of a survey and writes it as SEG-Y, trace for trace
 * as the survey's file, with NAME-run.json beside NAME.sgy, which says what was done. The file appears only
 * when it is whole; what is unfinished stands in the hidden folder .NAME.sgy.work. With `output->resume` a
 * prediction that was stopped, by whatever, goes on. Of several parts (`output->part`) each is done by a
 * call of its own and diapir_finish_survey ends the work; the samples are the same. `options`, `output`,
 * `callbacks` and `report` may be NULL. While the progress callback does not return, the work rests: so a
 * host pauses it.
 *
 * Thread: any, concurrently on one model and one survey; callbacks come on the calling thread.
 * Owns: nothing.
 * Fails: MODEL_MISMATCH, IO, TRUNCATED, OUT_OF_MEMORY, BACKEND, CANCELLED, POISONED, INVALID_ARGUMENT (also
 * when another process works on the same part), NULL_ARGUMENT; UNSUPPORTED without the torch feature
 * (without it there is no model to call this with).
 */
diapir_status diapir_predict_survey(const struct diapir_model *model,
                                    const struct diapir_survey *survey,
                                    const char *output_path,
                                    const struct diapir_predict_options *options,
                                    const struct diapir_predict_survey_output *output,
                                    const struct diapir_callbacks *callbacks,
                                    struct diapir_predict_report *report,
                                    struct diapir_error **error);

/* ==== The end of a prediction that was done in parts ==== */

/**
 * Ends a prediction that was done in parts: sees to it that every line is there, fuses directions if there
 * are two, and gives the files their names. `survey` is the one that was predicted, `output_path` the output
 * of the parts. `callbacks` and `report` may be NULL; the report is of all parts.
 *
 * Thread: any; callbacks come on the calling thread.
 * Owns: nothing.
 * Fails: NOT_FOUND when there is no unfinished prediction, TRUNCATED when lines are missing,
 * INVALID_ARGUMENT when a part is still being done or the survey is another, IO, CANCELLED, POISONED,
 * NULL_ARGUMENT; UNSUPPORTED without the torch feature.
 */
diapir_status diapir_finish_survey(const struct diapir_survey *survey,
                                   const char *output_path,
                                   const struct diapir_callbacks *callbacks,
                                   struct diapir_predict_report *report,
                                   struct diapir_error **error);

/* ==== Prediction of one vertical section in the caller's own array ==== */

/**
 * Of a stride: the elements follow each other without gaps.
 */
#define DIAPIR_STRIDE_PACKED 0

/**
 * One vertical section in the caller's memory: sample s of trace t is at
 * `samples[t * trace_stride + s * sample_stride]`. Filled by diapir_section_init, then by the caller.
 */
typedef struct diapir_section {
    /**
     * Size of this struct in bytes; set by diapir_section_init.
     */
    uint32_t struct_size;
    /**
     * The amplitudes.
     */
    const float *samples;
    /**
     * Number of traces.
     */
    int64_t trace_count;
    /**
     * Samples of each trace.
     */
    int64_t sample_count;
    /**
     * Elements from one trace to the next, or DIAPIR_STRIDE_PACKED.
     */
    int64_t trace_stride;
    /**
     * Elements from one sample to the next, or DIAPIR_STRIDE_PACKED.
     */
    int64_t sample_stride;
    /**
     * One byte per trace, non-zero for live; NULL: all are.
     */
    const uint8_t *live;
    /**
     * Time or depth of the first sample, in `sample_unit`.
     */
    double sample_first;
    /**
     * Sample interval in `sample_unit`; greater than 0.
     */
    double sample_interval;
    /**
     * A diapir_sample_unit; by default milliseconds.
     */
    int32_t sample_unit;
    /**
     * Amplitude that the network sees as its lowest. Where it is not less than amplitude_high, as at first,
     * the section's own quantiles are taken.
     */
    float amplitude_low;
    /**
     * Amplitude that the network sees as its highest.
     */
    float amplitude_high;
} diapir_section;

/**
 * Empties `section`, for the caller to fill. `size` is `sizeof *section`.
 *
 * Thread: any.
 * Owns: nothing.
 * Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
 */
diapir_status diapir_section_init(struct diapir_section *section, size_t size);

/**
 * Predicts the salt probability (0 to 1) of each sample of one section: `probability` gets `count` =
 * trace_count * sample_count values, sample fastest, 0 on traces that are not live, and so does
 * `uncertainty`, unless it is NULL, with the standard deviation of all predictions of each sample. They are
 * written only on success, and must not overlap the section's memory. `options` (of which sections mean
 * nothing here) and `callbacks` may be NULL. A model is fast from its first section on after
 * diapir_model_warm_up.
 *
 * Thread: any, concurrently on one model; callbacks come on the calling thread.
 * Owns: nothing; all arrays stay the caller's.
 * Fails: INVALID_ARGUMENT, NULL_ARGUMENT, GEOMETRY when no sample says what to scale by, MODEL_MISMATCH,
 * OUT_OF_MEMORY, BACKEND, CANCELLED, POISONED.
 */
diapir_status diapir_predict_section(const struct diapir_model *model,
                                     const struct diapir_section *section,
                                     const struct diapir_predict_options *options,
                                     const struct diapir_callbacks *callbacks,
                                     float *probability,
                                     float *uncertainty,
                                     size_t count,
                                     struct diapir_error **error);

/* ==== Prediction of a volume in the caller's own array ==== */

/**
 * A volume in the caller's memory: sample s of the trace at inline index i and crossline index x is at
 * `samples[i * inline_stride + x * crossline_stride + s * sample_stride]`. Filled by diapir_volume_init,
 * then by the caller.
 */
typedef struct diapir_volume {
    /**
     * Size of this struct in bytes; set by diapir_volume_init.
     */
    uint32_t struct_size;
    /**
     * The amplitudes.
     */
    const float *samples;
    /**
     * Number of inlines.
     */
    int64_t inline_count;
    /**
     * Number of crosslines.
     */
    int64_t crossline_count;
    /**
     * Samples of each trace.
     */
    int64_t sample_count;
    /**
     * Elements from one inline to the next, or DIAPIR_STRIDE_PACKED.
     */
    int64_t inline_stride;
    /**
     * Elements from one crossline to the next, or DIAPIR_STRIDE_PACKED.
     */
    int64_t crossline_stride;
    /**
     * Elements from one sample to the next, or DIAPIR_STRIDE_PACKED.
     */
    int64_t sample_stride;
    /**
     * One byte per trace, inline slowest, non-zero for live; NULL: all are.
     */
    const uint8_t *live;
    /**
     * Time or depth of the first sample, in `sample_unit`.
     */
    double sample_first;
    /**
     * Sample interval in `sample_unit`; greater than 0.
     */
    double sample_interval;
    /**
     * A diapir_sample_unit; by default milliseconds.
     */
    int32_t sample_unit;
} diapir_volume;

/**
 * Empties `volume`, for the caller to fill. `size` is `sizeof *volume`.
 *
 * Thread: any.
 * Owns: nothing.
 * Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
 */
diapir_status diapir_volume_init(struct diapir_volume *volume, size_t size);

/**
 * Predicts the salt probability (0 to 1) of each sample of a volume: `probability` gets `count` =
 * inline_count * crossline_count * sample_count values, sample fastest and inline slowest, 0 on traces that
 * are not live, and so does `uncertainty`, unless it is NULL, with the standard deviation of all predictions
 * of each sample. They are written only on success, and must not overlap the volume's memory. `options`,
 * `callbacks` and `report` may be NULL.
 *
 * Thread: any, concurrently on one model; callbacks come on the calling thread.
 * Owns: nothing; all arrays stay the caller's.
 * Fails: INVALID_ARGUMENT, NULL_ARGUMENT, GEOMETRY when no sample says what to scale by, MODEL_MISMATCH,
 * OUT_OF_MEMORY, BACKEND, CANCELLED, POISONED.
 */
diapir_status diapir_predict_volume(const struct diapir_model *model,
                                    const struct diapir_volume *volume,
                                    const struct diapir_predict_options *options,
                                    const struct diapir_callbacks *callbacks,
                                    float *probability,
                                    float *uncertainty,
                                    size_t count,
                                    struct diapir_predict_report *report,
                                    struct diapir_error **error);

/* ==== Prediction of a volume that the host reads and writes by functions of its own ==== */

/**
 * Fills `samples` with a block, inline slowest, sample fastest; what is not live may be anything. Returns 0,
 * or a number of the host's that the error message will name. Must return normally: no exception, no
 * longjmp.
 */
typedef int32_t (*diapir_read_block_fn)(void *userdata, const struct diapir_block *block, float *samples);

/**
 * Takes a block, inline slowest, sample fastest, 0 on traces that are not live; `volume` is 0 for the
 * probability, 1 for the uncertainty. Returns 0, or a number of the host's that the error message will name.
 * Must return normally: no exception, no longjmp.
 */
typedef int32_t (*diapir_write_block_fn)(void *userdata,
                                         int32_t volume,
                                         const struct diapir_block *block,
                                         const float *samples);

/**
 * A volume that the host reads and writes. Filled by diapir_host_volume_init, then by the caller. Its
 * functions are called on the thread that called diapir_predict_blocks only, one at a time.
 */
typedef struct diapir_host_volume {
    /**
     * Size of this struct in bytes; set by diapir_host_volume_init.
     */
    uint32_t struct_size;
    /**
     * Passed to the functions as it is.
     */
    void *userdata;
    /**
     * Reads a block; all inlines are asked for first, for the statistics of amplitudes, then the lines that
     * are predicted.
     */
    diapir_read_block_fn read;
    /**
     * Takes a block of the result: a whole line, each once.
     */
    diapir_write_block_fn write;
    /**
     * Number of inlines.
     */
    int64_t inline_count;
    /**
     * Number of crosslines.
     */
    int64_t crossline_count;
    /**
     * Samples of each trace.
     */
    int64_t sample_count;
    /**
     * One byte per trace, inline slowest, non-zero for live; NULL: all are.
     */
    const uint8_t *live;
    /**
     * Time or depth of the first sample, in `sample_unit`.
     */
    double sample_first;
    /**
     * Sample interval in `sample_unit`; greater than 0.
     */
    double sample_interval;
    /**
     * A diapir_sample_unit; by default milliseconds.
     */
    int32_t sample_unit;
    /**
     * 1: the standard deviation of all predictions of each sample is written too; 0: the probability alone.
     */
    int32_t uncertainty;
} diapir_host_volume;

/**
 * Empties `volume`, for the caller to fill. `size` is `sizeof *volume`.
 *
 * Thread: any.
 * Owns: nothing.
 * Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
 */
diapir_status diapir_host_volume_init(struct diapir_host_volume *volume, size_t size);

/**
 * Predicts the salt probability (0 to 1) of each sample of a volume that the host reads and writes, line by
 * line, in memory that does not grow with it. Of the options, sections are inlines or crosslines. `options`,
 * `callbacks` and `report` may be NULL.
 *
 * Thread: any, concurrently on one model; the volume's functions and the callbacks come on the calling
 * thread.
 * Owns: nothing.
 * Fails: INVALID_ARGUMENT, NULL_ARGUMENT, IO when a function of the volume does not return 0,
 * MODEL_MISMATCH, GEOMETRY, OUT_OF_MEMORY, BACKEND, CANCELLED, POISONED.
 */
diapir_status diapir_predict_blocks(const struct diapir_model *model,
                                    const struct diapir_host_volume *volume,
                                    const struct diapir_predict_options *options,
                                    const struct diapir_callbacks *callbacks,
                                    struct diapir_predict_report *report,
                                    struct diapir_error **error);

/* ==== How good a probability volume is ==== */

/**
 * Figures of a probability volume. The caller sets struct_size with diapir_evaluate_report_init.
 */
typedef struct diapir_evaluate_report {
    /**
     * Size of this struct in bytes; set by diapir_evaluate_report_init.
     */
    uint32_t struct_size;
    /**
     * Intersection over union of salt over all samples at the threshold, 0 to 1.
     */
    double voxel_iou;
    /**
     * Dice coefficient of salt over all samples at the threshold, 0 to 1.
     */
    double voxel_dice;
    /**
     * Mean precision over IoU thresholds 0.5 to 0.95, averaged over 101 x 101 tiles, 0 to 1.
     */
    double tile_score;
    /**
     * The threshold with the largest voxel_iou.
     */
    double best_threshold;
    /**
     * The voxel_iou at best_threshold.
     */
    double best_iou;
    /**
     * Samples compared.
     */
    int64_t samples;
    /**
     * Tiles compared.
     */
    int64_t tiles;
} diapir_evaluate_report;

/**
 * Prepares `report` to be filled. `size` is `sizeof *report`.
 *
 * Thread: any.
 * Owns: nothing.
 * Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
 */
diapir_status diapir_evaluate_report_init(struct diapir_evaluate_report *report, size_t size);

/**
 * Compares a probability volume with labels (0.5 or more is salt) on the same grid, over the traces that are
 * live in both. Samples above `threshold` (0 to 1) count as salt. `callbacks` may be NULL.
 *
 * Thread: any, concurrently on the same surveys; callbacks come on the calling thread.
 * Owns: nothing.
 * Fails: GEOMETRY when the grids differ, INVALID_ARGUMENT, NULL_ARGUMENT, IO, TRUNCATED, CANCELLED,
 * POISONED.
 */
diapir_status diapir_evaluate(const struct diapir_survey *probability,
                              const struct diapir_survey *label,
                              float threshold,
                              const struct diapir_callbacks *callbacks,
                              struct diapir_evaluate_report *report,
                              struct diapir_error **error);

/* ==== How good a model is on labelled tiles ==== */

/**
 * Figures of a model on labelled tiles. The caller sets struct_size with diapir_evaluate_tiles_report_init.
 */
typedef struct diapir_evaluate_tiles_report {
    /**
     * Size of this struct in bytes; set by diapir_evaluate_tiles_report_init.
     */
    uint32_t struct_size;
    /**
     * Tiles compared.
     */
    int64_t tiles;
    /**
     * Mean precision over IoU thresholds 0.5 to 0.95, mean over the tiles, 0 to 1.
     */
    double score;
    /**
     * Intersection over union over all pixels together, 0 to 1.
     */
    double iou;
    /**
     * Mean binary cross-entropy.
     */
    double cross_entropy;
    /**
     * The threshold with the best score.
     */
    double best_threshold;
    /**
     * That score: chosen on these tiles, so a little too good.
     */
    double best_score;
    /**
     * Expected calibration error of the probabilities, 0 to 1.
     */
    double calibration_error;
} diapir_evaluate_tiles_report;

/**
 * Prepares `report` to be filled. `size` is `sizeof *report`.
 *
 * Thread: any.
 * Owns: nothing.
 * Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
 */
diapir_status diapir_evaluate_tiles_report_init(struct diapir_evaluate_tiles_report *report, size_t size);

/**
 * Predicts all tiles that have a mask and compares. Pixels above `threshold` (0 to 1, or
 * DIAPIR_THRESHOLD_OF_MODEL) count as salt. `callbacks` may be NULL.
 *
 * Thread: any, concurrently on the same model and tileset; callbacks come on the calling thread.
 * Owns: nothing.
 * Fails: DATASET for tiles that cannot be used or without masks, MODEL_MISMATCH, INVALID_ARGUMENT,
 * NULL_ARGUMENT, OUT_OF_MEMORY, BACKEND, CANCELLED, POISONED.
 */
diapir_status diapir_evaluate_tiles(const struct diapir_model *model,
                                    const struct diapir_tileset *tileset,
                                    float threshold,
                                    const struct diapir_callbacks *callbacks,
                                    struct diapir_evaluate_tiles_report *report,
                                    struct diapir_error **error);

/* ==== Maps of a probability volume as GeoTIFF ==== */

/**
 * How to make maps. Filled by diapir_export_maps_options_init.
 */
typedef struct diapir_export_maps_options {
    /**
     * Size of this struct in bytes; set by diapir_export_maps_options_init.
     */
    uint32_t struct_size;
    /**
     * Probability above which a sample is salt, 0 to 1; by default 0.5.
     */
    float threshold;
    /**
     * Samples that salt must be thick to count; by default 3.
     */
    int32_t min_thickness;
} diapir_export_maps_options;

/**
 * Fills `options` with its defaults. `size` is `sizeof *options`.
 *
 * Thread: any.
 * Owns: nothing.
 * Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
 */
diapir_status diapir_export_maps_options_init(struct diapir_export_maps_options *options, size_t size);

/**
 * Draws maps of a probability volume as GeoTIFF: `top_path` gets the time or depth of the top of salt,
 * `max_path` the largest probability of each trace. Either path may be NULL, not both. Each file appears
 * only when it is whole. `options` and `callbacks` may be NULL.
 *
 * Thread: any, concurrently on one survey with different paths; callbacks come on the calling thread.
 * Owns: nothing.
 * Fails: GEOMETRY when the survey has no map position, IO, NOT_FOUND, TRUNCATED, BACKEND, CANCELLED,
 * POISONED, INVALID_ARGUMENT, NULL_ARGUMENT; UNSUPPORTED without the gdal feature.
 */
diapir_status diapir_export_maps(const struct diapir_survey *probability,
                                 const char *top_path,
                                 const char *max_path,
                                 const struct diapir_export_maps_options *options,
                                 const struct diapir_callbacks *callbacks,
                                 struct diapir_error **error);

/* ==== Pictures of sections ==== */

/**
 * Which way a vertical section runs.
 */
enum diapir_direction
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * The section of one inline number: its traces run along the crosslines.
     */
    DIAPIR_DIRECTION_INLINE = 0,
    /**
     * The section of one crossline number: its traces run along the inlines.
     */
    DIAPIR_DIRECTION_CROSSLINE = 1,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum diapir_direction diapir_direction;
#else
typedef int32_t diapir_direction;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Of a line number: the one in the middle of the survey.
 */
#define DIAPIR_LINE_MIDDLE -2147483648

/**
 * How to draw a section. Filled by diapir_export_section_options_init.
 */
typedef struct diapir_export_section_options {
    /**
     * Size of this struct in bytes; set by diapir_export_section_options_init.
     */
    uint32_t struct_size;
    /**
     * Which way the section runs: a diapir_direction.
     */
    int32_t direction;
    /**
     * The section's inline or crossline number; by default DIAPIR_LINE_MIDDLE.
     */
    int32_t line;
    /**
     * Probability above which a sample is salt, 0 to 1; by default 0.5.
     */
    float threshold;
    /**
     * Title above the picture, UTF-8; NULL: none.
     */
    const char *title;
} diapir_export_section_options;

/**
 * Fills `options` with its defaults. `size` is `sizeof *options`.
 *
 * Thread: any.
 * Owns: nothing.
 * Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
 */
diapir_status diapir_export_section_options_init(struct diapir_export_section_options *options, size_t size);

/**
 * Draws one section as a PNG picture: the amplitudes, and over them the outline of probable salt and of the
 * labels, if they are given. `probability`, `label` and `options` may be NULL.
 *
 * Thread: any, concurrently on the same surveys with different paths.
 * Owns: nothing.
 * Fails: OUT_OF_RANGE for a line that is not there, GEOMETRY when the grids differ, IO, NOT_FOUND,
 * TRUNCATED, POISONED, INVALID_ARGUMENT, NULL_ARGUMENT.
 */
diapir_status diapir_export_section_png(const struct diapir_survey *seismic,
                                        const struct diapir_survey *probability,
                                        const struct diapir_survey *label,
                                        const char *path,
                                        const struct diapir_export_section_options *options,
                                        struct diapir_error **error);

/* ==== Maps of live traces ==== */

/**
 * Draws a map of the survey's live traces as PNG picture: inlines downwards, crosslines to the right.
 *
 * Thread: any, concurrently on one survey with different paths.
 * Owns: nothing.
 * Fails: IO, NOT_FOUND, POISONED, INVALID_ARGUMENT, NULL_ARGUMENT.
 */
diapir_status diapir_export_live_map_png(const struct diapir_survey *survey,
                                         const char *path,
                                         struct diapir_error **error);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* DIAPIR_H */
