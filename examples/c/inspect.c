/* Opens a SEG-Y volume, prints its geometry, and reads its middle inline.
 * Usage: inspect SURVEY.sgy */
#include "check.h"

static void print_geometry(const diapir_survey_info *info) {
    static const char *const units[] = {"", "ms", "m", "ft"};
    printf("inlines     %" PRId64 ", from %" PRId32 " in steps of %" PRId32 "\n", info->inline_count,
           info->inline_first, info->inline_step);
    printf("crosslines  %" PRId64 ", from %" PRId32 " in steps of %" PRId32 "\n", info->crossline_count,
           info->crossline_first, info->crossline_step);
    printf("samples     %" PRId64 ", from %g every %g %s\n", info->sample_count, info->sample_first,
           info->sample_interval, units[info->sample_unit]);
    printf("traces      %" PRId64 ", %" PRId64 " live\n", info->trace_count, info->live_count);
    if (info->has_georeference) {
        printf("origin      %.2f, %.2f\n", info->origin_x, info->origin_y);
        printf("inline step %.3f, %.3f; crossline step %.3f, %.3f\n", info->inline_step_x, info->inline_step_y,
               info->crossline_step_x, info->crossline_step_y);
    }
}

static void print_inline(const diapir_survey *survey, const diapir_survey_info *info) {
    diapir_error *error = NULL;
    int32_t number = info->inline_first + (int32_t)(info->inline_count / 2) * info->inline_step;
    size_t count = (size_t)info->crossline_count * (size_t)info->sample_count;
    float *samples = array(count, sizeof *samples);
    check(diapir_survey_read_inline(survey, number, samples, count, &error), error);
    float low = samples[0], high = samples[0];
    for (size_t k = 1; k < count; k++) {
        low = samples[k] < low ? samples[k] : low;
        high = samples[k] > high ? samples[k] : high;
    }
    printf("inline %" PRId32 ": %zu samples, %g to %g\n", number, count, (double)low, (double)high);
    free(samples);
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: inspect SURVEY.sgy\n");
        return 2;
    }
    diapir_error *error = NULL;
    diapir_survey *survey = NULL;
    check(diapir_survey_open(argv[1], NULL, NULL, &survey, &error), error);
    diapir_survey_info info;
    diapir_survey_info_init(&info, sizeof info);
    check(diapir_survey_get_info(survey, &info, &error), error);
    print_geometry(&info);
    print_inline(survey, &info);
    diapir_survey_free(survey);
    return 0;
}
