# What import/CMakeLists.txt takes from this folder.
set(SKOPS_SOURCES
  skops/builder.cc skops/builder_data.cc skops/npy.cc skops/reader.cc skops/schema.cc skops/zip.cc)
set(SKOPS_TESTS skops/skops_test.cc)
