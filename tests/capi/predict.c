/* Ways to predict: predict FOLDER MODEL, where FOLDER is empty. In parts, several models, both directions, with uncertainty, and through
 * functions of the host. */
#include <pthread.h>

#include "check.h"

#define INLINES 24
#define CROSSLINES 20
#define SAMPLES 64
#define LINE (CROSSLINES * SAMPLES)
#define COUNT (INLINES * LINE)

static float expected[COUNT], expected_deviation[COUNT], results[2][COUNT], amplitudes[COUNT];

/* A host that keeps a volume in its own way. */
struct host {
    pthread_t thread;
    int reads, writes;
    int fail_at_read, fail_at_write;
};

static void check_block(struct host *host, const diapir_block *block) {
    CHECK(pthread_equal(host->thread, pthread_self()));
    CHECK(block->struct_size == sizeof *block);
    CHECK(block->inline_start >= 0 && block->inline_start + block->inline_count <= INLINES);
    CHECK(block->crossline_start == 0 && block->crossline_count == CROSSLINES);
    CHECK(block->sample_start == 0 && block->sample_count == SAMPLES);
}

static int32_t read_block(void *userdata, const diapir_block *block, float *samples) {
    struct host *host = userdata;
    check_block(host, block);
    if (++host->reads == host->fail_at_read) {
        return 42;
    }
    memcpy(samples, amplitudes + block->inline_start * LINE, (size_t)(block->inline_count * LINE) * sizeof *samples);
    return 0;
}

static int32_t write_block(void *userdata, int32_t kind, const diapir_block *block, const float *samples) {
    struct host *host = userdata;
    check_block(host, block);
    CHECK(kind == 0 || kind == 1);
    if (++host->writes == host->fail_at_write) {
        return 43;
    }
    memcpy(results[kind] + block->inline_start * LINE, samples,
           (size_t)(block->inline_count * LINE) * sizeof *samples);
    return 0;
}

static void read_all(const char *path, float *values) {
    diapir_error *error = NULL;
    diapir_survey *survey = NULL;
    SUCCEEDS(diapir_survey_open(path, NULL, NULL, &survey, &error));
    diapir_block whole;
    CHECK(diapir_block_init(&whole, sizeof whole) == DIAPIR_STATUS_OK);
    whole.inline_count = INLINES;
    whole.crossline_count = CROSSLINES;
    whole.sample_count = SAMPLES;
    SUCCEEDS(diapir_survey_read_block(survey, &whole, values, COUNT, &error));
    diapir_survey_free(survey);
}

static int same(const float *a, const float *b, float bound) {
    for (size_t k = 0; k < COUNT; k++) {
        float difference = a[k] - b[k];
        if (!(difference <= bound && difference >= -bound)) {
            return 0;
        }
    }
    return 1;
}

static diapir_predict_options defaults(void) {
    diapir_predict_options options;
    CHECK(diapir_predict_options_init(&options, sizeof options) == DIAPIR_STATUS_OK);
    return options;
}

static diapir_predict_survey_output output_defaults(void) {
    diapir_predict_survey_output output;
    CHECK(diapir_predict_survey_output_init(&output, sizeof output) == DIAPIR_STATUS_OK);
    return output;
}

