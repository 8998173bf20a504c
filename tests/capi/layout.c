/* The C compiler's layout of every growing struct against the Rust compiler's, and what _init makes of it.
 * layout_expected.h is written by tests/capi_c.rs: STRUCT(name, size) and FIELD(struct, name, offset) lines. */
#include "check.h"

#define STRUCT(name, size)                                                                         \
    {                                                                                              \
        name value;                                                                                \
        CHECK(sizeof value == (size));                                                             \
        CHECK(name##_init(&value, sizeof value) == DIAPIR_STATUS_OK);                              \
        CHECK(value.struct_size == sizeof value);                                                  \
        CHECK(name##_init(NULL, sizeof value) == DIAPIR_STATUS_NULL_ARGUMENT);                     \
        CHECK(name##_init(&value, 3) == DIAPIR_STATUS_INVALID_ARGUMENT);                           \
    }
#define FIELD(type, field, offset) CHECK(offsetof(type, field) == (offset));

int main(void) {
#include "layout_expected.h"
    CHECK(sizeof(diapir_status) == 4 && sizeof(diapir_feature) == 4 && sizeof(diapir_direction) == 4);
    CHECK(sizeof(diapir_byte_order) == 4 && sizeof(diapir_sample_unit) == 4 && sizeof(diapir_sorting) == 4);
    CHECK(sizeof(diapir_labelled_survey) == 2 * sizeof(void *));
    CHECK(diapir_abi_version() / 1000000 == (uint32_t)atoi(diapir_version()));
    return 0;
}
