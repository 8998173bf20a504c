/* The whole road: train, stop, go on, load, predict to a file and to memory, compare, draw maps.
 * train FOLDER           leaves run/model.safetensors, seismic.sgy, label.sgy, probability.sgy
 * train FOLDER panic     DIAPIR_INJECT_PANIC names diapir_predict_section: its output stays untouched */
#include "check.h"

#define INLINES 24
#define CROSSLINES 20
#define SAMPLES 64
#define COUNT (INLINES * CROSSLINES * SAMPLES)
#define SECTION (CROSSLINES * SAMPLES)

static const char recipe[] =
    "name = 'tiny'\nseed = 1\nbatch = 8\nthreshold = 0.5\n"
    "[network.encoder]\nkind = 'residual_se'\nwidth = 4\nlevels = 3\nsqueeze = 'mean'\nreduction = 2\n"
    "[network.decoder]\nkind = 'residual_se'\nwidths = [8, 4]\nsqueeze = 'mean'\nreduction = 2\n"
    "[input]\ntile = 16\npadded = 16\npadding = 'reflect'\nchannels = ['amplitude', 'relative_depth']\n"
    "scaling = { low_share = 0.01, high_share = 0.99 }\n"
    "[tiles]\ndirections = ['inline']\nline_step = 2\noverlap = 0\nvalidation_share = 0.2\nguard_lines = 2\n"
    "[augment]\nflip = 0.5\n"
    "[[stages]]\nepochs = 2\nrate = 1e-2\nschedule = { kind = 'constant' }\nloss = { bce = 1.0 }\n";

static float volume[COUNT], turned[COUNT], from_file[COUNT], from_memory[COUNT];

/* Cancels at the call number stop_at of this stage; NULL: of all stages. */
struct host {
    int calls, stop_at;
    const char *stage;
};

static bool progress(void *userdata, const char *stage, uint64_t done, uint64_t total) {
    struct host *host = userdata;
    CHECK(stage[0] != '\0' && done <= total);
    if (host->stage != NULL && strcmp(stage, host->stage) != 0) {
        return true;
    }
    return ++host->calls < host->stop_at;
}

static diapir_callbacks listening(struct host *host) {
    diapir_callbacks callbacks;
    CHECK(diapir_callbacks_init(&callbacks, sizeof callbacks) == DIAPIR_STATUS_OK);
    callbacks.userdata = host;
    callbacks.progress = progress;
    return callbacks;
}

static void fill(float *values, size_t count, float value) {
    for (size_t k = 0; k < count; k++) {
        values[k] = value;
    }
}

static int all_are(const float *values, size_t count, float value) {
    size_t same = 0;
    while (same < count && values[same] == value) {
        same++;
    }
    return same == count;
}

static void train(const char *folder, const diapir_survey *seismic, const diapir_survey *label) {
    diapir_error *error = NULL;
    diapir_labelled_survey training = {seismic, label};
    diapir_train_options options;
    CHECK(diapir_train_options_init(&options, sizeof options) == DIAPIR_STATUS_OK);
    CHECK(strstr(options.recipe, "name = \"diapir-fast\"") != NULL && strcmp(options.precision, "auto") == 0);
    options.recipe = recipe;
    options.device = "cpu";
    diapir_train_report report;
    CHECK(diapir_train_report_init(&report, sizeof report) == DIAPIR_STATUS_OK);
    const char *run = in_folder(folder, "run");

    struct host host = {0, 3, "train"};
    diapir_callbacks callbacks = listening(&host);
    report.steps = -1;
    FAILS(diapir_train(&training, 1, NULL, 0, run, &options, &callbacks, &report, &error), DIAPIR_STATUS_CANCELLED,
          "cancelled");
    CHECK(host.calls == 3 && report.steps == -1);
    FAILS(diapir_train(&training, 1, NULL, 0, run, &options, NULL, &report, &error), DIAPIR_STATUS_INVALID_ARGUMENT,
          "resume");
    options.resume = 1;
    host.stop_at = 1 << 30;
    callbacks = listening(&host);
    SUCCEEDS(diapir_train(&training, 1, NULL, 0, run, &options, &callbacks, &report, &error));
    CHECK(report.epochs == 2 && report.tiles > 0 && report.validation_tiles > 0 && report.steps > 0);
    CHECK(report.loss > 0 && report.validation_iou >= 0 && report.validation_iou <= 1);

    options.recipe = "name = 'broken'";
    FAILS(diapir_train(&training, 1, NULL, 0, in_folder(folder, "other"), &options, NULL, NULL, &error),
          DIAPIR_STATUS_INVALID_ARGUMENT, "recipe");
}

