/* Const handles are shared: eight threads read one survey, with log sinks coming and going meanwhile. */
#include "check.h"

#include <pthread.h>

enum { THREADS = 8, ROUNDS = 40, TRACE = 64, INLINE = 20 * TRACE };

static const diapir_survey *shared;
static diapir_survey_info info;
static float expected[24 * INLINE];

static void *reader(void *argument) {
    int first = *(const int *)argument;
    diapir_error *error = NULL;
    float section[INLINE];
    char text[8192];
    for (int round = 0; round < ROUNDS; round++) {
        int i = (first + round) % 24;
        int32_t number = info.inline_first + i * info.inline_step;
        SUCCEEDS(diapir_survey_read_inline(shared, number, section, INLINE, &error));
        CHECK(memcmp(section, expected + i * INLINE, sizeof section) == 0);
        SUCCEEDS(diapir_survey_text_header(shared, text, sizeof text, NULL, &error));
        FAILS(diapir_survey_read_inline(shared, number, section, 1, &error), DIAPIR_STATUS_INVALID_ARGUMENT, "count");
    }
    return NULL;
}

static void hear(void *userdata, int32_t level, const char *message) {
    CHECK(*(const int *)userdata == 42 && level >= 1 && level <= 5 && message != NULL);
}

static void *logger(void *argument) {
    diapir_error *error = NULL;
    for (int round = 0; round < 200; round++) {
        int alive = 42;
        SUCCEEDS(diapir_log_set(5, hear, &alive, &error));
        SUCCEEDS(diapir_log_set(0, NULL, NULL, &error));
        alive = 0;
    }
    return argument;
}

int main(int argc, char **argv) {
    CHECK(argc == 2);
    diapir_error *error = NULL;
    diapir_survey *seismic = NULL, *label = NULL;
    small_survey(argv[1], &seismic, &label);
    shared = seismic;
    diapir_survey_info_init(&info, sizeof info);
    SUCCEEDS(diapir_survey_get_info(shared, &info, &error));
    for (int i = 0; i < 24; i++) {
        int32_t number = info.inline_first + i * info.inline_step;
        SUCCEEDS(diapir_survey_read_inline(shared, number, expected + i * INLINE, INLINE, &error));
    }
    FAILS(diapir_log_set(6, hear, NULL, &error), DIAPIR_STATUS_INVALID_ARGUMENT, "max_level");
    pthread_t threads[THREADS + 1];
    int first[THREADS];
    for (int t = 0; t < THREADS; t++) {
        first[t] = 3 * t;
        CHECK(pthread_create(&threads[t], NULL, reader, &first[t]) == 0);
    }
    CHECK(pthread_create(&threads[THREADS], NULL, logger, NULL) == 0);
    for (int t = 0; t <= THREADS; t++) {
        CHECK(pthread_join(threads[t], NULL) == 0);
    }
    diapir_survey_free(seismic);
    diapir_survey_free(label);
    return 0;
}
