/* The header by itself, twice. */
#include <diapir/diapir.h>
#include <diapir/diapir.h>

int main(void) { return (int)(diapir_abi_version() == 0); }
