// Folders of tiles and trainings on them, through the C++ header and, for errors, the C one.
// tileset FOLDER         FOLDER/tiles holds 24 tiles of 24 x 24; leaves sheet.png and, with torch, run/ and folds/
#include "check.h"

#include <diapir/diapir.hpp>

static const char *const recipe =
    "name = 'tiny'\nseed = 1\nbatch = 8\nthreshold = 0.5\n"
    "[network.encoder]\nkind = 'residual_se'\nwidth = 4\nlevels = 3\nsqueeze = 'mean'\nreduction = 2\n"
    "[network.decoder]\nkind = 'residual_se'\nwidths = [8, 4]\nsqueeze = 'mean'\nreduction = 2\n"
    "[input]\ntile = 24\npadded = 24\npadding = 'reflect'\nchannels = ['amplitude', 'relative_depth']\n"
    "scaling = { low_share = 0.01, high_share = 0.99 }\n"
    "[folds]\nkind = 'coverage'\ncount = 3\n[augment]\nflip = 0.5\n"
    "[[stages]]\nepochs = 2\nrate = 1e-2\nschedule = { kind = 'constant' }\nloss = { bce = 1.0 }\n";

template <class Call> static void fails(Call &&call, diapir_status status, const std::string &words) {
    try {
        call();
    } catch (const diapir::Error &error) {
        CHECK(error.status() == status && std::string(error.what()).find(words) != std::string::npos);
        return;
    }
    CHECK(false);
}

static void refusals(const std::string &folder) {
    diapir_error *error = nullptr;
    FAILS(diapir_tileset_open((folder + "/tiles").c_str(), nullptr, nullptr, nullptr, &error),
          DIAPIR_STATUS_NULL_ARGUMENT, "tileset");
    FAILS(diapir_tileset_info_json(nullptr, nullptr, 0, nullptr, &error), DIAPIR_STATUS_NULL_ARGUMENT, "tileset");
    diapir_tileset_free(nullptr);
    fails([&] { diapir::Tileset(folder + "/nowhere"); }, DIAPIR_STATUS_NOT_FOUND, "folder");
    auto options = diapir::defaults<diapir_tileset_options>();
    CHECK(options.unlabelled == DIAPIR_UNLABELLED_NONE && options.leave_out == 0);
    options.unlabelled = 256;
    fails([&] { diapir::Tileset(folder + "/tiles", options); }, DIAPIR_STATUS_INVALID_ARGUMENT, "unlabelled is 256");
    diapir::Callbacks stopping;
    stopping.progress = [](const char *, std::uint64_t, std::uint64_t) { return false; };
    fails([&] { diapir::Tileset(folder + "/tiles", diapir::defaults<diapir_tileset_options>(), stopping); },
          DIAPIR_STATUS_CANCELLED, "cancelled");
}

/// A system's predictions, blended, stacked, measured; there is nothing to finish, because every tile has a mask.
static void system(const diapir::Tileset &tiles, const std::string &folder, const diapir_train_options &options) {
    diapir::train_system(tiles, folder + "/system", options);
    const std::string first = folder + "/system/out-of-fold/predictions.safetensors";
    auto how = diapir::defaults<diapir_predict_tiles_options>();
    CHECK(how.flip == DIAPIR_FLIP_OF_RECIPE && how.members == DIAPIR_MEMBERS_OF_RECIPE);
    how.device = "cpu";
    how.flip = 1;
    const auto report = diapir::predict_tiles(folder + "/system", tiles, folder + "/mirrored", how);
    CHECK(report.tiles == 24 && report.out_of_fold == 24 && report.models == 3);
    fails([&] { diapir::predict_tiles(folder + "/system", tiles, folder + "/mirrored", how); },
          DIAPIR_STATUS_INVALID_ARGUMENT, "holds predictions already");
    how.resume = 1;
    CHECK(diapir::predict_tiles(folder + "/system", tiles, folder + "/mirrored", how).tiles == 24);
    how.flip = 2;
    fails([&] { diapir::predict_tiles(folder + "/system", tiles, folder + "/other", how); },
          DIAPIR_STATUS_INVALID_ARGUMENT, "options.flip is 2");
    const std::string second = folder + "/mirrored/predictions.safetensors";
    const auto weights = diapir::stack_predictions({first, second}, tiles, folder + "/stack.json");
    CHECK(weights.size() == 2 && weights[0] >= 0 && weights[1] >= 0 && weights[0] + weights[1] > 0.999999);
    diapir::blend_predictions({first, second}, weights, folder + "/blend.safetensors");
    diapir::blend_predictions({first, second}, {}, folder + "/mean.safetensors");
    fails([&] { diapir::blend_predictions({first, second}, {1.0, -1.0}, folder + "/no.safetensors"); },
          DIAPIR_STATUS_INVALID_ARGUMENT, "-1");
    fails([&] { diapir::blend_predictions({first, folder + "/sheet.png"}, {}, folder + "/no.safetensors"); },
          DIAPIR_STATUS_MALFORMED, "safetensors");
    diapir::report_tiles(folder + "/blend.safetensors", {&tiles}, folder + "/report.json");
    auto finish = diapir::defaults<diapir_finish_tiles_options>();
    CHECK(finish.threshold == 0.5);
    const std::string masks = folder + "/masks.csv";
    finish.submission = masks.c_str();
    fails([&] { diapir::finish_tiles(folder + "/blend.safetensors", {&tiles}, finish); }, DIAPIR_STATUS_DATASET,
          "has a mask already");
    const auto finished = diapir::finish_tiles(folder + "/blend.safetensors", {}, finish);
    CHECK(finished.tiles == 24 && finished.by_mosaics == 0);
    finish.rules = "hols = true";
    fails([&] { diapir::finish_tiles(folder + "/blend.safetensors", {}, finish); }, DIAPIR_STATUS_INVALID_ARGUMENT, "hols");
    finish.rules = nullptr;
    finish.threshold = 2;
    fails([&] { diapir::finish_tiles(folder + "/blend.safetensors", {}, finish); }, DIAPIR_STATUS_INVALID_ARGUMENT,
          "threshold is 2");
}

