//! Safe owners over the function table.
#![allow(unsafe_code)]

use std::ffi::{CStr, CString, c_char, c_void};
use std::mem::size_of;
use std::path::Path;
use std::ptr::{null, null_mut};

use crate::abi;
use crate::api::Api;
use crate::terminal::Terminal;

/// A failure, the library's or this program's.
#[derive(Debug)]
pub(crate) struct HostError {
    /// The library's status; 0 for failures of this program.
    pub status: i32,
    pub name: String,
    pub message: String,
    pub path: Option<String>,
    pub byte: Option<i64>,
}

pub(crate) type Result<T> = std::result::Result<T, HostError>;

impl HostError {
    pub(crate) fn own(message: String) -> Self {
        Self { status: 0, name: "host".to_owned(), message, path: None, byte: None }
    }
}

fn c_text(text: &str) -> Result<CString> {
    CString::new(text).map_err(|_| HostError::own(format!("{text:?} contains a zero byte")))
}

fn c_path(path: &Path) -> Result<CString> {
    match path.to_str() {
        Some(text) => c_text(text),
        None => Err(HostError::own(format!("{} is not UTF-8", path.display()))),
    }
}

/// # Safety
/// `text` is NULL or a NUL-terminated text.
unsafe fn owned(text: *const c_char) -> Option<String> {
    // SAFETY: the same contract.
    (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned())
}

/// The library.
#[derive(Clone, Copy)]
pub(crate) struct Plugin {
    pub api: &'static Api,
}

/// An open survey.
pub(crate) struct Survey(Plugin, *mut abi::Survey);

/// A loaded model.
pub(crate) struct Model(Plugin, *mut abi::Model);

impl Drop for Survey {
    fn drop(&mut self) {
        // SAFETY: given by survey_open, freed once.
        unsafe { (self.0.api.survey_free)(self.1) };
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        // SAFETY: given by model_load, freed once.
        unsafe { (self.0.api.model_free)(self.1) };
    }
}

/// A struct of the ABI prepared by its `_init` function.
macro_rules! prepared {
    ($plugin:expr, $type:ident, $init:ident) => {{
        // SAFETY: all-zero bytes are a value of each struct of the ABI (numbers, pointers, optional functions), and the
        // function gets the struct's true size.
        unsafe {
            let mut value: abi::$type = std::mem::zeroed();
            $plugin.done(($plugin.api.$init)(&mut value, size_of::<abi::$type>()), null_mut())?;
            value
        }
    }};
}

unsafe extern "C" fn log(userdata: *mut c_void, level: i32, message: *const c_char) {
    // SAFETY: `userdata` is the terminal of the call that is under way, on this thread.
    let (terminal, message) = unsafe { (&*userdata.cast::<Terminal>(), owned(message)) };
    terminal.message(level, &message.unwrap_or_default());
}

unsafe extern "C" fn progress(userdata: *mut c_void, stage: *const c_char, done: u64, total: u64) -> bool {
    // SAFETY: as above.
    let (terminal, stage) = unsafe { (&*userdata.cast::<Terminal>(), owned(stage)) };
    terminal.progress(&stage.unwrap_or_default(), done, total)
}

impl Plugin {
    /// Turns a status and its error object into a result.
    fn done(&self, status: i32, error: *mut abi::Error) -> Result<()> {
        if status == 0 {
            return Ok(());
        }
        // SAFETY: the error is NULL or the library's; its texts are copied before it is freed.
        unsafe {
            let name = owned((self.api.status_text)(status)).unwrap_or_default();
            if error.is_null() {
                return Err(HostError { status, message: name.clone(), name, path: None, byte: None });
            }
            let byte = (self.api.error_byte)(error);
            let found = HostError {
                status,
                name,
                message: owned((self.api.error_message)(error)).unwrap_or_default(),
                path: owned((self.api.error_path)(error)),
                byte: (byte >= 0).then_some(byte),
            };
            (self.api.error_free)(error);
            Err(found)
        }
    }

    fn callbacks(&self, terminal: &Terminal) -> Result<abi::Callbacks> {
        let mut callbacks = prepared!(self, Callbacks, callbacks_init);
        callbacks.userdata = std::ptr::from_ref(terminal).cast_mut().cast();
        callbacks.log = Some(log);
        callbacks.progress = Some(progress);
        Ok(callbacks)
    }

    /// A text by the query form: first its length, then itself.
    fn text(
        &self,
        mut query: impl FnMut(*mut c_char, usize, *mut usize, *mut *mut abi::Error) -> i32,
    ) -> Result<String> {
        let (mut needed, mut error) = (0, null_mut());
        self.done(query(null_mut(), 0, &mut needed, &mut error), error)?;
        let mut buffer = vec![0u8; needed];
        self.done(query(buffer.as_mut_ptr().cast(), buffer.len(), &mut needed, &mut error), error)?;
        buffer.truncate(needed.saturating_sub(1));
        String::from_utf8(buffer)
            .map_err(|_| HostError::own("the library gave a text that is not UTF-8".to_owned()))
    }

