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

#endif
