// diapir.hpp in two files of one program: its functions are inline, so it links.
#include <diapir/diapir.hpp>
#include <diapir/diapir.hpp>

diapir_block other_block();

int main() { return diapir::defaults<diapir_block>().struct_size == other_block().struct_size ? 0 : 1; }
