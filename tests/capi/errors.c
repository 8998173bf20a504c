/* Failures: what they say, that outputs stay untouched, and that a panic ends at the border.
 * errors FOLDER            ordinary failures
 * errors FOLDER panic      with DIAPIR_INJECT_PANIC=diapir_synth_write
 * errors FOLDER poison     with DIAPIR_INJECT_PANIC=diapir_survey_get_info:handle */
#include "check.h"

static void ordinary(const char *folder) {
    diapir_error *error = NULL;
    diapir_survey *const untouched = (diapir_survey *)(void *)&error;
    diapir_survey *survey = untouched;

    FAILS(diapir_survey_open(NULL, NULL, NULL, &survey, &error), DIAPIR_STATUS_NULL_ARGUMENT, "path is NULL");
    FAILS(diapir_survey_open("x", NULL, NULL, NULL, &error), DIAPIR_STATUS_NULL_ARGUMENT, "survey is NULL");
    FAILS(diapir_survey_open("", NULL, NULL, &survey, &error), DIAPIR_STATUS_INVALID_ARGUMENT, "empty path");
    FAILS(diapir_survey_open("\xff.sgy", NULL, NULL, &survey, &error), DIAPIR_STATUS_INVALID_ARGUMENT, "UTF-8");
    FAILS(diapir_survey_read_inline(NULL, 1, NULL, 0, &error), DIAPIR_STATUS_NULL_ARGUMENT, "survey is NULL");
    CHECK(diapir_survey_open(NULL, NULL, NULL, &survey, NULL) == DIAPIR_STATUS_NULL_ARGUMENT);

    const char *missing = in_folder(folder, "missing.sgy");
    CHECK(diapir_survey_open(missing, NULL, NULL, &survey, &error) == DIAPIR_STATUS_NOT_FOUND);
    CHECK(strcmp(diapir_error_path(error), missing) == 0 && diapir_error_byte(error) == -1);
    diapir_error_free(error);

    const char *garbage = in_folder(folder, "garbage.sgy");
    FILE *file = fopen(garbage, "wb");
    for (int i = 0; i < 5000; i++) {
        fputc(i * 37 % 251, file);
    }
    fclose(file);
    diapir_status status = diapir_survey_open(garbage, NULL, NULL, &survey, &error);
    CHECK(status >= 100 && status < 200);
    CHECK(strcmp(diapir_error_path(error), garbage) == 0);
    diapir_error_free(error);
    error = NULL;

    diapir_survey_options options;
    memset(&options, 0, sizeof options);
    FAILS(diapir_survey_open(garbage, &options, NULL, &survey, &error), DIAPIR_STATUS_INVALID_ARGUMENT,
          "diapir_survey_options_init");
    CHECK(survey == untouched);

    CHECK(diapir_error_status(NULL) == DIAPIR_STATUS_OK && diapir_error_message(NULL)[0] == '\0');
    CHECK(diapir_error_path(NULL) == NULL && diapir_error_byte(NULL) == -1);
    diapir_error_free(NULL);
    CHECK(strcmp(diapir_status_text(DIAPIR_STATUS_NOT_FOUND), "file not found") == 0);
    CHECK(strcmp(diapir_status_text(12345), "unknown status") == 0);

    diapir_model *model = NULL;
    status = diapir_model_load(missing, NULL, &model, &error);
    int torch = (diapir_features() & DIAPIR_FEATURE_TORCH) != 0;
    CHECK(model == NULL && status == (torch ? DIAPIR_STATUS_NOT_FOUND : DIAPIR_STATUS_UNSUPPORTED));
    CHECK(torch || strstr(diapir_error_message(error), "\"torch\"") != NULL);
    diapir_error_free(error);
}

static void panic(const char *folder) {
    diapir_error *error = NULL;
    const char *seismic = in_folder(folder, "seismic.sgy"), *label = in_folder(folder, "label.sgy");
    FAILS(diapir_synth_write(seismic, label, NULL, NULL, &error), DIAPIR_STATUS_PANIC, "DIAPIR_INJECT_PANIC");
    CHECK(!exists(seismic) && !exists(label));
    CHECK(diapir_synth_write(seismic, label, NULL, NULL, NULL) == DIAPIR_STATUS_PANIC);
}

static void poison(const char *folder) {
    diapir_error *error = NULL;
    diapir_survey *survey = NULL, *other = NULL;
    small_survey(folder, &survey, &other);
    diapir_survey_info info;
    diapir_survey_info_init(&info, sizeof info);
    size_t needed = 77;
    FAILS(diapir_survey_get_info(survey, &info, &error), DIAPIR_STATUS_PANIC, "diapir_survey_get_info panicked");
    CHECK(info.inline_count == 0);
    FAILS(diapir_survey_get_info(survey, &info, &error), DIAPIR_STATUS_POISONED, "survey");
    FAILS(diapir_survey_text_header(survey, NULL, 0, &needed, &error), DIAPIR_STATUS_POISONED, "free it");
    CHECK(needed == 77);
    SUCCEEDS(diapir_survey_text_header(other, NULL, 0, &needed, &error));
    diapir_survey_free(survey);
    diapir_survey_free(other);
}

int main(int argc, char **argv) {
    CHECK(argc >= 2);
    if (argc == 2) {
        ordinary(argv[1]);
    } else if (strcmp(argv[2], "panic") == 0) {
        panic(argv[1]);
    } else {
        poison(argv[1]);
    }
    return 0;
}