static void in_parts(const char *folder, const diapir_model *model, const diapir_survey *seismic) {
    diapir_error *error = NULL;
    diapir_predict_options options = defaults();
    options.sections = DIAPIR_SECTIONS_BOTH;
    options.fusion = DIAPIR_FUSION_MAX;
    diapir_predict_survey_output written = output_defaults();
    written.uncertainty = 1;
    written.mask = 1;
    written.mask_threshold = 0.25f;
    const char *whole = in_folder(folder, "whole.sgy");
    diapir_predict_report all, parts;
    CHECK(diapir_predict_report_init(&all, sizeof all) == DIAPIR_STATUS_OK);
    CHECK(diapir_predict_report_init(&parts, sizeof parts) == DIAPIR_STATUS_OK);
    SUCCEEDS(diapir_predict_survey(model, seismic, whole, &options, &written, NULL, &all, &error));
    CHECK(exists(in_folder(folder, "whole-mask.sgy")) && exists(in_folder(folder, "whole-run.json")));
    read_all(whole, expected);
    const char *output = in_folder(folder, "parts.sgy");
    FAILS(diapir_finish_survey(seismic, output, NULL, NULL, &error), DIAPIR_STATUS_NOT_FOUND, "no unfinished");
    written.part_count = 3;
    for (written.part = 3; written.part >= 2; written.part--) {
        SUCCEEDS(diapir_predict_survey(model, seismic, output, &options, &written, NULL, NULL, &error));
    }
    FAILS(diapir_finish_survey(seismic, output, NULL, NULL, &error), DIAPIR_STATUS_TRUNCATED, "run the missing parts");
    CHECK(!exists(output) && written.part == 1);
    SUCCEEDS(diapir_predict_survey(model, seismic, output, &options, &written, NULL, NULL, &error));
    SUCCEEDS(diapir_finish_survey(seismic, output, NULL, &parts, &error));
    CHECK(parts.tiles == all.tiles && parts.live_traces == all.live_traces);
    read_all(output, results[0]);
    CHECK(same(results[0], expected, 0));
    read_all(in_folder(folder, "whole-uncertainty.sgy"), expected_deviation);
    read_all(in_folder(folder, "parts-uncertainty.sgy"), results[1]);
    CHECK(same(results[1], expected_deviation, 0));
    written.part = 4;
    FAILS(diapir_predict_survey(model, seismic, output, &options, &written, NULL, NULL, &error), DIAPIR_STATUS_INVALID_ARGUMENT,
          "part 4 of 3");
}

static void through_the_host(const char *folder, const diapir_model *model, const diapir_survey *seismic) {
    diapir_error *error = NULL;
    diapir_predict_options options = defaults();
    diapir_predict_survey_output written = output_defaults();
    written.uncertainty = 1;
    SUCCEEDS(diapir_predict_survey(model, seismic, in_folder(folder, "inlines.sgy"), NULL, &written, NULL, NULL, &error));
    read_all(in_folder(folder, "inlines.sgy"), expected);
    read_all(in_folder(folder, "inlines-uncertainty.sgy"), expected_deviation);
    static uint8_t live[INLINES * CROSSLINES];
    SUCCEEDS(diapir_survey_read_live_mask(seismic, live, sizeof live, &error));
    struct host host = {pthread_self(), 0, 0, 0, 0};
    diapir_host_volume volume;
    CHECK(diapir_host_volume_init(&volume, sizeof volume) == DIAPIR_STATUS_OK);
    volume.userdata = &host;
    volume.inline_count = INLINES;
    volume.crossline_count = CROSSLINES;
    volume.sample_count = SAMPLES;
    volume.live = live;
    volume.sample_interval = 4;
    volume.uncertainty = 1;
    CHECK(volume.sample_unit == DIAPIR_SAMPLE_UNIT_MILLISECONDS);
    FAILS(diapir_predict_blocks(model, &volume, &options, NULL, NULL, &error), DIAPIR_STATUS_NULL_ARGUMENT,
          "volume.read");
    volume.read = read_block;
    volume.write = write_block;
    diapir_predict_report report;
    CHECK(diapir_predict_report_init(&report, sizeof report) == DIAPIR_STATUS_OK);
    SUCCEEDS(diapir_predict_blocks(model, &volume, &options, NULL, &report, &error));
    CHECK(host.reads == 2 * INLINES && host.writes == 2 * INLINES && report.tiles > 0);
    CHECK(same(results[0], expected, 1e-6f) && same(results[1], expected_deviation, 1e-4f));
    host.fail_at_read = host.reads + INLINES + 3;
    FAILS(diapir_predict_blocks(model, &volume, &options, NULL, NULL, &error), DIAPIR_STATUS_IO, "gave 42");
    host.fail_at_write = host.writes + 2;
    FAILS(diapir_predict_blocks(model, &volume, &options, NULL, NULL, &error), DIAPIR_STATUS_IO, "gave 43");
    options.sections = DIAPIR_SECTIONS_BOTH;
    FAILS(diapir_predict_blocks(model, &volume, &options, NULL, NULL, &error), DIAPIR_STATUS_INVALID_ARGUMENT,
          "DIAPIR_SECTIONS_BOTH");
    /* Sizes that nobody has are refused, not allocated; no callback sees them. */
    options = defaults();
    int64_t reads = host.reads;
    volume.live = NULL;
    volume.crossline_count = 3;
    volume.sample_count = INT64_MAX / 3 + 1;
    FAILS(diapir_predict_blocks(model, &volume, &options, NULL, NULL, &error), DIAPIR_STATUS_INVALID_ARGUMENT,
          "more than can be counted");
    volume.crossline_count = 1;
    volume.inline_count = 1;
    volume.sample_count = INT64_C(1) << 60;
    FAILS(diapir_predict_blocks(model, &volume, &options, NULL, NULL, &error), DIAPIR_STATUS_OUT_OF_MEMORY,
          "no memory");
    CHECK(host.reads == reads);
}