int main(int argc, char **argv) {
    CHECK(argc == 2);
    const std::string folder = argv[1];
    refusals(folder);
    const diapir::Tileset tiles(folder + "/tiles");
    CHECK(tiles.info_json().find("\"tiles\":24") != std::string::npos);
    tiles.contact_sheet(folder + "/sheet.png", 12);
    fails([&] { tiles.contact_sheet(folder + "/sheet.png", 0); }, DIAPIR_STATUS_INVALID_ARGUMENT, "count is 0");

    // Its tiles were never neighbours, so that whatever is found, most have none.
    const auto mosaics = diapir::mosaic_tiles({&tiles}, folder + "/mosaics.csv");
    CHECK(mosaics.tiles == 24 && mosaics.placed < 24 && mosaics.links >= mosaics.refused);
    fails([&] { diapir::mosaic_tiles({&tiles, &tiles}, folder + "/mosaics.csv"); }, DIAPIR_STATUS_DATASET,
          "more than one of the folders");
    fails([&] { diapir::mosaic_tiles({}, folder + "/mosaics.csv"); }, DIAPIR_STATUS_INVALID_ARGUMENT, "at least one");
    auto choices = diapir::defaults<diapir_mosaic_options>();
    CHECK(choices.min_certainty == 0.25 && choices.max_distance == 10 && choices.pictured_from == 4 && choices.match_histograms == 0);
    choices.min_certainty = 1;
    fails([&] { diapir::mosaic_tiles({&tiles}, folder + "/mosaics.csv", choices); }, DIAPIR_STATUS_INVALID_ARGUMENT,
          "least certainty 1");

    auto options = diapir::defaults<diapir_train_options>();
    options.recipe = recipe;
    options.device = "cpu";
    if ((diapir_features() & DIAPIR_FEATURE_TORCH) == 0) {
        fails([&] { diapir::train_tiles(tiles, folder + "/run", options); }, DIAPIR_STATUS_UNSUPPORTED, "torch");
        fails([&] { diapir::cross_validate_tiles(tiles, folder + "/folds", options); }, DIAPIR_STATUS_UNSUPPORTED, "torch");
        fails([&] { diapir::train_system(tiles, folder + "/system", options); }, DIAPIR_STATUS_UNSUPPORTED, "torch");
        fails([&] { diapir::predict_tiles(folder, tiles, folder + "/other"); }, DIAPIR_STATUS_UNSUPPORTED, "torch");
        fails([&] { diapir::test_rates(tiles, 1e-4, 1, 20, folder + "/rates.csv"); }, DIAPIR_STATUS_UNSUPPORTED, "torch");
        return 0;
    }
    int steps = 0;
    diapir::Callbacks stopping;
    stopping.progress = [&](const char *stage, std::uint64_t, std::uint64_t) {
        return std::string(stage) != "train" || ++steps < 3;
    };
    fails([&] { diapir::train_tiles(tiles, folder + "/run", options, stopping); }, DIAPIR_STATUS_CANCELLED, "cancelled");
    options.resume = 1;
    const auto report = diapir::train_tiles(tiles, folder + "/run", options);
    CHECK(report.epochs == 2 && report.steps == 4 && report.tiles == 16 && report.validation_tiles == 8);
    CHECK(report.best_score >= report.validation_score && report.calibration_error >= 0);

    const diapir::Model model(folder + "/run/model.safetensors");
    const auto all = diapir::evaluate_tiles(model, tiles);
    CHECK(all.tiles == 24 && all.score >= 0 && all.score <= 1 && all.cross_entropy > 0);
    CHECK(diapir::evaluate_tiles(model, tiles, 1.0F).iou < 1e-9);
    fails([&] { diapir::evaluate_tiles(model, tiles, 1.5F); }, DIAPIR_STATUS_INVALID_ARGUMENT, "threshold");

    options.resume = 0;
    const auto rates = diapir::test_rates(tiles, 1e-4, 1, 20, folder + "/rates.csv", options);
    CHECK(rates.steepest >= 0 && rates.lowest <= 1);
    fails([&] { diapir::test_rates(tiles, 1, 1e-4, 20, folder + "/rates.csv", options); },
          DIAPIR_STATUS_INVALID_ARGUMENT, "rates from 1 to 0.0001");
    fails([&] { diapir::test_rates(std::vector<diapir::LabelledSurvey>(), 1e-4, 1, 20, folder + "/no.csv", options); },
          DIAPIR_STATUS_INVALID_ARGUMENT, "either labelled surveys or a tileset");
    const auto folds = diapir::cross_validate_tiles(tiles, folder + "/folds", options);
    CHECK(folds.folds == 3 && folds.mean_score >= 0 && folds.score_deviation >= 0 && folds.best_score >= folds.score);
    system(tiles, folder, options);
    return 0;
}
