/* A progress callback that returns false ends the call with CANCELLED and leaves no file.
 * cancel FOLDER [MODEL]: with a model file, predictions are cancelled too. */
#include "check.h"

struct host {
    int calls, stop_at, messages;
    /* Only calls of this stage count, unless it is NULL. */
    const char *stage;
};

static bool progress(void *userdata, const char *stage, uint64_t done, uint64_t total) {
    struct host *host = userdata;
    CHECK(stage[0] != '\0' && (total == 0 || done <= total));
    if (host->stage != NULL && strcmp(stage, host->stage) != 0) {
        return true;
    }
    return ++host->calls < host->stop_at;
}

static void hear(void *userdata, int32_t level, const char *message) {
    struct host *host = userdata;
    CHECK(level >= 1 && level <= 5 && message[0] != '\0');
    host->messages++;
}

static diapir_callbacks listening(struct host *host) {
    diapir_callbacks callbacks;
    CHECK(diapir_callbacks_init(&callbacks, sizeof callbacks) == DIAPIR_STATUS_OK);
    CHECK(callbacks.log == NULL && callbacks.progress == NULL && callbacks.userdata == NULL);
    callbacks.userdata = host;
    callbacks.log = hear;
    callbacks.progress = progress;
    return callbacks;
}

static void cancel_synth(const char *folder) {
    diapir_error *error = NULL;
    const char *seismic = in_folder(folder, "cancelled.sgy"), *label = in_folder(folder, "cancelled-label.sgy");
    for (int stop_at = 1; stop_at < 4; stop_at++) {
        struct host host = {0, stop_at, 0, NULL};
        diapir_callbacks callbacks = listening(&host);
        FAILS(diapir_synth_write(seismic, label, NULL, &callbacks, &error), DIAPIR_STATUS_CANCELLED, "cancelled");
        CHECK(host.calls == stop_at);
        CHECK(!exists(seismic) && !exists(label));
    }
}

static void cancel_open(const char *path) {
    diapir_error *error = NULL;
    diapir_survey *survey = NULL;
    struct host host = {0, 1, 0, NULL};
    diapir_callbacks callbacks = listening(&host);
    FAILS(diapir_survey_open(path, NULL, &callbacks, &survey, &error), DIAPIR_STATUS_CANCELLED, "cancelled");
    CHECK(survey == NULL && host.calls == 1);
}

static void cancel_predict(const char *folder, const char *model_path, const diapir_survey *survey) {
    const char *output = in_folder(folder, "probability.sgy");
    diapir_error *error = NULL;
    diapir_model *model = NULL;
    SUCCEEDS(diapir_model_load(model_path, NULL, &model, &error));
    struct host patient = {0, 1 << 30, 0, "predict"};
    diapir_callbacks callbacks = listening(&patient);
    diapir_predict_report report;
    diapir_predict_report_init(&report, sizeof report);
    diapir_predict_options options;
    CHECK(diapir_predict_options_init(&options, sizeof options) == DIAPIR_STATUS_OK);
    options.sections = DIAPIR_SECTIONS_BOTH;
    SUCCEEDS(diapir_predict_survey(model, survey, output, &options, NULL, &callbacks, &report, &error));
    CHECK(patient.calls > 2 && report.tiles > 0 && exists(output));
    CHECK(remove(output) == 0 && remove(in_folder(folder, "probability-run.json")) == 0);
    /* At the first call of every stage, and at the third of those that have more. */
    const char *const stages[] = {"statistics", "lay out", "predict", "predict", "fuse", "fuse"};
    const int calls[] = {1, 1, 1, 3, 1, 3};
    for (size_t stage = 0; stage < sizeof stages / sizeof *stages; stage++) {
        struct host host = {0, calls[stage], 0, stages[stage]};
        callbacks = listening(&host);
        report.tiles = -1;
        FAILS(diapir_predict_survey(model, survey, output, &options, NULL, &callbacks, &report, &error),
              DIAPIR_STATUS_CANCELLED, "cancelled");
        CHECK(host.calls == host.stop_at && report.tiles == -1 && !exists(output));
    }
    diapir_model_free(model);
}

int main(int argc, char **argv) {
    CHECK(argc == 2 || argc == 3);
    cancel_synth(argv[1]);
    diapir_survey *seismic = NULL, *label = NULL;
    small_survey(argv[1], &seismic, &label);
    cancel_open(in_folder(argv[1], "seismic.sgy"));
    if (argc == 3) {
        cancel_predict(argv[1], argv[2], seismic);
    }
    diapir_survey_free(seismic);
    diapir_survey_free(label);
    return 0;
}
