/* What the examples do when a call fails: say why and end. A host would rather show the message and go on. */
#ifndef EXAMPLE_CHECK_H
#define EXAMPLE_CHECK_H

#include <diapir/diapir.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static inline void check(diapir_status status, diapir_error *error) {
    if (status == DIAPIR_STATUS_OK) {
        return;
    }
    const char *path = diapir_error_path(error);
    fprintf(stderr, "%s: %s%s%s\n", diapir_status_text(status), path ? path : "", path ? ": " : "",
            diapir_error_message(error));
    diapir_error_free(error);
    exit(1);
}

/* Memory for `count` elements of `size` bytes. */
static inline void *array(size_t count, size_t size) {
    void *memory = calloc(count, size);
    if (memory == NULL) {
        fprintf(stderr, "out of memory\n");
        exit(1);
    }
    return memory;
}

#endif