    /// Versions of the library, libtorch and GDAL; "" for what the build lacks.
    pub(crate) fn versions(&self) -> [String; 3] {
        // SAFETY: static texts.
        [self.api.version, self.api.libtorch_version, self.api.gdal_version]
            .map(|version| unsafe { owned(version()) }.unwrap_or_default())
    }

    pub(crate) fn devices(&self) -> Result<Vec<String>> {
        let (mut count, mut error) = (0, null_mut());
        // SAFETY: both places are this function's own.
        self.done(unsafe { (self.api.device_count)(&mut count, &mut error) }, error)?;
        // SAFETY: the buffer is as long as the size says.
        (0..count)
            .map(|index| self.text(|b, s, n, e| unsafe { (self.api.device_name)(index, b, s, n, e) }))
            .collect()
    }

    pub(crate) fn recipes(&self) -> Result<Vec<String>> {
        // SAFETY: the buffer is as long as the size says.
        let names = self.text(|b, s, n, e| unsafe { (self.api.recipe_names)(b, s, n, e) })?;
        Ok(names.lines().map(str::to_owned).collect())
    }

    pub(crate) fn recipe(&self, name: &str) -> Result<String> {
        let name = c_text(name)?;
        // SAFETY: the buffer is as long as the size says.
        self.text(|b, s, n, e| unsafe { (self.api.recipe_text)(name.as_ptr(), b, s, n, e) })
    }

    pub(crate) fn open(
        &self,
        path: &Path,
        fill: impl FnOnce(&mut abi::SurveyOptions),
        crs: Option<&str>,
        terminal: &Terminal,
    ) -> Result<Survey> {
        let (path, crs) = (c_path(path)?, crs.map(c_text).transpose()?);
        let mut options = prepared!(self, SurveyOptions, survey_options_init);
        fill(&mut options);
        options.crs = crs.as_ref().map_or(null(), |crs| crs.as_ptr());
        let callbacks = self.callbacks(terminal)?;
        let (mut survey, mut error) = (null_mut(), null_mut());
        // SAFETY: texts and structs live until the call returns.
        let status =
            unsafe { (self.api.survey_open)(path.as_ptr(), &options, &callbacks, &mut survey, &mut error) };
        self.done(status, error)?;
        Ok(Survey(*self, survey))
    }

    pub(crate) fn synth(
        &self,
        [seismic, label]: [&Path; 2],
        seed: u64,
        size: [i64; 3],
        terminal: &Terminal,
    ) -> Result<()> {
        let (seismic, label) = (c_path(seismic)?, c_path(label)?);
        let mut options = prepared!(self, SynthOptions, synth_options_init);
        options.seed = seed;
        [options.inlines, options.crosslines, options.samples] = size;
        let callbacks = self.callbacks(terminal)?;
        let mut error = null_mut();
        // SAFETY: texts and structs live until the call returns.
        let status = unsafe {
            (self.api.synth_write)(seismic.as_ptr(), label.as_ptr(), &options, &callbacks, &mut error)
        };
        self.done(status, error)
    }

    pub(crate) fn train(&self, job: &TrainJob<'_>, terminal: &Terminal) -> Result<abi::TrainReport> {
        let pair =
            |[seismic, label]: &[Survey; 2]| abi::LabelledSurvey { seismic: seismic.1, label: label.1 };
        let training: Vec<_> = job.training.iter().map(pair).collect();
        let validation: Vec<_> = job.validation.iter().map(pair).collect();
        let texts = [job.recipe, job.device, job.precision].map(c_text);
        let [recipe, device, precision] = texts;
        let (recipe, device, precision, folder) = (recipe?, device?, precision?, c_path(job.folder)?);
        let mut options = prepared!(self, TrainOptions, train_options_init);
        options.recipe = recipe.as_ptr();
        options.device = device.as_ptr();
        options.precision = precision.as_ptr();
        options.resume = job.resume.into();
        let mut report = prepared!(self, TrainReport, train_report_init);
        let callbacks = self.callbacks(terminal)?;
        let mut error = null_mut();
        // SAFETY: arrays, texts and structs live until the call returns.
        let status = unsafe {
            (self.api.train)(
                training.as_ptr(),
                training.len(),
                validation.as_ptr(),
                validation.len(),
                folder.as_ptr(),
                &options,
                &callbacks,
                &mut report,
                &mut error,
            )
        };
        self.done(status, error)?;
        Ok(report)
    }

