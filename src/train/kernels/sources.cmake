# What train/CMakeLists.txt takes from this folder.
set(TRAIN_KERNELS_SOURCES
  kernels/classes.cc kernels/dual_problem.cc kernels/dual_series.cc kernels/kernel.cc kernels/neighbors_kind.cc kernels/platt.cc kernels/row_cache.cc
  kernels/support_vectors.cc kernels/svm_kind.cc kernels/working_set.cc)
set(TRAIN_KERNELS_TESTS
  kernels/dual_problem_test.cc kernels/dual_series_test.cc kernels/neighbors_test.cc kernels/row_cache_test.cc kernels/support_vectors_test.cc)
# Loops over lanes are vectorised.
set_source_files_properties(kernels/kernel.cc kernels/working_set.cc PROPERTIES
  COMPILE_OPTIONS "-O3;-ffp-contract=fast;-Wno-psabi" SKIP_PRECOMPILE_HEADERS ON)