static void describe(const diapir_model *model) {
    diapir_error *error = NULL;
    size_t needed = 0;
    char text[8192];
    FAILS(diapir_model_info_json(model, text, 4, &needed, &error), DIAPIR_STATUS_BUFFER_TOO_SMALL, "");
    CHECK(needed > 100 && needed <= sizeof text);
    SUCCEEDS(diapir_model_info_json(model, text, needed, &needed, &error));
    CHECK(strlen(text) + 1 == needed && strstr(text, "\"recipe\":\"tiny\"") != NULL);
    CHECK(strstr(text, "\"device\":\"cpu\"") != NULL);
    CHECK(strstr(text, "\"stages\":[{\"name\":\"encoder.0\",\"shape\":[4,16,16]") != NULL);
    SUCCEEDS(diapir_model_warm_up(model, &error));
    FAILS(diapir_model_warm_up(NULL, &error), DIAPIR_STATUS_NULL_ARGUMENT, "model");
    SUCCEEDS(diapir_device_info_json(0, text, sizeof text, &needed, &error));
    CHECK(strstr(text, "\"name\":\"cpu\"") != NULL && strstr(text, "\"float32\"") != NULL);
    FAILS(diapir_device_info_json(999, text, sizeof text, &needed, &error), DIAPIR_STATUS_OUT_OF_RANGE, "999");
}

/* Out of the model, into another, and a training from there. */
static void weights(const char *folder, const diapir_survey *seismic, const diapir_survey *label) {
    diapir_error *error = NULL;
    char model[512], exported[512], imported[512];
    snprintf(model, sizeof model, "%s/run/model.safetensors", folder);
    snprintf(exported, sizeof exported, "%s/weights.safetensors", folder);
    snprintf(imported, sizeof imported, "%s/imported.safetensors", folder);
    diapir_weights_options options;
    CHECK(diapir_weights_options_init(&options, sizeof options) == DIAPIR_STATUS_OK);
    options.names = DIAPIR_WEIGHTS_NAMES_CADENE;
    FAILS(diapir_weights_export(model, exported, &options, &error), DIAPIR_STATUS_INVALID_ARGUMENT, "Cadene");
    options.names = DIAPIR_WEIGHTS_NAMES_TORCHVISION;
    options.part = 7;
    FAILS(diapir_weights_export(model, exported, &options, &error), DIAPIR_STATUS_INVALID_ARGUMENT, "part is 7");
    options.part = DIAPIR_WEIGHTS_PART_NETWORK;
    SUCCEEDS(diapir_weights_export(model, exported, &options, &error));

    diapir_weights_report report;
    CHECK(diapir_weights_report_init(&report, sizeof report) == DIAPIR_STATUS_OK);
    report.matched = -1;
    FAILS(diapir_weights_import(exported, imported, &options, NULL, &report, &error), DIAPIR_STATUS_NULL_ARGUMENT,
          "recipe");
    options.recipe = recipe;
    options.part = DIAPIR_WEIGHTS_PART_ENCODER;
    FAILS(diapir_weights_import(exported, imported, &options, NULL, &report, &error), DIAPIR_STATUS_MODEL_MISMATCH,
          "unexpected");
    CHECK(report.matched == -1);
    options.part = DIAPIR_WEIGHTS_PART_NETWORK;
    SUCCEEDS(diapir_weights_import(exported, imported, &options, NULL, &report, &error));
    CHECK(report.matched > 30 && report.missing == 0 && report.unexpected == 0 && report.wrong_shape == 0);

    diapir_labelled_survey training = {seismic, label};
    diapir_train_options train_options;
    CHECK(diapir_train_options_init(&train_options, sizeof train_options) == DIAPIR_STATUS_OK);
    train_options.recipe = recipe;
    train_options.device = "cpu";
    train_options.initial_model = imported;
    diapir_train_report trained;
    CHECK(diapir_train_report_init(&trained, sizeof trained) == DIAPIR_STATUS_OK);
    const char *run = in_folder(folder, "again");
    SUCCEEDS(diapir_train(&training, 1, NULL, 0, run, &train_options, NULL, &trained, &error));
    CHECK(trained.epochs == 2);
}

