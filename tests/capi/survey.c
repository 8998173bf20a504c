/* A survey is written, opened, described and read; sections and blocks agree sample for sample. */
#include "check.h"

static void describe(const diapir_survey *survey, diapir_survey_info *info) {
    diapir_error *error = NULL;
    CHECK(diapir_survey_info_init(info, sizeof *info) == DIAPIR_STATUS_OK);
    SUCCEEDS(diapir_survey_get_info(survey, info, &error));
    CHECK(info->struct_size == sizeof *info);
    CHECK(info->inline_count == 24 && info->crossline_count == 20 && info->sample_count == 64);
    CHECK(info->sample_format == 5 || info->sample_format == 1);
    CHECK(info->sample_unit == DIAPIR_SAMPLE_UNIT_MILLISECONDS);
    CHECK(info->sample_interval == 4.0);
    CHECK(info->byte_order == DIAPIR_BYTE_ORDER_BIG && info->sorting == DIAPIR_SORTING_INLINE);
    CHECK(info->live_count > 0 && info->live_count <= info->trace_count);
    CHECK(info->has_georeference == 1);
    double turn = info->inline_step_x * info->crossline_step_y - info->inline_step_y * info->crossline_step_x;
    CHECK(turn != 0.0 && info->residual >= 0.0 && info->residual < 1.0);
}

static void texts(const diapir_survey *survey) {
    diapir_error *error = NULL;
    size_t needed = 0, again = 0;
    SUCCEEDS(diapir_survey_text_header(survey, NULL, 0, &needed, &error));
    CHECK(needed > 80);
    char *text = malloc(needed);
    SUCCEEDS(diapir_survey_text_header(survey, text, needed, &again, &error));
    CHECK(again == needed && strlen(text) + 1 == needed);
    free(text);
    SUCCEEDS(diapir_survey_summary_json(survey, NULL, 0, &needed, &error));
    text = malloc(needed);
    SUCCEEDS(diapir_survey_summary_json(survey, text, needed, NULL, &error));
    CHECK(text[0] == '{' && text[needed - 2] == '}');
    free(text);
}

static void samples(const diapir_survey *survey, const diapir_survey_info *info) {
    enum { TRACE = 64, INLINE = 20 * TRACE, CROSSLINE = 24 * TRACE };
    static float all[24 * INLINE], section[INLINE], crossing[CROSSLINE];
    diapir_error *error = NULL;
    diapir_block block;
    CHECK(diapir_block_init(&block, sizeof block) == DIAPIR_STATUS_OK);
    block.inline_count = 24;
    block.crossline_count = 20;
    block.sample_count = 64;
    SUCCEEDS(diapir_survey_read_block(survey, &block, all, 24 * INLINE, &error));
    int different = 0;
    for (int32_t i = 0; i < 24; i++) {
        int32_t number = info->inline_first + i * info->inline_step;
        SUCCEEDS(diapir_survey_read_inline(survey, number, section, INLINE, &error));
        CHECK(memcmp(section, all + i * INLINE, sizeof section) == 0);
        different += section[TRACE * 10 + 30] != section[TRACE * 11 + 30];
    }
    CHECK(different > 0);
    for (int32_t x = 0; x < 20; x++) {
        int32_t number = info->crossline_first + x * info->crossline_step;
        SUCCEEDS(diapir_survey_read_crossline(survey, number, crossing, CROSSLINE, &error));
        for (int i = 0; i < 24; i++) {
            CHECK(memcmp(crossing + i * TRACE, all + i * INLINE + x * TRACE, TRACE * sizeof(float)) == 0);
        }
    }
    block.inline_start = 23;
    FAILS(diapir_survey_read_block(survey, &block, all, 24 * INLINE, &error), DIAPIR_STATUS_OUT_OF_RANGE, "inline");
    block.inline_count = 1;
    block.sample_start = 60;
    block.sample_count = 4;
    SUCCEEDS(diapir_survey_read_block(survey, &block, section, 20 * 4, &error));
    CHECK(memcmp(section, all + 23 * INLINE + 60, 4 * sizeof(float)) == 0);
}

