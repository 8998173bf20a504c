# find_package(diapir) gives the imported target diapir::diapir. Relocatable: paths are relative to this file.
if(TARGET diapir::diapir)
  return()
endif()
get_filename_component(_diapir_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
add_library(diapir::diapir SHARED IMPORTED)
set_target_properties(diapir::diapir PROPERTIES
  IMPORTED_LOCATION "${_diapir_prefix}/lib/libdiapir.so"
  INTERFACE_INCLUDE_DIRECTORIES "${_diapir_prefix}/include")
unset(_diapir_prefix)