static diapir_model *load(const char *folder) {
    diapir_error *error = NULL;
    diapir_model *model = NULL;
    diapir_model_options options;
    CHECK(diapir_model_options_init(&options, sizeof options) == DIAPIR_STATUS_OK);
    options.device = "cpu";
    options.precision = "float32";
    SUCCEEDS(diapir_model_load_builtin(NULL, &options, &model, &error));
    diapir_model_free(model);
    SUCCEEDS(diapir_model_load(in_folder(folder, "run/model.safetensors"), &options, &model, &error));
    return model;
}

static void predict_file(const diapir_model *model, const diapir_survey *seismic, const char *path) {
    diapir_error *error = NULL;
    diapir_predict_report report;
    CHECK(diapir_predict_report_init(&report, sizeof report) == DIAPIR_STATUS_OK);
    SUCCEEDS(diapir_predict_survey(model, seismic, path, NULL, NULL, NULL, &report, &error));
    CHECK(report.tiles > 0 && report.samples == report.live_traces * SAMPLES && report.seconds_total > 0);
    diapir_survey *probability = NULL;
    SUCCEEDS(diapir_survey_open(path, NULL, NULL, &probability, &error));
    diapir_block whole;
    CHECK(diapir_block_init(&whole, sizeof whole) == DIAPIR_STATUS_OK);
    whole.inline_count = INLINES;
    whole.crossline_count = CROSSLINES;
    whole.sample_count = SAMPLES;
    SUCCEEDS(diapir_survey_read_block(probability, &whole, from_file, COUNT, &error));
    for (size_t k = 0; k < COUNT; k++) {
        CHECK(from_file[k] >= 0 && from_file[k] <= 1);
    }
    diapir_survey_free(probability);
}

/* The same survey, handed over sample slowest, as a viewer may hold it. */
static void predict_volume(const diapir_model *model, const diapir_survey *seismic) {
    diapir_error *error = NULL;
    static uint8_t live[INLINES * CROSSLINES];
    SUCCEEDS(diapir_survey_read_live_mask(seismic, live, sizeof live, &error));
    for (int trace = 0; trace < INLINES * CROSSLINES; trace++) {
        for (int s = 0; s < SAMPLES; s++) {
            turned[s * INLINES * CROSSLINES + trace] = volume[trace * SAMPLES + s];
        }
    }
    diapir_volume in;
    CHECK(diapir_volume_init(&in, sizeof in) == DIAPIR_STATUS_OK);
    in.samples = turned;
    in.inline_count = INLINES;
    in.crossline_count = CROSSLINES;
    in.sample_count = SAMPLES;
    in.inline_stride = CROSSLINES;
    in.crossline_stride = 1;
    in.sample_stride = INLINES * CROSSLINES;
    in.live = live;
    in.sample_interval = 4;
    in.sample_unit = DIAPIR_SAMPLE_UNIT_MILLISECONDS;

    struct host host = {0, 4, NULL};
    diapir_callbacks callbacks = listening(&host);
    fill(from_memory, COUNT, -7);
    FAILS(diapir_predict_volume(model, &in, NULL, &callbacks, from_memory, NULL, COUNT, NULL, &error),
          DIAPIR_STATUS_CANCELLED, "cancelled");
    CHECK(host.calls == 4 && all_are(from_memory, COUNT, -7));
    FAILS(diapir_predict_volume(model, &in, NULL, NULL, from_memory, NULL, COUNT - 1, NULL, &error),
          DIAPIR_STATUS_INVALID_ARGUMENT, "count");
    CHECK(all_are(from_memory, COUNT, -7));
    SUCCEEDS(diapir_predict_volume(model, &in, NULL, NULL, from_memory, NULL, COUNT, NULL, &error));
    for (size_t k = 0; k < COUNT; k++) {
        float difference = from_memory[k] - from_file[k];
        CHECK(difference < 1e-5f && difference > -1e-5f);
    }
}

static diapir_section first_section(void) {
    diapir_section section;
    CHECK(diapir_section_init(&section, sizeof section) == DIAPIR_STATUS_OK);
    section.samples = volume;
    section.trace_count = CROSSLINES;
    section.sample_count = SAMPLES;
    section.sample_interval = 4;
    section.sample_unit = DIAPIR_SAMPLE_UNIT_MILLISECONDS;
    return section;
}

