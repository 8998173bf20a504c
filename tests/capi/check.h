/* Checks for the C tests: the first that fails says where and ends the program. */
#ifndef CHECK_H
#define CHECK_H

#include <diapir/diapir.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                        \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

/* A call that must succeed; its error object goes to `error`, which the program declares. */
#define SUCCEEDS(call)                                                                             \
    do {                                                                                           \
        if ((call) != DIAPIR_STATUS_OK) {                                                          \
            fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #call, diapir_error_message(error)); \
            exit(1);                                                                               \
        }                                                                                          \
        CHECK(error == NULL);                                                                      \
    } while (0)

/* A call that must fail with this status and with a message that contains these words. */
#define FAILS(call, expected, words)                                                               \
    do {                                                                                           \
        diapir_status status_ = (call);                                                            \
        if (status_ != (expected) || error == NULL || diapir_error_status(error) != (expected) ||  \
            strstr(diapir_error_message(error), (words)) == NULL) {                                \
            fprintf(stderr, "%s:%d: %s gave %d: %s\n", __FILE__, __LINE__, #call, (int)status_,    \
                    diapir_error_message(error));                                                  \
            exit(1);                                                                               \
        }                                                                                          \
        diapir_error_free(error);                                                                  \
        error = NULL;                                                                              \
    } while (0)

/* "folder/name"; room for four at a time. */
static inline const char *in_folder(const char *folder, const char *name) {
    static char paths[4][4096];
    static int next = 0;
    char *path = paths[next++ % 4];
    CHECK(strlen(folder) + strlen(name) + 2 <= sizeof paths[0]);
    strcpy(path, folder);
    strcat(path, "/");
    return strcat(path, name);
}

static inline int exists(const char *path) {
    FILE *file = fopen(path, "rb");
    if (file != NULL) {
        fclose(file);
    }
    return file != NULL;
}

/* A small synthetic survey and its labels, open. */
static inline void small_survey(const char *folder, diapir_survey **seismic, diapir_survey **label) {
    diapir_error *error = NULL;
    diapir_synth_options options;
    CHECK(diapir_synth_options_init(&options, sizeof options) == DIAPIR_STATUS_OK);
    options.seed = 7;
    options.inlines = 24;
    options.crosslines = 20;
    options.samples = 64;
    const char *seismic_path = in_folder(folder, "seismic.sgy");
    const char *label_path = in_folder(folder, "label.sgy");
    SUCCEEDS(diapir_synth_write(seismic_path, label_path, &options, NULL, &error));
    SUCCEEDS(diapir_survey_open(seismic_path, NULL, NULL, seismic, &error));
    SUCCEEDS(diapir_survey_open(label_path, NULL, NULL, label, &error));
}

#endif