/* Slices, polylines and strided boxes against packed blocks. */
static void other_ways(const diapir_survey *survey) {
    enum { INLINES = 24, CROSSLINES = 20, DEPTH = 64, COUNT = INLINES * CROSSLINES * DEPTH };
    static float all[COUNT], turned[COUNT], slice[INLINES * CROSSLINES], path[3 * 5];
    diapir_error *error = NULL;
    diapir_block block;
    CHECK(diapir_block_init(&block, sizeof block) == DIAPIR_STATUS_OK);
    block.inline_count = INLINES;
    block.crossline_count = CROSSLINES;
    block.sample_count = DEPTH;
    SUCCEEDS(diapir_survey_read_block(survey, &block, all, COUNT, &error));
    SUCCEEDS(diapir_survey_read_slice(survey, 33, slice, INLINES * CROSSLINES, &error));
    for (int trace = 0; trace < INLINES * CROSSLINES; trace++) {
        CHECK(slice[trace] == all[trace * DEPTH + 33]);
    }
    FAILS(diapir_survey_read_slice(survey, 64, slice, INLINES * CROSSLINES, &error), DIAPIR_STATUS_OUT_OF_RANGE, "sample");

    const int64_t inlines[] = {23, 0, 11}, crosslines[] = {1, 19, 7};
    SUCCEEDS(diapir_survey_read_positions(survey, inlines, crosslines, 3, 40, 5, path, 15, &error));
    for (int p = 0; p < 3; p++) {
        CHECK(memcmp(path + 5 * p, all + (inlines[p] * CROSSLINES + crosslines[p]) * DEPTH + 40, 5 * sizeof(float)) == 0);
    }
    const int64_t outside[] = {0, 24, 0};
    path[0] = -7;
    FAILS(diapir_survey_read_positions(survey, outside, crosslines, 3, 40, 5, path, 15, &error),
          DIAPIR_STATUS_OUT_OF_RANGE, "position 24, 19");
    CHECK(path[0] == -7);

    /* Sample slowest, as a viewer may hold it. */
    SUCCEEDS(diapir_survey_read_strided(survey, &block, CROSSLINES, 1, INLINES * CROSSLINES, turned, COUNT, &error));
    for (int trace = 0; trace < INLINES * CROSSLINES; trace++) {
        for (int s = 0; s < DEPTH; s++) {
            CHECK(turned[s * INLINES * CROSSLINES + trace] == all[trace * DEPTH + s]);
        }
    }
    FAILS(diapir_survey_read_strided(survey, &block, CROSSLINES, 1, INLINES * CROSSLINES + 1, turned, COUNT, &error),
          DIAPIR_STATUS_INVALID_ARGUMENT, "does not fit");
    FAILS(diapir_survey_read_strided(survey, &block, CROSSLINES, -1, INLINES * CROSSLINES, turned, COUNT, &error),
          DIAPIR_STATUS_INVALID_ARGUMENT, "crossline_stride is -1");
}

static bool count_calls(void *userdata, const char *stage, uint64_t done, uint64_t total) {
    CHECK(strcmp(stage, "quality") == 0 && done <= total);
    return ++*(int *)userdata < 5;
}

static void quality(const diapir_survey *survey) {
    diapir_error *error = NULL;
    static char text[65536];
    size_t needed = 0;
    SUCCEEDS(diapir_survey_report_json(survey, 0, NULL, text, sizeof text, &needed, &error));
    CHECK(strstr(text, "\"violations\":[]") != NULL && strstr(text, "\"quality\":null") != NULL);
    int calls = 0;
    diapir_callbacks callbacks;
    CHECK(diapir_callbacks_init(&callbacks, sizeof callbacks) == DIAPIR_STATUS_OK);
    callbacks.progress = count_calls;
    callbacks.userdata = &calls;
    FAILS(diapir_survey_report_json(survey, 1, &callbacks, text, sizeof text, &needed, &error),
          DIAPIR_STATUS_CANCELLED, "cancelled");
    CHECK(calls == 5);
    SUCCEEDS(diapir_survey_report_json(survey, 1, NULL, text, sizeof text, &needed, &error));
    CHECK(strstr(text, "\"nan\":0,") != NULL && strstr(text, "\"histogram\":{") != NULL);
    /* Computed once: nobody is called again. */
    SUCCEEDS(diapir_survey_report_json(survey, 1, &callbacks, text, sizeof text, &needed, &error));
    CHECK(calls == 5 && strlen(text) + 1 == needed);
    FAILS(diapir_survey_report_json(survey, 2, NULL, text, sizeof text, &needed, &error),
          DIAPIR_STATUS_INVALID_ARGUMENT, "samples is 2");
}

static void masks(const diapir_survey *seismic, const diapir_survey *label, int64_t live_count) {
    static uint8_t live[24 * 20], labelled[24 * 20];
    diapir_error *error = NULL;
    SUCCEEDS(diapir_survey_read_live_mask(seismic, live, sizeof live, &error));
    SUCCEEDS(diapir_survey_read_live_mask(label, labelled, sizeof labelled, &error));
    CHECK(memcmp(live, labelled, sizeof live) == 0);
    int64_t count = 0;
    for (size_t i = 0; i < sizeof live; i++) {
        CHECK(live[i] <= 1);
        count += live[i];
    }
    CHECK(count == live_count);
}

static void labels(const diapir_survey *label, const diapir_survey_info *info) {
    static float section[20 * 64];
    diapir_error *error = NULL;
    int64_t salt = 0;
    for (int32_t i = 0; i < 24; i++) {
        int32_t number = info->inline_first + i * info->inline_step;
        SUCCEEDS(diapir_survey_read_inline(label, number, section, 20 * 64, &error));
        for (int k = 0; k < 20 * 64; k++) {
            CHECK(section[k] == 0.0f || section[k] == 1.0f);
            salt += section[k] == 1.0f;
        }
    }
    CHECK(salt > 0 && salt < 24 * 20 * 64);
}

int main(int argc, char **argv) {
    CHECK(argc == 2);
    diapir_survey *seismic = NULL, *label = NULL;
    small_survey(argv[1], &seismic, &label);
    diapir_survey_info info, other;
    describe(seismic, &info);
    describe(label, &other);
    texts(seismic);
    samples(seismic, &info);
    other_ways(seismic);
    quality(seismic);
    masks(seismic, label, info.live_count);
    labels(label, &info);
    diapir_survey_free(seismic);
    diapir_survey_free(label);
    diapir_survey_free(NULL);
    return 0;
}
