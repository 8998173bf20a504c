/* Predicts the salt probability of a SEG-Y volume and writes it as SEG-Y.
 * Usage: predict MODEL.safetensors SURVEY.sgy PROBABILITY.sgy */
#include "check.h"

/* Prints one line per stage and never cancels; return false to cancel. */
static bool progress(void *userdata, const char *stage, uint64_t done, uint64_t total) {
    (void)userdata;
    if (done == total) {
        printf("%s: %" PRIu64 " of %" PRIu64 "\n", stage, done, total);
    }
    return true;
}

static void hear(void *userdata, int32_t level, const char *message) {
    (void)userdata;
    if (level <= 2) {
        printf("warning: %s\n", message);
    }
}

int main(int argc, char **argv) {
    if (argc != 4) {
        fprintf(stderr, "usage: predict MODEL.safetensors SURVEY.sgy PROBABILITY.sgy\n");
        return 2;
    }
    diapir_error *error = NULL;
    diapir_model *model = NULL;
    diapir_survey *survey = NULL;
    check(diapir_model_load(argv[1], NULL, &model, &error), error);
    check(diapir_survey_open(argv[2], NULL, NULL, &survey, &error), error);

    diapir_callbacks callbacks;
    diapir_callbacks_init(&callbacks, sizeof callbacks);
    callbacks.progress = progress;
    callbacks.log = hear;
    diapir_predict_report report;
    diapir_predict_report_init(&report, sizeof report);
    check(diapir_predict_survey(model, survey, argv[3], NULL, NULL, &callbacks, &report, &error), error);
    printf("%" PRId64 " tiles, %" PRId64 " samples in %.1f s (network %.1f s)\n", report.tiles, report.samples,
           report.seconds_total, report.seconds_forward);

    diapir_survey_free(survey);
    diapir_model_free(model);
    return 0;
}