    pub(crate) fn load_model(&self, path: &Path, device: &str, precision: &str, batch: i32) -> Result<Model> {
        let (path, device, precision) = (c_path(path)?, c_text(device)?, c_text(precision)?);
        let mut options = prepared!(self, ModelOptions, model_options_init);
        options.device = device.as_ptr();
        options.precision = precision.as_ptr();
        options.batch = batch;
        let (mut model, mut error) = (null_mut(), null_mut());
        // SAFETY: texts and structs live until the call returns.
        let status = unsafe { (self.api.model_load)(path.as_ptr(), &options, &mut model, &mut error) };
        self.done(status, error)?;
        Ok(Model(*self, model))
    }
}

/// What is trained on what.
pub(crate) struct TrainJob<'a> {
    pub training: &'a [[Survey; 2]],
    pub validation: &'a [[Survey; 2]],
    pub folder: &'a Path,
    /// TOML text.
    pub recipe: &'a str,
    pub device: &'a str,
    pub precision: &'a str,
    pub resume: bool,
}

impl Survey {
    pub(crate) fn summary(&self) -> Result<String> {
        // SAFETY: the survey is open and the buffer as long as the size says.
        self.0.text(|b, s, n, e| unsafe { (self.0.api.survey_summary_json)(self.1, b, s, n, e) })
    }

    pub(crate) fn evaluate(
        &self,
        label: &Survey,
        threshold: f32,
        terminal: &Terminal,
    ) -> Result<abi::Evaluation> {
        let mut found = prepared!(self.0, Evaluation, evaluation_init);
        let callbacks = self.0.callbacks(terminal)?;
        let mut error = null_mut();
        // SAFETY: both surveys are open; structs live until the call returns.
        let status =
            unsafe { (self.0.api.evaluate)(self.1, label.1, threshold, &callbacks, &mut found, &mut error) };
        self.0.done(status, error)?;
        Ok(found)
    }

    pub(crate) fn maps(
        &self,
        top: Option<&Path>,
        maximum: Option<&Path>,
        threshold: f32,
        terminal: &Terminal,
    ) -> Result<()> {
        let (top, maximum) = (top.map(c_path).transpose()?, maximum.map(c_path).transpose()?);
        let text = |path: &Option<CString>| path.as_ref().map_or(null(), |path| path.as_ptr());
        let mut options = prepared!(self.0, MapOptions, map_options_init);
        options.threshold = threshold;
        let callbacks = self.0.callbacks(terminal)?;
        let mut error = null_mut();
        // SAFETY: the survey is open; texts and structs live until the call returns.
        let status = unsafe {
            (self.0.api.export_maps)(self.1, text(&top), text(&maximum), &options, &callbacks, &mut error)
        };
        self.0.done(status, error)
    }

    /// Draws this survey's section with probability and label over it.
    pub(crate) fn picture(
        &self,
        over: [Option<&Survey>; 2],
        path: &Path,
        direction: i32,
        line: Option<i32>,
        threshold: f32,
    ) -> Result<()> {
        let path = c_path(path)?;
        let [probability, label] = over.map(|survey| survey.map_or(null(), |survey| survey.1.cast_const()));
        let mut options = prepared!(self.0, PictureOptions, picture_options_init);
        options.direction = direction;
        options.threshold = threshold;
        if let Some(line) = line {
            options.line = line;
        }
        let mut error = null_mut();
        // SAFETY: the surveys are open or NULL; texts and structs live until the call returns.
        let status = unsafe {
            (self.0.api.export_section_png)(self.1, probability, label, path.as_ptr(), &options, &mut error)
        };
        self.0.done(status, error)
    }
}

impl Model {
    pub(crate) fn info(&self) -> Result<String> {
        // SAFETY: the model is loaded and the buffer as long as the size says.
        self.0.text(|b, s, n, e| unsafe { (self.0.api.model_info_json)(self.1, b, s, n, e) })
    }

    pub(crate) fn predict(
        &self,
        survey: &Survey,
        output: &Path,
        fill: impl FnOnce(&mut abi::PredictOptions),
        terminal: &Terminal,
    ) -> Result<abi::PredictReport> {
        let output = c_path(output)?;
        let mut options = prepared!(self.0, PredictOptions, predict_options_init);
        fill(&mut options);
        let mut report = prepared!(self.0, PredictReport, predict_report_init);
        let callbacks = self.0.callbacks(terminal)?;
        let mut error = null_mut();
        // SAFETY: model and survey are alive; texts and structs live until the call returns.
        let status = unsafe {
            (self.0.api.predict_survey)(
                self.1,
                survey.1,
                output.as_ptr(),
                &options,
                &callbacks,
                &mut report,
                &mut error,
            )
        };
        self.0.done(status, error)?;
        Ok(report)
    }
}
