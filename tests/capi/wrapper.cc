// diapir.hpp: what it throws, what it moves, and that exceptions in callbacks arrive where the call was made.
#include <diapir/diapir.hpp>

#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <type_traits>

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            std::fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                   \
            std::exit(1);                                                                          \
        }                                                                                          \
    } while (0)

static_assert(std::is_move_constructible_v<diapir::Survey> && !std::is_copy_constructible_v<diapir::Survey>);
static_assert(std::is_move_assignable_v<diapir::Model> && !std::is_copy_assignable_v<diapir::Model>);

struct Stop : std::runtime_error {
    using std::runtime_error::runtime_error;
};

static void errors(const std::string &folder) {
    try {
        diapir::Survey survey(folder + "/missing.sgy");
        CHECK(false);
    } catch (const diapir::Error &error) {
        CHECK(error.status() == DIAPIR_STATUS_NOT_FOUND && error.path() == folder + "/missing.sgy");
        CHECK(error.byte() == -1 && error.what()[0] != '\0');
    }
    diapir::Callbacks cancel;
    cancel.progress = [](const char *, std::uint64_t, std::uint64_t) { return false; };
    try {
        diapir::synth_write(folder + "/a.sgy", folder + "/b.sgy", diapir::defaults<diapir_synth_options>(), cancel);
        CHECK(false);
    } catch (const diapir::Error &error) {
        CHECK(error.status() == DIAPIR_STATUS_CANCELLED);
    }
}

static void exceptions_in_callbacks(const std::string &folder) {
    diapir::Callbacks throwing;
    int calls = 0;
    throwing.progress = [&](const char *, std::uint64_t, std::uint64_t) -> bool {
        if (++calls == 2) {
            throw Stop("stop here");
        }
        return true;
    };
    try {
        diapir::synth_write(folder + "/a.sgy", folder + "/b.sgy", diapir::defaults<diapir_synth_options>(), throwing);
        CHECK(false);
    } catch (const Stop &stop) {
        CHECK(std::string(stop.what()) == "stop here" && calls == 2);
    }
}

static void surveys(const std::string &folder) {
    auto options = diapir::defaults<diapir_synth_options>();
    options.inlines = 12;
    options.crosslines = 10;
    options.samples = 32;
    int heard = 0;
    diapir::Callbacks callbacks;
    callbacks.progress = [&](const char *, std::uint64_t, std::uint64_t) { return ++heard > 0; };
    diapir::synth_write(folder + "/seismic.sgy", folder + "/label.sgy", options, callbacks);
    CHECK(heard > 0);
    diapir::Survey first(folder + "/seismic.sgy");
    diapir::Survey survey(std::move(first));
    CHECK(first.get() == nullptr && survey.get() != nullptr);
    const auto info = survey.info();
    CHECK(info.inline_count == 12 && survey.read_live_mask().size() == 120);
    CHECK(survey.text_header().size() > 80 && survey.summary_json().front() == '{');
    auto block = diapir::defaults<diapir_block>();
    block.inline_start = 3;
    block.inline_count = 1;
    block.crossline_count = 10;
    block.sample_count = 32;
    const auto section = survey.read_inline(info.inline_first + 3 * info.inline_step);
    CHECK(section.size() == 320 && section == survey.read_block(block));
    CHECK(survey.read_crossline(info.crossline_first).size() == 12 * 32);
    const auto slice = survey.read_slice(5);
    CHECK(slice.size() == 120 && slice[3 * 10 + 2] == section[2 * 32 + 5]);
    const auto path = survey.read_positions({3, 3}, {0, 9});
    CHECK(path.size() == 64 && path[32] == section[9 * 32]);
    int told = 0;
    diapir::Callbacks listening;
    listening.progress = [&](const char *, std::uint64_t, std::uint64_t) { return ++told > 0; };
    CHECK(survey.report_json(true, listening).find("\"percentiles\"") != std::string::npos && told > 1);
    block.inline_count = 1000000;
    try {
        survey.read_block(block);
        CHECK(false);
    } catch (const diapir::Error &error) {
        CHECK(error.status() == DIAPIR_STATUS_OUT_OF_RANGE);
    }
    const diapir::Survey label(folder + "/label.sgy");
    const auto evaluation = diapir::evaluate(label, label);
    CHECK(evaluation.voxel_iou == 1.0 && evaluation.samples > 0);
    diapir::export_section_png(survey, nullptr, &label, folder + "/section.png");
}

static void weights(const std::string &folder) {
    if ((diapir_features() & DIAPIR_FEATURE_TORCH) == 0) {
        return;
    }
    CHECK(diapir::device_info_json(0).find("\"cpu\"") != std::string::npos);
    CHECK(diapir::Model::names() == "survey\ntgs");
    try {
        diapir::Model::builtin("resnet");
        CHECK(false);
    } catch (const diapir::Error &error) {
        CHECK(error.status() == DIAPIR_STATUS_INVALID_ARGUMENT);
        CHECK(std::string(error.what()).find("survey, tgs") != std::string::npos);
    }
    try {
        diapir::weights_halve(folder + "/none.safetensors", folder + "/half.safetensors");
        CHECK(false);
    } catch (const diapir::Error &error) {
        CHECK(error.status() == DIAPIR_STATUS_NOT_FOUND);
    }
    const std::string recipe = diapir::recipe_text("demo");
    diapir::recipe_check(recipe);
    try {
        diapir::recipe_check(recipe + "\nunknown = 1\n");
        CHECK(false);
    } catch (const diapir::Error &error) {
        CHECK(error.status() == DIAPIR_STATUS_INVALID_ARGUMENT);
        CHECK(std::string(error.what()).find("unknown") != std::string::npos);
    }
    auto options = diapir::defaults<diapir_weights_options>();
    options.recipe = recipe.c_str();
    for (const bool importing : {true, false}) {
        try {
            if (importing) {
                diapir::weights_import(folder + "/none.pth", folder + "/model.safetensors", options);
            } else {
                diapir::weights_export(folder + "/none.safetensors", folder + "/weights.safetensors");
            }
            CHECK(false);
        } catch (const diapir::Error &error) {
            CHECK(error.status() == DIAPIR_STATUS_NOT_FOUND);
        }
    }
}

static void logs() {
    int heard = 0;
    const diapir::LogSink sink(5, [&](int, const char *) { ++heard; });
    try {
        const diapir::LogSink wrong(9, [](int, const char *) {});
        CHECK(false);
    } catch (const diapir::Error &error) {
        CHECK(error.status() == DIAPIR_STATUS_INVALID_ARGUMENT);
    }
}

int main(int argc, char **argv) {
    CHECK(argc == 2);
    errors(argv[1]);
    exceptions_in_callbacks(argv[1]);
    surveys(argv[1]);
    weights(argv[1]);
    logs();
    return 0;
}
