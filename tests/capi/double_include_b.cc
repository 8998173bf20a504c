// See double_include_a.cc.
#include <diapir/diapir.hpp>

diapir_block other_block();
diapir_block other_block() { return diapir::defaults<diapir_block>(); }