static void predict_section(const diapir_model *model) {
    diapir_error *error = NULL;
    uint8_t live[CROSSLINES];
    memset(live, 1, sizeof live);
    live[4] = 0;
    diapir_section section = first_section();
    section.live = live;
    struct host host = {0, 1, NULL};
    diapir_callbacks callbacks = listening(&host);
    fill(from_memory, SECTION, -7);
    FAILS(diapir_predict_section(model, &section, NULL, &callbacks, from_memory, NULL, SECTION, &error),
          DIAPIR_STATUS_CANCELLED, "cancelled");
    CHECK(all_are(from_memory, SECTION, -7));
    SUCCEEDS(diapir_predict_section(model, &section, NULL, NULL, from_memory, NULL, SECTION, &error));
    CHECK(all_are(from_memory + 4 * SAMPLES, SAMPLES, 0) && from_memory[5 * SAMPLES] > 0);
    section.sample_interval = 0;
    FAILS(diapir_predict_section(model, &section, NULL, NULL, from_memory, NULL, SECTION, &error),
          DIAPIR_STATUS_INVALID_ARGUMENT, "interval");
}

static void judge(const char *folder, const diapir_survey *label) {
    diapir_error *error = NULL;
    diapir_survey *probability = NULL;
    SUCCEEDS(diapir_survey_open(in_folder(folder, "probability.sgy"), NULL, NULL, &probability, &error));
    diapir_evaluate_report evaluation;
    CHECK(diapir_evaluate_report_init(&evaluation, sizeof evaluation) == DIAPIR_STATUS_OK);
    SUCCEEDS(diapir_evaluate(probability, label, 0.5f, NULL, &evaluation, &error));
    CHECK(evaluation.samples > 0 && evaluation.best_iou >= evaluation.voxel_iou);
    const char *top = in_folder(folder, "top.tif"), *largest = in_folder(folder, "largest.tif");
    if (diapir_features() & DIAPIR_FEATURE_GDAL) {
        struct host host = {0, 2, NULL};
        diapir_callbacks callbacks = listening(&host);
        FAILS(diapir_export_maps(probability, top, largest, NULL, &callbacks, &error), DIAPIR_STATUS_CANCELLED,
              "cancelled");
        CHECK(!exists(top) && !exists(largest));
        SUCCEEDS(diapir_export_maps(probability, top, largest, NULL, NULL, &error));
        CHECK(exists(top) && exists(largest));
        CHECK(remove(top) == 0 && remove(largest) == 0);
    } else {
        FAILS(diapir_export_maps(probability, top, largest, NULL, NULL, &error), DIAPIR_STATUS_UNSUPPORTED, "gdal");
    }
    diapir_survey_free(probability);
}

static void panic(const char *folder) {
    diapir_error *error = NULL;
    diapir_model *model = load(folder);
    diapir_section section = first_section();
    for (size_t k = 0; k < SECTION; k++) {
        volume[k] = (float)(k % 17);
    }
    fill(from_memory, SECTION, -7);
    FAILS(diapir_predict_section(model, &section, NULL, NULL, from_memory, NULL, SECTION, &error), DIAPIR_STATUS_PANIC,
          "DIAPIR_INJECT_PANIC");
    CHECK(all_are(from_memory, SECTION, -7));
    diapir_model_free(model);
}

int main(int argc, char **argv) {
    CHECK(argc == 2 || argc == 3);
    if (argc == 3) {
        panic(argv[1]);
        return 0;
    }
    diapir_error *error = NULL;
    diapir_survey *seismic = NULL, *label = NULL;
    small_survey(argv[1], &seismic, &label);
    diapir_block whole;
    CHECK(diapir_block_init(&whole, sizeof whole) == DIAPIR_STATUS_OK);
    whole.inline_count = INLINES;
    whole.crossline_count = CROSSLINES;
    whole.sample_count = SAMPLES;
    SUCCEEDS(diapir_survey_read_block(seismic, &whole, volume, COUNT, &error));
    train(argv[1], seismic, label);
    diapir_model *model = load(argv[1]);
    describe(model);
    predict_file(model, seismic, in_folder(argv[1], "probability.sgy"));
    predict_volume(model, seismic);
    predict_section(model);
    judge(argv[1], label);
    weights(argv[1], seismic, label);
    diapir_model_free(model);
    diapir_survey_free(seismic);
    diapir_survey_free(label);
    return 0;
}
