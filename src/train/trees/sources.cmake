# What train/CMakeLists.txt takes from this folder.
set(TRAIN_TREES_SOURCES
    trees/bins.cc
    trees/boosted.cc
    trees/boosting.cc
    trees/checkpoint.cc
    trees/checks.cc
    trees/forest.cc
    trees/forest_model.cc
    trees/gain.cc
    trees/grower.cc
    trees/histogram.cc
    trees/impurity.cc
    trees/loss.cc
    trees/pruning.cc
    trees/tree.cc)
set(TRAIN_TREES_TESTS
    trees/bins_test.cc
    trees/boosting_test.cc
    trees/checkpoint_test.cc
    trees/forest_test.cc)

# Loops over rows and bins, which -O2 does not vectorise.
list(APPEND TRAIN_TREES_LOOPS trees/bins.cc trees/gain.cc trees/histogram.cc trees/loss.cc)
set_source_files_properties(${TRAIN_TREES_LOOPS} PROPERTIES
  COMPILE_OPTIONS "$<$<CONFIG:Release>:-O3>" SKIP_PRECOMPILE_HEADERS ON)