static void options_are_checked(const char *folder, const diapir_model *model, const diapir_survey *seismic) {
    diapir_error *error = NULL;
    diapir_predict_options options = defaults();
    diapir_predict_survey_output written = output_defaults();
    CHECK(options.overlap == DIAPIR_OVERLAP_OF_TILE && options.tile == DIAPIR_TILE_OF_MODEL);
    CHECK(written.part == 1 && written.part_count == 1 && written.sample_format == 5);
    CHECK(written.mask_threshold == DIAPIR_THRESHOLD_OF_MODEL);
    SUCCEEDS(diapir_predict_options_set_quality(&options, DIAPIR_QUALITY_BEST, &error));
    CHECK(options.flip == 1);
    SUCCEEDS(diapir_predict_options_set_quality(&options, DIAPIR_QUALITY_DRAFT, &error));
    CHECK(options.flip == 0);
    FAILS(diapir_predict_options_set_quality(&options, 3, &error), DIAPIR_STATUS_INVALID_ARGUMENT, "quality is 3");
    const char *output = in_folder(folder, "no.sgy");
#define REFUSED(field, value)                                                                                          \
    do {                                                                                                               \
        options = defaults();                                                                                          \
        written = output_defaults();                                                                                   \
        field = (value);                                                                                               \
        FAILS(diapir_predict_survey(model, seismic, output, &options, &written, NULL, NULL, &error),                   \
              DIAPIR_STATUS_INVALID_ARGUMENT, strchr(#field, '.') + 1);                                                \
    } while (0)
    REFUSED(options.sections, 3);
    REFUSED(options.sections, -1);
    REFUSED(options.fusion, 4);
    REFUSED(options.edge, 2);
    REFUSED(options.window, 9);
    REFUSED(options.tile, -3);
    REFUSED(options.overlap, -2);
    REFUSED(written.mask_threshold, 1.5f);
    REFUSED(written.mask_threshold, -0.5f);
    REFUSED(written.sample_format, 2);
    REFUSED(written.sample_format, 0);
    REFUSED(written.part_count, -1);
    /* The same model twice says what it says once. */
    options = defaults();
    written = output_defaults();
    const diapir_model *const twice[] = {model};
    options.more_models = twice;
    options.more_model_count = 1;
    options.sections = DIAPIR_SECTIONS_INLINE;
    SUCCEEDS(diapir_predict_survey(model, seismic, in_folder(folder, "twice.sgy"), &options, NULL, NULL, NULL, &error));
    read_all(in_folder(folder, "twice.sgy"), results[0]);
    CHECK(same(results[0], expected, 1e-5f));
    const diapir_model *const none[] = {NULL};
    options.more_models = none;
    FAILS(diapir_predict_survey(model, seismic, output, &options, &written, NULL, NULL, &error), DIAPIR_STATUS_NULL_ARGUMENT,
          "more_models[0]");
    CHECK(!exists(output));
}

int main(int argc, char **argv) {
    CHECK(argc == 3);
    diapir_error *error = NULL;
    diapir_survey *seismic = NULL, *label = NULL;
    small_survey(argv[1], &seismic, &label);
    read_all(in_folder(argv[1], "seismic.sgy"), amplitudes);
    diapir_model_options how;
    CHECK(diapir_model_options_init(&how, sizeof how) == DIAPIR_STATUS_OK);
    how.device = "cpu";
    how.precision = "float32";
    diapir_model *model = NULL;
    SUCCEEDS(diapir_model_load(argv[2], &how, &model, &error));
    in_parts(argv[1], model, seismic);
    through_the_host(argv[1], model, seismic);
    options_are_checked(argv[1], model, seismic);
    diapir_model_free(model);
    diapir_survey_free(seismic);
    diapir_survey_free(label);
    return 0;
}
