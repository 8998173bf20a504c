/* Predicts one section that lies in the program's own memory, samples slowest, as a viewer may hold it.
 * Here the section is an inline of a SEG-Y file; any array does.
 * Usage: section MODEL.safetensors SURVEY.sgy INLINE */
#include "check.h"

/* The inline, transposed: all traces of sample 0, then of sample 1 ... */
static float *viewer_memory(const diapir_survey *survey, const diapir_survey_info *info, int32_t number) {
    diapir_error *error = NULL;
    size_t traces = (size_t)info->crossline_count, samples = (size_t)info->sample_count;
    float *packed = array(traces * samples, sizeof *packed), *memory = array(traces * samples, sizeof *memory);
    check(diapir_survey_read_inline(survey, number, packed, traces * samples, &error), error);
    for (size_t t = 0; t < traces; t++) {
        for (size_t s = 0; s < samples; s++) {
            memory[s * traces + t] = packed[t * samples + s];
        }
    }
    free(packed);
    return memory;
}

static void print_salt(const float *probability, const diapir_section *section) {
    int64_t salt = 0, count = section->trace_count * section->sample_count;
    for (int64_t k = 0; k < count; k++) {
        salt += probability[k] > 0.5f;
    }
    printf("%" PRId64 " of %" PRId64 " samples are probably salt\n", salt, count);
}

int main(int argc, char **argv) {
    if (argc != 4) {
        fprintf(stderr, "usage: section MODEL.safetensors SURVEY.sgy INLINE\n");
        return 2;
    }
    diapir_error *error = NULL;
    diapir_model *model = NULL;
    diapir_survey *survey = NULL;
    check(diapir_model_load(argv[1], NULL, &model, &error), error);
    check(diapir_survey_open(argv[2], NULL, NULL, &survey, &error), error);
    diapir_survey_info info;
    diapir_survey_info_init(&info, sizeof info);
    check(diapir_survey_get_info(survey, &info, &error), error);
    float *memory = viewer_memory(survey, &info, (int32_t)strtol(argv[3], NULL, 10));

    diapir_section section;
    diapir_section_init(&section, sizeof section);
    section.samples = memory;
    section.trace_count = info.crossline_count;
    section.sample_count = info.sample_count;
    section.trace_stride = 1;
    section.sample_stride = info.crossline_count;
    section.sample_first = info.sample_first;
    section.sample_interval = info.sample_interval;
    section.sample_unit = info.sample_unit;
    size_t count = (size_t)info.crossline_count * (size_t)info.sample_count;
    float *probability = array(count, sizeof *probability);
    check(diapir_predict_section(model, &section, NULL, NULL, probability, NULL, count, &error), error);
    print_salt(probability, &section);

    free(probability);
    free(memory);
    diapir_survey_free(survey);
    diapir_model_free(model);
    return 0;
}
