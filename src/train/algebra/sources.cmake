# What train/CMakeLists.txt takes from this folder.
set(TRAIN_ALGEBRA_SOURCES algebra/columns.cc algebra/functions.cc algebra/products.cc algebra/row_kernels.cc algebra/rows.cc algebra/tiles.cc)
set(TRAIN_ALGEBRA_TESTS algebra/columns_test.cc algebra/functions_test.cc algebra/products_test.cc algebra/tiles_test.cc)
# Loops over lanes are vectorised, with fused multiplication where the processor has it. Columns and rows of doubles are added up in
# vectors that they write themselves.
set_source_files_properties(algebra/functions.cc algebra/products.cc algebra/tiles.cc PROPERTIES
  COMPILE_OPTIONS "-O3;-ffp-contract=fast;-Wno-psabi" SKIP_PRECOMPILE_HEADERS ON)
