// diapir.hpp: C++17 on top of diapir.h. Header only; needs the standard library and nothing else.
//
// Failures are thrown as diapir::Error. Survey and Model own what they opened and move but do not copy.
// Options, reports and enums are those of diapir.h; diapir::defaults<T>() prepares them. Callbacks are
// std::function: an exception thrown inside one does not cross the C interface; it stops the call and is
// thrown again from there.
// Thread rules are those of diapir.h: const methods may run at the same time.
// Licence: MIT OR Apache-2.0.
#ifndef DIAPIR_HPP
#define DIAPIR_HPP

#include "diapir.h"

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace diapir {

/// Why a call failed: what() is the message.
class Error : public std::runtime_error {
public:
    Error(diapir_status status, const std::string &message, std::string path = {}, std::int64_t byte = -1)
        : std::runtime_error(message), status_(status), path_(std::move(path)), byte_(byte) {}

    /// The status of the call.
    diapir_status status() const noexcept { return status_; }
    /// The file that the failure is about; empty if none.
    const std::string &path() const noexcept { return path_; }
    /// The byte of the file, counted from 0; -1 if none.
    std::int64_t byte() const noexcept { return byte_; }

private:
    diapir_status status_;
    std::string path_;
    std::int64_t byte_;
};

/// What a caller hears during one call, on the calling thread. Both may be empty.
struct Callbacks {
    /// Hears messages: level 1 error to 5 trace.
    std::function<void(int level, const char *message)> log;
    /// Hears progress (total 0: not known); false cancels the call.
    std::function<bool(const char *stage, std::uint64_t done, std::uint64_t total)> progress;
};

namespace detail {

/// Turns one C type and the function that ends it into an owning pointer.
template <class T, void (*Free)(T *)> struct Deleter {
    void operator()(T *object) const noexcept { Free(object); }
};
template <class T, void (*Free)(T *)> using Owner = std::unique_ptr<T, Deleter<T, Free>>;

/// Throws the error of a failed call.
inline void check(diapir_status status, diapir_error *error) {
    const Owner<diapir_error, diapir_error_free> owner(error);
    if (status == DIAPIR_STATUS_OK) {
        return;
    }
    if (!error) {
        throw Error(status, diapir_status_text(status));
    }
    const char *path = diapir_error_path(error);
    throw Error(status, diapir_error_message(error), path ? path : "", diapir_error_byte(error));
}

/// Runs `call(error)` and throws if it fails.
template <class Call> void run(Call &&call) {
    diapir_error *error = nullptr;
    const diapir_status status = call(&error);
    check(status, error);
}

/// Callbacks in C's form for the time of one call; keeps what they throw.
class Bridge {
public:
    explicit Bridge(const Callbacks &callbacks) : callbacks_(callbacks) {
        check(diapir_callbacks_init(&c_, sizeof c_), nullptr);
        c_.userdata = this;
        c_.log = &Bridge::log;
        c_.progress = &Bridge::progress;
    }
    Bridge(const Bridge &) = delete;
    Bridge &operator=(const Bridge &) = delete;

    /// Runs `call(callbacks, error)`; throws what a callback threw, or the error of the call.
    template <class Call> void run(Call &&call) {
        diapir_error *error = nullptr;
        const diapir_status status = call(&c_, &error);
        if (thrown_) {
            diapir_error_free(error);
            std::rethrow_exception(thrown_);
        }
        check(status, error);
    }

private:
    static void log(void *userdata, std::int32_t level, const char *message) {
        Bridge &self = *static_cast<Bridge *>(userdata);
        if (!self.callbacks_.log || self.thrown_) {
            return;
        }
        try {
            self.callbacks_.log(level, message);
        } catch (...) {
            self.thrown_ = std::current_exception();
        }
    }

    static bool progress(void *userdata, const char *stage, std::uint64_t done, std::uint64_t total) {
        Bridge &self = *static_cast<Bridge *>(userdata);
        if (self.thrown_) {
            return false;
        }
        if (!self.callbacks_.progress) {
            return true;
        }
        try {
            return self.callbacks_.progress(stage, done, total);
        } catch (...) {
            self.thrown_ = std::current_exception();
            return false;
        }
    }

    const Callbacks &callbacks_;
    diapir_callbacks c_{};
    std::exception_ptr thrown_;
};

/// Text out of `call(buffer, size, needed, error)`.
template <class Call> std::string text(Call &&call) {
    std::size_t needed = 0;
    run([&](diapir_error **error) { return call(nullptr, std::size_t{0}, &needed, error); });
    std::string result(needed, '\0');
    run([&](diapir_error **error) { return call(&result[0], result.size(), &needed, error); });
    result.resize(needed - 1);
    return result;
}

// One name for all _init functions.
// Made of diapir.h by tests/capi_header.rs:
inline diapir_status init(diapir_callbacks &value) { return diapir_callbacks_init(&value, sizeof value); }
inline diapir_status init(diapir_block &value) { return diapir_block_init(&value, sizeof value); }
inline diapir_status init(diapir_survey_options &value) { return diapir_survey_options_init(&value, sizeof value); }
inline diapir_status init(diapir_survey_info &value) { return diapir_survey_info_init(&value, sizeof value); }
inline diapir_status init(diapir_synth_options &value) { return diapir_synth_options_init(&value, sizeof value); }
inline diapir_status init(diapir_tileset_options &value) { return diapir_tileset_options_init(&value, sizeof value); }
inline diapir_status init(diapir_mosaic_options &value) { return diapir_mosaic_options_init(&value, sizeof value); }
inline diapir_status init(diapir_mosaic_report &value) { return diapir_mosaic_report_init(&value, sizeof value); }
inline diapir_status init(diapir_model_options &value) { return diapir_model_options_init(&value, sizeof value); }
inline diapir_status init(diapir_train_options &value) { return diapir_train_options_init(&value, sizeof value); }
inline diapir_status init(diapir_train_report &value) { return diapir_train_report_init(&value, sizeof value); }
inline diapir_status init(diapir_cross_validate_report &value) { return diapir_cross_validate_report_init(&value, sizeof value); }
inline diapir_status init(diapir_predict_tiles_options &value) { return diapir_predict_tiles_options_init(&value, sizeof value); }
inline diapir_status init(diapir_predict_tiles_report &value) { return diapir_predict_tiles_report_init(&value, sizeof value); }
inline diapir_status init(diapir_finish_tiles_options &value) { return diapir_finish_tiles_options_init(&value, sizeof value); }
inline diapir_status init(diapir_finish_tiles_report &value) { return diapir_finish_tiles_report_init(&value, sizeof value); }
inline diapir_status init(diapir_weights_options &value) { return diapir_weights_options_init(&value, sizeof value); }
inline diapir_status init(diapir_weights_report &value) { return diapir_weights_report_init(&value, sizeof value); }
inline diapir_status init(diapir_predict_options &value) { return diapir_predict_options_init(&value, sizeof value); }
inline diapir_status init(diapir_predict_report &value) { return diapir_predict_report_init(&value, sizeof value); }
inline diapir_status init(diapir_predict_survey_output &value) { return diapir_predict_survey_output_init(&value, sizeof value); }
inline diapir_status init(diapir_section &value) { return diapir_section_init(&value, sizeof value); }
inline diapir_status init(diapir_volume &value) { return diapir_volume_init(&value, sizeof value); }
inline diapir_status init(diapir_host_volume &value) { return diapir_host_volume_init(&value, sizeof value); }
inline diapir_status init(diapir_evaluate_report &value) { return diapir_evaluate_report_init(&value, sizeof value); }
inline diapir_status init(diapir_evaluate_tiles_report &value) { return diapir_evaluate_tiles_report_init(&value, sizeof value); }
inline diapir_status init(diapir_export_maps_options &value) { return diapir_export_maps_options_init(&value, sizeof value); }
inline diapir_status init(diapir_export_section_options &value) { return diapir_export_section_options_init(&value, sizeof value); }
// .. to here.

/// Room for `count` values, or null where none are wanted.
inline float *room(std::vector<float> *values, std::size_t count) {
    if (values) {
        values->resize(count);
    }
    return values ? values->data() : nullptr;
}

} // namespace detail

/// A struct of diapir.h with its defaults and its size.
template <class T> T defaults() {
    T value{};
    detail::check(detail::init(value), nullptr);
    return value;
}

/// An open SEG-Y volume.
class Survey {
public:
    explicit Survey(const std::string &path,
                    const diapir_survey_options &options = defaults<diapir_survey_options>(),
                    const Callbacks &callbacks = {}) {
        diapir_survey *survey = nullptr;
        detail::Bridge(callbacks).run([&](const diapir_callbacks *c, diapir_error **error) {
            return diapir_survey_open(path.c_str(), &options, c, &survey, error);
        });
        survey_.reset(survey);
    }

    /// The C handle, which stays this object's.
    const diapir_survey *get() const noexcept { return survey_.get(); }

    diapir_survey_info info() const {
        auto info = defaults<diapir_survey_info>();
        detail::run([&](diapir_error **error) { return diapir_survey_get_info(get(), &info, error); });
        return info;
    }
    std::string text_header() const {
        return detail::text([&](char *buffer, std::size_t size, std::size_t *needed, diapir_error **error) {
            return diapir_survey_text_header(get(), buffer, size, needed, error);
        });
    }
    std::string summary_json() const {
        return detail::text([&](char *buffer, std::size_t size, std::size_t *needed, diapir_error **error) {
            return diapir_survey_summary_json(get(), buffer, size, needed, error);
        });
    }
    /// Demands of common readers that the file does not meet and, if asked, figures of all samples, as JSON.
    std::string report_json(bool samples, const Callbacks &callbacks = {}) const {
        // The first call reads the samples and is heard; the second only copies.
        std::size_t bytes = 0;
        detail::Bridge(callbacks).run([&](const diapir_callbacks *c, diapir_error **error) {
            return diapir_survey_report_json(get(), samples, c, nullptr, 0, &bytes, error);
        });
        return detail::text([&](char *buffer, std::size_t size, std::size_t *needed, diapir_error **error) {
            return diapir_survey_report_json(get(), samples, nullptr, buffer, size, needed, error);
        });
    }
    /// 1 or 0 for each trace position, inline slowest.
    std::vector<std::uint8_t> read_live_mask() const {
        const auto i = info();
        std::vector<std::uint8_t> live(product(i.inline_count, i.crossline_count, 1));
        detail::run([&](diapir_error **error) {
            return diapir_survey_read_live_mask(get(), live.data(), live.size(), error);
        });
        return live;
    }
    /// The section of the inline with this number: crossline slowest, sample fastest.
    std::vector<float> read_inline(std::int32_t number) const {
        const auto i = info();
        std::vector<float> samples(product(i.crossline_count, i.sample_count, 1));
        detail::run([&](diapir_error **error) {
            return diapir_survey_read_inline(get(), number, samples.data(), samples.size(), error);
        });
        return samples;
    }
    /// The section of the crossline with this number: inline slowest, sample fastest.
    std::vector<float> read_crossline(std::int32_t number) const {
        const auto i = info();
        std::vector<float> samples(product(i.inline_count, i.sample_count, 1));
        detail::run([&](diapir_error **error) {
            return diapir_survey_read_crossline(get(), number, samples.data(), samples.size(), error);
        });
        return samples;
    }
    /// The horizontal slice of a sample index: inline slowest.
    std::vector<float> read_slice(std::int64_t sample) const {
        const auto i = info();
        std::vector<float> samples(product(i.inline_count, i.crossline_count, 1));
        detail::run([&](diapir_error **error) {
            return diapir_survey_read_slice(get(), sample, samples.data(), samples.size(), error);
        });
        return samples;
    }
    /// Whole traces at positions given by inline and crossline index, one after the other: a polyline.
    std::vector<float> read_positions(const std::vector<std::int64_t> &inlines,
                                      const std::vector<std::int64_t> &crosslines) const {
        const auto count = inlines.size() < crosslines.size() ? inlines.size() : crosslines.size();
        const auto depth = info().sample_count;
        std::vector<float> samples(count * static_cast<std::size_t>(depth));
        detail::run([&](diapir_error **error) {
            return diapir_survey_read_positions(get(), inlines.data(), crosslines.data(), count, 0, depth,
                                                samples.data(), samples.size(), error);
        });
        return samples;
    }
    /// A box of samples: inline slowest, sample fastest.
    std::vector<float> read_block(const diapir_block &block) const {
        // A block that no survey has must not size the buffer; the library says what is wrong with it.
        const auto i = info();
        const bool inside = block.inline_count <= i.inline_count && block.crossline_count <= i.crossline_count &&
                            block.sample_count <= i.sample_count;
        std::vector<float> samples(
            inside ? product(block.inline_count, block.crossline_count, block.sample_count) : 1);
        detail::run([&](diapir_error **error) {
            return diapir_survey_read_block(get(), &block, samples.data(), samples.size(), error);
        });
        return samples;
    }

private:
    static std::size_t product(std::int64_t a, std::int64_t b, std::int64_t c) {
        return a > 0 && b > 0 && c > 0 ? static_cast<std::size_t>(a * b * c) : 1;
    }

    detail::Owner<diapir_survey, diapir_survey_free> survey_;
};

/// A trained network.
class Model {
public:
    explicit Model(const std::string &path,
                   const diapir_model_options &options = defaults<diapir_model_options>()) {
        diapir_model *model = nullptr;
        detail::run([&](diapir_error **error) {
            return diapir_model_load(path.c_str(), &options, &model, error);
        });
        model_.reset(model);
    }

    /// A model that the library carries, one of `names()`.
    static Model builtin(const std::string &name = "survey",
                         const diapir_model_options &options = defaults<diapir_model_options>()) {
        diapir_model *model = nullptr;
        detail::run([&](diapir_error **error) {
            return diapir_model_load_builtin(name.c_str(), &options, &model, error);
        });
        return Model(model);
    }

    /// Names of the models that the library carries, one per line.
    static std::string names() {
        return detail::text([](char *buffer, std::size_t size, std::size_t *needed, diapir_error **error) {
            return diapir_model_names(buffer, size, needed, error);
        });
    }

    /// The C handle, which stays this object's.
    const diapir_model *get() const noexcept { return model_.get(); }

    std::string info_json() const {
        return detail::text([&](char *buffer, std::size_t size, std::size_t *needed, diapir_error **error) {
            return diapir_model_info_json(get(), buffer, size, needed, error);
        });
    }
    /// Runs an empty batch, so that the first prediction is not slower than the others.
    void warm_up() const {
        detail::run([&](diapir_error **error) { return diapir_model_warm_up(get(), error); });
    }
    /// Salt probability of a survey, written as SEG-Y.
    diapir_predict_report
    predict_survey(const Survey &survey, const std::string &output_path,
                   const diapir_predict_options &options = defaults<diapir_predict_options>(),
                   const diapir_predict_survey_output &output = defaults<diapir_predict_survey_output>(),
                   const Callbacks &callbacks = {}) const {
        auto report = defaults<diapir_predict_report>();
        detail::Bridge(callbacks).run([&](const diapir_callbacks *c, diapir_error **error) {
            return diapir_predict_survey(get(), survey.get(), output_path.c_str(), &options, &output, c, &report,
                                         error);
        });
        return report;
    }
    /// Salt probability of a section in memory: trace slowest, sample fastest. `uncertainty` may be null;
    /// else it gets the standard deviation of all predictions of each sample.
    std::vector<float>
    predict_section(const diapir_section &section,
                    const diapir_predict_options &options = defaults<diapir_predict_options>(),
                    const Callbacks &callbacks = {}, std::vector<float> *uncertainty = nullptr) const {
        std::vector<float> probability(size(section.trace_count) * size(section.sample_count));
        float *deviation = detail::room(uncertainty, probability.size());
        detail::Bridge(callbacks).run([&](const diapir_callbacks *c, diapir_error **error) {
            return diapir_predict_section(get(), &section, &options, c, probability.data(), deviation,
                                          probability.size(), error);
        });
        return probability;
    }
    /// Salt probability of a volume in memory: inline slowest, sample fastest. `report` and `uncertainty` may
    /// be null.
    std::vector<float>
    predict_volume(const diapir_volume &volume,
                   const diapir_predict_options &options = defaults<diapir_predict_options>(),
                   const Callbacks &callbacks = {}, diapir_predict_report *report = nullptr,
                   std::vector<float> *uncertainty = nullptr) const {
        std::vector<float> probability(size(volume.inline_count) * size(volume.crossline_count) *
                                       size(volume.sample_count));
        float *deviation = detail::room(uncertainty, probability.size());
        detail::Bridge(callbacks).run([&](const diapir_callbacks *c, diapir_error **error) {
            return diapir_predict_volume(get(), &volume, &options, c, probability.data(), deviation,
                                         probability.size(), report, error);
        });
        return probability;
    }
    /// Salt probability of a volume that the host reads and writes through the functions that `volume` names.
    diapir_predict_report predict_blocks(const diapir_host_volume &volume,
                                         const diapir_predict_options &options = defaults<diapir_predict_options>(),
                                         const Callbacks &callbacks = {}) const {
        auto report = defaults<diapir_predict_report>();
        detail::Bridge(callbacks).run([&](const diapir_callbacks *c, diapir_error **error) {
            return diapir_predict_blocks(get(), &volume, &options, c, &report, error);
        });
        return report;
    }

private:
    explicit Model(diapir_model *model) { model_.reset(model); }

    /// Impossible counts size nothing; the library says what is wrong with them.
    static std::size_t size(std::int64_t count) { return count > 0 ? static_cast<std::size_t>(count) : 0; }

    detail::Owner<diapir_model, diapir_model_free> model_;
};

/// A survey and its labels, for training. The surveys must outlive the call.
struct LabelledSurvey {
    const Survey &seismic;
    const Survey &label;
};

/// A folder of loose tiles in the layout of the TGS challenge.
class Tileset {
public:
    explicit Tileset(const std::string &path,
                     const diapir_tileset_options &options = defaults<diapir_tileset_options>(),
                     const Callbacks &callbacks = {}) {
        diapir_tileset *tileset = nullptr;
        detail::Bridge(callbacks).run([&](const diapir_callbacks *c, diapir_error **error) {
            return diapir_tileset_open(path.c_str(), &options, c, &tileset, error);
        });
        tileset_.reset(tileset);
    }

    /// The C handle, which stays this object's.
    const diapir_tileset *get() const noexcept { return tileset_.get(); }

    std::string info_json() const {
        return detail::text([&](char *buffer, std::size_t size, std::size_t *needed, diapir_error **error) {
            return diapir_tileset_info_json(get(), buffer, size, needed, error);
        });
    }

    /// Up to `count` tiles with the outlines of their masks, as PNG.
    void contact_sheet(const std::string &path, std::int32_t count = 64) const {
        detail::run([&](diapir_error **error) {
            return diapir_tileset_contact_sheet(get(), path.c_str(), count, error);
        });
    }

private:
    detail::Owner<diapir_tileset, diapir_tileset_free> tileset_;
};

namespace detail {

inline std::vector<const diapir_tileset *> handles(const std::vector<const Tileset *> &tilesets) {
    std::vector<const diapir_tileset *> result;
    for (const auto *tileset : tilesets) {
        result.push_back(tileset->get());
    }
    return result;
}

} // namespace detail

/// Finds which tiles of these folders were neighbours, and writes the table id,group,row,column of their
/// mosaics.
inline diapir_mosaic_report mosaic_tiles(const std::vector<const Tileset *> &tilesets, const std::string &table,
                                         const diapir_mosaic_options &options = defaults<diapir_mosaic_options>(),
                                         const Callbacks &callbacks = {}) {
    const auto handles = detail::handles(tilesets);
    auto report = defaults<diapir_mosaic_report>();
    detail::Bridge(callbacks).run([&](const diapir_callbacks *c, diapir_error **error) {
        return diapir_mosaic_tiles(handles.data(), handles.size(), table.c_str(), &options, c, &report, error);
    });
    return report;
}

namespace detail {

inline std::vector<diapir_labelled_survey> handles(const std::vector<LabelledSurvey> &surveys) {
    std::vector<diapir_labelled_survey> result;
    for (const auto &survey : surveys) {
        result.push_back({survey.seismic.get(), survey.label.get()});
    }
    return result;
}

} // namespace detail

/// Trains a network into `run_folder`; without validation surveys a part of the training surveys is kept
/// back.
inline diapir_train_report train(const std::vector<LabelledSurvey> &training,
                                 const std::vector<LabelledSurvey> &validation, const std::string &run_folder,
                                 const diapir_train_options &options = defaults<diapir_train_options>(),
                                 const Callbacks &callbacks = {}) {
    const auto t = detail::handles(training);
    const auto v = detail::handles(validation);
    auto report = defaults<diapir_train_report>();
    detail::Bridge(callbacks).run([&](const diapir_callbacks *c, diapir_error **error) {
        return diapir_train(t.data(), t.size(), v.data(), v.size(), run_folder.c_str(), &options, c, &report, error);
    });
    return report;
}

/// Trains a network on labelled tiles into `run_folder`; the recipe's folds say which are kept back for
/// validation.
inline diapir_train_report train_tiles(const Tileset &tiles, const std::string &run_folder,
                                 const diapir_train_options &options = defaults<diapir_train_options>(),
                                 const Callbacks &callbacks = {}) {
    auto report = defaults<diapir_train_report>();
    detail::Bridge(callbacks).run([&](const diapir_callbacks *c, diapir_error **error) {
        return diapir_train_tiles(tiles.get(), run_folder.c_str(), &options, c, &report, error);
    });
    return report;
}

/// Trains once for each of the recipe's folds of the surveys' inlines, below `folder`.
inline diapir_cross_validate_report cross_validate(const std::vector<LabelledSurvey> &surveys, const std::string &folder,
                                              const diapir_train_options &options = defaults<diapir_train_options>(),
                                              const Callbacks &callbacks = {}) {
    const auto s = detail::handles(surveys);
    auto result = defaults<diapir_cross_validate_report>();
    detail::Bridge(callbacks).run([&](const diapir_callbacks *c, diapir_error **error) {
        return diapir_cross_validate(s.data(), s.size(), folder.c_str(), &options, c, &result, error);
    });
    return result;
}

/// Trains once for each of the recipe's folds of the tiles, below `folder`.
inline diapir_cross_validate_report cross_validate_tiles(const Tileset &tiles, const std::string &folder,
                                              const diapir_train_options &options = defaults<diapir_train_options>(),
                                              const Callbacks &callbacks = {}) {
    auto result = defaults<diapir_cross_validate_report>();
    detail::Bridge(callbacks).run([&](const diapir_callbacks *c, diapir_error **error) {
        return diapir_cross_validate_tiles(tiles.get(), folder.c_str(), &options, c, &result, error);
    });
    return result;
}

/// The rate at which the loss falls fastest, and that at which it is lowest; both 0 where it never falls.
struct Rates {
    double steepest;
    double lowest;
};

/// Trains for `steps` steps at a rate that grows from `from` to `to`, and writes the losses to the CSV file
/// `table`.
inline Rates test_rates(const std::vector<LabelledSurvey> &surveys, double from, double to, std::int64_t steps,
                        const std::string &table,
                        const diapir_train_options &options = defaults<diapir_train_options>(),
                        const Callbacks &callbacks = {}) {
    const auto s = detail::handles(surveys);
    Rates rates{};
    detail::Bridge(callbacks).run([&](const diapir_callbacks *c, diapir_error **error) {
        return diapir_test_rates(s.data(), s.size(), nullptr, &options, from, to, steps, table.c_str(), c,
                                 &rates.steepest, &rates.lowest, error);
    });
    return rates;
}

/// Tests rates as the function above does, on tiles.
inline Rates test_rates(const Tileset &tiles, double from, double to, std::int64_t steps, const std::string &table,
                        const diapir_train_options &options = defaults<diapir_train_options>(),
                        const Callbacks &callbacks = {}) {
    Rates rates{};
    detail::Bridge(callbacks).run([&](const diapir_callbacks *c, diapir_error **error) {
        return diapir_test_rates(nullptr, 0, tiles.get(), &options, from, to, steps, table.c_str(), c, &rates.steepest,
                                 &rates.lowest, error);
    });
    return rates;
}

/// Trains the recipe's whole system on tiles, below `folder`; system.json there says what it is worth.
inline void train_system(const Tileset &tiles, const std::string &folder,
                         const diapir_train_options &options = defaults<diapir_train_options>(),
                         const Callbacks &callbacks = {}) {
    detail::Bridge(callbacks).run([&](const diapir_callbacks *c, diapir_error **error) {
        return diapir_train_system(tiles.get(), folder.c_str(), &options, c, error);
    });
}

/// Predicts tiles with the networks below `run`, each by those that have not seen it, into the folder
/// `output`.
inline diapir_predict_tiles_report
predict_tiles(const std::string &run, const Tileset &tiles, const std::string &output,
              const diapir_predict_tiles_options &options = defaults<diapir_predict_tiles_options>(),
              const Callbacks &callbacks = {}) {
    auto report = defaults<diapir_predict_tiles_report>();
    detail::Bridge(callbacks).run([&](const diapir_callbacks *c, diapir_error **error) {
        return diapir_predict_tiles(run.c_str(), tiles.get(), output.c_str(), &options, c, &report, error);
    });
    return report;
}

namespace detail {

inline std::vector<const char *> texts(const std::vector<std::string> &paths) {
    std::vector<const char *> result;
    for (const auto &path : paths) {
        result.push_back(path.c_str());
    }
    return result;
}

} // namespace detail

/// Averages files of predictions; without weights all count alike.
inline void blend_predictions(const std::vector<std::string> &paths, const std::vector<double> &weights,
                              const std::string &output, const Callbacks &callbacks = {}) {
    if (!weights.empty() && weights.size() != paths.size()) {
        throw Error(DIAPIR_STATUS_INVALID_ARGUMENT, "there are not as many weights as files of predictions", "", -1);
    }
    const auto texts = detail::texts(paths);
    detail::Bridge(callbacks).run([&](const diapir_callbacks *c, diapir_error **error) {
        const double *numbers = weights.empty() ? nullptr : weights.data();
        return diapir_blend_predictions(texts.data(), numbers, texts.size(), output.c_str(), c, error);
    });
}

/// Weights for a blend, fitted to the masks of tiles that the predictions have not seen; figures go to the
/// JSON file `report`.
inline std::vector<double> stack_predictions(const std::vector<std::string> &paths, const Tileset &tiles,
                                             const std::string &report, double threshold = 0.5,
                                             const Callbacks &callbacks = {}) {
    const auto texts = detail::texts(paths);
    std::vector<double> weights(paths.size());
    detail::Bridge(callbacks).run([&](const diapir_callbacks *c, diapir_error **error) {
        return diapir_stack_predictions(texts.data(), texts.size(), tiles.get(), threshold, report.c_str(), c,
                                        weights.data(), error);
    });
    return weights;
}

/// Turns predictions into masks of the tiles that have none in `tilesets`.
inline diapir_finish_tiles_report finish_tiles(const std::string &predictions, const std::vector<const Tileset *> &tilesets,
                                         const diapir_finish_tiles_options &options, const Callbacks &callbacks = {}) {
    const auto handles = detail::handles(tilesets);
    auto report = defaults<diapir_finish_tiles_report>();
    detail::Bridge(callbacks).run([&](const diapir_callbacks *c, diapir_error **error) {
        return diapir_finish_tiles(predictions.c_str(), handles.data(), handles.size(), &options, c, &report, error);
    });
    return report;
}

/// Measures predictions on the masks of tiles that they have not seen, with those that have no masks as
/// neighbours, into the JSON file `report`.
inline void report_tiles(const std::string &predictions, const std::vector<const Tileset *> &tilesets,
                         const std::string &report,
                         const diapir_finish_tiles_options &options = defaults<diapir_finish_tiles_options>(),
                         const Callbacks &callbacks = {}) {
    const auto handles = detail::handles(tilesets);
    detail::Bridge(callbacks).run([&](const diapir_callbacks *c, diapir_error **error) {
        return diapir_report_tiles(predictions.c_str(), handles.data(), handles.size(), &options, report.c_str(), c,
                                   error);
    });
}

/// Compares a model's predictions of tiles with their masks.
inline diapir_evaluate_tiles_report evaluate_tiles(const Model &model, const Tileset &tiles, float threshold = DIAPIR_THRESHOLD_OF_MODEL,
                                       const Callbacks &callbacks = {}) {
    auto evaluation = defaults<diapir_evaluate_tiles_report>();
    detail::Bridge(callbacks).run([&](const diapir_callbacks *c, diapir_error **error) {
        return diapir_evaluate_tiles(model.get(), tiles.get(), threshold, c, &evaluation, error);
    });
    return evaluation;
}

/// Makes the network of `options.recipe` with the weights of a safetensors or PyTorch file, for a training to
/// start from.
inline diapir_weights_report weights_import(const std::string &weights_path, const std::string &model_path,
                                            const diapir_weights_options &options, const Callbacks &callbacks = {}) {
    auto report = defaults<diapir_weights_report>();
    detail::Bridge(callbacks).run([&](const diapir_callbacks *c, diapir_error **error) {
        return diapir_weights_import(weights_path.c_str(), model_path.c_str(), &options, c, &report, error);
    });
    return report;
}

/// Writes the weights of a model file, or of its encoder, as safetensors.
inline void weights_export(const std::string &model_path, const std::string &weights_path,
                           const diapir_weights_options &options = defaults<diapir_weights_options>()) {
    detail::run([&](diapir_error **error) {
        return diapir_weights_export(model_path.c_str(), weights_path.c_str(), &options, error);
    });
}

/// Writes a model file anew, its kernels rounded to float16.
inline void weights_halve(const std::string &model_path, const std::string &halved_path) {
    detail::run([&](diapir_error **error) {
        return diapir_weights_halve(model_path.c_str(), halved_path.c_str(), error);
    });
}

/// Names of the built-in recipes, one per line.
inline std::string recipe_names() {
    return detail::text([](char *buffer, std::size_t size, std::size_t *needed, diapir_error **error) {
        return diapir_recipe_names(buffer, size, needed, error);
    });
}

/// Refuses what is no recipe, as trainings would.
inline void recipe_check(const std::string &recipe) {
    detail::run([&](diapir_error **error) { return diapir_recipe_check(recipe.c_str(), error); });
}

/// The TOML text of a built-in recipe.
inline std::string recipe_text(const std::string &name) {
    return detail::text([&](char *buffer, std::size_t size, std::size_t *needed, diapir_error **error) {
        return diapir_recipe_text(name.c_str(), buffer, size, needed, error);
    });
}

/// Writes a synthetic survey and its labels as SEG-Y.
inline void synth_write(const std::string &seismic_path, const std::string &label_path,
                        const diapir_synth_options &options = defaults<diapir_synth_options>(),
                        const Callbacks &callbacks = {}) {
    detail::Bridge(callbacks).run([&](const diapir_callbacks *c, diapir_error **error) {
        return diapir_synth_write(seismic_path.c_str(), label_path.c_str(), &options, c, error);
    });
}

/// Ends a prediction of `survey` into `output_path` that was done in parts.
inline diapir_predict_report finish_survey(const Survey &survey, const std::string &output_path,
                                           const Callbacks &callbacks = {}) {
    auto report = defaults<diapir_predict_report>();
    detail::Bridge(callbacks).run([&](const diapir_callbacks *c, diapir_error **error) {
        return diapir_finish_survey(survey.get(), output_path.c_str(), c, &report, error);
    });
    return report;
}

/// Compares a probability volume with labels on the same grid.
inline diapir_evaluate_report evaluate(const Survey &probability, const Survey &label, float threshold = 0.5F,
                                  const Callbacks &callbacks = {}) {
    auto evaluation = defaults<diapir_evaluate_report>();
    detail::Bridge(callbacks).run([&](const diapir_callbacks *c, diapir_error **error) {
        return diapir_evaluate(probability.get(), label.get(), threshold, c, &evaluation, error);
    });
    return evaluation;
}

/// Writes GeoTIFF maps of the top of salt and of the largest probability; an empty path writes none.
inline void export_maps(const Survey &probability, const std::string &top_path, const std::string &max_path,
                        const diapir_export_maps_options &options = defaults<diapir_export_maps_options>(),
                        const Callbacks &callbacks = {}) {
    const auto path = [](const std::string &text) { return text.empty() ? nullptr : text.c_str(); };
    detail::Bridge(callbacks).run([&](const diapir_callbacks *c, diapir_error **error) {
        return diapir_export_maps(probability.get(), path(top_path), path(max_path), &options, c, error);
    });
}

/// Draws a section as PNG; `probability` and `label` may be null.
inline void export_section_png(const Survey &seismic, const Survey *probability, const Survey *label,
                               const std::string &path,
                               const diapir_export_section_options &options = defaults<diapir_export_section_options>()) {
    detail::run([&](diapir_error **error) {
        return diapir_export_section_png(seismic.get(), probability ? probability->get() : nullptr,
                                         label ? label->get() : nullptr, path.c_str(), &options, error);
    });
}

/// The names of the devices that networks can run on.
inline std::vector<std::string> device_names() {
    std::int64_t count = 0;
    detail::run([&](diapir_error **error) { return diapir_device_count(&count, error); });
    std::vector<std::string> names;
    for (std::int64_t index = 0; index < count; ++index) {
        names.push_back(
            detail::text([&](char *buffer, std::size_t size, std::size_t *needed, diapir_error **error) {
                return diapir_device_name(index, buffer, size, needed, error);
            }));
    }
    return names;
}

/// What is known about a device, as JSON.
inline std::string device_info_json(std::int64_t index) {
    return detail::text([&](char *buffer, std::size_t size, std::size_t *needed, diapir_error **error) {
        return diapir_device_info_json(index, buffer, size, needed, error);
    });
}

/// Hears what the library logs, from any thread, while it lives. One at a time; exceptions end in it.
class LogSink {
public:
    using Function = std::function<void(int level, const char *message)>;

    LogSink(int max_level, Function log) : log_(std::make_unique<Function>(std::move(log))) {
        detail::run([&](diapir_error **error) {
            return diapir_log_set(max_level, &LogSink::hear, log_.get(), error);
        });
    }
    LogSink(const LogSink &) = delete;
    LogSink &operator=(const LogSink &) = delete;
    ~LogSink() { diapir_log_set(0, nullptr, nullptr, nullptr); }

private:
    static void hear(void *userdata, std::int32_t level, const char *message) {
        try {
            (*static_cast<Function *>(userdata))(level, message);
        } catch (...) {
            // A log has nobody to throw to.
        }
    }

    std::unique_ptr<Function> log_;
};

} // namespace diapir

#endif // DIAPIR_HPP
